"""From rows, one a person, or from an aggregated file, to a system of cells with all margins."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.tables.system import TOTAL, CellKey, System, sums_of

DIMENSIONS_LIMIT = 4
CELLS_LIMIT = 2_000_000
LEVELS_LIMIT = 8
ADDITIVITY_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Dimension:
    """One way of dividing: columns from coarse to fine, each value of a finer one in one coarser.

    The finer column need not name its parent: its path does ("Lille" in "59" in "Lille").
    """

    name: str
    columns: tuple[str, ...]

    @classmethod
    def flat(cls, column: str) -> "Dimension":
        """A dimension without hierarchy."""
        return cls(column, (column,))


@dataclass(frozen=True)
class TableSpec:
    """One table: its dimensions, all margins included.

    `outcome` names the dimension whose shares are published (right and wrong, the groups): a row
    of which all or none have an outcome tells that of each of its persons.
    """

    by: tuple[Dimension, ...]
    outcome: str | None = None


def build(
    frame: pl.DataFrame,
    tables: Sequence[TableSpec],
    *,
    value: str | None = None,
    unit: str | None = None,
) -> System:
    """All cells of the tables over the rows of `frame`, one row a person.

    `value` sums a column instead of counting; its contributors are rows, or the groups of rows
    that share `unit` (a school). Cells that nobody falls into are not there: everybody knows that
    they are 0. Raises DisclosureFault naming the column and row: unknown or empty ones, negative
    or not finite values, too many dimensions or cells.
    """
    dimensions = _dimensions(tables)
    _check_frame(frame, dimensions, value, unit)
    if frame.is_empty():
        raise DisclosureFault("the file has no row: there is nothing to tabulate")
    keys: dict[CellKey, int] = {}
    known: list[set[int]] = []
    found: list[tuple[int, float, float, float]] = []
    for number, table in enumerate(tables):
        for key, figures in _cells(frame, table, dimensions, value, unit):
            cell = keys.setdefault(key, len(keys))
            if cell == len(found):
                found.append(figures)
                known.append(set())
                if len(found) > CELLS_LIMIT:
                    raise DisclosureFault(f"the tables have more than {CELLS_LIMIT:,} cells")
            known[cell].add(number)
    names = tuple(dimension.name for dimension in dimensions)
    for number, table in enumerate(tables):
        for key in _unseen_outcomes(keys, known, number, table, names):
            keys[key] = len(keys)
            found.append((0, 0.0, 0.0, 0.0))
            known.append({number})
    outcomes = {table.outcome for table in tables if table.outcome is not None}
    return System(
        dimensions=names,
        keys=tuple(keys),
        counts=np.array([figures[0] for figures in found], dtype=np.int64),
        values=np.array([figures[1] for figures in found], dtype=np.float64),
        sums=sums_of(tuple(keys), [frozenset(tables) for tables in known]),
        outcomes=tuple(sorted(names.index(outcome) for outcome in outcomes)),
        largest=None if value is None else np.array([figures[2:] for figures in found]),
    )


def read_aggregated(
    frame: pl.DataFrame, by: Sequence[str], *, count: str, total: str = TOTAL
) -> System:
    """A table that is aggregated already: one row a cell, `count` its number of persons.

    Where margins are given (rows whose label is `total`) they must add up; where they are not,
    they are made. Raises DisclosureFault: unknown columns, empty or double cells, a count that is
    negative, not whole or not finite, a margin that is not the sum of its parts.
    """
    dimensions = tuple(Dimension.flat(column) for column in by)
    _check_frame(frame, dimensions, None, None)
    _check_counts(frame, count)
    labelled = frame.with_columns(pl.col(column).cast(pl.String) for column in by)
    margin = pl.any_horizontal([pl.col(column) == total for column in by])
    _check_once(labelled, by)
    inner = labelled.filter(~margin)
    if inner.is_empty():
        raise DisclosureFault(f"every row is a margin ({total}): there is no inner cell")
    table = TableSpec(dimensions)
    keys: dict[CellKey, float] = {}
    for levels in product((0, 1), repeat=len(by)):
        shown = [column for column, level in zip(by, levels, strict=True) if level]
        grouped = inner.group_by(shown, maintain_order=True) if shown else None
        summed = (
            inner.select(pl.col(count).sum())
            if grouped is None
            else grouped.agg(pl.col(count).sum())
        )
        for row in summed.iter_rows(named=True):
            key = tuple((row[column],) if column in shown else () for column in by)
            keys[key] = float(row[count])
    _check_margins(labelled.with_row_index("_row", offset=1).filter(margin), by, count, total, keys)
    kept = [key for key, held in keys.items() if held > 0]
    counts = np.array([keys[key] for key in kept])
    return System(
        dimensions=tuple(dimension.name for dimension in table.by),
        keys=tuple(kept),
        counts=counts.astype(np.int64),
        values=counts,
        sums=sums_of(kept, [frozenset({0})] * len(kept)),
    )


def _dimensions(tables: Sequence[TableSpec]) -> tuple[Dimension, ...]:
    """The union over all tables, in order of appearance."""
    if not tables:
        raise DisclosureFault("no table is asked for")
    found: dict[str, Dimension] = {}
    for table in tables:
        if not 1 <= len(table.by) <= DIMENSIONS_LIMIT:
            raise DisclosureFault(f"a table has 1 to {DIMENSIONS_LIMIT} dimensions")
        names = [dimension.name for dimension in table.by]
        if len(set(names)) < len(names):
            raise DisclosureFault("a table names a dimension twice", column=names[0])
        for dimension in table.by:
            if found.setdefault(dimension.name, dimension) != dimension:
                raise DisclosureFault(
                    "two tables give this dimension different levels: name them apart",
                    column=dimension.name,
                )
            if not 1 <= len(dimension.columns) <= LEVELS_LIMIT:
                raise DisclosureFault(
                    f"a dimension has 1 to {LEVELS_LIMIT} levels", column=dimension.name
                )
        if table.outcome is not None and table.outcome not in names:
            raise DisclosureFault("the outcome is no dimension of its table", column=table.outcome)
    return tuple(found.values())


def _check_frame(
    frame: pl.DataFrame, dimensions: Sequence[Dimension], value: str | None, unit: str | None
) -> None:
    wanted = [column for dimension in dimensions for column in dimension.columns]
    for column in [*wanted, *(name for name in (value, unit) if name is not None)]:
        if column not in frame.columns:
            there = ", ".join(frame.columns[:12])
            raise DisclosureFault(f"is not in the file, which has {there}", column=column)
        empty = frame[column].is_null()
        if frame[column].dtype.is_float():
            empty = empty | frame[column].is_nan()
        if empty.any():
            row = int(empty.arg_true()[0]) + 1
            raise DisclosureFault(
                "is empty: give it a value (such as 'unknown') or drop the row",
                column=column,
                row=row,
            )
    if value is not None:
        if not frame[value].dtype.is_numeric():
            raise DisclosureFault("must be a number to be summed", column=value)
        wrong = ~frame[value].cast(pl.Float64).is_finite() | (frame[value] < 0)
        if wrong.any():
            raise DisclosureFault(
                "is negative or not finite: sums of such values cannot be protected",
                column=value,
                row=int(wrong.arg_true()[0]) + 1,
            )


def _cells(
    frame: pl.DataFrame,
    table: TableSpec,
    dimensions: Sequence[Dimension],
    value: str | None,
    unit: str | None,
) -> Iterator[tuple[CellKey, tuple[int, float, float, float]]]:
    """Every cell of one table: (key, (count, value, largest, second largest))."""
    place = {dimension.name: at for at, dimension in enumerate(dimensions)}
    depths = [range(len(dimension.columns) + 1) for dimension in table.by]
    for depth in product(*depths):
        shown = {
            dimension.name: dimension.columns[:level]
            for dimension, level in zip(table.by, depth, strict=True)
        }
        columns = list(dict.fromkeys(column for path in shown.values() for column in path))
        grouped = _grouped(frame, columns, value, unit)
        at = {column: number for number, column in enumerate(columns)}
        blank: list[tuple[str, ...]] = [()] * len(dimensions)
        for row in grouped.iter_rows():
            key = list(blank)
            for name, path in shown.items():
                key[place[name]] = tuple(str(row[at[column]]) for column in path)
            yield tuple(key), row[len(columns) :]


def _unseen_outcomes(
    keys: Mapping[CellKey, int],
    known: Sequence[set[int]],
    number: int,
    table: TableSpec,
    names: tuple[str, ...],
) -> list[CellKey]:
    """Outcomes that nobody of a row has: a share of 0 % can be hidden, unlike a row of nobody."""
    if table.outcome is None:
        return []
    at = names.index(table.outcome)
    shown = [key for key, cell in keys.items() if number in known[cell]]
    outcomes = sorted({key[at] for key in shown if key[at]})
    rows = [key for key in shown if not key[at]]
    wanted = ((*row[:at], outcome, *row[at + 1 :]) for row in rows for outcome in outcomes)
    return [key for key in wanted if key not in keys]


def _grouped(
    frame: pl.DataFrame, columns: list[str], value: str | None, unit: str | None
) -> pl.DataFrame:
    """One row a group: its columns, then count, value, largest, second largest."""
    if value is None:
        none = pl.lit(0.0)
        figures = [pl.len(), pl.len().cast(pl.Float64).alias("_value"), none, none.alias("_2")]
        return _aggregate(frame, columns, figures)
    part = pl.col(value).cast(pl.Float64)
    if unit is not None:
        frame = _aggregate(frame, list(dict.fromkeys([*columns, unit])), [part.sum().alias("_v")])
        part = pl.col("_v")
    top = part.top_k(2)
    return _aggregate(
        frame,
        columns,
        [
            pl.len(),
            part.sum().alias("_value"),
            top.max().alias("_1"),
            pl.when(pl.len() > 1).then(top.min()).otherwise(0.0).alias("_2"),
        ],
    )


def _aggregate(frame: pl.DataFrame, columns: list[str], figures: list[pl.Expr]) -> pl.DataFrame:
    if not columns:
        return frame.select(figures)
    return frame.group_by(columns).agg(figures).sort(columns)


def _check_counts(frame: pl.DataFrame, count: str) -> None:
    if count not in frame.columns:
        raise DisclosureFault(f"is not in the file, which has {frame.columns}", column=count)
    held = frame[count]
    if not held.dtype.is_numeric():
        raise DisclosureFault("must hold whole numbers", column=count)
    number = held.cast(pl.Float64)
    wrong = (number.is_null() | number.is_nan() | (number < 0)).fill_null(value=True)
    wrong = wrong | (number != number.round()).fill_null(value=True)
    if wrong.any():
        raise DisclosureFault(
            "a count is a whole number, 0 or more", column=count, row=int(wrong.arg_true()[0]) + 1
        )


def _check_once(frame: pl.DataFrame, by: Sequence[str]) -> None:
    twice = frame.select(pl.struct(by).is_duplicated()).to_series()
    if twice.any():
        raise DisclosureFault(
            "the same cell stands twice: sum the rows first",
            column=", ".join(by),
            row=int(twice.arg_true()[-1]) + 1,
        )


def _check_margins(
    margins: pl.DataFrame,
    by: Sequence[str],
    count: str,
    total: str,
    keys: Mapping[CellKey, float],
) -> None:
    for row in margins.iter_rows(named=True):
        key = tuple(() if row[column] == total else (row[column],) for column in by)
        parts = keys.get(key, 0.0)
        if abs(parts - float(row[count])) > ADDITIVITY_TOLERANCE:
            raise DisclosureFault(
                f"says {row[count]}, its parts add up to {parts:g}: the table is not additive",
                column=count,
                row=int(row["_row"]),
            )
