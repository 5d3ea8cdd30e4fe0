"""The booklet: a part's questions as a writer sees them. Keys, scoring and feedback stay behind.

Markup is a tree of JSON arrays, `[name, attributes, child, …]`, children text or arrays: the
runner builds elements from a whitelist and never parses HTML. Read by the runner and the authority.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ardoise.contract.plan import Plan
from ardoise.contract.sheet import BookletItemId, ResponseId
from ardoise.contract.words import CampaignId, Digest, PartId, Writer

FORMAT = "ardoise-booklet/2"
"""Version 1 is a subset: four interactions, no styles, catalogs or shared stimuli."""
PLAIN_LIMIT = 8 << 20

AssetId = Annotated[str, Meta(pattern=r"^a[0-9]{1,4}\Z")]
StimulusId = Annotated[str, Meta(pattern=r"^s[0-9]{1,4}\Z")]
StyleId = Annotated[str, Meta(pattern=r"^y[0-9]{1,4}\Z")]
CatalogId = Annotated[str, Meta(pattern=r"^t[0-9]{1,4}\Z")]
Node = str | list[Any]
"""Text, or `[name, {attribute: value}, *children]`; attribute values are strings.

Flow: HTML's own names, MathML under `math`. `img` {asset, alt, width, height}; `audio` and `video`
{asset, poster, alt, loop, width, height} with `["track", {asset, kind, srclang, label, default}]`;
`stimulus` {ref}: a shared text stands here. `catalog` on any node names its support cards.
`class` holds QTI's shared vocabulary (`qti-…`) and the names k1, k2, … that `styles` use.

Interactions, all {response, perhaps class}, perhaps led by `["prompt", {}, …]`. An *option* is
`["option", {value, fixed, most, least, catalog}, …]`, `most` "0" for no limit:
- `choice` {orientation}, `inline-choice` {placeholder}: options. Values.
- `order` {orientation}: options. Values in order.
- `match`: two `["set", {}, option…]`. "x y", x of the first set and y of the second.
- `associate`: options. "x y" in either order.
- `gap-match`: `["bank", {}, option…]`, then flow that holds `["gap", {value, required}]`.
  "option gap".
- `graphic-gap-match` {asset, width, height, alt}: a bank, then
  `["spot", {value, shape, coords, most, label}]`. "option spot".
- `hotspot` {asset, width, height, alt}: spots. Values. Shapes: rect, circle, ellipse, poly,
  default; coords: whole numbers with commas, in pixels of the picture.
- `hottext`: flow that holds `["hot", {value}, …]`. Values.
- `select-point` {asset, width, height, alt}: "x y", whole pixels.
- `slider` {min, max, step, orientation, reverse, labels}: a number; nothing until it was touched.
- `media` {min-plays, max-plays, autostart, loop}: one `audio`, `video` or `img`. Plays, a number.
- `text-entry` and `extended-text` {placeholder}: text as it was typed; the
  prompt of a long one stands before it, in a `div` of class `qti-prompt`.
- `end-attempt` {title}: "true".
"""

Interaction = Literal[
    "choice", "inline-choice", "text-entry", "extended-text", "order", "match", "associate",
    "gap-match", "graphic-gap-match", "hotspot", "hottext", "select-point", "slider", "media",
    "end-attempt",
]  # fmt: skip
BaseType = Literal[
    "identifier", "string", "integer", "float", "boolean", "point", "pair", "directed-pair"
]
Cardinality = Literal["single", "multiple", "ordered"]
Support = Literal[
    "glossary-on-screen", "keyword-translation", "spoken", "sign-language", "linguistic-guidance",
    "simplified-language-portions", "transcript", "long-description", "additional-directions",
]  # fmt: skip


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
    """Values at most (pairs and points too); 0: no limit."""
    min_choices: int = 0
    shuffle: bool = False
    """Order, match, associate, gap match: every set of options by itself."""
    expected_length: int | None = None
    """Characters, to size a text box."""
    lines: int | None = None
    """Lines of text expected."""
    pattern: str | None = None
    """XML Schema regular expression for the whole text, where the author gave one. A hint to the
    writer; a text that does not fit is kept all the same."""
    pattern_message: str | None = None
    min_message: str | None = None
    """The author's words when too few are chosen."""
    max_message: str | None = None
    keys: tuple[KeyStroke, ...] = ()
    """Keyed parts only."""


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """One question. `label` is what the writer sees in the navigation: '1', '2', …"""

    id: BookletItemId
    label: str
    body: tuple[Node, ...]
    responses: tuple[Response, ...]
    styles: tuple[StyleId, ...] = ()
    """In order: later ones win."""
    language: str = ""
    """BCP 47, where it is another than the booklet's."""


class Rule(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """One rule of an author's style sheet, to be read as `SCOPE selector { declarations }`.

    Selectors name HTML and MathML elements and the classes k1, k2, … and `qti-…` alone; an empty
    one is the scope itself. Properties and values are whitelisted; a file is `url("asset:a7")`.
    """

    selector: str
    declarations: tuple[tuple[str, str], ...]


class SupportCard(Struct, frozen=True, forbid_unknown_fields=True):
    """One support of a catalog: what a pupil with this need is given for the nodes naming it."""

    support: Support
    language: str
    """BCP 47; empty: the item's."""
    content: tuple[Node, ...]


class Stimulus(Struct, frozen=True, forbid_unknown_fields=True):
    """A text or picture that several questions share. Drawn where an item's `stimulus` node is."""

    body: tuple[Node, ...]
    styles: tuple[StyleId, ...] = ()
    language: str = ""


class Asset(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture, sound, film or its subtitles (WebVTT): sealed bytes at delivery."""

    blob: Digest
    media_type: str
    size: int
    """Bytes once opened."""


class Booklet(Struct, frozen=True, forbid_unknown_fields=True):
    """What is sealed for one part."""

    format: Literal["ardoise-booklet/1", "ardoise-booklet/2"]
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
    stimuli: dict[StimulusId, Stimulus] = {}
    styles: dict[StyleId, tuple[Rule, ...]] = {}
    catalogs: dict[CatalogId, tuple[SupportCard, ...]] = {}
    plan: Plan | None = None
    """None: the items in their order, free to go back and forth; version 1 has none."""


def decode(payload: bytes) -> Booklet:
    """Raises msgspec.ValidationError."""
    return msgspec.json.decode(payload, type=Booklet)
