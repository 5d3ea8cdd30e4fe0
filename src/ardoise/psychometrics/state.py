"""Where an estimation stands: the parameters of all batches and of the groups, as one vector."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.families import Array
from ardoise.psychometrics.maximisation import proper
from ardoise.psychometrics.planes import Batch
from ardoise.psychometrics.priors import Priors


@dataclass(frozen=True)
class State:
    """``items``: (n, p) by batch. ``means``, ``sds``: (groups,). ``slope``: the common one."""

    items: list[Array]
    means: Array
    sds: Array
    slope: float = 1.0


@dataclass(frozen=True)
class Freedom:
    """What may move: which groups' means and SDs, and whether there is a free common slope."""

    means: NDArray[np.bool_]
    sds: NDArray[np.bool_]
    slope: bool


def pack(state: State, batches: list[Batch], freedom: Freedom) -> Array:
    """Everything free as one vector; SDs as logarithms, so that they stay positive."""
    parts = [values[batch.free] for batch, values in zip(batches, state.items, strict=True)]
    parts += [state.means[freedom.means], np.log(state.sds[freedom.sds])]
    if freedom.slope:
        parts.append(np.array([state.slope]))
    return np.concatenate(parts)


def unpack(vector: Array, state: State, batches: list[Batch], freedom: Freedom) -> State:
    """The inverse of ``pack``; what is fixed is taken from ``state``."""
    at = 0

    def take(count: int) -> Array:
        nonlocal at
        at += count
        return vector[at - count : at]

    items = [values.copy() for values in state.items]
    for batch, values in zip(batches, items, strict=True):
        values[batch.free] = take(int(batch.free.sum()))
    means, sds = state.means.copy(), state.sds.copy()
    means[freedom.means] = take(int(freedom.means.sum()))
    sds[freedom.sds] = np.exp(take(int(freedom.sds.sum())))
    slope = float(take(1)[0]) if freedom.slope else state.slope
    return with_slope(State(items, means, sds, slope), batches, slope)


def with_slope(state: State, batches: list[Batch], slope: float) -> State:
    """The same with another common slope, also in the items that share it."""
    items = [values.copy() for values in state.items]
    for batch, values in zip(batches, items, strict=True):
        values[batch.shared, 0] = slope
    return replace(state, items=items, slope=slope)


def usable(state: State, batches: list[Batch], priors: Priors) -> bool:
    """Whether an extrapolated state can be evaluated at all."""
    return (
        bool(np.isfinite(state.means).all() and np.isfinite(state.sds).all())
        and bool((state.sds > 1e-6).all())
        and all(proper(b, v, priors) for b, v in zip(batches, state.items, strict=True))
    )


def rescaled(state: State, batches: list[Batch], mean: float, sd: float) -> State:
    """The same model on the scale θ' = (θ − mean)/sd."""
    items = []
    for batch, values in zip(batches, state.items, strict=True):
        new = values.copy()
        new[:, 0] *= sd
        new[:, 1 : batch.categories] += mean * values[:, :1]
        items.append(new)
    return State(items, (state.means - mean) / sd, state.sds / sd, state.slope * sd)
