"""What a seat's browser and delivery say to each other."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ardoise.contract.words import (
    CampaignId,
    Digest,
    GroupRef,
    Milliseconds,
    OrderNumber,
    PartId,
    Role,
    Ticket,
    Writer,
)


class Campaigns(Struct, frozen=True, forbid_unknown_fields=True):
    """Answer to GET /v1/campaigns: what this server runs, so that nobody must type a campaign."""

    campaigns: tuple[CampaignId, ...]


class Login(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /v1/login."""

    campaign: CampaignId
    number: OrderNumber
    token: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}\Z")]
    """The login token (32 bytes) in base64url without padding."""
    ticket: Ticket | None = None
    """From a `queued` that came before."""


class PartState(Struct, frozen=True, forbid_unknown_fields=True):
    """One part of the campaign as it stands for this seat."""

    id: PartId
    writer: Writer
    minutes: int
    """With this seat's time factor applied; 0: only the window limits."""
    grace_s: int
    booklet: Digest
    opened_ms: Milliseconds | None = None
    deadline_ms: Milliseconds | None = None
    """When the working time ends (window included, grace not)."""
    version: int = 0
    """Of the seat's own stored sheet; 0: none yet."""
    time_percent: int = 100
    """The seat's working time: what limits inside the part are stretched by."""


class LoggedIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Answer to a login, and to GET /v1/sitting."""

    session: str
    """Bearer token of this seat at this epoch."""
    epoch: int
    now_ms: Milliseconds
    campaign: CampaignId
    number: OrderNumber
    role: Role
    group: GroupRef
    state: Literal["waiting", "open", "closed"]
    opens_ms: Milliseconds
    closes_ms: Milliseconds
    parts: tuple[PartState, ...]
    group_key: bytes | None = None


class OpenPart(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /v1/open: starts the clock of a part, or says how it stands. Idempotent."""

    part: PartId


class PartOpened(Struct, frozen=True, forbid_unknown_fields=True):
    """Answer to OpenPart."""

    now_ms: Milliseconds
    state: PartState
    wrapped: bytes
    """The content key, wrapped for this seat."""


class Saved(Struct, frozen=True, forbid_unknown_fields=True):
    """The acknowledgement: this version, or a later one of this device, is on disk."""

    seq: int
    version: int
    now_ms: Milliseconds
    deadline_ms: Milliseconds | None = None


class PupilState(Struct, frozen=True, forbid_unknown_fields=True):
    """One pupil's seat in a group, for the teacher."""

    number: OrderNumber
    logged_in: bool
    voided: bool
    parts: tuple["PupilPart", ...]


class PupilPart(Struct, frozen=True, forbid_unknown_fields=True):
    """How far one part of one pupil is. Blind: versions and times, no answer."""

    part: PartId
    opened_ms: Milliseconds | None
    deadline_ms: Milliseconds | None
    version: int
    saved_ms: Milliseconds | None


class GroupState(Struct, frozen=True, forbid_unknown_fields=True):
    """Answer to GET /v1/group."""

    now_ms: Milliseconds
    group: GroupRef
    pupils: tuple[PupilState, ...]
