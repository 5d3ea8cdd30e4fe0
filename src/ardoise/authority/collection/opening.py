"""Opens what came back with the seats' own keys, and checks that it is what it claims.

The keys come from the codes (one PBKDF2 each, the dear part): they are derived on every core and
kept for one run, in memory alone.
"""

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.collection.administering import Administering
from ardoise.authority.collection.models import Extent, Unopened
from ardoise.authority.collection.sheets import extent
from ardoise.authority.enrolment.forms import FIRST, forms_of, keymaps_of
from ardoise.authority.enrolment.models import ContentKey, Seat
from ardoise.authority.enrolment.rules import group_key, seat_code
from ardoise.authority.keyring import CampaignKey
from ardoise.content.keymap import KeyMap
from ardoise.contract import limits
from ardoise.contract.returns import Record
from ardoise.contract.sheet import PLAIN_LIMIT, Sheet, decode
from ardoise.contract.words import Writer
from ardoise.seal.derive import SeatKeys, keyed_sheet_key
from ardoise.seal.envelope import (
    SealError,
    TooLarge,
    sheet_context,
    unseal,
)

Why = Unopened.Why
SEATS_KEPT = 50_000
"""Seats whose keys are held in memory at most."""
COUNTER_LIMIT = (1 << 31) - 1


@dataclass(frozen=True)
class PartPlan:
    """What a sheet of one part may speak of."""

    part: str
    writer: Writer
    keys: Mapping[int, KeyMap]
    """Form → its items and responses, in the booklet's order."""
    administering: Administering


@dataclass(frozen=True)
class Opened:
    """A record that opened and passed every check."""

    record: Record
    sheet: Sheet
    extent: Extent


@dataclass(frozen=True)
class Rejected:
    """A record that did not."""

    record: Record
    why: Unopened.Why
    sealed: bytes


@dataclass
class _Seat:
    role: str
    group: int
    code: str
    forms: Mapping[str, int] = field(default_factory=dict)
    root: SeatKeys | None = None


class _Refused(Exception):
    def __init__(self, why: Unopened.Why) -> None:
        self.why = why


def part_plans(campaign: Campaign, key: CampaignKey) -> dict[str, PartPlan]:
    """Part → plan, for the parts whose booklets were sealed."""
    sealed = ContentKey.objects.filter(part__campaign=campaign).values("part")
    return {
        part.part: PartPlan(
            part.part,
            "teacher" if part.writer == "teacher" else "pupil",
            keymaps_of(part),
            Administering(campaign, part, key),
        )
        for part in campaign.parts.filter(pk__in=sealed)
    }


