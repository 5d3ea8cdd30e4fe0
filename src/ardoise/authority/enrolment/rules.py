"""Draws order numbers and codes: a seat for each pupil, seats for teachers, spare seats.

Runs in batches of class groups, each one transaction: a batch is there as a whole or not at all.
Every batch draws only what is missing, so enrolling may be stopped anywhere and run again, and a
later run gives seats to pupils that came since.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from ardoise.authority.campaigns import rules as campaigns
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.database.rows import large_cache
from ardoise.authority.enrolment.drawing import Drawer, Drawn, EnrolmentRefused, Plan, Progress
from ardoise.authority.enrolment.models import Group, Seat
from ardoise.authority.enrolment.roots import open_code, seat_keys
from ardoise.authority.enrolment.stretching import stretch
from ardoise.authority.keyring import CampaignKey
from ardoise.authority.linkage import rules as linkage
from ardoise.authority.registry.identity import open_time
from ardoise.authority.registry.models import ClassGroup, Pupil
from ardoise.seal.derive import SeatKeys
from ardoise.seal.randomness import Source, system

BATCH = 50
"""Class groups in one transaction: some 1,300 pupils."""
_TRIES = 5
_STATES = {Campaign.State.DRAFT, Campaign.State.ENROLLED, Campaign.State.OPEN}


@dataclass
class Enrolled:
    """What one run added or changed."""

    groups: int = 0
    pupils: int = 0
    teachers: int = 0
    spares: int = 0
    moved: int = 0
    """Seats that followed their pupil into another class."""
    retimed: int = 0
    """Seats whose working time was brought to what the roll says."""


def enrol(
    campaign: Campaign,
    *,
    spares_per_class: int = 1,
    teachers_per_class: int = 1,
    source: Source = system,
    progress: Progress | None = None,
    key_progress: Progress | None = None,
    workers: int | None = None,
) -> Enrolled:
    """Give every pupil of the roll a seat, draw what else is missing, and say what was added.

    `progress` counts classes, `key_progress` seats whose keys are made, on `workers` cores.
    Raises EnrolmentRefused: the window is over, there are no pupils, or a class is above the
    protocol's bound; CampaignKeyDestroyed; WorkerLost.
    """
    if campaign.state not in _STATES:
        raise EnrolmentRefused(f"the campaign is {campaign.state}: no more seats can be drawn")
    plan = Plan(spares=spares_per_class, teachers=teachers_per_class)
    key = settings.KEYRING.campaign_key(campaign.pk)
    drawer = Drawer(campaign, key, plan, source)
    attended = _attended(campaign)
    total = attended.count()
    if total == 0:
        raise EnrolmentRefused("there are no pupils: import a roll first")
    done, last, report = 0, 0, Enrolled()
    with large_cache():
        while class_groups := list(attended.filter(pk__gt=last)[:BATCH]):
            _count(report, _drawn(drawer, class_groups))
            last = class_groups[-1].pk
            done += len(class_groups)
            if progress is not None:
                progress(done, total)
    if campaign.state != Campaign.State.OPEN:
        # Once keying may have begun, a keyed sheet belongs to the group whose key sealed it.
        report.moved = _follow_moves(campaign, key)
    report.retimed = _settle_time(campaign, key)
    stretch(campaign, key, workers=workers, progress=key_progress)
    if campaign.state == Campaign.State.DRAFT:
        campaigns.advance(campaign, Campaign.State.ENROLLED)
    return report


def seat_code(key: CampaignKey, seat: Seat) -> str:
    """The twelve characters of a seat's code. Raises SealError."""
    return open_code(key, seat.number, bytes(seat.code))


def keys_of(key: CampaignKey, seat: Seat) -> SeatKeys:
    """All that a seat's code gives. Raises SealError."""
    root, code = bytes(seat.root), bytes(seat.code)
    return seat_keys(key, seat.campaign_id, seat.number, root=root, code=code)


def group_key(key: CampaignKey, group: Group) -> bytes:
    """The 32 bytes from which the keys of the group's keyed sheets come. Raises SealError."""
    return key.unseal("enrolment_group", group.ref, "key", bytes(group.key))


def _attended(campaign: Campaign) -> QuerySet[ClassGroup]:
    """Class groups with at least one pupil on the roll, in the order of their identifiers."""
    pupils = Pupil.objects.filter(class_group=OuterRef("pk"), left=False)
    return ClassGroup.objects.filter(Exists(pupils), campaign=campaign).order_by("pk")


def _drawn(drawer: Drawer, class_groups: Sequence[ClassGroup]) -> Drawn:
    """Draw again, from what is there by then, if somebody else wrote at the same time."""
    for _ in range(_TRIES - 1):
        try:
            return drawer.draw(class_groups)
        except IntegrityError:
            continue
    return drawer.draw(class_groups)


def _count(report: Enrolled, drawn: Drawn) -> None:
    kinds = Counter((seat.role, seat.spare) for seat in drawn.seats)
    report.groups += len(drawn.groups)
    report.pupils += kinds["pupil", False]
    report.spares += kinds["pupil", True]
    report.teachers += kinds["teacher", False]


def _follow_moves(campaign: Campaign, key: CampaignKey) -> int:
    """Put the seats of pupils that changed class into their new class's group."""
    # All of them first: what is read here is about to change.
    moves = iter(list(linkage.moved(key, campaign.pk)))
    count = 0
    while some := list(islice(moves, 500)):
        wanted = {move.class_group_id for move in some}
        groups = {row.class_group_id: row for row in Group.objects.filter(class_group__in=wanted)}
        target = {move.number: groups.get(move.class_group_id) for move in some}
        with transaction.atomic():
            seats = list(Seat.objects.filter(campaign=campaign, number__in=list(target)))
            for seat in seats:
                seat.group = target[seat.number] or seat.group
            Seat.objects.bulk_update(seats, ["group"])
            linkage.follow_class(campaign.pk, [move.pupil_id for move in some])
        count += len(some)
    return count


def _settle_time(campaign: Campaign, key: CampaignKey) -> int:
    """Bring seats to the working time that the roll grants by now. Few pupils have any."""
    rows = Pupil.objects.filter(campaign=campaign).values_list("pk", "working_time")
    opened = ((pk, open_time(key, pk, bytes(sealed))) for pk, sealed in rows.iterator())
    granted = {pk: percent for pk, percent in opened if percent != 100}
    in_force = linkage.numbers_of(key, campaign.pk, granted)
    wanted = {number: granted[pupil_id] for pupil_id, number in in_force.items()}
    seats = Seat.objects.filter(campaign=campaign, role="pupil", voided_at=None)
    outdated = {seat.pk: seat for seat in seats.exclude(time_percent=100)}
    waiting = iter(wanted)
    while some := list(islice(waiting, 500)):
        outdated |= {seat.pk: seat for seat in seats.filter(number__in=some)}
    changed = []
    for seat in outdated.values():
        if seat.time_percent != wanted.get(seat.number, 100):
            seat.time_percent = wanted.get(seat.number, 100)
            seat.time_untold = True
            changed.append(seat)
    Seat.objects.bulk_update(changed, ["time_percent", "time_untold"], batch_size=200)
    return len(changed)


__all__ = [
    "Enrolled",
    "EnrolmentRefused",
    "Plan",
    "Progress",
    "enrol",
    "group_key",
    "keys_of",
    "seat_code",
]
