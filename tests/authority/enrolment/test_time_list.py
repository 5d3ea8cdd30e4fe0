"""An office's list of working times is granted whole, or faulted line by line."""

from datetime import timedelta

import pytest
from django.conf import settings

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment.time_list import Granted, grant_list
from ardoise.authority.enrolment.working_time import working_times
from ardoise.authority.registry.enrolling import ine_index
from ardoise.authority.registry.models import Pupil
from tests.authority.enrolment import town

INES = ("120890177AB", "120890178CD", "120890179EF")


@pytest.fixture
def pupils(campaign: Campaign) -> list[Pupil]:
    key = settings.KEYRING.campaign_key(campaign.pk)
    found = list(Pupil.objects.filter(campaign=campaign)[: len(INES)])
    for pupil, ine in zip(found, INES, strict=True):
        pupil.ine_index = ine_index(key, ine)
        pupil.save()
    return found


def grant(campaign: Campaign, *lines: str, **options: bool) -> Granted:
    text = "\r\n".join(lines).encode("cp1252")
    return grant_list(campaign, text, "temps.csv", clock=town.clock, **options)


def times(campaign: Campaign) -> list[int]:
    key = settings.KEYRING.campaign_key(campaign.pk)
    return sorted(working_times(key, Pupil.objects.filter(campaign=campaign)).values())


def places(granted: Granted) -> list[tuple[str, int | None, int | None]]:
    return [(each.id, each.line, each.column) for each in granted.findings]


def test_a_list_is_granted_and_given_again_changes_nothing(
    campaign: Campaign, pupils: list[Pupil]
) -> None:
    lines = ("INE;Temps majoré", f"{INES[0]};133", f"{INES[1].lower()};150 %", f"{INES[2]};100")
    assert grant(campaign, *lines) == Granted(2, 1, accepted=True, findings=())
    assert times(campaign)[-3:] == [100, 133, 150]
    assert grant(campaign, *lines).changed == 0
    swapped = ("percent,ine", f"200,{INES[2]}")
    assert grant(campaign, *swapped).changed == 1


def test_one_fault_and_nothing_is_granted(campaign: Campaign, pupils: list[Pupil]) -> None:
    granted = grant(
        campaign,
        "INE;percent",
        f"{INES[0]};133",
        "Zorobabel;133",
        f"{INES[1]};1330",
        f"{INES[1]};1,33",
        f"{INES[0]};150",
        "120890170ZZ;133",
        f"{INES[2]};133;dyslexie",
    )
    assert not granted.accepted
    assert places(granted) == [
        ("time-ine", 3, 1),
        ("time-percent", 4, 2),
        ("time-percent", 5, 2),
        ("ine-twice", 6, 1),
        ("time-unknown", 7, None),
        ("field-count", 8, None),
    ]
    said = repr(granted)
    assert not any(word in said for word in (*INES, "Zorobabel", "dyslexie", "120890170ZZ"))
    assert set(times(campaign)) == {100}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "not-times"),
        (b"nom;temps\nX;133\n", "not-times"),
        (b"PK\x03\x04\x00\x00", "nul"),
        (b"x" * ((8 << 20) + 1), "file-large"),
    ],
)
def test_what_is_no_list_is_said(campaign: Campaign, content: bytes, fault: str) -> None:
    granted = grant_list(campaign, content, "temps.csv")
    assert fault in {each.id for each in granted.findings}
    assert not granted.accepted


def test_time_is_taken_back_from_those_who_sit_only_if_that_is_asked(
    campaign: Campaign, pupils: list[Pupil]
) -> None:
    assert grant(campaign, "INE;percent", f"{INES[0]};150").accepted
    campaign.opens_at = town.NOW - timedelta(minutes=1)
    campaign.save()
    lines = ("INE;percent", f"{INES[1]};133", f"{INES[0]};133")
    refused = grant(campaign, *lines)
    assert places(refused) == [("time-shorter", 3, None)]
    assert times(campaign)[-2:] == [100, 150]
    assert grant(campaign, *lines, shorten=True).changed == 2
    assert times(campaign)[-3:] == [100, 133, 133]
