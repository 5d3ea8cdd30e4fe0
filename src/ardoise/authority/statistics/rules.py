"""What of a campaign goes into an analysis: one part's marks, options and times, in blind rows.

A row's place comes from a keyed index of the order number: the same at each run, and telling
nobody without the campaign's key whose it is. Schools are clusters without a name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

import msgspec
import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.campaigns.rules import campaign_file
from ardoise.authority.collection.models import Sheet
from ardoise.authority.collection.sheets import open_sheet
from ardoise.authority.enrolment.forms import drawn
from ardoise.authority.enrolment.models import Seat
from ardoise.authority.keyring import CampaignKey, KeyRing
from ardoise.authority.marking.models import Mark
from ardoise.authority.marking.rules import PartMarks, open_marks
from ardoise.authority.statistics.choices import Choices, choices_of
from ardoise.authority.statistics.scores import PointScale, point_scale, sat
from ardoise.content.keymap import KeyMap
from ardoise.content.package import Package, read_package
from ardoise.psychometrics.distractors import Options
from ardoise.psychometrics.plan import CutSet
from ardoise.psychometrics.rapid import ResponseTimes
from ardoise.psychometrics.responses import NOT_ADMINISTERED, NOT_REACHED, OMITTED, Answers

GroupBy = Literal["", "sector", "academy", "department"]
BATCH = 500
SCHOOLS_ENOUGH = 30
"""Fewer clusters than these carry no standard errors of their own."""
FEWEST_IN_GROUP = 11
"""Pupils of a school's group at least, for it to be one of its own (facts: secret statistique)."""
_NUMBERED = 1 << 16


class NothingToAnalyse(Exception):
    """The campaign has no marks, or none that a model can take. The message says what to do."""


@dataclass(frozen=True)
class PartData:
    """One part of a campaign, ready for the chain. `notes`: what was left out, and why."""

    part: str
    title: str
    answers: Answers
    options: Options | None
    times: ResponseTimes | None
    cuts: tuple[CutSet, ...]
    notes: tuple[str, ...]

    @property
    def schools(self) -> int:
        """How many there are."""
        return 0 if self.answers.clusters is None else len(np.unique(self.answers.clusters))


def gather(
    campaign: Campaign,
    part: Part,
    *,
    group_by: GroupBy = "",
    ring: KeyRing | None = None,
    announce: Callable[[int, int], None] = lambda _done, _total: None,
) -> PartData:
    """Open a part's marks and sheets, once. Raises CampaignKeyDestroyed, NothingToAnalyse."""
    key = (ring or settings.KEYRING).campaign_key(campaign.pk)
    if not part.keymap:
        raise NothingToAnalyse(f"{part.part}: there are no seats yet; see `enrol`")
    keymap = msgspec.json.decode(bytes(part.keymap), type=KeyMap)
    package = read_package(bytes(part.package), name=part.package_name)
    values = drawn(package.items, part=part.part, key=key) if part.forms == 1 else {}
    rows = _Rows(campaign, part, key, keymap, choices_of(package, keymap, values))
    rows.read(announce)
    if not rows.marks:
        raise NothingToAnalyse(
            f"{part.part}: no sheet is marked in which anything was reached; "
            f"run `ardoise authority mark {campaign.pk}` first"
        )
    return rows.data(_order(keymap, package), group_by)


def _order(keymap: KeyMap, package: Package) -> list[str]:
    """Neutral item identifiers in the order of the test."""
    return [keymap.neutral(item.identifier) for item in package.items]


