"""Prior densities of item parameters, for where the answers alone cannot hold them.

Each gives the logarithm of its density up to a constant, and its first two derivatives, in the
parameter that the estimation moves: the slope, an intercept, the logit of the guessing parameter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from ardoise.psychometrics.faults import ModelError

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class NormalPrior:
    """Normal in the parameter itself (for a guess: in its logit)."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        _positive(sd=self.sd)

    def log_density(self, x: Array) -> tuple[Array, Array, Array]:
        z = (x - self.mean) / self.sd
        return -0.5 * z * z, -z / self.sd, np.full_like(x, -1 / self.sd**2)


@dataclass(frozen=True)
class LogNormalPrior:
    """The logarithm of a slope is normal; slopes of 0 or less have no density."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        _positive(sd=self.sd)

    def log_density(self, x: Array) -> tuple[Array, Array, Array]:
        with np.errstate(invalid="ignore", divide="ignore"):
            z = (np.log(x) - self.mean) / self.sd**2
            log = np.where(x > 0, -np.log(x) - 0.5 * z * z * self.sd**2, -np.inf)
            return log, -(1 + z) / x, (1 + z - 1 / self.sd**2) / x**2


@dataclass(frozen=True)
class BetaPrior:
    """Beta(α, β) of a guessing parameter c, its mode taken in c (as in BILOG)."""

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        _positive(alpha=self.alpha - 1, beta=self.beta - 1)

    def log_density(self, x: Array) -> tuple[Array, Array, Array]:
        up, down, c = self.alpha - 1, self.beta - 1, expit(x)
        log = up * log_expit(x) + down * log_expit(-x)
        return log, up - (up + down) * c, -(up + down) * c * (1 - c)


@dataclass(frozen=True)
class Priors:
    """What is believed of every free item beforehand; None: nothing.

    The default is BILOG's for the guessing parameter, Beta(5, 17): as if 20 pupils who cannot know
    the answer had been seen, of whom 4 guessed right.
    """

    slope: NormalPrior | LogNormalPrior | None = None
    intercept: NormalPrior | None = None
    guess: BetaPrior | NormalPrior | None = field(default_factory=lambda: BetaPrior(5.0, 17.0))


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not (np.isfinite(value) and value > 0):
            raise ModelError(f"prior: {name} is out of range ({value} must be above 0)")
