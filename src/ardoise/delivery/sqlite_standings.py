"""What a save is judged by, kept at hand: no question to the database for the usual one.

Exact, because the one writer makes every change: it forgets here what it changes there.
"""

import msgspec

from ardoise.delivery.sittings import Place, Saver, Timing, Window
from ardoise.delivery.sqlite_savelog import Head, Key, Row, SaveLog
from ardoise.delivery.sqlite_schema import Connection
from ardoise.delivery.store import Refused, SaveRequest

HELD = 300_000
"""Standings at most (some 500 bytes each); then all are read again as they are needed."""


class Standing(msgspec.Struct, frozen=True, gc=False):
    """One part of one seat as one saver meets it."""

    campaign: int
    target: int
    number: str
    """Of the target."""
    part: str
    hand: str
    """The saver's number."""
    saver: Saver
    place: Place
    timing: Timing
    window: Window
    deadline_ms: int | None


class Settled(msgspec.Struct, frozen=True, gc=False):
    """The sheet of a seat and part in the table; `seq` is 0 if there is none."""

    seq: int
    writer: int
    epoch: int
    version: int
    fresh: bool = False


_NONE = Settled(0, 0, 0, 0)

_STANDING = """
SELECT c.purged IS NOT NULL, c.id, c.opens_ms, c.closes_ms,
       w.id, w.role, w.epoch, w.voided, w.grp,
       p.writer, p.minutes, p.grace_s,
       t.id, t.role, t.grp, t.time_percent, x.opened_ms, coalesce(x.extra_ms, 0)
FROM campaign c
LEFT JOIN seat w ON w.campaign = c.id AND w.number = ?
LEFT JOIN part p ON p.campaign = c.id AND p.id = ?
LEFT JOIN seat t ON t.campaign = c.id AND t.number = ?
LEFT JOIN seat_part x ON x.seat = t.id AND x.part = p.id
WHERE c.name = ?
"""


class Standings:
    """Belongs to the writer's thread."""

    def __init__(self, connection: Connection, log: SaveLog) -> None:
        self._connection = connection
        self._log = log
        self._held: dict[tuple[str, str, str, str], Standing] = {}
        self._of_seat: dict[tuple[str, str], list[tuple[str, str, str, str]]] = {}
        self._settled: dict[Key, Settled] = {}

    def forget(self, campaign: str, number: str) -> None:
        """A seat changed."""
        for key in self._of_seat.pop((campaign, number), ()):
            self._held.pop(key, None)

    def forget_all(self) -> None:
        """A campaign changed."""
        self._held.clear()
        self._of_seat.clear()

    def of(self, request: SaveRequest) -> Standing:
        """Raises Refused: `purged`, `no-session`, `not-yours`."""
        session = request.session
        key = (session.number, request.part, request.number, session.campaign)
        standing = self._held.get(key)
        if standing is None:
            standing = self._read(request)
            if len(self._held) >= HELD:
                self.forget_all()
            self._held[key] = standing
            self._of_seat.setdefault((session.campaign, session.number), []).append(key)
        if session.epoch > standing.saver.epoch:
            raise Refused("no-session")
        return standing

    def _read(self, request: SaveRequest) -> Standing:
        session = request.session
        row = self._connection.execute(
            _STANDING, (session.number, request.part, request.number, session.campaign)
        ).fetchone()
        if row is None:
            raise Refused("no-session")
        (
            purged, campaign, opens_ms, closes_ms,
            writer, role, epoch, voided, group,
            part_writer, minutes, grace_s,
            target, target_role, target_group, time_percent, opened_ms, extra_ms,
        ) = row  # fmt: skip
        if purged:
            raise Refused("purged")
        if writer is None or session.epoch > epoch:
            raise Refused("no-session")
        if part_writer is None or target is None:
            raise Refused("not-yours")
        window = Window(opens_ms, closes_ms)
        timing = Timing(part_writer, minutes, grace_s, time_percent)
        return Standing(
            campaign, target, request.number, request.part, session.number,
            Saver(writer, role, epoch, bool(voided)),
            Place(
                target == writer, target_group == group, target_role == "pupil", opened_ms, extra_ms
            ),
            timing,
            window,
            timing.deadline_ms(window, opened_ms, extra_ms),
        )  # fmt: skip

    # -- the stored sheet ------------------------------------------------------------------

    def stored(self, standing: Standing) -> Head | Settled | None:
        """The newest sheet, in the log or in the table."""
        key = (standing.target, standing.part)
        head = self._log.heads.get(key)
        if head is not None:
            return head
        settled = self._settled.get(key)
        if settled is None:
            row = self._connection.execute(
                "SELECT seq, writer, epoch, version FROM sheet WHERE seat = ? AND part = ?", key
            ).fetchone()
            settled = Settled(*row) if row else _NONE
            if len(self._settled) >= HELD:
                self._settled.clear()
            self._settled[key] = settled
        return settled if settled.seq else None

    def settle(self, rows: list[Row]) -> None:
        """These rows went into the table."""
        for row in rows:
            self._settled[row.seat, row.part] = Settled(row.seq, row.writer, row.epoch, row.version)

    def body(self, standing: Standing) -> bytes:
        """Of the newest sheet."""
        key = (standing.target, standing.part)
        head = self._log.heads.get(key)
        row = self._log.read(head) if head is not None else None
        if row is not None:
            return row.body
        (body,) = self._connection.execute(
            "SELECT body FROM sheet WHERE seat = ? AND part = ?", key
        ).fetchone()
        return bytes(body)
