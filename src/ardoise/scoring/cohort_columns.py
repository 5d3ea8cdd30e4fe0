"""The columns of a cohort: how responses come in, and how outcomes go out.

In, for an item `ITEM` whose response variables are RESPONSE, …:

    ITEM:RESPONSE   one column a response variable. A list of texts, or a text. Texts are in QTI
                    lexical form or as the pupil typed them: `capture` of the scorer reads them. In
                    a text column (CSV has no other) the values of a container are parted by ";";
                    containers of strings need a list column, for a text may hold any sign.
    ITEM            optional: an Enum (or text) of ENTRIES that says why nothing was given. Where
                    something was given it counts, whatever stands here.

Out: `ITEM:SCORE` (and the other declared outcomes, if asked for) and `ITEM`, an Enum of CREDITS.
Every other column is carried along.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

ENTRIES = ("answered", "omitted", "not-reached", "not-administered", "absent")
"""What a pupil did with an item. Null and "answered" with nothing given: omitted."""
CREDITS = (
    "full", "partial", "none", "unrated", "omitted", "not-reached", "not-administered", "absent",
)  # fmt: skip
"""What came of it. `full`: the item's maximum or more; `none`: no points or fewer; `unrated`: it
waits for a rater. The last four are those of ENTRIES. An omitted item is processed with NULL and
has its outcomes (usually 0); not reached, not administered and absent have none at all."""
ENTRY = pl.Enum(ENTRIES)
CREDIT = pl.Enum(CREDITS)
SEPARATOR = ";"
STATE = "\x00state"
"""The state column while an item is worked on: no identifier is spelt like this."""

_TEXTUAL = frozenset({"string", "uri", "file"})
_DTYPES: Mapping[str, pl.DataType] = {
    "float": pl.Float64(), "duration": pl.Float64(), "integer": pl.Int64(), "boolean": pl.Boolean(),
}  # fmt: skip


class CohortFault(Exception):
    """Columns that cannot be scored: names the column and what to do."""


def response_column(item: str, response: str) -> str:
    """The name of a response's column; an outcome's is made alike."""
    return f"{item}:{response}"


def response_lists(
    frame: pl.LazyFrame, column: str, base: str | None, *, container: bool
) -> pl.Expr:
    """The column as given, in its distinguishing form: a text or, for a container, a list of them.

    Nothing given is null: an empty text, an empty list. Raises CohortFault for a column that is
    missing or of another type.
    """
    dtype = frame.collect_schema().get(column)
    if dtype is None:
        raise CohortFault(f"there is no column {column}: every response variable needs one")
    given = pl.col(column)
    if isinstance(dtype, pl.Categorical | pl.Enum):
        dtype, given = pl.String(), given.cast(pl.String)
    if isinstance(dtype, pl.List) and dtype.inner in (pl.String, pl.Null):
        held = given.cast(pl.List(pl.String))
        return pl.when(held.list.len() > 0).then(held).alias(column)
    if dtype == pl.Null:
        return given.cast(pl.List(pl.String) if container else pl.String)
    if dtype != pl.String:
        raise CohortFault(
            f"column {column} holds {dtype}: responses are texts or lists of texts, cast it"
        )
    stated = pl.when(given != "").then(given)
    if not container:
        return stated.alias(column)
    if base in _TEXTUAL:
        raise CohortFault(
            f"column {column} is text, but the variable holds several texts: make it a list column"
        )
    return stated.str.split(SEPARATOR).alias(column)


def entry_expression(frame: pl.LazyFrame, item: str, columns: list[str]) -> pl.Expr:
    """ENTRY of a row: answered if anything was given; else what the item's column says."""
    given = pl.any_horizontal([pl.col(column).is_not_null() for column in columns])
    said = pl.lit("omitted")
    dtype = frame.collect_schema().get(item)
    if dtype is not None:
        if not isinstance(dtype, pl.String | pl.Enum | pl.Categorical | pl.Null):
            raise CohortFault(f"column {item} holds {dtype}: it takes one of {', '.join(ENTRIES)}")
        stated = pl.col(item).cast(pl.String)
        said = pl.when(stated.is_null() | (stated == "answered")).then(said).otherwise(stated)
    return pl.when(given).then(pl.lit("answered")).otherwise(said).cast(ENTRY).alias(STATE)


def outcome_dtype(cardinality: str, base: str | None) -> pl.DataType | None:
    """The column type of an outcome variable; None: a record, which no column can hold."""
    if cardinality == "record":
        return None
    inner = _DTYPES.get(base or "", pl.String())
    return inner if cardinality == "single" else pl.List(inner)


def outcome_cell(value: Any, dtype: pl.DataType) -> Any:
    """An outcome's value as a cell of that type: pairs and points in lexical form, "a b"."""
    if value is None:
        return None
    if isinstance(dtype, pl.List):
        inner = dtype.inner if isinstance(dtype.inner, pl.DataType) else dtype.inner()
        return [outcome_cell(each, inner) for each in value]
    if dtype == pl.Float64:
        return float(value)
    if dtype in (pl.Int64, pl.Boolean):
        return value
    return " ".join(map(str, value)) if isinstance(value, tuple | frozenset) else str(value)
