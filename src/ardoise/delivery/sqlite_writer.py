"""The one writer: a thread that commits many changes together.

The caller hears of a change only after it has been synced to disk. A change that fails takes no
other with it. Each round begins with the saves; logins, then everything else, follow in bounded
helpings, long changes in slices.
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from ardoise.contract.sitting import Saved
from ardoise.delivery import sqlite_folding, sqlite_schema
from ardoise.delivery.journal import note_fault
from ardoise.delivery.sqlite_folding import QUIET_S, Folding
from ardoise.delivery.sqlite_savelog import SaveLog
from ardoise.delivery.sqlite_saves import Saves
from ardoise.delivery.sqlite_schema import Connection, DatabaseError, OperationalError
from ardoise.delivery.sqlite_standings import Standings
from ardoise.delivery.sqlite_tallies import Change, Slices, T, Tallies, Write
from ardoise.delivery.sqlite_waiting import Ended, Job, SavingChange, Waiting, tell
from ardoise.delivery.store import Refused, SaveRequest

LINGER_S = 0.003
"""How long a batch waits for company: 4 ms cut CPU by 45 % at 5,000 saves a second."""
BATCH = 500
QUEUE = 10_000
BUSY_RETRY_MS = 2_000
STALL_S = 5.0
"""A disk that took nothing for so long gets no more in its queue."""
LOGINS = 100
OTHERS = 8
OTHERS_BYTES = 1 << 20
"""What a round does beside saves that wait, at most."""
SLICE_S = 0.008
HURRIED_SLICE_S = 0.003
"""While saves wait."""
IDLE_S = 0.25


class _NoTransaction(Exception):
    """The database let nothing begin: that is no change's fault."""


