"""match, equal and its tolerances, equal-rounded, order and durations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.scoring.values import DirectedPair, Pair, Point
from tests.scoring.expressions import call, compiled, of, refusal, result


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a", "a", True), ("a", "A", False), (1, 1, True), (1, 1.0, True), (1.5, 1, False),
        (True, True, True), (True, False, False), (None, "a", None), ("a", None, None),
        (("a", "b"), ("b", "a"), True), (("a", "b"), ("a",), False),
        (("a", "a", "b"), ("a", "b", "b"), False), (["a", "b"], ["b", "a"], False),
        (["a", "b"], ["a", "b"], True), ((), ("a",), None), (["a"], ["a", "a"], False),
        (Pair.of("A", "B"), Pair.of("B", "A"), True),
        (DirectedPair("A", "B"), DirectedPair("B", "A"), False),
        (Point(1, 2), Point(1, 2), True), (Point(1, 2), Point(2, 1), False),
        (of("identifier", "a"), "a", True), (of("duration", "90"), of("duration", "PT1M30S"), True),
    ],
)  # fmt: skip
def test_match(one: object, other: object, expected: bool | None) -> None:
    assert result(call("match", one, other)) is expected
    assert compiled(call("match", one, other))[1:] == ("single", "boolean")


def test_match_refuses_unlike_types_and_kinds() -> None:
    assert "compares integer with string values" in refusal(call("match", 1, "1"))
    assert "compares single with multiple values" in refusal(call("match", "a", ("a",)))
    assert "compares ordered with multiple values" in refusal(call("match", ["a"], ("a",)))


@pytest.mark.parametrize(
    ("one", "other", "attributes", "expected"),
    [
        (1, 1.0, {}, True), (1, 2, {}, False), (None, 1, {}, None), (1, None, {}, None),
        (0.1, 0.1, {"tolerance_mode": "exact"}, True),
        (10, 12, {"tolerance_mode": "absolute", "tolerance": "2"}, True),
        (10, 8, {"tolerance_mode": "absolute", "tolerance": "2"}, True),
        (10, 12.01, {"tolerance_mode": "absolute", "tolerance": "2"}, False),
        (10, 7.99, {"tolerance_mode": "absolute", "tolerance": "2"}, False),
        (10, 8, {"tolerance_mode": "absolute", "tolerance": "3 1"}, True),
        (10, 12, {"tolerance_mode": "absolute", "tolerance": "3 1"}, False),
        (10, 11, {"tolerance_mode": "absolute", "tolerance": "3 1"}, True),
        (10, 7, {"tolerance_mode": "absolute", "tolerance": "3 1"}, True),
        (10, 8, {"tolerance_mode": "absolute", "tolerance": "2", "include_lower_bound": "false"},
         False),
        (10, 12, {"tolerance_mode": "absolute", "tolerance": "2", "include_lower_bound": "false"},
         True),
        (10, 12, {"tolerance_mode": "absolute", "tolerance": "2", "include_upper_bound": "0"},
         False),
        (10, 8, {"tolerance_mode": "absolute", "tolerance": "2", "include_upper_bound": "false"},
         True),
        (200, 220, {"tolerance_mode": "relative", "tolerance": "10"}, True),
        (200, 180, {"tolerance_mode": "relative", "tolerance": "10"}, True),
        (200, 221, {"tolerance_mode": "relative", "tolerance": "10"}, False),
        (200, 179, {"tolerance_mode": "relative", "tolerance": "10"}, False),
        (200, 195, {"tolerance_mode": "relative", "tolerance": "2 10"}, False),
        (200, 220, {"tolerance_mode": "relative", "tolerance": "2 10"}, True),
        (-200, -190, {"tolerance_mode": "relative", "tolerance": "10"}, True),
        (-200, -221, {"tolerance_mode": "relative", "tolerance": "10"}, False),
        (-200, -179, {"tolerance_mode": "relative", "tolerance": "10"}, False),
        (None, 1, {"tolerance_mode": "absolute", "tolerance": "2"}, None),
        (1, None, {"tolerance_mode": "absolute", "tolerance": "2"}, None),
    ],
)  # fmt: skip
def test_equal(
    one: object, other: object, attributes: dict[str, str], expected: bool | None
) -> None:
    assert result(call("equal", one, other, **attributes)) is expected


def test_a_tolerance_may_be_a_variable() -> None:
    form = call("equal", 10, 12, tolerance_mode="absolute", tolerance="{T}")
    assert result(form, T=("template", "single", "float", 2.0)) is True
    assert result(form, T=("template", "single", "float", 1.0)) is False
    assert result(form, T=("template", "single", "float", None)) is None
    two = call("equal", 10, 12, tolerance_mode="absolute", tolerance="1 T")
    assert result(two, T=("template", "single", "float", 2.0)) is True
    assert result(two, T=("template", "single", "float", None)) is None


def test_equal_refuses_what_has_no_meaning() -> None:
    assert "takes float" in refusal(call("equal", "a", 1))
    assert "not multiple" in refusal(call("equal", (1,), 1))
    assert "one or two numbers" in refusal(call("equal", 1, 1, tolerance_mode="absolute"))
    three = call("equal", 1, 1, tolerance_mode="absolute", tolerance="1 2 3")
    assert "one or two numbers" in refusal(three)
    assert "absolute, exact, relative" in refusal(call("equal", 1, 1, tolerance_mode="near"))
    odd = call("equal", 1, 1, tolerance_mode="absolute", tolerance="1", include_lower_bound="x")
    assert "include-lower-bound must be true or false" in refusal(odd)
    text = call("equal", 1, 1, tolerance_mode="absolute", tolerance="T")
    assert "no single number" in refusal(text, T=("template", "single", "string", "2"))
    assert "or name a variable" in refusal(text)


@pytest.mark.parametrize(
    ("one", "other", "mode", "figures", "expected"),
    [
        (1.56, 1.6, "significantFigures", 2, True), (1.46, 1.5, "significantFigures", 2, True),
        (1.56, 1.5, "significantFigures", 2, False), (1.2, 1.24, "decimalPlaces", 1, True),
        (1.25, 1.3, "decimalPlaces", 1, True), (3.175, 3.18, "", 3, True),
        (1.0, 1.0, "significantFigures", 0, None), (None, 1.0, "decimalPlaces", 1, None),
        (1.0, None, "decimalPlaces", 1, None), (1.0, 2.0, "decimalPlaces", -1, None),
    ],
)  # fmt: skip
def test_equal_rounded(
    one: object, other: object, mode: str, figures: int, expected: bool | None
) -> None:
    form = call("equal-rounded", one, other, rounding_mode=mode, figures=figures)
    assert result(form) is expected


def test_equal_rounded_takes_its_figures_from_a_variable() -> None:
    form = call("equal-rounded", 1.24, 1.2, rounding_mode="decimalPlaces", figures="F")
    assert result(form, F=("template", "single", "integer", 1)) is True
    assert result(form, F=("template", "single", "integer", None)) is None
    odd = call("equal-rounded", 1, 1, rounding_mode="up", figures=1)
    assert "significantFigures or decimalPlaces" in refusal(odd)


@pytest.mark.parametrize(
    ("name", "less", "same", "more"),
    [
        ("lt", True, False, False), ("lte", True, True, False),
        ("gt", False, False, True), ("gte", False, True, True),
    ],
)  # fmt: skip
def test_order(name: str, less: bool, same: bool, more: bool) -> None:
    assert [result(call(name, one, 2.0)) for one in (1, 2, 3)] == [less, same, more]
    assert result(call(name, None, 1)) is result(call(name, 1, None)) is None
    assert "takes float" in refusal(call(name, "a", 1))
    assert "not ordered" in refusal(call(name, [1], 1))


@pytest.mark.parametrize(
    ("name", "expected"), [("duration-lt", [True, False, False]),
                           ("duration-gte", [False, True, True])],
)  # fmt: skip
def test_durations(name: str, expected: list[bool]) -> None:
    minute = of("duration", "60")
    given = [of("duration", text) for text in ("PT59.9S", "PT1M", "61")]
    assert [result(call(name, one, minute)) for one in given] == expected
    assert result(call(name, None, minute)) is result(call(name, minute, None)) is None
    assert "takes duration" in refusal(call(name, "a", minute))


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1e3))
def test_a_wider_tolerance_never_refuses_what_a_narrower_accepts(
    one: float, other: float, tolerance: float
) -> None:
    def near(width: float) -> bool | None:
        form = call("equal", one, other, tolerance_mode="absolute", tolerance=f"{width:.6f}")
        found: bool | None = result(form)
        return found

    assert near(tolerance + 1) or not near(tolerance)
