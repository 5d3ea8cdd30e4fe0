"""Abilities of persons, with item and group parameters taken as known.

``eap`` is the posterior mean (Bock & Mislevy 1982), ``map_`` its mode, ``wle`` Warm's (1989)
weighted likelihood estimate, for any model here: Σ P'/P + J/(2I) = 0 with I = Σ P'²/P and
J = Σ P'P''/P (Samejima 1998). All three are finite for all-correct and all-wrong answers.

Standard errors: EAP, the posterior SD; MAP, 1/√(I + 1/σ²); WLE, 1/√I; I is the expected
information at the estimate. Engines differ here (others multiply Warm's by a correction).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ardoise.psychometrics import families
from ardoise.psychometrics.calibrated import Calibration
from ardoise.psychometrics.families import Array
from ardoise.psychometrics.planes import Batch, Layout, batches_of, posteriors
from ardoise.psychometrics.quadrature import Grid
from ardoise.psychometrics.responses import MISSING, Responses
from ardoise.psychometrics.threads import blocks, one_blas_thread, over_stripes

REACH = 40.0
_CLOSE = 1e-8
_ROUNDS = 100
_PLAIN = 30  # from then on steps are halved wherever they turn back


@dataclass(frozen=True)
class Abilities:
    """One ability and standard error for each pupil, (pupils,), on the calibration's scale.

    A pupil who answered nothing has the group's mean and SD as EAP and MAP, and NaN as WLE; so has
    a WLE beyond ±40, which only items with slopes near 0 can bring about.
    """

    theta: Array
    se: Array
    method: str


@dataclass(frozen=True)
class Reliability:
    """``eap``: var(EAP) / (var(EAP) + mean posterior variance). ``wle``: 1 − mean(SE²)/var(WLE)
    (Adams 2005). ``marginal``: 1 − mean error variance over the groups' normal distributions,
    E[1/(I + 1/σ²)]/σ² (Green et al. 1984). NaN where its abilities were not given.
    """

    eap: float
    wle: float
    marginal: float


def eap(
    responses: Responses, calibration: Calibration, *, grid: Grid | None = None, threads: int = 1
) -> Abilities:
    """Posterior means and SDs, on the calibration's grid unless another is given."""
    chosen = calibration.responses(responses)
    grid = grid or calibration.grid
    layout = layout_of(chosen, calibration)
    table = likelihood_table(layout, calibration, grid)
    moments = np.stack([grid.theta, grid.theta**2], axis=1)
    theta, se = np.empty(chosen.pupils), np.empty(chosen.pupils)

    def stripe(start: int, stop: int) -> None:
        for rows, _, posterior, _ in posteriors(layout, table, start, stop):
            both = posterior @ moments
            theta[rows] = both[:, 0]
            se[rows] = np.sqrt(np.maximum(both[:, 1] - both[:, 0] ** 2, 0.0))

    with one_blas_thread():
        for _ in over_stripes(chosen.pupils, stripe, threads=threads):
            pass
    return Abilities(theta, se, "EAP")


def map_(responses: Responses, calibration: Calibration, *, threads: int = 1) -> Abilities:
    """Posterior modes under each pupil's group's normal distribution."""
    chosen = calibration.responses(responses)
    numbers = chosen.groups if chosen.groups is not None else np.zeros(chosen.pupils, np.int32)
    theta, se = _solve(
        chosen, calibration, (calibration.means[numbers], calibration.sds[numbers]), threads
    )
    return Abilities(theta, se, "MAP")


def wle(responses: Responses, calibration: Calibration, *, threads: int = 1) -> Abilities:
    """Warm's weighted likelihood estimates."""
    theta, se = _solve(calibration.responses(responses), calibration, None, threads)
    return Abilities(theta, se, "WLE")


def reliability(
    calibration: Calibration,
    *,
    eaps: Abilities | None = None,
    wles: Abilities | None = None,
    weights: Array | None = None,
) -> Reliability:
    """Reliabilities of the abilities given, and the marginal one of all items together."""
    by_eap = by_wle = float("nan")
    if eaps is not None:
        spread = _variance(eaps.theta, weights)
        by_eap = spread / (spread + _mean(eaps.se**2, weights))
    if wles is not None:
        known = np.isfinite(wles.theta) & np.isfinite(wles.se)
        some = None if weights is None else weights[known]
        by_wle = 1 - _mean(wles.se[known] ** 2, some) / _variance(wles.theta[known], some)
    theta = calibration.grid.theta
    total = sum(
        families.information(batch.family, batch.parameters, theta)[0].sum(axis=0)
        for batch in batches_of(calibration.items)
    )
    density = np.exp(calibration.grid.log_normal(calibration.means, calibration.sds))
    precision = 1 / calibration.sds[:, None] ** 2
    error = (density * precision / (total + precision)).sum(axis=1)
    shares = np.array([group.weight for group in calibration.groups])
    return Reliability(by_eap, by_wle, float(1 - shares @ error))


def layout_of(responses: Responses, calibration: Calibration) -> Layout:
    """Planes of responses that ``calibration.responses`` has chosen."""
    return Layout(responses, batches_of(calibration.items), None, len(calibration.groups))


def likelihood_table(layout: Layout, calibration: Calibration, grid: Grid) -> Array:
    """The logarithms by which planes are multiplied, priors of the groups included."""
    logs = [
        families.log_probabilities(batch.family, batch.parameters, grid.theta)
        for batch in layout.batches
    ]
    return layout.table(logs, grid.log_normal(calibration.means, calibration.sds))


