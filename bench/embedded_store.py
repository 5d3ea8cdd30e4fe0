"""CPU of one durable save in the embedded store alone, as the database grows.

    python bench/embedded_store.py [--rows 100000,1000000,5000000] [--out FILE.json]

One process: what is counted is all of its CPU, encryption, commits, folding and checkpoints with
it, for saves of 1,052 bytes by random seats, `--waiting` of them at a time. The log's limit is
lowered so that folding runs as it does with 200,000 pupils on a full log. Each number of rows is
measured in the same run and on the same database; `ratio` compares with the first. Then, on the
largest: returns, a status, and saves beside the installation of a kit and beside its purge.
"""

import argparse
import asyncio
import contextlib
import hashlib
import itertools
import json
import os
import platform
import random  # noqa: TID251
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from ardoise.clock import system_clock
from ardoise.contract import orders
from ardoise.contract.kit import Blob, Manifest, Part, Seat, SeatChunk, SeatPart
from ardoise.delivery import sqlite_folding
from ardoise.delivery.sessions import Session
from ardoise.delivery.sqlite_schema import connect, migrate
from ardoise.delivery.sqlite_store import SqliteStore
from ardoise.delivery.store import Refused, SaveRequest
from ardoise.seal import numbers, randomness

KEY = bytes(range(32))
NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
BODY = 1_052
LOG_ROWS_A_SEAT = 4.8
"""A full log of 1 GiB holds that many sheets of each of 200,000 pupils."""


