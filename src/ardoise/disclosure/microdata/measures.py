"""How far a person can be picked out of a file, and what is learnt when it happens.

k-anonymity (Sweeney 2002); distinct and entropy l-diversity (Machanavajjhala et al. 2007);
t-closeness with the ordered or the equal distance (Li, Li and Venkatasubramanian 2007); basic and
enhanced β-likeness (Cao and Karras 2012). Classes are the groups of rows that agree on every
quasi-identifier. Conventions agree with pyCANON's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.microdata.coding import Coded, code, joint

_BLOCK = 8_000_000
"""Counts held at a time, so that memory does not grow with classes times values."""


@dataclass(frozen=True)
class Classes:
    """A file's classes. Shapes: n rows, g classes."""

    of: NDArray[np.int64]
    """(n,) each row's class, 0 to g-1."""
    sizes: NDArray[np.int64]
    """(g,)"""

    @property
    def k(self) -> int:
        """The smallest class."""
        return int(self.sizes.min())


@dataclass(frozen=True)
class Closeness:
    """What classes tell of one sensitive column, at worst."""

    column: str
    ordered: bool
    distinct_l: int
    entropy_l: float
    """exp of the least entropy."""
    t: float
    beta: float
    enhanced_beta: float


@dataclass(frozen=True)
class Risks:
    """The three attackers of the literature (El Emam 2013): shares of rows, 0 to 1."""

    prosecutor: float
    """Most likely success against one person known to be in the file: 1 / smallest class."""
    journalist: float
    """The same where nobody knows who is in it: 1 / smallest class in the population."""
    marketer: float
    """Expected share of rows rightly matched by someone who tries all."""
    unique: float
    """Rows that are alone in their class."""
    at_risk: float
    """Rows in a class smaller than the k that was asked for."""


def classes_of(frame: pl.DataFrame, quasi: Sequence[str]) -> Classes:
    """Classes by these quasi-identifiers. Raises DisclosureFault."""
    if frame.is_empty():
        raise DisclosureFault("the file has no row")
    coded = [code(frame, column) for column in quasi]
    return classes_of_codes(coded)


def classes_of_codes(coded: Sequence[Coded]) -> Classes:
    """The same from codes."""
    key = joint([column.codes for column in coded], [column.size for column in coded])
    _, of, sizes = np.unique(key, return_inverse=True, return_counts=True)
    return Classes(of.astype(np.int64), sizes.astype(np.int64))


def counts_in_blocks(classes: Classes, sensitive: Coded) -> Iterator[NDArray[np.int64]]:
    """(some classes, m) how often each sensitive value stands in each class."""
    m = sensitive.size
    step = max(_BLOCK // m, 1)
    g = len(classes.sizes)
    if g <= step:
        flat = np.bincount(classes.of * m + sensitive.codes, minlength=g * m)
        yield flat.reshape(g, m)
        return
    order = np.argsort(classes.of, kind="stable")
    of, values = classes.of[order], sensitive.codes[order]
    for first in range(0, g, step):
        last = min(first + step, g)
        low, high = np.searchsorted(of, [first, last])
        flat = np.bincount(
            (of[low:high] - first) * m + values[low:high], minlength=(last - first) * m
        )
        yield flat.reshape(last - first, m)


def closeness(classes: Classes, sensitive: Coded, *, ordered: bool) -> Closeness:
    """l, t and β of one sensitive column. `ordered`: its values have distances, not only names."""
    overall = np.bincount(sensitive.codes, minlength=sensitive.size) / len(sensitive.codes)
    distinct, entropy, t, beta, enhanced = sensitive.size, np.inf, 0.0, 0.0, 0.0
    for counts in counts_in_blocks(classes, sensitive):
        distinct = min(distinct, int((counts > 0).sum(axis=1).min()))
        inside = counts / counts.sum(axis=1, keepdims=True)
        entropy = min(entropy, float(entropies(inside).min()))
        t = max(t, float(distances(inside, overall, ordered=ordered).max()))
        gain = (inside - overall) / overall
        beta = max(beta, float(gain.max()))
        enhanced = max(enhanced, float(_enhanced(gain, overall)))
    return Closeness(sensitive.name, ordered, distinct, float(np.exp(entropy)), t, beta, enhanced)


def entropies(inside: NDArray[np.float64]) -> NDArray[np.float64]:
    """(g,) Shannon entropy in nats of each row of shares (g, m)."""
    logs = np.log(inside, out=np.zeros_like(inside), where=inside > 0)
    return np.asarray(-(inside * logs).sum(axis=1), dtype=np.float64)


def distances(
    inside: NDArray[np.float64], overall: NDArray[np.float64], *, ordered: bool
) -> NDArray[np.float64]:
    """(g,) earth mover's distance of each class (g, m) from the whole file (m,).

    Ordered: Σ|Σ(qⱼ-pⱼ)| / (m-1). Equal distances: ½ Σ|qⱼ-pⱼ|.
    """
    apart = inside - overall
    if not ordered:
        return np.asarray(0.5 * np.abs(apart).sum(axis=1), dtype=np.float64)
    steps = max(len(overall) - 1, 1)
    return np.asarray(np.abs(np.cumsum(apart, axis=1)).sum(axis=1) / steps, dtype=np.float64)


def _enhanced(gain: NDArray[np.float64], overall: NDArray[np.float64]) -> float:
    """max over classes of min(max gain, max -ln p): pyCANON's reading of enhanced β."""
    return min(float(gain.max()), float(np.max(-np.log(overall))))


def risks(classes: Classes, *, k: int, population: NDArray[np.int64] | None = None) -> Risks:
    """The attackers' success. `population` (g,): each class's size among all who might be in it."""
    sizes = classes.sizes
    rows = int(sizes.sum())
    wider = sizes if population is None else np.maximum(population, sizes)
    return Risks(
        prosecutor=float(1 / sizes.min()),
        journalist=float(1 / wider.min()),
        marketer=float(len(sizes) / rows),
        unique=float((sizes == 1).sum() / rows),
        at_risk=float(sizes[sizes < k].sum() / rows),
    )