class Opener:
    """Opens records of one campaign for the length of one run."""

    def __init__(self, campaign: Campaign, key: CampaignKey, *, threads: int | None = None) -> None:
        self._campaign = campaign
        self.key = key
        self._threads = threads or os.cpu_count() or 1
        self._seats: dict[str, _Seat | None] = {}
        self._groups: dict[int, bytes] = {}
        self.plans = part_plans(campaign, key)

    def open_all(self, records: Sequence[tuple[Record, bytes]]) -> list[Opened | Rejected]:
        """Each record opened or rejected, in the same order."""
        self._load(number for record, _ in records for number in (record.number, record.writer))
        if self._threads == 1 or len(records) < 2 * self._threads:
            return [self._open(record, sealed) for record, sealed in records]
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(lambda pair: self._open(*pair), records))

    def _load(self, numbers: Iterable[str]) -> None:
        if len(self._seats) > SEATS_KEPT:
            self._seats.clear()
        missing = sorted({number for number in numbers if number} - self._seats.keys())
        self._seats.update(dict.fromkeys(missing))
        rows = Seat.objects.filter(campaign=self._campaign, number__in=missing)
        for seat in rows.select_related("group"):
            code = seat_code(self.key, seat)
            forms = forms_of(self.key, seat)
            self._seats[seat.number] = _Seat(seat.role, seat.group_id, code, forms)
            if seat.group_id not in self._groups:
                self._groups[seat.group_id] = group_key(self.key, seat.group)

    def _open(self, record: Record, sealed: bytes) -> Opened | Rejected:
        try:
            reached, sheet = self._opened(record, sealed)
        except _Refused as refused:
            return Rejected(_clamped(record), refused.why, sealed)
        return Opened(record, sheet, reached)

    def _opened(self, record: Record, sealed: bytes) -> tuple[Extent, Sheet]:
        if record != _clamped(record):
            raise _Refused(Why.OUT_OF_BOUNDS)
        plan = self.plans.get(record.part)
        if plan is None:
            raise _Refused(Why.UNKNOWN_PART)
        sheet_key = self._sheet_key(record, plan)
        if len(sealed) > limits.SHEET:
            raise _Refused(Why.TOO_LARGE)
        context = sheet_context(
            campaign=self._campaign.pk,
            number=record.number,
            part=record.part,
            version=record.version,
        )
        try:
            sheet = decode(unseal(sheet_key, context, sealed, limit=PLAIN_LIMIT))
        except TooLarge as fault:
            raise _Refused(Why.TOO_LARGE) from fault
        except SealError as fault:
            raise _Refused(Why.DOES_NOT_OPEN) from fault
        except (msgspec.MsgspecError, UnicodeError) as fault:
            raise _Refused(Why.NOT_A_SHEET) from fault
        said = (sheet.campaign, sheet.number, sheet.part, sheet.version, sheet.writer)
        if said != (self._campaign.pk, record.number, record.part, record.version, plan.writer):
            raise _Refused(Why.ANOTHER_PLACE)
        # The key was found by the seat: it is there.
        seat = self._seats[record.number]
        form = FIRST if seat is None else seat.forms.get(record.part, FIRST)
        if (keys := plan.keys.get(form)) is None:
            raise _Refused(Why.UNKNOWN_PART)
        _check_items(sheet, keys)
        given = plan.administering.items(sheet, form, None if seat is None else seat.root)
        return extent(sheet, keys.items if given is None else given), sheet

    def _sheet_key(self, record: Record, plan: PartPlan) -> bytes:
        seat = self._seats.get(record.number)
        if seat is None or seat.role != "pupil":
            raise _Refused(Why.UNKNOWN_SEAT)
        if plan.writer == "pupil":
            if record.writer not in ("", record.number):
                raise _Refused(Why.NOT_THEIRS)
            if seat.root is None:
                seat.root = SeatKeys.from_code(
                    code=seat.code, campaign=self._campaign.pk, number=record.number
                )
            return seat.root.sheet_key(record.part)
        group = seat.group
        if record.writer:
            writer = self._seats.get(record.writer)
            if writer is None or writer.role != "teacher":
                raise _Refused(Why.NOT_THEIRS)
            # Not the pupil's group of today: a pupil may have changed class since.
            group = writer.group
        return keyed_sheet_key(self._groups[group], number=record.number, part=record.part)


def _check_items(sheet: Sheet, keys: KeyMap) -> None:
    named = {*sheet.visited, *sheet.flags, *sheet.absent, *sheet.seconds, *sheet.responses}
    if sheet.position is not None:
        named.add(sheet.position)
    if named - keys.items.keys():
        raise _Refused(Why.UNKNOWN_ITEM)
    longest = max(len(sheet.visited), len(sheet.flags), len(sheet.absent))
    if longest > len(keys.items) or not all(map(math.isfinite, sheet.seconds.values())):
        raise _Refused(Why.OUT_OF_BOUNDS)
    for item, responses in sheet.responses.items():
        match keys.misfit(item, responses):
            case "unknown":
                raise _Refused(Why.UNKNOWN_ITEM)
            case "too-many":
                raise _Refused(Why.OUT_OF_BOUNDS)


def _clamped(record: Record) -> Record:
    """The record with counters that a row can hold."""
    return replace(
        record,
        epoch=min(max(record.epoch, 0), COUNTER_LIMIT),
        version=min(max(record.version, 0), COUNTER_LIMIT),
    )
