"""map-response and map-response-point."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.content.faults import ContentFault
from ardoise.content.variables import (
    AreaEntry,
    AreaMapping,
    BaseType,
    Cardinality,
    MapEntry,
    Mapping,
    ResponseDeclaration,
)
from ardoise.scoring.operators import compile_expression
from ardoise.scoring.operators.mapping import mapped_points
from ardoise.scoring.scope import Datum, Scope, State, Variable
from ardoise.scoring.values import DirectedPair, Pair, Point
from tests.scoring.expressions import call


def run(name: str, response: ResponseDeclaration, value: Datum) -> Any:
    variable = Variable("R", "response", response.cardinality, response.base, response)
    other = Variable("O", "outcome", "single", "float")
    scope = Scope("a.xml", "q", {"R": variable, "O": other})
    form = compile_expression(call(name, identifier="R"), scope)
    assert form[1:] == ("single", "float")
    return form.run(State({"R": value}, {}, {}))


def mapped(
    entries: dict[str, float], value: Datum, base: BaseType = "identifier",
    cardinality: Cardinality = "multiple", *, sensitive: bool = False, **bounds: Any,
) -> Any:  # fmt: skip
    rows = tuple(MapEntry(key, worth, sensitive) for key, worth in entries.items())
    response = ResponseDeclaration("R", cardinality, base, mapping=Mapping(rows, **bounds))
    return run("map-response", response, value)


TABLE = {"A": 0.0, "B": 1.0, "C": 0.5, "D": 0.0}


@pytest.mark.parametrize(
    ("value", "points"),
    [(("C", "B"), 1.5), (("B", "B", "C"), 1.5), (("A",), 0), (("X",), 0), (("B", "X"), 1)],
)
def test_the_example_of_the_specification(value: tuple[str, ...], points: float) -> None:
    assert mapped(TABLE, value) == points
    assert type(mapped(TABLE, value)) is float


def test_a_single_value_is_worth_its_entry() -> None:
    assert mapped(TABLE, "C", cardinality="single") == 0.5
    assert mapped(TABLE, "X", cardinality="single", default=-1.0) == -1


def test_null_is_worth_the_default() -> None:
    assert mapped(TABLE, None, default=2.0) == 2


def test_an_empty_key_means_null() -> None:
    assert mapped({"": 3.0, "a": 1.0}, None, "string", "single", default=2.0) == 3
    assert mapped({"": 3.0, "a": 1.0}, "a", "string", "single", default=2.0) == 1
    assert mapped({"": 3.0}, None, "string", sensitive=True) == 3


def test_bounds_clip_the_sum() -> None:
    many = {"A": 3.0, "B": 3.0, "C": -9.0}
    assert mapped(many, ("A", "B"), upper=4.0) == 4
    assert mapped(many, ("A", "C"), lower=-1.0) == -1
    assert mapped(many, ("A",), lower=0.0, upper=4.0) == 3
    assert mapped(many, ("A", "B"), upper=6.0) == 6
    assert mapped(many, ("A", "B"), lower=6.0) == 6


def test_texts_fold_their_case_and_identifiers_never() -> None:
    assert mapped({"oui": 1.0}, "OUI", "string", "single") == 1
    assert mapped({"Oui": 1.0}, "OUI", "string", "single") == 1
    assert mapped({"oui": 1.0}, "OUI", "string", "single", sensitive=True) == 0
    assert mapped({"oui": 1.0}, "oui", "string", "single", sensitive=True) == 1
    assert mapped({"oui": 1.0}, "non", "string", "single", default=4.0) == 4
    assert mapped({"a": 1.0}, "A", "identifier", "single") == 0


def test_numbers_and_pairs_are_found_by_value() -> None:
    assert mapped({"2": 1.0}, 2, "integer", "single") == 1
    assert mapped({"2.50": 1.0}, 2.5, "float", "single") == 1
    assert mapped({"A B": 1.0}, (Pair.of("B", "A"),), "pair") == 1
    assert mapped({"A B": 1.0}, (DirectedPair("B", "A"),), "directed-pair") == 0
    assert mapped({"A B": 1.0}, (DirectedPair("A", "B"),), "directed-pair") == 1


def test_the_first_entry_that_fits_counts() -> None:
    rows = (MapEntry("oui", 1, False), MapEntry("OUI", 5, True), MapEntry("Oui", 9, False))
    response = ResponseDeclaration("R", "single", "string", mapping=Mapping(rows))
    assert run("map-response", response, "OUI") == 1
    turned = ResponseDeclaration("R", "single", "string", mapping=Mapping(rows[::-1][1:]))
    assert run("map-response", turned, "OUI") == 5
    assert run("map-response", turned, "oui") == 1


def test_without_a_mapping_nothing_is_worth_anything() -> None:
    assert run("map-response", ResponseDeclaration("R", "single", "string"), "a") == 0


@pytest.mark.parametrize("base", ["file", "duration", None])
def test_what_cannot_be_mapped(base: BaseType | None) -> None:
    cardinality: Cardinality = "single" if base else "record"
    with pytest.raises(ContentFault, match="cannot map a record, a file or a duration"):
        run("map-response", ResponseDeclaration("R", cardinality, base), None)


def test_only_responses_are_mapped() -> None:
    scope = Scope("a.xml", "q", {"O": Variable("O", "outcome", "single", "float")})
    for name in ("map-response", "map-response-point"):
        with pytest.raises(ContentFault, match="maps O, which is no response"):
            compile_expression(call(name, identifier="O"), scope)
        with pytest.raises(ContentFault, match="names X, which is not declared"):
            compile_expression(call(name, identifier="X"), scope)


BIG, SMALL = AreaEntry("rect", (0, 0, 10, 10), 2.0), AreaEntry("circle", (5, 5, 1), 5.0)


def areas(*points: tuple[int, int], entries: tuple[AreaEntry, ...] = (BIG,), **more: Any) -> float:
    response = ResponseDeclaration(
        "R", "multiple", "point", area_mapping=AreaMapping(entries, **more)
    )
    value = tuple(Point(*point) for point in points) or None
    found: float = run("map-response-point", response, value)
    return found


def test_each_area_counts_once() -> None:
    assert areas((1, 1), (2, 2)) == 2
    far = AreaEntry("rect", (20, 0, 30, 10), 1.0)
    assert areas((1, 1), (25, 5), (2, 2), entries=(BIG, far)) == 3


def test_the_first_of_overlapping_areas_counts() -> None:
    assert areas((5, 5), entries=(SMALL, BIG)) == 5
    assert areas((5, 5), entries=(BIG, SMALL)) == 2
    assert areas((5, 5), (5, 5), (1, 1), entries=(SMALL, BIG)) == 7


def test_points_in_no_area_are_worth_the_default() -> None:
    assert areas((99, 99), default=-1.0) == -1
    assert areas((99, 99), (99, 99), (98, 98), (1, 1), default=-1.0) == 0
    assert areas(default=3.0) == 3


def test_bounds_clip_areas_too() -> None:
    assert areas((1, 1), upper=1.5) == 1.5
    assert areas((99, 99), default=-3.0, lower=-1.0) == -1
    assert areas(default=-3.0, lower=-1.0) == -1
    assert areas(default=3.0, upper=1.0) == 1


def test_a_single_point_is_mapped() -> None:
    response = ResponseDeclaration("R", "single", "point", area_mapping=AreaMapping((BIG,)))
    assert run("map-response-point", response, Point(1, 1)) == 2
    assert run("map-response-point", response, Point(11, 1)) == 0


def test_points_want_an_area_mapping() -> None:
    text = ResponseDeclaration("R", "single", "string", area_mapping=AreaMapping(()))
    for response in (ResponseDeclaration("R", "single", "point"), text):
        with pytest.raises(ContentFault, match="no point with a qti-area-mapping"):
            run("map-response-point", response, None)


@given(st.lists(st.tuples(st.integers(-3, 13), st.integers(-3, 13)), max_size=6), st.randoms())
def test_the_order_of_points_never_matters(places: list[tuple[int, int]], random: Any) -> None:
    mapping = AreaMapping((SMALL, BIG), -1.0, None, None)
    points = [Point(*place) for place in places]
    shuffled = points[:]
    random.shuffle(shuffled)
    assert mapped_points(tuple(points), mapping) == mapped_points(tuple(shuffled), mapping)
