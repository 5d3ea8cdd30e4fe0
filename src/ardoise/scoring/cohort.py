"""A whole cohort scored by columns: each distinct response of an item is scored once.

Responses come in as columns and outcomes go out as columns (`cohort_columns` says which). Items are
worked on one after the other: memory holds one item's responses at a time, and the outcomes of the
distinct ones. The result is that of `Scorer.score` row by row, in the rows' order.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import polars as pl
from polars.io.plugins import register_io_source

from ardoise.content.model import Item
from ardoise.content.scorable import Scorable
from ardoise.scoring.cohort_columns import (
    CREDIT,
    STATE,
    CohortFault,
    entry_expression,
    outcome_cell,
    outcome_dtype,
    response_column,
    response_lists,
)
from ardoise.scoring.scope import Capture
from ardoise.scoring.scorer import ItemScore, Scorer, compile_item
from ardoise.scoring.values import parse_response

SCORE = "SCORE"
BATCH = 50_000
"""Rows worked on at a time when outcomes are streamed to a file."""
_PRECISION = 1e-9
"""Sums of tenths fall short of their maximum by less."""
Announce = Callable[[str, int, int], None]
"""Told for each item: its identifier, how many are done, how many there are."""


class Cohort:
    """The items of a cohort, compiled, and what their distinct responses turned out to be worth.

    `capture` reads responses and keys alike. `outcomes`: "score" gives SCORE alone, "declared"
    every outcome variable that a column can hold. Raises ContentFault for an item that cannot be
    compiled, CohortFault for an item given twice.
    """

    def __init__(
        self,
        items: Iterable[Item | Scorable],
        *,
        capture: Capture = parse_response,
        outcomes: Literal["score", "declared"] = "score",
    ) -> None:
        self._items: dict[str, _CohortItem] = {}
        for item in items:
            if item.identifier in self._items:
                raise CohortFault(f"item {item.identifier} is given twice")
            scorer = compile_item(item, capture=capture)
            self._items[item.identifier] = _CohortItem(item, scorer, every=outcomes == "declared")
        names = [*self.columns, *self.schema]
        for name in names:  # identifiers may hold a colon, so "a:b" + "c" may meet "a" + "b:c"
            if names.count(name) > 1:
                raise CohortFault(f"two variables have the column {name}: rename one of the items")

    @property
    def columns(self) -> tuple[str, ...]:
        """The response columns that a frame must have."""
        return tuple(name for item in self._items.values() for name in item.columns)

    @property
    def distinct(self) -> int:
        """Distinct responses scored so far."""
        return sum(0 if item.table is None else item.table.height for item in self._items.values())

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Columns that come out, and their types."""
        return {name: dtype for item in self._items.values() for name, dtype in item.schema.items()}

    def score(self, responses: pl.DataFrame, *, announce: Announce | None = None) -> pl.DataFrame:
        """Outcomes of every row, in order; columns that are no response's first, as they came.

        Raises CohortFault for columns that cannot be read, ContentFault from the scoring.
        """
        frame = responses.lazy()
        carried = responses.select(self._carried(responses.collect_schema().names()))
        columns = carried.get_columns()
        for done, (name, item) in enumerate(self._items.items(), start=1):
            held = item.read(frame).collect()
            item.learn(held.lazy())
            columns.extend(item.outcomes(held).get_columns())
            if announce is not None:
                announce(name, done, len(self._items))
        return pl.DataFrame(columns)

    def write(
        self, responses: pl.LazyFrame, out: Path, *, announce: Announce | None = None
    ) -> None:
        """Outcomes as Parquet, streamed: no more than BATCH rows of all items are held at once.

        The rows are read once for each item, for its distinct responses, and once more together:
        a Parquet file, whose columns lie apart, is read about twice. Raises as `score`; OSError.
        """
        for done, (name, item) in enumerate(self._items.items(), start=1):
            item.learn(item.read(responses))
            if announce is not None:
                announce(name, done, len(self._items))
        schema = responses.collect_schema()
        carried = self._carried(schema.names())

        def batches(
            columns: list[str] | None,
            predicate: pl.Expr | None,
            rows: int | None,
            size: int | None,
        ) -> Iterator[pl.DataFrame]:
            del columns, predicate, rows, size  # nothing is asked of this source but all of it
            for batch in responses.collect_batches(chunk_size=BATCH, maintain_order=True):
                yield self._joined(batch, carried)

        written = {name: schema[name] for name in carried} | self.schema
        register_io_source(batches, schema=written).sink_parquet(out, compression="zstd")

    def _joined(self, batch: pl.DataFrame, carried: Sequence[str]) -> pl.DataFrame:
        columns = batch.select(carried).get_columns()
        for item in self._items.values():
            columns.extend(item.outcomes(item.read(batch.lazy()).collect()).get_columns())
        return pl.DataFrame(columns)

    def _carried(self, names: Sequence[str]) -> list[str]:
        own = {*self.columns, *self._items}
        carried = [name for name in names if name not in own]
        for name in carried:
            if name in self.schema:
                raise CohortFault(f"column {name} has the name of an outcome: rename it")
        return carried


