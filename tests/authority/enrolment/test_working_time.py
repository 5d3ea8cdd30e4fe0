"""Working time that is granted reaches the pupil's seat, and the clock at a real delivery."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.collection.orders import grant_time
from ardoise.authority.collection.rules import collect
from ardoise.authority.delivery_calls import DeliveryCalls, DeliveryUnreachable
from ardoise.authority.enrolment.drawing import EnrolmentRefused
from ardoise.authority.enrolment.kit import write_kit
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.enrolment.replacement import give_spare
from ardoise.authority.enrolment.rules import enrol
from ardoise.authority.enrolment.sending import send_kit, tell_voids
from ardoise.authority.enrolment.working_time import (
    WouldShorten,
    grant_working_time,
    tell_times,
    working_times,
)
from ardoise.authority.linkage.rules import numbers_of
from ardoise.authority.registry.models import Pupil
from ardoise.demo.client import SeatClient
from tests.authority.collection.exam import LiveExam, delivery_in, live_exam
from tests.authority.enrolment import town
from tests.delivery.running import RunningDelivery

MINUTE = 60_000


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDelivery]:
    with delivery_in(tmp_path_factory.mktemp("delivery")) as running:
        yield running


@pytest.fixture
def live(db: None, delivery: RunningDelivery, tmp_path: Path) -> LiveExam:
    """Its window has three more hours, so that only the pupil's own time limits."""
    held = live_exam(delivery, tmp_path)
    from ardoise.authority.collection.orders import extend_window

    extend_window(held.campaign, held.campaign.closes_at + timedelta(hours=2), held.calls)
    return held


def seat_of(pupil: Pupil) -> Seat:
    key = settings.KEYRING.campaign_key(pupil.campaign_id)
    number = numbers_of(key, pupil.campaign_id, [pupil.pk])[pupil.pk]
    return Seat.objects.get(campaign=pupil.campaign, number=number)


def someone(held: LiveExam) -> Pupil:
    return Pupil.objects.filter(campaign=held.campaign)[0]


def time_left(client: SeatClient) -> int:
    """From the opening of the part to its end, in milliseconds, as delivery tells the pupil."""
    part = client.refresh().parts[0]
    assert part.opened_ms is not None
    assert part.deadline_ms is not None
    return part.deadline_ms - part.opened_ms


def test_a_pupil_with_a_third_more_gets_four_thirds_of_the_minutes(live: LiveExam) -> None:
    pupil = someone(live)
    assert grant_working_time(live.campaign, pupil.pk, 133)
    assert tell_times(live.campaign, live.calls) == 1
    assert time_left(live.sit(seat_of(pupil))) == 67 * MINUTE  # 50 × 1.33, up to a whole minute
    other = Pupil.objects.filter(campaign=live.campaign)[1]
    assert time_left(live.sit(seat_of(other))) == 50 * MINUTE


def test_a_change_after_opening_moves_the_deadline(live: LiveExam) -> None:
    pupil = someone(live)
    client = live.sit(seat_of(pupil))
    assert time_left(client) == 50 * MINUTE
    grant_working_time(live.campaign, pupil.pk, 150)
    tell_times(live.campaign, live.calls)
    assert time_left(client) == 75 * MINUTE
    # What was saved stays, and so does the session.
    client.save(live.sheet(client.number, answer="c1"))
    assert client.refresh().parts[0].version == 1


def test_minutes_given_by_an_order_stay_on_top(live: LiveExam) -> None:
    pupil = someone(live)
    client = live.sit(seat_of(pupil))
    grant_time(live.campaign, client.number, 600, live.calls)
    grant_working_time(live.campaign, pupil.pk, 200)
    tell_times(live.campaign, live.calls)
    assert time_left(client) == 110 * MINUTE


