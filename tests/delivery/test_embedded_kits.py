"""Kits are installed in slices: whole or not at all, and beside saves."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ardoise.contract import orders
from ardoise.contract.kit import SeatChunk
from ardoise.delivery import sqlite_kits
from ardoise.delivery.sqlite_schema import Connection, connect
from ardoise.delivery.sqlite_store import SqliteStore
from ardoise.delivery.store import Refused
from ardoise.seal import randomness
from tests.delivery.kits import HOUR_MS, Campaign, draw_card, named
from tests.delivery.store_calls import NOW_MS, install, kit, log_in, save
from tests.delivery.test_store import KEY, opened


def held(path: Path) -> tuple[int, int, int]:
    """Campaigns, seats and seats' parts in the tables, whoever sees them."""
    connection = connect(path, KEY, write=False)
    try:
        found = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("campaign", "seat", "seat_part")
        ]
        return found[0], found[1], found[2]
    finally:
        connection.close()


async def rests(path: Path, wanted: tuple[int, int, int]) -> None:
    """Until what a former run left is tidied up."""
    while held(path) != wanted:
        await asyncio.sleep(0.02)


def grown(campaign: Campaign, pupils: int) -> Campaign:
    """The next serial of a campaign, in one chunk: the same seats and some more, all slower."""
    more = [draw_card("pupil", campaign.pupils[0].group) for _ in range(pupils)]
    cards = [replace(card, time_percent=150) for card in (*campaign.pupils, *more)]
    blob, content = campaign.chunk(cards)
    newer = campaign.changed(serial=2, chunks=(blob,), closes_ms=NOW_MS + 5 * HOUR_MS)
    newer.contents = {**campaign.contents, blob.sha256: content}
    newer.pupils = cards
    return newer


def test_a_kit_whose_last_chunk_is_wrong_changes_nothing(tmp_path: Path) -> None:
    path, campaign = tmp_path / "d.db", kit(pupils=30)

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        before = held(path)
        newer = grown(campaign, 20)
        twice, content = campaign.chunk(campaign.pupils[:1])
        newer.contents[twice.sha256] = content
        wrong = newer.changed(chunks=(*newer.manifest.chunks, twice))
        with pytest.raises(Refused, match="malformed") as caught:
            await install(store, wrong, "2")
        assert "twice" in caught.value.detail
        assert held(path) == before
        session = await log_in(store, campaign, campaign.pupils[0])
        state = await store.sitting(session, "", NOW_MS)
        assert (state.closes_ms, state.parts[0].time_percent) == (NOW_MS + HOUR_MS, 100)
        # Its chunks are still there: the right manifest needs nothing sent again.
        done = await store.install(newer.manifest, "3")
        assert done.seats == 51
        assert (await store.status(campaign.name, NOW_MS)).seats == 51

    opened(path, work)


def test_nobody_sees_a_seat_before_its_kit_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, campaign = tmp_path / "d.db", kit(pupils=40)
    staged = asyncio.Event()
    check = sqlite_kits.check_groups

    def stop(connection: Connection, *rest: Any) -> None:
        assert connection.execute("SELECT count(*) FROM seat").fetchone() == (41,)
        loops[0].call_soon_threadsafe(staged.set)
        asyncio.run_coroutine_threadsafe(seen.wait(), loops[0]).result(20)
        check(connection, *rest)

    async def work(store: SqliteStore) -> None:
        loops.append(asyncio.get_running_loop())
        monkeypatch.setattr(sqlite_kits, "check_groups", stop)
        installing = asyncio.ensure_future(install(store, campaign))
        await staged.wait()
        with pytest.raises(Refused, match="unknown-seat"):
            await log_in(store, campaign, campaign.pupils[0])
        with pytest.raises(Refused, match="absent"):
            await store.status(campaign.name, NOW_MS)
        assert (await store.campaigns()).campaigns == ()
        seen.set()
        await installing
        await log_in(store, campaign, campaign.pupils[0])

    loops: list[asyncio.AbstractEventLoop] = []
    seen = asyncio.Event()
    opened(path, work)


def test_a_power_cut_while_seats_are_staged_leaves_the_old_kit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, campaign = tmp_path / "d.db", kit(pupils=30)
    newer = grown(campaign, 20)
    stage = sqlite_kits.stage

    def power_cut(*arguments: Any, **named: Any) -> Any:
        slices = stage(*arguments, **named)
        for _ in range(2):
            yield next(slices)
        monkeypatch.setattr(sqlite_kits, "discard", lambda _write: iter(()))
        raise RuntimeError("power cut")

    async def first(store: SqliteStore) -> None:
        await install(store, campaign)
        monkeypatch.setattr(sqlite_kits, "stage", power_cut)
        with pytest.raises(RuntimeError):
            await install(store, newer, "2")

    opened(path, first)
    campaigns, seats, _ = held(path)
    assert (campaigns, seats) > (1, 31)
    monkeypatch.undo()

    async def second(store: SqliteStore) -> None:
        await rests(path, (1, 31, 31))
        status = await store.status(campaign.name, NOW_MS)
        assert (status.serial, status.seats, status.closes_ms) == (1, 31, NOW_MS + HOUR_MS)

    opened(path, second)


