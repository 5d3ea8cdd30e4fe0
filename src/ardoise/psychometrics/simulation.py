"""Answers that nobody gave: to try things out, to test them, to teach."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.responses import NOT_ADMINISTERED, NOT_REACHED, OMITTED, Answers
from ardoise.psychometrics.threads import BLOCK

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Habits:
    """How pupils leave items out. Shares, 0 … 1.

    `omitted` of the answers. `tired`: pupils who stop somewhere in the last third. `blocks`: the
    items fall into so many blocks, of which a pupil is given two (1: everybody gets all).
    """

    omitted: float = 0.0
    tired: float = 0.0
    blocks: int = 1


@dataclass(frozen=True)
class Population:
    """Groups with shares, means and SDs of ability; pupils in schools that differ."""

    names: tuple[str, ...] = ()
    shares: tuple[float, ...] = (1.0,)
    means: tuple[float, ...] = (0.0,)
    sds: tuple[float, ...] = (1.0,)
    school_size: int = 0
    """0: no schools."""
    between: float = field(default=0.2)
    """Share of the variance that lies between schools."""


def draw_items(
    count: int, generator: np.random.Generator, *, four: int = 0
) -> list[ItemParameters]:
    """Items of ordinary quality: a around 1.1, b around 0; the last `four` have four scores."""
    slopes = np.exp(generator.normal(0.05, 0.3, count))
    difficulties = generator.normal(0.0, 1.0, count)
    items = []
    for j, (a, b) in enumerate(zip(slopes.tolist(), difficulties.tolist(), strict=True)):
        name = f"item{j + 1:02}"
        if j < count - four:
            items.append(ItemParameters(name, "2PL", a, (-a * b,)))
        else:
            steps = tuple(-a * (b + shift) for shift in (-0.9, 0.0, 0.9))
            items.append(ItemParameters(name, "GPCM", a, steps))
    return items


def draw_answers(
    items: Sequence[ItemParameters],
    pupils: int,
    generator: np.random.Generator,
    *,
    population: Population | None = None,
    habits: Habits | None = None,
) -> tuple[Answers, Floats]:
    """Answers of pupils drawn from a population, and their true abilities (pupils,)."""
    population, habits = population or Population(), habits or Habits()
    groups = generator.choice(len(population.shares), pupils, p=population.shares).astype(np.int32)
    theta, schools = _abilities(population, groups, generator)
    codes = np.empty((pupils, len(items)), np.uint8)
    for start in range(0, pupils, 16 * BLOCK):
        rows = slice(start, min(start + 16 * BLOCK, pupils))
        for j, item in enumerate(items):
            above = np.cumsum(item.probabilities(theta[rows]), axis=1)[:, :-1]
            drawn = generator.random(len(above))[:, None]
            codes[rows, j] = (drawn > above).sum(axis=1)
    _leave_out(codes, habits, generator)
    answers = Answers(
        items=tuple(item.name for item in items),
        codes=codes,
        categories=np.array([item.categories for item in items]),
        groups=groups if population.names else None,
        group_names=population.names,
        clusters=schools,
    )
    return answers, theta


def _abilities(
    population: Population, groups: NDArray[np.int32], generator: np.random.Generator
) -> tuple[Floats, NDArray[np.int32] | None]:
    pupils = len(groups)
    own = generator.normal(size=pupils)
    schools = None
    if population.school_size:
        count = max(2, pupils // population.school_size)
        schools = generator.integers(0, count, pupils).astype(np.int32)
        shared = generator.normal(size=count)[schools]
        own = np.sqrt(population.between) * shared + np.sqrt(1 - population.between) * own
    return np.array(population.means)[groups] + np.array(population.sds)[groups] * own, schools


def _leave_out(codes: NDArray[np.uint8], habits: Habits, generator: np.random.Generator) -> None:
    pupils, k = codes.shape
    if habits.omitted:
        codes[generator.random(codes.shape) < habits.omitted] = OMITTED
    if habits.tired:
        first = np.where(
            generator.random(pupils) < habits.tired, generator.integers(2 * k // 3, k, pupils), k
        )
        codes[np.arange(k) >= first[:, None]] = NOT_REACHED
    if habits.blocks > 1:
        block = np.arange(k) % habits.blocks
        own = np.asarray(generator.integers(0, habits.blocks, size=pupils))
        other = (own + 1) % habits.blocks
        given = (block == own[:, None]) | (block == other[:, None])
        codes[~given] = NOT_ADMINISTERED
