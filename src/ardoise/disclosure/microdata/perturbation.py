"""Methods that take rows away or exchange them: sampling, swapping, shuffling.

Chance comes in as a seeded generator, so that whoever holds the seed can make a release again.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.microdata.coding import checked
from ardoise.disclosure.microdata.measures import classes_of


def shuffled(frame: pl.DataFrame, chance: np.random.Generator) -> pl.DataFrame:
    """The rows in another order: the order of a roll tells the school."""
    return frame[chance.permutation(frame.height)]


def sample(
    frame: pl.DataFrame, share: float, chance: np.random.Generator, *, strata: Sequence[str] = ()
) -> pl.DataFrame:
    """A simple or stratified sample without replacement, in the order of the input.

    Each stratum gives its share, rounded by chance, so that every row has the same probability.
    Raises DisclosureFault.
    """
    if not 0 < share <= 1:
        raise DisclosureFault("a sample's share is above 0 and at most 1")
    of = classes_of(frame, strata).of if strata else np.zeros(frame.height, dtype=np.int64)
    draw = chance.random(frame.height)
    order = np.lexsort([draw, of])
    sizes = np.bincount(of)
    wanted = sizes * share
    take = np.floor(wanted).astype(np.int64)
    take += chance.random(len(sizes)) < wanted - take
    place = np.arange(frame.height) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    kept = order[place < np.repeat(take, sizes)]
    return frame[np.sort(kept)]


def swap(
    frame: pl.DataFrame,
    columns: Sequence[str],
    within: Sequence[str],
    share: float,
    chance: np.random.Generator,
) -> pl.DataFrame:
    """Exchange `columns` (a place) between pairs of rows that agree on `within` (a region, a sex).

    About `share` of the rows take part; counts by `columns`, and by `columns` with `within`, stay
    as they were (Dalenius and Reiss 1982). Raises DisclosureFault.
    """
    if not 0 <= share <= 1:
        raise DisclosureFault("the share of swapped rows is between 0 and 1")
    for column in columns:
        checked(frame, column)
    of = classes_of(frame, within).of
    chosen = np.flatnonzero(chance.random(frame.height) < share)
    chosen = chosen[np.lexsort([chance.random(len(chosen)), of[chosen]])]
    stratum = of[chosen]
    place = np.arange(len(chosen)) - np.searchsorted(stratum, stratum)
    first, second = chosen[:-1], chosen[1:]
    # Neighbours of one stratum, every other one, are a pair.
    pairs = (place[:-1] % 2 == 0) & (stratum[:-1] == stratum[1:])
    source = np.arange(frame.height)
    source[first[pairs]], source[second[pairs]] = second[pairs], first[pairs]
    return frame.with_columns(frame[column][source] for column in columns)
