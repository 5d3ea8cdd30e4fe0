"""Which cells to hide besides the primary ones, so that arithmetic gives none of them back.

Two methods with one promise. *Flows* (Kelly, Golden and Assad 1992; Castro 2002) hides, for one
primary cell after another, the cheapest cells that let it move as far as it must, then takes back
what turned out not to be needed. *Optimal* (Fischetti and Salazar 2001) starts from there and
closes the gap with cuts. Both leave the last word to the auditor.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ardoise.disclosure.faults import CannotProtect
from ardoise.disclosure.tables import flows, optimal
from ardoise.disclosure.tables.auditor import Audit, audit
from ardoise.disclosure.tables.sensitivity import Policy, Sensitivity, find_sensitive
from ardoise.disclosure.tables.system import CellKey, System

Method = Literal["auto", "flows", "optimal"]
Loss = Literal["cells", "persons"]
Progress = Callable[[str, int, int], None]
"""What is being done, how much of it, of how much."""

GUIDED_CELLS = 4_000
"""Where `auto` gives up the relaxation and is content with flows alone."""


@dataclass(frozen=True)
class Protected:
    """A system and what of it is published. `hidden` (n,)."""

    system: System
    sensitivity: Sensitivity
    hidden: NDArray[np.bool_]
    audit: Audit
    method: str
    loss: float
    """Weight of the hidden cells, in cells or persons."""
    bound: float | None
    """No pattern loses less than this; None where it was not sought."""

    @property
    def secondary(self) -> NDArray[np.bool_]:
        """(n,) hidden for the sake of others."""
        return self.hidden & ~self.sensitivity.primary


@dataclass(frozen=True)
class History:
    """What was published before, of the same data. Keys as in `System.keys`."""

    shown: Mapping[CellKey, float] = field(default_factory=dict)
    """Cells and the values that everybody has."""
    hidden: frozenset[CellKey] = frozenset()
    """Cells that were hidden: to show one now could give others of its table back."""


def protect(
    system: System,
    policy: Policy,
    *,
    history: History | None = None,
    method: Method = "auto",
    loss: Loss = "cells",
    effort: int = 20_000,
    progress: Progress = lambda _what, _done, _total: None,
) -> Protected:
    """Hide what must be hidden, and as little more as can be.

    `effort` bounds the linear programmes spent on taking cells back and on the optimum (counted,
    not timed: the same input gives the same pattern). What was hidden before stays hidden, so
    protecting a protected table changes nothing. Raises CannotProtect: a primary cell was
    published before, or what was published then gives it away; a value differs from what was
    published.
    """
    history = history or History()
    sensitivity = find_sensitive(system, policy)
    known = _known(system, sensitivity, history)
    place = system.place()
    hidden = sensitivity.primary.copy()
    kept = [place[key] for key in history.hidden if key in place]
    hidden[kept] = True
    weights = _weights(system, loss)
    first = audit(system, sensitivity, hidden)
    if first.passed:
        return Protected(
            system, sensitivity, hidden, first, "primary", float(weights[hidden].sum()), None
        )
    task = flows.Task(system, sensitivity, weights, known, hidden)
    hidden = flows.cover(task, progress=lambda done, of: progress("cover", done, of))
    hidden = flows.take_back(
        task, hidden, effort=effort, progress=lambda done, of: progress("take back", done, of)
    )
    named, bound = "flows", None
    if method == "optimal" or (method == "auto" and system.size <= GUIDED_CELLS):
        found = optimal.improve(
            task, hidden, effort=effort, prove=method == "optimal",
            progress=lambda done, of: progress("improve", done, of),
        )  # fmt: skip
        hidden, bound = found.hidden, found.bound
        named = "optimal" if found.proved else "guided flows"
    hidden, checked = _settled(system, sensitivity, hidden, progress)
    lost = float(weights[hidden].sum())
    return Protected(system, sensitivity, hidden, checked, named, lost, bound)


def _settled(
    system: System, sensitivity: Sensitivity, hidden: NDArray[np.bool_], progress: Progress
) -> tuple[NDArray[np.bool_], Audit]:
    """Audit; a secondary cell that anybody can compute may as well be published."""
    while True:
        checked = audit(
            system, sensitivity, hidden, progress=lambda done, of: progress("attack", done, of)
        )
        idle = [cell for cell in checked.recovered if not sensitivity.primary[cell]]
        if not idle:
            return hidden, checked
        hidden = hidden.copy()
        hidden[idle] = False


def _known(system: System, sensitivity: Sensitivity, history: History) -> NDArray[np.bool_]:
    """(n,) cells that cannot be hidden any more."""
    place = system.place()
    known = np.zeros(system.size, dtype=np.bool_)
    for key, value in history.shown.items():
        cell = place.get(key)
        if cell is None:
            continue
        if abs(value - system.values[cell]) > 1e-6 * max(1.0, abs(value)):
            raise CannotProtect(
                f"{system.name(cell)} was published as {value:g} and is {system.values[cell]:g} "
                "now: the difference tells of few persons; release from the same data"
            )
        if sensitivity.primary[cell]:
            raise CannotProtect(
                f"{system.name(cell)} ({sensitivity.reasons[cell]}) was published before: "
                "nothing can hide it; make its dimension coarser"
            )
        known[cell] = True
    return known


def _weights(system: System, loss: Loss) -> NDArray[np.float64]:
    """(n,) what hiding a cell loses. Ties between cells go to the smaller one."""
    size = np.log1p(system.counts.astype(np.float64))
    most = max(float(size.max()), 1.0)
    if loss == "persons":
        return np.maximum(system.counts.astype(np.float64), 1.0)
    return np.asarray(1.0 + 0.5 * size / most, dtype=np.float64)
