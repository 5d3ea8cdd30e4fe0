"""Primary cells: which must not be read from the table, and how vague they must stay.

Rules: threshold, (n, k) dominance, p % (Hundepool et al., Statistical Disclosure Control, Wiley
2012, ch. 4), and the masking of 0 % and 100 %: a share that is all or nothing tells the outcome of
every person behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.tables.system import MISSING, CellKey, System

THRESHOLD = 11


@dataclass(frozen=True)
class Policy:
    """What must hold of a published table."""

    threshold: int = THRESHOLD
    """Persons behind a published cell, at least; 1 switches the rule off."""
    dominance: tuple[int, float] | None = None
    """(n, k): the n largest contributors (1 or 2) hold at most k % of a published sum."""
    p_percent: float | None = None
    """Nobody may estimate the largest contribution within p % of it; the second largest tries."""
    mask_shares: bool = True
    """Hide shares of 0 % and 100 % where the table has an outcome."""

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise DisclosureFault("the threshold is 1 or more")
        if self.dominance is not None and not (
            self.dominance[0] in (1, 2) and 0 < self.dominance[1] <= 100
        ):
            raise DisclosureFault("dominance is (1 or 2, a percentage)")
        if self.p_percent is not None and not 0 < self.p_percent <= 100:
            raise DisclosureFault("p % is a percentage above 0")


@dataclass(frozen=True)
class Sensitivity:
    """The primary cells of a system and the interval each must keep. Shapes: (n,)."""

    primary: NDArray[np.bool_]
    at_most: NDArray[np.float64]
    """Nobody may prove that the cell is above this; its value where it is not primary."""
    at_least: NDArray[np.float64]
    """Nobody may prove that the cell is below this."""
    reasons: tuple[str, ...]
    """'' where the cell is not primary."""

    @property
    def cells(self) -> NDArray[np.int64]:
        """Indices of the primary cells."""
        return np.flatnonzero(self.primary)


def find_sensitive(system: System, policy: Policy) -> Sensitivity:
    """Apply a policy.

    What an attacker may at best prove of a primary cell with value x is an interval that contains
    [at_most, at_least]: under the threshold rule [x/2 rounded down, threshold], so that nobody can
    tell that fewer than the threshold are there; under the rules for sums x ± the protection that
    the rule itself asks for; under masking, that at least one person has the other outcome.
    """
    n = system.size
    primary = np.zeros(n, dtype=np.bool_)
    at_most, at_least = system.values.copy(), system.values.copy()
    reasons = [""] * n
    finder = _Finder(system, policy)
    for rule in (finder.threshold, finder.dominance, finder.p_percent, finder.shares):
        hit, low, high, reason = rule()
        for cell in np.flatnonzero(hit & ~primary):
            reasons[int(cell)] = reason
        primary |= hit
        at_most = np.where(hit, np.minimum(at_most, low), at_most)
        at_least = np.where(hit, np.maximum(at_least, high), at_least)
    return Sensitivity(primary, np.maximum(at_most, 0.0), at_least, tuple(reasons))


_Found = tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64], str]


class _Finder:
    """One method a rule: (hit, lower bound, upper bound, reason)."""

    def __init__(self, system: System, policy: Policy) -> None:
        self.system, self.policy = system, policy

    def _none(self) -> _Found:
        values = self.system.values
        return np.zeros(self.system.size, dtype=np.bool_), values, values, ""

    def threshold(self) -> _Found:
        """Fewer persons than the threshold."""
        system, least = self.system, self.policy.threshold
        hit = (system.counts > 0) & (system.counts < least)
        reason = f"fewer than {least}"
        if system.is_magnitude:
            # A sum of few: nobody may come nearer than half of it, either way.
            return hit, system.values * 0.5, system.values * 1.5, reason
        low = np.floor(system.values / 2)
        return hit, low, np.maximum(float(least), system.values + 1), reason

    def dominance(self) -> _Found:
        """Upper protection (100/k)·(sum of the n largest) - x, the same below."""
        largest = self.system.largest
        if largest is None or self.policy.dominance is None:
            return self._none()
        first, percent = self.policy.dominance
        held = largest[:, :first].sum(axis=1)
        x = self.system.values
        need = held * 100 / percent - x
        hit = (need > 0) & (x > 0)
        return hit, x - need, x + need, f"{first} hold more than {percent:g} %"

    def p_percent(self) -> _Found:
        """Upper protection p/100·x₁ - (x - x₁ - x₂), the same below."""
        largest, p = self.system.largest, self.policy.p_percent
        if largest is None or p is None:
            return self._none()
        x = self.system.values
        rest = x - largest.sum(axis=1)
        need = p / 100 * largest[:, 0] - rest
        hit = (need > 1e-9) & (x > 0)
        return hit, x - need, x + need, f"the largest is known within {p:g} %"

    def shares(self) -> _Found:
        """0 % and 100 %: the outcome of every person of the row is known.

        A full cell must be able to lack one person, an empty one to have one. Persons without an
        outcome are no cover for the others: everybody may know who was away.
        """
        system = self.system
        if not system.outcomes or not self.policy.mask_shares:
            return self._none()
        place = system.place()
        hit = np.zeros(system.size, dtype=np.bool_)
        for cell, key in enumerate(system.keys):
            for at in system.outcomes:
                of = self._with_outcome(place, key, at)
                hit[cell] |= of > 0 and system.counts[cell] in (0, of)
        full = hit & (system.values > 0)
        low = np.where(full, system.values - 1, system.values)
        high = np.where(full, system.values, system.values + 1)
        return hit, low, high, "a share of 0 % or 100 %"

    def _with_outcome(self, place: Mapping[CellKey, int], key: CellKey, at: int) -> int:
        """How many persons of the cell's row have an outcome; 0 for a cell that is none."""
        row = place.get((*key[:at], (), *key[at + 1 :]))
        if row is None or key[at] in ((), (MISSING,)):
            return 0
        away = place.get((*key[:at], (MISSING,), *key[at + 1 :]))
        return int(self.system.counts[row]) - (0 if away is None else int(self.system.counts[away]))
