"""More working time: granted to a pupil, carried by their seat in force, told to delivery.

Only a percentage, never a reason. On the pupil it is sealed (registry.identity); the seat has it in
the clear, as delivery does.
"""

import hashlib
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.delivery_calls import DeliveryCalls
from ardoise.authority.enrolment import seating
from ardoise.authority.enrolment.drawing import EnrolmentRefused
from ardoise.authority.enrolment.models import Kit, Seat
from ardoise.authority.keyring import CampaignKey
from ardoise.authority.linkage import rules as linkage
from ardoise.authority.registry.identity import open_time, seal_time
from ardoise.authority.registry.models import Pupil
from ardoise.clock import Clock, system_clock
from ardoise.contract import limits
from ardoise.contract.orders import AddSeats
from ardoise.seal.randomness import Source, reference, system

LEAST, MOST = 100, 400
OFFERED = (100, 133, 150, 200)
"""Percentages that pages offer; the rule takes any from LEAST to MOST."""
_SITTING = (Campaign.State.ENROLLED, Campaign.State.OPEN)
_STATES = (Campaign.State.DRAFT, *_SITTING)


class WouldShorten(EnrolmentRefused):
    """Less time than now, while pupils may be sitting: to be asked for in so many words."""


def working_times(key: CampaignKey, pupils: Iterable[Pupil]) -> dict[str, int]:
    """Each pupil's percentage by the pupil's identifier. Raises SealError."""
    return {one.pk: open_time(key, one.pk, bytes(one.working_time)) for one in pupils}


def grant_working_time(
    campaign: Campaign,
    pupil_id: str,
    percent: int,
    *,
    shorten: bool = False,
    clock: Clock = system_clock,
) -> bool:
    """Give a pupil `percent` of every part's minutes; whether that is a change.

    Afterwards call tell_times. The percentage replaces the former one, it does not add to it. It
    counts from the moment a part was opened, so that it also moves a deadline that runs: later for
    more; for less earlier, even into the past. Less, once the window's time has come, therefore
    needs `shorten`, and whoever asks must be told that the pupil's remaining time shrinks. Minutes
    that `orders.grant_time` gave stay on top.

    Raises ValueError: not from LEAST to MOST. WouldShorten. EnrolmentRefused: no such pupil on the
    roll, or the window is over. CampaignKeyDestroyed.
    """
    if not LEAST <= percent <= MOST:
        raise ValueError(f"working time is {LEAST} to {MOST} per cent")
    key = settings.KEYRING.campaign_key(campaign.pk)
    with transaction.atomic():
        # Read again: it may have been closed since.
        campaign = Campaign.objects.get(pk=campaign.pk)
        if campaign.state not in _STATES:
            raise EnrolmentRefused(
                f"the campaign is {campaign.state}: working time no longer changes"
            )
        pupil = Pupil.objects.filter(campaign=campaign, pk=pupil_id, left=False).first()
        if pupil is None:
            raise EnrolmentRefused("there is no such pupil on the roll")
        had = open_time(key, pupil.pk, bytes(pupil.working_time))
        if percent < had and not shorten and may_have_begun(campaign, clock):
            raise WouldShorten("pupils may be sitting: less time would shorten what is promised")
        pupil.working_time = seal_time(key, pupil.pk, percent)
        pupil.save(update_fields=["working_time"])
        number = linkage.numbers_of(key, campaign.pk, [pupil.pk]).get(pupil.pk)
        seats = Seat.objects.filter(campaign=campaign, number=number, voided_at=None)
        seats.exclude(time_percent=percent).update(time_percent=percent, time_untold=True)
    return had != percent


def may_have_begun(campaign: Campaign, clock: Clock = system_clock) -> bool:
    """Whether delivery may have opened the window: it does so by its own clock."""
    return campaign.state == Campaign.State.OPEN or clock() >= campaign.opens_at


def tell_times(campaign: Campaign, calls: DeliveryCalls, *, source: Source = system) -> int:
    """Give delivery the seats whose working time changed since it had them; how many.

    They go as chunks of an add-seats order, at once and without a new kit. A seat may go twice,
    here and in a kit: a percentage replaces, so that nothing is counted twice.
    Raises DeliveryRefusal (`malformed`: the kit there is older than a part), DeliveryUnreachable:
    call again later.
    """
    untold = Seat.objects.filter(campaign=campaign, time_untold=True, voided_at=None)
    if campaign.state not in _SITTING or not untold.exists():
        return 0
    if not Kit.objects.filter(campaign=campaign).exclude(installed_at=None).exists():
        return 0
    key = settings.KEYRING.campaign_key(campaign.pk)
    parts = seating.sealed_parts(campaign, key)
    count, last = 0, ""
    untold = untold.select_related("group").order_by("number")
    while some := list(untold.filter(number__gt=last)[: limits.SEATS_IN_CHUNK]):
        last = some[-1].number
        encoded = seating.chunk(campaign, key, parts, some)
        sha256 = hashlib.sha256(encoded).hexdigest()
        calls.put_bytes(sha256, encoded)
        calls.send_order(AddSeats(reference(source), campaign.pk, sha256))
        _told(some)
        count += len(some)
    return count


def _told(seats: list[Seat]) -> None:
    """Not those that changed again in the meantime."""
    with transaction.atomic():
        for seat in seats:
            sent = Seat.objects.filter(pk=seat.pk, time_percent=seat.time_percent)
            sent.update(time_untold=False)
