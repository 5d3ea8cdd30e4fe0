"""Brings the pupils stored of one school to what its roll says. One transaction, the caller's.

A pupil is known again (1) by the blind index of the INE; (2) by that of school, names and birth
date, if whoever was stored under it was not known again by INE: an INE that was added, corrected
or dropped does not make a new pupil.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.findings import Findings
from ardoise.authority.keyring import CampaignKey
from ardoise.authority.registry.identity import (
    Identity,
    open_identity,
    seal_identity,
    seal_time,
)
from ardoise.authority.registry.labels import group_of, label_index
from ardoise.authority.registry.models import ClassGroup, Pupil, School
from ardoise.authority.registry.roll import RollPupil
from ardoise.contract.limits import GROUP_PAGE
from ardoise.seal.randomness import reference

INE_PURPOSE = "registry/ine"
PERSON_PURPOSE = "registry/person"
NORMAL_TIME = 100
"""Per cent: no roll says more; the office grants it."""
_BATCH = 400
_STEP = 100


class Refused(Exception):
    """The roll does not go with what is stored; the findings say why. Roll back."""


@dataclass(slots=True)
class Counts:
    """Pupils of one import."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left: int = 0
    moved: int = 0
    """Of those changed: to another class, after their card was made."""


def ine_index(key: CampaignKey, ine: str) -> bytes:
    """The blind index of a normalised INE."""
    return key.index(INE_PURPOSE, ine)


def person_index(key: CampaignKey, uai: str, pupil: RollPupil) -> bytes:
    """The blind index of school, names and birth date."""
    return key.index(PERSON_PURPOSE, f"{uai}|{pupil.person()}")


@dataclass(slots=True)
class _Indexed:
    pupil: RollPupil
    ine: bytes | None
    person: bytes
    stored: Pupil | None = None


