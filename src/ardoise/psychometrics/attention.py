"""What needs a human's eye, ranked: by gravity, then by how far a published number could move.

The impact is an estimate in points of the reported scale, good for ranking, no more:

- of an item on one pupil's result, √w · SE: what leaving out an item with the share w of the test's
  information moves a pupil's estimate by (root mean square), SE being the mean standard error;
- of a drifting anchor on the trend: the change of the year's mean when it is left out;
- of DIF on the gap between two groups: w times the item's difference in difficulty;
- of a locally dependent pair: how much larger SE is once the shared part counts once.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from ardoise.psychometrics.tables import (
    AttentionRow,
    DifRow,
    DriftRow,
    GroupRow,
    ItemRow,
    LevelRow,
    OptionRow,
    ReachRow,
    Tables,
)

FLAT_SLOPE = 0.2
LOW_CORRELATION, LOW_SLOPE = 0.15, 0.35
"""A low correlation says little of an easy item or a short test where the slope is sound."""
MISFIT = 0.2
"""Of infit from what the model expects. In a small sample limits widen to what chance reaches."""
DISTANCE = 0.05
DEPENDENT = 0.2
NOT_REACHED_JUMP = 0.05
OMITTED = 0.2
RAPID = 0.1
EXTREME = (0.05, 0.95)
IMPRECISE = 0.4
RELIABLE = 0.7
ACCURATE = 0.7
SMALL_GROUP = 200
PUPILS_A_PARAMETER = 10
FEW_ANCHORS = 5
OPTION_SHARE, OPTION_PUPILS = 0.05, 20
PERSON_MISFIT, PERSON_EXPECTED = 0.02, 0.002
TREND_POINTS = 0.5
"""A drift that moves the trend by so many points is settled before anything is published."""


@dataclass(frozen=True)
class Circumstances:
    """What the tables do not say of a calibration."""

    converged: bool
    iterations: int
    parameters: int
    scale_sd: float
    """Points of the reported scale to one unit of θ."""
    person_misfit: float | None = None
    """Share of pupils with l_z below -3."""
    linked: int | None = None
    """Anchor items the link rests on; None: no link."""
    findings: Sequence[tuple[str, str]] = ()
    """(item, kind) of calibrated.Finding."""


def attention(tables: Tables, circumstances: Circumstances) -> tuple[AttentionRow, ...]:
    """All findings, the most urgent first. The order is the same for the same tables."""
    found = list(_findings(tables, circumstances))
    order = {row.item: row.position for row in tables.items}

    def urgency(row: AttentionRow) -> tuple[int, bool, float, str, int, str]:
        first = row.on != "everything"
        place = order.get(row.item, 0)
        return -row.grade, first, -(row.impact or 0.0), row.kind, place, row.other

    return tuple(
        replace(row, rank=rank) for rank, row in enumerate(sorted(found, key=urgency), start=1)
    )


def _findings(tables: Tables, about: Circumstances) -> Iterator[AttentionRow]:
    impact = _Impact(tables, about)
    if not about.converged:
        yield _row(3, "not-converged", value=float(about.iterations), on="everything")
    everybody = next((row for row in tables.groups if not row.group), None)
    if everybody is not None:
        yield from _of_test(everybody, about)
    for item, kind in about.findings:
        if kind in ("constant", "never-seen"):
            yield _row(2, kind, item)
        elif kind == "drifting":
            yield _row(3, kind, item, impact=impact.of_item(item))
    for row in tables.items:
        yield from _of_item(row, impact)
    everyone = everybody.pupils if everybody else 0
    yield from _of_options(tables.options, impact)
    yield from _of_drift(tables.drift, about)
    yield from _of_dif(tables.dif, impact)
    for pair in tables.dependence:
        chance = 4 / math.sqrt(max(pair.pupils or everyone, 1))
        if pair.q3_adjusted > max(DEPENDENT, chance):
            moved = impact.of_pair(pair.item, pair.other, pair.q3_adjusted)
            grade = 2 if pair.q3_adjusted > 1.5 * DEPENDENT else 1
            yield _row(grade, "dependence", pair.item, pair.other, pair.q3_adjusted, impact=moved)
    yield from _of_reach(tables.reach)
    yield from _of_groups(tables.groups, tables.levels)


def _row(
    grade: int,
    kind: str,
    item: str = "",
    other: str = "",
    value: float | None = None,
    second: float | None = None,
    *,
    impact: float | None = None,
    on: str = "pupil",
) -> AttentionRow:
    return AttentionRow(0, grade, kind, item, other, value, second, impact, on)


class _Impact:
    """How far an item reaches, from the tables."""

    def __init__(self, tables: Tables, about: Circumstances) -> None:
        self._items = {row.item: row for row in tables.items}
        self._scale = about.scale_sd
        middle = [row.se for row in tables.information if row.se and abs(row.theta) <= 1]
        self._se = sum(middle) / len(middle) if middle else None

    def of_item(self, item: str) -> float | None:
        """On one pupil's result."""
        row = self._items.get(item)
        if row is None or row.weight is None or self._se is None:
            return None
        return self._scale * self._se * math.sqrt(max(row.weight, 0.0))

    def of_dif(self, row: DifRow) -> float | None:
        """On the gap between two groups. Δ = -2.35 · (difference in logits)."""
        item = self._items.get(row.item)
        if item is None or not item.slope or item.weight is None or row.delta is None:
            return None
        return abs(self._scale * item.weight * row.delta / 2.35 / item.slope)

    def of_pair(self, one: str, other: str, shared: float) -> float | None:
        """On the standard error of a result."""
        weights = [self._items[name].weight for name in (one, other) if name in self._items]
        if self._se is None or len(weights) < 2 or any(w is None for w in weights):
            return None
        twice = min(min(w for w in weights if w is not None) * shared, 0.99)
        return self._scale * self._se * (1 / math.sqrt(1 - twice) - 1)


