"""Hierarchies: how a value becomes coarser, step by step, until it says nothing.

A hierarchy is declared before the data are seen: levels that are chosen by what a file happens to
hold can tell of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.microdata.coding import Coded

ANYTHING = "*"
LIST_MARK = "+"
"""Between the values of a label that lists them."""
LEVELS_LIMIT = 12

Coarser = Callable[[object], str]


@dataclass(frozen=True)
class Hierarchy:
    """One column's levels from fine to coarse; level 0 is the value as it stands.

    `steps[i]` gives the label of a value at level i+1; the last level, `*`, is always there.
    """

    column: str
    names: tuple[str, ...]
    """Of levels 0 to the last but one: ('day', 'month', …)."""
    steps: tuple[Coarser, ...]


@dataclass(frozen=True)
class Levels:
    """A hierarchy over the values that a column has. Shapes: m values, L levels."""

    column: str
    names: tuple[str, ...]
    """L, the last one `*`."""
    maps: tuple[NDArray[np.int64], ...]
    """L arrays (m,): the code of each value at that level."""
    labels: tuple[tuple[str, ...], ...]
    """L: label of each code."""

    @property
    def depth(self) -> int:
        """L."""
        return len(self.maps)


def exact(column: str) -> Hierarchy:
    """As it stands, or not at all."""
    return Hierarchy(column, ("exact",), ())


def dates(column: str) -> Hierarchy:
    """A date of birth: day, month, quarter, year."""

    def part(show: Callable[[date], str]) -> Coarser:
        def coarser(value: object) -> str:
            if not isinstance(value, date):
                raise DisclosureFault(f"{value!r} is not a date", column=column)
            return show(value)

        return coarser

    return Hierarchy(
        column,
        ("day", "month", "quarter", "year"),
        (
            part(lambda day: f"{day.year}-{day.month:02}"),
            part(lambda day: f"{day.year}-T{(day.month + 2) // 3}"),
            part(lambda day: f"{day.year}"),
        ),
    )


def bands(column: str, widths: Sequence[float], *, low: float, high: float) -> Hierarchy:
    """A number in bands of growing width; below `low` and above `high` it is coded as such.

    Each width must be a whole multiple of the one before, so that bands nest.
    """
    for finer, coarser in pairwise(widths):
        if coarser <= finer or abs(coarser / finer - round(coarser / finer)) > 1e-9:
            raise DisclosureFault("each width is a whole multiple of the one before", column=column)
    if not widths or widths[0] <= 0 or low >= high:
        raise DisclosureFault("bands need a width above 0 and low < high", column=column)

    def band(width: float) -> Coarser:
        def coarser(value: object) -> str:
            if not isinstance(value, int | float):
                raise DisclosureFault(f"{value!r} is not a number", column=column)
            if value < low:
                return f"<{low:g}"
            if value >= high:
                return f"≥{high:g}"
            start = low + (value - low) // width * width
            return f"{start:g}–{min(start + width, high):g}"

        return coarser

    names = ("exact", *(f"bands of {width:g}" for width in widths))
    return Hierarchy(column, names, tuple(band(width) for width in widths))


def mapped(column: str, names: Sequence[str], tables: Sequence[Mapping[str, str]]) -> Hierarchy:
    """Declared tables: value → label, one for each level above the value itself.

    Raises DisclosureFault when a value that occurs is in no table.
    """

    def look(table: Mapping[str, str], name: str) -> Coarser:
        def coarser(value: object) -> str:
            found = table.get(str(value))
            if found is None:
                raise DisclosureFault(
                    f"{value!r} has no {name}: add it to the hierarchy", column=column
                )
            return found

        return coarser

    steps = tuple(look(table, name) for table, name in zip(tables, names[1:], strict=True))
    return Hierarchy(column, tuple(names), steps)


def from_columns(frame: pl.DataFrame, columns: Sequence[str]) -> Hierarchy:
    """A place: columns from fine to coarse (commune, département, académie), read off the file.

    Raises DisclosureFault where a finer value lies in two coarser ones.
    """
    fine = columns[0]
    tables: list[dict[str, str]] = []
    for coarse in columns[1:]:
        if coarse not in frame.columns:
            raise DisclosureFault("is not in the file", column=coarse)
        pairs = frame.select(pl.col(fine).cast(pl.String), pl.col(coarse).cast(pl.String)).unique()
        twice = pairs.filter(pl.col(fine).is_duplicated()).sort(fine, coarse)
        if not twice.is_empty():
            raise DisclosureFault(
                f"{twice[fine][0]} lies in {twice[coarse][0]} and in {twice[coarse][1]}: "
                "a finer value has one coarser",
                column=coarse,
            )
        tables.append(dict(pairs.iter_rows()))
    return mapped(fine, columns, tables)


def levels_of(hierarchy: Hierarchy, coded: Coded) -> Levels:
    """A hierarchy applied to a column's values. Raises DisclosureFault: levels that do not nest."""
    if len(hierarchy.steps) + 2 > LEVELS_LIMIT:
        raise DisclosureFault(f"has more than {LEVELS_LIMIT} levels", column=hierarchy.column)
    maps = [np.arange(coded.size)]
    labels = [tuple(str(value) for value in coded.values)]
    meaning = {label: {at} for at, label in enumerate(labels[0])}
    for name, step in zip(hierarchy.names[1:], hierarchy.steps, strict=True):
        shown = _distinguished([step(value) for value in coded.values], name, meaning)
        distinct = tuple(dict.fromkeys(shown))
        place = {label: at for at, label in enumerate(distinct)}
        codes = np.array([place[label] for label in shown], dtype=np.int64)
        _check_nested(hierarchy.column, maps[-1], codes, labels[-1])
        maps.append(codes)
        labels.append(distinct)
    maps.append(np.zeros(coded.size, dtype=np.int64))
    labels.append((ANYTHING,))
    return Levels(hierarchy.column, (*hierarchy.names, ANYTHING), tuple(maps), tuple(labels))


def _distinguished(shown: list[str], name: str, meaning: dict[str, set[int]]) -> list[str]:
    """Labels that mean one set of values each: 'public' the sector is not 'public' the type."""
    members: dict[str, set[int]] = {}
    for at, label in enumerate(shown):
        members.setdefault(label, set()).add(at)
    named = {
        label: label if meaning.get(label, held) == held else f"{label} ({name})"
        for label, held in members.items()
    }
    meaning.update({named[label]: held for label, held in members.items()})
    return [named[label] for label in shown]


def _check_nested(
    column: str, finer: NDArray[np.int64], coarser: NDArray[np.int64], labels: tuple[str, ...]
) -> None:
    """Everything in one finer value is in one coarser."""
    parent = np.full(int(finer.max()) + 1, -1, dtype=np.int64)
    parent[finer] = coarser
    wrong = np.flatnonzero(parent[finer] != coarser)
    if wrong.size:
        label = labels[int(finer[wrong[0]])]
        raise DisclosureFault(
            f"{label} lies in two values of the next level: levels must nest", column=column
        )
