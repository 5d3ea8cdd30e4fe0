"""A pupil leads to a number and back, and nobody without the key can tell which."""

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from ardoise.authority.keyring import CampaignKey
from ardoise.authority.linkage import rules
from ardoise.authority.linkage.models import Holder, Link
from ardoise.authority.linkage.rules import NewLink
from ardoise.authority.registry.models import Pupil
from ardoise.seal import numbers
from ardoise.seal.envelope import SealError
from tests.authority.enrolment import town

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> CampaignKey:
    town.campaign_of()
    return settings.KEYRING.campaign_key(town.CAMPAIGN)


def linked(key: CampaignKey, names: list[str], label: str = "6e A") -> dict[str, str]:
    from ardoise.authority.campaigns.models import Campaign

    campaign = Campaign.objects.get(pk=town.CAMPAIGN)
    class_group = town.class_of(campaign, names, label=label)
    pupils = [pupil.pk for pupil in Pupil.objects.filter(class_group=class_group)]
    given = {pupil_id: numbers.draw() for pupil_id in pupils}
    rules.link(
        key,
        town.CAMPAIGN,
        [NewLink(pupil_id, class_group.pk, number) for pupil_id, number in given.items()],
    )
    return given


def test_a_link_leads_both_ways(key: CampaignKey) -> None:
    given = linked(key, ["Ana Lé", "Zoé Ko", "Ian Pa"])
    assert rules.numbers_of(key, town.CAMPAIGN, given) == given
    back = rules.pupils_of(key, town.CAMPAIGN, given.values())
    assert back == {number: pupil_id for pupil_id, number in given.items()}
    one, number = next(iter(given.items()))
    assert rules.pupil_of(key, town.CAMPAIGN, number) == one
    assert rules.pupil_of(key, town.CAMPAIGN, numbers.draw()) is None
    assert rules.numbers_of(key, "another-2026", given) == {}


def test_an_older_number_still_leads_to_its_pupil(key: CampaignKey) -> None:
    given = linked(key, ["Ana Lé", "Zoé Ko"])
    pupil_id, first = next(iter(given.items()))
    place = Pupil.objects.get(pk=pupil_id).class_group_id
    second = numbers.draw()
    rules.relink(key, town.CAMPAIGN, NewLink(pupil_id, place, second))
    assert rules.numbers_of(key, town.CAMPAIGN, [pupil_id]) == {pupil_id: second}
    assert rules.every_number_of(key, town.CAMPAIGN, [pupil_id])[pupil_id] == (first, second)
    assert rules.pupils_of(key, town.CAMPAIGN, [first, second]) == {
        first: pupil_id,
        second: pupil_id,
    }


def test_neither_a_second_first_number_nor_a_shared_one_can_be_written(key: CampaignKey) -> None:
    from django.db import transaction

    given = linked(key, ["Ana Lé", "Zoé Ko"])
    (one, first), (two, _) = given.items()
    place = Pupil.objects.get(pk=one).class_group_id
    for clash in (NewLink(one, place, numbers.draw()), NewLink(two, place, first)):
        with pytest.raises(IntegrityError), transaction.atomic():
            rules.link(key, town.CAMPAIGN, [clash])
    with pytest.raises(IntegrityError), transaction.atomic():
        rules.relink(key, town.CAMPAIGN, NewLink(two, place, first))


def test_a_row_holds_no_number_and_does_not_open_elsewhere(key: CampaignKey) -> None:
    given = linked(key, ["Ana Lé", "Zoé Ko"])
    one, two = Link.objects.all()
    for number in given.values():
        for row in (one, two):
            assert number.encode() not in bytes(row.numbers)
    one.numbers, two.numbers = two.numbers, one.numbers
    Link.objects.bulk_update([one, two], ["numbers"])
    with pytest.raises(SealError):
        rules.numbers_of(key, town.CAMPAIGN, given)


def test_with_another_key_there_is_no_link(key: CampaignKey) -> None:
    given = linked(key, ["Ana Lé"])
    stranger = CampaignKey(b"\x01" * 32)
    assert rules.pupils_of(stranger, town.CAMPAIGN, given.values()) == {}
    with pytest.raises(SealError):
        rules.numbers_of(stranger, town.CAMPAIGN, given)


def test_a_pupil_with_a_lost_card_looks_like_any_other(key: CampaignKey) -> None:
    given = linked(key, ["Ana Lé", "Zoé Ko"])
    pupil_id = next(iter(given))
    place = Pupil.objects.get(pk=pupil_id).class_group_id
    for _ in range(7):
        rules.relink(key, town.CAMPAIGN, NewLink(pupil_id, place, numbers.draw()))
    one, two = Link.objects.all()
    assert len(bytes(one.numbers)) == len(bytes(two.numbers))
    assert len(rules.every_number_of(key, town.CAMPAIGN, [pupil_id])[pupil_id]) == 8


def test_a_ninth_number_is_kept_too(key: CampaignKey) -> None:
    given = linked(key, ["Ana Lé"])
    (pupil_id, first), place = next(iter(given.items())), Pupil.objects.get().class_group_id
    more = [numbers.draw() for _ in range(8)]
    for number in more:
        rules.relink(key, town.CAMPAIGN, NewLink(pupil_id, place, number))
    assert rules.every_number_of(key, town.CAMPAIGN, [pupil_id])[pupil_id] == (first, *more)


def test_a_holder_moved_to_another_number_does_not_open(key: CampaignKey) -> None:
    given = linked(key, ["Ana Lé", "Zoé Ko"])
    one, two = Holder.objects.all()
    one.pupil, two.pupil = two.pupil, one.pupil
    Holder.objects.bulk_update([one, two], ["pupil"])
    with pytest.raises(SealError):
        rules.pupils_of(key, town.CAMPAIGN, given.values())


def test_a_pupil_in_another_class_shows_until_its_seat_follows(key: CampaignKey) -> None:
    given = linked(key, ["Ana Lé", "Zoé Ko"])
    other = town.class_of(Pupil.objects.all()[0].campaign, [], label="6e B")
    moved_id = next(iter(given))
    Pupil.objects.filter(pk=moved_id).update(class_group=other)
    expected = NewLink(moved_id, other.pk, given[moved_id])
    assert list(rules.moved(key, town.CAMPAIGN)) == [expected]
    rules.follow_class(town.CAMPAIGN, [moved_id])
    assert list(rules.moved(key, town.CAMPAIGN)) == []


def test_many_pupils_take_few_queries(key: CampaignKey) -> None:
    given = linked(key, [f"Ana Lé{index}" for index in range(40)])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        rules.numbers_of(key, town.CAMPAIGN, given)
        rules.pupils_of(key, town.CAMPAIGN, given.values())
    assert len(queries) == 2
