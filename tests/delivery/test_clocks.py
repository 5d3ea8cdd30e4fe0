"""A node's time when the machine's clock jumps."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.delivery import clocks
from ardoise.delivery.clocks import STEP_MS, NodeClock
from ardoise.delivery.config import ConfigFault

HOUR_MS = 3_600_000


class Hands:
    """Clocks that a test moves."""

    def __init__(self) -> None:
        self.wall = 1_000_000_000
        self.even = 0

    def pass_ms(self, span: int) -> None:
        self.wall += span
        self.even += span

    def clock(self) -> NodeClock:
        return NodeClock(lambda: self.wall, lambda: self.even)


class Database:
    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    async def database_now_ms(self) -> int:
        return self.now_ms


def test_time_goes_on_as_the_machines_does() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.pass_ms(5_000)
    assert clock() == hands.wall
    assert not clock.jumped


@given(st.integers(-STEP_MS, STEP_MS))
def test_a_small_correction_is_followed(by: int) -> None:
    hands = Hands()
    clock = hands.clock()
    hands.wall += by
    clock.follow(None)
    assert clock() == hands.wall


@given(st.sampled_from([-1, 1]), st.integers(STEP_MS + 1, 24 * HOUR_MS))
def test_a_jump_that_the_database_does_not_confirm_changes_nothing(sign: int, by: int) -> None:
    hands = Hands()
    clock = hands.clock()
    before = hands.wall
    hands.wall += sign * by
    clock.follow(None)
    assert clock() == before
    clock.follow(before)
    assert clock() == before
    assert clock.jumped


def test_a_jump_that_the_database_confirms_is_followed() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.wall += HOUR_MS
    clock.follow(hands.wall + 300)
    assert clock() == hands.wall


def test_a_node_whose_clock_is_not_the_databases_does_not_start() -> None:
    hands = Hands()
    asyncio.run(clocks.begin(hands.clock(), Database(hands.wall + 500)))
    asyncio.run(clocks.begin(hands.clock(), object()))
    with pytest.raises(ConfigFault, match="differ by 3600 s"):
        asyncio.run(clocks.begin(hands.clock(), Database(hands.wall + HOUR_MS)))
