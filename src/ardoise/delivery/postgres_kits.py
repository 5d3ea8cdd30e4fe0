"""Kits: bytes that were sent, manifests, seats. Taken in by COPY, checked as sets."""

from typing import Any

import msgspec

from ardoise.contract.kit import KitInstalled, Manifest, SeatChunk
from ardoise.delivery import kits
from ardoise.delivery.postgres_schema import Connection
from ardoise.delivery.store import Refused

_INSTALLING = 0x0A2D0154
"""The advisory lock of whoever fills the incoming tables."""
_SEAT_COLUMNS = (
    "campaign", "number", "teacher", "login", "grp", "time_percent", "group_key", "spare",
)  # fmt: skip
_PAPER_COLUMNS = ("campaign", "number", "part", "booklet", "wrapped")


async def put_bytes(connection: Connection, sha256: str, body: bytes, now_ms: int) -> None:
    """Keep bytes under their hash; the same again changes nothing."""
    await connection.execute(
        "INSERT INTO blob VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", sha256, now_ms, body
    )


async def install(connection: Connection, manifest: Manifest, sha256: str) -> KitInstalled:
    """Install a kit, whole or not at all. Raises Refused: purged, older, incomplete, malformed."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _INSTALLING)
        row = await connection.fetchrow(
            "SELECT serial, manifest, purged IS NOT NULL FROM campaign WHERE name = $1",
            manifest.campaign,
        )
        if row is not None and row[2]:
            raise Refused("purged")
        if row is not None and manifest.serial < row[0]:
            raise Refused("older", f"serial {row[0]} is installed")
        # The same manifest again: its first answer was lost. Orders since then keep their effect.
        if row is None or row[1] != sha256:
            kits.check_manifest(manifest)
            await _check_complete(connection, manifest)
            await _install(connection, manifest, sha256, again=row is not None)
        seats, blobs = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM seat WHERE campaign = c.id),"
            " (SELECT count(*) FROM campaign_blob WHERE campaign = c.id)"
            " FROM campaign c WHERE name = $1",
            manifest.campaign,
        )
    return KitInstalled(manifest.campaign, manifest.serial, seats, blobs)


async def _check_complete(connection: Connection, manifest: Manifest) -> None:
    named = (*manifest.chunks, *manifest.blobs)
    rows = await connection.fetch(
        "SELECT sha256, length(body) FROM blob WHERE sha256 = ANY($1::text[])",
        [each.sha256 for each in named],
    )
    sizes = {row[0]: row[1] for row in rows}
    for each in named:
        kits.check_size(each, sizes.get(each.sha256, each.size))
    kits.check_missing([each.sha256 for each in named if each.sha256 not in sizes])


async def _install(connection: Connection, manifest: Manifest, sha256: str, *, again: bool) -> None:
    runner = msgspec.json.encode({file.path: file.sha256 for file in manifest.runner}).decode()
    campaign: int = await connection.fetchval(
        "INSERT INTO campaign (name, serial, manifest, opens_ms, closes_ms, runner)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET"
        " serial = excluded.serial, manifest = excluded.manifest, opens_ms = excluded.opens_ms,"
        " closes_ms = excluded.closes_ms, runner = excluded.runner RETURNING id",
        manifest.campaign,
        manifest.serial,
        sha256,
        manifest.opens_ms,
        manifest.closes_ms,
        runner,
    )
    await connection.execute("SELECT make_room($1)", campaign)
    await _put_parts(connection, campaign, manifest)
    # Blobs of an earlier serial stay: a browser may still hold their names.
    await connection.execute(
        "INSERT INTO campaign_blob SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
        campaign,
        [blob.sha256 for blob in manifest.blobs],
    )
    numbers_seen: set[str] = set()
    for chunk in manifest.chunks:
        await _stage(connection, campaign, manifest.campaign, chunk.sha256, numbers_seen)
    await _take(connection, campaign)
    if again:
        await connection.execute("SELECT settle_seats($1)", campaign)


async def _put_parts(connection: Connection, campaign: int, manifest: Manifest) -> None:
    rows = await connection.fetch("SELECT id, part, listed FROM part WHERE campaign = $1", campaign)
    numbers = {row[0]: row[1] for row in rows}
    gone = [row[0] for row in rows if row[2] and row[0] not in {part.id for part in manifest.parts}]
    if gone:
        kept = await connection.fetch(
            "SELECT DISTINCT p.id FROM part p JOIN sheet h ON h.campaign = p.campaign"
            " AND h.part = p.part AND h.version > 0"
            " WHERE p.campaign = $1 AND p.id = ANY($2::text[])",
            campaign,
            gone,
        )
        kits.check_parts(manifest, [row[0] for row in kept])
    await connection.execute("UPDATE part SET listed = false WHERE campaign = $1", campaign)
    for place, part in enumerate(manifest.parts):
        number = numbers.setdefault(part.id, len(numbers))
        await connection.execute(
            "INSERT INTO part VALUES ($1, $2, $3, $4, $5, $6, $7, true)"
            " ON CONFLICT (campaign, part) DO UPDATE SET place = excluded.place, listed = true,"
            " by_teacher = excluded.by_teacher, minutes = excluded.minutes,"
            " grace_s = excluded.grace_s",
            campaign, number, part.id, place, part.writer == "teacher", part.minutes, part.grace_s,
        )  # fmt: skip


async def add_seats(connection: Connection, campaign: int, name: str, sha256: str) -> None:
    """The seats of one chunk, inside a transaction. Raises Refused: incomplete, malformed."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _INSTALLING)
    await _stage(connection, campaign, name, sha256, set())
    await _take(connection, campaign)


