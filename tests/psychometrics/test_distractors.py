"""Option tables and not-reached curves."""

import numpy as np
import pytest

from ardoise.psychometrics.distractors import Options, option_tables, reach
from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.responses import (
    NOT_ADMINISTERED,
    NOT_REACHED,
    OMITTED,
    Answers,
    Responses,
)

CHOSEN = np.array([[0, 1], [0, 0], [1, 1], [OMITTED, 1], [2, NOT_REACHED]], np.uint8)
SCORES = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 1, 1], [0, 255, 0]], np.uint8)
LABELS = (("A", "B", "C"), ("A", "B"))


def options(codes: np.ndarray = CHOSEN) -> Options:
    return Options(("q0", "q1"), codes, LABELS, (frozenset({0}), frozenset({1})))


def scores() -> Responses:
    return Responses(("q0", "q1", "q2"), SCORES, np.array([2, 2, 2]))


def test_each_option_has_its_takers_and_their_mean_rest_score() -> None:
    rows = {(row.item, row.label): row for row in option_tables(options(), scores())}
    key = rows["q0", "A"]
    assert (key.key, key.pupils) == (True, 2)
    assert key.share == pytest.approx(0.4)
    assert key.mean_rest == pytest.approx((1 + 0.5) / 2)
    assert rows["q0", "B"].mean_rest == pytest.approx(0.5)
    assert rows["q0", "C"].mean_rest == 0.0
    assert rows["q0", ""].pupils == 1
    assert rows["q0", ""].mean_rest == 1.0


def test_shares_are_of_those_who_reached_the_item() -> None:
    rows = [row for row in option_tables(options(), scores()) if row.item == "q1"]
    assert [row.pupils for row in rows] == [1, 3, 0]
    assert sum(row.share for row in rows) == pytest.approx(1.0)


def test_the_correlation_is_that_of_choosing_with_the_rest() -> None:
    rows = {row.label: row for row in option_tables(options(), scores()) if row.item == "q0"}
    rest = [1, 0.5, 0.5, 1, 0]
    assert rows["A"].correlation == pytest.approx(np.corrcoef([1, 1, 0, 0, 0], rest)[0, 1])


def test_a_subgroup_has_its_own_table() -> None:
    some = np.array([True, True, False, False, False])
    rows = {row.label: row for row in option_tables(options(), scores(), some)}
    assert rows["A"].pupils == 1  # the last "A" is of q1
    assert sum(row.pupils for row in option_tables(options(), scores(), some)) == 4


def test_weights_count_as_pupils() -> None:
    times = np.array([1, 3, 2, 1, 2])
    weighted = option_tables(
        options(), Responses(("q0", "q1", "q2"), SCORES, np.array([2, 2, 2]), times.astype(float))
    )
    codes, repeated = np.repeat(CHOSEN, times, axis=0), np.repeat(SCORES, times, axis=0)
    copies = option_tables(
        options(codes), Responses(("q0", "q1", "q2"), repeated, np.array([2, 2, 2]))
    )
    for one, two in zip(weighted, copies, strict=True):
        for name in ("weight", "share", "mean_rest", "sd_rest", "correlation"):
            assert getattr(one, name) == pytest.approx(getattr(two, name), nan_ok=True)


def test_an_option_without_a_label_is_named() -> None:
    wrong = CHOSEN.copy()
    wrong[2, 1] = 2
    with pytest.raises(PsychometricsError, match=r"item 'q1', row 3: option 2 has no label"):
        options(wrong)


def test_other_pupils_are_refused() -> None:
    with pytest.raises(PsychometricsError, match="same pupils"):
        option_tables(options(CHOSEN[:3]), scores())


def test_reach_tells_not_reached_from_omitted_and_from_not_asked() -> None:
    codes = np.array(
        [[1, OMITTED, NOT_REACHED], [1, 0, NOT_REACHED], [0, 1, 1], [1, NOT_ADMINISTERED, OMITTED]],
        np.uint8,
    )
    groups = np.array([0, 0, 0, 1], np.int32)
    data = Answers(
        ("a", "b", "c"), codes, np.array([2, 2, 2]), groups=groups, group_names=("x", "y")
    )
    whole, x, y = reach(data)
    assert whole.administered.tolist() == [4, 3, 4]
    assert whole.not_reached == pytest.approx([0, 0, 0.5])
    assert whole.omitted == pytest.approx([0, 1 / 3, 0.5])
    assert x.not_reached == pytest.approx([0, 0, 2 / 3])
    assert y.administered.tolist() == [1, 0, 1]
    assert np.isnan(y.omitted[1])
