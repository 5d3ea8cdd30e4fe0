"""The morning rush: a crowd logs in while others save. Prints JSON.

    python bench/delivery_rush.py [--quick] [--kinds embedded,postgres] [--out FILE]

Savers save at an even rate, each save due at its time. In the quiet round nothing else happens; in
the rush a crowd arrives within a second or two, everyone over a connection of their own, and comes
back when told to; in the last round strangers with made-up numbers come beside the crowd. All this
with the rate that ships and, for comparison, with none: what the line does for saves is the ratio.
`overtaken_ms` is how much later than somebody who came after them anybody went in at worst;
`late_ms` how much later than they were told.
"""

import argparse
import asyncio
from bisect import bisect
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
import uvloop
from delivery_filling import seated
from delivery_load import Opening, Outcome, Players, named
from delivery_logins import ask, connected, login_of
from delivery_machine import circumstances, cpu_seconds, publish, say, scratch
from delivery_rig import Delivery, running

from ardoise.bench.histogram import Histogram
from ardoise.bench.wire import Endpoint, Target
from ardoise.contract.problems import Problem
from ardoise.contract.sitting import Login
from ardoise.seal.numbers import check_digit

FORMAT = "ardoise-bench-delivery-rush/1"
BOUNDS = {"paced": 5_000.0, "unpaced": 100_000.0}
"""Logins a second that a node lets in: as it ships, and more than it can."""
SOURCES = tuple(f"127.0.0.{number}" for number in range(2, 10))
STRANGERS = 20


