"""What a calibration hands on: items, groups, how it ended and what an analyst should look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.faults import EstimationError
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.priors import Priors
from ardoise.psychometrics.quadrature import Grid
from ardoise.psychometrics.responses import Responses

Scale = Literal["unit-sd", "unit-slope"]
FindingKind = Literal[
    "never-seen",  # nobody was given it: left out of the calibration
    "constant",  # all who were given it score the same: left out
    "unused-category",  # a score between or beyond those used was never given: held
    "few-answers",  # a category with fewer than ten answers
    "near-zero-slope",
    "negative-slope",
    "drifting",  # its parameters grow without end: held where they were when seen to
    "no-guessing",  # a 3PL item whose guessing parameter goes to 0: held there
    "grid-edge",  # a group's abilities reach beyond the grid, or fall within one step of it
]


@dataclass(frozen=True)
class Finding:
    """Something about an item (or a group) that needs a human's eye, in words."""

    item: str
    what: str
    kind: FindingKind


@dataclass(frozen=True)
class GroupEstimate:
    """The normal distribution of ability in a group; ``weight`` is its share of all weights."""

    name: str
    mean: float
    sd: float
    pupils: int
    weight: float
    free_mean: bool = False
    free_sd: bool = False


@dataclass(frozen=True)
class Calibration:
    """Item parameters, group distributions and how the estimation ended.

    ``items`` holds the items that could be calibrated, in the order of the responses. Items that
    nobody saw, or on which all score alike, have no estimate: they are *left out* and stand in
    ``findings``. Take ``responses.select(calibration.names)`` before pairing the two by place.

    ``log_likelihood`` is Σ w log L with the weights as given, without priors;
    ``log_posterior`` adds their densities (up to a constant). ``reason`` says why it ended.
    ``held`` names parameters that were not estimated though their item was (drifting items).
    """

    items: tuple[ItemParameters, ...]
    groups: tuple[GroupEstimate, ...]
    log_likelihood: float
    iterations: int
    converged: bool
    reason: str
    findings: tuple[Finding, ...]
    grid: Grid
    log_posterior: float
    last_change: float
    last_gradient: float
    tolerance: float
    scale: Scale = "unit-sd"
    priors: Priors = field(default_factory=Priors)
    anchors: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    fixed_common_slope: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(item.name for item in self.items)

    def item(self, name: str) -> ItemParameters:
        """Raises ``EstimationError`` with the reason where the item has no estimate."""
        for item in self.items:
            if item.name == name:
                return item
        why = next((f.what for f in self.findings if f.item == name), "it was not in the responses")
        raise EstimationError(f"item {name!r} was not calibrated: {why}")

    @property
    def means(self) -> NDArray[np.float64]:
        return np.array([group.mean for group in self.groups])

    @property
    def sds(self) -> NDArray[np.float64]:
        return np.array([group.sd for group in self.groups])

    def responses(self, responses: Responses) -> Responses:
        """The responses to the calibrated items, in their order.

        Raises ``EstimationError`` where an item has categories the calibration did not know, or
        there are other groups than those calibrated.
        """
        chosen = responses.select(self.names)
        for item, categories in zip(self.items, chosen.categories, strict=True):
            if categories > item.categories:
                raise EstimationError(
                    f"item {item.name!r} has {categories} categories here and {item.categories} "
                    "in the calibration; calibrate it anew"
                )
        names = tuple(group.name for group in self.groups)
        if chosen.groups is None and len(names) > 1:
            raise EstimationError(f"the responses have no groups, the calibration has {names}")
        if chosen.groups is not None and chosen.group_names != names:
            raise EstimationError(
                f"the responses have groups {chosen.group_names}, the calibration {names}"
            )
        return chosen
