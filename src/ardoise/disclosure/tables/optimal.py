"""The least loss: Fischetti and Salazar's model, solved by cuts (Management Science 47, 2001).

One 0-1 variable a cell (hidden or not). For a pattern x, how far a primary cell can move is a
linear programme; its dual says what any pattern must satisfy for the cell to move as far as it
must: a *capacity cut*, Σ coefficient·x ≥ need. *Bridge-less* cuts say that a hidden cell is never
alone in a sum. Cuts are added to the relaxation until none is violated, then to the integer
programme.
"""

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from ardoise.disclosure.tables import flows
from ardoise.disclosure.tables.flows import EPSILON, Task, Tick
from ardoise.disclosure.tables.linear import LinearProgram

_VIOLATED = 1e-3
_RELAXATIONS = 12
_INTEGER_PROGRAMMES = 12
_NODES = 100
"""Of one integer programme. A count, not a time: the same input gives the same pattern."""
_CUTS_A_ROUND = 60


@dataclass(frozen=True)
class Improved:
    """A pattern that covers the task. `hidden` (n,)."""

    hidden: NDArray[np.bool_]
    bound: float
    """No pattern loses less."""
    proved: bool
    """This one loses no more than that."""


def improve(
    task: Task, start: NDArray[np.bool_], *, effort: int, prove: bool, progress: Tick
) -> Improved:
    """Look for a pattern that loses less than `start`, with at most `effort` programmes.

    Without `prove` the relaxation alone leads the flows, which is nearly as good and much faster.
    """
    search = _Search(task, effort)
    guide = search.relax(progress)
    return search.finish(start, guide, _INTEGER_PROGRAMMES if prove else 0, progress)


class _Separation:
    """How far a primary cell can move in a pattern, and the cut where that is not enough."""

    def __init__(self, task: Task) -> None:
        self.task = task
        values = task.system.values
        widest = max((abs(need) for _, need in task.needs()), default=1.0)
        # No flow that is needed is wider than this; a wider allowance only weakens the cuts.
        self.up = np.full(task.system.size, 4 * widest)
        self.down = np.minimum(values, 4 * widest)
        self.programme = LinearProgram(
            task.system.sums,
            np.zeros(task.system.sums.shape[0]),
            np.zeros(task.system.size),
            np.zeros(task.system.size),
            np.zeros(task.system.size),
        )
        self.pattern = np.zeros(task.system.size)
        self.solved = 0

    def look_at(self, pattern: NDArray[np.float64]) -> None:
        """The pattern (n,) in [0, 1] that the next cuts are sought for."""
        self.pattern = pattern
        self.programme.set_all_bounds(-self.down * pattern, self.up * pattern)

    def cut(self, cell: int, need: float) -> tuple[NDArray[np.float64], float] | None:
        """(coefficients (n,), right side), or None: the cell can move far enough."""
        sign = 1.0 if need > 0 else -1.0
        far = abs(need)
        pattern = self.pattern[cell]
        if need > 0:
            self.programme.set_bounds(cell, -self.down[cell] * pattern, far)
        else:
            self.programme.set_bounds(cell, -far, self.up[cell] * pattern)
        self.programme.set_cost(cell, -sign)
        solution = self.programme.solve()
        self.solved += 1
        self.programme.set_cost(cell, 0.0)
        self.programme.set_bounds(cell, -self.down[cell] * pattern, self.up[cell] * pattern)
        if solution is None or -solution.objective >= far * (1 - _VIOLATED):
            return None
        reduced = -(self.task.system.sums.T @ solution.row_duals)
        reduced[cell] -= sign
        reduced[np.abs(reduced) < EPSILON] = 0.0
        coefficients = np.maximum(-reduced, 0.0) * self.up + np.maximum(reduced, 0.0) * self.down
        coefficients = np.minimum(coefficients, far)
        coefficients[cell] = 0.0
        return coefficients / far, 1.0


