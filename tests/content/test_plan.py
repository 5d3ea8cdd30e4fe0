"""From a test to a booklet's plan: neutral, inherited, compiled; what cannot route says so."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from ardoise.content.booklet import draft
from ardoise.content.faults import ContentFault
from ardoise.content.keymap import KeyMap
from ardoise.content.model import Item
from ardoise.content.package import Package
from ardoise.contract.booklet import Booklet, decode
from ardoise.contract.plan import Branch, Compare, Control, Limits, Plan, Row, Section, Some, Term
from ardoise.scoring.scorer import compile_item
from tests.content.samples import declared, item, mapping
from tests.content.test_assessment import part, read, ref, section


def points(of: Item, responses: Mapping[str, tuple[str, ...]]) -> Mapping[str, Any]:
    """The authority's scorer."""
    return compile_item(of).score(responses).outcomes


def drafted(package: Package, writer: Any = "pupil") -> tuple[Booklet, KeyMap]:
    """The booklet, as it comes out of the JSON again, and its key map."""
    made = draft(
        package, campaign="c-2026", part="p", title="P", campaign_title="C", language="en",
        minutes=10, writer=writer, points=points,
    )  # fmt: skip
    return decode(msgspec.json.encode(made.with_blobs({}))), made.keymap


def plan_of(package: Package, writer: Any = "pupil") -> Plan:
    """The plan, as it comes out of the JSON again."""
    found = drafted(package, writer)[0].plan
    assert found is not None
    return found


def plan(held: str, files: dict[str, str] | None = None, *, count: int = 3) -> Plan:
    """The plan of a test."""
    return plan_of(read(held, files, count=count))


def refused(held: str, files: dict[str, str] | None = None) -> str:
    """Why a test that can be read cannot be drafted."""
    package = read(held, files)
    with pytest.raises(ContentFault) as fault:
        plan_of(package)
    return str(fault.value)


def branch(expression: str, target: str = "r3") -> str:
    """A branch rule."""
    return f'<qti-branch-rule target="{target}">{expression}</qti-branch-rule>'


def number(value: float) -> str:
    """A constant."""
    return f'<qti-base-value base-type="float">{value}</qti-base-value>'


def routed(
    expression: str, files: dict[str, str] | None = None, *, more: str = ""
) -> tuple[Any, Plan]:
    """The condition that a branch rule on the first item of a linear part becomes."""
    held = section("A", ref(1, branch(expression)) + ref(2) + ref(3))
    made = plan(part("P", held, "linear") + more, files)
    first = made.parts[0].sections[0].children[0]
    return first.branches[0].when, made


SCORE = '<qti-variable identifier="r1.SCORE"/>'


def test_names_are_neutral_and_titles_of_invisible_sections_stay() -> None:
    held = section("EASY", ref(1)) + section("KEY-B", ref(2), 'visible="false"')
    made = plan(part("SECRET", held))
    text = msgspec.json.encode(made).decode()
    assert [held.id for held in made.parts[0].sections] == ["s1", "s2"]
    assert [held.title for held in made.parts[0].sections] == ["T EASY", ""]
    for name in ("SECRET", "KEY-B", "r1", "q-1"):
        assert name not in text


def test_session_control_is_inherited_from_part_to_section_to_item() -> None:
    held = (
        '<qti-item-session-control max-attempts="0" allow-skipping="false"/>'
        + section("A", '<qti-item-session-control allow-skipping="true" allow-review="false"/>'
                  + ref(1) + ref(2, '<qti-item-session-control validate-responses="true"/>'))
    )  # fmt: skip
    one, two = plan(part("P", held)).parts[0].sections[0].children
    assert one.control == Control(attempts=0, review=False)  # type: ignore[union-attr]
    assert two.control == Control(attempts=0, review=False, validate=True)  # type: ignore[union-attr]


def test_limits_stand_where_the_author_put_them() -> None:
    limit = '<qti-time-limits max-time="{}"/>'
    made = plan(
        limit.format(4)
        + part("P", limit.format(3) + section("A", limit.format(2) + ref(1, limit.format(1))))
    )
    inner = made.parts[0].sections[0]
    found = [made.limits, made.parts[0].limits, inner.limits, inner.children[0].limits]
    assert found == [Limits(most=4), Limits(most=3), Limits(most=2), Limits(most=1)]


def test_points_of_a_choice_become_a_table_of_neutral_values() -> None:
    condition, made = routed(f"<qti-gte>{SCORE}{number(1)}</qti-gte>")
    assert condition == Compare((Term("t1"),), "gte", 1)
    assert made.tables["t1"].rows == (Row((("c1",),), 1),)


def test_sums_weights_and_differences_become_one_sum() -> None:
    expression = (
        "<qti-gt><qti-sum>"
        '<qti-product><qti-variable identifier="r2.SCORE"/><qti-base-value base-type="integer">3'
        "</qti-base-value></qti-product>"
        f"<qti-divide>{SCORE}{number(2)}</qti-divide></qti-sum>"
        f'<qti-subtract><qti-variable identifier="r1.SCORE"/>{number(4)}</qti-subtract></qti-gt>'
    )
    condition, _ = routed(expression)
    assert condition == Compare((Term("t1", 3), Term("t2", -0.5)), "gt", -4)


