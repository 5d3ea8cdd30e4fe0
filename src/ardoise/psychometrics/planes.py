"""Responses as planes of zeros and ones, and their likelihood on a grid by matrix products.

A block of pupils becomes ``[X_1 … X_m | O | G]``: one column for each category above the lowest of
each item, one for "observed" of each item that somebody did not see, one for each group. Times a
table of logarithms it is the log-likelihood at every node; its transpose times the posterior is
every expected count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics import families
from ardoise.psychometrics.families import Array, Family
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.responses import MISSING, Responses
from ardoise.psychometrics.threads import BLOCK, blocks, over_stripes

_TINY = 1e-280
_IMPOSSIBLE = -700.0  # for log 0: a plane's 0 times −∞ would be no number


@dataclass
class Batch:
    """Items of one family and one number of categories, estimated side by side.

    ``items``: (n,) columns of the responses. ``levels``: (n, K) the score that each category stands
    for. ``parameters``: (n, p). ``free``: (n, p) what the M-step may move. ``shared``: (n,) items
    whose slope is the common one.
    """

    family: Family
    items: NDArray[np.intp]
    levels: NDArray[np.uint8]
    parameters: Array
    free: NDArray[np.bool_]
    shared: NDArray[np.bool_]

    @property
    def categories(self) -> int:
        return int(self.levels.shape[1])


def batches_of(items: tuple[ItemParameters, ...]) -> list[Batch]:
    """Calibrated items as batches with nothing free, columns in the items' order."""
    kinds: dict[tuple[Family, int], list[int]] = {}
    for j, item in enumerate(items):
        kinds.setdefault((item.family, item.categories), []).append(j)
    return [
        Batch(
            family=family,
            items=np.array(places),
            levels=np.tile(np.arange(categories, dtype=np.uint8), (len(places), 1)),
            parameters=(parameters := np.stack([items[j].vector for j in places])),
            free=np.zeros(parameters.shape, dtype=bool),
            shared=np.zeros(len(places), dtype=bool),
        )
        for (family, categories), places in kinds.items()
    ]


@dataclass(frozen=True)
class Layout:
    """Which column of the planes is what, for one set of responses."""

    responses: Responses
    batches: list[Batch]
    weights: Array | None = None
    group_count: int = 1
    _complete: NDArray[np.bool_] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_complete", _complete(self.responses))

    @cached_property
    def planes(self) -> list[tuple[slice, NDArray[np.intp], NDArray[np.uint8]]]:
        """(columns, items, the scores that set them), for each category above the lowest."""
        result, start = [], 0
        for batch in self.batches:
            for k in range(1, batch.categories):
                stop = start + len(batch.items)
                result.append((slice(start, stop), batch.items, batch.levels[:, k].copy()))
                start = stop
        return result

    @cached_property
    def observed(self) -> tuple[slice, NDArray[np.intp]]:
        """The columns that say "observed", and their items."""
        start = self.planes[-1][0].stop if self.planes else 0
        chosen = [batch.items[~self._complete[batch.items]] for batch in self.batches]
        items = np.concatenate(chosen) if chosen else np.zeros(0, dtype=np.intp)
        return slice(start, start + len(items)), items

    @property
    def groups(self) -> slice:
        return slice(self.observed[0].stop, self.observed[0].stop + self.group_count)

    def complete(self, batch: Batch) -> NDArray[np.bool_]:
        """(n,): whether every pupil answered the item."""
        chosen: NDArray[np.bool_] = self._complete[batch.items]
        return chosen

    def fill(self, rows: slice, out: Array) -> Array:
        """The planes of a block of pupils, (pupils, columns), written into ``out``."""
        codes = self.responses.codes[rows]
        plane = out[: len(codes)]
        for columns, items, scores in self.planes:
            plane[:, columns] = _chosen(codes, items) == scores
        columns, items = self.observed
        if len(items):
            plane[:, columns] = _chosen(codes, items) != MISSING
        self.fill_groups(rows, plane)
        return plane

    def fill_groups(self, rows: slice, plane: Array) -> None:
        if self.group_count == 1 or self.responses.groups is None:
            plane[:, self.groups] = 1.0
        else:
            numbers = self.responses.groups[rows]
            plane[:, self.groups] = numbers[:, None] == np.arange(self.group_count)

    def table(self, logs: list[Array], log_prior: Array) -> Array:
        """The logarithms by which planes are multiplied: (columns, nodes).

        ``logs``: for each batch (n, K, nodes). ``log_prior``: (groups, nodes).
        """
        base = log_prior.copy()
        rows: list[Array] = []
        lowest: list[Array] = []
        for batch, exact in zip(self.batches, logs, strict=True):
            log = np.maximum(exact, _IMPOSSIBLE)
            complete = self.complete(batch)
            base += log[complete, 0].sum(axis=0)
            lowest.append(log[~complete, 0])
            rows.extend(log[:, k] - log[:, 0] for k in range(1, batch.categories))
        return np.ascontiguousarray(np.concatenate([*rows, *lowest, base]))

    def counts(self, sums: Array) -> tuple[list[Array], Array]:
        """From ``planesᵀ @ posterior``: expected counts (n, K, nodes) by batch, (groups, nodes)."""
        mass = sums[self.groups]
        everyone = mass.sum(axis=0)
        start, at = 0, self.observed[0].start
        result: list[Array] = []
        for batch in self.batches:
            n, complete = len(batch.items), self.complete(batch)
            count = np.empty((n, batch.categories, sums.shape[1]))
            count[:, 0] = everyone
            seen = int((~complete).sum())
            count[~complete, 0] = sums[at : at + seen]
            at += seen
            for k in range(1, batch.categories):
                count[:, k] = sums[start : start + n]
                count[:, 0] -= count[:, k]
                start += n
            np.maximum(count[:, 0], 0.0, out=count[:, 0])
            result.append(count)
        return result, mass


