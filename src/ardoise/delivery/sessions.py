"""Session tokens: campaign, number, epoch and role under a MAC. Nothing is stored for a session."""

import base64
import binascii
import hmac
from dataclasses import dataclass

from ardoise.contract.words import Role
from ardoise.seal.fields import joined

_MAC = 32
_TOKEN_LIMIT = 200


class NoSession(Exception):
    """A token that this delivery did not give."""


@dataclass(frozen=True, slots=True)
class Session:
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
    return hmac.digest(key, joined("ardoise-session/1", payload), "sha256")


def issue(key: bytes, session: Session) -> str:
    """The bearer token: base64url of MAC (32 bytes) and `campaign/number/epoch/role`."""
    payload = f"{session.campaign}/{session.number}/{session.epoch}/{session.role}".encode()
    return base64.urlsafe_b64encode(_mac(key, payload) + payload).rstrip(b"=").decode()


def verify(key: bytes, token: str) -> Session:
    """The session of a token. Raises NoSession."""
    if len(token) > _TOKEN_LIMIT:
        raise NoSession
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), b"-_", True)
    except (binascii.Error, ValueError):
        raise NoSession from None
    if not hmac.compare_digest(_mac(key, raw[_MAC:]), raw[:_MAC]):
        raise NoSession
    campaign, number, epoch, role = raw[_MAC:].decode().split("/")
    return Session(campaign, number, int(epoch), "teacher" if role == "teacher" else "pupil")
