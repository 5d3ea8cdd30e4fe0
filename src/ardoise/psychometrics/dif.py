"""Differential item functioning by observed scores: Mantel-Haenszel and its kin.

Pupils of two groups are matched on a raw score (see :mod:`ardoise.psychometrics.strata`), which
always includes the item studied (Holland & Thayer 1988). Effect sizes come first: at a year
group's size every chi-squared is large.

ETS classes (Zieky 1993): A if |Δ| < 1 or Δ does not differ from 0; C if |Δ| ≥ 1.5 and |Δ| is
significantly above 1; B otherwise. Δ = -2.35·ln α: negative is against the focal group.
Polytomous items: Mantel's (1963) chi-squared and the standardised mean difference; classes as for
NAEP (Zwick, Donoghue & Grima 1993): A if not significant or |SMD/SD| ≤ .17, C above .25, else B.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ardoise.psychometrics.faults import EstimationError, PsychometricsError
from ardoise.psychometrics.patterns import Patterns, patterns
from ardoise.psychometrics.responses import Responses
from ardoise.psychometrics.strata import Strata, count_categories, score_strata
from ardoise.psychometrics.threads import one_blas_thread

Grade = Literal["A", "B", "C", ""]
LEVEL = 0.05
MAX_ROUNDS = 10
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GroupPair:
    """Two groups of pupils: ``member`` (pupils,) int8 is 0 reference, 1 focal, -1 neither."""

    reference: str
    focal: str
    member: NDArray[np.int8]

    @classmethod
    def of_groups(cls, responses: Responses, reference: str, focal: str) -> "GroupPair":
        """Two of the responses' own groups."""
        if responses.groups is None:
            raise PsychometricsError("these responses have no groups to compare")
        member = np.full(responses.pupils, -1, np.int8)
        for value, name in enumerate((reference, focal)):
            if name not in responses.group_names:
                known = ", ".join(responses.group_names)
                raise PsychometricsError(f"there is no group {name!r}; there are {known}")
            member[responses.groups == responses.group_names.index(name)] = value
        return cls(reference, focal, member)


@dataclass(frozen=True)
class ItemDif:
    """One item. ``delta`` is the effect on ETS's scale (NaN where not estimable), ``odds`` the
    common odds ratio α (> 1: easier for the reference group).

    ``p_dif`` is the standardised difference of mean scores, focal less reference, in shares of the
    item's maximum, weighted by focal pupils (Dorans & Kulick 1986; for several categories the
    standardised mean difference); ``p_dif_sd`` the same over the item's standard deviation among
    all pupils compared. ``chi_squared`` (1 df) has the continuity correction for binary items.
    ``class_`` is A, B, C, or empty where nothing could be compared; ``anchor`` tells whether the
    item stayed in the matching score.
    """

    item: str
    delta: float
    delta_se: float
    odds: float
    p_dif: float
    p_dif_sd: float
    chi_squared: float
    p: float
    class_: Grade
    anchor: bool
    reference_pupils: int
    focal_pupils: int


@dataclass(frozen=True)
class DifReport:
    """All items, in their order. ``rounds`` of purification were needed; ``stable`` tells whether
    the last one changed nothing; ``pooled`` pupils were matched by share of points.
    """

    reference: str
    focal: str
    items: tuple[ItemDif, ...]
    rounds: int
    stable: bool
    pooled: int


