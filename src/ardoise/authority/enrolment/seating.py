"""Seats as delivery gets them, in chunks ordered by number.

The order is that of the random numbers over the whole campaign: a chunk says nothing of classes or
schools. A chunk holds a fixed range of numbers, not the next so many seats: one seat more or less
changes its own chunk and no other.
"""

from collections.abc import Iterable, Iterator, Sequence

from django.db.models import QuerySet

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.cores import Cores
from ardoise.authority.database.rows import large_cache
from ardoise.authority.enrolment.booklets import content_key
from ardoise.authority.enrolment.chunking import FIRST, Making, SealedPart, SeatRow, encoded
from ardoise.authority.enrolment.models import ContentKey, Seat
from ardoise.authority.keyring import CampaignKey
from ardoise.contract import limits

AIM = limits.SEATS_IN_CHUNK // 2
"""Seats in a range on average, at most: numbers are random, so none comes near to twice as many."""
_NUMBERS = 10**8
_FIELDS = (
    "number", "role", "root", "code", "forms", "time_percent", "spare", "group__ref", "group__key",
)  # fmt: skip


def sealed_parts(campaign: Campaign, key: CampaignKey) -> tuple[SealedPart, ...]:
    """The campaign's parts in order, form by form. Raises KeyError: a booklet is not made yet."""
    rows = ContentKey.objects.filter(part__campaign=campaign)
    held = {(row.part_id, row.form): row for row in rows}
    return tuple(
        SealedPart(
            part.part,
            part.writer,
            held[part.pk, form].booklet,
            content_key(key, held[part.pk, form], part.part),
            form,
        )
        for part in campaign.parts.all()
        for form in range(FIRST, FIRST + part.forms)
    )


def chunks(
    campaign: Campaign,
    key: CampaignKey,
    parts: Sequence[SealedPart],
    *,
    workers: int | None = None,
) -> Iterator[tuple[bytes, int]]:
    """Encoded `kit.SeatChunk`s and how many seats each holds; two a worker in memory.

    Raises WorkerLost.
    """
    in_force = Seat.objects.filter(campaign=campaign, voided_at=None)
    with large_cache(), Cores(Making(campaign.pk, key, tuple(parts)), workers) as cores:
        yield from cores.map(encoded, _ranges(in_force))


def chunk(
    campaign: Campaign, key: CampaignKey, parts: Sequence[SealedPart], seats: Iterable[Seat]
) -> bytes:
    """One encoded `kit.SeatChunk` of these seats: at most limits.SEATS_IN_CHUNK."""
    rows = [_row(seat) for seat in seats]
    return encoded(Making(campaign.pk, key, tuple(parts)), rows)[0]


def _ranges(seats: QuerySet[Seat]) -> Iterator[list[SeatRow]]:
    total, ranges = seats.count(), 1
    while ranges * AIM < total:
        ranges *= 2
    for place in range(ranges):
        least, beyond = (f"{at * _NUMBERS // ranges:08d}" for at in (place, place + 1))
        held = seats.filter(number__gte=least)
        if place + 1 < ranges:
            held = held.filter(number__lt=beyond)
        rows = _rows(held.order_by("number"))
        for start in range(0, len(rows), limits.SEATS_IN_CHUNK):
            yield rows[start : start + limits.SEATS_IN_CHUNK]


def _row(seat: Seat) -> SeatRow:
    return SeatRow(
        seat.number,
        seat.role,
        bytes(seat.root),
        bytes(seat.code),
        bytes(seat.forms),
        seat.time_percent,
        seat.spare,
        seat.group.ref,
        bytes(seat.group.key),
    )


def _rows(seats: QuerySet[Seat]) -> list[SeatRow]:
    return [SeatRow(*row) for row in seats.values_list(*_FIELDS)]
