"""The criteria of Haebara and of Stocking & Lord, their derivatives and their minimum.

Items of one family and size go through the curves together. Residuals and the derivatives by
(A, B) are exact; second derivatives are differences of exact gradients.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics import families
from ardoise.psychometrics.faults import EstimationError
from ardoise.psychometrics.models import ItemParameters

Floats = NDArray[np.float64]
STEPS = 100


@dataclass(frozen=True)
class _Bundle:
    """Items of one family and size: parameters on both scales, (items, p) each."""

    family: families.Family
    places: tuple[int, ...]
    new: Floats
    base: Floats


@dataclass(frozen=True)
class Curves:
    """Common items, ready to be compared; ``whole`` compares tests instead of categories."""

    bundles: tuple[_Bundle, ...]
    theta: Floats
    weights: Floats
    direction: Literal["forward", "backward", "symmetric"]
    whole: bool

    @classmethod
    def of(
        cls,
        new: Sequence[ItemParameters],
        base: Sequence[ItemParameters],
        theta: Floats,
        weights: Floats,
        direction: Literal["forward", "backward", "symmetric"],
        *,
        whole: bool,
    ) -> "Curves":
        kinds = [
            ("guessing" if "guessing" in (a.family, b.family) else a.family, a.categories)
            for a, b in zip(new, base, strict=True)
        ]
        bundles = []
        for kind in sorted(set(kinds)):
            places = tuple(j for j, k in enumerate(kinds) if k == kind)
            bundles.append(
                _Bundle(
                    kind[0],
                    places,
                    np.stack([_vector(new[j], kind[0]) for j in places]),
                    np.stack([_vector(base[j], kind[0]) for j in places]),
                )
            )
        return cls(tuple(bundles), theta, weights, direction, whole)

    def residuals(self, slope: float, intercept: float) -> tuple[Floats, Floats]:
        """Weighted differences (m,) and their derivatives by (A, B), (m, 2)."""
        parts = []
        if self.direction != "backward":
            parts.append(self._compared((self.theta - intercept) / slope, slope, forward=True))
        if self.direction != "forward":
            parts.append(self._compared(slope * self.theta + intercept, slope, forward=False))
        return (
            np.concatenate([residual for residual, _ in parts]),
            np.concatenate([derivative for _, derivative in parts]),
        )

    def gradient(self, constants: Floats) -> Floats:
        """Gradient (2,) of the criterion Σ w·difference²."""
        residual, derivative = self.residuals(float(constants[0]), float(constants[1]))
        return np.asarray(2 * derivative.T @ residual)

    def _compared(self, there: Floats, slope: float, *, forward: bool) -> tuple[Floats, Floats]:
        """Curves at θ on the scale compared on against those at ``there`` on the other.

        Forward, there = (θ - B)/A with derivatives (-there/A, -1/A); backward, there = Aθ + B
        with derivatives (θ, 1).
        """
        if forward:
            by_slope, by_intercept = -there / slope, np.full_like(there, -1 / slope)
        else:
            by_slope, by_intercept = self.theta, np.ones_like(there)
        differences, changes = [], []
        for bundle in self.bundles:
            here, away = (bundle.base, bundle.new) if forward else (bundle.new, bundle.base)
            target = families.theta_derivatives(bundle.family, here, self.theta)[0]
            curve, change, _ = families.theta_derivatives(bundle.family, away, there)
            differences.append(target - curve)
            changes.append(-change)
        root = np.sqrt(self.weights)
        if self.whole:
            difference = sum(_expected(part) for part in differences) * root
            change = sum(_expected(part) for part in changes) * root
        else:
            difference = np.concatenate([(p * root).ravel() for p in differences])
            change = np.concatenate([(p * root).ravel() for p in changes])
        copies = len(difference) // len(root)
        return difference, np.stack(
            [change * np.tile(by_slope, copies), change * np.tile(by_intercept, copies)], axis=1
        )


def _vector(item: ItemParameters, family: str) -> Floats:
    """Parameters as the family takes them; a 2PL among 3PLs guesses with probability 0."""
    if family == "guessing" and item.guess == 0:
        return np.array([item.slope, *item.intercepts, -np.inf])
    return item.vector


def _expected(part: Floats) -> Floats:
    """(items, K, points) → Σ over items of Σ k·part, (points,)."""
    return np.asarray(np.einsum("ikp,k->p", part, np.arange(part.shape[1], dtype=np.float64)))


def minimise(curves: Curves, start: tuple[float, float]) -> tuple[float, float, float]:
    """(A, B, loss) at the minimum: Levenberg-Marquardt, then Newton to the last digits.

    Raises ``EstimationError`` where no minimum is found.
    """
    at = np.array(start)
    residual, derivative = curves.residuals(*start)
    loss, damping = float(residual @ residual), 1e-3
    for _ in range(STEPS):
        normal = derivative.T @ derivative
        step = -np.linalg.solve(
            normal + damping * np.diag(np.diag(normal)) + 1e-300 * np.eye(2),
            derivative.T @ residual,
        )
        tried = at + step
        if tried[0] <= 0:
            damping *= 10
            continue
        residual_t, derivative_t = curves.residuals(float(tried[0]), float(tried[1]))
        loss_t = float(residual_t @ residual_t)
        if loss_t > loss:
            damping *= 10
            if damping > 1e12 or np.abs(step).max() < 1e-9:
                break
            continue
        at, residual, derivative, damping = tried, residual_t, derivative_t, damping / 10
        small = np.abs(step).max() < 1e-9
        loss = loss_t
        if small:
            break
    else:
        raise EstimationError(
            f"linking found no minimum in {STEPS} steps (slope {at[0]:.4g}, intercept "
            f"{at[1]:.4g}): the two sets of common items' curves are too far apart"
        )
    return _polished(curves, at)


def _polished(curves: Curves, at: Floats) -> tuple[float, float, float]:
    """Newton from a point near the minimum; raises where there is none after all."""
    for _ in range(10):
        bend = hessian(curves, at)
        curved = np.isfinite(bend).all() and np.linalg.eigvalsh(bend)[0] > 0
        step = np.linalg.solve(bend, curves.gradient(at)) if curved else np.full(2, np.inf)
        size = float(np.abs(step).max())
        if not size < 1e-2 or not at[0] - step[0] > 0:
            raise EstimationError(
                f"linking came to slope {at[0]:.4g} and intercept {at[1]:.4g}, which is no minimum:"
                " the common items' curves say too little about the scale at these abilities"
            )
        at = at - step
        if size < 1e-13:
            break
    residual, _ = curves.residuals(float(at[0]), float(at[1]))
    return float(at[0]), float(at[1]), float(residual @ residual)


def hessian(curves: Curves, at: Floats) -> Floats:
    """Second derivatives (2, 2) of the criterion, by central differences of its gradient."""
    step = 1e-5
    columns = [
        (curves.gradient(at + step * unit) - curves.gradient(at - step * unit)) / (2 * step)
        for unit in np.eye(2)
    ]
    found = np.stack(columns, axis=1)
    return np.asarray((found + found.T) / 2)
