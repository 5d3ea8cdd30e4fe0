"""The authority's requests but for kits: nonces, orders, purge, status."""

import asyncpg
import msgspec

from ardoise.contract import orders
from ardoise.contract.kit import CampaignStatus
from ardoise.contract.orders import Order, OrderDone, Purged
from ardoise.delivery.postgres_kits import add_seats
from ardoise.delivery.postgres_schema import Connection
from ardoise.delivery.sittings import Window
from ardoise.delivery.store import Refused
from ardoise.seal.signing import SKEW_MS


async def spend_nonce(connection: Connection, nonce: str, moment_ms: int, now_ms: int) -> None:
    """Raises Refused `unsigned` for a nonce seen before, at whatever node."""
    # A request this old is refused by its moment; two skews cover both directions.
    await connection.execute("SELECT forget_nonces($1)", now_ms - 2 * SKEW_MS)
    try:
        await connection.execute("INSERT INTO nonce VALUES ($1, $2)", nonce, moment_ms)
    except asyncpg.UniqueViolationError:
        raise Refused("unsigned", "this request was seen before") from None


async def order(connection: Connection, wanted: Order, sha256: str, now_ms: int) -> OrderDone:
    """Carry out an order once. The same id again gets the first answer.

    Raises Refused: `absent`, `purged`, `open`, `malformed`.
    """
    async with connection.transaction():
        # The campaign's row is held: orders and kits of one campaign take turns.
        row = await connection.fetchrow(
            "SELECT id, opens_ms, closes_ms, purged IS NOT NULL FROM campaign WHERE name = $1"
            " FOR NO KEY UPDATE",
            wanted.campaign,
        )
        done = await connection.fetchrow(
            "SELECT request, answer FROM order_done WHERE id = $1", wanted.id
        )
        if done is not None:
            if done[0] != sha256:
                raise Refused("malformed", "another order came with this id")
            return msgspec.json.decode(done[1], type=OrderDone)
        if row is None:
            raise Refused("absent")
        if row[3]:
            raise Refused("purged")
        answer = await _carry_out(connection, row[0], Window(row[1], row[2]), wanted, now_ms)
        await connection.execute(
            "INSERT INTO order_done VALUES ($1, $2, $3, $4)",
            wanted.id,
            row[0],
            sha256,
            msgspec.json.encode(answer).decode(),
        )
    return answer


async def _carry_out(
    connection: Connection, campaign: int, window: Window, wanted: Order, now_ms: int
) -> OrderDone:
    purged = None
    match wanted:
        case orders.Open():
            if now_ms >= window.closes_ms:
                raise Refused("malformed", "the window is closed: extend it first")
            window = Window(min(window.opens_ms, now_ms), window.closes_ms)
        case orders.Close():
            window = Window(window.opens_ms, min(window.closes_ms, now_ms))
        case orders.Extend():
            if wanted.closes_ms <= max(window.opens_ms, now_ms):
                raise Refused("malformed", "the new end is not ahead; to close, send `close`")
            window = Window(window.opens_ms, wanted.closes_ms)
        case orders.VoidSeat():
            number = int(wanted.number)
            if not await connection.fetchval("SELECT void_seat($1, $2)", campaign, number):
                raise Refused("absent", "there is no such seat")
        case orders.GrantTime():
            values = (campaign, int(wanted.number), wanted.seconds * 1000)
            if not await connection.fetchval("SELECT grant_time($1, $2, $3)", *values):
                raise Refused("absent", "this seat has no part open")
        case orders.AddSeats():
            await add_seats(connection, campaign, wanted.campaign, wanted.chunk)
        case orders.Purge():
            if window.state(now_ms) == "open":
                raise Refused("open")
            purged = await _purge(connection, campaign)
    await connection.execute(
        "UPDATE campaign SET opens_ms = $2, closes_ms = $3 WHERE id = $1",
        campaign,
        window.opens_ms,
        window.closes_ms,
    )
    state = "purged" if purged is not None else window.state(now_ms)
    return OrderDone(wanted.id, now_ms, state, window.opens_ms, window.closes_ms, purged)


async def _purge(connection: Connection, campaign: int) -> Purged:
    """Drop a campaign's tables; a line with the counts stays."""
    counts = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM seat WHERE campaign = $1),"
        " (SELECT count(*) FROM sheet WHERE campaign = $1 AND version > 0),"
        " (SELECT count(*) FROM stray WHERE campaign = $1),"
        " (SELECT count(*) FROM campaign_blob WHERE campaign = $1)",
        campaign,
    )
    purged = Purged(*counts)
    await connection.execute("SELECT drop_room($1)", campaign)
    await connection.execute(
        "UPDATE campaign SET purged = $2, runner = '{}', manifest = '' WHERE id = $1",
        campaign,
        msgspec.json.encode(purged).decode(),
    )
    return purged


_STATUS = """
SELECT c.serial, c.opens_ms, c.closes_ms, c.purged IS NOT NULL,
  (SELECT count(*) FROM seat WHERE campaign = c.id),
  (SELECT count(*) FROM seat WHERE campaign = c.id AND epoch > 0),
  h.count, r.count, greatest(h.last, r.last)
FROM campaign c,
  LATERAL (SELECT count(*), coalesce(max(seq), 0) AS last FROM sheet
           WHERE campaign = c.id AND version > 0) h,
  LATERAL (SELECT count(*), coalesce(max(seq), 0) AS last FROM stray WHERE campaign = c.id) r
WHERE c.name = $1
"""


async def status(connection: Connection, campaign: str, now_ms: int) -> CampaignStatus:
    """State, window and counts. Raises Refused `absent`."""
    row = await connection.fetchrow(_STATUS, campaign)
    if row is None:
        raise Refused("absent")
    serial, opens_ms, closes_ms, purged, *counts = row
    state = "purged" if purged else Window(opens_ms, closes_ms).state(now_ms)
    return CampaignStatus(now_ms, campaign, state, opens_ms, closes_ms, serial, *counts)
