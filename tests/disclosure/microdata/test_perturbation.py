"""Sampling, swapping and shuffling keep what they promise to keep."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.microdata.goals import Goal
from ardoise.disclosure.microdata.lattice import generalise
from ardoise.disclosure.microdata.perturbation import sample, shuffled, swap
from ardoise.disclosure.microdata.utility import compare
from tests.disclosure.microdata.test_methods import BAND, QUASI, hierarchies, pupils


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1_000), share=st.floats(0, 1))
def test_swapping_leaves_every_count_by_place_and_stratum(seed: int, share: float) -> None:
    frame = pupils(400)
    moved = swap(frame, ["departement"], ["sex", "type"], share, np.random.default_rng(seed))
    by = ["departement", "sex", "type"]
    assert moved.group_by(by).len().sort(by).equals(frame.group_by(by).len().sort(by))
    assert moved.drop("departement").equals(frame.drop("departement"))


def test_swapping_moves_about_the_share_that_was_asked_for() -> None:
    frame = pupils(4_000).with_columns(departement=pl.int_range(4_000).cast(pl.String))
    moved = swap(frame, ["departement"], ["sex"], 0.2, np.random.default_rng(1))
    changed = (moved["departement"] != frame["departement"]).sum() / 4_000
    assert 0.17 < changed < 0.23


def test_a_stratified_sample_gives_each_stratum_its_share() -> None:
    frame = pupils(4_000)
    taken = sample(frame, 0.25, np.random.default_rng(1), strata=["departement"])
    whole = dict(frame.group_by("departement").len().iter_rows())
    for place, count in taken.group_by("departement").len().iter_rows():
        assert abs(count - 0.25 * whole[place]) < 1
    assert taken.join(frame, on=frame.columns, how="anti").is_empty()


def test_shuffling_loses_nobody_and_moves_them() -> None:
    frame = pupils(500)
    mixed = shuffled(frame, np.random.default_rng(1))
    assert not mixed.equals(frame)
    assert mixed.sort(frame.columns).equals(frame.sort(frame.columns))


@pytest.mark.parametrize("share", [0.0, 1.1])
def test_an_absurd_share_is_refused(share: float) -> None:
    with pytest.raises(DisclosureFault, match="share"):
        sample(pupils(10), share, np.random.default_rng(1))


def test_utility_says_what_was_lost_and_what_moved() -> None:
    frame = pupils(1_500).with_row_index("_at")
    made = generalise(frame, hierarchies(frame), [BAND], Goal(k=8, most_suppressed=0.02))
    identity = made.frame["_at"].to_numpy().astype(np.int64)
    report = compare(frame, made.frame, identity, QUASI, ["band"])
    kept = {one.column: one.information for one in report.kept}
    assert kept["sex"] in (pytest.approx(0.0), pytest.approx(1.0))
    assert all(0 <= share <= 1 + 1e-9 for share in kept.values())
    assert 0 < kept["birth"] < 1
    overall = next(one for one in report.moved if one.what == "mean of band")
    assert overall.before == pytest.approx(frame["band"].mean())
    assert abs(overall.by) <= report.most_moved < 0.2


def test_a_file_that_is_released_as_it_is_loses_nothing() -> None:
    frame = pupils(300)
    report = compare(frame, frame, np.arange(300), QUASI, ["band", "type"])
    assert all(one.information == pytest.approx(1.0) for one in report.kept)
    assert report.most_moved == 0.0
