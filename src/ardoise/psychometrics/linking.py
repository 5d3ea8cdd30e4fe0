"""Linking: the constants A, B that bring a new scale onto a base scale, θ_base = A·θ_new + B.

Parameters of the common items follow: a_base = a_new/A, d_base = d_new - a_new·B/A (each step of a
polytomous item alike), guessing unchanged. Four methods (Kolen & Brennan, *Test Equating, Scaling,
and Linking*, 3rd ed., ch. 6): mean-mean and mean-sigma from the moments of slopes and difficulties;
Haebara (1980) from the category curves, Stocking & Lord (1983) from the test's expected score.

The characteristic-curve constants depend on the abilities over which curves are compared and on
their weights: both are kept in the result.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.faults import EstimationError, PsychometricsError
from ardoise.psychometrics.linking_curves import Curves, minimise
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.threads import one_blas_thread

Method = Literal["mean-mean", "mean-sigma", "haebara", "stocking-lord"]
Direction = Literal["forward", "backward", "symmetric"]
METHODS: tuple[Method, ...] = get_args(Method)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """Where characteristic curves are compared: abilities, their weights (sum 1), and direction.

    ``forward`` compares on the base scale (the new form brought onto it), ``backward`` on the new
    form's scale (the base brought onto that), ``symmetric`` sums both with equal weights. ``theta``
    and ``weights`` hold for whichever scale is compared on.
    """

    theta: tuple[float, ...]
    weights: tuple[float, ...]
    direction: Direction = "forward"

    def __post_init__(self) -> None:
        if self.direction not in get_args(Direction):
            raise PsychometricsError(
                f"direction is {self.direction!r}: one of {', '.join(get_args(Direction))}"
            )
        w = np.array(self.weights)
        if len(self.theta) != len(w) or not 2 <= len(w) <= 10_001:
            raise PsychometricsError(
                f"{len(self.theta)} abilities and {len(w)} weights: give 2 to 10,001 of each"
            )
        if not (np.isfinite(w).all() and (w >= 0).all() and w.sum() > 0):
            raise PsychometricsError("weights of abilities are at least 0, finite, not all 0")

    @classmethod
    def normal(
        cls,
        mean: float = 0.0,
        sd: float = 1.0,
        count: int = 61,
        reach: float = 6.0,
        direction: Direction = "forward",
    ) -> "Comparison":
        """``count`` equal steps over mean ± reach·sd, weighted by the normal density."""
        z = np.linspace(-reach, reach, count)
        weights = np.exp(-0.5 * z * z)
        return cls(
            tuple((mean + sd * z).tolist()), tuple((weights / weights.sum()).tolist()), direction
        )

    @classmethod
    def even(
        cls, low: float = -4.0, high: float = 4.0, count: int = 81, direction: Direction = "forward"
    ) -> "Comparison":
        """Equal steps with equal weights."""
        theta = np.linspace(low, high, count)
        return cls(tuple(theta.tolist()), (1 / count,) * count, direction)


@dataclass(frozen=True)
class Link:
    """θ_base = slope·θ_new + intercept, and how it was found.

    ``loss`` is the criterion at its minimum (None for moment methods). ``covariance`` (2, 2) is
    that of (slope, intercept), None until standard errors are computed.
    """

    method: Method
    slope: float
    intercept: float
    items: tuple[str, ...]
    comparison: Comparison | None
    loss: float | None = None
    covariance: tuple[tuple[float, float], tuple[float, float]] | None = None

    @property
    def slope_se(self) -> float | None:
        return None if self.covariance is None else float(np.sqrt(self.covariance[0][0]))

    @property
    def intercept_se(self) -> float | None:
        return None if self.covariance is None else float(np.sqrt(self.covariance[1][1]))

    def abilities(self, theta: Floats) -> Floats:
        """Abilities of the new scale, on the base scale."""
        return self.slope * theta + self.intercept

    def item(self, item: ItemParameters) -> ItemParameters:
        """An item of the new scale, on the base scale."""
        return moved(item, self.slope, self.intercept)


def moved(item: ItemParameters, slope: float, intercept: float) -> ItemParameters:
    """The item after θ' = slope·θ + intercept: every curve keeps its values."""
    a = item.slope / slope
    return replace(item, slope=a, intercepts=tuple(d - a * intercept for d in item.intercepts))


