"""Throttles held in memory, each bounded: the least used is forgotten first."""

from collections import OrderedDict
from typing import Generic, TypeVar

from ardoise.contract.words import Role
from ardoise.delivery import sittings
from ardoise.delivery.sittings import Attempts
from ardoise.delivery.store import Refused

ENTRIES = 200_000
GENERATION_MS = 20_000

_V = TypeVar("_V")


class Recent(Generic[_V]):
    """A mapping of at most `limit` entries."""

    def __init__(self, limit: int = ENTRIES) -> None:
        self._limit = limit
        self._entries: OrderedDict[str, _V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str) -> _V | None:
        """What is held, or None."""
        return self._entries.get(key)

    def put(self, key: str, value: _V) -> None:
        """Hold a value as the most recent one."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)

    def drop(self, key: str) -> None:
        """Forget it."""
        self._entries.pop(key, None)


class Throttles:
    """Logins by number, whether or not it exists; requests by seat."""

    def __init__(self, limit: int = ENTRIES) -> None:
        self._attempts: Recent[Attempts] = Recent(limit)
        self._limit = limit
        self._seats: dict[str, float] = {}
        self._before: dict[str, float] = {}
        self._since_ms = 0

    def login(self, seat: str, now_ms: int) -> None:
        """Before a login. Raises Refused `slow-down`."""
        attempts = self._attempts.get(seat) or Attempts()
        wait_ms = sittings.login_wait_ms(attempts, now_ms)
        if wait_ms:
            raise Refused("slow-down", retry_ms=wait_ms)
        self._attempts.put(seat, sittings.login_tried(attempts, now_ms))

    def entering(self, seat: str, now_ms: int) -> None:
        """Before the store is asked to let a seat in, as often as it may save: no single card may
        fill the line of logins. Raises Refused `slow-down`.
        """
        self.request(f"{seat}/login", "pupil", 1.0, now_ms)

    def not_entered(self, seat: str) -> None:
        """It was not let in: whoever lacks the code takes nothing from who has it."""
        key = f"{seat}/login"
        full_ms = self._seats.get(key) or self._before.get(key, 0.0)
        self._seats[key] = full_ms - sittings.RATES["pupil"].every_ms

    def login_succeeded(self, seat: str) -> None:
        """Whoever knows the code is not held up by who does not."""
        self._attempts.drop(seat)

    def request(self, seat: str, role: Role, cost: float, now_ms: int) -> None:
        """Before a request of a seat. Raises Refused `slow-down`."""
        full_ms = self._seats.get(seat) or self._before.get(seat, 0.0)
        full_ms, wait_ms = sittings.take(full_ms, sittings.RATES[role], cost, now_ms)
        if wait_ms:
            raise Refused("slow-down", retry_ms=wait_ms)
        self._seats[seat] = full_ms
        if not 0 <= now_ms - self._since_ms < GENERATION_MS or len(self._seats) >= self._limit // 2:
            # What nobody touched for longer than the longest burst is whole again: no loss.
            self._before, self._seats, self._since_ms = self._seats, {}, now_ms
