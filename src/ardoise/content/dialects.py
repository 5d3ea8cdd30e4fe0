"""What published items write beside QTI and what it can only mean: read as QTI's own rules.

Some engines take elements that no version of QTI has, or QTI's elements written in another way.
Those listed here have one plain meaning. They become the tree that QTI would have written, or,
where QTI has no equal, an operator of `scoring.operators.extensions`; every use is a warning. What
is neither in QTI nor here stays a fault. `docs/scoring-decisions.md` says what each one means.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ardoise.content.processing import Expression, Kind, Shape
from ardoise.content.variables import INTEGER, base_type

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FIELD = re.compile(r"\A[^\s]{1,200}\Z")


class Unreadable(Exception):
    """A dialect's element that lacks what gives it its meaning; the text says what to do."""


class Written(NamedTuple):
    """An element as it stands: its attributes, what it holds, its line."""

    attributes: Mapping[str, str]
    operands: tuple[Expression, ...]
    line: int | None

    def made(self, name: str, /, **attributes: str) -> Expression:
        """An expression of QTI over the same operands; `_` in an attribute's name is `-`."""
        named = {key.replace("_", "-"): value for key, value in attributes.items()}
        return Expression(name, named, self.operands, "", self.line)


class Dialect(NamedTuple):
    """How a dialect's element is written, and what it is read as."""

    shape: Shape
    meaning: str
    build: Callable[[Written], Expression]
    known: bool = False
    """Whether QTI has an element of this name, which it writes in another way."""

    @property
    def warning(self) -> str:
        """What the author is told."""
        return warning_of(self.meaning, known=self.known)


def warning_of(meaning: str, *, known: bool) -> str:
    """The message of every warning on a dialect."""
    said = "is not written as QTI says" if known else "is no element of QTI"
    return f"{said}: read as {meaning}; other engines may score differently"


def plain_name(name: str) -> str:
    """`isNotNull`, which the upgrade of QTI 2 passes on, and `qti-is-not-null` are one name."""
    return _HUMP.sub("-", name.removeprefix("qti-")).lower()


def dialect_of(name: str, attributes: Mapping[str, str], operands: int) -> Dialect | None:
    """The dialect that an expression is written in; None: it is QTI's, or nobody's."""
    if name == "index" and operands == 2 and "n" not in attributes:
        return _INDEX
    if name == "substring" and operands == 3:
        return _SLICE
    if name == "pattern-match" and operands == 2 and "pattern" not in attributes:
        return _PATTERN
    if name == "pattern-match" and operands == 1 and {"pattern", "case-sensitive"} <= {*attributes}:
        return _FOLDED
    return _EXPRESSIONS.get(plain_name(name))


def _denied(written: Written, name: str, attributes: Mapping[str, str]) -> Expression:
    inner = Expression(name, attributes, written.operands, "", written.line)
    return Expression("not", {}, (inner,), "", written.line)


def _not_equal(written: Written) -> Expression:
    """With a tolerance the contrary of equal, else of match, which compares values of any type."""
    if "tolerance-mode" in written.attributes:
        return _denied(written, "equal", written.attributes)
    return _denied(written, "match", {})


def _all_n(written: Written) -> Expression:
    attributes = written.attributes
    return written.made("any-n", min=attributes.get("min", "0"), max=attributes["max"])


def _index(written: Written) -> Expression:
    container, place = written.operands
    if place.name == "base-value" and INTEGER.match(place.text.strip()):
        n = place.text.strip()
    elif place.name == "variable":
        n = place.attributes["identifier"].strip()
    else:
        raise Unreadable("needs the attribute n: a whole number, or a variable's identifier")
    return Expression("index", {"n": n}, (container,), "", written.line)


def _pattern(written: Written) -> Expression:
    text, pattern = written.operands
    if pattern.name != "base-value":
        raise Unreadable("needs the attribute pattern: write the pattern out")
    attributes = {**written.attributes, "pattern": pattern.text}
    return Expression("pattern-match", attributes, (text,), "", written.line)


def _type(written: Written) -> Expression:
    value, named = written.operands
    base = base_type(named.text) if named.name == "base-value" else None
    if base is None:
        raise Unreadable("needs the name of a base type as its second expression")
    return Expression("is-type-of", {"base-type": base}, (value,), "", written.line)


def _record(written: Written) -> Expression:
    """Its fields are field-values that hold what the field is."""
    names = [field.attributes.get("field-identifier", "").strip() for field in written.operands]
    fields = all(field.name == "field-value" for field in written.operands)
    if not fields or not all(map(_FIELD.match, names)) or len(set(names)) < len(names):
        raise Unreadable("may hold field-values alone, each with a field-identifier of its own")
    held = tuple(field.operands[0] for field in written.operands)
    return Expression("record", {"fields": " ".join(names)}, held, "", written.line)


def _statistic(name: str) -> Dialect:
    def build(written: Written) -> Expression:
        return written.made("stats-operator", name=name)

    return Dialect(Shape(1, 1), f"stats-operator {name}", build)


_TWO = Shape(2, 2)
_EXPRESSIONS: Mapping[str, Dialect] = {
    "is-not-null": Dialect(
        Shape(1, 1), "not of is-null", lambda written: _denied(written, "is-null", {})
    ),
    "not-equal": Dialect(_TWO, "not of match, or of equal where it has a tolerance", _not_equal),
    "all-n": Dialect(Shape(1, None, ("max",)), "any-n, with 0 as min if it has none", _all_n),
    "mod": Dialect(_TWO, "integer-modulus", lambda written: written.made("integer-modulus")),
    "mean": _statistic("mean"),
    "sample-variance": _statistic("sampleVariance"),
    "sample-sd": _statistic("sampleSD"),
    "pop-variance": _statistic("popVariance"),
    "pop-sd": _statistic("popSD"),
    "is-type-of": Dialect(_TWO, "whether the value has this base type", _type),
    "record": Dialect(Shape(1, None), "a record of these fields", _record),
    "map-outcome": Dialect(
        Shape(needs=("identifier",)), "map-response, of an outcome's mapping",
        lambda written: written.made(
            "map-outcome", identifier=written.attributes["identifier"].strip()
        ),
    ),
    "pre-condition": Dialect(
        Shape(1, 1), "true where its expression is true, else false",
        lambda written: written.made("pre-condition"),
    ),
}  # fmt: skip
_INDEX = Dialect(_TWO, "index with its second expression as n", _index, known=True)
_SLICE = Dialect(
    Shape(3, 3), "the part of a text from a place, counted from 1, of a length",
    lambda written: written.made("slice"), known=True,
)  # fmt: skip
_PATTERN = Dialect(
    _TWO, "pattern-match with its second expression as pattern", _pattern, known=True
)
_FOLDED = Dialect(
    Shape(1, 1), "pattern-match with or without regard to case",
    lambda written: Expression(
        "pattern-match", written.attributes, written.operands, "", written.line
    ), known=True,
)  # fmt: skip

LOOKUP_TABLE = "lookup-table"
LOOKUP_MEANING = "the entry of its table, as lookup-outcome-value finds it"
LINEAR_MEANING = "a straight line between the entries of its table, level outside of them"
RULES: Mapping[tuple[Kind, str], str] = {
    ("response", "set-response-value"): "a response that holds this value for the rest of the run",
    ("response", "set-default-value"): "a response set back to its default for the rest of the run",
}
MAPPING_MEANING = "the mapping that map-outcome uses"
MATCH_NOTHING = "the full mark (MAXSCORE, else 1) where there is no response, else 0"
