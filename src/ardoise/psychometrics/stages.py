"""Two-stage tests: everybody takes a router, its score chooses the second module.

**Why routing can be ignored.** Let x be the router's answers, m the module, y its answers. The
likelihood of what was observed is P(x | θ)·P(m | x)·P(y | θ, m): the routing term P(m | x) depends
on observed answers alone, so it is constant in θ and in the item parameters and drops out (missing
at random, Rubin 1976; Mislevy & Wu 1996; for multistage tests Eggen & Verhelst 2011). Leaving the
modules not given as missing is right, *provided the router's answers are in the same likelihood*.
Calibrating the second stage alone is biased: its pupils were selected by x. A router scored on
anything that is not kept (a teacher's judgement, a lost log) breaks this too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.information import score_distribution
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.responses import MISSING, Responses
from ardoise.psychometrics.threads import one_blas_thread

MAX_REPLICATES = 20_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Module:
    name: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class TwoStage:
    """``router`` items for all; ``modules`` from the easiest up; a raw router score of at least
    ``cuts[k]`` leads to module k + 1. Modules may share items.
    """

    router: tuple[str, ...]
    modules: tuple[Module, ...]
    cuts: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.router or len(self.modules) < 2:
            raise PsychometricsError("a two-stage test has a router and at least two modules")
        if len(self.cuts) != len(self.modules) - 1 or (np.diff(self.cuts) <= 0).any():
            raise PsychometricsError(
                f"{len(self.modules)} modules need {len(self.modules) - 1} rising router cuts, "
                f"not {list(self.cuts)}"
            )
        for module in self.modules:
            again = set(self.router) & set(module.items)
            if again:
                raise PsychometricsError(
                    f"module {module.name!r} repeats the router's item {min(again)!r}"
                )

    @property
    def items(self) -> tuple[str, ...]:
        """All items, in the order of the router and the modules, each once."""
        names = [*self.router, *(name for module in self.modules for name in module.items)]
        return tuple(dict.fromkeys(names))

    def routed(self, responses: Responses) -> NDArray[np.int8]:
        """The module of each pupil, from the router's raw score; -1 with no answer in it.

        A router item not observed counts 0 points, as it does when the test routes.
        """
        codes = responses.codes[:, [responses.column(name) for name in self.router]]
        seen = codes != MISSING
        raw = np.where(seen, codes, np.uint8(0)).sum(axis=1, dtype=np.int64)
        module = np.searchsorted(np.array(self.cuts), raw, side="right")
        return np.where(seen.any(axis=1), module, -1).astype(np.int8)

    def check(self, responses: Responses) -> None:
        """Raise, naming item and row, where a pupil answered an item the routing did not give."""
        module = self.routed(responses)
        for name in self.items[len(self.router) :]:
            given = np.isin(module, [k for k, m in enumerate(self.modules) if name in m.items])
            seen = responses.codes[:, responses.column(name)] != MISSING
            wrong = np.flatnonzero(seen & ~given)
            if len(wrong):
                raise PsychometricsError(
                    f"item {name!r}, row {wrong[0] + 1}: answered, though the router's score "
                    f"leads elsewhere ({len(wrong)} pupils): the cuts or the data differ from "
                    "the test that was given"
                )


@dataclass(frozen=True)
class DesignReport:
    """What a design would do, by ability (n,).

    ``routing`` (n, modules) probabilities; ``best`` (n,) the module with most information there
    and ``misrouted`` (n,) the probability of being given another; ``exposure`` (items,) shares of
    the population given each item; ``loads`` (modules,) shares given each module. All these are
    exact. ``bias``, ``rmse`` and ``se`` (mean posterior SD) of the EAP come from the simulated
    pupils, ``coverage`` is the share of 95 % intervals that hold the true ability, and
    ``population_rmse`` weighs the RMSE by the density.
    """

    design: TwoStage
    theta: Floats
    routing: Floats
    best: NDArray[np.int64]
    misrouted: Floats
    exposure: Floats
    loads: Floats
    bias: Floats
    rmse: Floats
    se: Floats
    coverage: Floats
    population_rmse: float


@one_blas_thread()
def simulate(
    design: TwoStage,
    items: Sequence[ItemParameters],
    *,
    generator: np.random.Generator,
    theta: Floats | None = None,
    mean: float = 0.0,
    sd: float = 1.0,
    replicates: int = 500,
) -> DesignReport:
    """Simulate ``replicates`` pupils at each ability through the design, before it is used.

    The population is normal(mean, sd), also as the EAP's prior.
    """
    if not 2 <= replicates <= MAX_REPLICATES:
        raise PsychometricsError(f"{replicates} replicates: give 2 to {MAX_REPLICATES}")
    bank = _bank(design, items)
    points = np.linspace(mean - 3 * sd, mean + 3 * sd, 25) if theta is None else theta
    density = np.exp(-0.5 * ((points - mean) / sd) ** 2)
    density = density / density.sum()
    routing = routing_probabilities(design, items, points)
    information = [
        np.sum([bank[name].information(points) for name in module.items], axis=0)
        for module in design.modules
    ]
    best = np.argmax(np.stack(information), axis=0)
    loads = density @ routing
    exposure = np.array(
        [
            1.0
            if name in design.router
            else float(
                sum(load for load, m in zip(loads, design.modules, strict=True) if name in m.items)
            )
            for name in design.items
        ]
    )
    taken = simulated(design, items, np.repeat(points, replicates), generator)
    eap, spread = _eap(taken, [bank[name] for name in design.items], mean, sd)
    away = (eap - np.repeat(points, replicates)).reshape(len(points), replicates)
    spread = spread.reshape(away.shape)
    rmse = np.sqrt((away**2).mean(axis=1))
    return DesignReport(
        design=design,
        theta=points,
        routing=routing,
        best=best,
        misrouted=1 - routing[np.arange(len(points)), best],
        exposure=exposure,
        loads=loads,
        bias=away.mean(axis=1),
        rmse=rmse,
        se=spread.mean(axis=1),
        coverage=(np.abs(away) < 1.959964 * spread).mean(axis=1),
        population_rmse=float(np.sqrt(density @ rmse**2)),
    )


def routing_probabilities(
    design: TwoStage, items: Sequence[ItemParameters], theta: Floats
) -> Floats:
    """(n, modules) probability of each module at each ability, exact."""
    bank = _bank(design, items)
    given = score_distribution([bank[name].probabilities(theta) for name in design.router])
    edges = [0, *design.cuts, given.shape[1]]
    return np.stack([given[:, a:b].sum(axis=1) for a, b in pairwise(edges)], axis=1)


def simulated(
    design: TwoStage,
    items: Sequence[ItemParameters],
    theta: Floats,
    generator: np.random.Generator,
) -> Responses:
    """Answers of pupils of these abilities (pupils,), items not given left MISSING."""
    bank = _bank(design, items)
    names = design.items
    codes = np.empty((len(theta), len(names)), np.uint8)
    for j, name in enumerate(names):
        above = np.cumsum(bank[name].probabilities(theta), axis=1)[:, :-1]
        codes[:, j] = (generator.random(len(theta))[:, None] > above).sum(axis=1)
    categories = np.array([bank[name].categories for name in names])
    complete = Responses(items=names, codes=codes, categories=categories)
    module = design.routed(complete)
    codes = codes.copy()
    for j, name in enumerate(names[len(design.router) :], start=len(design.router)):
        given = np.isin(module, [k for k, m in enumerate(design.modules) if name in m.items])
        codes[~given, j] = MISSING
    return replace(complete, codes=codes)


def _bank(design: TwoStage, items: Sequence[ItemParameters]) -> dict[str, ItemParameters]:
    bank = {item.name: item for item in items}
    for name in design.items:
        if name not in bank:
            raise PsychometricsError(f"item {name!r} of the design has no parameters")
    return bank


def _eap(
    responses: Responses, items: Sequence[ItemParameters], mean: float, sd: float
) -> tuple[Floats, Floats]:
    """Posterior means and SDs under a normal prior, on 121 points of ±6 SD."""
    grid = mean + sd * np.linspace(-6, 6, 121)
    log = np.tile(-0.5 * ((grid - mean) / sd) ** 2, (responses.pupils, 1))
    for j, item in enumerate(items):
        table = np.vstack([item.log_probabilities(grid).T, np.zeros(len(grid))])
        code = responses.codes[:, j]
        log += table[np.where(code == MISSING, item.categories, code)]
    log -= log.max(axis=1, keepdims=True)
    posterior = np.exp(log, out=log)
    posterior /= posterior.sum(axis=1, keepdims=True)
    eap = posterior @ grid
    return eap, np.sqrt(np.maximum(posterior @ grid**2 - eap**2, 0.0))
