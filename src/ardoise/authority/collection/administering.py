"""Which items a seat was given: selection by its seed, then the way that its answers took.

Only parts in which some items are given to some seats alone ask. Where items are selected or
shuffled, a seat's seed comes from its code, which is stretched (about a millisecond a sheet).
"""

from collections.abc import Mapping, Sequence

from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.enrolment.booklets import content_key
from ardoise.authority.enrolment.forms import FIRST
from ardoise.authority.enrolment.models import ContentKey, SealedBlob, Seat
from ardoise.authority.enrolment.rules import seat_code
from ardoise.authority.keyring import CampaignKey
from ardoise.content.route import Administered, administered, gives_all, needs_seed
from ardoise.contract import booklet as contract
from ardoise.contract.sheet import Sheet
from ardoise.scoring.values import parse_response
from ardoise.seal.derive import SeatKeys
from ardoise.seal.envelope import booklet_context, unseal

Given = Mapping[str, frozenset[str]]
"""Order number → booklet items given to it; a number that is not in it was given all."""


class Administering:
    """The booklets of one part, opened once a run, and what each seat was given of its own."""

    def __init__(self, campaign: Campaign, part: Part, key: CampaignKey) -> None:
        self._campaign, self._part, self._key = campaign, part, key
        self.detours = 0
        """Sheets, of those asked for, whose path is not the one that their answers lead to."""
        held = _booklets(campaign, part, key)
        self._booklets = {
            form: booklet
            for form, booklet in held.items()
            if booklet.plan is not None and not gives_all(booklet.plan)
        }
        self._seeded = {
            form
            for form, booklet in self._booklets.items()
            if booklet.plan is not None and needs_seed(booklet.plan)
        }

    def given(self, sheets: Sequence[Sheet], forms: Mapping[str, int] | None = None) -> Given:
        """What each of these sheets' seats was given. `forms`: order number → form, if not 1."""
        if not self._booklets:
            return {}
        seats = Seat.objects.filter(
            campaign=self._campaign, number__in=[sheet.number for sheet in sheets]
        )
        codes = {seat.number: seat_code(self._key, seat) for seat in seats}
        found = {}
        for sheet in sheets:
            if sheet.number not in codes:
                continue
            form = (forms or {}).get(sheet.number, FIRST)
            root = self._root(sheet.number, codes[sheet.number]) if form in self._seeded else None
            way = self._way(sheet, form, root)
            if way is not None:
                found[sheet.number] = frozenset(way.items)
                self.detours += not way.agrees
        return found

    def items(self, sheet: Sheet, form: int, root: SeatKeys | None) -> frozenset[str] | None:
        """What a seat of this form was given, None if all. `root`: the seat's keys. No query."""
        way = self._way(sheet, form, root)
        return None if way is None else frozenset(way.items)

    def _way(self, sheet: Sheet, form: int, root: SeatKeys | None) -> Administered | None:
        booklet = self._booklets.get(form)
        if booklet is None:
            return None
        seed = bytes(32)
        if form in self._seeded and root is not None:
            seed = root.shuffle_seed(self._part.part)
        return administered(booklet, seed, sheet, capture=parse_response)

    def _root(self, number: str, code: str) -> SeatKeys:
        return SeatKeys.from_code(code=code, campaign=self._campaign.pk, number=number)


def _booklets(campaign: Campaign, part: Part, key: CampaignKey) -> dict[int, contract.Booklet]:
    """Form → the very booklet that was sealed; none before enrolment, nor of keyed parts."""
    found = {}
    for held in ContentKey.objects.filter(part=part) if part.writer == "pupil" else ():
        blob = SealedBlob.objects.get(part=part, sha256=held.booklet)
        context = booklet_context(campaign=campaign.pk, part=part.part)
        secret = content_key(key, held, part.part)
        plain = unseal(secret, context, bytes(blob.content), limit=contract.PLAIN_LIMIT)
        found[held.form] = contract.decode(plain)
    return found
