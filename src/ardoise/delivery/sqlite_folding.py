"""From the log into the table: what stayed the newest until the log's end came round to it."""

from collections.abc import Iterator

from ardoise.delivery.sqlite_savelog import Row, SaveLog, Segment
from ardoise.delivery.sqlite_tallies import Tallies, Write

LOG_BYTES = 1 << 30
"""Beyond this the oldest goes into the table while saves come in. By then most of it is outdated:
this is 100 seconds of 10,000 saves a second. A start reads all of it, in some two seconds."""
QUIET_S = 120.0
"""What is older goes there too, when nothing else is to be done."""
ROWS = 64
"""In one transaction: saves wait for it."""

_STORE = """
INSERT INTO sheet
  (campaign, seat, part, seq, writer, epoch, version, received_ms, number, hand, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (seat, part) DO UPDATE SET seq = excluded.seq, writer = excluded.writer,
  epoch = excluded.epoch, version = excluded.version, received_ms = excluded.received_ms,
  number = excluded.number, hand = excluded.hand, body = excluded.body
"""


class Folding:
    """Belongs to the writer's thread."""

    def __init__(self, log: SaveLog, tallies: Tallies) -> None:
        self._log = log
        self._tallies = tallies
        self._segment: Segment | None = None
        self._frames: Iterator[list[Row]] = iter(())
        self._rows: list[Row] = []

    def take(self) -> tuple[list[Row], Segment | None]:
        """The next rows that are still the newest, and the segment if nothing follows in it.

        Looks at a few frames: few rows, or none, do not mean the end.
        """
        segment = self._log.oldest()
        if segment is None:
            return [], None
        if segment is not self._segment:
            self._segment = segment
            self._frames = (segment.read(offset)[0] for offset, _ in list(segment.frames))
            self._rows = []
        for _ in range(8):
            self._rows = [row for row in self._rows if self._log.is_head(row)]
            if len(self._rows) >= ROWS:
                break
            frame = next(self._frames, None)
            if frame is None:
                break
            self._rows += frame
        else:
            return [], None
        taken, self._rows = self._rows[:ROWS], self._rows[ROWS:]
        return taken, segment if not self._rows and self._at_end() else None

    def _at_end(self) -> bool:
        frame = next(self._frames, None)
        self._rows = frame or []
        return frame is None

    def again(self) -> None:
        """Let go of the segment: what was taken last did not get there, or all of it did."""
        self._segment, self._frames, self._rows = None, iter(()), []

    def store(self, write: Write, rows: list[Row], ended: Segment | None) -> None:
        """Into the table. What lies before the last of them needs no second reading at a start."""
        write.connection.executemany(
            _STORE,
            [
                (row.campaign, row.seat, row.part, row.seq, row.writer, row.epoch, row.version,
                 row.received_ms, row.number, row.hand, row.body)
                for row in rows
            ],
        )  # fmt: skip
        self._tallies.folded(write, rows)
        write.connection.execute(
            "UPDATE sequence SET last = ?, folded = ?",
            (write.sequence, ended.last if ended is not None else rows[-1].seq),
        )
