"""The kit: all that delivery needs for one campaign. Signed by the authority.

A kit is a manifest that names, by SHA-256, the chunks of seats and the sealed blobs that go with
it. The named bytes are sent first, in any order and as often as needed; the manifest is installed
whole or not at all. As a file it is a zip: `manifest.json`, `manifest.sig`, `chunks/<sha256>`,
`blobs/<sha256>`.
"""

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
    Writer,
)

FORMAT = "ardoise-kit/1"
MANIFEST_NAME = "manifest.json"
SIGNATURE_NAME = "manifest.sig"


class Blob(Struct, frozen=True, forbid_unknown_fields=True):
    """Sealed bytes, named by their SHA-256."""

    sha256: Digest
    size: Annotated[int, Meta(gt=0)]


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """A timed unit with one writer."""

    id: PartId
    writer: Writer
    minutes: Annotated[int, Meta(ge=0, le=600)]
    """Working time of a seat once it has opened the part; 0: only the window limits."""
    grace_s: Annotated[int, Meta(ge=0, le=600)] = 30
    """How long after its deadline a sheet is still taken, for slow lines."""


class RunnerFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the runner, so that anyone can compare what is served with what was meant."""

    path: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._/-]{1,120}\Z")]
    sha256: Digest


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """The signed part of a kit."""

    format: Literal["ardoise-kit/1"]
    campaign: CampaignId
    serial: Annotated[int, Meta(ge=1)]
    """Grows with each kit of a campaign; an older one is refused."""
    opens_ms: Milliseconds
    closes_ms: Milliseconds
    parts: Annotated[tuple[Part, ...], Meta(min_length=1, max_length=20)]
    chunks: tuple[Blob, ...]
    blobs: tuple[Blob, ...]
    runner: tuple[RunnerFile, ...] = ()


class SeatPart(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """Which booklet a seat gets for a part, and the content key wrapped for it."""

    part: PartId
    booklet: Digest
    wrapped: bytes
    """60 bytes: nonce, key, tag."""


class Seat(Struct, frozen=True, forbid_unknown_fields=True):
    """A place at delivery: no name, class or school; what to change on screen, never why."""

    number: OrderNumber
    role: Role
    login: bytes
    """SHA-256 of the login token, 32 bytes."""
    group: GroupRef
    parts: tuple[SeatPart, ...]
    time_percent: Annotated[int, Meta(ge=100, le=400)] = 100
    """Working time as a percentage of the part's minutes."""
    group_key: bytes | None = None
    """A teacher's seat: the group's key, wrapped (60 bytes)."""
    spare: bool = False
    """A reserve seat, not yet anybody's."""


class SeatChunk(Struct, frozen=True, forbid_unknown_fields=True):
    """At most 2,000 seats. Encoded as JSON; bytes as base64 (msgspec's form)."""

    format: Literal["ardoise-seats/1"]
    campaign: CampaignId
    seats: Annotated[tuple[Seat, ...], Meta(min_length=1, max_length=2_000)]


class KitUpload(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /v1/kit."""

    manifest: bytes
    signature: bytes


class KitInstalled(Struct, frozen=True, forbid_unknown_fields=True):
    """Answer to it."""

    campaign: CampaignId
    serial: int
    seats: int
    blobs: int


class CampaignStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """GET /v1/status."""

    now_ms: Milliseconds
    campaign: CampaignId
    state: Literal["waiting", "open", "closed", "purged"]
    opens_ms: Milliseconds
    closes_ms: Milliseconds
    serial: int
    seats: int
    logged_in: int
    sheets: int
    strays: int
    last_seq: int
