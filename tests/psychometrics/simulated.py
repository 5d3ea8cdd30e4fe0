"""Simulated answers, and a likelihood written the slow and obvious way to check the engine by."""

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.responses import MISSING, Responses

Array = NDArray[np.float64]


def binary(slope: float, intercept: float, name: str = "") -> ItemParameters:
    return ItemParameters(name, "2PL", slope, (intercept,))


def some_items(count: int, generator: np.random.Generator) -> list[ItemParameters]:
    slopes = np.exp(generator.normal(0, 0.25, count))
    return [
        binary(float(a), float(a * b), f"q{j}")
        for j, (a, b) in enumerate(zip(slopes, generator.normal(0, 1, count), strict=True))
    ]


def answers(
    items: list[ItemParameters], theta: Array, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """One answer of each pupil to each item, by inverting the cumulative probabilities."""
    codes = np.empty((len(theta), len(items)), dtype=np.uint8)
    for j, item in enumerate(items):
        above = np.cumsum(item.probabilities(theta), axis=1)[:, :-1]
        codes[:, j] = (generator.random(len(theta))[:, None] > above).sum(axis=1)
    return codes


def responses(
    items: list[ItemParameters],
    theta: Array,
    generator: np.random.Generator,
    *,
    missing: float = 0.0,
    groups: NDArray[np.int32] | None = None,
    group_names: tuple[str, ...] = (),
    clusters: NDArray[np.int32] | None = None,
    weights: Array | None = None,
) -> Responses:
    codes = answers(items, theta, generator)
    if missing:
        codes[generator.random(codes.shape) < missing] = MISSING
    return Responses(
        items=tuple(item.name for item in items),
        codes=codes,
        categories=np.array([item.categories for item in items]),
        weights=weights,
        groups=groups,
        group_names=group_names,
        clusters=clusters,
    )


def log_likelihood(
    items: list[ItemParameters], data: Responses, means: Array, sds: Array, nodes: int = 61
) -> float:
    """Σ_n w_n log Σ_q g(θ_q) Π_i P_i(x_ni | θ_q), pupil by pupil, item by item."""
    theta = np.linspace(-6, 6, nodes)
    numbers = data.groups if data.groups is not None else np.zeros(data.pupils, dtype=np.int32)
    with np.errstate(divide="ignore"):
        curves = [np.log(item.probabilities(theta)) for item in items]
    total = 0.0
    for n in range(data.pupils):
        density = np.exp(-0.5 * ((theta - means[numbers[n]]) / sds[numbers[n]]) ** 2)
        log = np.log(density / density.sum())
        for curve, code in zip(curves, data.codes[n], strict=True):
            if code != MISSING:
                log = log + curve[:, code]
        weight = 1.0 if data.weights is None else data.weights[n]
        total += float(weight * np.log(np.exp(log).sum()))
    return total
