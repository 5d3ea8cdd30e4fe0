"""A pupil's morning, with everything that goes wrong in one."""

import re

import pytest
from playwright.sync_api import Page, expect

from ardoise.contract.sheet import Sheet
from ardoise.demo.client import SeatRefusal
from ardoise.demo.pupils import Card
from tests.journeys.conftest import SMALL, Machine, Town, accessible, log_in

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
SAVED = re.compile("^Enregistré")


def begin(page: Page, town: Town, card: Card, part: str = "francais") -> None:
    """From the door to the first question."""
    log_in(page, town, card)
    page.get_by_test_id(f"choose-{part}").click()
    page.get_by_test_id("start").click()
    page.get_by_test_id("to-questions").click()
    expect(page.get_by_role("heading", name=re.compile("Question 1 "))).to_be_visible()


def resume(page: Page, part: str = "francais") -> None:
    """From the parts back to the questions."""
    page.get_by_test_id(f"choose-{part}").click()
    expect(page.get_by_role("heading", name=re.compile(r"Question \d+ "))).to_be_visible()


def choose(page: Page, place: int) -> str:
    """Choose the option at a place; gives its value in the booklet."""
    radio = page.get_by_role("radio").nth(place)
    radio.check(force=True)
    return str(radio.get_attribute("value"))


def stored(town: Town, card: Card, part: str = "francais") -> Sheet:
    """The sheet as delivery has it, opened by the other client. Supersedes the browser."""
    client = town.client(card)
    client.log_in()
    found = client.load(part)
    assert found is not None
    return found.sheet


def chosen(sheet: Sheet, item: str) -> list[str]:
    """The values given to an item."""
    return [value for values in sheet.responses.get(item, {}).values() for value in values]


def test_network_cut_reload_and_another_machine_lose_nothing(town: Town, machine: Machine) -> None:
    card = town.card("sixieme-2026")
    first = machine()
    page = first.new_page()
    begin(page, town, card)
    one = choose(page, 1)
    expect(page.get_by_test_id("status")).to_have_text(SAVED)

    # The network goes. Two more answers, each kept sealed on the device.
    first.set_offline(True)
    page.get_by_test_id("next").click()
    two = choose(page, 0)
    page.get_by_test_id("step-i4").click()
    four = choose(page, 2)
    expect(page.get_by_test_id("status")).to_contain_text("gardée")

    # The page is reloaded while the line is still down: the shell opens, the code brings it back.
    page.reload()
    page.get_by_test_id("code").fill(card.code)
    page.get_by_test_id("enter").click()
    resume(page)
    page.get_by_test_id("step-i2").click()
    expect(page.get_by_role("radio", checked=True)).to_have_attribute("value", two)
    first.set_offline(False)
    expect(page.get_by_test_id("status")).to_have_text(SAVED, timeout=30_000)

    # The rest on another machine.
    second = machine(SMALL).new_page()
    log_in(second, town, card)
    resume(second)
    second.get_by_test_id("step-i4").click()
    expect(second.get_by_role("radio", checked=True)).to_have_attribute("value", four)
    second.get_by_test_id("step-i1").click()
    changed = choose(second, 3)
    assert changed != one
    expect(second.get_by_test_id("status")).to_have_text(SAVED)

    sheet = stored(town, card)
    assert [chosen(sheet, item) for item in ("i1", "i2", "i4")] == [[changed], [two], [four]]


def test_a_second_login_supersedes_the_first_and_nothing_is_lost(
    town: Town, machine: Machine
) -> None:
    card = town.card("sixieme-2026")
    first = machine().new_page()
    begin(first, town, card)
    one = choose(first, 0)
    expect(first.get_by_test_id("status")).to_have_text(SAVED)

    # The first machine loses its line and goes on; meanwhile the pupil sits down at a second one.
    first.context.set_offline(True)
    first.get_by_test_id("next").click()
    choose(first, 1)
    expect(first.get_by_test_id("status")).to_contain_text("gardée")
    second = machine().new_page()
    log_in(second, town, card)
    resume(second)
    expect(second.get_by_role("radio", checked=True)).to_have_attribute("value", one)
    first.context.set_offline(False)
    expect(first.get_by_test_id("superseded")).to_contain_text("Rien n’est perdu", timeout=45_000)

    second.get_by_test_id("step-i4").click()
    four = choose(second, 1)
    expect(second.get_by_test_id("status")).to_have_text(SAVED)
    sheet = stored(town, card)
    assert chosen(sheet, "i1") == [one]
    assert chosen(sheet, "i4") == [four]

    # What the first machine sent too late is a stray: the office has it and decides.
    town.zones.office("collect", card.campaign)
    strays = town.zones.office("collect", "strays", card.campaign).output
    assert "superseded" in strays