class Crowd:
    """Pupils that arrive within `spread` seconds and wait as they are told."""

    def __init__(self, target: Target, logins: list[Login], spread: float) -> None:
        self._endpoint = Endpoint(target, sources=SOURCES)
        self._logins = logins
        self._spread = spread
        self._over = False
        self.inside: list[tuple[float, float]] = []
        """When each arrived and when it went in."""
        self.late = Histogram()
        self.answers: Counter[str] = Counter()
        self.strange: Counter[str] = Counter()

    async def run(self, strangers: int) -> None:
        """Until everybody is in."""
        await self._endpoint.resolve()
        step = self._spread / len(self._logins)
        others = [asyncio.create_task(self._stranger(n)) for n in range(strangers)]
        await asyncio.gather(*(self._pupil(one, n * step) for n, one in enumerate(self._logins)))
        self._over = True
        await asyncio.gather(*others)

    async def _pupil(self, login: Login, at: float) -> None:
        await asyncio.sleep(at)
        host = self._endpoint.target.authority
        connection = await connected(self._endpoint)
        arrived, due = perf_counter(), 0.0
        while True:
            status, raw = await ask(connection, host, "/v1/login", msgspec.json.encode(login))
            now = perf_counter()
            if status == 200:
                break
            self.answers[named(status, raw)] += 1
            problem = msgspec.json.decode(raw, type=Problem)
            login = msgspec.structs.replace(login, ticket=problem.ticket or login.ticket)
            due = due or now + (problem.retry_ms or 0) / 1000
            await asyncio.sleep((problem.retry_ms or 1_000) / 1000)
        if due:
            self.late.add(max(0, int((now - due) * 1e6)))
        self.inside.append((arrived, now))
        connection.close()

    async def _stranger(self, place: int) -> None:
        """Numbers that nobody has, one after the other."""
        connection, host = await connected(self._endpoint), self._endpoint.target.authority
        found = 0
        while not self._over:
            found += 1
            digits = f"{place:02d}{found % 1_000_000:06d}"
            number = digits + check_digit(digits)
            login = msgspec.structs.replace(
                self._logins[0], number=number, token="A" * 43, ticket=None
            )
            status, raw = await ask(connection, host, "/v1/login", msgspec.json.encode(login))
            self.strange[named(status, raw)] += 1
        connection.close()

    def overtaken(self) -> float:
        """Seconds: the most that anybody went in after somebody who had come later."""
        worst, latest = 0.0, 0.0
        for _, entered in sorted(self.inside):
            worst, latest = max(worst, latest - entered), max(latest, entered)
        return worst

    def summary(self) -> dict[str, Any]:
        """What the crowd lived through."""
        waits = sorted(entered - arrived for arrived, entered in self.inside)
        first = min(arrived for arrived, _ in self.inside)
        return {
            "logins": len(self.inside),
            "seconds": round(max(entered for _, entered in self.inside) - first, 2),
            "wait_s": {"p50": round(waits[len(waits) // 2], 3), "max": round(waits[-1], 3)},
            "within_a_second": bisect(waits, 1.0),
            "answers": dict(self.answers),
            "late_ms": self.late.summary(),
            "overtaken_ms": round(self.overtaken() * 1000, 1),
            "strangers": dict(self.strange),
        }


def _saves(outcome: Outcome) -> dict[str, Any]:
    return {
        "acknowledged": outcome.acknowledged,
        "answers": outcome.answers,
        "latency_ms": outcome.latency.summary(),
        "generator_late_ms": round(outcome.late_us / 1000, 1),
    }


def _round(
    delivery: Delivery, savers: Players, crowd: Crowd | None, strangers: int,
    options: argparse.Namespace,
) -> dict[str, Any]:  # fmt: skip
    """One round; the savers save throughout, and a little longer than the crowd needs."""
    cpu = cpu_seconds(delivery.pids)
    savers.begin(options.seconds, options.rate)
    found: dict[str, Any] = {}
    if crowd is not None:
        uvloop.run(crowd.run(strangers))
        found = {"crowd": crowd.summary()}
    found["saves"] = _saves(savers.finish())
    found["cpu_s"] = round(cpu_seconds(delivery.pids) - cpu, 2)
    say(f"  saves p99 {found['saves']['latency_ms']['p99']} ms")
    return found


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Quiet, rush, rush with strangers: for each kind and bound."""
    found: dict[str, Any] = {"rate": options.rate, "crowd": options.crowd, "spread": options.spread}
    with scratch() as folder:
        for kind in options.kinds:
            found[kind] = {}
            for bound, most in BOUNDS.items():
                with running(kind, folder) as delivery:
                    delivery.stop_nodes()
                    delivery.logins_per_second = most
                    delivery.start()
                    say(f"{kind}, {bound}")
                    found[kind][bound] = _rounds(delivery, options)
    return found


def _rounds(delivery: Delivery, options: argparse.Namespace) -> dict[str, Any]:
    rehearsal = delivery.install(2 * options.crowd)
    target, everyone = Target.parse(delivery.url), list(rehearsal.group_of)
    crowds = [
        Crowd(target, [login_of(rehearsal, number) for number in part], options.spread)
        for part in (everyone[: options.crowd], everyone[options.crowd :])
    ]
    seats = seated(delivery, rehearsal, options.savers)
    opening = Opening([delivery.url], min(500, len(seats)), SOURCES, rehearsal.name, seats)
    with Players([opening]) as savers:
        return {
            "quiet": _round(delivery, savers, None, 0, options),
            "rush": _round(delivery, savers, crowds[0], 0, options),
            "strangers": _round(delivery, savers, crowds[1], STRANGERS, options),
        }


def main() -> None:
    """Measure, print, and keep if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="a small crowd, short rounds")
    parser.add_argument("--kinds", default="embedded,postgres")
    parser.add_argument("--savers", type=int, default=2_000)
    parser.add_argument("--crowd", type=int, default=8_000)
    parser.add_argument("--spread", type=float, default=1.0, help="seconds in which it arrives")
    parser.add_argument("--rate", type=float, default=2_000.0, help="saves a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="of a round")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.kinds = options.kinds.split(",")
    if options.quick:
        options.savers, options.crowd, options.rate, options.seconds = 500, 1_500, 500.0, 4.0
    publish(circumstances(FORMAT, options.quick) | measure(options), options.out)


if __name__ == "__main__":
    main()
