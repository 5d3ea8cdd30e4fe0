"""What a release amounts to in figures, for its report: no value of any one row."""

from msgspec import Struct


class Inferred(Struct, frozen=True, forbid_unknown_fields=True):
    """Guessing one sensitive column: shares of right guesses, 0 to 1."""

    column: str
    informed: float
    blind: float
    certain: float


class FileSummary(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of persons."""

    name: str
    tier: str
    method: str
    rows: int
    of: int
    """Rows that it was made from: those with all its values."""
    left_out: float
    """Share of all rows that lack one of its values."""
    k: int
    success: float
    """Of re-identification by someone who knows every quasi-identifier of everybody."""
    bound: float
    """What success may be at most: 1/k."""
    inferred: tuple[Inferred, ...]
    kept: tuple[tuple[str, float], ...]
    """Column → information kept, 0 to 1."""
    most_moved: float
    """The largest change of any estimate, in the estimate's own unit."""
    most_moved_what: str


class ShownTable(Struct, frozen=True, forbid_unknown_fields=True):
    """One table as it leaves."""

    name: str
    cells: int
    hidden: int


class TablesSummary(Struct, frozen=True, forbid_unknown_fields=True):
    """Tables of one figure, protected together."""

    figure: str
    tables: tuple[ShownTable, ...]
    cells: int
    small: int
    """Cells that had to be hidden."""
    for_them: int
    """Cells that were hidden for their sake."""
    attacked_with: int
    """Tables of earlier releases that the attacker holds too."""
    programmes: int
    recovered: int
    too_close: int
    narrowest: float | None
    """Width of the narrowest interval that anybody can prove for a hidden cell, at least this."""
    middle: float | None
    """Half of the hidden cells are at least this vague."""


class NoisySummary(Struct, frozen=True, forbid_unknown_fields=True):
    """Differentially private figures."""

    name: str
    epsilon: str
    error: float
    """Half-width within which a count lies with probability 0.95."""


class Summary(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole release. `rows`: persons it was made from."""

    rows: int
    tables: tuple[TablesSummary, ...]
    files: tuple[FileSummary, ...]
    noisy: tuple[NoisySummary, ...]
