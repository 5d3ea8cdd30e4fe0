"""Which items a seat was given: selection by its seed, then the way that its answers took.

Only parts in which some items are given to some seats alone ask. Where items are selected or
shuffled, a seat's seed comes from its keys.
"""

from collections.abc import Mapping, Sequence

from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.collection.ways import Ways
from ardoise.authority.enrolment.booklets import content_key
from ardoise.authority.enrolment.forms import FIRST
from ardoise.authority.enrolment.models import ContentKey, SealedBlob, Seat
from ardoise.authority.enrolment.rules import keys_of
from ardoise.authority.keyring import CampaignKey
from ardoise.contract import booklet as contract
from ardoise.contract.sheet import Sheet
from ardoise.seal.envelope import booklet_context, unseal

Given = Mapping[str, frozenset[str]]
"""Order number → booklet items given to it; a number that is not in it was given all."""


class Administering:
    """The booklets of one part, opened once a run, and what each seat was given of its own."""

    def __init__(self, campaign: Campaign, part: Part, key: CampaignKey) -> None:
        self._campaign, self._key = campaign, key
        self.detours = 0
        """Sheets, of those asked for, whose path is not the one that their answers lead to."""
        self._ways = Ways(part.part, booklets_of(campaign, part, key))

    def given(self, sheets: Sequence[Sheet], forms: Mapping[str, int] | None = None) -> Given:
        """What each of these sheets' seats was given. `forms`: order number → form, if not 1."""
        if not self._ways.booklets:
            return {}
        rows = Seat.objects.filter(
            campaign=self._campaign, number__in=[sheet.number for sheet in sheets]
        )
        seats = {seat.number: seat for seat in rows}
        found = {}
        for sheet in sheets:
            if sheet.number not in seats:
                continue
            form = (forms or {}).get(sheet.number, FIRST)
            seeded = form in self._ways.seeded
            keys = keys_of(self._key, seats[sheet.number]) if seeded else None
            way = self._ways.way(sheet, form, keys)
            if way is not None:
                found[sheet.number] = frozenset(way.items)
                self.detours += not way.agrees
        return found


def booklets_of(campaign: Campaign, part: Part, key: CampaignKey) -> dict[int, contract.Booklet]:
    """Form → the very booklet that was sealed; none before enrolment, nor of keyed parts."""
    found = {}
    for held in ContentKey.objects.filter(part=part) if part.writer == "pupil" else ():
        blob = SealedBlob.objects.get(part=part, sha256=held.booklet)
        context = booklet_context(campaign=campaign.pk, part=part.part)
        secret = content_key(key, held, part.part)
        plain = unseal(secret, context, bytes(blob.content), limit=contract.PLAIN_LIMIT)
        found[held.form] = contract.decode(plain)
    return found
