"""What a kit has to be before its seats are taken: the same rules for every store."""

from collections.abc import Iterable, Mapping, Sequence, Set

import msgspec

from ardoise.contract import limits
from ardoise.contract.kit import Blob, Manifest, Seat, SeatChunk
from ardoise.delivery.store import Refused
from ardoise.seal import numbers

MISSING_LISTED = 2_000
"""Hashes that a refusal `incomplete` names at most."""
_WRAPPED = 60
_DIGEST = 32
_CHUNK = msgspec.json.Decoder(SeatChunk)


def check_manifest(manifest: Manifest) -> None:
    """Raises Refused `malformed` for a manifest that contradicts itself."""
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


def check_size(named: Blob, size: int) -> None:
    """Raises Refused `malformed` unless the bytes that are there have the size that is named."""
    if size != named.size:
        raise Refused("malformed", f"{named.sha256} does not have the size that is named")


def check_missing(missing: Sequence[str]) -> None:
    """Raises Refused `incomplete` with what has still to be sent."""
    if missing:
        raise Refused("incomplete", " ".join(missing[:MISSING_LISTED]))


def check_parts(manifest: Manifest, kept: Iterable[str]) -> None:
    """Raises Refused `malformed` if a part of which sheets are kept is in the manifest no more."""
    if lost := set(kept) - {part.id for part in manifest.parts}:
        raise Refused("malformed", f"part {min(lost)} has sheets and is not in the manifest")


def check_group(pupils: int) -> None:
    """Raises Refused `malformed` for a group that no teacher's page could hold."""
    if pupils > limits.GROUP_PAGE:
        raise Refused("malformed", f"a group has more than {limits.GROUP_PAGE} pupils")


def read_chunk(campaign: str, sha256: str, body: bytes) -> SeatChunk:
    """The seats of a chunk. Raises Refused `malformed`."""
    try:
        chunk = _CHUNK.decode(body)
    except msgspec.MsgspecError as fault:
        raise Refused("malformed", f"chunk {sha256}: {fault}") from None
    if chunk.campaign != campaign:
        raise Refused("malformed", f"chunk {sha256} belongs to another campaign")
    return chunk


def check_seats(
    chunk: SeatChunk,
    sha256: str,
    parts: Mapping[str, object],
    blobs: Set[str],
    numbers_seen: set[str],
) -> None:
    """Raises Refused `malformed`. `numbers_seen`: of the kit so far; those of the chunk join it."""
    for place, seat in enumerate(chunk.seats, start=1):
        found = _fault(seat, parts, blobs)
        if found is None and seat.number in numbers_seen:
            found = "its number stands in the kit twice"
        if found is not None:
            raise Refused("malformed", f"chunk {sha256}, seat {place}: {found}")
        numbers_seen.add(seat.number)


def _fault(  # noqa: PLR0911 - one return for each thing that may be wrong
    seat: Seat, parts: Mapping[str, object], blobs: Set[str]
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
