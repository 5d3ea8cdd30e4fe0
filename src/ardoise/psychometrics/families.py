"""The three families of response models, for many items at once.

``partial``  GPCM, PCM, 2PL, 1PL: log P_k = k(aθ) + d_1 + … + d_k − log Σ (Muraki 1992)
``graded``   GRM: P(X ≥ k) = logistic(aθ + d_k) (Samejima 1969)
``guessing`` 3PL: P = c + (1−c) logistic(aθ + d) (Birnbaum 1968)

``parameters`` is (items, p): slope, intercepts d_1..d_{K−1} and, for guessing, logit c; ``theta``
is (points,). Results are (items, K, points). All items of one call have K categories. D = 1: there
is no 1.7.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

Array = NDArray[np.float64]
Family = Literal["partial", "graded", "guessing"]


def log_probabilities(family: Family, parameters: Array, theta: Array) -> Array:
    """The logarithm of each category's probability, (items, K, points)."""
    if family == "partial":
        return _partial_log(parameters, theta)
    if family == "graded":
        return _graded_log(parameters, theta)
    z = parameters[:, 0, None] * theta + parameters[:, 1, None]
    floor = log_expit(parameters[:, 2, None])
    rest = log_expit(-parameters[:, 2, None])
    return np.stack([rest + log_expit(-z), np.logaddexp(floor, rest + log_expit(z))], axis=1)


def parameter_scores(family: Family, parameters: Array, theta: Array) -> Array:
    """d log P_k / d parameter, (items, p, K, points)."""
    if family == "partial":
        return _partial_scores(parameters, theta)
    if family == "graded":
        return _graded_scores(parameters, theta)
    z = parameters[:, 0, None] * theta + parameters[:, 1, None]
    c = expit(parameters[:, 2, None])
    p, q = expit(z), expit(-z)
    right = c + (1 - c) * p
    by_z = np.stack([-p, (1 - c) * p * q / right], axis=1)
    by_logit = np.stack([np.broadcast_to(-c, z.shape), q * c * (1 - c) / right], axis=1)
    return np.stack([by_z * theta[..., None, :], by_z, by_logit], axis=1)


def theta_derivatives(family: Family, parameters: Array, theta: Array) -> tuple[Array, ...]:
    """P, dP/dθ and d²P/dθ², each (items, K, points)."""
    slope = parameters[:, 0, None, None]
    if family == "partial":
        p = np.exp(_partial_log(parameters, theta))
        k = np.arange(p.shape[1])[:, None]
        mean = (k * p).sum(axis=1, keepdims=True)
        centred = k - mean
        variance = (centred**2 * p).sum(axis=1, keepdims=True)
        return p, slope * p * centred, slope**2 * p * (centred**2 - variance)
    if family == "graded":
        z = slope * theta + parameters[:, 1:, None]
        above = expit(z)
        first = slope * above * expit(-z)
        second = slope * first * (1 - 2 * above)
        return _steps(above, 1.0), _steps(first, 0.0), _steps(second, 0.0)
    z = parameters[:, 0, None] * theta + parameters[:, 1, None]
    c = expit(parameters[:, 2, None])
    p, q = expit(z), expit(-z)
    a = parameters[:, 0, None]
    up, right = (1 - c) * a * p * q, c + (1 - c) * p
    bend = a * up * (1 - 2 * p)
    return np.stack([1 - right, right], 1), np.stack([-up, up], 1), np.stack([-bend, bend], 1)


def information(family: Family, parameters: Array, theta: Array) -> tuple[Array, Array]:
    """I = Σ P'²/P and J = Σ P'P''/P by item (Warm 1989; Samejima 1998), each (items, points)."""
    p, first, second = theta_derivatives(family, parameters, theta)
    ratio = np.divide(first, p, out=np.zeros_like(p), where=p > 1e-300)
    return (first * ratio).sum(axis=1), (second * ratio).sum(axis=1)


def _steps(above: Array, top: float) -> Array:
    """From what holds of "k or more" to what holds of "k", along axis 1."""
    shape = (above.shape[0], 1, above.shape[2])
    first, last = np.full(shape, top), np.zeros(shape)
    return -np.diff(np.concatenate([first, above, last], axis=1), axis=1)


def _partial_log(parameters: Array, theta: Array) -> Array:
    line = parameters[:, 0, None] * theta
    if parameters.shape[1] == 2:
        z = line + parameters[:, 1, None]
        return np.stack([log_expit(-z), log_expit(z)], axis=1)
    z = np.empty((parameters.shape[0], parameters.shape[1], line.shape[-1]))
    z[:, 0] = 0.0
    np.cumsum(line[:, None, :] + parameters[:, 1:, None], axis=1, out=z[:, 1:])
    z -= z.max(axis=1, keepdims=True)
    z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
    return z


def _partial_scores(parameters: Array, theta: Array) -> Array:
    p = np.exp(_partial_log(parameters, theta))
    items, categories, points = p.shape
    k = np.arange(categories)[:, None]
    result = np.empty((items, categories, categories, points))
    result[:, 0] = (k - (k * p).sum(axis=1, keepdims=True)) * theta[..., None, :]
    at_least = np.cumsum(p[:, ::-1], axis=1)[:, ::-1]
    for step in range(1, categories):
        result[:, step] = (k >= step) - at_least[:, step, None, :]
    return result


def _graded_log(parameters: Array, theta: Array) -> Array:
    z = parameters[:, 0, None, None] * theta[..., None, :] + parameters[:, 1:, None]
    result = np.zeros((z.shape[0], z.shape[1] + 1, z.shape[2]))
    result[:, 1:] += log_expit(z)
    result[:, :-1] += log_expit(-z)
    result[:, 1:-1] += _log_gap(parameters)
    return result


def _log_gap(parameters: Array) -> Array:
    """log(1 − exp(d_{k+1} − d_k)); −inf where two thresholds meet, nan where they cross."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(-np.expm1(np.diff(parameters[:, 1:], axis=1)))[:, :, None]


def _graded_scores(parameters: Array, theta: Array) -> Array:
    z = parameters[:, 0, None, None] * theta[..., None, :] + parameters[:, 1:, None]
    items, steps, points = z.shape
    lower, upper = np.zeros((items, steps + 1, points)), np.zeros((items, steps + 1, points))
    gap = _log_gap(parameters)
    with np.errstate(invalid="ignore", over="ignore"):
        lower[:, 1:-1] = np.exp(log_expit(-z[:, :-1]) - log_expit(-z[:, 1:]) - gap)
        upper[:, 1:-1] = -np.exp(log_expit(z[:, 1:]) - log_expit(z[:, :-1]) - gap)
    lower[:, -1], upper[:, 0] = expit(-z[:, -1]), -expit(z[:, 0])
    result = np.zeros((items, steps + 1, steps + 1, points))
    result[:, 0] = (lower + upper) * theta[..., None, :]
    for step in range(1, steps + 1):
        result[:, step, step] = lower[:, step]
        result[:, step, step - 1] += upper[:, step - 1]
    return result
