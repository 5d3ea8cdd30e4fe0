"""The store that ships: one encrypted SQLite file, one writer, readers beside it."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ardoise.contract.kit import CampaignStatus, KitInstalled, Manifest
from ardoise.contract.orders import Order, OrderDone, Purge
from ardoise.contract.sitting import Campaigns, GroupState, LoggedIn, PartOpened, Saved
from ardoise.contract.words import Role
from ardoise.delivery import sqlite_exchange, sqlite_kits, sqlite_seats
from ardoise.delivery.sessions import Session
from ardoise.delivery.sqlite_schema import Connection, connect, migrate
from ardoise.delivery.sqlite_writer import Write, Writer
from ardoise.delivery.store import Gauges, Piece, Refused, SaveRequest, StoredSheet

READERS = 2
HELD_BLOBS_BYTES = 64 << 20
"""A year group asks for the same few booklets within minutes: they are kept at hand."""

_T = TypeVar("_T")


def make(path: Path, key: bytes) -> None:
    """Create the database, or bring it to the newest version. Raises SchemaFault."""
    connection = connect(path, key, write=True)
    try:
        migrate(connection)
    finally:
        connection.close()


class SqliteStore:
    """Implements `store.Store`. Point reads run on the event loop, long ones in two threads."""

    def __init__(
        self,
        path: Path,
        key: bytes,
        observe: Callable[[int, float], None] = lambda _size, _seconds: None,
    ) -> None:
        self._path = path
        self._key = key
        connection = connect(path, key, write=True)
        migrate(connection)
        sqlite_exchange.vacuum(connection)
        self._reader = connect(path, key, write=False)
        checkpointer = connect(path, key, write=True)
        self._connections = [connection, checkpointer, self._reader]
        self._writer = Writer(connection, checkpointer, Path(f"{path}-wal"), observe)
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(READERS, "reader")
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._held_bytes = 0
        self._fetching: dict[str, asyncio.Future[bytes]] = {}

    async def _far(self, read: Callable[[Connection], _T]) -> _T:
        """A long read, in a thread with a connection of its own."""

        def run() -> _T:
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = connect(self._path, self._key, write=False)
                self._local.connection = connection
                self._connections.append(connection)
            return read(connection)

        return await asyncio.get_running_loop().run_in_executor(self._pool, run)

    # -- seats -----------------------------------------------------------------------------

    async def campaigns(self) -> Campaigns:
        return sqlite_seats.campaigns(self._reader)

    async def log_in(
        self,
        campaign: str,
        number: str,
        digest: bytes,
        now_ms: int,
        issue: Callable[[Role, int], str],
    ) -> LoggedIn:
        # First without the writer: a flood of wrong codes must not fill its queue.
        sqlite_seats.check_login(self._reader, campaign, number, digest)

        def change(write: Write) -> LoggedIn:
            seat = sqlite_seats.raise_epoch(write, campaign, number, digest)
            token = issue(seat.role, seat.epoch)
            return sqlite_seats.logged_in(write.connection, seat, campaign, number, token, now_ms)

        return await self._writer.submit(change)

    async def check_login(self, campaign: str, number: str, digest: bytes) -> None:
        sqlite_seats.check_login(self._reader, campaign, number, digest)

    async def sitting(self, session: Session, token: str, now_ms: int) -> LoggedIn:
        seat = sqlite_seats.session_seat(self._reader, session)
        return sqlite_seats.logged_in(
            self._reader, seat, session.campaign, session.number, token, now_ms
        )

    async def open_part(self, session: Session, part: str, now_ms: int) -> PartOpened:
        answer = sqlite_seats.opened(self._reader, session, part, now_ms)
        if answer is not None:
            return answer
        return await self._writer.submit(
            lambda write: sqlite_seats.start_clock(write, session, part, now_ms)
        )

    def save(self, request: SaveRequest) -> "asyncio.Future[Saved]":
        return self._writer.submit(lambda write: sqlite_seats.save(write, request))

    async def sheet(self, session: Session, number: str, part: str) -> StoredSheet:
        return sqlite_seats.sheet(self._reader, session, number, part)

    async def group(self, session: Session, now_ms: int) -> GroupState:
        return await self._far(lambda reader: sqlite_seats.group(reader, session, now_ms))

    async def blob(self, sha256: str) -> bytes:
        if not sqlite_seats.is_served(self._reader, sha256):
            raise Refused("absent")
        held = self._held.get(sha256)
        if held is not None:
            self._held.move_to_end(sha256)
            return held
        # A class asks within a second: all wait for one read and share one copy.
        fetch = self._fetching.get(sha256)
        if fetch is None:
            fetch = self._fetching[sha256] = asyncio.ensure_future(self._fetch(sha256))
        return await asyncio.shield(fetch)

    async def _fetch(self, sha256: str) -> bytes:
        try:
            body = await self._far(lambda reader: sqlite_seats.blob(reader, sha256))
        finally:
            del self._fetching[sha256]
        # A purge may have come between.
        if sqlite_seats.is_served(self._reader, sha256):
            self._held[sha256] = body
            self._held_bytes += len(body)
        while self._held_bytes > HELD_BLOBS_BYTES:
            self._held_bytes -= len(self._held.popitem(last=False)[1])
        return body

    # -- the authority ---------------------------------------------------------------------

    async def spend_nonce(self, nonce: str, moment_ms: int, now_ms: int) -> None:
        await self._writer.submit(
            lambda write: sqlite_exchange.spend_nonce(write, nonce, moment_ms, now_ms)
        )

    async def put_bytes(self, sha256: str, body: bytes, now_ms: int) -> None:
        await self._writer.submit(lambda write: sqlite_kits.put_bytes(write, sha256, body, now_ms))

    async def install(self, manifest: Manifest, sha256: str) -> KitInstalled:
        return await self._writer.submit(lambda write: sqlite_kits.install(write, manifest, sha256))

    async def order(self, order: Order, sha256: str, now_ms: int) -> OrderDone:
        done = await self._writer.submit(
            lambda write: sqlite_exchange.order(write, order, sha256, now_ms)
        )
        if isinstance(order, Purge):
            self._held.clear()
            self._held_bytes = 0
            await self._writer.alone(sqlite_exchange.vacuum)
        return done

    async def returns(self, campaign: str, after: int, limit: int) -> AsyncIterator[Piece]:
        page = await self._far(
            lambda reader: sqlite_exchange.returns(reader, campaign, after, limit)
        )

        async def pieces() -> AsyncIterator[Piece]:
            yield page

        return pieces()

    async def status(self, campaign: str, now_ms: int) -> CampaignStatus:
        return await self._far(lambda reader: sqlite_exchange.status(reader, campaign, now_ms))

    async def served_runner(self) -> dict[str, str]:
        return await self._far(sqlite_kits.served_runner)

    # -- the whole -------------------------------------------------------------------------

    def gauges(self) -> Gauges:
        return Gauges(self._writer.depth, self._writer.wal_bytes())

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _close(self) -> None:
        self._writer.close()
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()
