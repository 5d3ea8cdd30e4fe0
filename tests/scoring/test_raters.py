"""Raters: agreement by the textbook's formulas, balanced allocation, who decides."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardoise.scoring.raters import (
    Decision,
    RaterFault,
    Weights,
    agreement,
    allocate,
    decide,
    marked_twice,
    scale_of,
    third_rater,
)

SCALE = scale_of(3)
SEED = b"seed"
PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=40)


def kappa_by_force(pairs: list[tuple[int, int]], weights: Weights) -> float | None:
    """1 - mean disagreement of the pairs / mean disagreement of every first with every second."""

    def apart(one: int, other: int) -> float:
        gap = abs(one - other)
        return {"none": float(gap > 0), "linear": float(gap), "quadratic": float(gap**2)}[weights]

    if not pairs:
        return None
    observed = sum(apart(*pair) for pair in pairs) / len(pairs)
    chance = sum(apart(a, b) for a, _ in pairs for _, b in pairs) / len(pairs) ** 2
    return 1 - observed / chance if chance else None


@given(PAIRS)
def test_agreement_is_what_the_definitions_say(pairs: list[tuple[int, int]]) -> None:
    found = agreement([a for a, _ in pairs], [b for _, b in pairs], SCALE)
    assert found.pairs == len(pairs)
    if pairs:
        assert found.exact == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))
        assert found.adjacent == pytest.approx(sum(abs(a - b) < 2 for a, b in pairs) / len(pairs))
    for weights, kappa in (
        ("none", found.kappa), ("linear", found.linear), ("quadratic", found.quadratic),
    ):  # fmt: skip
        wanted = kappa_by_force(pairs, weights)  # type: ignore[arg-type]
        assert kappa == (None if wanted is None else pytest.approx(wanted))


def test_kappa_of_cohens_own_example() -> None:
    """Cohen 1960, table 1: 200 subjects, three categories, kappa = .492 after rounding."""
    table = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
    pairs = [(i, j) for i in range(3) for j in range(3) for _ in range(table[i][j])]
    found = agreement([i for i, _ in pairs], [j for _, j in pairs], scale_of(2))
    assert found.exact == pytest.approx(0.70)
    assert found.kappa == pytest.approx((0.70 - 0.41) / (1 - 0.41))


def test_nothing_to_compare_is_no_agreement_of_zero() -> None:
    found = agreement([], [], SCALE)
    assert (found.pairs, found.exact, found.quadratic) == (0, None, None)


def test_a_score_off_the_scale_is_refused() -> None:
    with pytest.raises(RaterFault, match=r"0\.5 is not on the scale 0 to 3"):
        agreement([0.5], [1], SCALE)


@pytest.mark.parametrize(("most", "count"), [(1, 2), (3, 4), (2.5, 6), (100, 101)])
def test_a_scale_has_whole_or_half_points(most: float, count: int) -> None:
    scores = scale_of(most).scores
    assert (len(scores), scores[0], scores[-1]) == (count, 0, most)


@pytest.mark.parametrize("most", [0, -1, 0.3, 101, 1 / 3])
def test_another_scale_is_refused(most: float) -> None:
    with pytest.raises(RaterFault):
        scale_of(most)


@pytest.mark.parametrize(
    ("scores", "wanted", "rule", "decision"),
    [
        ([], 1, "third", Decision(None, "rating")),
        ([2], 1, "third", Decision(2, "")),
        ([2], 2, "third", Decision(None, "rating")),
        ([2, 2], 2, "third", Decision(2, "")),
        ([2, 3], 2, "third", Decision(None, "third")),
        ([2, 3], 2, "mean", Decision(2.5, "")),
        ([2, 3], 2, "higher", Decision(3, "")),
        ([0, 3, 1], 2, "third", Decision(1, "")),
        ([0, 3, 1], 2, "mean", Decision(1, "")),
    ],
)
def test_who_decides(scores: list[float], wanted: int, rule: str, decision: Decision) -> None:
    assert decide(scores, wanted=wanted, tolerance=0, rule=rule) == decision  # type: ignore[arg-type]


def test_within_the_tolerance_two_scores_give_their_mean() -> None:
    assert decide([2, 3], wanted=2, tolerance=1, rule="third") == Decision(2.5, "")


TASKS = st.lists(st.binary(min_size=2, max_size=4), unique=True, max_size=60)


@settings(deadline=None)
@given(TASKS, st.integers(2, 6), st.sampled_from([0, 0.1, 0.5, 1]))
def test_allocation_is_balanced_and_never_twice_to_one(
    tasks: list[bytes], people: int, share: float
) -> None:
    raters = [f"r{n}" for n in range(people)]
    twice = marked_twice(tasks, share=share, seed=SEED)
    assert len(twice) == -(-len(tasks) * share // 1)
    given_out = allocate(tasks, raters, twice=twice, seed=SEED)
    assert set(given_out) == set(tasks)
    for task, chosen in given_out.items():
        assert len(set(chosen)) == len(chosen) == (2 if task in twice else 1)
    loads = Counter(rater for chosen in given_out.values() for rater in chosen)
    counts = [loads[rater] for rater in raters]
    assert max(counts) - min(counts) <= 1


def test_every_pair_of_raters_meets() -> None:
    tasks = [n.to_bytes(2, "big") for n in range(120)]
    given_out = allocate(tasks, ["a", "b", "c", "d"], twice=frozenset(tasks), seed=SEED)
    met = Counter(frozenset(pair) for pair in given_out.values())
    assert set(met) == {frozenset(pair) for pair in combinations("abcd", 2)}


def test_the_draw_does_not_depend_on_the_order_but_on_the_seed() -> None:
    tasks = [n.to_bytes(2, "big") for n in range(50)]
    drawn = marked_twice(tasks, share=0.3, seed=SEED)
    assert marked_twice(tasks[::-1], share=0.3, seed=SEED) == drawn
    assert marked_twice(tasks, share=0.3, seed=b"other") != drawn
    once = allocate(tasks, ["a", "b"], twice=drawn, seed=SEED)
    assert allocate(tasks[::-1], ["b", "a"], twice=drawn, seed=SEED) == once


def test_allocating_without_enough_raters_says_what_to_do() -> None:
    with pytest.raises(RaterFault, match="nobody to mark"):
        allocate([b"t"], [], twice=frozenset(), seed=SEED)
    with pytest.raises(RaterFault, match="needs two raters"):
        allocate([b"t"], ["a"], twice=frozenset([b"t"]), seed=SEED)


def test_the_third_rater_is_the_least_busy_of_the_others() -> None:
    asked = {"task": b"t", "marked": ["a", "b"], "seed": SEED}
    assert third_rater(["a", "b", "c", "d"], **asked, loads={"c": 2, "d": 1}) == "d"  # type: ignore[arg-type]
    assert third_rater(["a", "b"], **asked, loads={}) is None  # type: ignore[arg-type]
