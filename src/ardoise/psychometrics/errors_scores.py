"""Scores of pupils and what is summed of them: the passes behind the standard errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.calibrated import Calibration
from ardoise.psychometrics.estimation import LOWEST_GUESS
from ardoise.psychometrics.families import Array, parameter_scores
from ardoise.psychometrics.maximisation import prior_terms
from ardoise.psychometrics.models import COMMON_SLOPE
from ardoise.psychometrics.persons import likelihood_table
from ardoise.psychometrics.planes import Batch, Layout, posteriors
from ardoise.psychometrics.preparation import UNUSED
from ardoise.psychometrics.threads import over_stripes

_NEGLIGIBLE = 1e-7  # the root of a posterior mass of 1e-14
_CHUNK_BYTES = 16_000_000
_NUDGE = 1e-4


class Parameters:
    """Which parameters are free, and the column of each among all score columns.

    Raw columns run batch by batch, item by item, parameter by parameter; then mean and SD of each
    group. ``gather`` (P,) picks the raw column of a parameter; a common slope sums several.
    """

    def __init__(self, calibration: Calibration, layout: Layout) -> None:
        self.calibration, self.batches = calibration, layout.batches
        self.names: tuple[tuple[str, str], ...]
        names: list[tuple[str, str]] = []
        columns: list[list[int]] = []
        shared: list[int] = []
        at = 0
        for batch in self.batches:
            width = batch.parameters.shape[1]
            for row, j in enumerate(batch.items):
                item = calibration.items[j]
                free = self._free(batch, row, item.name)
                batch.free[row] = free
                for p in np.flatnonzero(free):
                    if p == 0 and item.model in COMMON_SLOPE:
                        batch.free[row, 0] = False
                        shared.append(at + row * width)
                    else:
                        names.append((item.name, _part(int(p), batch)))
                        columns.append([at + row * width + int(p)])
            at += len(batch.items) * width
        if shared and not calibration.fixed_common_slope:
            names.append(("", "common slope"))
            columns.append(shared)
        self.raw = at
        for group in calibration.groups:
            for part, is_free in (("mean", group.free_mean), ("sd", group.free_sd)):
                if is_free:
                    names.append((group.name, part))
                    columns.append([at])
                at += 1
        self.width, self.names, self._columns = at, tuple(names), columns

    def _free(self, batch: Batch, row: int, name: str) -> NDArray[np.bool_]:
        """All but anchors, held items, and steps to scores that nobody got."""
        values = batch.parameters[row]
        free = np.full(len(values), name not in self.calibration.anchors)
        free &= name not in self.calibration.held
        steps = slice(1, batch.categories)
        free[steps] &= np.abs(values[steps]) < UNUSED / 2
        if batch.family == "guessing":
            free[-1] &= values[-1] > LOWEST_GUESS
        if batch.family == "graded":
            free[2 : batch.categories] &= np.diff(values[steps]) < 0
        return free

    def sum_columns(self, raw: Array) -> Array:
        """(…, raw columns) → (…, P)."""
        single = np.array([c[0] for c in self._columns])
        result: Array = raw[..., single]
        for place, columns in enumerate(self._columns):
            if len(columns) > 1:
                result[..., place] = raw[..., columns].sum(axis=-1)
        return result

    @cached_property
    def stretch(self) -> Array:
        """d reported / d estimated: a guess is estimated as its logit."""
        result = np.ones(len(self.names))
        for place, (owner, part) in enumerate(self.names):
            if part == "guess":
                guess = self.calibration.item(owner).guess
                result[place] = guess * (1 - guess)
        return result

    def prior_curvature(self) -> Array:
        """Second derivatives of the log priors, (P, P)."""
        second = [
            prior_terms(b, b.parameters, self.calibration.priors)[2].ravel() for b in self.batches
        ]
        raw = np.concatenate([*second, np.zeros(2 * len(self.calibration.groups))])
        return np.diag(self.sum_columns(raw))


@dataclass
class Scores:
    """Passes over all pupils."""

    calibration: Calibration
    layout: Layout
    parameters: Parameters
    weights: Array | None
    threads: int

    def __post_init__(self) -> None:
        grid = self.calibration.grid
        self.table = likelihood_table(self.layout, self.calibration, grid)
        self.by_category = [
            parameter_scores(b.family, b.parameters, grid.theta) for b in self.layout.batches
        ]
        self.by_group = self._group_scores()

    def cross_product(self) -> Array:
        """Σ w s sᵀ, (P, P)."""
        return self._products(squared=False)

    def clustered(self, clusters: NDArray[np.intp] | None) -> Array:
        """Σ_c (Σ w s)(Σ w s)ᵀ · C/(C−1), (P, P)."""
        if clusters is None:
            pupils = self.layout.responses.pupils
            return self._products(squared=True) * (pupils / (pupils - 1))
        count = int(clusters.max()) + 1
        sums = np.zeros((count, len(self.parameters.names)))

        def stripe(start: int, stop: int) -> list[tuple[NDArray[np.intp], Array]]:
            return [
                _by_cluster(clusters[rows], score * weight[:, None])
                for rows, score, weight in self._scores(start, stop)
            ]

        for some in over_stripes(self.layout.responses.pupils, stripe, threads=self.threads):
            for present, part in some:
                sums[present] += part
        return sums.T @ sums * (count / max(count - 1, 1))

    def observed_information(self) -> Array:
        """Louis: Σ w (E[−∂²] − E[s sᵀ] + E[s]E[s]ᵀ), less the priors' curvature."""
        complete = self._complete_information()
        size = len(self.table)
        chunk = max(1, _CHUNK_BYTES // (8 * size * size))
        nodes = self.table.shape[1]
        missing = np.zeros_like(complete)
        for first in range(0, nodes, chunk):
            some = np.arange(first, min(first + chunk, nodes))
            planes = self._plane_products(some)
            for place, q in enumerate(some):
                by_column = self._node_scores(int(q))
                missing += by_column.T @ planes[place] @ by_column
        return complete - missing + self.cross_product() - self.parameters.prior_curvature()

    def _products(self, *, squared: bool) -> Array:
        width = len(self.parameters.names)

        def stripe(start: int, stop: int) -> Array:
            total = np.zeros((width, width))
            for _, score, weight in self._scores(start, stop):
                root = weight if squared else np.sqrt(weight)
                weighted = score * root[:, None]
                total += weighted.T @ weighted
            return total

        total = np.zeros((width, width))
        for some in over_stripes(self.layout.responses.pupils, stripe, threads=self.threads):
            total += some
        return total

    def _scores(self, start: int, stop: int) -> Iterator[tuple[slice, Array, Array]]:
        """(rows, scores (pupils, P), weights) for each block: E[∂ log p(x, θ)] by posterior."""
        tables = [
            [np.ascontiguousarray(s[:, :, k].reshape(-1, s.shape[3]).T) for k in range(s.shape[2])]
            for s in self.by_category
        ]
        groups = np.ascontiguousarray(self.by_group.reshape(-1, self.by_group.shape[2]).T)
        for rows, plane, posterior, _ in posteriors(self.layout, self.table, start, stop):
            raw = np.empty((len(plane), self.parameters.width))
            at = 0
            for place in range(len(self.layout.batches)):
                width = tables[place][0].shape[1]
                raw[:, at : at + width] = self._batch_scores(place, plane, posterior, tables[place])
                at += width
            member = plane[:, self.layout.groups]
            raw[:, at:] = (posterior @ groups) * np.repeat(member, 2, axis=1)
            weight = np.ones(len(plane)) if self.weights is None else self.weights[rows]
            yield rows, self.parameters.sum_columns(raw), weight

    def _batch_scores(
        self, place: int, plane: Array, posterior: Array, tables: list[Array]
    ) -> Array:
        batch = self.layout.batches[place]
        width = batch.parameters.shape[1]
        lowest = posterior @ tables[0]
        total = lowest * np.repeat(self._observed(place, plane), width, axis=1)
        for k in range(1, batch.categories):
            columns = self._columns(place, k)
            total += (posterior @ tables[k] - lowest) * np.repeat(plane[:, columns], width, axis=1)
        return total

    def _columns(self, place: int, k: int) -> slice:
        """The plane columns of a batch's category."""
        before = sum(b.categories - 1 for b in self.layout.batches[:place])
        return self.layout.planes[before + k - 1][0]

    def _observed_columns(self, place: int) -> NDArray[np.intp]:
        """The "observed" column of each item of a batch; −1 where everybody observed it."""
        at = self.layout.observed[0].start
        for earlier in self.layout.batches[:place]:
            at += int((~self.layout.complete(earlier)).sum())
        incomplete = ~self.layout.complete(self.layout.batches[place])
        columns: NDArray[np.intp] = np.where(incomplete, at + np.cumsum(incomplete) - 1, -1)
        return columns

    def _observed(self, place: int, plane: Array) -> Array:
        columns = self._observed_columns(place)
        seen: Array = np.where(columns >= 0, plane[:, columns], 1.0)
        return seen

    def _node_scores(self, q: int) -> Array:
        """What each plane column adds to each parameter's score at a node: (columns, P)."""
        raw = np.zeros((len(self.table), self.parameters.width))
        groups, at = self.layout.groups, 0
        for place, (batch, scores) in enumerate(
            zip(self.layout.batches, self.by_category, strict=True)
        ):
            n, width = batch.parameters.shape
            observed = self._observed_columns(place)
            for row in range(n):
                mine = slice(at + row * width, at + (row + 1) * width)
                lowest = scores[row, :, 0, q]
                for k in range(1, batch.categories):
                    raw[self._columns(place, k).start + row, mine] = scores[row, :, k, q] - lowest
                if observed[row] >= 0:
                    raw[observed[row], mine] = lowest
                else:
                    raw[groups, mine] = lowest
            at += n * width
        for g in range(self.layout.group_count):
            raw[groups.start + g, at + 2 * g : at + 2 * g + 2] = self.by_group[g, :, q]
        return self.parameters.sum_columns(raw)

    def _plane_products(self, nodes: NDArray[np.intp]) -> Array:
        """Σ w p(θ_q) plane planeᵀ for some nodes: (nodes, columns, columns)."""
        shape = (len(nodes), len(self.table), len(self.table))

        def stripe(start: int, stop: int) -> Array:
            total = np.zeros(shape)
            for rows, plane, posterior, _ in posteriors(self.layout, self.table, start, stop):
                if self.weights is not None:
                    np.multiply(posterior, self.weights[rows, None], out=posterior)
                roots = np.sqrt(posterior[:, nodes])
                for place in np.flatnonzero(roots.max(axis=0) > _NEGLIGIBLE):
                    scaled = plane * roots[:, place, None]
                    total[place] += scaled.T @ scaled
            return total

        total = np.zeros(shape)
        for some in over_stripes(self.layout.responses.pupils, stripe, threads=self.threads):
            total += some
        return total

    def _complete_information(self) -> Array:
        """Minus the second derivatives of the expected complete-data log-likelihood, (P, P)."""
        theta = self.calibration.grid.theta
        counts, mass = self.layout.counts(self._sums())
        raw = np.zeros((self.parameters.width, self.parameters.width))
        at = 0
        for batch, count in zip(self.layout.batches, counts, strict=True):
            n, width = batch.parameters.shape
            blocks = _negative_hessians(batch, count, theta)
            for row in range(n):
                mine = slice(at + row * width, at + (row + 1) * width)
                raw[mine, mine] = blocks[row]
            at += n * width
        for g in range(self.layout.group_count):
            mine = slice(at + 2 * g, at + 2 * g + 2)
            raw[mine, mine] = self._group_information(g, mass[g])
        by_column = self.parameters.sum_columns(raw)
        return self.parameters.sum_columns(np.ascontiguousarray(by_column.T))

    def _sums(self) -> Array:
        def stripe(start: int, stop: int) -> Array:
            total = np.zeros_like(self.table)
            for rows, plane, posterior, _ in posteriors(self.layout, self.table, start, stop):
                if self.weights is not None:
                    np.multiply(posterior, self.weights[rows, None], out=posterior)
                total += plane.T @ posterior
            return total

        total = np.zeros_like(self.table)
        for some in over_stripes(self.layout.responses.pupils, stripe, threads=self.threads):
            total += some
        return total

    def _group_scores(self) -> Array:
        """d log weight / d (mean, SD) at each node: (groups, 2, nodes), by the grid's weights."""
        grid, calibration = self.calibration.grid, self.calibration
        return _log_normal_scores(grid.theta, calibration.means, calibration.sds)

    def _group_information(self, g: int, mass: Array) -> Array:
        mean, sd = self.calibration.means[g], self.calibration.sds[g]
        theta, result = self.calibration.grid.theta, np.zeros((2, 2))
        for column, nudge in enumerate(((_NUDGE, 0.0), (0.0, _NUDGE))):
            up = _log_normal_scores(theta, np.array([mean + nudge[0]]), np.array([sd + nudge[1]]))
            down = _log_normal_scores(theta, np.array([mean - nudge[0]]), np.array([sd - nudge[1]]))
            result[:, column] = -((up - down)[0] @ mass) / (2 * _NUDGE)
        return result


def _log_normal_scores(theta: Array, means: Array, sds: Array) -> Array:
    z = (theta - means[:, None]) / sds[:, None]
    weights = np.exp(-0.5 * z * z)
    weights /= weights.sum(axis=1, keepdims=True)
    both = np.stack([z, z * z], axis=1) / sds[:, None, None]
    scores: Array = both - (both * weights[:, None, :]).sum(axis=2, keepdims=True)
    return scores


def _negative_hessians(batch: Batch, counts: Array, theta: Array) -> Array:
    """(n, p, p), by central differences of the exact gradient."""
    n, width = batch.parameters.shape
    result = np.zeros((n, width, width))
    flat = counts.reshape(n, -1, 1)
    for column in range(width):
        sides = []
        for sign in (1.0, -1.0):
            values = batch.parameters.copy()
            values[:, column] += sign * _NUDGE
            scores = parameter_scores(batch.family, values, theta).reshape(n, width, -1)
            sides.append(np.matmul(scores, flat)[:, :, 0])
        result[:, :, column] = -(sides[0] - sides[1]) / (2 * _NUDGE)
    return (result + result.transpose(0, 2, 1)) / 2


def _by_cluster(clusters: NDArray[np.intp], scores: Array) -> tuple[NDArray[np.intp], Array]:
    order = np.argsort(clusters, kind="stable")
    ordered = clusters[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    return ordered[starts], np.add.reduceat(scores[order], starts, axis=0)


def _part(p: int, batch: Batch) -> str:
    if p == 0:
        return "slope"
    return f"intercept {p}" if p < batch.categories else "guess"
