"""Every address of the site against every kind of reader. An address without a row fails."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from ardoise.authority.campaigns.models import Campaign
from tests.authority.restitution.world import World

READERS = ("anonymous", "officer", "head", "other-head", "teacher", "other-class", "elsewhere")
LOGIN, OK, NO, GONE, POST, BACK = 302, 200, 403, 404, 405, 302
EVERYONE = (OK,) * 7
ANY_STAFF = (LOGIN, OK, OK, OK, OK, OK, OK)
OFFICE = (LOGIN, OK, NO, NO, NO, NO, NO)
OFFICE_POST = (LOGIN, POST, NO, NO, NO, NO, NO)
HEADS = (LOGIN, NO, OK, OK, NO, NO, NO)
HEADS_POST = (LOGIN, NO, POST, POST, NO, NO, NO)
THIS_SCHOOL = (LOGIN, OK, OK, GONE, NO, NO, NO)
"""Addresses for the office and this school's head."""
THIS_CLASS = (LOGIN, OK, OK, GONE, OK, GONE, GONE)
OFFICE_NONE = (LOGIN, GONE, NO, NO, NO, NO, NO)
"""For the office alone, and there is none yet."""

# What a GET of each address answers, reader by reader; the objects are 6A's, of the first school.
EXPECTED: dict[str, tuple[int, ...]] = {
    "set_language": (BACK,) * 7,
    "closure:checklist": OFFICE,
    "closure:certificate": (LOGIN, GONE, GONE, GONE, NO, NO, NO),
    "closure:certificate-json": (LOGIN, GONE, GONE, GONE, NO, NO, NO),
    "closure:certificate-pdf": (LOGIN, GONE, GONE, GONE, NO, NO, NO),
    "registry:rolls": OFFICE,
    "release:list": OFFICE,
    "release:one": OFFICE_NONE,
    "release:confirm": OFFICE_POST,
    "release:decline": OFFICE_POST,
    "release:report": OFFICE_NONE,
    "release:report-pdf": OFFICE_NONE,
    "release:files": OFFICE_NONE,
    "marking:rating": OFFICE,
    "marking:deal": OFFICE_POST,
    "marking:report": OFFICE_POST,
    "marking:desk": (LOGIN, NO, NO, NO, NO, NO, NO),
    "marking:text": (LOGIN, NO, NO, NO, NO, NO, NO),
    "marking:undo": (LOGIN, NO, NO, NO, NO, NO, NO),
    "accounts:login": (OK, BACK, BACK, BACK, BACK, BACK, BACK),
    "accounts:logout": (POST,) * 7,
    "accounts:password": ANY_STAFF,
    "accounts:team": HEADS,
    "accounts:teacher_classes": HEADS_POST,
    "accounts:teacher_password": HEADS_POST,
    "accounts:teacher_active": HEADS_POST,
    "restitution:home": ANY_STAFF,
    "restitution:campaign": OFFICE,
    "restitution:collect": OFFICE_POST,
    "restitution:strays": OFFICE,
    "restitution:log": (LOGIN, OK, OK, OK, NO, NO, NO),
    "restitution:school": THIS_SCHOOL,
    "restitution:school_results": THIS_SCHOOL,
    "restitution:school_cards": THIS_SCHOOL,
    "restitution:school_export": THIS_SCHOOL,
    "restitution:class_results": THIS_CLASS,
    "restitution:class_list": THIS_CLASS,
    "restitution:class_pdf": THIS_CLASS,
    "restitution:class_export": THIS_CLASS,
    "restitution:class_cards": THIS_SCHOOL,
    "restitution:class_codes": THIS_SCHOOL,
    "restitution:pupil": THIS_CLASS,
    "restitution:pupil_pdf": THIS_CLASS,
    "restitution:lost_card": THIS_SCHOOL,
    "restitution:working_time": THIS_SCHOOL,
    "restitution:pupil_card": THIS_SCHOOL,
}


def _names(
    patterns: list[URLPattern | URLResolver], space: str = ""
) -> Iterator[tuple[str, dict[str, object]]]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else space
            yield from _names(entry.url_patterns, inner)
        else:
            assert entry.name, f"an address without a name cannot be tested: {entry.pattern}"
            yield space + entry.name, entry.pattern.converters


ADDRESSES = dict(_names(get_resolver().url_patterns))


def _url(name: str, world: World) -> str:
    from django.urls import reverse

    values: dict[str, object] = {
        "campaign_id": world.campaign.pk,
        "uai": world.schools[0].pk,
        "pk": world.groups["6A"].pk,
        "pupil_id": world.pupil.pk,
        "login": world.staff["teacher"].login,
        "kind": "csv",
        "release_id": "0" * 16,
    }
    return reverse(name, kwargs={key: values[key] for key in ADDRESSES[name]})


