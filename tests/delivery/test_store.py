"""The encrypted store and its writer, without a server."""

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ardoise.contract import orders
from ardoise.contract.kit import Part
from ardoise.contract.sitting import Saved
from ardoise.delivery import sittings, sqlite_schema, sqlite_seats, sqlite_writer
from ardoise.delivery.sessions import Session
from ardoise.delivery.sqlite_schema import connect, migrate
from ardoise.delivery.sqlite_store import SqliteStore
from ardoise.delivery.sqlite_tallies import Write
from ardoise.delivery.store import Refused, SaveRequest, SchemaFault
from ardoise.seal import randomness
from tests.delivery.kits import HOUR_MS
from tests.delivery.store_calls import NOW_MS, install, kit, log_in, save

KEY = bytes(range(32))


def opened(path: Path, work: Callable[[SqliteStore], Coroutine[Any, Any, Any]]) -> Any:
    """Run `work` on a store that is closed afterwards."""

    async def run() -> Any:
        store = SqliteStore(path, KEY)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def test_a_bad_change_takes_no_other_of_its_batch_with_it(tmp_path: Path) -> None:
    campaign = kit(pupils=20)

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        sessions = [await log_in(store, campaign, card) for card in campaign.pupils]

        def bad(write: Write) -> None:
            write.next_seq()
            write.connection.execute("INSERT INTO sheet (id) VALUES (1)")

        writes: list[Any] = [store.save(save(session, 1)) for session in sessions]
        writes.insert(7, store._writer.submit(bad))
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        assert isinstance(outcomes.pop(7), sqlite_schema.IntegrityError)
        assert sorted(saved.seq for saved in outcomes if isinstance(saved, Saved)) == list(
            range(1, 21)
        )
        assert (await store.status(campaign.name, NOW_MS)).sheets == 20

    opened(tmp_path / "d.db", work)


def test_many_saves_of_one_seat_in_one_batch_leave_the_last(tmp_path: Path) -> None:
    campaign = kit()
    sizes: list[int] = []

    async def work() -> None:
        store = SqliteStore(tmp_path / "d.db", KEY, lambda size, _seconds: sizes.append(size))
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        saved = await asyncio.gather(*(store.save(save(session, n)) for n in range(1, 101)))
        assert [one.version for one in saved] == list(range(1, 101))
        stored = await store.sheet(session, session.number, "francais")
        assert stored.version == 100
        assert stored.body == save(session, 100).body
        assert (await store.status(campaign.name, NOW_MS)).strays == 0
        await store.close()

    asyncio.run(work())
    assert max(sizes) > 10


def test_sequence_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    campaign = kit()

    async def first(store: SqliteStore) -> Session:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        assert (await store.save(save(session, 1))).seq == 1
        return session

    session = opened(tmp_path / "d.db", first)

    async def second(store: SqliteStore) -> None:
        assert (await store.save(save(session, 2))).seq == 2

    opened(tmp_path / "d.db", second)


async def refusal_of(store: SqliteStore, wanted: SaveRequest) -> tuple[str, bool]:
    with pytest.raises(Refused) as caught:
        await store.save(wanted)
    return caught.value.kind, caught.value.kept


def test_what_a_superseded_device_fills_is_not_the_next_ones_room(tmp_path: Path) -> None:
    campaign = kit(parts=(Part("francais", "pupil", 50, 0),))

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        pupil = campaign.pupils[0]
        first = await log_in(store, campaign, pupil)
        await store.save(save(first, 1))
        second = await log_in(store, campaign, pupil)
        for version in range(2, 3 + sittings.STRAYS_OF_A_SESSION):
            last = await refusal_of(store, save(first, version))
        assert last == ("slow-down", False)
        # Going on from the first one's sheet puts that aside; a late sheet is kept.
        assert (await store.save(save(second, 2, base=1))).version == 2
        late = save(second, 3, base=2, at_ms=NOW_MS + 2 * HOUR_MS)
        assert await refusal_of(store, late) == ("late", True)

    opened(tmp_path / "d.db", work)


