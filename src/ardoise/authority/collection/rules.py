"""Pulling the returns of a campaign, and telling when all of them are here."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from msgspec import Struct
from msgspec.structs import replace

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import advance
from ardoise.authority.collection.models import Pull, Sheet, Stray, Unopened
from ardoise.authority.collection.opening import Opened, Opener
from ardoise.authority.collection.storing import Tally, store
from ardoise.authority.cores import WorkerLost
from ardoise.authority.database.rows import large_cache
from ardoise.authority.delivery_calls import (
    DeliveryCalls,
    DeliveryRefusal,
    DeliveryUnreachable,
)
from ardoise.authority.enrolment.sending import tell_voids
from ardoise.authority.enrolment.working_time import tell_times
from ardoise.authority.keyring import KeyRing
from ardoise.clock import Clock, from_milliseconds, milliseconds, system_clock
from ardoise.contract import limits
from ardoise.contract.kit import CampaignStatus
from ardoise.contract.returns import Record

SEQ_LIMIT = 1 << 62
"""Sequence numbers rise; what lies between two of them says nothing. A row holds no higher one."""
BATCH, BATCH_BYTES = 1_000, 8 << 20
"""Records opened together and stored in one transaction, and their bytes: one or the other."""


class CollectionRefused(Exception):
    """Something that cannot be collected. The message says what to do."""


class CollectReport(Struct, frozen=True):
    """What a run did, and how the campaign stands after it."""

    campaign: str
    read: int = 0
    sheets: int = 0
    """New, or newer than the stored one."""
    strays: int = 0
    unchanged: int = 0
    unopened: dict[str, int] = {}
    """Unopened.Why → how many in this run."""
    last_seq: int = 0
    state: str = ""
    ended: bool = False
    """Delivery takes no more sheets."""
    behind: bool = False
    """Delivery has stored more since: pull again before comparing."""
    mismatches: tuple[str, ...] = ()
    """Where delivery's counts and ours differ, once it has ended. Empty: everything is here."""


def collect(
    campaign: Campaign,
    calls: DeliveryCalls,
    *,
    clock: Clock = system_clock,
    ring: KeyRing | None = None,
    stop: Callable[[], bool] = lambda: False,
    announce: Callable[[Tally], None] = lambda _: None,
    workers: int | None = None,
) -> CollectReport:
    """Pull what is new, tell delivery of voided seats and working time that it has not heard of,
    and follow its window: enrolled → open → collected.

    Raises DeliveryRefusal, DeliveryUnreachable, CampaignKeyDestroyed, CollectionRefused.
    """
    report = pull(
        campaign, calls, clock=clock, ring=ring, stop=stop, announce=announce, workers=workers
    )
    if stop():
        return report
    tell_voids(campaign, calls, clock=clock)
    # A kit that is older than what it should carry must not keep answers from coming back.
    with contextlib.suppress(DeliveryRefusal):
        tell_times(campaign, calls)
    return settle(campaign, calls, report)


def pull(
    campaign: Campaign,
    calls: DeliveryCalls,
    *,
    clock: Clock = system_clock,
    ring: KeyRing | None = None,
    stop: Callable[[], bool] = lambda: False,
    announce: Callable[[Tally], None] = lambda _: None,
    page: int = limits.RETURNS_PAGE,
    workers: int | None = None,
) -> CollectReport:
    """Read the returns from where the last run ended. Safe to kill, to repeat, to run twice.

    A stream that is cut is asked for again from its last stored record, as long as each attempt
    brings something.
    """
    tally = Tally()
    cursor, more = _cursor(campaign), True
    with large_cache(), _opener(campaign, ring, workers) as opener:
        while more and not stop():
            start = cursor
            returns = calls.returns(campaign.pk, cursor, page)
            try:
                batches = _batched(_ascending(returns, cursor), BATCH)
                for batch, opened in opener.open_batches(batches):
                    last = batch[-1][0].seq
                    store(campaign, opener.key, opened, tally, cursor=last, at=clock())
                    cursor = last
                    announce(tally)
                    if stop():
                        break
                else:
                    # A page that brings nothing has nothing to go on from.
                    more = returns.end.more and cursor > start
            except DeliveryUnreachable:
                if cursor == start:
                    raise
            except WorkerLost:
                # A service is stopped with all its processes at once.
                if not stop():
                    raise
            finally:
                returns.close()
    return _report(campaign, tally)


