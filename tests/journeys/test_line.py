"""The morning rush as one pupil and one teacher see it: a server that lets few in."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.delivery.kits import Campaign, Card, make_kit
from tests.delivery.running import RunningDelivery
from tests.delivery.test_line import told
from tests.journeys.conftest import RUNNER, SMALL, Machine, accessible, digits

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDelivery]:
    """One login in four seconds."""
    folder: Path = tmp_path_factory.mktemp("rush")
    options = ("--logins-per-second", "0.25")
    with RunningDelivery(folder, runner=RUNNER, options=options) as running:
        yield running


@pytest.fixture(scope="module")
def campaign(delivery: RunningDelivery) -> Campaign:
    made = make_kit(name="rentree-2026", signing_key=delivery.signing_key, pupils=12)
    delivery.authority().install(made)
    return made


def arrive(page: Page, delivery: RunningDelivery, campaign: Campaign, card: Card) -> None:
    page.goto(f"{delivery.url}/#{campaign.name}")
    page.get_by_test_id("number").fill(card.number)
    page.get_by_test_id("code").fill(card.code)
    page.get_by_test_id("enter").click()


def crowd(delivery: RunningDelivery, campaign: Campaign, size: int) -> None:
    """Others arrive first, and stay in the line."""
    for card in [campaign.pupils.pop() for _ in range(size)]:
        told(delivery.client(campaign, card))


def seconds(page: Page) -> int:
    """What the screen says."""
    found = re.search(r"\d+", page.get_by_test_id("queued-time").inner_text())
    assert found is not None
    return int(found.group())


def test_a_pupil_waits_reloads_keeps_the_place_and_goes_in_alone(
    delivery: RunningDelivery, campaign: Campaign, machine: Machine
) -> None:
    crowd(delivery, campaign, 4)
    card = campaign.pupils.pop()
    page = machine(SMALL).new_page()
    arrive(page, delivery, campaign, card)
    expect(page.get_by_role("heading", name="La place est gardée")).to_be_focused()
    before = seconds(page)
    assert 5 < before <= 20
    assert accessible(page) == []
    # Whoever comes later does not come before.
    crowd(delivery, campaign, 2)
    time.sleep(2.5)
    page.reload()
    assert digits(page.get_by_test_id("number").input_value()) == card.number
    kept = page.evaluate("() => JSON.stringify([sessionStorage, localStorage])")
    assert card.code not in kept
    page.get_by_test_id("code").fill(card.code)
    page.get_by_test_id("enter").click()
    expect(page.get_by_test_id("queued")).to_be_visible()
    assert seconds(page) <= before
    expect(page.get_by_test_id("choose-francais")).to_be_visible(timeout=25_000)
    assert page.evaluate("() => sessionStorage.getItem('ardoise.place')") is None


def test_a_teacher_waits_in_english_and_may_go_back_to_the_card(
    delivery: RunningDelivery, campaign: Campaign, machine: Machine
) -> None:
    crowd(delivery, campaign, 2)
    page = machine().new_page()
    arrive(page, delivery, campaign, campaign.teachers[0])
    page.get_by_test_id("language").click()
    expect(page.get_by_role("heading", name="The place is kept")).to_be_visible()
    page.get_by_test_id("queued-back").click()
    expect(page.get_by_test_id("enter")).to_be_focused()
    page.get_by_test_id("enter").click()
    expect(page.get_by_test_id("queued")).to_be_visible()
    expect(page.get_by_test_id("queued")).to_be_hidden(timeout=30_000)
    expect(page.get_by_test_id("enter")).to_be_hidden()
