"""No method, alone or with others, weakens a measure that it promises."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ardoise.disclosure.attacks import reidentify
from ardoise.disclosure.faults import CannotProtect, DisclosureFault
from ardoise.disclosure.microdata.coding import code
from ardoise.disclosure.microdata.goals import Goal
from ardoise.disclosure.microdata.lattice import generalise
from ardoise.disclosure.microdata.measures import classes_of, closeness
from ardoise.disclosure.microdata.mondrian import partition
from ardoise.disclosure.microdata.perturbation import sample, shuffled, swap
from ardoise.disclosure.tables import Policy, TableSpec, audit, build, protect
from ardoise.disclosure.tables.protection import History
from tests.disclosure.microdata.test_methods import BAND, QUASI, hierarchies, pupils
from tests.disclosure.tables.test_protection import PLACE, SEX, TYPE
from tests.disclosure.tables.test_protection import pupils as tabled

FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@pytest.mark.parametrize("method", ["lattice", "mondrian"])
@given(
    seed=st.integers(0, 99), share=st.floats(0.3, 1), swapped=st.floats(0, 0.5),
    k=st.integers(2, 9), t=st.sampled_from([0.25, 1.0]),
)  # fmt: skip
def test_sampling_and_swapping_first_weaken_no_bound(
    method: str, seed: int, share: float, swapped: float, k: int, t: float
) -> None:
    frame, chance = pupils(500, seed=seed).with_row_index("at"), np.random.default_rng(seed)
    declared, goal = hierarchies(frame), Goal(k=k, distinct_l=2, t=t, most_suppressed=0.05)
    moved = swap(frame, ["departement", "academie"], ["sex", "type"], swapped, chance)
    drawn = sample(moved, share, chance)
    try:
        made = (generalise if method == "lattice" else partition)(drawn, declared, [BAND], goal)
    except DisclosureFault:
        return  # the goal is out of reach: nothing was promised
    left = shuffled(made.frame, chance)
    classes = classes_of(left, QUASI)
    told = closeness(classes, code(left, "band"), ordered=True)
    assert classes.k >= k
    assert told.distinct_l >= 2
    assert told.t <= t + 1e-9
    identity = left["at"].to_numpy().astype(np.int64)
    # Whoever knows where everybody truly is does no better; nor who knows what swapping did.
    for known in (frame, moved):
        assert reidentify(known, left, declared, identity).success <= 1 / k + 1e-9


@FEW
@given(seed=st.integers(0, 99), share=st.floats(0.2, 1))
def test_a_sample_of_a_safe_file_tells_no_more_of_the_population(seed: int, share: float) -> None:
    frame = pupils(500, seed=seed).with_row_index("at")
    declared = hierarchies(frame)
    made = generalise(frame, declared, [BAND], Goal(k=6, most_suppressed=0.05)).frame
    whole = made.group_by(QUASI).len()
    left = sample(made, share, np.random.default_rng(seed))
    behind = left.join(whole, on=QUASI, how="left")["len"]
    assert (behind >= 6).all()


@FEW
@given(rows=st.integers(150, 900), seed=st.integers(0, 99), threshold=st.sampled_from([5, 11]))
def test_linked_tables_are_as_safe_as_one(rows: int, seed: int, threshold: int) -> None:
    frame = tabled(rows, places=8, seed=seed)
    specs = [TableSpec((PLACE, SEX)), TableSpec((PLACE, TYPE)), TableSpec((SEX, TYPE))]
    protected = protect(build(frame, specs), Policy(threshold=threshold), method="flows")
    assert protected.audit.passed
    alone = {
        spec: protect(build(frame, [spec]), Policy(threshold=threshold), method="flows")
        for spec in specs
    }
    for one in alone.values():
        own = {key: cell for cell, key in enumerate(one.system.keys)}
        assert one.audit.passed
        assert len(own) <= protected.system.size


@FEW
@given(rows=st.integers(150, 700), seed=st.integers(0, 99))
def test_what_left_before_and_what_leaves_now_are_safe_together(rows: int, seed: int) -> None:
    frame, policy = tabled(rows, places=6, seed=seed), Policy()
    first = protect(build(frame, [TableSpec((PLACE, SEX))]), policy, method="flows")
    both = build(frame, [TableSpec((PLACE, SEX, TYPE)), TableSpec((PLACE, SEX))])
    names = both.dimensions

    def key(old: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        held = dict(zip(first.system.dimensions, old, strict=True))
        return tuple(held.get(name, ()) for name in names)

    history = History(
        {
            key(old): float(first.system.values[cell])
            for cell, old in enumerate(first.system.keys)
            if not first.hidden[cell]
        },
        frozenset(key(first.system.keys[int(c)]) for c in np.flatnonzero(first.hidden)),
    )
    try:
        second = protect(both, policy, history=history, method="flows")
    except CannotProtect:
        return  # said, not done
    assert second.audit.passed
    place = both.place()
    hidden = second.hidden.copy()
    for old in history.shown:
        if old in place:
            assert not hidden[place[old]]
    for old in history.hidden:
        assert hidden[place[old]]
    assert audit(both, second.sensitivity, hidden, complete=True).passed
