"""A linear programme whose objective and bounds change while its rows stay: warm starts matter."""

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

INFINITE = highspy.kHighsInf


@dataclass(frozen=True)
class Solution:
    """An optimum. Shapes: k columns, m rows."""

    objective: float
    values: NDArray[np.float64]
    """(k,)"""
    row_duals: NDArray[np.float64]
    """(m,)"""


class LinearProgram:
    """`rows @ x = right`, `low <= x <= high`; minimises `cost @ x`. On one thread."""

    def __init__(
        self,
        rows: sparse.csr_array,
        right: NDArray[np.float64],
        low: NDArray[np.float64],
        high: NDArray[np.float64],
        cost: NDArray[np.float64],
    ) -> None:
        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("random_seed", 0)
        solver.setOptionValue("presolve", "off")  # it would throw the warm start away
        programme = highspy.HighsLp()
        programme.num_row_, programme.num_col_ = rows.shape
        programme.col_cost_ = cost
        programme.col_lower_ = low
        programme.col_upper_ = high
        programme.row_lower_ = right
        programme.row_upper_ = right
        programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        programme.a_matrix_.start_ = rows.indptr.astype(np.int32)
        programme.a_matrix_.index_ = rows.indices.astype(np.int32)
        programme.a_matrix_.value_ = rows.data
        solver.passModel(programme)
        self._solver = solver
        self._all = np.arange(rows.shape[1], dtype=np.int32)

    def set_cost(self, column: int, cost: float) -> None:
        """Of one column."""
        self._solver.changeColCost(column, cost)

    def set_costs(self, cost: NDArray[np.float64]) -> None:
        """Of all columns."""
        self._solver.changeColsCost(len(cost), self._all, cost)

    def set_bounds(self, column: int, low: float, high: float) -> None:
        """Of one column."""
        self._solver.changeColBounds(column, low, high)

    def set_all_bounds(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """Of all columns."""
        self._solver.changeColsBounds(len(low), self._all, low, high)

    def solve(self) -> Solution | None:
        """The optimum; None if there is none: infeasible or unbounded, by what was asked.

        Raises RuntimeError if the solver gives up.
        """
        for attempt in (1, 2):
            self._solver.run()
            status = self._solver.getModelStatus()
            if status == highspy.HighsModelStatus.kOptimal:
                solution = self._solver.getSolution()
                return Solution(
                    self._solver.getInfo().objective_function_value,
                    np.asarray(solution.col_value),
                    np.asarray(solution.row_dual),
                )
            if status in _NONE:
                return None
            if attempt == 1:
                # A basis left by another objective may mislead it: once more from nothing.
                self._solver.clearSolver()
        raise RuntimeError(f"the linear programme ended as {status}")


_NONE = frozenset(
    {
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnbounded,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,
    }
)