def cpu_s() -> float:
    """CPU of this process, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def number_of(place: int) -> str:
    """Any distinct number will do: nothing parses it here."""
    return f"{place:09d}"


def grow(path: Path, start: int, stop: int) -> None:
    """Seats and sheets `start` to `stop` of one campaign, written straight into the tables."""
    connection = connect(path, KEY, write=True)
    migrate(connection)
    # Above all numbers that earlier rounds gave; what they left in the log is in nobody's way.
    (last,) = connection.execute("SELECT last FROM sequence").fetchone()
    above = last + 1_000_000_000
    if not start:
        connection.execute(
            "INSERT INTO campaign VALUES (1, 'croissance', 1, '', ?, ?, '{}', NULL)",
            (NOW_MS - HOUR_MS, NOW_MS + HOUR_MS),
        )
        connection.execute("INSERT INTO part VALUES (1, 'francais', 0, 'pupil', 0, 0)")
    for first in range(start, stop, 50_000):
        last = min(first + 50_000, stop)
        places = "WITH RECURSIVE n(i) AS (VALUES (?) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)"
        bounds = (first, last)
        connection.execute("BEGIN")
        connection.execute(
            f"INSERT INTO seat (id, campaign, number, role, login, grp, time_percent, spare, epoch)"  # noqa: S608
            f" {places} SELECT i + 1, 1, printf('%09d', i), 'pupil', zeroblob(32),"
            f" printf('%016x', i / 25), 100, 0, 1 FROM n",
            bounds,
        )
        connection.execute(
            f"INSERT INTO seat_part {places} SELECT i + 1, 'francais', '', zeroblob(60),"  # noqa: S608
            f" {NOW_MS}, 0 FROM n",
            bounds,
        )
        connection.execute(
            f"INSERT INTO sheet (campaign, seat, part, seq, writer, epoch, version, received_ms,"  # noqa: S608
            f" body, number, hand) {places} SELECT 1, i + 1, 'francais', {above} + i, i + 1, 1, 1,"
            f" {NOW_MS}, randomblob({BODY}), printf('%09d', i), printf('%09d', i) FROM n",
            bounds,
        )
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        sys.stderr.write(f"\r{last:,} rows")
    last = above + stop
    connection.execute("UPDATE sequence SET last = ?, folded = ?", (last, last))
    tally = (stop, stop, stop, last)
    connection.execute("INSERT OR REPLACE INTO tally VALUES (1, ?, ?, ?, 0, ?)", tally)
    connection.close()
    sys.stderr.write("\n")


class Pupils:
    """Seats that save, each its next version, chosen at random."""

    _rounds = itertools.count(1)

    def __init__(self, rows: int, active: int) -> None:
        self._dice = random.Random(rows)  # noqa: S311 - seeded, and nobody's secret
        places = self._dice.sample(range(rows), min(active, rows))
        # Above all that earlier rounds saved.
        self._versions = dict.fromkeys(places, next(self._rounds) << 20)
        self._places = places
        self._bodies = [randomness.system(BODY) for _ in range(64)]

    def request(self) -> SaveRequest:
        """The next save of somebody."""
        place = self._places[int(self._dice.random() * len(self._places))]
        self._versions[place] += 1
        number, version = number_of(place), self._versions[place]
        session = Session("croissance", number, 1, "pupil")
        body = self._bodies[version % 64]
        return SaveRequest(session, number, "francais", version, version - 1, body, NOW_MS)


async def save_all(store: SqliteStore, pupils: Pupils, count: int, waiting: int) -> None:
    """`count` saves, `waiting` at a time: each wave waits for the one before."""
    for _ in range(0, count, waiting):
        await asyncio.gather(*(store.save(pupils.request()) for _ in range(waiting)))


async def measure_saves(path: Path, rows: int, wanted: argparse.Namespace) -> dict[str, Any]:
    """CPU a save, once the log is full and the active seats are known."""
    store = SqliteStore(path, KEY)
    pupils = Pupils(rows, wanted.active)
    try:
        # A first save of each is judged by the table; and then until the log is full.
        await save_all(store, pupils, int(wanted.active * (LOG_ROWS_A_SEAT + 1)), wanted.waiting)
        folds = store._log.folds
        started, cpu = time.perf_counter(), cpu_s()
        await save_all(store, pupils, wanted.saves, wanted.waiting)
        cpu, took = cpu_s() - cpu, time.perf_counter() - started
        # What making the requests took is not the store's.
        idle = cpu_s()
        for _ in range(20_000):
            pupils.request()
        own = (cpu_s() - idle) / 20_000
        return {
            "rows": rows,
            "cpu_us_per_save": round((cpu / wanted.saves - own) * 1e6, 1),
            "saves_per_s": round(wanted.saves / took),
            "folding_transactions": store._log.folds - folds,
            "log_mib": store._log.size >> 20,
        }
    finally:
        await store.close()


class Pacer:
    """Saves at a steady rate; latency from the scheduled time."""

    def __init__(self, store: SqliteStore, pupils: Pupils, rate: int) -> None:
        self._store, self._pupils, self._rate = store, pupils, rate
        self._late: list[float] = []
        self._refused = 0

    async def run(self) -> None:
        """Until it is cancelled."""
        started, sent = time.perf_counter(), 0
        while True:
            await asyncio.sleep(0.002)
            due = int((time.perf_counter() - started) * self._rate)
            for place in range(sent, due):
                self._send(started + place / self._rate)
            sent = due

    def _send(self, scheduled: float) -> None:
        try:
            future = self._store.save(self._pupils.request())
        except Refused:
            self._refused += 1
            return
        future.add_done_callback(
            lambda _: self._late.append((time.perf_counter() - scheduled) * 1000)
        )

    def report(self) -> dict[str, Any]:
        """Percentiles in ms."""
        late = sorted(self._late)
        at = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
        return {
            "saves": len(late),
            "refused": self._refused,
            **{name: round(late[int(len(late) * q)], 1) for name, q in at.items() if late},
            "max": round(late[-1], 1) if late else None,
        }


async def beside(
    store: SqliteStore, pupils: Pupils, rate: int, work: Awaitable[Any]
) -> dict[str, Any]:
    """How saves fare while something else is done."""
    pacer = Pacer(store, pupils, rate)
    running = asyncio.ensure_future(pacer.run())
    started = time.perf_counter()
    await work
    took = time.perf_counter() - started
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await asyncio.sleep(0.2)
    return {"seconds": round(took, 2), "saves_ms": pacer.report()}


def kit_of(seats: int) -> tuple[Manifest, dict[str, bytes]]:
    """A campaign of that many pupils in groups of 25."""
    booklet = randomness.system(BODY)
    name = hashlib.sha256(booklet).hexdigest()
    contents = {name: booklet}
    chunks = []
    drawn = sorted({numbers.draw() for _ in range(seats)})
    for first in range(0, len(drawn), 2_000):
        some = tuple(
            Seat(number, "pupil", bytes(32), f"{(first + place) // 25:016x}",
                 (SeatPart("francais", name, bytes(60)),))
            for place, number in enumerate(drawn[first : first + 2_000])
        )  # fmt: skip
        raw = msgspec.json.encode(SeatChunk("ardoise-seats/1", "rentree", some))
        contents[hashlib.sha256(raw).hexdigest()] = raw
        chunks.append(Blob(hashlib.sha256(raw).hexdigest(), len(raw)))
    parts = (Part("francais", "pupil", 0, 0),)
    window = (NOW_MS - HOUR_MS, NOW_MS + HOUR_MS)
    blobs = (Blob(name, len(booklet)),)
    return Manifest("ardoise-kit/1", "rentree", 1, *window, parts, tuple(chunks), blobs), contents


async def measure_beside(path: Path, rows: int, wanted: argparse.Namespace) -> dict[str, Any]:
    """Saves at a steady rate, alone and beside everything that could disturb them."""
    store = SqliteStore(path, KEY)
    pupils = Pupils(rows, wanted.active)
    manifest, contents = kit_of(wanted.installed)
    try:
        await save_all(store, pupils, wanted.active, wanted.waiting)
        rate = wanted.rate
        found = {"rate": rate, "alone": await beside(store, pupils, rate, asyncio.sleep(5))}

        async def send() -> None:
            for sha256, content in contents.items():
                await store.put_bytes(sha256, content, NOW_MS)

        found["chunks arrive"] = await beside(store, pupils, rate, send())
        found["install"] = await beside(store, pupils, rate, store.install(manifest, "1"))
        sizes: list[int] = []

        async def pull() -> None:
            async for piece in await store.returns("croissance", 0, wanted.returned):
                sizes.append(len(piece.frames))

        cpu = cpu_s()
        await pull()
        cpu, size = cpu_s() - cpu, sum(sizes)
        found["returns"] = {"mib": size >> 20, "mb_per_cpu_s": round(size / 1e6 / cpu)}
        found["returns beside saves"] = await beside(store, pupils, rate, pull())
        started = time.perf_counter()
        await store.status("croissance", NOW_MS)
        found["status_ms"] = round((time.perf_counter() - started) * 1000, 2)
        purge = orders.Purge(randomness.reference(), "rentree")
        work = store.order(purge, "p", NOW_MS + 2 * HOUR_MS)
        found["purge"] = await beside(store, pupils, rate, work)
        return found
    finally:
        await store.close()


def main() -> None:
    """Print JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", default="100000,1000000", help="ascending, with commas")
    parser.add_argument("--active", type=int, default=20_000, help="seats that save")
    parser.add_argument("--saves", type=int, default=100_000)
    parser.add_argument("--waiting", type=int, default=500)
    parser.add_argument("--rate", type=int, default=2_000, help="saves a second beside other work")
    parser.add_argument("--installed", type=int, default=100_000, help="seats of a kit; 0: no more")
    parser.add_argument("--returned", type=int, default=300_000, help="records pulled at most")
    parser.add_argument("--out", type=Path, help="a file instead of standard output")
    parser.add_argument("--folder", type=Path, help="where the database is made")
    wanted = parser.parse_args()
    rows = [int(count) for count in wanted.rows.split(",")]
    sqlite_folding.LOG_BYTES = int(wanted.active * LOG_ROWS_A_SEAT * (BODY + 100))
    folder = Path(tempfile.mkdtemp(dir=wanted.folder))
    try:
        path, found, beside_saves, before = folder / "d.db", [], None, 0
        for count in rows:
            grow(path, before, count)
            before = count
            found.append(asyncio.run(measure_saves(path, count, wanted)))
            sys.stderr.write(f"{found[-1]}\n")
            found[-1]["ratio"] = round(
                found[-1]["cpu_us_per_save"] / found[0]["cpu_us_per_save"], 2
            )
        if wanted.installed:
            beside_saves = asyncio.run(measure_beside(path, before, wanted))
    finally:
        shutil.rmtree(folder)
    asked = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603
    report = {
        "date": system_clock().isoformat(timespec="minutes"),
        "commit": commit.stdout.strip(),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "load": os.getloadavg()[0],
        },
        "growth": found,
        "beside": beside_saves,
    }
    text = json.dumps(report, indent=1) + "\n"
    if wanted.out is not None:
        wanted.out.write_text(text)
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
