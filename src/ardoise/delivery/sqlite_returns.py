"""Returns, piece by piece: sheets of the table, sheets of the log and strays, in one order."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ardoise.contract.returns import End, Record, frame
from ardoise.delivery.sqlite_savelog import SaveLog, Segment
from ardoise.delivery.sqlite_schema import Connection
from ardoise.delivery.store import Piece, Refused

PIECE_BYTES = 256 << 10

_SHEETS = """
SELECT seq, number, part, hand, epoch, version, received_ms, NULL, seat, body
FROM sheet INDEXED BY sheet_in_order WHERE campaign = ? AND seq > ? AND seq <= ? ORDER BY seq
"""
_STRAYS = """
SELECT r.seq, t.number, r.part, w.number, r.epoch, r.version, r.received_ms, r.reason, r.seat,
       r.body
FROM stray r INDEXED BY stray_in_order
CROSS JOIN seat t ON t.id = r.seat CROSS JOIN seat w ON w.id = r.writer
WHERE r.campaign = ? AND r.seq > ? AND r.seq <= ? ORDER BY r.seq
"""
_Found = tuple[Any, ...]


@dataclass(slots=True)
class Page:
    """What is asked for: records above `after` up to `until`, at most `limit`."""

    campaign: int
    after: int
    until: int
    limit: int


def campaign_of(connection: Connection, campaign: str) -> int:
    """Raises Refused: `absent`, `purged`."""
    row = connection.execute(
        "SELECT id, purged IS NOT NULL FROM campaign WHERE name = ?", (campaign,)
    ).fetchone()
    if row is None:
        raise Refused("absent")
    if row[1]:
        raise Refused("purged")
    return int(row[0])


def piece(connection: Connection, log: SaveLog, page: Page) -> Piece:
    """The next records, some 256 KiB; the last piece has the end. Moves the page on.

    Each piece sees the database anew, so that no long read keeps its log from being emptied.
    Raises Refused `purged` if that came between.
    """
    # Held before the tables are read: what leaves the log now is seen here or there, or twice.
    segments = log.since(page.after)
    connection.execute("BEGIN")
    try:
        name = connection.execute(
            "SELECT 1 FROM campaign WHERE id = ? AND purged IS NULL", (page.campaign,)
        ).fetchone()
        if name is None:
            raise Refused("purged")
        return _fill(_newest(_merged(connection, segments, page), log, page), page)
    finally:
        connection.execute("COMMIT")


def _merged(connection: Connection, segments: list[Segment], page: Page) -> Iterator[_Found]:
    bounds = (page.campaign, page.after, page.until)
    sources: tuple[Iterable[_Found], ...] = (
        connection.execute(_SHEETS, bounds),
        connection.execute(_STRAYS, bounds),
        _logged(segments, page),
    )
    return heapq.merge(*sources, key=_seq)


def _seq(found: _Found) -> int:
    return int(found[0])


def _logged(segments: list[Segment], page: Page) -> Iterator[_Found]:
    for segment in segments:
        for offset, last in list(segment.frames):
            if last <= page.after:
                continue
            for row in segment.read(offset)[0]:
                if row.seq > page.until:
                    return
                if row.seq > page.after and row.campaign == page.campaign:
                    yield (row.seq, row.number, row.part, row.hand, row.epoch, row.version,
                           row.received_ms, None, row.seat, row.body)  # fmt: skip


def _newest(merged: Iterator[_Found], log: SaveLog, page: Page) -> Iterator[_Found]:
    """Without sheets that a later one of this page replaces."""
    last = 0
    for found in merged:
        seq = found[0]
        if seq == last:
            continue
        last = seq
        if found[7] is None:
            head = log.heads.get((found[8], found[2]))
            if head is not None and seq < head.seq <= page.until:
                continue
        yield found


def _fill(records: Iterator[_Found], page: Page) -> Piece:
    frames: list[bytes] = []
    size = count = 0
    for found in records:
        if count == page.limit:
            return _ended(frames, count, page, more=True)
        if size > PIECE_BYTES:
            page.limit -= count
            return Piece(b"".join(frames), count)
        frames.append(frame(Record(*found[:8]), found[9]))
        size += len(frames[-1])
        count += 1
        page.after = found[0]
    return _ended(frames, count, page, more=False)


def _ended(frames: list[bytes], count: int, page: Page, *, more: bool) -> Piece:
    end = End(page.after, more)
    frames.append(frame(end))
    return Piece(b"".join(frames), count, end)
