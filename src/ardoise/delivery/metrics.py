"""What is counted, in Prometheus' form. No label ever names a seat, a campaign or an address."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ardoise.delivery.store import Gauges

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Server(Protocol):
    """What is asked of the server at a scrape."""

    draining: bool
    active: int
    open: int
    held: int


class Line(Protocol):
    """What is asked of the line of logins at a scrape."""

    @property
    def rate(self) -> float:
        """Logins a second that may go in."""

    def waiting(self) -> float:
        """Turns given and not yet come."""

    def saves_ms(self) -> float:
        """How long a save waits for its commit."""


SAVE_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Saves(Collector):
    """Counted in plain numbers, ten thousand times a second; made into metrics when asked."""

    def __init__(self) -> None:
        self.counts = [0] * (len(SAVE_SECONDS) + 1)
        self.seconds = 0.0

    def collect(self) -> Iterator[Metric]:
        """As Prometheus has it."""
        totals = list(accumulate(self.counts))
        yield CounterMetricFamily("ardoise_saves", "Acknowledged saves", value=totals[-1])
        bounds = [*map(str, SAVE_SECONDS), "+Inf"]
        buckets = list(zip(bounds, totals, strict=True))
        yield HistogramMetricFamily(
            "ardoise_save_seconds",
            "From arrival to commit",
            buckets=buckets,
            sum_value=self.seconds,
        )


class Metrics:
    """Counters in a registry of their own."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self._saves = Saves()
        registry.register(self._saves)
        self.strays = Counter("ardoise_strays", "Strays kept", ["reason"], registry=registry)
        self.logins = Counter("ardoise_logins", "Successful logins", registry=registry)
        self.refusals = Counter("ardoise_refusals", "Refusals", ["kind"], registry=registry)
        self.returned = Counter("ardoise_returned", "Records given back", registry=registry)
        self._requests = Gauge("ardoise_requests_now", "Requests in progress", registry=registry)
        self._connections = Gauge("ardoise_connections", "Open connections", registry=registry)
        self._bodies = Gauge(
            "ardoise_body_bytes", "Bodies that arrive or are worked on", registry=registry
        )
        self.runner_differs = Gauge(
            "ardoise_runner_differs",
            "Files of the runner that are not as the newest kit lists them",
            registry=registry,
        )
        self._batch_size = Histogram(
            "ardoise_commit_changes",
            "Changes in one commit",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
            registry=registry,
        )
        self._batch_seconds = Histogram(
            "ardoise_commit_seconds",
            "Time of one commit, sync included",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
            registry=registry,
        )
        self.login_seconds = Histogram(
            "ardoise_login_seconds",
            "From a login's arrival to its end, its turn in the line included",
            buckets=(0.05, 0.2, 1, 2, 5, 10, 30, 60, 120, 300),
            registry=registry,
        )
        self._line = Gauge("ardoise_login_line", "Logins that wait their turn", registry=registry)
        self._rate = Gauge("ardoise_login_rate", "Logins a second let in", registry=registry)
        self._delay = Gauge(
            "ardoise_save_delay_seconds", "How long a save waits for its commit", registry=registry
        )
        self._queue = Gauge("ardoise_queue_depth", "Changes that wait", registry=registry)
        self._wal = Gauge("ardoise_wal_bytes", "Size of the write-ahead log", registry=registry)

    def saved(self, seconds: float) -> None:
        """A save was acknowledged, that long after it had arrived."""
        self._saves.counts[bisect_left(SAVE_SECONDS, seconds)] += 1
        self._saves.seconds += seconds

    def committed(self, changes: int, seconds: float) -> None:
        """A commit is on disk."""
        self._batch_size.observe(changes)
        self._batch_seconds.observe(seconds)

    def page(self, now: Gauges, server: Server | None, line: Line) -> bytes:
        """The text that a monitor reads."""
        if server is not None:
            self._requests.set(server.active)
            self._connections.set(server.open)
            self._bodies.set(server.held)
        self._line.set(line.waiting())
        self._rate.set(line.rate)
        self._delay.set(line.saves_ms() / 1000)
        self._queue.set(now.queue)
        self._wal.set(now.wal_bytes)
        return generate_latest(self._registry)
