"""Stretches every seat's code once, and keeps what comes of it beside the code.

Two thousand rounds of PBKDF2 are most of what enrolling a year group costs. Kits, second kits and
the opening of sheets start from what is kept (docs/decisions/0016). Seats from before it was kept
are found and stretched like new ones.
"""

from collections.abc import Iterator

from django.db import connection, transaction

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.cores import Cores
from ardoise.authority.database.rows import large_cache
from ardoise.authority.enrolment.drawing import Progress
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.enrolment.roots import Coded, stretched
from ardoise.authority.keyring import CampaignKey

SHARE = 1_000
"""Seats that a process takes at a time, half a second's work; one transaction."""


def stretch(
    campaign: Campaign,
    key: CampaignKey,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Keep the root of every seat that has none yet; how many there were.

    Stopping anywhere loses at most what is under way. Raises WorkerLost.
    """
    total = Seat.objects.filter(campaign=campaign, root=b"").count()
    done = 0
    with large_cache(), Cores((campaign.pk, key), workers) as cores:
        for rows in cores.map(stretched, _waiting(campaign)) if total else ():
            with transaction.atomic(), connection.cursor() as cursor:
                refuse_if_closed(campaign.pk)
                cursor.executemany("UPDATE enrolment_seat SET root = %s WHERE id = %s", rows)
            done += len(rows)
            if progress is not None:
                progress(done, max(done, total))
    return done


def _waiting(campaign: Campaign) -> Iterator[list[Coded]]:
    """In the order of the table, so that each of its pages is written once."""
    rows = Seat.objects.filter(campaign=campaign, root=b"").order_by("pk")
    last = ""
    while some := list(rows.filter(pk__gt=last).values_list("pk", "number", "code")[:SHARE]):
        last = some[-1][0]
        yield [(pk, number, bytes(code)) for pk, number, code in some]
