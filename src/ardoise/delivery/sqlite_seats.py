"""SQL of a seat's requests. Each function is one step inside a transaction or a read."""

import hmac
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ardoise.contract.sitting import (
    Campaigns,
    GroupState,
    LoggedIn,
    PartOpened,
    PartState,
    PupilPart,
    PupilState,
)
from ardoise.delivery import sittings
from ardoise.delivery.sessions import Session
from ardoise.delivery.sittings import Timing, Window
from ardoise.delivery.sqlite_savelog import SaveLog
from ardoise.delivery.sqlite_schema import Connection
from ardoise.delivery.sqlite_tallies import Write
from ardoise.delivery.store import Refused, StoredSheet

NO_DIGEST = bytes(32)
"""Stands in for the digest of a seat that does not exist: the comparison is made all the same."""


CAMPAIGNS_LISTED = 200
"""More than any server runs."""


def campaigns(connection: Connection) -> Campaigns:
    """What is installed and not purged, by name: read from an index alone."""
    rows = connection.execute(
        "SELECT name FROM campaign WHERE purged IS NULL ORDER BY name LIMIT ?", (CAMPAIGNS_LISTED,)
    )
    return Campaigns(tuple(row[0] for row in rows))


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A seat and its campaign's window."""

    campaign: int
    window: Window
    id: int
    role: Any
    group: str
    time_percent: int
    group_key: bytes | None
    epoch: int
    voided: bool


_SEAT = """
SELECT c.purged IS NOT NULL, c.id, c.opens_ms, c.closes_ms,
       s.id, s.role, s.grp, s.time_percent, s.group_key, s.epoch, s.voided, s.login
FROM campaign c LEFT JOIN seat s ON s.campaign = c.id AND s.number = ?
WHERE c.name = ?
"""


def _seat(connection: Connection, campaign: str, number: str) -> tuple[SeatRow, bytes] | None:
    """The seat and its login digest; None if there is none. Raises Refused `purged`."""
    row = connection.execute(_SEAT, (number, campaign)).fetchone()
    if row is not None and row[0]:
        raise Refused("purged")
    if row is None or row[4] is None:
        return None
    seat = SeatRow(row[1], Window(row[2], row[3]), *row[4:11])
    return seat, row[11]


def check_login(connection: Connection, campaign: str, number: str, digest: bytes) -> SeatRow:
    """The seat that this digest opens.

    Raises Refused `unknown-seat`: no such number, wrong code or voided, which must look alike.
    """
    found = _seat(connection, campaign, number)
    right = hmac.compare_digest(digest, found[1] if found else NO_DIGEST)
    if found is None or not right or found[0].voided:
        raise Refused("unknown-seat")
    return found[0]


def session_seat(connection: Connection, session: Session) -> SeatRow:
    """The seat behind a session. Raises Refused: `unknown-seat` (voided), `superseded`, …"""
    found = _seat(connection, session.campaign, session.number)
    if found is None or session.epoch > found[0].epoch:
        raise Refused("no-session")
    seat = found[0]
    if seat.voided:
        raise Refused("unknown-seat")
    if session.epoch != seat.epoch:
        raise Refused("superseded")
    return seat


_RAISE = """
UPDATE seat SET epoch = epoch + 1 WHERE id = ? AND login = ? AND NOT voided
  AND (SELECT purged IS NULL FROM campaign WHERE id = seat.campaign) RETURNING epoch
"""


def raise_epoch(write: Write, seat: SeatRow, campaign: str, number: str, digest: bytes) -> SeatRow:
    """A login: every earlier session is outdated. `seat` is what `check_login` found.

    Checked again, inside the transaction. Raises Refused `unknown-seat`, `purged`.
    """
    row = write.connection.execute(_RAISE, (seat.id, digest)).fetchone()
    if row is None:
        found = check_login(write.connection, campaign, number, digest)
        return raise_epoch(write, found, campaign, number, digest)
    write.standings.forget(campaign, number)
    if row[0] == 1:
        write.count(seat.campaign).logged_in += 1
    return replace(seat, epoch=row[0])


