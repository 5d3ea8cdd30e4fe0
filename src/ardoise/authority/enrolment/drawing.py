"""One batch of enrolling: what some class groups lack is drawn, then written in one transaction.

Rows are written in the order of their random numbers and references, never of the roll: their
place in a table must not lead from a number back to a name.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import transaction

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.database.rows import insert
from ardoise.authority.enrolment import forms
from ardoise.authority.enrolment.models import Group, Seat
from ardoise.authority.keyring import CampaignKey
from ardoise.authority.linkage import rules as linkage
from ardoise.authority.linkage.rules import NewLink
from ardoise.authority.registry.identity import open_time
from ardoise.authority.registry.models import ClassGroup, Pupil
from ardoise.contract import limits
from ardoise.seal import codes, numbers
from ardoise.seal.randomness import Source, reference

Progress = Callable[[int, int], None]
"""Called with how much is done, and of how much."""
MOST_SEATS = 40
"""Spare or teachers' seats in one class group at most."""


class EnrolmentRefused(Exception):
    """What was asked cannot be done now. The message may be shown: it holds nothing personal."""


@dataclass(frozen=True)
class Plan:
    """How many seats a class group gets besides those of its pupils."""

    spares: int = 1
    teachers: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.spares <= MOST_SEATS or not 1 <= self.teachers <= MOST_SEATS:
            raise EnrolmentRefused(
                f"a class takes up to {MOST_SEATS} spare seats, and 1 to {MOST_SEATS} teachers'"
            )


@dataclass(frozen=True)
class Drawer:
    """Draws for one campaign."""

    campaign: Campaign
    key: CampaignKey
    plan: Plan
    source: Source

    def draw(self, class_groups: Sequence[ClassGroup]) -> "Drawn":
        """Draw and write what these class groups lack. IntegrityError: somebody else did meanwhile.

        Raises EnrolmentRefused for a class above limits.GROUP_PAGE.
        """
        with transaction.atomic():
            refuse_if_closed(self.campaign.pk)
            drawn = Drawn()
            groups = self._groups(class_groups, drawn)
            wanted = self._wanted(groups)
            fresh = iter(self._numbers(len(wanted)))
            several = forms.several(self.campaign)
            for want in wanted:
                seat = self._seat(want, next(fresh), several)
                drawn.seats.append(seat)
                if want.pupil is not None:
                    link = NewLink(want.pupil.pk, want.pupil.class_group_id, seat.number)
                    drawn.links.append(link)
            # In the order of the table's random key, like all that is written here.
            insert(Seat, NewSeat._fields, sorted(drawn.seats))
            linkage.link(self.key, self.campaign.pk, drawn.links)
        return drawn

    def _groups(self, class_groups: Sequence[ClassGroup], drawn: "Drawn") -> dict[int, Group]:
        ids = [class_group.pk for class_group in class_groups]
        held = {row.class_group_id: row for row in Group.objects.filter(class_group_id__in=ids)}
        for class_group_id in ids:
            if class_group_id not in held:
                ref = reference(self.source)
                key = self.key.seal("enrolment_group", ref, "key", self.source(32))
                drawn.groups.append(
                    Group(campaign=self.campaign, class_group_id=class_group_id, ref=ref, key=key)
                )
        Group.objects.bulk_create(sorted(drawn.groups, key=lambda group: group.ref))
        return held | {group.class_group_id: group for group in drawn.groups}

    def _wanted(self, groups: dict[int, Group]) -> "list[_Want]":
        """Seats that are missing: pupils without a number, then up to the plan."""
        pupils = Pupil.objects.filter(
            class_group_id__in=list(groups), left=False, link__isnull=True
        ).only("pk", "class_group_id", "working_time")
        wanted = [_Want(groups[pupil.class_group_id], pupil=pupil) for pupil in pupils]
        seats = Seat.objects.filter(group__in=groups.values()).order_by()
        ever = Counter(seats.filter(role="pupil").values_list("group_id", flat=True))
        ever.update(want.group.pk for want in wanted)
        held = Counter(seats.filter(voided_at=None).values_list("group_id", "role", "spare"))
        for group in groups.values():
            spares = self.plan.spares - held[group.pk, "pupil", True]
            wanted += [_Want(group, spare=True)] * spares
            # Seats that were voided stay in the group at delivery, and count.
            if ever[group.pk] + max(spares, 0) > limits.GROUP_PAGE:
                raise EnrolmentRefused(
                    f"class group {group.class_group_id} has more than the {limits.GROUP_PAGE} "
                    "seats that a group can have: divide it in the roll"
                )
            teachers = self.plan.teachers - held[group.pk, "teacher", False]
            wanted += [_Want(group, role="teacher")] * teachers
        return wanted

    def _numbers(self, count: int) -> list[str]:
        """Numbers that the campaign does not have; one that is taken is drawn again."""
        fresh: set[str] = set()
        while len(fresh) < count:
            some = {numbers.draw(self.source) for _ in range(min(count - len(fresh), 500))}
            taken = Seat.objects.filter(campaign=self.campaign, number__in=some)
            fresh |= some - set(taken.values_list("number", flat=True))
        return list(fresh)

    def _seat(self, want: "_Want", number: str, several: Mapping[str, int]) -> "NewSeat":
        code, pupil = codes.draw(self.source).encode("ascii"), want.pupil
        own = forms.draw(several if want.role == "pupil" else {}, source=self.source)
        return NewSeat(
            id=reference(),
            campaign_id=self.campaign.pk,
            number=number,
            code=self.key.seal("enrolment_seat", number, "code", code),
            role=want.role,
            group_id=want.group.pk,
            spare=want.spare,
            time_percent=open_time(self.key, pupil.pk, bytes(pupil.working_time)) if pupil else 100,
            forms=forms.seal_forms(self.key, number, own),
        )


class NewSeat(NamedTuple):
    """A row of Seat."""

    id: str
    campaign_id: str
    number: str
    code: bytes
    role: str
    group_id: int
    spare: bool
    time_percent: int
    forms: bytes
    root: bytes = b""
    time_untold: bool = False


@dataclass
class Drawn:
    """What a batch wrote."""

    groups: list[Group] = field(default_factory=list)
    seats: list[NewSeat] = field(default_factory=list)
    links: list[NewLink] = field(default_factory=list)


@dataclass(frozen=True)
class _Want:
    group: Group
    role: str = "pupil"
    spare: bool = False
    pupil: Pupil | None = None
