"""Marginal maximum likelihood calibration: the one call.

Bock & Aitkin (1981) on a fixed grid, in float64. Large data start on an evenly spaced subsample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from scipy.special import expit

from ardoise.psychometrics.calibrated import Calibration, Finding, GroupEstimate, Scale
from ardoise.psychometrics.estimation import Estimation, Outcome, Progress, Step
from ardoise.psychometrics.families import Array, information
from ardoise.psychometrics.faults import EstimationError, ModelError
from ardoise.psychometrics.maximisation import rescalable
from ardoise.psychometrics.models import COMMON_SLOPE, ItemParameters, Model
from ardoise.psychometrics.planes import Batch, Layout
from ardoise.psychometrics.preparation import (
    Prepared,
    Usage,
    check_linked,
    models_for,
    prepare,
    score_intercepts,
    usage,
)
from ardoise.psychometrics.priors import Priors
from ardoise.psychometrics.quadrature import Grid
from ardoise.psychometrics.responses import Responses
from ardoise.psychometrics.state import Freedom, State, with_slope
from ardoise.psychometrics.threads import one_blas_thread

__all__ = ["Calibration", "Finding", "GroupEstimate", "Progress", "calibrate"]

SUBSAMPLE = 16_384
SUBSAMPLE_TOLERANCE = 2e-3
FEWEST_IN_SUBSAMPLE = 300
FLAT = 0.2
NO_GUESS = 1e-4
EDGE = 1e-4
GRADIENT_TOLERANCE = 2e-4
"""Of the standardised gradient, in standard errors: what a slow direction hides from the steps."""
_GRIDS = (61, 121, 241, 481)


def calibrate(
    responses: Responses,
    *,
    model: str | Mapping[str, Model] = "2PL",
    anchors: Mapping[str, ItemParameters] | None = None,
    priors: Priors | None = None,
    scale: Scale = "unit-sd",
    grid: Grid | None = None,
    tolerance: float = 1e-5,
    max_iterations: int = 500,
    threads: int = 1,
    progress: Callable[[Progress], None] | None = None,
) -> Calibration:
    """Estimate items and groups by marginal maximum likelihood.

    ``model``: one of 1PL, 2PL, 3PL, PCM, GPCM, GRM for all items (each in its binary or polytomous
    form), or a mapping from every item. ``anchors``: items whose parameters are known; then every
    group's mean and SD is free, otherwise the first group's are 0 and 1. ``scale="unit-slope"``
    gives 1PL and PCM items slope 1 and frees the first group's SD instead. ``grid``: none takes 61
    nodes on ±6, or more where the test is so informative that the step would exceed a posterior SD.
    ``tolerance``: how far, by the observed rate of convergence, the parameters may still be from
    the fixed point. ``max_iterations`` counts passes over all pupils. The result has the same bits
    for any number of ``threads``. Weights are scaled to mean 1 while estimating (a prior weighs
    what it weighs for so many pupils); ``log_likelihood`` is Σ w log L with weights as given.

    Raises ``ModelError`` where a model or anchor does not fit its item, ``EstimationError`` where
    there is nothing to estimate or a group is linked to no other. It does not raise where the
    estimation does not converge: ``Calibration.converged`` and ``reason`` say so.
    """
    if responses.pupils == 0:
        raise EstimationError("there are no pupils in these responses")
    if not 0 < tolerance < 1 or max_iterations < 1 or threads < 1:
        raise EstimationError(
            "tolerance must be between 0 and 1, max_iterations and threads at least 1"
        )
    anchors = _present(anchors or {}, responses)
    models = models_for(
        responses, {**model, **_models(anchors)} if not isinstance(model, str) else model
    )
    seen = usage(responses)
    prepared = prepare(responses, seen, models, anchors, scale)
    check_linked(responses, seen, set(prepared.models), anchors)
    job = _Job(responses, prepared, anchors, priors or Priors(), scale, threads)
    job.check_enough()
    with one_blas_thread():
        state = job.first_state()
        state, chosen, passes = job.on_subsample(seen, state, grid, max_iterations, progress)
        estimation = job.estimation(responses, chosen)
        outcome = estimation.run(
            state,
            tolerance=tolerance,
            gradient_tolerance=GRADIENT_TOLERANCE,
            max_iterations=max(1, max_iterations - passes),
            report=_reporter("full", progress),
        )
    outcome = replace(outcome, iterations=outcome.iterations + passes)
    return job.result(estimation, outcome, chosen, tolerance)


class _Job:
    """One call's data and options, from the first values to the result."""

    def __init__(
        self,
        responses: Responses,
        prepared: Prepared,
        anchors: Mapping[str, ItemParameters],
        priors: Priors,
        scale: Scale,
        threads: int,
    ) -> None:
        self.responses, self.prepared, self.anchors = responses, prepared, anchors
        self.priors, self.scale, self.threads = priors, scale, threads
        self.batches = prepared.batches
        self.groups = max(1, len(responses.group_names)) if responses.groups is not None else 1
        shared = any(batch.shared.any() for batch in self.batches)
        if scale == "unit-slope" and not shared:
            raise ModelError('scale="unit-slope" needs items of a 1PL or PCM')
        anchored = bool(anchors)
        self.pinned = _anchored_slope(anchors) if shared else None
        self.expand = not anchored and rescalable(self.priors)
        self.expand_sd = self.expand and scale == "unit-sd"
        free = np.ones(self.groups, dtype=bool)
        free[0] = anchored
        sds = free.copy()
        sds[0] |= scale == "unit-slope"
        slope_free = shared and scale == "unit-sd" and self.pinned is None
        self.freedom = Freedom(free, sds, slope_free)

    def check_enough(self) -> None:
        """Raise where so few items cannot tell their parameters apart."""
        if not self.expand:
            return
        items = sum(len(batch.items) for batch in self.batches)
        binary = all(batch.categories == 2 for batch in self.batches)
        sloped = any(batch.free[:, 0].any() for batch in self.batches)
        least = 3 if binary and sloped else 2
        if items < least:
            raise EstimationError(
                f"only {items} item(s) can be calibrated; without anchors or a prior on slopes "
                f"these models need at least {least}"
            )

    def first_state(self) -> State:
        slope = 1.0 if self.pinned is None else self.pinned
        items = [batch.parameters.copy() for batch in self.batches]
        state = State(items, np.zeros(self.groups), np.ones(self.groups), slope)
        return with_slope(state, self.batches, slope)

    def estimation(self, responses: Responses, grid: Grid) -> Estimation:
        weights = responses.weights
        scaled = None if weights is None else weights / _mean_weight(responses)
        layout = Layout(responses, self.batches, scaled, self.groups)
        return Estimation(
            layout=layout,
            grid=grid,
            freedom=self.freedom,
            priors=self.priors,
            expand=self.expand,
            expand_sd=self.expand_sd,
            threads=self.threads,
        )

    def on_subsample(
        self,
        seen: Usage,
        state: State,
        grid: Grid | None,
        max_iterations: int,
        progress: Callable[[Progress], None] | None,
    ) -> tuple[State, Grid, int]:
        """Better first values from every n-th pupil, the grid that they ask for, full passes."""
        start, chosen = state, grid or Grid.normal()
        every = self._every(seen)
        some = self.responses.take(slice(None, None, every)) if every > 1 else self.responses
        estimation = self.estimation(some, chosen)
        free = [batch.free.copy() for batch in self.batches]
        outcome = estimation.run(
            state,
            tolerance=SUBSAMPLE_TOLERANCE if every > 1 else 0.05,
            gradient_tolerance=np.inf,
            max_iterations=min(max_iterations, 60),
            report=_reporter("start", progress),
        )
        state = outcome.step.after
        for b, (batch, was) in enumerate(zip(self.batches, free, strict=True)):
            batch.free[:] = was
            rows = [row for place, row in estimation.drifting if place == b]
            state.items[b][rows] = start.items[b][rows]
        passes = outcome.iterations if every == 1 else 0
        return state, grid or self._fine_enough(state), passes

    def _every(self, seen: Usage) -> int:
        """Every how manieth pupil is enough: each used score of each item must stay in."""
        every = self.responses.pupils // SUBSAMPLE
        counts = seen.by_group.sum(axis=(2,))
        scarcest = int(counts[counts > 0].min())
        scores = seen.counts[seen.counts > 0]
        return max(1, min(every, scarcest // FEWEST_IN_SUBSAMPLE, int(scores.min()) // 10))

    def _fine_enough(self, state: State) -> Grid:
        """61 nodes on ±6, or as many more as the most informative point of the test asks for."""
        theta, most = Grid.normal(121, 4.0).theta, np.zeros(121)
        for batch, values in zip(self.batches, state.items, strict=True):
            share = _share_seen(self.responses, batch)
            most += (information(batch.family, values, theta)[0] * share[:, None]).sum(axis=0)
        smallest = 1 / np.sqrt(most.max() + 1 / state.sds.max() ** 2)
        steps = (Grid.normal(count) for count in _GRIDS)
        return next((g for g in steps if g.step <= 1.1 * smallest), Grid.normal(_GRIDS[-1]))

    def result(
        self, estimation: Estimation, outcome: Outcome, grid: Grid, tolerance: float
    ) -> Calibration:
        step, findings = outcome.step, list(self.prepared.findings)
        found: dict[int, ItemParameters] = {}
        for batch, values in zip(self.batches, step.before.items, strict=True):
            for row, j in enumerate(batch.items):
                found[int(j)] = self._item(batch, row, int(j), values[row])
        items = tuple(found[j] for j in sorted(found))
        drifting = [
            self.responses.items[self.batches[b].items[row]] for b, row in estimation.drifting
        ]
        for item in items:
            if item.name not in self.anchors:
                findings += _about_slope(item, drifting=item.name in drifting)
        findings += self._edges(step, grid)
        log_likelihood = step.log_likelihood * _mean_weight(self.responses)
        reason, narrow = outcome.reason, step.before.sds < 1.01 * estimation.narrowest
        if drifting:
            reason = f"held because they drift: {', '.join(drifting)}; otherwise {reason}"
        elif not outcome.converged:
            reason += self._restless(step)
        if narrow.any():
            reason = f"a group's SD vanishes; otherwise {reason}"
        return Calibration(
            items=items,
            groups=self._groups(step.before),
            log_likelihood=log_likelihood,
            iterations=outcome.iterations,
            converged=outcome.converged and not narrow.any(),
            reason=reason,
            findings=tuple(findings),
            grid=grid,
            log_posterior=log_likelihood + step.log_posterior - step.log_likelihood,
            last_change=outcome.distance,
            last_gradient=step.gradient,
            tolerance=tolerance,
            scale=self.scale,
            priors=self.priors,
            anchors=frozenset(self.anchors),
            held=frozenset(drifting),
            fixed_common_slope=self.pinned is not None or self.scale == "unit-slope",
        )

    def _item(self, batch: Batch, row: int, j: int, values: Array) -> ItemParameters:
        name = self.responses.items[j]
        if name in self.anchors:
            return replace(self.anchors[name], name=name)
        top = int(self.responses.categories[j]) - 1
        intercepts = score_intercepts(batch.family, batch.levels[row], values, top)
        guess = float(expit(values[-1])) if batch.family == "guessing" else 0.0
        return ItemParameters(
            name,
            self.prepared.models[name],
            float(values[0]),
            tuple(map(float, intercepts)),
            guess,
        )

    def _groups(self, state: State) -> tuple[GroupEstimate, ...]:
        names = self.responses.group_names if self.responses.groups is not None else ("all",)
        numbers = self.responses.groups
        if numbers is None:
            numbers = np.zeros(self.responses.pupils, dtype=np.int32)
        pupils = np.bincount(numbers, minlength=self.groups)
        weights = np.bincount(numbers, self.responses.weights, minlength=self.groups)
        return tuple(
            GroupEstimate(
                name=names[g],
                mean=float(state.means[g]),
                sd=float(state.sds[g]),
                pupils=int(pupils[g]),
                weight=float(weights[g] / weights.sum()),
                free_mean=bool(self.freedom.means[g]),
                free_sd=bool(self.freedom.sds[g]),
            )
            for g in range(self.groups)
        )

    def _restless(self, step: Step) -> str:
        """Which item still moves most."""
        moves = [
            (float(np.abs(after[row] - before[row]).max()), int(j))
            for batch, before, after in zip(
                self.batches, step.before.items, step.after.items, strict=True
            )
            for row, j in enumerate(batch.items)
        ]
        return f"; {self.responses.items[max(moves)[1]]} moves most"

    def _edges(self, step: Step, grid: Grid) -> list[Finding]:
        names, edge = self.responses.group_names or ("all",), step.edge
        narrow = [
            Finding(
                names[g],
                f"the group's SD {step.before.sds[g]:.3f} is below the grid's step "
                f"{grid.step:.3f}; take more nodes, or join the group to another",
                "grid-edge",
            )
            for g in np.flatnonzero(step.before.sds < grid.step)
        ]
        return narrow + [
            Finding(
                names[g],
                f"{edge[g]:.2%} of the group's ability lies at the grid's edge; widen the grid",
                "grid-edge",
            )
            for g in np.flatnonzero(edge > EDGE)
        ]


def _mean_weight(responses: Responses) -> float:
    """Of those that are not zero; 1 without weights."""
    weights = responses.weights
    return 1.0 if weights is None else float(weights[weights > 0].mean())


def _about_slope(item: ItemParameters, *, drifting: bool) -> list[Finding]:
    findings = []
    if drifting:
        what = (
            f"its parameters grow without end (held at slope {item.slope:.2f}): "
            "leave it out, or give slopes a prior"
        )
        findings.append(Finding(item.name, what, "drifting"))
    if item.slope < 0:
        what = f"slope {item.slope:.3f}: abler pupils do worse; is the key right?"
        findings.append(Finding(item.name, what, "negative-slope"))
    if item.model == "3PL" and item.guess < NO_GUESS:
        findings.append(Finding(item.name, "nobody seems to guess: c goes to 0", "no-guessing"))
    if abs(item.slope) < FLAT:
        what = f"slope {item.slope:.3f}: it says next to nothing about ability"
        findings.append(Finding(item.name, what, "near-zero-slope"))
    return findings


def _present(
    anchors: Mapping[str, ItemParameters], responses: Responses
) -> dict[str, ItemParameters]:
    """The anchors among the items: last year's whole list may be handed in."""
    present = {name: anchor for name, anchor in anchors.items() if name in responses.items}
    if anchors and not present:
        raise ModelError(
            f"none of the {len(anchors)} anchors ({', '.join(list(anchors)[:3])} …) is among the "
            "items; are they named alike?"
        )
    return present


def _models(anchors: Mapping[str, ItemParameters]) -> dict[str, Model]:
    return {name: anchor.model for name, anchor in anchors.items()}


def _anchored_slope(anchors: Mapping[str, ItemParameters]) -> float | None:
    """The slope that anchored 1PL and PCM items share, which new ones then share too."""
    slopes = {a.slope for a in anchors.values() if a.model in COMMON_SLOPE}
    return slopes.pop() if len(slopes) == 1 else None


def _share_seen(responses: Responses, batch: Batch) -> Array:
    """Which share of pupils was given each item."""
    codes = responses.codes[:: max(1, responses.pupils // SUBSAMPLE)]
    share: Array = (codes[:, batch.items] < 253).mean(axis=0)
    return share


def _reporter(
    stage: str, progress: Callable[[Progress], None] | None
) -> Callable[[int, float, float], None]:
    def report(iteration: int, log_likelihood: float, change: float) -> None:
        if progress is not None:
            progress(Progress(stage, iteration, log_likelihood, change))

    return report
