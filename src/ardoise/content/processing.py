"""Rules and expressions as typed trees, read from QTI 3 with their lines; nothing is run here.

QTI 3 ASI information model, "Response processing", "Template processing", "Outcome processing" and
"Expressions". The tables below are closed: what neither they nor `dialects` list is a fault that
names item and element.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from ardoise.content.variables import InterpolationTable, MatchTable

Template = Literal[
    "match_correct", "map_response", "map_response_point",
    "CC2_match", "CC2_match_basic", "CC2_map_response", "CC2_match_inline", "match_nothing",
]  # fmt: skip
"""The standard templates, and match_nothing, which is none (dialects.py). CC2_match_inline is what
QTI 2 calls CC2_match: QTI 3 published another one under this name.
"""
Kind = Literal["response", "template", "outcome"]


class Expression(Struct, frozen=True):
    """One expression. `name` is its QTI 3 name without `qti-`; attributes are as written.

    Beside the names of EXPRESSIONS there are those of `scoring.operators.extensions`.
    """

    name: str
    attributes: Mapping[str, str]
    operands: tuple["Expression", ...] = ()
    text: str = ""
    """What a base-value says."""
    line: int | None = None
    table: MatchTable | InterpolationTable | None = None
    """What a lookup-table looks up in (dialects.py)."""


class Branch(Struct, frozen=True):
    """If, else-if (with a condition) or else (without)."""

    condition: Expression | None
    rules: tuple["Rule", ...]
    line: int | None = None


class Condition(Struct, frozen=True, tag="condition"):
    """response-, outcome- or template-condition: the first branch whose condition is true runs."""

    branches: tuple[Branch, ...]
    line: int | None = None


class Assign(Struct, frozen=True, tag="assign"):
    """Sets a variable, a key or a default; `lookup-outcome-value` goes through a table first."""

    rule: Literal[
        "set-outcome-value", "lookup-outcome-value", "set-template-value",
        "set-correct-response", "set-default-value", "set-response-value",
    ]  # fmt: skip
    identifier: str
    expression: Expression
    line: int | None = None


class Constraint(Struct, frozen=True, tag="constraint"):
    """template-constraint: template variables are drawn anew until it is true."""

    expression: Expression
    line: int | None = None


class Exit(Struct, frozen=True, tag="exit"):
    """exit-response, exit-template or exit-test: no further rule runs."""

    line: int | None = None


class Fragment(Struct, frozen=True, tag="fragment"):
    """response- or outcome-processing-fragment: a group of rules."""

    rules: tuple["Rule", ...]
    line: int | None = None


Rule = Condition | Assign | Constraint | Exit | Fragment


class Processing(Struct, frozen=True):
    """A whole rule tree, or a standard template by name."""

    kind: Kind
    template: Template | None = None
    rules: tuple[Rule, ...] = ()
    line: int | None = None


class Shape(Struct, frozen=True):
    """How an expression is written: how many operands, and which attributes it must have."""

    least: int = 0
    most: int | None = 0
    """None: as many as wished."""
    needs: tuple[str, ...] = ()


_ANY = Shape(1, None)
_ONE, _TWO = Shape(1, 1), Shape(2, 2)
_NAMED = Shape(needs=("identifier",))
_LIST = Shape(0, None)
_OUTCOME = Shape(needs=("outcome-identifier",))

EXPRESSIONS: Mapping[str, Shape] = {
    "base-value": Shape(needs=("base-type",)),
    **dict.fromkeys(
        ("variable", "default", "correct", "map-response", "map-response-point"), _NAMED
    ),
    "null": Shape(),
    "math-constant": Shape(needs=("name",)),
    "random-integer": Shape(needs=("max",)),
    "random-float": Shape(needs=("max",)),
    "custom-operator": _LIST,
    # Test level only.
    "test-variables": Shape(needs=("variable-identifier",)),
    "outcome-minimum": _OUTCOME,
    "outcome-maximum": _OUTCOME,
    **dict.fromkeys(
        (
            "number-correct", "number-incorrect", "number-presented", "number-responded",
            "number-selected",
        ),
        Shape(),
    ),
    # Containers.
    "multiple": _LIST,
    "ordered": _LIST,
    "container-size": _ONE,
    "index": Shape(1, 1, ("n",)),
    "field-value": Shape(1, 1, ("field-identifier",)),
    "random": _ONE,
    "member": _TWO,
    "delete": _TWO,
    "contains": _TWO,
    "repeat": Shape(1, None, ("number-repeats",)),
    # Strings.
    "substring": _TWO,
    "string-match": _TWO,
    "pattern-match": Shape(1, 1, ("pattern",)),
    # Logic and comparison.
    "not": _ONE,
    "and": _ANY,
    "or": _ANY,
    "any-n": Shape(1, None, ("min", "max")),
    "is-null": _ONE,
    "match": _TWO,
    "equal": _TWO,
    "equal-rounded": Shape(2, 2, ("figures",)),
    "inside": Shape(1, 1, ("shape", "coords")),
    **dict.fromkeys(("lt", "gt", "lte", "gte", "duration-lt", "duration-gte"), _TWO),
    # Numbers.
    **dict.fromkeys(("sum", "product", "gcd", "lcm", "min", "max"), _ANY),
    **dict.fromkeys(("subtract", "divide", "power", "integer-divide", "integer-modulus"), _TWO),
    **dict.fromkeys(("truncate", "round", "integer-to-float"), _ONE),
    "round-to": Shape(1, 1, ("figures",)),
    "math-operator": Shape(1, 2, ("name",)),
    "stats-operator": Shape(1, 1, ("name",)),
}  # fmt: skip
"""The 64 expressions."""

CONDITIONS: Mapping[Kind, tuple[str, str, str, str]] = {
    "response": ("response-condition", "response-if", "response-else-if", "response-else"),
    "outcome": ("outcome-condition", "outcome-if", "outcome-else-if", "outcome-else"),
    "template": ("template-condition", "template-if", "template-else-if", "template-else"),
}
EXITS: Mapping[Kind, str] = {
    "response": "exit-response", "outcome": "exit-test", "template": "exit-template",
}  # fmt: skip
FRAGMENTS: Mapping[str, Kind] = {
    "response-processing-fragment": "response", "outcome-processing-fragment": "outcome",
}  # fmt: skip
ASSIGNMENTS: Mapping[Kind, frozenset[str]] = {
    "response": frozenset({"set-outcome-value", "lookup-outcome-value"}),
    "outcome": frozenset({"set-outcome-value", "lookup-outcome-value"}),
    "template": frozenset({"set-template-value", "set-correct-response", "set-default-value"}),
}
