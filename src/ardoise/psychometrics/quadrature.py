"""The grid of abilities on which likelihoods are summed, and the normal weights on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.faults import PsychometricsError

MAX_NODES = 2_001


@dataclass(frozen=True)
class Grid:
    """Equally spaced abilities. The step should not exceed the smallest posterior SD."""

    nodes: tuple[float, ...]

    def __post_init__(self) -> None:
        steps = np.diff(self.nodes)
        if not 5 <= len(self.nodes) <= MAX_NODES:
            raise PsychometricsError(f"a grid has 5 to {MAX_NODES} nodes, not {len(self.nodes)}")
        if not np.isfinite(self.nodes).all() or not np.allclose(steps, steps[0]) or steps[0] <= 0:
            raise PsychometricsError("a grid's nodes must rise in equal steps")

    @classmethod
    def normal(cls, count: int = 61, reach: float = 6.0) -> Grid:
        """``count`` nodes from −reach to reach, weighted by the normal density of each group."""
        return cls(tuple(np.linspace(-reach, reach, count).tolist()))

    @property
    def theta(self) -> NDArray[np.float64]:
        return np.array(self.nodes)

    @property
    def step(self) -> float:
        return self.nodes[1] - self.nodes[0]

    def log_normal(
        self, means: NDArray[np.float64], sds: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Logarithms of normal weights, each row summing to 1: (groups, nodes)."""
        z = (self.theta - means[:, None]) / sds[:, None]
        log = -0.5 * z * z
        log -= log.max(axis=1, keepdims=True)
        weights: NDArray[np.float64] = log - np.log(np.exp(log).sum(axis=1, keepdims=True))
        return weights
