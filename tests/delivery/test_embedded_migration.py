"""A database that an earlier program made goes on where it stood."""

import asyncio
import hashlib
from pathlib import Path

from ardoise.contract.returns import Reader
from ardoise.delivery.sessions import Session
from ardoise.delivery.sqlite_schema import MIGRATIONS, connect, migrate
from ardoise.delivery.sqlite_store import SqliteStore
from ardoise.delivery.store import SaveRequest
from tests.delivery.store_calls import NOW_MS
from tests.delivery.test_store import KEY, opened

NUMBER = "123456782"


def earlier(path: Path) -> None:
    """A campaign with a sheet and a stray, as the program of version 2 wrote them."""
    connection = connect(path, KEY, write=True)
    migrate(connection, MIGRATIONS[:2])
    for statement, values in (
        ("INSERT INTO campaign VALUES (1, 'avant', 1, '', 0, ?, '{}', NULL)", (NOW_MS * 2,)),
        ("INSERT INTO part VALUES (1, 'francais', 0, 'pupil', 0, 0)", ()),
        (
            "INSERT INTO seat VALUES (7, 1, ?, 'pupil', ?, '0', 100, NULL, 0, 2, 0, 1)",
            (NUMBER, hashlib.sha256(b"").digest()),
        ),
        ("INSERT INTO seat_part VALUES (7, 'francais', '', x'00', 1, 0)", ()),
        ("INSERT INTO sheet VALUES (1, 1, 7, 'francais', 5, 7, 2, 9, ?, ?)", (NOW_MS, b"sheet")),
        ("INSERT INTO stray VALUES (4, 1, 7, 'francais', 7, 1, 8, ?, 'late', ?)", (NOW_MS, b"old")),
        ("UPDATE sequence SET last = 5", ()),
    ):
        connection.execute(statement, values)
    connection.close()


def test_sheets_strays_and_numbers_of_an_earlier_version_stay(tmp_path: Path) -> None:
    earlier(tmp_path / "d.db")

    async def work(store: SqliteStore) -> None:
        status = await store.status("avant", NOW_MS)
        assert (status.seats, status.logged_in, status.sheets, status.strays) == (1, 1, 1, 1)
        assert status.last_seq == 5
        session = Session("avant", NUMBER, 2, "pupil")
        assert (await store.sheet(session, NUMBER, "francais")).body == b"sheet"
        saved = await store.save(SaveRequest(session, NUMBER, "francais", 10, 9, b"newer", NOW_MS))
        assert saved.seq == 6
        assert (await store.status("avant", NOW_MS)).sheets == 1
        reader, found = Reader(), []
        async for piece in await store.returns("avant", 0, 10):
            found += [(r.seq, r.number, r.writer, b) for r, b in reader.feed(piece.frames)]
        assert found == [(4, NUMBER, NUMBER, b"old"), (6, NUMBER, NUMBER, b"newer")]
        store._log.drain()
        while not store._log.drained:
            await asyncio.sleep(0.01)
        assert (await store.status("avant", NOW_MS)).sheets == 1

    opened(tmp_path / "d.db", work)
    connection = connect(tmp_path / "d.db", KEY, write=False)
    assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    rows = connection.execute("SELECT seq, number, hand, body FROM sheet").fetchall()
    assert rows == [(6, NUMBER, NUMBER, b"newer")]
    connection.close()
