"""Starts the generators, leads them through a run, gathers what they tell.

Phases: *setup* (everybody is made), *run*, *settle* (no new answers; what is unsent gets its time),
*late* (the window is closed, stragglers come), *over*.
"""

import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from types import TracebackType
from typing import Self

from ardoise.bench import messages
from ardoise.bench.campaign import Group, Rehearsal
from ardoise.bench.ledger import Place
from ardoise.bench.messages import Broken, Closed, End, Finish, Go, Gone, Places, Ready, Told, Work
from ardoise.bench.profiles import Profile
from ardoise.bench.tally import Figures
from ardoise.bench.wire import Target
from ardoise.seal import randomness

CONNECTIONS_EACH = 15_000
"""File handles of a process are bounded, often at 20,000."""
REQUESTS_EACH = 12_000.0
"""A second: well below what one process can do, so that it is never the one that is slow."""
SETUP_SECONDS = 600
SETTLE_SECONDS = 120.0
LATE_SECONDS = 20.0
LEAD_SECONDS = 1.0
SOURCES_EACH = 4


class RunFault(Exception):
    """The run cannot go on; the message says why."""


@dataclass
class Progress:
    """Where a run stands, for whoever looks on."""

    phase: str
    elapsed_s: float
    figures: Figures


Look = Callable[[Progress], None]


