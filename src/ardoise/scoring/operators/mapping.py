"""map-response and map-response-point: what a response is worth by the author's table.

QTI 3 ASI, MapResponse: "If a container contains multiple instances of the same value then that
value is counted once only." MapResponsePoint: "each area can be mapped once only". Bounds clip the
result; the table's default stands for every value without an entry. An empty key means NULL.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ardoise.content.processing import Expression
from ardoise.content.variables import AreaMapping, BaseType, ResponseDeclaration
from ardoise.content.variables import Mapping as PointMap
from ardoise.scoring.operators.geometry import is_inside
from ardoise.scoring.operators.operands import Compiler, one_of
from ardoise.scoring.scope import Compiled, Scope, State
from ardoise.scoring.values import Point

Convert = Callable[[BaseType, str], Any]


class Worth:
    """What one value is worth, found without walking through the entries."""

    def __init__(self, base: BaseType, mapping: PointMap, convert: Convert) -> None:
        self._default = mapping.default
        self._exact: dict[Any, tuple[int, float]] = {}
        self._folded: dict[str, tuple[int, float]] = {}
        for place, entry in enumerate(mapping.entries):
            key = convert(base, entry.key)
            # Texts alone have case to fold: an identifier is exact, whatever the entry says.
            if isinstance(key, str) and base == "string" and not entry.case_sensitive:
                self._folded.setdefault(key.casefold(), (place, entry.value))
            else:
                self._exact.setdefault(key, (place, entry.value))
        self._plain = not self._folded

    def of(self, value: Any) -> float:
        """The first entry that fits counts; none: the default. An entry may stand for NULL."""
        found = self._exact.get(value)
        if self._plain or not isinstance(value, str):
            return self._default if found is None else found[1]
        other = self._folded.get(value.casefold())
        hits = [hit for hit in (found, other) if hit is not None]
        return min(hits)[1] if hits else self._default


def bounded(total: float, lower: float | None, upper: float | None) -> float:
    """A sum between its bounds, as far as they are given."""
    if lower is not None and total < lower:
        total = lower
    if upper is not None and total > upper:
        total = upper
    return float(total)


def mapped(value: Any, worth: Worth, mapping: PointMap) -> float:
    """The points of a single value or of a container's distinct values."""
    if type(value) is tuple:
        total = sum(worth.of(one) for one in dict.fromkeys(value))
    else:
        total = worth.of(value)
    return bounded(total, mapping.lower, mapping.upper)


def mapped_points(points: tuple[Any, ...], mapping: AreaMapping) -> float:
    """The sum over areas that hold a point, each once, and the default for points in none.

    "When mapping points each area is tested in turn, with those listed first taking priority in
    the case where areas overlap and a point falls in the intersection."
    """
    total = 0.0
    used: set[int] = set()
    for point in dict.fromkeys(points):
        for place, area in enumerate(mapping.entries):
            if is_inside(area.shape, area.coords, point):
                if place not in used:
                    used.add(place)
                    total += area.value
                break
        else:
            total += mapping.default
    return bounded(total, mapping.lower, mapping.upper)


def _declaration(expression: Expression, scope: Scope) -> ResponseDeclaration:
    identifier = expression.attributes["identifier"].strip()
    declaration = scope.variable(expression, identifier).declaration
    if not isinstance(declaration, ResponseDeclaration):
        scope.fault(expression, f"maps {identifier}, which is no response")
    return declaration


def _map_response(expression: Expression, _: tuple[Compiled, ...], scope: Scope) -> Compiled:
    declaration = _declaration(expression, scope)
    if declaration.base is None or declaration.base in ("file", "duration"):
        scope.fault(expression, "cannot map a record, a file or a duration")
    # Without a mapping no value has an entry: engines agree on 0.
    mapping = declaration.mapping or PointMap(())
    worth = Worth(declaration.base, mapping, scope.value)
    identifier = declaration.identifier

    def run(state: State) -> float:
        return mapped(state.values.get(identifier), worth, mapping)

    return Compiled(run, "single", "float")


def _map_response_point(expression: Expression, _: tuple[Compiled, ...], scope: Scope) -> Compiled:
    declaration = _declaration(expression, scope)
    mapping = declaration.area_mapping
    if mapping is None or declaration.base != "point":
        scope.fault(
            expression, f"maps {declaration.identifier}, which is no point with a qti-area-mapping"
        )
    identifier = declaration.identifier

    def run(state: State) -> float:
        value = state.values.get(identifier)
        if value is None:
            return bounded(mapping.default, mapping.lower, mapping.upper)
        points = tuple(point for point in one_of(value) if isinstance(point, Point))
        return mapped_points(points, mapping)

    return Compiled(run, "single", "float")


COMPILERS: Mapping[str, Compiler] = {
    "map-response": _map_response, "map-response-point": _map_response_point,
}  # fmt: skip
