"""Plausible values: what a population's abilities look like, given answers and background.

θ_n ~ N(x_n β, σ²) with item parameters taken as known (Mislevy 1991). β and σ by EM; then each
pupil's posterior is drawn from on a grid so fine that its step adds less than half a per cent to
the variance within pupils, uniformly within a cell. Results of several draws are combined by
Rubin's (1987) rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ardoise.psychometrics import families
from ardoise.psychometrics.calibrated import Calibration
from ardoise.psychometrics.families import Array
from ardoise.psychometrics.faults import EstimationError
from ardoise.psychometrics.persons import layout_of
from ardoise.psychometrics.planes import Layout
from ardoise.psychometrics.quadrature import Grid
from ardoise.psychometrics.responses import Responses
from ardoise.psychometrics.threads import BLOCK, blocks, one_blas_thread, over_stripes

MAX_DRAWS = 100
_FINE = 0.22  # step over the smallest posterior SD: 0.22²/12 = 0.4 % of the variance


@dataclass(frozen=True)
class LatentRegression:
    """θ ~ N(xβ, σ²). ``coefficients``: (columns,), ``covariance``: (columns, columns).

    ``explained`` is the share of the latent variance that the design explains; ``change`` the last
    step of the EM in any coefficient or the SD.
    """

    coefficients: Array
    covariance: Array
    sd: float
    explained: float
    log_likelihood: float
    iterations: int
    converged: bool
    change: float


@dataclass(frozen=True)
class PlausibleValues:
    """``values``: (pupils, draws), on the calibration's scale, and the model they come from."""

    values: Array
    regression: LatentRegression
    grid: Grid


@dataclass(frozen=True)
class Combined:
    """Rubin's rules. ``within``: mean sampling variance; ``between``: variance of the estimates.

    ``se`` is √(within + (1 + 1/M) between); ``missing``, the share of it owed to not knowing θ;
    ``df``, the degrees of freedom of Rubin (1987).
    """

    estimate: float
    se: float
    within: float
    between: float
    missing: float
    df: float


def latent_regression(
    responses: Responses,
    calibration: Calibration,
    design: Array | None = None,
    *,
    grid: Grid | None = None,
    tolerance: float = 1e-5,
    max_iterations: int = 200,
    threads: int = 1,
) -> LatentRegression:
    """β and σ by EM with the conditional posterior.

    ``design``: (pupils, columns), with a column of ones if an intercept is wanted; none stands for
    the groups (or all pupils together). Raises ``EstimationError`` where its columns depend on each
    other or hold something that is no number.
    """
    model = _Conditional.of(responses, calibration, design, grid or calibration.grid, threads)
    with one_blas_thread():
        return model.fitted(tolerance, max_iterations)


def plausible_values(
    responses: Responses,
    calibration: Calibration,
    generator: np.random.Generator,
    *,
    design: Array | None = None,
    draws: int = 5,
    regression: LatentRegression | None = None,
    uncertain: bool = True,
    grid: Grid | None = None,
    threads: int = 1,
) -> PlausibleValues:
    """Draws from each pupil's posterior given answers and ``design``.

    ``uncertain``: each draw first draws β from its sampling distribution, as imputation asks
    (Mislevy 1991); it matters in small samples. ``regression``: one fitted before to the same
    design. The same ``generator`` gives the same bits on any number of ``threads``.
    """
    if not 1 <= draws <= MAX_DRAWS:
        raise EstimationError(f"draws must be 1 to {MAX_DRAWS}, not {draws}")
    fitting = _Conditional.of(responses, calibration, design, grid or calibration.grid, threads)
    with one_blas_thread():
        found = regression or fitting.fitted(1e-5, 200)
        if len(found.coefficients) != fitting.design.shape[1]:
            raise EstimationError(
                f"the regression has {len(found.coefficients)} coefficients, the design "
                f"{fitting.design.shape[1]} columns"
            )
        fine = grid or fitting.fine_grid(found)
        betas = np.tile(found.coefficients, (draws, 1))
        if uncertain:
            root = np.linalg.cholesky(found.covariance)
            betas += generator.standard_normal(betas.shape) @ root.T
        values = replace(fitting, grid=fine).drawn(betas, found.sd, generator)
    return PlausibleValues(values, found, fine)


