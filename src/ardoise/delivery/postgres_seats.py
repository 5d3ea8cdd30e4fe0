"""What a seat asks for beside saving: how it stands, a part, a sheet, its group, sealed bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ardoise.contract.problems import Kind
from ardoise.contract.sitting import (
    GroupState,
    LoggedIn,
    PartOpened,
    PartState,
    PupilPart,
    PupilState,
)
from ardoise.contract.words import Role, Writer
from ardoise.delivery import sittings
from ardoise.delivery.postgres_campaigns import CampaignBook, Known
from ardoise.delivery.postgres_schema import Connection, Pool, lent
from ardoise.delivery.sessions import Session
from ardoise.delivery.sittings import Timing, Window
from ardoise.delivery.store import Refused, StoredSheet


@dataclass(frozen=True, slots=True)
class SeatNow:
    """A seat, its campaign's window and its parts, each with the key wrapped for the seat."""

    campaign: int
    number: int
    window: Window
    role: Role
    group: str
    group_key: bytes | None
    epoch: int
    voided: bool
    parts: tuple[tuple[PartState, bytes, int], ...]
    """State, wrapped key, the part's number."""

    def logged_in(self, session: Session, token: str, now_ms: int) -> LoggedIn:
        """As its browser gets it."""
        return LoggedIn(
            session=token,
            epoch=self.epoch,
            now_ms=now_ms,
            campaign=session.campaign,
            number=session.number,
            role=self.role,
            group=self.group,
            state=self.window.state(now_ms),
            opens_ms=self.window.opens_ms,
            closes_ms=self.window.closes_ms,
            parts=tuple(state for state, _, _ in self.parts),
            group_key=self.group_key,
        )

    def check(self, session: Session) -> None:
        """Raises Refused unless the session is the seat's present one."""
        if session.epoch > self.epoch:
            raise Refused("no-session")
        if self.voided:
            raise Refused("unknown-seat")
        if session.epoch != self.epoch:
            raise Refused("superseded")


_SEATS = """
SELECT s.number, s.teacher, s.grp, s.group_key, s.epoch, s.voided, s.time_percent,
       c.opens_ms, c.closes_ms,
       p.id, p.by_teacher, p.minutes, p.grace_s, x.booklet, h.opened_ms, coalesce(h.extra_ms, 0),
       coalesce(h.version, 0), x.wrapped, p.part, p.place
FROM unnest($2::int[]) n
CROSS JOIN LATERAL (
  SELECT number, teacher, grp, group_key, epoch, voided, time_percent
  FROM seat WHERE campaign = $1 AND number = n OFFSET 0
) s
JOIN campaign c ON c.id = $1
LEFT JOIN paper x ON x.campaign = $1 AND x.number = n
LEFT JOIN part p ON p.campaign = $1 AND p.part = x.part AND p.listed
LEFT JOIN sheet h ON h.campaign = $1 AND h.number = n AND h.part = p.part
WHERE c.purged IS NULL
"""
"""Each seat by its key, never the other way round; sorted here, or the planner would read all seats
in the order of the index to spare itself the sorting."""


async def read_seats(
    connection: Connection, campaign: int, numbers: list[int]
) -> dict[int, SeatNow]:
    """Seats by their number, in one statement."""
    found: dict[int, SeatNow] = {}
    rows = await connection.fetch(_SEATS, campaign, numbers)
    rows.sort(key=lambda row: (row[0], row[19] or 0))
    start = 0
    for place, row in enumerate(rows):
        if place + 1 == len(rows) or rows[place + 1][0] != row[0]:
            found[row[0]] = _seat(campaign, rows[start : place + 1])
            start = place + 1
    return found


def _seat(campaign: int, rows: list[Any]) -> SeatNow:
    number, teacher, group, group_key, epoch, voided = rows[0][:6]
    window = Window(rows[0][7], rows[0][8])
    parts = tuple((_part(row, window), row[17], row[18]) for row in rows if row[9] is not None)
    role: Role = "teacher" if teacher else "pupil"
    return SeatNow(campaign, number, window, role, group, group_key, epoch, voided, parts)


def _part(row: Any, window: Window) -> PartState:
    writer: Writer = "teacher" if row[10] else "pupil"
    timing = Timing(writer, row[11], row[12], row[6])
    deadline = timing.deadline_ms(window, row[14], row[15]) if row[14] is not None else None
    return PartState(
        row[9], writer, timing.seat_minutes, row[12], row[13], row[14], deadline, row[16], row[6]
    )


_TARGET = """
SELECT t.teacher, t.grp, p.by_teacher, p.part FROM seat t
JOIN part p ON p.campaign = t.campaign AND p.id = $3 AND p.listed
WHERE t.campaign = $1 AND t.number = $2
"""
_GROUP = """
SELECT s.number, s.epoch > 0, s.voided, s.time_percent,
       p.id, p.by_teacher, p.minutes, p.grace_s, h.opened_ms, coalesce(h.extra_ms, 0),
       coalesce(h.version, 0), h.received_ms
FROM seat s
JOIN part p ON p.campaign = s.campaign AND p.listed
LEFT JOIN paper x ON x.campaign = s.campaign AND x.number = s.number AND x.part = p.part
LEFT JOIN sheet h ON h.campaign = s.campaign AND h.number = s.number AND h.part = p.part
WHERE s.campaign = $1 AND s.grp = $2 AND NOT s.teacher
  AND (NOT s.spare OR s.epoch > 0 OR EXISTS (
    SELECT FROM sheet e WHERE e.campaign = s.campaign AND e.number = s.number AND e.version > 0))
  AND (p.by_teacher OR x.part IS NOT NULL)
ORDER BY s.number, p.place
"""


