"""Arithmetic on numbers. NULL in, NULL out; a result that is no number is NULL.

QTI 3 ASI gives integer if every operand is integer, for sum, product, subtract, min and max;
divide and power always give a float.
"""

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from ardoise.content.processing import Expression
from ardoise.scoring.operators.operands import (
    Compiler,
    all_numbers,
    binary,
    single_integer,
    single_number,
    unary,
    whole,
)
from ardoise.scoring.operators.rounding import half_up, rounded, rounding_of
from ardoise.scoring.scope import Compiled, Scope, State

_BITS = 1_000
"""Whole numbers beyond this size are no scores; all below it are floats as well."""


def finite(value: float) -> float | None:
    """A result, or NULL where it is no number or too large to be one."""
    if isinstance(value, int):
        return value if value.bit_length() <= _BITS else None
    return None if math.isnan(value) or math.isinf(value) else value


def _many(
    fold: Callable[[list[Any]], float],
    expression: Expression,
    operands: tuple[Compiled, ...],
    scope: Scope,
) -> Compiled:
    """sum, product, min, max over single values and containers."""
    numbers = all_numbers(scope, expression, operands)

    def run(state: State) -> float | None:
        found = numbers(state)
        if not found:
            return None
        try:
            return finite(fold(found))
        except OverflowError:
            return None

    return Compiled(run, "single", whole(operands))


def _two(
    apply: Callable[[Any, Any], Any],
    expression: Expression,
    operands: tuple[Compiled, ...],
    scope: Scope,
    *,
    always_float: bool = False,
) -> Compiled:
    """subtract, divide, power: two single numbers."""
    first, second = (single_number(scope, expression, operand) for operand in operands)
    base = "float" if always_float else whole(operands)
    return Compiled(binary(first, second, apply), "single", base)


def _subtract(one: float, other: float) -> float | None:
    return finite(one - other)


def divided(one: float, other: float) -> float | None:
    """A float; by zero, or too large: NULL."""
    try:
        return None if other == 0 else finite(one / other)
    except OverflowError:
        return None


def to_power(one: float, other: float) -> float | None:
    """A float; NULL where the real power does not exist or is too large."""
    try:
        return finite(math.pow(one, other))
    except (ValueError, OverflowError):
        return None


def _two_integers(
    apply: Callable[[int, int], int | None],
    expression: Expression,
    operands: tuple[Compiled, ...],
    scope: Scope,
) -> Compiled:
    first, second = (single_integer(scope, expression, operand) for operand in operands)
    return Compiled(binary(first, second, apply), "single", "integer")


def _quotient(one: int, other: int) -> int | None:
    """The greatest integer not above the quotient: -7 / 2 is -4."""
    return None if other == 0 else one // other


def _remainder(one: int, other: int) -> int | None:
    """What integer-divide leaves: it has the divisor's sign."""
    return None if other == 0 else one % other


def _integers(
    fold: Callable[..., int],
    expression: Expression,
    operands: tuple[Compiled, ...],
    scope: Scope,
) -> Compiled:
    """gcd and lcm, of whole numbers and containers of them."""
    if any(operand.base == "float" for operand in operands):
        scope.fault(expression, "takes integer values, not float ones")
    numbers = all_numbers(scope, expression, operands)

    def run(state: State) -> float | None:
        found = numbers(state)
        if not found or any(not isinstance(one, int) for one in found):
            return None
        try:
            return finite(fold(*found))
        except OverflowError:
            return None

    return Compiled(run, "single", "integer")


def truncated(value: float) -> float | None:
    """Towards zero; infinity stays what it is."""
    return value if math.isinf(value) else math.trunc(value)


def _one(
    apply: Callable[[Any], Any],
    expression: Expression,
    operands: tuple[Compiled, ...],
    scope: Scope,
) -> Compiled:
    """truncate and round give a whole number."""
    run = single_number(scope, expression, operands[0])
    return Compiled(unary(run, apply), "single", "integer")


def _integer_to_float(
    expression: Expression, operands: tuple[Compiled, ...], scope: Scope
) -> Compiled:
    run = single_number(scope, expression, operands[0])
    return Compiled(unary(run, float), "single", "float")


def _round_to(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    value = single_number(scope, expression, operands[0])
    mode, figures = rounding_of(expression, scope)

    def run(state: State) -> float | None:
        found, places = value(state), figures(state)
        if found is None or places is None:
            return None
        return rounded(found, mode, places)

    return Compiled(run, "single", "float")


def _sum(values: list[float]) -> float:
    return sum(values[1:], values[0])


def _growing(fold: Callable[[Any, Any], Any], values: Iterable[Any]) -> Any:
    """The fold of values one by one, given up once a whole number is too large to be a score.

    Raises OverflowError.
    """
    remaining = iter(values)
    found = next(remaining)
    for value in remaining:
        found = fold(found, value)
        if finite(found) is None and isinstance(found, int):
            raise OverflowError
    return found


def _product(values: list[Any]) -> float:
    # Nought times anything is nought, however large what stands before it.
    whole_zero = 0 in values and all(isinstance(value, int) for value in values)
    return 0 if whole_zero else _growing(operator.mul, values)


def _lcm(*values: int) -> int:
    return 0 if 0 in values else abs(_growing(math.lcm, values))


COMPILERS: Mapping[str, Compiler] = {
    "sum": partial(_many, _sum),
    "product": partial(_many, _product),
    "min": partial(_many, min),
    "max": partial(_many, max),
    "subtract": partial(_two, _subtract),
    "divide": partial(_two, divided, always_float=True),
    "power": partial(_two, to_power, always_float=True),
    "integer-divide": partial(_two_integers, _quotient),
    "integer-modulus": partial(_two_integers, _remainder),
    "gcd": partial(_integers, math.gcd),
    "lcm": partial(_integers, _lcm),
    "truncate": partial(_one, truncated),
    "round": partial(_one, half_up),
    "round-to": _round_to,
    "integer-to-float": _integer_to_float,
}