class Writer:
    """Owns the writing connection. `observe(batch size, seconds)` is called for each commit."""

    def __init__(
        self,
        connection: Connection,
        log: SaveLog,
        tallies: Tallies,
        sequence: int,
        observe: Callable[[int, float], None],
    ) -> None:
        self._connection = connection
        self._log = log
        self._tallies = tallies
        self._observe = observe
        self.standings = Standings(connection, log)
        self._saves = Saves(log, self.standings)
        self._folding = Folding(log, tallies)
        self._sequence = self.visible = sequence
        """`visible`: nothing will ever be stored with a number up to this one any more."""
        self._saving: deque[tuple[SaveRequest, asyncio.Future[Saved]]] = deque()
        self._urgent: deque[Waiting] = deque()
        self._others: deque[Waiting] = deque()
        self._jobs: deque[Job] = deque()
        self._wake = threading.Condition()
        self._idle = self._closing = False
        self._began = 0.0
        self._locked_since = 0.0
        self._fold_rests_until = 0.0
        self._pause_s = IDLE_S
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    @property
    def depth(self) -> int:
        """Changes waiting."""
        return len(self._saving) + len(self._urgent) + len(self._others) + len(self._jobs)

    # -- what other threads call -----------------------------------------------------------

    def save(self, request: SaveRequest) -> "asyncio.Future[Saved]":
        """Done once it is on disk. Raises Refused `busy` on a full queue."""
        future: asyncio.Future[Saved] = asyncio.get_running_loop().create_future()
        self._check(len(self._saving))
        self._saving.append((request, future))
        self._notice()
        # A client that goes away does not take its change back.
        return future

    def submit(
        self, change: Change[T], *, urgent: bool = False, size: int = 0
    ) -> "asyncio.Future[T]":
        """Make a change. `urgent`: somebody sits before a screen. `size`: bytes it writes."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        queue = self._urgent if urgent else self._others
        self._check(len(queue))
        queue.append(Waiting(change, future, size))
        self._notice()
        return future

    def sliced(self, slices: Slices[T]) -> "asyncio.Future[T]":
        """Make a long change between the others'. If it fails, the slices before stand."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._check(len(self._jobs))
        self._jobs.append(Job(slices, future))
        self._notice()
        return future

    def background(self, slices: Slices[Any]) -> None:
        """A long change that nobody waits for: what a former run did not finish."""
        self._jobs.append(Job(slices, None))
        self._notice()

    def _check(self, waiting: int) -> None:
        began = self._began
        stalled = began and time.monotonic() - began > STALL_S and waiting
        if self._closing or waiting >= QUEUE or stalled:
            raise Refused("busy", retry_ms=BUSY_RETRY_MS)

    def _notice(self) -> None:
        # The writer says that it is idle before it looks at the queues for the last time.
        if self._idle:
            with self._wake:
                self._wake.notify()

    def close(self) -> None:
        """Commit what was taken, then end the thread. Long changes are broken off. Blocks."""
        self._closing = True
        with self._wake:
            self._wake.notify()
        self._thread.join()

    # -- the writer's thread ---------------------------------------------------------------

    def _run(self) -> None:
        while self._wait():
            self._began = time.monotonic()
            self._save_round()
            self._change_round()
            self._job_round()
            self._fold_round()
            self._began = 0.0
        # The log knows it too; but whoever looks at the tables of a store at rest finds it there.
        with contextlib.suppress(_NoTransaction, DatabaseError):
            self._begin()
            self._connection.execute("UPDATE sequence SET last = ?", (self._sequence,))
            self._connection.execute("COMMIT")
        for job in self._jobs:
            if job.future is not None:
                tell([(job.future, Refused("busy", retry_ms=BUSY_RETRY_MS))])

    def _wait(self) -> bool:
        """Until there is something to do. False: closed, and nothing is left."""
        if not (self._jobs or self._folding_is_due()):
            with self._wake:
                self._idle = True
                if not (self.depth or self._closing):
                    self._wake.wait(self._pause_s)
                self._idle = False
            if self.depth and len(self._saving) < BATCH and not self._closing:
                time.sleep(LINGER_S)
        return not self._closing or self.depth > len(self._jobs)

    def _save_round(self) -> None:
        count = min(len(self._saving), BATCH)
        if not count:
            return
        started = time.perf_counter()
        write = Write(self._connection, self.standings, self._sequence)
        ended: Ended = []
        longer: list[Waiting] = []
        for _ in range(count):
            request, future = self._saving.popleft()
            try:
                outcome: Any = self._saves.quick(write, request)
            except Refused as refusal:
                outcome = refusal
            except OperationalError as fault:
                note_fault("store", fault)
                outcome = Refused("busy", retry_ms=BUSY_RETRY_MS)
            except Exception as fault:
                outcome = fault
            if outcome is None:
                longer.append(Waiting(SavingChange(self._saves, request), future))
            else:
                ended.append((future, outcome))
        self._urgent.extendleft(reversed(longer))
        self._sequence = write.sequence
        if not self._append(write):
            ended = [(future, _unless_saved(outcome)) for future, outcome in ended]
        self.visible = self._sequence
        self._observe(count, time.perf_counter() - started)
        tell(ended)

    def _append(self, write: Write) -> bool:
        if not write.rows:
            return True
        try:
            self._log.append(write.rows)
        except Exception as fault:
            # A full disk, most likely: nothing is wrong with the requests, so they may come again.
            note_fault("saves", fault)
            return False
        self._tallies.logged(write)
        return True

    # -- changes ---------------------------------------------------------------------------

    def _change_round(self) -> None:
        batch = self._helping()
        if not batch:
            return
        started = time.perf_counter()
        try:
            self._commit(batch)
            self._locked_since = 0.0
        except _NoTransaction as fault:
            # Whoever holds the lock: one wait for all of them, or each would wait by itself.
            self._others.extendleft(reversed(batch))
            self._locked_since = self._locked_since or time.monotonic()
            if time.monotonic() - self._locked_since < sqlite_schema.BUSY_MS / 1000:
                return
            note_fault("store", fault.__cause__ or fault)
            batch = [*self._urgent, *self._others]
            self._urgent.clear()
            self._others.clear()
            for waiting in batch:
                waiting.outcome = Refused("busy", retry_ms=BUSY_RETRY_MS)
        self.visible = self._sequence
        self._observe(len(batch), time.perf_counter() - started)
        tell([(waiting.future, waiting.outcome) for waiting in batch])

    def _helping(self) -> list[Waiting]:
        batch = [self._urgent.popleft() for _ in range(min(len(self._urgent), LOGINS))]
        count, size = OTHERS if self._saving else BATCH, 0
        while self._others and count and size < OTHERS_BYTES:
            batch.append(self._others.popleft())
            count, size = count - 1, size + batch[-1].size
        return batch

    def _commit(self, batch: list[Waiting]) -> None:
        try:
            self._together(batch)
        except _NoTransaction:
            raise
        except Exception as fault:
            if len(batch) > 1:
                # Whatever it was, each one gets its own verdict.
                for waiting in batch:
                    self._commit([waiting])
            elif isinstance(fault, OperationalError):
                # A full disk or a lock: nothing is wrong with the request, so it may come again.
                note_fault("store", fault)
                batch[0].outcome = Refused("busy", retry_ms=BUSY_RETRY_MS)
            else:
                batch[0].outcome = fault

    def _together(self, batch: list[Waiting]) -> None:
        """All changes in one transaction. A refusal is an outcome: what it wrote before stands.

        Any other exception undoes them all.
        """
        write = self._begin()
        try:
            for waiting in batch:
                try:
                    waiting.outcome = waiting.change(write)
                except Refused as refusal:
                    waiting.outcome = refusal
            self._end(write)
        except BaseException:
            self._undo()
            raise
        if not self._append(write):
            for waiting in batch:
                waiting.outcome = _unless_saved(waiting.outcome)

    def _begin(self) -> Write:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except DatabaseError as fault:
            raise _NoTransaction from fault
        return Write(self._connection, self.standings, self._sequence)

    def _end(self, write: Write) -> None:
        if write.sequence != self._sequence:
            self._connection.execute("UPDATE sequence SET last = ?", (write.sequence,))
        if write.counted:
            self._tallies.keep(write)
        self._connection.execute("COMMIT")
        self._sequence = write.sequence
        self._tallies.kept(write)

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        # It may have been read from what is undone.
        self.standings.forget_all()

    # -- long changes ----------------------------------------------------------------------

    def _job_round(self) -> None:
        if not self._jobs or self._closing:
            return
        job = self._jobs[0]
        try:
            write = self._begin()
        except _NoTransaction:
            time.sleep(LINGER_S)
            return
        write = job.going_on(write)
        try:
            ended, outcome = self._slice(job)
            self._end(write)
        except BaseException as fault:
            self._undo()
            ended, outcome = True, fault
            if isinstance(fault, OperationalError):
                note_fault("store", fault)
                outcome = Refused("busy", retry_ms=BUSY_RETRY_MS)
        if ended:
            self._jobs.popleft()
            if job.future is not None:
                tell([(job.future, outcome)])
        elif job.waits and not self.depth > len(self._jobs):
            # Others may want the lock.
            time.sleep(LINGER_S)

    def _slice(self, job: Job) -> tuple[bool, Any]:
        started = time.perf_counter()
        while time.perf_counter() - started < (HURRIED_SLICE_S if self._saving else SLICE_S):
            try:
                job.waits = next(job.running)
                if job.waits:
                    break
            except StopIteration as end:
                return True, end.value
        return False, None

    # -- the log ---------------------------------------------------------------------------

    def _folding_is_due(self) -> bool:
        full = self._log.size > sqlite_folding.LOG_BYTES or not self._log.drained
        return full and self._log.oldest() is not None and time.monotonic() > self._fold_rests_until

    def _fold_round(self) -> None:
        self._pause_s = IDLE_S
        self._log.seal_if_old()
        oldest = self._log.oldest()
        if oldest is None or time.monotonic() < self._fold_rests_until:
            return
        quiet = not self.depth and time.monotonic() - oldest.began > QUIET_S
        if quiet:
            self._pause_s = 0.0
        if not (quiet or self._folding_is_due()):
            return
        try:
            self.fold()
        except _NoTransaction:
            self._folding.again()
            self._fold_rests_until = time.monotonic() + LINGER_S
        except Exception as fault:
            note_fault("saves", fault)
            self._folding.again()
            self._fold_rests_until = time.monotonic() + 1

    def fold(self) -> None:
        """A slice of the oldest segment into the table."""
        rows, ended = self._folding.take()
        if rows:
            write = self._begin()
            try:
                self._folding.store(write, rows, ended)
                self._end(write)
            except BaseException:
                self._undo()
                raise
            self.standings.settle(rows)
            self._log.folded(rows)
        if ended is not None:
            self._folding.again()
            self._log.drop(ended)


def _unless_saved(outcome: Any) -> Any:
    return Refused("busy", retry_ms=BUSY_RETRY_MS) if isinstance(outcome, Saved) else outcome
