"""Measures agree with pyCANON, exactly, on whatever file."""

import math

import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycanon import anonymity

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.microdata.coding import code
from ardoise.disclosure.microdata.measures import classes_of, closeness, risks

QUASI = ["place", "sex", "year"]


@st.composite
def files(draw: st.DrawFn) -> pl.DataFrame:
    """Small files with at least two values of each sensitive column."""
    rows = draw(st.integers(2, 40))

    def column(values: list[object]) -> list[object]:
        return draw(st.lists(st.sampled_from(values), min_size=rows, max_size=rows))

    score = column([1, 2, 3, 4, 7])
    band = column(["low", "middle", "high"])
    score[:2], band[:2] = [1, 2], ["low", "high"]
    return pl.DataFrame(
        {"place": column(["a", "b", "c"]), "sex": column(["F", "M"]),
         "year": column([2013, 2014]), "score": score, "band": band}
    )  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_k_l_t_and_beta_agree_with_pycanon(frame: pl.DataFrame) -> None:
    pandas = pd.DataFrame(frame.to_dict(as_series=False))
    classes = classes_of(frame, QUASI)
    assert classes.k == anonymity.k_anonymity(pandas, QUASI)
    for column, ordered in (("score", True), ("band", False)):
        ours = closeness(classes, code(frame, column), ordered=ordered)
        assert ours.distinct_l == anonymity.l_diversity(pandas, QUASI, [column])
        theirs = anonymity.entropy_l_diversity(pandas, QUASI, [column])
        assert math.floor(ours.entropy_l + 1e-9) - theirs in (0, 1)  # theirs cuts 2.999… to 2
        assert math.isclose(
            ours.t, anonymity.t_closeness(pandas, QUASI, [column]), rel_tol=1e-12, abs_tol=1e-12
        )
        assert math.isclose(
            ours.beta, anonymity.basic_beta_likeness(pandas, QUASI, [column]),
            rel_tol=1e-12, abs_tol=1e-12,
        )  # fmt: skip
        assert math.isclose(
            ours.enhanced_beta, anonymity.enhanced_beta_likeness(pandas, QUASI, [column]),
            rel_tol=1e-12, abs_tol=1e-12,
        )  # fmt: skip


def test_blocks_of_classes_give_what_one_block_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({"q": [n % 37 for n in range(400)], "s": [n * n % 11 for n in range(400)]})
    classes, sensitive = classes_of(frame, ["q"]), code(frame, "s")
    whole = closeness(classes, sensitive, ordered=True)
    monkeypatch.setattr("ardoise.disclosure.microdata.measures._BLOCK", 25)
    assert closeness(classes, sensitive, ordered=True) == whole


def test_risks_of_three_attackers() -> None:
    frame = pl.DataFrame({"q": ["a"] * 5 + ["b"] * 4 + ["c"]})
    found = risks(classes_of(frame, ["q"]), k=5)
    assert (found.prosecutor, found.marketer) == (1.0, 0.3)
    assert (found.unique, found.at_risk) == (0.1, 0.5)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"q": ["a", None]}, "column q, row 2: is empty"),
        ({"q": [1.0, float("nan")]}, "column q, row 2: is empty or not a number"),
        ({"other": [1, 2]}, "column q: is not in the file, which has other"),
    ],
)
def test_bad_columns_are_named(values: dict[str, list[object]], words: str) -> None:
    with pytest.raises(DisclosureFault, match=words):
        classes_of(pl.DataFrame(values), ["q"])
