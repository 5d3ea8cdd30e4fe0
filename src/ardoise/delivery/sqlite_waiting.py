"""What waits for the writer, and how those who asked hear what became of it."""

import asyncio
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from ardoise.contract.sitting import Saved
from ardoise.delivery.sqlite_saves import Saves
from ardoise.delivery.sqlite_tallies import AnyChange, Slices, Write
from ardoise.delivery.store import SaveRequest

Ended = list[tuple["asyncio.Future[Any]", Any]]
"""Futures and what became of them; an exception is raised by its future."""


@dataclass(slots=True)
class Waiting:
    """A change."""

    change: AnyChange
    future: "asyncio.Future[Any]"
    size: int = 0
    outcome: Any = None


@dataclass(slots=True)
class Job:
    """A long change; nobody may wait for it."""

    slices: Slices[Any]
    future: "asyncio.Future[Any] | None"
    write: Write | None = None
    running: Generator[bool, None, Any] = field(default_factory=lambda: (_ for _ in ()))
    waits: bool = False

    def going_on(self, write: Write) -> Write:
        """In a new transaction: the slices know the first one's `Write`."""
        if self.write is None:
            self.write, self.running = write, self.slices(write)
        else:
            self.write.sequence, self.write.counted = write.sequence, write.counted
        return self.write


@dataclass(slots=True)
class SavingChange:
    """A save that takes a transaction."""

    saves: Saves
    request: SaveRequest

    def __call__(self, write: Write) -> Saved:
        return self.saves.change(write, self.request)


def tell(ended: Ended) -> None:
    """Each future's loop hears once."""
    by_loop: dict[asyncio.AbstractEventLoop, Ended] = {}
    for one in ended:
        by_loop.setdefault(one[0].get_loop(), []).append(one)
    for loop, told in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, told)


def _settle(ended: Ended) -> None:
    for future, outcome in ended:
        if future.done():
            continue
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
