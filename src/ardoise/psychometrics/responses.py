"""Answers as they came, and responses as a model sees them: one byte a pupil and item.

``Answers`` knows three ways of not answering; a ``MissingRule``, stated by the analyst, turns them
into ``Responses``, which know one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.faults import ResponsesError

MISSING = 255
"""Not observed, as the model sees it."""
NOT_ADMINISTERED, NOT_REACHED, OMITTED = 255, 254, 253
"""The codes of raw answers beside the scores: not asked, asked but not come to, passed over."""
MAX_CATEGORIES = 20
MAX_ITEMS = 5_000
MAX_PUPILS = 20_000_000
_BLOCK = 8_192
_Scalar = TypeVar("_Scalar", bound=np.generic)

Treatment = Literal["wrong", "missing"]


@dataclass(frozen=True)
class MissingRule:
    """How the analyst counts what was asked and not answered: as a score of 0, or not at all."""

    omitted: Treatment = "wrong"
    not_reached: Treatment = "missing"

    def __post_init__(self) -> None:
        for name, value in (("omitted", self.omitted), ("not_reached", self.not_reached)):
            if value not in {"wrong", "missing"}:
                raise ResponsesError(f'{name} must be "wrong" or "missing", not {value!r}')


@dataclass(frozen=True)
class _Table:
    """``codes``: (pupils, items) uint8, C order. ``categories``: (items,) scores 0..categories-1.

    ``weights``: (pupils,) float64, at least 0. ``groups``: (pupils,) int32, places in
    ``group_names``. ``clusters``: (pupils,) int32, the school of each pupil.
    """

    items: tuple[str, ...]
    codes: NDArray[np.uint8]
    categories: NDArray[np.int64]
    weights: NDArray[np.float64] | None = None
    groups: NDArray[np.int32] | None = None
    group_names: tuple[str, ...] = ()
    clusters: NDArray[np.int32] | None = None
    _checked: bool = field(default=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self._checked:
            _check_shape(self)
            _check_columns(self)
            _check_codes(self)
            object.__setattr__(self, "_checked", True)

    @property
    def pupils(self) -> int:
        return int(self.codes.shape[0])

    def column(self, item: str) -> int:
        """The place of an item. Raises ``ResponsesError`` where there is none of that name."""
        try:
            return self.items.index(item)
        except ValueError:
            raise ResponsesError(
                f"there is no item {item!r} in these responses; they have {_some(self.items)}"
            ) from None


@dataclass(frozen=True)
class Responses(_Table):
    """Responses as a model sees them: scores 0..categories-1, or ``MISSING``."""

    def select(self, items: Sequence[str]) -> Responses:
        """These items alone, in this order; the same object where nothing changes."""
        wanted = tuple(items)
        if wanted == self.items:
            return self
        places = {name: j for j, name in enumerate(self.items)}
        columns = [places[name] if name in places else self.column(name) for name in wanted]
        return replace(
            self,
            items=wanted,
            codes=np.ascontiguousarray(self.codes[:, columns]),
            categories=self.categories[columns],
        )

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Responses:
        """Some pupils: indices, a mask or a slice (a slice copies nothing)."""

        def some(array: NDArray[_Scalar] | None) -> NDArray[_Scalar] | None:
            return None if array is None else array[rows]

        return replace(
            self,
            codes=self.codes[rows],
            weights=some(self.weights),
            groups=some(self.groups),
            clusters=some(self.clusters),
        )

    def blocks(self, size: int) -> Iterator[Responses]:
        """The pupils in turn, ``size`` at a time, without copying."""
        for start in range(0, self.pupils, size):
            yield self.take(slice(start, start + size))


@dataclass(frozen=True)
class Answers(_Table):
    """Raw answers: scores, or ``OMITTED``, ``NOT_REACHED``, ``NOT_ADMINISTERED``."""

    def under(self, rule: MissingRule | None = None) -> Responses:
        """Responses under the analyst's rule (omitted wrong, not reached missing if none)."""
        rule = rule or MissingRule()
        table = np.arange(256, dtype=np.uint8)
        table[OMITTED] = 0 if rule.omitted == "wrong" else MISSING
        table[NOT_REACHED] = 0 if rule.not_reached == "wrong" else MISSING
        return Responses(
            items=self.items,
            codes=table[self.codes],
            categories=self.categories,
            weights=self.weights,
            groups=self.groups,
            group_names=self.group_names,
            clusters=self.clusters,
        )

    def with_trailing_not_reached(self) -> Answers:
        """What is omitted at the end of what a pupil was given counts as not reached.

        Items must stand in the order of the test. The first of a run of trailing omissions stays
        omitted: the pupil is taken to have looked at it (the convention of PISA and TIMSS).
        """
        codes = self.codes.copy()
        for start in range(0, self.pupils, _BLOCK):
            block = codes[start : start + _BLOCK]
            answered_later = np.zeros(len(block), dtype=bool)
            later_omission: NDArray[np.intp] = np.full(len(block), -1, dtype=np.intp)
            for j in range(len(self.items) - 1, -1, -1):
                here = block[:, j]
                answered_later |= here < OMITTED
                trailing = (here == OMITTED) & ~answered_later
                moved = trailing & (later_omission >= 0)
                block[moved, later_omission[moved]] = NOT_REACHED
                later_omission[trailing] = j
        return replace(self, codes=codes)


