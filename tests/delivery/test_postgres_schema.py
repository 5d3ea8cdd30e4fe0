"""Migrations that are only ever added, roles that may do no more than they must, safe URLs."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from ardoise.delivery import postgres_schema
from ardoise.delivery.config import ConfigFault
from ardoise.delivery.postgres_store import PostgresStore, open_postgres
from ardoise.delivery.sessions import Session
from ardoise.delivery.store import Refused, SchemaFault
from tests.delivery.kits import Campaign
from tests.delivery.running import RunningDelivery
from tests.delivery.store_calls import NOW_MS, install, kit, log_in, refusal_of, returned, save
from tests.postgres import Cluster, Database, fetch

RELEASED = {
    "0001_tables.sql": "b742a51a2eb1390868d6afbe7bd7be0f23895c03662463bb1a251eec56efe73f",
    "0002_steps.sql": "5cb63fd4812babde520f97b7631f16841aee36657a26993757f53b669da678f4",
    "0003_roles.sql": "6a2118fafc5c58947c704707362e8f8325832352c32229abb2656f1a0af091f4",
}
"""What stands in a database somewhere: a change comes as a further file."""


def test_a_released_migration_is_never_changed() -> None:
    steps = dict(postgres_schema.migrations())
    assert list(steps) == sorted(steps)
    for name, digest in RELEASED.items():
        assert hashlib.sha256(steps[name].encode()).hexdigest() == digest


def test_migrating_at_once_and_again_changes_nothing(postgres_cluster: Cluster) -> None:
    database = Database(postgres_cluster, "d_twice")
    Database(postgres_cluster, "postgres").run("CREATE DATABASE d_twice")

    known = len(postgres_schema.migrations())

    async def at_once() -> list[int]:
        calls = (postgres_schema.migrate(database.url()) for _ in range(3))
        return list(await asyncio.gather(*calls))

    assert asyncio.run(at_once()) == [known] * 3
    names = [row[0] for row in database.run("SELECT name FROM schema_version ORDER BY version")]
    assert names == [name for name, _ in postgres_schema.migrations()]


def test_a_failing_migration_leaves_no_half(new_database: Callable[[], Database]) -> None:
    database = new_database()
    steps = (*postgres_schema.migrations(), ("9999.sql", "CREATE TABLE half (); CREATE NONSENSE"))
    with pytest.raises(SchemaFault, match="stays as it was"):
        asyncio.run(postgres_schema.migrate(database.url(), steps))
    assert database.run("SELECT to_regclass('half')")[0][0] is None


def test_nodes_serve_neither_older_nor_newer_databases(
    new_database: Callable[[], Database], postgres_cluster: Cluster
) -> None:
    database = new_database()
    newer = (*postgres_schema.migrations(), ("9999.sql", "CREATE TABLE later (a int)"))
    asyncio.run(postgres_schema.migrate(database.url(), newer))
    for attempt in (open_postgres(database.node), postgres_schema.migrate(database.url())):
        with pytest.raises(SchemaFault, match="install the newer program"):
            asyncio.run(attempt)
    Database(postgres_cluster, "postgres").run("CREATE DATABASE d_empty")
    with pytest.raises(SchemaFault, match="ardoise delivery migrate"):
        asyncio.run(open_postgres(Database(postgres_cluster, "d_empty").node))
    with pytest.raises(SchemaFault, match="does not let us in"):
        asyncio.run(open_postgres(Database(postgres_cluster, "d_nowhere").node))


# -- roles --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filled:
    """A database with a campaign in which one pupil saved."""

    database: Database
    campaign: Campaign
    session: Session


@pytest.fixture(scope="module")
def filled(new_database: Callable[[], Database]) -> Filled:
    database, campaign = new_database(), kit()

    async def fill() -> Session:
        authority = await open_postgres(database.exchange, "authority")
        seats = await open_postgres(database.seats, "seats")
        try:
            await install(authority, campaign)
            session = await log_in(seats, campaign, campaign.pupils[0])
            await seats.save(save(session, 1))
            await refusal_of(seats, save(session, 2, at_ms=NOW_MS * 2))
            assert len(await returned(authority, campaign)) == 2
        finally:
            await seats.close()
            await authority.close()
        return session

    return Filled(database, campaign, asyncio.run(fill()))


NEVER = [
    "DROP TABLE sheet_1",
    "TRUNCATE sheet_1",
    "ALTER TABLE sheet ADD COLUMN more text",
    "CREATE TABLE ardoise.mine (a int)",
    "CREATE TABLE public.mine (a int)",
    "CREATE FUNCTION ardoise.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "UPDATE origin SET base = 0",
    "UPDATE schema_version SET version = 1",
    "SELECT raise_base()",
    "DELETE FROM sheet",
    "DELETE FROM sheet_1",
    "DELETE FROM seat",
    "DELETE FROM stray",
    "DELETE FROM campaign",
    "DELETE FROM blob",
    "DELETE FROM nonce",
]
NEVER_SEATS = [
    "SELECT body FROM sheet",
    "SELECT body FROM sheet_1",
    "SELECT * FROM sheet_1",
    "SELECT body FROM stray",
    "SELECT body FROM stray_1",
    "SELECT login FROM seat",
    "SELECT login FROM seat_1",
    "SELECT login_digests(1, (SELECT array_agg(n) FROM generate_series(1, 501) n))",
    "UPDATE seat SET epoch = 0",
    "UPDATE seat SET voided = false",
    "UPDATE sheet SET session = 1",
    "UPDATE sheet SET extra_ms = 1",
    "UPDATE campaign SET closes_ms = 0",
    "INSERT INTO sheet (campaign, number, part, session, time_percent) VALUES (1, 1, 0, 1, 100)",
    "INSERT INTO blob VALUES ('', 0, '')",
    "UPDATE stray SET body = ''",
    "COPY sheet TO STDOUT",
    "SELECT drop_room(1)",
    "SELECT void_seat(1, 1)",
    "SELECT grant_time(1, 1, 1)",
    "SELECT * FROM order_done",
]
NEVER_EXCHANGE = [
    "UPDATE sheet SET body = ''",
    "UPDATE sheet_1 SET version = 9",
    "INSERT INTO sheet (campaign, number, part, session, time_percent) VALUES (1, 1, 0, 1, 100)",
    "INSERT INTO stray VALUES (1, 1, 1, 1, 1, 1, 1, 1, '', '')",
    "UPDATE seat SET login = ''",
    "INSERT INTO seat VALUES (1, 1, false, '', '', 100, NULL, false)",
    "SELECT raise_epochs(1, '{1}', '{a}')",
    "SELECT put_aside(1, 1, 0::smallint, 1)",
]


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        *(("seats", one) for one in (*NEVER, *NEVER_SEATS)),
        *(("exchange", one) for one in (*NEVER, *NEVER_EXCHANGE)),
    ],
)
def test_what_a_nodes_role_may_not_do(filled: Filled, role: str, statement: str) -> None:
    url = filled.database.seats if role == "seats" else filled.database.exchange
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.RaiseError)):
        asyncio.run(fetch(url, statement))


def test_a_definers_function_takes_no_table_of_the_callers(filled: Filled) -> None:
    """A temporary table of the same name must not be read in place of ours."""

    async def attempt() -> Any:
        connection = await asyncpg.connect(filled.database.seats)
        try:
            await connection.execute("CREATE TEMP TABLE sheet AS SELECT 1 AS campaign")
        except asyncpg.InsufficientPrivilegeError:
            return None
        try:
            return await connection.fetchrow(
                "SELECT * FROM ardoise.sheet_body(1, $1, 0::smallint)", int(filled.session.number)
            )
        finally:
            await connection.close()

    found = asyncio.run(attempt())
    assert found is None or found["version"] == 1


def test_a_node_for_pupils_carries_out_nothing_for_the_authority(filled: Filled) -> None:
    async def work() -> None:
        with pytest.raises(SchemaFault, match="may not"):
            await open_postgres(filled.database.seats, "authority")
        with pytest.raises(SchemaFault, match="may not"):
            await open_postgres(filled.database.exchange, "seats")

    asyncio.run(work())


# -- nodes ----------------------------------------------------------------------------------------


def test_any_node_serves_any_seat(new_database: Callable[[], Database]) -> None:
    database, campaign = new_database(), kit(pupils=8)

    async def work() -> None:
        nodes: list[PostgresStore] = [await open_postgres(database.node) for _ in range(3)]
        try:
            await install(nodes[0], campaign)
            sessions = [
                await log_in(nodes[place % 3], campaign, card)
                for place, card in enumerate(campaign.pupils)
            ]
            # The same sheets at once on every node: none waits for another for ever.
            for version in range(1, 11):
                outcomes = await asyncio.gather(
                    *(node.save(save(one, version)) for node in nodes for one in sessions),
                    return_exceptions=True,
                )
                assert {getattr(one, "version", one) for one in outcomes} == {version}
            again = await log_in(nodes[1], campaign, campaign.pupils[0])
            assert await refusal_of(nodes[2], save(sessions[0], 11)) == ("superseded", True)
            assert (await nodes[2].save(save(again, 11, base=10))).version == 11
            await nodes[0].spend_nonce("0" * 16, NOW_MS, NOW_MS)
            with pytest.raises(Refused, match="unsigned"):
                await nodes[1].spend_nonce("0" * 16, NOW_MS, NOW_MS)
            assert len(await returned(nodes[2], campaign)) == 8 + 2
        finally:
            for node in nodes:
                await node.close()

    asyncio.run(work())


def test_a_database_is_set_up_by_the_command_line(postgres_cluster: Cluster, tmp_path: Any) -> None:
    Database(postgres_cluster, "postgres").run("CREATE DATABASE d_command")
    database = Database(postgres_cluster, "d_command")
    delivery = RunningDelivery(tmp_path, postgres=database.node)
    delivery.init()
    assert not (delivery.home / "delivery.db").exists()
    assert "version" in delivery.call("migrate", "--postgres", database.url()).stdout
    delivery.start()
    try:
        campaign = kit(name="essai-2026", signing_key=delivery.signing_key)
        delivery.authority().install(campaign)
        # Beside a running node, on the same database.
        kit_file = tmp_path / "kit.zip"
        kit_file.write_bytes(campaign.changed(serial=2).zipped())
        assert "kit 2" in delivery.run("install-kit", kit_file).stdout
        out = tmp_path / "returns"
        assert (
            "0 records" in delivery.run("returns", "--campaign", campaign.name, "--out", out).stdout
        )
    finally:
        delivery.stop()


# -- URLs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "ssl"),
    [
        ("postgresql://node@db.example/ardoise", "verify-full"),
        ("postgresql://node@db1.example:5432,db2.example/ardoise", "verify-full"),
        ("postgresql://node@10.0.0.7/ardoise?sslmode=verify-full&sslrootcert=ca.pem", None),
        ("postgresql://node@127.0.0.1:5433/ardoise", "prefer"),
        ("postgresql://node@[::1]:5433/ardoise", "prefer"),
        ("postgresql://node@/ardoise?host=/run/postgresql", "prefer"),
        ("postgresql://node@127.0.0.1/ardoise?sslmode=disable", None),
    ],
)
def test_beyond_this_machine_the_server_has_to_prove_who_it_is(url: str, ssl: str | None) -> None:
    assert postgres_schema.check_dsn(url) == ssl


@pytest.mark.parametrize(
    "url",
    [
        "host=db.example dbname=ardoise",
        "postgresql://node:secret@db.example/ardoise",
        "postgresql://node@db.example/ardoise?password=secret",
        "postgresql:///ardoise?service=ardoise",
        "postgresql://node@db.example/ardoise?sslmode=prefer",
        "postgresql://node@127.0.0.1,db.example/ardoise?sslmode=require",
        "postgresql://node@/ardoise?host=db.example&sslmode=disable",
    ],
)
def test_urls_that_would_give_something_away_are_refused(url: str) -> None:
    with pytest.raises(ConfigFault) as caught:
        postgres_schema.check_dsn(url)
    assert "secret" not in str(caught.value)
