"""A lost card: its seat is voided, and the pupil goes on with a spare seat of the same class.

The old number stays linked: sheets saved under it remain the pupil's. For each part, the sheet of
the newest number that has one counts (linkage.rules.every_number_of).
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.enrolment.models import Group, Seat
from ardoise.authority.enrolment.rules import EnrolmentRefused
from ardoise.authority.linkage import rules as linkage
from ardoise.authority.linkage.rules import NewLink
from ardoise.authority.registry.identity import open_time
from ardoise.authority.registry.models import Pupil
from ardoise.clock import Clock, system_clock

_STATES = {Campaign.State.ENROLLED, Campaign.State.OPEN}


@dataclass(frozen=True)
class Replacement:
    """What a pupil had and has now."""

    voided: str | None
    """The number that no longer logs in; None for a pupil that had none."""
    given: str


def give_spare(
    campaign: Campaign, pupil_id: str, *, number: str | None = None, clock: Clock = system_clock
) -> Replacement:
    """Void a pupil's seat and give it a spare one of its class: `number` if one is named.

    A pupil that came too late to be enrolled gets its first number so. Afterwards call
    sending.tell_voids and working_time.tell_times.
    Raises EnrolmentRefused: no such pupil or spare seat, wrong state.
    """
    _refuse_outside(campaign)
    key = settings.KEYRING.campaign_key(campaign.pk)
    with transaction.atomic():
        refuse_if_closed(campaign.pk)
        pupil = Pupil.objects.filter(campaign=campaign, pk=pupil_id, left=False).first()
        if pupil is None:
            raise EnrolmentRefused("there is no such pupil on the roll")
        former = linkage.numbers_of(key, campaign.pk, [pupil_id]).get(pupil_id)
        spare = _spare(campaign, pupil, number)
        if former is not None:
            _void(campaign, former, clock)
        spare.spare = False
        granted = open_time(key, pupil.pk, bytes(pupil.working_time))
        spare.time_untold = spare.time_untold or spare.time_percent != granted
        spare.time_percent = granted
        spare.save(update_fields=["spare", "time_percent", "time_untold"])
        new = NewLink(pupil_id, pupil.class_group_id, spare.number)
        linkage.relink(key, campaign.pk, new)
    return Replacement(former, spare.number)


def void_seat(campaign: Campaign, number: str, *, clock: Clock = system_clock) -> None:
    """A card in wrong hands: its seat no longer logs in. Afterwards call sending.tell_voids.

    A pupil's seat is better replaced (give_spare). Voiding twice changes nothing.
    Raises EnrolmentRefused for a number that the campaign does not have.
    """
    _refuse_outside(campaign)
    with transaction.atomic():
        _void(campaign, number, clock)


def _void(campaign: Campaign, number: str, clock: Clock) -> None:
    seats = Seat.objects.filter(campaign=campaign, number=number)
    if not seats.exists():
        raise EnrolmentRefused("this campaign has no such order number")
    seats.filter(voided_at=None).update(voided_at=clock())


def _spare(campaign: Campaign, pupil: Pupil, number: str | None) -> Seat:
    group = Group.objects.filter(class_group_id=pupil.class_group_id).first()
    spares = Seat.objects.filter(campaign=campaign, group=group, spare=True, voided_at=None)
    if group is None:
        spares = spares.none()
    if number is not None:
        spares = spares.filter(number=number)
    spare = spares.order_by("number").first()
    if spare is None:
        raise EnrolmentRefused(
            "this class has no such spare seat left: enrol again and send a new kit"
        )
    return spare


def _refuse_outside(campaign: Campaign) -> None:
    if campaign.state not in _STATES:
        raise EnrolmentRefused(f"the campaign is {campaign.state}: its seats no longer change")