def test_every_address_has_its_row() -> None:
    assert set(ADDRESSES) == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_who_may_open_what(name: str, world: World, browser: Callable[[str], Client]) -> None:
    url = _url(name, world)
    answers = {reader: browser(reader).get(url) for reader in READERS}
    expected = dict(zip(READERS, EXPECTED[name], strict=True))
    assert {reader: answer.status_code for reader, answer in answers.items()} == expected
    if EXPECTED[name][0] == LOGIN and name != "set_language":
        assert answers["anonymous"].headers["Location"].startswith("/connexion/")


def test_a_rater_opens_texts_and_nothing_that_shows_a_name(
    world: World, browser: Callable[[str], Client]
) -> None:
    open_to_raters = {
        "accounts:login": BACK, "accounts:logout": POST, "accounts:password": OK,
        "set_language": BACK, "restitution:home": BACK, "marking:desk": OK,
        "marking:text": GONE, "marking:undo": POST,
    }  # fmt: skip
    client = browser("rater")
    answers = {name: client.get(_url(name, world)).status_code for name in EXPECTED}
    assert answers == {name: open_to_raters.get(name, NO) for name in EXPECTED}


CHANGES = (
    "restitution:collect",
    "restitution:strays",
    "restitution:lost_card",
    "restitution:working_time",
    "closure:checklist",
    "registry:rolls",
    "accounts:team",
    "accounts:teacher_classes",
    "accounts:teacher_password",
    "accounts:teacher_active",
)


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("reader", ["anonymous", "teacher", "other-class", "elsewhere"])
def test_who_may_not_change_anything(
    name: str, reader: str, world: World, browser: Callable[[str], Client]
) -> None:
    status = browser(reader).post(_url(name, world)).status_code
    assert status == (LOGIN if reader == "anonymous" else NO)


@pytest.mark.parametrize(
    "name", ["restitution:collect", "restitution:strays", "closure:checklist", "registry:rolls"]
)
def test_a_head_does_none_of_the_offices_work(
    name: str, world: World, browser: Callable[[str], Client]
) -> None:
    assert browser("head").post(_url(name, world)).status_code == NO


@pytest.mark.parametrize(
    "name", ["accounts:teacher_classes", "accounts:teacher_password", "accounts:teacher_active"]
)
def test_another_schools_head_does_not_reach_a_teacher(
    name: str, world: World, browser: Callable[[str], Client]
) -> None:
    before = world.staff["teacher"].password
    assert browser("other-head").post(_url(name, world)).status_code == GONE
    world.staff["teacher"].refresh_from_db()
    assert world.staff["teacher"].password == before


def test_what_is_not_theirs_and_what_does_not_exist_look_the_same(
    world: World, browser: Callable[[str], Client]
) -> None:
    client = browser("elsewhere")
    theirs = client.get(f"/eleves/{world.pupil.pk}/").content.decode()
    missing = client.get("/eleves/0000000000000000/").content.decode()

    def told(page: str) -> str:
        return page[page.index("<main") : page.index("</main>")]

    assert told(theirs) == told(missing)


@pytest.mark.parametrize("reader", ["officer", "head", "teacher"])
def test_a_closed_campaigns_pages_are_gone(
    reader: str, world: World, browser: Callable[[str], Client]
) -> None:
    Campaign.objects.update(state=Campaign.State.CLOSED)
    client = browser(reader)
    for name in ("class_results", "class_list", "class_pdf", "class_export", "pupil", "pupil_pdf"):
        answer = client.get(_url(f"restitution:{name}", world))
        assert answer.status_code == 410
        assert "close" in answer.content.decode()
    assert client.get("/").status_code == 200


def test_a_key_destroyed_under_a_page_answers_closed_too(
    world: World, browser: Callable[[str], Client]
) -> None:
    from django.conf import settings

    settings.KEYRING.destroy_campaign(world.campaign.pk)
    assert browser("teacher").get(_url("restitution:class_results", world)).status_code == 410


def test_no_page_may_be_kept_by_a_cache(world: World, browser: Callable[[str], Client]) -> None:
    client = browser("officer")
    for name in EXPECTED:
        answer = client.get(_url(name, world))
        assert answer.headers["Cache-Control"] == "no-store", name


def test_who_must_change_the_password_sees_nothing_else(
    world: World, browser: Callable[[str], Client]
) -> None:
    world.staff["teacher"].must_change_password = True
    world.staff["teacher"].save()
    client = browser("teacher")
    assert client.get("/").headers["Location"] == "/mot-de-passe/"
    class_page = client.get(_url("restitution:class_results", world))
    assert class_page.headers["Location"] == "/mot-de-passe/"
    assert client.get("/mot-de-passe/").status_code == 200


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PUT", "DELETE", "PATCH"])
def test_a_page_of_names_answers_no_odd_method(
    method: str, world: World, browser: Callable[[str], Client]
) -> None:
    answer = browser("head").generic(method, _url("restitution:class_results", world))
    assert answer.status_code == 405
    assert not answer.content
