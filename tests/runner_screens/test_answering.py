"""Every interaction answered in a real Chromium: by keyboard alone, by mouse, by finger."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.runner_screens import items
from tests.runner_screens.conftest import Draw, answer

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
SMALL = {"width": 360, "height": 640}


def focused(page: Page) -> str:
    """The accessible words of what has the focus."""
    return str(
        page.evaluate(
            "() => { const e = document.activeElement;"
            " return e.getAttribute('aria-label') || e.closest('label')?.textContent"
            " || e.textContent || '' }"
        )
    )


def tab_to(page: Page, words: str) -> None:
    """Press Tab until something whose name begins so has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if focused(page).strip().startswith(words):
            return
    raise AssertionError(f"the keyboard does not reach {words!r}")


def press(page: Page, *words: str, key: str = "Enter") -> None:
    """Reach each by Tab from the top and press it."""
    for word in words:
        page.evaluate("document.activeElement.blur()")
        tab_to(page, word)
        page.keyboard.press(key)


Steps = Callable[[Page], None]


def _order(page: Page) -> None:
    press(page, "Placer avant : Le lever", "Placer après : Le dîner")


def _order_some(page: Page) -> None:
    press(page, "0,405", "0,5", "0,45", "Retirer : 0,5", "Placer avant : 0,45")


