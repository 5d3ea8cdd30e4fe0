"""The booklet: a part's questions as a writer sees them. Keys, scoring and feedback stay behind.

Markup is a tree of JSON arrays, `[name, attributes, child, …]`, children text or arrays: the
runner builds elements from a whitelist and never parses HTML. Read by the runner and the authority.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ardoise.contract.sheet import BookletItemId, ResponseId
from ardoise.contract.words import CampaignId, Digest, PartId, Writer

FORMAT = "ardoise-booklet/1"
PLAIN_LIMIT = 8 << 20

AssetId = Annotated[str, Meta(pattern=r"^a[0-9]{1,4}\Z")]
Node = str | list[Any]
"""Text, or `[name, {attribute: value}, *children]`."""

Interaction = Literal["choice", "inline-choice", "text-entry", "extended-text"]
BaseType = Literal["identifier", "string", "integer", "float"]
Cardinality = Literal["single", "multiple", "ordered"]


class KeyStroke(Struct, frozen=True, forbid_unknown_fields=True):
    """Keying: the key a teacher presses for an option of a choice."""

    key: Annotated[str, Meta(pattern=r"^[0-9a-z]\Z")]
    value: str
    label: str


class Response(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to answer in an item. Its place in the body is an interaction node naming it."""

    id: ResponseId
    interaction: Interaction
    cardinality: Cardinality
    base: BaseType
    max_choices: int = 1
    """0: no limit."""
    min_choices: int = 0
    shuffle: bool = False
    expected_length: int | None = None
    """Characters, to size a text box."""
    keys: tuple[KeyStroke, ...] = ()
    """Keyed parts only."""


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """One question. `label` is what the writer sees in the navigation: '1', '2', …"""

    id: BookletItemId
    label: str
    body: tuple[Node, ...]
    responses: tuple[Response, ...]


class Asset(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture or sound: sealed bytes at delivery, opened with the content key."""

    blob: Digest
    media_type: str
    size: int
    """Bytes once opened."""


class Booklet(Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed for one part."""

    format: Literal["ardoise-booklet/1"]
    campaign: CampaignId
    part: PartId
    writer: Writer
    language: str
    campaign_title: str
    title: str
    minutes: int
    items: tuple[Item, ...]
    instructions: tuple[Node, ...] = ()
    assets: dict[AssetId, Asset] = {}


def decode(payload: bytes) -> Booklet:
    """Raises msgspec.ValidationError."""
    return msgspec.json.decode(payload, type=Booklet)