def _check_shape(table: _Table) -> None:
    codes, items = table.codes, table.items
    if codes.ndim != 2 or codes.dtype != np.uint8:
        raise ResponsesError(
            f"codes must be a (pupils, items) array of uint8, not {codes.dtype} {codes.shape}"
        )
    if codes.shape[1] != len(items) or table.categories.shape != (len(items),):
        raise ResponsesError(
            f"{len(items)} item names, {codes.shape[1]} columns of codes and "
            f"{len(table.categories)} numbers of categories do not go together"
        )
    if not 0 < len(items) <= MAX_ITEMS:
        raise ResponsesError(f"there must be 1 to {MAX_ITEMS} items, not {len(items)}")
    if len(set(items)) < len(items):
        twice = next(name for name in items if items.count(name) > 1)
        raise ResponsesError(f"the item name {twice!r} stands twice; names must differ")
    if len(codes) > MAX_PUPILS:
        raise ResponsesError(f"{len(codes)} pupils are more than the {MAX_PUPILS} allowed")
    wrong = np.flatnonzero((table.categories < 2) | (table.categories > MAX_CATEGORIES))
    if wrong.size:
        raise ResponsesError(
            f"item {items[wrong[0]]!r} has {table.categories[wrong[0]]} categories; "
            f"there must be 2 to {MAX_CATEGORIES}"
        )


def _check_columns(table: _Table) -> None:
    for name in ("weights", "groups", "clusters"):
        column = getattr(table, name)
        if column is not None and column.shape != (table.pupils,):
            raise ResponsesError(
                f"{name} must hold one value for each of the {table.pupils} pupils, "
                f"not {column.shape}"
            )
    if table.weights is not None:
        wrong = np.flatnonzero(~(np.isfinite(table.weights) & (table.weights >= 0)))
        if wrong.size:
            raise ResponsesError(
                f"weights, row {wrong[0] + 1}: {table.weights[wrong[0]]} is not a weight; "
                "weights are finite and at least 0"
            )
        if table.pupils and not table.weights.any():
            raise ResponsesError("weights: all of them are 0, so nobody counts")
    if table.groups is not None:
        wrong = np.flatnonzero((table.groups < 0) | (table.groups >= len(table.group_names)))
        if wrong.size:
            raise ResponsesError(
                f"groups, row {wrong[0] + 1}: there is no group {table.groups[wrong[0]]}; "
                f"{len(table.group_names)} are named"
            )


def _check_codes(table: _Table) -> None:
    lowest = MISSING if isinstance(table, Responses) else OMITTED
    highest = table.categories.astype(np.uint8)
    for start in range(0, table.pupils, _BLOCK):
        block = table.codes[start : start + _BLOCK]
        wrong = (block >= highest) & (block < lowest)
        if wrong.any():
            row, j = np.argwhere(wrong)[0]
            raise ResponsesError(
                f"item {table.items[j]!r}, row {start + row + 1}: {block[row, j]} is not a score; "
                f"the item has {table.categories[j]} categories, scored from 0"
            )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
