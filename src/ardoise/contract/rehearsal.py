"""What the load kit asks the office's signer for, a JSON line each way, on a pipe.

The key that signs a rehearsal's kit signs purges of real campaigns too, so it never leaves the
office's process, which signs only what names a campaign `repetition-…`.
"""

from typing import Literal

from msgspec import Struct

PREFIX = "repetition-"
"""Campaigns of this name are rehearsals; the office gives it to no other."""


class SignatureAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """One line in."""

    what: Literal["request", "kit"]
    body: bytes
    """The request's body, or the manifest."""
    method: str = ""
    target: str = ""
    audience: str = ""


class SignatureGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """One line out: headers for a request, a signature for a kit, or why not."""

    headers: dict[str, str] = {}
    signature: bytes = b""
    refused: str = ""
