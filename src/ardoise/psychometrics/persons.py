"""Abilities of persons, with item and group parameters taken as known.

``eap`` is the posterior mean (Bock & Mislevy 1982), ``map_`` its mode, ``wle`` Warm's (1989)
weighted likelihood estimate, for any model here: Σ P'/P + J/(2I) = 0 with I = Σ P'²/P and
J = Σ P'P''/P (Samejima 1998). All three are finite for all-correct and all-wrong answers.

Standard errors: EAP, the posterior SD; MAP, 1/√(I + 1/σ²); WLE, 1/√I; I is the expected
information at the estimate. Engines differ here (others multiply Warm's by a correction).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

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
    """A block's answers by batch: scores (pupils, n), 0 where missing; 1.0 where observed."""

    batches: list[Batch]
    scores: list[NDArray[np.uint8]]
    seen: list[Array | None]

    @classmethod
    def of(cls, codes: NDArray[np.uint8], batches: list[Batch]) -> _Block:
        scores: list[NDArray[np.uint8]] = []
        seen: list[Array | None] = []
        for batch in batches:
            chosen = codes[:, batch.items]
            missing = chosen == MISSING
            seen.append((~missing).astype(np.float64) if missing.any() else None)
            chosen[missing] = 0
            scores.append(chosen)
        return cls(batches, scores, seen)

    def take(self, which: NDArray[np.bool_]) -> _Block:
        seen = [None if some is None else some[which] for some in self.seen]
        return _Block(self.batches, [scores[which] for scores in self.scores], seen)

    def answered(self) -> NDArray[np.bool_]:
        """Who answered anything."""
        some = np.zeros(len(self.scores[0]), dtype=bool)
        for seen in self.seen:
            some |= True if seen is None else seen.any(axis=1)
        return some

    def at(self, theta: Array, *, third: bool) -> tuple[Array, Array, Array]:
        """d log L/dθ, I and (where asked) J at each pupil's own θ: (pupils,) each."""
        total = (np.zeros_like(theta), np.zeros_like(theta), np.zeros_like(theta))
        for batch, scores, seen in zip(self.batches, self.scores, self.seen, strict=True):
            if batch.family == "partial" and batch.categories == 2:
                parts = _binary(batch.parameters, theta, scores, seen, third=third)
            else:
                parts = _general(batch, theta, scores, seen)
            total = (total[0] + parts[0], total[1] + parts[1], total[2] + parts[2])
        return total


def _binary(
    parameters: Array,
    theta: Array,
    scores: NDArray[np.uint8],
    seen: Array | None,
    *,
    third: bool,
) -> tuple[Array, Array, Array]:
    slope = parameters[:, 0]
    p = np.multiply.outer(-theta, slope)
    p -= parameters[:, 1]
    with np.errstate(over="ignore"):
        np.exp(p, out=p)
    p += 1.0
    np.reciprocal(p, out=p)
    residual: Array = np.subtract(scores, p, dtype=np.float64)
    if seen is not None:
        residual *= seen
    score = residual @ slope
    weight = np.subtract(1.0, p, out=residual)
    weight *= p
    if seen is not None:
        weight *= seen
    info = weight @ slope**2
    if not third:
        return score, info, np.zeros_like(info)
    bend = weight @ slope**3
    weight *= p
    return score, info, bend - 2 * (weight @ slope**3)


def _general(
    batch: Batch, theta: Array, scores: NDArray[np.uint8], seen: Array | None
) -> tuple[Array, Array, Array]:
    p, first, second = families.theta_derivatives(batch.family, batch.parameters, theta)
    ratio = np.divide(first, p, out=np.zeros_like(p), where=p > 1e-300)
    places = scores.T[:, None, :].astype(np.intp)
    own = np.take_along_axis(ratio, places, axis=1)[:, 0]
    parts = (own, (first * ratio).sum(axis=1), (second * ratio).sum(axis=1))
    if seen is None:
        return parts[0].sum(axis=0), parts[1].sum(axis=0), parts[2].sum(axis=0)
    by_item = seen.T
    score, info, third = ((part * by_item).sum(axis=0) for part in parts)
    return score, info, third


