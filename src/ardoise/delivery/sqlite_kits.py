"""SQL of kits: bytes that were sent, manifests, seats.

A year group's seats take minutes to write, and saves must not wait for them. So they are *staged*
in slices, as seats of a campaign that nobody can name; *published* by one short transaction; and,
where the campaign had seats already, *merged* with those in slices again, each seat whole.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from ardoise.contract.kit import KitInstalled, Manifest, Seat
from ardoise.delivery import kits
from ardoise.delivery.sqlite_savelog import SaveLog
from ardoise.delivery.sqlite_schema import Connection
from ardoise.delivery.sqlite_tallies import Tallies, Write
from ardoise.delivery.store import Refused
from ardoise.seal import randomness

SEATS = 8
"""Written in one step."""
NO_CAMPAIGN = 0

Steps = Generator[bool, None, None]


@dataclass(frozen=True, slots=True)
class Staged:
    """Seats that are written and not published."""

    id: int
    seats: int


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


def check_kit(connection: Connection, manifest: Manifest, sha256: str) -> int | None:
    """The campaign that a kit would change, `NO_CAMPAIGN` for a new one; None: it is installed.

    Raises Refused: purged, older, incomplete, malformed.
    """
    row = connection.execute(
        "SELECT id, serial, manifest, purged IS NOT NULL FROM campaign WHERE name = ?",
        (manifest.campaign,),
    ).fetchone()
    if row is not None and row[3]:
        raise Refused("purged")
    if row is not None and manifest.serial < row[1]:
        raise Refused("older", f"serial {row[1]} is installed")
    # The same manifest again: its first answer was lost. Orders since then keep their effect.
    if row is not None and row[2] == sha256:
        return None
    kits.check_manifest(manifest)
    missing = []
    for named in (*manifest.chunks, *manifest.blobs):
        found = connection.execute(
            "SELECT length(body) FROM blob WHERE sha256 = ?", (named.sha256,)
        ).fetchone()
        if found is None:
            missing.append(named.sha256)
        else:
            kits.check_size(named, found[0])
    kits.check_missing(missing)
    return NO_CAMPAIGN if row is None else int(row[0])


def named_in(connection: Connection, campaign: int) -> tuple[dict[str, str], set[str]]:
    """What seats of a campaign may name: its parts and their writers, and its blobs."""
    parts = connection.execute("SELECT id, writer FROM part WHERE campaign = ?", (campaign,))
    blobs = connection.execute("SELECT sha256 FROM campaign_blob WHERE campaign = ?", (campaign,))
    return dict(parts.fetchall()), {row[0] for row in blobs}


# -- staging ---------------------------------------------------------------------------------


def begin(write: Write) -> int:
    """A campaign that nobody can name, for seats to be staged in."""
    (staged,) = write.connection.execute(
        "INSERT INTO campaign (name, serial, manifest, opens_ms, closes_ms, runner, purged)"
        " VALUES (?, 0, '', 0, 0, '{}', 'staged') RETURNING id",
        (f"~{randomness.reference()}",),
    ).fetchone()
    return int(staged)


@dataclass(slots=True)
class Reading:
    """The chunks of one kit, read and checked beside the writer."""

    name: str
    parts: Mapping[str, str]
    blobs: Set[str]
    numbers_seen: set[str] = field(default_factory=set)

    def seats(self, connection: Connection, sha256: str) -> tuple[Seat, ...]:
        """Of one chunk. Raises Refused: incomplete, malformed."""
        row = connection.execute("SELECT body FROM blob WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise Refused("incomplete", sha256)
        chunk = kits.read_chunk(self.name, sha256, row[0])
        kits.check_seats(chunk, sha256, self.parts, self.blobs, self.numbers_seen)
        return chunk.seats


def stage(write: Write, staged: int, seats: Sequence[Seat]) -> Steps:
    """Write seats where nobody sees them."""
    for start in range(0, len(seats), SEATS):
        for seat in seats[start : start + SEATS]:
            _put_seat(write.connection, staged, seat)
        yield False


def _put_seat(connection: Connection, staged: int, seat: Seat) -> None:
    seat_id = connection.execute(
        "INSERT INTO seat (campaign, number, role, login, grp, time_percent, group_key, spare)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (staged, seat.number, seat.role, seat.login, seat.group, seat.time_percent,
         seat.group_key, seat.spare),
    ).lastrowid  # fmt: skip
    connection.executemany(
        "INSERT INTO seat_part (seat, part, booklet, wrapped) VALUES (?, ?, ?, ?)",
        [(seat_id, part.part, part.booklet, part.wrapped) for part in seat.parts],
    )


_LARGEST_GROUP = """
SELECT count(*) FROM (
  SELECT grp FROM seat WHERE campaign = :staged AND role = 'pupil'
  UNION ALL
  SELECT grp FROM seat s WHERE campaign = :campaign AND role = 'pupil' AND NOT EXISTS
    (SELECT 1 FROM seat n WHERE n.campaign = :staged AND n.number = s.number)
) GROUP BY grp ORDER BY 1 DESC LIMIT 1
"""


def check_groups(connection: Connection, staged: Staged, campaign: int) -> None:
    """Raises Refused `malformed` for a group that no teacher's page could hold."""
    row = connection.execute(_LARGEST_GROUP, {"staged": staged.id, "campaign": campaign}).fetchone()
    kits.check_group(row[0] if row is not None else 0)


