"""Orders: what the authority may ask of delivery. Signed like every request of the authority."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ardoise.contract.words import CampaignId, Digest, Milliseconds, OrderNumber, Reference


class _Order(Struct, frozen=True, forbid_unknown_fields=True, tag_field="order"):
    id: Reference
    """Random; an order that arrives twice is carried out once and answered alike."""
    campaign: CampaignId


class Open(_Order, frozen=True, forbid_unknown_fields=True, tag="open"):
    """Open the window now, whatever the kit said."""


class Close(_Order, frozen=True, forbid_unknown_fields=True, tag="close"):
    """Close the window now."""


class Extend(_Order, frozen=True, forbid_unknown_fields=True, tag="extend"):
    """Move the window's end."""

    closes_ms: Milliseconds


class VoidSeat(_Order, frozen=True, forbid_unknown_fields=True, tag="void-seat"):
    """A lost card: the seat can no longer log in or save. Its sheets stay."""

    number: OrderNumber


class GrantTime(_Order, frozen=True, forbid_unknown_fields=True, tag="grant-time"):
    """More working time for one seat in the parts it has open."""

    number: OrderNumber
    seconds: Annotated[int, Meta(ge=1, le=36_000)]


class AddSeats(_Order, frozen=True, forbid_unknown_fields=True, tag="add-seats"):
    """Take the seats of a chunk that was sent before."""

    chunk: Digest


class Purge(_Order, frozen=True, forbid_unknown_fields=True, tag="purge"):
    """Delete all that delivery holds of a campaign. Refused while the window is open."""


Order = Open | Close | Extend | VoidSeat | GrantTime | AddSeats | Purge


class Purged(Struct, frozen=True, forbid_unknown_fields=True):
    """What a purge destroyed, for the closing certificate."""

    seats: int
    sheets: int
    strays: int
    blobs: int


class OrderDone(Struct, frozen=True, forbid_unknown_fields=True):
    """Delivery's answer to an order."""

    id: Reference
    now_ms: Milliseconds
    state: Literal["waiting", "open", "closed", "purged"]
    opens_ms: Milliseconds
    closes_ms: Milliseconds
    purged: Purged | None = None
