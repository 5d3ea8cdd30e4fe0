"""The privacy budget of a campaign: what differentially private figures have cost so far.

Amounts are decimals, added exactly: a budget in binary fractions could be overspent by rounding.
Basic composition (Dwork and Roth 2014, theorem 3.16): losses on the same data add up.
"""

from decimal import Decimal

from msgspec import Struct

from ardoise.disclosure.faults import DisclosureFault

FORMAT = "ardoise-privacy-ledger/1"
PLACES = 9


class BudgetSpent(DisclosureFault):
    """A release would cost more than is left."""


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One release."""

    purpose: str
    epsilon: Decimal


class Ledger(Struct, frozen=True, forbid_unknown_fields=True):
    """Entries are only ever added. What keeps it must write it before the figures leave."""

    budget: Decimal
    entries: tuple[Entry, ...] = ()
    format: str = FORMAT

    @property
    def spent(self) -> Decimal:
        """Over all entries."""
        return sum((entry.epsilon for entry in self.entries), Decimal(0))

    @property
    def left(self) -> Decimal:
        """What a further release may cost."""
        return self.budget - self.spent

    def spend(self, epsilon: Decimal, purpose: str) -> "Ledger":
        """The ledger with one more entry. Raises BudgetSpent, DisclosureFault."""
        if not epsilon.is_finite() or epsilon <= 0:
            raise DisclosureFault("ε is a number above 0")
        if epsilon != round(epsilon, PLACES):
            raise DisclosureFault(f"ε has at most {PLACES} decimals")
        if epsilon > self.left:
            raise BudgetSpent(
                f"{purpose} costs ε = {epsilon}, of {self.budget} only {self.left} is left: ask "
                "for a smaller ε (more noise), or release fewer figures"
            )
        return Ledger(self.budget, (*self.entries, Entry(purpose, epsilon)), self.format)


def open_ledger(budget: Decimal) -> Ledger:
    """A campaign's first. Raises DisclosureFault."""
    if not budget.is_finite() or budget < 0:
        raise DisclosureFault("a budget is a number, 0 or more")
    return Ledger(budget)