def test_telling_twice_or_sending_a_kit_as_well_counts_once(live: LiveExam, tmp_path: Path) -> None:
    pupil = someone(live)
    client = live.sit(seat_of(pupil))
    grant_working_time(live.campaign, pupil.pk, 150)
    assert tell_times(live.campaign, live.calls) == 1
    assert tell_times(live.campaign, live.calls) == 0
    write_kit(live.campaign, tmp_path / "again.zip")
    send_kit(tmp_path / "again.zip", live.calls)
    assert time_left(client) == 75 * MINUTE


def test_less_time_for_a_pupil_who_sits_must_be_asked_for(live: LiveExam) -> None:
    pupil = someone(live)
    grant_working_time(live.campaign, pupil.pk, 200)
    tell_times(live.campaign, live.calls)
    client = live.sit(seat_of(pupil))
    with pytest.raises(WouldShorten):
        grant_working_time(live.campaign, pupil.pk, 100)
    assert tell_times(live.campaign, live.calls) == 0
    assert time_left(client) == 100 * MINUTE
    assert grant_working_time(live.campaign, pupil.pk, 100, shorten=True)
    tell_times(live.campaign, live.calls)
    assert time_left(client) == 50 * MINUTE


def test_an_unreachable_delivery_hears_of_it_with_the_next_collecting(live: LiveExam) -> None:
    pupil = someone(live)
    client = live.sit(seat_of(pupil))
    grant_working_time(live.campaign, pupil.pk, 150)
    key = settings.KEYRING.signing_key()
    with (
        DeliveryCalls("http://127.0.0.1:1", key, attempts=1) as nowhere,
        pytest.raises(DeliveryUnreachable),
    ):
        tell_times(live.campaign, nowhere)
    collect(live.campaign, live.calls)
    assert time_left(client) == 75 * MINUTE
    assert not Seat.objects.filter(time_untold=True).exists()


def test_a_spare_card_has_its_pupils_time_without_a_new_kit(live: LiveExam) -> None:
    pupil = someone(live)
    grant_working_time(live.campaign, pupil.pk, 133)
    give_spare(live.campaign, pupil.pk)
    tell_voids(live.campaign, live.calls)
    assert tell_times(live.campaign, live.calls) == 1
    assert time_left(live.sit(seat_of(pupil))) == 67 * MINUTE


def test_before_the_first_kit_there_is_nobody_to_tell(campaign: Campaign) -> None:
    pupil = Pupil.objects.filter(campaign=campaign)[0]
    key = settings.KEYRING.campaign_key(campaign.pk)
    assert grant_working_time(campaign, pupil.pk, 133, clock=town.clock)
    assert not grant_working_time(campaign, pupil.pk, 133, clock=town.clock)
    assert seat_of(pupil).time_percent == 133
    pupil.refresh_from_db()
    assert working_times(key, [pupil]) == {pupil.pk: 133}
    with DeliveryCalls("http://127.0.0.1:1", settings.KEYRING.signing_key()) as nowhere:
        assert tell_times(campaign, nowhere) == 0
    # Before the window it may be taken back without a word; the seat follows, once.
    assert grant_working_time(campaign, pupil.pk, 100, clock=town.clock)
    assert seat_of(pupil).time_percent == 100
    assert enrol(campaign).retimed == 0


@pytest.mark.parametrize("percent", [-1, 0, 99, 401, 65_536])
def test_what_is_no_working_time_is_refused(campaign: Campaign, percent: int) -> None:
    pupil = Pupil.objects.filter(campaign=campaign)[0]
    with pytest.raises(ValueError, match="100 to 400"):
        grant_working_time(campaign, pupil.pk, percent)


def test_nobody_elses_pupil_and_no_ended_campaign(campaign: Campaign) -> None:
    pupil = Pupil.objects.filter(campaign=campaign)[0]
    with pytest.raises(EnrolmentRefused, match="no such pupil"):
        grant_working_time(campaign, "0" * 16, 133)
    Campaign.objects.update(state=Campaign.State.COLLECTED)
    with pytest.raises(EnrolmentRefused, match="collected"):
        grant_working_time(campaign, pupil.pk, 133)