def _of_test(everybody: GroupRow, about: Circumstances) -> Iterator[AttentionRow]:
    if about.parameters and everybody.pupils < PUPILS_A_PARAMETER * about.parameters:
        yield _row(
            2, "few-pupils", value=float(everybody.pupils), second=float(about.parameters),
            on="everything",
        )  # fmt: skip
    if everybody.reliability is not None and everybody.reliability < RELIABLE:
        yield _row(2, "reliability", value=everybody.reliability, on="everything")
    if about.person_misfit is not None and about.person_misfit > PERSON_MISFIT:
        yield _row(1, "person-fit", value=about.person_misfit, second=PERSON_EXPECTED)
    if about.linked is not None and about.linked < FEW_ANCHORS:
        yield _row(2, "few-anchors", value=float(about.linked), on="everything")


def _of_item(row: ItemRow, impact: _Impact) -> Iterator[AttentionRow]:
    moved = impact.of_item(row.item)
    slope, rest = row.slope, row.item_rest
    noise = 1 / math.sqrt(max(row.administered, 1))
    if slope is not None and slope + 2 * (row.slope_se or 0.0) < 0:
        yield _row(3, "negative-slope", row.item, value=slope, impact=moved)
    elif rest is not None and rest < -2 * noise:
        yield _row(3, "negative-item-rest", row.item, value=rest, impact=moved)
    elif slope is not None and slope < FLAT_SLOPE:
        yield _row(2, "flat-slope", row.item, value=slope, impact=moved)
    elif rest is not None and rest < LOW_CORRELATION and _not_steep(row):
        yield _row(2, "low-item-rest", row.item, value=rest, impact=moved)
    distant = row.rmsd is not None and row.rmsd > max(DISTANCE, noise)
    wide = max(MISFIT, 4 * noise)
    if distant or (row.infit is not None and abs(row.infit / (row.infit_expected or 1) - 1) > wide):
        yield _row(2, "misfit", row.item, value=row.rmsd, second=row.infit, impact=moved)
    if row.omitted is not None and row.omitted > OMITTED:
        yield _row(1, "omitted", row.item, value=row.omitted, impact=moved)
    if row.rapid is not None and row.rapid > RAPID:
        yield _row(2, "rapid", row.item, value=row.rapid, impact=moved)
    if row.mean is not None and not EXTREME[0] <= row.mean <= EXTREME[1]:
        yield _row(1, "extreme", row.item, value=row.mean, impact=moved)
    if row.slope_se is not None and row.slope_se > IMPRECISE:
        yield _row(1, "imprecise", row.item, value=row.slope_se, impact=moved)


