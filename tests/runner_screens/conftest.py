"""A question alone in a real Chromium, under the policy that delivery serves the runner with."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from ardoise.delivery.app import CSP
from tests.journeys.conftest import accessible, chromium

__all__ = ["accessible", "chromium"]
RUNNER = Path(__file__).parents[2] / "runner"
ORIGIN = "http://runner.test"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}

Draw = Callable[..., Page]


@pytest.fixture(scope="package")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The question page, built as the runner is."""
    out = tmp_path_factory.mktemp("screens")
    if not (RUNNER / "node_modules").exists():
        pytest.fail("the runner's packages are missing: `make test` installs them")
    node = ["sh", str(RUNNER.parent / "scripts" / "node.sh"), "npx"]
    config = RUNNER / "tests" / "screens" / "vite.config.ts"
    command = [*node, "vite", "build", "--config", str(config), "--outDir", str(out)]
    subprocess.run(command, cwd=RUNNER, check=True, capture_output=True, timeout=120)
    return out


@pytest.fixture
def draw(built: Path, chromium: Browser) -> Iterator[Draw]:
    """Puts an item before a reader; whatever the page logs as an error fails the test."""
    faults: list[str] = []
    pages: list[Page] = []

    def answer(route: Route) -> None:
        file = built / (route.request.url.removeprefix(ORIGIN).lstrip("/") or "index.html")
        if not file.is_file():
            return route.fulfill(status=404)
        return route.fulfill(
            body=file.read_bytes(),
            content_type=TYPES.get(file.suffix, "application/octet-stream"),
            headers={"content-security-policy": CSP},
        )

    def show(drawing: dict[str, Any], *, size: dict[str, int] | None = None, **more: Any) -> Page:
        touch = more.pop("touch", False)
        scale = more.pop("scale", 1)
        context = chromium.new_context(
            viewport=size or {"width": 1366, "height": 768},  # type: ignore[arg-type]
            locale="fr-FR", has_touch=touch, device_scale_factor=scale,
            reduced_motion="reduce", forced_colors=more.pop("forced", "none"),
        )  # fmt: skip
        page = context.new_page()
        page.set_default_timeout(8_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda told: faults.append(told.text) if told.type == "error" else None,
        )
        page.route(f"{ORIGIN}/**", answer)
        page.goto(f"{ORIGIN}/")
        page.evaluate("drawing => window.draw(drawing)", {**drawing, **more})
        pages.append(page)
        return page

    yield show
    for page in pages:
        page.context.close()
    assert [fault for fault in faults if "404" not in fault] == []


def answer(page: Page, response: str = "r1") -> list[str]:
    """What the item has reported last."""
    return list(page.evaluate("id => window.answers[id] ?? []", response))
