"""The one writer: a thread that commits many changes together, and the checkpoints beside it.

A change is a function that gets a `Write`. The caller hears of it only after the commit has been
synced to disk. A change that fails takes no other with it.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ardoise.delivery.journal import note_fault
from ardoise.delivery.sqlite_schema import Connection, DatabaseError, OperationalError
from ardoise.delivery.store import Refused

LINGER_S = 0.003
"""How long a batch waits for company: 4 ms cut CPU by 45 % at 5,000 saves a second."""
BATCH = 500
QUEUE = 10_000
BUSY_RETRY_MS = 2_000
CHECKPOINT_EVERY_S = 1.0
WAL_PASSIVE_BYTES = 4 << 20
WAL_LIMIT_BYTES = 64 << 20
CHECKPOINT_WAITS_MS = 500

_T = TypeVar("_T")


@dataclass(slots=True)
class Write:
    """A transaction in which a change is made."""

    connection: Connection
    sequence: int

    def next_seq(self) -> int:
        """The next sequence number of this database."""
        self.sequence += 1
        return self.sequence


Change = Callable[[Write], Any]


@dataclass(slots=True)
class _Waiting:
    change: Change
    future: "asyncio.Future[Any]"
    alone: Callable[[Connection], None] | None = None
    """Instead of a change: what can run in no transaction."""
    outcome: Any = None
    fault: BaseException | None = None


class _NoTransaction(Exception):
    """The database let nothing begin: that is no change's fault."""


class Writer:
    """Owns the writing connection. `observe(batch size, seconds)` is called for each commit."""

    def __init__(
        self,
        connection: Connection,
        checkpointer: Connection,
        wal: Path,
        observe: Callable[[int, float], None],
    ) -> None:
        self._connection = connection
        self._checkpointer = checkpointer
        self._wal = wal
        self._observe = observe
        self._queue: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._stopped = threading.Event()
        self._sequence = int(connection.execute("SELECT last FROM sequence").fetchone()[0])
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._checkpoints = threading.Thread(target=self._tidy, name="checkpoints", daemon=True)
        self._thread.start()
        self._checkpoints.start()

    @property
    def depth(self) -> int:
        """Changes waiting."""
        return len(self._queue)

    def wal_bytes(self) -> int:
        """Size of the write-ahead log."""
        try:
            return self._wal.stat().st_size
        except FileNotFoundError:
            return 0

    def submit(self, change: Callable[[Write], _T]) -> "asyncio.Future[_T]":
        """Make a change; done once it is on disk. Raises Refused `busy` on a full queue."""
        return self._take(_Waiting(change, asyncio.get_running_loop().create_future()))

    def alone(self, step: Callable[[Connection], None]) -> "asyncio.Future[None]":
        """Run a step that can be in no transaction, between two batches."""
        return self._take(_Waiting(_nothing, asyncio.get_running_loop().create_future(), step))

    def _take(self, waiting: _Waiting) -> "asyncio.Future[Any]":
        with self._wake:
            if self._closing or len(self._queue) >= QUEUE:
                raise Refused("busy", retry_ms=BUSY_RETRY_MS)
            self._queue.append(waiting)
            if len(self._queue) == 1:
                self._wake.notify()
        # A client that goes away does not take its change back.
        return waiting.future

    def close(self) -> None:
        """Commit what was taken, then end both threads. Blocks."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        self._stopped.set()
        self._checkpoints.join()

    # -- the writer's thread ---------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._queue and not self._closing:
                    self._wake.wait()
                if not self._queue:
                    return
            if len(self._queue) < BATCH and not self._closing:
                time.sleep(LINGER_S)
            batch = self._next_batch()
            started = time.perf_counter()
            self._commit(batch)
            self._observe(len(batch), time.perf_counter() - started)
            _tell(batch)

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        while self._queue and len(batch) < BATCH:
            if self._queue[0].alone is not None and batch:
                break
            batch.append(self._queue.popleft())
            if batch[0].alone is not None:
                break
        return batch

    def _commit(self, batch: list[_Waiting]) -> None:
        try:
            if batch[0].alone is not None:
                batch[0].alone(self._connection)
            else:
                self._together(batch)
        except _NoTransaction as fault:
            # Whoever holds the lock: one wait for all of them, or each would wait by itself.
            note_fault("store", fault.__cause__ or fault)
            for waiting in batch:
                waiting.outcome, waiting.fault = None, Refused("busy", retry_ms=BUSY_RETRY_MS)
        except Exception as fault:
            if len(batch) > 1:
                # Whatever it was, each one gets its own verdict.
                for waiting in batch:
                    self._commit([waiting])
            elif isinstance(fault, OperationalError):
                # A full disk or a lock: nothing is wrong with the request, so it may come again.
                note_fault("store", fault)
                batch[0].fault = Refused("busy", retry_ms=BUSY_RETRY_MS)
            else:
                batch[0].fault = fault

    def _together(self, batch: list[_Waiting]) -> None:
        """All changes in one transaction. A refusal is an outcome: what it wrote before stands.

        Any other exception undoes them all.
        """
        write = Write(self._connection, self._sequence)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except DatabaseError as fault:
            raise _NoTransaction from fault
        try:
            for waiting in batch:
                try:
                    waiting.outcome, waiting.fault = waiting.change(write), None
                except Refused as refusal:
                    waiting.outcome, waiting.fault = None, refusal
            if write.sequence != self._sequence:
                self._connection.execute("UPDATE sequence SET last = ?", (write.sequence,))
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._sequence = write.sequence

    # -- checkpoints -----------------------------------------------------------------------

    def _tidy(self) -> None:
        # It stops the writer while it waits for readers: better to come again in a second.
        self._checkpointer.execute(f"PRAGMA busy_timeout = {CHECKPOINT_WAITS_MS}")
        while not self._stopped.wait(CHECKPOINT_EVERY_S):
            size = self.wal_bytes()
            if size < WAL_PASSIVE_BYTES:
                continue
            try:
                # Passive never stops the writer, but while it writes on the log never shrinks.
                # Truncating right after has little left to copy, so its stop is short.
                self._checkpointer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if size >= WAL_LIMIT_BYTES:
                    self._checkpointer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except DatabaseError:
                continue


def _nothing(_write: Write) -> None:
    """The change of what runs alone."""


def _tell(batch: list[_Waiting]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
    for waiting in batch:
        by_loop.setdefault(waiting.future.get_loop(), []).append(waiting)
    for loop, told in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, told)


def _settle(batch: list[_Waiting]) -> None:
    for waiting in batch:
        if waiting.future.done():
            continue
        if waiting.fault is not None:
            waiting.future.set_exception(waiting.fault)
        else:
            waiting.future.set_result(waiting.outcome)
