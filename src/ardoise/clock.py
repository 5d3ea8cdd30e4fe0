"""The only reader of the time.

Anyone may import it. Rules take a `Clock` as a parameter; tests pass one that stands still.
It must never know what the time is used for.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's time, aware, in UTC."""
    return datetime.now(UTC)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since the Unix epoch: the form of every time on the wire.

    Raises ValueError for a naive datetime.
    """
    if moment.tzinfo is None:
        raise ValueError("a time on the wire needs its zone")
    return int(moment.timestamp() * 1000)


def from_milliseconds(value: int) -> datetime:
    """The aware UTC datetime of a time on the wire."""
    return datetime.fromtimestamp(value / 1000, UTC)


def system_milliseconds() -> int:
    """The machine's time in the wire's form."""
    return time.time_ns() // 1_000_000


def even_milliseconds() -> int:
    """Milliseconds since an unknown moment: nobody can set this clock, it never jumps."""
    return time.monotonic_ns() // 1_000_000
