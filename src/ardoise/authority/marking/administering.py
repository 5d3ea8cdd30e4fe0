"""Which items a seat was given: selection by its seed, then the way that its answers took.

Only parts in which some items are given to some seats alone ask. Where items are selected or
shuffled, a seat's seed comes from its code, which is stretched (about a millisecond a sheet).
"""

from collections.abc import Mapping, Sequence

from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.enrolment.booklets import content_key
from ardoise.authority.enrolment.models import ContentKey, SealedBlob, Seat
from ardoise.authority.enrolment.rules import seat_code
from ardoise.authority.keyring import CampaignKey
from ardoise.content.route import administered, gives_all, needs_seed
from ardoise.contract import booklet as contract
from ardoise.contract.sheet import Sheet
from ardoise.scoring.values import parse_response
from ardoise.seal.derive import SeatKeys
from ardoise.seal.envelope import booklet_context, unseal

Given = Mapping[str, frozenset[str]]
"""Order number → booklet items given to it; a number that is not in it was given all."""


class Administering:
    """The booklet of one part, opened once a run, and what each seat was given of it."""

    def __init__(self, campaign: Campaign, part: Part, key: CampaignKey) -> None:
        self._campaign, self._part, self._key = campaign, part, key
        booklet = _booklet(campaign, part, key)
        plan = booklet.plan if booklet is not None else None
        self._booklet = booklet if plan is not None and not gives_all(plan) else None
        self._needs_seed = plan is not None and needs_seed(plan)

    def given(self, sheets: Sequence[Sheet]) -> Given:
        """What each of these sheets' seats was given."""
        if self._booklet is None:
            return {}
        seats = Seat.objects.filter(
            campaign=self._campaign, number__in=[sheet.number for sheet in sheets]
        )
        codes = {seat.number: seat_code(self._key, seat) for seat in seats}
        return {
            sheet.number: frozenset(self._items(self._booklet, sheet, codes[sheet.number]))
            for sheet in sheets
            if sheet.number in codes
        }

    def _items(self, booklet: contract.Booklet, sheet: Sheet, code: str) -> tuple[str, ...]:
        seed = bytes(32)
        if self._needs_seed:
            keys = SeatKeys.from_code(code=code, campaign=self._campaign.pk, number=sheet.number)
            seed = keys.shuffle_seed(self._part.part)
        return administered(booklet, seed, sheet, capture=parse_response).items


def _booklet(campaign: Campaign, part: Part, key: CampaignKey) -> contract.Booklet | None:
    """The very booklet that was sealed; None before enrolment."""
    held = ContentKey.objects.filter(part=part).first()
    if held is None:
        return None
    blob = SealedBlob.objects.get(part=part, sha256=held.booklet)
    context = booklet_context(campaign=campaign.pk, part=part.part)
    secret = content_key(key, held, part.part)
    return contract.decode(unseal(secret, context, bytes(blob.content), limit=contract.PLAIN_LIMIT))