@dataclass
class Conduct:
    """How a run is made."""

    targets: tuple[Target, ...]
    """Nodes that pupils reach; each generator plays against one of them."""
    profile: Profile
    rehearsal: Rehearsal
    ca: str | None = None
    resume: bool = False
    generators: int = 0
    """0: as many as connections and rate need."""
    settle_s: float = SETTLE_SECONDS
    seed: int = field(default_factory=lambda: randomness.below(1 << 32))

    @property
    def processes(self) -> int:
        """How many generators."""
        profile = self.profile
        rate = profile.rate or profile.pupils / profile.every_s
        needed = max(
            -(-profile.open_connections // CONNECTIONS_EACH),
            -(-int(rate) // int(REQUESTS_EACH)),
            len(self.targets),
        )
        return min(self.generators or needed, len(self.rehearsal.groups))

    def works(self) -> list[Work]:
        """Each generator's share: whole classes."""
        groups, count = self.rehearsal.groups, self.processes
        shares = [groups[place::count] for place in range(count)]
        return [self._work(place, share) for place, share in enumerate(shares)]

    def _work(self, place: int, groups: tuple[Group, ...]) -> Work:
        target = self.targets[place % len(self.targets)]
        sources: tuple[str, ...] = ()
        if target.loopback:
            sources = tuple(f"127.0.{10 + place}.{n}" for n in range(1, SOURCES_EACH + 1))
        pupils = sum(len(group.pupils) for group in groups)
        return Work(
            place,
            target.url,
            self.profile,
            self.rehearsal.seats,
            groups,
            tuple(blob.sha256 for blob in self.rehearsal.assets),
            pupils / self.rehearsal.shape.pupils,
            self.seed + place,
            sources,
            self.ca,
            self.resume,
        )


class Run:
    """The generators of one run. Use `with`: whatever happens, no process is left."""

    def __init__(self, conduct: Conduct, look: Look = lambda _: None) -> None:
        """`look` is called about four times a second, in the caller's thread."""
        self._conduct = conduct
        self._look = look
        self._phase = "setup"
        self._began = perf_counter()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._channels: list[socket.socket] = []
        self._heard: queue.Queue[tuple[int, messages.FromGenerator | None]] = queue.Queue()
        self._ready = self._gone = 0
        self.figures = Figures()
        self.places: list[Place] = []
        self.elapsed_s = 0.0

    def __enter__(self) -> Self:
        for work in self._conduct.works():
            here, there = socket.socketpair()
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "ardoise.bench.generator", str(there.fileno())],
                pass_fds=(there.fileno(),),
                # Ctrl-C is for the conductor: it still wants the ledgers.
                start_new_session=True,
            )
            there.close()
            self._processes.append(process)
            self._channels.append(here)
            listener = threading.Thread(
                target=self._listen, args=(len(self._channels) - 1, here), daemon=True
            )
            listener.start()
            here.sendall(messages.framed(work))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for channel in self._channels:
            # Both ways at once: the listener's read ends too.
            channel.shutdown(socket.SHUT_RDWR)
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for channel in self._channels:
            channel.close()

    @property
    def pids(self) -> list[int]:
        """The generators' processes."""
        return [process.pid for process in self._processes]

    def play(self) -> None:
        """Setup, run, settle; `elapsed_s` is what that took. Raises RunFault."""
        self._until(lambda: self._ready == len(self._processes), SETUP_SECONDS, "be ready")
        profile = self._conduct.profile
        self._began = perf_counter() + LEAD_SECONDS
        self._tell(Go(self._began))
        self._phase = "run"
        lasts = profile.minutes * 60
        if profile.actor == "pacer":
            lasts += profile.arrive_s
        self._wait(LEAD_SECONDS + lasts)
        self._phase = "settle"
        self._tell(Finish())
        self._settle(self._conduct.settle_s)
        self.elapsed_s = perf_counter() - self._began

    def let_the_late_come(self) -> None:
        """After the window was closed."""
        self._phase = "late"
        self._tell(Closed())
        if self._conduct.profile.late:
            self._settle(LATE_SECONDS)

    def end(self) -> None:
        """Gather the ledgers. Raises RunFault."""
        self._phase = "over"
        self.elapsed_s = self.elapsed_s or perf_counter() - self._began
        self._tell(End())
        self._until(lambda: self._gone == len(self._processes), SETUP_SECONDS, "hand in")

    def _settle(self, seconds: float) -> None:
        """Until nothing is unsent. Two snapshots: one may have been under way at the word."""
        self._wait(2.2)
        deadline = perf_counter() + seconds
        while self._unsent() and perf_counter() < deadline:
            self._turn()

    def _unsent(self) -> int:
        return self.figures.people().get("unsent", 0)

    def _tell(self, message: messages.ToGenerator) -> None:
        raw = messages.framed(message)
        try:
            for channel in self._channels:
                channel.sendall(raw)
        except OSError:
            raise RunFault("a generator has ended: read above what it said") from None

    def _listen(self, place: int, channel: socket.socket) -> None:
        try:
            for message in messages.from_generator(channel):
                self._heard.put((place, message))
        except (OSError, ValueError):
            pass
        self._heard.put((place, None))

    def _wait(self, seconds: float) -> None:
        deadline = perf_counter() + seconds
        while perf_counter() < deadline:
            self._turn()

    def _until(self, reached: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = perf_counter() + seconds
        while not reached():
            if perf_counter() > deadline:
                raise RunFault(f"the generators took more than {seconds:.0f} s to {what}")
            self._turn()

    def _turn(self) -> None:
        """Hear what was said in a quarter of a second, then let the onlooker look."""
        deadline = perf_counter() + 0.25
        while (left := deadline - perf_counter()) > 0:
            try:
                self._hear(*self._heard.get(timeout=left))
            except queue.Empty:
                break
        self._look(Progress(self._phase, perf_counter() - self._began, self.figures))

    def _hear(self, place: int, message: messages.FromGenerator | None) -> None:
        if isinstance(message, Told):
            self.figures.add(message.snapshot)
        elif isinstance(message, Places):
            self.places += message.places
        elif isinstance(message, Ready):
            self._ready += 1
        elif isinstance(message, Gone):
            self._gone += 1
        elif isinstance(message, Broken):
            raise RunFault(f"generator {place} cannot go on: {message.why}")
        elif self._phase != "over":
            raise RunFault(f"generator {place} has ended: read above what it said")
