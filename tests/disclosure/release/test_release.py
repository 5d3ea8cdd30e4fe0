"""A plan is carried out whole, or nothing of it leaves."""

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.ledger import BudgetSpent, Ledger, open_ledger
from ardoise.disclosure.release import Plan, Release, read_plan, release
from ardoise.disclosure.release.run import Publication

PLAN = """
format = "ardoise-release/1"
name = "autumn"
title = "Results of the autumn"
recipient = "A university"
purpose = "Study"
answers = ["i1", "i2"]

[dimensions]
place = ["academie", "departement"]

[hierarchies.departement]
kind = "columns"
columns = ["departement", "academie"]

[hierarchies.birth]
kind = "dates"

[[tables]]
name = "by-place"
by = ["place", "sex"]

[[tables]]
name = "groups"
by = ["type", "band"]
outcome = "band"

[[files]]
name = "research"
tier = "research"
quasi = ["departement", "birth", "sex", "type"]
sensitive = [{ column = "band", ordered = true }]

[[private]]
name = "noisy"
by = ["sex"]
domain = { sex = ["F", "M"] }
epsilon = "0.25"
"""


def pupils(count: int = 4_000, *, seed: int = 1) -> pl.DataFrame:
    """Made-up pupils with answers."""
    from tests.disclosure.microdata.test_methods import pupils as made

    rng = np.random.default_rng(seed)
    return made(count, seed=seed).with_columns(
        i1=pl.Series(rng.integers(0, 2, count)), i2=pl.Series(rng.integers(0, 2, count))
    )


def run(
    text: str = PLAN,
    frame: pl.DataFrame | None = None,
    *,
    ledger: Ledger | None = None,
    history: tuple[Publication, ...] = (),
    seed: int = 3,
) -> Release:
    """One release of made-up pupils."""
    return release(
        pupils() if frame is None else frame, read_plan(text, name="plan.toml"),
        chance=np.random.default_rng(seed), ledger=ledger or open_ledger(Decimal(1)),
        history=history,
    )  # fmt: skip


def test_a_sound_plan_passes_with_every_check_named() -> None:
    made = run()
    assert made.verdict.passed, made.verdict.failed
    promises = {check.promise for check in made.verdict.checks}
    assert {
        "k-anonymity", "l-diversity of band", "re-identification, every quasi-identifier known",
        "hidden cells cannot be computed", "differential privacy",
    } <= promises  # fmt: skip
    assert made.ledger.left == Decimal("0.75")
    assert set(made.tables) == {"by-place", "groups", "noisy"}


def test_a_research_file_holds_its_columns_alone_in_another_order() -> None:
    frame = pupils()
    made = run(frame=frame).files["research"].frame
    assert made.columns == ["departement", "birth", "sex", "type", "band"]
    same = made.height == frame.height and (made["band"] == frame["band"]).all()
    assert not same


def test_the_same_seed_makes_the_same_release() -> None:
    assert run().files["research"].frame.equals(run().files["research"].frame)
    assert not run(seed=4).files["research"].frame.equals(run().files["research"].frame)


def test_a_bound_below_its_tier_fails_and_says_what_to_do() -> None:
    made = run(PLAN.replace('tier = "research"', 'tier = "research"\nk = 5'))
    assert not made.verdict.passed
    (check,) = made.verdict.failed
    assert (check.promise, check.bound) == ("k-anonymity asked for", "k ≥ 10")
    assert "research" in check.advice


def test_a_file_as_it_is_fails_and_names_the_column_to_coarsen() -> None:
    made = run(PLAN.replace('tier = "research"', 'tier = "research"\nmethod = "as-is"'))
    failed = {check.promise: check for check in made.verdict.failed}
    assert failed["k-anonymity"].advice.startswith("coarsen birth (its levels: day, month,")
    assert failed["re-identification, every quasi-identifier known"].found == "100.0%"


@pytest.mark.parametrize("leak", ['keep = ["i1"]', 'keep = ["number"]', 'keep = ["row"]'])
def test_answers_numbers_and_identifiers_never_leave_in_a_research_file(leak: str) -> None:
    frame = pupils().with_columns(
        number=pl.lit("123-456-782"), row=pl.int_range(4_000).cast(pl.String)
    )
    with pytest.raises(DisclosureFault, match=r"column (i1|number|row): "):
        run(PLAN.replace('tier = "research"', f'tier = "research"\n{leak}'), frame)


def test_the_secure_tier_is_sampled_and_never_called_anonymous() -> None:
    text = PLAN.replace(
        'tier = "research"', 'tier = "secure"\nsample = 0.4\nk = 5\nkeep = ["i1", "i2"]'
    )
    made = run(text)
    assert made.verdict.passed, made.verdict.failed
    facts = {fact.what: fact.figure for fact in made.verdict.facts}
    assert facts["standing"].startswith("pseudonymised, not anonymous")
    assert made.files["research"].frame.height <= 1_601


def test_a_budget_that_is_spent_stops_the_release() -> None:
    with pytest.raises(BudgetSpent, match="noisy costs"):
        run(ledger=open_ledger(Decimal("0.2")))


def test_a_second_release_is_attacked_with_the_first_in_hand() -> None:
    frame = pupils(500)
    first = run(frame=frame)
    finer = PLAN.replace('by = ["place", "sex"]', 'by = ["place", "sex", "type"]')
    second = run(finer, frame, history=first.published)
    assert second.verdict.passed, second.verdict.failed
    before = first.tables["by-place"]
    after = second.tables["by-place"].filter(pl.col("type") == "Total").drop("type")
    both = before.join(after, on=["place", "sex"], suffix="_after")
    assert both.height == before.height
    assert (both["status"] == both["status_after"]).all()
    assert both.filter(pl.col("status") == "hidden").height > 0


def test_a_release_of_changed_data_is_refused() -> None:
    frame = pupils(500)
    first = run(frame=frame)
    made = run(frame=frame[1:], history=first.published)
    assert not made.verdict.passed
    assert "release from the same data" in made.verdict.failed[0].advice


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("k = 5", "kk = 5"), "unknown field `kk`"),
        (('tier = "research"', 'tier = "open"'), "Invalid enum value 'open'"),
        (('outcome = "band"', 'outcome = "sex"'), "outcome is not in `by`"),
        (('name = "groups"', 'name = "research"'), "research names two parts"),
        (('kind = "dates"', 'kind = "days"'), "Invalid value 'days'"),
        (("[[tables]]", "[[tables"), "is no TOML"),
    ],
)
def test_a_wrong_plan_names_its_key(change: tuple[str, str], words: str) -> None:
    text = PLAN.replace('tier = "research"', 'tier = "research"\nk = 5').replace(*change)
    with pytest.raises(DisclosureFault, match=words):
        read_plan(text, name="plan.toml")


def test_an_unknown_column_is_named_before_any_work() -> None:
    with pytest.raises(DisclosureFault, match="column birth: is not in the file"):
        run(frame=pupils(50).drop("birth"))


def test_plans_are_closed_types() -> None:
    assert isinstance(read_plan(PLAN, name="plan.toml"), Plan)


def test_a_plan_nested_without_end_is_refused() -> None:
    with pytest.raises(DisclosureFault, match="nested too deeply"):
        read_plan("a = " + "[" * 20_000 + "]" * 20_000, name="plan.toml")