@dataclass(frozen=True, slots=True)
class SeatReads:
    """Point reads on `pool`; a group's page on `group_pool`, so that it holds up no other."""

    pool: Pool
    group_pool: Pool
    book: CampaignBook

    async def seat(self, connection: Connection, campaign: int, session: Session) -> SeatNow:
        """The seat behind a session. Raises Refused."""
        number = int(session.number)
        seat = (await read_seats(connection, campaign, [number])).get(number)
        if seat is None:
            await say_purged(connection, campaign)
            raise Refused("no-session")
        seat.check(session)
        return seat

    async def sitting(self, session: Session, token: str, now_ms: int) -> LoggedIn:
        """How the seat stands."""
        campaign = (await find_campaign(self.book, session.campaign)).id
        async with lent(self.pool) as connection:
            seat = await self.seat(connection, campaign, session)
        return seat.logged_in(session, token, now_ms)

    async def open_part(self, session: Session, part: str, now_ms: int) -> PartOpened:
        """Start a part's clock unless it runs. Raises Refused: `not-yours`, `waiting`, `late`."""
        campaign = (await find_campaign(self.book, session.campaign)).id
        async with lent(self.pool) as connection:
            # Whoever came first started the clock, and it stays.
            for _ in range(2):
                seat = await self.seat(connection, campaign, session)
                opened, number = _opened(seat, part, now_ms)
                if opened.state.opened_ms is not None:
                    return opened
                await connection.execute(
                    "UPDATE sheet SET opened_ms = $4 WHERE campaign = $1 AND number = $2"
                    " AND part = $3 AND opened_ms IS NULL",
                    seat.campaign, seat.number, number, now_ms,
                )  # fmt: skip
        raise Refused("not-yours")

    async def sheet(self, session: Session, number: str, part: str) -> StoredSheet:
        """The stored sheet. Raises Refused: `not-yours`, `absent`."""
        campaign = (await find_campaign(self.book, session.campaign)).id
        async with lent(self.pool) as connection:
            seat = await self.seat(connection, campaign, session)
            row = await connection.fetchrow(_TARGET, seat.campaign, int(number), part)
            own = row is not None and int(number) == seat.number and not row[2]
            keyed = row is not None and not row[0] and row[1] == seat.group and row[2]
            if row is None or not (own if seat.role == "pupil" else keyed):
                raise Refused("not-yours")
            found = await connection.fetchrow(
                "SELECT * FROM sheet_body($1, $2, $3)", seat.campaign, int(number), row[3]
            )
        if found is None:
            raise Refused("absent")
        return StoredSheet(*found)

    async def group(self, session: Session, now_ms: int) -> GroupState:
        """The pupils of a teacher's group; a spare seat once it is used. Raises Refused."""
        campaign = (await find_campaign(self.book, session.campaign)).id
        async with lent(self.group_pool) as connection:
            teacher = await self.seat(connection, campaign, session)
            if teacher.role != "teacher":
                raise Refused("not-yours")
            rows = await connection.fetch(_GROUP, teacher.campaign, teacher.group)
        return GroupState(now_ms, teacher.group, tuple(_pupils(rows, teacher.window)))


def _opened(seat: SeatNow, part: str, now_ms: int) -> tuple[PartOpened, int]:
    for state, wrapped, number in seat.parts:
        if state.id == part and sittings.may_open(seat.role, state.writer):
            refusal = sittings.opening(seat.window, state.opened_ms, now_ms)
            if refusal is not None:
                raise Refused(refusal)
            return PartOpened(now_ms, state, wrapped), number
    raise Refused("not-yours")


def _pupils(rows: list[Any], window: Window) -> Iterable[PupilState]:
    parts: list[PupilPart] = []
    for place, row in enumerate(rows):
        timing = Timing("teacher" if row[5] else "pupil", row[6], row[7], row[3])
        deadline = timing.deadline_ms(window, row[8], row[9])
        saved_ms = row[11] if row[10] else None
        parts.append(PupilPart(row[4], row[8], deadline, row[10], saved_ms))
        if place + 1 == len(rows) or rows[place + 1][0] != row[0]:
            yield PupilState(f"{row[0]:09d}", row[1], row[2], tuple(parts))
            parts = []


async def find_campaign(
    book: CampaignBook, name: str, absent: Kind = "no-session", part: str = ""
) -> Known:
    """Raises Refused: `purged`; `absent` for a campaign that was never here."""
    known = await book.find(name, part)
    if known is None:
        raise Refused("purged" if book.is_purged(name) else absent)
    return known


async def say_purged(connection: Connection, campaign: int) -> None:
    """Raises Refused `purged` if that is why nothing was found, not yet in the book."""
    if await connection.fetchval(
        "SELECT 1 FROM campaign WHERE id = $1 AND purged IS NOT NULL", campaign
    ):
        raise Refused("purged")


async def read_blob(pool: Pool, sha256: str) -> bytes:
    """Sealed bytes by their hash. Raises Refused `absent`."""
    async with lent(pool) as connection:
        body = await connection.fetchval("SELECT body FROM blob WHERE sha256 = $1", sha256)
    if body is None:
        raise Refused("absent")
    return bytes(body)
