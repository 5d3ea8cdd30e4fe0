"""Answers counted in strata of pupils: what score-based fit and differential functioning rest on.

Under planned missing data a raw score means nothing without its booklet, so pupils are matched
within the pattern of items they observed. Patterns held by few pupils (a few scattered omissions)
are pooled by the share of points earned, cut into as many strata as there are points.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ardoise.psychometrics.patterns import Patterns, numbered
from ardoise.psychometrics.responses import MISSING
from ardoise.psychometrics.threads import STRIPE

Floats = NDArray[np.float64]
SMALLEST_PATTERN = 200
"""Patterns with fewer pupils have no strata of their own."""


@dataclass(frozen=True)
class Strata:
    """``of`` (pupils,) the stratum of each pupil, or -1 for those with no score; ``score``
    (strata,) the share of points that the stratum stands for; ``pooled`` counts the pupils matched
    by share instead of by booklet and raw score.
    """

    of: NDArray[np.int32]
    score: Floats
    pooled: int


def score_strata(
    codes: NDArray[np.uint8],
    maxima: NDArray[np.int64],
    matching: NDArray[np.bool_],
    found: Patterns,
    smallest: int = SMALLEST_PATTERN,
) -> Strata:
    """Strata by the score on the ``matching`` items (items,), within patterns of observed items.

    ``found`` are the patterns of these codes. Patterns that agree on the matching items share
    their strata.
    """
    joined, sizes, points = _joined(found, matching, maxima)
    own = (sizes >= smallest) & (points > 0)
    if not own.any() and len(points) == 1:
        own = points > 0
    starts = np.zeros(len(points), np.int64)
    starts[own] = np.cumsum(points[own] + 1) - (points[own] + 1)
    base = int((points[own] + 1).sum())
    pooled_points = int(maxima[matching].sum())
    of = np.empty(len(codes), np.int32)
    table = np.where(matching, maxima, 0)
    for start in range(0, len(codes), STRIPE):
        rows = slice(start, start + STRIPE)
        pattern = joined[found.of[rows]]
        raw = raw_scores(codes[rows], table)
        possible = points[pattern]
        share = raw / np.maximum(possible, 1)
        pooled = base + np.round(share * pooled_points).astype(np.int64)
        cell = np.where(own[pattern], starts[pattern] + raw, pooled)
        of[rows] = np.where(possible > 0, cell, -1)
    scores = [np.arange(p + 1) / p for p in points[own]]
    scores.append(np.arange(pooled_points + 1) / max(pooled_points, 1))
    beyond = of >= base
    return Strata(of, np.concatenate(scores), int(beyond.sum()))


def _joined(
    found: Patterns, matching: NDArray[np.bool_], maxima: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Patterns of the matching items: the one of each whole pattern, their sizes and points."""
    joined, first = np.arange(len(found.sizes), dtype=np.int32), np.arange(len(found.sizes))
    sizes = found.sizes
    if not matching.all():
        kept = np.zeros(found.bits.shape[1], np.uint8)
        bits = np.packbits(matching)
        kept[: len(bits)] = bits
        joined, first = numbered(found.bits & kept)
        sizes = np.bincount(joined, found.sizes).astype(np.int64)
    worth = np.where(matching, maxima, 0).astype(np.float32)
    points = np.empty(len(first), np.int64)
    for start in range(0, len(first), STRIPE):
        some = slice(start, start + STRIPE)
        points[some] = found.observed(first[some]).astype(np.float32) @ worth
    return joined, sizes, points


def raw_scores(codes: NDArray[np.uint8], maxima: NDArray[np.int64]) -> NDArray[np.int64]:
    counted = np.where(codes == MISSING, np.uint8(0), codes)
    total = counted.astype(np.float32) @ (maxima > 0).astype(np.float32)
    return np.asarray(total.astype(np.int64))


def count_categories(
    codes: NDArray[np.uint8],
    cell: NDArray[np.int32],
    cells: int,
    categories: int,
    weights: Floats | None = None,
) -> Floats:
    """(cells, items, categories): weight of the pupils of each cell with each score.

    Pupils of cell -1 are left out. One pass, in blocks; memory depends on the cells alone.
    """
    items = codes.shape[1]
    counts = np.zeros((categories, cells, items))
    for start in range(0, len(codes), STRIPE):
        rows = slice(start, start + STRIPE)
        block, place = codes[rows], cell[rows]
        w = (place >= 0).astype(np.float64)
        if weights is not None:
            w *= weights[rows]
        ends = np.arange(len(block) + 1)
        member = sparse.csc_array(
            (w, np.maximum(place, 0), ends), shape=(cells, len(block)), copy=False
        )
        for k in range(categories):
            counts[k] += member @ (block == k).astype(np.float64)
    return np.moveaxis(counts, 0, 2)
