"""Everybody gets one seat, whatever happens meanwhile."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment import rules
from ardoise.authority.enrolment.models import Group, Seat
from ardoise.authority.enrolment.rules import EnrolmentRefused, enrol, group_key, seat_code
from ardoise.authority.keyring import FILE_NAME, CampaignKeyDestroyed, KeyRing
from ardoise.authority.linkage import rules as linkage
from ardoise.authority.linkage.models import Link
from ardoise.authority.registry.models import Pupil
from ardoise.contract import limits
from ardoise.seal import codes, numbers
from ardoise.seal.randomness import system
from tests.authority.enrolment import town

pytestmark = pytest.mark.django_db
_NAMES = ["Éléonore D’Aulnay", "Ana Lé", "Zoé Ko-Ba", "Thị Nguyễn", "Ian Żak"]


def seats(**wanted: object) -> int:
    return Seat.objects.filter(**wanted).count()


def test_a_class_gets_seats_for_its_pupils_a_teacher_and_a_spare() -> None:
    campaign = town.campaign_of()
    town.class_of(campaign, _NAMES)
    town.class_of(campaign, ["Ugo Ra"], label="6e B")
    town.class_of(campaign, [], label="6e vide")
    drawn = enrol(campaign)
    assert (drawn.groups, drawn.pupils, drawn.teachers, drawn.spares) == (2, 6, 2, 2)
    assert campaign.state == Campaign.State.ENROLLED
    assert Campaign.objects.get().state == Campaign.State.ENROLLED
    key = settings.KEYRING.campaign_key(campaign.pk)
    for seat in Seat.objects.all():
        assert numbers.parse(seat.number) == seat.number
        assert codes.parse(seat_code(key, seat)) == seat_code(key, seat)
    assert len({seat_code(key, seat) for seat in Seat.objects.all()}) == 10
    assert len({group_key(key, group) for group in Group.objects.all()}) == 2
    for pupil in Pupil.objects.all():
        number = linkage.numbers_of(key, campaign.pk, [pupil.pk])[pupil.pk]
        seat = Seat.objects.get(number=number)
        assert (seat.role, seat.spare) == ("pupil", False)
        assert seat.group.class_group_id == pupil.class_group_id


def test_running_again_changes_nothing() -> None:
    campaign = town.campaign_of()
    town.class_of(campaign, _NAMES)
    enrol(campaign)
    before = list(Seat.objects.values_list()), list(Link.objects.values_list())
    assert enrol(campaign) == rules.Enrolled()
    assert (list(Seat.objects.values_list()), list(Link.objects.values_list())) == before


def test_a_pupil_that_comes_later_gets_a_seat_at_the_next_run() -> None:
    campaign = town.campaign_of()
    class_group = town.class_of(campaign, _NAMES)
    enrol(campaign)
    late = town.join(campaign, class_group, "Tard Venu", time_percent=133)
    assert enrol(campaign) == rules.Enrolled(pupils=1)
    assert Seat.objects.get(time_percent=133).group.class_group == late.class_group


def test_a_pupil_that_has_left_gets_none() -> None:
    campaign = town.campaign_of()
    town.class_of(campaign, _NAMES)
    Pupil.objects.filter(pk=Pupil.objects.all()[0].pk).update(left=True)
    assert enrol(campaign).pupils == len(_NAMES) - 1


def test_more_spare_and_teachers_seats_are_topped_up() -> None:
    campaign = town.campaign_of()
    town.class_of(campaign, _NAMES)
    enrol(campaign, spares_per_class=0)
    assert seats(spare=True) == 0
    assert enrol(campaign, spares_per_class=3, teachers_per_class=2) == rules.Enrolled(
        spares=3, teachers=1
    )


def test_working_time_follows_the_roll() -> None:
    campaign = town.campaign_of()
    town.class_of(campaign, _NAMES)
    enrol(campaign)
    one, two = Pupil.objects.all()[:2]
    town.grant(one, 133)
    town.grant(two, 133)
    assert enrol(campaign).retimed == 2
    town.grant(one, 100)
    assert enrol(campaign).retimed == 1
    key = settings.KEYRING.campaign_key(campaign.pk)
    number = linkage.numbers_of(key, campaign.pk, [two.pk])[two.pk]
    assert list(Seat.objects.filter(time_percent=133).values_list("number", flat=True)) == [number]


def test_a_seat_follows_its_pupil_into_another_class_before_the_window_opens() -> None:
    campaign = town.campaign_of()
    town.class_of(campaign, _NAMES)
    other = town.class_of(campaign, ["Ugo Ra"], label="6e B")
    enrol(campaign)
    Pupil.objects.filter(pk=Pupil.objects.exclude(class_group=other)[0].pk).update(
        class_group=other
    )
    assert enrol(campaign).moved == 1
    assert seats(group__class_group=other, role="pupil", spare=False) == 2
    assert enrol(campaign).moved == 0


def test_a_keyed_sheet_stays_in_its_group_once_the_window_is_open() -> None:
    campaign = town.campaign_of()
    town.class_of(campaign, _NAMES)
    other = town.class_of(campaign, ["Ugo Ra"], label="6e B")
    enrol(campaign)
    Campaign.objects.update(state=Campaign.State.OPEN)
    campaign.refresh_from_db()
    Pupil.objects.update(class_group=other)
    assert enrol(campaign).moved == 0
    assert seats(group__class_group=other, role="pupil", spare=False) == 1


def test_a_number_that_is_taken_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = town.campaign_of()
    town.class_of(campaign, _NAMES)
    small = iter(range(10**6))

    def nearly_always_the_same(_: object) -> str:
        body = f"{next(small) // 3:08d}"
        return body + numbers.check_digit(body)

    monkeypatch.setattr(numbers, "draw", nearly_always_the_same)
    enrol(campaign)
    small = iter(range(10**6))
    town.class_of(campaign, _NAMES, label="6e B")
    enrol(campaign)
    held = Seat.objects.values_list("number", flat=True)
    assert len(held) == len(set(held)) == 2 * (len(_NAMES) + 2)


@pytest.mark.parametrize("state", ["collected", "reported", "closed"])
def test_nothing_is_drawn_once_the_window_is_over(state: str) -> None:
    campaign = town.campaign_of(state)
    town.class_of(campaign, _NAMES)
    with pytest.raises(EnrolmentRefused, match=state):
        enrol(campaign)
    assert seats() == 0


def test_an_empty_roll_and_a_class_above_the_bound_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = town.campaign_of()
    with pytest.raises(EnrolmentRefused, match="import a roll"):
        enrol(campaign)
    monkeypatch.setattr(limits, "GROUP_PAGE", 5)
    town.class_of(campaign, _NAMES)
    with pytest.raises(EnrolmentRefused, match="divide it in the roll"):
        enrol(campaign)
    assert campaign.state == Campaign.State.DRAFT
    assert enrol(campaign, spares_per_class=0).pupils == 5


@pytest.mark.parametrize(("spares", "teachers"), [(-1, 1), (41, 1), (1, 0), (1, 41)])
def test_a_plan_has_bounds(spares: int, teachers: int) -> None:
    campaign = town.campaign_of()
    town.class_of(campaign, _NAMES)
    with pytest.raises(EnrolmentRefused):
        enrol(campaign, spares_per_class=spares, teachers_per_class=teachers)


def test_without_the_campaign_key_nothing_can_be_enrolled() -> None:
    campaign = town.campaign_of(identifier="detruite-2026")
    town.class_of(campaign, _NAMES)
    settings.KEYRING.destroy_campaign(campaign.pk)
    with pytest.raises(CampaignKeyDestroyed):
        enrol(campaign)


def test_queries_grow_with_batches_not_with_pupils(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = town.campaign_of()
    for index in range(4):
        town.class_of(campaign, [f"Ana Lé{n}" for n in range(3)], label=f"6e {index}")
    with CaptureQueriesContext(connection) as few:
        enrol(campaign)
    for class_group in campaign.class_groups.all():
        for n in range(9):
            town.join(campaign, class_group, f"Zoé Ko{n}")
    with CaptureQueriesContext(connection) as many:
        assert enrol(campaign).pupils == 36
    assert len(many) <= len(few) + 2


_CHILD = """
import os, signal, sys
from pathlib import Path
from ardoise import authority

