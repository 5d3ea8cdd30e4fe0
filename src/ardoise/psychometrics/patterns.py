"""Which items each pupil observed: the booklets of a planned missing design, found in the data."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.responses import MISSING


@dataclass(frozen=True)
class Patterns:
    """``of`` (pupils,) numbers each pupil's pattern; ``observed`` (patterns, items) says which
    items it holds; ``sizes`` (patterns,) counts its pupils. Patterns are ordered by their bits.
    """

    of: NDArray[np.int32]
    observed: NDArray[np.bool_]
    sizes: NDArray[np.int64]


def patterns(codes: NDArray[np.uint8]) -> Patterns:
    """Distinct patterns of observed items among the pupils (pupils, items)."""
    pupils, items = codes.shape
    words = -(-items // 64)
    packed = np.zeros((pupils, words * 8), np.uint8)
    step = 65_536
    for start in range(0, pupils, step):
        bits = np.packbits(codes[start : start + step] != MISSING, axis=1)
        packed[start : start + step, : bits.shape[1]] = bits
    keys = packed.view(">u8")
    of = np.zeros(pupils, np.int64)
    for word in range(words):
        column = keys[:, word].astype(np.uint64)
        if pupils and (column == column[0]).all():
            continue
        _, inverse = np.unique(column, return_inverse=True)
        _, of = np.unique(of * (int(inverse.max()) + 1) + inverse, return_inverse=True)
    count = int(of.max()) + 1 if pupils else 0
    sizes = np.bincount(of, minlength=count)
    first = np.full(count, pupils, np.int64)
    np.minimum.at(first, of, np.arange(pupils)) if count > 1 else first.fill(0)
    observed = codes[first] != MISSING if count else np.zeros((0, items), bool)
    return Patterns(of.astype(np.int32), observed, sizes)
