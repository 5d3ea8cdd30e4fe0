"""Lord's chi-squared: an item's parameters in two groups' calibrations, on one scale.

The differences of slope and intercepts are weighed by both calibrations' covariances, as in Lord
(1980, ch. 14). Intercepts stand for Lord's difficulties: to first order the test is the same, and
it stays finite for an item with a slope near 0. Guessing is not compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.linking import Comparison, Link, common
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.threads import one_blas_thread

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LordDif:
    """One item. ``signed`` is the mean difference of the expected score curves, focal less
    reference, over the focal abilities, in shares of the maximum; ``unsigned`` that of the
    absolute difference (Meade 2010). ``chi_squared`` has ``df`` degrees of freedom.
    """

    item: str
    signed: float
    unsigned: float
    chi_squared: float
    df: int
    p: float


@one_blas_thread()
def lord_dif(
    reference: Sequence[ItemParameters],
    focal: Sequence[ItemParameters],
    reference_covariance: Mapping[str, Floats],
    focal_covariance: Mapping[str, Floats],
    link: Link,
    *,
    focal_abilities: Comparison | None = None,
) -> tuple[LordDif, ...]:
    """Lord's chi-squared of the items in both calibrations.

    ``link`` brings the focal scale onto the reference scale. Covariances are by item, of its
    ``vector`` on its own scale. ``focal_abilities`` are on the reference scale; by default the
    standard normal of the focal calibration, brought there.
    """
    over = focal_abilities or Comparison.normal(link.intercept, link.slope)
    theta, weights = np.array(over.theta), np.array(over.weights)
    weights = weights / weights.sum()
    found = []
    theirs, mine = common(focal, reference)
    for new, old in zip(theirs, mine, strict=True):
        placed = link.item(new)
        size = 1 + len(old.intercepts)
        away = placed.vector[:size] - old.vector[:size]
        move = np.eye(size)
        move[0, 0] = 1 / link.slope
        move[1:, 0] = -link.intercept / link.slope
        spread = _of(reference_covariance, old, size)
        spread = spread + move @ _of(focal_covariance, new, size) @ move.T
        df = int(np.linalg.matrix_rank(spread, hermitian=True))
        chi_squared = float(away @ np.linalg.pinv(spread, hermitian=True) @ away)
        curve = (placed.expected(theta) - old.expected(theta)) / (old.categories - 1)
        found.append(
            LordDif(
                item=old.name,
                signed=float(weights @ curve),
                unsigned=float(weights @ np.abs(curve)),
                chi_squared=chi_squared,
                df=df,
                p=float(stats.chi2.sf(chi_squared, df)) if df else float("nan"),
            )
        )
    return tuple(found)


def _of(covariances: Mapping[str, Floats], item: ItemParameters, size: int) -> Floats:
    if item.name not in covariances:
        raise PsychometricsError(f"item {item.name!r} has no covariance: it was not estimated")
    found = covariances[item.name]
    if found.shape[0] < size or found.shape[0] != found.shape[1]:
        raise PsychometricsError(
            f"item {item.name!r}: its covariance is {found.shape}, {size} parameters are compared"
        )
    return np.asarray(found[:size, :size])
