"""Standard errors: against numerical second derivatives, and against what estimates really do."""

from dataclasses import replace

import numpy as np
import pytest

from ardoise.psychometrics.calibration import calibrate
from ardoise.psychometrics.errors import standard_errors
from ardoise.psychometrics.models import ItemParameters, Model
from ardoise.psychometrics.priors import NormalPrior, Priors
from tests.psychometrics.simulated import log_likelihood, responses, some_items
from tests.psychometrics.test_calibration import MIXED


def test_louis_is_minus_the_second_derivative_for_every_model() -> None:
    """Each diagonal of the inverse covariance, by differences of the slow likelihood."""
    generator = np.random.default_rng(5)
    groups = np.repeat([0, 1], [150, 150]).astype(np.int32)
    theta = generator.standard_normal(300) + 0.3 * groups
    data = responses(MIXED, theta, generator, missing=0.2, groups=groups, group_names=("a", "b"))
    prior = NormalPrior(-1.4, 0.5)
    models: dict[str, Model] = {item.name: item.model for item in MIXED}
    calibration = calibrate(data, model=models, priors=Priors(guess=prior), tolerance=1e-8)
    errors = standard_errors(calibration, data, method="louis")
    information = np.linalg.inv(errors.covariance)
    items, means, sds = list(calibration.items), calibration.means, calibration.sds
    h = 1e-3

    def height(owner: str, part: str, nudge: float) -> float:
        if owner == "b":
            moved = np.array([0.0, nudge])
            mean, sd = (means + moved, sds) if part == "mean" else (means, sds + moved)
            return log_likelihood(items, data, mean, sd)
        others = [_nudged(item, part, nudge) if item.name == owner else item for item in items]
        return log_likelihood(others, data, means, sds)

    for place, (owner, part) in enumerate(errors.names):
        if part == "guess":
            continue
        middle = 2 * height(owner, part, 0.0)
        bend = (height(owner, part, h) + height(owner, part, -h) - middle) / h**2
        assert information[place, place] == pytest.approx(-bend, rel=2e-3)


def _nudged(item: ItemParameters, part: str, nudge: float) -> ItemParameters:
    if part == "slope":
        return replace(item, slope=item.slope + nudge)
    k = int(part.split()[1]) - 1
    values = list(item.intercepts)
    values[k] += nudge
    return replace(item, intercepts=tuple(values))


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_all_three_agree_where_the_model_is_true(missing: float) -> None:
    generator = np.random.default_rng(6)
    data = responses(
        some_items(10, generator), generator.standard_normal(20_000), generator, missing=missing
    )
    calibration = calibrate(data)
    cross = standard_errors(calibration, data, threads=2).se
    louis = standard_errors(calibration, data, method="louis", threads=2).se
    sandwich = standard_errors(calibration, data, method="sandwich").se
    assert cross == pytest.approx(louis, rel=0.05)
    assert sandwich == pytest.approx(louis, rel=0.08)


def test_standard_errors_have_the_same_bits_on_any_number_of_threads() -> None:
    generator = np.random.default_rng(7)
    clusters = generator.integers(0, 900, 40_000).astype(np.int32)
    data = responses(
        some_items(6, generator), generator.standard_normal(40_000), generator, clusters=clusters
    )
    calibration = calibrate(data)
    for method in ("cross-product", "sandwich"):
        one, two = (
            standard_errors(calibration, data, method=method, threads=threads) for threads in (1, 2)
        )
        assert np.array_equal(one.covariance, two.covariance)


def test_pupils_alike_within_schools_widen_the_sandwich() -> None:
    generator = np.random.default_rng(8)
    school = np.repeat(np.arange(100), 30).astype(np.int32)
    theta = 0.7 * generator.standard_normal(100)[school] + 0.714 * generator.standard_normal(3000)
    data = responses(some_items(8, generator), theta, generator, clusters=school)
    calibration = calibrate(data)
    alone = standard_errors(calibration, replace(data, clusters=None), method="sandwich")
    by_school = standard_errors(calibration, data, method="sandwich")
    intercepts = [k for k, (_, part) in enumerate(alone.names) if part != "slope"]
    assert (by_school.se[intercepts] > 1.3 * alone.se[intercepts]).all()


def test_fixed_parameters_have_no_error_and_a_shared_slope_one() -> None:
    generator = np.random.default_rng(9)
    items = some_items(5, generator)
    data = responses(items, generator.standard_normal(800), generator)
    anchored = standard_errors(calibrate(data, anchors={"q0": items[0]}), data, method="louis")
    assert anchored.of("q0").slope == 0.0
    assert anchored.of_group("all")[0] > 0.02
    rasch = standard_errors(calibrate(data, model="1PL"), data, method="louis")
    assert rasch.names.count(("", "common slope")) == 1
    assert rasch.of("q1").slope == rasch.of("q4").slope > 0
    unit = standard_errors(calibrate(data, model="1PL", scale="unit-slope"), data, method="louis")
    assert unit.of("q1").slope == 0.0
    assert unit.of_group("all")[1] > 0


def test_difficulty_follows_by_the_delta_method() -> None:
    generator = np.random.default_rng(10)
    data = responses(some_items(5, generator), generator.standard_normal(900), generator)
    calibration = calibrate(data)
    errors = standard_errors(calibration, data)
    item = calibration.item("q2")
    gradient = np.array([item.intercepts[0] / item.slope**2, -1 / item.slope])
    expected = np.sqrt(gradient @ errors.covariance_of("q2") @ gradient)
    assert errors.of("q2").difficulty == pytest.approx(expected)


def _standardised_misses(runs: int, pupils: int, items: int) -> np.ndarray:
    generator = np.random.default_rng(11)
    misses = []
    for _ in range(runs):
        truth = some_items(items, generator)
        data = responses(truth, generator.standard_normal(pupils), generator, missing=0.1)
        calibration = calibrate(data, threads=2)
        se = dict(
            zip((e := standard_errors(calibration, data, threads=2)).names, e.se, strict=True)
        )
        for found, true in zip(calibration.items, truth, strict=True):
            misses.append((found.slope - true.slope) / se[found.name, "slope"])
            miss = found.intercepts[0] - true.intercepts[0]
            misses.append(miss / se[found.name, "intercept 1"])
    return np.array(misses)


def test_estimates_miss_by_their_standard_errors() -> None:
    z = _standardised_misses(runs=6, pupils=3000, items=15)
    assert 0.85 < np.sqrt(np.mean(z**2)) < 1.15


@pytest.mark.nightly
def test_intervals_cover_as_often_as_they_say_over_twenty_simulations() -> None:
    z = _standardised_misses(runs=20, pupils=10_000, items=40)
    assert 0.95 <= np.sqrt(np.mean(z**2)) <= 1.05
    assert 0.93 <= np.mean(np.abs(z) < 1.959964) <= 0.97
