"""Columns as small integers: every measure and method works on codes, not on texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ardoise.disclosure.faults import DisclosureFault

ROWS_LIMIT = 50_000_000


@dataclass(frozen=True)
class Coded:
    """One column. Shapes: n rows, m distinct values."""

    name: str
    codes: NDArray[np.int64]
    """(n,) index into `values`."""
    values: tuple[object, ...]
    """(m,) in ascending order."""

    @property
    def size(self) -> int:
        """m."""
        return len(self.values)


def code(frame: pl.DataFrame, column: str) -> Coded:
    """A column's codes. Raises DisclosureFault: unknown column, empty or NaN value (with row)."""
    values = checked(frame, column)
    if values.dtype == pl.Boolean:
        values = values.cast(pl.Int8)
    distinct = values.unique().sort()
    codes = (
        values.to_frame("v")
        .join(
            distinct.to_frame("v").with_row_index("code"), on="v", how="left", maintain_order="left"
        )["code"]
        .to_numpy()
        .astype(np.int64)
    )
    return Coded(column, codes, tuple(distinct.to_list()))


def checked(frame: pl.DataFrame, column: str) -> pl.Series:
    """A column that is there and full. Raises DisclosureFault."""
    if column not in frame.columns:
        there = ", ".join(frame.columns[:12])
        raise DisclosureFault(f"is not in the file, which has {there}", column=column)
    if frame.height > ROWS_LIMIT:
        raise DisclosureFault(f"the file has more than {ROWS_LIMIT:,} rows")
    values = frame[column]
    empty = values.is_null()
    if values.dtype.is_float():
        empty = empty | ~values.is_finite().fill_null(value=True)
    if empty.any():
        raise DisclosureFault(
            "is empty or not a number: give it a value (such as 'unknown') or drop the row",
            column=column,
            row=int(empty.arg_true()[0]) + 1,
        )
    return values


def joint(columns: Sequence[NDArray[np.int64]], sizes: Sequence[int]) -> NDArray[np.int64]:
    """(n,) one integer for each combination of codes, whatever their number."""
    if not columns:
        raise DisclosureFault("at least one quasi-identifier is needed")
    key = columns[0].astype(np.int64, copy=True)
    span = max(int(sizes[0]), 1)
    for codes, size in zip(columns[1:], sizes[1:], strict=True):
        if span > (1 << 62) // max(size, 1):
            # Too many combinations for one integer: those that occur are far fewer.
            _, key = np.unique(key, return_inverse=True)
            span = int(key.max(initial=0)) + 1
        key = key * size + codes
        span *= max(size, 1)
    return key
