"""The store for several nodes: PostgreSQL, the same for any number of them."""

import asyncio
from collections.abc import AsyncIterator, Callable

from ardoise.contract.kit import CampaignStatus, KitInstalled, Manifest
from ardoise.contract.orders import Order, OrderDone, Purge
from ardoise.contract.sitting import Campaigns, GroupState, LoggedIn, PartOpened, Saved
from ardoise.contract.words import Role
from ardoise.delivery import postgres_exchange, postgres_kits
from ardoise.delivery.config import Routes
from ardoise.delivery.held_blobs import HeldBlobs
from ardoise.delivery.postgres_campaigns import CampaignBook
from ardoise.delivery.postgres_judged import JudgedSaves
from ardoise.delivery.postgres_logins import Logins
from ardoise.delivery.postgres_returns import Returns
from ardoise.delivery.postgres_saves import HOLDS, Saves
from ardoise.delivery.postgres_schema import (
    LONG_STEPS,
    POINT_READS,
    ROLES,
    Pool,
    check_database,
    lent,
    open_pool,
)
from ardoise.delivery.postgres_seats import SeatReads, read_blob
from ardoise.delivery.sessions import Session
from ardoise.delivery.store import Gauges, Piece, Refused, SaveRequest, StoredSheet

READS = 4
JUDGED = 3
CLOSE_SECONDS = 5


async def open_postgres(
    dsn: str,
    routes: Routes = "all",
    observe: Callable[[int, float], None] = lambda _size, _seconds: None,
) -> "PostgresStore":
    """Connect, and look whether this program may serve there. Raises SchemaFault, ConfigFault.

    Pools are small: one connection commits the saves, one the logins, a few read; the authority's
    have their own, so that no kit or page of returns holds up a pupil.
    """
    pools: list[Pool] = []

    async def pool(size: int, settings: dict[str, str]) -> Pool:
        pools.append(await open_pool(dsn, size, **settings))
        return pools[-1]

    try:
        reads = await pool(READS, POINT_READS)
        async with reads.acquire() as connection:
            await check_database(connection, ROLES[routes])
        seats = exchange = None
        if routes != "authority":
            seats = [await pool(1, POINT_READS | own) for own in (HOLDS, {}, {})]
            seats.append(await pool(JUDGED, POINT_READS))
        if routes != "seats":
            exchange = [await pool(2, LONG_STEPS) for _ in range(2)]
    except BaseException:
        for each in pools:
            each.terminate()
        raise
    return PostgresStore(pools, reads, seats, exchange, observe)


