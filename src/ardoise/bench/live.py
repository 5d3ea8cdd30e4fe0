"""What is seen while a rehearsal runs: a table on a terminal, elsewhere a line now and then."""

from collections.abc import Callable
from time import perf_counter
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ardoise.bench.conductor import Progress
from ardoise.bench.histogram import Histogram
from ardoise.bench.tally import Figures
from ardoise.bench.watching import Load

WINDOW_SECONDS = 5
QUIET_SECONDS = 5.0
_KINDS = ("login", "admitted", "open", "booklet", "asset", "group", "load", "save", "kept")


class View:
    """Looks at progress. Use `with`; give `look` to the run."""

    def __init__(self, console: Console, seen: Callable[[], Load], expected_s: float) -> None:
        self._console = console
        self._seen = seen
        self._expected = expected_s
        self._spoke = 0.0
        self._before: tuple[float, int, int] = (perf_counter(), 0, 0)
        self._rates = (0.0, 0.0)
        self._live: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Leave the terminal to others; the next look takes it again."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def look(self, progress: Progress) -> None:
        """Show where it stands."""
        self._count(progress.figures)
        if self._console.is_terminal:
            if self._live is None:
                self._live = Live(console=self._console, refresh_per_second=4)
                self._live.start()
            self._live.update(self._table(progress))
        elif perf_counter() - self._spoke >= QUIET_SECONDS:
            self._spoke = perf_counter()
            self._console.print(self._line(progress), highlight=False, soft_wrap=True)

    def _count(self, figures: Figures) -> None:
        now, requests = perf_counter(), figures.requests()
        saves = figures.times["kept"].total if "kept" in figures.times else 0
        since, requests_before, saves_before = self._before
        if now - since < 1:
            return
        seconds = now - since
        self._rates = ((requests - requests_before) / seconds, (saves - saves_before) / seconds)
        self._before = (now, requests, saves)

    def _line(self, progress: Progress) -> str:
        recent = window(progress.figures, "save", progress.elapsed_s)
        people = ", ".join(f"{n:,} {name}" for name, n in progress.figures.people().items() if n)
        troubles = sum(progress.figures.troubles.values())
        return (
            f"{progress.phase} {max(0, progress.elapsed_s):.0f} s | {people or 'nobody yet'} | "
            f"{self._rates[0]:,.0f} requests/s, {self._rates[1]:,.0f} saves/s | save p99 "
            f"{recent.percentile(0.99) / 1000:.0f} ms | {troubles:,} refusals and lost answers"
        )

    def _table(self, progress: Progress) -> Group:
        figures, load = progress.figures, self._seen()
        head = Text(
            f"{progress.phase}  {max(0.0, progress.elapsed_s):.0f} of {self._expected:.0f} s   "
            + "   ".join(f"{name} {count:,}" for name, count in figures.people().items())
        )
        wire = figures.wire()
        rates = Text(
            f"{self._rates[0]:,.0f} requests/s   {self._rates[1]:,.0f} saves/s   "
            f"{wire.get('open', 0):,} connections   longest gap {figures.longest_gap()[0]:.2f} s"
        )
        table = Table("request", "so far", "p50 ms", "p99 ms", "p99.9 ms", "max ms", box=None)
        for column in table.columns[1:]:
            column.justify = "right"
        for kind in (kind for kind in _KINDS if kind in figures.times):
            held = window(figures, kind, progress.elapsed_s)
            cells = (held.percentile(share) / 1000 for share in (0.5, 0.99, 0.999))
            table.add_row(
                kind,
                f"{figures.times[kind].total:,}",
                *(f"{cell:.1f}" for cell in cells),
                f"{held.greatest / 1000:.0f}",
            )
        troubles = Text(
            "\n".join(f"{count:>8,}  {name}" for name, count in sorted(figures.troubles.items())),
            style="yellow",
        )
        server = Text(
            f"server: {load.processes} processes, {load.cpu_s:.1f} s CPU, {load.memory_mb:.0f} MB"
            if load.processes
            else "server: not on this machine, or not to be seen"
        )
        return Group(head, rates, table, troubles, server)


def window(figures: Figures, kind: str, elapsed_s: float) -> Histogram:
    """The last seconds of a kind where they are kept, else all of it."""
    recent = Histogram()
    for second in range(int(elapsed_s) - WINDOW_SECONDS, int(elapsed_s) + 1):
        held = figures.seconds.get(second, {}).get(kind)
        if held is not None:
            recent.merge(held)
    return recent if recent.total else figures.times.get(kind, recent)