authority.setup(Path(sys.argv[1]))
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment import rules
from ardoise.seal.randomness import system

rules.BATCH = 2
left = int(sys.argv[2])

def source(size):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return system(size)

rules.enrol(Campaign.objects.get(), source=source)
"""
_MAKE = """
import sys
from pathlib import Path
from ardoise import authority

authority.setup(Path(sys.argv[1]))
from django.core.management import call_command
from tests.authority.enrolment import town

call_command("migrate", verbosity=0)
campaign = town.campaign_of()
for index in range(6):
    town.class_of(campaign, [f"Ana Lé{n}" for n in range(5)], label=f"6e {index}")
"""
_COUNT = """
import sys
from collections import Counter
from pathlib import Path
from ardoise import authority

authority.setup(Path(sys.argv[1]))
from django.conf import settings
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment.models import Group, Seat
from ardoise.authority.linkage import rules
from ardoise.authority.linkage.models import Link
from ardoise.authority.registry.models import Pupil

campaign = Campaign.objects.get()
key = settings.KEYRING.campaign_key(campaign.pk)
pupils = [pupil.pk for pupil in Pupil.objects.all()]
every = rules.every_number_of(key, campaign.pk, pupils)
own = [number for numbers in every.values() for number in numbers]
kinds = Counter(Seat.objects.values_list("role", "spare"))
seated = set(Seat.objects.filter(role="pupil", spare=False).values_list("number", flat=True))
print(campaign.state, len(every), len(own), len(set(own)), seated == set(own),
      Link.objects.count(), Group.objects.count(), kinds["pupil", True], kinds["teacher", False])
