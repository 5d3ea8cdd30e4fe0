"""A teacher keys the paper booklets of a class."""

import re

import pytest
from playwright.sync_api import Page, expect

from ardoise.demo.pupils import Card
from tests.journeys.conftest import SMALL, Machine, Town, accessible, digits, log_in

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
SAVED = re.compile("^Enregistré")


def keyed(town: Town, card: Card, part: str) -> dict[str, tuple[int, int, int]]:
    """For each pupil of the class: how many items are right or wrong, omitted, absent."""
    client = town.client(card)
    client.log_in()
    found = {}
    for pupil in client.group().pupils:
        stored = client.load(part, pupil.number)
        if stored is not None:
            sheet = stored.sheet
            given = [item for item in sheet.visited if any(sheet.responses.get(item, {}).values())]
            found[pupil.number] = (
                len(given),
                len(set(sheet.visited) - set(given) - set(sheet.absent)),
                len(sheet.absent),
            )
    return found


def open_part(page: Page, town: Town, card: Card, part: str) -> None:
    """Log in; the grid of a part is there."""
    log_in(page, town, card)
    expect(page.get_by_test_id("grid")).to_be_visible()
    tab = page.get_by_test_id(f"part-{part}")
    if tab.count():
        tab.click()
    expect(page.get_by_test_id("grid")).to_be_visible()
    page.get_by_test_id("grid").get_by_role("gridcell").first.click()


def test_a_class_is_keyed_offline_one_keystroke_an_answer(town: Town, machine: Machine) -> None:
    card = town.card("cp-2026", "teacher")
    computer = machine()
    page = computer.new_page()
    open_part(page, town, card, "maths")
    items = 12
    first = page.get_by_test_id("current-number").inner_text()

    # The school's line goes down; the teacher does not notice.
    computer.set_offline(True)
    for _ in range(items - 2):
        page.keyboard.press("1")
    page.keyboard.press("0")
    page.keyboard.press("9")
    # The grid moved on by itself to the second pupil, who was absent for the whole part.
    expect(page.get_by_test_id("current-number")).not_to_have_text(first)
    second = page.get_by_test_id("current-number").inner_text()
    page.keyboard.press("Shift+A")
    expect(page.get_by_test_id("current-number")).not_to_have_text(second)
    page.keyboard.press("0")
    # A slip, undone.
    page.keyboard.press("0")
    page.keyboard.press("Control+z")
    expect(page.get_by_test_id("status")).not_to_have_text(SAVED)
    expect(page.get_by_test_id("progress")).to_be_visible()

    # The line comes back, and everything goes out by itself.
    computer.set_offline(False)
    expect(page.get_by_test_id("status")).to_have_text(SAVED, timeout=45_000)
    found = keyed(town, card, "maths")
    assert sorted(found.values()) == [(0, 0, items), (1, 0, 0), (items - 1, 1, 0)]


def test_a_reload_offline_brings_the_grid_back_with_the_code(town: Town, machine: Machine) -> None:
    card = town.card("cp-2026", "teacher")
    computer = machine()
    page = computer.new_page()
    open_part(page, town, card, "francais")
    number = page.get_by_test_id("current-number").inner_text()
    page.keyboard.press("1")
    expect(page.get_by_test_id("status")).to_have_text(SAVED)
    computer.set_offline(True)
    page.keyboard.press("1")
    page.keyboard.press("0")
    # Both are sealed on the device: the screen says so.
    expect(page.get_by_test_id("status")).to_have_text(re.compile(r"2.réponses"))
    page.reload()
    page.get_by_test_id("code").fill(card.code)
    page.get_by_test_id("enter").click()
    expect(page.get_by_test_id("grid")).to_be_visible()
    for item, answer in (("1", "1"), ("2", "1"), ("3", "0")):
        expect(page.get_by_test_id(f"cell-{digits(number)}-{item}")).to_have_text(answer)
    computer.set_offline(False)
    expect(page.get_by_test_id("status")).to_have_text(SAVED, timeout=45_000)
    assert list(keyed(town, card, "francais").values()) == [(3, 0, 0)]


@pytest.mark.parametrize("size", [None, SMALL], ids=["wide", "small"])
def test_keying_has_no_accessibility_fault(
    town: Town, machine: Machine, size: dict[str, int] | None
) -> None:
    campaign = "cp-2026"
    card = next(card for card in town.pools[campaign] if card.role == "teacher")
    page = machine(size).new_page()
    open_part(page, town, card, "francais")
    found = {"grid": accessible(page)}
    page.get_by_test_id("view-list").click()
    expect(page.get_by_test_id("class-list")).to_be_visible()
    found["class list"] = accessible(page)
    assert {where: faults for where, faults in found.items() if faults} == {}


def test_the_teacher_sees_who_is_sitting_and_no_answer(town: Town, machine: Machine) -> None:
    teacher = town.card("sixieme-2026", "teacher")
    pupil = next(
        card
        for card in town.pools["sixieme-2026"]
        if card.role == "pupil" and card.class_group == teacher.class_group
    )
    town.pools["sixieme-2026"].remove(pupil)
    client = town.client(pupil)
    client.log_in()
    client.open_part("francais")
    page = machine().new_page()
    log_in(page, town, teacher)
    table = page.get_by_test_id("group")
    expect(table).to_be_visible()
    shown = f"{pupil.number[:3]}-{pupil.number[3:6]}-{pupil.number[6:]}"
    expect(table.get_by_role("row").filter(has_text=shown)).to_be_visible()
    assert accessible(page) == []
