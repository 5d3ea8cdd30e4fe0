"""A class label is as secret as a name, and as safe against being moved."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.keyring import CampaignKey
from ardoise.authority.registry import labels
from ardoise.authority.registry.models import ClassGroup, LabelSealed
from ardoise.seal.envelope import SealError
from tests.authority.enrolment import town

KEY = CampaignKey(b"\x07" * 32)
LABEL = "CP Mme Durand"


@pytest.fixture
def campaign(db: None) -> Iterator[Campaign]:
    made = town.campaign_of()
    yield made
    settings.KEYRING.destroy_campaign(made.pk)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=80))
def test_every_label_comes_back(label: str) -> None:
    group = ClassGroup(campaign_id="c", school_id="0990001A", level="CP")
    labels.set_label(KEY, group, label)
    stored = ClassGroup(
        campaign_id="c",
        school_id="0990001A",
        level="CP",
        sealed_label=group.sealed_label,
        label_index=group.label_index,
    )
    assert labels.open_label(KEY, stored) == label == stored.label
    assert len(group.sealed_label) % 32 == 28


def test_a_label_that_nobody_opened_is_a_fault_and_never_an_empty_word(campaign: Campaign) -> None:
    town.class_of(campaign, [], label=LABEL)
    with pytest.raises(LabelSealed):
        str(ClassGroup.objects.get().label)


def test_one_label_is_one_class_and_another_school_has_its_own(campaign: Campaign) -> None:
    one = town.class_of(campaign, [], label=LABEL)
    again = town.class_of(campaign, [], label=LABEL)
    other = town.class_of(campaign, [], label=LABEL, uai="0990002B")
    assert one.pk == again.pk != other.pk
    assert bytes(one.label_index or b"") != bytes(other.label_index or b"")


@pytest.mark.parametrize("taken", [("sealed_label",), ("sealed_label", "label_index")])
def test_a_label_moved_to_another_class_does_not_open(
    campaign: Campaign, taken: tuple[str, ...]
) -> None:
    one = town.class_of(campaign, [], label=LABEL)
    other = town.class_of(campaign, [], label="CP B", uai="0990002B")
    for name in taken:
        setattr(other, name, getattr(one, name))
    with pytest.raises(SealError):
        labels.opened([other])


def test_the_key_file_is_read_once_a_page(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    for label in ("6e C", "6e A", "6e B"):
        town.class_of(campaign, [], label=label)
    ring = settings.KEYRING
    real, asked = ring.campaign_key, []

    def counting(one: str) -> CampaignKey:
        asked.append(one)
        return real(one)

    monkeypatch.setattr(ring, "campaign_key", counting)
    shown = labels.by_label(ClassGroup.objects.all())
    assert [group.label for group in shown] == ["6e A", "6e B", "6e C"]
    assert asked == [campaign.pk]


def test_without_the_key_a_class_is_called_by_its_identifier(campaign: Campaign) -> None:
    group = town.class_of(campaign, [], label=LABEL)
    settings.KEYRING.destroy_campaign(campaign.pk)
    assert labels.opened(ClassGroup.objects.all())[0].label == f"#{group.pk}"
