"""Returns: pages in the order of sequence numbers, from lists that are made once.

Saves keep no index of sequence numbers, which would double what each of them writes. So a page
past the end of the last list starts a new one: the keys of the next million records, sorted by the
database. A record is given out only below the number under which nothing can be committed any more,
so none ever appears below one that was given out.
"""

import asyncio
from array import array
from bisect import bisect_right
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from operator import itemgetter

from ardoise.contract.returns import End, Record, frame
from ardoise.delivery.postgres_schema import Connection, Pool, lent
from ardoise.delivery.store import Piece, Refused

LISTED = 1_000_000
"""Records in one list: 16 bytes each."""
FETCHED = 500
"""Records read at once: at most 32 MiB of sheets."""
PAGE_BYTES = 16 << 20
"""A page ends early here."""

_SEQ = itemgetter(0)

_LIST = """
SELECT seq, key FROM (
  SELECT seq, number::bigint << 16 | part AS key FROM sheet
  WHERE campaign = $1 AND seq > $2 AND seq < $3
  UNION ALL
  SELECT seq, -1 AS key FROM stray WHERE campaign = $1 AND seq > $2 AND seq < $3
) every ORDER BY seq LIMIT $4
"""
_SHEETS = """
SELECT h.seq, h.number, p.id, h.writer, h.epoch, h.version, h.received_ms, NULL AS reason, h.body
FROM unnest($2::bigint[], $3::bigint[]) AS b(seq, key)
JOIN sheet h ON h.campaign = $1 AND h.number = (b.key >> 16)::int
  AND h.part = (b.key & 65535)::smallint AND h.seq = b.seq
JOIN part p ON p.campaign = $1 AND p.part = h.part
"""
_STRAYS = """
SELECT r.seq, r.number, p.id, r.writer, r.epoch, r.version, r.received_ms, r.reason, r.body
FROM stray r JOIN part p ON p.campaign = $1 AND p.part = r.part
WHERE r.campaign = $1 AND r.seq = ANY($2::bigint[])
"""


@dataclass(slots=True)
class _List:
    """Records in order: `seqs[i]` is that of sheet `keys[i]` (number << 16 | part; -1: a stray)."""

    after: int
    seqs: "array[int]" = field(default_factory=lambda: array("q"))
    keys: "array[int]" = field(default_factory=lambda: array("q"))
    more: bool = False
    """The list was cut at its length."""

    def place(self, after: int) -> int | None:
        """Where the records above `after` begin; None: this list does not say."""
        if after < self.after:
            return None
        place = bisect_right(self.seqs, after)
        return place if place < len(self.seqs) else None


class Returns:
    """The pages of every campaign, on a connection of their own."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lists: dict[int, _List] = {}
        self._turn = asyncio.Lock()

    async def pieces(self, name: str, after: int, limit: int) -> AsyncIterator[Piece]:
        """At most `limit` records above `after`. Raises Refused: `absent`, `purged`."""
        async with self._turn, lent(self._pool) as connection:
            row = await connection.fetchrow(
                "SELECT id, purged IS NOT NULL FROM campaign WHERE name = $1", name
            )
            if row is None:
                raise Refused("absent")
            if row[1]:
                self._lists.pop(row[0], None)
                raise Refused("purged")
            listed = self._lists.get(row[0])
            if listed is None or listed.place(after) is None:
                listed = self._lists[row[0]] = await _make(connection, row[0], after)
        return self._page(row[0], listed, after, limit)

    async def _page(
        self, campaign: int, listed: _List, after: int, limit: int
    ) -> AsyncIterator[Piece]:
        place = listed.place(after)
        start = len(listed.seqs) if place is None else place
        stop = min(start + limit, len(listed.seqs))
        last, size = after, 0
        # The database reads the next records while the last ones are on their way.
        ahead = self._ahead(campaign, listed, start, stop)
        try:
            while start < stop and size < PAGE_BYTES:
                frames = await ahead
                start = min(start + FETCHED, stop)
                last = listed.seqs[start - 1]
                ahead = self._ahead(campaign, listed, start, stop)
                piece = b"".join(frames)
                size += len(piece)
                yield Piece(piece, len(frames))
        finally:
            ahead.cancel()
        end = End(last, more=start < len(listed.seqs) or listed.more)
        yield Piece(frame(end), 0, end)

    def _ahead(
        self, campaign: int, listed: _List, start: int, stop: int
    ) -> "asyncio.Task[list[bytes]]":
        return asyncio.get_running_loop().create_task(
            self._read(campaign, listed, start, min(start + FETCHED, stop))
        )

    async def _read(self, campaign: int, listed: _List, start: int, stop: int) -> list[bytes]:
        """Frames of the records that are still as listed: one saved since has a higher number."""
        if start >= stop:
            return []
        seqs, keys = listed.seqs[start:stop], listed.keys[start:stop]
        sheets = {seq: key for seq, key in zip(seqs, keys, strict=True) if key >= 0}
        strays = [seq for seq in seqs if seq not in sheets]
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(_SHEETS, campaign, list(sheets), list(sheets.values()))
            if strays:
                rows += await connection.fetch(_STRAYS, campaign, strays)
        rows.sort(key=_SEQ)
        return [
            frame(Record(seq, f"{number:09d}", part, f"{writer:09d}", *mark), body)
            for seq, number, part, writer, *mark, body in rows
        ]


async def _make(connection: Connection, campaign: int, after: int) -> _List:
    made = _List(after)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        bound = await connection.fetchval("SELECT settled_seq()")
        async for seq, key in connection.cursor(
            _LIST, campaign, after, bound, LISTED, prefetch=5_000
        ):
            made.seqs.append(seq)
            made.keys.append(key)
    made.more = len(made.seqs) == LISTED
    return made
