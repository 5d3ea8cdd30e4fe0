"""Differential item functioning, against published numbers and slow likelihoods."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from ardoise.psychometrics.calibration import calibrate
from ardoise.psychometrics.dif import GroupPair, ets_class, item_dif, mantel_haenszel
from ardoise.psychometrics.dif_logistic import item_logistic, logistic_dif, proportional_odds
from ardoise.psychometrics.dif_lord import lord_dif
from ardoise.psychometrics.errors import standard_errors
from ardoise.psychometrics.faults import EstimationError, PsychometricsError
from ardoise.psychometrics.linking import link
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.responses import MISSING, Responses
from tests.psychometrics.simulated import responses, some_items

# Admissions to Berkeley's six largest departments in 1973 (Bickel, Hammel & O'Connell 1975), as in
# R's UCBAdmissions: rejected and admitted men, rejected and admitted women.
BERKELEY = np.array(
    [
        [[313, 512], [19, 89]],
        [[207, 353], [8, 17]],
        [[205, 120], [391, 202]],
        [[279, 138], [244, 131]],
        [[138, 53], [299, 94]],
        [[351, 22], [317, 24]],
    ],
    dtype=float,
)


def biased(
    seed: int, shifts: dict[int, float], pupils: int = 6_000, missing: float = 0.0
) -> tuple[Responses, GroupPair]:
    generator = np.random.default_rng(seed)
    items = some_items(20, np.random.default_rng(99))
    items[18] = ItemParameters("q18", "GPCM", 0.9, (0.8, -0.8))
    items[19] = ItemParameters("q19", "GRM", 1.2, (1.0, 0.0, -1.0))
    other = [
        replace(item, intercepts=tuple(d + shifts.get(j, 0.0) for d in item.intercepts))
        for j, item in enumerate(items)
    ]
    half = pupils // 2
    one = responses(items, generator.normal(size=half), generator, missing=missing)
    two = responses(other, generator.normal(-0.4, 1, half), generator, missing=missing)
    data = replace(one, codes=np.concatenate([one.codes, two.codes]))
    return data, GroupPair("boys", "girls", np.repeat([0, 1], half).astype(np.int8))


def test_mantel_haenszel_of_the_berkeley_admissions_is_what_r_prints() -> None:
    found = item_dif("admission", BERKELEY)
    assert found.odds == pytest.approx(0.9046968, abs=1e-7)
    assert found.chi_squared == pytest.approx(1.4269, abs=5e-5)
    assert found.p == pytest.approx(0.2323, abs=5e-5)
    bounds = np.exp(np.log(found.odds) + np.array([-1, 1]) * 1.959964 * found.delta_se / 2.35)
    assert bounds == pytest.approx([0.7719074, 1.0603298], abs=1e-6)
    assert found.delta == pytest.approx(-2.35 * np.log(found.odds))
    assert found.class_ == "A"


def test_the_standardised_difference_weighs_strata_by_focal_pupils() -> None:
    shares = BERKELEY[:, :, 1] / BERKELEY.sum(axis=2)
    women = BERKELEY[:, 1].sum(axis=1)
    expected = women @ (shares[:, 1] - shares[:, 0]) / women.sum()
    assert item_dif("admission", BERKELEY).p_dif == pytest.approx(expected)


@given(st.integers(0, 10_000), st.integers(2, 4))
@settings(max_examples=30, deadline=None)
def test_swapping_the_groups_turns_the_sign_and_nothing_else(seed: int, categories: int) -> None:
    table = np.random.default_rng(seed).integers(0, 30, (6, 2, categories)).astype(float)
    one, other = item_dif("q", table), item_dif("q", table[:, ::-1])
    assert one.chi_squared == pytest.approx(other.chi_squared)
    assert one.delta == pytest.approx(-other.delta, nan_ok=True)
    assert one.delta_se == pytest.approx(other.delta_se, nan_ok=True)


def test_mantels_variance_is_that_of_drawing_the_focal_pupils_at_random() -> None:
    scores = np.array([0, 0, 1, 2, 2, 3, 1, 0])
    focal = np.array([1, 0, 1, 1, 0, 0, 0, 0], bool)
    table = np.array([[np.bincount(scores[focal == side], minlength=4) for side in (0, 1)]])
    generator = np.random.default_rng(1)
    sums = [generator.permutation(scores)[:3].sum() for _ in range(40_000)]
    expected = (scores[focal].sum() - np.mean(sums)) ** 2 / np.var(sums)
    assert item_dif("q", table.astype(float)).chi_squared == pytest.approx(expected, rel=0.05)


def test_ets_classes_follow_size_and_significance() -> None:
    assert ets_class(0.99, 0.01, 0.0) == "A"
    assert ets_class(-2.0, 1.5, 0.2) == "A"
    assert ets_class(-1.2, 0.05, 0.0) == "B"
    assert ets_class(1.6, 0.5, 0.001) == "B"
    assert ets_class(1.6, 0.1, 0.0) == "C"
    assert ets_class(float("nan"), 0.1, 0.0) == ""


@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_the_items_made_unfair_are_found_and_no_others(missing: float) -> None:
    data, pair = biased(1, {2: -0.9, 7: 0.9, 19: -0.8}, 20_000, missing)
    found = mantel_haenszel(data, pair)
    flagged = {one.item for one in found.items if one.class_ in "BC"}
    assert flagged == {"q2", "q7", "q19"}
    assert found.stable
    assert not any(one.anchor for one in found.items if one.item in flagged)
    by_name = {one.item: one for one in found.items}
    assert by_name["q2"].delta == pytest.approx(-0.9 * 2.35, abs=0.35)
    assert by_name["q2"].p_dif < -0.1
    assert by_name["q19"].p_dif_sd < -0.2
    assert (found.pooled > 0) == (missing > 0)


def test_one_sided_dif_needs_purification() -> None:
    data, pair = biased(2, dict.fromkeys(range(6), -1.0), 12_000)
    rough = mantel_haenszel(data, pair, purify="")
    clean = mantel_haenszel(data, pair)
    fair = [float(np.mean([abs(one.delta) for one in r.items[6:18]])) for r in (rough, clean)]
    assert fair[1] < fair[0] / 2


def test_booklets_are_matched_apart() -> None:
    """Girls got the harder booklet more often: raw scores alone would call every item unfair."""
    data, _ = biased(3, {}, 12_000)
    codes = data.codes.copy()
    easy = np.argsort(codes[:, :18].mean(axis=0))[::-1][:6]
    girl = np.arange(12_000) >= 6_000
    hard = np.random.default_rng(4).random(12_000) < np.where(girl, 0.8, 0.2)
    codes[np.ix_(hard, easy)] = MISSING
    pair = GroupPair("boys", "girls", girl.astype(np.int8))
    found = mantel_haenszel(replace(data, codes=codes), pair)
    assert found.pooled == 0
    assert {one.class_ for one in found.items} == {"A"}


def test_weights_change_effects_as_pupils_would() -> None:
    data, pair = biased(5, {2: -0.9}, 4_000)
    times = np.random.default_rng(6).integers(1, 4, 4_000)
    repeated = replace(data, codes=np.repeat(data.codes, times, axis=0))
    copies = GroupPair("boys", "girls", np.repeat(pair.member, times))
    one = mantel_haenszel(replace(data, weights=times.astype(float)), pair, purify="").items[2]
    two = mantel_haenszel(repeated, copies, purify="").items[2]
    assert one.p_dif == pytest.approx(two.p_dif)
    assert one.delta == pytest.approx(two.delta, abs=0.02)
    assert one.delta_se > two.delta_se


def test_a_group_without_pupils_is_named() -> None:
    data, _ = biased(7, {}, 100)
    with pytest.raises(PsychometricsError, match="group 'girls' has no pupils"):
        mantel_haenszel(data, GroupPair("boys", "girls", np.zeros(100, np.int8)))
    named = replace(data, groups=np.zeros(100, np.int32), group_names=("a",))
    with pytest.raises(PsychometricsError, match="no group 'x'"):
        GroupPair.of_groups(named, "a", "x")


def test_a_test_in_which_every_item_differs_cannot_be_purified() -> None:
    generator = np.random.default_rng(8)
    codes = generator.integers(0, 2, (4_000, 2)).astype(np.uint8)
    member = (np.arange(4_000) % 2).astype(np.int8)
    codes[:, 0] = np.where(generator.random(4_000) < 0.5, codes[:, 0], member)
    codes[:, 1] = np.where(generator.random(4_000) < 0.5, codes[:, 1], 1 - member)
    data = Responses(("a", "b"), codes, np.array([2, 2]))
    with pytest.raises(EstimationError, match="leave no item to match girls and boys on"):
        mantel_haenszel(data, GroupPair("boys", "girls", member))


@given(st.integers(0, 10_000), st.integers(2, 4))
@settings(max_examples=15, deadline=None)
def test_proportional_odds_reach_the_top_of_the_likelihood(seed: int, categories: int) -> None:
    generator = np.random.default_rng(seed)
    counts = generator.integers(1, 25, (14, categories)).astype(float)
    design = np.stack([np.linspace(-1, 1, 14), np.arange(14) % 2.0], axis=1)
    loglik, effects = proportional_odds(counts, design)

    def height(at: np.ndarray) -> float:
        eta = at[: categories - 1] + (design @ at[categories - 1 :])[:, None]
        above = np.hstack([np.ones((14, 1)), 1 / (1 + np.exp(-eta)), np.zeros((14, 1))])
        p = above[:, :-1] - above[:, 1:]
        return -float((counts * np.log(np.maximum(p, 1e-12))).sum())

    start = np.concatenate([np.linspace(1, -1, categories - 1), np.zeros(2)])
    best = minimize(height, start, method="BFGS", options={"gtol": 1e-6})
    assert loglik == pytest.approx(-best.fun, abs=1e-5)
    assert effects == pytest.approx(best.x[categories - 1 :], abs=1e-3)


def test_logistic_dif_tells_uniform_from_non_uniform() -> None:
    data, pair = biased(9, {2: -1.2, 18: -1.0}, 12_000)
    generator = np.random.default_rng(10)
    ability = data.codes.sum(axis=1)
    middle = (ability - ability.mean()) / ability.std()
    slope = np.where(pair.member == 1, 0.2, 2.5)
    codes = data.codes.copy()
    codes[:, 5] = generator.random(12_000) < 1 / (1 + np.exp(-slope * middle))
    found = logistic_dif(replace(data, codes=codes), pair)
    assert found[2].gain_uniform > 10 * found[2].gain_non_uniform
    assert found[2].delta < -1.5
    assert found[18].gain_uniform > 0.02
    assert found[5].gain_non_uniform > 10 * found[5].gain_uniform
    assert found[5].jodoin_gierl == "C"
    assert found[5].interaction < -3
    assert {one.jodoin_gierl for j, one in enumerate(found) if j not in (2, 5, 18)} == {"A"}


def test_the_gain_is_a_difference_of_nagelkerkes_r2() -> None:
    found = item_logistic("admission", BERKELEY, np.linspace(1, 0, 6))
    assert found.gain == pytest.approx(found.gain_uniform + found.gain_non_uniform)
    assert found.chi_uniform >= 0
    empty = item_logistic("q", np.zeros((3, 2, 2)), np.linspace(0, 1, 3))
    assert empty.jodoin_gierl == ""
    assert np.isnan(empty.gain)


def test_lords_chi_squared_is_calibrated_and_finds_the_unfair_item() -> None:
    items = some_items(15, np.random.default_rng(11))
    hard = [replace(items[0], intercepts=(items[0].intercepts[0] - 0.8,)), *items[1:]]
    p_values: list[float] = []
    for seed in range(6):
        generator = np.random.default_rng(seed)
        sides = []
        for bank, mean in ((items, 0.0), (hard, -0.5)):
            data = responses(bank, generator.normal(mean, 1.2, 3_000), generator)
            calibration = calibrate(data)
            errors = standard_errors(calibration, data)
            sides.append((calibration.items, {i.name: errors.covariance_of(i.name) for i in bank}))
        (reference, spread), (focal, focal_spread) = sides
        to_reference = link(focal[1:], reference, "haebara")
        found = lord_dif(reference, focal, spread, focal_spread, to_reference)
        assert found[0].chi_squared == max(one.chi_squared for one in found)
        assert found[0].signed < -0.1
        assert found[0].unsigned == pytest.approx(-found[0].signed, abs=0.02)
        p_values += [one.p for one in found[1:]]
    assert np.mean(np.array(p_values) < 0.05) < 0.12
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.12)
