"""Differential item functioning by logistic regression (Swaminathan & Rogers 1990).

Three nested models of an item's score given the matching score m and the group g:

    1: m        2: m + g        3: m + g + m·g

Model 2 against 1 tests uniform, 3 against 2 non-uniform, 3 against 1 any DIF. Polytomous items
take the proportional-odds model (Zumbo 1999), of which the binary one is the first case. The
effect size is the gain in Nagelkerke's R², with the classes of Jodoin & Gierl (2001: .035, .070)
and of Zumbo & Thomas (1997: .13, .26). The models are fitted on counts by stratum and group, so
their cost does not depend on the number of pupils.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logit

from ardoise.psychometrics.dif import LEVEL, Grade, GroupPair, Tables
from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.responses import Responses
from ardoise.psychometrics.threads import one_blas_thread

STEPS = 50
TINY = 1e-300
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LogisticDif:
    """One item. ``delta`` is model 2's group effect on ETS's scale, 2.35·β: negative is against
    the focal group, as Mantel-Haenszel's. ``interaction`` is model 3's m·g effect, in logits over
    the whole range of the matching score. Gains are differences of Nagelkerke's R²; the
    chi-squareds are likelihood ratios with ``p_uniform`` (1 df), ``p_non_uniform`` (1 df) and
    ``p_any`` (2 df). Classes are A, B, C (empty: not estimable); they grade the gain of model 3
    over 1 and are A where it is not significant.
    """

    item: str
    gain: float
    gain_uniform: float
    gain_non_uniform: float
    delta: float
    interaction: float
    chi_uniform: float
    chi_non_uniform: float
    p_uniform: float
    p_non_uniform: float
    p_any: float
    jodoin_gierl: Grade
    zumbo_thomas: Grade


@one_blas_thread()
def logistic_dif(
    responses: Responses, pair: GroupPair, *, matching: NDArray[np.bool_] | None = None
) -> tuple[LogisticDif, ...]:
    """Logistic DIF of every item, matched on the items of ``matching`` (all by default).

    Hand in the anchors that Mantel-Haenszel's purification kept, to match on a clean score.
    """
    tables = Tables.of(responses, pair)
    kept = np.ones(len(responses.items), bool) if matching is None else matching
    if not kept.any():
        raise PsychometricsError("no item is left to match pupils on")
    counts, scores = tables.counts(kept)
    return tuple(
        item_logistic(name, table, score)
        for name, table, score in zip(responses.items, counts, scores, strict=True)
    )


def item_logistic(name: str, table: Floats, score: Floats) -> LogisticDif:
    """Logistic DIF from (strata, 2, categories) counts and the strata's ``score`` (strata,)."""
    cells = table.reshape(-1, table.shape[2])
    m = np.repeat(score, 2)
    g = np.tile([0.0, 1.0], len(score))
    used = cells.sum(axis=1) > 0
    cells, m, g = cells[used], m[used], g[used]
    cells = cells[:, cells.sum(axis=0) > 0]
    n = float(cells.sum())
    sides = [cells[g == side].sum() > 0 for side in (0, 1)]
    nan = float("nan")
    if cells.shape[1] < 2 or not all(sides) or np.ptp(m) == 0:
        return LogisticDif(name, *(nan,) * 10, "", "")
    m = m - float(cells.sum(axis=1) @ m / n)
    share = cells.sum(axis=0) / n
    null = float(n * (share @ np.log(share)))
    designs = (m[:, None], np.stack([m, g], 1), np.stack([m, g, m * g], 1))
    fits = [proportional_odds(cells, design) for design in designs]
    r2 = [nagelkerke(null, loglik, n) for loglik, _ in fits]
    uniform = max(2 * (fits[1][0] - fits[0][0]), 0.0)
    non_uniform = max(2 * (fits[2][0] - fits[1][0]), 0.0)
    p_any = float(stats.chi2.sf(uniform + non_uniform, 2))
    gain = r2[2] - r2[0]
    return LogisticDif(
        item=name,
        gain=gain,
        gain_uniform=r2[1] - r2[0],
        gain_non_uniform=r2[2] - r2[1],
        delta=2.35 * float(fits[1][1][-1]),
        interaction=float(fits[2][1][-1]),
        chi_uniform=uniform,
        chi_non_uniform=non_uniform,
        p_uniform=float(stats.chi2.sf(uniform, 1)),
        p_non_uniform=float(stats.chi2.sf(non_uniform, 1)),
        p_any=p_any,
        jodoin_gierl=gain_class(gain, p_any, (0.035, 0.070)),
        zumbo_thomas=gain_class(gain, p_any, (0.13, 0.26)),
    )


