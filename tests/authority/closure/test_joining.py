"""A backup without the campaign's key does not tell whose number is whose.

Each search is first shown to find a join that is planted for it.
"""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from ardoise.authority.accounts.models import Staff
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.enrolment.rules import enrol
from ardoise.authority.registry.models import ClassGroup, Pupil
from ardoise.authority.restitution.models import NameView
from tests.authority.closure.ended import true_links
from tests.authority.closure.harvest import back_up, tables
from tests.authority.closure.joining import Tables, odd_ones, rows_in_step
from tests.authority.collection.exam import Exam, exam
from tests.authority.enrolment import town

pytestmark = pytest.mark.django_db(transaction=True)
CLASS = [f"Prénom Élève-{n:02d}" for n in range(12)]
FEW = 11
"""Of some twenty one stands in its place by chance; eleven would once in a hundred millions."""


def backed_up(folder: Path) -> Tables:
    return tables(back_up(folder), Path(settings.KEYRING.path))


def joined(held: Exam, found: Tables) -> set[tuple[str, str]]:
    """Odd ones of the class that truly belong together; a former number counts as well."""
    pupils = frozenset(Pupil.objects.filter(campaign=held.campaign).values_list("pk", flat=True))
    seats = Seat.objects.filter(campaign=held.campaign, role="pupil", spare=False)
    numbers = frozenset(seats.values_list("number", flat=True))
    from ardoise.authority.linkage.rules import pupils_of

    whose = pupils_of(held.key, held.campaign.pk, numbers)
    return {(p, n) for p, n in odd_ones(found, pupils, numbers) if whose.get(n) == p}


def test_the_search_finds_a_column_that_both_sides_have(tmp_path: Path) -> None:
    held = exam(pupils=CLASS)
    pupil, number = next(iter(true_links(held).items()))
    Pupil.objects.filter(pk=pupil).update(left=True)
    Seat.objects.filter(number=number).update(time_percent=133)
    assert joined(held, backed_up(tmp_path / "backup")) == {(pupil, number)}


def test_more_working_time_is_not_seen_on_the_pupils_side(tmp_path: Path) -> None:
    held = exam(pupils=CLASS)
    town.grant(Pupil.objects.filter(campaign=held.campaign)[3], 133)
    assert enrol(held.campaign).retimed == 1
    assert joined(held, backed_up(tmp_path / "backup")) == set()


def test_a_lost_card_is_not_seen_on_the_pupils_side(tmp_path: Path) -> None:
    held = exam(pupils=CLASS)
    pupil = Pupil.objects.filter(campaign=held.campaign)[3]
    account = Staff(login="h-1", role="head", school=pupil.class_group.school)
    account.set_unusable_password()
    account.save()
    client = Client()
    client.force_login(account)
    page = reverse("restitution:lost_card", args=[pupil.pk])
    assert client.get(page).status_code == 200
    assert client.post(page).status_code == 200
    assert client.get(reverse("restitution:pupil_card", args=[pupil.pk])).status_code == 200
    assert Seat.objects.exclude(voided_at=None).count() == 1
    assert NameView.objects.count() == 3
    assert joined(held, backed_up(tmp_path / "backup")) == set()


def test_working_time_from_the_page_is_not_seen_on_the_pupils_side(tmp_path: Path) -> None:
    held = exam(pupils=CLASS)
    pupil = Pupil.objects.filter(campaign=held.campaign)[3]
    account = Staff(login="h-1", role="head", school=pupil.class_group.school)
    account.set_unusable_password()
    account.save()
    client = Client()
    client.force_login(account)
    page = reverse("restitution:working_time", args=[pupil.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"percent": "150"}).status_code == 302
    assert Seat.objects.get(time_percent=150, time_untold=True)
    assert NameView.objects.count() == 2
    assert joined(held, backed_up(tmp_path / "backup")) == set()


def test_a_pupil_who_came_late_is_not_told_by_its_row(tmp_path: Path) -> None:
    held = exam(pupils=["Prénom Premier"])
    group = ClassGroup.objects.get(campaign=held.campaign)
    late = [town.join(held.campaign, group, f"Prénom Tardif-{n:02d}").pk for n in range(1)]
    enrol(held.campaign)
    for n in range(1, 20):
        late.append(town.join(held.campaign, group, f"Prénom Tardif-{n:02d}").pk)
        assert enrol(held.campaign).pupils == 1
    links = {pupil: number for pupil, number in true_links(held).items() if pupil in late}
    found = rows_in_step(backed_up(tmp_path / "backup"), links)
    assert ("registry_pupil.*", "enrolment_seat.*") in found
    assert ("linkage_link.*", "enrolment_seat.number") in found
    assert {pair: right for pair, right in found.items() if right >= FEW} == {}


def test_a_whole_class_enrolled_at_once_is_not_told_by_its_rows(tmp_path: Path) -> None:
    held = exam(pupils=[f"Prénom Élève-{n:02d}" for n in range(40)])
    found = rows_in_step(backed_up(tmp_path / "backup"), true_links(held))
    assert {pair: right for pair, right in found.items() if right >= FEW} == {}


def test_the_search_finds_rows_that_keep_step() -> None:
    links = {f"p{n}": f"n{n}" for n in range(20)}
    held: Tables = {
        "pupils": [{"id": pupil, "kind": "x"} for pupil in links],
        "seats": [{"id": k, "number": number} for k, number in enumerate(links.values())],
    }
    assert rows_in_step(held, links)["pupils.*", "seats.*"] == 20
    assert rows_in_step(held, links)["pupils.kind", "seats.id"] == 20
