"""What somebody joins who has a database without a campaign's key, and patience.

Which tables know pupils and which know seats is found out from what stands in them, so that a
table or column that somebody adds tomorrow is looked at too.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

Tables = Mapping[str, list[dict[str, Any]]]
Links = Mapping[str, str]
"""Pupil → number: the truth."""


@dataclass(frozen=True)
class Sign:
    """Something that can be seen of each owner: a column of a table, or how many rows it has."""

    table: str
    column: str
    seen: Mapping[str, Any]
    """Owner → what is seen."""
    order: tuple[str, ...]
    """Owners by this column; ties as the file has them."""


def signs(tables: Tables, owners: frozenset[str]) -> Iterator[Sign]:
    """Every sign of these pupils or numbers. A sealed value is seen by its length alone."""
    for table, rows in tables.items():
        for key in rows[0] if rows else ():
            held = [row for row in rows if row[key] in owners]
            if not held:
                continue
            counts = Counter(row[key] for row in held)
            natural = tuple(dict.fromkeys(row[key] for row in held))
            yield Sign(table, "*", {one: counts[one] for one in owners}, natural)
            for column in held[0]:
                yield _sign(table, column, key, held, owners)


def _sign(
    table: str, column: str, key: str, held: list[dict[str, Any]], owners: frozenset[str]
) -> Sign:
    seen: dict[str, list[str]] = {one: [] for one in owners}
    for row in held:
        seen[row[key]].append(_visible(row[column]))
    last = {row[key]: _sortable(row[column]) for row in held}
    return Sign(
        table,
        column,
        {one: tuple(sorted(values)) for one, values in seen.items()},
        tuple(sorted(last, key=lambda one: last[one])),
    )


def _visible(value: Any) -> str:
    return f"{len(value)} bytes" if isinstance(value, bytes) else repr(value)


def _sortable(value: Any) -> tuple[int, Any]:
    kinds = {type(None): 0, int: 1, float: 1, str: 2, bytes: 3}
    return kinds[type(value)], value if value is not None else 0


def odd_ones(tables: Tables, pupils: frozenset[str], seats: frozenset[str]) -> set[tuple[str, str]]:
    """(pupil, number) of a class where one of each differs from all others in some sign.

    What the signs are does not matter: whoever reads "two cards" here and "voided" there joins.
    """
    return set(product(_odd(tables, pupils), _odd(tables, seats)))


def _odd(tables: Tables, owners: frozenset[str]) -> set[str]:
    found = set()
    for sign in signs(tables, owners):
        counts = Counter(sign.seen.values())
        if len(counts) == 2 and min(counts.values()) == 1 and len(owners) > 2:
            rare = min(counts, key=lambda value: counts[value])
            found |= {owner for owner, value in sign.seen.items() if value == rare}
    return found


def rows_in_step(tables: Tables, links: Links) -> dict[tuple[str, str], int]:
    """(pupils' sign, seats' sign) → how many pupils stand at their own number's place.

    Both sides are put into the order of each of their columns, and of the file.
    """
    ours = [s for s in signs(tables, frozenset(links)) if set(s.order) == set(links)]
    theirs = [
        s for s in signs(tables, frozenset(links.values())) if set(s.order) == set(links.values())
    ]
    return {
        (f"{one.table}.{one.column}", f"{two.table}.{two.column}"): sum(
            links[pupil] == number for pupil, number in zip(one.order, two.order, strict=True)
        )
        for one, two in product(ours, theirs)
    }
