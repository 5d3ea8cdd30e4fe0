"""A lost card costs nobody an answer."""

import pytest
from django.conf import settings

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment.cards import code_list
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.enrolment.replacement import give_spare, void_seat
from ardoise.authority.enrolment.rules import Enrolled, EnrolmentRefused, enrol
from ardoise.authority.linkage import rules as linkage
from ardoise.authority.registry.models import Pupil
from tests.authority.enrolment import town


@pytest.fixture
def pupil(campaign: Campaign) -> Pupil:
    return Pupil.objects.filter(class_group=town.class_of(campaign, []))[0]


def number_of(pupil: Pupil) -> str:
    key = settings.KEYRING.campaign_key(pupil.campaign_id)
    return linkage.numbers_of(key, pupil.campaign_id, [pupil.pk])[pupil.pk]


def test_the_pupil_goes_on_with_a_spare_seat_of_its_class(campaign: Campaign, pupil: Pupil) -> None:
    before = number_of(pupil)
    replaced = give_spare(campaign, pupil.pk, clock=town.clock)
    assert (replaced.voided, replaced.given) == (before, number_of(pupil))
    old, new = Seat.objects.get(number=before), Seat.objects.get(number=replaced.given)
    assert (old.voided_at, new.voided_at, new.spare) == (town.NOW, None, False)
    assert old.group_id == new.group_id


def test_sheets_of_both_numbers_remain_the_pupils(campaign: Campaign, pupil: Pupil) -> None:
    before = number_of(pupil)
    after = give_spare(campaign, pupil.pk, clock=town.clock).given
    key = settings.KEYRING.campaign_key(campaign.pk)
    assert linkage.every_number_of(key, campaign.pk, [pupil.pk]) == {pupil.pk: (before, after)}
    assert linkage.pupils_of(key, campaign.pk, [before, after]) == {
        before: pupil.pk,
        after: pupil.pk,
    }


def test_the_list_shows_the_new_card_alone(campaign: Campaign, pupil: Pupil) -> None:
    replaced = give_spare(campaign, pupil.pk, clock=town.clock)
    lines = list(code_list(campaign, [pupil.class_group]))
    assert [line.number for line in lines if line.pupil == pupil.pk] == [replaced.given]
    assert replaced.voided not in {line.number for line in lines}
    assert not any(line.spare for line in lines)


def test_a_class_without_a_spare_seat_left_is_topped_up_by_enrolling(
    campaign: Campaign, pupil: Pupil
) -> None:
    give_spare(campaign, pupil.pk, clock=town.clock)
    with pytest.raises(EnrolmentRefused, match="enrol again"):
        give_spare(campaign, pupil.pk, clock=town.clock)
    assert enrol(campaign) == Enrolled(spares=1)
    give_spare(campaign, pupil.pk, clock=town.clock)
    key = settings.KEYRING.campaign_key(campaign.pk)
    assert len(linkage.every_number_of(key, campaign.pk, [pupil.pk])[pupil.pk]) == 3


def test_a_refused_replacement_leaves_the_card_as_it_was(campaign: Campaign, pupil: Pupil) -> None:
    before = number_of(pupil)
    taken = number_of(Pupil.objects.exclude(pk=pupil.pk)[0])
    with pytest.raises(EnrolmentRefused):
        give_spare(campaign, pupil.pk, number=taken, clock=town.clock)
    assert number_of(pupil) == before
    assert Seat.objects.get(number=before).voided_at is None


def test_the_spare_card_that_was_handed_out_can_be_named(campaign: Campaign, pupil: Pupil) -> None:
    enrol(campaign, spares_per_class=3)
    spares = Seat.objects.filter(spare=True, group__class_group=pupil.class_group)
    wanted = spares.order_by("-number")[0].number
    assert give_spare(campaign, pupil.pk, number=wanted, clock=town.clock).given == wanted


def test_a_spare_seat_of_another_class_is_refused(campaign: Campaign, pupil: Pupil) -> None:
    elsewhere = Seat.objects.exclude(group__class_group=pupil.class_group).get(spare=True)
    with pytest.raises(EnrolmentRefused):
        give_spare(campaign, pupil.pk, number=elsewhere.number, clock=town.clock)


def test_more_working_time_goes_with_the_pupil(campaign: Campaign, pupil: Pupil) -> None:
    town.grant(pupil, 133)
    replaced = give_spare(campaign, pupil.pk, clock=town.clock)
    seat = Seat.objects.get(number=replaced.given)
    assert (seat.time_percent, seat.time_untold) == (133, True)


def test_a_pupil_that_came_too_late_gets_a_spare_seat_as_its_first(
    campaign: Campaign, pupil: Pupil
) -> None:
    late = town.join(campaign, pupil.class_group, "Tard Venu")
    replaced = give_spare(campaign, late.pk, clock=town.clock)
    assert (replaced.voided, number_of(late)) == (None, replaced.given)
    assert enrol(campaign) == Enrolled(spares=1)


def test_voiding_twice_keeps_the_first_moment(campaign: Campaign, pupil: Pupil) -> None:
    number = number_of(pupil)
    void_seat(campaign, number, clock=town.clock)
    void_seat(campaign, number)
    assert Seat.objects.get(number=number).voided_at == town.NOW


def test_unknown_pupils_numbers_and_closed_windows_are_refused(
    campaign: Campaign, pupil: Pupil
) -> None:
    with pytest.raises(EnrolmentRefused, match="no such pupil"):
        give_spare(campaign, "0" * 16)
    with pytest.raises(EnrolmentRefused, match="no such order number"):
        void_seat(campaign, "000000000")
    Campaign.objects.update(state=Campaign.State.COLLECTED)
    campaign.refresh_from_db()
    with pytest.raises(EnrolmentRefused, match="collected"):
        give_spare(campaign, pupil.pk)