def combine(estimates: ArrayLike, variances: ArrayLike) -> Combined:
    """One result from the same analysis of each draw: its estimates and sampling variances."""
    values, own = np.asarray(estimates, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if values.ndim != 1 or values.shape != own.shape or len(values) < 2:
        raise EstimationError("Rubin's rules need an estimate and a variance of 2 or more draws")
    count = len(values)
    within, between = float(own.mean()), float(values.var(ddof=1))
    extra = (1 + 1 / count) * between
    total = within + extra
    missing = extra / total if total > 0 else 0.0
    df = (count - 1) / missing**2 if missing > 0 else float("inf")
    return Combined(float(values.mean()), total**0.5, within, between, missing, df)


@dataclass(frozen=True)
class _Conditional:
    """The likelihood on a grid, and a normal prior of each pupil's own mean."""

    layout: Layout
    calibration: Calibration
    design: Array
    weights: Array
    grid: Grid
    threads: int

    @classmethod
    def of(
        cls,
        responses: Responses,
        calibration: Calibration,
        design: Array | None,
        grid: Grid,
        threads: int,
    ) -> _Conditional:
        chosen = calibration.responses(responses)
        if chosen.pupils == 0:
            raise EstimationError("there are no pupils in these responses")
        x = _group_design(chosen) if design is None else np.asarray(design, dtype=np.float64)
        if x.ndim != 2 or len(x) != chosen.pupils:
            raise EstimationError(
                f"the design must have a row for each of the {chosen.pupils} pupils, not {x.shape}"
            )
        wrong = np.argwhere(~np.isfinite(x))
        if len(wrong):
            raise EstimationError(
                f"design, row {wrong[0][0] + 1}, column {wrong[0][1] + 1}: not a finite number"
            )
        layout = replace(layout_of(chosen, calibration), group_count=1)
        weights = np.ones(chosen.pupils) if chosen.weights is None else chosen.weights
        return cls(layout, calibration, x, weights / weights[weights > 0].mean(), grid, threads)

    def posteriors(
        self, means: Array, sd: float, start: int, stop: int
    ) -> Iterator[tuple[slice, Array, Array]]:
        """rows, posterior (pupils, nodes), log-likelihoods, for each block of a stripe."""
        theta = self.grid.theta
        logs = [
            families.log_probabilities(b.family, b.parameters, theta) for b in self.layout.batches
        ]
        table = self.layout.table(logs, np.zeros((1, len(theta))))
        planes = np.empty((BLOCK, table.shape[0]))
        for rows in blocks(start, stop):
            log = self.layout.fill(rows, planes) @ table
            z = (theta - means[rows, None]) / sd
            z *= z
            z *= -0.5
            scale = np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1)
            scale = np.log(scale) + z.max(axis=1)
            log += z
            top = log.max(axis=1)
            log -= top[:, None]
            np.exp(log, out=log)
            norm = log.sum(axis=1)
            log /= norm[:, None]
            yield rows, log, np.log(norm) + top - scale

    def fitted(self, tolerance: float, max_iterations: int) -> LatentRegression:
        weighted = self.design * self.weights[:, None]
        gram = self.design.T @ weighted
        length = np.sqrt(np.maximum(np.diag(gram), 1e-300))
        rank = np.linalg.matrix_rank(gram / length / length[:, None])
        if rank < gram.shape[0]:
            raise EstimationError(
                f"the design's {gram.shape[0]} columns depend on each other "
                f"(rank {rank}): drop some"
            )
        beta: Array = np.zeros(gram.shape[0])
        sd = float(self.calibration.sds.mean())
        total, change, log_likelihood, iteration = self.weights.sum(), np.inf, -np.inf, 0
        while iteration < max_iterations and change > tolerance:
            iteration += 1
            sums, spread, log_likelihood = self._moments(self.design @ beta, sd)
            new = np.linalg.solve(gram, sums[:-1]).astype(np.float64)
            residual = sums[-1] - 2 * new @ sums[:-1] + new @ gram @ new
            sd_new = float(np.sqrt((spread + residual) / total))
            step = np.append(new - beta, sd_new - sd)
            change = float(np.abs(step).max())
            beta, sd = new, sd_new
        predicted = self.design @ beta
        centred = predicted - np.average(predicted, weights=self.weights)
        explained = float(np.average(centred**2, weights=self.weights))
        return LatentRegression(
            coefficients=beta,
            covariance=self._covariance(predicted, beta, sd),
            sd=sd,
            explained=explained / (explained + sd**2),
            log_likelihood=log_likelihood,
            iterations=iteration,
            converged=change <= tolerance,
            change=change,
        )

    def _moments(self, means: Array, sd: float) -> tuple[Array, float, float]:
        """Σ w x E[θ] and Σ w E[θ]², Σ w Var[θ], and the log-likelihood."""
        theta = self.grid.theta

        def stripe(start: int, stop: int) -> tuple[Array, float, float]:
            sums, spread, total = np.zeros(self.design.shape[1] + 1), 0.0, 0.0
            for rows, posterior, log in self.posteriors(means, sd, start, stop):
                weight, mean = self.weights[rows], posterior @ theta
                variance = posterior @ theta**2 - mean**2
                sums[:-1] += self.design[rows].T @ (weight * mean)
                sums[-1] += weight @ mean**2
                spread += float(weight @ variance)
                total += float(weight @ log)
            return sums, spread, total

        sums: Array = np.zeros(self.design.shape[1] + 1)
        spread = total = 0.0
        for part in over_stripes(len(self.design), stripe, threads=self.threads):
            sums, spread, total = sums + part[0], spread + part[1], total + part[2]
        return sums, spread, total

    def _covariance(self, means: Array, beta: Array, sd: float) -> Array:
        """Louis' information of β: Σ w x xᵀ (1/σ² − Var[θ]/σ⁴)."""
        information = np.zeros((len(beta), len(beta)))
        theta = self.grid.theta

        def stripe(start: int, stop: int) -> Array:
            total = np.zeros_like(information)
            for rows, posterior, _ in self.posteriors(means, sd, start, stop):
                mean = posterior @ theta
                known = 1 / sd**2 - (posterior @ theta**2 - mean**2) / sd**4
                known *= self.weights[rows]
                total += self.design[rows].T @ (self.design[rows] * known[:, None])
            return total

        for part in over_stripes(len(self.design), stripe, threads=self.threads):
            information += part
        covariance: Array = np.linalg.inv(information).astype(np.float64)
        return covariance

    def fine_grid(self, found: LatentRegression) -> Grid:
        """A step of at most 0.22 of the smallest posterior SD, over all that may be drawn."""
        theta = np.linspace(-4, 4, 161)
        total = sum(
            families.information(b.family, b.parameters, theta)[0].sum(axis=0)
            for b in self.layout.batches
        )
        smallest = 1 / np.sqrt(np.max(total) + 1 / found.sd**2)
        means = self.design @ found.coefficients
        reach = max(6.0, float(np.abs(means).max()) + 6 * found.sd)
        count = int(np.clip(2 * np.ceil(reach / (_FINE * smallest)) + 1, 121, 2001))
        return Grid.normal(count, reach)

    def drawn(self, betas: Array, sd: float, generator: np.random.Generator) -> Array:
        """(pupils, draws). Uniform numbers are drawn pupil by pupil before the threads begin."""
        values = generator.random((len(self.design), len(betas)))
        alike = bool((betas == betas[0]).all())
        for draw in range(1 if alike else len(betas)):
            means = self.design @ betas[draw]
            columns = slice(None) if alike else slice(draw, draw + 1)
            self._replace(values, columns, means, sd)
        return values

    def _replace(self, values: Array, columns: slice, means: Array, sd: float) -> None:
        """Put draws in the place of the uniform numbers of some columns."""

        def stripe(start: int, stop: int) -> None:
            for rows, posterior, _ in self.posteriors(means, sd, start, stop):
                cumulative = np.cumsum(posterior, axis=1)
                cumulative /= cumulative[:, -1:]
                values[rows, columns] = self._inverted(cumulative, values[rows, columns])

        for _ in over_stripes(len(values), stripe, threads=self.threads):
            pass

    def _inverted(self, cumulative: Array, uniform: Array) -> Array:
        """The point at which the piecewise even density has ``uniform`` below it."""
        pupils, nodes = cumulative.shape
        row = np.arange(pupils)[:, None]
        cell = np.searchsorted((cumulative + row).ravel(), uniform + row) - row * nodes
        cell = np.clip(cell, 0, nodes - 1)
        above = cumulative[row, cell]
        below = np.where(cell > 0, cumulative[row, cell - 1], 0.0)
        share = np.full_like(above, 0.5)
        np.divide(uniform - below, above - below, out=share, where=above > below)
        drawn: Array = self.grid.theta[cell] + (np.clip(share, 0, 1) - 0.5) * self.grid.step
        return drawn


def _group_design(responses: Responses) -> NDArray[np.float64]:
    if responses.groups is None:
        return np.ones((responses.pupils, 1))
    design: NDArray[np.float64] = (
        responses.groups[:, None] == np.arange(len(responses.group_names))
    ).astype(np.float64)
    return design
