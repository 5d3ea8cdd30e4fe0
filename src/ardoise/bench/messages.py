"""What the conductor and its generators say to each other, over a socket pair on this machine."""

import socket
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from ardoise.bench.campaign import Group, SeatSecrets
from ardoise.bench.ledger import Place
from ardoise.bench.profiles import Profile
from ardoise.bench.tally import Snapshot

PLACES_AT_ONCE = 2_000
_HEAD = 4


class Work(Struct, tag=True):
    """To a generator: whom to play, and against what."""

    generator: int
    url: str
    profile: Profile
    seats: SeatSecrets
    groups: tuple[Group, ...]
    assets: tuple[str, ...]
    share: float
    """Of all pupils."""
    seed: int
    sources: tuple[str, ...] = ()
    ca: str | None = None
    resume: bool = False


class Ready(Struct, tag=True):
    """From a generator: everybody is there."""


class Go(Struct, tag=True):
    """To a generator: begin at that moment of the clock that all processes share."""

    began: float


class Finish(Struct, tag=True):
    """No new answers; from here on snapshots say how much is `unsent`."""


class Closed(Struct, tag=True):
    """The window is closed: let those come who are late."""


class End(Struct, tag=True):
    """Hand in the ledger and go."""


class Places(Struct, tag=True):
    """From a generator: a piece of its ledger."""

    places: list[Place]


class Told(Struct, tag=True):
    """From a generator: what happened in the last second."""

    snapshot: Snapshot


class Gone(Struct, tag=True):
    """From a generator: that was all."""


class Broken(Struct, tag=True):
    """From a generator: it cannot go on."""

    why: str


ToGenerator = Work | Go | Finish | Closed | End
FromGenerator = Ready | Told | Places | Gone | Broken

_TO: "msgspec.msgpack.Decoder[ToGenerator]" = msgspec.msgpack.Decoder(ToGenerator)
_FROM: "msgspec.msgpack.Decoder[FromGenerator]" = msgspec.msgpack.Decoder(FromGenerator)


def framed(message: ToGenerator | FromGenerator) -> bytes:
    """A message with its length before it."""
    raw = msgspec.msgpack.encode(message)
    return len(raw).to_bytes(_HEAD, "big") + raw


def to_generator(raw: bytes) -> ToGenerator:
    """What the conductor said."""
    return _TO.decode(raw)


def from_generator(channel: socket.socket) -> Iterator[FromGenerator]:
    """Everything that one generator says, until it is silent for good."""
    with channel.makefile("rb") as stream:
        while True:
            head = stream.read(_HEAD)
            if len(head) < _HEAD:
                return
            yield _FROM.decode(stream.read(int.from_bytes(head, "big")))
