"""Who comes first in the embedded store's one writer, and that nobody waits for ever."""

import asyncio
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from ardoise.contract.sitting import Saved
from ardoise.delivery import sqlite_writer
from ardoise.delivery.sqlite_store import SqliteStore
from ardoise.delivery.sqlite_tallies import Write
from ardoise.delivery.store import Refused
from tests.delivery.store_calls import NOW_MS, install, kit, log_in, save
from tests.delivery.test_store import opened


class Held:
    """A writer that is busy until it is let go."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._free = threading.Event()
        self._begun = threading.Event()

    async def __aenter__(self) -> None:
        def wait(_write: Write) -> None:
            self._begun.set()
            self._free.wait(20)

        self._held = self._store._writer.submit(wait)
        await asyncio.get_running_loop().run_in_executor(None, self._begun.wait, 20)

    async def __aexit__(self, *_: object) -> None:
        self._free.set()
        await self._held


def test_saves_come_before_logins_and_logins_before_the_rest(tmp_path: Path) -> None:
    campaign = kit(pupils=20)
    order: list[str] = []

    def noted(what: str) -> Any:
        return lambda _: order.append(what)

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        sessions = [await log_in(store, campaign, card) for card in campaign.pupils[:10]]
        async with Held(store):
            rest = [store.put_bytes(str(n), b"x", NOW_MS) for n in range(50)]
            waiting = [asyncio.ensure_future(one) for one in rest]
            logins = [
                asyncio.ensure_future(log_in(store, campaign, card))
                for card in campaign.pupils[10:]
            ]
            await asyncio.sleep(0.05)
            saves = [store.save(save(session, 1)) for session in sessions]
            for what, futures in (("rest", waiting), ("login", logins), ("save", saves)):
                for future in futures:
                    future.add_done_callback(noted(what))
        await asyncio.gather(*waiting, *logins, *saves)
        assert order[:10] == ["save"] * 10
        assert set(order[10:]) == {"login", "rest"}

    opened(tmp_path / "d.db", work)


def test_a_flood_of_saves_starves_neither_logins_nor_orders_nor_long_changes(
    tmp_path: Path,
) -> None:
    campaign = kit(pupils=20)

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        sessions = [await log_in(store, campaign, card) for card in campaign.pupils]
        ended = asyncio.Event()

        async def flood(place: int) -> int:
            version = 0
            while not ended.is_set():
                version += 1
                await store.save(save(sessions[place], version))
            return version

        def long(_write: Write) -> Generator[bool, None, str]:
            for _ in range(50):
                yield False
            return "done"

        flooding = [asyncio.ensure_future(flood(place)) for place in range(20)]
        assert await store._writer.sliced(long) == "done"
        for n in range(5):
            await store.spend_nonce(f"{n:016x}", NOW_MS, NOW_MS)
        again = await log_in(store, campaign, campaign.teachers[0])
        assert again.epoch == 1
        ended.set()
        assert min(await asyncio.gather(*flooding)) > 5

    opened(tmp_path / "d.db", work)


def test_a_writer_that_stands_still_takes_no_more_and_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_writer, "STALL_S", 0.1)
    campaign = kit()

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        async with Held(store):
            first = store.save(save(session, 1))
            await asyncio.sleep(0.2)
            with pytest.raises(Refused) as caught:
                store.save(save(session, 2))
            assert (caught.value.kind, caught.value.retry_ms) == ("busy", 2_000)
        assert isinstance(await first, Saved)
        assert (await store.save(save(session, 2))).version == 2

    opened(tmp_path / "d.db", work)


def test_a_long_change_that_fails_leaves_the_writer_working(tmp_path: Path) -> None:
    async def work(store: SqliteStore) -> None:
        def broken(write: Write) -> Generator[bool, None, None]:
            write.connection.execute("INSERT INTO blob VALUES ('kept', 0, x'00')")
            yield True
            write.connection.execute("INSERT INTO blob VALUES ('undone', 0, x'00')")
            raise Refused("malformed")

        with pytest.raises(Refused, match="malformed"):
            await store._writer.sliced(broken)
        await store.put_bytes("later", b"x", NOW_MS)
        found = store._reader.execute("SELECT sha256 FROM blob ORDER BY 1").fetchall()
        assert found == [("kept",), ("later",)]

    opened(tmp_path / "d.db", work)


def test_a_store_whose_log_is_folded_sleeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_writer, "QUIET_S", 0.0)
    campaign = kit()
    rounds = 0

    async def work(store: SqliteStore) -> None:
        nonlocal rounds
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        await store.save(save(session, 1))
        store._log.drain()
        fold_round = store._writer._fold_round

        def counted() -> None:
            nonlocal rounds
            rounds += 1
            fold_round()

        while store._log.segments:
            await asyncio.sleep(0.05)
        monkeypatch.setattr(store._writer, "_fold_round", counted)
        await asyncio.sleep(0.6)

    opened(tmp_path / "d.db", work)
    assert rounds < 50