def gain_class(
    gain: float, p: float, limits: tuple[float, float], level: float = LEVEL
) -> Literal["A", "B", "C"]:
    """A below the first limit or not significant, C from the second on, B between."""
    if gain < limits[0] or not p < level:
        return "A"
    return "C" if gain >= limits[1] else "B"


def nagelkerke(null: float, fitted: float, n: float) -> float:
    """R² = (1 - exp(2(l0 - l1)/n)) / (1 - exp(2·l0/n)) (Nagelkerke 1991)."""
    return float(-np.expm1(2 * (null - fitted) / n) / -np.expm1(2 * null / n))


def proportional_odds(counts: Floats, design: Floats) -> tuple[float, Floats]:
    """Log-likelihood and effects (p,) of P(X ≥ k) = L(α_k + z·β), by Fisher scoring.

    ``counts`` (cells, K) weights of each score, ``design`` (cells, p). Steps are halved until the
    likelihood rises; where the answers separate (no finite maximum), the last point reached
    stands: its likelihood is the supremum to the last digits.
    """
    n = counts.sum(axis=1)
    above = np.cumsum(counts.sum(axis=0)[::-1])[::-1][1:] / n.sum()
    at = np.concatenate([logit(above), np.zeros(design.shape[1])])
    k = counts.shape[1] - 1
    loglik, gradient, information = _scored(counts, n, design, at, k)
    for _ in range(STEPS):
        size = np.trace(information) * 1e-14
        step = np.linalg.solve(information + size * np.eye(len(at)), gradient)
        scale = 1.0
        while scale > 1e-6:
            tried = at + scale * step
            new = _scored(counts, n, design, tried, k)
            if new[0] >= loglik:
                break
            scale /= 2
        else:
            break
        rise = new[0] - loglik
        at, (loglik, gradient, information) = tried, new
        if rise < 1e-10 * (1 + abs(loglik)) and np.abs(scale * step).max() < 1e-8:
            break
    return loglik, at[k:]


def _scored(
    counts: Floats, n: Floats, design: Floats, at: Floats, k: int
) -> tuple[float, Floats, Floats]:
    """Log-likelihood, score vector and expected information."""
    eta = at[:k] + (design @ at[k:])[:, None]
    if (np.diff(at[:k]) > 0).any():
        return -np.inf, np.empty(0), np.empty((0, 0))
    upper = expit(eta)
    slope = upper * expit(-eta)
    p = np.hstack([expit(-eta[:, :1]), upper[:, :-1] - upper[:, 1:], upper[:, -1:]])
    p = np.maximum(p, TINY)
    ratio = counts / p
    by_eta = slope * (ratio[:, 1:] - ratio[:, :-1])
    diagonal = n[:, None] * slope**2 * (1 / p[:, 1:] + 1 / p[:, :-1])
    beside = -n[:, None] * slope[:, 1:] * slope[:, :-1] / p[:, 1:-1]
    rows = diagonal.copy()
    rows[:, 1:] += beside
    rows[:, :-1] += beside
    size = len(at)
    information = np.zeros((size, size))
    information[np.arange(k), np.arange(k)] = diagonal.sum(axis=0)
    off = np.arange(k - 1)
    information[off, off + 1] = information[off + 1, off] = beside.sum(axis=0)
    information[:k, k:] = rows.T @ design
    information[k:, :k] = information[:k, k:].T
    information[k:, k:] = (design * rows.sum(axis=1)[:, None]).T @ design
    gradient = np.concatenate([by_eta.sum(axis=0), design.T @ by_eta.sum(axis=1)])
    return float((counts * np.log(p)).sum()), gradient, information