@one_blas_thread()
def link(
    new: Sequence[ItemParameters],
    base: Sequence[ItemParameters],
    method: Method = "stocking-lord",
    *,
    comparison: Comparison | None = None,
) -> Link:
    """Constants from the items whose names occur in both; at least two are needed.

    Raises ``PsychometricsError`` where the common items do not match in model or categories, and
    ``EstimationError`` naming the item whose parameters make a moment infinite.
    """
    if method not in METHODS:
        raise PsychometricsError(f"method is {method!r}: one of {', '.join(METHODS)}")
    mine, theirs = common(new, base)
    names = tuple(item.name for item in mine)
    if method in ("mean-mean", "mean-sigma"):
        slope, intercept = moments(mine, theirs, method)
        return Link(method, slope, intercept, names, None)
    comparison = comparison or Comparison.normal()
    curves = Curves.of(
        mine,
        theirs,
        np.array(comparison.theta),
        np.array(comparison.weights) / np.sum(comparison.weights),
        comparison.direction,
        whole=method == "stocking-lord",
    )
    slope, intercept, loss = minimise(curves, _start(mine, theirs))
    return Link(method, slope, intercept, names, comparison, loss)


def common(
    new: Sequence[ItemParameters], base: Sequence[ItemParameters]
) -> tuple[list[ItemParameters], list[ItemParameters]]:
    """The items in both, in the order of ``new``, checked to be of one kind."""
    known = {item.name: item for item in base}
    mine = [item for item in new if item.name in known]
    theirs = [known[item.name] for item in mine]
    if len(mine) < 2:
        raise PsychometricsError(
            f"{len(mine)} common item(s): linking needs at least two items of the same name"
        )
    for a, b in zip(mine, theirs, strict=True):
        if a.categories != b.categories or (a.model == "GRM") != (b.model == "GRM"):
            raise PsychometricsError(
                f"item {a.name!r}: {a.model} with {a.categories} categories on the new form, "
                f"{b.model} with {b.categories} on the base; leave it out of the link"
            )
    return mine, theirs


def moments(
    new: Sequence[ItemParameters], base: Sequence[ItemParameters], method: Method
) -> tuple[float, float]:
    """Mean-mean: A = mean a_new / mean a_base. Mean-sigma: A = SD b_base / SD b_new.

    B = mean b_base - A·mean b_new. Polytomous items contribute the difficulty of every step.
    """
    b_new, b_base = (
        np.array([b for item in items for b in item.difficulties]) for items in (new, base)
    )
    for items, values in ((new, b_new), (base, b_base)):
        if not np.isfinite(values).all():
            flat = next(item.name for item in items if not item.slope)
            raise EstimationError(
                f"item {flat!r} has slope 0 and so no difficulty: leave it out of the link"
            )
    if method == "mean-mean":
        below = float(np.mean([item.slope for item in base]))
        slope = float(np.mean([item.slope for item in new])) / below if below else 0.0
    else:
        spread = float(b_new.std())
        slope = float(b_base.std()) / spread if spread else 0.0
    if not slope > 0:
        raise EstimationError(
            f"{method} gives a slope of {slope:.4g}: the common items' "
            "parameters carry no scale; look at those with small or negative slopes"
        )
    return slope, float(b_base.mean() - slope * b_new.mean())


def _start(new: Sequence[ItemParameters], base: Sequence[ItemParameters]) -> tuple[float, float]:
    """A start that weak items cannot spoil.

    Least squares of a_new = A·a_base, and of d_new - d_base = B·a_base.
    """
    a_new = np.array([item.slope for item in new for _ in item.intercepts])
    a_base = np.array([item.slope for item in base for _ in item.intercepts])
    d_new = np.array([d for item in new for d in item.intercepts])
    d_base = np.array([d for item in base for d in item.intercepts])
    energy = float(a_base @ a_base)
    if not energy > 0:
        raise EstimationError("all common items have slope 0 on the base scale: nothing to link")
    slope = float(a_new @ a_base) / energy
    return (slope if slope > 0.05 else 1.0), float(a_base @ (d_new - d_base)) / energy
