"""From marks in points to scores 0, 1, 2 …, as response models know them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ardoise.authority.marking.rules import ItemMark
from ardoise.psychometrics.responses import (
    MAX_CATEGORIES,
    NOT_ADMINISTERED,
    NOT_REACHED,
    OMITTED,
)

_CODES = {
    "omitted": OMITTED,
    "not-reached": NOT_REACHED,
    # A teacher noted that the pupil was away; or no rater has read the text yet.
    "absent": NOT_ADMINISTERED,
    "not-administered": NOT_ADMINISTERED,
    "unrated": NOT_ADMINISTERED,
}
_FINEST = 20
"""Points are counted in halves, thirds … twentieths at the finest."""


@dataclass(frozen=True)
class PointScale:
    """How an item's points become scores: score = points · `parts`."""

    parts: int
    categories: int

    def code(self, mark: ItemMark) -> int:
        """The mark as psychometrics.Answers holds it."""
        if mark.status != "scored" or mark.score is None:
            return _CODES.get(mark.status, NOT_ADMINISTERED)
        return round(mark.score * self.parts)


def point_scale(points: Sequence[float], most: float) -> PointScale | str:
    """The coarsest scale on which all these points and the maximum are whole; or why there is none.

    `points`: the distinct scores that were given.
    """
    if min(points, default=0.0) < 0:
        return "it takes points away: a response model has no score below 0"
    parts = 1
    for one in (*points, most):
        found = Fraction(one).limit_denominator(_FINEST)
        if abs(float(found) - one) > 1e-6:
            return f"its points are finer than a {_FINEST}th"
        parts = parts * found.denominator // _common(parts, found.denominator)
    top = round(max(most, *points, 0.0) * parts) if points else round(most * parts)
    if top < 1:
        return "it gives no points"
    if top >= MAX_CATEGORIES:
        return f"it has {top + 1} different scores; {MAX_CATEGORIES} are the most"
    return PointScale(parts, top + 1)


def _common(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


def sat(marks: Mapping[str, ItemMark]) -> bool:
    """Whether anything was reached: who reached nothing is no row."""
    return any(mark.status in ("scored", "omitted", "unrated") for mark in marks.values())
