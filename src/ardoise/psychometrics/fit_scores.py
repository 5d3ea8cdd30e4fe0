"""S-X²: observed against expected answers at each raw score.

Orlando & Thissen (2000), for several categories Kang & Chen (2008). Where items are missing by
design, every pattern of observed items (a booklet) is a test with raw scores of its own: its table
is made from its own pupils, and the tables of all patterns and groups add up.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ardoise.psychometrics.calibrated import Calibration
from ardoise.psychometrics.fit import check_items
from ardoise.psychometrics.information import score_distribution, without_each
from ardoise.psychometrics.models import COMMON_SLOPE, ItemParameters
from ardoise.psychometrics.patterns import patterns
from ardoise.psychometrics.responses import Responses
from ardoise.psychometrics.strata import SMALLEST_PATTERN, count_categories, raw_scores
from ardoise.psychometrics.threads import one_blas_thread

MINIMUM_EXPECTED = 1.0
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ScoreFit:
    """S-X² by item, with degrees of freedom, p and RMSEA = √(max(0, X²/df - 1)/(n - 1)).

    ``pupils`` (items,) went into the tables; ``left_out`` counts pupils whose pattern of observed
    items was too rare to be one. p is NaN where no degrees of freedom are left. At a year group's
    size read the RMSEA: every p is near 0.
    """

    items: tuple[str, ...]
    statistic: Floats
    df: NDArray[np.int64]
    p: Floats
    rmsea: Floats
    pupils: NDArray[np.int64]
    left_out: int


@one_blas_thread()
def score_fit(
    responses: Responses,
    calibration: Calibration,
    *,
    minimum: float = MINIMUM_EXPECTED,
    smallest: int = SMALLEST_PATTERN,
) -> ScoreFit:
    """S-X² of all items. Cells are joined until each expects at least ``minimum`` pupils.

    Degrees of freedom: cells less rows, less the item's free parameters (anchors have none; a
    common slope is counted with no item, as in mirt). Weights are scaled to a mean of 1.
    """
    responses = calibration.responses(responses)
    items = calibration.items
    check_items(responses, items)
    theta = calibration.grid.theta
    density = np.exp(calibration.grid.log_normal(calibration.means, calibration.sds))
    found = patterns(responses.codes)
    group = np.zeros(responses.pupils, np.int32)
    if responses.groups is not None:
        group = responses.groups
    weights = responses.weights
    if weights is not None:
        weights = weights * (len(weights) / weights.sum())
    cells: list[list[tuple[Floats, Floats]]] = [[] for _ in items]
    pupils = np.zeros(len(items), np.int64)
    used = 0
    curves = [item.probabilities(theta) for item in items]
    order = np.argsort(found.of, kind="stable").astype(np.int32)
    ends = np.cumsum(found.sizes)
    enough = np.flatnonzero(found.sizes >= (smallest if len(found.sizes) > 1 else 0))
    for pattern, observed in zip(enough, found.observed(enough), strict=True):
        rows = order[ends[pattern] - found.sizes[pattern] : ends[pattern]]
        columns = np.flatnonzero(observed)
        if len(columns) < 2:
            continue
        used += len(rows)
        whole = len(rows) == responses.pupils
        codes = responses.codes if whole else responses.codes[rows][:, columns]
        own = None if weights is None else weights[rows]
        chosen = [curves[j] for j in columns]
        scale = _ScoreScale(chosen, theta)
        for g in np.unique(group[rows]):
            mine = group[rows] == g
            seen = codes if mine.all() else codes[mine]
            w = own if own is None or mine.all() else own[mine]
            pupils[columns] += len(seen)
            for j, table in zip(columns, scale.tables(seen, w, density[g]), strict=True):
                cells[j].append(table)
    return _score_fit(calibration, items, cells, pupils, responses.pupils - used, minimum)


class _ScoreScale:
    """Score distributions of one booklet on the grid, with each item and without it."""

    def __init__(self, curves: list[Floats], theta: Floats) -> None:
        self.curves = curves
        self.full = score_distribution(curves)
        self.rest = without_each(curves)

    def tables(
        self, codes: NDArray[np.uint8], weights: Floats | None, density: Floats
    ) -> list[tuple[Floats, Floats]]:
        """Observed and expected (scores, categories) by item, scores 0 and maximum left out."""
        points = self.full.shape[1]
        top = np.array([p.shape[1] - 1 for p in self.curves])
        score = np.concatenate(
            [
                raw_scores(codes[start : start + 65_536], top).astype(np.int32)
                for start in range(0, len(codes), 65_536)
            ]
        )
        counts = count_categories(codes, score, points, int(top.max()) + 1, weights)
        at_score = density @ self.full
        found = []
        for j, (p, rest) in enumerate(zip(self.curves, self.rest, strict=True)):
            joint = np.zeros((points, p.shape[1]))
            for k in range(p.shape[1]):
                joint[k : k + rest.shape[1], k] = density @ (p[:, k : k + 1] * rest)
            observed = counts[:, j, : p.shape[1]]
            share = joint / np.maximum(at_score, 1e-300)[:, None]
            expected = share * observed.sum(axis=1, keepdims=True)
            found.append((observed[1:-1], expected[1:-1]))
        return found


def _score_fit(
    calibration: Calibration,
    items: tuple[ItemParameters, ...],
    cells: list[list[tuple[Floats, Floats]]],
    pupils: NDArray[np.int64],
    left_out: int,
    minimum: float,
) -> ScoreFit:
    statistic, df = np.zeros(len(items)), np.zeros(len(items), np.int64)
    for j, item in enumerate(items):
        for observed, expected in cells[j]:
            for o, e in joined_cells(observed, expected, minimum):
                statistic[j] += float(((o - e) ** 2 / e).sum())
                df[j] += len(e) - 1
        df[j] -= 0 if item.name in calibration.anchors else free_parameters(item)
    tested = df > 0
    statistic = np.where(tested, statistic, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(tested, stats.chi2.sf(statistic, np.maximum(df, 1)), np.nan)
        excess = np.maximum(statistic / np.maximum(df, 1) - 1, 0) / (pupils - 1)
    names = tuple(item.name for item in items)
    return ScoreFit(names, statistic, df, p, np.sqrt(excess), pupils, left_out)


def free_parameters(item: ItemParameters) -> int:
    """What calibration estimates for the item alone."""
    slope = 0 if item.model in COMMON_SLOPE else 1
    return slope + len(item.intercepts) + (item.model == "3PL")


def joined_cells(observed: Floats, expected: Floats, minimum: float) -> list[tuple[Floats, Floats]]:
    """Rows of cells that each expect at least ``minimum``.

    From the lowest score up, a score's sparse categories are joined with their neighbours; a score
    that is left with one cell is joined with the next score; what remains at the top is joined
    with the last row made.
    """
    rows: list[tuple[Floats, Floats]] = []
    o, e = np.zeros(observed.shape[1]), np.zeros(observed.shape[1])
    for o_row, e_row in zip(observed, expected, strict=True):
        o, e = o + o_row, e + e_row
        if len(_joined(o, e, minimum)[1]) > 1:
            rows.append((o, e))
            o, e = np.zeros_like(o), np.zeros_like(e)
    if e.sum() > 0 and rows:
        rows[-1] = (rows[-1][0] + o, rows[-1][1] + e)
    return [_joined(o, e, minimum) for o, e in rows]


def _joined(o: Floats, e: Floats, minimum: float) -> tuple[Floats, Floats]:
    """One score's categories, neighbours joined until each expects enough."""
    seen: list[float] = []
    due: list[float] = []
    sum_o = sum_e = 0.0
    for one_o, one_e in zip(o, e, strict=True):
        sum_o, sum_e = sum_o + one_o, sum_e + one_e
        if sum_e >= minimum:
            seen.append(sum_o)
            due.append(sum_e)
            sum_o = sum_e = 0.0
    if due:
        seen[-1] += sum_o
        due[-1] += sum_e
    return np.array(seen), np.array(due)
