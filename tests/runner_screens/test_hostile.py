"""A malicious author's booklet in the runner: nothing runs, nothing leaves, every button works.

What the authority cleans is tested in tests/content. Here a booklet says outright what no package
may: the runner must not have to trust the authority either.
"""

import base64
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.runner_screens.conftest import ORIGIN, Draw, accessible
from tests.runner_screens.items import ASSETS, CHOICE

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
AWAY = "https://away.invalid"
SMALL = {"width": 360, "height": 640}
RUN = "window.ran = (window.ran || 0) + 1"
SVG = f"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
 width="60" height="40" onload="{RUN}"><script>{RUN}</script>
<image href="{AWAY}/image.png" width="9" height="9"/><use xlink:href="{AWAY}/use.svg#a"/>
<style>@import url({AWAY}/sheet.css); rect {{ fill: url({AWAY}/fill) }}</style>
<foreignObject width="60" height="40"><body xmlns="http://www.w3.org/1999/xhtml">
<img src="{AWAY}/inner.png" onerror="{RUN}"/><iframe src="{AWAY}/frame"/></body></foreignObject>
<rect width="60" height="40"/></svg>"""
CUES = f"""WEBVTT

00:00.000 --> 00:09.000
<img src="{AWAY}/cue.png" onerror="{RUN}"><b>Un</b> <script>{RUN}</script> son
"""
ACTIVE: list[Any] = [
    ["script", {}, RUN],
    ["script", {"src": f"{AWAY}/script.js"}],
    ["style", {}, f"@import url({AWAY}/style.css); * {{ display: none }}"],
    ["link", {"rel": "stylesheet", "href": f"{AWAY}/link.css"}],
    ["meta", {"http-equiv": "refresh", "content": f"0; url={AWAY}/"}],
    ["base", {"href": f"{AWAY}/"}],
    ["iframe", {"src": f"javascript:{RUN}", "srcdoc": f"<script>{RUN}</script>"}],
    ["object", {"data": f"{AWAY}/object"}],
    ["embed", {"src": f"{AWAY}/embed"}],
    ["form", {"action": f"{AWAY}/form"}, ["input", {"type": "image", "src": f"{AWAY}/i.png"}]],
    ["img", {"src": f"{AWAY}/a.png", "onerror": RUN, "asset": "a99", "alt": "rien"}],
    ["img", {"asset": "a3", "alt": "Un rectangle noir", "onload": RUN}],
    ["img", {"asset": f"{AWAY}/asset.png", "alt": "rien"}],
    ["p", {"onclick": RUN, "onmouseover": RUN, "style": f"background: url({AWAY}/s)"}, "Un texte"],
    ["a", {"href": f"javascript:{RUN}", "ping": f"{AWAY}/ping"}, "un lien"],
    ["div", {"onfocus": RUN, "tabindex": "0", "autofocus": "", "contenteditable": "true"}, "focus"],
    ["details", {"open": "", "ontoggle": RUN}, ["summary", {}, "De l’aide"], ["p", {}, "Relire."]],
    ["svg", {"onload": RUN}, ["script", {}, RUN], ["a", {"href": f"javascript:{RUN}"}, "svg"]],
    ["template", {"shadowrootmode": "open"}, ["script", {}, RUN]],
    ["audio", {"asset": "a2", "onplay": RUN, "src": f"{AWAY}/a.wav"},
     ["track", {"asset": "a4", "kind": "subtitles", "srclang": "fr", "src": f"{AWAY}/t.vtt"}]],
    ["math", {"href": f"javascript:{RUN}"},
     ["maction", {"actiontype": "statusline", "xlink:href": f"javascript:{RUN}"}, ["mn", {}, "1"]],
     ["mtext", {"onclick": RUN}, ["img", {"src": f"{AWAY}/m.png", "onerror": RUN}]],
     ["mglyph", {"src": f"{AWAY}/g.png"}],
     ["annotation-xml", {"encoding": "text/html"}, ["script", {}, RUN]],
     ["mspace", {"width": "999999px", "height": "999999px"}],
     ["mpadded", {"height": "-9999px", "voffset": "9999px"}, ["mn", {}, "2"]]],
    ["p", {}, f"<script>{RUN}</script><img src=x onerror='{RUN}'>"],
    ["p", {}, "Avant \u202e\u2066renversé\u202e le sens"],
    ["span", {"catalog": "t1"}, "mot"],
    ["table", {}, ["tbody", {}, *[["tr", {}, *[["td", {"colspan": "99999"}, f"{n}×{m}"]
                                                for m in range(40)]] for n in range(120)]]],
]  # fmt: skip
STYLES = [
    ["", [["position", "fixed"], ["inset", "0"], ["z-index", "99999"], ["background", "black"]]],
    ["p", [["margin", "-2000px -2000px -2000px -2000px"], ["padding", "3000px"],
           ["background-color", "red"], ["position", "sticky"], ["z-index", "2147483647"]]],
    ["div", [["background-image", f'url("{AWAY}/css.png")'], ["cursor", f"url({AWAY}/c.cur), auto"],
             ["--x", f"url({AWAY}/var)"], ["behavior", f"url({AWAY}/b)"]]],
    ["p} body{display:none} p", [["color", "red"]]],
    ["p, body", [["display", "none"]]],
    ["*", [["transform", "scale(99)"], ["animation", "x 1s infinite"], ["pointer-events", "none"]]],
]  # fmt: skip
HOSTILE_CARD = [["p", {"onclick": RUN}, "une carte", ["script", {}, RUN],
                 ["img", {"src": f"{AWAY}/card.png", "onerror": RUN}]]]  # fmt: skip


def _asset(media_type: str, text: str) -> dict[str, str]:
    return {"media_type": media_type, "base64": base64.b64encode(text.encode()).decode()}


def _booklet() -> dict[str, Any]:
    item = {**CHOICE["item"], "body": [*ACTIVE, *CHOICE["item"]["body"]], "styles": ["y1"]}
    response = {"min_choices": 0, "shuffle": False, "expected_length": None,
                **CHOICE["item"]["responses"][0]}  # fmt: skip
    cards = [{"support": support, "language": "fr", "content": HOSTILE_CARD}
             for support in ("glossary-on-screen", "transcript")]  # fmt: skip
    return {
        "format": "ardoise-booklet/2", "campaign": "hostile", "part": "questions",
        "writer": "pupil", "language": "fr", "campaign_title": f"<img src={AWAY}/t onerror={RUN}>",
        "title": "\u202e<script>", "minutes": 0, "assets": {}, "instructions": ACTIVE[:20],
        "items": [{**item, "responses": [response]},
                  {**CHOICE["item"], "id": "i2", "label": "2", "responses": [response]}],
        "styles": {"y1": STYLES}, "catalogs": {"t1": cards}, "stimuli": {},
    }  # fmt: skip


def _uncovered(button: Locator) -> bool:
    """Whether a press in its middle reaches it."""
    button.scroll_into_view_if_needed()
    return bool(
        button.evaluate(
            """e => { const box = e.getBoundingClientRect();
            return e.contains(document.elementFromPoint(box.x + box.width / 2,
                                                        box.y + box.height / 2)); }"""
        )
    )


def _watched(page: Page) -> list[str]:
    """Every address that the page asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("popup", lambda popup: asked.append(f"popup {popup.url}"))
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    return asked


