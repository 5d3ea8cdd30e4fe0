"""A protected table as it goes out: hidden cells empty, and nothing that tells why they are."""

import numpy as np
import polars as pl

from ardoise.disclosure.tables.build import TableSpec
from ardoise.disclosure.tables.protection import Protected
from ardoise.disclosure.tables.system import TOTAL

SEPARATOR = " / "
STATUS = "status"


def to_frame(
    protected: Protected, *, value: str = "count", table: TableSpec | None = None
) -> pl.DataFrame:
    """One row a cell: a column for each dimension, `value` (null where hidden), `status`.

    Of linked tables, `table` picks one.

    Primary and secondary cells look alike: to know which are primary is to know that they are
    small. Shares of an outcome, where the table has one, stand in the column `share`, wherever
    both of its counts are published.
    """
    system = protected.system
    columns: dict[str, list[str]] = {
        name: [SEPARATOR.join(key[at]) or TOTAL for key in system.keys]
        for at, name in enumerate(system.dimensions)
    }
    shown = ~protected.hidden
    values = np.where(shown, system.values, np.nan)
    frame = pl.DataFrame(columns).with_columns(
        pl.Series(value, values).fill_nan(None),
        pl.Series(STATUS, np.where(shown, "published", "hidden")),
    )
    if not system.is_magnitude:
        frame = frame.with_columns(pl.col(value).cast(pl.Int64))
    outcome = table.outcome if table is not None else None
    if outcome is not None:
        frame = frame.with_columns(_shares(protected, system.dimensions.index(outcome)))
    if table is not None:
        own = {dimension.name for dimension in table.by}
        others = [name for name in system.dimensions if name not in own]
        for name in others:
            frame = frame.filter(pl.col(name) == TOTAL).drop(name)
    return frame.sort([name for name in system.dimensions if name in frame.columns])


def _shares(protected: Protected, at: int) -> pl.Series:
    system = protected.system
    place = system.place()
    shares: list[float | None] = []
    for cell, key in enumerate(system.keys):
        row = place.get((*key[:at], (), *key[at + 1 :]))
        shown = row is not None and not (protected.hidden[cell] or protected.hidden[row])
        if shown and key[at] and system.values[row] > 0:
            shares.append(float(system.values[cell] / system.values[row]))
        else:
            shares.append(None)
    return pl.Series("share", shares, dtype=pl.Float64)
