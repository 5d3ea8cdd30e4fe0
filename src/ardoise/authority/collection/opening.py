"""Finds the seats of what came back, has it opened and checked on every core (checking)."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from msgspec.structs import replace

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.collection import sheets
from ardoise.authority.collection.administering import booklets_of
from ardoise.authority.collection.checking import (
    Came,
    Checked,
    Exam,
    PartPlan,
    SeatFound,
    check,
)
from ardoise.authority.collection.models import Extent, Unopened
from ardoise.authority.cores import Cores
from ardoise.authority.enrolment.forms import keymaps_of
from ardoise.authority.enrolment.models import ContentKey, Seat
from ardoise.authority.keyring import CampaignKey
from ardoise.contract.returns import Record
from ardoise.contract.sheet import Sheet

COUNTER_LIMIT = (1 << 31) - 1
_FIELDS = ("number", "role", "root", "code", "forms", "group__ref", "group__key")
Records = Sequence[tuple[Record, bytes]]


@dataclass(frozen=True)
class Opened:
    """A record that opened and passed every check."""

    record: Record
    extent: Extent
    content: bytes
    """For its row: sealed as a stray if the record is one, as a sheet if not."""
    key: CampaignKey = field(repr=False)

    @property
    def sheet(self) -> Sheet:
        """Opened once more."""
        return sheets.unpacked(self._packed())

    def stray_content(self) -> bytes:
        """Sealed as a stray, whatever the record is."""
        if self.record.stray is not None:
            return self.content
        return sheets.seal_packed_stray(self.key, self.record.seq, self._packed())

    def _packed(self) -> bytes:
        held = self.record
        if held.stray is not None:
            return sheets.open_packed_stray(self.key, held.seq, self.content)
        return sheets.open_packed_sheet(self.key, held.number, held.part, self.content)


@dataclass(frozen=True)
class Rejected:
    """A record that did not."""

    record: Record
    why: Unopened.Why
    sealed: bytes


def part_plans(campaign: Campaign, key: CampaignKey) -> dict[str, PartPlan]:
    """Part → plan, for the parts whose booklets were sealed."""
    sealed = ContentKey.objects.filter(part__campaign=campaign).values("part")
    return {
        part.part: PartPlan(
            part.part,
            "teacher" if part.writer == "teacher" else "pupil",
            keymaps_of(part),
            {
                form: booklet
                for form, booklet in booklets_of(campaign, part, key).items()
                if booklet.plan is not None
            },
        )
        for part in campaign.parts.filter(pk__in=sealed)
    }


class Opener:
    """Opens records of one campaign for the length of one run, on `workers` cores."""

    def __init__(self, campaign: Campaign, key: CampaignKey, *, workers: int | None = None) -> None:
        self._campaign = campaign
        self.key = key
        self._cores = Cores(Exam(campaign.pk, key, part_plans(campaign, key)), workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None
    ) -> None:
        self._cores.close()

    def open_all(self, records: Records) -> list[Opened | Rejected]:
        """Each record opened or rejected, in the same order."""
        return [each for _, opened in self.open_batches([records]) for each in opened]

    def open_batches(
        self, batches: Iterable[Records]
    ) -> Iterator[tuple[Records, list[Opened | Rejected]]]:
        """Each batch and what became of it, in the same order; a few are under way at a time.

        Where the batches end with a fault, it is raised after what came before it. Raises
        WorkerLost.
        """
        under_way: deque[Records] = deque()

        def came() -> Iterator[list[Came]]:
            for batch in batches:
                under_way.append(batch)
                yield self._came(batch)

        for checked in self._cores.map(check, came()):
            batch = under_way.popleft()
            pairs = zip(batch, checked, strict=True)
            yield batch, [self._result(*made, result) for made, result in pairs]

    def _came(self, batch: Records) -> list[Came]:
        wanted = {number for record, _ in batch for number in (record.number, record.writer)}
        rows = Seat.objects.filter(campaign=self._campaign, number__in=wanted - {""})
        seats = {number: SeatFound(*row) for number, *row in rows.values_list(*_FIELDS)}
        return [
            Came(
                record.number,
                record.part,
                record.version,
                sealed,
                None if record.stray is None else record.seq,
                seats.get(record.number),
                _saved_by(record),
                seats.get(record.writer) if record.writer != record.number else None,
            )
            for record, sealed in batch
        ]

    def _result(self, record: Record, sealed: bytes, checked: Checked) -> Opened | Rejected:
        clamped = _clamped(record)
        if record != clamped:
            return Rejected(clamped, Unopened.Why.OUT_OF_BOUNDS, sealed)
        if checked.why is not None:
            return Rejected(record, Unopened.Why(checked.why), sealed)
        return Opened(record, Extent(checked.extent), checked.content, self.key)


def _saved_by(record: Record) -> Literal["own", "another", ""]:
    if not record.writer:
        return ""
    return "own" if record.writer == record.number else "another"


def _clamped(record: Record) -> Record:
    """The record with counters that a row can hold."""
    if 0 <= record.epoch <= COUNTER_LIMIT and 0 <= record.version <= COUNTER_LIMIT:
        return record
    return replace(
        record,
        epoch=min(max(record.epoch, 0), COUNTER_LIMIT),
        version=min(max(record.version, 0), COUNTER_LIMIT),
    )
