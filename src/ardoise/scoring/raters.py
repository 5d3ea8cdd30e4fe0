"""Scores by people: who marks which text, how far raters agree, and who decides.

Agreement: exact (same score), adjacent (one category apart at most) and Cohen's weighted kappa
(Cohen, "Weighted kappa", Psychological Bulletin 70 (1968) 213-220), with linear or quadratic
disagreement weights (Fleiss and Cohen, Educational and Psychological Measurement 33 (1973)
613-619). Nothing here knows a rater's name or whose text it is.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Weights = Literal["none", "linear", "quadratic"]
Rule = Literal["third", "mean", "higher"]
_EQUAL = 1e-9
"""Scores nearer than this are one score."""


class RaterFault(Exception):
    """Scores or raters that do not fit: says what to do."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two raters on the same texts. Shares are of `pairs`; None: nothing to compare."""

    pairs: int
    exact: float | None
    adjacent: float | None
    """At most one category of the scale apart, the exact ones included."""
    kappa: float | None
    linear: float | None
    quadratic: float | None
    """None: no pair, or chance alone would agree wholly, so kappa is 0/0."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the scores of one text amount to."""

    score: float | None
    """Points; None: not decided."""
    waits: Literal["", "rating", "third"]
    """Whom it waits for: nobody, a first or second rater, or one who decides."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The scores that a rater may give: `steps` + 1 of them, from 0 to `most`, evenly spaced."""

    most: float
    steps: int

    @property
    def scores(self) -> tuple[float, ...]:
        """Ascending."""
        return tuple(self.most * step / self.steps for step in range(self.steps + 1))

    def category(self, score: float) -> int:
        """The place of a score in the scale. Raises RaterFault for one that is not on it."""
        place = round(score * self.steps / self.most) if self.most else 0
        if not 0 <= place <= self.steps or abs(self.scores[place] - score) > _EQUAL:
            raise RaterFault(f"{score:g} is not on the scale 0 to {self.most:g}")
        return place


def scale_of(most: float) -> Scale:
    """Whole points up to `most`; half points where it ends on a half. Raises RaterFault.

    At most 10 steps can be given with one digit; a scale has 100 at most.
    """
    steps = round(most) if abs(most - round(most)) < _EQUAL else round(2 * most)
    if not 1 <= steps <= 100 or min(abs(most - steps), abs(2 * most - steps)) > _EQUAL:
        raise RaterFault(
            f"a scale ends on a whole or half number of points up to 100, not {most:g}"
        )
    return Scale(most, steps)


def confusion(first: Sequence[float], second: Sequence[float], scale: Scale) -> np.ndarray:
    """How often each pair of categories was given: integers, (steps + 1, steps + 1).

    Rows are `first`'s. Raises RaterFault for scores off the scale or of unequal number.
    """
    if len(first) != len(second):
        raise RaterFault("two raters' scores are compared text by text: give as many of each")
    table = np.zeros((scale.steps + 1, scale.steps + 1), dtype=np.int64)
    for one, other in zip(first, second, strict=True):
        table[scale.category(one), scale.category(other)] += 1
    return table


def weighted_kappa(table: np.ndarray, weights: Weights) -> float | None:
    """1 - sum(w * observed) / sum(w * expected) over a confusion table of counts.

    Disagreement weights: |i - j| for linear, (i - j)² for quadratic, 1 off the diagonal for none.
    None where nothing was counted or chance alone would never disagree.
    """
    total = int(table.sum())
    if total == 0:
        return None
    place = np.arange(len(table))
    apart = np.abs(place[:, None] - place[None, :]).astype(np.float64)
    weight = {"none": (apart > 0).astype(np.float64), "linear": apart, "quadratic": apart**2}
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    chance = float((weight[weights] * expected).sum())
    return 1.0 - float((weight[weights] * table).sum()) / chance if chance else None


def agreement(first: Sequence[float], second: Sequence[float], scale: Scale) -> Agreement:
    """All measures of two raters' scores, text by text. Raises RaterFault."""
    return agreement_of(confusion(first, second, scale))