def discard(write: Write) -> Steps:
    """Delete what was staged and never published."""
    connection = write.connection
    left = connection.execute(
        "SELECT id FROM campaign WHERE purged = 'staged'"
        " AND id NOT IN (SELECT staged FROM merge_due)"
    ).fetchall()
    for (staged,) in left:
        while seats := connection.execute(
            "SELECT id FROM seat WHERE campaign = ? LIMIT ?", (staged, SEATS)
        ).fetchall():
            connection.executemany("DELETE FROM seat_part WHERE seat = ?", seats)
            connection.executemany("DELETE FROM seat WHERE id = ?", seats)
            yield False
        connection.execute("DELETE FROM campaign WHERE id = ?", (staged,))
        yield False


# -- publishing ------------------------------------------------------------------------------


def publish_kit(write: Write, log: SaveLog, staged: Staged, manifest: Manifest, sha256: str) -> int:
    """A kit's seats, parts, blobs and windows become visible at once; its campaign's id.

    Raises Refused `malformed`.
    """
    connection = write.connection
    row = connection.execute(
        "SELECT id FROM campaign WHERE name = ?", (manifest.campaign,)
    ).fetchone()
    campaign = staged.id if row is None else int(row[0])
    with whole(connection):
        if row is None:
            write.count(campaign).seats += staged.seats
        else:
            _check_parts(connection, log, campaign, manifest)
            publish(connection, staged, campaign)
        runner = msgspec.json.encode({file.path: file.sha256 for file in manifest.runner})
        connection.execute(
            "UPDATE campaign SET name = ?, serial = ?, manifest = ?, opens_ms = ?, closes_ms = ?,"
            " runner = ?, purged = NULL WHERE id = ?",
            (manifest.campaign, manifest.serial, sha256, manifest.opens_ms, manifest.closes_ms,
             runner, campaign),
        )  # fmt: skip
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
    write.standings.forget_all()
    return campaign


def _check_parts(connection: Connection, log: SaveLog, campaign: int, manifest: Manifest) -> None:
    parts, _ = named_in(connection, campaign)
    if parts.keys() <= {part.id for part in manifest.parts}:
        return
    # Rare, and before anybody has begun: so it may read whatever there is.
    kept = {part for (_, part), head in list(log.heads.items()) if head.campaign == campaign}
    rows = connection.execute("SELECT DISTINCT part FROM sheet WHERE campaign = ?", (campaign,))
    kits.check_parts(manifest, kept | {row[0] for row in rows})


def publish(connection: Connection, staged: Staged, campaign: int) -> None:
    """Staged seats belong to a campaign from now on: `merge` is due."""
    connection.execute("INSERT INTO merge_due VALUES (?, ?)", (staged.id, campaign))


_MERGE_SEAT = """
UPDATE seat SET (role, login, grp, time_percent, group_key, spare) =
  (SELECT role, login, grp, time_percent, group_key, spare FROM seat WHERE id = ?) WHERE id = ?
"""
_MERGE_PARTS = """
INSERT INTO seat_part (seat, part, booklet, wrapped)
  SELECT ?, part, booklet, wrapped FROM seat_part WHERE seat = ?
ON CONFLICT DO UPDATE SET booklet = excluded.booklet, wrapped = excluded.wrapped
"""


def merge(write: Write) -> Steps:
    """Seats that were published join their campaign. A crash is made up for at the next start.

    A seat's epoch, its clock, its sheets and a void stay as they are.
    """
    connection = write.connection
    due = connection.execute(
        "SELECT m.staged, c.id, c.name FROM merge_due m JOIN campaign c ON c.id = m.campaign"
    ).fetchall()
    for staged, campaign, name in due:
        while seats := connection.execute(
            "SELECT n.id, s.id, n.number FROM seat n LEFT JOIN seat s"
            " ON s.campaign = ? AND s.number = n.number WHERE n.campaign = ? LIMIT ?",
            (campaign, staged, SEATS),
        ).fetchall():
            for new, old, number in seats:
                if old is None:
                    connection.execute("UPDATE seat SET campaign = ? WHERE id = ?", (campaign, new))
                    write.count(campaign).seats += 1
                    continue
                connection.execute(_MERGE_SEAT, (new, old))
                connection.execute(_MERGE_PARTS, (old, new))
                connection.execute("DELETE FROM seat_part WHERE seat = ?", (new,))
                connection.execute("DELETE FROM seat WHERE id = ?", (new,))
                write.standings.forget(name, number)
            yield False
        write.standings.forget_all()
        connection.execute("DELETE FROM merge_due WHERE staged = ?", (staged,))
        connection.execute("DELETE FROM campaign WHERE id = ?", (staged,))
        yield False


def use_up(write: Write, chunks: Sequence[str]) -> Steps:
    """Chunks whose seats were taken are not needed any more."""
    for sha256 in chunks:
        write.connection.execute("DELETE FROM blob WHERE sha256 = ?", (sha256,))
        yield False


# -- reading ---------------------------------------------------------------------------------


def installed(connection: Connection, tallies: Tallies, manifest: Manifest) -> KitInstalled:
    """The answer to an installation."""
    campaign, blobs = connection.execute(
        "SELECT id, (SELECT count(*) FROM campaign_blob WHERE campaign = c.id)"
        " FROM campaign c WHERE name = ?",
        (manifest.campaign,),
    ).fetchone()
    return KitInstalled(manifest.campaign, manifest.serial, tallies.of(campaign).seats, blobs)


def served_runner(connection: Connection) -> dict[str, str]:
    """The runner's files as the newest kit lists them."""
    row = connection.execute(
        "SELECT runner FROM campaign WHERE purged IS NULL AND runner != '{}' ORDER BY id DESC"
    ).fetchone()
    return msgspec.json.decode(row[0], type=dict[str, str]) if row is not None else {}
