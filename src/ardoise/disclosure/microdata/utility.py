"""What a file's user can still estimate, and by how much estimates move."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.microdata.coding import code


@dataclass(frozen=True)
class Moved:
    """One estimate before and after."""

    what: str
    before: float
    after: float

    @property
    def by(self) -> float:
        """After less before."""
        return self.after - self.before


@dataclass(frozen=True)
class Kept:
    """How much of a column is left."""

    column: str
    values_before: int
    values_after: int
    information: float
    """Mutual information with the original as a share of its entropy; 1: nothing was lost."""


@dataclass(frozen=True)
class Utility:
    """The report. Estimates are of the sensitive columns, by values that the release still has."""

    rows_before: int
    rows_after: int
    kept: tuple[Kept, ...]
    moved: tuple[Moved, ...]

    @property
    def most_moved(self) -> float:
        """The largest change of any estimate."""
        return max((abs(one.by) for one in self.moved), default=0.0)


def compare(
    original: pl.DataFrame,
    released: pl.DataFrame,
    identity: np.ndarray[tuple[int], np.dtype[np.int64]],
    quasi: Sequence[str],
    sensitive: Sequence[str],
) -> Utility:
    """Compare a release with what it was made from.

    `identity` (released rows,): the original row of each. Estimates: each sensitive column's mean
    (or the share of each of its values, where it is text), over all rows and within each released
    value of each quasi-identifier that has no more than 20. Raises DisclosureFault.
    """
    if released.height != len(identity):
        raise DisclosureFault("the truth has not one entry for each released row")
    kept = tuple(_kept(original, released, identity, column) for column in quasi)
    moved: list[Moved] = []
    for column in sensitive:
        before, after = _numbers(original[column]), _numbers(released[column])
        for name in before.columns:
            label = column if name == column else f"{column}={name}"
            moved.append(Moved(f"mean of {label}", _mean(before[name]), _mean(after, name)))
        moved += _within(original, released, identity, quasi, column)
    return Utility(original.height, released.height, kept, tuple(moved))


def _kept(
    original: pl.DataFrame,
    released: pl.DataFrame,
    identity: np.ndarray[tuple[int], np.dtype[np.int64]],
    column: str,
) -> Kept:
    before, after = code(original[identity], column), code(released, column)
    table = np.bincount(
        before.codes * after.size + after.codes, minlength=before.size * after.size
    ).reshape(before.size, after.size) / max(released.height, 1)
    own = table.sum(axis=1)
    entropy = float(-(own * np.log(own, where=own > 0, out=np.zeros_like(own))).sum())
    expected = own[:, None] * table.sum(axis=0)[None, :]
    ratio = np.divide(table, expected, where=table > 0, out=np.ones_like(table))
    shared = float((table * np.log(ratio)).sum())
    return Kept(column, before.size, after.size, shared / entropy if entropy > 0 else 1.0)


def _within(
    original: pl.DataFrame,
    released: pl.DataFrame,
    identity: np.ndarray[tuple[int], np.dtype[np.int64]],
    quasi: Sequence[str],
    column: str,
) -> list[Moved]:
    """Slopes matter more than levels: do groups still differ as they did?"""
    if not original[column].dtype.is_numeric():
        return []
    found = []
    for name in quasi:
        if released[name].n_unique() > 20:
            continue
        labels = code(released, name)
        for place, value in enumerate(labels.values):
            rows = np.flatnonzero(labels.codes == place)
            # The same group as the release calls it, with what its rows were before.
            found.append(
                Moved(
                    f"mean of {column} where {name} is {value}",
                    _mean(original[column][identity[rows]]),
                    _mean(released[column][rows]),
                )
            )
    return found


def _numbers(values: pl.Series) -> pl.DataFrame:
    if values.dtype.is_numeric():
        return values.to_frame()
    return values.cast(pl.String).to_dummies().rename(lambda name: name.split("_", 1)[-1])


def _mean(values: pl.Series | pl.DataFrame, name: str | None = None) -> float:
    if isinstance(values, pl.DataFrame):
        if name not in values.columns:
            return 0.0
        values = values[name]
    mean = values.cast(pl.Float64).mean()
    return float(mean) if isinstance(mean, float) else 0.0
