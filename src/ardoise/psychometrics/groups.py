"""Cut scores and the groups they make, with how surely pupils are placed.

Accuracy is the probability that a pupil is placed where the true ability belongs, consistency that
two parallel tests would place the pupil alike. From abilities and their standard errors: Rudner
(2001, 2005); from raw scores and item parameters: Lee (2010).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ardoise.psychometrics.faults import EstimationError, PsychometricsError
from ardoise.psychometrics.information import expected_score, score_distribution
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.scale import Scale
from ardoise.psychometrics.threads import blocks, one_blas_thread

MAX_GROUPS = 12
REACH = 30.0
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cuts:
    """``labels`` from the lowest group up; ``theta`` the lower bounds of all but the first.

    A pupil at a cut belongs to the group above it. ``stated`` and ``on`` keep the cuts as they
    were stated.
    """

    labels: tuple[str, ...]
    theta: tuple[float, ...]
    stated: tuple[float, ...]
    on: Literal["theta", "scale", "raw"]

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.theta) + 1 or not 2 <= len(self.labels) <= MAX_GROUPS:
            raise PsychometricsError(
                f"{len(self.theta)} cuts make {len(self.theta) + 1} groups (2 to {MAX_GROUPS}); "
                f"{len(self.labels)} labels were given"
            )
        if not np.isfinite(self.theta).all() or (np.diff(self.theta) <= 0).any():
            raise PsychometricsError(f"cuts must rise: {', '.join(map(str, self.stated))} do not")

    @classmethod
    def at_abilities(cls, labels: Sequence[str], cuts: Sequence[float]) -> "Cuts":
        return cls(tuple(labels), tuple(cuts), tuple(cuts), "theta")

    @classmethod
    def at_scores(cls, labels: Sequence[str], cuts: Sequence[float], scale: Scale) -> "Cuts":
        """Cuts on the reporting scale."""
        return cls(tuple(labels), tuple(scale.ability(cut) for cut in cuts), tuple(cuts), "scale")

    @classmethod
    def at_points(
        cls, labels: Sequence[str], cuts: Sequence[float], items: Sequence[ItemParameters]
    ) -> "Cuts":
        """Cuts in raw points: the abilities at which that many are expected."""
        theta = tuple(ability_at(items, cut) for cut in cuts)
        return cls(tuple(labels), theta, tuple(cuts), "raw")

    def of(self, theta: Floats) -> NDArray[np.int8]:
        """The group (0 the lowest) of each ability."""
        if not np.isfinite(theta).all():
            raise PsychometricsError("an ability without a number has no group: leave it out")
        return np.searchsorted(np.array(self.theta), theta, side="right").astype(np.int8)


def ability_at(items: Sequence[ItemParameters], points: float) -> float:
    """The ability at which the test's expected score is ``points``, by bisection.

    Raises ``EstimationError`` where no ability within ±30 expects as much or as little.
    """
    low, high = -REACH, REACH
    ends = expected_score(items, np.array([low, high]))
    if not ends[0] < points < ends[1]:
        raise EstimationError(
            f"no ability expects {points} points: this test expects {ends[0]:.2f} to {ends[1]:.2f}"
        )
    while high - low > 1e-12 * max(1.0, abs(low)):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if expected_score(items, np.array([middle]))[0] < points:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@dataclass(frozen=True)
class Classification:
    """``shares`` (groups,) of the pupils placed in each group; ``table`` (groups, groups) shares
    placed (rows) and truly belonging (columns); ``by_group`` the accuracy within each placed
    group (NaN where empty). ``kappa`` is consistency beyond chance. ``cut_errors`` are the
    conditional standard errors of an ability at each cut (NaN where not computed), ``points`` the
    expected raw score there.
    """

    labels: tuple[str, ...]
    shares: Floats
    table: Floats
    accuracy: float
    consistency: float
    kappa: float
    by_group: Floats
    cut_errors: Floats
    points: Floats


@one_blas_thread()
def rudner(
    cuts: Cuts,
    theta: Floats,
    se: Floats,
    *,
    weights: Floats | None = None,
    items: Sequence[ItemParameters] = (),
) -> Classification:
    """Accuracy and consistency if each pupil's true ability is normal around the estimate.

    With posterior means and standard deviations (EAP) accuracy has its literal meaning; with WLE
    and its standard error it is Rudner's approximation. ``items`` give the errors at the cuts.
    """
    if theta.shape != se.shape or not (np.isfinite(se).all() and (se > 0).all()):
        raise PsychometricsError("each ability needs a standard error above 0")
    w = np.ones(len(theta)) if weights is None else weights
    size = len(cuts.labels)
    table, agreement, marginal = np.zeros((size, size)), 0.0, np.zeros(size)
    edges = np.array([-np.inf, *cuts.theta, np.inf])
    for rows in blocks(0, len(theta)):
        z = (edges - theta[rows, None]) / se[rows, None]
        p = np.diff(ndtr(z), axis=1)
        placed = cuts.of(theta[rows])
        table += np.stack([(w[rows] * (placed == g)) @ p for g in range(size)])
        agreement += float(w[rows] @ (p**2).sum(axis=1))
        marginal += w[rows] @ p
    total = float(w.sum())
    return _classified(cuts, table / total, agreement / total, marginal / total, items)


@one_blas_thread()
def lee(
    cuts: Cuts,
    points: Sequence[float],
    items: Sequence[ItemParameters],
    theta: Floats,
    density: Floats,
) -> Classification:
    """Accuracy and consistency of placing by raw score: at least ``points[k]`` for group k + 1.

    True groups are those of ``cuts``; ``theta`` (n,) and ``density`` (n,) describe the population.
    """
    if len(points) != len(cuts.theta) or (np.diff(points) <= 0).any():
        raise PsychometricsError(f"give {len(cuts.theta)} rising raw cuts, one for each cut")
    density = density / density.sum()
    given = score_distribution([item.probabilities(theta) for item in items])
    edges = [0, *(int(np.ceil(cut)) for cut in points), given.shape[1]]
    p = np.stack([given[:, a:b].sum(axis=1) for a, b in pairwise(edges)], 1)
    true = cuts.of(theta)
    size = len(cuts.labels)
    table = np.stack([(density * (true == g)) @ p for g in range(size)], axis=1)
    agreement = float(density @ (p**2).sum(axis=1))
    return _classified(cuts, table, agreement, density @ p, items)


def _classified(
    cuts: Cuts,
    table: Floats,
    agreement: float,
    marginal: Floats,
    items: Sequence[ItemParameters],
) -> Classification:
    shares = table.sum(axis=1)
    chance = float(marginal @ marginal)
    at = np.array(cuts.theta)
    errors = points = np.full(len(at), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        if items:
            information = np.sum([item.information(at) for item in items], axis=0)
            errors, points = 1 / np.sqrt(information), expected_score(items, at)
        by_group = np.diag(table) / shares
    kappa = (agreement - chance) / (1 - chance) if chance < 1 else float("nan")
    accuracy = float(np.trace(table))
    return Classification(
        cuts.labels, shares, table, accuracy, agreement, kappa, by_group, errors, points
    )
