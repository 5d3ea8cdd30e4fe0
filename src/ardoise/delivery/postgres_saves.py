"""The path that counts: all the saves that wait go into one statement, one commit.

A batch of pupils' saves is one UPDATE. It takes exactly such rows as `sittings.judge` would store
without putting anything aside; whatever it leaves out is judged one by one (`postgres_judged`).
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

import asyncpg

from ardoise.contract.sitting import Saved
from ardoise.delivery.journal import note_fault
from ardoise.delivery.postgres_campaigns import CampaignBook, Known
from ardoise.delivery.postgres_schema import (
    BUSY_RETRY_MS,
    CONNECTION_FAULTS,
    Connection,
    Pool,
)
from ardoise.delivery.store import Refused, SaveRequest
from ardoise.seal import randomness

LINGER_S = 0.008
"""How long a batch waits for company: a commit costs as much as twenty of its saves."""
BATCH = 500
BATCH_BYTES = 4 << 20
QUEUE = 10_000
QUEUE_BYTES = 64 << 20
JUDGED_AT_ONCE = 16
LATE_S = 0.1
HOLDS = {"lock_timeout": "200ms"}
"""Of the committing connection: longer than any login or other node's batch takes."""
_HELD = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)

_FIRST = "(SELECT base + (pg_current_xact_id()::text::bigint << 12) FROM origin)"
"""`own_seq()`, written out: calling it costs as much as five saves."""
_FAST = """
WITH done AS (
  UPDATE sheet_{campaign} h
  SET writer = h.number, epoch = b.epoch, version = b.version,
      seq = {first} + b.place - 1, received_ms = b.now_ms, body = b.body
  FROM unnest($1::text::int[], $2::text::smallint[], $3::text::int[], $4::text::bigint[],
              $5::text::bigint[], $6::bytea[])
         WITH ORDINALITY AS b(number, part, epoch, version, now_ms, body, place),
       (SELECT p.part, p.minutes, p.grace_s * 1000 AS grace_ms, c.opens_ms, c.closes_ms
        FROM part p JOIN campaign c ON c.id = p.campaign
        WHERE p.campaign = {campaign} AND p.listed AND NOT p.by_teacher) p
  WHERE h.campaign = {campaign} AND h.number = b.number AND h.part = b.part AND p.part = b.part
    AND h.session = b.epoch AND h.opened_ms IS NOT NULL
    AND b.now_ms >= p.opens_ms
    AND b.now_ms <= p.grace_ms + CASE WHEN p.minutes = 0 THEN p.closes_ms ELSE least(p.closes_ms,
      h.opened_ms + (p.minutes * h.time_percent + 99) / 100 * 60000 + h.extra_ms) END
    AND (h.version = 0 OR h.writer = h.number AND h.epoch = b.epoch AND h.version < b.version)
  RETURNING b.place, CASE WHEN p.minutes = 0 THEN p.closes_ms ELSE least(p.closes_ms,
    h.opened_ms + (p.minutes * h.time_percent + 99) / 100 * 60000 + h.extra_ms) END AS deadline_ms
)
SELECT {first} - 1, array_agg(place), array_agg(deadline_ms) FROM done
"""
"""One row: the sequence number before the first, and which places of the batch are stored."""

_FREE = """
SELECT b.place FROM unnest($1::text::int[], $2::text::smallint[])
       WITH ORDINALITY AS b(number, part, place)
JOIN sheet_{campaign} h ON h.campaign = {campaign} AND h.number = b.number AND h.part = b.part
FOR NO KEY UPDATE OF h SKIP LOCKED
"""


def batch_statement(campaign: int) -> str:
    """For a campaign's own tables: no partition has to be found."""
    return _FAST.format(campaign=campaign, first=_FIRST)


Waiting = tuple[SaveRequest, "asyncio.Future[Saved]", float]
_Stored = tuple[int, int, int]
"""Place in the batch, sequence number, deadline."""
Judge = Callable[[SaveRequest], Awaitable[Saved]]


