"""The reporting scale, cut scores and how surely pupils are placed."""

import numpy as np
import pytest

from ardoise.psychometrics.faults import EstimationError, PsychometricsError
from ardoise.psychometrics.groups import Cuts, ability_at, lee, rudner
from ardoise.psychometrics.information import expected_score
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.scale import Scale
from tests.psychometrics.simulated import answers, some_items

LABELS = ("à besoins", "fragile", "satisfaisant")


def test_the_reference_group_has_mean_250_and_sd_50() -> None:
    theta = np.random.default_rng(1).normal(0.4, 1.3, 1_000)
    scale = Scale.on(float(theta.mean()), float(theta.std()), reference="2026")
    found = scale.report(theta)
    assert found.score.mean() == pytest.approx(250)
    assert found.score.std() == pytest.approx(50)
    assert not found.at_lowest.any()
    assert scale.ability(250) == pytest.approx(theta.mean())
    assert scale.errors(np.array([0.13])) == pytest.approx([0.13 * 50 / theta.std()])


def test_a_bound_holds_and_says_whom() -> None:
    scale = Scale.on(0, 1, lowest=100, highest=400)
    found = scale.report(np.array([-4.0, -3.0, 0.0, 3.0, 3.5]))
    assert found.score.tolist() == [100, 100, 250, 400, 400]
    assert found.at_lowest.tolist() == [True, False, False, False, False]
    assert found.at_highest.tolist() == [False, False, False, False, True]


def test_an_impossible_scale_is_refused() -> None:
    with pytest.raises(PsychometricsError, match="above 0"):
        Scale.on(0, 0)
    with pytest.raises(PsychometricsError, match="not below the highest"):
        Scale.on(0, 1, lowest=300, highest=200)


def test_a_pupil_at_a_cut_belongs_above_it() -> None:
    cuts = Cuts.at_abilities(LABELS, [-1.0, 0.5])
    assert cuts.of(np.array([-1.1, -1.0, 0.4, 0.5])).tolist() == [0, 1, 1, 2]
    scale = Scale.on(0, 1)
    assert Cuts.at_scores(LABELS, [200, 275], scale).theta == pytest.approx((-1.0, 0.5))


def test_a_raw_cut_lies_where_that_score_is_expected() -> None:
    items = some_items(20, np.random.default_rng(2))
    cuts = Cuts.at_points(LABELS, [8, 14], items)
    assert expected_score(items, np.array(cuts.theta)) == pytest.approx([8, 14], abs=1e-9)
    with pytest.raises(EstimationError, match="no ability expects 21 points"):
        ability_at(items, 21)


def test_cuts_that_do_not_rise_and_labels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(PsychometricsError, match="cuts must rise"):
        Cuts.at_abilities(LABELS, [1.0, 0.5])
    with pytest.raises(PsychometricsError, match="2 labels were given"):
        Cuts.at_abilities(LABELS[:2], [0.0, 0.5])


def test_rudners_accuracy_is_how_often_simulated_pupils_belong() -> None:
    generator = np.random.default_rng(3)
    true = generator.normal(size=60_000)
    noise = 0.5
    shrink = 1 / (1 + noise**2)
    theta = shrink * (true + noise * generator.normal(size=true.size))
    se = np.full(true.size, np.sqrt(shrink) * noise)
    cuts = Cuts.at_abilities(LABELS, [-0.8, 0.3])
    found = rudner(cuts, theta, se)
    placed, belongs = cuts.of(theta), cuts.of(true)
    assert found.accuracy == pytest.approx((placed == belongs).mean(), abs=0.01)
    assert found.table.sum() == pytest.approx(1)
    for g in range(3):
        assert found.shares[g] == pytest.approx((placed == g).mean())
        assert found.by_group[g] == pytest.approx((belongs == g)[placed == g].mean(), abs=0.02)
    assert np.isnan(found.cut_errors).all()


def test_weights_count_as_pupils() -> None:
    generator = np.random.default_rng(4)
    theta, se = generator.normal(size=50), generator.uniform(0.2, 0.5, 50)
    times = generator.integers(1, 4, 50)
    cuts = Cuts.at_abilities(("low", "high"), [0.0])
    one = rudner(cuts, theta, se, weights=times.astype(float))
    two = rudner(cuts, np.repeat(theta, times), np.repeat(se, times))
    assert one.table == pytest.approx(two.table)
    assert one.kappa == pytest.approx(two.kappa)


def test_lees_indices_are_what_two_simulated_sittings_show() -> None:
    generator = np.random.default_rng(5)
    items = [
        *some_items(15, np.random.default_rng(6)),
        ItemParameters("c", "GPCM", 0.8, (0.9, -0.1, -0.7)),
    ]
    cuts = Cuts.at_points(LABELS, [7, 12], items)
    true = generator.normal(size=40_000)
    first, second = (
        np.searchsorted([7, 12], answers(items, true, generator).sum(axis=1), side="right")
        for _ in range(2)
    )
    grid = np.linspace(-6, 6, 481)
    found = lee(cuts, [7, 12], items, grid, np.exp(-0.5 * grid**2))
    assert found.consistency == pytest.approx((first == second).mean(), abs=0.01)
    assert found.accuracy == pytest.approx((first == cuts.of(true)).mean(), abs=0.01)
    assert found.shares == pytest.approx(np.bincount(first) / len(true), abs=0.01)
    assert 0 < found.kappa < found.consistency
    assert found.points == pytest.approx([7, 12])
    at = np.array(cuts.theta)
    information = sum(item.information(at) for item in items)
    assert found.cut_errors == pytest.approx(1 / np.sqrt(information))
