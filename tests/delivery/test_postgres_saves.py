"""PostgreSQL's own: the batch's rule, sequence numbers, and a database that dies or hangs."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ardoise.delivery import postgres_saves, postgres_schema, sittings
from ardoise.delivery.postgres_store import PostgresStore, open_postgres
from ardoise.delivery.sessions import Session
from ardoise.delivery.sittings import Attempt, Place, Saver, Stored, Timing, Verdict, Window
from ardoise.delivery.store import Refused
from tests.delivery.kits import Campaign
from tests.delivery.store_calls import NOW_MS, install, kit, log_in, returned, save
from tests.postgres import Cluster, Database, fetch, running_cluster

NUMBER = 123_456_789


@pytest.fixture(scope="module")
def database(new_database: Callable[[], Database]) -> Database:
    return new_database()


# -- the batch's rule --------------------------------------------------------------------------

_moments = st.integers(0, 12).map(lambda halves: halves * 30_000)
_seldom = st.sampled_from([False] * 7 + [True])
_epochs = st.sampled_from([1, 1, 1, 2])
situations = st.fixed_dictionaries(
    {
        "opens_ms": st.sampled_from([0, 0, 30_000]) | _moments,
        "closes_ms": st.sampled_from([300_000, 360_000]) | _moments,
        "minutes": st.integers(0, 3),
        "grace_s": st.sampled_from([0, 30, 60]),
        "by_teacher": _seldom,
        "time_percent": st.sampled_from([100, 133, 150]),
        "teacher": _seldom,
        "voided": _seldom,
        "epoch": _epochs,
        "opened_ms": st.sampled_from([30_000, 60_000]) | st.none() | _moments,
        "extra_ms": st.sampled_from([0, 45_000]),
        "stored": st.none()
        | st.tuples(st.sampled_from([NUMBER, NUMBER, 7]), _epochs, st.integers(0, 4)),
        "session_epoch": _epochs,
        "version": st.integers(1, 5),
        "now_ms": _moments,
    }
)
_SET = """
WITH c AS (UPDATE campaign SET opens_ms = $1, closes_ms = $2),
  p AS (UPDATE part SET minutes = $3, grace_s = $4, by_teacher = $5)
UPDATE sheet SET session = $6, time_percent = $7, opened_ms = $8, extra_ms = $9,
  writer = $10, epoch = $11, version = $12
