"""SQL of the authority's requests but for kits: nonces, orders, purge, returns, status."""

import msgspec

from ardoise.contract import orders
from ardoise.contract.kit import CampaignStatus
from ardoise.contract.orders import Order, OrderDone, Purged
from ardoise.contract.returns import End, Record, frame
from ardoise.delivery.sittings import Window
from ardoise.delivery.sqlite_kits import check_groups, take_chunk, whole
from ardoise.delivery.sqlite_schema import Connection, IntegrityError
from ardoise.delivery.sqlite_writer import Write
from ardoise.delivery.store import Piece, Refused
from ardoise.seal.signing import SKEW_MS

PAGE_BYTES = 16 << 20
"""A page of returns ends early here: it is held in memory once."""


def spend_nonce(write: Write, nonce: str, moment_ms: int, now_ms: int) -> None:
    """Raises Refused `unsigned` for a nonce seen before."""
    # A request this old is refused by its moment; two skews cover both directions.
    write.connection.execute("DELETE FROM nonce WHERE moment_ms < ?", (now_ms - 2 * SKEW_MS,))
    try:
        write.connection.execute("INSERT INTO nonce VALUES (?, ?)", (nonce, moment_ms))
    except IntegrityError:
        raise Refused("unsigned", "this request was seen before") from None


# -- orders ----------------------------------------------------------------------------------


def order(write: Write, wanted: Order, sha256: str, now_ms: int) -> OrderDone:
    """Carry out an order once. The same id again gets the first answer.

    Raises Refused: `absent`, `purged`, `open`, `malformed`.
    """
    connection = write.connection
    done = connection.execute(
        "SELECT request, answer FROM order_done WHERE id = ?", (wanted.id,)
    ).fetchone()
    if done is not None:
        if done[0] != sha256:
            raise Refused("malformed", "another order came with this id")
        return msgspec.json.decode(done[1], type=OrderDone)
    row = connection.execute(
        "SELECT id, opens_ms, closes_ms, purged IS NOT NULL FROM campaign WHERE name = ?",
        (wanted.campaign,),
    ).fetchone()
    if row is None:
        raise Refused("absent")
    if row[3]:
        raise Refused("purged")
    with whole(connection):
        answer = _carry_out(connection, row[0], Window(row[1], row[2]), wanted, now_ms)
        connection.execute(
            "INSERT INTO order_done VALUES (?, ?, ?, ?)",
            (wanted.id, row[0], sha256, msgspec.json.encode(answer)),
        )
    return answer


def _carry_out(
    connection: Connection, campaign: int, window: Window, wanted: Order, now_ms: int
) -> OrderDone:
    purged = None
    match wanted:
        case orders.Open():
            if now_ms >= window.closes_ms:
                raise Refused("malformed", "the window is closed: extend it first")
            window = Window(min(window.opens_ms, now_ms), window.closes_ms)
        case orders.Close():
            window = Window(window.opens_ms, min(window.closes_ms, now_ms))
        case orders.Extend():
            if wanted.closes_ms <= max(window.opens_ms, now_ms):
                raise Refused("malformed", "the new end is not ahead; to close, send `close`")
            window = Window(window.opens_ms, wanted.closes_ms)
        case orders.VoidSeat():
            _void(connection, campaign, wanted.number)
        case orders.GrantTime():
            _grant(connection, campaign, wanted.number, wanted.seconds)
        case orders.AddSeats():
            take_chunk(connection, campaign, wanted.campaign, wanted.chunk, set())
            check_groups(connection, campaign)
        case orders.Purge():
            if window.state(now_ms) == "open":
                raise Refused("open")
            purged = _purge(connection, campaign)
    connection.execute(
        "UPDATE campaign SET opens_ms = ?, closes_ms = ? WHERE id = ?",
        (window.opens_ms, window.closes_ms, campaign),
    )
    state = "purged" if purged is not None else window.state(now_ms)
    return OrderDone(wanted.id, now_ms, state, window.opens_ms, window.closes_ms, purged)


def _void(connection: Connection, campaign: int, number: str) -> None:
    changed = connection.execute(
        "UPDATE seat SET voided = 1 WHERE campaign = ? AND number = ?", (campaign, number)
    ).rowcount
    if not changed:
        raise Refused("absent", "there is no such seat")


def _grant(connection: Connection, campaign: int, number: str, seconds: int) -> None:
    changed = connection.execute(
        "UPDATE seat_part SET extra_ms = extra_ms + ? WHERE opened_ms IS NOT NULL"
        " AND seat = (SELECT id FROM seat WHERE campaign = ? AND number = ?)",
        (seconds * 1000, campaign, number),
    ).rowcount
    if not changed:
        raise Refused("absent", "this seat has no part open")


_PURGED_TABLES = (
    "DELETE FROM sheet WHERE campaign = ?",
    "DELETE FROM stray WHERE campaign = ?",
    "DELETE FROM seat_part WHERE seat IN (SELECT id FROM seat WHERE campaign = ?)",
    "DELETE FROM seat WHERE campaign = ?",
    "DELETE FROM part WHERE campaign = ?",
    "DELETE FROM campaign_blob WHERE campaign = ?",
    "DELETE FROM order_done WHERE campaign = ?",
)


