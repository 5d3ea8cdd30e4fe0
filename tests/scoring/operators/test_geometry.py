"""Areas: borders belong to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.scoring.operators.geometry import is_inside
from ardoise.scoring.values import Point
from tests.scoring.expressions import call, compiled, refusal, result

L_SHAPE = "0,0,10,0,10,4,4,4,4,10,0,10"


@pytest.mark.parametrize(
    ("shape", "coords", "inside", "outside"),
    [
        ("rect", "10,20,30,40", [(10, 20), (30, 40), (20, 30)],
         [(9, 30), (31, 30), (20, 19), (20, 41)]),
        ("rect", "30,40,10,20", [(10, 20), (30, 40)], [(9, 30), (31, 30), (20, 19), (20, 41)]),
        ("circle", "5,5,2", [(5, 5), (7, 5), (5, 3), (6, 6)], [(7, 6), (8, 5), (2, 5), (5, 8)]),
        ("ellipse", "10,10,6,3", [(16, 10), (4, 10), (10, 13), (10, 7), (14, 12)],
         [(17, 10), (10, 14), (15, 12), (3, 10)]),
        ("poly", L_SHAPE, [(0, 0), (10, 4), (4, 4), (2, 9), (9, 2), (0, 10), (4, 7), (5, 0)],
         [(5, 5), (11, 2), (2, 11), (-1, 3), (9, 5)]),
        ("poly", "0,0,10,0,5,10", [(5, 5), (0, 0), (5, 10)], [(0, 5), (10, 5), (5, 11), (5, -1)]),
        ("circle", "0,0,3", [(3, 0), (0, -3), (2, 2)], [(3, 1), (0, 4), (3, 3), (0, -4)]),
        ("default", "", [(0, 0), (999, -5)], []),
        ("rect", "0 0 4 4", [(4, 4)], [(5, 4)]),
    ],
)  # fmt: skip
def test_inside(
    shape: str, coords: str, inside: list[tuple[int, int]], outside: list[tuple[int, int]]
) -> None:
    def found(places: list[tuple[int, int]]) -> list[object]:
        form = [
            call("inside", Point(*place), shape=shape, coords=coords or "0") for place in places
        ]
        return [result(one) for one in form]

    assert found(inside) == [True] * len(inside)
    assert found(outside) == [False] * len(outside)


def test_one_point_of_a_container_inside_is_enough() -> None:
    form = {"shape": "circle", "coords": "5,5,2"}
    assert result(call("inside", (Point(0, 0), Point(6, 6)), **form)) is True
    assert result(call("inside", [Point(0, 0), Point(9, 9)], **form)) is False
    assert result(call("inside", None, **form)) is None
    assert result(call("inside", (), **form)) is None
    assert compiled(call("inside", Point(0, 0), **form))[1:] == ("single", "boolean")


def test_inside_refuses_what_is_no_area_or_no_point() -> None:
    assert "takes point values" in refusal(call("inside", "a", shape="rect", coords="0,0,1,1"))
    for shape, coords in (("rect", "1,2,3"), ("circle", "1,2"), ("poly", "0,0,1,1"), ("star", "1"),
                          ("rect", "a,b,c,d"), ("poly", "0,0,1,1,2,2,3")):  # fmt: skip
        message = refusal(call("inside", Point(0, 0), shape=shape, coords=coords))
        assert "needs a shape that QTI knows" in message


def test_a_record_s_field_that_is_no_point_is_null() -> None:
    field = call("field-value", call("variable", identifier="R"), field_identifier="x")
    form = call("inside", field, shape="default", coords="0")
    assert result(form, R=("response", "record", None, {"x": "a"})) is None
    assert result(form, R=("response", "record", None, {"x": Point(0, 0)})) is True


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(-9, 9), st.integers(-9, 9),
       st.integers(1, 9), st.integers(1, 9))  # fmt: skip
def test_a_rectangle_as_a_polygon_is_the_same_area(
    x: int, y: int, left: int, top: int, wide: int, high: int
) -> None:
    right, bottom = left + wide, top + high
    corners = [left, top, right, top, right, bottom, left, bottom]
    rect = is_inside("rect", [left, top, right, bottom], Point(x, y))
    assert is_inside("poly", corners, Point(x, y)) == rect
    assert is_inside("poly", corners[::-1][1::2] and corners, Point(x, y)) == rect
    turned = [corners[6], corners[7], *corners[4:6], *corners[2:4], *corners[:2]]
    assert is_inside("poly", turned, Point(x, y)) == rect
