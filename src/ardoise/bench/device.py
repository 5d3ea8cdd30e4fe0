"""One browser of one seat: a connection, opened again when it is lost, one request at a time.

Refusals are taken as the runner takes them (runner/src/queue/): what delivery wishes, or pauses
that grow from one second to thirty, half of them random.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter

import msgspec

from ardoise.bench.campaign import SeatSecrets
from ardoise.bench.sheets import Texts
from ardoise.bench.tally import Tally
from ardoise.bench.timers import Chance, Due, Timers, growing_pause, wished_pause
from ardoise.bench.wire import Connection, Endpoint, Then
from ardoise.contract.problems import Kind, Problem

ANSWER_SECONDS = 30.0
"""Without an answer for that long a request is given up and sent again on a new connection."""
_PASSING: frozenset[Kind] = frozenset(("waiting", "slow-down", "queued", "busy", "fault"))
_PROBLEM = msgspec.json.Decoder(Problem)


@dataclass
class World:
    """What all devices of a process share."""

    endpoint: Endpoint
    timers: Timers
    tally: Tally
    chance: Chance
    seats: SeatSecrets
    texts: Texts
    blobs: tuple[str, ...]
    """Assets that go with the booklet."""
    devices: set["Device"] = field(default_factory=set)

    def sweep(self) -> None:
        """Give up what has had no answer for too long."""
        limit = perf_counter() - ANSWER_SECONDS
        for device in tuple(self.devices):
            device.give_up(limit)


def problem_of(body: bytes) -> Problem:
    """The problem in a refusal; `fault` for what no delivery says (a proxy's own page)."""
    try:
        return _PROBLEM.decode(body)
    except msgspec.MsgspecError:
        return Problem("fault")


class Device:
    """Sends requests one after the other. A subclass decides which."""

    __slots__ = ("_connection", "_failures", "_kind", "_since", "_then", "busy", "gone", "world")

    def __init__(self, world: World) -> None:
        self.world = world
        self.busy = False
        self.gone = False
        """Left for good: answers that still come are nobody's."""
        self._connection: Connection | None = None
        self._failures = 0
        # Of the request under way: attributes cost less than a closure for each.
        self._kind = ""
        self._since = 0.0
        self._then: Then | None = None
        world.devices.add(self)

    def ask(self, kind: str, raw: bytes, since: float, then: Then) -> None:
        """Send, on a new connection if need be. `then` gets every outcome, once."""
        self.busy = True
        self._kind, self._since, self._then = kind, since, then
        connection = self._connection
        if connection is not None and connection.idle:
            connection.send(raw, self._answered)
        else:
            self.world.endpoint.open(partial(self._opened, raw))

    def _opened(self, raw: bytes, connection: Connection | None, why: str) -> None:
        if connection is None:
            self._answered(0, b"", why.encode())
        elif self.gone:
            connection.close()
        else:
            self._connection = connection
            connection.send(raw, self._answered)

    def _answered(self, status: int, head: bytes, body: bytes) -> None:
        self.busy = False
        then, self._then = self._then, None
        if self.gone or then is None:
            return
        if status:
            self.world.tally.took(self._kind, self._since)
            if status == 200:
                self._failures = 0
        then(status, head, body)

    def again(self, kind: str, status: int, body: bytes, call: Due) -> Problem | None:
        """After a refusal or a lost answer: call later, or the problem if it is final."""
        tally, chance = self.world.tally, self.world.chance
        if status == 0:
            tally.trouble(kind, body.decode())
            self._failures += 1
            pause = growing_pause(self._failures, chance)
        else:
            problem = problem_of(body)
            tally.trouble(kind, problem.problem)
            if problem.problem not in _PASSING and problem.retry_ms is None:
                return problem
            if problem.retry_ms is None:
                self._failures += 1
                pause = growing_pause(self._failures, chance)
            elif problem.problem == "queued":
                pause = problem.retry_ms / 1000
            else:
                pause = wished_pause(problem.retry_ms, chance)
        self.world.timers.at(perf_counter() + pause, partial(self._unless_gone, call))
        return None

    def _unless_gone(self, call: Callable[[float], None], when: float) -> None:
        if not self.gone:
            call(when)

    def cut(self) -> None:
        """Lose the connection, as a bad network does."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort(b"cut")

    def leave(self) -> None:
        """Close the browser."""
        self.gone = True
        self.world.devices.discard(self)
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def give_up(self, limit: float) -> None:
        """End a request that was sent before `limit`."""
        connection = self._connection
        if connection is not None and not connection.idle and connection.since < limit:
            if connection.alive:
                connection.abort(b"timeout")
            else:
                self._connection = None

    def keep_tls_session(self) -> None:
        """Let later connections resume."""
        if self._connection is not None:
            self.world.endpoint.keep_session(self._connection)
