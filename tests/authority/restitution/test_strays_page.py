"""The office's page of saves that delivery kept aside."""

from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse

from ardoise.authority.accounts.models import Staff
from ardoise.authority.collection import strays
from ardoise.authority.collection.models import Stray
from ardoise.authority.collection.rules import read_records
from ardoise.authority.restitution import views_officer
from ardoise.contract.returns import StrayReason
from tests.authority.collection.exam import Exam, exam

pytestmark = pytest.mark.django_db


def brought(count: int) -> Exam:
    """An exam in which a pupil's sheet came, then so many late saves."""
    held = exam()
    seat = held.seats()[0]
    for seq in range(1, count + 2):
        sheet = held.sheet(seat.number, seq, answer=f"c{1 + seq % 2}")
        late: StrayReason | None = None if seq == 1 else "late"
        read_records(held.campaign, [held.record(seat, seq, sheet, stray=late)])
    return held


def officer() -> Client:
    """The office's browser."""
    client = Client()
    client.force_login(Staff.objects.create(login="bureau-7", role=Staff.Role.OFFICER))
    return client


def test_a_decision_taken_twice_changes_nothing_and_says_so() -> None:
    held = brought(1)
    address = reverse("restitution:strays", args=[held.campaign.pk])
    typed = {"stray": Stray.objects.get().pk, "decision": "use"}
    client = officer()
    first = client.post(address, typed, follow=True)
    assert "La décision est enregistrée." in first.content.decode()
    second = client.post(address, typed, follow=True)
    assert second.status_code == 200
    assert "est déjà retenue" in second.content.decode()


def test_the_list_says_that_more_wait_than_it_shows() -> None:
    held = brought(3)
    address = reverse("restitution:strays", args=[held.campaign.pk])
    client = officer()
    assert "plus anciennes sont montrées" not in client.get(address).content.decode()

    def first_two(*args: object, **options: object) -> list[strays.StrayLine]:
        return strays.stray_lines(held.campaign, held.key, limit=2)

    with mock.patch.object(views_officer, "stray_lines", first_two):
        assert "Les 2 plus anciennes sont montrées, sur 3." in client.get(address).content.decode()
