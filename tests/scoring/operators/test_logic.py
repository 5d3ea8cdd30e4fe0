"""Logic with three values."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scoring.expressions import call, refusal, result

THREE = (True, False, None)
Truth = bool | None


@pytest.mark.parametrize(("value", "expected"), [(True, False), (False, True), (None, None)])
def test_not_turns_true_and_false_and_leaves_null(value: Truth, expected: Truth) -> None:
    assert result(call("not", value)) is expected


@pytest.mark.parametrize("values", list(product(THREE, repeat=3)))
def test_and_is_false_if_any_is_else_null_if_any_is(values: tuple[Truth, ...]) -> None:
    expected = False if False in values else None if None in values else True
    assert result(call("and", *values)) is expected


@pytest.mark.parametrize("values", list(product(THREE, repeat=3)))
def test_or_is_true_if_any_is_else_null_if_any_is(values: tuple[Truth, ...]) -> None:
    expected = True if True in values else None if None in values else False
    assert result(call("or", *values)) is expected


@given(st.lists(st.sampled_from(THREE), min_size=1, max_size=6), st.integers(0, 6), st.data())
def test_any_n_is_what_every_way_to_fill_in_the_nulls_gives(
    values: list[Truth], least: int, data: st.DataObject
) -> None:
    most = data.draw(st.integers(least, 7))
    ways = product(*((True, False) if value is None else (value,) for value in values))
    answers = {least <= sum(way) <= most for way in ways}
    expected = answers.pop() if len(answers) == 1 else None
    assert result(call("any-n", *values, min=least, max=most)) is expected


def test_any_n_takes_its_bounds_from_a_variable() -> None:
    form = call("any-n", True, True, min="N", max="N")
    assert result(form, N=("template", "single", "integer", 2)) is True
    assert result(form, N=("template", "single", "integer", 1)) is False
    assert result(form, N=("template", "single", "integer", None)) is None
    half = call("any-n", True, min=1, max="N")
    assert result(half, N=("template", "single", "integer", None)) is None
    assert "max must be a whole number or name a variable" in refusal(
        call("any-n", True, min=1, max="1.5")
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, True), ((), True), ([], True), ("", True), (False, False), (0, False), (("a",), False)],
)
def test_empty_containers_and_empty_texts_are_null(value: object, expected: bool) -> None:
    assert result(call("is-null", value)) is expected


@pytest.mark.parametrize("name", ["not", "and", "or"])
@pytest.mark.parametrize("value", [1, "true", (True,)])
def test_logic_takes_single_booleans_alone(name: str, value: object) -> None:
    message = refusal(call(name, value))
    assert message.startswith(f"item.xml:7: item q1, <qti-{name}>: takes ")


def test_a_record_s_field_that_is_no_boolean_is_null() -> None:
    record = {"yes": True, "no": 1}
    for field, expected in (("yes", False), ("no", None), ("none", None)):
        form = call("not", call("field-value", call("variable", identifier="R"),
                                field_identifier=field))  # fmt: skip
        assert result(form, R=("response", "record", None, record)) is expected
