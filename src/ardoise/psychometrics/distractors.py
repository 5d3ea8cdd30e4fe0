"""Options chosen, and where pupils stop: tables that show a broken item before any model does.

The rest score is that of :mod:`ardoise.psychometrics.classical`: the share of attainable points
earned on the other observed items.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.classical import rest_shares
from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.responses import (
    NOT_ADMINISTERED,
    NOT_REACHED,
    OMITTED,
    Answers,
    Responses,
)
from ardoise.psychometrics.threads import blocks

MAX_OPTIONS = 64
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Options:
    """Which option each pupil chose.

    ``codes`` (pupils, items) uint8 holds a place in the item's ``labels``, or one of the codes
    OMITTED, NOT_REACHED, NOT_ADMINISTERED. ``keys`` holds the places of the options that score,
    by item; empty where none is known. Raises ``PsychometricsError`` on codes without a label.
    """

    items: tuple[str, ...]
    codes: NDArray[np.uint8]
    labels: tuple[tuple[str, ...], ...]
    keys: tuple[frozenset[int], ...]

    def __post_init__(self) -> None:
        shape = (len(self.items), len(self.labels), len(self.keys))
        if self.codes.ndim != 2 or {*shape, self.codes.shape[1]} != {len(self.items)}:
            raise PsychometricsError(
                f"options: {self.codes.shape} codes for {shape[0]} items, {shape[1]} lists of "
                f"labels and {shape[2]} keys do not go together"
            )
        for j, (name, labels, key) in enumerate(
            zip(self.items, self.labels, self.keys, strict=True)
        ):
            if not 0 < len(labels) <= MAX_OPTIONS:
                raise PsychometricsError(
                    f"item {name!r}: 1 to {MAX_OPTIONS} options, not {len(labels)}"
                )
            if any(not 0 <= k < len(labels) for k in key):
                raise PsychometricsError(f"item {name!r}: its key is not among its options")
            column = self.codes[:, j]
            wrong = np.flatnonzero((column >= len(labels)) & (column < OMITTED))
            if len(wrong):
                raise PsychometricsError(
                    f"item {name!r}, row {wrong[0] + 1}: option {column[wrong[0]]} has no label; "
                    f"the item has {len(labels)}"
                )


@dataclass(frozen=True)
class OptionStatistics:
    """One option of one item; ``label`` is empty for the pupils who omitted the item.

    ``share`` is of the weight of those who reached the item. ``mean_rest`` and ``sd_rest``
    describe the rest scores of those who chose it; ``correlation`` is that of choosing it with
    the rest score (point-biserial), among those who reached the item.
    """

    item: str
    label: str
    key: bool
    pupils: int
    weight: float
    share: float
    mean_rest: float
    sd_rest: float
    correlation: float


def option_tables(
    options: Options, responses: Responses, rows: NDArray[np.bool_] | None = None
) -> tuple[OptionStatistics, ...]:
    """Option tables of the items, in their order and their labels' order, omissions last.

    ``responses`` give the rest scores and weights; it must hold the same pupils and at least the
    options' items. ``rows`` restricts to a subgroup.
    """
    if len(options.codes) != responses.pupils:
        raise PsychometricsError(
            f"options of {len(options.codes)} pupils, responses of {responses.pupils}: "
            "they must be the same pupils in the same order"
        )
    columns = [responses.column(name) for name in options.items]
    maxima = responses.categories.astype(np.int64) - 1
    k = len(options.items)
    sums = np.zeros((5, k * 256))
    offsets = np.arange(k) * 256
    for block in blocks(0, responses.pupils):
        chosen, codes = options.codes[block], responses.codes[block]
        w = None if responses.weights is None else responses.weights[block]
        if rows is not None:
            chosen, codes = chosen[rows[block]], codes[rows[block]]
            w = None if w is None else w[rows[block]]
        rest = rest_shares(codes, maxima, observed_only=False)[:, columns]
        sums += _block_sums((chosen + offsets).ravel(), rest, w, k * 256)
    return _option_rows(options, sums.reshape(5, k, 256))


def _block_sums(flat: NDArray[np.intp], rest: Floats, weights: Floats | None, size: int) -> Floats:
    """Count, weight, weight with a rest score, and its first two sums, by item and code (5, size).

    Counts serve for weights where there are none: most of the time goes into counting.
    """
    count = np.bincount(flat, minlength=size).astype(np.float64)
    spread = None if weights is None else np.repeat(weights, rest.shape[1])
    weight = count if spread is None else np.bincount(flat, spread, size)
    value = rest.ravel()
    scored = np.isfinite(value)
    n = weight
    if not scored.all():
        valid = scored.astype(np.float64) if spread is None else np.where(scored, spread, 0.0)
        value = np.where(scored, value, 0.0)
        n = np.bincount(flat, valid, size)
    first = value if spread is None else value * spread
    return np.stack(
        [count, weight, n, np.bincount(flat, first, size), np.bincount(flat, first * value, size)]
    )


def _option_rows(options: Options, sums: Floats) -> tuple[OptionStatistics, ...]:
    rows = []
    for j, (item, labels, key) in enumerate(
        zip(options.items, options.labels, options.keys, strict=True)
    ):
        places = [*range(len(labels)), OMITTED]
        count, weight, n, r, r2 = sums[:, j, places]
        with np.errstate(divide="ignore", invalid="ignore"):
            mean, square = r / n, r2 / n
            sd = np.sqrt(np.maximum(square - mean**2, 0.0))
            share, part = weight / weight.sum(), n / n.sum()
            centre = r.sum() / n.sum()
            variance = r2.sum() / n.sum() - centre**2
            scale = np.sqrt(variance * part * (1 - part))
            correlation = np.where(scale > 1e-12, part * (mean - centre) / scale, np.nan)
        for at, label in enumerate((*labels, "")):
            rows.append(
                OptionStatistics(
                    item=item,
                    label=label,
                    key=at in key,
                    pupils=int(count[at]),
                    weight=float(weight[at]),
                    share=float(share[at]),
                    mean_rest=float(mean[at]),
                    sd_rest=float(sd[at]),
                    correlation=float(correlation[at]),
                )
            )
    return tuple(rows)


@dataclass(frozen=True)
class Reach:
    """How far pupils came, by item in the order of the answers' columns.

    ``administered`` counts the pupils whose test held the item; ``not_reached`` is the weighted
    share of these who did not come to it, ``omitted`` the share of those who came to it and passed
    it over (NaN where nobody was asked).
    """

    group: str
    items: tuple[str, ...]
    administered: NDArray[np.int64]
    not_reached: Floats
    omitted: Floats


def reach(answers: Answers, *, by_group: bool = True) -> tuple[Reach, ...]:
    """Not-reached and omission curves: all pupils first, then each group by name."""
    names = answers.group_names if by_group and answers.groups is not None else ()
    k = len(answers.items)
    sums = np.zeros((max(1, len(names)), 4, k))
    for block in blocks(0, answers.pupils):
        codes = answers.codes[block]
        w = np.ones(len(codes)) if answers.weights is None else answers.weights[block]
        member = answers.groups[block] if names and answers.groups is not None else None
        asked, unreached = codes != NOT_ADMINISTERED, codes == NOT_REACHED
        passed = codes == OMITTED
        for g in (0,) if member is None else np.unique(member):
            mine = slice(None) if member is None else member == g
            weights = w[mine]
            sums[g, 0] += asked[mine].sum(axis=0)
            for at, plane in enumerate((asked, unreached, passed), start=1):
                sums[g, at] += weights @ plane[mine]
    whole = sums.sum(axis=0)
    found = [_reach("", answers.items, whole)]
    found += [_reach(name, answers.items, sums[g]) for g, name in enumerate(names)]
    return tuple(found)


def _reach(group: str, items: tuple[str, ...], sums: Floats) -> Reach:
    count, asked, unreached, passed = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        return Reach(
            group, items, count.astype(np.int64), unreached / asked, passed / (asked - unreached)
        )
