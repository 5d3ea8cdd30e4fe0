"""What a sitting leaves on the disk of the classroom's machine."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.boundaries.canary import Scanner
from tests.journeys.conftest import Town
from tests.journeys.test_pupil import SAVED, begin

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]
ESSAY = "Quatorze lampyridés traversèrent lentement la verrière"


def sit_and_write(chromium: Browser, profile: Path, town: Town) -> tuple[list[str], str]:
    """A sitting in a browser that keeps a profile; secrets of it, and a word that it may keep."""
    card, path = town.card("sixieme-2026"), shutil.which("chromium")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync", "--no-first-run"]
    browser = chromium.browser_type.launch_persistent_context(
        profile, executable_path=path, args=quiet, locale="fr-FR"
    )
    tokens: list[str] = []

    def overhear(response: Response) -> None:
        if response.url.endswith("/v1/login") and response.ok:
            tokens.append(response.json()["session"])

    page = browser.new_page()
    page.on("response", overhear)
    begin(page, town, card)
    asked = write_essay(page)
    # Unsent answers wait on the device; the browser writes its session files meanwhile.
    browser.set_offline(True)
    page.locator("textarea").fill(ESSAY.upper())
    expect(page.get_by_test_id("status")).to_contain_text("gardée")
    page.wait_for_timeout(1_000)
    browser.close()
    assert tokens
    shown = "-".join(card.code[at : at + 4] for at in (0, 4, 8))
    return [ESSAY, *asked, *tokens, card.code, shown], card.number


def write_essay(page: Page) -> list[str]:
    """Go to the item with a long text and answer it; what the questions said on the way."""
    asked = []
    while True:
        lines = page.locator("form.question").inner_text().splitlines()
        asked += [line.strip()[:60] for line in lines if len(line.strip()) > 40]
        if page.locator("textarea").count():
            break
        page.get_by_test_id("next").click()
    page.locator("textarea").fill(ESSAY)
    expect(page.get_by_test_id("status")).to_have_text(SAVED)
    return asked


def test_a_browsers_profile_holds_no_answer_question_code_or_token(
    town: Town, chromium: Browser, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    secrets, number = sit_and_write(chromium, profile, town)
    assert Scanner(secrets).scan_tree(profile) == []
    # The scanner would have seen them: the order number may stay, and is found.
    assert Scanner([number]).scan_tree(profile)
