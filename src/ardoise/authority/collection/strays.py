"""Strays: what the office sees of them (no content), and what it decides."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import transaction

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.collection.models import Sheet, Stray
from ardoise.authority.collection.sheets import (
    item_state,
    open_sheet,
    open_stray,
    seal_sheet,
    seal_stray,
)
from ardoise.authority.keyring import CampaignKey
from ardoise.clock import Clock, system_clock
from ardoise.contract import sheet as contract

Choice = Literal["use", "set-aside"]
_UNTIMELY = {Stray.Reason.LATE, Stray.Reason.VOIDED}


class StrayRefused(Exception):
    """A decision that cannot be taken. The message says why."""


@dataclass(frozen=True)
class StrayLine:
    """One line of the office's list. No answer is in it."""

    id: int
    number: str
    part: str
    reason: Stray.Reason
    received_at: datetime
    decision: Stray.Decision
    answered: int
    """Items that the stray answers."""
    stored_answered: int | None
    """Items that the stored sheet answers; None if there is no sheet."""
    differs: int
    """Items whose answer or state is not the stored sheet's."""
    suggestion: Choice
    """`use` only where nothing can be lost by it and it came in time."""


def stray_lines(
    campaign: Campaign,
    key: CampaignKey,
    *,
    decision: Stray.Decision | None = Stray.Decision.OPEN,
    limit: int = 500,
) -> list[StrayLine]:
    """The oldest `limit` strays that stand as `decision` says (None: all)."""
    rows = Stray.objects.filter(campaign=campaign)
    if decision is not None:
        rows = rows.filter(decision=decision)
    return list(_lines(campaign, key, list(rows[:limit])))


def decide_stray(
    stray: Stray,
    choice: Choice,
    *,
    by: str,
    key: CampaignKey,
    clock: Clock = system_clock,
) -> None:
    """Make a stray the sheet (what was the sheet is kept, set aside), or set it aside.

    Either may be revised by a later decision, except that the stray that is the sheet now can only
    give way to another. Raises StrayRefused.
    """
    with transaction.atomic():
        refuse_if_closed(stray.campaign_id)
        stray = Stray.objects.select_for_update().get(pk=stray.pk)
        if choice == "use":
            _use(stray, by=by, key=key, at=clock())
        elif _is_the_sheet(stray):
            raise StrayRefused("this stray is the sheet now: use another one in its place")
        else:
            _note(stray, Stray.Decision.SET_ASIDE, by, clock())


def set_aside_identical(
    campaign: Campaign, *, by: str, key: CampaignKey, clock: Clock = system_clock
) -> int:
    """Set aside every open stray that says nothing else than its stored sheet; how many."""
    count, last = 0, None
    rows = Stray.objects.filter(campaign=campaign, decision=Stray.Decision.OPEN).order_by("pk")
    while batch := list(rows.filter(pk__gt=last or 0)[:500]):
        last = batch[-1].pk
        same = [
            line.id
            for line in _lines(campaign, key, batch)
            if line.differs == 0 and line.stored_answered is not None
        ]
        count += rows.filter(pk__in=same).update(
            decision=Stray.Decision.SET_ASIDE, decided_by=by, decided_at=clock()
        )
    return count


def answer_differences(one: contract.Sheet, other: contract.Sheet) -> int:
    """Items whose state or answers are not the same in two sheets."""
    items = {*one.responses, *one.visited, *one.absent}
    items |= {*other.responses, *other.visited, *other.absent}
    return sum(_said(one, item) != _said(other, item) for item in items)


def _lines(campaign: Campaign, key: CampaignKey, rows: list[Stray]) -> Iterator[StrayLine]:
    sheets = _sheets_of(campaign, rows)
    for row in rows:
        stray = open_stray(key, row)
        held = sheets.get((row.number, row.part))
        stored = open_sheet(key, held) if held else None
        yield StrayLine(
            id=row.pk,
            number=row.number,
            part=row.part,
            reason=Stray.Reason(row.reason),
            received_at=row.received_at,
            decision=Stray.Decision(row.decision),
            answered=_answered(stray),
            stored_answered=None if stored is None else _answered(stored),
            differs=_answered(stray) if stored is None else answer_differences(stray, stored),
            suggestion=_suggestion(row, stray, stored),
        )


def _sheets_of(campaign: Campaign, rows: list[Stray]) -> dict[tuple[str, str], Sheet]:
    numbers = {row.number for row in rows}
    held = Sheet.objects.filter(campaign=campaign, number__in=numbers)
    return {(sheet.number, sheet.part): sheet for sheet in held}


def _suggestion(row: Stray, stray: contract.Sheet, stored: contract.Sheet | None) -> Choice:
    if row.reason in _UNTIMELY:
        return "set-aside"
    if stored is None:
        return "use" if _answered(stray) else "set-aside"
    keeps_all = all(
        _said(stored, item) == _said(stray, item)
        for item in stored.responses
        if item_state(stored, item) == "answered"
    )
    return "use" if keeps_all and _answered(stray) > _answered(stored) else "set-aside"


def _use(stray: Stray, *, by: str, key: CampaignKey, at: datetime) -> None:
    places = Sheet.objects.filter(campaign=stray.campaign)
    held = places.filter(number=stray.number, part=stray.part).first()
    if held is not None and held.seq == stray.seq:
        raise StrayRefused("this stray is the sheet already")
    if held is not None:
        _put_aside(held, by=by, key=key, at=at)
    sheet = open_stray(key, stray)
    places.update_or_create(
        campaign=stray.campaign,
        number=stray.number,
        part=stray.part,
        defaults={
            "seq": stray.seq,
            "writer": stray.writer,
            "epoch": stray.epoch,
            "version": stray.version,
            "received_at": stray.received_at,
            "extent": stray.extent,
            "chosen": True,
            "content": seal_sheet(key, stray.number, stray.part, sheet),
        },
    )
    _note(stray, Stray.Decision.USED, by, at)


def _put_aside(held: Sheet, *, by: str, key: CampaignKey, at: datetime) -> None:
    """Keep what was the sheet: as the stray it was once, or as a new one."""
    known = Stray.objects.filter(campaign=held.campaign, seq=held.seq).first()
    if known is not None:
        _note(known, Stray.Decision.SET_ASIDE, by, at)
        return
    Stray.objects.create(
        campaign=held.campaign,
        seq=held.seq,
        number=held.number,
        part=held.part,
        writer=held.writer,
        epoch=held.epoch,
        version=held.version,
        received_at=held.received_at,
        extent=held.extent,
        reason=Stray.Reason.PUT_ASIDE,
        content=seal_stray(key, held.seq, open_sheet(key, held)),
        decision=Stray.Decision.SET_ASIDE,
        decided_by=by,
        decided_at=at,
    )


def _note(stray: Stray, decision: Stray.Decision, by: str, at: datetime) -> None:
    stray.decision = decision
    stray.decided_by = by
    stray.decided_at = at
    stray.save(update_fields=["decision", "decided_by", "decided_at"])


def _is_the_sheet(stray: Stray) -> bool:
    return Sheet.objects.filter(
        campaign=stray.campaign, number=stray.number, part=stray.part, seq=stray.seq, chosen=True
    ).exists()


def _said(sheet: contract.Sheet, item: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    answers = {name: values for name, values in sheet.responses.get(item, {}).items() if values}
    return item_state(sheet, item), answers


def _answered(sheet: contract.Sheet) -> int:
    return sum(item_state(sheet, item) == "answered" for item in sheet.responses)
