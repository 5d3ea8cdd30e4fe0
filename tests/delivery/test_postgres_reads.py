"""What a request reads on PostgreSQL: its own rows, however large its campaign is."""

import asyncio
from collections.abc import Callable

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
