"""Whether a save costs more when millions of sheets lie there already. Prints JSON.

    python bench/delivery_growth.py [--rows 1,10] [--kinds embedded,postgres] [--out FILE]

For each number of rows (in millions): half of them in the campaign that saves, half in another,
one sheet of 1 KiB to a seat, written by bulk SQL into a store that then starts anew. Saves go to
seats at random among all of the campaign's. Each level is run first for as long as it takes to
write `--settle` sheets, so that logs come round, tables grow and checkpoints run; then rounds take
turns with nginx. What counts are ratios between levels and to nginx, all in one run.
`--cold-bytes` makes the other campaign's sheets smaller where a disk has no room for them.
"""

import argparse
import shutil
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from delivery_filling import fill, seats
from delivery_load import Opening, Players
from delivery_machine import circumstances, cpu_seconds, publish, say, scratch
from delivery_rig import Delivery, Nginx, require_durable, running

from ardoise.bench.campaign import Rehearsal

FORMAT = "ardoise-bench-delivery-growth/1"
GIB = 1 << 30
MILLION = 1_000_000
BYTES_A_ROW = {"embedded": 1_900, "postgres": 2_600}
"""On the disk, about, with its seat and both logs; a run does not begin without room for it."""


def cost(server: Nginx | Delivery, players: Players, seconds: float) -> dict[str, float]:
    """One saturated round."""
    cpu = cpu_seconds(server.pids)
    outcome = players.play(seconds)
    done = max(1, outcome.acknowledged)
    refused = sum(outcome.answers.values())
    latency = outcome.latency.summary()
    return {
        "cpu_us": (cpu_seconds(server.pids) - cpu) / done * 1e6,
        "per_second": done / outcome.seconds,
        "p99_ms": latency["p99"],
        "refused": refused,
    }


def level(
    delivery: Delivery, hot: Rehearsal, rows: int, nginx: Nginx, options: argparse.Namespace
) -> dict[str, Any]:
    """Settle, then rounds with nginx between them."""
    some = seats(delivery, hot, rows // 2, options.seats)
    opening = Opening([delivery.url], options.connections, ("127.0.0.1",), hot.name, some)
    # nginx does not care whose sheets they are.
    few = some[: options.connections]
    yard_url = f"http://127.0.0.1:{nginx.port}"
    same = Opening([yard_url], options.connections, ("127.0.0.1",), hot.name, few)
    with Players([opening]) as players, Players([same]) as yard:
        written, begun = 0, time.monotonic()
        while written < options.settle and time.monotonic() - begun < options.settle_seconds:
            one = cost(delivery, players, 5.0)
            written += int(one["per_second"] * 5)
        rounds, base = [], []
        for _ in range(options.rounds):
            base.append(cost(nginx, yard, options.seconds / 2))
            rounds.append(cost(delivery, players, options.seconds))
    found: dict[str, Any] = {
        name: round(statistics.median(one[name] for one in rounds), 1)
        for name in ("cpu_us", "per_second", "p99_ms", "refused")
    }
    ratios = [one["cpu_us"] / yard["cpu_us"] for one, yard in zip(rounds, base, strict=True)]
    found["F"] = round(statistics.median(ratios), 2)
    found["written_before"] = written
    found["disk_gib"] = round(delivery.disk_bytes() / GIB, 2)
    say(f"{delivery.kind} {rows:,}: {found['cpu_us']} µs, {found['F']} F, {found['per_second']}/s")
    return found


def grow(kind: str, folder: Path, nginx: Nginx, options: argparse.Namespace) -> dict[str, Any]:
    """Every level of one store, one after the other on the same files."""
    levels: dict[str, Any] = {}
    with running(kind, folder) as delivery:
        require_durable(delivery)
        hot, other = delivery.install(25), delivery.install(25)
        before = 0
        for rows in options.rows:
            delivery.stop_nodes()
            began = time.monotonic()
            # The embedded store has one writer; PostgreSQL fills both at once.
            with ThreadPoolExecutor(2 if kind == "postgres" else 1) as pool:
                both = [
                    pool.submit(fill, delivery, hot, before, rows // 2),
                    pool.submit(
                        fill, delivery, other, before, rows // 2, sheet_bytes=options.cold_bytes
                    ),
                ]
            for each in both:
                each.result()
            _settle_disk(delivery)
            filled = round(time.monotonic() - began)
            delivery.start()
            levels[f"{rows:,}"] = {
                **level(delivery, hot, rows, nginx, options), "filling_seconds": filled,
            }  # fmt: skip
            before = rows // 2
    first = next(iter(levels.values()))
    for each in levels.values():
        each["to_the_first"] = round(each["F"] / first["F"], 2)
    return levels


def _settle_disk(delivery: Delivery) -> None:
    """What was filled is on the disk and known to the planner before anything is measured."""
    if delivery.postgres is not None:
        delivery.postgres.sql("VACUUM ANALYZE;\nCHECKPOINT;", "ardoise")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All levels, all kinds. Raises SystemExit where the disk has no room."""
    found: dict[str, Any] = {
        "rows": options.rows, "cold_bytes": options.cold_bytes, "seats": options.seats,
    }  # fmt: skip
    with scratch() as folder, ExitStack() as stack:
        for kind in options.kinds:
            needed = BYTES_A_ROW[kind] - (1052 - options.cold_bytes) // 2
            needed = needed * max(options.rows) + 4 * GIB
            if shutil.disk_usage(folder).free < needed:
                raise SystemExit(f"{kind}: {needed / GIB:.0f} GiB of disk are needed in {folder}")
        nginx = Nginx(folder / "nginx")
        nginx.start()
        stack.callback(nginx.stop)
        for kind in options.kinds:
            found[kind] = grow(kind, folder, nginx, options)
    return found


def main() -> None:
    """Measure, print, and keep if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="20,000 and 100,000 rows")
    parser.add_argument("--rows", default="1,10", help="in millions")
    parser.add_argument("--kinds", default="embedded,postgres")
    parser.add_argument("--cold-bytes", type=int, default=1052)
    parser.add_argument("--seats", type=int, default=400_000, help="that save, at most")
    parser.add_argument("--connections", type=int, default=1_000)
    parser.add_argument("--settle", type=int, default=600_000, help="sheets")
    parser.add_argument("--settle-seconds", type=float, default=60.0, help="at most")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.kinds = options.kinds.split(",")
    options.rows = [int(float(rows) * MILLION) for rows in options.rows.split(",")]
    if options.quick:
        options.rows, options.settle, options.connections = [20_000, 100_000], 10_000, 200
        options.rounds, options.seconds = 2, 2.0
    publish(circumstances(FORMAT, options.quick) | measure(options), options.out)


if __name__ == "__main__":
    main()
