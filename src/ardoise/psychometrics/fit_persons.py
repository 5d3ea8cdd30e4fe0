"""Person fit: which pupils' answers go against the model.

lz is the standardised log-likelihood of a pupil's answers (Drasgow, Levine & Williams 1985); its
variance is too small when the ability was estimated from the same answers. lz* corrects it
(Snijders 2001; for several categories Sinharay 2016): with r_ik = P'_ik/P_ik and

    c = Σ_i Σ_k P'_ik log P_ik / Σ_i Σ_k P'_ik r_ik,

the log P are replaced by log P - c·r. The correction holds for an ability that solves
r_0(θ) + Σ_i r_i(x_i) = 0: maximum likelihood, Warm's (WLE) and the posterior mode (MAP). r_0 is
read off the pupil's own answers, so no estimator need be named; an EAP is close to a MAP.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics import families
from ardoise.psychometrics.fit import (
    answer_signs,
    check_abilities,
    check_items,
    cube_root_z,
    logistic_parts,
)
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.responses import MISSING, Responses
from ardoise.psychometrics.threads import blocks, one_blas_thread

Floats = NDArray[np.float64]
FLOOR = 1e-300


@dataclass(frozen=True)
class PersonFit:
    """One entry for each pupil; NaN where nothing was observed.

    ``lz`` and ``lz_star`` are near standard normal under the model (``lz_star`` the nearer):
    below about -3, the answers go against it. ``infit`` and ``outfit`` are mean squares over the
    pupil's items, expected near 1, with their z by cube root.
    """

    observed: NDArray[np.int64]
    lz: Floats
    lz_star: Floats
    infit: Floats
    infit_z: Floats
    outfit: Floats
    outfit_z: Floats


@one_blas_thread()
def person_fit(responses: Responses, items: Sequence[ItemParameters], theta: Floats) -> PersonFit:
    """Person fit of all pupils at the abilities (pupils,)."""
    check_items(responses, items)
    check_abilities(responses, theta)
    bundles = _bundles(items)
    found = np.empty((7, responses.pupils))
    for rows in blocks(0, responses.pupils):
        found[:, rows] = _block(responses.codes[rows], bundles, theta[rows])
    observed, *rest = found
    return PersonFit(observed.astype(np.int64), *rest)


@dataclass(frozen=True)
class _Bundle:
    """Items of one family and number of categories, taken together."""

    family: families.Family
    columns: list[int]
    parameters: Floats


def _bundles(items: Sequence[ItemParameters]) -> list[_Bundle]:
    kinds = sorted({(item.family, item.categories) for item in items})
    found = []
    for kind in kinds:
        columns = [j for j, item in enumerate(items) if (item.family, item.categories) == kind]
        found.append(_Bundle(kind[0], columns, np.stack([items[j].vector for j in columns])))
    return found


def _block(codes: NDArray[np.uint8], bundles: list[_Bundle], theta: Floats) -> Floats:
    n = len(theta)
    sums = np.zeros((11, n))
    for bundle in bundles:
        x = codes[:, bundle.columns]
        simple = bundle.family == "partial" and bundle.parameters.shape[1] == 2
        sums += _logistic_sums(bundle, x, theta) if simple else _sums(bundle, x.T, theta)
    count, away, variance, cross, information, score, z2, residual, spread, q_out, q_in = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        lz = away / np.sqrt(variance)
        # With w = log P - c·r: Var w = Var log P - 2c·Cov(log P, r) + c²·Var r, c = Cov/Var r.
        c = cross / information
        reduced = variance - cross**2 / information
        # Snijders' numerator is Σ(log P - E) + c·r_0, and r_0 = -Σ r(x).
        lz_star = (away - c * score) / np.sqrt(reduced)
        lz_star = np.where(reduced > 1e-12 * variance, lz_star, np.nan)
        infit, outfit = residual / spread, z2 / count
        infit_z = cube_root_z(infit, np.sqrt(np.maximum(q_in, 0)) / spread)
        outfit_z = cube_root_z(outfit, np.sqrt(np.maximum(q_out, 0)) / count)
    return np.stack([count, lz, lz_star, infit, infit_z, outfit, outfit_z])


def _logistic_sums(bundle: _Bundle, x: NDArray[np.uint8], theta: Floats) -> Floats:
    """What :func:`_sums` gives, for two-parameter items; ``x`` is (n, items).

    With η = aθ + d: log P(x) less its mean is (x - P)η, its variance Vη²; (x - P)²/V is e^s with
    s = η for a wrong answer and -η for a right one.
    """
    slopes = bundle.parameters[:, 0]
    sign = answer_signs(x)
    eta: Floats = np.multiply.outer(theta, slopes)
    eta += bundle.parameters[:, 1]
    z2, away, variance = logistic_parts(eta * sign)
    away *= -sign
    with np.errstate(divide="ignore", over="ignore"):
        inverse = 1.0 / variance
    count = np.full(len(x), float(x.shape[1]))
    unseen = sign == 0
    none = unseen.sum(axis=1)
    if none.any():
        count -= none
        variance *= ~unseen
    weighted = variance * eta
    spread = variance.sum(axis=1)
    return np.stack(
        [
            count,
            np.einsum("ij,ij->i", away, eta),
            np.einsum("ij,ij->i", weighted, eta),
            weighted @ slopes,
            variance @ slopes**2,
            away @ slopes,
            z2.sum(axis=1) - none,
            np.einsum("ij,ij->i", away, away),
            spread,
            inverse.sum(axis=1) - 4 * none - 4 * count,
            spread - 4 * np.einsum("ij,ij->i", variance, variance),
        ]
    )


def _sums(bundle: _Bundle, x: NDArray[np.uint8], theta: Floats) -> Floats:
    """Sums over the bundle's items, (11, n); ``x`` is (items, n)."""
    p, slope, _ = families.theta_derivatives(bundle.family, bundle.parameters, theta)
    log_p = families.log_probabilities(bundle.family, bundle.parameters, theta)
    seen = x != MISSING
    at = np.where(seen, x, 0)[:, None, :].astype(np.intp)
    ratio = slope / np.maximum(p, FLOOR)
    k = np.arange(p.shape[1], dtype=np.float64)[:, None]
    mean_log = (p * log_p).sum(axis=1)
    mean = (p * k).sum(axis=1)
    centred = (k - mean[:, None]) ** 2
    variance = (p * centred).sum(axis=1)
    fourth = (p * centred**2).sum(axis=1)
    residual = (at[:, 0] - mean) ** 2
    positive = np.maximum(variance, FLOOR)
    parts = [
        np.ones_like(mean),
        np.take_along_axis(log_p, at, 1)[:, 0] - mean_log,
        (p * (log_p - mean_log[:, None]) ** 2).sum(axis=1),
        (slope * log_p).sum(axis=1),
        (slope * ratio).sum(axis=1),
        np.take_along_axis(ratio, at, 1)[:, 0],
        residual / positive,
        residual,
        variance,
        fourth / positive**2 - 1,
        fourth - variance**2,
    ]
    return np.stack([np.where(seen, part, 0.0).sum(axis=0) for part in parts])
