"""When things are due, by the clock that every process of a machine shares, and chance for them."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count
from math import exp
from time import perf_counter

import numpy as np

Due = Callable[[float], None]
"""Called with the moment it was due at: latencies are counted from there."""
_HELD = 4_096


class Timers:
    """A heap of what is due, and one timer of the loop. Resolution: a millisecond."""

    def __init__(self, loop: asyncio.AbstractEventLoop, lag: Callable[[int], None]) -> None:
        """`lag` is told by how many µs something was called too late."""
        self._loop = loop
        self._lag = lag
        self._heap: list[tuple[float, int, Due]] = []
        self._order = count()
        self._armed = float("inf")

    def __len__(self) -> int:
        return len(self._heap)

    def at(self, when: float, call: Due) -> None:
        """Call at `when` (perf_counter)."""
        heapq.heappush(self._heap, (when, next(self._order), call))
        if when < self._armed:
            self._arm(when)

    def _arm(self, when: float) -> None:
        self._armed = when
        self._loop.call_later(max(0.001, when - perf_counter()), self._turn)

    def _turn(self) -> None:
        now = perf_counter()
        heap = self._heap
        if heap and heap[0][0] <= now:
            # The first of a turn waited longest: one value a turn bounds them all.
            self._lag(int((now - heap[0][0]) * 1e6))
        while heap and heap[0][0] <= now:
            when, _, call = heapq.heappop(heap)
            call(when)
        if heap:
            # An older timer may still be under way: it will find little or nothing to do.
            self._arm(heap[0][0])
        else:
            self._armed = float("inf")


class Chance:
    """Seeded, for simulation only; drawn in bulk."""

    def __init__(self, seed: int) -> None:
        self._source = np.random.default_rng(seed)
        self._shares: list[float] = []
        self._normals: list[float] = []

    def share(self) -> float:
        """Uniform in [0, 1)."""
        if not self._shares:
            self._shares = self._source.random(_HELD).tolist()
        return self._shares.pop()

    def around(self, mean: float, spread: float = 0.6) -> float:
        """Log-normal with that mean: think times are never negative and sometimes long."""
        if not self._normals:
            self._normals = self._source.standard_normal(_HELD).tolist()
        return mean * exp(spread * self._normals.pop() - spread * spread / 2)

    def between(self, least: float, most: float) -> float:
        """Uniform."""
        return least + (most - least) * self.share()


def growing_pause(failures: int, chance: Chance) -> float:
    """Seconds after the nth failure in a row: 1 doubling to 30, half of it random."""
    return min(30.0, 2.0 ** min(failures - 1, 10)) * (0.5 + chance.share() / 2)


def wished_pause(retry_ms: int, chance: Chance) -> float:
    """Seconds for a `retry_ms`: that long and up to as much again, two minutes at most."""
    return min(120.0, max(250, retry_ms) / 1000 * (1 + chance.share()))
