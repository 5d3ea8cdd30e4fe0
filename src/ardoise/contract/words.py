"""The shapes of identifiers that both zones use. Nothing here can hold a name.

Patterns end with `\\Z`: msgspec searches, and `$` would let a last line's end through.
"""

from typing import Annotated, Literal

from msgspec import Meta

CampaignId = Annotated[str, Meta(pattern=r"^[a-z0-9](?:[a-z0-9-]{1,38})[a-z0-9]\Z")]
"""A slug of 3 to 40: `sixieme-2026`. Chosen by the office."""
PartId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,19}\Z")]
"""A slug of 1 to 20: `francais`."""
OrderNumber = Annotated[str, Meta(pattern=r"^[0-9]{9}\Z")]
GroupRef = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""SHA-256 in lower-case hexadecimal."""
Reference = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
Milliseconds = Annotated[int, Meta(ge=0, le=1 << 52)]
"""Since the Unix epoch."""
Ticket = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{64}\Z")]
"""A place in the line of logins. Opaque to clients; says nothing of a seat without the login."""
Role = Literal["pupil", "teacher"]
Writer = Literal["pupil", "teacher"]
