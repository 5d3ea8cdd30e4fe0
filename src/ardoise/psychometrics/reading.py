"""Answers from CSV and Parquet, by blocks: memory does not grow beyond one byte a pupil and item.

Item columns hold scores (0, 1, 2 …), nothing, or a word for why there is none. An empty cell is
*not administered* unless the analyst says otherwise: who passed a question over must be told from
who was never asked it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ardoise.psychometrics.counted import (
    PATTERN,
    pattern_items,
    probable_count,
    repeated,
    spread,
    whole_counts,
)
from ardoise.psychometrics.faults import ResponsesError
from ardoise.psychometrics.responses import (
    MAX_CATEGORIES,
    MAX_ITEMS,
    MAX_PUPILS,
    NOT_ADMINISTERED,
    NOT_REACHED,
    OMITTED,
    Answers,
)

BLOCK_ROWS = 32_768
BLOCK_BYTES = 2_000_000
MAX_GROUPS = 1_000
_SHOWN = 40
_TRUTH = {"true": "1", "false": "0"}
_BLANK_LINE = re.compile(rb"^\r?\n", re.MULTILINE)
Codes: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True)
class Columns:
    """Which columns are what. ``items``: none takes every column that is nothing else.

    ``ignored`` columns (a pupil's number, say) are not read at all. Groups are numbered in the
    order of their names: the first is the one whose mean is 0 and SD 1. ``count``: how many pupils
    each row stands for; the rows are repeated. (Sampling weights are another thing.)

    A file of one column ``pattern`` (a digit an item: 01101) and one of counts needs nothing said.
    """

    items: Sequence[str] | None = None
    weight: str | None = None
    group: str | None = None
    cluster: str | None = None
    ignored: Sequence[str] = ()
    count: str | None = None


@dataclass(frozen=True)
class Words:
    """What stands in a cell instead of a score, in capitals or not. Numbers may be given too."""

    omitted: Sequence[str] = ("omitted", "om")
    not_reached: Sequence[str] = ("not reached", "not-reached", "nr")
    not_administered: Sequence[str] = ("not administered", "not-administered", "na", "nan", ".")
    empty: int = NOT_ADMINISTERED

    def codes(self) -> dict[str, int]:
        found = {"": self.empty}
        for words, code in (
            (self.omitted, OMITTED),
            (self.not_reached, NOT_REACHED),
            (self.not_administered, NOT_ADMINISTERED),
        ):
            found.update(dict.fromkeys((word.strip().lower() for word in words), code))
        return found


def read_answers(
    path: Path,
    *,
    columns: Columns | None = None,
    words: Words | None = None,
    categories: Mapping[str, int] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Answers:
    """The answers in a CSV (comma, semicolon or tab) or Parquet file, one row a pupil.

    ``categories`` states the number of an item's categories where the data may not show them all;
    otherwise it is the highest score found and one, at least two. ``progress(rows, of)``.
    Raises ``ResponsesError`` naming the file, column and row (the first pupil is row 1).
    """
    columns = columns or Columns()
    frame = _scanned(path)
    names = _names(path, frame)
    columns, pattern = of_patterns(names, columns)
    items = _items(path, names, columns)
    rows = sum(int(part.item()) for part in _blocks(path, frame.select(pl.len())))
    if rows == 0:
        raise ResponsesError(f"{path.name} has no rows")
    if rows > MAX_PUPILS:
        raise ResponsesError(f"{path.name} has {rows} rows; {MAX_PUPILS} are allowed")
    wanted = [*items, *_special(columns)]
    if pattern:
        items = pattern_items(path.name, next(_blocks(path, frame.select(pattern).head(1))))
    table = _Table(path.name, items, columns, rows, (words or Words()).codes())
    reading = _parquet_blocks if path.suffix.lower() == ".parquet" else _csv_blocks
    for block in reading(path, frame, wanted):
        table.add(spread(block, items, path.name, table.filled) if pattern else block)
        if progress is not None:
            progress(table.filled, rows)
    return table.answers(categories or {})


@dataclass
class _Table:
    """What has been read so far, in arrays as long as the file."""

    file: str
    items: tuple[str, ...]
    columns: Columns
    rows: int
    words: dict[str, int]
    filled: int = 0
    group_numbers: dict[str, int] = field(default_factory=dict)
    cluster_numbers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.codes = np.empty((self.rows, len(self.items)), dtype=np.uint8)
        self.weights = np.empty(self.rows) if self.columns.weight else None
        self.counts = np.empty(self.rows, dtype=np.int64) if self.columns.count else None
        self.groups = np.empty(self.rows, dtype=np.int32) if self.columns.group else None
        self.clusters = np.empty(self.rows, dtype=np.int32) if self.columns.cluster else None
        self.highest = np.zeros(len(self.items), dtype=np.int64)

    def add(self, block: pl.DataFrame) -> None:
        rows = slice(self.filled, self.filled + len(block))
        for j, item in enumerate(self.items):
            codes = self._scores(block[item])
            self.codes[rows, j] = codes
            scores = codes[codes < OMITTED]
            self.highest[j] = max(self.highest[j], int(scores.max()) if scores.size else 0)
        if self.weights is not None and self.columns.weight:
            self.weights[rows] = self._weights(block[self.columns.weight])
        if self.counts is not None and self.columns.count:
            self.counts[rows] = whole_counts(block[self.columns.count], self.file, self.filled)
        for name, numbers, into, most in (
            (self.columns.group, self.group_numbers, self.groups, MAX_GROUPS),
            (self.columns.cluster, self.cluster_numbers, self.clusters, MAX_PUPILS),
        ):
            if name and into is not None:
                into[rows] = self._numbered(block[name], numbers, most)
        self.filled += len(block)

    def answers(self, categories: Mapping[str, int]) -> Answers:
        may_be_blank = len(self.items) > 1 and not self.file.lower().endswith(".parquet")
        blank_lines = max(0, self.rows - self.filled) if may_be_blank else 0
        if self.filled == 0:
            raise ResponsesError(f"{self.file} has no rows")
        if self.filled + blank_lines != self.rows:
            raise ResponsesError(f"{self.file} changed while it was being read; read it again")
        stated = np.array([categories.get(item, 2) for item in self.items])
        names = tuple(sorted(self.group_numbers))
        groups = self.groups
        if groups is not None:
            order = np.empty(len(names), dtype=np.int32)
            order[[self.group_numbers[name] for name in names]] = np.arange(len(names))
            groups = order[groups[: self.filled]]
        every = repeated(self.counts, self.file, self.filled)
        return Answers(
            items=self.items,
            codes=self.codes[every],
            categories=np.maximum(self.highest + 1, stated),
            weights=None if self.weights is None else self.weights[every],
            groups=None if groups is None else groups[every],
            group_names=names,
            clusters=None if self.clusters is None else self.clusters[every],
        )

    def _scores(self, column: pl.Series) -> Codes:
        """One column of a block as codes; raises at the first cell that is neither."""
        if column.dtype == pl.Boolean:
            column = column.cast(pl.UInt8)
        elif column.dtype.is_decimal():
            column = column.cast(pl.Float64)
        elif column.dtype in (pl.Categorical, pl.Enum):
            column = column.cast(pl.String)
        if column.dtype == pl.String:
            cells = column.fill_null("").str.strip_chars().str.to_lowercase()
        elif column.dtype.is_numeric():
            cells = column
            if column.dtype.is_float():
                cells = column.fill_nan(None)
        else:
            raise ResponsesError(
                f"{self.file}, column {column.name!r} holds {column.dtype}, not scores; "
                "name the item columns, or ignore this one"
            )
        distinct = cells.unique()
        if len(distinct) > _SHOWN * MAX_CATEGORIES:
            raise ResponsesError(
                f"{self.file}, column {column.name!r} has {len(distinct)} different values: "
                "it is no item; name the item columns, or ignore this one"
            )
        coded = {value: self._code(column, cells, value) for value in distinct.to_list()}
        codes = cells.replace_strict(
            list(coded), list(coded.values()), return_dtype=pl.UInt8
        ).to_numpy()
        return np.asarray(codes, dtype=np.uint8)

    def _code(self, column: pl.Series, cells: pl.Series, value: str | float | None) -> int:
        text = "" if value is None else str(value)
        if isinstance(value, float) and value.is_integer():
            text = str(int(value))
        if text in self.words:
            return self.words[text]
        score = _number(_TRUTH.get(text, text))
        if score is not None and score.is_integer() and 0 <= score < MAX_CATEGORIES:
            return int(score)
        row = self.filled + int((cells == value).arg_max() or 0) + 1
        if score is None:
            why = "is neither a score nor a word for a missing answer"
        elif score < 0:
            why = "is negative; scores begin at 0"
        elif not score.is_integer():
            why = "is no whole number"
        else:
            why = (
                f"is too high; an item has at most {MAX_CATEGORIES} categories, scored from 0. "
                "If the column is no item, ignore it; if it counts pupils, name it as their count"
            )
        raise ResponsesError(
            f"{self.file}, column {column.name!r}, row {row}: {text[:_SHOWN]!r} {why}"
        )

    def _weights(self, column: pl.Series) -> NDArray[np.float64]:
        numbers = column.cast(pl.Float64, strict=False)
        good = (numbers.is_finite() & (numbers >= 0)).fill_null(False)
        if not good.all():
            at = int((~good).arg_max() or 0)
            raise ResponsesError(
                f"{self.file}, column {column.name!r}, row {self.filled + at + 1}: "
                f"{str(column[at])[:_SHOWN]!r} is not a weight; weights are numbers of at least 0"
            )
        return np.asarray(numbers.to_numpy(), dtype=np.float64)

    def _numbered(self, column: pl.Series, numbers: dict[str, int], most: int) -> NDArray[np.int32]:
        names = column.cast(pl.String).str.strip_chars()
        empty = names.is_null() | (names == "")
        if empty.any():
            at = self.filled + int(empty.arg_max() or 0) + 1
            raise ResponsesError(
                f"{self.file}, column {column.name!r}, row {at} is empty; every pupil needs one"
            )
        for name in names.unique(maintain_order=True).to_list():
            numbers.setdefault(name, len(numbers))
        if len(numbers) > most:
            raise ResponsesError(
                f"{self.file}, column {column.name!r} has more than {most} groups; is it the "
                "right column?"
            )
        found = names.replace_strict(
            list(numbers), list(numbers.values()), return_dtype=pl.Int32
        ).to_numpy()
        return np.asarray(found, dtype=np.int32)


def of_patterns(names: Sequence[str], columns: Columns) -> tuple[Columns, str]:
    """The columns of a file of patterns and counts, and which holds the pattern; else as given."""
    left = {*names} - {*_special(columns), *columns.ignored, ""}
    pattern = next((name for name in left if name.strip().lower() == PATTERN), "")
    if not pattern or (columns.items is not None and list(columns.items) != [pattern]):
        return columns, ""
    count = columns.count or probable_count(left - {pattern})
    if left - {pattern, count}:
        return columns, ""
    return replace(columns, items=(pattern,), count=count), pattern


def column_names(path: Path) -> list[str]:
    """The columns of a CSV or Parquet file, in order. Raises ``ResponsesError``."""
    return _names(path, _scanned(path))


def _scanned(path: Path) -> pl.LazyFrame:
    if not path.is_file():
        raise ResponsesError(f"there is no file {path.name}")
    if path.suffix.lower() == ".parquet":
        return pl.scan_parquet(path, glob=False)
    if path.suffix.lower() not in {".csv", ".tsv", ".txt"}:
        raise ResponsesError(f"{path.name} is neither .csv nor .parquet")
    return pl.scan_csv(path, separator=_separator(path), infer_schema=False, glob=False)


def _separator(path: Path) -> str:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = file.readline(1_000_000)
    return max(",;\t", key=header.count)


def _names(path: Path, frame: pl.LazyFrame) -> list[str]:
    try:
        names = frame.collect_schema().names()
    except pl.exceptions.PolarsError as error:
        raise ResponsesError(f"{path.name} cannot be read: {str(error)[:300]}") from error
    twice = [name for name in names if "_duplicated_" in name]
    if twice:
        raise ResponsesError(
            f"{path.name}: the column {twice[0].split('_duplicated_')[0]!r} stands twice"
        )
    return names


def _items(path: Path, names: list[str], columns: Columns) -> tuple[str, ...]:
    special = _special(columns)
    for name in (*special, *columns.ignored, *(columns.items or ())):
        if name not in names:
            raise ResponsesError(
                f"{path.name} has no column {name!r}; it has {', '.join(names[:8])}"
                + (f" and {len(names) - 8} more" if len(names) > 8 else "")
            )
    aside = {*special, *columns.ignored, ""}  # R writes row names under an empty heading
    items = tuple(columns.items or (name for name in names if name not in aside))
    if not items or len(items) > MAX_ITEMS:
        raise ResponsesError(f"{path.name} has {len(items)} item columns; 1 to {MAX_ITEMS} needed")
    return items


def _special(columns: Columns) -> list[str]:
    every = (columns.weight, columns.group, columns.cluster, columns.count)
    return [name for name in every if name]


def _blocks(path: Path, frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    try:
        yield from frame.collect_batches(chunk_size=BLOCK_ROWS, maintain_order=True)
    except pl.exceptions.PolarsError as error:
        raise ResponsesError(f"{path.name} cannot be read: {str(error)[:300]}") from error


def _parquet_blocks(path: Path, frame: pl.LazyFrame, wanted: list[str]) -> Iterator[pl.DataFrame]:
    yield from _blocks(path, frame.select(wanted))


def _csv_blocks(path: Path, frame: pl.LazyFrame, wanted: list[str]) -> Iterator[pl.DataFrame]:
    """Whole lines of a few megabytes at a time: polars' own batches hold most of a file as text."""
    names = frame.collect_schema().names()
    separator = _separator(path)
    with path.open("rb") as file:
        file.readline()
        while chunk := file.read(BLOCK_BYTES):
            chunk += file.readline()
            while chunk.count(b'"') % 2 and (more := file.readline()):
                chunk += more
            if len(names) > 1 and b'"' not in chunk:
                chunk = _BLANK_LINE.sub(b"", chunk)
            if not chunk:
                continue
            try:
                block = pl.read_csv(
                    chunk,
                    separator=separator,
                    has_header=False,
                    new_columns=names,
                    schema_overrides=[pl.String] * len(names),
                    infer_schema=False,
                )
            except pl.exceptions.PolarsError as error:
                raise _ragged(path, separator, len(names), error) from error
            yield block.select(wanted)


def _ragged(path: Path, separator: str, columns: int, error: Exception) -> ResponsesError:
    """The first line with more cells than the heading, which is what mostly is wrong."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for number, cells in enumerate(csv.reader(file, delimiter=separator), start=1):
            if len(cells) > columns:
                return ResponsesError(
                    f"{path.name}, line {number}: {len(cells)} cells; the heading has {columns}"
                )
    return ResponsesError(f"{path.name} cannot be read: {str(error)[:300]}")


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None
