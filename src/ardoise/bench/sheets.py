"""Sealed sheets by the thousand: what an authority opens, made for a few microseconds each.

Sealing is real (AES-256-GCM under the seat's key, bound to campaign, number, part and version); so
is the payload. Only the packing is cheap: its gzip holds the text as it is (RFC 1951, a stored
block), and a text is as long as a packed one of that many answers would be. The tag at a sheet's
end is a MAC over all of it: it stands for the sheet wherever one has to be remembered.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ardoise.contract.limits import SEALED_BLOCK
from ardoise.contract.sheet import FORMAT
from ardoise.seal import envelope
from ardoise.seal.randomness import system

MARK = 16
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x01"
_AROUND = 4 + len(_GZIP_HEAD) + 4 + 8
"""Length prefix, gzip's head, the stored block's lengths, checksum and size."""
_FULL = 60
"""Answers of a whole part; ten or so are one KiB once packed."""


def mark_of(sealed: bytes) -> bytes:
    """The tag of AES-GCM, 16 bytes: no two sheets have the same, and none can be made to."""
    return sealed[-MARK:]


def _nonces() -> Callable[[], bytes]:
    """Distinct nonces: eight random bytes of this process, four that count."""
    prefix, count = system(8), 0

    def draw() -> bytes:
        nonlocal count
        count += 1
        return prefix + count.to_bytes(4, "big")

    return draw


next_nonce = _nonces()


@dataclass(frozen=True)
class Texts:
    """What the sheets of one part say after their version, for 1, 2, … KiB sealed."""

    campaign: str
    part: str
    writer: str
    tails: tuple[bytes, ...]

    @classmethod
    def make(cls, campaign: str, part: str, writer: str, *, most_kib: int) -> "Texts":
        """Answers are added until a size is full; every size opens as a sheet of the contract."""
        tails = tuple(_tail(writer, kib * SEALED_BLOCK - _AROUND - 200) for kib in sizes(most_kib))
        return cls(campaign, part, writer, tails)

    def head(self, number: str) -> bytes:
        """A sheet's text up to its version."""
        named = {"campaign": self.campaign, "number": number, "part": self.part}
        raw = msgspec.json.encode({"format": FORMAT, **named})
        return raw[:-1] + b',"version":'


def sizes(most_kib: int) -> range:
    """1 … most_kib."""
    return range(1, most_kib + 1)


def _tail(writer: str, room: int) -> bytes:
    """The fields after the version, at most `room` bytes."""
    best = b""
    for count in range(1, 8 * _FULL):
        items = [f"i{number}" for number in range(1, count + 1)]
        fields = {
            "writer": writer,
            "position": items[-1],
            "visited": items,
            "responses": {item: {"r1": [f"choix-{len(item)}"]} for item in items},
            "seconds": dict.fromkeys(items, 17.25),
        }
        raw = b"," + msgspec.json.encode(fields)[1:]
        if len(raw) > room:
            break
        best = raw
    return best


class Sealer:
    """Seals the versions of one place. Keep it: the key's schedule is worth keeping."""

    __slots__ = ("_cipher", "_context", "_head", "_texts")

    def __init__(self, texts: Texts, number: str, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._texts = texts
        self._head = texts.head(number)
        fixed = envelope.sheet_context(
            campaign=texts.campaign, number=number, part=texts.part, version=0
        )
        self._context = fixed[:-3]

    def seal(self, version: int, kib: int = 1) -> bytes:
        """A sheet of that version; `kib` sealed KiB, 28 bytes more."""
        digits = b"%d" % version
        text = self._head + digits + self._texts.tails[kib - 1]
        size = len(text)
        packed = b"".join(
            (
                (size + _AROUND - 4).to_bytes(4, "big"),
                _GZIP_HEAD,
                size.to_bytes(2, "little"),
                (size ^ 0xFFFF).to_bytes(2, "little"),
                text,
                zlib.crc32(text).to_bytes(4, "little"),
                size.to_bytes(4, "little"),
            )
        )
        nonce = next_nonce()
        context = self._context + len(digits).to_bytes(2, "big") + digits
        body = packed.ljust(kib * SEALED_BLOCK, b"\0")
        return nonce + self._cipher.encrypt(nonce, body, context)
