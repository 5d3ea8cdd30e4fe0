"""Test level: subsets of items, weights, bounds and counts."""

from typing import Any

import pytest

from ardoise.content.faults import ContentFault
from ardoise.content.processing import Assign, Processing
from ardoise.content.scorable import Scorable
from ardoise.content.variables import OutcomeDeclaration, ResponseDeclaration
from ardoise.scoring.assessments import ItemRef, ItemSession, compile_test, first_values
from tests.scoring.expressions import call, expression, refusal

SCORE = OutcomeDeclaration("SCORE", "single", "float", normal_maximum=2, normal_minimum=-1)
LEVEL = OutcomeDeclaration("LEVEL", "single", "integer")
NAME = OutcomeDeclaration("NAME", "single", "identifier")
LIST = OutcomeDeclaration("LIST", "multiple", "float")
CHOICE = ResponseDeclaration("R", "single", "identifier", ("A",))
SET = ResponseDeclaration("S", "multiple", "identifier", ("A", "B"))
FREE = ResponseDeclaration("T", "single", "string")


def ref(
    name: str, *sections: str, categories: str = "", weights: dict[str, float] | None = None,
    outcomes: tuple[OutcomeDeclaration, ...] = (SCORE, LEVEL, NAME, LIST),
    responses: tuple[ResponseDeclaration, ...] = (CHOICE, SET), **names: str,
) -> ItemRef:  # fmt: skip
    scorable = Scorable(name, f"{name}.xml", responses=responses, outcomes=outcomes)
    return ItemRef(
        name, scorable, frozenset(sections), frozenset(categories.split()), weights or {}, names
    )


ITEMS = (
    ref("i1", "s1", categories="read", weights={"W": 2.0}),
    ref("i2", "s1", "s1a", categories="read hard"),
    ref("i3", "s2", categories="count"),
)


def session(score: float | None = 0.0, **more: Any) -> ItemSession:
    flags = {name: more.pop(name) for name in ("selected", "presented", "responded", "correct")
             if name in more}  # fmt: skip
    return ItemSession({"SCORE": score, **more}, **flags)


SESSIONS = {
    "i1": session(1.0, LEVEL=3, NAME="a", R="A", S=("B", "A")),
    "i2": session(2.0, LEVEL=4, NAME="b", R="B", S=("A", "B")),
    "i3": session(None, LEVEL=None, presented=False, responded=False),
}


def asked(
    form: Any, base: str = "float", cardinality: str = "multiple", items: Any = ITEMS,
    sessions: Any = None,
) -> Any:  # fmt: skip
    outcome = OutcomeDeclaration("X", cardinality, base)  # type: ignore[arg-type]
    rules = (Assign("set-outcome-value", "X", expression(form), 3),)
    scorer = compile_test("t", (outcome,), Processing("outcome", None, rules), items, file="t.xml")
    return scorer.score(SESSIONS if sessions is None else sessions)["X"]


def test_the_variables_of_all_items_without_nulls() -> None:
    assert asked(call("test-variables", variable_identifier="SCORE")) == (1.0, 2.0)
    assert asked(call("test-variables", variable_identifier="LEVEL"), "integer") == (3, 4)
    assert asked(call("test-variables", variable_identifier="OTHER")) is None


def test_a_base_type_chooses_and_containers_are_left_out() -> None:
    form = {"variable_identifier": "NAME"}
    assert asked(call("test-variables", **form), "identifier") is None
    assert asked(call("test-variables", base_type="identifier", **form), "identifier") == ("a", "b")
    assert asked(call("test-variables", variable_identifier="SCORE", base_type="integer")) is None
    assert asked(call("test-variables", variable_identifier="LIST")) is None
    with pytest.raises(ContentFault, match="base-type that QTI does not know"):
        asked(call("test-variables", variable_identifier="SCORE", base_type="number"))


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"section_identifier": "s1"}, (1.0, 2.0)), ({"section_identifier": "s1a"}, (2.0,)),
        ({"section_identifier": "s9"}, None), ({"include_category": "hard"}, (2.0,)),
        ({"include_category": "hard count"}, (2.0,)), ({"exclude_category": "hard"}, (1.0,)),
        ({"exclude_category": "hard read"}, None),
        ({"include_category": "read", "exclude_category": "hard"}, (1.0,)),
        ({"include_category": "read", "section_identifier": "s1a"}, (2.0,)),
    ],
)  # fmt: skip
def test_subsets(attributes: dict[str, str], expected: object) -> None:
    assert asked(call("test-variables", variable_identifier="SCORE", **attributes)) == expected


def test_weights_multiply_and_are_one_where_an_item_has_none() -> None:
    form = call("test-variables", variable_identifier="SCORE", weight_identifier="W")
    assert asked(form) == (2.0, 2.0)
    level = call("test-variables", variable_identifier="LEVEL", weight_identifier="W")
    assert asked(level) == (6.0, 4.0)
    names = call("test-variables", variable_identifier="NAME", base_type="identifier",
                 weight_identifier="W")  # fmt: skip
    assert asked(names, "identifier") == ("a", "b")


def test_only_selected_items_count() -> None:
    sessions = {"i1": session(1.0, selected=False), "i2": session(2.0)}
    form = call("test-variables", variable_identifier="SCORE")
    assert asked(form, sessions=sessions) == (2.0,)
    assert asked(call("number-selected"), "integer", "single", sessions=sessions) == 1
    assert asked(call("outcome-maximum", outcome_identifier="SCORE"), sessions=sessions) == (2.0,)
    assert asked(form, sessions={}) is None


