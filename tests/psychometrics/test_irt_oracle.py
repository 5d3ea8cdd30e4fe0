"""The numbers on which R's mirt, TAM and ltm agree, for the LSAT sections 6 and 7.

The answers stand beside the repository (../shared/irt-oracle); without them this is skipped,
visibly.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from ardoise.psychometrics.calibrated import Calibration
from ardoise.psychometrics.calibration import calibrate
from ardoise.psychometrics.errors import standard_errors
from ardoise.psychometrics.persons import eap, map_, reliability, wle
from ardoise.psychometrics.reading import read_answers
from ardoise.psychometrics.responses import Responses

ORACLE = Path(__file__).parents[3] / "shared" / "irt-oracle"
pytestmark = pytest.mark.skipif(
    not (ORACLE / "lsat7.csv").exists(), reason="../shared/irt-oracle is not here"
)


def lsat(section: int) -> Responses:
    with (ORACLE / f"lsat{section}.csv").open() as file:
        rows = [
            list(map(int, row["pattern"]))
            for row in csv.DictReader(file)
            for _ in range(int(row["count"]))
        ]
    names = tuple(f"item {j}" for j in range(1, 6))
    return Responses(names, np.array(rows, dtype=np.uint8), np.full(5, 2))


def slopes(calibration: Calibration) -> list[float]:
    return [item.slope for item in calibration.items]


def intercepts(calibration: Calibration) -> list[float]:
    return [item.intercepts[0] for item in calibration.items]


def test_lsat6_2pl() -> None:
    calibration = calibrate(lsat(6), model="2PL")
    assert calibration.converged
    assert calibration.log_likelihood == pytest.approx(-2466.65338, abs=1e-3)
    assert slopes(calibration) == pytest.approx(
        [0.82566, 0.72274, 0.89087, 0.68837, 0.65686], abs=2e-4
    )
    assert intercepts(calibration) == pytest.approx(
        [2.77323, 0.99020, 0.24915, 1.28476, 2.05327], abs=2e-4
    )


def test_lsat6_with_a_common_slope() -> None:
    calibration = calibrate(lsat(6), model="1PL")
    assert calibration.log_likelihood == pytest.approx(-2466.938, abs=1e-3)
    assert slopes(calibration) == pytest.approx([0.75513] * 5, abs=2e-4)
    difficulties = [item.difficulty for item in calibration.items]
    assert difficulties == pytest.approx([-3.6153, -1.3224, -0.3176, -1.7301, -2.7802], abs=1e-4)


def test_lsat6_with_slope_one_and_a_free_variance() -> None:
    calibration = calibrate(lsat(6), model="1PL", scale="unit-slope")
    assert calibration.log_likelihood == pytest.approx(-2466.938, abs=1e-3)
    assert slopes(calibration) == [1.0] * 5
    assert intercepts(calibration) == pytest.approx([2.730, 0.999, 0.240, 1.306, 2.099], abs=7e-4)
    assert calibration.groups[0].sd ** 2 == pytest.approx(0.57, abs=5e-3)


def test_lsat7_2pl() -> None:
    calibration = calibrate(lsat(7), model="2PL")
    assert calibration.log_likelihood == pytest.approx(-2658.80511, abs=1e-3)
    assert slopes(calibration) == pytest.approx(
        [0.98755, 1.08084, 1.70748, 0.76499, 0.73567], abs=2e-4
    )
    assert intercepts(calibration) == pytest.approx(
        [1.85586, 0.80797, 1.80521, 0.48600, 1.85446], abs=2e-4
    )


def test_counts_as_weights_and_patterns_repeated_have_the_same_likelihood() -> None:
    patterns = read_answers(ORACLE / "lsat7.csv")
    assert patterns.pupils == 1000
    whole = calibrate(patterns.under(), model="2PL")
    codes, counts = np.unique(patterns.codes, axis=0, return_counts=True)
    weighted = Responses(patterns.items, codes, patterns.categories, weights=counts.astype(float))
    short = calibrate(weighted, model="2PL")
    assert whole.log_likelihood == pytest.approx(-2658.80511, abs=1e-4)
    assert short.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-5)
    assert slopes(short) == pytest.approx(slopes(whole), abs=1e-4)


def test_lsat7_rasch() -> None:
    assert calibrate(lsat(7), model="1PL").log_likelihood == pytest.approx(-2664.901, abs=1e-3)


@pytest.mark.parametrize(
    ("method", "slope", "intercept"),
    [("louis", 0.17719, 0.13145), ("cross-product", 0.17634, 0.13049)],
)
def test_lsat7_standard_errors(method: str, slope: float, intercept: float) -> None:
    data = lsat(7)
    errors = standard_errors(calibrate(data), data, method=method)  # type: ignore[arg-type]
    assert errors.of("item 1").slope == pytest.approx(slope, abs=2e-5)
    assert errors.of("item 1").intercepts[0] == pytest.approx(intercept, abs=2e-5)


def test_lsat7_abilities_and_reliability() -> None:
    data = lsat(7)
    calibration = calibrate(data)
    one = Responses(data.items, np.array([[1, 0, 1, 0, 1]], dtype=np.uint8), data.categories)
    mean = eap(one, calibration)
    assert (mean.theta[0], mean.se[0]) == pytest.approx((-0.3034, 0.7004), abs=1e-4)
    assert map_(one, calibration).theta[0] == pytest.approx(-0.3654, abs=1e-4)
    assert wle(one, calibration).theta[0] == pytest.approx(-0.762, abs=5e-4)
    everybody = reliability(calibration, eaps=eap(data, calibration))
    assert everybody.eap == pytest.approx(0.452305, abs=1e-4)