def read_records(
    campaign: Campaign,
    records: Iterable[tuple[Record, bytes]],
    *,
    clock: Clock = system_clock,
    ring: KeyRing | None = None,
    announce: Callable[[Tally], None] = lambda _: None,
    workers: int | None = None,
) -> CollectReport:
    """Store records from elsewhere than delivery's line. The cursor stays: a gap stays a gap."""
    tally = Tally()
    with large_cache(), _opener(campaign, ring, workers) as opener:
        for _, opened in opener.open_batches(_batched(records, BATCH)):
            store(campaign, opener.key, opened, tally, cursor=None, at=clock())
            announce(tally)
    return _report(campaign, tally)


def retry_unopened(
    campaign: Campaign,
    *,
    clock: Clock = system_clock,
    ring: KeyRing | None = None,
    workers: int | None = None,
) -> CollectReport:
    """Try what did not open once more: a seat may have become known since."""
    tally = Tally()
    rows = Unopened.objects.filter(campaign=campaign).order_by("seq").iterator(chunk_size=BATCH)
    records = ((_record(row), bytes(row.sealed)) for row in rows)
    with large_cache(), _opener(campaign, ring, workers) as opener:
        for _, opened in opener.open_batches(_batched(records, BATCH)):
            good = [each for each in opened if isinstance(each, Opened)]
            with transaction.atomic():
                seqs = [each.record.seq for each in good]
                Unopened.objects.filter(campaign=campaign, seq__in=seqs).delete()
                store(campaign, opener.key, good, tally, cursor=None, at=clock())
    return _report(campaign, tally)


def merged(one: CollectReport, later: CollectReport) -> CollectReport:
    """Two runs as one: counts added, the rest as the later one has it."""
    unopened = Counter(one.unopened)
    unopened.update(later.unopened)
    return replace(
        later,
        read=one.read + later.read,
        sheets=one.sheets + later.sheets,
        strays=one.strays + later.strays,
        unchanged=one.unchanged + later.unchanged,
        unopened=dict(unopened),
    )


def settle(
    campaign: Campaign, calls: DeliveryCalls, report: CollectReport | None = None
) -> CollectReport:
    """Follow delivery's window and state; once it has ended, compare its counts with ours.

    The campaign becomes `collected` only if nothing is missing.
    """
    status = calls.status(campaign.pk)
    follow(campaign, status)
    ended = has_ended(campaign, status)
    mismatches = cross_check(campaign, status) if ended else ()
    if ended and not mismatches and campaign.state == Campaign.State.OPEN:
        advance(campaign, Campaign.State.COLLECTED)
    return replace(
        report or _report(campaign, Tally()),
        state=str(campaign.state),
        ended=ended,
        behind=_cursor(campaign) < status.last_seq,
        mismatches=mismatches,
    )


def follow(campaign: Campaign, status: CampaignStatus) -> None:
    """Take over the window as delivery keeps it; enrolled → open once it has opened."""
    campaign.refresh_from_db()
    keep_window(campaign, status.opens_ms, status.closes_ms)
    if campaign.state == Campaign.State.ENROLLED and status.state in ("open", "closed"):
        advance(campaign, Campaign.State.OPEN)


def keep_window(campaign: Campaign, opens_ms: int, closes_ms: int) -> None:
    """Write the window down as delivery keeps it, if it differs."""
    known = milliseconds(campaign.opens_at), milliseconds(campaign.closes_at)
    if known != (opens_ms, closes_ms):
        campaign.opens_at = from_milliseconds(opens_ms)
        campaign.closes_at = from_milliseconds(closes_ms)
        campaign.save(update_fields=["opens_at", "closes_at"])


def has_ended(campaign: Campaign, status: CampaignStatus) -> bool:
    """Whether delivery takes no sheet any more: the window and the longest grace are over."""
    if status.state == "purged":
        return True
    grace_ms = 1000 * max(campaign.parts.values_list("grace_s", flat=True), default=0)
    return status.state == "closed" and status.now_ms > status.closes_ms + grace_ms


def still_to_come(campaign: Campaign, calls: DeliveryCalls) -> int:
    """About how many records delivery has that were not read yet: for showing, nothing else.

    Raises DeliveryRefusal, DeliveryUnreachable.
    """
    status = calls.status(campaign.pk)
    if _cursor(campaign) >= status.last_seq:
        return 0
    return max(0, status.sheets + status.strays - sum(returned(campaign)))