async def _stage(
    connection: Connection, campaign: int, name: str, sha256: str, numbers_seen: set[str]
) -> None:
    """One chunk into the incoming tables; the chunk itself is not needed any more."""
    body = await connection.fetchval("SELECT body FROM blob WHERE sha256 = $1", sha256)
    if body is None:
        raise Refused("incomplete", sha256)
    chunk = kits.read_chunk(name, sha256, body)
    rows = await connection.fetch(
        "SELECT id, part FROM part WHERE campaign = $1 AND listed", campaign
    )
    parts: dict[str, int] = {row[0]: row[1] for row in rows}
    blobs = {
        row[0]
        for row in await connection.fetch(
            "SELECT sha256 FROM campaign_blob WHERE campaign = $1", campaign
        )
    }
    kits.check_seats(chunk, sha256, parts, blobs, numbers_seen)
    await connection.copy_records_to_table(
        "incoming_seat", records=_seats(campaign, chunk), columns=_SEAT_COLUMNS
    )
    await connection.copy_records_to_table(
        "incoming_paper", records=_papers(campaign, chunk, parts), columns=_PAPER_COLUMNS
    )
    await connection.execute("SELECT forget_chunk($1)", sha256)


def _seats(campaign: int, chunk: SeatChunk) -> list[tuple[Any, ...]]:
    return [
        (campaign, int(seat.number), seat.role == "teacher", seat.login, seat.group,
         seat.time_percent, seat.group_key, seat.spare)
        for seat in chunk.seats
    ]  # fmt: skip


def _papers(campaign: int, chunk: SeatChunk, parts: dict[str, int]) -> list[tuple[Any, ...]]:
    return [
        (campaign, int(seat.number), parts[part.part], part.booklet, part.wrapped)
        for seat in chunk.seats
        for part in seat.parts
    ]


async def _take(connection: Connection, campaign: int) -> None:
    await connection.execute("SELECT take_seats($1)", campaign)
    largest = await connection.fetchval(
        "SELECT count(*) FROM seat WHERE campaign = $1 AND NOT teacher"
        " GROUP BY grp ORDER BY 1 DESC LIMIT 1",
        campaign,
    )
    kits.check_group(largest or 0)


async def served_runner(connection: Connection) -> dict[str, str]:
    """The runner's files as the newest kit lists them."""
    text = await connection.fetchval(
        "SELECT runner FROM campaign WHERE purged IS NULL AND runner <> '{}'"
        " ORDER BY id DESC LIMIT 1"
    )
    return msgspec.json.decode(text, type=dict[str, str]) if text is not None else {}