_PARTS = """
SELECT p.id, p.writer, p.minutes, p.grace_s, x.booklet, x.opened_ms, x.extra_ms,
       {version}, x.wrapped
FROM seat_part x JOIN part p ON p.campaign = ? AND p.id = x.part
WHERE x.seat = ? ORDER BY p.place
"""
_PARTS_BEGUN = _PARTS.format(
    version="coalesce((SELECT version FROM sheet WHERE seat = x.seat AND part = x.part), 0)"
)
_PARTS_NEW = _PARTS.format(version="0")
"""At a first login there is nothing of one's own to look for."""


def _parts(
    connection: Connection, log: SaveLog, seat: SeatRow, *, first: bool = False
) -> list[tuple[PartState, bytes]]:
    found = []
    statement = _PARTS_NEW if first else _PARTS_BEGUN
    for row in connection.execute(statement, (seat.campaign, seat.id)):
        timing = Timing(row[1], row[2], row[3], seat.time_percent)
        deadline = timing.deadline_ms(seat.window, row[5], row[6]) if row[5] is not None else None
        head = log.heads.get((seat.id, row[0]))
        state = PartState(
            row[0],
            row[1],
            timing.seat_minutes,
            row[3],
            row[4],
            row[5],
            deadline,
            row[7] if head is None else head.version,
            seat.time_percent,
        )
        found.append((state, row[8]))
    return found


def logged_in(
    connection: Connection,
    log: SaveLog,
    seat: SeatRow,
    session: Session,
    token: str,
    now_ms: int,
    *,
    first: bool = False,
) -> LoggedIn:
    """How a seat stands; `first`: it never logged in before."""
    return LoggedIn(
        session=token,
        epoch=seat.epoch,
        now_ms=now_ms,
        campaign=session.campaign,
        number=session.number,
        role=seat.role,
        group=seat.group,
        state=seat.window.state(now_ms),
        opens_ms=seat.window.opens_ms,
        closes_ms=seat.window.closes_ms,
        parts=tuple(state for state, _ in _parts(connection, log, seat, first=first)),
        group_key=seat.group_key,
    )


def opened(
    connection: Connection, log: SaveLog, session: Session, part: str, now_ms: int
) -> PartOpened | None:
    """The answer for a part that is open already; None if its clock has still to be started.

    Raises Refused: `not-yours`, `waiting`, `late`.
    """
    seat = session_seat(connection, session)
    for state, wrapped in _parts(connection, log, seat):
        if state.id == part and sittings.may_open(seat.role, state.writer):
            refusal = sittings.opening(seat.window, state.opened_ms, now_ms)
            if refusal is not None:
                raise Refused(refusal)
            if state.opened_ms is None:
                return None
            return PartOpened(now_ms, state, wrapped)
    raise Refused("not-yours")


def start_clock(write: Write, log: SaveLog, session: Session, part: str, now_ms: int) -> PartOpened:
    """Start a part's clock, unless somebody came first, and say how it stands."""
    answer = opened(write.connection, log, session, part, now_ms)
    if answer is not None:
        return answer
    write.connection.execute(
        "UPDATE seat_part SET opened_ms = ? WHERE part = ? AND seat ="
        " (SELECT s.id FROM seat s JOIN campaign c ON c.id = s.campaign"
        "  WHERE c.name = ? AND s.number = ?)",
        (now_ms, part, session.campaign, session.number),
    )
    write.standings.forget(session.campaign, session.number)
    return start_clock(write, log, session, part, now_ms)


# -- reading ---------------------------------------------------------------------------------