def cross_check(campaign: Campaign, status: CampaignStatus) -> tuple[str, ...]:
    """Each count in which delivery and the authority differ, in words."""
    ours_seq, (sheets, strays) = _cursor(campaign), returned(campaign)
    found = []
    if ours_seq < status.last_seq:
        found.append(
            f"delivery has stored up to {status.last_seq}, pulled up to {ours_seq}: pull again"
        )
    counts = (("sheets", status.sheets, sheets), ("strays", status.strays, strays))
    for what, theirs, ours in counts:
        if theirs != ours:
            found.append(f"delivery counts {theirs} {what}, {ours} came back")
    return tuple(found)


def returned(campaign: Campaign) -> tuple[int, int]:
    """(sheets, strays) that came back from delivery, opened or not, as delivery counts them."""
    unopened = Unopened.objects.filter(campaign=campaign)
    strays = Stray.objects.filter(campaign=campaign, seq__gt=0)
    # Kept aside by the authority itself: for delivery these were the sheet.
    once = (Stray.Reason.PUT_ASIDE, Stray.Reason.OVERTAKEN, Stray.Reason.ROLLED_BACK)
    kept_aside = strays.exclude(reason__in=(*once, Stray.Reason.RESCUED))
    # Few rows; the sheets are a year group's, and counted in their indexes.
    elsewhere = {
        *strays.filter(reason__in=once).order_by().values_list("number", "part").distinct()
    }
    elsewhere |= {*unopened.filter(stray="").values_list("number", "part").distinct()}
    sheets = Sheet.objects.filter(campaign=campaign)
    own = sheets.count() - sheets.filter(chosen=True).count() + _without_sheet(sheets, elsewhere)
    return own, kept_aside.count() + unopened.exclude(stray="").count()


def _without_sheet(sheets: QuerySet[Sheet], places: set[tuple[str, str]]) -> int:
    """How many of these places have no sheet of delivery's own choosing."""
    found, numbers = 0, sorted({number for number, _ in places})
    for start in range(0, len(numbers), BATCH):
        some = sheets.filter(chosen=False, number__in=numbers[start : start + BATCH])
        found += len(places.intersection(some.values_list("number", "part")))
    return len(places) - found


def _cursor(campaign: Campaign) -> int:
    held = Pull.objects.filter(campaign=campaign).first()
    return held.last_seq if held else 0


def _report(campaign: Campaign, tally: Tally) -> CollectReport:
    return CollectReport(
        campaign=campaign.pk,
        read=tally.read,
        sheets=tally.sheets,
        strays=tally.strays,
        unchanged=tally.unchanged,
        unopened=dict(sorted(tally.unopened.items())),
        last_seq=_cursor(campaign),
        state=str(campaign.state),
    )


def _opener(campaign: Campaign, ring: KeyRing | None, workers: int | None) -> Opener:
    key = (ring or settings.KEYRING).campaign_key(campaign.pk)
    return Opener(campaign, key, workers=workers)


def _batched(
    records: Iterable[tuple[Record, bytes]], size: int
) -> Iterator[list[tuple[Record, bytes]]]:
    """Lists of up to `size`. What had come before the line was cut is handed out first."""
    batch: list[tuple[Record, bytes]] = []
    held = 0
    try:
        for record, sealed in records:
            batch.append((record, sealed))
            held += len(sealed)
            if len(batch) == size or held >= BATCH_BYTES:
                yield batch
                batch, held = [], 0
    except DeliveryUnreachable:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _ascending(
    records: Iterable[tuple[Record, bytes]], after: int
) -> Iterator[tuple[Record, bytes]]:
    """Sequence numbers must rise: a cursor that trusted others could skip a sheet for ever."""
    for record, sealed in records:
        if not after < record.seq < SEQ_LIMIT:
            raise CollectionRefused(
                f"delivery's returns are out of order at {record.seq}: "
                "nothing from there on was stored; tell whoever runs delivery"
            )
        after = record.seq
        yield record, sealed


def _record(row: Unopened) -> Record:
    reason = row.stray if row.stray in Stray.Reason.values else None
    return Record(
        seq=row.seq,
        number=row.number,
        part=row.part,
        writer=row.writer,
        epoch=row.epoch,
        version=row.version,
        received_ms=milliseconds(row.received_at),
        stray=reason,  # type: ignore[arg-type]
    )
