"""Rapid guessing: thresholds, effort, and responses without the guesses."""

import numpy as np
import pytest

from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.rapid import (
    ResponseTimes,
    common,
    effort,
    effort_moderated,
    mixture,
    normative,
    two_speeds,
)
from ardoise.psychometrics.responses import MISSING, Responses

SECONDS = np.array([[20, 40], [30, 2], [1, 60], [np.nan, 58]], np.float32)
TIMES = ResponseTimes(("a", "b"), SECONDS)
DATA = Responses(
    ("a", "b"), np.array([[1, 1], [1, 0], [0, 1], [255, 1]], np.uint8), np.array([2, 2])
)


def two_kinds(seed: int, share: float, pupils: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    fast = generator.random(pupils) < share
    logs = np.where(fast, generator.normal(0.5, 0.35, pupils), generator.normal(3.4, 0.5, pupils))
    return np.exp(logs).astype(np.float32), fast


def test_the_normative_threshold_is_a_tenth_of_the_mean_time() -> None:
    assert normative(TIMES).seconds == pytest.approx([1.7, 4.0])
    assert normative(TIMES, limit=3).seconds == pytest.approx([1.7, 3.0])


def test_effort_is_the_share_of_answers_not_rapid() -> None:
    found = effort(DATA, TIMES, normative(TIMES))
    assert found.effort == pytest.approx([1, 0.5, 0.5, 1])
    assert found.rapid == pytest.approx([1 / 3, 1 / 4])
    assert found.rapid_mean.tolist() == [0, 0]
    assert found.solution_mean.tolist() == [1, 1]


def test_rapid_guesses_become_unobserved_and_nothing_else() -> None:
    found = effort_moderated(DATA, TIMES, common(TIMES, 3))
    assert found.codes.tolist() == [[1, 1], [1, MISSING], [MISSING, 1], [255, 1]]
    assert DATA.codes[1, 1] == 0


@pytest.mark.parametrize("share", [0.03, 0.1, 0.4])
def test_two_modes_are_told_apart(share: float) -> None:
    seconds, fast = two_kinds(1, share)
    found = two_speeds("a", seconds)
    assert found.share == pytest.approx(share, abs=0.02)
    assert found.separation > 2
    assert ((seconds < found.threshold) == fast).mean() > 0.99


def test_one_mode_has_no_threshold_and_marks_nobody() -> None:
    seconds, _ = two_kinds(2, 0.0)
    two = ResponseTimes(("a",), seconds[:, None])
    thresholds, speeds = mixture(two)
    assert np.isnan(thresholds.seconds[0])
    assert speeds[0].separation < 2 or speeds[0].share < 0.01
    data = Responses(("a",), np.ones((len(seconds), 1), np.uint8), np.array([2]))
    assert (effort_moderated(data, two, thresholds).codes == 1).all()


def test_too_few_or_constant_times_have_no_threshold() -> None:
    assert np.isnan(two_speeds("a", np.ones(10, np.float32)).threshold)
    assert np.isnan(two_speeds("a", np.ones(1_000, np.float32)).threshold)


def test_impossible_times_are_named() -> None:
    with pytest.raises(PsychometricsError, match="item 'b', row 2: a time below 0"):
        ResponseTimes(("a", "b"), np.array([[1, 2], [3, -1]], np.float32))
    with pytest.raises(PsychometricsError, match="must list the same items"):
        effort(DATA, ResponseTimes(("a", "c"), SECONDS), common(TIMES))
    with pytest.raises(PsychometricsError, match="times of 2 pupils, responses of 4"):
        effort(DATA, ResponseTimes(("a", "b"), SECONDS[:2]), common(TIMES))