def _not_steep(row: ItemRow) -> bool:
    """Whether no slope of the item's own vouches for it."""
    return row.slope is None or row.slope < LOW_SLOPE or row.model in ("1PL", "PCM")


def _of_options(options: Iterable[OptionRow], impact: _Impact) -> Iterator[AttentionRow]:
    by_item: dict[str, list[OptionRow]] = {}
    for row in options:
        by_item.setdefault(row.item, []).append(row)
    for item, rows in by_item.items():
        right = max((r for r in rows if r.key), key=_mean_rest, default=None)
        wrong = max((r for r in rows if not r.key and _frequent(r)), key=_mean_rest, default=None)
        if right is None or wrong is None or right.mean_rest is None or wrong.mean_rest is None:
            continue
        if wrong.mean_rest > right.mean_rest:
            yield _row(
                3, "option-beats-key", item, wrong.option, wrong.mean_rest, right.mean_rest,
                impact=impact.of_item(item),
            )  # fmt: skip


def _frequent(row: OptionRow) -> bool:
    return row.share >= OPTION_SHARE and row.pupils >= OPTION_PUPILS


def _mean_rest(row: OptionRow) -> float:
    return row.mean_rest or 0.0


def _of_drift(rows: Iterable[DriftRow], about: Circumstances) -> Iterator[AttentionRow]:
    for row in rows:
        if row.flagged:
            moved = None if row.shift is None else abs(row.shift) * about.scale_sd
            grade = 3 if (moved or 0.0) >= TREND_POINTS else 2
            yield _row(grade, "drift", row.item, value=row.shift, impact=moved, on="trend")


def _of_dif(rows: Sequence[DifRow], impact: _Impact) -> Iterator[AttentionRow]:
    """Classes B and C, where Δ is not what chance brings once among so many items."""
    chance = NormalDist().inv_cdf(1 - 0.025 / max(len(rows), 1))
    for row in rows:
        beyond = abs(row.delta or 0.0) > chance * (row.delta_se or 0.0)
        if row.ets in ("B", "C") and beyond:
            grade = 2 if row.ets == "C" else 1
            kind = f"dif-{row.ets.lower()}"
            moved = impact.of_dif(row)
            yield _row(grade, kind, row.item, row.focal, row.delta, impact=moved, on="gap")


def _of_reach(rows: Sequence[ReachRow]) -> Iterator[AttentionRow]:
    """The first item of each jump: where many pupils stop at once."""
    before = 0.0
    for row in rows:
        if row.not_reached - before > NOT_REACHED_JUMP:
            yield _row(
                2, "not-reached", row.item, value=row.not_reached, second=before, on="everything"
            )
        before = row.not_reached


def _of_groups(groups: Iterable[GroupRow], levels: Iterable[LevelRow]) -> Iterator[AttentionRow]:
    for group in groups:
        if group.group and group.pupils < SMALL_GROUP:
            yield _row(1, "small-group", other=group.group, value=float(group.pupils), on="gap")
    for level in levels:
        if level.accuracy is not None and level.accuracy < ACCURATE:
            yield _row(2, "level-accuracy", other=level.label, value=level.accuracy)
