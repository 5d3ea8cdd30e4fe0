"""math-operator, stats-operator, math-constant."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.scoring.operators import compile_expression
from tests.scoring.expressions import call, compiled, of, refusal, result, scope_of


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("sin", 1.0, 0.8414709848078965), ("cos", 1.0, 0.5403023058681398),
        ("tan", 1.0, 1.5574077246549023), ("sec", 1.0, 1.8508157176809255),
        ("csc", 1.0, 1.1883951057781212), ("cot", 1.0, 0.6420926159343306),
        ("asin", 0.5, 0.5235987755982989), ("acos", 0.5, 1.0471975511965979),
        ("atan", 0.5, 0.4636476090008061), ("asec", 2.0, 1.0471975511965979),
        ("acsc", 2.0, 0.5235987755982989), ("acot", 2.0, 0.4636476090008061),
        ("acot", 0, 1.5707963267948966), ("acot", -2.0, -0.4636476090008061),
        ("sinh", 1.0, 1.1752011936438014), ("cosh", 1.0, 1.5430806348152437),
        ("tanh", 1.0, 0.7615941559557649), ("sech", 1.0, 0.6480542736638855),
        ("csch", 1.0, 0.8509181282393216), ("coth", 1.0, 1.3130352854993312),
        ("log", 100, 2.0), ("ln", 10, 2.302585092994046), ("exp", 1, 2.718281828459045),
        ("abs", -2.5, 2.5), ("abs", -2, 2), ("signum", -2.5, -1),
        ("signum", 0, 0), ("signum", 0.5, 1),
        ("signum", 9, 1), ("floor", -2.5, -3), ("ceil", -2.5, -2), ("ceil", 2.1, 3),
        ("toDegrees", math.pi, 180.0), ("toRadians", 180, math.pi),
        ("to-degrees", math.pi, 180.0), ("to-radians", 180, math.pi),
    ],
)  # fmt: skip
def test_functions(name: str, value: float, expected: float) -> None:
    assert result(call("math-operator", value, name=name)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("asin", 2), ("acos", -2), ("asec", 0.5), ("acsc", 0), ("log", 0), ("ln", -1), ("csc", 0),
        ("cot", 0), ("csch", 0), ("coth", 0), ("exp", 1000), ("sinh", 1000), ("asec", 0),
    ],
)  # fmt: skip
def test_outside_its_domain_a_function_is_null(name: str, value: float) -> None:
    assert result(call("math-operator", value, name=name)) is None


def test_infinity_has_no_sine_and_no_floor() -> None:
    for name in ("sin", "floor", "ceil", "exp"):
        assert result(call("math-operator", of("float", "INF"), name=name)) is None


def test_the_types_of_functions() -> None:
    assert compiled(call("math-operator", 1, name="sin"))[1:] == ("single", "float")
    for name in ("floor", "ceil", "signum"):
        assert compiled(call("math-operator", 1.5, name=name)).base == "integer"
    assert compiled(call("math-operator", 1, name="abs")).base == "integer"
    assert compiled(call("math-operator", 1.0, name="abs")).base == "float"


def test_atan2_takes_two_values_and_the_others_one() -> None:
    assert result(call("math-operator", 1, -1, name="atan2")) == pytest.approx(3 * math.pi / 4)
    assert result(call("math-operator", 1, None, name="atan2")) is None
    assert compiled(call("math-operator", 1, 1, name="atan2"))[1:] == ("single", "float")
    assert "atan2 takes two values" in refusal(call("math-operator", 1, name="atan2"))
    assert "sin takes one value" in refusal(call("math-operator", 1, 1, name="sin"))


def test_functions_refuse_what_they_do_not_know() -> None:
    assert result(call("math-operator", None, name="sin")) is None
    assert "'sine' is no function" in refusal(call("math-operator", 1, name="sine"))
    assert "not string" in refusal(call("math-operator", "a", name="sin"))
    assert "takes single" in refusal(call("math-operator", (1,), name="sin"))


VALUES = (2, 4, 4, 4, 5, 5, 7, 9)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("mean", VALUES, 5.0), ("popVariance", VALUES, 4.0), ("popSD", VALUES, 2.0),
        ("sampleVariance", VALUES, 32 / 7), ("sampleSD", VALUES, math.sqrt(32 / 7)),
        ("mean", (3,), 3.0), ("popVariance", (3,), None), ("popSD", (3,), None),
        ("sampleVariance", (3,), None), ("sampleSD", (3,), None), ("sampleSD", (1, 3), 2**0.5),
        ("mean", (), None), ("mean", None, None), ("mean", [1, 2], 1.5),
        ("pop-variance", VALUES, 4.0), ("pop-sd", VALUES, 2.0), ("sample-sd", (1, 3), 2**0.5),
        ("sample-variance", (1, 3), 2.0),
    ],
)  # fmt: skip
def test_statistics(name: str, values: object, expected: float | None) -> None:
    found = result(call("stats-operator", values, name=name))
    assert found == (None if expected is None else pytest.approx(expected, rel=1e-15))
    assert found is None or type(found) is float


def test_square_roots_and_medians_are_taken_with_a_warning() -> None:
    assert result(call("math-operator", 16.0, name="sqrt")) == 4
    assert result(call("math-operator", -1.0, name="sqrt")) is None
    assert result(call("stats-operator", (7, 1, 4, 3), name="median")) == 3.5
    for name, operand in (("math-operator", 2.0), ("stats-operator", (1, 2))):
        scope = scope_of()
        compile_expression(
            call(name, operand, name={"math-operator": "sqrt"}.get(name, "median")), scope
        )
        assert [one.element for one in scope.warnings] == [f"qti-{name}"]


def test_statistics_refuse_what_they_do_not_know() -> None:
    assert "'mode' is no statistic" in refusal(call("stats-operator", (1,), name="mode"))
    assert "takes multiple or ordered" in refusal(call("stats-operator", 1, name="mean"))
    assert "not string" in refusal(call("stats-operator", ("a",), name="mean"))
    assert compiled(call("stats-operator", (1,), name="mean"))[1:] == ("single", "float")
    assert result(call("stats-operator", (1, of("float", "INF")), name="mean")) is None
    assert result(call("stats-operator", (1e200, -1e200), name="popVariance")) is None


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=12))
def test_the_order_of_values_never_matters(values: list[int]) -> None:
    for name in ("mean", "sampleSD"):
        one = result(call("stats-operator", values, name=name))
        assert one == result(call("stats-operator", values[::-1], name=name))
    assert result(call("stats-operator", values, name="mean")) == statistics.fmean(values)


def test_constants() -> None:
    assert result(call("math-constant", name="pi")) == math.pi
    assert result(call("math-constant", name="e")) == math.e
    assert compiled(call("math-constant", name="e"))[1:] == ("single", "float")
    assert "must be pi or e" in refusal(call("math-constant", name="tau"))
