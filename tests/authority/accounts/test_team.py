"""A head's team, and accounts from the command line."""

import json
import math
import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from typer.testing import CliRunner

from ardoise.authority.accounts import rules
from ardoise.authority.accounts.commands import app
from ardoise.authority.accounts.models import Staff
from ardoise.authority.registry.labels import opened
from tests.authority.restitution.world import World, build_world, staff_for


@pytest.fixture
def world(db: None) -> Iterator[World]:
    made = build_world(pupils=1)
    staff_for(made)
    yield made
    settings.KEYRING.destroy_campaign(made.campaign.pk)


@pytest.fixture
def head(world: World, client: Client) -> Client:
    client.force_login(world.staff["head"])
    return client


def test_a_password_is_readable_and_has_sixty_bits_at_least() -> None:
    passwords = {rules.new_password() for _ in range(200)}
    assert len(passwords) == 200
    signs = set("".join(passwords)) - {"-"}
    assert not signs & set("01iloul")
    assert math.log2(30) * 15 > 60
    assert all(re.fullmatch(r"(?:[2-9a-z]{5}-){2}[2-9a-z]{5}", one) for one in passwords)


def test_a_password_comes_from_the_given_source() -> None:
    assert rules.new_password(bytes) == "22222-22222-22222"


def test_a_head_makes_a_login_that_names_nobody_and_sees_its_password_once(
    world: World, head: Client
) -> None:
    group = world.groups["6B"]
    page = head.post("/enseignants/", {"class_groups": [group.pk]}).content.decode()
    login = "p-0991234d-1"
    found = re.search(r'<dd class="code">((?:\w{5}-){2}\w{5})</dd>', page)
    assert found
    account = Staff.objects.get(login=login)
    assert account.check_password(found[1])
    assert account.must_change_password
    assert list(account.class_groups.all()) == [group]
    assert found[1] not in head.get("/enseignants/").content.decode()
    head.post("/enseignants/", {})
    assert Staff.objects.filter(login="p-0991234d-2").exists()


def test_a_removed_teachers_login_is_not_given_again_while_a_later_one_exists(
    world: World, head: Client
) -> None:
    for _ in range(3):
        head.post("/enseignants/", {})
    Staff.objects.get(login="p-0991234d-2").delete()
    assert rules.next_teacher_login(world.schools[0]) == "p-0991234d-4"


def test_classes_of_another_school_cannot_be_given(world: World, head: Client) -> None:
    foreign = world.groups["6C"].pk
    assert head.post("/enseignants/", {"class_groups": [foreign]}).status_code == 404
    url = "/enseignants/teacher-1/classes/"
    assert head.post(url, {"class_groups": [foreign]}).status_code == 404
    assert list(world.staff["teacher"].class_groups.all()) == [world.groups["6A"]]


def test_a_class_may_have_several_teachers_and_a_teacher_several_classes(
    world: World, head: Client
) -> None:
    both = [world.groups["6A"].pk, world.groups["6B"].pk]
    head.post("/enseignants/teacher-1/classes/", {"class_groups": both})
    head.post("/enseignants/other-class-1/classes/", {"class_groups": both})
    assert world.groups["6A"].teachers.count() == 2
    assert world.staff["teacher"].class_groups.count() == 2


def test_a_reset_ends_the_teachers_session_and_pause(world: World, head: Client) -> None:
    teacher = Client()
    teacher.force_login(world.staff["teacher"])
    for _ in range(6):
        Client().post("/connexion/", {"login": "teacher-1", "password": "wrong"})
    page = head.post("/enseignants/teacher-1/mot-de-passe/").content.decode()
    found = re.search(r'<dd class="code">((?:\w{5}-){2}\w{5})</dd>', page)
    assert found
    assert teacher.get("/").status_code == 302
    answer = Client().post("/connexion/", {"login": "teacher-1", "password": found[1]})
    assert answer.headers["Location"] == "/mot-de-passe/"


def test_a_suspended_teacher_is_out_at_once_and_may_come_back(world: World, head: Client) -> None:
    teacher = Client()
    teacher.force_login(world.staff["teacher"])
    head.post("/enseignants/teacher-1/acces/", {"active": "0"})
    assert teacher.get("/").headers["Location"].startswith("/connexion/")
    head.post("/enseignants/teacher-1/acces/", {"active": "1"})
    assert Staff.objects.get(login="teacher-1").is_active


def test_a_head_cannot_reset_another_head_or_the_office(world: World, head: Client) -> None:
    for login in ("head-1", "other-head-1", "officer-1", "nobody"):
        assert head.post(f"/enseignants/{login}/mot-de-passe/").status_code == 404


def test_staff_add_prints_a_password_that_works(world: World) -> None:
    arguments = ["add", "P-9", "--role", "teacher", "--school", "0991234D", "--classes", "6A, 6B"]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    made = json.loads(done.output)
    account = Staff.objects.get(login="p-9")
    assert made["login"] == "p-9"
    assert account.check_password(made["password"])
    assert account.must_change_password
    assert {group.label for group in opened(account.class_groups.all())} == {"6A", "6B"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["x", "--role", "king"],
        ["x", "--role", "head"],
        ["x", "--role", "head", "--school", "0000000A"],
        ["x", "--role", "teacher", "--school", "0991234D", "--classes", "9Z"],
        ["officer-1", "--role", "officer"],
    ],
)
def test_staff_add_says_what_is_wrong_and_makes_nothing(world: World, arguments: list[str]) -> None:
    before = Staff.objects.count()
    done = CliRunner().invoke(app, ["add", *arguments])
    assert done.exit_code == 1
    assert done.output.strip()
    assert Staff.objects.count() == before


def test_staff_list_and_reset(world: World) -> None:
    listed = json.loads(CliRunner().invoke(app, ["list", "--json"]).output)
    assert {row["login"] for row in listed} == {one.login for one in world.staff.values()}
    assert "password" not in json.dumps(listed)
    done = CliRunner().invoke(app, ["reset", "head-1", "--keep-password", "--json"])
    account = Staff.objects.get(login="head-1")
    assert account.check_password(json.loads(done.output)["password"])
    assert not account.must_change_password
    assert CliRunner().invoke(app, ["reset", "nobody"]).exit_code == 1