class _CohortItem:
    """One item: its columns, and the outcomes of the distinct responses met so far."""

    def __init__(self, item: Item | Scorable, scorer: Scorer, *, every: bool) -> None:
        self.identifier = item.identifier
        self._scorer = scorer
        self._responses = item.responses
        for response in item.responses:
            if str(response.cardinality) == "record":
                raise CohortFault(
                    f"item {item.identifier}: {response.identifier} is a record, which no column "
                    "holds: score it with Scorer.score"
                )
        self.columns = tuple(response_column(item.identifier, r.identifier) for r in item.responses)
        dtypes: dict[str, pl.DataType] = {SCORE: pl.Float64()}
        for outcome in item.outcomes if every else ():
            dtype = outcome_dtype(outcome.cardinality, outcome.base)
            if dtype is not None and outcome.identifier != SCORE:
                dtypes[outcome.identifier] = dtype
        self._dtypes = dtypes
        self.table: pl.DataFrame | None = None
        """Columns of responses and STATE, one row a distinct response, and their outcomes."""

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Outcome columns, then the credit."""
        columns = {response_column(self.identifier, o): d for o, d in self._dtypes.items()}
        return {**columns, self.identifier: CREDIT}

    def read(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The response columns in distinguishing form, and STATE."""
        given = [
            response_lists(frame, column, response.base, container=response.cardinality != "single")
            for column, response in zip(self.columns, self._responses, strict=True)
        ]
        said = [self.identifier] if self.identifier in frame.collect_schema() else []
        chosen = frame.select(*said, *given)
        state = entry_expression(chosen, self.identifier, list(self.columns))
        return chosen.select(*self.columns, state)

    def learn(self, read: pl.LazyFrame) -> None:
        """Score what the table does not have yet."""
        keys = [*self.columns, STATE]
        fresh = read.unique()
        if self.table is not None:
            known = self.table.lazy().select(keys)
            fresh = fresh.join(known, on=keys, how="anti", nulls_equal=True)
        distinct = fresh.sort(keys).collect()
        scored = pl.DataFrame(self._scored(distinct), schema=self.schema, orient="row")
        table = pl.concat([distinct, scored], how="horizontal")
        self.table = table if self.table is None else pl.concat([self.table, table])

    def outcomes(self, read: pl.DataFrame) -> pl.DataFrame:
        """The outcomes of each row, in order; every response in it has been learnt."""
        assert self.table is not None  # noqa: S101
        joined = read.join(
            self.table,
            on=[*self.columns, STATE],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        return joined.select(*self.schema)

    def _scored(self, distinct: pl.DataFrame) -> list[tuple[Any, ...]]:
        names = [response.identifier for response in self._responses]
        rows: list[tuple[Any, ...]] = []
        for *given, entry in distinct.iter_rows():
            if entry not in ("answered", "omitted"):
                rows.append((*(None for _ in self._dtypes), entry))
                continue
            responses = {
                name: self._values(name, cell) for name, cell in zip(names, given, strict=True)
            }
            rows.append(self._row(self._scorer.score(responses), entry))
        return rows

    def _values(self, name: str, cell: str | list[str | None] | None) -> tuple[str, ...]:
        if cell is None or isinstance(cell, str):
            return () if cell is None else (cell,)
        values = tuple(value for value in cell if value is not None)
        if len(values) < len(cell):
            column = response_column(self.identifier, name)
            raise CohortFault(f"column {column} has a list with a null in it: drop the nulls")
        return values

    def _row(self, result: ItemScore, entry: str) -> tuple[Any, ...]:
        values: Mapping[str, Any] = {**result.outcomes, SCORE: result.score}
        cells = (outcome_cell(values.get(name), dtype) for name, dtype in self._dtypes.items())
        return (*cells, "omitted" if entry == "omitted" else _credit(result))


def _credit(result: ItemScore) -> str:
    if result.score is None:
        return "unrated"
    if result.score <= 0:
        return "none"
    return "full" if result.score >= result.max_score - _PRECISION else "partial"