"""


@contextlib.contextmanager
def one_row(database: Database) -> Iterator[Callable[[dict[str, Any]], list[int] | None]]:
    """A campaign with a single row, which is set and then saved to; nothing is committed."""
    loop = asyncio.new_event_loop()

    async def begin() -> Any:
        connection = await asyncpg.connect(
            database.url(),
            server_settings={"search_path": "ardoise", "jit": "off"},
        )
        await connection.execute(
            "INSERT INTO campaign (name, serial, manifest, opens_ms, closes_ms, runner)"
            " VALUES ('essai-2026', 1, '', 0, 1, '{}');"
            " INSERT INTO part VALUES (1, 0, 'francais', 0, false, 1, 0, true);"
            " SELECT make_room(1);"
            f" INSERT INTO sheet (campaign, number, part, session, time_percent)"
            f" VALUES (1, {NUMBER}, 0, 1, 100)"
        )
        return connection

    async def tried(connection: Any, now: dict[str, Any]) -> list[int] | None:
        stored = now["stored"] or (0, 0, 0)
        closed_to_pupils = now["voided"] or now["teacher"] or now["by_teacher"]
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(
                _SET, now["opens_ms"], now["closes_ms"], now["minutes"], now["grace_s"],
                now["by_teacher"], -1 if closed_to_pupils else now["epoch"], now["time_percent"],
                now["opened_ms"], now["extra_ms"], *stored,
            )  # fmt: skip
            answer = await connection.fetchrow(
                postgres_saves.batch_statement(1),
                *(
                    f"{{{one}}}"
                    for one in (NUMBER, 0, now["session_epoch"], now["version"], now["now_ms"])
                ),
                [b"x"],
            )
        finally:
            await transaction.rollback()
        return answer[2] if answer[1] else None

    connection = loop.run_until_complete(begin())
    try:
        yield lambda now: loop.run_until_complete(tried(connection, now))
    finally:
        loop.run_until_complete(connection.close())
        loop.close()


def judged(now: dict[str, Any]) -> tuple[Verdict, int | None]:
    """What the rule says of the same situation, and the deadline."""
    stored = now["stored"] if now["stored"] and now["stored"][2] else None
    timing = Timing(
        "teacher" if now["by_teacher"] else "pupil",
        now["minutes"],
        now["grace_s"],
        now["time_percent"],
    )
    window = Window(now["opens_ms"], now["closes_ms"])
    verdict = sittings.judge(
        Attempt(now["session_epoch"], now["version"], 0, now["now_ms"]),
        Saver(NUMBER, "teacher" if now["teacher"] else "pupil", now["epoch"], now["voided"]),
        Place(True, True, not now["teacher"], now["opened_ms"], now["extra_ms"]),
        timing,
        window,
        Stored(*stored) if stored else None,
        same_bytes=False,
    )
    return verdict, timing.deadline_ms(window, now["opened_ms"], now["extra_ms"])


def test_a_batch_takes_what_the_rule_would_store_and_nothing_else(
    new_database: Callable[[], Database],
) -> None:
    with one_row(new_database()) as tried:
        taken: list[bool] = []

        @settings(max_examples=1_000, suppress_health_check=[HealthCheck.too_slow])
        @given(situations)
        def agree(now: dict[str, Any]) -> None:
            verdict, deadline_ms = judged(now)
            deadlines = tried(now)
            taken.append(deadlines is not None)
            if deadlines is not None:
                assert verdict == Verdict(store=True)
                assert deadlines == [deadline_ms]
            elif now["opens_ms"] <= now["closes_ms"]:
                assert verdict != Verdict(store=True)

        agree()
        assert 20 < sum(taken) < len(taken) - 20


# -- sequence numbers --------------------------------------------------------------------------


def opened(url: str, work: Callable[[PostgresStore], Any]) -> Any:
    """Run `work` on a store that is closed afterwards."""

    async def run() -> Any:
        store = await open_postgres(url)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def test_no_record_appears_below_one_that_was_given_out(database: Database) -> None:
    campaign = kit(pupils=2)

    async def work(store: PostgresStore) -> None:
        await install(store, campaign)
        one, two = [await log_in(store, campaign, card) for card in campaign.pupils]
        # A transaction that has its number already and commits after a later one.
        slow = await asyncpg.connect(database.url(), server_settings={"search_path": "ardoise"})
        async with slow.transaction():
            low = await slow.fetchval("SELECT own_seq()")
            later = await store.save(save(two, 1))
            assert later.seq > low
            assert await returned(store, campaign) == []
            await slow.execute(
                "UPDATE sheet SET version = 1, seq = $2, writer = number, body = 'x'"
                " WHERE number = $1 AND part = 0",
                int(one.number),
                low,
            )
        await slow.close()
        records = await returned(store, campaign)
        assert [record.seq for record, _ in records] == [low, later.seq]
        # One that only reads, such as a backup, holds nothing back.
        reader = await asyncpg.connect(database.url(), server_settings={"search_path": "ardoise"})
        async with reader.transaction(isolation="repeatable_read"):
            await reader.fetchval("SELECT count(*) FROM sheet")
            newest = await store.save(save(two, 2))
            assert [r.seq for r, _ in await returned(store, campaign, later.seq)] == [newest.seq]
        await reader.close()

    opened(database.node, work)


def test_after_a_dump_came_from_another_cluster_numbers_still_grow(
    new_database: Callable[[], Database],
) -> None:
    database, campaign = new_database(), kit()

    async def before(store: PostgresStore) -> Session:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        await store.save(save(session, 1))
        return session

    session = opened(database.node, before)
    # As if that cluster had counted further than this one.
    far = 1 << 45
    database.run("UPDATE sheet SET seq = $1 WHERE version > 0", far)
    asyncio.run(postgres_schema.migrate(database.url()))
    asyncio.run(postgres_schema.migrate(database.url()))

    async def after(store: PostgresStore) -> None:
        assert [record.seq for record, _ in await returned(store, campaign)] == [far]
        saved = await store.save(save(session, 2))
        assert far < saved.seq < far + (1 << 30)
        assert [record.seq for record, _ in await returned(store, campaign, far)] == [saved.seq]

    opened(database.node, after)


# -- a database that dies, hangs, or is taken away ------------------------------------------------


async def _keep_saving(
    store: PostgresStore, session: Session, acknowledged: dict[str, int], over: asyncio.Event
) -> None:
    version = 0
    while not over.is_set():
        version += 1
        while not over.is_set():
            try:
                await store.save(save(session, version))
            except Refused as refusal:
                assert refusal.kind == "busy"  # noqa: PT017 - how often it comes is open
                await asyncio.sleep(0.05)
            else:
                acknowledged[session.number] = version
                break


def test_what_was_acknowledged_outlives_kill_9_of_the_database() -> None:
    campaign = kit(pupils=40)

    async def work(cluster: Cluster, store: PostgresStore) -> None:
        await install(store, campaign)
        sessions = [await log_in(store, campaign, card) for card in campaign.pupils]
        acknowledged: dict[str, int] = {}
        over = asyncio.Event()
        savers = [
            asyncio.ensure_future(_keep_saving(store, one, acknowledged, over)) for one in sessions
        ]
        for _ in range(2):
            await asyncio.sleep(0.5)
            await asyncio.to_thread(cluster.kill)
            before = dict(acknowledged)
            await asyncio.to_thread(cluster.start)
            # Each goes on, by itself.
            while any(acknowledged[number] <= before[number] for number in before):
                await asyncio.sleep(0.05)
        over.set()
        await asyncio.gather(*savers)
        records = await returned(store, campaign)
        for record, body in records:
            assert record.version >= acknowledged[record.number]
            assert body == save(sessions[0], record.version).body
        assert {record.number for record, _ in records} == set(acknowledged)
        assert (await store.status(campaign.name, NOW_MS)).strays == 0

    with running_cluster(fsync=True) as cluster:
        url = cluster.database().node

        async def run() -> None:
            store = await open_postgres(url)
            try:
                await work(cluster, store)
            finally:
                await store.close()

        asyncio.run(run())


def test_a_database_that_hangs_costs_no_memory_beyond_the_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres_saves, "QUEUE", 50)
    monkeypatch.setattr(postgres_schema, "COMMAND_SECONDS", 0.5)
    campaign = kit(pupils=1)

    async def work(cluster: Cluster, store: PostgresStore) -> None:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        await store.save(save(session, 1))
        backends = await fetch(
            cluster_database.url(), "SELECT pid FROM pg_stat_activity WHERE usename = 'node'"
        )
        for row in backends:
            os.kill(row[0], signal.SIGSTOP)
        try:
            taken, refused = [], 0
            for version in range(2, 200):
                try:
                    taken.append(store.save(save(session, version)))
                except Refused as refusal:
                    refused += refusal.kind == "busy"
            assert (len(taken), refused) == (50, 148)
            outcome = (await asyncio.gather(*taken[:1], return_exceptions=True))[0]
            assert isinstance(outcome, Refused)
            assert outcome.kind == "busy"
        finally:
            for row in backends:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(row[0], signal.SIGCONT)
        outcomes = await asyncio.gather(*taken, return_exceptions=True)
        assert all(isinstance(one, Refused) for one in outcomes[:1])
        for _ in range(100):
            with contextlib.suppress(Refused):
                await store.save(save(session, 200))
                break
            await asyncio.sleep(0.05)
        assert (await store.sheet(session, session.number, "francais")).version == 200

    with running_cluster() as cluster:
        cluster_database = cluster.database()

        async def run() -> None:
            store = await open_postgres(cluster_database.node)
            try:
                await work(cluster, store)
            finally:
                await store.close()

        asyncio.run(run())


def test_a_row_that_somebody_holds_keeps_no_other_save_waiting_for_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign: Campaign = kit(pupils=10)

    async def work(store: PostgresStore) -> None:
        await install(store, campaign)
        sessions = [await log_in(store, campaign, card) for card in campaign.pupils]
        other = await asyncpg.connect(database.url(), server_settings={"search_path": "ardoise"})
        async with other.transaction():
            await other.execute(
                "SELECT FROM sheet WHERE number = $1 FOR UPDATE", int(sessions[0].number)
            )
            held, *free = [store.save(save(one, 1)) for one in sessions]
            await asyncio.wait_for(asyncio.gather(*free), 1.5)
            assert not held.done()
        assert (await held).version == 1
        await other.close()

    opened(database.node, work)
