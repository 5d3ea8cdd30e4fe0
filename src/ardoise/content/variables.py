"""Variables of an item or test, as declared: keys, mappings and tables, typed and bounded.

QTI 3 ASI information model, "Variable declarations". Values stay in their lexical form here; how
a text becomes a typed value is decided where it is scored. Base types are spelled as QTI 3 spells
attributes (`directed-pair`), whatever a file says.
"""

import re
from collections.abc import Callable
from typing import Literal, cast, get_args

from msgspec import Struct

Cardinality = Literal["single", "multiple", "ordered", "record"]
BaseType = Literal[
    "boolean", "directed-pair", "duration", "file", "float", "identifier", "int-or-identifier",
    "integer", "pair", "point", "string", "uri",
]  # fmt: skip
Shape = Literal["rect", "circle", "ellipse", "poly", "default"]

IDENTIFIER = re.compile(r"^\w[\w.:-]{0,254}\Z")
"""Identifiers as published items write them: some begin with a digit, though QTI forbids it."""
IDENTIFIER_LIMIT = 255
FLOAT = re.compile(
    r"^[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?\Z|^[+-]?INF\Z"
)
INTEGER = re.compile(r"^[+-]?[0-9]{1,18}\Z")
DURATION = re.compile(
    r"^P(?:(?P<days>[0-9]{1,6})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,6})H)?(?:(?P<minutes>[0-9]{1,8})M)?"
    r"(?:(?P<seconds>[0-9]{1,10}(?:\.[0-9]{1,9})?)S)?)?\Z"
)
_SPELLINGS = {
    "directedPair": "directed-pair", "directedpair": "directed-pair",
    "intOrIdentifier": "int-or-identifier",
}  # fmt: skip
_BOOLEANS = frozenset({"true", "false", "1", "0"})


class FieldValue(Struct, frozen=True):
    """One field of a record."""

    identifier: str
    base: BaseType
    text: str


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


class AreaEntry(Struct, frozen=True):
    """What a point inside an area is worth."""

    shape: Shape
    coords: tuple[int, ...]
    value: float


class AreaMapping(Struct, frozen=True):
    """qti-area-mapping: areas to points. Each area counts once; bounds clip the sum."""

    entries: tuple[AreaEntry, ...]
    default: float = 0.0
    lower: float | None = None
    upper: float | None = None


class ResponseDeclaration(Struct, frozen=True):
    """One response variable."""

    identifier: str
    cardinality: Cardinality
    base: BaseType | None
    """None: a record."""
    correct: tuple[str, ...] = ()
    """Lexical forms; empty: no key declared."""
    mapping: Mapping | None = None
    default: tuple[str, ...] = ()
    area_mapping: AreaMapping | None = None
    correct_fields: tuple[FieldValue, ...] = ()
    default_fields: tuple[FieldValue, ...] = ()
    line: int | None = None


class MatchTable(Struct, frozen=True):
    """qti-match-table: whole numbers to values."""

    entries: tuple[tuple[int, str], ...]
    default: str | None = None


class InterpolationEntry(Struct, frozen=True):
    """From `source` upward, `target`; `include` says whether `source` itself belongs to it."""

    source: float
    target: str
    include: bool = True


class InterpolationTable(Struct, frozen=True):
    """qti-interpolation-table: the first entry whose lower boundary is below the number counts."""

    entries: tuple[InterpolationEntry, ...]
    default: str | None = None


class OutcomeDeclaration(Struct, frozen=True):
    """One outcome variable. `default` is lexical; a number without one starts at 0."""

    identifier: str
    cardinality: Cardinality
    base: BaseType | None
    default: tuple[str, ...] = ()
    normal_maximum: float | None = None
    normal_minimum: float | None = None
    mastery: float | None = None
    table: MatchTable | InterpolationTable | None = None
    external_scored: str | None = None
    """`human` or `externalMachine`: no rule of the item scores it."""
    default_fields: tuple[FieldValue, ...] = ()
    line: int | None = None
    mapping: Mapping | None = None
    """QTI has none here; `dialects` says what it is read for."""


class TemplateDeclaration(Struct, frozen=True):
    """One template variable: drawn once a seat or form, printed in the body, used by rules."""

    identifier: str
    cardinality: Cardinality
    base: BaseType | None
    default: tuple[str, ...] = ()
    param: bool = False
    math: bool = False
    default_fields: tuple[FieldValue, ...] = ()
    line: int | None = None


def base_type(text: str | None) -> BaseType | None:
    """A base type under its one spelling; None if QTI knows none of that name."""
    plain = (text or "").strip()
    plain = _SPELLINGS.get(plain, plain)
    return cast("BaseType", plain) if plain in get_args(BaseType) else None


def number(text: str | None) -> float | None:
    """A number in QTI's lexical form (xsd:double without NaN), bounded; None if it is none."""
    plain = (text or "").strip()
    if not FLOAT.match(plain):
        return None
    return float(plain.replace("INF", "inf"))


def whole(text: str) -> int | None:
    """An author's whole number; `2.0` and `1e3` are such as well. None if it is none."""
    plain = text.strip()
    if INTEGER.match(plain):
        return int(plain)
    found = number(plain)
    return int(found) if found is not None and found.is_integer() and abs(found) < 1e15 else None


def seconds(text: str) -> float | None:
    """A duration as seconds: QTI writes a number, older files write `PT1M30S`. None: neither."""
    plain = text.strip()
    found = DURATION.match(plain)
    if found is None:
        value = number(plain)
        return value if value is not None and 0 <= value < float("inf") else None
    if plain in ("P", "PT") or plain.endswith("T"):
        return None
    parts = {name: float(part or 0) for name, part in found.groupdict().items()}
    days, hours = parts["days"], parts["hours"]
    return ((days * 24 + hours) * 60 + parts["minutes"]) * 60 + parts["seconds"]


_LEXICAL: dict[str, Callable[[str], bool]] = {
    # Published items write pairs, or what else an interaction gives, under this type: values are
    # compared as they stand, so nothing but their length is asked.
    "identifier": lambda text: 0 < len(text) <= IDENTIFIER_LIMIT,
    "integer": lambda text: whole(text) is not None,
    "float": lambda text: number(text) is not None,
    "boolean": lambda text: text in _BOOLEANS,
    "pair": lambda text: len(text.split()) == 2,
    "directed-pair": lambda text: len(text.split()) == 2,
    "point": lambda text: len(text.split()) == 2 and None not in map(number, text.split()),
    "duration": lambda text: seconds(text) is not None,
}


def lexical(base: BaseType, text: str) -> bool:
    """Whether a text is a value of its base type (QTI 3 ASI, "BaseType" enumeration)."""
    check = _LEXICAL.get(base)
    return check is None or check(text.strip())
