"""Fills a store with seats and sheets by bulk SQL, as if a whole year group had saved.

A seat has one part, a sheet `sheet_bytes` bytes that do not compress. Sessions are written with
the node's own key, so that any of these seats can save. For empty, throw-away stores alone.
"""

import base64
from collections.abc import Iterator

import numpy as np
from delivery_load import Seat
from delivery_machine import say
from delivery_rig import Delivery, session_key

from ardoise.bench.campaign import PART, Rehearsal
from ardoise.clock import system_milliseconds
from ardoise.delivery import sessions, sqlite_schema
from ardoise.delivery.sessions import Session
from ardoise.seal import randomness

FIRST = 500_000_000
"""Number of the first filled seat; drawn ones below and above may exist beside them."""
A_TIME = 250_000
"""Rows in one transaction."""
SEED = 20_260_901
_GROUP = "0" * 16


def fill(
    delivery: Delivery, rehearsal: Rehearsal, already: int, rows: int, *, sheet_bytes: int = 1052
) -> None:
    """Add seats `already` … `rows` with a sheet each. Nodes must not run."""
    for start in range(already, rows, A_TIME):
        count = min(A_TIME, rows - start)
        if delivery.postgres is not None:
            _fill_postgres(delivery, rehearsal.name, start, count, sheet_bytes)
        else:
            _fill_sqlite(delivery, rehearsal.name, start, count, sheet_bytes)
        if (start + count) % 1_000_000 == 0 or start + count == rows:
            say(f"{delivery.kind}: {start + count:,} rows in {rehearsal.name[-4:]}")


def seated(delivery: Delivery, rehearsal: Rehearsal, count: int) -> list[Seat]:
    """`count` pupils with a session, an open part and a first sheet; the nodes start anew."""
    delivery.stop_nodes()
    fill(delivery, rehearsal, 0, count)
    delivery.start()
    return seats(delivery, rehearsal, count, count)


def seats(delivery: Delivery, rehearsal: Rehearsal, rows: int, count: int) -> list[Seat]:
    """`count` of the first `rows` filled seats, at random, each once."""
    key = session_key(delivery)
    draw = np.random.default_rng(SEED).permutation(rows)[:count]
    return [_seat(key, rehearsal.name, FIRST + int(place)) for place in draw]


def _seat(key: bytes, campaign: str, number: int) -> Seat:
    token = sessions.issue(key, Session(campaign, str(number), 1, "pupil"))
    # Any key will do: nobody here opens these sheets. The sheet that is stored has version 1.
    return Seat(str(number), token, base64.b64encode(b"%016d" % number)[:16], 1)


# --- PostgreSQL ----------------------------------------------------------------------------------

_POSTGRES = """
SET search_path = ardoise; SET synchronous_commit = off;
BEGIN;
CREATE TEMP TABLE body ON COMMIT DROP AS SELECT decode('{body}', 'hex') AS bytes;
CREATE TEMP TABLE filled ON COMMIT DROP AS
  SELECT c.id AS campaign, p.part, {first} + i AS number, i + 1 AS seq
  FROM campaign c JOIN part p ON p.campaign = c.id,
       generate_series({start}, {start} + {count} - 1) i
  WHERE c.name = '{campaign}';
INSERT INTO seat (campaign, number, teacher, login, grp, time_percent, spare, epoch)
  SELECT campaign, number, false, sha256(number::text::bytea), '{group}', 100, false, 1
  FROM filled ORDER BY number;
INSERT INTO paper (campaign, number, part, booklet, wrapped)
  SELECT campaign, number, part, '{booklet}', decode(repeat('00', 60), 'hex')
  FROM filled ORDER BY number;
INSERT INTO sheet (campaign, number, part, session, time_percent, writer, epoch, opened_ms,
                   version, seq, received_ms, body)
  SELECT campaign, number, part, 1, 100, number, 1, {now}, 1, seq, {now}, body.bytes
  FROM filled, body ORDER BY number;
COMMIT;
"""


