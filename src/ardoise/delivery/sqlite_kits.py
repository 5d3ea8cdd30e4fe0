"""SQL of kits: bytes that were sent, manifests, seats."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from ardoise.contract.kit import KitInstalled, Manifest, Seat
from ardoise.delivery import kits
from ardoise.delivery.sqlite_schema import Connection
from ardoise.delivery.sqlite_writer import Write
from ardoise.delivery.store import Refused


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


def put_bytes(write: Write, sha256: str, body: bytes, now_ms: int) -> None:
    """Keep bytes under their hash; the same again changes nothing."""
    write.connection.execute(
        "INSERT INTO blob VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (sha256, now_ms, body)
    )


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
        kits.check_manifest(manifest)
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


def _check_complete(connection: Connection, manifest: Manifest) -> None:
    missing = []
    for named in (*manifest.chunks, *manifest.blobs):
        row = connection.execute(
            "SELECT length(body) FROM blob WHERE sha256 = ?", (named.sha256,)
        ).fetchone()
        if row is None:
            missing.append(named.sha256)
        else:
            kits.check_size(named, row[0])
    kits.check_missing(missing)


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
    kits.check_parts(manifest, kept)
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
        take_chunk(connection, campaign, manifest.campaign, chunk.sha256, numbers_seen)
    check_groups(connection, campaign)


def take_chunk(
    connection: Connection, campaign: int, name: str, sha256: str, numbers_seen: set[str]
) -> None:
    """Seats of a chunk into the tables; the chunk itself is not needed any more."""
    row = connection.execute("SELECT body FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        raise Refused("incomplete", sha256)
    chunk = kits.read_chunk(name, sha256, row[0])
    parts = dict(
        connection.execute("SELECT id, writer FROM part WHERE campaign = ?", (campaign,)).fetchall()
    )
    blobs = {
        row[0]
        for row in connection.execute(
            "SELECT sha256 FROM campaign_blob WHERE campaign = ?", (campaign,)
        )
    }
    kits.check_seats(chunk, sha256, parts, blobs, numbers_seen)
    for seat in chunk.seats:
        _put_seat(connection, campaign, seat)
    connection.execute("DELETE FROM blob WHERE sha256 = ?", (sha256,))


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


def check_groups(connection: Connection, campaign: int) -> None:
    """Raises Refused `malformed` for a group that no teacher's page could hold."""
    row = connection.execute(
        "SELECT count(*) FROM seat WHERE campaign = ? AND role = 'pupil'"
        " GROUP BY grp ORDER BY 1 DESC LIMIT 1",
        (campaign,),
    ).fetchone()
    kits.check_group(row[0] if row is not None else 0)


def served_runner(connection: Connection) -> dict[str, str]:
    """The runner's files as the newest kit lists them."""
    row = connection.execute(
        "SELECT runner FROM campaign WHERE purged IS NULL AND runner != '{}' ORDER BY id DESC"
    ).fetchone()
    return msgspec.json.decode(row[0], type=dict[str, str]) if row is not None else {}
