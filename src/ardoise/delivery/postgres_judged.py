"""A save judged by itself: whatever no batch takes. The rule is `sittings.judge`, as everywhere.

The saver's seat is held first, then the sheet's row: a login, a void, another device and a batch
come before or after, never between.
"""

from dataclasses import dataclass

from ardoise.contract.sitting import Saved
from ardoise.delivery import sittings
from ardoise.delivery.postgres_campaigns import CampaignBook
from ardoise.delivery.postgres_schema import Connection, Pool, lent
from ardoise.delivery.postgres_seats import find_campaign
from ardoise.delivery.sittings import Attempt, Place, Saver, Stored, Timing, Verdict, Window
from ardoise.delivery.store import Refused, SaveRequest

_SITUATION = "SELECT * FROM hold_and_look($1, $2, $3, $4)"
_STORE = """
UPDATE sheet SET writer = $4, epoch = $5, version = $6, received_ms = $7, body = $8, seq = $9
WHERE campaign = $1 AND number = $2 AND part = $3
"""
_KEEP = """
INSERT INTO stray (campaign, number, part, writer, epoch, version, received_ms, body, seq, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""


@dataclass(frozen=True, slots=True)
class _Situation:
    """All that a save is judged by."""

    campaign: int
    part: int
    number: int
    saver: Saver
    place: Place
    timing: Timing
    window: Window
    stored: Stored | None
    stored_seq: int | None
    """None: there is no row yet to store it in."""
    strays: int
    """That the saver's seat caused."""
    seq: int
    """The first sequence number of this transaction."""

    @property
    def deadline_ms(self) -> int | None:
        return self.timing.deadline_ms(self.window, self.place.opened_ms, self.place.extra_ms)


@dataclass(frozen=True, slots=True)
class JudgedSaves:
    """Each save in a transaction of its own."""

    pool: Pool
    book: CampaignBook

    async def save(self, request: SaveRequest) -> Saved:
        """As docs/protocol.md §5 says. Raises Refused, with `kept` for a stray."""
        known = await find_campaign(self.book, request.session.campaign, part=request.part)
        async with lent(self.pool) as connection:
            return await self._judged(connection, known.id, request)

    async def _judged(self, connection: Connection, campaign: int, request: SaveRequest) -> Saved:
        while True:
            try:
                async with connection.transaction():
                    now = await _situation(connection, campaign, request)
                    saved, refusal = await _carry_out(connection, now, request)
            except _Overtaken:
                continue
            # Only now: what a refusal kept has to be committed.
            if refusal is not None:
                raise refusal
            return saved


class _Overtaken(Exception):
    """Somebody made the row that was not there: there is one to hold now."""


async def _situation(connection: Connection, campaign: int, request: SaveRequest) -> _Situation:
    """Hold seat and sheet, then read. Raises Refused: `purged`, `no-session`, `not-yours`."""
    writer, number = int(request.session.number), int(request.number)
    (
        seq, purged, opens_ms, closes_ms,
        teacher, epoch, voided, strays, group,
        part, by_teacher, minutes, grace_s,
        target_teacher, target_group, time_percent, opened_ms, extra_ms,
        stored_writer, stored_epoch, stored_version, stored_seq,
    ) = await connection.fetchrow(_SITUATION, campaign, writer, request.part, number)  # fmt: skip
    if purged:
        raise Refused("purged")
    if epoch is None or request.session.epoch > epoch:
        raise Refused("no-session")
    if part is None or target_teacher is None:
        raise Refused("not-yours")
    return _Situation(
        campaign,
        part,
        number,
        Saver(writer, "teacher" if teacher else "pupil", epoch, voided),
        Place(number == writer, target_group == group, not target_teacher, opened_ms, extra_ms),
        Timing("teacher" if by_teacher else "pupil", minutes, grace_s, time_percent),
        Window(opens_ms, closes_ms),
        Stored(stored_writer, stored_epoch, stored_version) if stored_version else None,
        stored_seq,
        strays,
        seq,
    )


async def _carry_out(
    connection: Connection, now: _Situation, request: SaveRequest
) -> tuple[Saved, Refused | None]:
    where = (now.campaign, now.number, now.part)
    verdict = sittings.judge(
        Attempt(
            request.session.epoch, request.version, request.base, request.now_ms, request.stray
        ),
        now.saver,
        now.place,
        now.timing,
        now.window,
        now.stored,
        # Bytes are compared only where they decide: reading them back costs as much as writing.
        same_bytes=now.stored is not None
        and request.version == now.stored.version
        and await _holds(connection, "is_stored", where, request),
    )
    keeps = verdict.keep is not None and not await _holds(connection, "is_kept", where, request)
    if keeps or verdict.put_aside:
        await _check_room(connection, now, verdict, request.session.epoch)
        await connection.execute("SELECT count_stray($1, $2)", now.campaign, now.saver.seat)
    seq = now.seq
    mark = (now.saver.seat, request.session.epoch, request.version, request.now_ms, request.body)
    if keeps:
        await connection.execute(_KEEP, *where, *mark, seq, verdict.keep)
    if verdict.put_aside:
        await connection.execute("SELECT put_aside($1, $2, $3, $4)", *where, seq)
        seq += 1
    saved = Saved(now.stored_seq or 0, request.version, request.now_ms, now.deadline_ms)
    if verdict.refusal is not None:
        kept = verdict.keep is not None
        return saved, Refused(verdict.refusal, kept=kept, stray=verdict.keep)
    if verdict.store:
        if now.stored_seq is None and not await connection.fetchval(
            "SELECT make_place($1, $2, $3)", *where
        ):
            raise _Overtaken
        await connection.execute(_STORE, *where, *mark, seq)
        return Saved(seq, request.version, request.now_ms, now.deadline_ms), None
    version = now.stored.version if now.stored is not None else request.version
    return Saved(now.stored_seq or 0, version, request.now_ms, now.deadline_ms), None


async def _holds(
    connection: Connection, question: str, where: tuple[int, int, int], request: SaveRequest
) -> bool:
    """Whether these very bytes are there: a client that missed the answer comes again."""
    found: bool = await connection.fetchval(
        f"SELECT {question}($1, $2, $3, $4, $5)",
        *where,
        request.version,
        request.body,
    )
    return found


async def _check_room(
    connection: Connection, now: _Situation, verdict: Verdict, epoch: int
) -> None:
    of_session = await connection.fetchval(
        "SELECT count(*) FROM stray WHERE campaign = $1 AND writer = $2 AND epoch = $3"
        " AND reason <> 'replaced'",
        now.campaign,
        now.saver.seat,
        epoch,
    )
    if not sittings.has_room(verdict, of_session, now.strays):
        raise Refused("slow-down", retry_ms=sittings.STRAYS_RETRY_MS)
