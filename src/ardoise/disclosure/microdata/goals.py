"""What a file of persons must keep, and which classes do not keep it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.microdata.measures import distances, entropies

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Goal:
    """Bounds for every class of a released file."""

    k: int = 10
    distinct_l: int = 1
    entropy_l: float = 1.0
    t: float = 1.0
    most_suppressed: float = 0.01
    """Share of rows that may be dropped to get there."""

    def __post_init__(self) -> None:
        if self.k < 1 or self.distinct_l < 1 or self.entropy_l < 1:
            raise DisclosureFault("k and l are 1 or more")
        if not 0 <= self.t <= 1:
            raise DisclosureFault("t is between 0 and 1")
        if not 0 <= self.most_suppressed < 1:
            raise DisclosureFault("the share of dropped rows is below 1")


@dataclass(frozen=True)
class Told:
    """What classes say of one sensitive column. `counts` (g, m)."""

    column: str
    ordered: bool
    counts: NDArray[np.int64]


def keeps(goal: Goal, sizes: NDArray[np.int64], told: Sequence[Told]) -> NDArray[np.bool_]:
    """(g,) the classes that may be released.

    t is measured against the rows that are released, so dropping classes moves it: classes are
    dropped until those that stay keep the goal among themselves.
    """
    kept = sizes >= goal.k
    for column in told:
        kept &= (column.counts > 0).sum(axis=1) >= goal.distinct_l
        if goal.entropy_l > 1:
            inside = column.counts / np.maximum(sizes, 1)[:, None]
            kept &= entropies(inside) >= np.log(goal.entropy_l) - _ROUNDING
    if goal.t >= 1:
        return kept
    while kept.any():
        far = np.zeros(len(sizes), dtype=np.bool_)
        for column in told:
            overall = column.counts[kept].sum(axis=0)
            inside = column.counts[kept] / sizes[kept][:, None]
            apart = distances(inside, overall / overall.sum(), ordered=column.ordered)
            far[kept] |= apart > goal.t - _ROUNDING
        if not far.any():
            break
        kept &= ~far
    return kept
