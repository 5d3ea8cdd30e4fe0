"""Rounding: halves go up, and a number is rounded as it is written, not as it is stored.

QTI ASI, round: the integer n for all values in the range [n-0.5, n+0.5), so 6.5 becomes 7 and -6.5
becomes -6. round-to and equal-rounded round the same way at a later digit; they work on the
shortest decimal form of the number, so that 1.005 to two places is 1.01, as an author who writes
1.005 means, although the nearest double lies a hair below.
"""

import math
from decimal import ROUND_FLOOR, Context, Decimal

from ardoise.content.processing import Expression
from ardoise.scoring.operators.operands import parameter
from ardoise.scoring.scope import Run, Scope

_MODES = {
    "significantFigures": "significant", "significant-figures": "significant",
    "significantFigure": "significant", "": "significant",
    "decimalPlaces": "decimal", "decimal-places": "decimal",
}  # fmt: skip
_EXACT = Context(prec=800)
_HALF = Decimal("0.5")
_PLACES = 400


def half_up(value: float) -> float:
    """round: the nearest whole number, halves upward; infinity stays what it is."""
    if isinstance(value, int) or math.isinf(value):
        return value
    floor = math.floor(value)
    return floor + 1 if value - floor >= 0.5 else floor


def rounding_of(expression: Expression, scope: Scope) -> tuple[str, Run]:
    """The mode and the figures. Raises ContentFault for a mode that QTI does not know."""
    given = expression.attributes.get("rounding-mode", "").strip()
    if given not in _MODES:
        scope.fault(expression, "rounding-mode must be significantFigures or decimalPlaces")
    return _MODES[given], parameter(scope, expression, "figures")


def rounded(value: float, mode: str, figures: int) -> float | None:
    """To so many significant figures (at least 1) or decimal places (at least 0), else NULL."""
    if figures < (1 if mode == "significant" else 0) or figures > _PLACES:
        return None
    if math.isinf(value) or value == 0:
        return float(value)
    plain = Decimal(repr(value))
    places = figures if mode == "decimal" else figures - 1 - plain.adjusted()
    shifted = plain.scaleb(places, _EXACT)
    whole = _EXACT.add(shifted, _HALF).to_integral_value(ROUND_FLOOR)
    return float(whole.scaleb(-places, _EXACT))
