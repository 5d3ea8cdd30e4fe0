"""CPU and memory of the server's processes, where they can be seen: on this machine, or not at all.

Found by the port that is loaded, or named (`--watch PID`); their children count with them.
"""

import threading
from collections.abc import Iterable
from time import perf_counter

import psutil
from msgspec import Struct, field

from ardoise.bench.wire import Target

EVERY_SECONDS = 1.0


class Sight(Struct):
    """What was seen of one process."""

    name: str
    cpu_s: float = 0.0
    """Since watching began."""
    first_mb: float = 0.0
    last_mb: float = 0.0
    most_mb: float = 0.0
    """Memory that is its own (PSS where the system tells, else RSS)."""


class Load(Struct):
    """All of them together."""

    processes: int = 0
    cpu_s: float = 0.0
    memory_mb: float = 0.0
    most_mb: float = 0.0
    sights: list[Sight] = field(default_factory=list)


class Watch:
    """Looks once a second in a thread of its own. Use `start` and `stop`."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._roots = tuple(pids)
        self._sights: dict[int, Sight] = {}
        self._began: dict[int, float] = {}
        self._most = 0.0
        self._over = threading.Event()
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.series: list[tuple[float, float, float]] = []
        """Moments (perf_counter), CPU seconds so far, memory in MB."""

    def start(self) -> None:
        """From here on CPU counts."""
        self._look()
        self._thread.start()

    def stop(self) -> None:
        """A last look, if there was a first."""
        if not self.series:
            return
        self._over.set()
        self._thread.join()
        self._look()

    def load(self) -> Load:
        """So far."""
        with self._guard:
            sights = list(self._sights.values())
        return Load(
            len(sights),
            sum(sight.cpu_s for sight in sights),
            sum(sight.last_mb for sight in sights),
            self._most,
            sights,
        )

    def _run(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        for process in _with_children(self._roots):
            self._see(process)
        load = self.load()
        self._most = max(self._most, load.memory_mb)
        self.series.append((perf_counter(), load.cpu_s, load.memory_mb))

    def _see(self, process: psutil.Process) -> None:
        try:
            times = process.cpu_times()
            memory = _memory_mb(process)
            name = process.name()
        except psutil.Error:
            return
        cpu = times.user + times.system
        with self._guard:
            sight = self._sights.get(process.pid)
            if sight is None:
                # What was born while we watched has spent all its time under our eyes.
                self._began[process.pid] = 0.0 if self.series else cpu
                sight = self._sights[process.pid] = Sight(name, first_mb=memory)
            sight.cpu_s = cpu - self._began[process.pid]
            sight.last_mb = memory
            sight.most_mb = max(sight.most_mb, memory)


def _with_children(roots: Iterable[int]) -> list[psutil.Process]:
    found: dict[int, psutil.Process] = {}
    for pid in roots:
        try:
            root = psutil.Process(pid)
            for process in (root, *root.children(recursive=True)):
                found[process.pid] = process
        except psutil.Error:
            continue
    return list(found.values())


def _memory_mb(process: psutil.Process) -> float:
    try:
        memory = process.memory_full_info()
        return float(getattr(memory, "pss", 0) or memory.rss) / 1e6
    except (psutil.Error, OSError):
        return float(process.memory_info().rss) / 1e6


def listeners(target: Target) -> list[int]:
    """Processes of this machine that listen on the target's port; none if it is elsewhere."""
    if not target.loopback:
        return []
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return []
    return sorted(
        {
            connection.pid
            for connection in connections
            if connection.status == psutil.CONN_LISTEN
            and connection.pid is not None
            and connection.laddr
            and connection.laddr.port == target.port
        }
    )
