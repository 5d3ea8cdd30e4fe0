"""Every page or file with a name in it has its line in the log, written first."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from ardoise.authority.restitution.models import NameView
from tests.authority.restitution.test_access import EXPECTED, _url
from tests.authority.restitution.world import World

# What each page with names in it logs: what, subject, how many.
LOGGED = {
    "restitution:class_results": ("class", "class", 6),
    "restitution:class_list": ("list", "class", 6),
    "restitution:class_pdf": ("class-pdf", "class", 6),
    "restitution:class_export": ("export-csv", "class", 6),
    "restitution:class_cards": ("cards", "class", 6),
    "restitution:class_codes": ("codes", "class", 6),
    "restitution:school_cards": ("cards", "school", 12),
    "restitution:school_export": ("export-csv", "school", 12),
    "restitution:pupil": ("pupil", "pupil", 1),
    "restitution:pupil_pdf": ("pupil-pdf", "pupil", 1),
    "restitution:pupil_card": ("card", "class", 1),
    "restitution:lost_card": ("lost-card", "class", 1),
    "restitution:working_time": ("working-time", "class", 1),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_view_of_names_is_logged_and_nothing_else_is(
    name: str, world: World, browser: Callable[[str], Client]
) -> None:
    answer = browser("officer").get(_url(name, world))
    lines = [(view.login, view.what, view.subject, view.names) for view in NameView.objects.all()]
    if name not in LOGGED:
        assert lines == []
        assert not _holds_a_name(answer.content)
        return
    assert answer.status_code == 200
    what, kind, names = LOGGED[name]
    subject = {
        "class": str(world.groups["6A"].pk),
        "school": world.schools[0].pk,
        "pupil": world.pupil.pk,
    }[kind]
    assert lines == [("officer-1", what, subject, names)]


def _holds_a_name(content: bytes) -> bool:
    text = content.decode(errors="replace").casefold()
    return any(word in text for word in ("ardoisier", "éclat-craie", "œillet-buvard", "ïambe"))


def test_the_scanner_finds_names_where_they_are(
    world: World, browser: Callable[[str], Client]
) -> None:
    assert _holds_a_name(browser("officer").get(_url("restitution:class_list", world)).content)


def test_names_are_opened_behind_that_one_door() -> None:
    folder = Path("src/ardoise/authority/restitution")
    for source in folder.rglob("*.py"):
        if source.name != "names.py":
            assert "open_identity" not in source.read_text(), source


def test_no_address_or_file_name_holds_a_name_or_a_number(
    world: World, browser: Callable[[str], Client]
) -> None:
    numbers = set(world.numbers.values())
    client = browser("officer")
    for name in LOGGED:
        answer = client.get(_url(name, world))
        told = answer.headers.get("Content-Disposition", "")
        if told:
            assert re.search(r"filename=\"ardoise-[a-z0-9-]+\.(pdf|csv|ods)\"", told)
        links = re.findall(r'(?:href|action)="([^"]*)"', answer.content.decode(errors="replace"))
        for text in [told, *links]:
            assert not _holds_a_name(text.encode())
            assert not any(number in text.replace("-", "") for number in numbers)


def test_a_head_reads_the_log_of_the_own_school_only(
    world: World, browser: Callable[[str], Client]
) -> None:
    browser("teacher").get(_url("restitution:class_results", world))
    browser("teacher").get(_url("restitution:pupil", world))
    log = reverse("restitution:log", args=[world.campaign.pk])
    here = browser("head").get(log).content.decode()
    assert here.count("teacher-1") == 2
    assert world.pupil.pk in here
    assert "teacher-1" not in browser("other-head").get(log).content.decode()
    assert browser("officer").get(log).content.decode().count("teacher-1") == 2


def test_the_log_outlives_the_names(world: World, browser: Callable[[str], Client]) -> None:
    browser("teacher").get(_url("restitution:class_results", world))
    world.campaign.state = "closed"
    world.campaign.save()
    log = reverse("restitution:log", args=[world.campaign.pk])
    assert "teacher-1" in browser("officer").get(log).content.decode()
