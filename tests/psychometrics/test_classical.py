"""Item statistics and alpha, against definitions written the slow way and published numbers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardoise.psychometrics.classical import alpha_of, classical
from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.responses import MISSING, Responses

ORACLE = Path(__file__).parents[3] / "shared" / "irt-oracle"


def table(codes: np.ndarray, categories: int = 2, **more: object) -> Responses:
    items = tuple(f"q{j}" for j in range(codes.shape[1]))
    sizes = np.full(codes.shape[1], categories)
    return Responses(items, codes.astype(np.uint8), sizes, **more)  # type: ignore[arg-type]


def some_codes(seed: int, pupils: int = 60, items: int = 5, top: int = 1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    ability = generator.normal(size=(pupils, 1))
    return np.clip(
        np.round(ability + generator.normal(size=(pupils, items)) + top / 2), 0, top
    ).astype(np.uint8)


@pytest.mark.skipif(not ORACLE.exists(), reason="../shared/irt-oracle is not here")
def test_alpha_of_lsat_section_7_is_the_published_one() -> None:
    lines = (ORACLE / "lsat7.csv").read_text().splitlines()[1:]
    rows = [line.split(",") for line in lines]
    codes = np.array([[int(x) for x in p] for p, n in rows for _ in range(int(n))])
    whole = classical(table(codes))[0]
    assert whole.alpha.value == pytest.approx(0.45341, abs=1e-5)
    assert whole.items.facility == pytest.approx(codes.mean(axis=0))


@given(st.integers(0, 10_000), st.sampled_from([1, 3]))
@settings(max_examples=25, deadline=None)
def test_complete_data_give_the_textbook_statistics(seed: int, top: int) -> None:
    codes = some_codes(seed, top=top)
    whole = classical(table(codes, top + 1))[0]
    total = codes.sum(axis=1)
    for j in range(codes.shape[1]):
        x, rest = codes[:, j].astype(float), (total - codes[:, j]).astype(float)
        if np.ptp(x) and np.ptp(rest):
            expected = np.corrcoef(x, rest)[0, 1]
            assert whole.items.rest_correlation[j] == pytest.approx(expected, abs=1e-10)
        else:
            assert np.isnan(whole.items.rest_correlation[j])
        assert whole.items.sd[j] == pytest.approx(x.std(), abs=1e-12)
        assert whole.items.facility[j] == pytest.approx(x.mean() / top)
    assert whole.scores.mean == pytest.approx(total.mean())
    assert whole.scores.points.sum() == len(codes)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_alpha_if_deleted_is_the_alpha_of_the_shorter_test(seed: int) -> None:
    data = table(some_codes(seed))
    whole = classical(data)[0]
    for j, name in enumerate(data.items):
        rest = data.select([item for item in data.items if item != name])
        assert whole.items.alpha_if_deleted[j] == pytest.approx(
            classical(rest)[0].alpha.value, nan_ok=True
        )


def test_rest_scores_under_missing_data_are_shares_of_what_was_attainable() -> None:
    codes = some_codes(3, pupils=400, items=6)
    codes[::2, :2] = MISSING
    codes[1::3, 4] = MISSING
    codes[0] = MISSING
    codes[1, 1:] = MISSING  # a pupil with one item has no rest
    weights = np.random.default_rng(1).uniform(0.5, 2, len(codes))
    whole = classical(table(codes, weights=weights))[0]
    for j in range(6):
        rows = [
            (codes[n, j], np.mean(others), weights[n])
            for n in range(len(codes))
            if codes[n, j] != MISSING
            for others in [[c for i, c in enumerate(codes[n]) if i != j and c != MISSING]]
            if others
        ]
        x, rest, w = np.array(rows, dtype=float).T
        mx, mr = np.average(x, weights=w), np.average(rest, weights=w)
        covariance = np.average((x - mx) * (rest - mr), weights=w)
        spread = np.average((x - mx) ** 2, weights=w) * np.average((rest - mr) ** 2, weights=w)
        assert whole.items.rest_correlation[j] == pytest.approx(covariance / np.sqrt(spread))


def test_alpha_is_undefined_where_two_items_never_meet() -> None:
    codes = some_codes(4, pupils=100, items=4)
    codes[:50, 0] = MISSING
    codes[50:, 1] = MISSING
    whole = classical(table(codes))[0]
    assert np.isnan(whole.covariance[0, 1])
    assert np.isnan(whole.alpha.value)
    assert np.isfinite(whole.items.alpha_if_deleted[[0, 1]]).all()


def test_an_item_nobody_saw_and_one_all_got_right_spoil_nothing() -> None:
    codes = some_codes(9, items=6)
    codes[:, 1] = MISSING
    codes[:, 3] = 1
    whole = classical(table(codes))[0]
    kept = classical(table(np.delete(codes, 1, axis=1)))[0]
    assert whole.alpha == kept.alpha
    assert np.isnan(whole.items.alpha_if_deleted[1])
    assert np.isnan(whole.items.facility[1])
    assert whole.items.facility[3] == 1
    assert np.isnan(whole.items.rest_correlation[3])
    assert whole.items.rest_correlation[4] == pytest.approx(kept.items.rest_correlation[3])


def test_a_weight_of_two_is_two_pupils_to_every_estimate() -> None:
    codes = some_codes(5, pupils=80)
    twice = np.repeat([1, 2], 40)
    weighted = classical(table(codes, weights=twice.astype(float)))[0]
    repeated = classical(table(np.repeat(codes, twice, axis=0)))[0]
    assert weighted.items.facility == pytest.approx(repeated.items.facility)
    assert weighted.items.rest_correlation == pytest.approx(repeated.items.rest_correlation)
    assert weighted.alpha.value == pytest.approx(repeated.alpha.value)
    assert weighted.alpha.pupils < repeated.alpha.pupils


def test_groups_are_computed_apart_and_add_up() -> None:
    codes = some_codes(6, pupils=5_000)
    groups = (np.arange(5_000) % 3 == 0).astype(np.int32)
    names = ("town", "country", "nobody")
    found = classical(table(codes, groups=groups, group_names=names))
    assert [one.group for one in found] == ["", *names]
    alone = classical(table(codes[groups == 1]))[0]
    assert found[2].items.rest_correlation == pytest.approx(alone.items.rest_correlation)
    assert found[0].pupils == found[1].pupils + found[2].pupils
    assert found[3].pupils == 0
    assert np.isnan(found[3].items.facility).all()


def test_the_uncertainty_of_alpha_is_calibrated() -> None:
    generator = np.random.default_rng(7)
    found = []
    for _ in range(150):
        data = generator.normal(size=(300, 1)) + generator.normal(size=(300, 8))
        found.append(alpha_of(np.cov(data.T), 300))
    truth = 8 / 7 * (1 - 16 / (8 * 8 + 8))
    assert np.std([a.value for a in found]) == pytest.approx(found[0].se, rel=0.2)
    assert np.mean([a.low < truth < a.high for a in found]) > 0.89


def test_an_absurd_confidence_is_refused() -> None:
    with pytest.raises(PsychometricsError, match="confidence is 95"):
        classical(table(some_codes(8)), confidence=95)
