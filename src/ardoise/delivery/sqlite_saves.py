"""Saving: what docs/protocol.md §5 says, from memory where that will do."""

from ardoise.contract.sitting import Saved
from ardoise.delivery import sittings
from ardoise.delivery.sittings import Attempt, Stored, Verdict
from ardoise.delivery.sqlite_savelog import Head, Row, SaveLog
from ardoise.delivery.sqlite_schema import Connection
from ardoise.delivery.sqlite_standings import Settled, Standing, Standings
from ardoise.delivery.sqlite_tallies import Write
from ardoise.delivery.store import Refused, SaveRequest

_KEEP = """
INSERT INTO stray (seq, campaign, seat, part, writer, epoch, version, received_ms, reason, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_IS_KEPT = "SELECT 1 FROM stray WHERE seat = ? AND part = ? AND version = ? AND body = ?"


class Saves:
    """Belongs to the writer's thread."""

    def __init__(self, log: SaveLog, standings: Standings) -> None:
        self._log = log
        self._standings = standings

    def quick(self, write: Write, request: SaveRequest) -> Saved | None:
        """A save that needs nothing but the log; None: it takes a transaction. Raises Refused."""
        standing, found, verdict = self._judge(write, request)
        if verdict.keep is not None or verdict.put_aside:
            return None
        if verdict.refusal is not None:
            raise Refused(verdict.refusal)
        return self._acknowledge(write, request, standing, found, verdict)

    def change(self, write: Write, request: SaveRequest) -> Saved:
        """Any save, inside a transaction. Raises Refused, with `kept` for a stray."""
        standing, found, verdict = self._judge(write, request)
        connection, epoch = write.connection, request.session.epoch
        keeps = verdict.keep is not None and not _is_kept(connection, standing.target, request)
        if (keeps or verdict.put_aside) and not _has_room(connection, standing, verdict, epoch):
            raise Refused("slow-down", retry_ms=sittings.STRAYS_RETRY_MS)
        if keeps:
            mark = (standing.saver.seat, epoch, request.version, request.now_ms, verdict.keep)
            _keep(write, standing, mark, request.body)
        if verdict.put_aside and found is not None:
            # It goes into the table first: were it the other way, a power cut in between would
            # leave the new sheet alone.
            self._put_aside(write, standing, found)
        if verdict.refusal is not None:
            raise Refused(verdict.refusal, kept=verdict.keep is not None, stray=verdict.keep)
        return self._acknowledge(write, request, standing, found, verdict)

    def _judge(
        self, write: Write, request: SaveRequest
    ) -> tuple[Standing, "Row | Head | Settled | None", Verdict]:
        standing = self._standings.of(request)
        found = write.pending.get((standing.target, standing.part)) or self._standings.stored(
            standing
        )
        verdict = sittings.judge(
            Attempt(
                request.session.epoch, request.version, request.base, request.now_ms, request.stray
            ),
            standing.saver,
            standing.place,
            standing.timing,
            standing.window,
            Stored(found.writer, found.epoch, found.version) if found is not None else None,
            # Bytes are compared only where they decide: reading them back takes longer.
            same_bytes=found is not None
            and request.version == found.version
            and request.body == self._body(standing, found),
        )
        return standing, found, verdict

    def _body(self, standing: Standing, found: "Row | Head | Settled") -> bytes:
        return found.body if isinstance(found, Row) else self._standings.body(standing)

    def _acknowledge(
        self,
        write: Write,
        request: SaveRequest,
        standing: Standing,
        found: "Row | Head | Settled | None",
        verdict: Verdict,
    ) -> Saved:
        if found is not None and not verdict.store:
            return Saved(found.seq, found.version, request.now_ms, standing.deadline_ms)
        seq = write.next_seq()
        write.put(
            Row(
                seq, standing.campaign, standing.target, standing.part, standing.saver.seat,
                request.session.epoch, request.version, request.now_ms, standing.number,
                standing.hand, found is None or found.fresh, request.body,
            ),
            first=found is None,
        )  # fmt: skip
        return Saved(seq, request.version, request.now_ms, standing.deadline_ms)

    def _put_aside(self, write: Write, standing: Standing, found: "Row | Head | Settled") -> None:
        body = self._body(standing, found)
        where = (standing.target, standing.part, found.version, body)
        if write.connection.execute(_IS_KEPT, where).fetchone() is not None:
            # A power cut came between this and the new sheet.
            return
        if isinstance(found, Settled):
            (received_ms,) = write.connection.execute(
                "SELECT received_ms FROM sheet WHERE seat = ? AND part = ?",
                (standing.target, standing.part),
            ).fetchone()
        else:
            received_ms = found.received_ms
        mark = (found.writer, found.epoch, found.version, received_ms, "replaced")
        _keep(write, standing, mark, body)


def _keep(write: Write, standing: Standing, mark: tuple[object, ...], body: bytes) -> None:
    """Add a stray; it counts against the seat that caused it."""
    seq = write.next_seq()
    write.connection.execute(
        _KEEP, (seq, standing.campaign, standing.target, standing.part, *mark, body)
    )
    write.connection.execute(
        "UPDATE seat SET strays = strays + 1 WHERE id = ?", (standing.saver.seat,)
    )
    counted = write.count(standing.campaign)
    counted.strays += 1
    counted.last_seq = seq


def _has_room(connection: Connection, standing: Standing, verdict: Verdict, epoch: int) -> bool:
    of_session, of_seat = connection.execute(
        "SELECT (SELECT count(*) FROM stray WHERE writer = :seat AND epoch = :epoch"
        " AND reason != 'replaced'), strays FROM seat WHERE id = :seat",
        {"seat": standing.saver.seat, "epoch": epoch},
    ).fetchone()
    return sittings.has_room(verdict, of_session, of_seat)


def _is_kept(connection: Connection, seat: int, request: SaveRequest) -> bool:
    """Whether these bytes are a stray already: a client that missed the answer comes again."""
    where = (seat, request.part, request.version, request.body)
    return connection.execute(_IS_KEPT, where).fetchone() is not None