class _Search:
    def __init__(self, task: Task, effort: int) -> None:
        self.task, self.effort = task, effort
        self.separation = _Separation(task)
        self.needs = task.needs()
        self.bound = 0.0
        n = task.system.size
        self.solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (
            ("output_flag", False), ("threads", 1), ("random_seed", 0),
            ("mip_max_nodes", _NODES), ("mip_rel_gap", 1e-6),
        ):  # fmt: skip
            self.solver.setOptionValue(option, value)
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = n, 0
        programme.col_cost_ = task.weights
        programme.col_lower_ = task.hidden.astype(np.float64)
        programme.col_upper_ = np.where(task.known & ~task.hidden, 0.0, 1.0)
        programme.row_lower_ = programme.row_upper_ = np.zeros(0)
        self.solver.passModel(programme)
        self._bridgeless()

    def _bridgeless(self) -> None:
        """In every sum, a hidden cell has company: Σ others - x ≥ 0."""
        sums = abs(self.task.system.sums).tocsr()
        for row in range(sums.shape[0]):
            members = sums.indices[sums.indptr[row] : sums.indptr[row + 1]]
            # A cell of 0 can only rise: it is company like any other.
            for alone in members:
                weights = np.where(members == alone, -1.0, 1.0)
                self.solver.addRow(
                    0.0, highspy.kHighsInf, len(members), members.astype(np.int32), weights
                )

    def _add(self, coefficients: NDArray[np.float64], right: float) -> None:
        there = np.flatnonzero(coefficients)
        self.solver.addRow(
            right, highspy.kHighsInf, len(there), there.astype(np.int32), coefficients[there]
        )

    def _violated(self, pattern: NDArray[np.float64], order: list[int], most: int) -> list[int]:
        """Add cuts for at most `most` needs that the pattern does not cover; which they are."""
        self.separation.look_at(pattern)
        found: list[int] = []
        for number in order:
            cut = self.separation.cut(*self.needs[number])
            if cut is not None:
                self._add(*cut)
                found.append(number)
                if len(found) >= most:
                    break
        return found

    def relax(self, progress: Tick) -> NDArray[np.float64]:
        """Cuts until the relaxation covers everything, or a half of the effort is spent.

        Returns its last pattern (n,) in [0, 1].
        """
        order = list(range(len(self.needs)))
        for round_ in range(_RELAXATIONS):
            progress(round_, _RELAXATIONS)
            self.solver.run()
            self.bound = float(self.solver.getInfo().objective_function_value)
            pattern = np.clip(np.asarray(self.solver.getSolution().col_value), 0.0, 1.0)
            found = self._violated(pattern, order, _CUTS_A_ROUND)
            if not found or self.separation.solved > self.effort // 2:
                break
            # What was violated is likely to be so again: ask it first.
            hit = set(found)
            order = found + [number for number in order if number not in hit]
        return np.asarray(pattern, dtype=np.float64)

    def finish(
        self, best: NDArray[np.bool_], guide: NDArray[np.float64], most: int, progress: Tick
    ) -> Improved:
        """Integer patterns until one covers everything: it is optimal, as no cut was too strong.

        One that does not cover guides the flows to one that does.
        """
        n = self.task.system.size
        best = self._better(best, guide)
        self.solver.changeColsIntegrality(
            n, np.arange(n, dtype=np.int32), np.full(n, highspy.HighsVarType.kInteger)
        )
        order = list(range(len(self.needs)))
        for round_ in range(most):
            progress(round_, most)
            if self.separation.solved > self.effort or self._proved(best):
                break
            self.solver.run()
            info = self.solver.getInfo()
            self.bound = max(self.bound, float(info.mip_dual_bound))
            pattern = np.round(np.asarray(self.solver.getSolution().col_value))
            if len(pattern) != n or pattern.sum() == 0:
                break
            found = self._violated(pattern, order, len(order))
            if not found:
                if self._loss(pattern > 0.5) < self._loss(best):
                    best = pattern > 0.5
                break
            best = self._better(best, pattern)
            hit = set(found)
            order = found + [number for number in order if number not in hit]
        return Improved(best, self.bound, proved=self._proved(best))

    def _better(self, best: NDArray[np.bool_], guide: NDArray[np.float64]) -> NDArray[np.bool_]:
        """The flows once more, led by a pattern that may not cover; the better of two."""
        found = flows.cover(self.task, guide=guide, progress=_silent)
        found = flows.take_back(self.task, found, effort=self.effort, progress=_silent)
        return found if self._loss(found) < self._loss(best) - EPSILON else best

    def _loss(self, hidden: NDArray[np.bool_]) -> float:
        return float(self.task.weights[hidden].sum())

    def _proved(self, best: NDArray[np.bool_]) -> bool:
        return self.bound >= self._loss(best) * (1 - 1e-6)


def _silent(_done: int, _total: int) -> None:
    """No progress to show."""
