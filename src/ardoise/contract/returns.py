"""Returns: sealed sheets and strays in the order the server stored them.

A stream of frames. Each frame: length of the head (4 bytes, big-endian), the head (JSON), length
of the body (4 bytes), the body (sealed bytes). The last frame's head is an `End` and its body is
empty: a stream without it was cut short.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec
from msgspec import Struct

from ardoise.contract import limits
from ardoise.contract.words import Milliseconds, OrderNumber, PartId

MEDIA_TYPE = "application/vnd.ardoise.returns.v1"

StrayReason = Literal["late", "superseded", "conflict", "voided", "replaced"]
"""late: after the deadline or the window. superseded: another device had taken over.
conflict: built on a state that was no longer the stored one. voided: the seat's card was voided.
replaced: an earlier device's last sheet, put aside when the next device's first save took its
place."""


class Record(Struct, frozen=True, forbid_unknown_fields=True, tag="record"):
    """The head of one sheet or stray."""

    seq: int
    number: OrderNumber
    part: PartId
    writer: OrderNumber
    """The seat that saved it: the pupil's own or a teacher's."""
    epoch: int
    version: int
    received_ms: Milliseconds
    stray: StrayReason | None = None


class End(Struct, frozen=True, forbid_unknown_fields=True, tag="end"):
    """Closes a stream: the highest sequence number in it, and whether there is more."""

    last: int
    more: bool


class ReturnsFault(Exception):
    """A stream that is malformed or cut short."""


_HEAD = msgspec.json.Decoder(Record | End)
_HEAD_LIMIT = 4096


def frame(head: Record | End, body: bytes = b"") -> bytes:
    """One frame."""
    raw = msgspec.json.encode(head)
    return b"".join((len(raw).to_bytes(4, "big"), raw, len(body).to_bytes(4, "big"), body))


class Reader:
    """Reads frames from pieces of any size; keeps at most one frame in memory."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.end: End | None = None

    def feed(self, piece: bytes) -> Iterator[tuple[Record, bytes]]:
        """Every whole record so far. Raises ReturnsFault."""
        self._held += piece
        while True:
            if self.end is not None:
                if self._held:
                    raise ReturnsFault("there are bytes after the end")
                return
            frame_parts = self._take()
            if frame_parts is None:
                return
            head, body = frame_parts
            if isinstance(head, End):
                self.end = head
            else:
                yield head, body

    def finish(self) -> End:
        """The end frame. Raises ReturnsFault if the stream was cut short."""
        if self.end is None:
            raise ReturnsFault("the stream was cut short: ask again from the last record")
        return self.end

    def _take(self) -> tuple[Record | End, bytes] | None:
        held = self._held
        if len(held) < 4:
            return None
        head_size = int.from_bytes(held[:4], "big")
        if head_size > _HEAD_LIMIT:
            raise ReturnsFault("a head is too large")
        if len(held) < 8 + head_size:
            return None
        body_size = int.from_bytes(held[4 + head_size : 8 + head_size], "big")
        if body_size > limits.SHEET:
            raise ReturnsFault("a sheet is too large")
        total = 8 + head_size + body_size
        if len(held) < total:
            return None
        try:
            head = _HEAD.decode(held[4 : 4 + head_size])
        except msgspec.MsgspecError as fault:
            raise ReturnsFault("a head is not what the format says") from fault
        body = bytes(held[8 + head_size : total])
        del held[:total]
        return head, body
