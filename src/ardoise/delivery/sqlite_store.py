"""The store that ships: one encrypted SQLite file, one writer, readers beside it."""

import asyncio
import sys
import threading
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Mapping,
    Sequence,
    Set,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ardoise.contract.kit import CampaignStatus, KitInstalled, Manifest
from ardoise.contract.orders import AddSeats, Order, OrderDone, Purge
from ardoise.contract.sitting import Campaigns, GroupState, LoggedIn, PartOpened, Saved
from ardoise.contract.words import Role
from ardoise.delivery import sqlite_exchange, sqlite_kits, sqlite_returns, sqlite_seats
from ardoise.delivery.held_blobs import HeldBlobs
from ardoise.delivery.sessions import Session
from ardoise.delivery.sqlite_checkpoints import Checkpoints
from ardoise.delivery.sqlite_kits import Staged
from ardoise.delivery.sqlite_savelog import SaveLog
from ardoise.delivery.sqlite_schema import (
    Connection,
    connect,
    give_room_back_in_slices,
    migrate,
)
from ardoise.delivery.sqlite_tallies import Tallies, Write
from ardoise.delivery.sqlite_writer import Writer
from ardoise.delivery.store import Gauges, Piece, Refused, SaveRequest, StoredSheet

READERS = 2
SWITCH_S = 0.0005
"""Readers compute for milliseconds, and the event loop must not wait for so long."""
PIECE_PAUSE_S = 0.003
"""Between pieces of returns while saves wait."""
WRITER_WAITS_MS = 20
"""For a lock, before it looks after the saves again: they need none."""
_T = TypeVar("_T")


def make(path: Path, key: bytes) -> None:
    """Create the database, or bring it to the newest version. Raises SchemaFault."""
    connection = connect(path, key, write=True)
    try:
        migrate(connection)
    finally:
        connection.close()


