"""What the pages ask the database: counts, schools a page at a time, the log. No name in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet

from ardoise.authority.accounts.models import Staff
from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.collection.models import Extent, Sheet, Stray, Unopened
from ardoise.authority.collection.progress import GroupProgress, progress
from ardoise.authority.registry.models import ClassGroup, Pupil, School
from ardoise.authority.restitution.models import NameView
from ardoise.authority.restitution.wording import bare

PER_PAGE = 50
LONGEST_QUERY = 60


@dataclass(frozen=True)
class PartCount:
    """One part over some pupils. `sat` has a sheet with something in it; `absent` was said so."""

    part: str
    title: str
    pupils: int
    sat: int
    complete: int
    absent: int

    @property
    def seen(self) -> int:
        """Pupils of whom something is known: sat or absent."""
        return self.sat + self.absent


@dataclass(frozen=True)
class Counts:
    """A campaign in figures."""

    schools: int
    classes: int
    pupils: int
    parts: tuple[PartCount, ...]
    strays: int
    unopened: int


def campaign_counts(campaign: Campaign) -> Counts:
    """Whole-campaign figures in a handful of indexed counts, whatever its size.

    Sheets are counted by part, so a pupil who sat under a lost and a new card counts once a
    sheet; the class pages count pupils.
    """
    pupils = Pupil.objects.filter(campaign=campaign, left=False).count()
    groups = ClassGroup.objects.filter(campaign=campaign)
    rows = Sheet.objects.filter(campaign=campaign).values_list("part", "extent")
    by_part = {(part, extent): n for part, extent, n in rows.annotate(n=Count("pk"))}

    def count(part: Part) -> PartCount:
        complete = by_part.get((part.part, Extent.COMPLETE), 0)
        partial = by_part.get((part.part, Extent.PARTIAL), 0)
        absent = by_part.get((part.part, Extent.ABSENT), 0)
        return PartCount(part.part, part.title, pupils, complete + partial, complete, absent)

    return Counts(
        schools=groups.values("school").distinct().count(),
        classes=groups.count(),
        pupils=pupils,
        parts=tuple(count(part) for part in parts_of(campaign)),
        strays=Stray.objects.filter(campaign=campaign, decision=Stray.Decision.OPEN).count(),
        unopened=Unopened.objects.filter(campaign=campaign).count(),
    )


def parts_of(campaign: Campaign) -> list[Part]:
    """In order, without their packages' bytes."""
    return list(campaign.parts.defer("package", "keymap").order_by("position"))


def added_up(parts: Sequence[Part], found: Iterable[GroupProgress]) -> tuple[PartCount, ...]:
    """Class groups' progress as one, part by part."""
    groups = list(found)
    pupils = sum(group.pupils for group in groups)

    def total(part: Part) -> PartCount:
        held = [group.parts[part.part] for group in groups if part.part in group.parts]
        return PartCount(
            part.part,
            part.title,
            pupils,
            sum(one.sat for one in held),
            sum(one.complete for one in held),
            sum(one.absent for one in held),
        )

    return tuple(total(part) for part in parts)


@dataclass(frozen=True)
class ClassLine:
    """A class and how far it is."""

    group: ClassGroup
    pupils: int
    parts: tuple[PartCount, ...]


def class_lines(
    campaign: Campaign, groups: Sequence[ClassGroup], parts: Sequence[Part]
) -> list[ClassLine]:
    """In the order given."""
    found = progress(campaign, [group.pk for group in groups])
    empty = GroupProgress()
    return [
        ClassLine(group, one.pupils, added_up(parts, [one]))
        for group in groups
        for one in [found.get(group.pk, empty)]
    ]


@dataclass(frozen=True)
class SchoolLine:
    """A school in a campaign and how far it is."""

    school: School
    classes: int
    pupils: int
    parts: tuple[PartCount, ...]


def school_page(
    campaign: Campaign, parts: Sequence[Part], *, query: str, page: str | int
) -> tuple[Page[str], list[SchoolLine]]:
    """One page of the campaign's schools, by UAI; `query` looks in UAI, name and commune.

    Accents and case aside, which SQLite cannot do: tens of thousands of short rows are read.
    """
    schools = School.objects.filter(class_groups__campaign=campaign).distinct().order_by("uai")
    words = bare(query[:LONGEST_QUERY]).split()
    found_ids = [
        uai
        for uai, name, commune in schools.values_list("uai", "name", "commune")
        if all(word in bare(f"{uai} {name} {commune}") for word in words)
    ]
    listed = Paginator(found_ids, PER_PAGE).get_page(page)
    rows_of = School.objects.in_bulk(list(listed))
    shown = [rows_of[uai] for uai in listed]
    ids = [school.pk for school in shown]
    groups: dict[str, list[int]] = {uai: [] for uai in ids}
    rows = ClassGroup.objects.filter(campaign=campaign, school_id__in=ids)
    for uai, pk in rows.values_list("school_id", "pk"):
        groups[uai].append(pk)
    found = progress(campaign, [pk for held in groups.values() for pk in held])
    return listed, [_school_line(school, groups[school.pk], found, parts) for school in shown]


def _school_line(
    school: School,
    groups: Sequence[int],
    found: Mapping[int, GroupProgress],
    parts: Sequence[Part],
) -> SchoolLine:
    own = [found[pk] for pk in groups if pk in found]
    return SchoolLine(school, len(groups), sum(one.pupils for one in own), added_up(parts, own))


def name_views(account: Staff, campaign: Campaign) -> QuerySet[NameView]:
    """The log of a campaign: the office reads all of it, a head what concerns their school."""
    views = NameView.objects.filter(campaign=campaign).order_by("-at", "-pk")
    if account.role == Staff.Role.OFFICER:
        return views
    groups = ClassGroup.objects.filter(campaign=campaign, school_id=account.school_id)
    classes = [str(pk) for pk in groups.values_list("pk", flat=True)]
    pupils = Pupil.objects.filter(class_group__in=groups).values("pk")
    return views.filter(
        Q(subject__in=classes) | Q(subject=account.school_id) | Q(subject__in=pupils)
    )
