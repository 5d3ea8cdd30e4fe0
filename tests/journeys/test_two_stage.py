"""Two pupils, one test in two stages: their answers take them to different questions."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ardoise.content.route import Administered, administered
from ardoise.demo.pupils import Card
from ardoise.scoring.values import parse_response
from tests.journeys.conftest import ROOT, SMALL, Machine, Town, accessible, log_in

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
SAVED = re.compile("^Enregistré")
RIGHT = {"i1": "c2", "i2": "56", "i3": "c2", "i4": "7,35", "i5": "72", "i6": "c2"}
LINEAR = """<?xml version="1.0" encoding="UTF-8"?>
<qti-assessment-test xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="lineaire"
    title="Une question après l’autre" xml:lang="fr">
  <qti-test-part identifier="partie" navigation-mode="linear" submission-mode="individual">
    <qti-assessment-section identifier="calcul" title="Calcul" visible="true">
      <qti-assessment-item-ref identifier="or-02" href="items/or-02.xml">
        <qti-item-session-control allow-skipping="false" validate-responses="true"/>
      </qti-assessment-item-ref>
      <qti-assessment-item-ref identifier="ba-01" href="items/ba-01.xml">
        <qti-pre-condition>
          <qti-lt>
            <qti-variable identifier="or-02.SCORE"/>
            <qti-base-value base-type="float">1</qti-base-value>
          </qti-lt>
        </qti-pre-condition>
      </qti-assessment-item-ref>
      <qti-assessment-item-ref identifier="or-04" href="items/or-04.xml">
        <qti-time-limits max-time="3"/>
      </qti-assessment-item-ref>
    </qti-assessment-section>
    <qti-assessment-section identifier="vite" title="Pour finir" visible="true">
      <qti-time-limits max-time="600"/>
      <qti-assessment-item-ref identifier="ba-03" href="items/ba-03.xml"/>
    </qti-assessment-section>
  </qti-test-part>
</qti-assessment-test>
"""
CAMPAIGN = """format = "ardoise-campaign/1"
id = "deux-etapes"
title = "Mathématiques en deux étapes"
level = "6e"
language = "fr"

[window]
opens = 2026-11-23T07:00:00+01:00
closes = 2026-12-04T18:00:00+01:00

[groups]
labels = ["À besoins", "Fragile", "Satisfaisant"]

[[parts]]
id = "maths"
title = "Mathématiques"
package = "maths"
minutes = 40
writer = "pupil"
grace_seconds = 0

[[domains]]
id = "orientation"
title = "Nombres et calcul"
part = "maths"
items = [ITEMS]
thresholds = [1.0, 2.0]
"""


def opened(town: Town, name: str, items: list[str], test: str | None = None) -> str:
    """A campaign of the two-stage example's items, with the roll of sixième."""
    folder: Path = town.folder / name
    shutil.copytree(ROOT / "examples" / "two-stage-2026", folder)
    shutil.copytree(ROOT / "examples" / "sixieme-2026" / "roll", folder / "roll")
    if test is not None:
        (folder / "maths" / "test.xml").write_text(test)
    text = CAMPAIGN.replace('id = "deux-etapes"', f'id = "{name}"', 1)
    (folder / "campaign.toml").write_text(text.replace("ITEMS", ", ".join(map(repr, items))))
    town.open(folder)
    return name


@pytest.fixture(scope="module")
def campaign(town: Town) -> str:
    return opened(town, "deux-etapes", [f"or-0{n}" for n in range(1, 7)])


def begin(page: Page, town: Town, card: Card) -> None:
    """From the door to the first question."""
    log_in(page, town, card)
    page.get_by_test_id("choose-maths").click()
    page.get_by_test_id("start").click()
    expect(page.get_by_test_id("intro")).to_contain_text("deux étapes de six questions")
    page.get_by_test_id("to-questions").click()
    expect(page.get_by_role("heading", name="Question 1 sur 6")).to_be_visible()


def answer(page: Page, item: str, value: str) -> None:
    """Answer the question on the screen."""
    place = page.get_by_test_id(f"item-{item}")
    if value.startswith("c"):
        place.locator(f'input[value="{value}"]').check(force=True)
    else:
        place.get_by_role("textbox").fill(value)


def first_stage(page: Page, answers: dict[str, str]) -> None:
    """Answer the first stage and go to its end."""
    for place, item in enumerate(RIGHT):
        expect(page.get_by_test_id(f"item-{item}")).to_be_visible()
        if item in answers:
            answer(page, item, answers[item])
        page.get_by_test_id("overview" if place == 5 else "next").click()


def given(town: Town, card: Card) -> tuple[Administered, tuple[str, ...]]:
    """What the authority finds in the stored sheet: the seat's items, and the path it recorded."""
    client = town.client(card)
    client.log_in()
    booklet = client.booklet(client.open_part("maths"))
    stored = client.load("maths")
    assert stored is not None
    seed = client.keys.shuffle_seed("maths")
    found = administered(booklet, seed, stored.sheet, capture=parse_response)
    return found, stored.sheet.path


