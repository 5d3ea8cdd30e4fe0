"""inside: whether points lie in an area. Borders belong to the area.

QTI 3 ASI, "Shape" and "Coords": as in HTML's image maps, in pixels of the picture; an ellipse is
given by its centre and half its width and height.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ardoise.content.declaration_reader import coordinates
from ardoise.content.processing import Expression
from ardoise.content.variables import BaseType, Cardinality
from ardoise.scoring.operators.operands import Compiler, need, one_of, unary
from ardoise.scoring.scope import Compiled, Scope
from ardoise.scoring.values import Point

_POINTS: frozenset[BaseType] = frozenset({"point"})
_ANY: frozenset[Cardinality] = frozenset({"single", "multiple", "ordered"})


def is_inside(shape: str, coords: Sequence[float], point: Point) -> bool:
    """Whether a point lies in the area or on its border."""
    x, y = point.x, point.y
    if shape == "rect":
        left, top, right, bottom = coords
        return min(left, right) <= x <= max(left, right) and min(top, bottom) <= y <= max(
            top, bottom
        )
    if shape == "circle":
        across, down, radius = coords
        return (x - across) ** 2 + (y - down) ** 2 <= radius**2
    if shape == "ellipse":
        across, down, wide, high = coords
        return ((x - across) * high) ** 2 + ((y - down) * wide) ** 2 <= (wide * high) ** 2
    if shape == "poly":
        return _in_polygon(coords, x, y)
    return True


def _in_polygon(coords: Sequence[float], x: float, y: float) -> bool:
    """Even-odd rule; the last corner is joined to the first."""
    corners = list(zip(coords[::2], coords[1::2], strict=True))
    inside = False
    for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
        side = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
        if side == 0 and min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2):
            return True
        if (y1 > y) != (y2 > y) and (side > 0) == (y2 > y1):
            inside = not inside
    return inside


def _inside(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """True if any point of a container lies inside."""
    shape = expression.attributes["shape"].strip()
    coords = coordinates(shape, expression.attributes["coords"])
    if coords is None:
        scope.fault(expression, "needs a shape that QTI knows, and coords that fit it")
    points = need(scope, expression, operands[0], _POINTS, _ANY)

    def any_inside(value: Any) -> bool | None:
        found = one_of(value)
        if not all(isinstance(point, Point) for point in found):
            return None
        return any(is_inside(shape, coords, point) for point in found)

    return Compiled(unary(points, any_inside), "single", "boolean")


COMPILERS: Mapping[str, Compiler] = {"inside": _inside}
