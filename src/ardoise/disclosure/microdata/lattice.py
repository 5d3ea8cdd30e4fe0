"""Full-domain generalisation: one level for each column, the best by a stated loss.

Every combination of levels is a node; coarser nodes can only make classes larger, so what fails k
with the rows that may be dropped fails in all finer nodes too (Samarati 2001). Nodes are visited by
the loss that they cannot avoid, so the first that no cheaper one can beat is optimal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.microdata.coding import code, joint
from ardoise.disclosure.microdata.goals import Goal, Told, keeps
from ardoise.disclosure.microdata.hierarchies import Hierarchy, Levels, levels_of

NODES_LIMIT = 200_000
_CACHED = 12

Node = tuple[int, ...]


@dataclass(frozen=True)
class Sensitive:
    """A column whose values must not be learnt. `ordered`: a band, not only a name."""

    column: str
    ordered: bool = False


@dataclass(frozen=True)
class Generalised:
    """What was chosen. Nothing here is a row of the file but `frame`."""

    frame: pl.DataFrame
    """The released rows, in the order of the input: quasi-identifiers as labels."""
    node: dict[str, str]
    """Column → name of its level."""
    suppressed: float
    """Share of rows dropped."""
    loss: float
    """Mean share of what the quasi-identifiers could tell that is lost; 0 to 1."""
    visited: int
    nodes: int


@dataclass(frozen=True)
class _Table:
    """Classes at one node: codes (g, q) at its levels, sizes (g,), counts (g, all values)."""

    node: Node
    codes: NDArray[np.int64]
    sizes: NDArray[np.int64]
    counts: NDArray[np.int64]


def generalise(
    frame: pl.DataFrame,
    hierarchies: Sequence[Hierarchy],
    sensitive: Sequence[Sensitive],
    goal: Goal,
    *,
    weights: dict[str, float] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Generalised:
    """The least lossy levels at which the goal holds, dropping few rows.

    Loss is the normalised certainty penalty (Xu et al. 2006) over columns by `weights`; a dropped
    row loses all. Raises DisclosureFault: bad columns, or that even `*` everywhere does not do.
    """
    if frame.is_empty():
        raise DisclosureFault("the file has no row")
    search = _Search(frame, hierarchies, sensitive, goal, weights or {})
    best = search.run(progress)
    if best is None:
        raise DisclosureFault(
            "no generalisation keeps the goal: a sensitive column may have fewer values than l, "
            "or k exceeds the number of rows"
        )
    node, loss = best
    return search.release(frame, node, loss)


class _Search:
    def __init__(
        self,
        frame: pl.DataFrame,
        hierarchies: Sequence[Hierarchy],
        sensitive: Sequence[Sensitive],
        goal: Goal,
        weights: dict[str, float],
    ) -> None:
        self.goal, self.rows = goal, frame.height
        coded = [code(frame, hierarchy.column) for hierarchy in hierarchies]
        self.levels = [levels_of(h, column) for h, column in zip(hierarchies, coded, strict=True)]
        self.codes = [column.codes for column in coded]
        self.told = [(code(frame, column.column), column.ordered) for column in sensitive]
        self.weights = np.array([weights.get(h.column, 1.0) for h in hierarchies])
        self.weights = self.weights / self.weights.sum()
        self.penalties = [
            _penalties(levels, column.codes)
            for levels, column in zip(self.levels, coded, strict=True)
        ]
        depths = [levels.depth for levels in self.levels]
        if int(np.prod(depths)) > NODES_LIMIT:
            raise DisclosureFault("the hierarchies have too many combinations of levels: drop some")
        self.nodes = sorted(
            product(*(range(depth) for depth in depths)), key=lambda node: (self._floor(node), node)
        )
        self.failed: set[Node] = set()
        self.passed: set[Node] = set()
        self.visited = 0
        self._cache: list[_Table] = [self._finest()]

    def _floor(self, node: Node) -> float:
        """The loss that a node has before any row is dropped."""
        lost = [penalty[level] for penalty, level in zip(self.penalties, node, strict=True)]
        return round(float(self.weights @ np.array(lost)), 12)

    def _finest(self) -> _Table:
        sizes_of = [len(levels.maps[0]) for levels in self.levels]
        key = joint(self.codes, sizes_of)
        _, first, of, sizes = np.unique(
            key, return_index=True, return_inverse=True, return_counts=True
        )
        counts = [
            np.bincount(
                of * column.size + column.codes, minlength=len(sizes) * column.size
            ).reshape(len(sizes), column.size)
            for column, _ in self.told
        ]
        empty = np.zeros((len(sizes), 0), dtype=np.int64)
        return _Table(
            (0,) * len(self.levels),
            np.stack([codes[first] for codes in self.codes], axis=1),
            sizes,
            np.concatenate([empty, *counts], axis=1).astype(np.int32),
        )

    def _table(self, node: Node) -> _Table:
        """Classes at a node, rolled up from the smallest finer table that is at hand."""
        at_hand = [
            table
            for table in self._cache
            if all(a <= b for a, b in zip(table.node, node, strict=True))
        ]
        finer = min(at_hand, key=lambda table: len(table.sizes))
        if finer.node == node:
            return finer
        codes = np.empty_like(finer.codes)
        for at, (levels, old, new) in enumerate(zip(self.levels, finer.node, node, strict=True)):
            up = np.zeros(len(levels.labels[old]), dtype=np.int64)
            up[levels.maps[old]] = levels.maps[new]
            codes[:, at] = up[finer.codes[:, at]]
        spans = [len(levels.labels[level]) for levels, level in zip(self.levels, node, strict=True)]
        key = joint(list(codes.T), spans)
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        table = _Table(
            node,
            codes[order[starts]],
            np.add.reduceat(finer.sizes[order], starts),
            np.add.reduceat(finer.counts[order], starts, axis=0),
        )
        if len(table.sizes) < 0.7 * len(finer.sizes):
            self._cache = [self._cache[0], *self._cache[1:][-_CACHED + 2 :], table]
        return table

    def _k_holds(self, node: Node) -> bool:
        """Whether dropping few rows would leave classes of k: coarser nodes then do too."""
        if node in self.failed:
            return False
        if node in self.passed:
            return True
        self.visited += 1
        sizes = self._table(node).sizes
        holds = int(sizes[sizes < self.goal.k].sum()) <= self.goal.most_suppressed * self.rows
        if holds:
            self.passed.update(other for other in self.nodes if _coarser(other, node))
        else:
            self.failed.update(other for other in self.nodes if _coarser(node, other))
        return holds

    def _probe(self, node: Node) -> None:
        """Bisect the way from a node to the top: one failure settles all that is finer."""
        way = [node]
        while any(
            level < levels.depth - 1 for level, levels in zip(way[-1], self.levels, strict=True)
        ):
            ups = [
                (*way[-1][:at], way[-1][at] + 1, *way[-1][at + 1 :])
                for at, levels in enumerate(self.levels)
                if way[-1][at] < levels.depth - 1
            ]
            way.append(min(ups, key=lambda up: (self._floor(up), up)))
        low, high = 0, len(way) - 1
        while low < high:
            middle = (low + high) // 2
            if self._k_holds(way[middle]):
                high = middle
            else:
                low = middle + 1

    def run(self, progress: Callable[[int, int], None]) -> tuple[Node, float] | None:
        """The node with the least loss, and that loss."""
        best: tuple[Node, float] | None = None
        for done, node in enumerate(self.nodes):
            progress(done, len(self.nodes))
            floor = self._floor(node)
            if best is not None and floor >= best[1]:
                break
            if node not in self.failed and node not in self.passed:
                self._probe(node)
            if node in self.failed or not self._k_holds(node):
                continue
            dropped = self._dropped(node)
            if dropped > self.goal.most_suppressed * self.rows:
                continue
            loss = floor + (1 - floor) * dropped / self.rows
            if best is None or loss < best[1]:
                best = (node, loss)
        return best

    def _kept(self, table: _Table) -> NDArray[np.bool_]:
        told, start = [], 0
        for column, ordered in self.told:
            counts = table.counts[:, start : start + column.size]
            told.append(Told(column.name, ordered, counts))
            start += column.size
        return keeps(self.goal, table.sizes, told)

    def _dropped(self, node: Node) -> int:
        self.visited += 1
        table = self._table(node)
        return int(table.sizes[~self._kept(table)].sum())

    def release(self, frame: pl.DataFrame, node: Node, loss: float) -> Generalised:
        """The file at a node, without the classes that do not keep the goal."""
        table = self._table(node)
        kept = self._kept(table)
        spans = [len(levels.labels[level]) for levels, level in zip(self.levels, node, strict=True)]
        coarse = [
            levels.maps[level][codes]
            for levels, level, codes in zip(self.levels, node, self.codes, strict=True)
        ]
        both = np.concatenate([np.stack(coarse, axis=1), table.codes[kept]])
        key = joint(list(both.T), spans)
        stays = np.isin(key[: self.rows], key[self.rows :])
        columns = [
            pl.Series(
                levels.column,
                np.array(levels.labels[level], dtype=object)[codes],
                dtype=pl.String,
            )
            for levels, level, codes in zip(self.levels, node, coarse, strict=True)
        ]
        return Generalised(
            frame.with_columns(columns).filter(pl.Series(stays)),
            {
                levels.column: levels.names[level]
                for levels, level in zip(self.levels, node, strict=True)
            },
            float(1 - stays.mean()),
            loss,
            self.visited,
            len(self.nodes),
        )


def _coarser(one: Node, other: Node) -> bool:
    """One is at least as coarse as the other, column by column."""
    return all(a >= b for a, b in zip(one, other, strict=True))


def _penalties(levels: Levels, codes: NDArray[np.int64]) -> list[float]:
    """Mean over rows of (values that share the label - 1) / (values - 1), at each level."""
    m = len(levels.maps[0])
    weight = np.bincount(codes, minlength=m) / len(codes)
    found = []
    for level in levels.maps:
        together = np.bincount(level)[level]
        found.append(float(weight @ (together - 1)) / max(m - 1, 1))
    return found
