"""Two years in one calibration: the year's effect, and its error."""

import numpy as np
import pytest

from ardoise.psychometrics.calibration import calibrate
from ardoise.psychometrics.errors import standard_errors
from ardoise.psychometrics.responses import MISSING, Responses
from tests.psychometrics.simulated import answers, some_items

ITEMS, ANCHORS = 40, 20
EFFECT, SPREAD = 0.1, 1.1


def two_years(pupils: int, generator: np.random.Generator) -> Responses:
    """Each year has 40 items, of which the 20 in the middle are the same."""
    items = some_items(2 * ITEMS - ANCHORS, generator)
    years = np.repeat([0, 1], pupils).astype(np.int32)
    theta = generator.standard_normal(2 * pupils)
    theta[years == 1] = EFFECT + SPREAD * theta[years == 1]
    codes = answers(items, theta, generator)
    codes[:pupils, ITEMS:] = MISSING
    codes[pupils:, : ITEMS - ANCHORS] = MISSING
    return Responses(
        items=tuple(item.name for item in items),
        codes=codes,
        categories=np.full(len(items), 2),
        groups=years,
        group_names=("2025", "2026"),
    )


def effects(runs: int, pupils: int) -> tuple[np.ndarray, np.ndarray]:
    """Misses of the second year's mean and SD, and both divided by their standard errors."""
    generator = np.random.default_rng(21)
    misses, standardised = [], []
    for _ in range(runs):
        data = two_years(pupils, generator)
        calibration = calibrate(data, threads=2)
        assert calibration.converged, calibration.reason
        year = calibration.groups[1]
        errors = standard_errors(calibration, data, threads=2).of_group("2026")
        misses.append((year.mean - EFFECT, year.sd - SPREAD))
        standardised.append((misses[-1][0] / errors[0], misses[-1][1] / errors[1]))
    return np.array(misses), np.array(standardised)


def test_the_year_effect_is_found_within_its_error() -> None:
    misses, standardised = effects(runs=4, pupils=8_000)
    assert np.sqrt(np.mean(misses[:, 0] ** 2)) < 0.03
    assert np.abs(standardised).max() < 3.5


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_the_year_effect_of_two_year_groups_is_within_five_thousandths() -> None:
    misses, _ = effects(runs=5, pupils=400_000)
    assert np.sqrt(np.mean(misses[:, 0] ** 2)) <= 0.005