class PostgresStore:
    """Implements `store.Store`."""

    def __init__(
        self,
        pools: list[Pool],
        reads: Pool,
        seats: list[Pool] | None,
        exchange: list[Pool] | None,
        observe: Callable[[int, float], None],
    ) -> None:
        self._pools = pools
        self._reads = reads
        self._book = CampaignBook(reads)
        if seats is not None:
            judged = JudgedSaves(seats[3], self._book)
            self._saves = Saves(seats[0], self._book, judged.save, observe)
            self._logins = Logins(seats[1], self._book, lambda: self._saves.late)
            self._seats = SeatReads(reads, seats[2], self._book)
        if exchange is not None:
            self._exchange = exchange[0]
            self._returns = Returns(exchange[1])
        self._serves_seats = seats is not None
        self._blobs = HeldBlobs(lambda sha256: read_blob(reads, sha256))
        self._served: dict[str, float] = {}

    # -- seats -----------------------------------------------------------------------------

    async def campaigns(self) -> Campaigns:
        return await self._book.listed()

    async def log_in(
        self,
        campaign: str,
        number: str,
        digest: bytes,
        now_ms: int,
        issue: Callable[[Role, int], str],
    ) -> LoggedIn:
        return await self._logins.log_in(campaign, number, digest, now_ms, issue)

    async def check_login(self, campaign: str, number: str, digest: bytes) -> None:
        await self._logins.check(campaign, number, digest)

    async def database_now_ms(self) -> int:
        """The clock of the machine that holds the sheets. Raises Refused."""
        async with lent(self._reads) as connection:
            now = await connection.fetchval(
                "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
            )
        return int(now)

    async def sitting(self, session: Session, token: str, now_ms: int) -> LoggedIn:
        return await self._seats.sitting(session, token, now_ms)

    async def open_part(self, session: Session, part: str, now_ms: int) -> PartOpened:
        return await self._seats.open_part(session, part, now_ms)

    def save(self, request: SaveRequest) -> "asyncio.Future[Saved]":
        return self._saves.submit(request)

    async def sheet(self, session: Session, number: str, part: str) -> StoredSheet:
        return await self._seats.sheet(session, number, part)

    async def group(self, session: Session, now_ms: int) -> GroupState:
        return await self._seats.group(session, now_ms)

    async def blob(self, sha256: str) -> bytes:
        if not await self._is_served(sha256):
            raise Refused("absent")
        return await self._blobs.get(sha256)

    async def _is_served(self, sha256: str) -> bool:
        """Whether a kit names these bytes; what it says of a held blob is at most a second old."""
        now = asyncio.get_running_loop().time()
        if now - self._served.get(sha256, now - 2) < 1:
            return True
        async with lent(self._reads) as connection:
            found = await connection.fetchval(
                "SELECT 1 FROM campaign_blob WHERE sha256 = $1 LIMIT 1", sha256
            )
        if found is None:
            self._let_go(sha256)
        elif sha256 in self._blobs:
            self._served[sha256] = now
        return found is not None

    def _let_go(self, sha256: str) -> None:
        self._blobs.let_go(sha256)
        self._served.pop(sha256, None)

    # -- the authority ---------------------------------------------------------------------

    async def spend_nonce(self, nonce: str, moment_ms: int, now_ms: int) -> None:
        async with lent(self._exchange) as connection:
            await postgres_exchange.spend_nonce(connection, nonce, moment_ms, now_ms)

    async def put_bytes(self, sha256: str, body: bytes, now_ms: int) -> None:
        async with lent(self._exchange) as connection:
            await postgres_kits.put_bytes(connection, sha256, body, now_ms)

    async def install(self, manifest: Manifest, sha256: str) -> KitInstalled:
        async with lent(self._exchange) as connection:
            done = await postgres_kits.install(connection, manifest, sha256)
        self._book.forget()
        return done

    async def order(self, order: Order, sha256: str, now_ms: int) -> OrderDone:
        async with lent(self._exchange) as connection:
            done = await postgres_exchange.order(connection, order, sha256, now_ms)
        if isinstance(order, Purge):
            self._blobs.clear()
            self._served.clear()
            self._book.forget()
        return done

    async def returns(self, campaign: str, after: int, limit: int) -> AsyncIterator[Piece]:
        return await self._returns.pieces(campaign, after, limit)

    async def status(self, campaign: str, now_ms: int) -> CampaignStatus:
        async with lent(self._exchange) as connection:
            return await postgres_exchange.status(connection, campaign, now_ms)

    async def served_runner(self) -> dict[str, str]:
        async with lent(self._reads) as connection:
            return await postgres_kits.served_runner(connection)

    # -- the whole -------------------------------------------------------------------------

    def gauges(self) -> Gauges:
        depth = self._saves.depth + self._logins.depth if self._serves_seats else 0
        return Gauges(depth, 0)

    async def close(self) -> None:
        if self._serves_seats:
            await self._saves.close()
            await self._logins.close()
        await asyncio.gather(*(_close(pool) for pool in self._pools))


async def _close(pool: Pool) -> None:
    try:
        await asyncio.wait_for(pool.close(), CLOSE_SECONDS)
    except (TimeoutError, OSError):
        pool.terminate()
