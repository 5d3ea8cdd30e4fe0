"""Times in a bounded space: a log-linear histogram, at most 1/64 above the true value.

Values are whole microseconds. Below 64 each has its bucket; above, every doubling has 64. A
percentile is the upper edge of its bucket (never flattering), and never above the exact maximum.
After Gil Tene's HdrHistogram, without its dependencies.
"""

from collections.abc import Mapping

import numpy as np

_BITS = 6
_SUB = 1 << _BITS
LONGEST_US = 3_600_000_000
"""An hour; what takes longer counts as an hour in its bucket (the maximum stays exact)."""


def bucket(value: int) -> int:
    """The index of a value's bucket, 0 ≤ value."""
    shift = value.bit_length() - _BITS - 1
    return value if shift < 0 else (shift << _BITS) + (value >> shift)


def upper(index: int) -> int:
    """The largest value of a bucket."""
    if index < 2 * _SUB:
        return index
    shift = (index >> _BITS) - 1
    return (((index & (_SUB - 1)) + _SUB + 1) << shift) - 1


class Histogram:
    """How many values fell where. Adds, merges, tells percentiles."""

    __slots__ = ("counts", "greatest", "total")

    def __init__(self, counts: Mapping[int, int] | None = None, greatest: int = 0) -> None:
        """`counts`: bucket → how many, as another histogram had them."""
        self.counts: dict[int, int] = dict(counts or {})
        self.greatest = greatest
        self.total = sum(self.counts.values())

    def add(self, value_us: int) -> None:
        """Count one value; what lies below zero is zero."""
        value_us = max(value_us, 0)
        self.greatest = max(self.greatest, value_us)
        index = bucket(min(value_us, LONGEST_US))
        self.counts[index] = self.counts.get(index, 0) + 1
        self.total += 1

    def add_all(self, seconds: list[float]) -> None:
        """Count many times in seconds at once."""
        if not seconds:
            return
        values = np.maximum(np.rint(np.array(seconds) * 1e6).astype(np.int64), 0)
        self.greatest = max(self.greatest, int(values.max()))
        values = np.minimum(values, LONGEST_US)
        # frexp gives the bit length: exact, for values below 2^53.
        shifts = np.maximum(np.frexp(values.astype(np.float64))[1] - _BITS - 1, 0)
        # With shift 0 the value is its own bucket, whether or not it fills all its bits.
        indices, counts = np.unique((shifts << _BITS) + (values >> shifts), return_counts=True)
        for index, count in zip(indices.tolist(), counts.tolist(), strict=True):
            self.counts[index] = self.counts.get(index, 0) + count
        self.total += len(seconds)

    def merge(self, other: "Histogram") -> None:
        """Count what another counted."""
        for index, count in other.counts.items():
            self.counts[index] = self.counts.get(index, 0) + count
        self.total += other.total
        self.greatest = max(self.greatest, other.greatest)

    def percentile(self, share: float) -> int:
        """The least value in µs that at least `share` (0 to 1) of all do not exceed; 0 if empty."""
        wanted = max(1, -(-int(share * 1_000_000) * self.total // 1_000_000))
        seen = 0
        for index in sorted(self.counts):
            seen += self.counts[index]
            if seen >= wanted:
                return min(upper(index), self.greatest)
        return 0

    def summary(self) -> dict[str, float]:
        """Count, and p50, p90, p99, p99.9 and maximum in milliseconds."""
        shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
        figures = {name: self.percentile(share) / 1000 for name, share in shares.items()}
        return {"count": self.total, **figures, "max": self.greatest / 1000}