@pytest.mark.parametrize("size", [{"width": 1366, "height": 768}, SMALL], ids=["wide", "small"])
def test_nothing_runs_nothing_leaves_and_every_button_works(
    draw: Draw, size: dict[str, int]
) -> None:
    page = draw(CHOICE, size=size)
    asked = _watched(page)
    assets = {**ASSETS, "a3": _asset("image/svg+xml", SVG), "a4": _asset("text/vtt", CUES)}
    page.evaluate("([booklet, assets]) => window.sit(booklet, assets)", [_booklet(), assets])
    page.get_by_test_id("choose-questions").click()
    assert _uncovered(page.get_by_test_id("to-questions"))
    page.get_by_test_id("to-questions").click()
    question = page.get_by_test_id("item-i1")
    expect(question).to_be_attached()
    page.wait_for_timeout(400)

    # The frame: steps, mark, what is in the bar, the way on.
    small = size["width"] < 600
    for name in ("bar-menu" if small else "logout", "step-i2", "flag", "next"):
        assert _uncovered(page.get_by_test_id(name)), name
    page.get_by_test_id("flag").click()
    expect(page.get_by_test_id("flag")).to_have_attribute("aria-pressed", "true")

    # Nothing that acts was built, whatever it said.
    assert question.locator("script, style, iframe, object, embed, svg, link, a[href]").count() == 0
    acting = """() => [...document.querySelectorAll('*')].flatMap(e => [...e.attributes]
        .filter(a => /^on|^style$|^href$|^src$/.test(a.name) && !/^(blob:|#|$)/.test(a.value)
                     && e.closest('.sitting-question'))
        .map(a => `${e.tagName} ${a.name}=${a.value}`))"""
    assert page.evaluate(acting) == []
    for word in page.locator(".explain").all():
        word.dispatch_event("click")
    for place in page.locator(".sitting-question p, .sitting-question summary").all()[:40]:
        place.dispatch_event("click")
        place.dispatch_event("mouseover")
    page.locator(".explain__panel").first.wait_for(state="attached")
    page.wait_for_timeout(400)

    page.get_by_test_id("next").click()
    expect(page.get_by_test_id("item-i2")).to_be_visible()
    assert accessible(page) == []
    assert page.evaluate("window.ran") is None
    assert page.evaluate("document.body.offsetHeight") > 0
    assert [url for url in asked if not url.startswith((ORIGIN, "blob:"))] == []
