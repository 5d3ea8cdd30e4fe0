"""Item fit by residuals: infit and outfit (Wright & Masters 1982), Q3 (Yen 1984).

For pupil i and item j with score x, expectation E and variance V at the pupil's ability,

    outfit_j = Σ w (x - E)²/V / Σ w        infit_j = Σ w (x - E)² / Σ w V

over the pupils who observed the item. Both depend on the abilities that are put in: with EAP
they agree with R's mirt; shrunken abilities pull both a little below 1, Warm's the other way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics import families
from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.responses import MISSING, Responses
from ardoise.psychometrics.threads import blocks, one_blas_thread

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ItemFit:
    """Mean squares for each item, expected to be near 1; ``z`` by Wilson and Hilferty's cube root.

    At a year group's size every z is large: read the mean squares, and z only for small samples.
    """

    items: tuple[str, ...]
    pupils: NDArray[np.int64]
    infit: Floats
    infit_z: Floats
    outfit: Floats
    outfit_z: Floats


@dataclass(frozen=True)
class Dependence:
    """Residual correlations (items, items), NaN where a pair was never observed together.

    ``corrected`` is Q3* = Q3 less its mean over pairs (Christensen, Makransky & Horton 2017);
    pairs above about 0.2 deserve a look. ``together`` is the weight of those
    who observed both. ``ranked`` lists pairs by Q3*, highest first.
    """

    items: tuple[str, ...]
    q3: Floats
    corrected: Floats
    mean: float
    ranked: tuple[tuple[str, str, float], ...]
    together: Floats


@one_blas_thread()
def item_fit(responses: Responses, items: Sequence[ItemParameters], theta: Floats) -> ItemFit:
    """Infit and outfit of each item at the abilities (pupils,), in one pass."""
    check_items(responses, items)
    check_abilities(responses, theta)
    sums = np.zeros((6, len(items)))
    simple = [j for j, item in enumerate(items) if item.model in ("1PL", "2PL")]
    other = [j for j in range(len(items)) if j not in set(simple)]
    slopes = np.array([items[j].slope for j in simple])
    intercepts = np.array([items[j].intercepts[0] for j in simple])
    counts = np.zeros(len(items), np.int64)
    for rows in blocks(0, len(theta)):
        codes, here = responses.codes[rows], theta[rows]
        w = np.ones(len(here)) if responses.weights is None else responses.weights[rows]
        counts += (codes != MISSING).sum(axis=0)
        if simple:
            block = codes if len(simple) == len(items) else codes[:, simple]
            sums[:, simple] += _logistic_sums(block, here, w, slopes, intercepts)
        for j in other:
            sums[:, j] += _category_sums(codes[:, j], here, w, items[j])
    return _item_fit(tuple(item.name for item in items), counts, sums)


def _logistic_sums(
    codes: NDArray[np.uint8], theta: Floats, w: Floats, slopes: Floats, intercepts: Floats
) -> Floats:
    """Sums for two-parameter items.

    An unseen answer goes through the formulas with sign 0, where z² = 1, |x - P| = ½ and V = ¼;
    what it adds is then taken off again: cheaper than masking every plane.
    """
    eta = np.multiply.outer(theta, slopes)
    eta += intercepts
    eta *= answer_signs(codes)
    z2, away, variance = logistic_parts(eta)
    with np.errstate(divide="ignore", over="ignore"):
        inverse = 1.0 / variance
    unseen = (codes == MISSING).astype(np.float64)
    w2 = w * w
    none, none2 = w @ unseen, w2 @ unseen
    count, count2 = w.sum() - none, w2.sum() - none2
    spread, spread2 = w @ variance - none / 4, w2 @ variance - none2 / 4
    away *= away
    variance *= variance
    # E[(x-E)⁴] = V(1 - 3V), so Σ(C/V² - 1) = Σ1/V - 4 and Σ(C - V²) = ΣV - 4V².
    return np.stack(
        [
            count,
            w @ z2 - none,
            w @ away - none / 4,
            spread,
            w2 @ inverse - 4 * none2 - 4 * count2,
            spread2 - 4 * (w2 @ variance - none2 / 16),
        ]
    )


def answer_signs(codes: NDArray[np.uint8]) -> NDArray[np.int8]:
    """1 for a wrong answer, -1 for a right one, 0 for none, of binary items."""
    signs: NDArray[np.int8] = (codes == 0).view(np.int8) - (codes == 1).view(np.int8)
    return signs


def logistic_parts(signed: Floats) -> tuple[Floats, Floats, Floats]:
    """(x - P)²/V, |x - P| and V of two-parameter answers; nothing overflows but the first.

    ``signed`` is aθ + d for a wrong answer and its opposite for a right one: the squared
    standardised residual is exactly its exponential, and V = t/(1 + t)² with t = exp(-|signed|).
    """
    t = np.exp(-np.abs(signed))
    share = 1.0 / (1.0 + t)
    unlikely = signed > 0
    with np.errstate(over="ignore", divide="ignore"):
        z2 = np.where(unlikely, 1.0 / t, t)
    return z2, np.where(unlikely, 1.0, t) * share, t * share * share


def _category_sums(
    codes: NDArray[np.uint8], theta: Floats, w: Floats, item: ItemParameters
) -> Floats:
    seen = codes != MISSING
    x = np.where(seen, codes, 0).astype(np.float64)
    weights = w * seen
    p = np.exp(families.log_probabilities(item.family, item.vector[None], theta)[0])
    k = np.arange(len(p), dtype=np.float64)
    mean = k @ p
    away = (k[:, None] - mean) ** 2
    p *= away
    variance = p.sum(axis=0)
    p *= away
    fourth = p.sum(axis=0)
    residual = (x - mean) ** 2
    square = variance * variance
    w2 = weights * weights
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z2 = np.where(seen, residual / variance, 0.0)
        kurtosis = np.where(seen, fourth / square, 0.0)
    count2 = float(w2.sum())
    return np.array(
        [
            weights.sum(),
            weights @ z2,
            weights @ residual,
            weights @ variance,
            w2 @ kurtosis - count2,
            w2 @ fourth - w2 @ square,
        ]
    )


def _item_fit(names: tuple[str, ...], counts: NDArray[np.int64], sums: Floats) -> ItemFit:
    seen, z2, residual, variance, outfit_spread, infit_spread = np.where(counts, sums, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        outfit, infit = z2 / seen, residual / variance
        return ItemFit(
            names,
            counts,
            infit,
            cube_root_z(infit, np.sqrt(np.maximum(infit_spread, 0)) / variance),
            outfit,
            cube_root_z(outfit, np.sqrt(np.maximum(outfit_spread, 0)) / seen),
        )


def cube_root_z(mean_square: Floats, spread: Floats) -> Floats:
    """(MS^⅓ - 1)·3/q + q/3, the standardised mean square of Wright & Masters (1982, p. 100)."""
    return (np.cbrt(mean_square) - 1) * 3 / spread + spread / 3


@one_blas_thread()
def dependence(responses: Responses, items: Sequence[ItemParameters], theta: Floats) -> Dependence:
    """Q3 and Q3* of all pairs, each from the pupils who observed both items."""
    check_items(responses, items)
    check_abilities(responses, theta)
    k = len(items)
    rr, r, r2, n = (np.zeros((k, k)) for _ in range(4))
    for rows in blocks(0, len(theta)):
        residual, seen = residuals(responses.codes[rows], items, theta[rows])
        w = None if responses.weights is None else responses.weights[rows][:, None]
        weighted = residual if w is None else residual * w
        rr += residual.T @ weighted
        if seen.all():
            r += weighted.sum(axis=0)[:, None]
            r2 += (residual * weighted).sum(axis=0)[:, None]
            n += float(len(seen) if w is None else w.sum())
            continue
        o = seen.astype(np.float64)
        r += weighted.T @ o
        r2 += (residual * weighted).T @ o
        n += o.T @ (o if w is None else o * w)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = r / n
        variance = r2 / n - mean**2
        q3 = (rr / n - mean * mean.T) / np.sqrt(variance * variance.T)
    upper = np.triu_indices(k, 1)
    q3 = np.where(np.eye(k, dtype=bool), 1.0, q3)
    average = float(np.nanmean(q3[upper])) if np.isfinite(q3[upper]).any() else float("nan")
    return _ranked(tuple(item.name for item in items), q3, average, n)


def _ranked(names: tuple[str, ...], q3: Floats, average: float, together: Floats) -> Dependence:
    corrected = q3 - average
    np.fill_diagonal(corrected, np.nan)
    rows, columns = np.triu_indices(len(names), 1)
    values = corrected[rows, columns]
    order = [i for i in np.argsort(-values, kind="stable") if np.isfinite(values[i])]
    ranked = tuple((names[rows[i]], names[columns[i]], float(values[i])) for i in order)
    return Dependence(names, q3, corrected, average, ranked, together)


def residuals(
    codes: NDArray[np.uint8], items: Sequence[ItemParameters], theta: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """(n, items) score less expectation, 0 where not observed; and what was observed."""
    seen = codes != MISSING
    expected = np.empty(codes.shape)
    binary = [j for j, item in enumerate(items) if item.model in ("1PL", "2PL")]
    if binary:
        eta = np.multiply.outer(theta, np.array([-items[j].slope for j in binary]))
        eta -= np.array([items[j].intercepts[0] for j in binary])
        with np.errstate(over="ignore"):
            expected[:, binary] = 1 / (1 + np.exp(eta))
    for j, item in enumerate(items):
        if item.model not in ("1PL", "2PL"):
            expected[:, j] = item.expected(theta)
    return np.where(seen, codes - expected, 0.0), seen


def check_items(responses: Responses, items: Sequence[ItemParameters]) -> None:
    """Raise unless the parameters are those of the responses' items, in order and in size."""
    names = tuple(item.name for item in items)
    if names != responses.items:
        odd = sorted(set(names) ^ set(responses.items))
        what = f"these are only on one side: {', '.join(odd[:5])}" if odd else "the order differs"
        raise PsychometricsError(
            f"parameters and responses do not list the same items ({what}); "
            "use responses.select(...) to bring them together"
        )
    for item, categories in zip(items, responses.categories, strict=True):
        if item.categories < categories:
            raise PsychometricsError(
                f"item {item.name}: {item.categories} categories in its parameters, {categories} "
                "in the responses; calibrate and score with the same coding"
            )


def check_abilities(responses: Responses, theta: Floats) -> None:
    """Raise unless there is one finite ability for each pupil."""
    if theta.shape != (len(responses.codes),):
        raise PsychometricsError(
            f"{theta.size} abilities for {len(responses.codes)} pupils: give one for each"
        )
    if not np.isfinite(theta).all():
        first = int(np.flatnonzero(~np.isfinite(theta))[0])
        raise PsychometricsError(
            f"the ability of pupil {first} (counting from 0) is not a number; "
            "leave out pupils who observed nothing with responses.take(rows)"
        )
