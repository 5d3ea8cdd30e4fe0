"""Results by domain: sums of item scores, and the group that the thresholds cut."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ardoise.authority.campaigns.file import CampaignFile, DomainSpec
from ardoise.authority.marking.rules import ItemMark, PartMarks
from ardoise.content.keymap import KeyMap

_PRECISION = 9
"""Decimals kept of a sum: 0.1 + 0.2 must reach a threshold of 0.3."""


@dataclass(frozen=True)
class DomainResult:
    """What one pupil did in one domain. Counts are of items; `score` and `max_score` are points."""

    domain: str
    title: str
    score: float | None
    """None: nothing in the domain was reached, or all of it was noted as absent, or is unrated."""
    max_score: float
    """Of the items that count: absent, unrated and not administered ones do not."""
    group: int | None
    """Index into the campaign's group labels; None without a score, and where the pupil was not
    given every item: the thresholds are points of the whole domain."""
    answered: int
    omitted: int
    not_reached: int
    absent: int
    not_administered: int = 0


def domain_results(
    campaign_file: CampaignFile,
    keymaps: Mapping[str, KeyMap],
    marks: Mapping[str, PartMarks],
    *,
    of: str | None = None,
) -> tuple[DomainResult, ...]:
    """Every domain in the file's order, also those of parts that were never sat; or one part's.

    Rule: once something of a domain was reached, its omitted and not reached items count 0 points.
    Absent, unrated and not administered items are left out of score and maximum. A domain of
    which nothing was reached has no score.
    """
    return tuple(
        _result(spec, keymaps[spec.part], marks.get(spec.part))
        for spec in campaign_file.domains
        if of in (None, spec.part)
    )


def _result(spec: DomainSpec, keymap: KeyMap, marks: PartMarks | None) -> DomainResult:
    if marks is None:
        return DomainResult(spec.id, spec.title, None, 0.0, None, 0, 0, len(spec.items), 0)
    found = [marks.items[keymap.neutral(item)] for item in spec.items]
    statuses = Counter(mark.status for mark in found)
    counted = [mark for mark in found if mark.status in ("scored", "omitted", "not-reached")]
    reached = any(mark.status in ("scored", "omitted", "unrated") for mark in found)
    score = _total(counted) if reached and counted else None
    return DomainResult(
        domain=spec.id,
        title=spec.title,
        score=score,
        max_score=round(sum(mark.max_score for mark in counted), _PRECISION),
        group=None if score is None or statuses["not-administered"] else spec.group(score),
        answered=statuses["scored"] + statuses["unrated"],
        omitted=statuses["omitted"],
        not_reached=statuses["not-reached"],
        absent=statuses["absent"],
        not_administered=statuses["not-administered"],
    )


def _total(marks: list[ItemMark]) -> float:
    return round(sum(mark.score or 0.0 for mark in marks), _PRECISION)