def test_a_kit_that_was_published_is_merged_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, campaign = tmp_path / "d.db", kit(pupils=30)
    newer = grown(campaign, 20)
    merge = sqlite_kits.merge

    def power_cut(*arguments: Any) -> Any:
        slices = merge(*arguments)
        yield next(slices)
        raise RuntimeError("power cut")

    async def first(store: SqliteStore) -> None:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[29])
        await store.save(save(session, 3))
        void = orders.VoidSeat(randomness.reference(), campaign.name, campaign.pupils[28].number)
        await store.order(void, "v", NOW_MS)
        monkeypatch.setattr(sqlite_kits, "merge", power_cut)
        with pytest.raises(RuntimeError):
            await install(store, newer, "2")
        status = await store.status(campaign.name, NOW_MS)
        assert (status.serial, status.closes_ms) == (2, NOW_MS + 5 * HOUR_MS)

    opened(path, first)
    monkeypatch.undo()

    async def second(store: SqliteStore) -> None:
        await rests(path, (1, 51, 51))
        assert (await store.status(campaign.name, NOW_MS)).seats == 51
        # Its epoch, its clock, its sheet and a void stayed.
        session = await log_in(store, newer, newer.pupils[29])
        assert session.epoch == 2
        (part,) = (await store.sitting(session, "", NOW_MS)).parts
        assert (part.version, part.time_percent, part.opened_ms) == (3, 150, NOW_MS)
        with pytest.raises(Refused, match="unknown-seat"):
            await log_in(store, newer, newer.pupils[28])
        await log_in(store, newer, newer.pupils[49])

    opened(path, second)


def test_saves_are_acknowledged_while_a_kit_is_installed_and_while_it_is_purged(
    tmp_path: Path,
) -> None:
    path, campaign = tmp_path / "d.db", kit(pupils=5)
    large = kit(name="a-cote", pupils=1)
    card = large.seat(large.pupils[0])
    numbers = sorted({draw_card("pupil", "0" * 16).number for _ in range(4_000)})
    for start in range(0, len(numbers), 2_000):
        some = numbers[start : start + 2_000]
        seats = tuple(
            msgspec.structs.replace(card, number=number, group=f"{place // 25:016x}")
            for place, number in enumerate(some, start)
        )
        blob, content = named(msgspec.json.encode(SeatChunk("ardoise-seats/1", large.name, seats)))
        large.contents[blob.sha256] = content
        large = large.changed(chunks=(*large.manifest.chunks[start > 0 :], blob))

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        sessions = [await log_in(store, campaign, card) for card in campaign.pupils]
        version = 0
        for change in (
            install(store, large, "large"),
            store.order(orders.Purge("0" * 16, large.name), "p", NOW_MS + 2 * HOUR_MS),
        ):
            doing, rounds = asyncio.ensure_future(change), 0
            while not doing.done():
                version, rounds = version + 1, rounds + 1
                await asyncio.gather(*(store.save(save(one, version)) for one in sessions))
            await doing
            assert rounds > 5
        assert (await store.status(campaign.name, NOW_MS)).sheets == 5
        for one in sessions:
            assert (await store.sheet(one, one.number, "francais")).version == version
        assert (await store.status(large.name, NOW_MS)).state == "purged"

    opened(path, work)
    assert held(path) == (2, 6, 6)


def test_seats_that_are_added_are_visible_at_once_and_only_once(tmp_path: Path) -> None:
    path, campaign = tmp_path / "d.db", kit(pupils=10)
    group = campaign.pupils[0].group
    more = [draw_card("pupil", group) for _ in range(12)]
    blob, content = campaign.chunk(more)

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        order = orders.AddSeats(randomness.reference(), campaign.name, blob.sha256)
        with pytest.raises(Refused, match="incomplete"):
            await store.order(order, "a", NOW_MS)
        await store.put_bytes(blob.sha256, content, NOW_MS)
        done = await store.order(order, "a", NOW_MS)
        assert await store.order(order, "a", NOW_MS + 1) == done
        status = await store.status(campaign.name, NOW_MS)
        assert (status.seats, held(path)) == (23, (1, 23, 23))
        for card in more:
            await log_in(store, campaign, card)
        # More than a teacher's page holds: nothing of it.
        many, body = campaign.chunk([draw_card("pupil", group) for _ in range(400)])
        await store.put_bytes(many.sha256, body, NOW_MS)
        order = orders.AddSeats(randomness.reference(), campaign.name, many.sha256)
        with pytest.raises(Refused, match="malformed"):
            await store.order(order, "b", NOW_MS)
        assert held(path) == (1, 23, 23)

    opened(path, work)