def test_a_lock_that_lasts_refuses_the_whole_batch_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_schema, "BUSY_MS", 50)
    begun: list[str] = []

    async def work(store: SqliteStore) -> None:
        other = connect(tmp_path / "d.db", KEY, write=True)
        other.execute("BEGIN IMMEDIATE")
        store._writer._connection.set_trace_callback(
            lambda statement: begun.append(statement) if statement.startswith("BEGIN") else None
        )
        puts = [store.put_bytes(str(n), b"x", NOW_MS) for n in range(100)]
        outcomes = await asyncio.gather(*puts, return_exceptions=True)
        assert {one.kind for one in outcomes if isinstance(one, Refused)} == {"busy"}
        assert len(outcomes) == 100
        # Each one waiting for the lock by itself would take an hour.
        assert len(begun) < 10
        other.execute("ROLLBACK")
        other.close()
        await store.put_bytes("later", b"x", NOW_MS)

    opened(tmp_path / "d.db", work)


def test_a_disk_too_full_for_the_log_too_does_not_stop_the_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(store: SqliteStore) -> None:
        def full(_write: Write) -> None:
            raise sqlite_schema.OperationalError("database or disk is full")

        with Path("/dev/full").open("w") as log:
            monkeypatch.setattr(sys, "stderr", log)
            with pytest.raises(Refused) as caught:
                await asyncio.wait_for(store._writer.submit(full), 20)
            monkeypatch.undo()
            with contextlib.suppress(OSError):
                log.close()
        assert caught.value.kind == "busy"
        await asyncio.wait_for(store.put_bytes("later", b"x", NOW_MS), 20)

    opened(tmp_path / "d.db", work)


def test_many_who_ask_for_one_blob_share_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = kit()
    reads: list[str] = []
    whole_read = sqlite_seats.blob

    def counted(connection: sqlite_schema.Connection, sha256: str) -> bytes:
        reads.append(sha256)
        return whole_read(connection, sha256)

    monkeypatch.setattr(sqlite_seats, "blob", counted)

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        wanted = campaign.booklet_digests["francais"]
        found = await asyncio.gather(*(store.blob(wanted) for _ in range(200)))
        assert set(found) == {campaign.contents[wanted]}
        assert reads == [wanted]

    opened(tmp_path / "d.db", work)


def test_a_full_queue_asks_clients_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_writer, "QUEUE", 5)

    async def work(store: SqliteStore) -> None:
        puts = [store.put_bytes(str(n), b"x", NOW_MS) for n in range(50)]
        outcomes = await asyncio.gather(*puts, return_exceptions=True)
        refused = [one for one in outcomes if isinstance(one, Refused)]
        assert len(refused) == 45
        assert {one.kind for one in refused} == {"busy"}
        assert all(one.retry_ms for one in refused)

    opened(tmp_path / "d.db", work)


