"""A package as read: closed types, keys included. Only `booklet.draft` decides what leaves.

`Node` trees have the contract's form (`[name, {attribute: value}, *children]`), with some things
that a booklet never holds: original identifiers in `response`, `value` and `catalog`, authors'
class names, `id`, `src` and `poster` for a path inside the package, `rubric` nodes with their
`view`, and what template values decide: `printed`, `template-part`.
"""

from typing import Any, ClassVar, Literal

from msgspec import Struct

from ardoise.content.faults import Finding
from ardoise.content.processing import Template
from ardoise.content.scorable import Scorable
from ardoise.content.variables import OutcomeDeclaration, ResponseDeclaration
from ardoise.contract.booklet import Interaction, Node, Support

Element = list[Any]
Shape = Literal["rect", "circle", "ellipse", "poly", "default"]
Refused = Literal[
    "graphic-order", "graphic-associate", "position-object", "drawing", "upload", "custom",
    "portable-custom",
]  # fmt: skip
"""Read into the model, not delivered."""


class Option(Struct, frozen=True):
    """Something to choose, to move or to join."""

    identifier: str
    label: str
    fixed: bool = False
    key: str | None = None
    """The key a keying teacher presses, where the author chose one."""
    most: int = 1
    """match-max: in how many pairs it may stand; 0: no limit."""
    least: int = 0
    group: tuple[str, ...] = ()
    """match-group: the only partners it may have; empty: any."""
    template: tuple[str, str, bool] | None = None
    """Template variable, the value that decides, and whether it then shows or hides."""


class Spot(Struct, frozen=True):
    """An area of a picture: coordinates in its pixels."""

    identifier: str
    shape: Shape
    coords: tuple[int, ...]
    label: str = ""
    most: int = 1
    least: int = 0
    fixed: bool = False
    group: tuple[str, ...] = ()


class Picture(Struct, frozen=True):
    """What a graphic interaction shows. Without a size it has that of its file."""

    src: str
    width: int | None
    height: int | None
    alt: str = ""


class Asked(Struct, frozen=True, kw_only=True):
    """What every interaction has. Its place is a node of the body."""

    kind: ClassVar[Interaction | Refused]
    response: str
    line: int | None = None
    max_choices: int = 1
    """Values at most; 0: no limit."""
    min_choices: int = 0
    shuffle: bool = False
    min_message: str | None = None
    max_message: str | None = None

    @property
    def interaction(self) -> Interaction | Refused:
        """The name without `qti-` and `-interaction`."""
        return self.kind

    @property
    def options(self) -> tuple[Option, ...]:
        """What is chosen or moved; the first half of a pair."""
        return ()

    @property
    def targets(self) -> tuple[Option, ...]:
        """The second half of a pair, where it is of another set."""
        return ()

    @property
    def spots(self) -> tuple[Spot, ...]:
        """Areas of the picture."""
        return ()


class _Listed(Asked, frozen=True, kw_only=True):
    choices: tuple[Option, ...]

    @property
    def options(self) -> tuple[Option, ...]:
        return self.choices


class Choice(_Listed, frozen=True, kw_only=True):
    """One or several of a list."""

    kind = "choice"


class InlineChoice(_Listed, frozen=True, kw_only=True):
    """One of a list inside a sentence."""

    kind = "inline-choice"


class Order(_Listed, frozen=True, kw_only=True):
    """A list to be put into order; `max_choices` below its length asks for a part of it."""

    kind = "order"


class Associate(_Listed, frozen=True, kw_only=True):
    """Pairs within one set."""

    kind = "associate"


class Hottext(_Listed, frozen=True, kw_only=True):
    """Words of a text."""

    kind = "hottext"


class _Joined(Asked, frozen=True, kw_only=True):
    first: tuple[Option, ...]
    second: tuple[Option, ...]

    @property
    def options(self) -> tuple[Option, ...]:
        return self.first

    @property
    def targets(self) -> tuple[Option, ...]:
        return self.second


class Match(_Joined, frozen=True, kw_only=True):
    """Pairs between two sets."""

    kind = "match"


class GapMatch(_Joined, frozen=True, kw_only=True):
    """Words or pictures into the gaps of a text."""

    kind = "gap-match"


class _Pictured(Asked, frozen=True, kw_only=True):
    picture: Picture
    areas: tuple[Spot, ...] = ()

    @property
    def spots(self) -> tuple[Spot, ...]:
        return self.areas


class GraphicGapMatch(_Pictured, frozen=True, kw_only=True):
    """Words or pictures onto areas of a picture."""

    kind = "graphic-gap-match"
    first: tuple[Option, ...] = ()

    @property
    def options(self) -> tuple[Option, ...]:
        return self.first


class Hotspot(_Pictured, frozen=True, kw_only=True):
    """Areas of a picture."""

    kind = "hotspot"


