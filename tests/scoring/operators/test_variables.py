"""Variables, keys, defaults, constants and random numbers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.content.faults import ContentFault
from ardoise.scoring.operators import compile_expression
from ardoise.scoring.scope import Scope, State, Variable
from ardoise.scoring.values import DirectedPair, Pair, Point
from tests.scoring.expressions import call, compiled, of, refusal, result, scope_of

SEED = bytes(range(32))


@pytest.mark.parametrize(
    ("base", "text", "value"),
    [
        ("boolean", "true", True), ("boolean", "0", False), ("integer", " 12 ", 12),
        ("integer", "12.0", 12), ("integer", "1e3", 1000),
        ("float", "2.50", 2.5), ("float", "3", 3.0), ("string", " a b ", " a b "),
        ("string", "", None), ("identifier", "A", "A"), ("uri", "http://a", "http://a"),
        ("point", "3 4", Point(3, 4)), ("pair", "B A", Pair("A", "B")),
        ("directed-pair", "B A", DirectedPair("B", "A")), ("duration", "PT2M", 120.0),
        ("duration", "2.5", 2.5), ("int-or-identifier", "4", 4), ("int-or-identifier", "N", "N"),
        ("file", "a.png", "a.png"), ("directedPair", "B A", DirectedPair("B", "A")),
    ],
)  # fmt: skip
def test_base_values(base: str, text: str, value: object) -> None:
    found = result(of(base, text))
    assert found == value
    assert type(found) is type(value)
    kind = compiled(of(base, text))
    assert kind[1:] == ("single", "directed-pair" if base == "directedPair" else base)


def test_base_values_that_are_none() -> None:
    assert "'two' is no integer" in refusal(of("integer", "two"))
    assert "'1.5' is no integer" in refusal(of("integer", "1.5"))
    assert "is no integer" in refusal(of("integer", "1e300"))
    assert "base-type that QTI does not know" in refusal(of("number", "2"))


def test_a_variable_has_its_value_and_type() -> None:
    form = call("variable", identifier=" X ")
    declared: Any = ("outcome", "ordered", "integer", (1, 2))
    assert result(form, X=declared) == (1, 2)
    assert compiled(form, X=declared)[1:] == ("ordered", "integer")
    assert "names X, which is not declared" in refusal(form)


@pytest.mark.parametrize(
    ("names", "base"),
    [(("numAttempts", "num-attempts"), "integer"), (("duration",), "duration"),
     (("completionStatus", "completion-status"), "identifier")],
)  # fmt: skip
def test_built_in_variables_have_two_spellings(names: tuple[str, ...], base: str) -> None:
    for name in names:
        form = compile_expression(call("variable", identifier=name), scope_of())
        assert form[1:] == ("single", base)
        assert form.run(State({names[0]: 7}, {}, {})) == 7


def test_every_item_has_a_context_that_names_nobody() -> None:
    form = call("field-value", call("variable", identifier="QTI_CONTEXT"), field_identifier="x")
    assert result(form) is None
    given: Any = ("context", "record", None, {"x": "y"})
    assert result(form, QTI_CONTEXT=given) == "y"


def test_a_declared_variable_hides_a_built_in_one() -> None:
    form = call("variable", identifier="duration")
    assert result(form, duration=("template", "single", "integer", 4)) == 4
    assert compiled(form, duration=("template", "single", "integer", 4)).base == "integer"


def test_keys_and_defaults_are_those_of_the_moment() -> None:
    response = Variable("R", "response", "multiple", "identifier")
    outcome = Variable("O", "outcome", "single", "float")
    scope = Scope("a.xml", "q", {"R": response, "O": outcome})
    state = State({}, {"R": ("A",)}, {"R": ("B",), "O": 2.0})
    correct = compile_expression(call("correct", identifier="R"), scope)
    assert (correct.run(state), correct[1:]) == (("A",), ("multiple", "identifier"))
    default = compile_expression(call("default", identifier="R"), scope)
    assert (default.run(state), default[1:]) == (("B",), ("multiple", "identifier"))
    assert compile_expression(call("default", identifier="O"), scope).run(state) == 2
    with pytest.raises(ContentFault, match="key of O, which is no response"):
        compile_expression(call("correct", identifier="O"), scope)
    with pytest.raises(ContentFault, match="names X, which is not declared"):
        compile_expression(call("default", identifier="X"), scope)


def test_null_has_no_type() -> None:
    assert compiled(None)[1:] == (None, None)
    assert result(None) is None


def test_custom_operators_are_refused() -> None:
    assert "cannot be scored" in refusal(call("custom-operator"))


def test_random_integers_go_from_min_by_step_to_max() -> None:
    form = call("repeat", call("random-integer", min=2, max=9, step=3), number_repeats=300)
    drawn = result(form, seed=SEED)
    assert set(drawn) == {2, 5, 8}
    assert all(drawn.count(value) > 70 for value in (2, 5, 8))
    assert set(result(call("repeat", call("random-integer", max=1), number_repeats=60),
                      seed=SEED)) == {0, 1}  # fmt: skip
    assert result(call("random-integer", min=4, max=4), seed=SEED) == 4
    assert compiled(call("random-integer", max=4))[1:] == ("single", "integer")


def test_random_integers_of_an_empty_range_are_null() -> None:
    for attributes in ({"min": 3, "max": 2}, {"max": 5, "step": 0}, {"max": 5, "step": -1}):
        assert result(call("random-integer", **attributes), seed=SEED) is None
    form = call("random-integer", min="N", max=5)
    assert result(form, seed=SEED, N=("template", "single", "integer", None)) is None
    assert result(form, seed=SEED, N=("template", "single", "integer", 5)) == 5
    high = call("random-integer", min=1, max="N")
    assert result(high, seed=SEED, N=("template", "single", "integer", None)) is None
    step = call("random-integer", max=5, step="N")
    assert result(step, seed=SEED, N=("template", "single", "integer", None)) is None


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.binary(min_size=16, max_size=40))
def test_random_floats_lie_between_their_bounds(low: float, width: float, seed: bytes) -> None:
    low, high = round(low, 3), round(low + width, 3)
    form = call("random-float", min=f"{low:.3f}", max=f"{high:.3f}")
    assert low <= result(form, seed=seed) <= high


def test_random_floats_spread() -> None:
    form = call("repeat", call("random-float", max=10), number_repeats=300)
    drawn = result(form, seed=SEED)
    assert all(20 <= sum(part <= x < part + 2 for x in drawn) <= 100 for part in (0, 2, 4, 6, 8))
    assert compiled(call("random-float", max=1))[1:] == ("single", "float")
    assert result(call("random-float", min=2, max=1), seed=SEED) is None
    assert result(call("random-float", min=2.5, max=2.5), seed=SEED) == 2.5
    assert result(call("random-float", max=0), seed=SEED) == 0
    empty = call("random-float", min="N", max=1)
    assert result(empty, seed=SEED, N=("template", "single", "float", None)) is None
    top = call("random-float", max="N")
    assert result(top, seed=SEED, N=("template", "single", "float", None)) is None


@pytest.mark.parametrize("name", ["random-integer", "random-float"])
def test_nothing_is_drawn_without_a_seed(name: str) -> None:
    with pytest.raises(ContentFault, match="draws at random: give a seed"):
        result(call(name, max=5))
    scope = scope_of()
    compile_expression(call(name, max=5), scope)
    assert scope.draws


def test_an_attribute_that_is_no_number_is_refused() -> None:
    assert "max must be a whole number" in refusal(call("random-integer", max="1.5"))
    assert "max must be a number" in refusal(call("random-float", max="many"))
    assert "no single number" in refusal(
        call("random-integer", max="N"), N=("template", "multiple", "integer", None)
    )
