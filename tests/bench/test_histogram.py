"""Percentiles of the load kit, against the exact ones."""

import math

from hypothesis import given
from hypothesis import strategies as st

from ardoise.bench.histogram import Histogram, bucket, upper

TIMES = st.lists(st.integers(0, 3_600_000_000), min_size=1, max_size=300)
SHARES = st.sampled_from([0.5, 0.9, 0.99, 0.999, 1.0])


def filled(times: list[int]) -> Histogram:
    histogram = Histogram()
    for time in times:
        histogram.add(time)
    return histogram


@given(TIMES, SHARES)
def test_a_percentile_is_never_below_the_true_one_nor_far_above(
    times: list[int], share: float
) -> None:
    exact = sorted(times)[math.ceil(round(share * len(times), 9)) - 1]
    told = filled(times).percentile(share)
    assert exact <= told <= exact + exact // 64 + 1
    assert told <= max(times)


@given(TIMES, TIMES, SHARES)
def test_merged_histograms_tell_what_one_would(
    some: list[int], others: list[int], share: float
) -> None:
    merged = filled(some)
    merged.merge(filled(others))
    assert merged.percentile(share) == filled(some + others).percentile(share)
    assert merged.summary()["count"] == len(some) + len(others)


@given(TIMES)
def test_many_at_once_count_as_one_by_one(times: list[int]) -> None:
    histogram = Histogram()
    histogram.add_all([time / 1e6 for time in times])
    one_by_one = filled(times)
    assert histogram.counts == one_by_one.counts
    assert (histogram.greatest, histogram.total) == (one_by_one.greatest, one_by_one.total)


@given(st.integers(0, 1 << 40))
def test_buckets_are_ordered_and_hold_their_values(value: int) -> None:
    index = bucket(value)
    assert value <= upper(index)
    assert index == 0 or upper(index - 1) < value
    assert bucket(value + 1) in (index, index + 1)


def test_the_greatest_stays_exact_and_space_bounded() -> None:
    histogram = filled([*range(0, 3_000_000, 37), 1 << 45])
    assert histogram.greatest == 1 << 45
    assert len(histogram.counts) < 64 * 28


def test_an_empty_histogram_has_no_figures() -> None:
    assert Histogram().summary() == {
        "count": 0, "p50": 0, "p90": 0, "p99": 0, "p99.9": 0, "max": 0,
    }  # fmt: skip
