"""What the analyst decides. Everything of it stands in the manifest."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.models import ItemParameters, Model
from ardoise.psychometrics.responses import MissingRule

ErrorMethod = Literal["cross-product", "louis", "sandwich", "none"]
MAX_DRAWS = 100


@dataclass(frozen=True)
class CutSet:
    """Thresholds between levels, ascending: one more label than thresholds.

    Without `items`, thresholds are on the reported scale; with them, points on those items, which
    the test characteristic curve brings to θ. `domain` names what the levels are of.
    """

    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    domain: str = ""
    items: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.thresholds) + 1:
            raise PsychometricsError(
                f"{len(self.thresholds)} cut scores make {len(self.thresholds) + 1} levels, "
                f"but {len(self.labels)} labels were given"
            )
        if any(np.diff(self.thresholds) <= 0) or not np.isfinite(self.thresholds).all():
            raise PsychometricsError(f"cut scores {self.thresholds} must be finite and ascending")


@dataclass(frozen=True)
class Plan:
    """The decisions of one analysis. Raises PsychometricsError where one is out of bounds."""

    model: str | Mapping[str, Model] = "2PL"
    missing: MissingRule = field(default_factory=MissingRule)
    anchors: Mapping[str, ItemParameters] = field(default_factory=dict)
    cuts: tuple[CutSet, ...] = ()
    scale_mean: float = 250.0
    scale_sd: float = 50.0
    draws: int = 0
    """Plausible values a pupil; 0: none."""
    seed: int = 1
    errors: ErrorMethod = "cross-product"
    reference: str = ""
    """The group that others are compared with; empty: the first."""
    tolerance: float = 1e-5
    max_iterations: int = 500

    def __post_init__(self) -> None:
        if not 0 <= self.draws <= MAX_DRAWS:
            raise PsychometricsError(f"{self.draws} plausible values: 0 to {MAX_DRAWS} are drawn")
        if not (np.isfinite([self.scale_mean, self.scale_sd]).all() and self.scale_sd > 0):
            raise PsychometricsError(
                f"a scale of mean {self.scale_mean} and SD {self.scale_sd}: the SD must be above 0"
            )

    def section(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "model": self.model if isinstance(self.model, str) else dict(self.model),
            "missing": asdict(self.missing),
            "anchors": {name: asdict(item) for name, item in self.anchors.items()},
            "cuts": [asdict(one) for one in self.cuts],
            "scale": {"mean": self.scale_mean, "sd": self.scale_sd},
            "draws": self.draws,
            "seed": self.seed,
            "standard_errors": self.errors,
            "reference": self.reference,
            "tolerance": self.tolerance,
            "max_iterations": self.max_iterations,
        }
