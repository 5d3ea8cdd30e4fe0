"""A package as read: closed types, keys included. Only `booklet.draft` decides what leaves.

`Node` trees have the contract's form (`[name, {attribute: value}, *children]`), with four things
that a booklet never holds: original identifiers in `response` and `value`, `src` for a path inside
the package, `key` on an option, and `rubric` nodes with their `view`.
"""

from typing import Any, Literal

from msgspec import Struct

from ardoise.contract.booklet import BaseType, Interaction, Node

Template = Literal[
    "match_correct", "map_response", "CC2_match", "CC2_match_basic", "CC2_map_response"
]
Value = str | int | float
Element = list[Any]


class MapEntry(Struct, frozen=True):
    """What one value is worth."""

    key: str
    value: float
    case_sensitive: bool


class Mapping(Struct, frozen=True):
    """qti-mapping: values to points. Bounds clip the sum."""

    entries: tuple[MapEntry, ...]
    default: float = 0.0
    lower: float | None = None
    upper: float | None = None


class ResponseDeclaration(Struct, frozen=True):
    """One response variable."""

    identifier: str
    cardinality: Literal["single", "multiple"]
    base: BaseType
    correct: tuple[str, ...] = ()
    """Lexical forms; empty: no key declared."""
    mapping: Mapping | None = None


class OutcomeDeclaration(Struct, frozen=True):
    """One outcome variable. `default` is lexical; a number without one starts at 0."""

    identifier: str
    cardinality: str
    base: str | None
    default: tuple[str, ...] = ()
    normal_maximum: float | None = None


class Option(Struct, frozen=True):
    """One option of a choice."""

    identifier: str
    label: str
    fixed: bool = False
    key: str | None = None
    """The key a keying teacher presses, where the author chose one."""


class Question(Struct, frozen=True):
    """An interaction: how one response is given. Its place is a node of the body."""

    response: str
    interaction: Interaction
    line: int | None
    max_choices: int = 1
    min_choices: int = 0
    shuffle: bool = False
    expected_length: int | None = None
    options: tuple[Option, ...] = ()


class Rubric(Struct, frozen=True):
    """A text for somebody: `views` says for whom."""

    views: frozenset[str]
    nodes: tuple[Node, ...]


class Item(Struct, frozen=True):
    """One assessment item."""

    identifier: str
    title: str
    file: str
    language: str
    body: tuple[Node, ...]
    questions: tuple[Question, ...]
    responses: tuple[ResponseDeclaration, ...]
    outcomes: tuple[OutcomeDeclaration, ...]
    template: Template | None
    """Response processing; None: no machine scores it."""


class Resource(Struct, frozen=True):
    """A picture or sound, cleaned."""

    path: str
    media_type: str
    payload: bytes
