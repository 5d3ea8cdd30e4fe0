"""Results by name for those who may see them, and then the wipe."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ardoise.demo import people
from ardoise.demo.campaigns import Example
from ardoise.demo.pupils import Tally
from tests.boundaries.canary import Scanner
from tests.journeys.conftest import SMALL, Machine, Town, accessible

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def enter(page: Page, town: Town, account: tuple[str, str]) -> None:
    """Log in to the authority's pages."""
    page.goto(f"{town.zones.authority_url}/connexion/")
    page.get_by_label("Identifiant").fill(account[0])
    page.get_by_label("Mot de passe").fill(account[1])
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_text("Se déconnecter").first).to_be_visible()


@pytest.fixture(scope="module")
def finished(town: Town) -> str:
    """A CP campaign of its own that everybody has been through, window closed, marked."""
    campaign = town.campaign("cp-2026", "cp-finie")
    people.play(town.zones, Example(town.folder / campaign), set(), Tally())
    town.zones.office("order", "close", campaign)
    collected = town.zones.office("collect", campaign, "--every", "1s", "--json").output
    assert json.loads(collected.splitlines()[-1])["mismatches"] == []
    town.zones.office("mark", campaign)
    return campaign


@pytest.fixture(scope="module")
def staff(town: Town, finished: str) -> dict[str, tuple[str, str]]:
    first = town.pools[finished][0]
    here = ("--school", first.school)
    return {
        "officer": town.account("bureau-j", "officer"),
        "head": town.account("direction-j", "head", *here),
        "teacher": town.account(
            "prof-j", "teacher", *here, "--classes", first.class_label, "--campaign", finished
        ),
    }


def names_on(page: Page) -> list[str]:
    """The names in the class table."""
    links = page.locator('main table a[href*="/eleves/"]')
    expect(links.first).to_be_visible()
    return [text.strip() for text in links.all_inner_texts()]


def test_a_head_reads_results_by_name_and_it_is_noted(
    town: Town, machine: Machine, finished: str, staff: dict[str, tuple[str, str]]
) -> None:
    page = machine().new_page()
    enter(page, town, staff["head"])
    page.goto(f"{town.zones.authority_url}/campagnes/{finished}/etablissements/{_school(town)}/")
    page.get_by_role("link", name="Résultats").and_(
        page.locator('[href*="/classes/"]')
    ).first.click()
    names = names_on(page)
    assert len(names) > 5
    assert accessible(page) == []
    expect(page.locator("main svg[role=img], main figure svg").first).to_be_visible()

    # One pupil's sheet, as a page and as a document.
    page.get_by_role("link", name=names[0]).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(names[0].split()[0])
    assert accessible(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("PDF")).first.click()
    path = Path(download.value.path())
    assert path.read_bytes().startswith(b"%PDF")
    assert not Scanner(name for name in names if len(name) > 5).scan(
        download.value.suggested_filename.encode()
    )

    # Each view of a name is in the log: who, what, how many; no name in it.
    page.goto(f"{town.zones.authority_url}/campagnes/{finished}/consultations/")
    log = page.get_by_role("main").inner_text()
    assert "direction-j" in log
    assert not [name for name in names if name in log]


def _school(town: Town) -> str:
    return town.pools["cp-finie"][0].school


def test_a_teacher_sees_the_own_class_and_no_other(
    town: Town, machine: Machine, finished: str, staff: dict[str, tuple[str, str]]
) -> None:
    page = machine(SMALL).new_page()
    enter(page, town, staff["teacher"])
    mine = page.locator('main a[href*="/classes/"]')
    expect(mine.first).to_be_visible()
    own = {re.search(r"/classes/(\d+)/", str(link.get_attribute("href"))) for link in mine.all()}
    ids = {int(match[1]) for match in own if match}
    assert len(ids) == 1
    # A phone has no room for a bar that scrolls sideways.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert accessible(page) == []
    for other in range(1, max(ids) + 8):
        if other not in ids:
            answer = page.goto(f"{town.zones.authority_url}/classes/{other}/resultats/")
            assert answer is not None
            assert answer.status == 404


def test_the_wipe(
    town: Town, machine: Machine, finished: str, staff: dict[str, tuple[str, str]]
) -> None:
    head, officer = machine().new_page(), machine().new_page()
    enter(head, town, staff["head"])
    school = f"{town.zones.authority_url}/campagnes/{finished}/etablissements/{_school(town)}/"
    answer = head.goto(school)
    assert answer is not None
    assert answer.status == 200
    enter(officer, town, staff["officer"])
    officer.goto(f"{town.zones.authority_url}/campagnes/{finished}/cloture/")
    assert accessible(officer) == []
    officer.get_by_role("textbox").first.fill(finished)
    officer.get_by_role("button", name="Clore définitivement").click()
    expect(officer).to_have_url(re.compile("certificat"), timeout=60_000)
    assert accessible(officer) == []

    # Another's open page answers "closed"; delivery has nothing left; the certificate holds.
    enter(head, town, staff["head"])
    closed = head.goto(school)
    assert closed is not None
    assert closed.status == 410
    certificate = officer.request.get(
        f"{town.zones.authority_url}/campagnes/{finished}/certificat.json"
    )
    file = town.folder / "certificate.json"
    file.write_bytes(certificate.body())
    town.zones.office("close", "verify", file)
    document = json.loads(json.loads(file.read_text())["document"])
    assert document["purged"]["sheets"] == document["destroyed"]["sheets"] > 0
    assert all(check["passed"] for check in document["checks"])


def test_an_officers_pages_have_no_accessibility_fault(
    town: Town, machine: Machine, staff: dict[str, tuple[str, str]]
) -> None:
    page = machine().new_page()
    found = {}
    page.goto(f"{town.zones.authority_url}/connexion/")
    found["login"] = accessible(page)
    enter(page, town, staff["officer"])
    home = "/campagnes/sixieme-2026/"
    for place in ("/", home, home + "listes/", home + "sauvegardes/", home + "consultations/"):
        answer = page.goto(town.zones.authority_url + place)
        assert answer is not None
        assert answer.status == 200
        found[place] = accessible(page)
    assert {where: faults for where, faults in found.items() if faults} == {}