def _solve(
    responses: Responses,
    calibration: Calibration,
    prior: tuple[Array, Array] | None,
    threads: int,
) -> tuple[Array, Array]:
    items = batches_of(calibration.items)
    theta, se = np.empty(responses.pupils), np.empty(responses.pupils)

    def stripe(start: int, stop: int) -> None:
        for rows in blocks(start, stop):
            own = None if prior is None else (prior[0][rows], prior[1][rows])
            theta[rows], se[rows] = _roots(_Block.of(responses.codes[rows], items), own)

    with one_blas_thread():
        for _ in over_stripes(responses.pupils, stripe, threads=threads):
            pass
    return theta, se


@dataclass(frozen=True)
class _Block:
    """A block's answers by batch: scores (n, pupils), and 1.0 where observed."""

    batches: list[Batch]
    scores: list[NDArray[np.uint8]]
    seen: list[Array]

    @classmethod
    def of(cls, codes: NDArray[np.uint8], batches: list[Batch]) -> _Block:
        chosen = [np.ascontiguousarray(codes[:, batch.items].T) for batch in batches]
        seen = [(scores != MISSING).astype(np.float64) for scores in chosen]
        answers = [np.where(scores == MISSING, 0, scores) for scores in chosen]
        return cls(batches, [a.astype(np.uint8) for a in answers], seen)

    def take(self, which: NDArray[np.bool_]) -> _Block:
        return _Block(
            self.batches, [s[:, which] for s in self.scores], [s[:, which] for s in self.seen]
        )

    def at(self, theta: Array) -> tuple[Array, Array, Array]:
        """d log L/dθ, I and J at each pupil's own θ: (pupils,) each."""
        score, info, third = np.zeros_like(theta), np.zeros_like(theta), np.zeros_like(theta)
        for batch, scores, seen in zip(self.batches, self.scores, self.seen, strict=True):
            if batch.family == "partial" and batch.categories == 2:
                parts = _binary(batch.parameters, theta, scores, seen)
            else:
                parts = _general(batch, theta, scores, seen)
            score, info, third = score + parts[0], info + parts[1], third + parts[2]
        return score, info, third


def _binary(
    parameters: Array, theta: Array, scores: NDArray[np.uint8], seen: Array
) -> tuple[Array, Array, Array]:
    slope = parameters[:, 0]
    p = expit(slope[:, None] * theta + parameters[:, 1, None])
    residual = (scores - p) * seen
    weight = p * (1 - p) * seen
    bend = weight * (1 - 2 * p)
    return slope @ residual, slope**2 @ weight, slope**3 @ bend


def _general(
    batch: Batch, theta: Array, scores: NDArray[np.uint8], seen: Array
) -> tuple[Array, Array, Array]:
    p, first, second = families.theta_derivatives(batch.family, batch.parameters, theta)
    ratio = np.divide(first, p, out=np.zeros_like(p), where=p > 1e-300)
    own = np.take_along_axis(ratio, scores[:, None, :].astype(np.intp), axis=1)[:, 0]
    info, third = (first * ratio).sum(axis=1), (second * ratio).sum(axis=1)
    return (own * seen).sum(axis=0), (info * seen).sum(axis=0), (third * seen).sum(axis=0)


def _roots(block: _Block, prior: tuple[Array, Array] | None) -> tuple[Array, Array]:
    """Scoring steps inside a bracket that each step narrows; bisection wherever they leave it."""
    pupils = block.seen[0].shape[1]
    result, errors = np.full(pupils, np.nan), np.full(pupils, np.nan)
    left = np.arange(pupils)
    if prior is None:
        answered = np.zeros(pupils, dtype=bool)
        for seen in block.seen:
            answered |= seen.any(axis=0)
        left, block = left[answered], block.take(answered)
    theta = np.zeros(len(left)) if prior is None else prior[0].copy()
    low, high = np.full(len(left), -REACH), np.full(len(left), REACH)
    for turn in _turns(left):
        score, info, third = block.at(theta)
        if prior is None:
            slope = info
            with np.errstate(divide="ignore", invalid="ignore"):
                value = score + np.where(info > 0, third / (2 * info), 0.0)
        else:
            slope = info + 1 / prior[1] ** 2
            value = score - (theta - prior[0]) / prior[1] ** 2
        low, high = np.where(value > 0, theta, low), np.where(value > 0, high, theta)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = theta + value / slope
        inside = (new > low) & (new < high) & (turn < _PLAIN)
        new = np.where(inside, new, (low + high) / 2)
        moving = (np.abs(new - theta) > _CLOSE) & (value != 0)
        ended = ~moving
        with np.errstate(divide="ignore"):
            result[left[ended]], errors[left[ended]] = theta[ended], 1 / np.sqrt(slope[ended])
        if not moving.any():
            break
        theta, low, high, left = new[moving], low[moving], high[moving], left[moving]
        block = block if moving.all() else block.take(moving)
        prior = None if prior is None else (prior[0][moving], prior[1][moving])
    lost = np.abs(result) > REACH - 1e-6
    result[lost], errors[lost] = np.nan, np.nan
    return result, errors


def _turns(left: NDArray[np.intp]) -> Iterator[int]:
    yield from range(_ROUNDS if len(left) else 0)


def _mean(values: Array, weights: Array | None) -> float:
    return float(np.average(values, weights=weights))


def _variance(values: Array, weights: Array | None) -> float:
    """With n − 1: the sample's."""
    return _mean((values - _mean(values, weights)) ** 2, weights) * len(values) / (len(values) - 1)
