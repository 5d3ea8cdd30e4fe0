"""Patterns of observed items, and strata within them."""

import numpy as np
import pytest

from ardoise.psychometrics.patterns import patterns
from ardoise.psychometrics.responses import MISSING
from ardoise.psychometrics.strata import count_categories, score_strata


@pytest.mark.parametrize("items", [3, 64, 65, 150])
def test_pupils_share_a_pattern_exactly_when_they_observed_the_same(items: int) -> None:
    generator = np.random.default_rng(items)
    designs = generator.random((7, items)) < 0.5
    drawn = generator.integers(0, 7, 400)
    codes = np.where(designs[drawn], 1, MISSING).astype(np.uint8)
    found = patterns(codes)
    assert (found.observed(found.of.astype(np.intp)) == designs[drawn]).all()
    assert len(np.unique(found.bits, axis=0)) == len(found.sizes)
    assert (np.bincount(found.of) == found.sizes).all()


def test_no_pupils_have_no_patterns() -> None:
    assert patterns(np.empty((0, 4), np.uint8)).sizes.tolist() == []


def test_booklets_have_strata_of_their_own_and_rare_patterns_share() -> None:
    codes = np.random.default_rng(1).integers(0, 2, (1_000, 6)).astype(np.uint8)
    codes[:500, 0] = MISSING
    codes[500:, 1] = MISSING
    codes[0, 2] = codes[1, 3] = MISSING
    codes[2] = MISSING
    found = patterns(codes)
    strata = score_strata(codes, np.ones(6, np.int64), np.ones(6, bool), found)
    assert strata.pooled == 2
    assert strata.of[2] == -1
    assert not set(strata.of[3:500]) & set(strata.of[500:])
    share = np.where(codes == MISSING, 0, codes).sum(axis=1) / np.maximum(
        (codes != MISSING).sum(axis=1), 1
    )
    own = (strata.of >= 0) & (np.arange(1_000) > 2)
    assert strata.score[strata.of[own]] == pytest.approx(share[own])


def test_counting_is_counting() -> None:
    generator = np.random.default_rng(2)
    codes = generator.integers(0, 3, (20_000, 4)).astype(np.uint8)
    codes[generator.random(codes.shape) < 0.1] = MISSING
    cell = generator.integers(-1, 5, 20_000).astype(np.int32)
    weights = generator.uniform(0.5, 2, 20_000)
    found = count_categories(codes, cell, 5, 3, weights)
    for c in range(5):
        for k in range(3):
            expected = weights[cell == c] @ (codes[cell == c] == k)
            assert found[c, :, k] == pytest.approx(expected)
