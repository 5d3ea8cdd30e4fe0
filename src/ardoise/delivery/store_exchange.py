"""SQL of the authority's requests: kits, orders, purge, returns, status."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from ardoise.contract import limits, orders
from ardoise.contract.kit import CampaignStatus, KitInstalled, Manifest, Seat, SeatChunk
from ardoise.contract.orders import Order, OrderDone, Purged
from ardoise.contract.returns import End, Record, frame
from ardoise.delivery.sittings import Window
from ardoise.delivery.store import Refused
from ardoise.delivery.store_schema import Connection, IntegrityError
from ardoise.delivery.store_writer import Write
from ardoise.seal import numbers
from ardoise.seal.signing import SKEW_MS

MISSING_LISTED = 2_000
PAGE_BYTES = 16 << 20
"""A page of returns ends early here: it is held in memory once."""
_WRAPPED = 60
_DIGEST = 32
_CHUNK = msgspec.json.Decoder(SeatChunk)


@contextmanager
def whole(connection: Connection) -> Iterator[None]:
    """All of the block or nothing of it, whatever else its transaction holds."""
    connection.execute("SAVEPOINT whole")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK TO whole")
        raise
    finally:
        connection.execute("RELEASE whole")


def spend_nonce(write: Write, nonce: str, moment_ms: int, now_ms: int) -> None:
    """Raises Refused `unsigned` for a nonce seen before."""
    # A request this old is refused by its moment; two skews cover both directions.
    write.connection.execute("DELETE FROM nonce WHERE moment_ms < ?", (now_ms - 2 * SKEW_MS,))
    try:
        write.connection.execute("INSERT INTO nonce VALUES (?, ?)", (nonce, moment_ms))
    except IntegrityError:
        raise Refused("unsigned", "this request was seen before") from None


def put_bytes(write: Write, sha256: str, body: bytes, now_ms: int) -> None:
    """Keep bytes under their hash; the same again changes nothing."""
    write.connection.execute(
        "INSERT INTO blob VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (sha256, now_ms, body)
    )


# -- kits ------------------------------------------------------------------------------------


def install(write: Write, manifest: Manifest, sha256: str) -> KitInstalled:
    """Install a kit, whole or not at all. Raises Refused: purged, older, incomplete, malformed."""
    connection = write.connection
    row = connection.execute(
        "SELECT id, serial, manifest, purged IS NOT NULL FROM campaign WHERE name = ?",
        (manifest.campaign,),
    ).fetchone()
    if row is not None and row[3]:
        raise Refused("purged")
    if row is not None and manifest.serial < row[1]:
        raise Refused("older", f"serial {row[1]} is installed")
    # The same manifest again: its first answer was lost. Orders since then keep their effect.
    if row is None or row[2] != sha256:
        _check_manifest(manifest)
        _check_complete(connection, manifest)
        with whole(connection):
            _install(connection, manifest, sha256)
    seats, blobs = connection.execute(
        "SELECT (SELECT count(*) FROM seat WHERE campaign = c.id),"
        " (SELECT count(*) FROM campaign_blob WHERE campaign = c.id)"
        " FROM campaign c WHERE name = ?",
        (manifest.campaign,),
    ).fetchone()
    return KitInstalled(manifest.campaign, manifest.serial, seats, blobs)


def _check_manifest(manifest: Manifest) -> None:
    if manifest.opens_ms >= manifest.closes_ms:
        raise Refused("malformed", "the window closes before it opens")
    if len({part.id for part in manifest.parts}) != len(manifest.parts):
        raise Refused("malformed", "a part stands in the manifest twice")
    for blob in manifest.blobs:
        if not limits.is_sealed_length(blob.size, limits.BLOB):
            raise Refused("malformed", f"blob {blob.sha256} has a size that nothing sealed has")
    for chunk in manifest.chunks:
        if chunk.size > limits.SEAT_CHUNK:
            raise Refused("malformed", f"chunk {chunk.sha256} is too large")


def _check_complete(connection: Connection, manifest: Manifest) -> None:
    missing = []
    for named in (*manifest.chunks, *manifest.blobs):
        row = connection.execute(
            "SELECT length(body) FROM blob WHERE sha256 = ?", (named.sha256,)
        ).fetchone()
        if row is None:
            missing.append(named.sha256)
        elif row[0] != named.size:
            raise Refused("malformed", f"{named.sha256} does not have the size that is named")
    if missing:
        raise Refused("incomplete", " ".join(missing[:MISSING_LISTED]))


def _install(connection: Connection, manifest: Manifest, sha256: str) -> None:
    runner = msgspec.json.encode({file.path: file.sha256 for file in manifest.runner})
    connection.execute(
        "INSERT INTO campaign (name, serial, manifest, opens_ms, closes_ms, runner)"
        " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET serial = excluded.serial,"
        " manifest = excluded.manifest, opens_ms = excluded.opens_ms,"
        " closes_ms = excluded.closes_ms, runner = excluded.runner",
        (manifest.campaign, manifest.serial, sha256, manifest.opens_ms, manifest.closes_ms, runner),
    )
    (campaign,) = connection.execute(
        "SELECT id FROM campaign WHERE name = ?", (manifest.campaign,)
    ).fetchone()
    kept = {row[0] for row in connection.execute("SELECT part FROM sheet WHERE campaign = ?"
                                                 " GROUP BY part", (campaign,))}  # fmt: skip
    if lost := kept - {part.id for part in manifest.parts}:
        raise Refused("malformed", f"part {min(lost)} has sheets and is not in the manifest")
    connection.execute("DELETE FROM part WHERE campaign = ?", (campaign,))
    connection.executemany(
        "INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)",
        [
            (campaign, part.id, place, part.writer, part.minutes, part.grace_s)
            for place, part in enumerate(manifest.parts)
        ],
    )
    # Blobs of an earlier serial stay: a browser may still hold their names.
    connection.executemany(
        "INSERT INTO campaign_blob VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(campaign, blob.sha256) for blob in manifest.blobs],
    )
    numbers_seen: set[str] = set()
    for chunk in manifest.chunks:
        _take_chunk(connection, campaign, manifest.campaign, chunk.sha256, numbers_seen)
    _check_groups(connection, campaign)


def _take_chunk(
    connection: Connection, campaign: int, name: str, sha256: str, numbers_seen: set[str]
) -> None:
    """Seats of a chunk into the tables; the chunk itself is not needed any more."""
    row = connection.execute("SELECT body FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        raise Refused("incomplete", sha256)
    try:
        chunk = _CHUNK.decode(row[0])
    except msgspec.MsgspecError as fault:
        raise Refused("malformed", f"chunk {sha256}: {fault}") from None
    if chunk.campaign != name:
        raise Refused("malformed", f"chunk {sha256} belongs to another campaign")
    parts = dict(
        connection.execute("SELECT id, writer FROM part WHERE campaign = ?", (campaign,)).fetchall()
    )
    blobs = {
        row[0]
        for row in connection.execute(
            "SELECT sha256 FROM campaign_blob WHERE campaign = ?", (campaign,)
        )
    }
    for place, seat in enumerate(chunk.seats, start=1):
        fault_found = _fault(seat, parts, blobs)
        if fault_found is None and seat.number in numbers_seen:
            fault_found = "its number stands in the kit twice"
        if fault_found is not None:
            raise Refused("malformed", f"chunk {sha256}, seat {place}: {fault_found}")
        numbers_seen.add(seat.number)
        _put_seat(connection, campaign, seat)
    connection.execute("DELETE FROM blob WHERE sha256 = ?", (sha256,))


def _fault(  # noqa: PLR0911 - one return for each thing that may be wrong
    seat: Seat, parts: dict[str, str], blobs: set[str]
) -> str | None:
    """What is wrong with a seat, without its number."""
    try:
        numbers.parse(seat.number)
    except ValueError:
        return "its number's check digit is wrong"
    if len(seat.login) != _DIGEST:
        return "its login digest does not have 32 bytes"
    if seat.group_key is not None and (seat.role != "teacher" or len(seat.group_key) != _WRAPPED):
        return "a group key has 60 bytes and is a teacher's"
    if len({part.part for part in seat.parts}) != len(seat.parts):
        return "a part stands there twice"
    for part in seat.parts:
        if part.part not in parts:
            return f"part {part.part} is not in the manifest"
        if part.booklet not in blobs:
            return f"the booklet of part {part.part} is not in the manifest"
        if len(part.wrapped) != _WRAPPED:
            return f"the wrapped key of part {part.part} does not have 60 bytes"
    return None


def _put_seat(connection: Connection, campaign: int, seat: Seat) -> None:
    """Add or update a seat. Its epoch, its clock, its sheets and a void stay as they are."""
    (seat_id,) = connection.execute(
        "INSERT INTO seat (campaign, number, role, login, grp, time_percent, group_key, spare)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (campaign, number) DO UPDATE SET"
        " role = excluded.role, login = excluded.login, grp = excluded.grp,"
        " time_percent = excluded.time_percent, group_key = excluded.group_key,"
        " spare = excluded.spare RETURNING id",
        (campaign, seat.number, seat.role, seat.login, seat.group, seat.time_percent,
         seat.group_key, seat.spare),
    ).fetchone()  # fmt: skip
    connection.executemany(
        "INSERT INTO seat_part (seat, part, booklet, wrapped) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET booklet = excluded.booklet, wrapped = excluded.wrapped",
        [(seat_id, part.part, part.booklet, part.wrapped) for part in seat.parts],
    )


def _check_groups(connection: Connection, campaign: int) -> None:
    row = connection.execute(
        "SELECT count(*) FROM seat WHERE campaign = ? AND role = 'pupil'"
        " GROUP BY grp ORDER BY 1 DESC LIMIT 1",
        (campaign,),
    ).fetchone()
    if row is not None and row[0] > limits.GROUP_PAGE:
        raise Refused("malformed", f"a group has more than {limits.GROUP_PAGE} pupils")


def served_runner(connection: Connection) -> dict[str, str]:
    """The runner's files as the newest kit lists them."""
    row = connection.execute(
        "SELECT runner FROM campaign WHERE purged IS NULL AND runner != '{}' ORDER BY id DESC"
    ).fetchone()
    return msgspec.json.decode(row[0], type=dict[str, str]) if row is not None else {}


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
            _take_chunk(connection, campaign, wanted.campaign, wanted.chunk, set())
            _check_groups(connection, campaign)
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

_RETURNS = """
SELECT r.seq, t.number, r.part, w.number, r.epoch, r.version, r.received_ms, r.reason, r.body
FROM (
  SELECT seq, seat, part, writer, epoch, version, received_ms, NULL AS reason, body
  FROM (SELECT * FROM sheet WHERE campaign = :c AND seq > :after ORDER BY seq LIMIT :limit)
  UNION ALL
  SELECT seq, seat, part, writer, epoch, version, received_ms, reason, body
  FROM (SELECT * FROM stray WHERE campaign = :c AND seq > :after ORDER BY seq LIMIT :limit)
) r JOIN seat t ON t.id = r.seat JOIN seat w ON w.id = r.writer
ORDER BY r.seq LIMIT :limit
"""


def returns(
    connection: Connection, campaign: str, after: int, limit: int
) -> tuple[list[bytes], int]:
    """Frames of a page and how many records it has. Raises Refused: `absent`, `purged`."""
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
    for found in connection.execute(_RETURNS, page):
        if len(frames) == limit or size > PAGE_BYTES:
            more = True
            break
        frames.append(frame(Record(*found[:8]), found[8]))
        size += len(frames[-1])
        last = found[0]
    count = len(frames)
    frames.append(frame(End(last, more)))
    return frames, count


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
