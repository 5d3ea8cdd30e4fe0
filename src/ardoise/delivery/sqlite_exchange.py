"""SQL of the authority's requests but for kits and returns: nonces, orders, purge, status."""

from collections.abc import Generator
from dataclasses import replace

import msgspec

from ardoise.contract import orders
from ardoise.contract.kit import CampaignStatus
from ardoise.contract.orders import Order, OrderDone, Purged
from ardoise.delivery.sittings import Window
from ardoise.delivery.sqlite_kits import Staged, named_in, publish, whole
from ardoise.delivery.sqlite_savelog import SaveLog
from ardoise.delivery.sqlite_schema import Connection, IntegrityError
from ardoise.delivery.sqlite_tallies import Tallies, Tally, Write
from ardoise.delivery.store import Refused
from ardoise.seal.signing import SKEW_MS


def spend_nonce(write: Write, nonce: str, moment_ms: int, now_ms: int) -> None:
    """Raises Refused `unsigned` for a nonce seen before."""
    # A request this old is refused by its moment; two skews cover both directions.
    write.connection.execute("DELETE FROM nonce WHERE moment_ms < ?", (now_ms - 2 * SKEW_MS,))
    try:
        write.connection.execute("INSERT INTO nonce VALUES (?, ?)", (nonce, moment_ms))
    except IntegrityError:
        raise Refused("unsigned", "this request was seen before") from None


# -- orders ----------------------------------------------------------------------------------


