"""Standard errors of linking constants.

*Sampling of pupils*: the delta method from the covariances of both calibrations (Ogasawara 2001;
for the curve methods by implicit differentiation at the minimum), or a parametric bootstrap from
the same covariances. *Choice of items* is another matter: see the jackknife in
:mod:`ardoise.psychometrics.drift`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ardoise.psychometrics.errors import StandardErrors
from ardoise.psychometrics.faults import PsychometricsError
from ardoise.psychometrics.linking import Link, common, link, moments
from ardoise.psychometrics.linking_curves import Curves, hessian
from ardoise.psychometrics.models import COMMON_SLOPE, ItemParameters
from ardoise.psychometrics.threads import one_blas_thread

Floats = NDArray[np.float64]
STEP = 1e-5


@one_blas_thread()
def with_errors(
    found: Link,
    new: Sequence[ItemParameters],
    base: Sequence[ItemParameters],
    new_covariance: Floats,
    base_covariance: Floats | None = None,
) -> Link:
    """The link with the covariance of its constants, by the delta method.

    Covariances are those of the common items' ``vector`` entries (slope, intercepts and, where
    there is guessing, logit c), item after item in the order of ``found.items``. Without
    ``base_covariance`` the base parameters count as known.
    """
    mine, theirs = _pair(found, new, base)
    function, solve = _target(found)
    total = np.zeros((2, 2))
    for side, covariance in (("new", new_covariance), ("base", base_covariance)):
        if covariance is None:
            continue
        vary = mine if side == "new" else theirs
        _check(vary, covariance, side)
        columns = []
        for j, item in enumerate(vary):
            for k in range(len(item.vector)):
                ends = []
                for sign in (1, -1):
                    changed = [*vary]
                    changed[j] = perturbed(item, k, sign * STEP)
                    pair = (changed, theirs) if side == "new" else (mine, changed)
                    ends.append(function(*pair))
                columns.append((ends[0] - ends[1]) / (2 * STEP))
        jacobian = solve(np.stack(columns, axis=1), mine, theirs)
        total += jacobian @ covariance @ jacobian.T
    return replace(
        found,
        covariance=(
            (float(total[0, 0]), float(total[0, 1])),
            (float(total[1, 0]), float(total[1, 1])),
        ),
    )


Function = Callable[[Sequence[ItemParameters], Sequence[ItemParameters]], Floats]
Solve = Callable[[Floats, Sequence[ItemParameters], Sequence[ItemParameters]], Floats]


def _target(found: Link) -> tuple[Function, Solve]:
    """What is differentiated by the parameters, and how that becomes the constants' Jacobian.

    Moment methods: the constants themselves. Curve methods: the gradient g of the criterion at
    its minimum; d(A, B) = -H⁻¹·dg.
    """
    if found.comparison is None:

        def constants(new: Sequence[ItemParameters], base: Sequence[ItemParameters]) -> Floats:
            return np.array(moments(new, base, found.method))

        return constants, lambda columns, _new, _base: columns
    at = np.array([found.slope, found.intercept])

    def gradient(new: Sequence[ItemParameters], base: Sequence[ItemParameters]) -> Floats:
        return _curves(found, new, base).gradient(at)

    def implicit(
        columns: Floats, new: Sequence[ItemParameters], base: Sequence[ItemParameters]
    ) -> Floats:
        return np.asarray(-np.linalg.solve(hessian(_curves(found, new, base), at), columns))

    return gradient, implicit


def _curves(found: Link, new: Sequence[ItemParameters], base: Sequence[ItemParameters]) -> Curves:
    if found.comparison is None:
        raise PsychometricsError(f"{found.method} compares no curves")
    weights = np.array(found.comparison.weights)
    return Curves.of(
        new,
        base,
        np.array(found.comparison.theta),
        weights / weights.sum(),
        found.comparison.direction,
        whole=found.method == "stocking-lord",
    )


@one_blas_thread()
def bootstrapped(
    found: Link,
    new: Sequence[ItemParameters],
    base: Sequence[ItemParameters],
    new_covariance: Floats,
    base_covariance: Floats | None,
    *,
    generator: np.random.Generator,
    draws: int = 200,
) -> Link:
    """The link with a covariance from parameters drawn from both calibrations' normal laws."""
    if draws < 10:
        raise PsychometricsError(f"{draws} draws: a bootstrap needs at least 10")
    mine, theirs = _pair(found, new, base)
    sides = []
    for items, covariance, side in (
        (mine, new_covariance, "new"),
        (theirs, base_covariance, "base"),
    ):
        if covariance is None:
            sides.append([items] * draws)
            continue
        _check(items, covariance, side)
        size = covariance.shape[0]
        shifts = generator.multivariate_normal(np.zeros(size), covariance, draws)
        sides.append([shifted(items, shift) for shift in shifts])
    constants = [
        link(x, y, found.method, comparison=found.comparison)
        for x, y in zip(sides[0], sides[1], strict=True)
    ]
    cov = np.cov(np.array([[one.slope, one.intercept] for one in constants]).T)
    return replace(
        found,
        covariance=((float(cov[0, 0]), float(cov[0, 1])), (float(cov[1, 0]), float(cov[1, 1]))),
    )


