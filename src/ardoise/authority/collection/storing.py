"""Stores opened records: one transaction a batch, the cursor in it.

Each record is stored once however often it comes: a sheet by its place and sequence number, a stray
by its sequence number. So a kill anywhere repeats nothing and loses nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.collection.models import Pull, Sheet, Stray, Unopened
from ardoise.authority.collection.opening import Opened, Rejected
from ardoise.authority.collection.sheets import open_sheet
from ardoise.authority.database.rows import insert
from ardoise.authority.keyring import CampaignKey
from ardoise.clock import from_milliseconds
from ardoise.contract.returns import Record

_LAST_MOMENT_MS = 253_402_300_799_000
"""The end of the year 9999, the last that a datetime can tell."""
_WHO_AND_WHEN = ("seq", "number", "part", "writer", "epoch", "version", "received_at")
_SHEET_FIELDS = ("campaign_id", "extent", "chosen", "content", *_WHO_AND_WHEN)


@dataclass
class Tally:
    """What became of the records of a run."""

    read: int = 0
    sheets: int = 0
    strays: int = 0
    unchanged: int = 0
    unopened: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Held:
    """The sheet of a place: a row, or one of this batch."""

    seq: int
    version: int
    chosen: bool = False
    opened: Opened | None = None


@dataclass
class _Known:
    """What is stored already of the places and sequence numbers of a batch."""

    sheets: dict[tuple[str, str], _Held]
    seqs: set[int]
    aside: dict[tuple[str, str], int]
    """Place → highest sequence number that waits, or was put aside, behind a chosen sheet."""


@transaction.atomic
def store(
    campaign: Campaign,
    key: CampaignKey,
    batch: Sequence[Opened | Rejected],
    tally: Tally,
    *,
    cursor: int | None,
    at: datetime,
) -> None:
    """Store a batch and move the cursor, in one transaction. `cursor` None leaves it alone.

    `tally` counts only what is committed: on a fault, throw it away with the run.
    """
    refuse_if_closed(campaign.pk)
    pull, _ = Pull.objects.get_or_create(campaign=campaign)
    known = _known(campaign, [each.record for each in batch])
    placing = _Placing(campaign, key, known, tally)
    for each in batch:
        placing.take(each)
    _write(campaign, placing)
    if cursor is not None:
        pull.last_seq = max(pull.last_seq, cursor)
    pull.at = at
    pull.save()


def stray_row(campaign: Campaign, opened: Opened, reason: Stray.Reason) -> Stray:
    """An unsaved stray of an opened record."""
    record = opened.record
    return Stray(
        campaign=campaign,
        reason=reason,
        extent=opened.extent,
        content=opened.stray_content(),
        **_who_and_when(record),
    )


@dataclass
class _Placing:
    """Sorts one batch into what has to be written."""

    campaign: Campaign
    key: CampaignKey
    known: _Known
    tally: Tally
    sheets: dict[tuple[str, str], Opened] = field(default_factory=dict)
    strays: list[Stray] = field(default_factory=list)
    unopened: list[Unopened] = field(default_factory=list)
    overtaken: dict[tuple[str, str], Stray] = field(default_factory=dict)
    """Place → the save that waits behind a chosen sheet; each gives way to the next."""

    def take(self, each: Opened | Rejected) -> None:
        """One record."""
        record = each.record
        self.tally.read += 1
        if record.seq in self.known.seqs:
            self.tally.unchanged += 1
        elif isinstance(each, Rejected):
            self.known.seqs.add(record.seq)
            self.unopened.append(_unopened(self.campaign, each))
            self.tally.unopened[each.why.value] += 1
        elif record.stray is not None:
            self.known.seqs.add(record.seq)
            self._stray(each, Stray.Reason(record.stray))
        else:
            self._sheet(each)

    def _sheet(self, opened: Opened) -> None:
        """Rule: the higher sequence number is the sheet, unless the office chose another one.

        Stored versions only rise (docs/protocol.md §5): a lower one after a higher, or other bytes
        of the same, means that delivery went back in time. It never takes the place of what is
        here; the office sees both.
        """
        record = opened.record
        place = (record.number, record.part)
        held = self.known.sheets.get(place)
        if held is not None and held.chosen:
            if record.seq == held.seq or record.seq <= self.known.aside.get(place, 0):
                self.tally.unchanged += 1
            else:
                self.known.aside[place] = record.seq
                self._stray(opened, Stray.Reason.OVERTAKEN)
        elif held is not None and held.seq >= record.seq:
            self.tally.unchanged += 1
        elif held is not None and self._went_back(held, opened):
            self.known.seqs.add(record.seq)
            self._stray(opened, Stray.Reason.ROLLED_BACK)
        else:
            self.sheets[place] = opened
            self.known.sheets[place] = _Held(record.seq, record.version, opened=opened)
            self.tally.sheets += 1

    def _went_back(self, held: "_Held", opened: Opened) -> bool:
        record = opened.record
        if record.version != held.version:
            return record.version < held.version
        if held.opened is not None:
            return held.opened.sheet != opened.sheet
        row = Sheet.objects.get(campaign=self.campaign, number=record.number, part=record.part)
        return open_sheet(self.key, row) != opened.sheet

    def _stray(self, opened: Opened, reason: Stray.Reason) -> None:
        row = stray_row(self.campaign, opened, reason)
        if reason == Stray.Reason.OVERTAKEN:
            self.overtaken[row.number, row.part] = row
        else:
            self.strays.append(row)
        self.tally.strays += 1


def _known(campaign: Campaign, records: Sequence[Record]) -> _Known:
    numbers = {record.number for record in records}
    seqs = {record.seq for record in records}
    rows = Sheet.objects.filter(campaign=campaign, number__in=numbers).values_list(
        "number", "part", "seq", "version", "chosen"
    )
    sheets = {
        (number, part): _Held(seq, version, chosen) for number, part, seq, version, chosen in rows
    }
    aside: dict[tuple[str, str], int] = {}
    for number, part, seq in Stray.objects.filter(
        campaign=campaign,
        number__in=numbers,
        reason__in=(Stray.Reason.PUT_ASIDE, Stray.Reason.OVERTAKEN),
    ).values_list("number", "part", "seq"):
        aside[number, part] = max(seq, aside.get((number, part), 0))
    seen: set[int] = set()
    for model in (Stray, Unopened):
        seen.update(
            model.objects.filter(campaign=campaign, seq__in=seqs).values_list("seq", flat=True)
        )
    return _Known(sheets, seen, aside)


def _write(campaign: Campaign, writes: _Placing) -> None:
    sheets = [
        (campaign.pk, each.extent, False, each.content, *_who_and_when(each.record).values())
        for each in writes.sheets.values()
    ]
    insert(Sheet, _SHEET_FIELDS, sheets, replacing=("campaign_id", "number", "part"))
    for number, part in writes.overtaken:
        Stray.objects.filter(
            campaign=campaign,
            number=number,
            part=part,
            reason=Stray.Reason.OVERTAKEN,
            decision=Stray.Decision.OPEN,
        ).delete()
    Stray.objects.bulk_create([*writes.strays, *writes.overtaken.values()])
    Unopened.objects.bulk_create(writes.unopened)


def _unopened(campaign: Campaign, rejected: Rejected) -> Unopened:
    record = rejected.record
    return Unopened(
        campaign=campaign,
        stray=record.stray or "",
        why=rejected.why,
        sealed=rejected.sealed,
        **_who_and_when(record),
    )


def _who_and_when(record: Record) -> dict[str, str | int | datetime]:
    values = (
        record.seq,
        record.number,
        record.part,
        record.writer,
        record.epoch,
        record.version,
        from_milliseconds(min(record.received_ms, _LAST_MOMENT_MS)),
    )
    return dict(zip(_WHO_AND_WHEN, values, strict=True))
