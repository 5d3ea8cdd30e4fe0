"""The node's time: the machine's, as long as that runs evenly or the database agrees with it.

Deadlines are judged by this clock. One that jumps by an hour would refuse a whole class as late,
or let it write on; so a jump counts only if two clocks of three say so: the machine's own, the one
that counts evenly since the node started, and the database's. Where no other machine holds the
sheets, the machine's own clock is all there is.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

from ardoise.clock import even_milliseconds, system_milliseconds
from ardoise.delivery.config import ConfigFault
from ardoise.delivery.journal import note
from ardoise.delivery.store import Refused

STEP_MS = 2_000
"""What a clock may differ by: more is a jump, less is followed."""
LOOK_SECONDS = 1.0
ASK_SECONDS = 2.0


@runtime_checkable
class KeepsTime(Protocol):
    """A store whose machine has a clock of its own."""

    async def database_now_ms(self) -> int:
        """That clock. Raises Refused."""


class NodeClock:
    """Call it for the time, in milliseconds since the epoch; it never jumps by itself."""

    def __init__(
        self,
        wall: Callable[[], int] = system_milliseconds,
        even: Callable[[], int] = even_milliseconds,
    ) -> None:
        self._wall = wall
        self._even = even
        self._offset = wall() - even()

    def __call__(self) -> int:
        """Now."""
        return self._even() + self._offset

    @property
    def jumped(self) -> bool:
        """Whether the machine's clock is elsewhere than this one."""
        return abs(self._wall() - self()) > STEP_MS

    def follow(self, database_ms: int | None) -> None:
        """Take the machine's clock over: it runs evenly, or the database's says the same."""
        wall = self._wall()
        if abs(wall - self()) <= STEP_MS or (
            database_ms is not None and abs(wall - database_ms) <= STEP_MS
        ):
            self.give_in()

    def give_in(self) -> None:
        """Take the machine's clock over, whatever it says."""
        self._offset = self._wall() - self._even()


async def begin(clock: NodeClock, store: object) -> None:
    """Before the node serves. Raises ConfigFault if its clock and the database's differ."""
    if not isinstance(store, KeepsTime):
        return
    before = clock()
    database = await store.database_now_ms()
    if not before - STEP_MS <= database <= clock() + STEP_MS:
        apart = abs(database - before) // 1000
        raise ConfigFault(
            f"this machine's clock and the database's differ by {apart} s: "
            "set both by NTP (chronyc tracking), then start again"
        )


async def keep(clock: NodeClock, store: object) -> None:
    """While the node serves, until cancelled."""
    told = False
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if not clock.jumped:
            clock.follow(None)
            told = False
            continue
        if isinstance(store, KeepsTime):
            clock.follow(await _asked(store.database_now_ms))
        else:
            clock.give_in()
        if not told:
            note("clock", jumped=1, followed=int(not clock.jumped))
            told = True


async def _asked(ask: Callable[[], Awaitable[int]]) -> int | None:
    try:
        async with asyncio.timeout(ASK_SECONDS):
            return await ask()
    except (Refused, TimeoutError):
        return None