def test_closing_commits_what_was_taken(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> list[Any]:
        tasks = [asyncio.ensure_future(store.put_bytes(str(n), b"x", NOW_MS)) for n in range(300)]
        await asyncio.sleep(0)
        await store.close()
        return await asyncio.gather(*tasks)

    async def run() -> None:
        await work(SqliteStore(tmp_path / "d.db", KEY))

    asyncio.run(run())
    connection = connect(tmp_path / "d.db", KEY, write=False)
    assert connection.execute("SELECT count(*) FROM blob").fetchone() == (300,)
    connection.close()


def test_the_file_is_encrypted_and_opens_with_its_key_alone(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    planted = b"planted-plain-string-" * 50

    async def work(store: SqliteStore) -> None:
        await store.put_bytes("0" * 64, planted, NOW_MS)
        written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert len(written) > len(planted)
        for plain in (b"planted-plain-string-", b"SQLite format 3", b"CREATE TABLE", b"0" * 64):
            assert plain not in written

    opened(path, work)
    with pytest.raises(SchemaFault):
        connect(path, bytes(32), write=True)
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("SELECT * FROM seat")


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    connection = connect(tmp_path / "d.db", KEY, write=True)
    newest = migrate(connection)
    newer = (*sqlite_schema.MIGRATIONS, "CREATE TABLE later (a INTEGER)")
    assert migrate(connection, newer) == newest + 1
    with pytest.raises(SchemaFault, match="install the newer program"):
        migrate(connection)
    connection.close()


def test_migrating_again_changes_nothing_and_a_failing_one_leaves_no_half(tmp_path: Path) -> None:
    connection = connect(tmp_path / "d.db", KEY, write=True)
    assert migrate(connection) == migrate(connection)
    broken = (*sqlite_schema.MIGRATIONS, "CREATE TABLE half (a INTEGER); CREATE NONSENSE")
    with pytest.raises(sqlite_schema.DatabaseError):
        migrate(connection, broken)
    tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'")
    assert tables.fetchone() == (0,)
    connection.close()


def test_a_nonce_is_spent_across_restarts_and_forgotten_when_it_is_too_old(
    tmp_path: Path,
) -> None:
    async def spend(store: SqliteStore) -> None:
        await store.spend_nonce("0" * 16, NOW_MS, NOW_MS)

    opened(tmp_path / "d.db", spend)
    with pytest.raises(Refused) as caught:
        opened(tmp_path / "d.db", spend)
    assert caught.value.kind == "unsigned"

    async def later(store: SqliteStore) -> None:
        await store.spend_nonce("1" * 16, NOW_MS, NOW_MS + HOUR_MS)

    opened(tmp_path / "d.db", later)
    connection = connect(tmp_path / "d.db", KEY, write=False)
    assert connection.execute("SELECT nonce FROM nonce").fetchall() == [("1" * 16,)]
    connection.close()


def test_a_higher_serial_lowers_no_epoch_and_touches_no_sheet(tmp_path: Path) -> None:
    campaign = kit()

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        await store.save(save(session, 3))
        await store.order(
            orders.VoidSeat(randomness.reference(), campaign.name, campaign.pupils[1].number),
            "1",
            NOW_MS,
        )
        newer = campaign.changed(serial=2, closes_ms=NOW_MS + 5 * HOUR_MS)
        await install(store, newer, "2")
        state = await store.sitting(session, "", NOW_MS)
        assert (state.epoch, state.closes_ms) == (1, NOW_MS + 5 * HOUR_MS)
        assert state.parts[0].version == 3
        assert state.parts[0].opened_ms == NOW_MS
        assert (await store.save(save(session, 4, base=3))).version == 4
        with pytest.raises(Refused):
            await log_in(store, campaign, campaign.pupils[1])

    opened(tmp_path / "d.db", work)


def test_what_a_purge_keeps_is_a_line_of_counts(tmp_path: Path) -> None:
    campaign = kit()
    path = tmp_path / "d.db"

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        await log_in(store, campaign, campaign.pupils[0])
        later = NOW_MS + 2 * HOUR_MS
        void = orders.VoidSeat(randomness.reference(), campaign.name, campaign.pupils[0].number)
        await store.order(void, "v", later)
        await store.order(orders.Purge(randomness.reference(), campaign.name), "p", later)

    opened(path, work)
    connection = connect(path, KEY, write=False)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master"
                                                   " WHERE type = 'table'")]  # fmt: skip
    filled = {
        table
        for table in tables
        if connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    }
    assert filled == {"campaign", "order_done", "schema_version", "sequence"}
    row = connection.execute("SELECT purged FROM campaign").fetchone()
    assert msgspec.json.decode(row[0], type=orders.Purged).seats == 4
    connection.close()