def test_categories_weights_and_renamed_outcomes_choose_what_is_summed() -> None:
    weight = '<qti-weight identifier="W" value="2"/>'
    renamed = '<qti-variable-mapping source-identifier="SCORE" target-identifier="SCORE2"/>'
    expression = (
        '<qti-gte><qti-sum><qti-test-variables variable-identifier="SCORE" include-category="x" '
        'exclude-category="y" weight-identifier="W"/></qti-sum>' + number(2) + "</qti-gte>"
    )
    first = part(
        "P",
        section("A", ref(1, weight, 'category="x"') + ref(2, renamed, 'category="x y"')),
        submit="simultaneous",
    ).replace("<qti-assessment-section", branch(expression, "R") + "<qti-assessment-section", 1)
    made = plan(first + part("Q", section("B", ref(3))) + part("R", section("C", ref(4))), count=4)
    assert made.parts[0].branches == (Branch(Compare((Term("t1", 2),), "gte", 2), "p3"),)
    assert [table.item for table in made.tables.values()] == ["i1"]


def test_a_tests_own_outcome_is_replaced_by_the_rule_that_sets_it() -> None:
    processing = (
        '<qti-outcome-declaration identifier="T" cardinality="single" base-type="float"/>'
        '<qti-outcome-processing><qti-set-outcome-value identifier="T"><qti-sum>'
        '<qti-test-variables variable-identifier="SCORE"/></qti-sum></qti-set-outcome-value>'
        "</qti-outcome-processing>"
    )
    own = '<qti-variable identifier="T"/>'
    condition, _ = routed(f"<qti-lt>{own}{number(2)}</qti-lt>", more=processing)
    assert condition == Compare((Term("t1"), Term("t2"), Term("t3")), "lt", 2)


def test_a_level_that_outcome_processing_names_can_be_asked_for() -> None:
    def level(name: str) -> str:
        return (
            '<qti-set-outcome-value identifier="L"><qti-base-value base-type="identifier">'
            f"{name}</qti-base-value></qti-set-outcome-value>"
        )

    processing = (
        '<qti-outcome-declaration identifier="L" cardinality="single" base-type="identifier"/>'
        "<qti-outcome-processing><qti-outcome-condition>"
        f"<qti-outcome-if><qti-gte>{SCORE}{number(1)}</qti-gte>{level('high')}</qti-outcome-if>"
        f"<qti-outcome-else>{level('low')}</qti-outcome-else>"
        "</qti-outcome-condition></qti-outcome-processing>"
    )
    asks = (
        '<qti-match><qti-variable identifier="L"/><qti-base-value base-type="identifier">low'
        "</qti-base-value></qti-match>"
    )
    condition, _ = routed(asks, more=processing)
    assert isinstance(condition, Some)
    assert '"unless"' in msgspec.json.encode(condition).decode()


def test_a_choice_itself_can_decide_and_silence_too() -> None:
    chosen = (
        '<qti-match><qti-variable identifier="r1.RESPONSE"/>'
        '<qti-base-value base-type="identifier">B</qti-base-value></qti-match>'
    )
    _, made = routed(chosen)
    assert made.tables["t1"].rows == (
        Row((("c1",),), 0), Row((("c2",),), 1), Row((("c3",),), 0),
    )  # fmt: skip
    assert made.tables["t1"].otherwise == -1  # no answer: NULL, neither true nor false
    silent = '<qti-is-null><qti-variable identifier="r1.RESPONSE"/></qti-is-null>'
    _, made = routed(silent)
    assert (made.tables["t1"].otherwise, made.tables["t1"].absent) == (1, 1)
    assert {row.given for row in made.tables["t1"].rows} == {(("c1",),), (("c2",),), (("c3",),)}


TEXT = '<p><qti-text-entry-interaction response-identifier="RESPONSE"/></p>'


def test_typed_answers_route_by_their_keys_under_a_standard_template() -> None:
    keys = mapping({"Été": 2, "Hiver": 1})
    typed = item(
        TEXT, identifier="q-1", declarations=declared(base="string", mapping=keys),
        template="map_response",
    )  # fmt: skip
    _, made = routed(f"<qti-gte>{SCORE}{number(1)}</qti-gte>", {"1.xml": typed})
    assert made.tables["t1"].rows == (
        Row((("Été",),), 2, folded=True),
        Row((("Hiver",),), 1, folded=True),
    )
    exact = item(TEXT, identifier="q-1", declarations=declared("0.5", base="float"))
    _, made = routed(f"<qti-gte>{SCORE}{number(1)}</qti-gte>", {"1.xml": exact})
    assert made.tables["t1"].rows == (Row((("0.5",),), 1),)


