"""The attack: what anybody can compute of the hidden cells from the published ones.

It knows the published values, the sums and that nothing is negative, and asks linear programmes
for the least and the most that each hidden cell can be. It shares no code with the methods but the
solver's wrapper, and takes nothing of theirs but which cells are hidden.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from ardoise.disclosure.tables.linear import INFINITE, LinearProgram
from ardoise.disclosure.tables.sensitivity import Sensitivity
from ardoise.disclosure.tables.system import System

TOLERANCE = 1e-6
_RELATIVE = 1e-9


@dataclass(frozen=True)
class Interval:
    """What can be proved of one hidden cell."""

    cell: int
    low: float
    high: float
    complete: bool
    """False: the cell can be at least this vague; the search ended when that was enough."""


@dataclass(frozen=True)
class Audit:
    """What the attack found. Empty tuples: nothing."""

    intervals: tuple[Interval, ...]
    """One for each hidden cell."""
    recovered: tuple[int, ...]
    """Hidden cells whose value can be computed exactly."""
    under_protected: tuple[int, ...]
    """Primary cells that can be bounded more closely than the policy allows."""
    published: tuple[int, ...]
    """Primary cells that are not hidden at all."""
    programmes: int
    """Linear programmes solved."""

    @property
    def passed(self) -> bool:
        """Nothing was found."""
        return not (self.recovered or self.under_protected or self.published)


def audit(
    system: System,
    sensitivity: Sensitivity,
    hidden: NDArray[np.bool_],
    *,
    complete: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Audit:
    """Attack a table. `hidden` (n,): the cells that are not published.

    `complete` asks for every cell's exact interval instead of stopping when it is vague enough.
    """
    attack = _Attack(system, sensitivity, hidden, complete=complete)
    total = int(hidden.sum())
    for done, cell in enumerate(np.flatnonzero(hidden), start=1):
        attack.cell(int(cell))
        progress(done, total)
    return attack.result()


class _Attack:
    def __init__(
        self,
        system: System,
        sensitivity: Sensitivity,
        hidden: NDArray[np.bool_],
        *,
        complete: bool,
    ) -> None:
        self.system, self.sensitivity, self.hidden = system, sensitivity, hidden
        self.complete = complete
        self.cells = np.flatnonzero(hidden)
        self.low = system.values.copy()
        self.high = system.values.copy()
        self.exact = np.zeros((system.size, 2), dtype=np.bool_)
        self.programmes = 0
        self._parts = self._components()
        self._open: tuple[int, LinearProgram, NDArray[np.int64]] | None = None

    def _components(self) -> NDArray[np.int64]:
        """(n,) hidden cells that no sum connects are attacked apart."""
        rows = self.system.sums[:, self.cells]
        together = (abs(rows).T @ abs(rows)).tocsr()
        _, label = connected_components(together, directed=False)
        parts = np.full(self.system.size, -1, dtype=np.int64)
        parts[self.cells] = label
        return parts

    def _programme(self, part: int) -> tuple[LinearProgram, NDArray[np.int64]]:
        if self._open is not None and self._open[0] == part:
            return self._open[1], self._open[2]
        members = np.flatnonzero(self._parts == part)
        sums = self.system.sums
        touched = np.flatnonzero(np.diff(sums[:, members].indptr))
        rows = sums[touched]
        shown = np.where(self.hidden, 0.0, self.system.values)
        programme = LinearProgram(
            sparse.csr_array(rows[:, members]),
            -(rows @ shown),
            np.zeros(len(members)),
            np.full(len(members), INFINITE),
            np.zeros(len(members)),
        )
        self._open = (part, programme, members)
        return programme, members

    def cell(self, cell: int) -> None:
        """Find the least and the most of one cell, unless it is known to be vague enough."""
        for side, sign in ((0, 1.0), (1, -1.0)):
            if not self.complete and self._vague(cell, side):
                continue
            programme, members = self._programme(int(self._parts[cell]))
            at = int(np.searchsorted(members, cell))
            programme.set_cost(at, sign)
            solution = programme.solve()
            programme.set_cost(at, 0.0)
            self.programmes += 1
            self.exact[cell, side] = True
            if solution is None:  # in no sum that is bounded: it could be anything
                self.high[cell] = INFINITE
                continue
            # One possible world tells something of every cell in it.
            self.low[members] = np.minimum(self.low[members], solution.values)
            self.high[members] = np.maximum(self.high[members], solution.values)

    def _vague(self, cell: int, side: int) -> bool:
        slack = TOLERANCE + _RELATIVE * abs(self.system.values[cell])
        if self.sensitivity.primary[cell]:
            if side == 0:
                return bool(self.low[cell] <= self.sensitivity.at_most[cell] + slack)
            return bool(self.high[cell] >= self.sensitivity.at_least[cell] - slack)
        return bool(self._rounded(cell)[0] < self._rounded(cell)[1])

    def _rounded(self, cell: int) -> tuple[float, float]:
        """A count is whole: the attacker rounds inwards."""
        low, high = float(self.low[cell]), float(self.high[cell])
        slack = TOLERANCE + _RELATIVE * abs(float(self.system.values[cell]))
        if self.system.is_magnitude:
            return (low, high) if high - low > slack else (low, low)
        return float(np.ceil(low - slack)), float(np.floor(high + slack))

    def result(self) -> Audit:
        """What was found."""
        intervals = []
        recovered, under = [], []
        for cell in (int(index) for index in self.cells):
            low, high = self._rounded(cell)
            intervals.append(Interval(cell, low, high, bool(self.exact[cell].all())))
            if low >= high:
                recovered.append(cell)
            elif self.sensitivity.primary[cell] and not (
                self._vague(cell, 0) and self._vague(cell, 1)
            ):
                under.append(cell)
        shown = np.flatnonzero(self.sensitivity.primary & ~self.hidden)
        return Audit(
            tuple(intervals), tuple(recovered), tuple(under), tuple(int(c) for c in shown),
            self.programmes,
        )  # fmt: skip
