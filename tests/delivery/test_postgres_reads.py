"""What a request reads on PostgreSQL: its own rows, however large its campaign is."""

import asyncio
import re
from collections.abc import Callable

import asyncpg
import pytest

from ardoise.delivery import postgres_seats
from ardoise.delivery.postgres_schema import POINT_READS
from ardoise.delivery.postgres_store import open_postgres
from tests.delivery.kits import Campaign
from tests.delivery.store_calls import install, kit, log_in, save
from tests.postgres import Database

PUPILS = 500
SEATS = 10


async def _installed(url: str, campaign: Campaign) -> None:
    store = await open_postgres(url)
    try:
        await install(store, campaign)
    finally:
        await store.close()


async def _used(url: str, campaign: Campaign) -> None:
    """Some seats log in twice, open their parts and save, one after the other."""
    store = await open_postgres(url)
    try:
        for card in campaign.pupils[:SEATS]:
            await log_in(store, campaign, card)
            await store.save(save(await log_in(store, campaign, card), 1))
    finally:
        await store.close()


def _rows_read(database: Database) -> int:
    """Of seats, papers and sheets, by every session that has ended."""
    (row,) = database.run(
        "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables"
        " WHERE relname ~ '^(seat|paper|sheet)_'"
    )
    return int(row[0])


def test_nobody_reads_a_whole_campaign_that_has_just_been_installed(
    new_database: Callable[[], Database],
) -> None:
    database = new_database()
    campaign = kit(groups=20, pupils=PUPILS // 20, teachers=1)
    asyncio.run(_installed(database.node, campaign))
    before = _rows_read(database)
    asyncio.run(_used(database.node, campaign))
    # Two logins, two openings and a save: some dozens of rows each, never the campaign's hundreds.
    assert (_rows_read(database) - before) / SEATS < PUPILS


async def _plan(url: str, statement: str, types: str, values: str) -> str:
    """As a node's own session goes about it: planned once, for any values."""
    connection = await asyncpg.connect(
        url, server_settings=POINT_READS | {"search_path": "ardoise"}
    )
    try:
        await connection.execute(f"PREPARE asked({types}) AS {statement}")
        rows = await connection.fetch(f"EXPLAIN EXECUTE asked({values})")
    finally:
        await connection.close()
    return "\n".join(row[0] for row in rows)


_EVERY_NUMBER = ",".join(str(number) for number in range(200))


@pytest.mark.parametrize(
    ("statement", "types", "values", "key"),
    [
        (postgres_seats._SEATS, "int, int[]", f"1, ARRAY[{_EVERY_NUMBER}]", "number"),
        (postgres_seats._GROUP, "int, text", "1, 'x'", "grp|number"),
    ],
)
def test_seats_are_found_by_their_key_however_many_there_are(
    new_database: Callable[[], Database], statement: str, types: str, values: str, key: str
) -> None:
    database = new_database()
    asyncio.run(_installed(database.node, kit(groups=20, pupils=PUPILS // 20, teachers=1)))
    # The statistics of a whole year group, where a scan in an index's order begins to tempt.
    database.run(
        "UPDATE pg_class SET reltuples = 80000 * greatest(relpages, 1)"
        " WHERE relname ~ '^(seat|paper|sheet)_[0-9]+$'"
    )
    plan = asyncio.run(_plan(database.url(), statement, types, values))
    scans = re.findall(r"Scan[^\n]* on (?:seat|paper|sheet)_\d+[^\n]*\n\s*(.*)", plan)
    assert len(scans) >= 3
    assert all(re.search(rf"Index Cond: .*\b({key})\b", below) for below in scans), plan
