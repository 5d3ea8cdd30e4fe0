"""Information, characteristic curves and conditional errors of items and tests.

Everything here is a function of item parameters and a grid of abilities; no pupil is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics import families
from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.models import ItemParameters

Floats = NDArray[np.float64]


def category_curves(item: ItemParameters, theta: Floats) -> tuple[Floats, Floats]:
    """Category probabilities and their derivatives by ability, both (n, categories)."""
    p, slope, _ = families.theta_derivatives(item.family, item.vector[None], theta)
    return p[0].T, slope[0].T


@dataclass(frozen=True)
class InformationCurves:
    """Curves of a test on a grid of ``theta`` (n,).

    ``items`` is (n, items) item information, ``test`` its sum; ``expected`` (n,) the test
    characteristic curve in points; ``error`` the standard error 1/√I of an ability; ``score_error``
    the conditional standard deviation of the raw score.
    """

    names: tuple[str, ...]
    theta: Floats
    items: Floats
    test: Floats
    expected: Floats
    error: Floats
    score_error: Floats


def information_curves(items: Sequence[ItemParameters], theta: Floats) -> InformationCurves:
    """Information, characteristic curve and conditional errors of the test these items make."""
    if not items:
        raise PsychometricsError("no items: information needs at least one")
    theta = np.asarray(theta, dtype=np.float64)
    information = np.empty((len(theta), len(items)))
    expected, variance = np.zeros(len(theta)), np.zeros(len(theta))
    for j, item in enumerate(items):
        p = item.probabilities(theta)
        information[:, j] = item.information(theta)
        k = np.arange(p.shape[1], dtype=np.float64)
        mean = p @ k
        expected += mean
        variance += p @ k**2 - mean**2
    test = information.sum(axis=1)
    with np.errstate(divide="ignore"):
        error = 1 / np.sqrt(test)
    names = tuple(item.name for item in items)
    return InformationCurves(names, theta, information, test, expected, error, np.sqrt(variance))


def expected_score(items: Sequence[ItemParameters], theta: Floats) -> Floats:
    """Test characteristic curve: expected raw score at each ability (n,)."""
    total = np.zeros(len(theta))
    for item in items:
        total += item.expected(theta)
    return total


def score_distribution(probabilities: Sequence[Floats]) -> Floats:
    """(n, points + 1) distribution of the raw score at each of n abilities.

    ``probabilities`` has one (n, categories) array for each item. Recursion of Lord & Wingersky
    (1984), for several categories Thissen, Pommerich, Billeaud & Williams (1995).
    """
    size = 1 + sum(p.shape[1] - 1 for p in probabilities)
    n = probabilities[0].shape[0] if probabilities else 1
    found = np.zeros((n, size))
    found[:, 0] = 1
    reach = 1
    for p in probabilities:
        found[:, : reach + p.shape[1] - 1] = _extended(found[:, :reach], p)
        reach += p.shape[1] - 1
    return found


def _extended(scores: Floats, p: Floats) -> Floats:
    """Distribution after one more item."""
    longer = np.zeros((len(scores), scores.shape[1] + p.shape[1] - 1))
    for k in range(p.shape[1]):
        longer[:, k : k + scores.shape[1]] += scores * p[:, k : k + 1]
    return longer


def without_each(probabilities: Sequence[Floats]) -> list[Floats]:
    """Score distributions of the test without each item in turn, in the items' order.

    Joins prefixes and suffixes by halves, so n items cost about n·log n steps, and nothing is
    ever divided out.
    """
    found: list[Floats] = [np.empty(0)] * len(probabilities)

    def descend(low: int, high: int, others: Floats) -> None:
        if high - low == 1:
            found[low] = others
            return
        middle = (low + high) // 2
        left, right = others, others
        for p in probabilities[middle:high]:
            left = _extended(left, p)
        for p in probabilities[low:middle]:
            right = _extended(right, p)
        descend(low, middle, left)
        descend(middle, high, right)

    if probabilities:
        descend(0, len(probabilities), np.ones((probabilities[0].shape[0], 1)))
    return found