@one_blas_thread()
def mantel_haenszel(
    responses: Responses,
    pair: GroupPair,
    *,
    purify: Literal["", "C", "BC"] = "BC",
    matching: NDArray[np.bool_] | None = None,
) -> DifReport:
    """Mantel-Haenszel, Mantel and standardised differences for each item.

    ``purify`` names the classes that leave the matching score, again and again until nothing
    changes ("" keeps all). ``matching`` (items,) are the items allowed in it; all by default.
    Weights are scaled so that each group's sum is its effective number of pupils, (Σw)²/Σw².
    """
    if purify not in {"", "C", "BC"}:
        raise PsychometricsError(f'purify is {purify!r}: "BC", "C" or "" for none')
    tables = Tables.of(responses, pair)
    allowed = np.ones(len(responses.items), bool) if matching is None else matching
    if not allowed.any():
        raise PsychometricsError("no item is left to match pupils on")
    kept, seen = allowed.copy(), {allowed.tobytes()}
    for round_ in range(1, MAX_ROUNDS + 1):
        counts, _ = tables.counts(kept)
        found = [
            item_dif(name, table, anchor=bool(kept[j]))
            for j, (name, table) in enumerate(zip(responses.items, counts, strict=True))
        ]
        flagged = np.array([bool(one.class_) and one.class_ in purify for one in found])
        again = allowed & ~flagged
        if not again.any():
            raise EstimationError(
                f"purification would leave no item to match {pair.focal} and "
                f"{pair.reference} on: every item differs; match without purification"
            )
        stable = bool((again == kept).all())
        if stable or again.tobytes() in seen or round_ == MAX_ROUNDS:
            break
        seen.add(again.tobytes())
        kept = again
    names = (pair.reference, pair.focal)
    return DifReport(*names, tuple(found), round_, stable, tables.pooled(kept))


@dataclass(frozen=True)
class Tables:
    """The pupils compared, ready to be counted under any matching score."""

    codes: NDArray[np.uint8]
    member: NDArray[np.int8]
    weights: Floats | None
    maxima: NDArray[np.int64]
    found: Patterns
    sizes: tuple[int, int]

    @classmethod
    def of(cls, responses: Responses, pair: GroupPair) -> "Tables":
        member = pair.member
        if member.shape != (responses.pupils,):
            raise PsychometricsError(
                f"{member.size} memberships for {responses.pupils} pupils: give one for each"
            )
        used = member >= 0
        sizes = (int((member == 0).sum()), int((member == 1).sum()))
        for name, size in zip((pair.reference, pair.focal), sizes, strict=True):
            if not size:
                raise PsychometricsError(f"group {name!r} has no pupils to compare")
        chosen = responses if used.all() else responses.take(used)
        member = member[used]
        weights = None if chosen.weights is None else chosen.weights.copy()
        if weights is not None:
            for side in (0, 1):
                own = weights[member == side]
                total = own.sum()
                if not total > 0:
                    raise PsychometricsError(f"the weights of group {side} sum to 0")
                weights[member == side] *= total / (own @ own)
        return cls(
            chosen.codes,
            member,
            weights,
            chosen.categories - 1,
            patterns(chosen.codes),
            sizes,
        )

    def counts(self, kept: NDArray[np.bool_]) -> tuple[list[Floats], list[Floats]]:
        """By item, (strata, groups, categories) counts and the strata's scores (strata,).

        Matched on the kept items and the item itself.
        """
        whole, strata = self._count(kept, slice(None))
        counts = [whole[:, :, j, : self.maxima[j] + 1] for j in range(len(kept))]
        scores = [strata.score] * len(kept)
        for j in np.flatnonzero(~kept):
            with_item = kept.copy()
            with_item[j] = True
            own, strata = self._count(with_item, slice(j, j + 1))
            counts[j], scores[j] = own[:, :, 0, : self.maxima[j] + 1], strata.score
        return counts, scores

    def pooled(self, kept: NDArray[np.bool_]) -> int:
        """Pupils matched by their share of points, not by booklet and raw score."""
        return score_strata(self.codes, self.maxima, kept, self.found).pooled

    def _count(self, kept: NDArray[np.bool_], items: slice) -> tuple[Floats, Strata]:
        strata = score_strata(self.codes, self.maxima, kept, self.found)
        size = len(strata.score)
        cell = np.where(strata.of >= 0, strata.of * 2 + self.member, -1).astype(np.int32)
        codes = self.codes[:, items]
        top = int(self.maxima[items].max()) + 1
        counts = count_categories(codes, cell, 2 * size, top, self.weights)
        return counts.reshape(size, 2, codes.shape[1], top), strata