"""


def started(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        cwd=Path(__file__).parents[3],
        env=os.environ | {"PYTHONPATH": "src:."},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    process = started(script, *arguments)
    out, errors = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


_ALL_THERE = ["enrolled", "30", "30", "30", "True", "30", "6", "6", "6"]


def test_a_process_killed_anywhere_draws_nobody_twice(tmp_path: Path) -> None:
    KeyRing.create(tmp_path / FILE_NAME)
    made = run(_MAKE, tmp_path)
    assert made.returncode == 0, made.stderr
    # Killed in the first batch, between and inside later ones, each time further on.
    kills = 0
    for draws in (3, 40, 41, 1, 75):
        killed = run(_CHILD, tmp_path, draws)
        assert killed.returncode in (0, -signal.SIGKILL), killed.stderr
        kills += killed.returncode != 0
    assert kills >= 4
    finished = run(_CHILD, tmp_path, 0)
    assert finished.returncode == 0, finished.stderr
    counted = run(_COUNT, tmp_path)
    assert counted.stdout.split() == _ALL_THERE


def test_two_processes_at_once_draw_nobody_twice(tmp_path: Path) -> None:
    KeyRing.create(tmp_path / FILE_NAME)
    assert run(_MAKE, tmp_path).returncode == 0
    both = [started(_CHILD, tmp_path, 0) for _ in range(2)]
    for process in both:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert run(_COUNT, tmp_path).stdout.split() == _ALL_THERE


def test_randomness_is_the_source_that_was_given() -> None:
    campaign = town.campaign_of()
    town.class_of(campaign, _NAMES)
    asked: list[int] = []

    def source(size: int) -> bytes:
        asked.append(size)
        return system(size)

    enrol(campaign, source=source)
    assert asked.count(7) == len(_NAMES) + 2
    assert asked.count(32) == 1