def order(
    write: Write,
    tallies: Tallies,
    wanted: Order,
    sha256: str,
    now_ms: int,
    staged: Staged | None = None,
) -> OrderDone:
    """Carry out an order once. The same id again gets the first answer.

    `staged`: the seats that it adds. Raises Refused: `absent`, `purged`, `open`, `malformed`.
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
    write.standings.forget_all()
    with whole(connection):
        window = Window(row[1], row[2])
        answer = _carry_out(write, tallies, row[0], window, wanted, now_ms, staged)
        connection.execute(
            "INSERT INTO order_done VALUES (?, ?, ?, ?)",
            (wanted.id, row[0], sha256, msgspec.json.encode(answer)),
        )
    return answer


def _carry_out(
    write: Write,
    tallies: Tallies,
    campaign: int,
    window: Window,
    wanted: Order,
    now_ms: int,
    staged: Staged | None,
) -> OrderDone:
    connection, purged = write.connection, None
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
            if staged is None:
                raise Refused("incomplete", wanted.chunk)
            publish(connection, staged, campaign)
        case orders.Purge():
            if window.state(now_ms) == "open":
                raise Refused("open")
            purged = _purge(write, tallies, campaign)
    connection.execute(
        "UPDATE campaign SET opens_ms = ?, closes_ms = ? WHERE id = ?",
        (window.opens_ms, window.closes_ms, campaign),
    )
    state = "purged" if purged is not None else window.state(now_ms)
    return OrderDone(wanted.id, now_ms, state, window.opens_ms, window.closes_ms, purged)


def seats_wanted(
    connection: Connection, wanted: orders.AddSeats
) -> tuple[int, dict[str, str], set[str]] | None:
    """The campaign that seats are added to, its parts and its blobs.

    None if the order was carried out already, or will be refused.
    """
    row = connection.execute(
        "SELECT id FROM campaign WHERE name = ? AND purged IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM order_done WHERE id = ?)",
        (wanted.campaign, wanted.id),
    ).fetchone()
    return None if row is None else (row[0], *named_in(connection, row[0]))


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


# -- purge -----------------------------------------------------------------------------------


def _purge(write: Write, tallies: Tallies, campaign: int) -> Purged:
    """From now on nobody gets anything of it; what it held is destroyed in slices after this.

    A line with the counts stays.
    """
    connection = write.connection
    tally = replace(tallies.of(campaign))
    tally.add(write.counted.get(campaign, Tally()))
    (blobs,) = connection.execute(
        "SELECT count(*) FROM campaign_blob WHERE campaign = ?", (campaign,)
    ).fetchone()
    purged = Purged(tally.seats, tally.sheets, tally.strays, blobs)
    connection.execute("DELETE FROM campaign_blob WHERE campaign = ?", (campaign,))
    connection.execute("DELETE FROM order_done WHERE campaign = ?", (campaign,))
    connection.execute(
        "UPDATE campaign SET purged = ?, runner = '{}', manifest = '' WHERE id = ?",
        (msgspec.json.encode(purged), campaign),
    )
    connection.execute("INSERT INTO vacuum_due VALUES (?)", (campaign,))
    return purged


def destroy(write: Write, log: SaveLog, tallies: Tallies) -> Generator[bool, None, list[int]]:
    """Delete, in slices, all that purged campaigns held; which they were. Then comes `forgotten`.

    Ends with every row overwritten, every file of the log that held one unlinked and the database
    without a free page. A crash in the middle is made up for at the next start.
    """
    connection = write.connection
    due = [row[0] for row in connection.execute("SELECT campaign FROM vacuum_due").fetchall()]
    for campaign in due:
        yield from _destroy_seats(connection, campaign)
        for statement in _ROWS_OF:
            while connection.execute(statement, (campaign, ROWS)).rowcount:
                yield False
        tallies.forget(campaign)
        connection.execute("DELETE FROM tally WHERE campaign = ?", (campaign,))
        yield from log.forget(campaign)
    if due:
        log.drain()
        while not log.drained:
            # The next round puts into the table what is others'.
            yield True
        # With them goes whatever was sent and never used: it may have been theirs.
        unused = connection.execute(
            "SELECT sha256 FROM blob WHERE sha256 NOT IN (SELECT sha256 FROM campaign_blob)"
        ).fetchall()
        for row in unused:
            connection.execute("DELETE FROM blob WHERE sha256 = ?", row)
            yield False
        while connection.execute("PRAGMA freelist_count").fetchone()[0]:
            # All rows have to be fetched: each step gives back one page.
            connection.execute(f"PRAGMA incremental_vacuum({ROWS})").fetchall()
            yield False
    return due


ROWS = 40
"""Deleted in one step."""
_ROWS_OF = (
    "DELETE FROM sheet WHERE id IN (SELECT id FROM sheet WHERE campaign = ? LIMIT ?)",
    "DELETE FROM stray WHERE seq IN (SELECT seq FROM stray WHERE campaign = ? LIMIT ?)",
    "DELETE FROM part WHERE campaign = ? LIMIT ?",
)


def _destroy_seats(connection: Connection, campaign: int) -> Generator[bool, None, None]:
    while True:
        seats = connection.execute(
            "SELECT id FROM seat WHERE campaign = ? LIMIT ?", (campaign, ROWS)
        ).fetchall()
        if not seats:
            return
        connection.executemany("DELETE FROM seat_part WHERE seat = ?", seats)
        connection.executemany("DELETE FROM seat WHERE id = ?", seats)
        yield False


def forgotten(write: Write, due: list[int]) -> None:
    """All that `destroy` deleted is gone from the disk."""
    write.connection.executemany(
        "DELETE FROM vacuum_due WHERE campaign = ?", [(campaign,) for campaign in due]
    )


# -- status ----------------------------------------------------------------------------------


def status(connection: Connection, tallies: Tallies, campaign: str, now_ms: int) -> CampaignStatus:
    """State, window and counts. Raises Refused `absent`."""
    row = connection.execute(
        "SELECT id, serial, opens_ms, closes_ms, purged IS NOT NULL FROM campaign WHERE name = ?",
        (campaign,),
    ).fetchone()
    if row is None:
        raise Refused("absent")
    window = Window(row[2], row[3])
    counted = Tally() if row[4] else tallies.of(row[0])
    return CampaignStatus(
        now_ms,
        campaign,
        "purged" if row[4] else window.state(now_ms),
        window.opens_ms,
        window.closes_ms,
        row[1],
        counted.seats,
        counted.logged_in,
        counted.sheets,
        counted.strays,
        counted.last_seq,
    )
