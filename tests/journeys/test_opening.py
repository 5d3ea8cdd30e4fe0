"""The minute at which the window opens, as a pupil who is there early sees it."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from ardoise.clock import system_milliseconds
from tests.delivery.kits import HOUR_MS, make_kit
from tests.delivery.running import RunningDelivery
from tests.journeys.conftest import RUNNER, Machine

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def test_the_window_opens_by_the_clock_and_nobody_asks_whether_it_has(
    tmp_path: Path, machine: Machine
) -> None:
    with RunningDelivery(tmp_path, runner=RUNNER) as delivery:
        opens_ms = system_milliseconds() + 8_000
        campaign = make_kit(
            name="rentree-2026",
            signing_key=delivery.signing_key,
            opens_ms=opens_ms,
            closes_ms=opens_ms + HOUR_MS,
        )
        delivery.authority().install(campaign)
        page = machine().new_page()
        # The booklet is fetched at a random moment: at once, here.
        page.add_init_script("Math.random = () => 0")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.removeprefix(delivery.url)))
        page.goto(f"{delivery.url}/#{campaign.name}")
        page.get_by_test_id("number").fill(campaign.pupils[0].number)
        page.get_by_test_id("code").fill(campaign.pupils[0].code)
        with page.expect_request("**/v1/blobs/*"):
            page.get_by_test_id("enter").click()
        expect(page.get_by_test_id("waiting")).to_be_visible()
        assert system_milliseconds() < opens_ms
        before = len(asked)
        expect(page.get_by_test_id("choose-francais")).to_be_visible(timeout=15_000)
        assert system_milliseconds() >= opens_ms
        assert [path for path in asked[before:] if path.startswith("/v1/")] == []
        page.get_by_test_id("choose-francais").click()
        page.get_by_test_id("start").click()
        expect(page.get_by_test_id("opening")).to_be_hidden()
        assert [path for path in asked[before:] if path.startswith("/v1/")][:1] == ["/v1/open"]
        assert not [path for path in asked[before:] if path.startswith("/v1/blobs")]
