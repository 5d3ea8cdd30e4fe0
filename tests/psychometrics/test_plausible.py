"""Plausible values have the posterior's spread, the population's spread, and the same bits."""

import numpy as np
import pytest

from ardoise.psychometrics.faults import EstimationError
from ardoise.psychometrics.persons import eap
from ardoise.psychometrics.plausible import combine, latent_regression, plausible_values
from ardoise.psychometrics.quadrature import Grid
from tests.psychometrics.simulated import responses, some_items
from tests.psychometrics.test_persons import known


def test_the_variance_within_pupils_is_the_posteriors_within_one_per_cent() -> None:
    generator = np.random.default_rng(1)
    items = some_items(60, generator)
    data = responses(items, generator.standard_normal(4000), generator)
    drawn = plausible_values(
        data, known(items), np.random.default_rng(2), draws=40, uncertain=False
    )
    exact = eap(data, known(items), grid=Grid.normal(1201))
    within = drawn.values.var(axis=1, ddof=1).mean()
    scale = drawn.regression.sd**2
    assert scale == pytest.approx(1.0, abs=0.06)
    assert within == pytest.approx(np.mean(exact.se**2), rel=0.01)
    assert drawn.values.mean(axis=1) == pytest.approx(exact.theta, abs=0.35)


def test_plausible_values_spread_as_ability_does_where_eaps_shrink() -> None:
    generator = np.random.default_rng(3)
    items = some_items(8, generator)
    theta = generator.standard_normal(20_000)
    data = responses(items, theta, generator)
    drawn = plausible_values(data, known(items), np.random.default_rng(4))
    assert drawn.values.var() == pytest.approx(drawn.regression.sd**2, abs=0.02)
    assert drawn.values.var() == pytest.approx(1.0, abs=0.07)
    assert eap(data, known(items)).theta.var() < 0.75


@pytest.mark.parametrize("uncertain", [False, True])
def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads(uncertain: bool) -> None:
    generator = np.random.default_rng(5)
    items = some_items(6, generator)
    data = responses(items, generator.standard_normal(20_000), generator)
    one, two = (
        plausible_values(
            data,
            known(items),
            np.random.default_rng(6),
            draws=2,
            threads=threads,
            uncertain=uncertain,
        )
        for threads in (1, 2)
    )
    assert np.array_equal(one.values, two.values)


def test_latent_regression_finds_the_coefficients_with_their_errors() -> None:
    generator = np.random.default_rng(7)
    items = some_items(12, generator)
    design = np.stack([np.ones(15_000), generator.integers(0, 2, 15_000)], axis=1)
    theta = design @ [-0.2, 0.5] + 0.9 * generator.standard_normal(15_000)
    data = responses(items, theta, generator)
    found = latent_regression(data, known(items), design, threads=2)
    assert found.converged
    assert found.sd == pytest.approx(0.9, abs=0.03)
    errors = np.sqrt(np.diag(found.covariance))
    assert (np.abs(found.coefficients - [-0.2, 0.5]) < 3 * errors).all()
    assert 0.015 < errors[1] < 0.03
    values = plausible_values(data, known(items), np.random.default_rng(8), design=design).values
    gap = values[design[:, 1] == 1].mean() - values[design[:, 1] == 0].mean()
    assert gap == pytest.approx(found.coefficients[1], abs=0.01)


def test_a_design_that_cannot_be_told_apart_is_refused() -> None:
    generator = np.random.default_rng(9)
    items = some_items(4, generator)
    data = responses(items, generator.standard_normal(50), generator)
    with pytest.raises(EstimationError, match="depend on each other"):
        latent_regression(data, known(items), np.ones((50, 2)))
    with pytest.raises(EstimationError, match="row 1, column 2: not a finite number"):
        latent_regression(data, known(items), np.array([[1.0, np.nan]] * 50))
    with pytest.raises(EstimationError, match="a row for each of the 50 pupils"):
        latent_regression(data, known(items), np.ones((49, 1)))


def test_rubins_rules() -> None:
    found = combine([1.0, 2.0, 3.0], [0.5, 0.5, 0.8])
    assert (found.estimate, found.within, found.between) == pytest.approx((2.0, 0.6, 1.0))
    assert found.se == pytest.approx((0.6 + 4 / 3) ** 0.5)
    assert found.missing == pytest.approx((4 / 3) / (0.6 + 4 / 3))
    assert found.df == pytest.approx(2 / found.missing**2)
    with pytest.raises(EstimationError, match="2 or more draws"):
        combine([1.0], [0.5])