def _purge(connection: Connection, campaign: int) -> Purged:
    """Delete every row of a campaign; a line with the counts stays."""
    counts = connection.execute(
        "SELECT (SELECT count(*) FROM seat WHERE campaign = :c),"
        " (SELECT count(*) FROM sheet WHERE campaign = :c),"
        " (SELECT count(*) FROM stray WHERE campaign = :c),"
        " (SELECT count(*) FROM campaign_blob WHERE campaign = :c)",
        {"c": campaign},
    ).fetchone()
    for statement in _PURGED_TABLES:
        connection.execute(statement, (campaign,))
    # With them goes whatever was sent and never used: it may have been this campaign's.
    connection.execute("DELETE FROM blob WHERE sha256 NOT IN (SELECT sha256 FROM campaign_blob)")
    purged = Purged(*counts)
    connection.execute(
        "UPDATE campaign SET purged = ?, runner = '{}', manifest = '' WHERE id = ?",
        (msgspec.json.encode(purged), campaign),
    )
    connection.execute("INSERT INTO vacuum_due VALUES (?)", (campaign,))
    return purged


def vacuum(connection: Connection) -> None:
    """After a purge: rewrite the file without the free pages, empty the log. Outside of all else.

    Does nothing if no purge waits for it. A crash in the middle is made up for at the next start.
    """
    if connection.execute("SELECT 1 FROM vacuum_due").fetchone() is None:
        return
    connection.execute("VACUUM")
    busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise Refused("busy", "a reader holds the log: send the order again", retry_ms=1_000)
    connection.execute("DELETE FROM vacuum_due")


# -- returns and status ----------------------------------------------------------------------

_IN_ORDER = """
SELECT seq, 0 FROM sheet WHERE campaign = :c AND seq > :after
UNION ALL
SELECT seq, 1 FROM stray WHERE campaign = :c AND seq > :after
ORDER BY seq LIMIT :limit
"""
_RECORD = """
SELECT r.seq, t.number, r.part, w.number, r.epoch, r.version, r.received_ms, {reason}, r.body
FROM {table} r JOIN seat t ON t.id = r.seat JOIN seat w ON w.id = r.writer
WHERE r.campaign = ? AND r.seq = ?
"""
_RECORDS = (
    _RECORD.format(table="sheet", reason="NULL"),
    _RECORD.format(table="stray", reason="r.reason"),
)


def returns(connection: Connection, campaign: str, after: int, limit: int) -> Piece:
    """A page. Raises Refused: `absent`, `purged`."""
    connection.execute("BEGIN")  # One view of both tables, whatever is saved meanwhile.
    try:
        return _page(connection, campaign, after, limit)
    finally:
        connection.execute("COMMIT")


def _page(connection: Connection, campaign: str, after: int, limit: int) -> Piece:
    row = connection.execute(
        "SELECT id, purged IS NOT NULL FROM campaign WHERE name = ?", (campaign,)
    ).fetchone()
    if row is None:
        raise Refused("absent")
    if row[1]:
        raise Refused("purged")
    frames: list[bytes] = []
    size, last, more = 0, after, False
    page = {"c": row[0], "after": after, "limit": limit + 1}
    # The order first, from indexes alone: a sort would hold the bodies of a page five times this.
    for seq, is_stray in connection.execute(_IN_ORDER, page).fetchall():
        if len(frames) == limit or size > PAGE_BYTES:
            more = True
            break
        found = connection.execute(_RECORDS[is_stray], (row[0], seq)).fetchone()
        frames.append(frame(Record(*found[:8]), found[8]))
        size += len(frames[-1])
        last = seq
    count = len(frames)
    end = End(last, more)
    frames.append(frame(end))
    return Piece(b"".join(frames), count, end)


def status(connection: Connection, campaign: str, now_ms: int) -> CampaignStatus:
    """State, window and counts. Raises Refused `absent`."""
    row = connection.execute(
        "SELECT id, serial, opens_ms, closes_ms, purged IS NOT NULL FROM campaign WHERE name = ?",
        (campaign,),
    ).fetchone()
    if row is None:
        raise Refused("absent")
    window = Window(row[2], row[3])
    counts = connection.execute(
        "SELECT (SELECT count(*) FROM seat WHERE campaign = :c),"
        " (SELECT count(*) FROM seat WHERE campaign = :c AND epoch > 0),"
        " (SELECT count(*) FROM sheet WHERE campaign = :c),"
        " (SELECT count(*) FROM stray WHERE campaign = :c),"
        " max(coalesce((SELECT max(seq) FROM sheet WHERE campaign = :c), 0),"
        "     coalesce((SELECT max(seq) FROM stray WHERE campaign = :c), 0))",
        {"c": row[0]},
    ).fetchone()
    return CampaignStatus(
        now_ms,
        campaign,
        "purged" if row[4] else window.state(now_ms),
        window.opens_ms,
        window.closes_ms,
        row[1],
        *counts,
    )