class Enrolling:
    """One school's roll on its way into one campaign."""

    def __init__(self, campaign: Campaign, uai: str, key: CampaignKey, found: Findings) -> None:
        self._campaign = campaign
        self._uai = uai
        self._key = key
        self._found = found
        self._counts = Counts()
        self._groups: dict[str, ClassGroup] = {}

    def run(
        self, pupils: list[RollPupil], progress: Callable[[int, int], None] | None = None
    ) -> Counts:
        """Match, write, mark who left. Raises Refused after noting an error."""
        indexed = [self._indexed(pupil) for pupil in pupils]
        stored = self._stored()
        self._match(indexed, stored)
        self._check(indexed)
        labels = class_labels(pupils)
        self._open_groups({labels[pupil.class_label, pupil.class_ref] for pupil in pupils})
        fresh: list[Pupil] = []
        changed: list[Pupil] = []
        for done, each in enumerate(indexed, 1):
            group = self._groups[labels[each.pupil.class_label, each.pupil.class_ref]]
            self._place(each, group, fresh, changed)
            if progress and (done % _STEP == 0 or done == len(indexed)):
                progress(done, len(indexed))
        self._mark_left(indexed, stored, changed)
        Pupil.objects.bulk_create(fresh, batch_size=_BATCH)
        fields = ["class_group", "identity", "ine_index", "person_index", "left"]
        # Two pupils may swap an INE that was entered the wrong way round: free them first.
        moved_ines = [pupil.pk for pupil in changed]
        for start in range(0, len(moved_ines), _BATCH):
            Pupil.objects.filter(pk__in=moved_ines[start : start + _BATCH]).update(ine_index=None)
        Pupil.objects.bulk_update(changed, fields, batch_size=_BATCH // 4)
        return self._counts

    def _indexed(self, pupil: RollPupil) -> _Indexed:
        ine = ine_index(self._key, pupil.ine) if pupil.ine else None
        return _Indexed(pupil, ine, person_index(self._key, self._uai, pupil))

    def _stored(self) -> list[Pupil]:
        rows = Pupil.objects.filter(campaign=self._campaign, class_group__school_id=self._uai)
        return list(rows.select_related("class_group").order_by("pk"))

    def _match(self, indexed: list[_Indexed], stored: list[Pupil]) -> None:
        by_ine = {bytes(p.ine_index): p for p in stored if p.ine_index is not None}
        by_ine |= self._elsewhere([each for each in indexed if each.ine not in by_ine])
        taken: set[str] = set()
        for each in indexed:
            if each.ine is not None and each.ine in by_ine:
                each.stored = by_ine[each.ine]
                taken.add(each.stored.pk)
        by_person: dict[bytes, list[Pupil]] = {}
        for pupil in stored:
            if pupil.pk not in taken:
                by_person.setdefault(bytes(pupil.person_index), []).append(pupil)
        for each in indexed:
            same = by_person.get(each.person, []) if each.stored is None else []
            if len(same) > 1:
                self._found.add("homonym-enrolled", each.pupil.line, each.pupil.column)
            elif same:
                each.stored = same.pop()

    def _elsewhere(self, indexed: list[_Indexed]) -> dict[bytes, Pupil]:
        """Pupils of this INE who left another school; an error if they are still there."""
        lines = {each.ine: each.pupil for each in indexed if each.ine is not None}
        keys = list(lines)
        here: dict[bytes, Pupil] = {}
        for start in range(0, len(keys), _BATCH):
            rows = Pupil.objects.filter(
                campaign=self._campaign, ine_index__in=keys[start : start + _BATCH]
            )
            for pupil in rows.select_related("class_group"):
                index = bytes(pupil.ine_index or b"")
                if pupil.left:
                    here[index] = pupil
                    continue
                place = lines[index]
                other = pupil.class_group.school_id
                self._found.add("ine-elsewhere", place.line, place.column, "INE", other=other)
        return here

    def _check(self, indexed: list[_Indexed]) -> None:
        sizes: dict[tuple[str, str], int] = {}
        for each in indexed:
            label = (each.pupil.class_label, each.pupil.class_ref)
            sizes[label] = sizes.get(label, 0) + 1
            if sizes[label] == GROUP_PAGE + 1:
                self._found.add("group-full", each.pupil.line, limit=GROUP_PAGE)
        if self._found.failed:
            raise Refused

    def _open_groups(self, labels: set[str]) -> None:
        school, new = School.objects.get_or_create(pk=self._uai)
        if new or not school.name:
            self._found.add("school-unlisted")
        level = self._campaign.level
        # Not in the alphabet's order: identifiers count up, and would tell it.
        for label in sorted(labels, key=lambda one: label_index(self._key, school.pk, level, one)):
            self._groups[label] = group_of(self._key, self._campaign.pk, school.pk, level, label)

    def _place(
        self, each: _Indexed, group: ClassGroup, fresh: list[Pupil], changed: list[Pupil]
    ) -> None:
        identity = identity_of(each.pupil)
        stored = each.stored
        if stored is None:
            pupil = Pupil(id=reference(), campaign=self._campaign, class_group=group)
            pupil.working_time = seal_time(self._key, pupil.pk, NORMAL_TIME)
            self._write(pupil, each, identity)
            fresh.append(pupil)
            self._counts.added += 1
            return
        moved = stored.class_group_id != group.pk
        known = open_identity(self._key, stored.pk, bytes(stored.identity))
        if not (moved or stored.left) and known == identity:
            self._counts.unchanged += 1
            return
        if moved and self._campaign.state != Campaign.State.DRAFT:
            self._found.tally("seat-kept", each.pupil.line, each.pupil.column)
        stored.class_group = group
        stored.left = False
        self._write(stored, each, identity)
        changed.append(stored)
        self._counts.changed += 1

    def _write(self, pupil: Pupil, each: _Indexed, identity: Identity) -> None:
        pupil.identity = seal_identity(self._key, pupil.pk, identity)
        pupil.ine_index = each.ine
        pupil.person_index = each.person

    def _mark_left(
        self, indexed: list[_Indexed], stored: list[Pupil], changed: list[Pupil]
    ) -> None:
        here = {each.stored.pk for each in indexed if each.stored is not None}
        gone = [pupil for pupil in stored if pupil.pk not in here and not pupil.left]
        for pupil in gone:
            pupil.left = True
        changed.extend(gone)
        self._counts.left = len(gone)
        if len(gone) > 2 and len(gone) * 10 > len(stored):
            self._found.add("many-left", count=len(gone))


def identity_of(pupil: RollPupil) -> Identity:
    """What is kept of a pupil of a roll."""
    return Identity(
        family_name=pupil.family_name,
        first_name=pupil.first_name,
        birth_date=pupil.birth_date,
        usual_name=pupil.usual_name,
        sex=pupil.sex or "",
        ine=pupil.ine or "",
    )


def class_labels(pupils: list[RollPupil]) -> dict[tuple[str, str], str]:
    """(label, reference) → the label to show: two classes of one name get their reference too."""
    references: dict[str, set[str]] = {}
    for pupil in pupils:
        references.setdefault(pupil.class_label, set()).add(pupil.class_ref)
    return {
        (label, ref): label if len(refs) == 1 else f"{label[:40]} ({ref[:36]})"
        for label, refs in references.items()
        for ref in refs
    }
