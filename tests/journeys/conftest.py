"""The real thing: both zones as processes, both example campaigns open, a real Chromium."""

import contextlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ardoise.demo.campaigns import Example, cards, prepare
from ardoise.demo.client import SeatClient
from ardoise.demo.processes import free_port
from ardoise.demo.pupils import Card
from ardoise.demo.zones import Zones

ROOT = Path(__file__).parents[2]
RUNNER = ROOT / "runner" / "dist"
AXE = ROOT / "runner" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, SMALL = {"width": 1366, "height": 768}, {"width": 360, "height": 640}


@dataclass
class Town:
    """A running office and a running delivery, and the cards that nobody took yet."""

    zones: Zones
    folder: Path
    pools: dict[str, list[Card]] = field(default_factory=dict)

    def campaign(self, example: str, name: str) -> str:
        """Open a campaign of its own, made from an example, for a test that will end it."""
        copy = self.folder / name
        shutil.copytree(ROOT / "examples" / example, copy)
        file = copy / "campaign.toml"
        text = file.read_text().replace(f'id = "{example}"', f'id = "{name}"')
        # No grace: a test that closes the window does not wait half a minute for late savers.
        text = re.sub(r'(?m)^title = "', f'title = "{name} : ', text, count=1)
        text = re.sub(r"(?m)^grace_seconds = .*\n", "", text)
        text = re.sub(r"(?m)^(writer = .*)$", r"\1\ngrace_seconds = 0", text)
        file.write_text(text)
        self.open(copy)
        return name

    def open(self, folder: Path) -> None:
        """Roll, kit and window of a campaign folder."""
        example = Example(folder)
        prepare(self.zones, example, lambda _name, _finished: None)
        self.pools[example.id] = cards(self.zones, example)

    def card(self, campaign: str, role: str = "pupil") -> Card:
        """A card that no other test uses."""
        pool = self.pools[campaign]
        found = next(card for card in pool if card.role == role)
        pool.remove(found)
        return found

    def client(self, card: Card) -> SeatClient:
        """The Python client at the same seat."""
        return SeatClient(
            self.zones.delivery_url, campaign=card.campaign, number=card.number, code=card.code
        )

    def account(self, login: str, role: str, *more: str) -> tuple[str, str]:
        """Login and password of a new account."""
        made = self.zones.office(
            "staff", "add", login, "--role", role, *more, "--keep-password", "--json"
        )
        told = json.loads(made.output)
        return told["login"], told["password"]


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    if not (RUNNER / "index.html").exists():
        pytest.fail("the runner is not built: `make test` builds it")
    root = tmp_path_factory.mktemp("town")
    zones = Zones(root, RUNNER, free_port(0), free_port(0))
    zones.make()
    with zones.running():
        made = Town(zones, root)
        for name in ("sixieme-2026", "cp-2026"):
            made.open(ROOT / "examples" / name)
        yield made


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Gone after the last journey: Playwright's event loop must not outlive them in a worker."""
    path = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if path is None:
        pytest.fail("the journeys need a browser: apt-get install chromium")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=quiet)
        yield browser
        browser.close()


Machine = Callable[..., BrowserContext]


@pytest.fixture
def machine(chromium: Browser) -> Iterator[Machine]:
    """Makes a school's computer: a browser with an empty profile. Pages must not log errors."""
    faults: list[str] = []
    with contextlib.ExitStack() as machines:

        def switch_on(size: dict[str, int] | None = None, locale: str = "fr-FR") -> BrowserContext:
            context = chromium.new_context(
                viewport=size or WIDE,  # type: ignore[arg-type]
                locale=locale,
                timezone_id="Europe/Paris",
            )
            context.on("weberror", lambda error: faults.append(str(error.error)))
            context.set_default_timeout(15_000)
            machines.callback(context.close)
            return context

        yield switch_on
    assert faults == []


def log_in(page: Page, town: Town, card: Card) -> None:
    """Type a card at the runner's door."""
    page.goto(f"{town.zones.delivery_url}/#{card.campaign}")
    page.get_by_test_id("number").fill(card.number)
    page.get_by_test_id("code").fill(card.code)
    page.get_by_test_id("enter").click()


def accessible(page: Page) -> list[str]:
    """What axe-core finds wrong with the page, one line a rule."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {rule['help']} at {rule['nodes'][0]['target']}"
        for rule in found["violations"]
    ]


def digits(text: str) -> str:
    """The digits in a text."""
    return re.sub(r"\D", "", text)
