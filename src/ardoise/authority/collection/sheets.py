"""What a sheet says of each item, and how an opened sheet is kept."""

import zlib
from collections.abc import Iterable
from typing import Literal

import msgspec

from ardoise.authority.collection import models
from ardoise.authority.keyring import CampaignKey
from ardoise.contract.sheet import PLAIN_LIMIT, Sheet, decode
from ardoise.seal.envelope import SealError

ItemState = Literal["answered", "omitted", "absent", "not-reached"]
SHEET_TABLE = "collection_sheet"
STRAY_TABLE = "collection_stray"


def item_state(sheet: Sheet, item: str) -> ItemState:
    """docs/protocol.md §4: an answer counts before anything else that is said of the item."""
    if any(sheet.responses.get(item, {}).values()):
        return "answered"
    if item in sheet.absent:
        return "absent"
    return "omitted" if item in sheet.visited else "not-reached"


def extent(sheet: Sheet, items: Iterable[str]) -> models.Extent:
    """How far a sheet goes through these items of its booklet: those that its seat was given."""
    states = {item_state(sheet, item) for item in items}
    if not states or states == {"not-reached"}:
        return models.Extent.UNTOUCHED
    if states == {"absent"}:
        return models.Extent.ABSENT
    if "not-reached" in states:
        return models.Extent.PARTIAL
    return models.Extent.COMPLETE


def seal_sheet(key: CampaignKey, number: str, part: str, sheet: Sheet) -> bytes:
    """For Sheet.content."""
    return key.seal(SHEET_TABLE, f"{number}/{part}", "content", _packed(sheet))


def seal_stray(key: CampaignKey, seq: int, sheet: Sheet) -> bytes:
    """For Stray.content."""
    return key.seal(STRAY_TABLE, str(seq), "content", _packed(sheet))


def open_sheet(key: CampaignKey, row: models.Sheet) -> Sheet:
    """The sheet of a row. Raises SealError if it was moved or changed."""
    return _unpacked(
        key.unseal(SHEET_TABLE, f"{row.number}/{row.part}", "content", bytes(row.content))
    )


def open_stray(key: CampaignKey, row: models.Stray) -> Sheet:
    """The sheet of a stray. Raises SealError if it was moved or changed."""
    return _unpacked(key.unseal(STRAY_TABLE, str(row.seq), "content", bytes(row.content)))


def _packed(sheet: Sheet) -> bytes:
    return zlib.compress(msgspec.json.encode(sheet), level=3)


def _unpacked(packed: bytes) -> Sheet:
    # Our own encoding may be a little longer than the one that came: twice its bound is ample.
    inflater = zlib.decompressobj()
    payload = inflater.decompress(packed, 2 * PLAIN_LIMIT)
    if not inflater.eof:
        raise SealError("a stored sheet is cut short or too large")
    return decode(payload)
