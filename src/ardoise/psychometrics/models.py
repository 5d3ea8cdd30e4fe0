"""An item's parameters, and the curves that follow from them.

Binary: P = c + (1−c)/(1+exp(−(aθ+d))), d = ``intercepts[0]``; 1PL, 2PL: c = 0.
PCM, GPCM: log P_k/P_{k−1} = aθ + d_k. GRM: P(X≥k) = 1/(1+exp(−(aθ+d_k))). D = 1: no 1.7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit

from ardoise.psychometrics import families
from ardoise.psychometrics.faults import ModelError
from ardoise.psychometrics.responses import MAX_CATEGORIES

Model = Literal["1PL", "2PL", "3PL", "PCM", "GPCM", "GRM"]
MODELS: tuple[str, ...] = get_args(Model)
BINARY = frozenset({"1PL", "2PL", "3PL"})
COMMON_SLOPE = frozenset({"1PL", "PCM"})


@dataclass(frozen=True)
class ItemParameters:
    """One item. ``intercepts`` holds one number for each score above 0.

    Raises ``ModelError`` where the numbers cannot be an item of that model.
    """

    name: str
    model: Model
    slope: float
    intercepts: tuple[float, ...]
    guess: float = 0.0

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ModelError(f"item {self.name!r}: {self.model!r} is not one of {MODELS}")
        if not all(map(math.isfinite, (self.slope, self.guess, *self.intercepts))):
            raise ModelError(f"item {self.name!r}: parameters must be finite numbers")
        steps = len(self.intercepts)
        if not 1 <= steps < MAX_CATEGORIES or (self.model in BINARY and steps != 1):
            raise ModelError(f"item {self.name!r}: {steps} intercepts do not fit a {self.model}")
        if self.guess and self.model != "3PL":
            raise ModelError(f"item {self.name!r}: only a 3PL has a guessing parameter")
        if not 0 <= self.guess < 1:
            raise ModelError(f"item {self.name!r}: guess {self.guess} is not in [0, 1)")
        if self.model == "GRM" and any(np.diff(self.intercepts) > 0):
            raise ModelError(f"item {self.name!r}: the intercepts of a GRM must not increase")

    @property
    def categories(self) -> int:
        return len(self.intercepts) + 1

    @property
    def family(self) -> families.Family:
        """Which of the three families' formulas hold; a 3PL without guessing is a 2PL."""
        if self.model == "GRM":
            return "graded"
        return "guessing" if self.guess > 0 else "partial"

    @property
    def vector(self) -> families.Array:
        """Slope, intercepts and, where there is guessing, logit c: what the families take."""
        guess = [float(logit(self.guess))] if self.guess > 0 else []
        return np.array([self.slope, *self.intercepts, *guess])

    @property
    def difficulties(self) -> tuple[float, ...]:
        """b_k = −d_k/a, on θ's scale; infinite where the slope is 0."""
        return tuple(
            -d / self.slope if self.slope else math.copysign(math.inf, -d) for d in self.intercepts
        )

    @property
    def difficulty(self) -> float:
        """b = −d/a; of a polytomous item the mean of its b_k."""
        return sum(self.difficulties) / len(self.intercepts)

    def probabilities(self, theta: ArrayLike) -> families.Array:
        """(points,) → (points, categories)."""
        p = families.theta_derivatives(self.family, self.vector[None], _points(theta))[0]
        curves: families.Array = p[0].T
        return curves

    def log_probabilities(self, theta: ArrayLike) -> families.Array:
        """(points,) → (points, categories)."""
        logs = families.log_probabilities(self.family, self.vector[None], _points(theta))
        curves: families.Array = logs[0].T
        return curves

    def expected(self, theta: ArrayLike) -> families.Array:
        """The expected score, (points,) → (points,)."""
        return self.probabilities(theta) @ np.arange(self.categories, dtype=np.float64)

    def information(self, theta: ArrayLike) -> families.Array:
        """Fisher's information Σ P'²/P, (points,) → (points,)."""
        each = families.information(self.family, self.vector[None], _points(theta))[0]
        curve: families.Array = each[0]
        return curve


def _points(theta: ArrayLike) -> families.Array:
    return np.atleast_1d(np.asarray(theta, dtype=np.float64)).ravel()