def _match(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")


def _match_many(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")


def _associate(page: Page) -> None:
    press(page, "grand", "petit", "rapide", "chaud", "Défaire la paire : rapide")


def _gap_match(page: Page) -> None:
    # Label first; then place first; then one taken back.
    press(page, "loup", "Trou 1", "Trou 3", "lune", "forêt", "Trou 2 sur 3 : vide", "Trou 2")


def _graphic_gap(page: Page) -> None:
    press(page, "Le port", "Port-Louis", "Le lac", "Le sud")


def _hotspot(page: Page) -> None:
    tab_to(page, "Port-Louis")
    page.keyboard.press("ArrowDown")
    assert answer(page) == []
    page.keyboard.press("Enter")


def _point(page: Page) -> None:
    tab_to(page, "Viseur")
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowLeft", "Enter"):
        page.keyboard.press(key)
    press(page, "Vers le bas")


def _points(page: Page) -> None:
    tab_to(page, "Viseur")
    for key in ("Enter", "ArrowLeft", "Enter", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    press(page, "Retirer le point 1")


def _slider(page: Page) -> None:
    tab_to(page, "Réponse")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")


def _typed(text: str) -> Steps:
    def steps(page: Page) -> None:
        page.keyboard.press("Tab")
        page.keyboard.type(text)

    return steps


KEYBOARD: dict[str, tuple[Steps, list[str]]] = {
    "choice": (lambda page: press(page, "12", "20", key="Space"), ["c1", "c3"]),
    "inline-choice": (_typed("chantent"), ["c2"]),
    "text-entry": (_typed("5,0"), ["5,0"]),
    "extended-text": (_typed("Une île"), ["Une île"]),
    "order": (_order, ["c2", "c1", "c4", "c3"]),
    "order-some": (_order_some, ["c2", "c3"]),
    "match": (_match, ["c1 d3", "c2 d1"]),
    "match-many": (_match_many, ["c1 d1", "c1 d2"]),
    "associate": (_associate, ["c1 c3"]),
    "gap-match": (_gap_match, ["c1 g1", "c4 g3"]),
    "graphic-gap-match": (_graphic_gap, ["c2 s1", "c3 s3"]),
    "hotspot": (_hotspot, ["s2"]),
    "hotspot-many": (lambda page: press(page, "Port-Louis", "Le sud"), ["s1", "s3"]),
    "hottext": (lambda page: press(page, "rentre", "range", "barque"), ["c2", "c3"]),
    "select-point": (_point, ["219 141"]),
    "select-points": (_points, ["190 150"]),
    "slider": (_slider, ["7"]),
    "slider-up": (lambda page: press(page, "Garder 0,5"), ["0.5"]),
    "media": (lambda page: press(page, "Écouter"), ["1"]),
    "end-attempt": (lambda page: press(page, "Voir un exemple"), ["true"]),
}


@pytest.mark.parametrize("name", KEYBOARD)
def test_every_interaction_is_answered_by_keyboard_alone(draw: Draw, name: str) -> None:
    steps, expected = KEYBOARD[name]
    page = draw(items.ALL[name])
    steps(page)
    page.wait_for_function("expected => JSON.stringify(answers.r1) === expected",
                           arg=_json(expected))  # fmt: skip


def _json(values: list[str]) -> str:
    return "[" + ",".join(f'"{value}"' for value in values) + "]"


def middle(place: Locator) -> tuple[float, float]:
    """Where a pointer meets it."""
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, what: Locator, where: Locator) -> None:
    """Carry with the mouse, in small steps as hands do."""
    page.mouse.move(*middle(what))
    page.mouse.down()
    page.mouse.move(*middle(where), steps=8)
    page.mouse.up()


def chip(page: Page, text: str) -> Locator:
    """A label in its bank."""
    return page.locator(".chip", has_text=text)


CARRIED: dict[str, tuple[Callable[[Page], tuple[Locator, Locator]], list[str]]] = {
    "order": (
        lambda page: (page.locator(".rank__grip").nth(3), page.locator(".rank").nth(0)),
        ["c4", "c1", "c2", "c3"],
    ),
    "associate": (lambda page: (chip(page, "chaud"), chip(page, "froid")), ["c5 c6"]),
    "gap-match": (
        lambda page: (chip(page, "chasseur"), page.locator(".gap").nth(1)),
        ["c3 g2"],
    ),
    "graphic-gap-match": (
        lambda page: (chip(page, "Le lac"), page.locator(".spot").nth(1)),
        ["c3 s2"],
    ),
}


@pytest.mark.parametrize("name", CARRIED)
@pytest.mark.parametrize("size", [None, SMALL], ids=["wide", "small"])
def test_things_are_carried_by_mouse(draw: Draw, name: str, size: dict[str, int] | None) -> None:
    find, expected = CARRIED[name]
    page = draw(items.ALL[name], size=size)
    drag(page, *find(page))
    assert answer(page) == expected
    expect(page.locator(".carried")).to_have_count(0)


@pytest.mark.parametrize("name", CARRIED)
def test_things_are_carried_by_finger(draw: Draw, name: str) -> None:
    find, expected = CARRIED[name]
    page = draw(items.ALL[name], size={"width": 768, "height": 1024}, touch=True)
    (x, y), (to_x, to_y) = (middle(one) for one in find(page))
    cdp = page.context.new_cdp_session(page)
    for step in range(9):
        at = {"x": x + (to_x - x) * step / 8, "y": y + (to_y - y) * step / 8}
        kind = "touchStart" if step == 0 else "touchMove"
        cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
        if step == 0 and name != "order":
            # Anything but a grip is carried by a finger that rests on it first.
            expect(page.locator(".carriable--held")).to_be_visible()
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("expected => JSON.stringify(answers.r1) === expected",
                           arg=_json(expected))  # fmt: skip


def test_a_finger_that_moves_at_once_scrolls_across_a_label(draw: Draw) -> None:
    page = draw(items.GAP_MATCH, size={"width": 360, "height": 200}, touch=True)
    x, y = middle(chip(page, "loup"))
    before = page.evaluate("scrollY")
    cdp = page.context.new_cdp_session(page)
    for step in range(6):
        kind = "touchStart" if step == 0 else "touchMove"
        at = {"x": x, "y": y - 20 * step}
        cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [at]})
    cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("before => scrollY > before", arg=before)
    assert answer(page) == []
    expect(page.locator(".carried")).to_have_count(0)


TAPPED: dict[str, tuple[list[str], list[str]]] = {
    "order": ([".rank:nth-child(2) .rank__move:first-child"], ["c2", "c1", "c3", "c4"]),
    "order-some": ([".chip:nth-child(3)", ".chip:nth-child(1)"], ["c3", "c1"]),
    "match": ([".match__line >> nth=1 >> .match__cell >> nth=0"], ["c2 d1"]),
    "associate": ([".chip:nth-child(1)", ".chip:nth-child(3)"], ["c1 c3"]),
    "gap-match": ([".chip:nth-child(2)", ".gap >> nth=1"], ["c2 g2"]),
    "graphic-gap-match": ([".chip:nth-child(2)", ".spot >> nth=0"], ["c2 s1"]),
    "hotspot": ([".spot >> nth=1"], ["s2"]),
    "hotspot-many": ([".spot >> nth=0", ".spot >> nth=2", ".spot >> nth=1"], ["s1", "s3"]),
    "hottext": ([".hot >> nth=2"], ["c3"]),
    "slider": ([".keeper button >> nth=0"], ["5"]),
    "end-attempt": ([".attempt"], ["true"]),
    "media": ([".plays__button"], ["1"]),
}


