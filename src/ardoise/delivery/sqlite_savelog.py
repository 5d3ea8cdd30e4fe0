"""The newest sheets: an encrypted log beside the database, written front to back.

A save costs a part of one write here, and two or three pages of its own in a table. What stays the
newest is moved into the table later (`sqlite_folding`). Files: `<database>-saves-<number>`, each a
mark and then frames: length (4 bytes, big-endian), nonce (12), AES-256-GCM of a MessagePack list
of `Row`s, bound to its file and place. A frame that does not open was never acknowledged.
"""

import hmac
import os
import time
from collections.abc import Iterator, Set
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ardoise.delivery.journal import note
from ardoise.delivery.store import SchemaFault
from ardoise.seal import randomness
from ardoise.seal.fields import joined

MARK = b"ardoise-saves/1\n"
SEGMENT_BYTES = 32 << 20
SEGMENT_AGE_S = 60.0
FRAME_BYTES = 1 << 20
"""Of bodies in one frame, about: whoever reads one sheet back opens a whole frame."""
_LENGTH, _NONCE, _TAG = 4, 12, 16


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A sheet that was saved."""

    seq: int
    campaign: int
    seat: int
    part: str
    writer: int
    epoch: int
    version: int
    received_ms: int
    number: str
    hand: str
    """The writer's order number."""
    fresh: bool
    """The table holds no sheet of this seat and part yet."""
    body: bytes


class Head(msgspec.Struct, frozen=True, gc=False):
    """The newest sheet of a seat and part, and where in the log it stands."""

    seq: int
    campaign: int
    writer: int
    epoch: int
    version: int
    received_ms: int
    fresh: bool
    segment: int
    frame: int
    place: int


Key = tuple[int, str]
"""Seat and part."""
_ENCODER = msgspec.msgpack.Encoder()
_ROWS = msgspec.msgpack.Decoder(list[Row])


