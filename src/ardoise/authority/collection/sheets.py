"""What a sheet says of each item, and how an opened sheet is kept. No models: workers use it."""

import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import msgspec

from ardoise.authority.keyring import CampaignKey
from ardoise.contract.sheet import PLAIN_LIMIT, Sheet, decode_checked
from ardoise.seal.envelope import SealError

if TYPE_CHECKING:
    from ardoise.authority.collection import models

ItemState = Literal["answered", "omitted", "absent", "not-reached"]
Reach = Literal["complete", "partial", "untouched", "absent"]
"""The values of models.Extent."""
SHEET_TABLE = "collection_sheet"
STRAY_TABLE = "collection_stray"
_GZIP_OR_ZLIB = 47
"""What came is kept as it was packed there; what was packed here, and before, is zlib's."""


def item_state(sheet: Sheet, item: str) -> ItemState:
    """docs/protocol.md §4: an answer counts before anything else that is said of the item."""
    if any(sheet.responses.get(item, {}).values()):
        return "answered"
    if item in sheet.absent:
        return "absent"
    return "omitted" if item in sheet.visited else "not-reached"


def extent(sheet: Sheet, items: Iterable[str]) -> Reach:
    """How far a sheet goes through these items of its booklet: those that its seat was given."""
    given = set(items)
    answered = {item for item, said in sheet.responses.items() if any(said.values())}
    reached = answered.union(sheet.visited, sheet.absent)
    if given.isdisjoint(reached):
        return "untouched"
    if given <= set(sheet.absent) - answered:
        return "absent"
    return "complete" if given <= reached else "partial"


def seal_sheet(key: CampaignKey, number: str, part: str, sheet: Sheet) -> bytes:
    """For Sheet.content."""
    return seal_packed_sheet(key, number, part, _packed(sheet))


def seal_stray(key: CampaignKey, seq: int, sheet: Sheet) -> bytes:
    """For Stray.content."""
    return seal_packed_stray(key, seq, _packed(sheet))


def seal_packed_sheet(key: CampaignKey, number: str, part: str, packed: bytes) -> bytes:
    """For Sheet.content, of a sheet's JSON as gzip or zlib packed it: one that was checked."""
    return key.seal(SHEET_TABLE, f"{number}/{part}", "content", packed)


def seal_packed_stray(key: CampaignKey, seq: int, packed: bytes) -> bytes:
    """For Stray.content, likewise."""
    return key.seal(STRAY_TABLE, str(seq), "content", packed)


def open_packed_sheet(key: CampaignKey, number: str, part: str, content: bytes) -> bytes:
    """What `seal_packed_sheet` was given. Raises SealError."""
    return key.unseal(SHEET_TABLE, f"{number}/{part}", "content", content)


def open_packed_stray(key: CampaignKey, seq: int, content: bytes) -> bytes:
    """What `seal_packed_stray` was given. Raises SealError."""
    return key.unseal(STRAY_TABLE, str(seq), "content", content)


def open_sheet(key: CampaignKey, row: "models.Sheet") -> Sheet:
    """The sheet of a row. Raises SealError if it was moved or changed."""
    return unpacked(open_packed_sheet(key, row.number, row.part, bytes(row.content)))


def open_stray(key: CampaignKey, row: "models.Stray") -> Sheet:
    """The sheet of a stray. Raises SealError if it was moved or changed."""
    return unpacked(open_packed_stray(key, row.seq, bytes(row.content)))


def unpacked(packed: bytes) -> Sheet:
    """A sheet that was checked before it was sealed here. Raises SealError if it is cut short."""
    # Our own encoding may be a little longer than the one that came: twice its bound is ample.
    inflater = zlib.decompressobj(wbits=_GZIP_OR_ZLIB)
    payload = inflater.decompress(packed, 2 * PLAIN_LIMIT)
    if not inflater.eof:
        raise SealError("a stored sheet is cut short or too large")
    return decode_checked(payload)


def _packed(sheet: Sheet) -> bytes:
    return zlib.compress(msgspec.json.encode(sheet), level=3)
