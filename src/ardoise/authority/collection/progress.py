"""How far each class group is, from counts alone: nothing is opened for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, OuterRef, Subquery

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.collection.models import Extent, Sheet
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.registry.models import Pupil


@dataclass
class PartProgress:
    """One part in one class group, in pupils' sheets."""

    sat: int = 0
    """Something was answered, or at least looked at."""
    complete: int = 0
    """Of those, every item was reached."""
    absent: int = 0
    """The teacher noted the pupil as absent throughout."""


@dataclass
class GroupProgress:
    """One class group."""

    pupils: int = 0
    """On the roll."""
    parts: dict[str, PartProgress] = field(default_factory=dict)
    """Every part of the campaign, in order."""


def progress(
    campaign: Campaign, class_group_ids: Iterable[int] | None = None
) -> dict[int, GroupProgress]:
    """Class group → how far it is; all class groups of the campaign if none are named.

    After a lost card both numbers may have a sheet of a part: a class then counts both.
    """
    pupils = Pupil.objects.filter(campaign=campaign, left=False)
    seat = Seat.objects.filter(campaign=campaign, number=OuterRef("number"))
    sheets = Sheet.objects.filter(campaign=campaign).annotate(
        class_group=Subquery(seat.values("group__class_group_id")[:1])
    )
    if class_group_ids is not None:
        wanted = list(class_group_ids)
        pupils = pupils.filter(class_group__in=wanted)
        # From the classes' seats to their sheets: one page must not read a country's sheets.
        seats = Seat.objects.filter(campaign=campaign, group__class_group__in=wanted)
        sheets = sheets.filter(number__in=seats.values("number"))
    parts = list(campaign.parts.values_list("part", flat=True))
    groups: dict[int, GroupProgress] = {}
    for class_group, count in pupils.values_list("class_group").annotate(Count("pk")):
        groups[class_group] = GroupProgress(count, {part: PartProgress() for part in parts})
    counted = sheets.values_list("class_group", "part", "extent").annotate(Count("pk"))
    for class_group, part, extent, count in counted:
        if class_group in groups and part in groups[class_group].parts:
            _add(groups[class_group].parts[part], Extent(extent), count)
    return groups


def _add(part: PartProgress, extent: Extent, count: int) -> None:
    if extent == Extent.ABSENT:
        part.absent += count
    elif extent != Extent.UNTOUCHED:
        part.sat += count
        part.complete += count if extent == Extent.COMPLETE else 0