def test_several_choices_are_counted_out() -> None:
    several = item(
        identifier="q-1", declarations=declared("A", "B", cardinality="multiple"),
    ).replace('max-choices="1"', 'max-choices="0"')  # fmt: skip
    _, made = routed(f"<qti-gte>{SCORE}{number(1)}</qti-gte>", {"1.xml": several})
    assert made.tables["t1"].rows == (Row((("c1", "c2"),), 1),)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (f"<qti-gte><qti-power>{SCORE}{number(2)}</qti-power>{number(1)}</qti-gte>", "qti-power"),
        (f"<qti-gte><qti-product>{SCORE}{SCORE}</qti-product>{number(1)}</qti-gte>", "points with"),
        (f"<qti-gte><qti-number-presented/>{number(1)}</qti-gte>", "qti-number-presented"),
        (f'<qti-gte><qti-variable identifier="NONE"/>{number(1)}</qti-gte>', "names NONE"),
        (f'<qti-gte><qti-variable identifier="r1.NONE"/>{number(1)}</qti-gte>', "asks r1 for NONE"),
        (f"<qti-gte>{number(1)}<qti-random-float max='1'/></qti-gte>", "qti-random-float"),
        (f"<qti-duration-gte>{SCORE}{number(1)}</qti-duration-gte>", "qti-duration-gte"),
    ],
)
def test_what_a_browser_cannot_evaluate_is_refused_by_name(expression: str, message: str) -> None:
    held = section("A", ref(1, branch(expression)) + ref(2) + ref(3))
    found = refused(part("P", held, "linear"))
    assert message in found
    assert "test.xml:1" in found


def test_an_item_with_too_many_answers_does_not_route() -> None:
    options = "".join(
        f'<qti-simple-choice identifier="O{n}">{n}</qti-simple-choice>' for n in range(14)
    )
    many = item(
        '<qti-choice-interaction response-identifier="RESPONSE" max-choices="0">'
        f"{options}</qti-choice-interaction>",
        identifier="q-1", declarations=declared("O1", cardinality="multiple"),
    )  # fmt: skip
    held = section("A", ref(1, branch(f"<qti-gte>{SCORE}{number(1)}</qti-gte>")) + ref(3))
    assert "2000 possible answers" in refused(part("P", held, "linear"), {"1.xml": many})


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (part("P", section("A", ref(1) + ref(2, branch(number(1), "r1"))), "linear"), "come later"),
        (part("P", section("A", ref(1, branch(number(1), "Z"))), "linear"), "come later"),
        (
            part("P", section("A", '<qti-ordering shuffle="true"/>' + ref(1, branch(number(1)))
                              + ref(3)), "linear"),
            "shuffled section",
        ),
        (
            part("P", branch(number(1), "A") + section("A", ref(1))),
            "no test part further on",
        ),
        (
            part("P", section("A", '<qti-ordering shuffle="true"/>'
                 + section("B", '<qti-time-limits max-time="9"/>' + ref(1),
                           'visible="false" keep-together="false"'))),
            "set keep-together to true",
        ),
    ],
)  # fmt: skip
def test_rules_that_lead_nowhere_are_refused(held: str, message: str) -> None:
    assert message in refused(held)


def test_rules_inside_a_nonlinear_part_are_not_asked_for() -> None:
    made = plan(part("P", section("A", ref(1, branch(number(1))) + ref(3))))
    assert made.parts[0].sections[0].children[0].branches == ()
    assert made.tables == {}


def test_a_booklet_without_rules_holds_no_key_material() -> None:
    held = section("A", ref(1) + ref(2) + ref(3))
    one = plan(part("P", held), {"1.xml": item(identifier="q-1", declarations=declared("A"))})
    two = plan(part("P", held), {"1.xml": item(identifier="q-1", declarations=declared("B"))})
    assert msgspec.json.encode(one) == msgspec.json.encode(two)
    assert one.tables == {}


def test_tables_tell_of_the_items_that_route_and_of_no_other() -> None:
    held = section("A", ref(1, branch(f"<qti-gte>{SCORE}{number(1)}</qti-gte>")) + ref(2) + ref(3))
    one = plan(part("P", held, "linear"), {"2.xml": item(identifier="q-2")})
    other = item(identifier="q-2", declarations=declared("B"))
    two = plan(part("P", held, "linear"), {"2.xml": other})
    assert one == two
    assert [table.item for table in one.tables.values()] == ["i1"]


def test_what_a_teacher_keys_is_neither_selected_nor_routed() -> None:
    keyed = section("A", '<qti-selection select="1"/>' + ref(1) + ref(2))
    with pytest.raises(ContentFault, match="every pupil has the whole booklet"):
        plan_of(read(part("P", keyed)), "teacher")


def test_inner_sections_keep_their_place() -> None:
    made = plan(part("P", section("A", ref(1) + section("B", ref(2)) + ref(3))))
    outer = made.parts[0].sections[0]
    assert isinstance(outer.children[1], Section)
    assert outer.children[1].id == "s2"
