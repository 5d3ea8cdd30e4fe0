"""What one generator counted, second by second: times by kind of request, refusals, gaps."""

from collections import defaultdict
from itertools import pairwise
from time import perf_counter, process_time

from msgspec import Struct, field

from ardoise.bench.histogram import Histogram
from ardoise.bench.wire import Counts

SLOTS_A_SECOND = 100
"""Gaps without an acknowledgement are told to a hundredth of a second."""


class Times(Struct, array_like=True):
    """A histogram on its way between processes."""

    counts: dict[int, int]
    greatest: int

    @classmethod
    def of(cls, seconds: list[float]) -> "Times":
        """Of times in seconds."""
        held = Histogram()
        held.add_all(seconds)
        return cls(held.counts, held.greatest)

    def histogram(self) -> Histogram:
        """As one that can be merged."""
        return Histogram(self.counts, self.greatest)


class Snapshot(Struct):
    """What happened since the snapshot before."""

    generator: int
    at: float
    """Seconds since the start."""
    times: dict[str, Times]
    troubles: dict[str, int]
    """`kind of request: what` → how often."""
    acknowledged: list[int]
    """Hundredths of a second since the start in which at least one save was acknowledged."""
    people: dict[str, int]
    """How many are waiting, working, done, … now."""
    wire: dict[str, int]
    """Counts of the wire since the start."""
    cpu_s: float
    """Of this generator since the start."""


class Tally:
    """Counts. `began`: the start, by perf_counter."""

    def __init__(self) -> None:
        self.began = perf_counter()
        self.people: dict[str, int] = {}
        self._times: defaultdict[str, list[float]] = defaultdict(list)
        """In seconds as they came; made histograms of once a second."""
        self._troubles: dict[str, int] = {}
        self._slots: set[int] = set()
        self._cpu = process_time()

    def start(self, began: float) -> None:
        """From here on seconds and CPU are counted."""
        self.began = began
        self._cpu = process_time()

    def took(self, kind: str, since: float) -> None:
        """An answer that came now, for what was due at `since`."""
        self._times[kind].append(perf_counter() - since)

    def lasted(self, kind: str, microseconds: int) -> None:
        """A time that was measured elsewhere."""
        self._times[kind].append(microseconds / 1e6)

    def trouble(self, kind: str, what: str) -> None:
        """A refusal, a lost answer."""
        name = f"{kind}: {what}"
        self._troubles[name] = self._troubles.get(name, 0) + 1

    def acknowledged(self) -> None:
        """A save was acknowledged now."""
        self._slots.add(int((perf_counter() - self.began) * SLOTS_A_SECOND))

    def moved(self, origin: str | None, to: str) -> None:
        """Somebody goes from one state to another."""
        if origin is not None:
            self.people[origin] = self.people.get(origin, 0) - 1
        self.people[to] = self.people.get(to, 0) + 1

    def take(self, generator: int, counts: Counts, open_now: int) -> Snapshot:
        """Since the last time."""
        for microseconds in counts.handshake_us:
            self.lasted("handshake", microseconds)
        counts.handshake_us.clear()
        names = ("connects", "connect_failures", "handshakes", "resumed", "lost", "closed")
        wire = {name: getattr(counts, name) for name in (*names, "received", "sent")}
        snapshot = Snapshot(
            generator,
            perf_counter() - self.began,
            {kind: Times.of(seconds) for kind, seconds in self._times.items()},
            self._troubles,
            sorted(self._slots),
            dict(self.people),
            {**wire, "open": open_now},
            process_time() - self._cpu,
        )
        self._times, self._troubles, self._slots = defaultdict(list), {}, set()
        return snapshot


class Figures(Struct):
    """Snapshots of all generators, added up."""

    times: dict[str, Histogram] = field(default_factory=dict)
    troubles: dict[str, int] = field(default_factory=dict)
    slots: set[int] = field(default_factory=set)
    seconds: dict[int, dict[str, Histogram]] = field(default_factory=dict)
    """Second since the start → kind → times."""
    trouble_seconds: dict[int, int] = field(default_factory=dict)
    latest: dict[int, Snapshot] = field(default_factory=dict)

    def add(self, snapshot: Snapshot) -> None:
        """One more."""
        second = max(0, int(snapshot.at - 0.5))
        for kind, times in snapshot.times.items():
            held = times.histogram()
            self.times.setdefault(kind, Histogram()).merge(held)
            if kind in ("save", "login", "generator-lag"):
                self.seconds.setdefault(second, {}).setdefault(kind, Histogram()).merge(held)
        for name, count in snapshot.troubles.items():
            self.troubles[name] = self.troubles.get(name, 0) + count
            self.trouble_seconds[second] = self.trouble_seconds.get(second, 0) + count
        self.slots.update(snapshot.acknowledged)
        self.latest[snapshot.generator] = snapshot

    def people(self) -> dict[str, int]:
        """How many are in which state now."""
        return _summed([snapshot.people for snapshot in self.latest.values()])

    def wire(self) -> dict[str, int]:
        """Connections and bytes."""
        return _summed([snapshot.wire for snapshot in self.latest.values()])

    def cpu_s(self) -> float:
        """Of all generators."""
        return sum(snapshot.cpu_s for snapshot in self.latest.values())

    def requests(self) -> int:
        """Answers that came, refusals included."""
        aside = ("kept", "admitted", "handshake", "generator-lag")
        return sum(held.total for kind, held in self.times.items() if kind not in aside)

    def longest_gap(self) -> tuple[float, float]:
        """Seconds without an acknowledgement between the first and the last, and when it began."""
        ordered = sorted(self.slots)
        gaps = [(after - before, before) for before, after in pairwise(ordered)]
        length, began = max(gaps, default=(0, 0))
        return (max(0, length - 1) / SLOTS_A_SECOND, began / SLOTS_A_SECOND)


def _summed(several: list[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in several:
        for name, count in one.items():
            total[name] = total.get(name, 0) + count
    return total
