"""The M-step: items from expected counts, by Fisher scoring with step halving, many at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics import families
from ardoise.psychometrics.families import Array
from ardoise.psychometrics.planes import Batch
from ardoise.psychometrics.priors import LogNormalPrior, Priors

_ROUNDS = 30
_HALVINGS = 30
_SLOPE_STEP, _OTHER_STEP = 1.0, 2.0
_SMALL = 1e-9


@dataclass(frozen=True)
class Curvature:
    """Objective (n,), gradient (n, p) and expected information (n, p, p) of a batch."""

    objective: Array
    gradient: Array
    information: Array

    @property
    def standardised(self) -> Array:
        """The gradient in units of the complete-data information's root, (n, p)."""
        places = np.arange(self.gradient.shape[1])
        diagonal = self.information[:, places, places]
        root: Array = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        return self.gradient / root


def objective(batch: Batch, values: Array, counts: Array, theta: Array, priors: Priors) -> Array:
    """The expected complete-data log-likelihood of each item, plus its priors: (n,)."""
    logs = families.log_probabilities(batch.family, values, theta)
    total: Array = np.where(counts > 0, counts * logs, 0.0).sum(axis=(1, 2))
    total += prior_terms(batch, values, priors)[0].sum(axis=1)
    return total


def curvature(
    batch: Batch, values: Array, counts: Array, theta: Array, priors: Priors
) -> Curvature:
    """Objective, its gradient, and the expected (Fisher) information, which is never indefinite."""
    logs = families.log_probabilities(batch.family, values, theta)
    scores = families.parameter_scores(batch.family, values, theta)
    expected = np.exp(logs) * counts.sum(axis=1, keepdims=True)
    total = np.where(counts > 0, counts * logs, 0.0).sum(axis=(1, 2))
    n, p = values.shape
    flat = scores.reshape(n, p, -1)
    gradient = np.matmul(flat, counts.reshape(n, -1, 1))[:, :, 0]
    information = np.matmul(flat * expected.reshape(n, 1, -1), flat.transpose(0, 2, 1))
    log, first, second = prior_terms(batch, values, priors)
    diagonal = np.arange(p)
    information[:, diagonal, diagonal] -= np.minimum(second, 0.0)
    return Curvature(total + log.sum(axis=1), gradient + first, information)


def maximise(batch: Batch, start: Array, counts: Array, theta: Array, priors: Priors) -> Array:
    """The free parameters that maximise each item's objective, from ``start``; (n, p)."""
    values = start.copy()
    if not batch.free.any():
        return values
    active: NDArray[np.bool_] = np.any(batch.free, axis=1)
    limit = np.full(values.shape[1], _OTHER_STEP)
    limit[0] = _SLOPE_STEP
    for _ in range(_ROUNDS):
        now = curvature(batch, values, counts, theta, priors)
        step = _newton(now, batch.free & active[:, None])
        step /= np.maximum(1.0, (np.abs(step) / limit).max(axis=1, keepdims=True))
        moved = _climb(batch, values, step, now.objective, counts, theta, priors)
        change = np.abs(moved - values).max(axis=1)
        values = moved
        active &= change > _SMALL
        if not active.any():
            break
    return values


def common_slope(
    batches: list[Batch],
    values: list[Array],
    counts: list[Array],
    theta: Array,
    priors: Priors,
) -> float:
    """One step of the slope that items share, their intercepts following (Schur complement)."""
    gradient = information = 0.0
    for batch, value, count in zip(batches, values, counts, strict=True):
        now = curvature(batch, value, count, theta, priors)
        for i in np.flatnonzero(batch.shared):
            free = np.flatnonzero(batch.free[i])
            cross = now.information[i][0, free]
            inner = now.information[i][np.ix_(free, free)]
            solved = np.linalg.solve(inner, np.stack([cross, now.gradient[i][free]], axis=1))
            gradient += now.gradient[i][0] - cross @ solved[:, 1]
            information += now.information[i][0, 0] - cross @ solved[:, 0]
    step = gradient / information if information > 0 else 0.0
    return float(np.clip(step, -_SLOPE_STEP / 2, _SLOPE_STEP / 2))


def prior_terms(batch: Batch, values: Array, priors: Priors) -> tuple[Array, Array, Array]:
    """Log density and its first two derivatives for each parameter that has a prior: (n, p).

    Fixed items have none; nor has a common slope, which is no item's own.
    """
    log, first, second = np.zeros_like(values), np.zeros_like(values), np.zeros_like(values)
    steps = batch.categories
    places: list[tuple[int, object]] = [(0, priors.slope)]
    places += [(k, priors.intercept) for k in range(1, steps)]
    if batch.family == "guessing":
        places.append((steps, priors.guess))
    for column, prior in places:
        if prior is not None:
            where = batch.free[:, column]
            parts = prior.log_density(values[where, column])  # type: ignore[attr-defined]
            log[where, column], first[where, column], second[where, column] = parts
    return log, first, second


def rescalable(priors: Priors) -> bool:
    """Whether shifting and stretching θ leaves the priors alone, as parameter expansion needs."""
    return priors.slope is None and priors.intercept is None


def proper(batch: Batch, values: Array, priors: Priors) -> bool:
    """Whether extrapolated parameters are still parameters."""
    if batch.family == "graded" and (np.diff(values[:, 1:], axis=1) >= 0).any():
        return False
    if isinstance(priors.slope, LogNormalPrior):
        return not (values[batch.free[:, 0], 0] <= 0).any()
    return bool(np.isfinite(values).all())


def _newton(now: Curvature, free: NDArray[np.bool_]) -> Array:
    gradient: Array = np.where(free, now.gradient, 0.0)
    information: Array = now.information * (free[:, :, None] & free[:, None, :])
    p = gradient.shape[1]
    diagonal = np.arange(p)
    own = information[:, diagonal, diagonal]
    information[:, diagonal, diagonal] = np.where(free, own * (1 + 1e-12) + 1e-12, 1.0)
    step: Array = np.linalg.solve(information, gradient[:, :, None])[:, :, 0].astype(np.float64)
    return step


def _climb(
    batch: Batch,
    values: Array,
    step: Array,
    before: Array,
    counts: Array,
    theta: Array,
    priors: Priors,
) -> Array:
    """Take each item's step, halved until the objective does not fall."""
    moved, pending = values.copy(), np.abs(step).max(axis=1) > 0
    slack = 1e-12 * np.abs(before) + 1e-12
    for _ in range(_HALVINGS):
        moved[pending] = values[pending] + step[pending]
        with np.errstate(invalid="ignore"):
            after = objective(batch, moved, counts, theta, priors)
        pending &= ~(after >= before - slack)
        if not pending.any():
            return moved
        step = np.where(pending[:, None], step / 2, step)
    moved[pending] = values[pending]
    return moved
