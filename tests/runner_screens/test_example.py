"""The example package of interactions, from its QTI files to the pupil's screen."""

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import expect

from ardoise.content import booklet
from ardoise.content.package import read_package
from tests.runner_screens.conftest import Draw, accessible, answer

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
PACKAGE = Path(__file__).parents[2] / "examples" / "interactions"


@pytest.fixture(scope="module")
def drawings() -> list[dict[str, Any]]:
    """Every item as the runner gets it."""
    package = read_package(PACKAGE, name="interactions")
    draft = booklet.draft(
        package, campaign="exemple-2026", part="questions", title="Questions",
        campaign_title="Exemple", language="fr", minutes=0, writer="pupil",
    )  # fmt: skip
    made = draft.with_blobs(dict.fromkeys(draft.assets, "0" * 64))
    raw = json.loads(msgspec.json.encode(made))
    assets = {
        name: {"media_type": held.media_type, "base64": base64.b64encode(held.payload).decode()}
        for name, held in draft.assets.items()
    }
    shared = {part: raw[part] for part in ("stimuli", "styles", "catalogs")}
    return [{"item": item, "assets": assets, "shared": shared} for item in raw["items"]]


@pytest.mark.parametrize(
    "size", [{"width": 1366, "height": 768}, {"width": 360, "height": 640}], ids=["wide", "small"]
)
def test_every_item_is_drawn_whole_and_accessible(
    draw: Draw, drawings: list[dict[str, Any]], size: dict[str, int]
) -> None:
    page = draw(drawings[0], size=size)
    found: dict[str, list[str]] = {}
    for drawing in drawings:
        page.evaluate("drawing => window.draw(drawing)", drawing)
        item = drawing["item"]
        for response in item["responses"]:
            expect(page.get_by_test_id(f"answer-{response['id']}")).to_have_count(1)
        pictures = page.locator("img")
        for at in range(pictures.count()):
            expect(pictures.nth(at)).to_have_js_property("complete", value=True)
            assert pictures.nth(at).evaluate("image => image.naturalWidth") > 0
        expect(page.locator(".picture-missing")).to_have_count(0)
        faults = accessible(page)
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        found[item["id"]] = faults + (["leaves the screen"] if page.evaluate(wide) else [])
    assert {where: faults for where, faults in found.items() if faults} == {}


def test_subtitles_of_a_recording_are_read_while_it_plays(
    draw: Draw, drawings: list[dict[str, Any]]
) -> None:
    drawing = next(d for d in drawings if d["item"]["responses"][0]["interaction"] == "media")
    page = draw(drawing)
    page.locator(".plays__button").click()
    expect(page.locator(".cues")).not_to_have_text("\u00a0", timeout=8_000)
    assert answer(page) == ["1"]