def _roots(block: _Block, prior: tuple[Array, Array] | None) -> tuple[Array, Array]:
    """Where a block's estimating equations are 0, and 1/√(their slope): NaN where nowhere."""
    pupils = len(block.scores[0])
    result, errors = np.full(pupils, np.nan), np.full(pupils, np.nan)
    left = np.arange(pupils)
    if prior is None:
        answered = block.answered()
        left, block = left[answered], block.take(answered)
    search = _Search.starting(left, prior)
    for turn in range(_ROUNDS if len(left) else 0):
        value, slope = _equation(block, search.theta, search.prior)
        done = search.step(value, slope, plain=turn < _PLAIN)
        at = search.left[done]
        with np.errstate(divide="ignore"):
            result[at], errors[at] = search.theta[done], 1 / np.sqrt(slope[done])
        if done.all():
            break
        search.theta = np.where(done, search.theta, search.new)
        if np.count_nonzero(done) > len(done) / 3:
            block, search = block.take(~done), search.take(~done)
    lost = np.abs(result) > REACH - 1e-6
    result[lost], errors[lost] = np.nan, np.nan
    return result, errors


def _equation(
    block: _Block, theta: Array, prior: tuple[Array, Array] | None
) -> tuple[Array, Array]:
    """The estimating equation at θ, and the information that its scoring step divides by."""
    score, info, third = block.at(theta, third=prior is None)
    if prior is not None:
        precision = 1 / prior[1] ** 2
        return score - (theta - prior[0]) * precision, info + precision
    ratio = np.divide(third, 2 * info, out=np.zeros_like(info), where=info > 0)
    return score + ratio, info


@dataclass
class _Search:
    """Scoring, then secant steps inside a bracket that each narrows; bisection where they leave."""

    left: NDArray[np.intp]
    theta: Array
    low: Array
    high: Array
    prior: tuple[Array, Array] | None
    old: tuple[Array, Array] | None = None
    new: Array = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def starting(cls, left: NDArray[np.intp], prior: tuple[Array, Array] | None) -> _Search:
        start = np.zeros(len(left)) if prior is None else prior[0].copy()
        return cls(left, start, np.full(len(left), -REACH), np.full(len(left), REACH), prior)

    def step(self, value: Array, slope: Array, *, plain: bool) -> NDArray[np.bool_]:
        """Find the next point of each pupil; say who has arrived."""
        theta = self.theta
        self.low = np.where(value > 0, theta, self.low)
        self.high = np.where(value > 0, self.high, theta)
        divisor = slope
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.old is not None:
                secant = (self.old[1] - value) / (theta - self.old[0])
                divisor = np.where(np.abs(secant / slope - 1) < 0.5, secant, slope)
            new = theta + value / divisor
        inside = (new > self.low) & (new < self.high) & plain
        self.new = np.where(inside, new, (self.low + self.high) / 2)
        self.old = (theta, value)
        done: NDArray[np.bool_] = (np.abs(self.new - theta) <= _CLOSE) | (value == 0)
        return done

    def take(self, which: NDArray[np.bool_]) -> _Search:
        return _Search(
            self.left[which],
            self.theta[which],
            self.low[which],
            self.high[which],
            None if self.prior is None else (self.prior[0][which], self.prior[1][which]),
            None if self.old is None else (self.old[0][which], self.old[1][which]),
        )


def _mean(values: Array, weights: Array | None) -> float:
    return float(np.average(values, weights=weights))


def _variance(values: Array, weights: Array | None) -> float:
    """With n − 1: the sample's."""
    return _mean((values - _mean(values, weights)) ** 2, weights) * len(values) / (len(values) - 1)
