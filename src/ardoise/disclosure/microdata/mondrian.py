"""Mondrian: cut the space of quasi-identifiers where people stand, not column by column.

Multidimensional generalisation (LeFevre, DeWitt and Ramakrishnan 2006): a part is halved at the
median of its widest column as long as both halves keep the goal. No row is dropped, and a large
département stays exact while small ones are joined.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.microdata.coding import Coded, code, joint
from ardoise.disclosure.microdata.goals import Goal
from ardoise.disclosure.microdata.hierarchies import LIST_MARK, Hierarchy, Levels, levels_of
from ardoise.disclosure.microdata.lattice import Sensitive
from ardoise.disclosure.microdata.measures import distances, entropies

LISTED = 8
"""Values that a label may list at most."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Partitioned:
    """What the cuts gave."""

    frame: pl.DataFrame
    """All rows in the order of the input: quasi-identifiers as labels."""
    parts: int
    exact: dict[str, float]
    """Column → share of rows whose value is as it was."""
    loss: float
    """Mean normalised certainty penalty; 0 to 1."""


def partition(
    frame: pl.DataFrame,
    hierarchies: Sequence[Hierarchy],
    sensitive: Sequence[Sensitive],
    goal: Goal,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Partitioned:
    """Cut until nothing can be cut. A part's label says which values it spans.

    Raises DisclosureFault: bad columns, or that the file as a whole does not keep the goal.
    """
    if frame.is_empty():
        raise DisclosureFault("the file has no row")
    work = _Work(frame, hierarchies, sensitive, goal)
    if not work.keeps(np.arange(len(work.sizes))):
        raise DisclosureFault(
            "the whole file as one class does not keep the goal: k exceeds its rows, or a "
            "sensitive column has fewer values than l"
        )
    parts = work.cut(progress)
    return work.label(frame, parts)


class _Work:
    def __init__(
        self,
        frame: pl.DataFrame,
        hierarchies: Sequence[Hierarchy],
        sensitive: Sequence[Sensitive],
        goal: Goal,
    ) -> None:
        self.goal, self.rows = goal, frame.height
        coded = [code(frame, hierarchy.column) for hierarchy in hierarchies]
        self.levels = [levels_of(h, column) for h, column in zip(hierarchies, coded, strict=True)]
        # Neighbours in the hierarchy stand side by side, so that cuts follow it.
        self.rank = [_ranks(levels) for levels in self.levels]
        ranked = [rank[column.codes] for rank, column in zip(self.rank, coded, strict=True)]
        key = joint(ranked, [column.size for column in coded])
        _, first, self.of, self.sizes = np.unique(
            key, return_index=True, return_inverse=True, return_counts=True
        )
        self.place = np.stack([ranks[first] for ranks in ranked], axis=1)
        self.span = np.maximum([column.size - 1 for column in coded], 1)
        self.told = [self._told(code(frame, column.column), column.ordered) for column in sensitive]

    def _told(
        self, column: Coded, ordered: bool
    ) -> tuple[NDArray[np.int32], NDArray[np.float64], bool]:
        g, m = len(self.sizes), column.size
        counts = np.bincount(self.of * m + column.codes, minlength=g * m).reshape(g, m)
        return counts.astype(np.int32), counts.sum(axis=0) / self.rows, ordered

    def keeps(self, members: NDArray[np.int64]) -> bool:
        """Whether some classes together keep the goal."""
        size = int(self.sizes[members].sum())
        if size < self.goal.k:
            return False
        for counts, overall, ordered in self.told:
            inside = counts[members].sum(axis=0)
            if int((inside > 0).sum()) < self.goal.distinct_l:
                return False
            shares = (inside / size)[None, :]
            if self.goal.entropy_l > 1 and (
                entropies(shares)[0] < np.log(self.goal.entropy_l) - _ROUNDING
            ):
                return False
            if self.goal.t < 1 and (
                distances(shares, overall, ordered=ordered)[0] > self.goal.t - _ROUNDING
            ):
                return False
        return True

    def cut(self, progress: Callable[[int, int], None]) -> list[NDArray[np.int64]]:
        """Parts, in a fixed order: what the first half holds comes first."""
        waiting = [np.arange(len(self.sizes))]
        done: list[NDArray[np.int64]] = []
        settled = 0
        while waiting:
            members = waiting.pop()
            halves = self._halves(members)
            if halves is None:
                done.append(members)
                settled += len(members)
                if len(done) % 256 == 0:
                    progress(settled, len(self.sizes))
            else:
                waiting += [halves[1], halves[0]]
        return done

    def _halves(
        self, members: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        sizes = self.sizes[members]
        if len(members) < 2 or int(sizes.sum()) < 2 * self.goal.k:
            return None
        place = self.place[members]
        width = (place.max(axis=0) - place.min(axis=0)) / self.span
        for column in np.argsort(-width, kind="stable"):
            if width[column] == 0:
                return None
            low = self._below_median(place[:, column], sizes)
            halves = members[low], members[~low]
            if self.keeps(halves[0]) and self.keeps(halves[1]):
                return halves
        return None

    def _below_median(
        self, places: NDArray[np.int64], sizes: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        order = np.argsort(places, kind="stable")
        reached = np.cumsum(sizes[order])
        middle = places[order[int(np.searchsorted(reached, reached[-1] / 2))]]
        low: NDArray[np.bool_] = places <= middle
        return places < middle if low.all() else low

    def label(self, frame: pl.DataFrame, parts: list[NDArray[np.int64]]) -> Partitioned:
        """The file with each part's labels."""
        part_of = np.empty(len(self.sizes), dtype=np.int64)
        for number, members in enumerate(parts):
            part_of[members] = number
        order = np.argsort(part_of, kind="stable")
        starts = np.flatnonzero(np.diff(part_of[order], prepend=-1))
        columns, exact, losses = [], {}, []
        for at, levels in enumerate(self.levels):
            places = self.place[order, at]
            low = np.minimum.reduceat(places, starts)
            high = np.maximum.reduceat(places, starts)
            labels, penalty = _labels(levels, np.argsort(self.rank[at]), low, high)
            row_part = part_of[self.of]
            columns.append(pl.Series(levels.column, labels[row_part], dtype=pl.String))
            exact[levels.column] = float((low == high)[row_part].mean())
            losses.append(float(penalty[row_part].mean()))
        return Partitioned(frame.with_columns(columns), len(parts), exact, float(np.mean(losses)))


def _ranks(levels: Levels) -> NDArray[np.int64]:
    """(m,) each value's place when values are sorted by their coarsest labels first."""
    order = np.lexsort([np.asarray(level) for level in levels.maps])
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _labels(
    levels: Levels, value_at: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """(parts,) a label for the values between two places, and the penalty of saying that.

    The finest level that holds just these values names them; else few are listed, joined by `+`;
    else the finest level that holds them all. Nothing of it depends on which of them occur.
    """
    m = len(value_at)
    labels = np.full(len(low), "", dtype=object)
    said = np.zeros(len(low), dtype=np.int64)
    for level, names in zip(levels.maps, levels.labels, strict=True):
        at_low, at_high = level[value_at[low]], level[value_at[high]]
        together = np.bincount(level)[at_low]
        fits = (said == 0) & (at_low == at_high)
        wide = fits & (together > high - low + 1) & (high - low < LISTED)
        labels[fits] = np.array(names, dtype=object)[at_low[fits]]
        said[fits] = together[fits]
        for part in np.flatnonzero(wide):
            between = value_at[low[part] : high[part] + 1]
            labels[part] = LIST_MARK.join(sorted(levels.labels[0][value] for value in between))
            said[part] = len(between)
    return labels, (said - 1) / max(m - 1, 1)