def test_the_two_clients_open_each_others_sheets(town: Town, machine: Machine) -> None:
    card = town.card("sixieme-2026")
    client = town.client(card)
    state = client.log_in()
    part = next(part for part in state.parts if part.id == "maths")
    booklet = client.booklet(client.open_part(part.id))
    text = next(
        (item, response)
        for item in booklet.items
        for response in item.responses
        if response.interaction == "text-entry"
    )
    sheet = Sheet(
        format="ardoise-sheet/1",
        campaign=card.campaign,
        number=card.number,
        part="maths",
        version=1,
        writer="pupil",
        position=text[0].id,
        visited=(text[0].id,),
        responses={text[0].id: {text[1].id: ("3,75 — Noël",)}},
        seconds={},
    )
    client.save(sheet)

    page = machine().new_page()
    log_in(page, town, card)
    resume(page, "maths")
    page.get_by_test_id(f"step-{text[0].id}").click()
    field = page.get_by_role("textbox").first
    expect(field).to_have_value("3,75 — Noël")
    field.fill("4,25")
    expect(page.get_by_test_id("status")).to_have_text(SAVED)
    assert chosen(stored(town, card, "maths"), text[0].id)[0] == "4,25"


def test_the_window_closes_under_a_pupils_hands(town: Town, machine: Machine) -> None:
    campaign = town.campaign("sixieme-2026", "sixieme-courte")
    card = town.card(campaign)
    page = machine().new_page()
    begin(page, town, card)
    one = choose(page, 2)
    expect(page.get_by_test_id("status")).to_have_text(SAVED)
    town.zones.office("order", "close", campaign)

    # The next answer tells the page; it simply ends, and says that what was given counts.
    page.get_by_test_id("next").click()
    choose(page, 0)
    expect(page.get_by_text("Les réponses données comptent").first).to_be_visible(timeout=45_000)
    assert chosen(stored(town, card), "i1") == [one]
    client = town.client(card)
    client.log_in()
    with pytest.raises(SeatRefusal, match="410"):
        client.open_part("maths")


def test_a_whole_test_by_keyboard_alone(town: Town, machine: Machine) -> None:
    card = town.card("sixieme-2026")
    page = machine().new_page()
    page.goto(f"{town.zones.delivery_url}/#{card.campaign}")
    expect(page.get_by_test_id("number")).to_be_focused()
    page.keyboard.type(card.number)
    page.keyboard.press("Tab")
    page.keyboard.type(card.code)
    page.keyboard.press("Enter")
    for name in ("choose-francais", "start", "to-questions"):
        _tab_to(page, name)
        page.keyboard.press("Enter")
    for _ in range(40):
        if page.evaluate("document.activeElement.type") == "radio":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", checked=True)).to_have_count(1)
    expect(page.get_by_test_id("status")).to_have_text(SAVED)
    assert chosen(stored(town, card), "i1")


def _tab_to(page: Page, testid: str) -> None:
    expect(page.get_by_test_id(testid)).to_be_visible()
    for _ in range(40):
        if page.evaluate("document.activeElement.dataset.testid") == testid:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {testid}")


@pytest.mark.parametrize("size", [None, SMALL], ids=["wide", "small"])
def test_no_page_of_a_sitting_has_an_accessibility_fault(
    town: Town, machine: Machine, size: dict[str, int] | None
) -> None:
    card = town.card("sixieme-2026")
    page = machine(size).new_page()
    page.goto(f"{town.zones.delivery_url}/#{card.campaign}")
    found = {"login": accessible(page)}
    page.get_by_test_id("number").fill("111111111")
    page.get_by_test_id("enter").click()
    found["login with an error"] = accessible(page)
    log_in(page, town, card)
    expect(page.get_by_test_id("choose-maths")).to_be_visible()
    found["parts"] = accessible(page)
    page.get_by_test_id("choose-maths").click()
    page.get_by_test_id("start").click()
    page.get_by_test_id("to-questions").click()
    for step in range(1, 19):
        page.get_by_test_id(f"step-i{step}").click()
        expect(page.get_by_role("heading", name=re.compile(f"Question {step} "))).to_be_visible()
        found[f"maths {step}"] = accessible(page)
    page.get_by_test_id("overview").click()
    found["overview"] = accessible(page)
    assert {where: faults for where, faults in found.items() if faults} == {}


def test_a_card_that_was_read_wrong_says_what_to_do_and_asks_nobody(
    town: Town, machine: Machine
) -> None:
    card = town.card("sixieme-2026")
    page = machine().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{town.zones.delivery_url}/#{card.campaign}")
    wrong = card.code[:-1] + ("0" if card.code[-1] != "0" else "1")
    page.get_by_test_id("number").fill(card.number)
    page.get_by_test_id("code").fill(wrong)
    page.get_by_test_id("enter").click()
    expect(page.get_by_test_id("code")).to_be_focused()
    expect(page.get_by_test_id("code")).to_have_attribute("aria-invalid", "true")
    assert not [url for url in asked if "login" in url]
    # Sloppy but right: lower case, spaces, letters that look like digits.
    page.get_by_test_id("code").fill(
        f" {card.code[:4]} {card.code[4:]}".lower().replace("0", "o").replace("1", "l")
    )
    page.get_by_test_id("enter").click()
    expect(page.get_by_test_id("choose-francais")).to_be_visible()


def test_the_qr_codes_secret_leaves_the_address_bar_and_reaches_no_server(
    town: Town, machine: Machine
) -> None:
    card = town.card("sixieme-2026")
    page = machine().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url + str(request.post_data)))
    page.goto(f"{town.zones.delivery_url}/#{card.campaign}/{card.number}/{card.code}")
    expect(page.get_by_test_id("choose-francais")).to_be_visible()
    assert card.code not in page.url
    assert card.number not in page.url
    assert not [text for text in asked if card.code in text]
    page.go_back()
    assert card.code not in page.url
