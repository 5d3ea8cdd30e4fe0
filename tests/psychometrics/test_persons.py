"""Abilities: what they maximise, that they are finite, and what an unanswered booklet says."""

import numpy as np
import pytest

from ardoise.psychometrics.calibrated import Calibration, GroupEstimate
from ardoise.psychometrics.faults import EstimationError
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.persons import eap, map_, reliability, wle
from ardoise.psychometrics.quadrature import Grid
from ardoise.psychometrics.responses import MISSING, Responses
from tests.psychometrics.simulated import binary, responses, some_items
from tests.psychometrics.test_calibration import MIXED


def known(
    items: list[ItemParameters], groups: tuple[GroupEstimate, ...] | None = None
) -> Calibration:
    return Calibration(
        items=tuple(items),
        groups=groups or (GroupEstimate("all", 0.0, 1.0, 1, 1.0),),
        log_likelihood=0.0,
        iterations=0,
        converged=True,
        reason="",
        findings=(),
        grid=Grid.normal(),
        log_posterior=0.0,
        last_change=0.0,
        last_gradient=0.0,
        tolerance=1e-5,
    )


def some(items: list[ItemParameters], rows: list[list[int]]) -> Responses:
    return Responses(
        tuple(item.name for item in items),
        np.array(rows, dtype=np.uint8),
        np.array([item.categories for item in items]),
    )


def objective(items: list[ItemParameters], row: list[int], theta: np.ndarray) -> np.ndarray:
    logs = [item.log_probabilities(theta)[:, x] for item, x in zip(items, row, strict=True)]
    total: np.ndarray = np.sum(logs, axis=0)
    return total


ROWS = [[1, 1, 2, 1, 0, 1], [0, 0, 3, 3, 1, 0], [1, 0, 1, 2, 1, 1]]


def test_map_is_the_top_of_the_posterior_for_every_model() -> None:
    theta = np.linspace(-4, 4, 80_001)
    found = map_(some(MIXED, ROWS), known(MIXED)).theta
    for row, value in zip(ROWS, found, strict=True):
        top = theta[np.argmax(objective(MIXED, row, theta) - theta**2 / 2)]
        assert value == pytest.approx(top, abs=2e-4)


def test_wle_solves_warms_equation_for_every_model() -> None:
    h = 1e-4
    found = wle(some(MIXED, ROWS), known(MIXED)).theta
    for row, value in zip(ROWS, found, strict=True):
        at = np.array([value - h, value, value + h])
        score = np.diff(objective(MIXED, row, at)[[0, 2]])[0] / (2 * h)
        info = j = 0.0
        for item in MIXED:
            p = item.probabilities(at)
            first, second = (p[2] - p[0]) / (2 * h), (p[2] - 2 * p[1] + p[0]) / h**2
            info += (first**2 / p[1]).sum()
            j += (first * second / p[1]).sum()
        assert score + j / (2 * info) == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("items", [some_items(5, np.random.default_rng(3)), MIXED])
def test_the_best_and_the_worst_booklet_have_finite_abilities(items: list[ItemParameters]) -> None:
    best = [item.categories - 1 if item.slope > 0 else 0 for item in items]
    worst = [0 if item.slope > 0 else item.categories - 1 for item in items]
    data = some(items, [best, worst])
    for method in (eap, map_, wle):
        abilities = method(data, known(items))
        assert np.isfinite(abilities.theta).all()
        assert np.isfinite(abilities.se).all()
        assert abilities.theta[0] > abilities.theta[1]


def test_who_answered_nothing_is_as_the_group_and_has_no_wle() -> None:
    items = some_items(3, np.random.default_rng(4))
    groups = (GroupEstimate("a", 0.0, 1.0, 1, 0.5), GroupEstimate("b", 0.8, 1.2, 1, 0.5))
    data = Responses(
        tuple(item.name for item in items),
        np.full((2, 3), MISSING, dtype=np.uint8),
        np.full(3, 2),
        groups=np.array([0, 1], dtype=np.int32),
        group_names=("a", "b"),
    )
    calibration = known(items, groups)
    for method in (eap, map_):
        abilities = method(data, calibration)
        assert abilities.theta == pytest.approx([0.0, 0.8], abs=1e-4)
        assert abilities.se == pytest.approx([1.0, 1.2], abs=1e-3)
    assert np.isnan(wle(data, calibration).theta).all()


def test_errors_are_as_large_as_the_misses() -> None:
    generator = np.random.default_rng(5)
    items, theta = some_items(30, generator), generator.standard_normal(20_000)
    data = responses(items, theta, generator, missing=0.2)
    for method in (eap, wle):
        abilities = method(data, known(items), threads=2)
        z = (abilities.theta - theta) / abilities.se
        assert np.sqrt(np.mean(z**2)) == pytest.approx(1.0, abs=0.06)


def test_reliability_is_the_squared_correlation_with_ability() -> None:
    generator = np.random.default_rng(6)
    items, theta = some_items(25, generator), generator.standard_normal(30_000)
    data, calibration = responses(items, theta, generator), known(items)
    eaps, wles = eap(data, calibration), wle(data, calibration)
    found = reliability(calibration, eaps=eaps, wles=wles)
    assert found.eap == pytest.approx(np.corrcoef(eaps.theta, theta)[0, 1] ** 2, abs=0.01)
    assert found.wle == pytest.approx(np.corrcoef(wles.theta, theta)[0, 1] ** 2, abs=0.02)
    assert found.marginal == pytest.approx(found.eap, abs=0.02)


def test_an_impossibly_odd_booklet_does_not_underflow() -> None:
    items = [binary(9.0, 0.0, f"q{j}") for j in range(400)]
    rows = [[j % 2 for j in range(400)], [1] * 200 + [0] * 200]
    abilities = eap(some(items, rows), known(items))
    assert abilities.theta == pytest.approx([0.0, 0.0], abs=1e-6)


def test_responses_that_do_not_fit_the_calibration_are_refused() -> None:
    calibration = known([binary(1.0, 0.0, "steps")])
    with pytest.raises(EstimationError, match="'steps' has 4 categories here and 2"):
        eap(some([MIXED[2]], [[3]]), calibration)