class Segment:
    """One file of the log. It may be read as long as anybody holds it, unlinked or not."""

    def __init__(self, path: Path, number: int, cipher: AESGCM, *, new: bool) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL if new else os.O_RDONLY
        self._handle = os.open(path, flags | os.O_CLOEXEC, 0o600)
        self.path = path
        self.number = number
        self.size = os.fstat(self._handle).st_size
        self.frames: list[tuple[int, int]] = []
        """Offset and last sequence number of each frame."""
        self.began = time.monotonic()
        self._cipher = cipher

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Nobody reads it any more."""
        handle, self._handle = getattr(self, "_handle", -1), -1
        if handle >= 0:
            os.close(handle)

    @property
    def last(self) -> int:
        """The highest sequence number in it."""
        return self.frames[-1][1] if self.frames else 0

    def _bound(self, offset: int) -> bytes:
        return joined("ardoise-saves/1", str(self.number), str(offset))

    def write(self, batches: list[list[Row]]) -> list[int]:
        """Append a frame for each batch and sync. Raises OSError; then nothing was appended."""
        written, offsets, offset = [], [], self.size
        if not offset:
            written.append(MARK)
            offset = len(MARK)
        for rows in batches:
            nonce = randomness.system(_NONCE)
            closed = self._cipher.encrypt(nonce, _ENCODER.encode(rows), self._bound(offset))
            offsets.append(offset)
            written += (len(closed).to_bytes(_LENGTH, "big"), nonce, closed)
            offset += _LENGTH + _NONCE + len(closed)
        rest = memoryview(b"".join(written))
        at = self.size
        while rest:
            done = os.pwrite(self._handle, rest, at)
            rest, at = rest[done:], at + done
        os.fdatasync(self._handle)
        self.size = offset
        self.frames += [(at, rows[-1].seq) for at, rows in zip(offsets, batches, strict=True)]
        return offsets

    def cut(self) -> None:
        """Take back what a failed write left. Raises OSError."""
        os.ftruncate(self._handle, self.size)

    def read(self, offset: int) -> tuple[list[Row], int]:
        """The rows of a frame and where the next begins.

        Raises InvalidTag for a frame that does not open, EOFError at the end.
        """
        size = int.from_bytes(os.pread(self._handle, _LENGTH, offset), "big")
        raw = os.pread(self._handle, _NONCE + size, offset + _LENGTH)
        if size < _TAG or len(raw) < _NONCE + size:
            raise EOFError
        following = offset + _LENGTH + _NONCE + size
        try:
            plain = self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], self._bound(offset))
        except InvalidTag as fault:
            raise Unopened(following) from fault
        return _ROWS.decode(plain), following

    def replay(self) -> Iterator[tuple[int, list[Row]]]:
        """Every frame that opens, and its offset: the first reading of a file that was found."""
        start = os.pread(self._handle, len(MARK), 0).rstrip(b"\0")
        if start != MARK[: len(start)]:
            raise SchemaFault(f"{self.path} is not a log that this program knows")
        offset, lost = len(MARK), 0
        while True:
            try:
                rows, following = self.read(offset)
            except EOFError:
                break
            except Unopened as fault:
                lost, offset = lost + 1, fault.following
                continue
            self.frames.append((offset, rows[-1].seq))
            yield offset, rows
            offset = following
        if lost or offset < self.size:
            note("saves-cut", frames=lost, bytes=max(0, self.size - offset))


class Unopened(Exception):
    """A frame that does not open: torn by a power cut, or damaged since."""

    def __init__(self, following: int) -> None:
        super().__init__("a frame of the log does not open")
        self.following = following


class SaveLog:
    """All segments. One thread writes; any thread may look up a head and read it."""

    def __init__(self, database: Path, key: bytes) -> None:
        self._database = database
        self._cipher = AESGCM(hmac.digest(key, joined("ardoise-saves/1"), "sha256"))
        self._open: Segment | None = None
        self._next = 1
        self.segments: dict[int, Segment] = {}
        """Oldest first."""
        self.heads: dict[Key, Head] = {}
        self.drain_until = 0
        self.folds = 0
        """Grows whenever heads have gone into the table."""

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(segment.size for segment in list(self.segments.values()))

    def replay(self, folded: int, campaigns: Set[int]) -> dict[int, int]:
        """Read what a former run left; the last sequence number of each campaign in it.

        `folded`: rows up to this number are in the table. Rows of other campaigns than these were
        purged. Raises SchemaFault.
        """
        last: dict[int, int] = {}
        found = sorted(
            (int(path.name.rpartition("-")[2]), path)
            for path in self._database.parent.glob(f"{self._database.name}-saves-*")
        )
        for number, path in found:
            self._next = number + 1
            segment = Segment(path, number, self._cipher, new=False)
            for offset, rows in segment.replay():
                for place, row in enumerate(rows):
                    if row.seq > folded and row.campaign in campaigns:
                        last[row.campaign] = row.seq
                        self._publish(row, segment.number, offset, place)
            if segment.last > folded:
                self.segments[number] = segment
            else:
                path.unlink()
        return last

    def _publish(self, row: Row, segment: int, offset: int, place: int) -> None:
        self.heads[row.seat, row.part] = Head(
            row.seq, row.campaign, row.writer, row.epoch, row.version, row.received_ms, row.fresh,
            segment, offset, place,
        )  # fmt: skip

    # -- writing ---------------------------------------------------------------------------

    def append(self, rows: list[Row]) -> None:
        """Write rows, in order, to disk; then they are the heads. Raises OSError."""
        batches: list[list[Row]] = [[]]
        held = 0
        for row in rows:
            if held > FRAME_BYTES:
                batches.append([])
                held = 0
            batches[-1].append(row)
            held += len(row.body)
        segment = self._open or self._begin()
        try:
            offsets = segment.write(batches)
        except OSError:
            # After a failed sync nobody knows what the file holds: nothing more goes into it.
            self.seal()
            segment.cut()
            if not segment.frames:
                self.drop(segment)
            raise
        for offset, batch in zip(offsets, batches, strict=True):
            for place, row in enumerate(batch):
                self._publish(row, segment.number, offset, place)
        if segment.size > SEGMENT_BYTES:
            self.seal()

    def _begin(self) -> Segment:
        path = self._database.with_name(f"{self._database.name}-saves-{self._next:08}")
        segment = Segment(path, self._next, self._cipher, new=True)
        self._next += 1
        # Its name has to be on disk before anything in it is acknowledged.
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.segments[segment.number] = self._open = segment
        return segment

    def drain(self) -> None:
        """From now on all that is here is to be folded, and its files to be unlinked."""
        self.seal()
        self.drain_until = self._next - 1

    @property
    def drained(self) -> bool:
        """Whether every file that was there at the last `drain` is unlinked."""
        return not any(number <= self.drain_until for number in list(self.segments))

    def forget(self, campaign: int) -> Iterator[bool]:
        """Forget a campaign's heads, some at a time."""
        for place, (key, head) in enumerate(list(self.heads.items())):
            if head.campaign == campaign:
                del self.heads[key]
            if place % 1_000 == 0:
                yield False

    def seal(self) -> None:
        """End the segment that is written: it may be folded."""
        self._open = None

    def seal_if_old(self) -> None:
        """End it once it is a minute old."""
        if self._open is not None and time.monotonic() - self._open.began > SEGMENT_AGE_S:
            self.seal()

    # -- reading ---------------------------------------------------------------------------

    def read(self, head: Head) -> Row | None:
        """The head's row with its body; None if it was folded meanwhile."""
        segment = self.segments.get(head.segment)
        return segment.read(head.frame)[0][head.place] if segment is not None else None

    def since(self, after: int) -> list[Segment]:
        """The segments that hold rows above a number."""
        return [segment for segment in list(self.segments.values()) if segment.last > after]

    # -- folding ---------------------------------------------------------------------------

    def oldest(self) -> Segment | None:
        """The oldest segment that is not written any more."""
        for segment in self.segments.values():
            return segment if segment is not self._open else None
        return None

    def is_head(self, row: Row) -> bool:
        """Whether no newer sheet came since."""
        head = self.heads.get((row.seat, row.part))
        return head is not None and head.seq == row.seq

    def folded(self, rows: list[Row]) -> None:
        """These heads are in the table now."""
        # First: who finds a head gone also finds that this has grown.
        self.folds += 1
        for row in rows:
            self.heads.pop((row.seat, row.part), None)

    def close(self) -> None:
        """Let go of the files."""
        for segment in self.segments.values():
            segment.close()

    def drop(self, segment: Segment) -> None:
        """Forget a segment in which nothing is the newest any more. Raises OSError."""
        self.segments.pop(segment.number, None)
        segment.path.unlink(missing_ok=True)