def joint_covariance(errors: StandardErrors, items: Sequence[str]) -> Floats:
    """Covariance of these items' ``vector`` entries, item after item, as linking takes it.

    What was fixed has zeros; items with a common slope share its variance. Guessing, whose
    standard errors are reported as a probability's, becomes its logit again.
    """
    places = {name: at for at, name in enumerate(errors.names)}
    at, scale = [], []
    for name in items:
        item = errors.calibration.item(name)
        slope = places.get((name, "slope"), -1)
        if slope < 0 and item.model in COMMON_SLOPE and name not in errors.calibration.anchors:
            slope = places.get(("", "common slope"), -1)
        steps = [places.get((name, f"intercept {k}"), -1) for k in range(1, item.categories)]
        at += [slope, *steps]
        scale += [1.0] * item.categories
        if item.guess > 0:
            at.append(places.get((name, "guess"), -1))
            scale.append(1 / (item.guess * (1 - item.guess)))
    index, factor = np.array(at), np.where(np.array(at) >= 0, scale, 0.0)
    return np.asarray(errors.covariance[np.ix_(index, index)] * factor * factor[:, None])


def perturbed(item: ItemParameters, place: int, by: float) -> ItemParameters:
    """The item with one entry of its ``vector`` changed."""
    vector = item.vector.copy()
    vector[place] += by
    return _item(item, vector)


def shifted(items: Sequence[ItemParameters], by: Floats) -> list[ItemParameters]:
    """The items with all their ``vector`` entries changed, item after item."""
    ends = np.cumsum([len(item.vector) for item in items])
    parts = np.split(by, ends[:-1])
    return [_item(item, item.vector + part) for item, part in zip(items, parts, strict=True)]


def _item(item: ItemParameters, vector: Floats) -> ItemParameters:
    steps = len(item.intercepts)
    intercepts = vector[1 : steps + 1]
    if item.model == "GRM":
        # A drawn pair of thresholds may cross where a category is almost never used.
        intercepts = np.sort(intercepts)[::-1]
    guess = float(expit(vector[steps + 1])) if item.guess > 0 else 0.0
    return replace(item, slope=float(vector[0]), intercepts=tuple(intercepts.tolist()), guess=guess)


def _pair(
    found: Link, new: Sequence[ItemParameters], base: Sequence[ItemParameters]
) -> tuple[list[ItemParameters], list[ItemParameters]]:
    kept = set(found.items)
    mine, theirs = common([item for item in new if item.name in kept], base)
    if tuple(item.name for item in mine) != found.items:
        raise PsychometricsError("the link was made from other items than these, or another order")
    return mine, theirs


def _check(items: Sequence[ItemParameters], covariance: Floats, side: str) -> None:
    size = sum(len(item.vector) for item in items)
    if covariance.shape != (size, size):
        raise PsychometricsError(
            f"the {side} covariance is {covariance.shape}; the common items have {size} parameters"
        )
