"""Tables: what is published gives nothing of the hidden cells back, whoever computes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ardoise.disclosure.faults import CannotProtect, DisclosureFault
from ardoise.disclosure.tables import (
    Dimension,
    Policy,
    System,
    TableSpec,
    audit,
    build,
    find_sensitive,
    protect,
    read_aggregated,
)
from ardoise.disclosure.tables.protection import History, Protected

SOLVER = Path(__file__).parents[1] / "second_solver.py"


def pupils(count: int, *, places: int = 12, seed: int = 7) -> pl.DataFrame:
    """Made-up pupils: place in two levels, sex, school type, a group of six."""
    rng = np.random.default_rng(seed)
    place = rng.choice(places, count, p=rng.dirichlet(np.ones(places)))
    return pl.DataFrame(
        {
            "academie": [f"a{number // 4}" for number in place],
            "departement": [f"d{number}" for number in place],
            "sex": rng.choice(["F", "M"], count),
            "type": rng.choice(["public", "private", "rep"], count, p=[0.75, 0.15, 0.1]),
            "right": rng.choice(["no", "yes"], count, p=[0.3, 0.7]),
            "points": rng.integers(0, 40, count).astype(float),
            "school": [f"s{number}" for number in rng.integers(0, 60, count)],
        }
    )


PLACE = Dimension("place", ("academie", "departement"))
SEX, TYPE, RIGHT = (Dimension.flat(name) for name in ("sex", "type", "right"))


def second_opinion(protected: Protected) -> dict[int, tuple[float, float]]:
    """Intervals of the hidden cells by another solver, in another process."""
    sums = protected.system.sums
    rows = [
        [
            [int(cell), float(sign)]
            for cell, sign in zip(
                sums.indices[sums.indptr[row] : sums.indptr[row + 1]],
                sums.data[sums.indptr[row] : sums.indptr[row + 1]],
                strict=True,
            )
        ]
        for row in range(sums.shape[0])
    ]
    hidden = [int(cell) for cell in np.flatnonzero(protected.hidden)]
    asked = {"sums": rows, "values": protected.system.values.tolist(), "hidden": hidden}
    done = subprocess.run(
        [sys.executable, str(SOLVER)],
        input=json.dumps(asked), capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    return {cell: (low, high) for cell, (low, high) in zip(hidden, found, strict=True)}


def assert_safe(protected: Protected) -> None:
    """By our audit and by the second solver."""
    assert protected.audit.passed
    for cell, (low, high) in second_opinion(protected).items():
        if protected.sensitivity.primary[cell]:
            assert low <= protected.sensitivity.at_most[cell] + 1e-5
            assert high >= protected.sensitivity.at_least[cell] - 1e-5
        assert np.floor(high + 1e-5) > np.ceil(low - 1e-5)


def test_blanking_small_cells_alone_gives_them_back() -> None:
    system = build(pupils(1_500), [TableSpec((PLACE, SEX, TYPE))])
    sensitivity = find_sensitive(system, Policy())
    naive = audit(system, sensitivity, sensitivity.primary)
    assert len(naive.recovered) > 0.2 * sensitivity.primary.sum()


@pytest.mark.parametrize("method", ["flows", "auto", "optimal"])
def test_a_protected_table_withstands_two_solvers(method: str) -> None:
    system = build(pupils(1_500), [TableSpec((PLACE, SEX, TYPE))])
    protected = protect(system, Policy(), method=method)  # type: ignore[arg-type]
    assert_safe(protected)
    assert protected.sensitivity.primary.any()
    assert not (protected.sensitivity.primary & ~protected.hidden).any()


def test_the_optimum_loses_no_more_than_flows_and_no_less_than_its_bound() -> None:
    system = build(pupils(900, places=6), [TableSpec((PLACE, SEX, TYPE))])
    flows = protect(system, Policy(), method="flows")
    best = protect(system, Policy(), method="optimal")
    assert best.bound is not None
    assert best.bound - 1e-6 <= best.loss <= flows.loss + 1e-9


def test_no_smaller_pattern_protects_a_table_small_enough_to_try_them_all() -> None:
    frame = pl.DataFrame(
        {"a": ["x", "y", "z"] * 3, "b": ["k"] * 3 + ["l"] * 3 + ["m"] * 3,
         "n": [3, 40, 50, 60, 20, 30, 25, 35, 45]}
    )  # fmt: skip
    system = read_aggregated(frame, ["a", "b"], count="n")
    best = protect(system, Policy(), method="optimal")
    assert best.method == "optimal"
    inner = [cell for cell, key in enumerate(system.keys) if all(key)]
    sensitivity = find_sensitive(system, Policy())
    least = min(
        sum(bool(mask >> bit & 1) for bit in range(len(inner)))
        for mask in range(1 << len(inner))
        if audit(system, sensitivity, _mask(system, inner, mask)).passed
    )
    assert best.hidden.sum() == least


def _mask(system: System, inner: list[int], mask: int) -> np.ndarray:
    hidden = np.zeros(system.size, dtype=np.bool_)
    hidden[[cell for bit, cell in enumerate(inner) if mask >> bit & 1]] = True
    return hidden


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    counts=st.lists(st.integers(0, 60), min_size=12, max_size=12),
    threshold=st.integers(2, 15),
)
def test_any_small_table_is_protected_or_needs_nothing(counts: list[int], threshold: int) -> None:
    cells = [(row, column) for row in "pqrs" for column in "xyz"]
    frame = pl.DataFrame({"a": [a for a, _ in cells], "b": [b for _, b in cells], "n": counts})
    if not any(counts):
        return
    system = read_aggregated(frame, ["a", "b"], count="n")
    protected = protect(system, Policy(threshold=threshold))
    checked = audit(system, protected.sensitivity, protected.hidden, complete=True)
    assert checked.passed
    for interval in checked.intervals:
        assert interval.low <= system.values[interval.cell] <= interval.high


def test_protecting_a_protected_table_changes_nothing() -> None:
    system = build(pupils(1_500), [TableSpec((PLACE, SEX, TYPE))])
    first = protect(system, Policy())
    history = History(
        shown={
            key: float(system.values[cell])
            for cell, key in enumerate(system.keys)
            if not first.hidden[cell]
        },
        hidden=frozenset(system.keys[cell] for cell in np.flatnonzero(first.hidden)),
    )
    again = protect(system, Policy(), history=history)
    assert (again.hidden == first.hidden).all()


def test_the_same_table_is_protected_in_the_same_way() -> None:
    system = build(pupils(1_500), [TableSpec((PLACE, SEX, TYPE))])
    assert (protect(system, Policy()).hidden == protect(system, Policy()).hidden).all()


def test_linked_tables_are_protected_as_one() -> None:
    frame = pupils(300)
    both = build(frame, [TableSpec((PLACE, SEX)), TableSpec((PLACE, TYPE))])
    alone = [build(frame, [TableSpec((PLACE, other))]) for other in (SEX, TYPE)]
    assert both.size < sum(system.size for system in alone)
    protected = protect(both, Policy())
    assert protected.secondary.any()
    assert_safe(protected)


def test_what_was_published_before_stays_known() -> None:
    frame = pupils(300)
    first = build(frame, [TableSpec((PLACE, SEX))])
    published = protect(first, Policy())
    blank = ((),)
    history = History(
        shown={
            key + blank: float(first.values[cell])
            for cell, key in enumerate(first.keys)
            if not published.hidden[cell]
        },
        hidden=frozenset(first.keys[c] + blank for c in np.flatnonzero(published.hidden)),
    )
    second = build(frame, [TableSpec((PLACE, SEX, TYPE))])
    protected = protect(second, Policy(), history=history)
    assert_safe(protected)
    place = second.place()
    assert all(not protected.hidden[place[key]] for key in history.shown)
    assert all(protected.hidden[place[key]] for key in history.hidden if key in place)


def test_a_cell_that_was_published_before_cannot_be_hidden_now() -> None:
    system = build(pupils(300), [TableSpec((PLACE, SEX))])
    small = int(find_sensitive(system, Policy()).cells[0])
    history = History(shown={system.keys[small]: float(system.values[small])})
    with pytest.raises(CannotProtect, match="published before"):
        protect(system, Policy(), history=history)


def test_a_value_that_changed_since_is_refused() -> None:
    system = build(pupils(300), [TableSpec((PLACE, SEX))])
    grand = system.place()[((), ())]
    history = History(shown={system.keys[grand]: float(system.values[grand]) - 1})
    with pytest.raises(CannotProtect, match="release from the same data"):
        protect(system, Policy(), history=history)


def test_a_share_of_all_or_nothing_is_hidden() -> None:
    frame = pl.DataFrame(
        {
            "school": ["s1"] * 40 + ["s2"] * 60 + ["s3"] * 60,
            "right": ["yes"] * 40 + ["yes"] * 30 + ["no"] * 30 + ["yes"] * 25 + ["no"] * 35,
        }
    )
    table = TableSpec((Dimension.flat("school"), RIGHT), outcome="right")
    protected = protect(build(frame, [table]), Policy())
    hidden = {protected.system.name(int(cell)) for cell in np.flatnonzero(protected.hidden)}
    assert {"school=s1, right=yes", "school=s1, right=no"} <= hidden
    assert "school=s1" not in hidden
    assert_safe(protected)


def test_one_school_that_makes_up_a_sum_is_hidden() -> None:
    frame = pl.DataFrame(
        {"place": ["p"] * 30 + ["q"] * 30 + ["r"] * 30,
         "school": ["big"] * 20 + [f"p{n}" for n in range(10)] + [f"x{n}" for n in range(60)],
         "points": [50.0] * 20 + [1.0] * 70}
    )  # fmt: skip
    system = build(frame, [TableSpec((Dimension.flat("place"),))], value="points", unit="school")
    policy = Policy(threshold=3, p_percent=10, dominance=(1, 85))
    protected = protect(system, policy)
    names = {system.name(int(cell)) for cell in protected.sensitivity.cells}
    assert "place=p" in names
    assert protected.audit.passed
    place = system.place()[(("p",),)]
    interval = next(i for i in protected.audit.intervals if i.cell == place)
    assert interval.high >= 1010 / 0.85 - 1e-6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"by": "nothing"}, "column nothing: is not in the file"),
        ({"n": [1, -2, 3, 4]}, "column n, row 2: a count is a whole number"),
        ({"n": [1.0, float("nan"), 3, 4]}, "column n, row 2"),
        ({"a": ["x", None, "y", "y"]}, "column a, row 2: is empty"),
        (
            {"a": ["x", "x", "y", "y"], "b": ["k", "k", "k", "l"]},
            "row 2: the same cell stands twice",
        ),
    ],
)
def test_bad_input_is_named_by_column_and_row(change: dict[str, object], words: str) -> None:
    data: dict[str, object] = {
        "a": ["x", "x", "y", "y"],
        "b": ["k", "l", "k", "l"],
        "n": [5, 6, 7, 8],
    }
    by = [str(change.pop("by", "a")), "b"]
    with pytest.raises(DisclosureFault, match=words):
        read_aggregated(pl.DataFrame(data | change), by, count="n")


def test_a_margin_that_does_not_add_up_is_named() -> None:
    frame = pl.DataFrame({"a": ["x", "y", "Total"], "n": [5, 6, 12]})
    with pytest.raises(DisclosureFault, match="row 3: says 12, its parts add up to 11"):
        read_aggregated(frame, ["a"], count="n")
