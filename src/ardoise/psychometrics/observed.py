"""What was observed, in bands of ability: curves to lay beside the model's, and options chosen.

Each pupil counts in every band by the posterior weight there, the method of the pseudo-counts of
PISA, PIAAC and TIMSS: no pupil has to be placed by an estimate, and missing items need no rule.
The root mean squared distance weighs bands by the pupils in them (RMSD; OECD, *PISA 2018
Technical Report*, ch. 9).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.calibrated import Calibration
from ardoise.psychometrics.distractors import Options
from ardoise.psychometrics.planes import Layout, batches_of, expectation
from ardoise.psychometrics.responses import OMITTED, Responses
from ardoise.psychometrics.threads import blocks, one_blas_thread

Floats = NDArray[np.float64]
BANDS = 15
FIFTHS = 5
_REACH = 3.0
_FEWEST = 5.0
"""Pupils in a band at least, for it to be drawn."""
_Z = 1.959963984540054


@dataclass(frozen=True)
class ObservedCurve:
    """One item in bands of θ, arrays (bands,). Shares are of the item's maximum score.

    ``low`` and ``high``: Wilson's 95 % interval, for scores above 1 as if the share were one of
    rights and wrongs, which is the widest it can be. ``distance``: RMSD over the whole grid.
    """

    item: str
    theta: Floats
    observed: Floats
    expected: Floats
    low: Floats
    high: Floats
    pupils: Floats
    distance: float


@one_blas_thread()
def observed_curves(
    responses: Responses, calibration: Calibration, *, threads: int = 1
) -> tuple[ObservedCurve, ...]:
    """Curves of the calibrated items, from one pass over the pupils."""
    responses = calibration.responses(responses)
    batches = batches_of(calibration.items)
    weights = responses.weights
    scaled = None if weights is None else weights / weights[weights > 0].mean()
    layout = Layout(responses, batches, scaled, len(calibration.groups))
    theta = calibration.grid.theta
    log_prior = calibration.grid.log_normal(calibration.means, calibration.sds)
    parameters = [batch.parameters for batch in batches]
    found = expectation(layout, parameters, log_prior, theta, threads=threads)
    curves: dict[int, ObservedCurve] = {}
    for batch, counts in zip(batches, found.counts, strict=True):
        for row, j in enumerate(batch.items):
            curves[int(j)] = _curve(calibration, int(j), counts[row])
    return tuple(curves[j] for j in sorted(curves))


def _curve(calibration: Calibration, j: int, counts: Floats) -> ObservedCurve:
    """``counts``: (categories, nodes), expected numbers of pupils."""
    item, theta = calibration.items[j], calibration.grid.theta
    top = item.categories - 1
    pupils = counts.sum(axis=0)
    points = np.arange(top + 1) @ counts / top
    model = item.expected(theta) / top
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.where(pupils > 0, points / pupils - model, 0.0)
        distance = float(np.sqrt(pupils @ away**2 / pupils.sum()))
    rows = list(_bands(theta, pupils, points, model))
    mean, share, expected, low, high, n = np.array(rows).reshape(-1, 6).T
    return ObservedCurve(item.name, mean, share, expected, low, high, n, distance)


def _bands(theta: Floats, pupils: Floats, points: Floats, model: Floats) -> Iterator[list[float]]:
    edges = np.linspace(-_REACH, _REACH, BANDS + 1)
    place = np.digitize(theta, edges)
    for band in range(BANDS + 2):
        mine = place == band
        n = float(pupils[mine].sum())
        if n < _FEWEST:
            continue
        share = float(points[mine].sum()) / n
        centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * np.sqrt(max(share * (1 - share), 0) / n + (_Z / 2 / n) ** 2)
        yield [
            float(theta[mine] @ pupils[mine]) / n,
            share,
            float(model[mine] @ pupils[mine]) / n,
            min(max(centre - half, 0.0), share),
            max(min(centre + half, 1.0), share),
            n,
        ]


def option_fifths(options: Options, theta: Floats, weights: Floats | None) -> Floats:
    """Weight of each option's takers by fifths of the pupils, (items, 256, 5).

    Fifths are of all pupils by ``theta`` (pupils,), unweighted; ties go to the lower fifth.
    """
    inner = np.quantile(theta, [0.2, 0.4, 0.6, 0.8])
    fifth = np.searchsorted(inner, theta, side="left")
    k = len(options.items)
    sums = np.zeros(k * 256 * FIFTHS)
    offsets = np.arange(k) * 256
    for rows in blocks(0, len(theta)):
        chosen = (options.codes[rows] + offsets) * FIFTHS + fifth[rows, None]
        w = None if weights is None else np.repeat(weights[rows], k)
        sums += np.bincount(chosen.ravel(), w, len(sums))
    table: Floats = sums.reshape(k, 256, FIFTHS)
    table[:, OMITTED:] = 0.0
    return table
