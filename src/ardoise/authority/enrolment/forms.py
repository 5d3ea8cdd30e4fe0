"""The forms of a part: booklets that differ in the template values they print and are scored by.

A form's seed is derived from the campaign's key, so that enrolment and marking draw the same
values, and nobody can once the key is destroyed. Which form a seat has is drawn with the seat, and
sealed. Items have the same neutral names in every form; options that depend on values may not.
"""

from collections.abc import Iterable, Mapping

import msgspec

from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.enrolment import chunking
from ardoise.authority.enrolment.models import ContentKey, Seat
from ardoise.authority.keyring import CampaignKey
from ardoise.content import keymap
from ardoise.content.keymap import KeyMap
from ardoise.content.model import Item
from ardoise.scoring import compile_item
from ardoise.scoring.instantiate import TemplateValues
from ardoise.seal.randomness import Source, below

FIRST = chunking.FIRST
_TABLE, _FIELD = "enrolment_seat", "forms"


def drawn(
    items: Iterable[Item], *, part: str, key: CampaignKey, form: int = FIRST
) -> Mapping[str, TemplateValues]:
    """Item identifier → values, for the items that have template processing; the same each time.

    Raises ContentFault for rules that cannot be run, or a constraint that no draw satisfies.
    """
    seed = key.index("enrolment/form", named(part, form))
    return {
        item.identifier: compile_item(item).draw(seed)
        for item in items
        if item.scorable.template_processing is not None
    }


def named(part: str, form: int) -> str:
    """What tells a form from the others where keys are derived; the first is the part's own."""
    return part if form == FIRST else f"{part}/{form}"


def several(campaign: Campaign) -> dict[str, int]:
    """Part → how many forms it has, for those that have more than one."""
    return dict(campaign.parts.filter(forms__gt=1).values_list("part", "forms"))


def draw(parts: Mapping[str, int], *, source: Source) -> dict[str, int]:
    """A form of each of these parts for one seat, all equally likely."""
    return {part: FIRST + below(forms, source) for part, forms in parts.items()}


def seal_forms(key: CampaignKey, number: str, forms: Mapping[str, int]) -> bytes:
    """For Seat.forms."""
    return key.seal(_TABLE, number, _FIELD, msgspec.json.encode(forms)) if forms else b""


def forms_of(key: CampaignKey, seat: Seat) -> Mapping[str, int]:
    """Part → the seat's form; a part that is not in it has one form. Raises SealError."""
    return chunking.open_forms(key, seat.number, bytes(seat.forms))


def forms_by_number(
    campaign: Campaign, part: Part, key: CampaignKey, numbers: Iterable[str]
) -> dict[str, int]:
    """Order number → form of one part; numbers that are not in it have the first.

    No query for a part of one form. Raises SealError.
    """
    if part.forms == 1:
        return {}
    seats = Seat.objects.filter(campaign=campaign, number__in=list(numbers))
    return {seat.number: forms_of(key, seat).get(part.part, FIRST) for seat in seats}


def keymaps_of(part: Part) -> dict[int, KeyMap]:
    """Form → key map, for the forms whose booklets are sealed. Raises msgspec.ValidationError."""
    return {
        row.form: keymap.decode(bytes(part.keymap if row.form == FIRST else row.keymap))
        for row in ContentKey.objects.filter(part=part)
    }
