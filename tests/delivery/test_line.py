"""The line of logins at a real server that lets two in a second."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3

from ardoise.contract.problems import Problem
from ardoise.demo.client import SeatClient, SeatRefusal
from tests.delivery.kits import Campaign, make_kit
from tests.delivery.running import RunningDelivery

RATE = 2.0


@pytest.fixture(scope="module")
def delivery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDelivery]:
    options = ("--logins-per-second", str(RATE))
    with RunningDelivery(tmp_path_factory.mktemp("line"), options=options) as running:
        yield running


@pytest.fixture
def campaign(delivery: RunningDelivery) -> Campaign:
    """Nobody is left in the line of an earlier test."""
    made = make_kit(name="rentree-2026", signing_key=delivery.signing_key, pupils=16)
    delivery.authority().install(made)
    while gauge(delivery, "ardoise_login_line") > 0:
        time.sleep(0.1)
    return made


def gauge(delivery: RunningDelivery, name: str) -> float:
    text = urllib3.request("GET", f"{delivery.url}/metrics").data.decode()
    return float(next(line.split()[1] for line in text.splitlines() if line.startswith(name)))


def told(client: SeatClient) -> Problem | None:
    """None: it is in; else what it was told."""
    try:
        client.log_in()
    except SeatRefusal as refusal:
        return refusal.problem
    return None


def rush(delivery: RunningDelivery, campaign: Campaign) -> list[tuple[SeatClient, Problem | None]]:
    """All pupils at once; each with what it was told."""
    clients = [delivery.client(campaign, card) for card in campaign.pupils]
    with ThreadPoolExecutor(len(clients)) as pool:
        return list(zip(clients, pool.map(told, clients), strict=True))


def test_nobody_is_refused_and_everybody_goes_in_when_told(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    started = time.monotonic()
    first = rush(delivery, campaign)
    inside = [client for client, problem in first if problem is None]
    waiting = [(problem.retry_ms or 0, client) for client, problem in first if problem is not None]
    assert {problem.problem for _, problem in first if problem is not None} == {"queued"}
    assert all(problem.ticket for _, problem in first if problem is not None)
    # Those whose turn was near were held, the others told at once; no two the same turn.
    assert len(inside) >= 2
    assert len({retry_ms for retry_ms, _ in waiting}) == len(waiting)
    for retry_ms, client in sorted(waiting, key=lambda each: each[0]):
        time.sleep(max(0, started + retry_ms / 1000 + 0.3 - time.monotonic()))
        assert told(client) is None
    # The longest wait is known, though nothing was kept for whoever waited.
    waited = gauge(delivery, "ardoise_login_seconds_sum")
    assert waited >= max(retry_ms for retry_ms, _ in waiting) / 1000


def test_a_wrong_code_is_told_so_at_once_and_takes_no_place(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    rush(delivery, campaign)
    length = gauge(delivery, "ardoise_login_line")
    other = campaign.pupils[0]
    for card in campaign.pupils[1:5]:
        stranger = SeatClient(
            delivery.url, campaign=campaign.name, number=card.number, code=other.code
        )
        problem = told(stranger)
        assert problem is not None
        assert (problem.problem, problem.ticket) == ("unknown-seat", None)
    assert gauge(delivery, "ardoise_login_line") <= length


def test_the_answer_says_when_to_come_to_any_client(
    delivery: RunningDelivery, campaign: Campaign
) -> None:
    rush(delivery, campaign)
    client = delivery.client(campaign, campaign.teachers[0])
    with pytest.raises(SeatRefusal) as refused:
        client.log_in()
    problem = refused.value.problem
    answer = client._pool.request(
        "POST",
        f"{delivery.url}/v1/login",
        json={
            "campaign": campaign.name,
            "number": client.number,
            "token": "A" * 43,
            "ticket": problem.ticket,
        },
    )
    # The ticket alone is told the rest of the wait, whatever the code: that says nothing of it.
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) * 1000 >= (answer.json()["retry_ms"] or 0)
    assert answer.json()["ticket"] == problem.ticket
    assert problem.retry_ms is not None
    assert answer.json()["retry_ms"] <= problem.retry_ms