def test_right_answers_lead_to_the_high_series_and_there_is_no_way_back(
    town: Town, machine: Machine, campaign: str
) -> None:
    card = town.card(campaign)
    page = machine().new_page()
    begin(page, town, card)
    first_stage(page, RIGHT)
    page.get_by_test_id("leave-part").click()
    # A calm page asks first; one may stay.
    expect(page.get_by_test_id("leaving")).to_contain_text("On ne pourra plus revenir")
    assert accessible(page) == []
    page.get_by_test_id("stay").click()
    page.get_by_test_id("leave-part").click()
    page.get_by_test_id("go-on").click()
    expect(page.get_by_test_id("intro")).to_contain_text("Deuxième étape")
    assert accessible(page) == []
    page.get_by_test_id("to-questions").click()

    expect(page.get_by_role("heading", name="Question 7 sur 12")).to_be_visible()
    expect(page.get_by_test_id("item-i13")).to_contain_text("0,4 × 2,5")
    expect(page.get_by_test_id("step-i1")).to_have_count(0)
    expect(page.get_by_test_id("previous")).to_have_count(0)
    answer(page, "i13", "1")
    expect(page.get_by_test_id("status")).to_have_text(SAVED)

    # A reload in the middle: the same series, the same question, nothing to go back to.
    page.reload()
    page.get_by_test_id("code").fill(card.code)
    page.get_by_test_id("enter").click()
    page.get_by_test_id("choose-maths").click()
    expect(page.get_by_test_id("item-i13").get_by_role("textbox")).to_have_value("1")
    expect(page.get_by_test_id("step-i1")).to_have_count(0)
    page.get_by_test_id("next").click()
    expect(page.get_by_role("heading", name="Question 8 sur 12")).to_be_visible()
    expect(page.get_by_test_id("status")).to_have_text(SAVED)

    found, path = given(town, card)
    assert path == ("p1", "p3")
    assert found.agrees
    assert found.items == tuple(f"i{n}" for n in (*range(1, 7), *range(13, 19)))


def test_wrong_answers_lead_to_the_low_series(town: Town, machine: Machine, campaign: str) -> None:
    card = town.card(campaign)
    page = machine().new_page()
    begin(page, town, card)
    first_stage(page, {"i1": "c2", "i2": "54", "i3": "c2", "i4": "7.35"})
    expect(page.get_by_text("Il reste 2 questions sans réponse")).to_be_visible()
    page.get_by_test_id("leave-part").click()
    page.get_by_test_id("go-on").click()
    page.get_by_test_id("to-questions").click()
    expect(page.get_by_test_id("item-i7")).to_contain_text("348 + 275")
    answer(page, "i7", "623")
    for item in range(8, 13):
        page.get_by_test_id("next").click()
        expect(page.get_by_test_id(f"item-i{item}")).to_be_visible()
    page.get_by_test_id("overview").click()
    # The last stage is open to the end: there is no button that must not be forgotten.
    expect(page.get_by_test_id("leave-part")).to_have_count(0)
    expect(page.get_by_test_id("status")).to_have_text(SAVED)

    found, path = given(town, card)
    assert path == ("p1", "p2")
    assert found.agrees
    assert found.items == tuple(f"i{n}" for n in range(1, 13))
    town.zones.office("collect", campaign)


def test_a_linear_test_holds_kindly_skips_by_rule_and_goes_on_when_time_is_up(
    town: Town, machine: Machine
) -> None:
    name = opened(town, "lineaire", ["or-02", "or-04"], LINEAR)
    card = town.card(name)
    page = machine(SMALL).new_page()
    log_in(page, town, card)
    page.get_by_test_id("choose-maths").click()
    page.get_by_test_id("start").click()
    expect(page.get_by_test_id("intro")).to_contain_text("On ne revient pas en arrière")
    page.get_by_test_id("to-questions").click()
    expect(page.get_by_role("heading", name="Question 1", exact=True)).to_be_visible()
    expect(page.get_by_test_id("where")).to_have_text("Calcul")

    # Nothing is answered yet, and then nothing that can be read: one stays, told kindly.
    page.get_by_test_id("next").click()
    expect(page.get_by_test_id("hold")).to_contain_text("attend une réponse")
    answer(page, "i1", "beaucoup")
    page.get_by_test_id("next").click()
    expect(page.get_by_test_id("hold")).to_contain_text("la revoir avant de continuer")
    assert accessible(page) == []
    answer(page, "i1", "56")
    page.get_by_test_id("next").click()

    # The rule passes over the second item. The third ends by itself.
    expect(page.get_by_test_id("item-i3")).to_be_visible()
    expect(page.get_by_role("heading", name="Question 2", exact=True)).to_be_visible()
    expect(page.get_by_test_id("previous")).to_have_count(0)
    answer(page, "i3", "7,35")
    expect(page.get_by_test_id("note")).to_contain_text("la réponse donnée compte")
    expect(page.get_by_test_id("intro")).to_contain_text("Il y a 10 minutes")
    assert accessible(page) == []

    # The question that ended does not come back, and the last one ends the part for good.
    page.reload()
    page.get_by_test_id("code").fill(card.code)
    page.get_by_test_id("enter").click()
    page.get_by_test_id("choose-maths").click()
    page.get_by_test_id("to-questions").click()
    expect(page.get_by_test_id("item-i4")).to_be_visible()
    answer(page, "i4", "29")
    page.get_by_test_id("next").click()
    expect(page.get_by_test_id("done")).to_contain_text("C’est fini")
    assert accessible(page) == []
    expect(page.get_by_test_id("status")).to_have_text(SAVED)
    page.get_by_test_id("back-to-parts").click()
    page.get_by_test_id("choose-maths").click()
    expect(page.get_by_test_id("done")).to_be_visible()

    found, path = given(town, card)
    assert path == ("p1", "end")
    assert found.agrees
    assert found.items == ("i1", "i3", "i4")
