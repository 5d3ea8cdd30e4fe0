"""Opens what came back with the seats' own keys, checks that it is what it claims, seals it again.

Runs in worker processes: values in, values out, no models.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec

from ardoise.authority.collection import sheets
from ardoise.authority.collection.ways import Ways
from ardoise.authority.enrolment.chunking import FIRST, GROUP_TABLE, open_forms
from ardoise.authority.enrolment.roots import seat_keys
from ardoise.authority.keyring import CampaignKey
from ardoise.content.keymap import KeyMap
from ardoise.contract import limits
from ardoise.contract.booklet import Booklet
from ardoise.contract.sheet import PLAIN_LIMIT, Sheet, decode, items_named
from ardoise.contract.words import Writer
from ardoise.seal.derive import SeatKeys, keyed_sheet_key
from ardoise.seal.envelope import SealError, TooLarge, inflated, packed_in, sheet_context, unwrap

Why = Literal[
    "unknown-seat",
    "unknown-part",
    "not-theirs",
    "does-not-open",
    "too-large",
    "not-a-sheet",
    "another-place",
    "unknown-item",
    "out-of-bounds",
]
"""The values of models.Unopened.Why."""


@dataclass(frozen=True)
class PartPlan:
    """What a sheet of one part may speak of."""

    part: str
    writer: Writer
    keys: Mapping[int, KeyMap]
    """Form → its items and responses, in the booklet's order."""
    booklets: Mapping[int, Booklet]
    """Form → booklet."""


@dataclass(frozen=True)
class Exam:
    """What all records of a campaign are checked against."""

    campaign_id: str
    key: CampaignKey
    plans: Mapping[str, PartPlan]


class SeatFound(NamedTuple):
    """What the database has of a seat; secrets as they are sealed there."""

    role: str
    root: bytes
    code: bytes
    forms: bytes
    group: str
    """Its reference."""
    group_key: bytes


class Came(NamedTuple):
    """A record, and the seats that it names."""

    number: str
    part: str
    version: int
    sealed: bytes
    stray: int | None
    """The sequence number if it is to be sealed as a stray."""
    seat: SeatFound | None
    saved_by: Literal["own", "another", ""]
    """The seat itself, another, or nobody knows."""
    writer: SeatFound | None
    """The other, if the campaign has it."""


class Checked(NamedTuple):
    """What became of a record: `why` it was rejected, or how far it goes and its new seal."""

    why: Why | None
    extent: sheets.Reach = "untouched"
    content: bytes = b""


class _Refused(Exception):
    def __init__(self, why: Why) -> None:
        self.why = why


def check(exam: Exam, records: Sequence[Came]) -> list[Checked]:
    """Each record opened or rejected, in the same order."""
    ways = {part: Ways(part, plan.booklets) for part, plan in exam.plans.items()}
    return [_checked(exam, ways, came) for came in records]


def _checked(exam: Exam, ways: Mapping[str, Ways], came: Came) -> Checked:
    try:
        return _opened(exam, ways, came)
    except _Refused as refused:
        return Checked(refused.why)


def _opened(exam: Exam, ways: Mapping[str, Ways], came: Came) -> Checked:
    """1. Find the key. 2. Open. 3. Compare with the place. 4. Look at the items. 5. Seal again."""
    # 1.
    plan = exam.plans.get(came.part)
    if plan is None:
        raise _Refused("unknown-part")
    seat = came.seat
    if seat is None or seat.role != "pupil":
        raise _Refused("unknown-seat")
    keys, sheet_key = _keys(exam, plan, came, seat)
    # 2.
    packed, sheet = _sheet(exam, came, sheet_key)
    # 3.
    said = (sheet.campaign, sheet.number, sheet.part, sheet.version, sheet.writer)
    if said != (exam.campaign_id, came.number, came.part, came.version, plan.writer):
        raise _Refused("another-place")
    # 4.
    form = open_forms(exam.key, came.number, seat.forms).get(came.part, FIRST)
    if (names := plan.keys.get(form)) is None:
        raise _Refused("unknown-part")
    _check_items(sheet, names)
    way = ways[came.part].way(sheet, form, keys)
    reach = sheets.extent(sheet, names.items if way is None else way.items)
    # 5. As it was packed: packing it anew would cost more than all the rest.
    if came.stray is not None:
        return Checked(None, reach, sheets.seal_packed_stray(exam.key, came.stray, packed))
    return Checked(None, reach, sheets.seal_packed_sheet(exam.key, came.number, came.part, packed))


def _keys(exam: Exam, plan: PartPlan, came: Came, seat: SeatFound) -> tuple[SeatKeys | None, bytes]:
    """The pupil's seat's keys, if it wrote the sheet itself, and the sheet's key."""
    if plan.writer == "pupil":
        if came.saved_by == "another":
            raise _Refused("not-theirs")
        keys = seat_keys(exam.key, exam.campaign_id, came.number, root=seat.root, code=seat.code)
        return keys, keys.sheet_key(came.part)
    group = seat
    if came.saved_by:
        if came.writer is None or came.writer.role != "teacher":
            raise _Refused("not-theirs")
        # Not the pupil's group of today: a pupil may have changed class since.
        group = came.writer
    secret = exam.key.unseal(GROUP_TABLE, group.group, "key", group.group_key)
    return None, keyed_sheet_key(secret, number=came.number, part=came.part)


def _sheet(exam: Exam, came: Came, sheet_key: bytes) -> tuple[bytes, Sheet]:
    """The sheet, and its JSON as gzip packed it."""
    if len(came.sealed) > limits.SHEET:
        raise _Refused("too-large")
    context = sheet_context(
        campaign=exam.campaign_id, number=came.number, part=came.part, version=came.version
    )
    try:
        packed = packed_in(unwrap(sheet_key, context, came.sealed))
        return packed, decode(inflated(packed, limit=PLAIN_LIMIT))
    except TooLarge as fault:
        raise _Refused("too-large") from fault
    except SealError as fault:
        raise _Refused("does-not-open") from fault
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise _Refused("not-a-sheet") from fault


def _check_items(sheet: Sheet, keys: KeyMap) -> None:
    if not items_named(sheet) <= keys.items.keys():
        raise _Refused("unknown-item")
    longest = max(len(sheet.visited), len(sheet.flags), len(sheet.absent))
    if longest > len(keys.items) or not all(map(math.isfinite, sheet.seconds.values())):
        raise _Refused("out-of-bounds")
    for item, responses in sheet.responses.items():
        match keys.misfit(item, responses):
            case "unknown":
                raise _Refused("unknown-item")
            case "too-many":
                raise _Refused("out-of-bounds")
