"""Fit statistics, against published numbers and under the model they assume."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ardoise.psychometrics.calibrated import Calibration
from ardoise.psychometrics.calibration import calibrate
from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.fit import dependence, item_fit
from ardoise.psychometrics.fit_persons import person_fit
from ardoise.psychometrics.fit_scores import joined_cells, score_fit
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.persons import eap, map_, wle
from ardoise.psychometrics.responses import MISSING, Responses
from tests.psychometrics.simulated import responses, some_items

ORACLE = Path(__file__).parents[3] / "shared" / "irt-oracle"
needs_oracle = pytest.mark.skipif(not ORACLE.exists(), reason="../shared/irt-oracle is not here")


def mixed_items() -> list[ItemParameters]:
    return [
        *some_items(14, np.random.default_rng(1)),
        ItemParameters("guess", "3PL", 1.4, (-0.3,), 0.2),
        ItemParameters("partial", "GPCM", 0.8, (1.0, 0.2, -1.1)),
        ItemParameters("graded", "GRM", 1.3, (1.2, 0.0, -1.0)),
    ]


@cache
def lsat7() -> tuple[Responses, Calibration]:
    rows = [line.split(",") for line in (ORACLE / "lsat7.csv").read_text().splitlines()[1:]]
    codes = np.array([[int(x) for x in p] for p, n in rows for _ in range(int(n))], np.uint8)
    data = Responses(tuple(f"item {j}" for j in range(1, 6)), codes, np.full(5, 2))
    return data, calibrate(data, tolerance=1e-7)


@needs_oracle
def test_infit_and_outfit_of_lsat_section_7_agree_with_other_engines() -> None:
    data, calibration = lsat7()
    found = item_fit(data, calibration.items, eap(data, calibration).theta)
    assert found.outfit == pytest.approx([0.77581, 0.73678, 0.48437, 0.85521, 0.86623], abs=1e-4)
    assert found.infit == pytest.approx([0.95818, 0.81599, 0.75010, 0.88143, 0.98922], abs=1e-4)


@needs_oracle
def test_s_x2_of_lsat_section_7_agrees_with_other_engines() -> None:
    found = score_fit(*lsat7())
    assert found.statistic == pytest.approx([4.7505, 14.4535, 1.2727, 5.2365, 0.9409], abs=2e-4)
    assert found.df.tolist() == [2] * 5


def test_mean_squares_and_their_z_are_as_expected_under_the_model() -> None:
    items = mixed_items()
    generator = np.random.default_rng(2)
    theta = generator.normal(size=8_000)
    data = responses(items, theta, generator, missing=0.15)
    found = item_fit(data, items, theta)
    assert np.abs(found.infit - 1).max() < 0.05
    assert np.abs(found.outfit - 1).max() < 0.12
    assert np.abs(found.infit_z).max() < 3.5
    assert (found.pupils == (data.codes != MISSING).sum(axis=0)).all()


def test_the_fast_sums_of_two_parameter_items_are_the_general_ones() -> None:
    generator = np.random.default_rng(3)
    plain = some_items(6, generator)
    same = [ItemParameters(i.name, "GRM", i.slope, i.intercepts) for i in plain]
    theta = generator.normal(size=500)
    weights = generator.uniform(0.5, 2, 500)
    data = responses(plain, theta, generator, missing=0.2, weights=weights)
    for one, other in (
        (item_fit(data, plain, theta), item_fit(data, same, theta)),
        (person_fit(data, plain, theta), person_fit(data, same, theta)),
    ):
        for name in ("infit", "infit_z", "outfit", "outfit_z"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9)
    assert person_fit(data, plain, theta).lz_star == pytest.approx(
        person_fit(data, same, theta).lz_star, rel=1e-9, nan_ok=True
    )


def test_an_item_nobody_saw_has_no_fit() -> None:
    items = some_items(4, np.random.default_rng(15))
    generator = np.random.default_rng(16)
    data = responses(items, generator.normal(size=300), generator)
    codes = data.codes.copy()
    codes[:, 2] = MISSING
    weights = generator.uniform(0.1, 3, 300)
    found = item_fit(replace(data, codes=codes, weights=weights), items, np.zeros(300))
    assert np.isnan([found.infit[2], found.outfit[2]]).all()
    assert np.isfinite(found.infit[[0, 1, 3]]).all()


def test_an_absurdly_steep_item_overflows_nothing() -> None:
    items = [
        ItemParameters("steep", "2PL", 300.0, (0.0,)),
        *some_items(3, np.random.default_rng(4)),
    ]
    codes = np.array([[0, 1, 1, 0], [1, 0, 1, 1]], np.uint8)
    data = Responses(tuple(i.name for i in items), codes, np.full(4, 2))
    found = item_fit(data, items, np.array([4.0, -4.0]))
    assert found.outfit[0] > 1e300
    assert found.outfit[1] < 100


def test_q3_finds_the_pair_that_shares_a_passage() -> None:
    items = some_items(30, np.random.default_rng(5))
    generator = np.random.default_rng(6)
    theta = generator.normal(size=4_000)
    data = responses(items, theta, generator, missing=0.1)
    codes = data.codes.copy()
    copied = (generator.random(4_000) < 0.5) & (codes[:, 4] != MISSING)
    codes[copied, 5] = codes[copied, 4]
    data = replace(data, codes=codes)
    calibration = calibrate(data)
    found = dependence(data, calibration.items, eap(data, calibration).theta)
    assert set(found.ranked[0][:2]) == {"q4", "q5"}
    assert found.ranked[0][2] > 0.2
    assert abs(found.ranked[1][2]) < 0.12
    assert found.corrected[4, 5] == pytest.approx(found.q3[4, 5] - found.mean)


def test_lz_star_is_standard_normal_where_lz_is_not() -> None:
    items = mixed_items()
    generator = np.random.default_rng(7)
    data = responses(items, generator.normal(size=6_000), generator)
    calibration = calibrate(
        data, model={item.name: item.model for item in items}, anchors={i.name: i for i in items}
    )
    for estimate in (map_, wle):
        theta = estimate(data, calibration).theta
        found = person_fit(data, calibration.items, theta)
        assert abs(np.std(found.lz_star) - 1) < abs(np.std(found.lz) - 1)
        assert np.std(found.lz_star) == pytest.approx(1, abs=0.06)
        assert (found.lz_star < -1.645).mean() == pytest.approx(0.05, abs=0.02)


def test_a_pupil_who_answers_against_the_grain_stands_out() -> None:
    items = sorted(some_items(40, np.random.default_rng(8)), key=lambda item: item.difficulty)
    generator = np.random.default_rng(9)
    data = responses(items, np.zeros(200), generator)
    codes = data.codes.copy()
    codes[0] = np.arange(40) >= 20  # the hard ones right, the easy ones wrong
    found = person_fit(replace(data, codes=codes), items, np.zeros(200))
    assert found.lz[0] < -5
    assert np.argmin(found.lz_star) == 0
    assert np.argmax(found.outfit) == 0


def test_s_x2_uses_every_booklet_of_a_planned_missing_design() -> None:
    items = mixed_items()
    generator = np.random.default_rng(10)
    data = responses(items, generator.normal(size=6_000), generator)
    codes = data.codes.copy()
    codes[:3_000, :4] = MISSING
    codes[3_000:, 4:8] = MISSING
    codes[0, 9] = MISSING  # a pattern of one pupil
    data = replace(data, codes=codes)
    calibration = calibrate(data, model={item.name: item.model for item in items})
    found = score_fit(data, calibration)
    assert found.left_out == 1
    assert found.pupils[0] == 3_000
    assert found.pupils[-1] == 5_999
    assert (found.df > 5).all()
    assert (found.p > 1e-4).all()
    assert found.rmsea.max() < 0.05


def test_joined_cells_keep_every_pupil_and_expect_enough() -> None:
    generator = np.random.default_rng(11)
    expected = generator.gamma(0.6, 2.0, (15, 4))
    observed = generator.poisson(expected).astype(float)
    rows = joined_cells(observed, expected, 1.0)
    assert all((e >= 1).all() and len(e) > 1 for _, e in rows)
    assert sum(e.sum() for _, e in rows) == pytest.approx(expected.sum())
    assert sum(o.sum() for o, _ in rows) == pytest.approx(observed.sum())


@pytest.mark.nightly
def test_s_x2_rejects_a_true_model_about_one_time_in_twenty() -> None:
    items = some_items(15, np.random.default_rng(12))
    items.append(ItemParameters("graded", "GRM", 1.3, (1.2, 0.0, -1.0)))
    rejected = []
    for seed in range(60):
        generator = np.random.default_rng(100 + seed)
        data = responses(items, generator.normal(size=2_000), generator)
        calibration = calibrate(data, model={item.name: item.model for item in items})
        rejected += (score_fit(data, calibration).p < 0.05).tolist()
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.02)


def test_parameters_of_other_items_are_refused_by_name() -> None:
    items = some_items(3, np.random.default_rng(13))
    data = responses(items, np.zeros(5), np.random.default_rng(14))
    with pytest.raises(PsychometricsError, match="only on one side: q2, q9"):
        item_fit(data, [*items[:2], replace(items[2], name="q9")], np.zeros(5))
    with pytest.raises(PsychometricsError, match="ability of pupil 1"):
        item_fit(data, items, np.array([0, np.nan, 0, 0, 0]))
    with pytest.raises(PsychometricsError, match="4 abilities for 5 pupils"):
        person_fit(data, items, np.zeros(4))
