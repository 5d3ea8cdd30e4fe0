"""Rules: branches, assignments, tables, exits; and faults that name file, item, element, line."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.content.faults import ContentFault
from ardoise.content.variables import InterpolationEntry, InterpolationTable, MatchTable
from ardoise.scoring.operators.lookup import table_lookup
from ardoise.scoring.scope import Step
from tests.scoring.items import CHOICE, SCORE, number, outcome, put, rules, scorer

TRUE = '<qti-base-value base-type="boolean">true</qti-base-value>'
FALSE = '<qti-base-value base-type="boolean">false</qti-base-value>'


def score(inside: str, *given: str, extra: str = "") -> Any:
    return scorer(CHOICE + SCORE + extra + rules(inside)).score({"RESPONSE": given}).score


def branches(first: str, second: str) -> str:
    return f"""<qti-response-condition>
    <qti-response-if>{first}{put("SCORE", number(1))}</qti-response-if>
    <qti-response-else-if>{second}{put("SCORE", number(2))}</qti-response-else-if>
    <qti-response-else>{put("SCORE", number(3))}</qti-response-else>
    </qti-response-condition>"""


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(TRUE, TRUE, 1), (FALSE, TRUE, 2), ("<qti-null/>", TRUE, 2), (FALSE, "<qti-null/>", 3)],
)
def test_the_first_true_branch_runs_and_null_is_not_true(
    first: str, second: str, expected: float
) -> None:
    assert score(branches(first, second)) == expected


def test_a_condition_without_a_true_branch_does_nothing() -> None:
    lone = f"<qti-response-if>{FALSE}{put('SCORE', number(1))}</qti-response-if>"
    assert score(f"<qti-response-condition>{lone}</qti-response-condition>") == 0


def test_an_else_alone_runs() -> None:
    lone = f"<qti-response-else>{put('SCORE', number(4))}</qti-response-else>"
    assert score(f"<qti-response-condition>{lone}</qti-response-condition>") == 4


def test_an_exit_ends_processing_from_within_conditions_and_fragments() -> None:
    inside = f"""<qti-response-processing-fragment><qti-response-condition>
      <qti-response-if>{TRUE}{put("SCORE", number(1))}<qti-exit-response/></qti-response-if>
    </qti-response-condition></qti-response-processing-fragment>{put("SCORE", number(2))}"""
    assert score(inside) == 1


def test_a_fragment_is_a_group_of_rules() -> None:
    inside = put("SCORE", number(5))
    assert (
        score(f"<qti-response-processing-fragment>{inside}</qti-response-processing-fragment>") == 5
    )


def test_values_take_the_variable_s_type() -> None:
    extra = outcome("WHOLE", "integer") + outcome("LIST", "identifier", cardinality="multiple")
    inside = (
        put("SCORE", number(2, "integer")) + put("WHOLE", number(-2.7))
        + put("LIST", '<qti-variable identifier="RESPONSE"/>')
    )  # fmt: skip
    found = scorer(CHOICE + SCORE + extra + rules(inside)).score({"RESPONSE": ("A",)}).outcomes
    assert dict(found) == {"SCORE": 2.0, "WHOLE": -2, "LIST": ("A",)}
    assert [type(found[name]) for name in ("SCORE", "WHOLE")] == [float, int]


def test_a_container_gives_a_single_variable_its_first_value() -> None:
    several = f"<qti-multiple>{number(3)}{number(4)}</qti-multiple>"
    assert score(put("SCORE", several)) == 3
    assert score(put("SCORE", "<qti-multiple/>")) == 0


def test_null_may_be_assigned_and_counts_no_points() -> None:
    result = scorer(CHOICE + SCORE + rules(put("SCORE", "<qti-null/>"))).score({})
    assert result.outcomes["SCORE"] is None
    assert result.score == 0


def test_rules_may_set_completion_status_without_declaring_it() -> None:
    word = '<qti-base-value base-type="identifier">incomplete</qti-base-value>'
    for name in ("completionStatus", "completion-status"):
        item = scorer(CHOICE + SCORE + rules(put(name, word)), adaptive=True)
        assert item.score({}).completion == "incomplete"


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        (put("OTHER", number(1)), "q1.xml:3: item q1, <qti-set-outcome-value>: sets OTHER, which"),
        (put("RESPONSE", number(1)), "cannot set RESPONSE: a response"),
        (put("SCORE", '<qti-base-value base-type="string">a</qti-base-value>'),
         "sets SCORE, a float, to a string value"),
        (put("SCORE", '<qti-variable identifier="NOPE"/>'),
         "<qti-variable>: names NOPE, which is not declared"),
        ("<qti-frobnicate/>", "<qti-frobnicate>: is no rule of response processing of QTI"),
        (put("SCORE", "<qti-frobnicate/>"), "<qti-frobnicate>: is no expression of QTI"),
        (put("SCORE", "<qti-sum/>"), "<qti-sum>: holds 0 expressions: QTI wants 1 or more"),
        (put("SCORE", f"<qti-divide>{number(1)}</qti-divide>"), "QTI wants 2"),
        (put("SCORE", ""), "needs exactly one expression"),
        (put("SCORE", number(1) + number(2)), "needs exactly one expression"),
        (put("", number(1)), "needs the identifier of a variable"),
        (put("SCORE", "<qti-variable/>"), "<qti-variable>: needs the attribute identifier"),
        (put("SCORE", number(1), rule="lookup-outcome-value"), "SCORE has no table: add one"),
        ("<qti-response-condition><qti-response-if/></qti-response-condition>",
         "needs an expression as its first child"),
        (f"<qti-response-condition><qti-response-else-if>{TRUE}</qti-response-else-if>"
         "</qti-response-condition>", "<qti-response-else-if>: is no branch at this place"),
        ('<include xmlns="http://www.w3.org/2001/XInclude" href="a.xml"/>',
         "includes another file"),
        ("<qti-exit-test/>", "<qti-exit-test>: is no rule of response processing"),
        (put("RESPONSE", number(1), rule="set-correct-response"), "is no rule of response"),
    ],
)  # fmt: skip
def test_faults_name_file_item_element_and_reason(inside: str, message: str) -> None:
    with pytest.raises(ContentFault) as fault:
        score(inside)
    assert message in str(fault.value)
    assert "q1.xml:3: item q1, <" in str(fault.value)


def test_a_trace_tells_every_rule_that_fired() -> None:
    item = scorer(CHOICE + SCORE + rules(branches(FALSE, TRUE) + "<qti-exit-response/>"))
    trace: list[Step] = []
    item.score({}, trace=trace)
    assert [(step.rule, step.subject, step.value) for step in trace] == [
        ("if", "", False), ("if", "", True), ("set-outcome-value", "SCORE", 2.0),
        ("exit", "", None),
    ]  # fmt: skip
    assert [step.line for step in trace] == [4, 5, 5, 7]


TABLE = """<qti-match-table default-value="9">
<qti-match-table-entry source-value="1" target-value="10"/>
<qti-match-table-entry source-value="2" target-value="20"/></qti-match-table>"""
LEVELS = """<qti-interpolation-table default-value="0">
<qti-interpolation-table-entry source-value="10" target-value="3"/>
<qti-interpolation-table-entry source-value="5" include-boundary="false" target-value="2"/>
<qti-interpolation-table-entry source-value="2" target-value="1"/></qti-interpolation-table>"""


@pytest.mark.parametrize(
    ("table", "source", "expected"),
    [
        (TABLE, number(1, "integer"), 10), (TABLE, number(2.0), 20), (TABLE, number(1.5), 9),
        (TABLE, number(3, "integer"), 9), (TABLE, "<qti-null/>", 9),
        (LEVELS, number(11), 3), (LEVELS, number(10), 3), (LEVELS, number(9.99), 2),
        (LEVELS, number(5), 1), (LEVELS, number(5.01), 2), (LEVELS, number(2), 1),
        (LEVELS, number(1.99), 0), (LEVELS, "<qti-null/>", 0),
        (LEVELS, '<qti-base-value base-type="duration">PT10S</qti-base-value>', 3),
        (TABLE.replace('source-value="2"', 'source-value="2.0"'), number(2), 20),
        (TABLE.replace(' default-value="9"', ""), number(7), None),
        (LEVELS.replace(' default-value="0"', ""), "<qti-null/>", None),
    ],
)  # fmt: skip
def test_lookup(table: str, source: str, expected: float | None) -> None:
    inside = outcome("L", "float", table) + SCORE
    item = scorer(CHOICE + inside + rules(put("L", source, rule="lookup-outcome-value")))
    assert item.score({}).outcomes["L"] == expected


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.booleans()), min_size=1, max_size=8, unique=True),
    st.lists(st.floats(-60, 60), min_size=2, max_size=8),
)
def test_a_falling_table_of_levels_is_monotone(
    bounds: list[tuple[int, bool]], numbers: list[float]
) -> None:
    falling = sorted(bounds, reverse=True)
    entries = tuple(
        InterpolationEntry(source, str(len(falling) - place), include)
        for place, (source, include) in enumerate(falling)
    )
    look = table_lookup(InterpolationTable(entries, "0"), int)
    levels = [look(one) for one in sorted(numbers)]
    assert levels == sorted(levels)


def test_the_first_of_two_entries_for_one_number_counts() -> None:
    assert table_lookup(MatchTable(((1, "a"), (1, "b"))), str)(1) == "a"