def agreement_of(table: np.ndarray) -> Agreement:
    """All measures of a confusion table, so that tables of several items may be added up."""
    total = int(table.sum())
    if total == 0:
        return Agreement(0, None, None, None, None, None)
    place = np.arange(len(table))
    apart = np.abs(place[:, None] - place[None, :])
    return Agreement(
        pairs=total,
        exact=float(table[apart == 0].sum()) / total,
        adjacent=float(table[apart <= 1].sum()) / total,
        kappa=weighted_kappa(table, "none"),
        linear=weighted_kappa(table, "linear"),
        quadratic=weighted_kappa(table, "quadratic"),
    )


def decide(scores: Sequence[float], *, wanted: int, tolerance: float, rule: Rule) -> Decision:
    """What a text's scores, in the order they were given, amount to.

    `wanted` scores (1 or 2) come first. Two that differ by more than `tolerance` points are settled
    by `rule`: a third rater's score, the mean, or the higher. Within the tolerance two scores
    give their mean. A third score decides alone, whatever the rule.
    """
    if len(scores) >= 3:
        return Decision(scores[2], "")
    if len(scores) < wanted:
        return Decision(None, "rating")
    if len(scores) == 1:
        return Decision(scores[0], "")
    if not scores:
        return Decision(None, "rating")
    low, high = sorted(scores)
    if high - low <= tolerance + _EQUAL or rule == "mean":
        return Decision((low + high) / 2, "")
    return Decision(None, "third") if rule == "third" else Decision(high, "")


def marked_twice(tasks: Sequence[bytes], *, share: float, seed: bytes) -> frozenset[bytes]:
    """Which tasks two raters mark: `share` of them (rounded up), drawn without replacement.

    A task is drawn for what it is and the seed says, not for its place: the draw is the same in
    whatever order the tasks come, and one more task exchanges at most one of those drawn before.
    """
    if not 0 <= share <= 1:
        raise RaterFault("the share of double marking lies between 0 and 1")
    count = -int(-len(tasks) * share // 1)
    return frozenset(sorted(tasks, key=lambda task: _ticket(seed, task))[:count])


def allocate(
    tasks: Sequence[bytes], raters: Sequence[str], *, twice: frozenset[bytes], seed: bytes
) -> dict[bytes, tuple[str, ...]]:
    """Task → its rater, or its two. Drawn by `seed`, balanced, no rater twice on one task.

    Loads differ by one at most, and so do the numbers of texts that pairs of raters share as far
    as the loads allow. Raises RaterFault: nobody to mark, or nobody for a second look.
    """
    people = sorted(set(raters))
    if not people:
        raise RaterFault("there is nobody to mark: name raters first")
    if twice and len(people) < 2:
        raise RaterFault("double marking needs two raters: name another or set the share to 0")
    shuffled = sorted(people, key=lambda rater: _ticket(seed, rater.encode()))
    place = {rater: index for index, rater in enumerate(shuffled)}
    loads: Counter[str] = Counter(dict.fromkeys(shuffled, 0))
    together: Counter[frozenset[str]] = Counter()
    given: dict[bytes, tuple[str, ...]] = {}
    # Those marked twice first: single ones then even out what pairing left uneven.
    for task in sorted(tasks, key=lambda each: (each not in twice, _ticket(seed, each))):
        first = min(people, key=lambda rater: (loads[rater], place[rater]))
        loads[first] += 1
        given[task] = (first,)
        if task not in twice:
            continue
        others = (rater for rater in people if rater != first)
        second = min(others, key=lambda r: (loads[r], together[frozenset((first, r))], place[r]))
        loads[second] += 1
        together[frozenset((first, second))] += 1
        given[task] = (first, second)
    return given


def third_rater(
    raters: Sequence[str],
    *,
    task: bytes,
    marked: Sequence[str],
    seed: bytes,
    loads: Mapping[str, int],
) -> str | None:
    """Who decides where two differ: the least busy of those who have not marked it.

    Ties fall by the seed. None: everybody has marked it, so the office names another rater.
    """
    others = sorted(set(raters) - set(marked))
    if not others:
        return None
    return min(others, key=lambda r: (loads.get(r, 0), _ticket(seed, task + r.encode())))


def _ticket(seed: bytes, of: bytes) -> bytes:
    """A lot drawn for a thing: keyed, so that nobody foresees it without the seed."""
    return hashlib.blake2b(of, key=hashlib.sha256(seed).digest(), digest_size=16).digest()