@dataclass
class _Rows:
    """One part's opened rows, by order number, until they are put into their blind order."""

    campaign: Campaign
    part: Part
    key: CampaignKey
    keymap: KeyMap
    choices: dict[str, Choices]
    marks: dict[str, PartMarks] = field(default_factory=dict)
    chosen: dict[str, dict[str, int]] = field(default_factory=dict)
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)

    def read(self, announce: Callable[[int, int], None]) -> None:
        held = Mark.objects.filter(campaign=self.campaign, part=self.part.part).order_by("pk")
        total, done, last = held.count(), 0, 0
        while batch := list(held.filter(pk__gt=last)[:BATCH]):
            last = batch[-1].pk
            for row in batch:
                found = open_marks(self.key, row)
                if sat(found.items):
                    self.marks[row.number] = found
            self._read_sheets([row.number for row in batch if row.number in self.marks])
            done += len(batch)
            announce(done, total)

    def _read_sheets(self, numbers: list[str]) -> None:
        rows = Sheet.objects.filter(campaign=self.campaign, part=self.part.part, number__in=numbers)
        for row in rows:
            sheet = open_sheet(self.key, row)
            self.seconds[row.number] = dict(sheet.seconds)
            self.chosen[row.number] = {
                item: place
                for item, one in self.choices.items()
                if (place := one.place(sheet.responses.get(item, {}))) is not None
            }

    def data(self, order: list[str], group_by: GroupBy) -> PartData:
        numbers = sorted(self.marks, key=lambda one: self.key.index("statistics/row", one))
        scales, notes = self._scales(order)
        kept = [item for item in order if item in scales]
        if not kept:
            raise NothingToAnalyse(f"{self.part.part}: no item can be analysed: {'; '.join(notes)}")
        codes = np.array(
            [
                [_code(self.marks[number], item, scales[item]) for item in kept]
                for number in numbers
            ],
            dtype=np.uint8,
        ).reshape(len(numbers), len(kept))
        clusters, groups, names = self._schools(numbers, group_by)
        answers = Answers(
            items=tuple(self._name(item) for item in kept),
            codes=codes,
            categories=np.array([scales[item].categories for item in kept]),
            groups=groups,
            group_names=names,
            clusters=clusters,
        )
        return PartData(
            part=self.part.part,
            title=f"{self.campaign.title} · {self.part.title}",
            answers=answers,
            options=self._options(numbers, kept, codes),
            times=self._times(numbers, kept),
            cuts=self._cuts(kept, scales, notes),
            notes=tuple(notes),
        )

    def _name(self, item: str) -> str:
        return self.keymap.items[item].original

    def _scales(self, order: list[str]) -> tuple[dict[str, PointScale], list[str]]:
        scales: dict[str, PointScale] = {}
        notes = []
        for item in order:
            held = [marks.items[item] for marks in self.marks.values() if item in marks.items]
            scored = [mark for mark in held if mark.status == "scored"]
            points = sorted({mark.score for mark in scored if mark.score is not None})
            if not scored:
                waits = any(mark.status == "unrated" for mark in held)
                why = "its answers wait for raters" if waits else "nobody answered it"
                notes.append(f"{self._name(item)}: {why}")
                continue
            found = point_scale(points, max(mark.max_score for mark in scored))
            if isinstance(found, str):
                notes.append(f"{self._name(item)}: {found}")
            else:
                scales[item] = found
        return scales, notes

    def _schools(
        self, numbers: list[str], group_by: GroupBy
    ) -> tuple[NDArray[np.int32], NDArray[np.int32] | None, tuple[str, ...]]:
        """Clusters numbered as they come up; groups by what the school's row says, if asked."""
        seats = Seat.objects.filter(campaign=self.campaign)
        path = "group__class_group__school"
        said = f"{path}__{group_by}" if group_by else f"{path}_id"
        school: dict[str, tuple[str, str]] = {
            number: (uai, value or "–")
            for number, uai, value in seats.values_list("number", f"{path}_id", said).iterator()
            if number in self.marks
        }
        places: dict[str, int] = {}
        held = [school.get(number, ("", "–")) for number in numbers]
        clusters = np.array(
            [places.setdefault(uai, len(places)) for uai, _ in held], dtype=np.int32
        )
        if not group_by:
            return clusters, None, ()
        values = _large_enough([value for _, value in held])
        names = tuple(sorted(set(values)))
        if len(names) < 2:
            return clusters, None, ()
        groups = np.array([names.index(value) for value in values], dtype=np.int32)
        return clusters, groups, names

    def _options(
        self, numbers: list[str], kept: list[str], codes: NDArray[np.uint8]
    ) -> Options | None:
        items = [item for item in kept if item in self.choices]
        if not items:
            return None
        columns = [kept.index(item) for item in items]
        table = codes[:, columns].copy()
        # Scored, but by an answer that is none of the options: nothing that a table can show.
        table[table < OMITTED] = NOT_ADMINISTERED
        for row, number in enumerate(numbers):
            chosen = self.chosen.get(number, {})
            for at, item in enumerate(items):
                if item in chosen and table[row, at] != NOT_REACHED:
                    table[row, at] = chosen[item]
        return Options(
            items=tuple(self._name(item) for item in items),
            codes=table,
            labels=tuple(self.choices[item].labels for item in items),
            keys=tuple(self.choices[item].keys for item in items),
        )

    def _times(self, numbers: list[str], kept: list[str]) -> ResponseTimes | None:
        """Of answers given: the time on an item that was skipped says nothing of guessing."""
        seconds = np.full((len(numbers), len(kept)), np.nan, dtype=np.float32)
        for row, number in enumerate(numbers):
            own, marks = self.seconds.get(number, {}), self.marks[number].items
            for at, item in enumerate(kept):
                if own.get(item, 0.0) > 0 and item in marks and marks[item].status == "scored":
                    seconds[row, at] = min(own[item], _NUMBERED)
        if not np.isfinite(seconds).any():
            return None
        return ResponseTimes(tuple(self._name(item) for item in kept), seconds)

    def _cuts(
        self, kept: list[str], scales: dict[str, PointScale], notes: list[str]
    ) -> tuple[CutSet, ...]:
        """The campaign file's thresholds, domain by domain, in points of the domain's items."""
        file = campaign_file(self.campaign)
        found = []
        for spec in file.domains:
            if spec.part != self.part.part:
                continue
            items = [self.keymap.neutral(name) for name in spec.items]
            if any(item not in scales for item in items):
                notes.append(f"{spec.title}: not all of its items can be analysed, so no levels")
            elif any(scales[item].parts != 1 for item in items):
                notes.append(f"{spec.title}: parts of points; levels are not computed")
            else:
                found.append(CutSet(file.group_labels, spec.thresholds, spec.title, spec.items))
        return tuple(found)


def _code(marks: PartMarks, item: str, scale: PointScale) -> int:
    mark = marks.items.get(item)
    return NOT_ADMINISTERED if mark is None else scale.code(mark)


def _large_enough(values: list[str]) -> list[str]:
    """Values that too few pupils share become one."""
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return [value if counts[value] >= FEWEST_IN_GROUP else "–" for value in values]


def grouping(text: str) -> GroupBy:
    """What `--group-by` says. Raises NothingToAnalyse."""
    if text not in get_args(GroupBy):
        raise NothingToAnalyse(f"--group-by {text}: it is sector, academy or department")
    return cast(GroupBy, text)


def parts_of(campaign: Campaign, only: str = "") -> Iterator[Part]:
    """In order; one of them if named. Raises NothingToAnalyse."""
    found = [part for part in campaign.parts.all() if not only or part.part == only]
    if not found:
        known = ", ".join(campaign.parts.values_list("part", flat=True))
        raise NothingToAnalyse(f"the campaign has no part {only!r}; it has {known}")
    yield from found
