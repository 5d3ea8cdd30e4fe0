"""Processes that send real, sealed saves: on all connections at once, or each at its time.

A player is a process of its own that keeps its connections from round to round, so that rounds of
several servers can be interleaved. It is told what to do line by line (JSON) on its input. Paced
saves are due at a time that is set beforehand; a latency is counted from there, whatever happened
meanwhile (no coordinated omission).

    python bench/delivery_load.py        one player, started by the benchmarks
"""

import asyncio
import gc
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from types import TracebackType
from typing import Self, TypeVar

import msgspec
import uvloop
from delivery_machine import environment

from ardoise.bench.campaign import PART
from ardoise.bench.histogram import Histogram
from ardoise.bench.sheets import Sealer, Texts
from ardoise.bench.wire import Connection, Endpoint, Target
from ardoise.contract.problems import Problem
from ardoise.contract.sitting import Saved

OPENING_AT_ONCE = 200
TICK_S = 0.001
END_SECONDS = 20.0
"""How long answers are waited for after the last request."""


class Seat(msgspec.Struct, array_like=True):
    """Whose sheet is saved: number, bearer token, key of the sheet; the version sent last."""

    number: str
    session: str
    key: bytes
    version: int = 0


class Opening(msgspec.Struct, tag="open"):
    """Open that many connections to each target in turn, and keep them."""

    targets: list[str]
    connections: int
    sources: tuple[str, ...]
    campaign: str
    seats: list[Seat]
    part: str = PART
    kib: int = 1


class Round(msgspec.Struct, tag="round"):
    """Save for that long. `rate`: saves a second of this player; 0: as fast as it goes."""

    seconds: float
    rate: float = 0.0


class Outcome(msgspec.Struct):
    """What one player saw in one round."""

    sent: int = 0
    acknowledged: int = 0
    seconds: float = 0.0
    """From the first request to the last answer."""
    answers: dict[str, int] = {}
    """Refusals and losses by name."""
    untrue: int = 0
    """Acknowledgements of less than what was sent."""
    counts: dict[int, int] = {}
    greatest: int = 0
    late_us: int = 0
    """How late the player itself was at worst: above some milliseconds it measures itself."""
    cpu: float = 0.0

    @property
    def latency(self) -> Histogram:
        """From the scheduled time (paced) or from sending."""
        return Histogram(self.counts, self.greatest)


class Opened(msgspec.Struct):
    """How many connections stand, and why others do not."""

    open: int
    failed: dict[str, int]


_SAVED = msgspec.json.Decoder(Saved)
_PROBLEM = msgspec.json.Decoder(Problem)


# --- one player ----------------------------------------------------------------------------------


class _Line:
    """One connection and the seats that save over it, one after the other."""

    __slots__ = ("connection", "due", "heads", "place", "sealers", "seats")

    def __init__(self, connection: Connection, seats: list[Seat], sealers: list[Sealer]) -> None:
        self.connection = connection
        self.seats = seats
        self.sealers = sealers
        self.heads: list[bytes] = []
        self.place = 0
        self.due: deque[float] = deque()


