"""Parameter-expanded EM with SQUAREM, stepping back wherever an extrapolation lost likelihood.

PX-EM (Liu, Rubin & Wu 1998): the M-step also moves the first group's mean and SD, then rescales
everything so that they are 0 and 1 again; what plain EM does in twenty steps it does in five. It
holds only where no anchor and no prior pins the scale. SQUAREM: Varadhan & Roland (2008), S3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ardoise.psychometrics.families import Array
from ardoise.psychometrics.maximisation import common_slope, curvature, maximise, prior_terms
from ardoise.psychometrics.planes import Expected, Layout, expectation
from ardoise.psychometrics.priors import Priors
from ardoise.psychometrics.quadrature import Grid
from ardoise.psychometrics.state import (
    Freedom,
    State,
    pack,
    rescaled,
    unpack,
    usable,
    with_slope,
)

STEEPEST, FARTHEST, LOWEST_GUESS = 10.0, 30.0, -12.0
_FIRST_STRETCH, _GROWTH = 4.0, 4.0


@dataclass(frozen=True)
class Progress:
    """``stage`` is "start" on a subsample, then "full". ``change``: the largest parameter step."""

    stage: str
    iteration: int
    log_likelihood: float
    change: float


@dataclass(frozen=True)
class Step:
    """One EM step from ``before`` to ``after``, and what the E-step knew at ``before``."""

    before: State
    after: State
    log_likelihood: float
    log_posterior: float
    gradient: float
    edge: Array


@dataclass(frozen=True)
class Outcome:
    """Where it ended. ``distance`` estimates how far the fixed point still is."""

    step: Step
    iterations: int
    converged: bool
    distance: float
    reason: str


@dataclass
class Estimation:
    """A model, its data and the options; ``drifting`` collects (batch, row) of what was held."""

    layout: Layout
    grid: Grid
    freedom: Freedom
    priors: Priors
    expand: bool
    expand_sd: bool
    threads: int
    drifting: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._start = [batch.parameters.copy() for batch in self.layout.batches]

    @property
    def narrowest(self) -> float:
        """The least SD that a group is given: a quarter of the grid's step."""
        return self.grid.step / 4

    def step(self, state: State) -> Step:
        """One EM step."""
        batches, theta = self.layout.batches, self.grid.theta
        log_prior = self.grid.log_normal(state.means, state.sds)
        expected = expectation(self.layout, state.items, log_prior, theta, threads=self.threads)
        gradient, prior = self._gradient(state, expected)
        items = [
            maximise(batch, values, counts, theta, self.priors)
            for batch, values, counts in zip(batches, state.items, expected.counts, strict=True)
        ]
        after = State(items, state.means, state.sds, state.slope)
        if self.freedom.slope and not self.expand:
            after = self._share(after, expected)
        mass = expected.mass / expected.mass.sum(axis=1, keepdims=True)
        return Step(
            before=state,
            after=self._distributions(after, mass),
            log_likelihood=expected.log_likelihood,
            log_posterior=expected.log_likelihood + prior,
            gradient=gradient,
            edge=mass[:, [0, -1]].max(axis=1),
        )

    def run(
        self,
        state: State,
        *,
        tolerance: float,
        gradient_tolerance: float,
        max_iterations: int,
        report: Callable[[int, float, float], None],
    ) -> Outcome:
        """Iterate until the fixed point is within ``tolerance`` and the gradient is small."""
        stretch, rate, iterations = _FIRST_STRETCH, 0.5, 0
        safe: Step | None = None
        while True:
            first = self.step(state)
            iterations += 1
            if safe is not None and not first.log_posterior >= _slack(safe.log_posterior):
                state, safe, stretch = safe.after, None, max(1.0, stretch / _GROWTH)
                continue
            held = self._hold_drifting(first)
            change = self._moves(first)
            distance = float(np.abs(change).max(initial=0.0)) / (1 - rate)
            report(iterations, first.log_likelihood, distance)
            done = self._ended(
                first, distance, iterations, tolerance, gradient_tolerance, max_iterations
            )
            if done:
                return done
            if held:
                state, safe = first.after, None
                continue
            second = self.step(first.after)
            iterations += 1
            held = self._hold_drifting(second)
            if held:
                state, safe = second.after, None
                continue
            again = self._moves(second)
            rate = float(np.clip(_norm(again) / max(_norm(change), 1e-300), 0.0, 0.999))
            distance = float(np.abs(again).max(initial=0.0)) / (1 - rate)
            report(iterations, second.log_likelihood, distance)
            done = self._ended(
                second, distance, iterations, tolerance, gradient_tolerance, max_iterations
            )
            if done:
                return done
            state, stretch, leapt = self._leap(first, second, change, again, stretch)
            safe = second if leapt else None

    def _leap(
        self, first: Step, second: Step, change: Array, again: Array, stretch: float
    ) -> tuple[State, float, bool]:
        """SQUAREM's extrapolation from two steps, or the second step where it cannot be used."""
        bend = again - change
        length = min(_norm(change) / max(_norm(bend), 1e-300), stretch)
        if length <= 1.0:
            return second.after, stretch, False
        if length >= stretch:
            stretch *= _GROWTH
        batches = self.layout.batches
        start = pack(first.before, batches, self.freedom)
        vector = start + 2 * length * change + length**2 * bend
        state = unpack(vector, second.after, batches, self.freedom)
        if not usable(state, batches, self.priors):
            return second.after, stretch, False
        return state, stretch, True

    def _moves(self, step: Step) -> Array:
        batches = self.layout.batches
        return pack(step.after, batches, self.freedom) - pack(step.before, batches, self.freedom)

    def _ended(
        self,
        step: Step,
        distance: float,
        iterations: int,
        tolerance: float,
        gradient_tolerance: float,
        max_iterations: int,
    ) -> Outcome | None:
        if distance < tolerance and step.gradient < gradient_tolerance:
            reason = f"the fixed point is within {distance:.1e}; gradient {step.gradient:.1e}"
            return Outcome(step, iterations, not self.drifting, distance, reason)
        if iterations >= max_iterations:
            reason = (
                f"stopped after {iterations} iterations, still {distance:.1e} from the fixed point"
                f" (tolerance {tolerance:.1e}), gradient {step.gradient:.1e}"
            )
            return Outcome(step, iterations, False, distance, reason)
        return None

    def _gradient(self, state: State, expected: Expected) -> tuple[float, float]:
        """The largest standardised gradient at ``state`` (Fisher's identity); the log priors."""
        largest, prior, slope_gradient, slope_information = 0.0, 0.0, 0.0, 0.0
        for batch, values, counts in zip(
            self.layout.batches, state.items, expected.counts, strict=True
        ):
            now = curvature(batch, values, counts, self.grid.theta, self.priors)
            free = np.abs(now.standardised[batch.free])
            largest = max(largest, float(free.max(initial=0.0)))
            slope_gradient += float(now.gradient[batch.shared, 0].sum())
            slope_information += float(now.information[batch.shared, 0, 0].sum())
            prior += float(prior_terms(batch, values, self.priors)[0].sum())
        if self.freedom.slope and slope_information > 0:
            largest = max(largest, abs(slope_gradient) / slope_information**0.5)
        total = expected.mass.sum(axis=1)
        mean = expected.mass @ self.grid.theta / total
        variance = expected.mass @ self.grid.theta**2 / total - mean**2
        by_mean = np.sqrt(total) * (mean - state.means) / state.sds
        by_sd = np.sqrt(total / 2) * (variance + (mean - state.means) ** 2) / state.sds**2
        by_sd -= np.sqrt(total / 2)
        spread = self.freedom.sds & (state.sds > 1.01 * self.narrowest)
        for values, free in ((by_mean, self.freedom.means), (by_sd, spread)):
            largest = max(largest, float(np.abs(values[free]).max(initial=0.0)))
        return largest, prior

    def _share(self, state: State, expected: Expected) -> State:
        """A step of the common slope, then the intercepts of its items again."""
        batches, theta = self.layout.batches, self.grid.theta
        step = common_slope(batches, state.items, expected.counts, theta, self.priors)
        state = with_slope(state, batches, state.slope + step)
        items = [
            maximise(batch, values, counts, theta, self.priors) if batch.shared.any() else values
            for batch, values, counts in zip(batches, state.items, expected.counts, strict=True)
        ]
        return State(items, state.means, state.sds, state.slope)

    def _distributions(self, state: State, mass: Array) -> State:
        """New means and SDs from the expected masses; then the first group back to 0 and 1."""
        theta = self.grid.theta
        found = mass @ theta
        means, sds = state.means.copy(), state.sds.copy()
        moves = self.freedom.means.copy()
        spreads = self.freedom.sds.copy()
        moves[0] |= self.expand
        spreads[0] |= self.expand_sd
        means[moves] = found[moves]
        variance = mass @ theta**2 - 2 * means * found + means**2
        narrowest = self.narrowest  # below it the grid could not tell one SD from another
        sds[spreads] = np.sqrt(np.maximum(variance[spreads], narrowest**2))
        state = State(state.items, means, sds, state.slope)
        if not self.expand:
            return state
        sd = float(sds[0]) if self.expand_sd else 1.0
        return rescaled(state, self.layout.batches, float(means[0]), sd)

    def _hold_drifting(self, step: Step) -> bool:
        """Hold items whose parameters run away, so that the others can converge."""
        held = False
        for b, (batch, values) in enumerate(
            zip(self.layout.batches, step.after.items, strict=True)
        ):
            steep = batch.free[:, 0] & (np.abs(values[:, 0]) > STEEPEST)
            moved = np.abs(values - self._start[b])[:, 1 : batch.categories] > FARTHEST
            far = (moved & batch.free[:, 1 : batch.categories]).any(axis=1)
            rows = np.flatnonzero(steep | far)
            if batch.family == "guessing":
                low = batch.free[:, -1] & (values[:, -1] < LOWEST_GUESS)
                batch.free[low, -1] = False
                held = held or bool(low.any())
            batch.free[rows] = False
            self.drifting += [(b, int(row)) for row in rows]
            held = held or bool(rows.size)
        return held


def _norm(vector: Array) -> float:
    return float(np.sqrt(vector @ vector))


def _slack(value: float) -> float:
    return value - 1e-9 * abs(value) - 1e-9
