"""Standard errors of a calibration: cross-product, Louis, and sandwich with school clusters.

``cross-product``: the inverse of Σ s sᵀ over the pupils' scores; one pass.
``louis``: the observed information, by Louis' (1982) identity: complete-data information, less what
missing abilities take from it; exact, and dearer: about one product a node.
``sandwich``: H⁻¹ (Σ_c s_c s_cᵀ) H⁻¹ with Louis' H and scores summed by cluster, times C/(C−1);
without clusters each pupil is one. The one to use with sampling weights, or pupils in schools.

Weights are scaled to mean 1. Priors add their curvature to the information.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.calibrated import Calibration
from ardoise.psychometrics.errors_scores import Parameters, Scores
from ardoise.psychometrics.families import Array
from ardoise.psychometrics.faults import EstimationError
from ardoise.psychometrics.persons import layout_of
from ardoise.psychometrics.responses import Responses
from ardoise.psychometrics.threads import one_blas_thread

Method = Literal["cross-product", "louis", "sandwich"]


@dataclass(frozen=True)
class ItemErrors:
    """Standard errors of one item's parameters; 0 for what was fixed.

    ``difficulty`` and ``difficulties`` by the delta method from b = −d/a.
    """

    slope: float
    intercepts: tuple[float, ...]
    guess: float
    difficulty: float
    difficulties: tuple[float, ...]


@dataclass(frozen=True)
class StandardErrors:
    """``covariance``: (P, P) of the free parameters; ``names`` says whose each is.

    A name is (item, "slope" | "intercept k" | "guess"), ("", "common slope") or
    (group, "mean" | "sd").
    """

    names: tuple[tuple[str, str], ...]
    covariance: Array
    method: Method
    calibration: Calibration

    @property
    def se(self) -> Array:
        """(P,): the square roots of the diagonal."""
        root: Array = np.sqrt(np.diag(self.covariance))
        return root

    def of_group(self, name: str) -> tuple[float, float]:
        """Standard errors of a group's mean and SD; 0 for what was fixed."""
        found = dict(zip(self.names, self.se, strict=True))
        return float(found.get((name, "mean"), 0.0)), float(found.get((name, "sd"), 0.0))

    def covariance_of(self, item: str) -> Array:
        """(p, p) of slope, intercepts and (3PL) guess, with zeros for what was fixed."""
        parameters = self.calibration.item(item)
        parts = ["slope", *(f"intercept {k}" for k in range(1, parameters.categories))]
        if parameters.model == "3PL":
            parts.append("guess")
        places = {name: at for at, name in enumerate(self.names)}
        shared = places.get(("", "common slope"), -1)
        anchored = item in self.calibration.anchors
        at = [places.get((item, part), -1) for part in parts]
        if at[0] < 0 and parameters.model in ("1PL", "PCM") and not anchored:
            at[0] = shared
        known = [i for i, place in enumerate(at) if place >= 0]
        result = np.zeros((len(parts), len(parts)))
        chosen = [at[i] for i in known]
        result[np.ix_(known, known)] = self.covariance[np.ix_(chosen, chosen)]
        return result

    def of(self, item: str) -> ItemErrors:
        """Standard errors of one item, difficulties included."""
        parameters = self.calibration.item(item)
        covariance, steps = self.covariance_of(item), parameters.categories - 1
        errors = np.sqrt(np.diag(covariance))
        a, by_step = parameters.slope, np.zeros((steps, len(errors)))
        with np.errstate(divide="ignore", invalid="ignore"):
            for k, d in enumerate(parameters.intercepts):
                by_step[k, 0], by_step[k, 1 + k] = np.divide(d, a * a), np.divide(-1.0, a)
        spread = by_step @ covariance @ by_step.T
        return ItemErrors(
            slope=float(errors[0]),
            intercepts=tuple(map(float, errors[1 : 1 + steps])),
            guess=float(errors[-1]) if parameters.model == "3PL" else 0.0,
            difficulty=float(np.sqrt(spread.sum()) / steps),
            difficulties=tuple(map(float, np.sqrt(np.diag(spread)))),
        )


def standard_errors(
    calibration: Calibration,
    responses: Responses,
    *,
    method: Method = "cross-product",
    threads: int = 1,
) -> StandardErrors:
    """The covariance of everything the calibration estimated, from the same responses.

    Raises ``EstimationError`` where the information is singular, naming the parameter that the
    answers do not hold.
    """
    chosen = calibration.responses(responses)
    layout = layout_of(chosen, calibration)
    parameters = Parameters(calibration, layout)
    if not parameters.names:
        return StandardErrors((), np.zeros((0, 0)), method, calibration)
    scores = Scores(calibration, layout, parameters, _scaled(chosen), threads)
    with one_blas_thread():
        if method == "cross-product":
            covariance = _inverse(scores.cross_product() - parameters.prior_curvature(), parameters)
        elif method in ("louis", "sandwich"):
            bread = _inverse(scores.observed_information(), parameters)
            covariance = bread
            if method == "sandwich":
                covariance = bread @ scores.clustered(_clusters(chosen)) @ bread
        else:
            raise EstimationError(f"{method!r} is not cross-product, louis or sandwich")
    stretch = parameters.stretch
    covariance = covariance * stretch * stretch[:, None]
    return StandardErrors(parameters.names, covariance, method, calibration)


def _scaled(responses: Responses) -> Array | None:
    weights = responses.weights
    return None if weights is None else weights / weights[weights > 0].mean()


def _clusters(responses: Responses) -> NDArray[np.intp] | None:
    if responses.clusters is None:
        return None
    places: NDArray[np.intp] = np.unique(responses.clusters, return_inverse=True)[1]
    return places


def _inverse(information: Array, parameters: Parameters) -> Array:
    """The inverse, from a matrix scaled to a unit diagonal."""
    diagonal = np.diag(information)
    weak = np.flatnonzero(~(diagonal > 0))
    if not weak.size:
        root = np.sqrt(diagonal)
        values, vectors = np.linalg.eigh(information / root / root[:, None])
        if values[0] > 1e-10:
            inverse: Array = (vectors / values) @ vectors.T / root / root[:, None]
            return inverse
        weak = np.array([np.abs(vectors[:, 0]).argmax()])
    owner, part = parameters.names[int(weak[0])]
    raise EstimationError(
        f"{owner or 'the model'}: the answers do not hold its {part} (the information is "
        "singular); leave the item out, or give its parameters a prior"
    )
