"""Pupils with their marks and without their names or numbers: the rows that a release starts from.

The join of a pupil and their marks is made here and ends here: what comes out holds no identifier,
in an order that only the campaign's key makes, the same at each run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import campaign_file
from ardoise.authority.keyring import CampaignKey, KeyRing
from ardoise.authority.linkage.rules import every_number_of
from ardoise.authority.marking.domains import domain_results
from ardoise.authority.marking.rules import PartMarks
from ardoise.authority.registry.identity import open_traits
from ardoise.authority.registry.models import Pupil, School
from ardoise.authority.restitution.results import chunks, keymaps_of, marks_by_pupil

_AT_ONCE = 500
_COUNT = frozenset({"scored", "omitted", "not-reached"})


@dataclass(frozen=True)
class UnnamedRow:
    """One pupil. None: the pupil has no such result (away, not given it, or not yet rated)."""

    sex: str
    birth: date
    school: str
    """A label that tells pupils of one school and nothing else."""
    place: School
    level: str
    scores: Mapping[str, float | None]
    """Domain → points."""
    groups: Mapping[str, int | None]
    """Domain → group, from 0."""
    items: Mapping[tuple[str, str], float | None]
    """(part, the author's item identifier) → points; what was skipped counts 0."""


def unnamed_rows(
    campaign: Campaign,
    *,
    ring: KeyRing | None = None,
    announce: Callable[[int, int], None] = lambda _done, _total: None,
) -> Iterator[UnnamedRow]:
    """Every pupil still on a roll. Raises CampaignKeyDestroyed once the campaign is closed."""
    key = (ring or settings.KEYRING).campaign_key(campaign.pk)
    ids = Pupil.objects.filter(campaign=campaign, left=False).values_list("pk", flat=True)
    ordered = sorted(ids, key=lambda one: key.index("release/row", one))
    reader = _Reader(campaign, key)
    for done, chunk in enumerate(chunks(ordered, _AT_ONCE)):
        yield from reader.rows(chunk)
        announce(min((done + 1) * _AT_ONCE, len(ordered)), len(ordered))


def items_of(campaign: Campaign) -> list[tuple[str, str]]:
    """(part, the author's item identifier) of every item, in the booklets' order."""
    return [
        (part, item.original)
        for part, keymap in keymaps_of(campaign).items()
        for item in keymap.items.values()
    ]


class _Reader:
    """Opens pupils and marks, a chunk at a time."""

    def __init__(self, campaign: Campaign, key: CampaignKey) -> None:
        self.campaign, self.key = campaign, key
        self.file, self.keymaps = campaign_file(campaign), keymaps_of(campaign)

    def rows(self, ids: Sequence[str]) -> Iterator[UnnamedRow]:
        numbers = every_number_of(self.key, self.campaign.pk, ids)
        marks = marks_by_pupil(
            self.key, self.campaign, {pupil: numbers.get(pupil, ()) for pupil in ids}
        )
        held = Pupil.objects.select_related("class_group__school").in_bulk(list(ids))
        for pupil in ids:
            yield self._row(held[pupil], marks[pupil])

    def _row(self, pupil: Pupil, marks: Mapping[str, PartMarks]) -> UnnamedRow:
        traits = open_traits(self.key, pupil.pk, bytes(pupil.identity))
        school = pupil.class_group.school
        known = [domain for domain in self.file.domains if domain.part in self.keymaps]
        found = (
            domain_results(self.file, self.keymaps, marks)
            if len(known) == len(self.file.domains)
            else ()
        )
        return UnnamedRow(
            sex=traits.sex,
            birth=traits.birth_date,
            school=self.key.index("release/school", school.pk).hex()[:16],
            place=school,
            level=pupil.class_group.level,
            scores={one.domain: one.score for one in found},
            groups={one.domain: one.group for one in found},
            items=self._items(marks),
        )

    def _items(self, marks: Mapping[str, PartMarks]) -> dict[tuple[str, str], float | None]:
        found: dict[tuple[str, str], float | None] = {}
        for part, keymap in self.keymaps.items():
            own = marks[part].items if part in marks else {}
            reached = any(one.status in ("scored", "omitted", "unrated") for one in own.values())
            for neutral, item in keymap.items.items():
                mark = own.get(neutral)
                counts = reached and mark is not None and mark.status in _COUNT
                found[part, item.original] = (mark.score or 0.0) if mark and counts else None
        return found
