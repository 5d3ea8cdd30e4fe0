"""The reporting scale: a line from abilities to published scores, fixed once and stored."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.faults import PsychometricsError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """score = slope·θ + intercept, within ``lowest`` and ``highest`` where these are set.

    ``reference`` names the population in which scores have ``mean`` and ``sd``. The lowest and
    highest obtainable scores (LOSS, HOSS) are the office's decision: None bounds nothing.
    """

    slope: float
    intercept: float
    mean: float
    sd: float
    reference: str
    lowest: float | None = None
    highest: float | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite([self.slope, self.intercept]).all() and self.slope > 0):
            raise PsychometricsError(
                f"a scale's slope must be above 0 and finite, not {self.slope}"
            )
        low = -np.inf if self.lowest is None else self.lowest
        high = np.inf if self.highest is None else self.highest
        if not low < high:
            raise PsychometricsError(
                f"the lowest score {self.lowest} is not below the highest {self.highest}"
            )

    @classmethod
    def on(
        cls,
        latent_mean: float,
        latent_sd: float,
        *,
        mean: float = 250.0,
        sd: float = 50.0,
        reference: str = "",
        lowest: float | None = None,
        highest: float | None = None,
    ) -> "Scale":
        """The scale on which a population of this latent mean and SD has these scores."""
        if not (latent_sd > 0 and sd > 0):
            raise PsychometricsError(f"standard deviations must be above 0: {latent_sd}, {sd}")
        slope = sd / latent_sd
        return cls(slope, mean - slope * latent_mean, mean, sd, reference, lowest, highest)

    def report(self, theta: Floats) -> "Reported":
        """Scores of the abilities, with those that a bound holds marked as such."""
        free = self.slope * np.asarray(theta, dtype=np.float64) + self.intercept
        low = -np.inf if self.lowest is None else self.lowest
        high = np.inf if self.highest is None else self.highest
        return Reported(np.clip(free, low, high), free < low, free > high)

    def errors(self, se: Floats) -> Floats:
        """Standard errors of scores."""
        return np.asarray(self.slope * np.asarray(se, dtype=np.float64))

    def ability(self, score: float) -> float:
        """The ability at a score, such as a cut."""
        return (score - self.intercept) / self.slope


@dataclass(frozen=True)
class Reported:
    """Scores (pupils,), and which of them stand at the scale's bounds instead of beyond."""

    score: Floats
    at_lowest: NDArray[np.bool_]
    at_highest: NDArray[np.bool_]
