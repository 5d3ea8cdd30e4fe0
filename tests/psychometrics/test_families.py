"""The curves of every model, and that their derivatives are derivatives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.psychometrics import families
from ardoise.psychometrics.faults import ModelError
from ardoise.psychometrics.models import ItemParameters

THETA = np.linspace(-3, 3, 7)
STEP = 1e-5
SLOPES = st.floats(-2.5, 2.5)
INTERCEPTS = st.lists(st.floats(-2, 2), min_size=1, max_size=5)


def vectors(kind: families.Family, slope: float, intercepts: list[float]) -> np.ndarray:
    if kind == "guessing":
        return np.array([[slope, intercepts[0], -1.2]])
    if kind == "graded":
        intercepts = [2.0 - 0.7 * k - 0.1 * abs(d) for k, d in enumerate(intercepts)]
    return np.array([[slope, *intercepts]])


@given(st.sampled_from(["partial", "graded", "guessing"]), SLOPES, INTERCEPTS)
def test_probabilities_sum_to_one_and_derivatives_are_differences(
    kind: families.Family, slope: float, intercepts: list[float]
) -> None:
    values = vectors(kind, slope, intercepts)
    p, first, second = families.theta_derivatives(kind, values, THETA)
    assert p.sum(axis=1) == pytest.approx(np.ones((1, 7)))
    assert np.exp(families.log_probabilities(kind, values, THETA)) == pytest.approx(p, abs=1e-12)
    up = families.theta_derivatives(kind, values, THETA + STEP)
    down = families.theta_derivatives(kind, values, THETA - STEP)
    assert (up[0] - down[0]) / (2 * STEP) == pytest.approx(first, abs=1e-7)
    assert (up[1] - down[1]) / (2 * STEP) == pytest.approx(second, abs=1e-7)
    scores = families.parameter_scores(kind, values, THETA)
    for j in range(values.shape[1]):
        nudge = np.zeros_like(values)
        nudge[0, j] = STEP
        high = families.log_probabilities(kind, values + nudge, THETA)
        low = families.log_probabilities(kind, values - nudge, THETA)
        assert (high - low)[0] / (2 * STEP) == pytest.approx(scores[0, j], abs=1e-6)


def test_a_binary_item_is_the_same_as_2pl_gpcm_and_grm() -> None:
    curves = [
        ItemParameters("x", model, 1.3, (0.4,)).probabilities(THETA)
        for model in ("2PL", "GPCM", "GRM")
    ]
    expected = 1 / (1 + np.exp(-(1.3 * THETA + 0.4)))
    for curve in curves:
        assert curve[:, 1] == pytest.approx(expected)


def test_partial_credit_steps_are_log_odds_of_neighbours() -> None:
    curve = ItemParameters("x", "GPCM", 0.8, (0.5, -0.2)).probabilities(THETA)
    assert np.log(curve[:, 1] / curve[:, 0]) == pytest.approx(0.8 * THETA + 0.5)
    assert np.log(curve[:, 2] / curve[:, 1]) == pytest.approx(0.8 * THETA - 0.2)


def test_graded_thresholds_are_log_odds_of_at_least() -> None:
    curve = ItemParameters("x", "GRM", 0.8, (0.5, -0.2)).probabilities(THETA)
    above = curve[:, 2]
    assert np.log(above / (1 - above)) == pytest.approx(0.8 * THETA - 0.2)


def test_guessing_is_the_floor() -> None:
    item = ItemParameters("x", "3PL", 2.0, (0.0,), 0.25)
    assert item.probabilities(-40.0)[0, 1] == pytest.approx(0.25)
    p, theta = item.probabilities(THETA)[:, 1], THETA
    textbook = 4 * (1 - p) / p * ((p - 0.25) / 0.75) ** 2
    assert item.information(theta) == pytest.approx(textbook)


def test_difficulty_is_minus_intercept_over_slope() -> None:
    assert ItemParameters("x", "2PL", 2.0, (1.0,)).difficulty == -0.5
    assert ItemParameters("x", "PCM", 1.0, (1.0, -2.0)).difficulties == (-1.0, 2.0)
    assert ItemParameters("x", "2PL", 0.0, (1.0,)).difficulty == -np.inf


@pytest.mark.parametrize(
    ("model", "slope", "intercepts", "guess", "words"),
    [
        ("5PL", 1.0, (0.0,), 0.0, "is not one of"),
        ("2PL", 1.0, (0.0, 1.0), 0.0, "2 intercepts do not fit"),
        ("2PL", np.nan, (0.0,), 0.0, "finite"),
        ("2PL", 1.0, (0.0,), 0.2, "only a 3PL"),
        ("3PL", 1.0, (0.0,), 1.0, r"not in \[0, 1\)"),
        ("GRM", 1.0, (0.0, 1.0), 0.0, "must not increase"),
    ],
)
def test_impossible_parameters_are_refused_by_name(
    model: str, slope: float, intercepts: tuple[float, ...], guess: float, words: str
) -> None:
    with pytest.raises(ModelError, match=f"'bad'.*{words}"):
        ItemParameters("bad", model, slope, intercepts, guess)  # type: ignore[arg-type]
