"""Differentially private counts and means: noise that hides any one pupil, whatever else is known.

The guarantee is for one pupil added to or taken from the file. Noise comes from OpenDP, which draws
it from the operating system and counts in integers: floating-point noise leaks (Mironov 2012).
Margins are sums of noisy cells: they cost nothing more and always add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import opendp.prelude as dp
import polars as pl
from numpy.typing import NDArray

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.ledger import Ledger
from ardoise.disclosure.microdata.coding import checked

CELLS_LIMIT = 1_000_000
GRAIN = 1_000
"""Steps that a bounded value is rounded to."""

dp.enable_features("contrib")


@dataclass(frozen=True)
class PrivateTable:
    """Noisy figures and what they cost."""

    frame: pl.DataFrame
    epsilon: Decimal
    error: float
    """Half-width within which a noisy count lies with probability 0.95, in pupils."""


def counts(
    frame: pl.DataFrame,
    by: Sequence[str],
    domain: Mapping[str, Sequence[object]],
    *,
    epsilon: Decimal,
    ledger: Ledger,
    purpose: str,
) -> tuple[PrivateTable, Ledger]:
    """Noisy counts of every cell of `by`, empty ones too, and the ledger that must be kept first.

    `domain` lists each column's values as declared, not as found: a value that nobody has would
    otherwise tell. Raises BudgetSpent, DisclosureFault (a value outside the domain, with its row).
    """
    after = ledger.spend(epsilon, purpose)
    cells = _cells(by, domain)
    held = _tally(frame, by, domain, cells, pl.len())
    noisy, error = _noise(held, bound=1, epsilon=float(epsilon))
    return PrivateTable(cells.with_columns(pl.Series("count", noisy)), epsilon, error), after


def means(
    frame: pl.DataFrame,
    by: Sequence[str],
    domain: Mapping[str, Sequence[object]],
    value: str,
    *,
    low: float,
    high: float,
    epsilon: Decimal,
    ledger: Ledger,
    purpose: str,
) -> tuple[PrivateTable, Ledger]:
    """Noisy means of `value`, clipped to [low, high], which are declared, not found.

    Half of ε buys the counts, half the sums of distances from the middle. A mean whose noisy count
    is within its error of 0 is null: it would be noise alone. Raises as `counts`.
    """
    if not low < high or not np.isfinite([low, high]).all():
        raise DisclosureFault("low and high are numbers, low < high", column=value)
    after = ledger.spend(epsilon, purpose)
    checked(frame, value)
    cells = _cells(by, domain)
    middle, reach = (low + high) / 2, (high - low) / 2
    centred = ((pl.col(value).clip(low, high) - middle) / reach * GRAIN).round().cast(pl.Int64)
    half = float(epsilon) / 2
    number, error = _noise(_tally(frame, by, domain, cells, pl.len()), bound=1, epsilon=half)
    total, _ = _noise(_tally(frame, by, domain, cells, centred.sum()), bound=GRAIN, epsilon=half)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.clip(middle + reach * total / GRAIN / number, low, high)
    mean[number <= error] = np.nan
    made = cells.with_columns(pl.Series("count", number), pl.Series("mean", mean).fill_nan(None))
    return PrivateTable(made, epsilon, error), after


def _cells(by: Sequence[str], domain: Mapping[str, Sequence[object]]) -> pl.DataFrame:
    cells = pl.DataFrame({"_": [0]})
    for column in by:
        if not domain.get(column):
            raise DisclosureFault("its values must be declared", column=column)
        if len(set(domain[column])) < len(domain[column]):
            raise DisclosureFault("a value is declared twice", column=column)
        cells = cells.join(pl.DataFrame({column: list(domain[column])}), how="cross")
        if cells.height > CELLS_LIMIT:
            raise DisclosureFault(f"more than {CELLS_LIMIT:,} cells: noise would be all there is")
    return cells.drop("_")


def _tally(
    frame: pl.DataFrame,
    by: Sequence[str],
    domain: Mapping[str, Sequence[object]],
    cells: pl.DataFrame,
    figure: pl.Expr,
) -> NDArray[np.int64]:
    for column in by:
        found = checked(frame, column)
        if found.dtype != cells[column].dtype:
            raise DisclosureFault("is of another kind than its declared values", column=column)
        outside = ~found.is_in(list(domain[column]))
        if outside.any():
            row = int(outside.arg_true()[0])
            raise DisclosureFault(
                f"{found[row]!r} is not among the declared values", column=column, row=row + 1
            )
    grouped = frame.group_by(list(by)).agg(figure.cast(pl.Int64).alias("_held"))
    held = cells.join(grouped, on=list(by), how="left", maintain_order="left")["_held"]
    return held.fill_null(0).to_numpy().astype(np.int64)


def _noise(
    held: NDArray[np.int64], *, bound: int, epsilon: float
) -> tuple[NDArray[np.int64], float]:
    """Discrete Laplace noise of scale bound/ε on every cell: one pupil is in one cell alone."""
    space = dp.vector_domain(dp.atom_domain(T=dp.i64)), dp.l1_distance(T=dp.i64)
    scale = bound / epsilon
    measurement: Any = dp.m.make_laplace(*space, scale=scale)
    while measurement.map(bound) > epsilon:
        scale = float(np.nextafter(scale, np.inf))
        measurement = dp.m.make_laplace(*space, scale=scale)
    noisy = np.array(measurement(held.tolist()), dtype=np.int64)
    return noisy, float(scale * np.log(20))
