"""Anchor drift: what each common item does to the link.

Each anchor is left out in turn and the constants are found anew. The spread of these links is also
the *linking error*: how far the year's mean would move with another choice of anchors, which no
number of pupils makes smaller (jackknife over items, as Monseur & Berezner 2007 for PISA).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.linking import Comparison, Link, common, link
from ardoise.psychometrics.models import ItemParameters

Floats = NDArray[np.float64]
NORMAL_IQR = 0.74
"""Interquartile range times this is a standard deviation for normal data."""


@dataclass(frozen=True)
class AnchorDrift:
    """One anchor, both of its parameter sets on the base scale.

    ``shift`` is the move of the new population's mean, in base units, when the item is left out,
    ``slope_change`` that of A. ``distance`` is the root mean squared distance of its two expected
    score curves, in shares of the maximum. ``difficulty_z`` and ``slope_z`` are robust z (Huynh &
    Meyer 2010): the item's difference against the anchors' median, over 0.74·IQR.
    """

    item: str
    base: ItemParameters
    new: ItemParameters
    without: Link
    shift: float
    slope_change: float
    distance: float
    difficulty_z: float
    slope_z: float


@dataclass(frozen=True)
class DriftReport:
    """``anchors`` are ranked by the size of their shift, largest first.

    ``linking_error`` is the jackknife standard error of the new population's mean.
    """

    link: Link
    anchors: tuple[AnchorDrift, ...]
    linking_error: float
    mean: float


def drift(
    new: Sequence[ItemParameters],
    base: Sequence[ItemParameters],
    full: Link,
    *,
    mean: float = 0.0,
) -> DriftReport:
    """Leave-one-out around the link ``full``; ``mean`` is the new population's, on its own scale.

    At least three anchors are needed.
    """
    kept = set(full.items)
    mine, theirs = common([item for item in new if item.name in kept], base)
    n = len(mine)
    if n < 3:
        raise PsychometricsError(f"{n} anchors: leaving one out needs at least three")
    placed = [full.item(item) for item in mine]
    comparison = full.comparison or Comparison.normal()
    located = full.slope * mean + full.intercept
    shifts, found = np.empty(n), []
    for j in range(n):
        rest = [item for i, item in enumerate(mine) if i != j]
        without = link(rest, theirs, full.method, comparison=full.comparison)
        shifts[j] = without.slope * mean + without.intercept - located
        found.append(without)
    difficulty_z = _robust_z([a.difficulty - b.difficulty for a, b in _pairs(placed, theirs)])
    slope_z = _robust_z([a.slope - b.slope for a, b in _pairs(placed, theirs)])
    anchors = [
        AnchorDrift(
            item=mine[j].name,
            base=theirs[j],
            new=placed[j],
            without=found[j],
            shift=float(shifts[j]),
            slope_change=found[j].slope - full.slope,
            distance=curve_distance(placed[j], theirs[j], comparison),
            difficulty_z=float(difficulty_z[j]),
            slope_z=float(slope_z[j]),
        )
        for j in range(n)
    ]
    error = float(np.sqrt((n - 1) / n * ((shifts - shifts.mean()) ** 2).sum()))
    order = sorted(range(n), key=lambda j: -abs(shifts[j]))
    return DriftReport(full, tuple(anchors[j] for j in order), error, mean)


def _pairs(
    placed: list[ItemParameters], base: list[ItemParameters]
) -> list[tuple[ItemParameters, ItemParameters]]:
    return list(zip(placed, base, strict=True))


def curve_distance(one: ItemParameters, other: ItemParameters, over: Comparison) -> float:
    """Root mean squared distance of two expected score curves, in shares of the maximum."""
    theta, weights = np.array(over.theta), np.array(over.weights)
    away = (one.expected(theta) - other.expected(theta)) / (one.categories - 1)
    return float(np.sqrt(away**2 @ weights / weights.sum()))


def _robust_z(differences: Sequence[float]) -> Floats:
    """NaN where half the anchors agree to the digit: there is no spread to measure by."""
    values = np.array(differences, dtype=np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    low, middle, high = np.nanquantile(values, [0.25, 0.5, 0.75])
    spread = NORMAL_IQR * (high - low)
    if not spread > 0:
        return np.full(len(values), np.nan)
    return np.asarray((values - middle) / spread)
