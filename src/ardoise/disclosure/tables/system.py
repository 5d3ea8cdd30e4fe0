"""A set of linked tables as one linear system: cells, and the sums that everybody knows hold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

CellKey = tuple[tuple[str, ...], ...]
"""One path for each dimension, coarse to fine: `()` is its total, `("75",)` a département."""

TOTAL = "Total"
MISSING = "NA"
"""The category of those of whom a dimension's value is not known: neither right nor wrong."""


@dataclass(frozen=True)
class System:
    """Cells of one or more tables that share their data; a cell that two tables show stands once.

    Shapes: n cells, m sums, d dimensions.
    """

    dimensions: tuple[str, ...]
    """d names."""
    keys: tuple[CellKey, ...]
    """n."""
    counts: NDArray[np.int64]
    """(n,) persons or units behind each cell."""
    values: NDArray[np.float64]
    """(n,) what is published: the count itself, or a sum."""
    sums: sparse.csr_array
    """(m, n): +1 at a total, -1 at each of its parts; `sums @ values` is 0."""
    outcomes: tuple[int, ...] = ()
    """The dimensions that split a row into outcomes, whose shares are published."""
    largest: NDArray[np.float64] | None = None
    """(n, 2) the two largest contributions, for a table of sums."""

    @property
    def size(self) -> int:
        """n."""
        return len(self.keys)

    @property
    def is_magnitude(self) -> bool:
        """Sums of a quantity rather than counts."""
        return self.largest is not None

    def name(self, cell: int) -> str:
        """A cell as a person would say it: `place=75, sex=F`; `Total` for the grand total."""
        pieces = [
            f"{dimension}={'/'.join(path)}"
            for dimension, path in zip(self.dimensions, self.keys[cell], strict=True)
            if path
        ]
        return ", ".join(pieces) or TOTAL

    def place(self) -> dict[CellKey, int]:
        """Key to cell."""
        return {key: cell for cell, key in enumerate(self.keys)}


def sums_of(keys: Sequence[CellKey], known: Sequence[frozenset[int]]) -> sparse.csr_array:
    """The sums among cells: each total against its parts, one dimension at a time.

    `known[c]` are the tables that show cell c: a sum is written only among cells of one table, as
    a reader of that table would add them up. Shape (m, n).
    """
    place = {key: cell for cell, key in enumerate(keys)}
    rows: dict[tuple[int, int, int, int], list[int]] = {}
    for cell, key in enumerate(keys):
        for dimension, path in enumerate(key):
            if not path:
                continue
            total = place.get((*key[:dimension], path[:-1], *key[dimension + 1 :]))
            if total is None:
                continue
            for table in known[cell] & known[total]:
                rows.setdefault((table, dimension, total, len(path)), []).append(cell)
    # The same sum may stand in several tables; one is enough.
    seen: set[tuple[int, tuple[int, ...]]] = set()
    indices: list[int] = []
    data: list[int] = []
    starts = [0]
    for (_, _, total, _), parts in rows.items():
        mark = (total, tuple(parts))
        if mark in seen:
            continue
        seen.add(mark)
        indices += [total, *parts]
        data += [1, *([-1] * len(parts))]
        starts.append(len(indices))
    return sparse.csr_array(
        (np.array(data, dtype=np.float64), np.array(indices, dtype=np.int64), np.array(starts)),
        shape=(len(starts) - 1, len(keys)),
    )
