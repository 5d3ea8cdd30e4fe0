"""Reads and checks a kit file, as whoever receives one would. Needs no key but the public one."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from ardoise.contract import kit, limits
from ardoise.seal import numbers, signing
from ardoise.seal.envelope import WRAPPED_KEY

_SIGNATURE = 64
_LOGIN = 32


class KitFault(Exception):
    """A kit that is damaged, incomplete, not signed by this authority, or not what it says."""


@dataclass(frozen=True)
class KitContents:
    """What a kit that was checked holds."""

    manifest: kit.Manifest
    seats: int
    teachers: int
    spares: int


class KitFile:
    """A kit file whose manifest is signed by `public_key`. Opening raises KitFault."""

    def __init__(self, path: Path, public_key: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as fault:
            raise KitFault(f"{path} cannot be read as a kit: {type(fault).__name__}") from fault
        try:
            self._sizes = self._entries()
            self.encoded = self._read(kit.MANIFEST_NAME, limits.MANIFEST)
            self.signature = self._read(kit.SIGNATURE_NAME, _SIGNATURE)
            self.manifest = self._manifest(public_key)
        except BaseException:
            self._archive.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None
    ) -> None:
        self._archive.close()

    def chunk(self, blob: kit.Blob) -> bytes:
        """A chunk of seats, its size and hash checked. Raises KitFault."""
        return self._named("chunks", blob, limits.SEAT_CHUNK)

    def blob(self, blob: kit.Blob) -> bytes:
        """A sealed booklet or asset, its size and hash checked. Raises KitFault."""
        return self._named("blobs", blob, limits.BLOB)

    def named(self) -> Iterator[tuple[str, bytes]]:
        """(SHA-256, bytes) of all that the manifest names, chunks first."""
        for blob in self.manifest.chunks:
            yield blob.sha256, self.chunk(blob)
        for blob in self.manifest.blobs:
            yield blob.sha256, self.blob(blob)

    def names(self) -> set[str]:
        """Every entry of the file."""
        return set(self._sizes)

    def _entries(self) -> dict[str, int]:
        sizes = {entry.filename: entry.file_size for entry in self._archive.infolist()}
        if len(sizes) != len(self._archive.infolist()):
            raise KitFault("the same name stands twice in the kit")
        return sizes

    def _read(self, name: str, limit: int) -> bytes:
        """An entry of `limit` bytes at most: what a zip says of sizes is not believed."""
        if name not in self._sizes:
            raise KitFault(f"{name} is missing: the kit is incomplete")
        try:
            with self._archive.open(name) as entry:
                content = entry.read(limit + 1)
        except (
            zipfile.BadZipFile,
            OSError,
            ValueError,
            NotImplementedError,
            RuntimeError,
        ) as fault:
            raise KitFault(f"{name} is damaged: copy the kit again") from fault
        if len(content) > limit:
            raise KitFault(f"{name} is larger than the protocol allows")
        return content

    def _named(self, folder: str, blob: kit.Blob, limit: int) -> bytes:
        content = self._read(f"{folder}/{blob.sha256}", min(limit, blob.size))
        if len(content) != blob.size or hashlib.sha256(content).hexdigest() != blob.sha256:
            raise KitFault(f"{folder}/{blob.sha256} is not what the manifest names")
        return content

    def _manifest(self, public_key: bytes) -> kit.Manifest:
        try:
            signing.verify_document(public_key, "kit", self.encoded, self.signature)
            return msgspec.json.decode(self.encoded, type=kit.Manifest)
        except signing.SignatureError as fault:
            raise KitFault("the manifest is not signed with this authority's key") from fault
        except msgspec.MsgspecError as fault:
            raise KitFault(f"the manifest is not what the format says: {fault}") from fault


def verify_kit(
    path: Path, public_key: bytes, *, progress: Callable[[int, int], None] | None = None
) -> KitContents:
    """Check a whole kit: signature, every hash, every seat. Raises KitFault, which says what.

    `progress` counts chunks.
    """
    with KitFile(path, public_key) as held:
        # 1. The file holds what the manifest names, and nothing else.
        manifest = held.manifest
        expected = {kit.MANIFEST_NAME, kit.SIGNATURE_NAME}
        expected |= {f"chunks/{blob.sha256}" for blob in manifest.chunks}
        expected |= {f"blobs/{blob.sha256}" for blob in manifest.blobs}
        if surplus := held.names() - expected:
            raise KitFault(
                f"{len(surplus)} entries stand in the kit that its manifest does not name"
            )
        # 2. Booklets and assets are sealed.
        for blob in manifest.blobs:
            held.blob(blob)
            if not limits.is_sealed_length(blob.size, limits.BLOB):
                raise KitFault(f"blobs/{blob.sha256} has no length of sealed bytes")
        # 3. Every seat is well formed and stands once.
        census = _Census(manifest)
        for done, blob in enumerate(manifest.chunks, start=1):
            census.take(held.chunk(blob))
            if progress is not None:
                progress(done, len(manifest.chunks))
        return KitContents(manifest, census.seats, census.teachers, census.spares)


class _Census:
    """Counts and checks seats; remembers the numbers it saw in one bit each."""

    def __init__(self, manifest: kit.Manifest) -> None:
        self.seats = self.teachers = self.spares = 0
        self._manifest = manifest
        self._writers = {part.id: part.writer for part in manifest.parts}
        self._blobs = {blob.sha256 for blob in manifest.blobs}
        self._seen = bytearray(10**8 // 8)

    def take(self, encoded: bytes) -> None:
        try:
            chunk = msgspec.json.decode(encoded, type=kit.SeatChunk)
        except msgspec.MsgspecError as fault:
            raise KitFault(f"a chunk of seats is not what the format says: {fault}") from fault
        if chunk.campaign != self._manifest.campaign:
            raise KitFault("a chunk of seats is of another campaign")
        for seat in chunk.seats:
            self._check(seat)
            self.seats += 1
            self.teachers += seat.role == "teacher"
            self.spares += seat.spare

    def _check(self, seat: kit.Seat) -> None:
        place = int(seat.number[:8])
        byte, bit = self._seen[place >> 3], 1 << (place & 7)
        if numbers.check_digit(seat.number) != "0" or byte & bit:
            raise KitFault("an order number stands twice, or is none")
        self._seen[place >> 3] = byte | bit
        parts = [part.part for part in seat.parts]
        written = [part for part, writer in self._writers.items() if writer == seat.role]
        if parts != written:
            raise KitFault("a seat lacks a part that it writes, or has one that it does not")
        if any(part.booklet not in self._blobs for part in seat.parts):
            raise KitFault("a seat's booklet is not in the kit")
        wraps = [part.wrapped for part in seat.parts]
        if seat.role == "teacher":
            wraps.append(seat.group_key or b"")
        if any(len(wrapped) != WRAPPED_KEY for wrapped in wraps) or len(seat.login) != _LOGIN:
            raise KitFault("a seat's login or a wrapped key is of the wrong length")
        if seat.role == "pupil" and seat.group_key is not None:
            raise KitFault("a pupil's seat has a group's key")
