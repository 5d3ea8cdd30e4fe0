"""Classical statistics of items and scores, in one pass over the pupils.

**Rules, stated once.** A code of MISSING was not observed and enters nothing. The *rest score* of
a pupil on an item is the share of the attainable points earned on the other items which that pupil
observed; where everybody observed everything, its correlation with the item is the usual item-rest
correlation, and under planned missing data a short booklet is not mistaken for a weak pupil. Alpha
is computed from the covariance matrix of the items, each covariance from the pupils who observed
both items. Items that nobody observed are left out of it; where two others were never observed
together it is undefined (NaN), as is every correlation with a constant. With weights, sums are
weighted, and standard errors use Kish's effective number of pupils, (Σw)²/Σw².
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.responses import MISSING, Responses
from ardoise.psychometrics.threads import BLOCK, one_blas_thread

SHARE_BINS = 20
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ItemStatistics:
    """Classical statistics, one entry for each item.

    ``pupils`` counts those who observed the item and ``weight`` sums their weights; ``mean`` is in
    points, ``facility`` its share of the item's maximum (the p-value of a binary item) with
    standard error ``facility_se``; ``rest_correlation`` and ``alpha_if_deleted`` as above.
    """

    items: tuple[str, ...]
    pupils: NDArray[np.int64]
    weight: Floats
    mean: Floats
    sd: Floats
    facility: Floats
    facility_se: Floats
    rest_correlation: Floats
    alpha_if_deleted: Floats


@dataclass(frozen=True)
class Alpha:
    """Coefficient alpha (Cronbach 1951) with its uncertainty.

    ``se`` is the large-sample standard error of van Zyl, Neudecker & Nel (2000); ``low`` and
    ``high`` bound Feldt's (1965) interval at ``confidence``; ``pupils`` is the effective number.
    """

    value: float
    se: float
    low: float
    high: float
    confidence: float
    pupils: float
    items: int


@dataclass(frozen=True)
class ScoreDistribution:
    """Scores of the pupils who observed at least one item.

    ``points[s]`` is the weight of pupils with raw score s; ``shares[b]`` the weight of those whose
    share of attainable points lies in the b-th of twenty equal intervals (the last one closed).
    ``mean`` and ``sd`` describe the raw score, ``share_mean`` and ``share_sd`` the share.
    """

    pupils: int
    points: Floats
    shares: Floats
    mean: float
    sd: float
    share_mean: float
    share_sd: float


@dataclass(frozen=True)
class Classical:
    """What :func:`classical` returns for one group of pupils, or for all of them."""

    group: str
    pupils: int
    items: ItemStatistics
    alpha: Alpha
    covariance: Floats
    scores: ScoreDistribution


@one_blas_thread()
def classical(
    responses: Responses, *, by_group: bool = True, confidence: float = 0.95
) -> tuple[Classical, ...]:
    """Item statistics, alpha and score distributions: all pupils first, then each group by name."""
    if not 0 < confidence < 1:
        raise PsychometricsError(f"confidence is {confidence}: give a share below 1, such as 0.95")
    maxima = responses.categories.astype(np.int64) - 1
    names = responses.group_names if by_group and responses.groups is not None else ()
    parts = [_Sums(maxima) for _ in range(max(1, len(names)))]
    for block in responses.blocks(BLOCK):
        if not names or block.groups is None:
            parts[0].add(block.codes, block.weights)
            continue
        for g in np.unique(block.groups):
            rows = block.groups == g
            weights = None if block.weights is None else block.weights[rows]
            parts[int(g)].add(block.codes[rows], weights)
    whole = parts[0] if len(parts) == 1 else _Sums.total(parts)
    found = [_statistics("", responses.items, whole, confidence)]
    found += [
        _statistics(name, responses.items, part, confidence)
        for name, part in zip(names, parts, strict=bool(names))
    ]
    return tuple(found)


def alpha_of(covariance: Floats, pupils: float, confidence: float = 0.95) -> Alpha:
    """Alpha of the items whose (k, k) covariance matrix is given, for this many pupils.

    Feldt's interval: (1 - alpha) / (1 - estimate) follows F(n-1, (n-1)(k-1)) inverted. The standard
    error is formula (21) of van Zyl, Neudecker & Nel, "On the distribution of the maximum
    likelihood estimator of Cronbach's alpha", Psychometrika 65 (2000).
    """
    k = covariance.shape[0]
    total, trace = float(covariance.sum()), float(np.trace(covariance))
    if k < 2 or not total > 0 or pupils < 2:
        nan = float("nan")
        return Alpha(nan, nan, nan, nan, confidence, pupils, k)
    value = k / (k - 1) * (1 - trace / total)
    squared = covariance @ covariance
    spread = total * (np.trace(squared) + trace**2) - 2 * trace * squared.sum()
    se = float(np.sqrt(2 * k**2 / ((k - 1) ** 2 * total**3) * spread / pupils))
    df1, df2 = pupils - 1, (pupils - 1) * (k - 1)
    tail = (1 - confidence) / 2
    low = 1 - (1 - value) * float(stats.f.ppf(1 - tail, df1, df2))
    high = 1 - (1 - value) * float(stats.f.ppf(tail, df1, df2))
    return Alpha(value, se, low, high, confidence, pupils, k)


def rest_shares(
    codes: NDArray[np.uint8], maxima: NDArray[np.int64], *, observed_only: bool = True
) -> Floats:
    """(n, items) rest scores of a block, NaN where the pupil observed no other item.

    They are NaN too where the item itself was not observed, unless ``observed_only`` is false.
    """
    observed = codes != MISSING
    points = np.where(observed, codes, 0).astype(np.float64)
    attainable = observed @ maxima.astype(np.float64)
    left = attainable[:, None] - observed * maxima
    valid = left > 0
    rest = (points.sum(axis=1)[:, None] - points) / np.where(valid, left, 1.0)
    return np.where(valid & observed if observed_only else valid, rest, np.nan)


@dataclass
class _Sums:
    """Running sums over pupils; everything the statistics need, and nothing per pupil."""

    maxima: NDArray[np.int64]
    pupils: int = 0
    weight: float = 0.0
    weight2: float = 0.0
    planes: dict[str, Floats] = field(default_factory=dict)

    def _accumulate(self, name: str, value: NDArray[Any]) -> None:
        if name in self.planes:
            self.planes[name] += value
        else:
            self.planes[name] = value.astype(np.float64)

    @staticmethod
    def total(parts: "list[_Sums]") -> "_Sums":
        whole = _Sums(parts[0].maxima)
        for part in parts:
            whole.pupils += part.pupils
            whole.weight += part.weight
            whole.weight2 += part.weight2
            for name, value in part.planes.items():
                whole._accumulate(name, value)
        return whole

    def add(self, codes: NDArray[np.uint8], weights: Floats | None) -> None:
        observed = codes != MISSING
        points = np.where(observed, codes, np.uint8(0))
        w = np.ones(len(codes)) if weights is None else weights
        self.pupils += len(codes)
        self.weight += float(w.sum())
        self.weight2 += float(w @ w)
        complete = bool(observed.all())
        self._pairs(points, observed, weights, complete)
        x = points.astype(np.float64)
        o = observed.astype(np.float64)
        total, attainable = x.sum(axis=1), o @ self.maxima.astype(np.float64)
        columns = _rest_columns(w, total, attainable, np.unique(self.maxima))
        self._accumulate("count", observed.sum(axis=0).astype(np.float64))
        if complete:
            self._accumulate("o", np.tile(columns.sum(axis=0), (len(self.maxima), 1)))
        else:
            self._accumulate("o", o.T @ columns)
        first = x.T @ columns
        second = first.copy()
        wide = np.flatnonzero(self.maxima > 1)
        if len(wide):
            second[wide] = (x[:, wide] ** 2).T @ columns
        self._accumulate("x", first)
        self._accumulate("x2", second)
        self._scores(total, attainable, w)

    def _pairs(
        self,
        points: NDArray[np.uint8],
        observed: NDArray[np.bool_],
        weights: Floats | None,
        complete: bool,
    ) -> None:
        """Sums over pupils of x_i x_j, x_i o_j and o_i o_j.

        Unweighted they are integers; float32 holds them exactly while a block's largest possible
        sum stays below 2^24, and is twice as fast.
        """
        small = len(points) * int(self.maxima.max()) ** 2 < 2**24
        kind: type[np.floating[Any]] = np.float32 if weights is None and small else np.float64
        x: NDArray[Any] = points.astype(kind)
        wx = x if weights is None else x * weights[:, None]
        self._accumulate("xx", x.T @ wx)
        if complete:
            shape = (len(self.maxima),) * 2
            weight = len(points) if weights is None else weights.sum()
            self._accumulate("xo", np.broadcast_to(wx.sum(axis=0)[:, None], shape))
            self._accumulate("oo", np.full(shape, float(weight)))
            return
        o: NDArray[Any] = observed.astype(kind)
        self._accumulate("xo", wx.T @ o)
        self._accumulate("oo", o.T @ (o if weights is None else o * weights[:, None]))

    def _scores(self, total: Floats, attainable: Floats, w: Floats) -> None:
        seen = attainable > 0
        size = int(self.maxima.sum()) + 1
        raw = total[seen].astype(np.int64)
        share = total[seen] / attainable[seen]
        bins = np.minimum((share * SHARE_BINS + 1e-9).astype(np.int64), SHARE_BINS - 1)
        self._accumulate("points", np.bincount(raw, w[seen], size))
        self._accumulate("shares", np.bincount(bins, w[seen], SHARE_BINS))
        moments = [seen.sum(), w[seen] @ share, w[seen] @ share**2]
        self._accumulate("moments", np.array(moments, dtype=np.float64))


def _rest_columns(
    w: Floats, total: Floats, attainable: Floats, maxima: NDArray[np.int64]
) -> Floats:
    """Pupil columns whose products with the item planes give all rest-score moments.

    With u = 1/(attainable - maximum), an item's rest score is (total - x)·u, so its moments and
    its product with x are combinations of sums of x^p·u^q·total^r: no (pupils, items) array of
    rest scores is ever made.
    """
    columns = [w, w * w]
    for maximum in maxima:
        left = attainable - maximum
        u = np.where(left > 0, 1 / np.where(left > 0, left, 1.0), 0.0)
        valid = np.where(left > 0, w, 0.0)
        tu = total * u
        columns += [valid, valid * tu, valid * tu**2, valid * u, valid * tu * u, valid * u**2]
    return np.stack(columns, axis=1)


def _statistics(group: str, items: tuple[str, ...], sums: _Sums, confidence: float) -> Classical:
    k = len(items)
    if not sums.pupils:
        sums.add(np.full((0, k), MISSING, np.uint8), None)
    o, x, x2 = (sums.planes[name] for name in ("o", "x", "x2"))
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = o[:, 0]
        mean = x[:, 0] / weight
        sd = np.sqrt(np.maximum(x2[:, 0] / weight - mean**2, 0.0))
        effective = weight**2 / o[:, 1]
        maxima = np.maximum(sums.maxima, 1)
        xx, xo, oo = (sums.planes[name] for name in ("xx", "xo", "oo"))
        covariance = xx / oo - (xo / oo) * (xo / oo).T
        pupils = sums.weight**2 / sums.weight2 if sums.weight2 > 0 else 0.0
        seen = np.flatnonzero(sums.planes["count"])
        among = covariance[np.ix_(seen, seen)]
        alpha_without = np.full(k, np.nan)
        alpha_without[seen] = _alpha_if_deleted(among)
        statistics = ItemStatistics(
            items=items,
            pupils=sums.planes["count"].astype(np.int64),
            weight=weight.copy(),
            mean=mean,
            sd=sd,
            facility=mean / maxima,
            facility_se=sd / maxima / np.sqrt(effective),
            rest_correlation=_rest_correlation(sums),
            alpha_if_deleted=alpha_without,
        )
    return Classical(
        group=group,
        pupils=sums.pupils,
        items=statistics,
        alpha=alpha_of(among, pupils, confidence),
        covariance=covariance,
        scores=_distribution(sums),
    )


def _rest_correlation(sums: _Sums) -> Floats:
    at = 2 + 6 * np.searchsorted(np.unique(sums.maxima), sums.maxima)
    rows = np.arange(len(at))

    def part(plane: str, column: int) -> Floats:
        return sums.planes[plane][rows, at + column]

    n, sx, sx2 = part("o", 0), part("x", 0), part("x2", 0)
    rest = part("o", 1) - part("x", 3)
    rest2 = part("o", 2) - 2 * part("x", 4) + part("x2", 5)
    product = part("x", 1) - part("x2", 3)
    var_x, var_r = sx2 / n - (sx / n) ** 2, rest2 / n - (rest / n) ** 2
    defined = (var_x > 1e-12) & (var_r > 1e-12)
    scale = np.sqrt(np.where(defined, var_x * var_r, np.nan))
    return (product / n - (sx / n) * (rest / n)) / scale


def _alpha_if_deleted(covariance: Floats) -> Floats:
    k = len(covariance)
    if k < 3:
        return np.full(k, np.nan)
    own = np.diag(covariance)
    total = covariance.sum() - 2 * covariance.sum(axis=1) + own
    if not np.isfinite(covariance).all():
        kept = ~np.eye(k, dtype=bool)
        total = np.array([covariance[np.ix_(row, row)].sum() for row in kept])
        trace = np.array([own[row].sum() for row in kept])
    else:
        trace = own.sum() - own
    return (k - 1) / (k - 2) * (1 - trace / np.where(total > 0, total, np.nan))


def _distribution(sums: _Sums) -> ScoreDistribution:
    points, shares = sums.planes["points"], sums.planes["shares"]
    seen, s1, s2 = sums.planes["moments"]
    weight = points.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        grid = np.arange(len(points))
        mean = points @ grid / weight
        sd = np.sqrt(max(points @ grid**2 / weight - mean**2, 0.0))
        share_mean = s1 / weight
        share_sd = np.sqrt(max(s2 / weight - share_mean**2, 0.0))
    return ScoreDistribution(
        int(seen), points, shares, float(mean), float(sd), float(share_mean), float(share_sd)
    )
