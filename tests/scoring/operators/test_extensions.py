"""What engines take beside QTI: meaning, types and NULL of each operator, and its warnings."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.content.faults import ContentFault
from ardoise.content.processing import Expression
from ardoise.content.variables import (
    InterpolationEntry,
    InterpolationTable,
    MapEntry,
    Mapping,
    MatchTable,
    OutcomeDeclaration,
    ResponseDeclaration,
)
from ardoise.scoring.operators import compile_expression
from ardoise.scoring.operators.extensions import linear, part_of
from ardoise.scoring.rules import compile_truth
from ardoise.scoring.scope import Scope, State, Variable
from ardoise.scoring.values import Point
from tests.scoring.expressions import call, compiled, expression, of, refusal, result, scope_of

V = call("variable", identifier="V")


def warnings(given: Any, **declared: Any) -> list[str]:
    """What the author is told of an expression."""
    scope = scope_of(**declared)
    compile_expression(expression(given), scope)
    return [str(warning) for warning in scope.warnings]


def record(**fields: Any) -> Expression:
    return call("record", *fields.values(), fields=" ".join(fields))


def field(held: Expression, name: str) -> Expression:
    return call("field-value", held, field_identifier=name)


def test_a_record_holds_its_fields_and_leaves_nulls_out() -> None:
    made = record(a=7, b="ok", c=None)
    assert result(made) == {"a": 7, "b": "ok"}
    assert compiled(made)[1:] == ("record", None)
    assert result(field(made, "b")) == "ok"
    assert result(field(made, "c")) is None
    assert result(record(a=None)) is None
    assert result(record(a=V), V=("response", "single", "integer", 3)) == {"a": 3}
    assert "<qti-record>: takes single values as fields" in refusal(record(a=(1, 2)))


def test_a_part_of_a_text_is_counted_from_one() -> None:
    assert result(call("slice", "ABCDE", 2, 2)) == "BC"
    assert result(call("slice", "ABCDE", 4, 9)) == "DE"
    for start, length in ((0, 2), (-1, 2), (6, 1), (1, 0), (1, -1)):
        assert result(call("slice", "ABCDE", start, length)) is None
    for operands in ((None, 1, 1), ("A", None, 1), ("A", 1, None)):
        assert result(call("slice", *operands)) is None
    assert compiled(call("slice", "A", 1, 1))[1:] == ("single", "string")
    text = ("response", "single", "string", "ABC")
    places: dict[str, Any] = {"N": ("template", "single", "integer", 2)}
    places["M"] = ("template", "single", "integer", 1)
    named = (call("variable", identifier=name) for name in ("V", "N", "M"))
    assert result(call("slice", *named), V=text, **places) == "B"
    assert "takes identifier or int-or-identifier or string" in refusal(call("slice", 1, 1, 1))
    assert "integer" in refusal(call("slice", "A", 1.5, 1))


@given(st.text(max_size=8), st.integers(1, 9), st.integers(1, 9))
def test_a_part_stands_where_it_says(text: str, start: int, length: int) -> None:
    part = part_of(text, start, length) or ""
    assert text[start - 1 :].startswith(part)
    assert len(part) == max(0, min(length, len(text) - start + 1))


def test_a_type_is_the_declared_one() -> None:
    def typed(value: Any, base: str) -> Any:
        return result(call("is-type-of", value, base_type=base))

    assert typed(5, "integer") is True
    assert typed(5, "float") is False
    assert typed(of("identifier", "A"), "string") is False
    assert typed((1, 2), "integer") is True
    assert typed(None, "integer") is None
    for value in (5, field(record(a=1), "a")):
        made = call("is-type-of", value, base_type="integer")
        assert compiled(made)[1:] == ("single", "boolean")
    assert result(call("is-type-of", call("variable", identifier="R"), base_type="float"),
                  R=("response", "single", "float", None)) is None  # fmt: skip


@pytest.mark.parametrize(
    ("value", "base"), [(True, "boolean"), (7, "integer"), (1.5, "float"), ("a", "string")]
)
def test_a_field_has_the_type_of_its_value(value: Any, base: str) -> None:
    held = field(record(a=value), "a")
    for other in ("boolean", "integer", "float", "string", "point"):
        assert result(call("is-type-of", held, base_type=other)) is (other == base)


def mapped(value: Any, mapping: Mapping | None, base: Any = "integer") -> Any:
    declaration = OutcomeDeclaration("RAW", "single", base, mapping=mapping)
    variable = Variable("RAW", "outcome", "single", base, declaration)
    scope = Scope("item.xml", "q1", {"RAW": variable})
    run = compile_expression(call("map-outcome", identifier="RAW"), scope)
    assert run[1:] == ("single", "float")
    return run.run(State({"RAW": value}, {}, {}))


def test_an_outcome_is_mapped_as_a_response_is() -> None:
    entries = (MapEntry("0", 0, True), MapEntry("2", 5, True))
    mapping = Mapping(entries, default=0.25, lower=0, upper=1)
    assert [mapped(value, mapping) for value in (0, 2, 3, None)] == [0.0, 1.0, 0.25, 0.25]
    for missing in (None, mapping):
        base = "integer" if missing is None else None
        with pytest.raises(ContentFault, match="no outcome with a qti-mapping"):
            mapped(1, missing, base)


def test_a_response_is_no_outcome_to_map() -> None:
    mapping = Mapping((MapEntry("0", 0, True),))
    declaration = ResponseDeclaration("R", "single", "integer", mapping=mapping)
    scope = Scope(
        "item.xml", "q1", {"R": Variable("R", "response", "single", "integer", declaration)}
    )
    with pytest.raises(ContentFault, match="maps R, which is no outcome"):
        compile_expression(call("map-outcome", identifier="R"), scope)
    assert "not declared" in refusal(call("map-outcome", identifier="N"))


def looked(value: Any, table: Any, base: str = "float", method: str = "") -> Any:
    attributes = {"base-type": base, "method": method}
    return result(Expression("lookup-table", attributes, (expression(value),), "", 7, table))


def test_a_lookup_finds_its_entry_or_the_default() -> None:
    table = MatchTable(((1, "2.5"), (2, "5")), "0")
    assert [looked(value, table) for value in (1, 2, 3, None)] == [2.5, 5.0, 0.0, 0.0]
    assert looked(3, MatchTable(((1, "2"),))) is None
    assert looked(1, MatchTable(((1, "low"),)), "string") == "low"
    steps = InterpolationTable((InterpolationEntry(10, "1"), InterpolationEntry(0, "0.5")))
    assert [looked(value, steps) for value in (12, 10, 5, -1)] == [1.0, 1.0, 0.5, None]
    open_end = InterpolationTable((InterpolationEntry(1, "9", False),), "0")
    assert [looked(value, open_end) for value in (1, 1.5)] == [0.0, 9.0]


def test_a_lookup_has_the_type_of_its_table() -> None:
    def lookup(base: str, held: Any, table: Any) -> Expression:
        attributes = {"base-type": base, "method": ""}
        return Expression("lookup-table", attributes, (expression(held),), "", 7, table)

    table = MatchTable(((1, "2"),))
    assert compiled(lookup("float", 1, table))[1:] == ("single", "float")
    assert compiled(lookup("string", 1, table))[1:] == ("single", "string")
    assert result(lookup("float", V, table), V=("response", "single", "integer", 1)) == 2.0
    assert "takes float or int-or-identifier or integer" in refusal(lookup("float", "a", table))
    assert "<qti-lookup-table>: has no table: add one" in refusal(lookup("float", 1, None))


LINE = InterpolationTable((InterpolationEntry(10, "100"), InterpolationEntry(0, "0")), "7")


def test_a_line_goes_through_its_entries_and_is_level_outside() -> None:
    values = [looked(value, LINE, method="linear") for value in (0, 5, 10, -5, 12, None)]
    assert values == [0.0, 50.0, 100.0, 0.0, 100.0, 7.0]
    points = (InterpolationEntry(2, "3"), InterpolationEntry(6, "11"), InterpolationEntry(8, "1"))
    look = linear(InterpolationTable(points))
    assert [look(value) for value in (2, 4, 6, 7, 8, None)] == [3.0, 7.0, 11.0, 6.0, 1.0, None]
    assert linear(InterpolationTable(()))(1.0) is None
    assert linear(InterpolationTable((InterpolationEntry(3, "4"),)))(1.0) == 4.0
    endless = InterpolationTable((InterpolationEntry(0, "0"), InterpolationEntry(1, "INF")))
    assert linear(endless)(0.5) is None


@given(st.floats(-50, 50), st.floats(0, 50))
def test_a_rising_line_never_falls(start: float, step: float) -> None:
    look = linear(LINE)
    one, other = look(start), look(start + step)
    assert one is not None
    assert other is not None
    assert one <= other


def truth(given: Any, **declared: Any) -> bool:
    scope = scope_of(**declared)
    values = {name: value for name, (_, _, _, value) in declared.items()}
    return compile_truth(expression(given), scope)(State(values, {}, {}))


@pytest.mark.parametrize(
    ("cardinality", "base", "false", "true"),
    [
        ("single", "integer", 0, -1), ("single", "float", 0.0, 0.1),
        ("single", "string", None, "false"), ("single", "identifier", None, "A"),
        ("multiple", "identifier", None, ("A",)), ("ordered", "integer", None, (0,)),
        ("multiple", "point", None, (Point(0, 0),)),
    ],
)  # fmt: skip
def test_a_condition_is_true_unless_zero_empty_or_null(
    cardinality: str, base: str, false: Any, true: Any
) -> None:
    for value, holds in ((false, False), (None, False), (true, True)):
        declared = ("response", cardinality, base, value)
        assert truth(V, V=declared) is holds
        assert result(call("pre-condition", V), V=declared) is holds
    (warning,) = warnings(call("pre-condition", V), V=("response", cardinality, base, None))
    assert warning.startswith("item.xml:7: item q1, <qti-pre-condition>: is not written as QTI")
    assert f"QTI wants a boolean here, not {cardinality} {base} values" in warning


def test_a_pre_condition_is_never_null() -> None:
    assert [result(call("pre-condition", value)) for value in (True, False, None)] == [
        True, False, False,
    ]  # fmt: skip
    assert compiled(call("pre-condition", None))[1:] == ("single", "boolean")
    assert warnings(call("pre-condition", call("is-null", None))) == []


@pytest.mark.parametrize(
    ("cardinality", "base"),
    [("single", "point"), ("single", "pair"), ("single", "int-or-identifier"), ("record", None)],
)
def test_what_is_neither_true_nor_false_is_no_condition(cardinality: str, base: Any) -> None:
    assert "takes" in refusal(call("pre-condition", V), V=("response", cardinality, base, None))


def test_logic_still_wants_booleans() -> None:
    for name in ("not", "and", "or"):
        assert "takes boolean values, not integer ones" in refusal(call(name, 1))


def test_equal_of_other_values_than_numbers_is_match() -> None:
    for one, other in (("a", "b"), (True, False), (Point(1, 2), Point(2, 1))):
        assert result(call("equal", one, one)) is True
        assert result(call("equal", one, other)) is False
        assert "read as match" in warnings(call("equal", one, other))[0]
    assert result(call("equal", of("pair", "A B"), of("pair", "B A"))) is True
    typed = ("response", "single", "string", None)
    assert result(call("equal", V, "a"), V=typed) is None
    assert warnings(call("equal", 1, 1.0)) == []
    assert "compares string with boolean" in refusal(call("equal", "a", True))


def test_delete_may_name_the_container_first() -> None:
    assert result(call("delete", ["A", "B", "A"], "A")) == ("B",)
    assert "the single value deleted" in warnings(call("delete", ("A",), "A"))[0]
    assert warnings(call("delete", "A", ("A",))) == []
    assert result(call("delete", ["A"], "A")) is None


def test_a_statistic_of_nulls_or_of_other_values_is_null() -> None:
    mean = {"name": "mean"}
    assert result(call("stats-operator", (1, None), **mean)) is None
    assert result(call("stats-operator", (1, "x"), **mean)) is None
    assert (
        "a string stands among the numbers" in warnings(call("stats-operator", (1, "x"), **mean))[0]
    )
    assert warnings(call("stats-operator", (1, None), **mean)) == []
    held = ("response", "multiple", "integer", (1, 3))
    assert result(call("stats-operator", (V, 5), **mean), V=held) == 3
    assert result(call("stats-operator", V, **mean), V=held) == 2
    # What is no statistic still says of every container what multiple says: NULLs are left out.
    assert result(call("sum", (1, None))) == 1


def test_a_pattern_fits_in_either_case_if_the_author_says_so() -> None:
    for text, sensitive, fits in (
        ("AB", "false", True), ("aB", "false", True), ("AB", "true", False), ("ÉB", "false", False),
    ):  # fmt: skip
        found = call("pattern-match", text, pattern="[a-c]b", case_sensitive=sensitive)
        assert result(found) is fits
    assert result(call("pattern-match", "é", pattern="É", case_sensitive="false")) is True
    assert result(call("pattern-match", "ß", pattern="ß", case_sensitive="false")) is True
    assert "must be true or false" in refusal(
        call("pattern-match", "a", pattern="a", case_sensitive="maybe")
    )


def test_rules_of_a_test_are_qti_alone() -> None:
    scope = scope_of()
    scope.level = "test"
    with pytest.raises(ContentFault, match="<qti-equal>: cannot be read as match"):
        compile_expression(call("equal", "a", "b"), scope)
    with pytest.raises(ContentFault, match="cannot be read as true unless"):
        compile_truth(expression(1), scope)
    assert scope.warnings == []


def test_the_same_warning_is_kept_once() -> None:
    assert len(warnings(call("and", call("equal", "a", "b"), call("equal", "a", "b")))) == 1
