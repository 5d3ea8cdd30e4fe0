"""Covering primary cells by flows: how far can a cell move if these others may move with it?

A flow is a way of changing the table that leaves every sum right and every value 0 or more. A
primary cell is safe upwards if a flow through hidden cells alone raises it to `at_least`, and
downwards if one lowers it to `at_most`; such a flow is kept as its *witness*.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ardoise.disclosure.faults import CannotProtect
from ardoise.disclosure.tables.linear import INFINITE, LinearProgram
from ardoise.disclosure.tables.sensitivity import Sensitivity
from ardoise.disclosure.tables.system import System

Tick = Callable[[int, int], None]
EPSILON = 1e-7
_NUDGE = 1e-4
"""What moving a hidden cell costs: little, so that flows stay short."""


@dataclass(frozen=True)
class Task:
    """What is to be covered. Shapes (n,)."""

    system: System
    sensitivity: Sensitivity
    weights: NDArray[np.float64]
    known: NDArray[np.bool_]
    """Cells that must stay published."""
    hidden: NDArray[np.bool_]
    """Cells that must be hidden."""

    def needs(self) -> list[tuple[int, float]]:
        """(primary cell, how far it must move, up positive), the widest first."""
        values, sensitivity = self.system.values, self.sensitivity
        found = []
        for cell in (int(index) for index in sensitivity.cells):
            for need in (
                sensitivity.at_least[cell] - values[cell],
                sensitivity.at_most[cell] - values[cell],
            ):
                if abs(need) > EPSILON:
                    found.append((cell, float(need)))
        found.sort(key=lambda pair: (-abs(pair[1]), pair[0], pair[1]))
        return found


class Flows:
    """Cheapest flows over the cells that may move, as columns up | down."""

    def __init__(self, task: Task, may_move: NDArray[np.bool_]) -> None:
        self.task = task
        n = task.system.size
        self.n = n
        sums = task.system.sums
        self.high = np.concatenate(
            [
                np.where(may_move, INFINITE, 0.0),
                np.where(may_move, task.system.values, 0.0),
            ]
        )
        self.cost = np.zeros(2 * n)
        self.programme = LinearProgram(
            sparse.csr_array(sparse.hstack([sums, -sums], format="csr")),
            np.zeros(sums.shape[0]),
            np.zeros(2 * n),
            self.high,
            self.cost,
        )
        self.solved = 0

    def price(self, cost: NDArray[np.float64]) -> None:
        """(n,) what moving each cell by one costs."""
        self.cost = np.concatenate([cost, cost])
        self.programme.set_costs(self.cost)

    def reprice(self, cells: NDArray[np.int64], cost: float) -> None:
        """Some cells cost this now."""
        for cell in (int(index) for index in cells):
            self.programme.set_cost(cell, cost)
            self.programme.set_cost(self.n + cell, cost)

    def allow(self, cell: int, *, moves: bool) -> None:
        """Let a cell move, or hold it."""
        value = float(self.task.system.values[cell])
        self.high[cell] = INFINITE if moves else 0.0
        self.high[self.n + cell] = value if moves else 0.0
        for column in (cell, self.n + cell):
            self.programme.set_bounds(column, 0.0, float(self.high[column]))

    def through(self, cell: int, need: float) -> NDArray[np.float64] | None:
        """The cheapest flow that moves `cell` by `need`: changes (n,); None: there is none."""
        way, other = (cell, self.n + cell) if need > 0 else (self.n + cell, cell)
        self.programme.set_bounds(way, abs(need), abs(need))
        self.programme.set_bounds(other, 0.0, 0.0)
        solution = self.programme.solve()
        self.solved += 1
        for column in (way, other):
            self.programme.set_bounds(column, 0.0, float(self.high[column]))
        if solution is None:
            return None
        return solution.values[: self.n] - solution.values[self.n :]


def cover(
    task: Task, *, guide: NDArray[np.float64] | None = None, progress: Tick
) -> NDArray[np.bool_]:
    """Hide cells until every primary one can move as far as it must. Returns hidden (n,).

    `guide` (n,) in [0, 1] says how likely each cell is to be hidden in the end: likely ones are
    cheap. Raises CannotProtect where what is known already leaves a cell no room.
    """
    hidden = task.hidden.copy()
    flows = Flows(task, ~task.known)
    price = task.weights if guide is None else task.weights * (1.0 + 10 * _NUDGE - guide)
    flows.price(np.where(hidden, _NUDGE * task.weights, price))
    needs = task.needs()
    reached: set[tuple[int, float]] = set()
    for done, (cell, need) in enumerate(needs, start=1):
        progress(done, len(needs))
        if (cell, need) in reached:
            continue
        change = flows.through(cell, need)
        if change is None:
            raise CannotProtect(
                f"{task.system.name(cell)} ({task.sensitivity.reasons[cell]}) can be worked out "
                "from what was published before: make one of its dimensions coarser"
            )
        fresh = np.flatnonzero((np.abs(change) > EPSILON) & ~hidden)
        hidden[fresh] = True
        for moved in fresh:
            flows.reprice(np.array([moved]), float(_NUDGE * task.weights[moved]))
        # Others may have moved far enough by the same flow.
        reached.update(
            (other, far) for other, far in needs[done:] if change[other] * np.sign(far) >= abs(far)
        )
    return hidden


def take_back(
    task: Task, hidden: NDArray[np.bool_], *, effort: int, progress: Tick
) -> NDArray[np.bool_]:
    """Publish again what no witness needs, the dearest first; at most `effort` programmes."""
    hidden = hidden.copy()
    flows = Flows(task, hidden)
    flows.price(np.full(task.system.size, 1.0))
    needs = task.needs()
    witnesses = _Witnesses()
    for number, (cell, need) in enumerate(needs):
        change = flows.through(cell, need)
        if change is None:  # by rounding alone: leave the pattern as it is
            return hidden
        witnesses.put(number, change)
    candidates = np.flatnonzero(hidden & ~task.hidden)
    candidates = candidates[np.argsort(-task.weights[candidates], kind="stable")]
    for done, cell in enumerate((int(index) for index in candidates), start=1):
        progress(done, len(candidates))
        if flows.solved > effort:
            break
        if _can_go(flows, cell, needs, witnesses):
            hidden[cell] = False
    return hidden


class _Witnesses:
    """Which cells each need's flow moves, both ways round."""

    def __init__(self) -> None:
        self._moved: dict[int, list[int]] = {}
        self._users: dict[int, set[int]] = {}

    def put(self, number: int, change: NDArray[np.float64]) -> None:
        """The flow (n,) that serves a need from now on."""
        for cell in self._moved.get(number, ()):
            self._users[cell].discard(number)
        moved = [int(cell) for cell in np.flatnonzero(np.abs(change) > EPSILON)]
        self._moved[number] = moved
        for cell in moved:
            self._users.setdefault(cell, set()).add(number)

    def of(self, cell: int) -> list[int]:
        """The needs whose flow moves a cell."""
        return sorted(self._users.get(cell, ()))


def _can_go(flows: Flows, cell: int, needs: list[tuple[int, float]], witnesses: _Witnesses) -> bool:
    """Whether every flow through a cell has another way; then the cell is held from now on."""
    flows.allow(cell, moves=False)
    fresh: dict[int, NDArray[np.float64]] = {}
    for number in witnesses.of(cell):
        change = flows.through(*needs[number])
        if change is None:
            flows.allow(cell, moves=True)
            return False
        fresh[number] = change
    for number, change in fresh.items():
        witnesses.put(number, change)
    return True