class Saves:
    """The queue and its one committing connection. `observe(batch size, seconds)` per commit."""

    def __init__(
        self, pool: Pool, book: CampaignBook, judge: Judge, observe: Callable[[int, float], None]
    ) -> None:
        self._pool = pool
        self._book = book
        self._judge = judge
        self._observe = observe
        self._queue: deque[Waiting] = deque()
        self._bytes = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._judged: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(JUDGED_AT_ONCE)
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run())

    @property
    def depth(self) -> int:
        """Saves that wait."""
        return len(self._queue) + len(self._judged)

    @property
    def late(self) -> bool:
        """Whether the oldest save has waited for longer than a commit should take."""
        return bool(self._queue) and time.monotonic() - self._queue[0][2] > LATE_S

    def submit(self, request: SaveRequest) -> "asyncio.Future[Saved]":
        """Done once it is committed. Raises Refused `busy` on a full queue."""
        waiting = len(self._queue) + len(self._judged)
        if self._closing or waiting >= QUEUE or self._bytes >= QUEUE_BYTES:
            raise Refused("busy", retry_ms=BUSY_RETRY_MS)
        future: asyncio.Future[Saved] = self._loop.create_future()
        self._bytes += len(request.body)
        if request.stray or request.number != request.session.number:
            self._one_by_one(request, future)
        else:
            self._queue.append((request, future, time.monotonic()))
            self._wake.set()
        return future

    async def close(self) -> None:
        """Commit what was taken."""
        self._closing = True
        self._wake.set()
        await self._task
        while self._judged:
            await asyncio.wait(self._judged)

    # -- batches ---------------------------------------------------------------------------

    async def _run(self) -> None:
        lingers = True
        while True:
            if not self._queue:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                lingers = True
            if lingers and len(self._queue) < BATCH and not self._closing:
                await asyncio.sleep(LINGER_S)
            name, batch, lingers = self._next_batch()
            if batch:
                await self._commit(name, batch)

    def _next_batch(self) -> tuple[str, dict[tuple[str, str], Waiting], bool]:
        """Saves of one campaign, one for each sheet; whether to wait for company after it.

        What goes into no batch stays in the queue, in its order.
        """
        batch: dict[tuple[str, str], Waiting] = {}
        left: list[Waiting] = []
        queue, name, size = self._queue, "", 0
        while queue and len(batch) < BATCH and size < BATCH_BYTES:
            waiting = queue.popleft()
            request = waiting[0]
            key = (request.number, request.part)
            if not batch:
                name = request.session.campaign
            if key in batch or request.session.campaign != name:
                left.append(waiting)
            else:
                batch[key] = waiting
                size += len(request.body)
        queue.extendleft(reversed(left))
        return name, batch, not left

    async def _commit(self, name: str, batch: dict[tuple[str, str], Waiting]) -> None:
        started = time.perf_counter()
        # In the order of the key: nodes that save the same sheets wait, but never for each other.
        waiting = [batch[key] for key in sorted(batch)]
        try:
            known = self._book.get(name)
            if known is not None:
                waiting = await self._together(known, waiting)
                self._observe(len(batch), time.perf_counter() - started)
        except (*CONNECTION_FAULTS, asyncpg.InsufficientResourcesError) as fault:
            await self._come_again(waiting, fault)
            return
        except asyncpg.UndefinedTableError:
            self._book.forget()
        except Exception as fault:
            # Whatever it was, each one gets its own verdict.
            note_fault("store", fault)
        for request, future, _ in waiting:
            self._one_by_one(request, future)

    async def _together(self, known: Known, waiting: list[Waiting]) -> list[Waiting]:
        """Store all of them that can be stored at once; gives the others."""
        async with self._pool.acquire() as connection:
            try:
                try:
                    stored = await _store(connection, known, waiting)
                except _HELD:
                    stored = await _store_free(connection, known, waiting)
            except CONNECTION_FAULTS:
                connection.terminate()
                raise
        for place, seq, deadline_ms in stored:
            request, future, _ = waiting[place]
            self._bytes -= len(request.body)
            if not future.done():
                future.set_result(Saved(seq, request.version, request.now_ms, deadline_ms))
        if len(stored) == len(waiting):
            return []
        places = {one[0] for one in stored}
        return [one for place, one in enumerate(waiting) if place not in places]

    async def _come_again(self, waiting: list[Waiting], fault: BaseException) -> None:
        """Nobody knows what became of them: the same bytes again are acknowledged or stored."""
        note_fault("store", fault)
        if isinstance(fault, CONNECTION_FAULTS):
            # After a failover it still talks to the old primary.
            await self._pool.expire_connections()
        for request, future, _ in waiting:
            self._bytes -= len(request.body)
            if not future.done():
                future.set_exception(Refused("busy", retry_ms=BUSY_RETRY_MS))
        if not self._closing:
            # Several nodes lose one database together: they come back apart from each other.
            await asyncio.sleep(0.1 + randomness.system(1)[0] / 640)

    # -- one by one ------------------------------------------------------------------------

    def _one_by_one(self, request: SaveRequest, future: "asyncio.Future[Saved]") -> None:
        task = self._loop.create_task(self._judge_one(request, future))
        self._judged.add(task)
        task.add_done_callback(self._judged.discard)

    async def _judge_one(self, request: SaveRequest, future: "asyncio.Future[Saved]") -> None:
        try:
            async with self._slots:
                saved = await self._judge(request)
        except Exception as fault:
            if not future.done():
                future.set_exception(fault)
        else:
            if not future.done():
                future.set_result(saved)
        finally:
            self._bytes -= len(request.body)


async def _store(connection: Connection, known: Known, waiting: list[Waiting]) -> list[_Stored]:
    # Without a limit: the answer then comes after the commit.
    answer = await connection.fetch(
        batch_statement(known.id),
        *_keys(known, waiting),
        _array([str(one[0].session.epoch) for one in waiting]),
        _array([str(one[0].version) for one in waiting]),
        _array([str(one[0].now_ms) for one in waiting]),
        [one[0].body for one in waiting],
    )
    first, places, deadlines = answer[0]
    if places is None:
        return []
    return [
        (place - 1, first + place, deadline)
        for place, deadline in zip(places, deadlines, strict=True)
    ]


async def _store_free(
    connection: Connection, known: Known, waiting: list[Waiting]
) -> list[_Stored]:
    """Somebody holds a row: store the others, in two steps."""
    async with connection.transaction():
        found = await connection.fetch(_FREE.format(campaign=known.id), *_keys(known, waiting))
        free = [row[0] - 1 for row in found]
        if not free:
            return []
        stored = await _store(connection, known, [waiting[place] for place in free])
    return [(free[place], seq, deadline) for place, seq, deadline in stored]


def _keys(known: Known, waiting: list[Waiting]) -> tuple[str, str]:
    """Numbers and parts of the sheets; -1 for a part that the campaign does not have."""
    part = known.parts.get
    return (
        _array([one[0].number for one in waiting]),
        _array([str(part(one[0].part, -1)) for one in waiting]),
    )


def _array(texts: list[str]) -> str:
    # As text: asyncpg looks at each element of an array to see whether it is an array itself.
    return "{" + ",".join(texts) + "}"


async def explain(connection: Connection, campaign: int) -> list[str]:
    """How the database goes about a batch; for tests and for whoever wonders."""
    rows = await connection.fetch("EXPLAIN " + batch_statement(campaign), *["{1}"] * 5, [b""])
    return [row[0] for row in rows]
