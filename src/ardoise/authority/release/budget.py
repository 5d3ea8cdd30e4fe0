"""A campaign's privacy budget: set once, changed with a reason, spent as releases leave."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from django.db import transaction

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.release.models import Budget, Release, Spending
from ardoise.clock import Clock, system_clock
from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.ledger import PLACES, Ledger, open_ledger

MOST = Decimal(20)
"""Beyond it noise hides nobody: exp(20) is half a milliard."""


def ledger_of(campaign: Campaign) -> Ledger:
    """From the rows as they stand; a budget of 0 where none was set."""
    newest = Budget.objects.filter(campaign=campaign).last()
    ledger = open_ledger(newest.epsilon if newest else Decimal(0))
    for row in Spending.objects.filter(campaign=campaign):
        ledger = ledger.spend(row.epsilon, row.purpose)
    return ledger


def spend(release: Release, costs: Iterable[tuple[str, str]]) -> None:
    """Write what a release costs; call inside the transaction that lets it leave.

    Raises BudgetSpent, and then nothing is written.
    """
    ledger = ledger_of(release.campaign)
    for purpose, cost in costs:
        epsilon = Decimal(cost)
        ledger = ledger.spend(epsilon, purpose)
        Spending.objects.create(
            campaign=release.campaign, release=release, purpose=purpose, epsilon=epsilon
        )


def set_budget(
    campaign: Campaign, text: str, *, by: str, reason: str = "", clock: Clock = system_clock
) -> Budget:
    """The first budget, or with a reason another one. Raises DisclosureFault."""
    try:
        epsilon = Decimal(text)
    except InvalidOperation as fault:
        raise DisclosureFault(f"{text[:20]} is not a number: a budget is as 2.0") from fault
    if not epsilon.is_finite() or not 0 <= epsilon <= MOST or epsilon != round(epsilon, PLACES):
        raise DisclosureFault(f"a budget is between 0 and {MOST}, with at most {PLACES} decimals")
    with transaction.atomic():
        refuse_if_closed(campaign.pk)
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        before = Budget.objects.filter(campaign=campaign).last()
        if before is not None and not reason.strip():
            raise DisclosureFault(
                f"the budget is set already ({before.epsilon.normalize():f}): "
                "to change it say why, --reason"
            )
        spent = ledger_of(campaign).spent
        if epsilon < spent:
            raise DisclosureFault(f"{spent.normalize():f} is spent: a budget cannot be less")
        return Budget.objects.create(
            campaign=campaign, at=clock(), by=by, epsilon=epsilon, reason=reason.strip()[:300]
        )
