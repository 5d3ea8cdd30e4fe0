"""Means of the whole campaign, kept without names or numbers, for comparison.

Opening every mark is dear for a whole country: the figures are kept and made again when marks
have changed. A comparison group that is too small is not shown (facts: secret statistique).
"""

from collections.abc import Callable

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.keyring import KeyRing
from ardoise.authority.marking.models import Mark
from ardoise.authority.registry.models import Pupil
from ardoise.authority.restitution.models import CampaignSummary
from ardoise.authority.restitution.results import chunks, domains_of, results_of
from ardoise.clock import Clock, system_clock

AT_ONCE_LIMIT = 20_000
"""Up to so many pupils a page may make the figures itself; beyond, `results summarise`."""
_CHUNK = 2_000


class Total(msgspec.Struct, forbid_unknown_fields=True):
    """One domain over the campaign: scored pupils, sum of their scores, sizes of the groups."""

    n: int = 0
    score: float = 0.0
    groups: list[int] = []


Totals = dict[str, Total]
"""Domain identifier → total."""


def comparison_minimum() -> int:
    """Pupils in a comparison group at least: `comparison_minimum` in authority.toml, 11 if unset.

    Never below 2: a group of one is a person.
    """
    return max(2, int(settings.CONFIG.get("comparison_minimum", 11)))


def totals_of(
    campaign: Campaign, *, ring: KeyRing | None = None, clock: Clock = system_clock
) -> Totals:
    """The campaign's totals: fresh for a small campaign, else as last made (or empty)."""
    held = CampaignSummary.objects.filter(campaign=campaign).first()
    large = Pupil.objects.filter(campaign=campaign).count() > AT_ONCE_LIMIT
    if held is None:
        return {} if large else refresh(campaign, ring=ring, clock=clock)
    if large or (held.marks, held.last_seq) == _stamp(campaign):
        return msgspec.json.decode(held.content, type=Totals)
    return refresh(campaign, ring=ring, clock=clock)


def refresh(
    campaign: Campaign,
    *,
    ring: KeyRing | None = None,
    clock: Clock = system_clock,
    announce: Callable[[int], None] = lambda _: None,
) -> Totals:
    """Make the totals again from every mark, and keep them. `announce`: pupils done, each time."""
    marks, last_seq = _stamp(campaign)
    domains = domains_of(campaign)
    totals = {one.id: Total(groups=[0] * len(one.labels)) for one in domains}
    pupils = Pupil.objects.filter(campaign=campaign, left=False).values_list("pk", flat=True)
    for chunk in chunks(pupils.iterator(), _CHUNK):
        for cells in results_of(campaign, chunk, ring=ring).values():
            for domain, cell in cells.items():
                if cell.score is not None and cell.group is not None:
                    total = totals[domain]
                    total.n += 1
                    total.score += cell.score
                    total.groups[cell.group] += 1
        announce(len(chunk))
    with transaction.atomic():
        refuse_if_closed(campaign.pk)
        CampaignSummary.objects.update_or_create(
            campaign=campaign,
            defaults={
                "made_at": clock(),
                "marks": marks,
                "last_seq": last_seq,
                "content": msgspec.json.encode(totals).decode(),
            },
        )
    return totals


def _stamp(campaign: Campaign) -> tuple[int, int]:
    found = Mark.objects.filter(campaign=campaign).aggregate(n=Count("pk"), seq=Max("seq"))
    return found["n"], found["seq"] or 0


def comparison_mean(total: Total | None, own: int, minimum: int) -> float | None:
    """The campaign's mean beside a group of `own` scored pupils, or None.

    Shown only if the *others* are `minimum` at least: else the difference of two means would tell
    of a few of them.
    """
    if total is None or total.n < minimum or total.n - own < minimum:
        return None
    return total.score / total.n
