"""Capture: what a pupil typed or chose becomes a value of a base type, once, by these rules.

text     Unicode NFC; every run of white space (no-break spaces too) is one space; none at the ends;
         a typographic apostrophe is the typewriter's; invisible characters (zero-width space, soft
         hyphen) are not there. Nothing left: no value (QTI: NULL).
number   As text, full-width figures as plain ones; then an optional sign (+, -, − or a dash),
         digits, at most one decimal comma or point, digits. Spaces may part the digits in threes,
         counted from the decimal sign. A power of ten (1e3) is read too. Points never part
         thousands: 1.000 is one. Anything else: no value.
integer  A number whose fraction is empty or all zeros and without a power of ten.
identifier  As it is.
boolean  true or false, as QTI writes it.
pair, directed-pair  Two identifiers parted by a space; a pair has no order, a directed one has.
point  Two numbers parted by a space: pixels from the left, from the top.
duration  Seconds, or PT1M30S.

The rules stand here alone; the runner sends what was typed.
"""

import math
import re
import unicodedata
from collections.abc import Callable

from msgspec import Struct

from ardoise.content import variables
from ardoise.content.variables import BaseType

Base = BaseType


class Point(Struct, frozen=True):
    """A place on a picture, in its pixels."""

    x: float
    y: float

    def __str__(self) -> str:
        return f"{self.x:g} {self.y:g}"


class Pair(Struct, frozen=True):
    """Two identifiers without order: kept sorted, so that A B and B A are one value."""

    first: str
    second: str

    @classmethod
    def of(cls, one: str, other: str) -> "Pair":
        """The pair of two identifiers, whichever stands first."""
        return cls(min(one, other), max(one, other))

    def __str__(self) -> str:
        return f"{self.first} {self.second}"


class DirectedPair(Struct, frozen=True):
    """A source and its target: A B is not B A."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source} {self.target}"


Value = str | int | float | Point | Pair | DirectedPair
"""A single value; a boolean is an int to Python, a duration its seconds."""

TEXT_LIMIT = 20_000
DIGITS_LIMIT = 40

_SPACE = re.compile(r"\s+")
_CHARACTERS = str.maketrans(
    {"’": "'", "ʼ": "'", "＇": "'", "\u200b": None, "\u2060": None, "\ufeff": None, "\u00ad": None}
)
_FIGURES = str.maketrans("−‐‑‒–﹣－＋，．０１２３４５６７８９", "-------+,.0123456789")
"""Dashes that stand for a minus, and full-width figures: in numbers alone."""
_INTEGER = re.compile(r"^[+-]?[0-9]{1,40}\Z")
_FLOAT = re.compile(
    r"^[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?\Z"
)
_NUMBER = re.compile(
    r"^(?P<sign>[+-]?) ?"
    r"(?P<whole>[0-9]{1,3}(?: [0-9]{3})+|[0-9]*)"
    r"(?:(?P<mark>[,.])(?P<part>(?:[0-9]{3} )+[0-9]{1,3}|[0-9]*))?"
    r"(?:[eE](?P<power>[+-]?[0-9]{1,3}))?$"
)


def captured(text: str) -> str:
    """A text in the form in which texts are compared."""
    plain = unicodedata.normalize("NFC", text[:TEXT_LIMIT].translate(_CHARACTERS))
    return _SPACE.sub(" ", plain).strip(" ")


def parse_response(base_type: Base, text: str) -> Value | None:
    """The value of a response of this base type, or None: no value."""
    if base_type == "identifier":
        return text or None
    plain = captured(text)
    if not plain:
        return None
    if base_type == "string":
        return plain
    if base_type == "integer":
        return _integer(plain)
    if base_type == "float":
        return _float(plain)
    return _structured(base_type, plain)


def parse_lexical(base_type: Base, text: str) -> Value | None:
    """The value of a text in QTI's own lexical form, with nothing forgiven; None: no value.

    For responses that another system captured: a text counts with its spaces.
    """
    if base_type in ("identifier", "string"):
        return text or None
    if base_type == "integer":
        return int(text) if _INTEGER.match(text) else None
    if base_type == "float":
        return float(text) if _FLOAT.match(text) and math.isfinite(float(text)) else None
    return _structured(base_type, text)


def constant(base_type: Base, text: str, text_form: Callable[[str], str] = str) -> Value | None:
    """The value of what an author wrote: white space around numbers is nothing, INF is a number.

    `text_form` brings texts into the form in which responses come.
    """
    if base_type == "string":
        return text_form(text) or None
    if base_type == "float":
        return variables.number(text)
    if base_type == "integer":
        return variables.whole(text)
    return parse_lexical(base_type, text.strip())


def _structured(base_type: Base, text: str) -> Value | None:
    """The base types that no keyboard types: both captures read them alike."""
    if base_type in _STRUCTURED:
        return _STRUCTURED[base_type](text)
    if base_type == "int-or-identifier":
        return int(text) if _INTEGER.match(text) else text or None
    return text or None


def _boolean(text: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text.strip())


def _point(text: str) -> Point | None:
    halves = (variables.number(half) for half in text.split())
    found = [half for half in halves if half is not None and math.isfinite(half)]
    return Point(found[0], found[1]) if len(found) == len(text.split()) == 2 else None


def _pair(text: str) -> Pair | None:
    halves = text.split()
    return Pair.of(*halves) if len(halves) == 2 else None


def _directed(text: str) -> DirectedPair | None:
    halves = text.split()
    return DirectedPair(*halves) if len(halves) == 2 else None


_STRUCTURED: dict[str, Callable[[str], Value | None]] = {
    "boolean": _boolean,
    "point": _point,
    "pair": _pair,
    "directed-pair": _directed,
    "duration": variables.seconds,
}


def _split(plain: str) -> tuple[str, str, str, str] | None:
    found = _NUMBER.match(plain.translate(_FIGURES))
    if found is None:
        return None
    whole, part = (found[name] or "" for name in ("whole", "part"))
    whole, part = whole.replace(" ", ""), part.replace(" ", "")
    if not whole + part or len(whole + part) > DIGITS_LIMIT:
        return None
    return found["sign"], whole, part, found["power"] or ""


def _integer(plain: str) -> int | None:
    pieces = _split(plain)
    if pieces is None:
        return None
    sign, whole, part, power = pieces
    if power or part.strip("0") or not whole:
        return None
    return int(sign + whole)


def _float(plain: str) -> float | None:
    pieces = _split(plain)
    if pieces is None:
        return None
    sign, whole, part, power = pieces
    # Through text, so that the nearest double is the one that a key "0.1" gives.
    value = float(f"{sign}{whole or 0}.{part or 0}e{power or 0}")
    return value if math.isfinite(value) else None