def prepare_postgres(delivery: Delivery, rows: int) -> None:
    """Sequence numbers come from transaction ids: let enough of them pass first."""
    assert delivery.postgres is not None  # noqa: S101 - asked by whoever fills PostgreSQL
    passed = int(delivery.postgres.sql("SELECT pg_current_xact_id()"))
    wanted = (rows >> 12) + 2 - passed
    if wanted > 0:
        passing = ["SELECT 1 FROM pg_current_xact_id();"] * wanted
        delivery.postgres.sql("\n".join(["SET synchronous_commit = off;", *passing]))


def _fill_postgres(
    delivery: Delivery, campaign: str, start: int, count: int, sheet_bytes: int
) -> None:
    assert delivery.postgres is not None  # noqa: S101 - the caller looked
    if start == 0:
        prepare_postgres(delivery, 60_000_000)
    delivery.postgres.sql(
        _POSTGRES.format(
            body=randomness.system(sheet_bytes).hex(), first=FIRST, start=start, count=count,
            campaign=campaign, group=_GROUP, booklet="0" * 64, now=system_milliseconds(),
        ),
        "ardoise",
    )  # fmt: skip


# --- the embedded store --------------------------------------------------------------------------


def _fill_sqlite(
    delivery: Delivery, campaign: str, start: int, count: int, sheet_bytes: int
) -> None:
    from ardoise.delivery import config

    keys = config.read_keys(delivery.home)
    connection = sqlite_schema.connect(delivery.home / config.DATABASE, keys.database, write=True)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -1048576")
        connection.execute("BEGIN IMMEDIATE")
        _insert_sqlite(connection, campaign, start, count, randomness.system(sheet_bytes))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _insert_sqlite(
    connection: sqlite_schema.Connection, campaign: str, start: int, count: int, body: bytes
) -> None:
    one = connection.execute
    (place,) = one("SELECT id FROM campaign WHERE name = ?", (campaign,)).fetchone()
    (seq,) = one("SELECT last FROM sequence").fetchone()
    (seat,) = one("SELECT coalesce(max(id), 0) FROM seat").fetchone()
    now = system_milliseconds()
    ids = [(seat + 1 + n, FIRST + start + n, seq + 1 + n) for n in range(count)]
    connection.executemany(
        "INSERT INTO seat (id, campaign, number, role, login, grp, time_percent, spare, epoch)"
        " VALUES (?, ?, ?, 'pupil', ?, ?, 100, 0, 1)",
        ((i, place, str(number), b"%032d" % number, _GROUP) for i, number, _ in ids),
    )
    connection.executemany(
        "INSERT INTO seat_part (seat, part, booklet, wrapped, opened_ms) VALUES (?, ?, ?, ?, ?)",
        ((i, PART, "0" * 64, bytes(60), now) for i, _, _ in ids),
    )
    known = {name for _, name, *_ in one("PRAGMA table_info(sheet)")}
    more = ("number", "hand") if "number" in known else ()
    columns = (
        "campaign", "seat", "part", "seq", "writer", "epoch", "version", "received_ms", "body",
        *more,
    )  # fmt: skip
    marks = ", ".join("?" * len(columns))

    def rows() -> Iterator[tuple[object, ...]]:
        for i, number, of_it in ids:
            yield (place, i, PART, of_it, i, 1, 1, now, body, *(str(number) for _ in more))

    # Names of columns, no input.
    connection.executemany(
        f"INSERT INTO sheet ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
        rows(),
    )
    one("UPDATE sequence SET last = ?", (seq + count,))
    if one("SELECT 1 FROM sqlite_master WHERE name = 'tally'").fetchone():
        one(
            "UPDATE tally SET seats = seats + ?, logged_in = logged_in + ?, sheets = sheets + ?,"
            " last_seq = ? WHERE campaign = ?",
            (count, count, count, seq + count, place),
        )
