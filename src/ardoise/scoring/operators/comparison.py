"""Comparison: match, equal, equal-rounded, lt, gt, lte, gte, duration-lt, duration-gte.

match asks for the same cardinality and base type; two numbers of unlike base type are compared by
value, since authors write `1` for a float. Multiple containers are equal in any order.
"""

import operator
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ardoise.content.processing import Expression
from ardoise.content.variables import BaseType
from ardoise.scoring.operators.operands import (
    NUMERIC,
    Compiler,
    binary,
    comparable,
    contained,
    flag,
    need,
    single_number,
    value_of,
)
from ardoise.scoring.operators.rounding import rounded, rounding_of
from ardoise.scoring.scope import Compiled, Run, Scope, State

_DURATIONS: frozenset[BaseType | None] = frozenset({"duration", "float", "integer"})
_MODES = frozenset({"exact", "absolute", "relative"})


def same_bag(one: Any, other: Any) -> bool:
    """Whether two containers hold the same values, each as often, in any order."""
    first, second = contained(one), contained(other)
    return len(first) == len(second) and (first == second or Counter(first) == Counter(second))


def same_run(one: Any, other: Any) -> bool:
    """Whether two ordered containers, or two single values, are the same."""
    return bool(one == other)


def _match(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    one, other = operands
    if not comparable(one.base, other.base):
        scope.fault(expression, f"compares {one.base} with {other.base} values")
    kinds = {operand.cardinality for operand in operands} - {None}
    if len(kinds) > 1:
        scope.fault(expression, f"compares {one.cardinality} with {other.cardinality} values")
    same = same_bag if "multiple" in kinds else same_run
    return Compiled(binary(one.run, other.run, same), "single", "boolean")


def within_tolerance(
    other: float, bounds: tuple[float, float], *, lower: bool, upper: bool
) -> bool:
    """Whether `other` lies between the bounds; `lower`, `upper`: whether a bound itself counts."""
    bottom, top = bounds
    above = other >= bottom if lower else other > bottom
    below = other <= top if upper else other < top
    return above and below


def tolerance_bounds(value: float, mode: str, low: float, high: float) -> tuple[float, float]:
    """absolute: [x-t0, x+t1]; relative: [x*(1-t0/100), x*(1+t1/100)], turned round below zero."""
    if mode == "absolute":
        return value - low, value + high
    one, other = value * (1 - low / 100), value * (1 + high / 100)
    return min(one, other), max(one, other)


def _tolerances(expression: Expression, scope: Scope) -> tuple[Run, Run]:
    """One number for both sides, or two: below and above."""
    pieces = expression.attributes.get("tolerance", "").split()
    if not 1 <= len(pieces) <= 2:
        scope.fault(expression, "needs one or two numbers as tolerance")
    runs = [value_of(scope, expression, "tolerance", one, integer=False) for one in pieces]
    return runs[0], runs[-1]


def _equal(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """equal: exact by default; "toleranceMode … exact, absolute or relative"."""
    mode = expression.attributes.get("tolerance-mode", "").strip() or "exact"
    if mode not in _MODES:
        scope.fault(expression, f"tolerance-mode must be one of {', '.join(sorted(_MODES))}")
    if mode == "exact" and not any(operand.base in NUMERIC for operand in operands):
        scope.extend(expression.line, expression.name, "match, since equal compares numbers alone")
        return _match(expression, operands, scope)
    one, other = (single_number(scope, expression, operand) for operand in operands)
    if mode == "exact":
        return Compiled(binary(one, other, operator.eq), "single", "boolean")
    low, high = _tolerances(expression, scope)
    lower = flag(scope, expression, "include-lower-bound", default=True)
    upper = flag(scope, expression, "include-upper-bound", default=True)

    def run(state: State) -> bool | None:
        value, given = one(state), other(state)
        below, above = low(state), high(state)
        if value is None or given is None or below is None or above is None:
            return None
        bounds = tolerance_bounds(value, mode, below, above)
        return within_tolerance(given, bounds, lower=lower, upper=upper)

    return Compiled(run, "single", "boolean")


def _equal_rounded(
    expression: Expression, operands: tuple[Compiled, ...], scope: Scope
) -> Compiled:
    one, other = (single_number(scope, expression, operand) for operand in operands)
    mode, figures = rounding_of(expression, scope)

    def run(state: State) -> bool | None:
        value, given, places = one(state), other(state), figures(state)
        if value is None or given is None or places is None:
            return None
        first, second = rounded(value, mode, places), rounded(given, mode, places)
        return None if first is None else first == second

    return Compiled(run, "single", "boolean")


def _ordering(
    compare: Callable[[Any, Any], bool],
    expression: Expression,
    operands: tuple[Compiled, ...],
    scope: Scope,
) -> Compiled:
    """lt, gt, lte, gte."""
    one, other = (single_number(scope, expression, operand) for operand in operands)
    return Compiled(binary(one, other, compare), "single", "boolean")


def _durations(
    compare: Callable[[Any, Any], bool],
    expression: Expression,
    operands: tuple[Compiled, ...],
    scope: Scope,
) -> Compiled:
    """duration-lt, duration-gte: durations are seconds."""
    one, other = (need(scope, expression, operand, _DURATIONS) for operand in operands)
    return Compiled(binary(one, other, compare), "single", "boolean")


COMPILERS: Mapping[str, Compiler] = {
    "match": _match,
    "equal": _equal,
    "equal-rounded": _equal_rounded,
    "lt": partial(_ordering, operator.lt),
    "gt": partial(_ordering, operator.gt),
    "lte": partial(_ordering, operator.le),
    "gte": partial(_ordering, operator.ge),
    "duration-lt": partial(_durations, operator.lt),
    "duration-gte": partial(_durations, operator.ge),
}