@pytest.mark.parametrize("name", TAPPED)
def test_every_interaction_is_answered_by_taps_on_a_small_screen(draw: Draw, name: str) -> None:
    taps, expected = TAPPED[name]
    page = draw(items.ALL[name], size=SMALL, touch=True)
    for place in taps:
        page.locator(place).tap()
    page.wait_for_function("expected => JSON.stringify(answers.r1) === expected",
                           arg=_json(expected))  # fmt: skip


@pytest.mark.parametrize("size", [None, SMALL], ids=["wide", "small"])
def test_a_tapped_point_is_told_in_the_pictures_pixels_whatever_its_size(
    draw: Draw, size: dict[str, int] | None
) -> None:
    page = draw(items.SELECT_POINT, size=size, touch=True)
    box = page.locator(".figure").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    x, y = (int(part) for part in answer(page)[0].split())
    assert abs(x - 100) <= 2
    assert abs(y - 150) <= 2


def test_answers_stand_there_again_after_a_reload(draw: Draw) -> None:
    page = draw(items.CHOICE)
    script = """() => [...document.querySelectorAll('input, select, textarea')]
      .map(e => e.type === 'radio' || e.type === 'checkbox' ? e.checked : e.value).join('|')
      + document.querySelector('.sitting-question').innerHTML
        .replace(/(id|for|name|by)="[^"]*"/g, '')"""
    for name, given in items.GIVEN.items():
        drawing = items.ALL[name]
        page.evaluate("drawing => window.draw(drawing)", drawing)
        empty = page.evaluate(script)
        page.evaluate("drawing => window.draw(drawing)", {**drawing, "responses": {"r1": given}})
        assert page.evaluate(script) != empty, name
        # Nothing was changed by drawing it.
        assert page.evaluate("window.reports") == {}, name


def test_a_slip_is_taken_back(draw: Draw) -> None:
    page = draw(items.GAP_MATCH, responses={"r1": ["c1 g1", "c2 g2"]})
    page.locator(".gap").nth(0).click()
    assert answer(page) == ["c2 g2"]
    # A label that exists once moves to its new place.
    chip(page, "forêt").click()
    page.locator(".gap").nth(2).click()
    assert answer(page) == ["c2 g3"]
    chip(page, "loup").click()
    page.keyboard.press("Escape")
    page.locator(".gap").nth(0).click()
    assert answer(page) == ["c2 g3"]


def test_one_too_many_is_refused_in_kind_words_and_spoken(draw: Draw) -> None:
    page = draw(items.HOTTEXT, responses={"r1": ["c2", "c3"]})
    page.locator(".hot").nth(3).click()
    expect(page.locator(".answer-note")).to_contain_text("2 réponses au plus")
    expect(page.get_by_role("status")).to_contain_text("2 réponses au plus")
    assert page.evaluate("window.reports") == {}


def test_a_recording_is_played_no_more_often_than_allowed(draw: Draw) -> None:
    page = draw(items.MEDIA)
    button = page.locator(".plays__button")
    for time in ("1", "2"):
        button.click()
        expect(button).to_have_text("Pause")
        expect(button).to_have_text("Réécouter", timeout=6_000)
        assert answer(page) == [time]
    expect(page.locator(".plays__told")).to_contain_text("c’était le maximum")
    button.click(force=True)
    page.wait_for_timeout(200)
    assert answer(page) == ["2"]
    # A recording that was cut off by a reload has been begun.
    again = draw(items.MEDIA, responses={"r1": ["2"]})
    expect(again.locator(".plays__button")).to_have_attribute("aria-disabled", "true")


def test_moves_are_announced(draw: Draw) -> None:
    page = draw(items.ORDER)
    press(page, "Placer avant : Le lever")
    expect(page.get_by_role("status")).to_have_text("Le lever : place 1 sur 4.")
    assert focused(page) == "Placer avant : Le lever"
    english = draw(items.ORDER, language="en")
    press(english, "Move before: Le lever")
    expect(english.get_by_role("status")).to_have_text("Le lever: place 1 of 4.")
