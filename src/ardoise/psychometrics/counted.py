"""Rows that stand for several pupils, and whole tests written as one pattern: 01101, 29 times.

The form in which classic data sets are handed about. Rows are repeated, so that everything after
reading sees pupils: a count is no sampling weight, and standard errors differ.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ardoise.psychometrics.faults import ResponsesError
from ardoise.psychometrics.responses import MAX_ITEMS, MAX_PUPILS

PATTERN = "pattern"
_COUNTS = ("count", "freq", "frequency", "n")


def probable_count(names: Collection[str]) -> str | None:
    """The one column left beside a pattern, if it is called what counts are called."""
    (name,) = names if len(names) == 1 else ("",)
    return name if name.strip().lower() in _COUNTS else None


def pattern_items(file: str, first: pl.DataFrame) -> tuple[str, ...]:
    """`item1` … as many as the first pattern has characters. Raises ``ResponsesError``."""
    column = first.to_series()
    if column.dtype != pl.String:
        raise ResponsesError(
            f"{file}, column {column.name!r} holds {column.dtype}: zeros at the beginning of a "
            "pattern are lost in a number; store patterns as text"
        )
    length = len((column[0] or "").strip())
    if not 0 < length <= MAX_ITEMS:
        raise ResponsesError(
            f"{file}, column {column.name!r}, row 1: a pattern has 1 to {MAX_ITEMS} characters, "
            f"not {length}"
        )
    return tuple(f"item{j + 1}" for j in range(length))


def spread(block: pl.DataFrame, items: tuple[str, ...], file: str, before: int) -> pl.DataFrame:
    """The pattern's characters as columns. ``before``: rows that came earlier, for messages."""
    name = next(one for one in block.columns if one.strip().lower() == PATTERN)
    cells = block[name].fill_null("").str.strip_chars()
    odd = cells.str.len_chars() != len(items)
    if odd.any():
        at = int(odd.arg_max() or 0)
        raise ResponsesError(
            f"{file}, column {name!r}, row {before + at + 1}: {cells[at][:40]!r} has "
            f"{len(cells[at])} characters; the first pattern has {len(items)}"
        )
    parts = [cells.str.slice(j, 1).alias(item) for j, item in enumerate(items)]
    return block.drop(name).hstack(parts)


def whole_counts(column: pl.Series, file: str, before: int) -> NDArray[np.int64]:
    """Counts of pupils: whole numbers, at least 0. Raises ``ResponsesError``."""
    numbers = column.cast(pl.Float64, strict=False)
    good = (
        numbers.is_finite() & (numbers >= 0) & (numbers <= MAX_PUPILS) & (numbers % 1 == 0)
    ).fill_null(False)
    if not good.all():
        at = int((~good).arg_max() or 0)
        raise ResponsesError(
            f"{file}, column {column.name!r}, row {before + at + 1}: {str(column[at])[:40]!r} is "
            "no count of pupils; counts are whole numbers of at least 0 (sampling weights are "
            "named as weight)"
        )
    return np.asarray(numbers.to_numpy(), dtype=np.int64)


def repeated(counts: NDArray[np.int64] | None, file: str, filled: int) -> NDArray[np.intp] | slice:
    """Which of the first ``filled`` rows each pupil comes from."""
    if counts is None:
        return slice(0, filled)
    counts = counts[:filled]
    pupils = int(counts.sum())
    if not 0 < pupils <= MAX_PUPILS:
        raise ResponsesError(f"{file}: the counts add up to {pupils} pupils; 1 to {MAX_PUPILS}")
    rows: NDArray[np.intp] = np.repeat(np.arange(len(counts)), counts)
    return rows