def posteriors(
    layout: Layout, table: Array, start: int, stop: int
) -> Iterator[tuple[slice, Array, Array, Array]]:
    """For each block of a stripe: rows, planes, posterior (pupils, nodes), log-likelihoods.

    The arrays are overwritten by the next block. Posterior rows sum to 1, before weights.
    """
    planes = np.empty((BLOCK, table.shape[0]))
    logs = np.empty((BLOCK, table.shape[1]))
    for rows in blocks(start, stop):
        plane = layout.fill(rows, planes)
        log = np.matmul(plane, table, out=logs[: len(plane)])
        np.exp(log, out=log)
        norm = log.sum(axis=1)
        likelihood = np.zeros_like(norm)
        if not norm.min() > _TINY:  # underflow, or impossible answers: shift by the best node
            np.matmul(plane, table, out=log)
            likelihood = log.max(axis=1)
            log -= likelihood[:, None]
            np.exp(log, out=log)
            norm = log.sum(axis=1)
        log /= norm[:, None]
        likelihood += np.log(norm)
        yield rows, plane, log, likelihood


@dataclass(frozen=True)
class Expected:
    """What an E-step knows: counts by batch (n, K, nodes), mass (groups, nodes), log-likelihood."""

    counts: list[Array]
    mass: Array
    log_likelihood: float


def expectation(
    layout: Layout, parameters: list[Array], log_prior: Array, theta: Array, *, threads: int
) -> Expected:
    """One E-step over all pupils."""
    logs = [
        families.log_probabilities(batch.family, values, theta)
        for batch, values in zip(layout.batches, parameters, strict=True)
    ]
    table = layout.table(logs, log_prior)

    def stripe(start: int, stop: int) -> tuple[Array, float]:
        sums, total = np.zeros_like(table), 0.0
        part = np.empty_like(table)
        for rows, plane, posterior, likelihood in posteriors(layout, table, start, stop):
            if layout.weights is not None:
                weight = layout.weights[rows]
                np.multiply(posterior, weight[:, None], out=posterior)
                np.multiply(likelihood, weight, out=likelihood)
            sums += np.matmul(plane.T, posterior, out=part)
            total += float(likelihood.sum())
        return sums, total

    sums, total = np.zeros_like(table), 0.0
    for some, likelihood in over_stripes(layout.responses.pupils, stripe, threads=threads):
        sums += some
        total += likelihood
    counts, mass = layout.counts(sums)
    return Expected(counts, mass, total)


def _chosen(codes: NDArray[np.uint8], items: NDArray[np.intp]) -> NDArray[np.uint8]:
    if len(items) == codes.shape[1] and (items == np.arange(len(items))).all():
        return codes
    return codes[:, items]


def _complete(responses: Responses) -> NDArray[np.bool_]:
    highest = np.zeros(len(responses.items), dtype=np.uint8)
    for start in range(0, responses.pupils, BLOCK):
        np.maximum(highest, responses.codes[start : start + BLOCK].max(axis=0), out=highest)
    complete: NDArray[np.bool_] = highest != MISSING
    return complete
