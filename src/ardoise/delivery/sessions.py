"""Session tokens: campaign, number, epoch and role under a MAC. Nothing is stored for a session."""

import binascii
import hashlib
import hmac

import msgspec

from ardoise.contract.words import Role

_MAC = 24
_TEXT = 32
"""Characters of a MAC in base64."""
_TOKEN_LIMIT = 200
_PERSON = b"ardoise-session"
"""Sets these MACs apart from whatever else is made with the key (RFC 7693, parameter block)."""


class NoSession(Exception):
    """A token that this delivery did not give."""


class Session(msgspec.Struct, frozen=True, gc=False):
    """A seat at one epoch."""

    campaign: str
    number: str
    epoch: int
    role: Role

    @property
    def seat(self) -> str:
        """Names the seat among all campaigns."""
        return f"{self.campaign}/{self.number}"


def _mac(key: bytes, payload: bytes) -> bytes:
    """Keyed BLAKE2b, 192 bits, in base64: a MAC by itself, at half of HMAC's cost."""
    mac = hashlib.blake2b(payload, digest_size=_MAC, key=key, person=_PERSON).digest()
    return binascii.b2a_base64(mac, newline=False)


def issue(key: bytes, session: Session) -> str:
    """The bearer token: `campaign/number/epoch/role/` and the MAC over that."""
    payload = f"{session.campaign}/{session.number}/{session.epoch}/{session.role}/".encode()
    return (payload + _mac(key, payload)).decode()


def verify(key: bytes, token: bytes) -> Session:
    """The session of a token. Raises NoSession."""
    payload = token[:-_TEXT]
    if len(token) > _TOKEN_LIMIT or not hmac.compare_digest(_mac(key, payload), token[-_TEXT:]):
        raise NoSession
    campaign, number, epoch, role, _ = payload.decode().split("/")
    return Session(campaign, number, int(epoch), "teacher" if role == "teacher" else "pupil")
