"""What every operator has in common: the type it gives, variables as operands, faults by name."""

from typing import Any

import pytest

from ardoise.scoring.values import Point
from tests.scoring.expressions import call, compiled, refusal, result

TRUE: Any = ("outcome", "single", "boolean", True)
ONE: Any = ("outcome", "single", "integer", 1)
TWO: Any = ("outcome", "single", "float", 2.0)
WORD: Any = ("response", "single", "string", "a")
BAG: Any = ("response", "multiple", "string", ("b", "a"))
ROW: Any = ("response", "ordered", "string", ("b", "a"))
DOTS: Any = ("response", "multiple", "point", (Point(1, 1),))
SPENT: Any = ("outcome", "single", "duration", 60.0)
NUMBERS: Any = ("outcome", "multiple", "float", (1.0, 3.0))
LOOSE: Any = ("response", "record", None, {"n": 2, "t": "a", "b": False, "p": Point(0, 0)})


def field(name: str) -> Any:
    return call("field-value", call("variable", identifier="LOOSE"), field_identifier=name)


V = {name: call("variable", identifier=name) for name in (
    "TRUE", "ONE", "TWO", "WORD", "BAG", "ROW", "DOTS", "SPENT", "NUMBERS")}  # fmt: skip
DECLARED: dict[str, Any] = {
    "TRUE": TRUE, "ONE": ONE, "TWO": TWO, "WORD": WORD, "BAG": BAG, "ROW": ROW, "DOTS": DOTS,
    "SPENT": SPENT, "NUMBERS": NUMBERS, "LOOSE": LOOSE,
}  # fmt: skip
FORMS: dict[str, tuple[Any, str, str | None, Any]] = {
    "not": (call("not", V["TRUE"]), "single", "boolean", False),
    "and": (call("and", V["TRUE"], V["TRUE"]), "single", "boolean", True),
    "or": (call("or", V["TRUE"], False), "single", "boolean", True),
    "any-n": (call("any-n", V["TRUE"], V["TRUE"], min=2, max=2), "single", "boolean", True),
    "is-null": (call("is-null", V["WORD"]), "single", "boolean", False),
    "match": (call("match", V["WORD"], V["WORD"]), "single", "boolean", True),
    "equal": (call("equal", V["TWO"], V["TWO"]), "single", "boolean", True),
    "near": (call("equal", V["ONE"], V["TWO"], tolerance_mode="absolute", tolerance="1"),
             "single", "boolean", True),
    "equal-rounded": (call("equal-rounded", V["ONE"], V["TWO"], figures=1),
                      "single", "boolean", False),
    "lt": (call("lt", V["ONE"], V["TWO"]), "single", "boolean", True),
    "gt": (call("gt", V["ONE"], V["TWO"]), "single", "boolean", False),
    "lte": (call("lte", V["ONE"], V["TWO"]), "single", "boolean", True),
    "gte": (call("gte", V["ONE"], V["TWO"]), "single", "boolean", False),
    "duration-lt": (call("duration-lt", V["SPENT"], V["SPENT"]), "single", "boolean", False),
    "duration-gte": (call("duration-gte", V["SPENT"], V["SPENT"]), "single", "boolean", True),
    "inside": (call("inside", V["DOTS"], shape="default", coords="0"), "single", "boolean", True),
    "string-match": (call("string-match", V["WORD"], V["WORD"]), "single", "boolean", True),
    "contained": (call("string-match", V["WORD"], V["WORD"], substring="true"),
                  "single", "boolean", True),
    "substring": (call("substring", V["WORD"], V["WORD"]), "single", "boolean", True),
    "pattern-match": (call("pattern-match", V["WORD"], pattern="a"), "single", "boolean", True),
    "multiple": (call("multiple", V["WORD"], V["BAG"]), "multiple", "string", ("a", "b", "a")),
    "ordered": (call("ordered", V["WORD"], V["ROW"]), "ordered", "string", ("a", "b", "a")),
    "container-size": (call("container-size", V["BAG"]), "single", "integer", 2),
    "index": (call("index", V["ROW"], n=2), "single", "string", "a"),
    "member": (call("member", V["WORD"], V["BAG"]), "single", "boolean", True),
    "delete": (call("delete", V["WORD"], V["BAG"]), "multiple", "string", ("b",)),
    "contains": (call("contains", V["BAG"], V["BAG"]), "single", "boolean", True),
    "repeat": (call("repeat", V["WORD"], number_repeats=2), "ordered", "string", ("a", "a")),
    "field-value": (field("t"), "single", None, "a"),
    "sum": (call("sum", V["ONE"], V["NUMBERS"]), "single", "float", 5.0),
    "product": (call("product", V["TWO"], V["TWO"]), "single", "float", 4.0),
    "subtract": (call("subtract", V["ONE"], V["TWO"]), "single", "float", -1.0),
    "divide": (call("divide", V["ONE"], V["TWO"]), "single", "float", 0.5),
    "power": (call("power", V["TWO"], V["TWO"]), "single", "float", 4.0),
    "integer-divide": (call("integer-divide", V["ONE"], V["ONE"]), "single", "integer", 1),
    "integer-modulus": (call("integer-modulus", V["ONE"], V["ONE"]), "single", "integer", 0),
    "gcd": (call("gcd", V["ONE"], V["ONE"]), "single", "integer", 1),
    "lcm": (call("lcm", V["ONE"], V["ONE"]), "single", "integer", 1),
    "min": (call("min", V["NUMBERS"]), "single", "float", 1.0),
    "max": (call("max", V["NUMBERS"], V["ONE"]), "single", "float", 3.0),
    "truncate": (call("truncate", V["TWO"]), "single", "integer", 2),
    "round": (call("round", V["TWO"]), "single", "integer", 2),
    "round-to": (call("round-to", V["TWO"], figures=1), "single", "float", 2.0),
    "integer-to-float": (call("integer-to-float", V["ONE"]), "single", "float", 1.0),
    "math-operator": (call("math-operator", V["ONE"], name="ln"), "single", "float", 0.0),
    "stats-operator": (call("stats-operator", V["NUMBERS"], name="mean"), "single", "float", 2.0),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_an_operator_gives_its_type_and_takes_variables(name: str) -> None:
    form, cardinality, base, expected = FORMS[name]
    assert compiled(form, **DECLARED)[1:] == (cardinality, base)
    found = result(form, **DECLARED)
    assert found == expected
    assert type(found) is type(expected)


ODD: dict[str, tuple[Any, ...]] = {
    "any-n": (1,), "equal-rounded": ("a", 1), "round-to": ("a",), "stats-operator": (1,),
    "container-size": (1,), "index": (("a",),), "delete": ("a", "a"), "contains": (1, ("a",)),
    "member": (("a",), ("a",)), "repeat": (("a",),), "random": (1,), "field-value": (1,),
    "math-operator": ("a",), "truncate": ("a",), "round": (True,), "integer-to-float": ("a",),
    "duration-lt": ("a", "b"), "duration-gte": (True, True), "inside": (1,), "substring": (1, 1),
    "string-match": ("a", 1), "pattern-match": (1,), "match": (1, "a"), "equal": (1, "a"),
}  # fmt: skip
NAMED = {"any-n": {"min": 1, "max": 1}, "equal-rounded": {"figures": 1}, "round-to": {"figures": 1},
         "stats-operator": {"name": "mean"}, "index": {"n": 1}, "repeat": {"number_repeats": 1},
         "field-value": {"field_identifier": "x"}, "math-operator": {"name": "sin"},
         "inside": {"shape": "rect", "coords": "0,0,1,1"},
         "pattern-match": {"pattern": "a"}}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_an_operand_of_another_type_is_a_fault_that_names_the_operator(name: str) -> None:
    attributes: Any = NAMED.get(name, {})
    message = refusal(call(name, *ODD[name], **attributes))
    assert message.startswith(f"item.xml:7: item q1, <qti-{name}>: ")
    assert message.removeprefix(f"item.xml:7: item q1, <qti-{name}>: ")[0].islower()


def test_a_field_s_type_is_found_when_it_is_asked_for() -> None:
    assert result(call("and", True, field("b")), **DECLARED) is False
    assert result(call("not", field("b")), **DECLARED) is True
    assert result(call("not", field("n")), **DECLARED) is None
    assert result(call("integer-divide", field("n"), 2), **DECLARED) == 1
    assert result(call("integer-divide", field("t"), 2), **DECLARED) is None
    assert result(call("sum", field("n"), field("n")), **DECLARED) == 4
    assert result(call("max", field("t"), 1), **DECLARED) is None
    assert result(call("inside", field("p"), shape="default", coords="0"), **DECLARED) is True


def test_messages_are_whole() -> None:
    """One of each kind, word by word."""
    assert refusal(call("not", 1)) == (
        "item.xml:7: item q1, <qti-not>: takes boolean values, not integer ones"
    )
    assert refusal(call("index", "a", n=1)).endswith("takes ordered values, not single ones")
    assert refusal(call("gcd", 1.5)).endswith(": takes integer values, not float ones")
    assert refusal(call("custom-operator")).endswith(
        ": cannot be scored: write the rule with the operators of QTI"
    )
    assert refusal(call("number-correct")).endswith(
        ": asks about a test's items: it has no meaning in an item"
    )
    assert refusal(call("equal", 1, 1, tolerance_mode="absolute")).endswith(
        ": needs one or two numbers as tolerance"
    )
    assert refusal(call("equal", 1, 1, tolerance_mode="absolute", tolerance="x")).endswith(
        ": tolerance must be a number or name a variable, not 'x'"
    )
    assert refusal(call("round-to", 1, rounding_mode="up", figures=1)).endswith(
        ": rounding-mode must be significantFigures or decimalPlaces"
    )
