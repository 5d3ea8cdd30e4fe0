"""The same bits whatever BLAS is told about threads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHAIN = """
import hashlib
import numpy as np
from ardoise.psychometrics.calibration import calibrate
from ardoise.psychometrics.errors import standard_errors
from ardoise.psychometrics.persons import eap, wle
from ardoise.psychometrics.plausible import plausible_values
from tests.psychometrics.simulated import responses, some_items

generator = np.random.default_rng(1)
items, theta = some_items(20, generator), generator.standard_normal(20_000)
data = responses(items, theta, generator, missing=0.1)
calibration = calibrate(data, threads={threads})
digest = hashlib.sha256(repr(calibration).encode())
for method in ("cross-product", "louis"):
    errors = standard_errors(calibration, data, method=method, threads={threads})
    digest.update(errors.covariance.tobytes())
for method in (eap, wle):
    abilities = method(data, calibration, threads={threads})
    digest.update(abilities.theta.tobytes() + abilities.se.tobytes())
drawn = plausible_values(data, calibration, np.random.default_rng(2), draws=2, threads={threads})
print(digest.hexdigest(), hashlib.sha256(drawn.values.tobytes()).hexdigest())
"""


def digests(threads: int, blas: str) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "OPENBLAS_NUM_THREADS": blas,
    }
    return subprocess.run(
        [sys.executable, "-c", CHAIN.format(threads=threads)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    ).stdout


def test_the_whole_chain_has_the_same_bits_on_any_threads_of_ours_and_of_blas() -> None:
    alone = digests(1, "1")
    assert len(alone.split()) == 2
    assert digests(2, "2") == alone


@pytest.mark.nightly
@pytest.mark.parametrize(("threads", "blas"), [(1, "2"), (3, "1"), (4, "4")])
def test_and_on_others(threads: int, blas: str) -> None:
    assert digests(threads, blas) == digests(1, "1")
