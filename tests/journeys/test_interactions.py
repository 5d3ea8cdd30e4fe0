"""Every way of answering, from the pupil's hand through a reload to the office's score."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from ardoise.content.booklet import draft
from ardoise.content.package import read_package
from ardoise.scoring.scorer import compile_item
from tests.journeys.conftest import ROOT, Machine, Town, log_in
from tests.journeys.test_two_stage import CAMPAIGN

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
PACKAGE = ROOT / "examples" / "interactions"
ITEMS = [f"vi-{n:02d}" for n in range(1, 16)]


@pytest.fixture(scope="module")
def campaign(town: Town) -> str:
    folder: Path = town.folder / "reponses"
    shutil.copytree(PACKAGE, folder / "maths")
    shutil.copytree(ROOT / "examples" / "sixieme-2026" / "roll", folder / "roll")
    text = CAMPAIGN.replace('id = "deux-etapes"', 'id = "reponses"', 1)
    named = ", ".join(map(repr, ITEMS))
    (folder / "campaign.toml").write_text(text.replace("ITEMS", named))
    town.open(folder)
    return "reponses"


def exactly(text: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(text)}\s*$")


def _choose(item: Locator) -> None:
    for value in ("c1", "c2"):
        item.locator(f'input[value="{value}"]').check(force=True)


def _order(item: Locator) -> None:
    wanted = ["0,405", "0,45", "0,5", "0,54"]
    texts = item.locator(".rank__text")
    # It stands in some order before it is answered: only what is touched is an answer.
    item.get_by_role(
        "button", name=f"Placer avant : {texts.nth(1).inner_text()}", exact=True
    ).click()
    for place, text in enumerate(wanted):
        while [found.strip() for found in texts.all_inner_texts()].index(text) > place:
            item.get_by_role("button", name=f"Placer avant : {text}", exact=True).click()


def _match(item: Locator) -> None:
    for line, cell in enumerate((2, 0, 1)):
        item.locator(".match__line").nth(line).locator(".match__cell").nth(cell).click()


def _pair(item: Locator) -> None:
    for text in ("monter", "descendre", "ouvrir", "fermer", "partir", "arriver"):
        item.locator(".chip", has_text=exactly(text)).click()


def _place(where: str, *texts: str) -> Callable[[Locator], None]:
    def place(item: Locator) -> None:
        for at, text in enumerate(texts):
            item.locator(".bank .chip", has_text=text).click()
            item.locator(where).nth(at).click()

    return place


def _press(where: str, *places: int) -> Callable[[Locator], None]:
    def press(item: Locator) -> None:
        for at in places:
            item.locator(where).nth(at).click()

    return press


def _point(item: Locator) -> None:
    area = item.locator(".figure")
    box = area.bounding_box()
    assert box is not None
    area.click(position={"x": box["width"] / 2, "y": box["height"] / 2})


def _listen(item: Locator) -> None:
    item.locator(".plays__button").click()
    item.locator('input[value="c2"]').check(force=True)


def _write(text: str) -> Callable[[Locator], None]:
    return lambda item: item.get_by_role("textbox").fill(text)


RIGHT: dict[str, Callable[[Locator], object]] = {
    "i1": _choose,
    "i2": lambda item: item.locator("select").select_option("c2"),
    "i3": _write("3,25"),
    "i4": _write("Je plane au-dessus de la mer."),
    "i5": _order,
    "i6": _match,
    "i7": _pair,
    "i8": _place(".gap", "donc", "mais", "car"),
    "i9": _place(".spot", "pétale", "feuille", "tige", "racine"),
    "i10": _press(".spot", 0, 2),
    "i11": _press(".hot", 1, 3),
    "i12": _point,
    "i13": lambda item: item.locator("input[type=range]").fill("60"),
    "i14": _listen,
    "i15": _write("4,80"),
}
STANDING = """e => JSON.stringify([
  [...e.querySelectorAll('input, select, textarea')].map(f =>
    f.type === 'radio' || f.type === 'checkbox' ? f.checked : f.value),
  [...e.querySelectorAll('[aria-checked]')].map(f => f.getAttribute('aria-checked')),
  [...e.querySelectorAll('.rank__text, .gap, .pair, .spot, .chip, .point__where')].map(f =>
    f.textContent), e.querySelectorAll('.pin').length])"""


def standing(page: Page) -> dict[str, str]:
    """How each question stands on the screen, answers and all."""
    found: dict[str, str] = {}
    for item in RIGHT:
        page.get_by_test_id(f"step-{item}").click()
        question = page.get_by_test_id(f"item-{item}")
        expect(question).to_be_visible()
        found[item] = str(question.evaluate(STANDING))
    return found


def test_fifteen_answers_survive_a_reload_and_score_in_full(
    town: Town, machine: Machine, campaign: str
) -> None:
    card = town.card(campaign)
    page = machine().new_page()
    log_in(page, town, card)
    page.get_by_test_id("choose-maths").click()
    page.get_by_test_id("start").click()
    page.get_by_test_id("to-questions").click()
    for item, answer in RIGHT.items():
        page.get_by_test_id(f"step-{item}").click()
        question = page.get_by_test_id(f"item-{item}")
        expect(question).to_be_visible()
        answer(question)
        expect(page.get_by_test_id(f"step-{item}")).to_have_class(re.compile("step--answered"))
    before = standing(page)
    expect(page.get_by_test_id("status")).to_have_text(re.compile("^Enregistré$"))

    page.reload()
    page.get_by_test_id("code").fill(card.code)
    page.get_by_test_id("enter").click()
    page.get_by_test_id("choose-maths").click()
    assert standing(page) == before

    # So many answers in so few seconds: delivery lets a seat ask again only after a while.
    page.wait_for_timeout(12_000)
    client = town.client(card)
    client.log_in()
    client.open_part("maths")
    stored = client.load("maths")
    assert stored is not None
    package = read_package(PACKAGE, name="interactions")
    keys = draft(
        package, campaign=campaign, part="maths", title="", campaign_title="", language="fr",
        minutes=0, writer="pupil",
    ).keymap  # fmt: skip
    scorers = {item.identifier: compile_item(item) for item in package.items}
    for item in RIGHT:
        given = stored.sheet.responses[item]
        assert keys.oddities(item, given) == ()
        original, responses = keys.original(item, given)
        found = scorers[original].score(responses)
        # A story is for a rater; all else is worth all it can be.
        assert found.score == (None if item == "i4" else found.max_score), (item, responses)
        if item != "i4":
            wrong = scorers[original].score({})
            assert wrong.score is not None
            assert wrong.score < found.max_score
    town.zones.office("collect", campaign)