def test_sums_over_a_test() -> None:
    form = call("sum", call("test-variables", variable_identifier="SCORE"))
    assert asked(form, cardinality="single") == 3
    mixed = call("sum", call("test-variables", variable_identifier="V"))
    items = (
        ref("i1", outcomes=(OutcomeDeclaration("V", "single", "integer"),)),
        ref("i2", outcomes=(OutcomeDeclaration("V", "single", "float"),)),
    )
    sessions = {"i1": ItemSession({"V": 2}), "i2": ItemSession({"V": 1.5})}
    assert asked(mixed, "float", "single", items, sessions) == 3.5


def test_a_variable_mapping_gives_an_outcome_another_name() -> None:
    items = (ref("i1", POINTS="SCORE"), ref("i2", POINTS="SCORE"))
    assert asked(call("test-variables", variable_identifier="POINTS"), items=items) == (1.0, 2.0)
    form = call("variable", identifier="i1.POINTS")
    assert asked(form, cardinality="single", items=items) == 1


def test_the_maximum_is_null_if_any_item_states_none_and_the_minimum_leaves_it_out() -> None:
    assert asked(call("outcome-maximum", outcome_identifier="SCORE")) == (2.0, 2.0, 2.0)
    assert asked(call("outcome-maximum", outcome_identifier="SCORE", weight_identifier="W")) == (
        4.0, 2.0, 2.0,
    )  # fmt: skip
    assert asked(call("outcome-minimum", outcome_identifier="SCORE", weight_identifier="W")) == (
        -2.0, -1.0, -1.0,
    )  # fmt: skip
    plain = OutcomeDeclaration("SCORE", "single", "float")
    items = (ITEMS[0], ref("i2", outcomes=(plain,)))
    assert asked(call("outcome-maximum", outcome_identifier="SCORE"), items=items) is None
    assert asked(call("outcome-minimum", outcome_identifier="SCORE"), items=items) == (-1.0,)
    assert asked(call("outcome-minimum", outcome_identifier="R"), items=items) is None


@pytest.mark.parametrize(
    ("name", "attributes", "expected"),
    [
        ("number-correct", {}, 1), ("number-incorrect", {}, 2), ("number-presented", {}, 2),
        ("number-responded", {}, 2), ("number-selected", {}, 3),
        ("number-selected", {"section_identifier": "s1"}, 2),
        ("number-correct", {"include_category": "hard"}, 0),
        ("number-incorrect", {"exclude_category": "count"}, 1),
    ],
)  # fmt: skip
def test_counts(name: str, attributes: dict[str, str], expected: int) -> None:
    assert asked(call(name, **attributes), "integer", "single") == expected


def test_an_item_without_a_key_is_neither_correct_nor_incorrect() -> None:
    for responses in ((), (FREE,), (CHOICE, FREE)):
        items = (ref("i1", responses=responses),)
        sessions = {"i1": session(1.0, T="x", R="A")}
        for name in ("number-correct", "number-incorrect"):
            assert asked(call(name), "integer", "single", items, sessions) == 0


def test_a_key_that_template_processing_set_counts() -> None:
    sessions = {"i2": session(0.0, R="B", S=("A",), correct={"R": "B", "S": ("A",)})}
    assert asked(call("number-correct"), "integer", "single", sessions=sessions) == 1


@pytest.mark.parametrize(
    ("identifier", "weight", "expected"),
    [("i1.SCORE", "", 1.0), ("i1.SCORE", "W", 2.0), ("i2.SCORE", "W", 2.0), ("i3.SCORE", "W", None),
     ("i1.LEVEL", "W", 6.0), ("i1.LEVEL", "", 3)],
)  # fmt: skip
def test_an_item_s_variable(identifier: str, weight: str, expected: float | None) -> None:
    form = call("variable", identifier=identifier, weight_identifier=weight)
    assert asked(form, cardinality="single") == expected


def test_other_variables_of_an_item_are_not_weighed() -> None:
    form = call("variable", identifier="i1.NAME", weight_identifier="W")
    assert asked(form, "identifier", "single") == "a"
    spent = {"i1": ItemSession({"duration": 12.5, "numAttempts": 2})}
    form = call("variable", identifier="i1.duration")
    assert asked(form, "duration", "single", sessions=spent) == 12.5
    tries = call("variable", identifier="i1.num-attempts")
    assert asked(tries, "integer", "single", sessions=spent) == 2


def test_names_that_the_test_does_not_know() -> None:
    with pytest.raises(ContentFault, match="no item of the test is called i9"):
        asked(call("variable", identifier="i9.SCORE"))
    with pytest.raises(ContentFault, match="which i1 does not declare"):
        asked(call("variable", identifier="i1.OTHER"))


@pytest.mark.parametrize("name", ["number-correct", "test-variables", "outcome-maximum"])
def test_an_item_cannot_ask_about_a_test(name: str) -> None:
    form = call(name, variable_identifier="X", outcome_identifier="X")
    assert "it has no meaning in an item" in refusal(form)


def test_conditions_see_sessions_and_outcomes_of_the_test() -> None:
    total = OutcomeDeclaration("TOTAL", "single", "float")
    scorer = compile_test("t", (total,), None, ITEMS)
    holds = scorer.condition(call("gte", call("variable", identifier="i1.SCORE"), 1.0))
    assert holds(SESSIONS, {})
    assert not holds({"i1": session(None)}, {})
    assert not holds({}, {})
    enough = scorer.condition(call("gt", call("variable", identifier="TOTAL"), 1.0))
    assert enough({}, {"TOTAL": 2.0})
    assert not enough({}, {})
    assert scorer.score({}) == {"TOTAL": 0.0}


def test_the_variables_of_an_item_not_yet_reached() -> None:
    values = first_values(ITEMS[0])
    assert values["SCORE"] == 0.0
    assert values["R"] is None
    assert values["completionStatus"] == "not_attempted"
