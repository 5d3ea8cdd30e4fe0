"""math-operator (28 functions), stats-operator (5) and math-constant.

QTI 3 ASI: outside a function's domain the result is NULL, for statistics of too few values as
well: all but the mean take a container "with containerSize greater than 1". Angles are in radians;
`log` is to the base 10, `ln` to the base e.
"""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from ardoise.content.processing import Expression
from ardoise.content.variables import BaseType
from ardoise.scoring.operators.numbers import finite
from ardoise.scoring.operators.operands import (
    CONTAINERS,
    EVERY,
    NUMERIC,
    Compiler,
    all_numbers,
    binary,
    need,
    single_number,
    unary,
)
from ardoise.scoring.scope import Compiled, Scope, State, always, null

_CONSTANTS = {"pi": math.pi, "e": math.e}


def _signum(value: float) -> int:
    return (value > 0) - (value < 0)


def _acot(value: float) -> float:
    return math.pi / 2 if value == 0 else math.atan(1 / value)


_FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "sin": math.sin, "cos": math.cos, "tan": math.tan,
    "sec": lambda x: 1 / math.cos(x), "csc": lambda x: 1 / math.sin(x),
    "cot": lambda x: 1 / math.tan(x),
    "asin": math.asin, "acos": math.acos, "atan": math.atan,
    "asec": lambda x: math.acos(1 / x), "acsc": lambda x: math.asin(1 / x), "acot": _acot,
    "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh,
    "sech": lambda x: 1 / math.cosh(x), "csch": lambda x: 1 / math.sinh(x),
    "coth": lambda x: 1 / math.tanh(x),
    "log": math.log10, "ln": math.log, "exp": math.exp,
    "abs": abs, "signum": _signum, "floor": math.floor, "ceil": math.ceil,
    "toDegrees": math.degrees, "toRadians": math.radians, "sqrt": math.sqrt,
}  # fmt: skip
_BEYOND = {"sqrt": "the square root", "median": "the median"}
"""What engines name beside QTI's functions and statistics; every use is a warning."""
_WHOLE = frozenset({"signum", "floor", "ceil"})
_SPELLED = {"to-degrees": "toDegrees", "to-radians": "toRadians", "ceiling": "ceil"}


def _real(function: Callable[..., float]) -> Callable[..., float | None]:
    """The function, NULL where it has no real value."""

    def value(*operands: float) -> float | None:
        try:
            return finite(function(*operands))
        except (ValueError, ZeroDivisionError, OverflowError):
            return None

    return value


def _math_operator(
    expression: Expression, operands: tuple[Compiled, ...], scope: Scope
) -> Compiled:
    given = expression.attributes["name"].strip()
    name = _SPELLED.get(given, given)
    if name != "atan2" and name not in _FUNCTIONS:
        scope.fault(expression, f"{given[:20]!a} is no function of QTI")
    _warn(expression, name, scope)
    if len(operands) != (2 if name == "atan2" else 1):
        scope.fault(expression, f"{name} takes {'two values' if name == 'atan2' else 'one value'}")
    runs = [single_number(scope, expression, operand) for operand in operands]
    if name == "atan2":
        return Compiled(binary(runs[0], runs[1], _real(math.atan2)), "single", "float")
    base: BaseType | None = "integer" if name in _WHOLE else "float"
    if name == "abs":
        base = operands[0].base
    return Compiled(unary(runs[0], _real(_FUNCTIONS[name])), "single", base)


def _warn(expression: Expression, name: str, scope: Scope) -> None:
    if name in _BEYOND:
        scope.extend(expression.line, expression.name, _BEYOND[name])


def _mean(values: Sequence[Fraction]) -> float:
    return float(statistics.mean(values))


_STATISTICS: Mapping[str, tuple[int, Callable[[Sequence[Fraction]], float]]] = {
    "mean": (1, _mean),
    "sampleVariance": (2, lambda values: float(statistics.variance(values))),
    "sampleSD": (2, lambda values: math.sqrt(statistics.variance(values))),
    "popVariance": (2, lambda values: float(statistics.pvariance(values))),
    "popSD": (2, lambda values: math.sqrt(statistics.pvariance(values))),
    "median": (1, lambda values: float(statistics.median(values))),
}
"""Name → fewest values, and the statistic; in exact fractions, so that order never matters."""
_STATISTIC_SPELLED = {
    "sample-variance": "sampleVariance", "sample-sd": "sampleSD",
    "pop-variance": "popVariance", "pop-sd": "popSD",
}  # fmt: skip


def members(expression: Expression) -> tuple[Expression, ...]:
    """What the container that a statistic is made of was put together from, if it was.

    multiple and ordered leave NULLs out, but stats-operator says: "If the sub-expression or any
    value contained therein is NULL, the result is NULL. If any value contained in the
    sub-expression is not a numerical value, then the result is NULL."
    """
    if expression.name != "stats-operator" or len(expression.operands) != 1:
        return ()
    inner = expression.operands[0]
    return inner.operands if inner.name in ("multiple", "ordered") else ()


def _numerical(expression: Expression, operand: Compiled, scope: Scope) -> Compiled:
    if operand.base in NUMERIC:
        return operand
    meaning = f"NULL, since a {operand.base} stands among the numbers"
    scope.extend(expression.line, expression.name, meaning)
    return Compiled(null, operand.cardinality, "float")


def _stats_operator(
    expression: Expression, operands: tuple[Compiled, ...], scope: Scope
) -> Compiled:
    given = expression.attributes["name"].strip()
    name = _STATISTIC_SPELLED.get(given, given)
    if name not in _STATISTICS:
        scope.fault(expression, f"{given[:20]!a} is no statistic of QTI")
    _warn(expression, name, scope)
    spread = bool(members(expression))
    if spread and any(operand.base in NUMERIC for operand in operands):
        operands = tuple(_numerical(expression, operand, scope) for operand in operands)
    else:
        need(scope, expression, operands[0], NUMERIC, EVERY if spread else CONTAINERS)
    least, statistic = _STATISTICS[name]
    numbers = all_numbers(scope, expression, operands)

    def run(state: State) -> Any:
        found = numbers(state)
        if found is None or len(found) < least or any(math.isinf(one) for one in found):
            return None
        try:
            return finite(statistic([Fraction(one) for one in found]))
        except OverflowError:
            return None

    return Compiled(run, "single", "float")


def _math_constant(expression: Expression, _: tuple[Compiled, ...], scope: Scope) -> Compiled:
    name = expression.attributes["name"].strip()
    if name not in _CONSTANTS:
        scope.fault(expression, f"name must be pi or e, not {name[:20]!a}")
    return Compiled(always(_CONSTANTS[name]), "single", "float")


COMPILERS: Mapping[str, Compiler] = {
    "math-operator": _math_operator,
    "stats-operator": _stats_operator,
    "math-constant": _math_constant,
}
