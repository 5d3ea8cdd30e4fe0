"""Attacks on files of persons, as the regulators name them: singling out, linkability, inference.

WP29 Opinion 05/2014 and EDPB guidelines 01/2025; CNIL asks for the same three. Each attacker is
given more than a real one would have: every quasi-identifier of every person, without an error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.microdata.coding import Coded, code, joint
from ardoise.disclosure.microdata.hierarchies import LIST_MARK, Hierarchy, Levels, levels_of
from ardoise.disclosure.microdata.measures import classes_of, counts_in_blocks


@dataclass(frozen=True)
class Reidentification:
    """An attacker who knows all about everybody tries to say which row is whose."""

    success: float
    """Most likely rate of right guesses about one person of the file."""
    expected: float
    """Expected share of all rows rightly matched."""
    rows: int


@dataclass(frozen=True)
class Inference:
    """Guessing a sensitive value from the class, against guessing it without the file."""

    column: str
    informed: float
    """Share of right guesses with the file and every quasi-identifier."""
    blind: float
    """Share of right guesses by the commonest value of the whole file."""
    certain: float
    """Share of rows whose value is told outright: everybody in the class has it."""


@dataclass(frozen=True)
class Uniqueness:
    """How many rows their values alone single out."""

    columns: int
    rows: int
    unique: float


def reidentify(
    original: pl.DataFrame,
    released: pl.DataFrame,
    hierarchies: Sequence[Hierarchy],
    identity: NDArray[np.int64],
) -> Reidentification:
    """Match every original person with the released rows that fit, by whatever labels they bear.

    `identity` (released rows,): the row of `original` each was made from; the truth that the attack
    is measured by, never part of a release. A label fits a value that has it at some level, or that
    it lists. Raises DisclosureFault.
    """
    if released.height != len(identity):
        raise DisclosureFault("the truth has not one entry for each released row")
    if released.is_empty():
        return Reidentification(0.0, 0.0, 0)
    columns = [hierarchy.column for hierarchy in hierarchies]
    patterns = released.select(pl.col(c).cast(pl.String) for c in columns)
    distinct = patterns.unique(maintain_order=True).with_row_index("_pattern")
    of = patterns.join(distinct, on=columns, how="left", maintain_order="left")["_pattern"]
    size = np.bincount(of.to_numpy(), minlength=distinct.height)
    fits = _candidates(original, distinct, hierarchies, size)
    chance = np.zeros(released.height)
    there = fits[identity] > 0
    chance[there] = 1.0 / fits[identity][there]
    return Reidentification(float(chance.max()), float(chance.mean()), released.height)


def _candidates(
    original: pl.DataFrame,
    patterns: pl.DataFrame,
    hierarchies: Sequence[Hierarchy],
    size: NDArray[np.int64],
) -> NDArray[np.int64]:
    """(original rows,) released rows that fit each original one.

    A value's labels are its own at every level and the lists that it stands in; a pattern fits if
    each of its labels is one of them.
    """
    codes: list[Coded] = []
    fitting: list[list[list[str]]] = []
    for hierarchy in hierarchies:
        column = code(original, hierarchy.column)
        labels = patterns[hierarchy.column].unique().to_list()
        codes.append(column)
        fitting.append(_labels_that_fit(levels_of(hierarchy, column), labels))
    key = joint([column.codes for column in codes], [column.size for column in codes])
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    if all(len(labels) <= 1 for column in fitting for labels in column):
        return _one_label_each(codes, fitting, patterns, size, first)[of]
    held = {row[1:]: int(size[row[0]]) for row in patterns.iter_rows()}
    found = np.zeros(len(first), dtype=np.int64)
    for at, row in enumerate(first):
        fits = [
            labels[int(column.codes[row])] for column, labels in zip(codes, fitting, strict=True)
        ]
        found[at] = sum(held.get(world, 0) for world in product(*fits))
    return found[of]


def _labels_that_fit(levels: Levels, labels: Sequence[str]) -> list[list[str]]:
    """For each value, the labels among these that may stand for it."""
    here = set(labels)
    fits: list[set[str]] = [
        {levels.labels[at][int(level[value])] for at, level in enumerate(levels.maps)} & here
        for value in range(len(levels.maps[0]))
    ]
    place = {label: value for value, label in enumerate(levels.labels[0])}
    for label in here:
        for part in label.split(LIST_MARK) if LIST_MARK in label else ():
            if part in place:
                fits[place[part]].add(label)
    return [sorted(mine) for mine in fits]


def _one_label_each(
    codes: Sequence[Coded],
    fitting: Sequence[list[list[str]]],
    patterns: pl.DataFrame,
    size: NDArray[np.int64],
    first: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The common case without a loop: every value has one label at most, so one pattern fits."""
    asked = pl.DataFrame(
        {
            column.name: pl.Series(
                np.array([mine[0] if mine else None for mine in labels], dtype=object)[
                    column.codes[first]
                ],
                dtype=pl.String,
            )
            for column, labels in zip(codes, fitting, strict=True)
        }
    )
    known = patterns.with_columns(pl.Series("_size", size))
    names = [column.name for column in codes]
    found = asked.join(known, on=names, how="left", maintain_order="left")["_size"]
    return found.fill_null(0).to_numpy().astype(np.int64)


def infer(released: pl.DataFrame, quasi: Sequence[str], sensitive: str) -> Inference:
    """Guess the commonest value of each class. Raises DisclosureFault."""
    classes, column = classes_of(released, quasi), code(released, sensitive)
    right = certain = 0
    for counts in counts_in_blocks(classes, column):
        most = counts.max(axis=1)
        right += int(most.sum())
        certain += int(most[most == counts.sum(axis=1)].sum())
    rows = released.height
    blind = int(np.bincount(column.codes).max())
    return Inference(sensitive, right / rows, blind / rows, certain / rows)


def uniqueness(frame: pl.DataFrame, columns: Sequence[str]) -> Uniqueness:
    """The share of rows that nobody shares these columns with. Raises DisclosureFault."""
    sizes = classes_of(frame, columns).sizes
    return Uniqueness(len(columns), frame.height, float((sizes == 1).sum() / frame.height))


def linkable(released: pl.DataFrame, kept: pl.DataFrame, shared: Sequence[str]) -> float:
    """The share of released rows that exactly one row of another file fits, and that it alone fits.

    For what delivery might have kept: columns that both files have. No shared column: 0.
    """
    both = [column for column in shared if column in released.columns and column in kept.columns]
    if not both or released.is_empty():
        return 0.0
    ones = [
        frame.group_by(both).len().filter(pl.col("len") == 1).select(both)
        for frame in (released, kept)
    ]
    return ones[0].join(ones[1], on=both, how="inner").height / released.height
