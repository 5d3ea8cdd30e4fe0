"""Seats as delivery gets them: hashed logins and wrapped keys, in chunks ordered by number.

The order is that of the random numbers over the whole campaign: a chunk says nothing of classes or
schools. Two thousand rounds of PBKDF2 a seat are nearly all of the work, and run on every core.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment.booklets import content_key
from ardoise.authority.enrolment.forms import FIRST, forms_of
from ardoise.authority.enrolment.models import ContentKey, Group, Seat
from ardoise.authority.enrolment.rules import group_key, seat_code
from ardoise.authority.keyring import CampaignKey
from ardoise.contract import kit, limits
from ardoise.seal.derive import SeatKeys, login_digest
from ardoise.seal.envelope import group_context, wrap, wrap_context
from ardoise.seal.randomness import Source, system

SHARE = 100
"""Seats that a thread takes at a time."""


@dataclass(frozen=True)
class SealedPart:
    """The booklet of one form of a part, as delivery has it, and the key that opens it."""

    part: str
    writer: str
    booklet: str
    key: bytes
    form: int = FIRST


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
    campaign: Campaign, key: CampaignKey, parts: Sequence[SealedPart], *, source: Source = system
) -> Iterator[tuple[bytes, int]]:
    """Encoded `kit.SeatChunk`s and how many seats each holds. One chunk in memory at a time."""
    maker = _Maker(campaign.pk, key, parts, source)
    rows = Seat.objects.filter(campaign=campaign, voided_at=None).order_by("number")
    last = ""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        while some := list(rows.filter(number__gt=last)[: limits.SEATS_IN_CHUNK]):
            last = some[-1].number
            yield _encoded(maker, pool, some), len(some)


def chunk(
    campaign: Campaign,
    key: CampaignKey,
    parts: Sequence[SealedPart],
    rows: Sequence[Seat],
    *,
    source: Source = system,
) -> bytes:
    """One encoded `kit.SeatChunk` of these seats: at most limits.SEATS_IN_CHUNK."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return _encoded(_Maker(campaign.pk, key, parts, source), pool, rows)


def _encoded(maker: "_Maker", pool: ThreadPoolExecutor, rows: Sequence[Seat]) -> bytes:
    groups = Group.objects.in_bulk({seat.group_id for seat in rows})
    shares = [rows[start : start + SHARE] for start in range(0, len(rows), SHARE)]
    made = pool.map(lambda share: maker.seats(share, groups), shares)
    seats = tuple(seat for share in made for seat in share)
    return msgspec.json.encode(kit.SeatChunk("ardoise-seats/1", maker.campaign_id, seats))


@dataclass(frozen=True)
class _Maker:
    campaign_id: str
    key: CampaignKey
    parts: Sequence[SealedPart]
    source: Source

    def seats(self, rows: Sequence[Seat], groups: Mapping[int, Group]) -> list[kit.Seat]:
        """Runs in a thread of its own: no query here."""
        return [self._seat(row, groups[row.group_id]) for row in rows]

    def _seat(self, row: Seat, group: Group) -> kit.Seat:
        keys = SeatKeys.from_code(
            code=seat_code(self.key, row), campaign=self.campaign_id, number=row.number
        )
        forms = forms_of(self.key, row)
        own = [
            part
            for part in self.parts
            if part.writer == row.role and part.form == forms.get(part.part, FIRST)
        ]
        return kit.Seat(
            number=row.number,
            role="teacher" if row.role == "teacher" else "pupil",
            login=login_digest(keys.login_token()),
            group=group.ref,
            parts=tuple(self._part(row.number, keys, part) for part in own),
            time_percent=row.time_percent,
            group_key=self._group_key(row, keys, group) if row.role == "teacher" else None,
            spare=row.spare,
        )

    def _part(self, number: str, keys: SeatKeys, part: SealedPart) -> kit.SeatPart:
        context = wrap_context(campaign=self.campaign_id, number=number, part=part.part)
        wrapped = wrap(keys.wrap_key(part.part), context, part.key, source=self.source)
        return kit.SeatPart(part.part, part.booklet, wrapped)

    def _group_key(self, row: Seat, keys: SeatKeys, group: Group) -> bytes:
        context = group_context(campaign=self.campaign_id, number=row.number, group=group.ref)
        secret = group_key(self.key, group)
        return wrap(keys.group_wrap_key(), context, secret, source=self.source)