def sheet(
    connection: Connection, log: SaveLog, session: Session, number: str, part: str
) -> StoredSheet:
    """The stored sheet. Raises Refused: `not-yours`, `absent`."""
    seat = session_seat(connection, session)
    row = connection.execute(
        "SELECT t.id, t.role, t.grp, p.writer FROM seat t"
        " JOIN part p ON p.campaign = t.campaign AND p.id = ?"
        " WHERE t.campaign = ? AND t.number = ?",
        (part, seat.campaign, number),
    ).fetchone()
    if row is None:
        raise Refused("not-yours")
    own = row[0] == seat.id and row[3] == "pupil"
    keyed = row[1] == "pupil" and row[2] == seat.group and row[3] == "teacher"
    if not (own if seat.role == "pupil" else keyed):
        raise Refused("not-yours")
    head = log.heads.get((row[0], part))
    held = log.read(head) if head is not None else None
    if held is not None:
        return StoredSheet(held.version, held.seq, held.body)
    found = connection.execute(
        "SELECT version, seq, body FROM sheet WHERE seat = ? AND part = ?", (row[0], part)
    ).fetchone()
    if found is None:
        raise Refused("absent")
    return StoredSheet(*found)


_GROUP = """
SELECT s.id, s.number, s.epoch > 0, s.voided, s.time_percent,
       p.id, p.writer, p.minutes, p.grace_s, x.opened_ms, coalesce(x.extra_ms, 0),
       coalesce(h.version, 0), h.received_ms
FROM seat s
JOIN part p ON p.campaign = s.campaign
LEFT JOIN seat_part x ON x.seat = s.id AND x.part = p.id
LEFT JOIN sheet h ON h.seat = s.id AND h.part = p.id
WHERE s.campaign = ? AND s.grp = ? AND s.role = 'pupil'
  AND (NOT s.spare OR s.epoch > 0 OR s.id IN (SELECT value FROM json_each(?))
       OR EXISTS (SELECT 1 FROM sheet WHERE seat = s.id))
  AND (p.writer = 'teacher' OR x.part IS NOT NULL)
ORDER BY s.number, p.place
"""
_PUPILS = "SELECT id FROM seat WHERE campaign = ? AND grp = ? AND role = 'pupil'"


def group(connection: Connection, log: SaveLog, session: Session, now_ms: int) -> GroupState:
    """The pupils of a teacher's group; a spare seat once it is used. Raises Refused."""
    teacher = session_seat(connection, session)
    if teacher.role != "teacher":
        raise Refused("not-yours")
    pupils: list[PupilState] = []
    parts: list[PupilPart] = []
    # The log before the table: a sheet goes from there to here, never back.
    where = (teacher.campaign, teacher.group)
    parts_here = connection.execute("SELECT id FROM part WHERE campaign = ?", where[:1]).fetchall()
    heads = {
        (seat, part): log.heads.get((seat, part))
        for (seat,) in connection.execute(_PUPILS, where).fetchall()
        for (part,) in parts_here
    }
    used = msgspec.json.encode([seat for (seat, _), head in heads.items() if head is not None])
    rows = connection.execute(_GROUP, (*where, used.decode())).fetchall()
    for place, row in enumerate(rows):
        timing = Timing(row[6], row[7], row[8], row[4])
        deadline = timing.deadline_ms(teacher.window, row[9], row[10])
        head = heads.get((row[0], row[5]))
        saved = (row[11], row[12]) if head is None else (head.version, head.received_ms)
        parts.append(PupilPart(row[5], row[9], deadline, *saved))
        if place + 1 == len(rows) or rows[place + 1][0] != row[0]:
            pupils.append(PupilState(row[1], bool(row[2]), bool(row[3]), tuple(parts)))
            parts = []
    return GroupState(now_ms, teacher.group, tuple(pupils))


def is_served(connection: Connection, sha256: str) -> bool:
    """Whether a campaign's kit names these bytes as a booklet or asset."""
    found = connection.execute(
        "SELECT 1 FROM campaign_blob WHERE sha256 = ? LIMIT 1", (sha256,)
    ).fetchone()
    return found is not None


def blob(connection: Connection, sha256: str) -> bytes:
    """Sealed bytes by their hash. Raises Refused `absent`."""
    row = connection.execute("SELECT body FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        raise Refused("absent")
    return bytes(row[0])
