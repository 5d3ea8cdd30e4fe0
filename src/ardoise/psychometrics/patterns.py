"""Which items each pupil observed: the booklets of a planned missing design, found in the data."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.responses import MISSING
from ardoise.psychometrics.threads import STRIPE


@dataclass(frozen=True)
class Patterns:
    """``of`` (pupils,) numbers each pupil's pattern; ``sizes`` (patterns,) counts its pupils.

    ``bits`` (patterns, 8·words) uint8 holds the patterns of ``items`` items as packed bits: where
    omissions are scattered, there are nearly as many patterns as pupils.
    """

    of: NDArray[np.int32]
    sizes: NDArray[np.int64]
    bits: NDArray[np.uint8]
    items: int

    def observed(self, which: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(len(which), items): what the patterns of these numbers hold."""
        return np.unpackbits(self.bits[which], axis=1, count=self.items).astype(np.bool_)


def patterns(codes: NDArray[np.uint8]) -> Patterns:
    """Distinct patterns of observed items among the pupils (pupils, items)."""
    pupils, items = codes.shape
    packed = np.zeros((pupils, -(-items // 64) * 8), np.uint8)
    for start in range(0, pupils, STRIPE):
        bits = np.packbits(codes[start : start + STRIPE] != MISSING, axis=1)
        packed[start : start + STRIPE, : bits.shape[1]] = bits
    of, first = numbered(packed)
    return Patterns(of, np.bincount(of), packed[first], items)


def numbered(packed: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Number rows of bits, (rows, 8·words), by their value; and one row of each number."""
    if not len(packed):
        return np.zeros(0, np.int32), np.zeros(0, np.intp)
    words = np.ascontiguousarray(packed).view(">u8")
    of = np.zeros(len(packed), np.int64)
    for word in words.T:
        column = word.astype(np.uint64)
        if (column == column[0]).all():
            continue
        _, inverse = np.unique(column, return_inverse=True)
        _, of = np.unique(of * (int(inverse.max()) + 1) + inverse, return_inverse=True)
    first = np.empty(int(of.max()) + 1, np.intp)
    first[of[::-1]] = np.arange(len(of))[::-1]
    return of.astype(np.int32), first
