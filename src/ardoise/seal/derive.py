"""Keys from a code, and from a group's key. Byte for byte the same as runner/src/seal/.

PBKDF2 (RFC 8018) stretches the code once; HKDF (RFC 5869, empty salt) tells the uses apart.
"""

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ardoise.seal.fields import joined

VERSION = "ardoise/1"
ROUNDS = 2_000


def expand(key: bytes, *info: str) -> bytes:
    """32 bytes by HKDF-SHA256 with an empty salt and length-prefixed info."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=joined(*info)).derive(key)


@dataclass(frozen=True)
class SeatKeys:
    """All that a seat's code gives. `root` is secret; so is everything below it."""

    root: bytes

    @classmethod
    def from_code(cls, *, code: str, campaign: str, number: str) -> "SeatKeys":
        """`code`: the 12 normalised characters; `number`: the nine digits. About 1 ms."""
        salt = joined(VERSION, campaign, number)
        return cls(hashlib.pbkdf2_hmac("sha256", code.encode("ascii"), salt, ROUNDS, 32))

    def login_token(self) -> bytes:
        """What the seat shows to log in. Delivery stores its SHA-256 alone."""
        return expand(self.root, "login")

    def sheet_key(self, part: str) -> bytes:
        """Seals the answers of one part."""
        return expand(self.root, "sheet", part)

    def wrap_key(self, part: str) -> bytes:
        """Unwraps the content key of one part's booklet."""
        return expand(self.root, "content", part)

    def group_wrap_key(self) -> bytes:
        """A teacher's seat: unwraps the group's key."""
        return expand(self.root, "group")

    def nonce_key(self) -> bytes:
        """From it come the nonces of what is wrapped for the seat. The authority's alone."""
        return expand(self.root, "nonce")

    def shuffle_seed(self, part: str) -> bytes:
        """Fixes the order of shuffled options for this seat and part, on any machine."""
        return expand(self.root, "shuffle", part)


def login_digest(token: bytes) -> bytes:
    """What delivery stores of a login token."""
    return hashlib.sha256(token).digest()


def keyed_sheet_key(group_key: bytes, *, number: str, part: str) -> bytes:
    """Seals the sheet that teachers key for one pupil of their group."""
    return expand(group_key, "keyed", number, part)


def shuffled(seed: bytes, item: str, response: str, options: list[str]) -> list[str]:
    """Options ordered by HMAC-SHA256(seed, item | response | option). Fixed ones: the caller's."""
    return sorted(
        options,
        key=lambda option: hmac.digest(seed, joined(item, response, option), "sha256"),
    )
