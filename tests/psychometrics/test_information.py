"""Information, characteristic curves and score distributions."""

from itertools import product

import numpy as np
import pytest

from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.information import (
    category_curves,
    expected_score,
    information_curves,
    score_distribution,
    without_each,
)
from ardoise.psychometrics.models import ItemParameters

ITEMS = (
    ItemParameters("a", "2PL", 1.2, (0.3,)),
    ItemParameters("b", "3PL", 1.5, (-0.4,), 0.2),
    ItemParameters("c", "GPCM", 0.8, (0.9, -0.1, -0.7)),
    ItemParameters("d", "GRM", 1.3, (1.1, -0.8)),
)
THETA = np.array([-1.5, 0.0, 0.7])


def brute_force(items: tuple[ItemParameters, ...]) -> np.ndarray:
    """Score probabilities by enumerating every pattern of answers."""
    found = np.zeros((len(THETA), sum(i.categories - 1 for i in items) + 1))
    curves = [item.probabilities(THETA) for item in items]
    for pattern in product(*(range(item.categories) for item in items)):
        p = np.prod([c[:, k] for c, k in zip(curves, pattern, strict=True)], axis=0)
        found[:, sum(pattern)] += p
    return found


def test_the_recursion_gives_what_enumeration_gives() -> None:
    curves = [item.probabilities(THETA) for item in ITEMS]
    assert score_distribution(curves) == pytest.approx(brute_force(ITEMS))
    for j, rest in enumerate(without_each(curves)):
        assert rest == pytest.approx(brute_force(ITEMS[:j] + ITEMS[j + 1 :]))


def test_the_test_curves_are_moments_of_the_score_distribution() -> None:
    curves = information_curves(ITEMS, THETA)
    scores = brute_force(ITEMS)
    points = np.arange(scores.shape[1])
    mean = scores @ points
    assert curves.expected == pytest.approx(mean)
    assert expected_score(ITEMS, THETA) == pytest.approx(mean)
    assert curves.score_error**2 == pytest.approx(scores @ points**2 - mean**2)
    assert curves.test == pytest.approx(curves.items.sum(axis=1))
    assert curves.error == pytest.approx(1 / np.sqrt(curves.test))


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.model)
def test_curves_have_the_slopes_they_say(item: ItemParameters) -> None:
    step = 1e-6
    p, slope = category_curves(item, THETA)
    rise = item.probabilities(THETA + step) - item.probabilities(THETA - step)
    assert p == pytest.approx(item.probabilities(THETA))
    assert slope == pytest.approx(rise / (2 * step), abs=1e-8)
    assert item.information(THETA) == pytest.approx((slope**2 / p).sum(axis=1))


def test_no_items_have_no_information() -> None:
    with pytest.raises(PsychometricsError, match="no items"):
        information_curves([], THETA)
