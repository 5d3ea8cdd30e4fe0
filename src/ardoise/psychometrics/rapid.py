"""Rapid guessing: answers given faster than the question can be read.

A threshold by item separates rapid guesses from solution behaviour; what is below it says nothing
about ability (Wise & Kong 2005; Schnipke & Scrams 1997).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.responses import MISSING, Responses
from ardoise.psychometrics.threads import blocks

NORMATIVE_SHARE = 0.10
NORMATIVE_LIMIT = 10.0
SEPARATION = 2.0
SMALLEST_SHARE = 0.01
BINS = 240
STEPS = 500
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ResponseTimes:
    """``seconds`` (pupils, items) float32 spent on each item, NaN where unknown."""

    items: tuple[str, ...]
    seconds: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.seconds.ndim != 2 or self.seconds.shape[1] != len(self.items):
            raise PsychometricsError(
                f"seconds are {self.seconds.shape}; {len(self.items)} items were named"
            )
        for rows in blocks(0, len(self.seconds)):
            wrong = self.seconds[rows] < 0
            if wrong.any():
                row, j = np.argwhere(wrong)[0]
                raise PsychometricsError(
                    f"item {self.items[j]!r}, row {rows.start + row + 1}: a time below 0"
                )


@dataclass(frozen=True)
class Thresholds:
    """``seconds`` (items,): faster answers are rapid; NaN where the method finds no threshold."""

    items: tuple[str, ...]
    seconds: Floats
    method: str


@dataclass(frozen=True)
class TwoSpeeds:
    """Two lognormal speeds of an item: log-means, log-SDs and the share of the fast one.

    ``separation`` is Ashman's D, |μ1 - μ2|·√2/√(σ1² + σ2²): above 2, the modes are apart.
    ``threshold`` in seconds is where the two densities (times their shares) cross between the
    means; NaN if the modes are not apart or the fast share is below 1 %.
    """

    item: str
    fast: tuple[float, float]
    slow: tuple[float, float]
    share: float
    separation: float
    threshold: float


def normative(
    times: ResponseTimes, share: float = NORMATIVE_SHARE, limit: float = NORMATIVE_LIMIT
) -> Thresholds:
    """``share`` of the item's mean time, at most ``limit`` seconds: NT10 (Wise & Ma 2012)."""
    if not 0 < share < 1:
        raise PsychometricsError(f"the share is {share}: a number between 0 and 1, such as 0.1")
    sums, counts = np.zeros(len(times.items)), np.zeros(len(times.items))
    for rows in blocks(0, len(times.seconds)):
        block = times.seconds[rows]
        sums += np.nansum(block, axis=0, dtype=np.float64)
        counts += np.isfinite(block).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        seconds = np.minimum(share * sums / counts, limit)
    return Thresholds(times.items, seconds, f"normative {share:.0%}, at most {limit:g} s")


def common(times: ResponseTimes, seconds: float = 3.0) -> Thresholds:
    """The same threshold for every item (3 s: Kong, Wise & Bhola 2007)."""
    if not seconds > 0:
        raise PsychometricsError(f"the threshold is {seconds} seconds: it must be above 0")
    return Thresholds(times.items, np.full(len(times.items), float(seconds)), f"{seconds:g} s")


def mixture(times: ResponseTimes) -> tuple[Thresholds, tuple[TwoSpeeds, ...]]:
    """Where the two modes of an item's log-times cross (Schnipke & Scrams 1997).

    Fitted by EM on a histogram of log-times, so the cost does not grow with pupils. Items with one
    mode have no threshold: NaN, and the fit tells why.
    """
    speeds = tuple(two_speeds(name, times.seconds[:, j]) for j, name in enumerate(times.items))
    seconds = np.array([one.threshold for one in speeds])
    return Thresholds(times.items, seconds, "two lognormal speeds"), speeds


def two_speeds(item: str, seconds: NDArray[np.float32]) -> TwoSpeeds:
    """The mixture of one item's times."""
    known = seconds[np.isfinite(seconds) & (seconds > 0)]
    nan = float("nan")
    if len(known) < 50:
        return TwoSpeeds(item, (nan, nan), (nan, nan), nan, nan, nan)
    logs = np.log(known.astype(np.float64))
    low, high = (float(np.quantile(logs, q)) for q in (0.0005, 0.9995))
    if not high > low:
        return TwoSpeeds(item, (nan, nan), (nan, nan), nan, nan, nan)
    counts, edges = np.histogram(np.clip(logs, low, high), BINS, (low, high))
    x, w = (edges[:-1] + edges[1:]) / 2, counts / counts.sum()
    width = (high - low) / BINS
    best: tuple[float, Floats] | None = None
    for split in (0.05, 0.15, 0.3, 0.5):
        loglik, found = _two_normals(x, w, split, width)
        if best is None or loglik > best[0]:
            best = (loglik, found)
    m1, s1, m2, s2, share = (best[1] if best is not None else np.full(5, nan)).tolist()
    if m1 > m2:
        m1, s1, m2, s2, share = m2, s2, m1, s1, 1 - share
    separation = float((m2 - m1) * np.sqrt(2 / (s1**2 + s2**2)))
    apart = separation > SEPARATION and share >= SMALLEST_SHARE
    threshold = float(np.exp(_crossing(m1, s1, m2, s2, share))) if apart else nan
    return TwoSpeeds(
        item,
        (m1, s1),
        (m2, s2),
        share,
        separation,
        threshold,
    )


