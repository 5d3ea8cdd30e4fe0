"""Encodes seats as delivery gets them: hashed logins and wrapped keys.

The same seats give the same bytes each time, so that what has not changed has the hash it had.
Runs in worker processes: values in, values out, no models.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from ardoise.authority.enrolment.roots import seat_keys
from ardoise.authority.keyring import CampaignKey
from ardoise.contract import kit
from ardoise.seal.derive import SeatKeys, login_digest
from ardoise.seal.envelope import group_context, wrap_alike, wrap_context

FIRST = 1
GROUP_TABLE = "enrolment_group"
_FORMS = msgspec.json.Decoder(dict[str, int])


class SeatRow(NamedTuple):
    """What the database has of a seat; secrets as they are sealed there."""

    number: str
    role: str
    root: bytes
    code: bytes
    forms: bytes
    time_percent: int
    spare: bool
    group: str
    """Its reference."""
    group_key: bytes


@dataclass(frozen=True)
class SealedPart:
    """The booklet of one form of a part, as delivery has it, and the key that opens it."""

    part: str
    writer: str
    booklet: str
    key: bytes
    form: int = FIRST


@dataclass(frozen=True)
class Making:
    """What all seats of a campaign are made with."""

    campaign_id: str
    key: CampaignKey
    parts: tuple[SealedPart, ...]


def encoded(making: Making, rows: Sequence[SeatRow]) -> tuple[bytes, int]:
    """A `kit.SeatChunk` of these seats, and how many they are. Raises SealError."""
    seats = tuple(_seat(making, row) for row in rows)
    chunk = kit.SeatChunk("ardoise-seats/1", making.campaign_id, seats)
    return msgspec.json.encode(chunk), len(seats)


def open_forms(key: CampaignKey, number: str, sealed: bytes) -> dict[str, int]:
    """Part → the seat's form; a part that is not in it has one form. Raises SealError."""
    if not sealed:
        return {}
    return _FORMS.decode(key.unseal("enrolment_seat", number, "forms", sealed))


def _seat(making: Making, row: SeatRow) -> kit.Seat:
    keys = seat_keys(making.key, making.campaign_id, row.number, root=row.root, code=row.code)
    forms = open_forms(making.key, row.number, row.forms)
    own = [
        part
        for part in making.parts
        if part.writer == row.role and part.form == forms.get(part.part, FIRST)
    ]
    nonce_key = keys.nonce_key()
    return kit.Seat(
        number=row.number,
        role="teacher" if row.role == "teacher" else "pupil",
        login=login_digest(keys.login_token()),
        group=row.group,
        parts=tuple(_part(making, row.number, keys, nonce_key, part) for part in own),
        time_percent=row.time_percent,
        group_key=_group_key(making, row, keys, nonce_key) if row.role == "teacher" else None,
        spare=row.spare,
    )


def _part(
    making: Making, number: str, keys: SeatKeys, nonce_key: bytes, part: SealedPart
) -> kit.SeatPart:
    context = wrap_context(campaign=making.campaign_id, number=number, part=part.part)
    wrapped = wrap_alike(keys.wrap_key(part.part), context, part.key, nonce_key=nonce_key)
    return kit.SeatPart(part.part, part.booklet, wrapped)


def _group_key(making: Making, row: SeatRow, keys: SeatKeys, nonce_key: bytes) -> bytes:
    context = group_context(campaign=making.campaign_id, number=row.number, group=row.group)
    secret = making.key.unseal(GROUP_TABLE, row.group, "key", row.group_key)
    return wrap_alike(keys.group_wrap_key(), context, secret, nonce_key=nonce_key)