def _taken_up(connection: Connection, log: SaveLog) -> tuple[Tallies, int]:
    """Reads the log that a former run left; the tallies and the last sequence number."""
    last, folded = connection.execute("SELECT last, folded FROM sequence").fetchone()
    rows = connection.execute("SELECT id FROM campaign WHERE purged IS NULL").fetchall()
    in_log = log.replay(folded, {row[0] for row in rows})
    return Tallies(connection, log, in_log), max(last, *in_log.values(), 0)


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
        sys.setswitchinterval(SWITCH_S)
        connection = connect(path, key, write=True)
        migrate(connection)
        give_room_back_in_slices(connection)
        self._reader = connect(path, key, write=False)
        checkpointer = connect(path, key, write=True)
        self._connections = [connection, checkpointer, self._reader]
        self._log = SaveLog(path, key)
        self._tallies, sequence = _taken_up(connection, self._log)
        connection.execute(f"PRAGMA busy_timeout = {WRITER_WAITS_MS}")
        self._writer = Writer(connection, self._log, self._tallies, sequence, observe)
        self._checkpoints = Checkpoints(checkpointer, Path(f"{path}-wal"))
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(READERS, "reader")
        self._blobs = HeldBlobs(
            lambda sha256: self._far(lambda reader: sqlite_seats.blob(reader, sha256)),
            lambda sha256: sqlite_seats.is_served(self._reader, sha256),
        )
        self._long_ones = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        # What a former run did not finish.
        for slices in (sqlite_kits.merge, sqlite_kits.discard, self._destroy_at_start):
            self._writer.background(slices)

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

    def _steady(self, read: Callable[[], _T]) -> _T:
        """A read of table and log in which no sheet fell between the two."""
        while True:
            folds = self._log.folds
            answer = read()
            if folds == self._log.folds:
                return answer

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
        found = sqlite_seats.check_login(self._reader, campaign, number, digest)

        def change(write: Write) -> LoggedIn:
            seat = sqlite_seats.raise_epoch(write, found, campaign, number, digest)
            session = Session(campaign, number, seat.epoch, seat.role)
            token = issue(seat.role, seat.epoch)
            return sqlite_seats.logged_in(
                write.connection, self._log, seat, session, token, now_ms, first=seat.epoch == 1
            )

        return await self._writer.submit(change, urgent=True)

    async def check_login(self, campaign: str, number: str, digest: bytes) -> None:
        sqlite_seats.check_login(self._reader, campaign, number, digest)

    async def sitting(self, session: Session, token: str, now_ms: int) -> LoggedIn:
        def read() -> LoggedIn:
            seat = sqlite_seats.session_seat(self._reader, session)
            return sqlite_seats.logged_in(self._reader, self._log, seat, session, token, now_ms)

        return self._steady(read)

    async def open_part(self, session: Session, part: str, now_ms: int) -> PartOpened:
        answer = self._steady(
            lambda: sqlite_seats.opened(self._reader, self._log, session, part, now_ms)
        )
        if answer is not None:
            return answer
        return await self._writer.submit(
            lambda write: sqlite_seats.start_clock(write, self._log, session, part, now_ms),
            urgent=True,
        )

    def save(self, request: SaveRequest) -> "asyncio.Future[Saved]":
        return self._writer.save(request)

    async def sheet(self, session: Session, number: str, part: str) -> StoredSheet:
        return self._steady(
            lambda: sqlite_seats.sheet(self._reader, self._log, session, number, part)
        )

    async def group(self, session: Session, now_ms: int) -> GroupState:
        return await self._far(
            lambda reader: sqlite_seats.group(reader, self._log, session, now_ms)
        )

    async def blob(self, sha256: str) -> bytes:
        if not sqlite_seats.is_served(self._reader, sha256):
            raise Refused("absent")
        return await self._blobs.get(sha256)

    # -- the authority ---------------------------------------------------------------------

    async def spend_nonce(self, nonce: str, moment_ms: int, now_ms: int) -> None:
        await self._writer.submit(
            lambda write: sqlite_exchange.spend_nonce(write, nonce, moment_ms, now_ms)
        )

    async def put_bytes(self, sha256: str, body: bytes, now_ms: int) -> None:
        await self._writer.submit(
            lambda write: sqlite_kits.put_bytes(write, sha256, body, now_ms), size=len(body)
        )

    async def _to_the_end(self, work: Coroutine[Any, Any, _T]) -> _T:
        """One long change after the other, each finished even if who asked has gone."""

        async def run() -> _T:
            async with self._long_ones:
                return await work

        task = asyncio.ensure_future(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def install(self, manifest: Manifest, sha256: str) -> KitInstalled:
        return await self._to_the_end(self._install(manifest, sha256))

    async def _install(self, manifest: Manifest, sha256: str) -> KitInstalled:
        found = await self._far(lambda reader: sqlite_kits.check_kit(reader, manifest, sha256))
        if found is not None:
            parts = {part.id: part.writer for part in manifest.parts}
            blobs = {blob.sha256 for blob in manifest.blobs}
            if found != sqlite_kits.NO_CAMPAIGN:
                kept = await self._far(lambda reader: sqlite_kits.named_in(reader, found))
                blobs |= kept[1]
            chunks = [chunk.sha256 for chunk in manifest.chunks]
            async with self._staged(manifest.campaign, chunks, parts, blobs, found) as staged:
                await self._writer.submit(
                    lambda write: sqlite_kits.publish_kit(
                        write, self._log, staged, manifest, sha256
                    )
                )
        return await self._far(
            lambda reader: sqlite_kits.installed(reader, self._tallies, manifest)
        )

    @asynccontextmanager
    async def _staged(
        self,
        name: str,
        chunks: Sequence[str],
        parts: Mapping[str, str],
        blobs: Set[str],
        campaign: int,
    ) -> AsyncIterator[Staged]:
        """The seats of chunks, to be published in the block; merged and tidied up after it."""
        reading = sqlite_kits.Reading(name, parts, blobs)
        try:
            unnamed = await self._writer.submit(sqlite_kits.begin)
            for chunk in chunks:
                seats = await self._far(partial(reading.seats, sha256=chunk))
                await self._writer.sliced(partial(sqlite_kits.stage, staged=unnamed, seats=seats))
            staged = Staged(unnamed, len(reading.numbers_seen))
            await self._far(lambda reader: sqlite_kits.check_groups(reader, staged, campaign))
            yield staged
        except BaseException:
            await self._writer.sliced(sqlite_kits.discard)
            raise
        await self._writer.sliced(sqlite_kits.merge)
        await self._writer.sliced(lambda write: sqlite_kits.use_up(write, chunks))

    async def order(self, order: Order, sha256: str, now_ms: int) -> OrderDone:
        if isinstance(order, AddSeats):
            return await self._to_the_end(self._add_seats(order, sha256, now_ms))
        if isinstance(order, Purge):
            return await self._to_the_end(self._purge(order, sha256, now_ms))
        return await self._order(order, sha256, now_ms)

    async def _order(
        self, order: Order, sha256: str, now_ms: int, staged: Staged | None = None
    ) -> OrderDone:
        return await self._writer.submit(
            lambda write: sqlite_exchange.order(write, self._tallies, order, sha256, now_ms, staged)
        )

    async def _add_seats(self, order: AddSeats, sha256: str, now_ms: int) -> OrderDone:
        found = await self._far(lambda reader: sqlite_exchange.seats_wanted(reader, order))
        if found is None:
            return await self._order(order, sha256, now_ms)
        campaign, parts, blobs = found
        async with self._staged(order.campaign, [order.chunk], parts, blobs, campaign) as staged:
            return await self._order(order, sha256, now_ms, staged)

    async def _purge(self, order: Purge, sha256: str, now_ms: int) -> OrderDone:
        done = await self._order(order, sha256, now_ms)
        self._blobs.clear()
        due = await self._writer.sliced(self._destroy)
        if due:
            await asyncio.get_running_loop().run_in_executor(None, self._checkpoints.empty)
            await self._writer.submit(lambda write: sqlite_exchange.forgotten(write, due))
        return done

    def _destroy(self, write: Write) -> Generator[bool, None, list[int]]:
        return sqlite_exchange.destroy(write, self._log, self._tallies)

    def _destroy_at_start(self, write: Write) -> Generator[bool, None, None]:
        due = yield from self._destroy(write)
        if due:
            while self._checkpoints.wal_bytes():
                # In a transaction no log is ever emptied: the thread beside does it.
                self._checkpoints.wanted = True
                yield True
            sqlite_exchange.forgotten(write, due)

    async def returns(self, campaign: str, after: int, limit: int) -> AsyncIterator[Piece]:
        found = sqlite_returns.campaign_of(self._reader, campaign)
        page = sqlite_returns.Page(found, after, self._writer.visible, limit)

        async def pieces() -> AsyncIterator[Piece]:
            more = True
            while more:
                piece = await self._far(
                    lambda reader: sqlite_returns.piece(reader, self._log, page)
                )
                yield piece
                more = piece.end is None
                if self._writer.depth:
                    await asyncio.sleep(PIECE_PAUSE_S)

        return pieces()

    async def status(self, campaign: str, now_ms: int) -> CampaignStatus:
        return sqlite_exchange.status(self._reader, self._tallies, campaign, now_ms)

    async def served_runner(self) -> dict[str, str]:
        return await self._far(sqlite_kits.served_runner)

    # -- the whole -------------------------------------------------------------------------

    def gauges(self) -> Gauges:
        return Gauges(self._writer.depth, self._checkpoints.wal_bytes())

    async def close(self) -> None:
        in_a_thread = asyncio.get_running_loop().run_in_executor
        await in_a_thread(None, self._writer.close)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await in_a_thread(None, self._let_go)

    def _let_go(self) -> None:
        self._checkpoints.close()
        self._pool.shutdown()
        self._log.close()
        for connection in self._connections:
            connection.close()