class SelectPoint(_Pictured, frozen=True, kw_only=True):
    """Points of a picture."""

    kind = "select-point"


class GraphicOrder(_Pictured, frozen=True, kw_only=True):
    """Areas of a picture in order."""

    kind = "graphic-order"


class GraphicAssociate(_Pictured, frozen=True, kw_only=True):
    """Pairs of areas of a picture."""

    kind = "graphic-associate"


class PositionObject(_Pictured, frozen=True, kw_only=True):
    """A small picture placed on a large one (the stage)."""

    kind = "position-object"
    placed: Picture | None = None


class _Written(Asked, frozen=True, kw_only=True):
    expected_length: int | None = None
    pattern: str | None = None
    pattern_message: str | None = None


class TextEntry(_Written, frozen=True, kw_only=True):
    """A word or number inside a sentence."""

    kind = "text-entry"


class ExtendedText(_Written, frozen=True, kw_only=True):
    """A text of some length."""

    kind = "extended-text"
    lines: int | None = None


class Slider(Asked, frozen=True, kw_only=True):
    """A number on a line."""

    kind = "slider"
    lower: float
    upper: float
    step: float


class Media(Asked, frozen=True, kw_only=True):
    """A sound or film whose plays are counted."""

    kind = "media"
    min_plays: int = 0
    max_plays: int = 0


class EndAttempt(Asked, frozen=True, kw_only=True):
    """A button."""

    kind = "end-attempt"
    title: str = ""


class Drawing(_Pictured, frozen=True, kw_only=True):
    """A picture to draw on."""

    kind = "drawing"


class Upload(Asked, frozen=True, kw_only=True):
    """A file to hand in."""

    kind = "upload"
    media_types: tuple[str, ...] = ()


class Custom(Asked, frozen=True, kw_only=True):
    """Something of the author's own."""

    kind = "custom"


class PortableCustom(Asked, frozen=True, kw_only=True):
    """A script of the author's own, with a standard's frame around it."""

    kind = "portable-custom"
    type_identifier: str = ""


Question = (
    Choice | InlineChoice | TextEntry | ExtendedText | Order | Match | Associate | GapMatch
    | GraphicGapMatch | Hotspot | Hottext | SelectPoint | Slider | Media | EndAttempt
    | GraphicOrder | GraphicAssociate | PositionObject | Drawing | Upload | Custom | PortableCustom
)  # fmt: skip


class Rubric(Struct, frozen=True):
    """A text for somebody: `views` says for whom."""

    views: frozenset[str]
    nodes: tuple[Node, ...]


class Card(Struct, frozen=True):
    """One support of a catalog."""

    support: Support
    language: str
    nodes: tuple[Node, ...]


class Stimulus(Struct, frozen=True):
    """A text that items share."""

    identifier: str
    file: str
    language: str
    body: tuple[Node, ...]
    stylesheets: tuple[str, ...] = ()
    catalogs: dict[str, tuple[Card, ...]] = {}


class Item(Struct, frozen=True):
    """One assessment item."""

    identifier: str
    title: str
    file: str
    language: str
    body: tuple[Node, ...]
    questions: tuple[Question, ...]
    scorable: Scorable
    stimuli: tuple[str, ...] = ()
    """Files of the shared texts that its body names, in order."""
    stylesheets: tuple[str, ...] = ()
    catalogs: dict[str, tuple[Card, ...]] = {}
    obstacles: tuple[Finding, ...] = ()
    """Why it cannot be delivered; empty: it can."""
    unscorable: tuple[Finding, ...] = ()
    """What is wrong with its declarations and processing; empty: nothing was found."""
    media: tuple[str, ...] = ()
    """Files it shows, its stimuli's too."""
    warnings: tuple[Finding, ...] = ()

    @property
    def template(self) -> Template | None:
        """The standard template that scores it; None: rules of its own, or none."""
        processing = self.scorable.response_processing
        return None if processing is None else processing.template

    @property
    def responses(self) -> tuple[ResponseDeclaration, ...]:
        """Its response variables."""
        return self.scorable.responses

    @property
    def outcomes(self) -> tuple[OutcomeDeclaration, ...]:
        """Its outcome variables."""
        return self.scorable.outcomes


class Resource(Struct, frozen=True):
    """A picture, sound, film or its subtitles, cleaned. `size`: width and height in pixels."""

    path: str
    media_type: str
    payload: bytes
    size: tuple[int, int] | None = None


class StyleRule(Struct, frozen=True):
    """One rule, under the author's names: see `stylesheets`."""

    selector: tuple[str | tuple[str, str], ...]
    """Pieces of text, and ("class" | "id", name) where a name of the author's stands."""
    declarations: tuple[tuple[str, str], ...]
    """Values hold `url("asset:PATH")` for a file of the package."""


class Stylesheet(Struct, frozen=True):
    """A style sheet of the package, cleaned."""

    path: str
    rules: tuple[StyleRule, ...]