def _two_normals(x: Floats, w: Floats, split: float, width: float) -> tuple[float, Floats]:
    """EM from a split of the histogram at a quantile; SDs no narrower than a bin."""
    left = np.cumsum(w) <= split
    left[0] = True
    r = np.where(left, 0.95, 0.05)
    loglik, at = -np.inf, np.zeros(5)
    for _ in range(STEPS):
        a, b = w * r, w * (1 - r)
        share = float(a.sum())
        m1, m2 = a @ x / share, b @ x / (1 - share)
        s1 = max(float(np.sqrt(a @ (x - m1) ** 2 / share)), width)
        s2 = max(float(np.sqrt(b @ (x - m2) ** 2 / (1 - share))), width)
        at = np.array([m1, s1, m2, s2, share])
        f1 = np.log(share) - np.log(s1) - 0.5 * ((x - m1) / s1) ** 2
        f2 = np.log1p(-share) - np.log(s2) - 0.5 * ((x - m2) / s2) ** 2
        both = np.logaddexp(f1, f2)
        r = np.exp(f1 - both)
        before, loglik = loglik, float(w @ both)
        if loglik - before < 1e-10 or not 1e-6 < r @ w < 1 - 1e-6:
            break
    return loglik, at


def _crossing(m1: float, s1: float, m2: float, s2: float, share: float) -> float:
    """Between the means, where fast and slow are equally likely; the lowest density otherwise."""
    x = np.linspace(m1, m2, 2001)
    f1 = np.log(share) - np.log(s1) - 0.5 * ((x - m1) / s1) ** 2
    f2 = np.log1p(-share) - np.log(s2) - 0.5 * ((x - m2) / s2) ** 2
    below = np.flatnonzero(f1 < f2)
    return float(x[below[0]] if len(below) else m2)


@dataclass(frozen=True)
class Effort:
    """``effort`` (pupils,) is response-time effort: the share of answered items with solution
    behaviour (Wise & Kong 2005), NaN where no time is known. ``rapid`` (items,) is the share of
    rapid answers, ``rapid_mean`` and ``solution_mean`` the mean share of points of either kind:
    rapid answers should score as chance does, or the threshold is too high.
    """

    items: tuple[str, ...]
    effort: Floats
    rapid: Floats
    rapid_mean: Floats
    solution_mean: Floats


def effort(responses: Responses, times: ResponseTimes, thresholds: Thresholds) -> Effort:
    """Response-time effort of pupils, and what rapid answers are worth by item."""
    limits = _limits(responses, times, thresholds)
    k = len(responses.items)
    maxima = responses.categories - 1
    found = np.empty(responses.pupils)
    sums = np.zeros((4, k))
    for rows in blocks(0, responses.pupils):
        codes, seconds = responses.codes[rows], times.seconds[rows]
        w = np.ones(len(codes)) if responses.weights is None else responses.weights[rows]
        known = (codes != MISSING) & np.isfinite(seconds)
        fast = known & (seconds < limits)
        points = np.where(known, codes, 0) / maxima
        count = known.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            found[rows] = 1 - fast.sum(axis=1) / count
        sums += np.stack([w @ known, w @ fast, w @ (points * fast), w @ points])
    seen, fast_sum, fast_points, all_points = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        return Effort(
            responses.items,
            found,
            fast_sum / seen,
            fast_points / fast_sum,
            (all_points - fast_points) / (seen - fast_sum),
        )


def effort_moderated(
    responses: Responses, times: ResponseTimes, thresholds: Thresholds
) -> Responses:
    """Responses in which rapid guesses count as not observed.

    Equivalent to the effort-moderated model (Wise & DeMars 2006), in which a rapid guess is
    right with a probability that does not depend on ability.
    """
    limits = _limits(responses, times, thresholds)
    codes = responses.codes.copy()
    for rows in blocks(0, responses.pupils):
        codes[rows][times.seconds[rows] < limits] = MISSING
    return replace(responses, codes=codes)


def _limits(responses: Responses, times: ResponseTimes, thresholds: Thresholds) -> Floats:
    if times.items != responses.items or thresholds.items != responses.items:
        raise PsychometricsError("responses, times and thresholds must list the same items")
    if len(times.seconds) != responses.pupils:
        raise PsychometricsError(
            f"times of {len(times.seconds)} pupils, responses of {responses.pupils}"
        )
    return np.where(np.isfinite(thresholds.seconds), thresholds.seconds, -np.inf)
