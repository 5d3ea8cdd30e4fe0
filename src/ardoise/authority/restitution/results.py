"""Results of pupils by domain, opened for one page. Nothing here knows a name, nothing is kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeVar

from django.conf import settings

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import campaign_file
from ardoise.authority.collection.models import Extent, Sheet
from ardoise.authority.keyring import CampaignKey, KeyRing
from ardoise.authority.linkage.rules import every_number_of
from ardoise.authority.marking.domains import DomainResult, domain_results
from ardoise.authority.marking.rules import PartMarks, marks_of
from ardoise.content.keymap import KeyMap, decode

Status = Literal["scored", "absent", "in-progress", "not-sat"]
T = TypeVar("T")
_AT_ONCE = 500


@dataclass(frozen=True)
class Domain:
    """A domain as the campaign file says it; thresholds in score points, ascending."""

    id: str
    title: str
    part: str
    thresholds: tuple[float, ...]
    labels: tuple[str, ...]
    """One more than thresholds: the groups' names from the lowest."""


@dataclass(frozen=True)
class Cell:
    """One pupil in one domain. `score` in points (None unless scored), `group` from 0.

    Scored without a group: the pupil was not given all that the thresholds were set for.
    """

    status: Status
    score: float | None = None
    max_score: float = 0.0
    group: int | None = None
    omitted: int = 0
    not_reached: int = 0
    not_administered: int = 0
    """Not given to this pupil by the test's own rules: neither score nor maximum counts them."""


Results = dict[str, dict[str, Cell]]
"""Pupil identifier → domain identifier → cell."""


def domains_of(campaign: Campaign) -> tuple[Domain, ...]:
    """In the campaign file's order."""
    file = campaign_file(campaign)
    return tuple(
        Domain(one.id, one.title, one.part, one.thresholds, file.group_labels)
        for one in file.domains
    )


def results_of(
    campaign: Campaign, pupil_ids: Sequence[str], *, ring: KeyRing | None = None
) -> Results:
    """Every pupil has every domain. Raises CampaignKeyDestroyed once the campaign is closed."""
    key = (ring or settings.KEYRING).campaign_key(campaign.pk)
    file, domains, keymaps = campaign_file(campaign), domains_of(campaign), keymaps_of(campaign)
    sitting = campaign.state in (Campaign.State.ENROLLED, Campaign.State.OPEN)
    out: Results = {}
    if any(domain.part not in keymaps for domain in domains):  # not enrolled yet
        return {pupil: {one.id: Cell("not-sat") for one in domains} for pupil in pupil_ids}
    for chunk in chunks(pupil_ids, _AT_ONCE):
        numbers = every_number_of(key, campaign.pk, chunk)
        numbers = {pupil: numbers.get(pupil, ()) for pupil in chunk}
        marks, extents = marks_by_pupil(key, campaign, numbers), _extents(campaign, numbers)
        for pupil in chunk:
            by_id = {one.domain: one for one in domain_results(file, keymaps, marks[pupil])}
            out[pupil] = {
                domain.id: _cell(
                    domain,
                    by_id[domain.id],
                    extents[pupil].get(domain.part),
                    marked=domain.part in marks[pupil],
                    sitting=sitting,
                )
                for domain in domains
            }
    return out


def keymaps_of(campaign: Campaign) -> dict[str, KeyMap]:
    """Part → its key map, in order; parts that are not enrolled have none."""
    return {
        part.part: decode(bytes(part.keymap))
        for part in campaign.parts.defer("package")
        if part.keymap
    }


def marks_by_pupil(
    key: CampaignKey, campaign: Campaign, numbers: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, PartMarks]]:
    """Pupil → part → marks. After a lost card the newest number that sat the part counts."""
    by_number = marks_of(key, campaign.pk, [one for held in numbers.values() for one in held])
    joined: dict[str, dict[str, PartMarks]] = {}
    for pupil, held in numbers.items():
        joined[pupil] = {}
        for number in held:
            joined[pupil] |= by_number.get(number, {})
    return joined


def _extents(campaign: Campaign, numbers: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """Pupil → part → how far the sheet goes, by the same rule; a part without a sheet is not in."""
    owner = {
        number: (pupil, place)
        for pupil, held in numbers.items()
        for place, number in enumerate(held)
    }
    rows = Sheet.objects.filter(campaign=campaign, number__in=list(owner))
    found: dict[str, dict[str, str]] = {pupil: {} for pupil in numbers}
    for _, pupil, part, extent in sorted(
        (owner[number][1], owner[number][0], part, extent)
        for number, part, extent in rows.values_list("number", "part", "extent")
    ):
        found[pupil][part] = extent
    return found


def _cell(
    domain: Domain, result: DomainResult, extent: str | None, *, marked: bool, sitting: bool
) -> Cell:
    if extent is None or extent == Extent.UNTOUCHED:
        return Cell("not-sat", max_score=result.max_score)
    if extent == Extent.ABSENT:
        return Cell("absent", max_score=result.max_score)
    if not marked or (sitting and extent == Extent.PARTIAL):
        return Cell("in-progress", max_score=result.max_score)
    if result.score is None:
        # Answered and yet no score: a rater's work is still to come.
        waiting: Status = "in-progress" if result.answered else "not-sat"
        return Cell("absent" if result.absent else waiting, max_score=result.max_score)
    return Cell(
        "scored",
        result.score,
        result.max_score,
        result.group,
        omitted=result.omitted,
        not_reached=result.not_reached,
        not_administered=result.not_administered,
    )


@dataclass(frozen=True)
class Summary:
    """One domain over some pupils: how many scores, their mean and sizes of the groups."""

    n: int
    mean: float | None
    max_score: float
    groups: tuple[int, ...]


def summarise(cells: Iterable[Cell], groups: int) -> Summary:
    """Of the scored cells alone: absent and not sat are no zeros."""
    scored = [cell for cell in cells if cell.status == "scored" and cell.score is not None]
    scores = [cell.score for cell in scored if cell.score is not None]
    sizes = [sum(cell.group == k for cell in scored) for k in range(groups)]
    return Summary(
        len(scores),
        sum(scores) / len(scores) if scores else None,
        max((cell.max_score for cell in scored), default=0.0),
        tuple(sizes),
    )


def chunks(values: Iterable[T], size: int) -> Iterable[list[T]]:
    """Lists of at most `size`, in order."""
    source = iter(values)
    while batch := list(islice(source, size)):
        yield batch
