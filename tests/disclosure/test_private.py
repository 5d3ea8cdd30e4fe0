"""Noise hides one pupil, and no budget can be overspent."""

from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.ledger import BudgetSpent, open_ledger
from ardoise.disclosure.private import counts, means

DOMAIN = {"place": ["a", "b", "c"], "sex": ["F", "M"]}


def pupils(rows: int) -> pl.DataFrame:
    rng = np.random.default_rng(5)
    return pl.DataFrame(
        {
            "place": rng.choice(["a", "b"], rows), "sex": rng.choice(["F", "M"], rows),
            "score": np.clip(rng.normal(250, 50, rows), 0, 500),
        }
    )  # fmt: skip


@given(st.lists(st.decimals("0.000000001", "0.7", places=9), max_size=12))
def test_a_budget_is_never_overspent(amounts: list[Decimal]) -> None:
    ledger = open_ledger(Decimal("1.0"))
    for amount in amounts:
        try:
            ledger = ledger.spend(amount, "a table")
        except BudgetSpent:
            assert ledger.spent + amount > ledger.budget
        assert ledger.spent <= ledger.budget
    assert ledger.left == ledger.budget - sum(entry.epsilon for entry in ledger.entries)


def test_ten_tenths_spend_a_budget_of_one_exactly() -> None:
    ledger = open_ledger(Decimal(1))
    for _ in range(10):
        ledger = ledger.spend(Decimal("0.1"), "a table")
    assert ledger.left == 0
    with pytest.raises(BudgetSpent, match=r"only 0\.0 is left"):
        ledger.spend(Decimal("0.000000001"), "one more")


@pytest.mark.parametrize("wrong", ["0", "-1", "NaN", "Infinity", "0.0000000001"])
def test_an_absurd_amount_is_refused(wrong: str) -> None:
    with pytest.raises(DisclosureFault):
        open_ledger(Decimal(1)).spend(Decimal(wrong), "a table")


def test_noisy_counts_are_near_the_truth_and_cover_empty_cells() -> None:
    frame = pupils(5_000)
    made, after = counts(
        frame, ["place", "sex"], DOMAIN, epsilon=Decimal("0.5"),
        ledger=open_ledger(Decimal(1)), purpose="pupils by place and sex",
    )  # fmt: skip
    assert made.frame.height == 6
    assert after.left == Decimal("0.5")
    truth = {key: rows.height for key, rows in frame.group_by("place", "sex")}
    for place, sex, noisy in made.frame.iter_rows():
        assert abs(noisy - truth.get((place, sex), 0)) < 60  # 30 times the scale: once in 10^13


def test_the_noise_is_as_wide_as_it_says() -> None:
    frame = pupils(200)
    domain = {"place": [f"p{n}" for n in range(4_000)], "sex": ["F", "M"]}
    made, _ = counts(
        frame.with_columns(place=pl.lit("p0")), ["place", "sex"], domain, epsilon=Decimal("0.5"),
        ledger=open_ledger(Decimal(1)), purpose="width",
    )  # fmt: skip
    noise = made.frame.filter(pl.col("place") != "p0")["count"].to_numpy()
    assert 0.93 < np.mean(np.abs(noise) <= made.error) < 0.98
    assert 1.8 < np.abs(noise).mean() < 2.1  # discrete Laplace of scale 2


def test_noisy_means_are_near_the_truth_and_absent_where_nobody_is() -> None:
    frame = pupils(20_000)
    made, _ = means(
        frame, ["place"], DOMAIN, "score", low=0, high=500, epsilon=Decimal(1),
        ledger=open_ledger(Decimal(1)), purpose="mean score",
    )  # fmt: skip
    found = dict(made.frame.select("place", "mean").iter_rows())
    assert found["a"] == pytest.approx(250, abs=3)
    assert found["c"] is None


def test_a_value_outside_the_declared_ones_is_named() -> None:
    frame = pl.DataFrame({"place": ["a", "z"]})
    with pytest.raises(DisclosureFault, match="column place, row 2: 'z' is not among"):
        counts(
            frame, ["place"], DOMAIN, epsilon=Decimal("0.1"),
            ledger=open_ledger(Decimal(1)), purpose="places",
        )  # fmt: skip