def item_dif(name: str, table: Floats, *, anchor: bool = True) -> ItemDif:
    """Effect sizes and tests from (strata, 2, categories) counts; the reference group first."""
    n = table.sum(axis=2)
    both = (n > 0).all(axis=1)
    kept = table[both]
    n_r, n_f = n[both].T
    k = np.arange(table.shape[2], dtype=np.float64)
    sum_r, sum_f = (kept[:, side] @ k for side in (0, 1))
    maximum = len(k) - 1
    used = (round(float(n_r.sum())), round(float(n_f.sum())))
    nan = float("nan")
    if not both.any():
        return ItemDif(name, nan, nan, nan, nan, nan, nan, nan, "", anchor, *used)
    smd = float(n_f @ (sum_f / n_f - sum_r / n_r) / n_f.sum())
    total = kept.sum(axis=(0, 1))
    spread = float(np.sqrt(max(total @ k**2 / total.sum() - (total @ k / total.sum()) ** 2, 0)))
    chi_squared = _mantel(kept, n_r, n_f, k, correction=0.5 if maximum == 1 else 0.0)
    p = float(stats.chi2.sf(chi_squared, 1))
    odds, log_se = _odds(kept, n_r + n_f) if maximum == 1 else (nan, nan)
    delta = -2.35 * float(np.log(odds)) if odds > 0 else nan
    delta_se = 2.35 * log_se
    effect = smd / spread if spread > 0 else nan
    class_ = ets_class(delta, delta_se, p) if maximum == 1 else naep_class(effect, p)
    share = smd / maximum
    return ItemDif(
        name, delta, delta_se, odds, share, effect, chi_squared, p, class_, anchor, *used
    )


def _mantel(kept: Floats, n_r: Floats, n_f: Floats, k: Floats, *, correction: float) -> float:
    """Mantel (1963): focal sums against their hypergeometric means, (|ΣF - ΣE| - c)²/ΣVar."""
    n = n_r + n_f
    sums = kept @ k
    total, squares = sums.sum(axis=1), (kept @ k**2).sum(axis=1)
    big = n > 1
    expected = n_f * total / n
    variance = np.zeros_like(n)
    variance[big] = (n_r * n_f * (n * squares - total**2))[big] / (n * n * (n - 1))[big]
    spread = float(variance.sum())
    if not spread > 0:
        return float("nan")
    away = abs(float((sums[:, 1] - expected).sum()))
    return max(away - correction, 0.0) ** 2 / spread


def _odds(kept: Floats, n: Floats) -> tuple[float, float]:
    """Mantel-Haenszel α and the standard error of ln α (Robins, Breslow & Greenland 1986)."""
    a, b = kept[:, 0, 1], kept[:, 0, 0]
    c, d = kept[:, 1, 1], kept[:, 1, 0]
    r, s = a * d / n, b * c / n
    r_sum, s_sum = float(r.sum()), float(s.sum())
    if not (r_sum > 0 and s_sum > 0):
        return float("nan"), float("nan")
    agree, differ = (a + d) / n, (b + c) / n
    variance = (
        float(agree @ r) / (2 * r_sum**2)
        + float(agree @ s + differ @ r) / (2 * r_sum * s_sum)
        + float(differ @ s) / (2 * s_sum**2)
    )
    return r_sum / s_sum, float(np.sqrt(variance))


def ets_class(delta: float, se: float, p: float, level: float = LEVEL) -> Grade:
    """ETS class of a binary item; ``p`` tests Δ = 0, and |Δ| > 1 is tested on one side."""
    if not np.isfinite(delta):
        return ""
    size = abs(delta)
    if size < 1 or not p < level:
        return "A"
    above = (size - 1) / se > float(stats.norm.ppf(1 - level))
    return "C" if size >= 1.5 and above else "B"


def naep_class(effect: float, p: float, level: float = LEVEL) -> Grade:
    """Class of a polytomous item by its standardised mean difference in SDs of the item."""
    if not np.isfinite(effect):
        return ""
    if abs(effect) <= 0.17 or not p < level:
        return "A"
    return "C" if abs(effect) > 0.25 else "B"
