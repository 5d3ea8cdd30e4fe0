"""Generalisation keeps its goal, loses as little as can be, and says what it did."""

from datetime import date, timedelta
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.microdata.coding import code
from ardoise.disclosure.microdata.goals import Goal
from ardoise.disclosure.microdata.hierarchies import (
    Hierarchy,
    bands,
    dates,
    exact,
    from_columns,
    levels_of,
    mapped,
)
from ardoise.disclosure.microdata.lattice import Sensitive, _Search, generalise
from ardoise.disclosure.microdata.measures import classes_of, closeness
from ardoise.disclosure.microdata.mondrian import partition

BAND = Sensitive("band", ordered=True)


def pupils(count: int, *, seed: int = 1) -> pl.DataFrame:
    """Made-up pupils with five quasi-identifiers and a score band."""
    rng = np.random.default_rng(seed)
    place = rng.choice(12, count, p=rng.dirichlet(np.ones(12) * 3))
    return pl.DataFrame(
        {
            "departement": [f"d{number:02}" for number in place],
            "academie": [f"a{number // 4}" for number in place],
            "birth": [
                date(2014, 1, 1) + timedelta(days=int(n)) for n in rng.integers(0, 365, count)
            ],
            "sex": rng.choice(["F", "M"], count),
            "type": rng.choice(["public", "private", "rep"], count, p=[0.7, 0.2, 0.1]),
            "band": rng.integers(1, 7, count),
        }
    )


def hierarchies(frame: pl.DataFrame) -> list[Hierarchy]:
    """As a campaign would declare them."""
    sector = {"public": "public", "rep": "public", "private": "private"}
    return [
        from_columns(frame, ["departement", "academie"]),
        dates("birth"),
        exact("sex"),
        mapped("type", ["type", "sector"], [sector]),
    ]


QUASI = ["departement", "birth", "sex", "type"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.integers(60, 900), seed=st.integers(0, 50), k=st.integers(2, 12),
    least=st.integers(1, 4), t=st.sampled_from([0.2, 0.35, 1.0]),
)  # fmt: skip
@pytest.mark.parametrize("method", ["lattice", "mondrian"])
def test_a_released_file_keeps_every_bound(
    method: str, rows: int, seed: int, k: int, least: int, t: float
) -> None:
    frame = pupils(rows, seed=seed)
    goal = Goal(k=k, distinct_l=least, t=t, most_suppressed=0.02)
    if method == "lattice":
        made = generalise(frame, hierarchies(frame), [BAND], goal)
        released = made.frame
        assert made.suppressed <= 0.02
        assert released.height == round(rows * (1 - made.suppressed))
    else:
        released = partition(frame, hierarchies(frame), [BAND], goal).frame
        assert released.height == rows
    classes = classes_of(released, QUASI)
    told = closeness(classes, code(released, "band"), ordered=True)
    assert classes.k >= k
    assert told.distinct_l >= least
    assert told.t <= t + 1e-9


def test_no_node_of_the_lattice_loses_less_than_the_one_chosen() -> None:
    frame = pupils(700)
    goal = Goal(k=5, distinct_l=2, t=0.4)
    made = generalise(frame, hierarchies(frame), [BAND], goal)
    search = _Search(frame, hierarchies(frame), [BAND], goal, {})
    losses = []
    for node in product(*(range(levels.depth) for levels in search.levels)):
        dropped = search._dropped(node)
        if dropped <= goal.most_suppressed * frame.height:
            floor = search._floor(node)
            losses.append(floor + (1 - floor) * dropped / frame.height)
    assert made.loss == pytest.approx(min(losses))
    assert made.visited < made.nodes


def test_a_second_generalisation_changes_nothing() -> None:
    frame = pupils(900)
    goal = Goal(k=5)
    once = generalise(frame, hierarchies(frame), [BAND], goal).frame
    twice = generalise(once, [exact(column) for column in QUASI], [BAND], goal)
    assert twice.suppressed == 0
    assert twice.frame.equals(once)


def test_a_stated_weight_moves_the_choice() -> None:
    frame = pupils(900)
    place = generalise(frame, hierarchies(frame), [BAND], Goal(k=8), weights={"departement": 50.0})
    birth = generalise(frame, hierarchies(frame), [BAND], Goal(k=8), weights={"birth": 50.0})
    assert place.node["departement"] == "departement"
    assert place.node["birth"] in {"year", "*", "quarter"}
    assert birth.node["birth"] != place.node["birth"]


def test_mondrian_keeps_more_exact_than_one_level_for_all() -> None:
    frame = pupils(4_000)
    goal = Goal(k=10, distinct_l=3, t=0.3)
    whole = generalise(frame, hierarchies(frame), [BAND], goal)
    cut = partition(frame, hierarchies(frame), [BAND], goal)
    assert cut.loss < whole.loss


def test_bands_nest_and_code_both_ends() -> None:
    frame = pl.DataFrame({"age": [9, 10, 11, 12, 13, 14, 15, 19]})
    levels = levels_of(bands("age", [1, 2, 4], low=10, high=16), code(frame, "age"))
    assert levels.labels[2] == ("<10", "10–12", "12–14", "14–16", "≥16")


def test_months_quarters_and_years_of_birth() -> None:
    frame = pl.DataFrame({"birth": [date(2014, 3, 31), date(2014, 4, 1)]})
    levels = levels_of(dates("birth"), code(frame, "birth"))
    assert [levels.labels[at] for at in (1, 2, 3)] == [
        ("2014-03", "2014-04"), ("2014-T1", "2014-T2"), ("2014",),
    ]  # fmt: skip


def test_a_place_in_two_coarser_ones_is_refused() -> None:
    frame = pl.DataFrame({"commune": ["x", "x"], "departement": ["1", "2"]})
    with pytest.raises(DisclosureFault, match="column departement: x lies in 1 and in 2"):
        from_columns(frame, ["commune", "departement"])


def test_a_value_without_a_coarser_one_is_named() -> None:
    frame = pl.DataFrame({"type": ["public", "new"], "band": [1, 2]})
    hierarchy = mapped("type", ["type", "sector"], [{"public": "public"}])
    with pytest.raises(DisclosureFault, match="column type: 'new' has no sector"):
        generalise(frame, [hierarchy], [BAND], Goal(k=1))


def test_a_goal_that_nothing_can_keep_is_said() -> None:
    frame = pupils(30)
    with pytest.raises(DisclosureFault, match="k exceeds the number of rows"):
        generalise(frame, hierarchies(frame), [BAND], Goal(k=31))
    with pytest.raises(DisclosureFault, match="does not keep the goal"):
        partition(frame, hierarchies(frame), [BAND], Goal(k=31))
