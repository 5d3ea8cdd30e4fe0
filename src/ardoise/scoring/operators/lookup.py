"""Tables of outcomes, as lookup-outcome-value uses them: a number to its entry's value."""

from collections.abc import Callable
from typing import Any

from ardoise.content.variables import InterpolationTable, MatchTable

Look = Callable[[float | None], Any]


def table_lookup(table: MatchTable | InterpolationTable, convert: Callable[[str], Any]) -> Look:
    """A function from a number to its entry's value; without one, the table's default or NULL.

    match-table: "The source integer that must be matched exactly". interpolation-table: the first
    entry whose source value is "the lower bound for the source value to match this entry", itself
    included unless include-boundary is false.
    """
    default = None if table.default is None else convert(table.default)
    if isinstance(table, MatchTable):
        values: dict[float, Any] = {}
        for source, target in table.entries:
            values.setdefault(source, convert(target))
        return lambda number: default if number is None else values.get(number, default)
    entries = [(entry.source, entry.include, convert(entry.target)) for entry in table.entries]

    def interpolated(number: float | None) -> Any:
        if number is None:
            return default
        for source, include, target in entries:
            if source < number or (include and source == number):
                return target
        return default

    return interpolated
