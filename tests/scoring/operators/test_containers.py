"""Containers: nothing empty exists, order and number count where QTI says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.scoring.operators import compile_expression
from ardoise.scoring.values import DirectedPair, Pair
from tests.scoring.expressions import call, compiled, refusal, result, scope_of

SEED = bytes(range(32))


def test_gathering_opens_containers_and_leaves_nulls_out() -> None:
    assert result(call("multiple", "a", ("b", "b"), None)) == ("a", "b", "b")
    assert result(call("ordered", "a", ["b"], None, "c")) == ("a", "b", "c")
    assert result(call("multiple", None, ())) is None
    assert result(call("ordered")) is None


def test_gathering_gives_the_kind_and_type_of_its_values() -> None:
    assert compiled(call("multiple", 1, 2))[1:] == ("multiple", "integer")
    assert compiled(call("ordered", 1, 2.5))[1:] == ("ordered", "float")
    assert compiled(call("ordered", 2.5, 1))[1:] == ("ordered", "float")
    assert compiled(call("multiple", None))[1:] == ("multiple", None)


def test_gathering_refuses_what_does_not_fit() -> None:
    assert "mixes integer and string" in refusal(call("multiple", 1, "a"))
    assert "takes multiple or single values, not ordered" in refusal(call("multiple", ["a"]))
    assert "takes ordered or single values, not multiple" in refusal(call("ordered", ("a",)))


@pytest.mark.parametrize(("value", "size"), [(("a", "b", "b"), 3), (["a"], 1), ((), 0), (None, 0)])
def test_the_size_of_null_is_zero(value: object, size: int) -> None:
    assert result(call("container-size", value)) == size
    assert "not single" in refusal(call("container-size", "a"))


@pytest.mark.parametrize(
    ("n", "value"), [(1, "a"), (2, "b"), (3, "c"), (4, None), (0, None), (-1, None)]
)
def test_an_index_counts_from_one_and_is_null_beyond(n: int, value: str | None) -> None:
    assert result(call("index", ["a", "b", "c"], n=n)) == value
    assert result(call("index", None, n=n)) is None


def test_an_index_may_be_a_variable_and_wants_order() -> None:
    form = call("index", ["a", "b"], n="N")
    assert result(form, N=("template", "single", "integer", 2)) == "b"
    assert result(form, N=("template", "single", "integer", None)) is None
    assert result(call("index", ["a", "b"], n="2.0")) == "b"
    assert "takes ordered values" in refusal(call("index", ("a",), n=1))


def test_a_field_of_a_record() -> None:
    form = call("field-value", call("variable", identifier="R"), field_identifier="x")
    assert result(form, R=("response", "record", None, {"x": 4})) == 4
    assert result(form, R=("response", "record", None, {"y": 4})) is None
    assert result(form, R=("response", "record", None, None)) is None
    assert "takes record values" in refusal(call("field-value", "a", field_identifier="x"))


@pytest.mark.parametrize(
    ("value", "container", "expected"),
    [
        ("a", ("a", "b"), True), ("c", ["a", "b"], False), (None, ("a",), None),
        ("a", (), None), (1, (1.0, 2.0), True),
        (Pair.of("B", "A"), (Pair.of("A", "B"),), True),
        (DirectedPair("B", "A"), (DirectedPair("A", "B"),), False),
        ("a", "a", True), ("a", "b", False),
    ],
)  # fmt: skip
def test_a_member_is_one_of_the_values(
    value: object, container: object, expected: bool | None
) -> None:
    assert result(call("member", value, container)) is expected


def test_member_wants_a_single_value_and_a_container_of_its_type() -> None:
    assert "not multiple" in refusal(call("member", ("a",), ("a",)))
    assert "mixes" in refusal(call("member", "a", (1,)))


@pytest.mark.parametrize(
    ("value", "container", "expected"),
    [
        ("a", ("a", "b", "a"), ("b",)), ("a", ["c", "a", "b"], ("c", "b")), ("x", ("a",), ("a",)),
        ("a", ("a", "a"), None), (None, ("a",), None), ("a", (), None),
    ],
)  # fmt: skip
def test_delete_takes_out_every_instance(
    value: object, container: object, expected: object
) -> None:
    assert result(call("delete", value, container)) == expected


def test_delete_keeps_the_kind_of_its_container_and_refuses_what_does_not_fit() -> None:
    assert compiled(call("delete", "a", ["b"]))[1:] == ("ordered", "string")
    assert "not multiple" in refusal(call("delete", ("a",), ("a",)))
    assert "not single" in refusal(call("delete", "a", "a"))
    assert "mixes" in refusal(call("delete", "a", (1,)))


@pytest.mark.parametrize(
    ("container", "part", "expected"),
    [
        (("a", "b", "c"), ("c", "a"), True), (("a", "b"), ("a", "a"), False),
        (("a", "a", "b"), ("a", "a"), True), (("a",), ("b",), False),
        (["a", "b", "c"], ["b", "c"], True), (["a", "b", "c"], ["a", "c"], False),
        (["a", "b", "c"], ["c", "b"], False), (["a"], ["a", "a"], False), (["a"], ["a"], True),
        (["x", "a", "b"], ["x"], True), (["a", "b"], ["b"], True),
        (("a", "b"), "a", True), (("a", "b"), "c", False), (["a", "b"], "b", True),
        ((), ("a",), None), (("a",), (), None), (None, None, None),
    ],
)  # fmt: skip
def test_contains(container: object, part: object, expected: bool | None) -> None:
    assert result(call("contains", container, part)) is expected


def test_contains_wants_two_containers_of_a_kind() -> None:
    assert "ordered container with one without order" in refusal(call("contains", ("a",), ["a"]))
    assert "not single" in refusal(call("contains", "a", ("a",)))
    assert "mixes" in refusal(call("contains", ("a",), (1,)))


@pytest.mark.parametrize(
    ("values", "times", "expected"),
    [
        (("a",), 3, ("a", "a", "a")), ((["a", "b"],), 2, ("a", "b", "a", "b")),
        (("a", None, "b"), 2, ("a", "b", "a", "b")), ((None,), 2, None), (("a",), 0, None),
        (("a",), -1, None), (("a",), 1, ("a",)),
    ],
)  # fmt: skip
def test_repeat_goes_over_its_values_and_leaves_nulls_out(
    values: tuple[object, ...], times: int, expected: object
) -> None:
    assert result(call("repeat", *values, number_repeats=times)) == expected


def test_repeat_is_ordered_and_bounded() -> None:
    assert compiled(call("repeat", 1, number_repeats=2))[1:] == ("ordered", "integer")
    assert len(result(call("repeat", 1, 2, 3, number_repeats=10**9))) == 20_000
    assert "takes ordered or single" in refusal(call("repeat", ("a",), number_repeats=2))
    form = call("repeat", "a", number_repeats="N")
    assert result(form, N=("template", "single", "integer", None)) is None
    assert result(form, N=("template", "single", "integer", 2)) == ("a", "a")


def test_repeat_draws_anew_each_time() -> None:
    form = call("repeat", call("random-integer", min=1, max=1000), number_repeats=20)
    assert len(set(result(form, seed=SEED))) > 10


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=5), st.binary(min_size=16))
def test_a_random_value_is_one_of_the_container_s(values: list[str], seed: bytes) -> None:
    assert result(call("random", tuple(values)), seed=seed) in values


def test_every_place_of_a_container_may_be_drawn() -> None:
    form = call("repeat", call("random", ["a", "b", "c"]), number_repeats=200)
    drawn = result(form, seed=SEED)
    assert all(40 <= drawn.count(value) <= 95 for value in "abc")


def test_a_random_value_of_nothing_is_null_and_needs_a_seed() -> None:
    assert result(call("random", ()), seed=SEED) is None
    assert "not single" in refusal(call("random", "a"))
    scope = scope_of()
    assert compile_expression(call("random", ("a",)), scope)[1:] == ("single", "string")
    assert scope.draws
    with pytest.raises(Exception, match="give a seed"):
        result(call("random", ("a",)))


def test_repeats_within_repeats_end() -> None:
    # Eight million million rounds, were each repeat counted alone.
    nested = call("null")
    for _ in range(3):
        nested = call("repeat", nested, number_repeats=20_000)
    assert result(nested) is None
    assert result(call("repeat", call("repeat", 1, number_repeats=300), number_repeats=20)) == (
        (1,) * 6_000
    )
