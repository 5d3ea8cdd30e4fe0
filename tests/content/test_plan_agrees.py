"""What a plan's rules say is what the scorer's own evaluator says of the same QTI expression."""

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from ardoise.content.assessment_model import Test
from ardoise.content.keymap import KeyMap
from ardoise.content.package import Package
from ardoise.content.plan_rules import RuleCompiler
from ardoise.content.plan_tables import Tabulator
from ardoise.content.processing import Expression
from ardoise.content.route import Rules
from ardoise.contract.booklet import Booklet
from ardoise.contract.plan import Plan
from ardoise.scoring import compile_item
from ardoise.scoring.assessments import ItemRef, ItemSession, compile_test
from tests.content.samples import declared, item, mapping
from tests.content.test_assessment import part, read, ref, section
from tests.content.test_plan import drafted, points

CHOICES = ("", "A", "B", "C")
POINTS: tuple[Mapping[str, float], ...] = (
    {"A": 2, "B": 0.5},
    {"A": -1, "C": 1},
    {"B": 3},
)
ITEMS = {
    f"{n}.xml": item(
        identifier=f"q-{n}", declarations=declared("B", mapping=mapping(entries)),
        template="map_response",
    )
    for n, entries in enumerate(POINTS, 1)
}  # fmt: skip
WEIGHT = '<qti-weight identifier="W" value="2"/>'
PACKAGE: Package = read(
    part("P", section("S", ref(1, WEIGHT, 'category="x"') + ref(2) + ref(3, "", 'category="x y"'))),
    ITEMS,
)


def of(name: str, *operands: Expression, text: str = "", **attributes: str) -> Expression:
    """An expression."""
    named = {key.replace("_", "-"): value for key, value in attributes.items()}
    return Expression(name, named, operands, text)


def constant(value: float) -> Expression:
    return of("base-value", text=str(value), base_type="float")


halves = st.integers(-6, 12).map(lambda half: constant(half / 2))
scores = st.integers(1, 3).map(lambda n: of("variable", identifier=f"r{n}.SCORE"))
several = st.sampled_from(
    [
        of("test-variables", variable_identifier="SCORE"),
        of("test-variables", variable_identifier="SCORE", weight_identifier="W"),
        of("test-variables", variable_identifier="SCORE", include_category="x"),
        of("test-variables", variable_identifier="SCORE", exclude_category="y"),
    ]
).map(lambda held: of("sum", held))
leaves = halves | scores | several | st.just(of("integer-to-float", of("number-correct")))
numbers = st.recursive(
    leaves,
    lambda inner: (
        st.builds(lambda a, b: of("sum", a, b), inner, inner)
        | st.builds(lambda a, b: of("subtract", a, b), inner, inner)
        | st.builds(lambda a, b: of("product", a, b), halves, inner)
        | st.builds(lambda a: of("divide", a, constant(4)), inner)
    ),
    max_leaves=5,
)
compared = st.builds(of, st.sampled_from(["lt", "lte", "gt", "gte"]), numbers, numbers)
chosen = st.builds(
    lambda n, value: of(
        "match",
        of("variable", identifier=f"r{n}.RESPONSE"),
        of("base-value", text=value, base_type="identifier"),
    ),
    st.integers(1, 3),
    st.sampled_from("ABC"),
)
silent = st.integers(1, 3).map(lambda n: of("is-null", of("variable", identifier=f"r{n}.RESPONSE")))
conditions = st.recursive(
    compared | silent | chosen.map(lambda held: of("and", held)),
    lambda inner: (
        st.builds(of, st.sampled_from(["and", "or"]), inner, inner)
        | inner.map(lambda held: of("not", held))
    ),
    max_leaves=4,
)


def sessions(answers: Mapping[int, str]) -> dict[str, ItemSession]:
    """What scoring knows of these answers."""
    found = {}
    for n, held in enumerate(PACKAGE.items, 1):
        given_ = (answers[n],) if answers[n] else ()
        outcomes = compile_item(held).score({"RESPONSE": given_}).outcomes
        response = answers[n] or None
        found[f"r{n}"] = ItemSession(
            {**outcomes, "RESPONSE": response}, responded=response is not None
        )
    return found


@settings(max_examples=200, deadline=None)
@given(expression=conditions, answers=st.fixed_dictionaries(
    {n: st.sampled_from(CHOICES) for n in (1, 2, 3)}
))  # fmt: skip
def test_a_compiled_rule_is_true_where_the_expression_is(
    expression: Expression, answers: dict[int, str]
) -> None:
    test = PACKAGE.test
    assert isinstance(test, Test)
    refs = [
        ItemRef(
            held.identifier, item.scorable, frozenset({"S"}), frozenset(held.categories),
            held.weights, {target: source for source, target in held.variable_mappings},
        )
        for held, item in zip(test.items(), PACKAGE.items, strict=True)
    ]  # fmt: skip
    scorer = compile_test("T", (), None, refs)
    wanted = scorer.condition(expression)(sessions(answers), {})

    booklet, keymap = BOOKLET
    ids = list(keymap.items)
    named = {
        held.identifier: (held, item_id, item)
        for held, item_id, item in zip(test.items(), ids, PACKAGE.items, strict=True)
    }
    tabulator = Tabulator(dict(zip(ids, PACKAGE.items, strict=True)), keymap)
    compiler = RuleCompiler(test, named, tabulator, points)
    condition = compiler.condition(expression)
    plan = Plan((), None, compiler.tables)
    neutral = {"A": "c1", "B": "c2", "C": "c3"}
    given_ = {f"i{n}": {"r1": (neutral[value],)} for n, value in answers.items() if value}
    assert Rules(booklet, plan).holds(condition, given_, frozenset(ids)) == wanted


BOOKLET: tuple[Booklet, KeyMap] = drafted(PACKAGE)
