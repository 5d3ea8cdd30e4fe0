"""How questions stand on a screen: accessible, unbroken at any size, under the strict policy."""

import pytest
from playwright.sync_api import expect

from tests.runner_screens import items
from tests.runner_screens.conftest import Draw, accessible

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
SIZES = {
    "wide": {"width": 1366, "height": 768},
    "small": {"width": 360, "height": 640},
    "narrowest": {"width": 320, "height": 256},
    "zoomed twice": {"width": 683, "height": 384},
}
"""Zooming a browser twice leaves half the CSS pixels; WCAG asks for reflow at 320."""


@pytest.mark.parametrize(
    "size", ["wide", "small", *(pytest.param(name, marks=pytest.mark.nightly)
                                for name in ("narrowest", "zoomed twice"))],
)  # fmt: skip
def test_no_question_has_an_accessibility_fault_or_leaves_the_screen(draw: Draw, size: str) -> None:
    page = draw(items.CHOICE, size=SIZES[size])
    found: dict[str, list[str]] = {}
    for name, drawing in items.ALL.items():
        for given in ([], items.GIVEN.get(name, [])):
            responses = {"r1": given} if given else {}
            page.evaluate("drawing => window.draw(drawing)", {**drawing, "responses": responses})
            faults = accessible(page)
            wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            if page.evaluate(wide):
                faults.append("leaves the screen sideways")
            found[f"{name} {'given' if given else 'new'}"] = faults
    assert {where: faults for where, faults in found.items() if faults} == {}


@pytest.mark.parametrize("size", ["wide", "small"])
def test_whatever_is_pressed_is_big_enough(draw: Draw, size: str) -> None:
    """24 CSS pixels either way (WCAG 2.5.8). Words in a sentence are excepted there, not here."""
    page = draw(items.CHOICE, size=SIZES[size])
    small: dict[str, list[str]] = {}
    script = """() => [...document.querySelectorAll(
        'button, select, input, textarea, [role=checkbox], [role=radio], [role=button]')]
      .filter(e => e.getClientRects().length && getComputedStyle(e).visibility !== 'hidden')
      .map(e => [e.className.baseVal ?? e.className, e.getBoundingClientRect()])
      .filter(([, box]) => box.width < 24 || box.height < 24)
      .map(([name, box]) => `${name} ${box.width}x${box.height}`)"""
    for name, drawing in items.ALL.items():
        responses = {"r1": items.GIVEN.get(name, [])}
        page.evaluate("drawing => window.draw(drawing)", {**drawing, "responses": responses})
        if found := page.evaluate(script):
            small[name] = found
    assert small == {}


def test_forced_colours_show_what_is_chosen(draw: Draw) -> None:
    page = draw(items.HOTSPOT, forced="active", responses={"r1": ["s2"]})
    lines = page.locator(".spot__line")
    chosen, other = (
        lines.nth(at).evaluate("line => getComputedStyle(line).strokeWidth") for at in (1, 0)
    )
    assert chosen != other
    expect(page.locator(".tick").nth(1)).to_be_visible()


def test_an_authors_style_reaches_its_item_and_nothing_else(draw: Draw) -> None:
    page = draw(items.CONTENT)
    styled = page.locator("p.k1")
    expect(styled).to_have_css("color", "rgb(120, 20, 60)")
    expect(styled).to_have_css("position", "static")
    assert page.evaluate("document.adoptedStyleSheets.length") == 1
    page.evaluate("drawing => window.draw(drawing)", items.CHOICE)
    assert page.evaluate("document.adoptedStyleSheets.length") == 0


def test_a_word_explains_itself_and_the_explanation_goes_again(draw: Draw) -> None:
    page = draw(items.CONTENT, size=SIZES["small"])
    button = page.get_by_role("button", name="discriminant : explication")
    button.press("Enter")
    panel = page.locator(".explain__panel")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("combien l’équation a de solutions")
    box = panel.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert accessible(page) == []
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(button).to_be_focused()


def test_formulas_are_drawn_by_the_browser(draw: Draw) -> None:
    page = draw(items.CONTENT)
    numerator, denominator = (page.locator("mfrac > mrow").nth(at).bounding_box() for at in (0, 1))
    assert numerator is not None
    assert denominator is not None
    assert numerator["y"] + numerator["height"] <= denominator["y"] + 1


def test_a_question_can_be_looked_at_with_nothing_to_press(draw: Draw) -> None:
    page = draw(items.CHOICE, preview=True)
    pressable = ".sitting-question :is(input, select, textarea, [role=button], [tabindex='0'])"
    found: dict[str, list[str]] = {}
    for name, drawing in items.ALL.items():
        page.evaluate("drawing => window.draw(drawing)", {**drawing, "preview": True})
        assert page.locator(pressable).count() == 0, name
        found[name] = accessible(page)
    assert {where: faults for where, faults in found.items() if faults} == {}
