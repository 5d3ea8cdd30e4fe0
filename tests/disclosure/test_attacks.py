"""The attacks find what is there to be found, and no more than 1/k on a released file."""

import numpy as np
import polars as pl
import pytest

from ardoise.disclosure.attacks import infer, linkable, reidentify, uniqueness
from ardoise.disclosure.microdata.goals import Goal
from ardoise.disclosure.microdata.hierarchies import from_columns
from ardoise.disclosure.microdata.lattice import generalise
from ardoise.disclosure.microdata.mondrian import partition
from tests.disclosure.microdata.test_methods import BAND, QUASI, hierarchies, pupils

K = 8


@pytest.mark.parametrize("method", ["lattice", "mondrian"])
def test_knowing_every_quasi_identifier_succeeds_at_most_once_in_k(method: str) -> None:
    frame = pupils(1_500).with_row_index("_at")
    declared = hierarchies(frame)
    goal = Goal(k=K, distinct_l=2)
    made = (
        generalise(frame, declared, [BAND], goal).frame
        if method == "lattice"
        else partition(frame, declared, [BAND], goal).frame
    )
    attack = reidentify(frame, made, declared, made["_at"].to_numpy().astype(np.int64))
    assert 0 < attack.expected <= attack.success <= 1 / K


def test_the_raw_file_is_an_open_book() -> None:
    frame = pupils(1_500)
    raw = frame.with_columns(pl.col("birth").cast(pl.String))
    attack = reidentify(frame, raw, hierarchies(frame), np.arange(1_500))
    assert attack.success == 1.0
    assert attack.expected > 0.8
    assert attack.expected == pytest.approx(frame.n_unique(QUASI) / 1_500)


def test_a_label_that_lists_values_fits_each_of_them() -> None:
    frame = pl.DataFrame({"departement": ["d1", "d2", "d3"], "academie": ["a", "a", "a"]})
    released = pl.DataFrame({"departement": ["d1+d2", "d1+d2", "d3"]})
    declared = [from_columns(frame, ["departement", "academie"])]
    attack = reidentify(frame, released, declared, np.arange(3))
    assert attack.success == 1.0
    assert attack.expected == pytest.approx((0.5 + 0.5 + 1) / 3)


def test_a_class_of_one_mind_tells_its_value() -> None:
    frame = pl.DataFrame({"q": ["a"] * 4 + ["b"] * 6, "s": [1, 1, 1, 1, 1, 2, 2, 3, 3, 3]})
    found = infer(frame, ["q"], "s")
    assert (found.certain, found.blind, found.informed) == (0.4, 0.5, 0.7)


def test_forty_answers_single_out_nearly_everybody() -> None:
    rng = np.random.default_rng(3)
    ability = rng.normal(size=20_000)
    answers = {
        f"i{n:02}": (rng.random(20_000) < 1 / (1 + np.exp(-ability + rng.normal()))).astype(int)
        for n in range(40)
    }
    frame = pl.DataFrame(answers)
    few, many = (uniqueness(frame, [f"i{n:02}" for n in range(top)]) for top in (8, 40))
    assert few.unique < 0.05
    assert many.unique > 0.9


def test_files_link_by_what_is_single_in_both() -> None:
    one = pl.DataFrame({"pattern": ["x", "y", "y", "z"]})
    other = pl.DataFrame({"pattern": ["x", "y", "z", "z"]})
    assert linkable(one, other, ["pattern"]) == 0.25
    assert linkable(one.rename({"pattern": "band"}), other, ["pattern"]) == 0.0
