"""Arithmetic: types, NULL, and results that are no number."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring.expressions import call, compiled, of, refusal, result

BIG = 10**17
INF = of("float", "INF")


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("sum", (1, 2, 3), 6), ("sum", (1, 2.5), 3.5), ("sum", ((1, 2), [3]), 6), ("sum", (4,), 4),
        ("product", (2, 3, 4), 24), ("product", ((2, 5),), 10), ("product", (2, 0.5), 1.0),
        ("min", (3, 1, 2), 1), ("min", ((3.5, 2),), 2), ("max", (3, 1, 2), 3), ("max", (1, [7]), 7),
        ("subtract", (5, 7), -2), ("subtract", (5, 1.5), 3.5),
        ("divide", (7, 2), 3.5), ("divide", (6, 3), 2.0), ("divide", (1, 0), None),
        ("divide", (0, 5), 0.0), ("divide", (1, 0.0), None),
        ("power", (2, 10), 1024.0), ("power", (2, -1), 0.5), ("power", (-8, 1 / 3), None),
        ("power", (10.0, 400.0), None), ("power", (0, -1), None), ("power", (0, 0), 1.0),
        ("integer-divide", (7, 2), 3), ("integer-divide", (-7, 2), -4),
        ("integer-divide", (7, -2), -4), ("integer-divide", (7, 0), None),
        ("integer-modulus", (7, 2), 1), ("integer-modulus", (-7, 2), 1),
        ("integer-modulus", (7, -2), -1), ("integer-modulus", (7, 0), None),
        ("gcd", (12, 18), 6), ("gcd", (-12, 18, 8), 2), ("gcd", (0, 0), 0), ("gcd", ((12, 8),), 4),
        ("lcm", (4, 6), 12), ("lcm", (4, 0), 0), ("lcm", ([2, 3], 5), 30), ("lcm", (-4, 6), 12),
        ("truncate", (6.8,), 6), ("truncate", (-6.8,), -6), ("truncate", (3,), 3),
        ("round", (6.5,), 7), ("round", (-6.5,), -6), ("round", (6.4999,), 6),
        ("round", (-6.6,), -7),
        ("round", (0.49999999999999994,), 0), ("round", (4,), 4), ("round", (-0.5,), 0),
        ("integer-to-float", (3,), 3.0),
    ],
)  # fmt: skip
def test_arithmetic(name: str, values: tuple[object, ...], expected: float | None) -> None:
    assert result(call(name, *values)) == expected


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("sum", 2), ("product", 2), ("min", 2), ("max", 2), ("subtract", 2), ("divide", 2),
        ("power", 2), ("integer-divide", 2), ("integer-modulus", 2), ("gcd", 2), ("lcm", 2),
        ("truncate", 1), ("round", 1), ("integer-to-float", 1),
    ],
)  # fmt: skip
def test_null_in_null_out_and_texts_are_refused(name: str, count: int) -> None:
    for place in range(count):
        operands = [None if place == other else 1 for other in range(count)]
        assert result(call(name, *operands)) is None
        assert "values, not" in refusal(
            call(name, *("a" if one is None else 1 for one in operands))
        )
        if name not in ("sum", "product", "min", "max", "gcd", "lcm"):
            wrong = ((1,) if one is None else 1 for one in operands)
            assert "takes single values" in refusal(call(name, *wrong))


def test_empty_containers_are_null_in_sums_too() -> None:
    for name in ("sum", "product", "min", "max", "gcd", "lcm"):
        assert result(call(name, 1, ())) is None


@pytest.mark.parametrize("name", ["sum", "product", "min", "max", "subtract"])
def test_integers_give_an_integer_and_any_float_a_float(name: str) -> None:
    assert compiled(call(name, 1, 2)).base == "integer"
    assert compiled(call(name, 1, 2.0)).base == "float"
    assert compiled(call(name, 1, 2)).cardinality == "single"


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("divide", "float"), ("power", "float"), ("integer-divide", "integer"),
        ("integer-modulus", "integer"), ("gcd", "integer"), ("lcm", "integer"),
    ],
)  # fmt: skip
def test_the_types_of_other_results(name: str, base: str) -> None:
    assert compiled(call(name, 1, 2))[1:] == ("single", base)
    if base == "integer":
        assert "values, not float" in refusal(call(name, 1, 2.0))


def test_the_types_of_single_operators() -> None:
    assert compiled(call("round", 1.5))[1:] == ("single", "integer")
    assert compiled(call("truncate", 1.5))[1:] == ("single", "integer")
    assert compiled(call("integer-to-float", 1))[1:] == ("single", "float")
    assert compiled(call("round-to", 1.5, figures=1))[1:] == ("single", "float")
    assert type(result(call("integer-to-float", 3))) is float
    assert type(result(call("round", 6.4))) is int
    assert type(result(call("truncate", 6.4))) is int


def test_what_is_too_large_or_infinite_is_null() -> None:
    huge = [BIG] * 300
    assert result(call("product", huge)) is None
    assert result(call("product", [*huge[:17], 1.0])) == pytest.approx(1e289)
    assert result(call("product", [1e200, 1e200])) is None
    assert result(call("sum", INF, -1)) is None
    assert result(call("sum", INF, of("float", "-INF"))) is None
    assert result(call("subtract", INF, 1)) is None
    assert result(call("divide", call("product", huge[:30]), 1)) is None
    assert result(call("divide", 1e300, 1e-300)) is None
    assert result(call("product", [10**17] * 17)) == 10 ** (17 * 17)
    assert result(call("product", [10**17] * 18)) is None
    assert result(call("sum", call("product", huge[:30]), 0.5)) is None


def test_rounding_leaves_infinity_as_it_is() -> None:
    for name in ("round", "truncate"):
        assert result(call(name, INF)) == math.inf
    assert result(call("round-to", INF, figures=2)) == math.inf


@pytest.mark.parametrize(
    ("value", "mode", "figures", "expected"),
    [
        (1234.567, "significantFigures", 3, 1230.0), (0.0012345, "significantFigures", 2, 0.0012),
        (9.99, "significantFigures", 2, 10.0), (-1.25, "significantFigures", 2, -1.2),
        (0.0, "significantFigures", 3, 0.0), (5, "significant-figures", 1, 5.0),
        (1.5, "", 1, 2.0), (1.5, "significantFigures", 0, None),
        (2.675, "decimalPlaces", 2, 2.68), (1.005, "decimalPlaces", 2, 1.01),
        (-1.5, "decimalPlaces", 0, -1.0), (1.25, "decimal-places", 1, 1.3),
        (1.5, "decimalPlaces", -1, None), (1.5, "decimalPlaces", 0, 2.0),
        (1e300, "decimalPlaces", 3, 1e300), (123456, "decimalPlaces", 2, 123456.0),
        (1.5, "decimalPlaces", 401, None), (1.5, "decimalPlaces", 400, 1.5),
        (None, "decimalPlaces", 1, None),
    ],
)  # fmt: skip
def test_round_to(value: object, mode: str, figures: int, expected: float | None) -> None:
    found = result(call("round-to", value, rounding_mode=mode, figures=figures))
    assert found == expected
    assert found is None or type(found) is float


def test_round_to_takes_its_figures_from_a_variable() -> None:
    form = call("round-to", 1.256, rounding_mode="decimalPlaces", figures="F")
    assert result(form, F=("outcome", "single", "integer", 1)) == 1.3
    assert result(form, F=("outcome", "single", "integer", None)) is None
    assert "must be significantFigures" in refusal(
        call("round-to", 1, rounding_mode="x", figures=1)
    )


def test_a_record_s_field_counts_if_it_is_a_number() -> None:
    for value, expected in ((2, 3), (2.5, 3.5), ("2", None), (True, None), (None, None)):
        field = call("field-value", call("variable", identifier="R"), field_identifier="x")
        record = ("response", "record", None, {"x": value})
        assert result(call("sum", field, 1), R=record) == expected
        assert result(call("subtract", call("sum", field, 1), 0), R=record) == expected
        assert result(call("gcd", field, 0), R=record) == (2 if value == 2 else None)
        assert result(call("integer-modulus", field, 5), R=record) == (2 if value == 2 else None)
        assert result(call("lt", field, 9), R=record) == (None if expected is None else True)


@given(st.floats(-1e9, 1e9))
def test_rounding_is_the_nearest_whole_number_with_halves_upward(value: float) -> None:
    found = result(call("round", value))
    assert found - 0.5 <= value < found + 0.5 or abs(value) > 2**51


@given(st.integers(-1000, 1000), st.integers(-50, 50).filter(bool))
def test_quotient_and_remainder_make_up_the_number(one: int, other: int) -> None:
    quotient = result(call("integer-divide", one, other))
    remainder = result(call("integer-modulus", one, other))
    assert quotient * other + remainder == one
    assert abs(remainder) < abs(other)


HUGE = 2**1000 - 1
"""The largest whole number that an operator gives."""


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("sum", {}), ("subtract", {}), ("product", {}), ("divide", {}), ("power", {}),
        ("equal", {"tolerance_mode": "relative", "tolerance": "1 1"}),
        ("equal", {"tolerance_mode": "absolute", "tolerance": "1 H"}),
        ("equal-rounded", {"figures": 3, "rounding_mode": "significantFigures"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("other", ["F", "H"])
def test_the_largest_whole_number_meets_a_float_without_harm(
    name: str, attributes: dict[str, str], other: str
) -> None:
    named = [call("variable", identifier=one) for one in ("H", other)]
    held: dict[str, Any] = {
        "H": ("response", "single", "integer", HUGE), "F": ("response", "single", "float", 1e308),
    }  # fmt: skip
    assert isinstance(result(call(name, *named, **attributes), **held), int | float | None)


def test_a_whole_number_that_no_float_could_hold_is_null() -> None:
    huge = call("variable", identifier="H")
    held: dict[str, Any] = {"H": ("response", "single", "integer", HUGE)}
    assert result(call("product", huge, 2), **held) is None
    assert result(call("integer-to-float", huge), **held) == float(HUGE)


@pytest.mark.parametrize("name", ["product", "lcm"])
def test_a_product_that_grows_without_bound_is_given_up_at_once(name: str) -> None:
    primes = [n for n in range(2, 20_000) if all(n % d for d in range(2, math.isqrt(n) + 1))]
    assert result(call(name, primes * 8)) is None
    assert result(call(name, [*primes, 0])) == 0