class Player:
    """Plays rounds on its connections."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._lines: list[_Line] = []
        self._failed: Counter[str] = Counter()
        self._size = opening.kib * 1024 + 28
        self._outcome = Outcome()
        self._answers: Counter[str] = Counter()
        self._latency = Histogram()
        self._under_way = 0
        self._until = 0.0
        self._saturated = False

    async def open(self) -> Opened:
        """Open every connection; a failure is counted, not tried again."""
        wanted = self._opening
        endpoints = [Endpoint(Target.parse(url), sources=wanted.sources) for url in wanted.targets]
        for endpoint in endpoints:
            await endpoint.resolve()
        texts = Texts.make(wanted.campaign, wanted.part, "pupil", most_kib=wanted.kib)
        gate = asyncio.Semaphore(OPENING_AT_ONCE)

        async def one(place: int) -> None:
            async with gate:
                made: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()

                def opened(connection: Connection | None, why: str) -> None:
                    self._failed[why] += connection is None
                    made.set_result(connection)

                endpoints[place % len(endpoints)].open(opened)
                connection = await made
            if connection is not None:
                seats = wanted.seats[place :: wanted.connections]
                sealers = [Sealer(texts, seat.number, seat.key) for seat in seats]
                line = _Line(connection, seats, sealers)
                host = endpoints[place % len(endpoints)].target.authority
                line.heads = [self._head(host, seat) for seat in seats]
                self._lines.append(line)

        await asyncio.gather(*(one(place) for place in range(wanted.connections)))
        gc.freeze()
        return self.standing()

    def standing(self) -> Opened:
        """How it stands now."""
        alive = sum(line.connection.alive for line in self._lines)
        return Opened(alive, {why: count for why, count in self._failed.items() if count})

    def _head(self, host: str, seat: Seat) -> bytes:
        return (
            f"PUT /v1/sheet HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {seat.session}\r\n"
            f"Content-Type: application/octet-stream\r\nContent-Length: {self._size}\r\n"
            f"Ardoise-Part: {self._opening.part}\r\nArdoise-Base: 0\r\nArdoise-Version: "
        ).encode()

    async def play(self, task: Round) -> Outcome:
        """One round; returns when every answer is there, or none came for long."""
        self._outcome, self._answers, self._latency = Outcome(), Counter(), Histogram()
        loop = asyncio.get_running_loop()
        cpu, begun = process_time(), perf_counter()
        self._until = begun + task.seconds
        self._saturated = not task.rate
        if task.rate:
            await self._pace(task.rate, begun)
        else:
            for line in self._lines:
                line.due.clear()
                self._send(line, perf_counter())
            await asyncio.sleep(task.seconds)
        deadline = loop.time() + END_SECONDS
        while self._under_way and loop.time() < deadline:
            await asyncio.sleep(0.01)
        if self._under_way:
            self._answers["no answer"] += self._under_way
        found = self._outcome
        found.seconds = perf_counter() - begun
        found.answers = dict(self._answers)
        found.counts, found.greatest = self._latency.counts, self._latency.greatest
        found.cpu = process_time() - cpu
        return found

    async def _pace(self, rate: float, begun: float) -> None:
        """Save k is due at k/rate, on connection k modulo their number."""
        lines, k = self._lines, 0
        while (now := perf_counter()) < self._until:
            while (due := begun + k / rate) <= now:
                self._outcome.late_us = max(self._outcome.late_us, int((now - due) * 1e6))
                line = lines[k % len(lines)]
                k += 1
                if line.connection.alive and not line.connection.idle:
                    line.due.append(due)
                else:
                    self._send(line, due)
            await asyncio.sleep(TICK_S)

    def _send(self, line: _Line, due: float) -> None:
        connection, place = line.connection, line.place
        if not connection.idle:
            self._answers["connection gone"] += 1
            return
        seat = line.seats[place]
        seat.version += 1
        line.place = (place + 1) % len(line.seats)
        self._outcome.sent += 1
        self._under_way += 1
        raw = b"%s%d\r\n\r\n%s" % (
            line.heads[place],
            seat.version,
            line.sealers[place].seal(seat.version, self._opening.kib),
        )
        connection.send(raw, self._taker(line, seat.version, due))

    def _taker(self, line: _Line, version: int, due: float) -> Callable[[int, bytes, bytes], None]:
        def take(status: int, _head: bytes, body: bytes) -> None:
            now = perf_counter()
            self._under_way -= 1
            if status == 200:
                self._outcome.acknowledged += 1
                self._outcome.untrue += _SAVED.decode(body).version < version
            elif status == 204:
                self._outcome.acknowledged += 1
            else:
                self._answers[named(status, body)] += 1
            self._latency.add(int((now - due) * 1e6))
            while line.due and not line.connection.alive:
                line.due.popleft()
                self._answers["connection gone"] += 1
            if line.due:
                self._send(line, line.due.popleft())
            elif self._saturated and now < self._until:
                self._send(line, now)

        return take


def named(status: int, body: bytes) -> str:
    try:
        return f"{status} {_PROBLEM.decode(body).problem}"
    except msgspec.MsgspecError:
        return f"{status} {body[:40].decode('ascii', 'replace')}"


async def _serve() -> None:
    """Take lines until there is no more."""
    loop = asyncio.get_running_loop()
    decoder = msgspec.json.Decoder(Opening | Round)
    player: Player | None = None
    while line := await loop.run_in_executor(None, sys.stdin.buffer.readline):
        asked = decoder.decode(line)
        if isinstance(asked, Opening):
            player = Player(asked)
            answer: object = await player.open()
        elif player is not None:
            answer = await player.play(asked)
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()


# --- those who are measured from -----------------------------------------------------------------


class Players:
    """Some players that act as one. Use `with`."""

    def __init__(self, openings: list[Opening]) -> None:
        self._openings = openings
        self._processes: list[subprocess.Popen[bytes]] = []
        self.opened = Opened(0, {})

    def __enter__(self) -> Self:
        for _ in self._openings:
            self._processes.append(
                subprocess.Popen(  # noqa: S603 - our own arguments
                    [sys.executable, str(Path(__file__))],
                    env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                )
            )  # fmt: skip
        for process, opening in zip(self._processes, self._openings, strict=True):
            _tell(process, opening)
        found = [_hear(process, Opened) for process in self._processes]
        failed: Counter[str] = Counter()
        for each in found:
            failed.update(each.failed)
        self.opened = Opened(sum(each.open for each in found), dict(failed))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            if process.stdin is not None:
                process.stdin.close()
        for process in self._processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def play(self, seconds: float, rate: float = 0.0) -> Outcome:
        """One round of all of them; `rate` is the sum."""
        self.begin(seconds, rate)
        return self.finish()

    def begin(self, seconds: float, rate: float = 0.0) -> None:
        """Let a round begin; `finish` waits for its end."""
        for process in self._processes:
            _tell(process, Round(seconds, rate / len(self._processes)))

    def finish(self) -> Outcome:
        """What they saw together."""
        total, latency, answers = Outcome(), Histogram(), Counter[str]()
        for process in self._processes:
            one = _hear(process, Outcome)
            total.sent += one.sent
            total.acknowledged += one.acknowledged
            total.untrue += one.untrue
            total.cpu += one.cpu
            total.seconds = max(total.seconds, one.seconds)
            total.late_us = max(total.late_us, one.late_us)
            latency.merge(one.latency)
            answers.update(one.answers)
        total.answers = dict(answers)
        total.counts, total.greatest = latency.counts, latency.greatest
        return total


def _tell(process: "subprocess.Popen[bytes]", what: msgspec.Struct) -> None:
    assert process.stdin is not None  # noqa: S101 - a pipe was asked for
    process.stdin.write(msgspec.json.encode(what) + b"\n")
    process.stdin.flush()


_T = TypeVar("_T")


def _hear(process: "subprocess.Popen[bytes]", kind: type[_T]) -> _T:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a player ended: what it said stands above")
    return msgspec.json.decode(line, type=kind)


if __name__ == "__main__":
    uvloop.run(_serve())
