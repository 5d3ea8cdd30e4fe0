"""What a purge destroys in the embedded store's files, and what it leaves."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ardoise.contract import orders
from ardoise.delivery import sqlite_exchange
from ardoise.delivery.sqlite_schema import connect
from ardoise.delivery.sqlite_store import SqliteStore
from ardoise.delivery.store import Refused
from ardoise.seal import randomness
from tests.delivery.kits import HOUR_MS
from tests.delivery.store_calls import NOW_MS, install, kit, log_in, save
from tests.delivery.test_store import KEY, opened

PAGE, RESERVED = 4096, 80
LATER_MS = NOW_MS + 2 * HOUR_MS


def plain_pages(path: Path) -> bytes:
    """Every page of the database and its log, decrypted as SQLCipher 4 does it, in use or not."""
    whole = path.read_bytes()
    pages = [whole[at : at + PAGE] for at in range(0, len(whole), PAGE)]
    pages[0] = pages[0][16:]
    log = Path(f"{path}-wal").read_bytes() if Path(f"{path}-wal").exists() else b""
    frames = [log[at + 24 : at + 24 + PAGE] for at in range(32, len(log), 24 + PAGE)]
    found = []
    for page in [*pages, *(frame for frame in frames if len(frame) == PAGE)]:
        body, tail = page[:-RESERVED], page[-RESERVED:]
        cipher = Cipher(algorithms.AES(KEY), modes.CBC(tail[:16])).decryptor()
        found.append(cipher.update(body) + cipher.finalize())
    return b"".join(found)


def purge_of(name: str) -> orders.Purge:
    return orders.Purge(randomness.reference(), name)


def test_a_purge_leaves_no_byte_of_before(tmp_path: Path) -> None:
    path = tmp_path / "d.db"
    gone, stays = kit(name="a-purger", pupils=40), kit(name="a-garder", pupils=5)
    bodies: dict[str, list[bytes]] = {gone.name: [], stays.name: []}

    async def fill(store: SqliteStore) -> None:
        for campaign in (gone, stays):
            await install(store, campaign, campaign.name)
            for card in campaign.pupils:
                session = await log_in(store, campaign, card)
                body = randomness.system(1052)
                bodies[campaign.name].append(body)
                await store.save(replaced(session, 1, body))
                # Superseded in the log, and put aside by the next device.
                await store.save(replaced(session, 2, body[::-1]))
                again = await log_in(store, campaign, card)
                await store.save(replaced(again, 3, bytes(1052), base=2))
        # Some in the table and some in the log.
        store._log.drain()
        await settled(store)
        for campaign in (gone, stays):
            for card in campaign.pupils[:3]:
                session = await log_in(store, campaign, card)
                await store.save(
                    replaced(session, 4, bodies[campaign.name][0][5:] + bytes(5), base=3)
                )

    opened(path, fill)
    before = {file.name for file in tmp_path.glob("d.db-saves-*")}
    assert before
    marks = {name: [body[100:116] for body in found] for name, found in bodies.items()}
    plain = plain_pages(path)
    assert any(mark[::-1] in plain for mark in marks[stays.name]), "the test cannot read pages"

    async def purge(store: SqliteStore) -> orders.OrderDone:
        wanted = purge_of(gone.name)
        # While the window is open: no.
        with pytest.raises(Refused) as caught:
            await store.order(wanted, "p", NOW_MS)
        assert caught.value.kind == "open"
        first = await store.order(wanted, "p", LATER_MS)
        assert not before & {file.name for file in tmp_path.glob("d.db-saves-*")}
        plain = plain_pages(path)
        for secret in (*marks[gone.name], *(card.number.encode() for card in gone.pupils)):
            assert secret not in plain
            assert secret[::-1] not in plain
        for number in (card.number.encode() for card in stays.pupils):
            assert number in plain
        assert await store.order(wanted, "p", LATER_MS + 1) == first
        assert (await store.status(stays.name, LATER_MS)).sheets == 5
        status = await store.status(gone.name, LATER_MS)
        assert (status.state, status.seats, status.sheets, status.last_seq) == ("purged", 0, 0, 0)
        for blob in gone.manifest.blobs:
            with pytest.raises(Refused):
                await store.blob(blob.sha256)
        return first

    done = opened(path, purge)
    assert done.purged == orders.Purged(seats=41, sheets=40, strays=43, blobs=2)
    assert at_rest(path) == (0, 0, 6)


def replaced(session: Any, version: int, body: bytes, base: int = 0) -> Any:
    wanted = save(session, version, base=base)
    return type(wanted)(
        session, session.number, "francais", version, base, body, wanted.now_ms, False
    )


async def settled(store: SqliteStore) -> None:
    """Until the log is in the table."""
    while not store._log.drained:
        await asyncio.sleep(0.01)


def at_rest(path: Path) -> tuple[int, int, int]:
    """Free pages, purges that are due, seats."""
    connection = connect(path, KEY, write=False)
    try:
        return tuple(
            connection.execute(statement).fetchone()[0]
            for statement in (
                "PRAGMA freelist_count",
                "SELECT count(*) FROM vacuum_due",
                "SELECT count(*) FROM seat",
            )
        )
    finally:
        connection.close()


def test_a_purge_that_was_cut_off_is_finished_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = kit(pupils=300)
    path = tmp_path / "d.db"
    steps = sqlite_exchange.destroy

    def power_cut(*arguments: Any) -> Any:
        slices = steps(*arguments)
        for _ in range(3):
            yield next(slices)
        raise RuntimeError("power cut")

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        await store.save(save(session, 1))
        monkeypatch.setattr(sqlite_exchange, "destroy", power_cut)
        with pytest.raises(RuntimeError):
            await store.order(purge_of(campaign.name), "p", LATER_MS)
        # It is nobody's any more, whatever is still there.
        with pytest.raises(Refused) as caught:
            await store.sitting(session, "", LATER_MS)
        assert caught.value.kind == "purged"

    opened(path, work)
    assert at_rest(path)[1:] == (1, 301)
    monkeypatch.undo()

    async def wait(_store: SqliteStore) -> None:
        while at_rest(path)[1]:
            await asyncio.sleep(0.05)

    opened(path, wait)
    assert at_rest(path) == (0, 0, 0)
    assert not list(tmp_path.glob("d.db-saves-*"))
