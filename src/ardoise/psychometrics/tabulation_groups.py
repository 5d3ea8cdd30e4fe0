"""Tables of pupils taken together: distributions, groups, levels."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.groups import Classification, Cuts
from ardoise.psychometrics.tables import DistributionRow, GroupRow, LevelRow, finite
from ardoise.psychometrics.tabulation import Results

Floats = NDArray[np.float64]
_SHOWN_GROUPS = 6


def group_rows(found: Results) -> list[GroupRow]:
    """Everybody first, then each group."""
    responses, classical = found.responses, found.classical
    rows = [_group_row(found, "", np.ones(responses.pupils, bool), 0)]
    if responses.groups is not None:
        for g, one in enumerate(classical[1:]):
            rows.append(_group_row(found, one.group, responses.groups == g, g + 1))
    return rows


def _group_row(found: Results, name: str, mine: NDArray[np.bool_], place: int) -> GroupRow:
    calibration, classical = found.calibration, found.classical[place]
    mean, sd = _latent(found, name)
    scale = found.scale
    theta, se = found.eap.theta[mine], found.eap.se[mine]
    w = None if found.responses.weights is None else found.responses.weights[mine]
    reliable = None
    if len(theta) > 1:
        spread = _variance(theta, w)
        error = float(np.average(se**2, weights=w))
        reliable = finite(spread / (spread + error)) if spread + error > 0 else None
    return GroupRow(
        group=name,
        pupils=int(mine.sum()),
        mean=finite(mean),
        sd=finite(sd),
        scale_mean=finite(scale.slope * mean + scale.intercept),
        scale_sd=finite(scale.slope * sd),
        scale_mean_se=_mean_se(found, mine) if calibration.converged else None,
        p=finite(classical.scores.share_mean),
        alpha=finite(classical.alpha.value),
        reliability=reliable,
    )


def _latent(found: Results, name: str) -> tuple[float, float]:
    """Mean and SD of a group, or of all groups together."""
    groups = [g for g in found.calibration.groups if not name or g.name == name]
    if not groups:
        return float("nan"), float("nan")
    shares = np.array([g.weight for g in groups])
    means, sds = np.array([g.mean for g in groups]), np.array([g.sd for g in groups])
    shares = shares / shares.sum()
    mean = float(shares @ means)
    return mean, float(np.sqrt(shares @ (sds**2 + (means - mean) ** 2)))


def _mean_se(found: Results, mine: NDArray[np.bool_]) -> float | None:
    """Standard error of the group's mean score, by linearisation over clusters if there are any.

    The variance of a pupil's part is that of the plausible value: var(EAP) + mean SE².
    """
    theta, se = found.eap.theta[mine], found.eap.se[mine]
    n = len(theta)
    if n < 2:
        return None
    weights = found.responses.weights
    w = np.ones(n) if weights is None else weights[mine]
    total = w.sum()
    away = theta - np.average(theta, weights=w)
    error = float((w**2) @ se**2)
    clusters = found.responses.clusters
    if clusters is None:
        spread = float((w * away) @ (w * away)) * n / (n - 1)
    else:
        _, place = np.unique(clusters[mine], return_inverse=True)
        sums = np.bincount(place, w * away)
        c = len(sums)
        if c < 2:
            return None
        spread = float(sums @ sums) * c / (c - 1)
    return finite(found.scale.slope * np.sqrt(spread + error) / total)


def _variance(values: Floats, weights: Floats | None) -> float:
    mean = np.average(values, weights=weights)
    return float(np.average((values - mean) ** 2, weights=weights))


def distribution_rows(found: Results) -> list[DistributionRow]:
    """Raw scores, EAP on θ, EAP on the reported scale; groups beside everybody for the scale."""
    rows: list[DistributionRow] = []
    points = found.classical[0].scores.points
    size = max(1, -(-len(points) // 40))
    for start in range(0, len(points), size):
        rows += _bar("score", "", start, start + size, points[start : start + size], points)
    theta = found.eap.theta
    weights = found.responses.weights
    rows += _histogram("theta", "", theta, weights, np.linspace(-4.0, 4.0, 41))
    reach = 4 * found.scale.sd
    edges = found.scale.mean + np.linspace(-reach, reach, 41)
    scores = found.scale.slope * theta + found.scale.intercept
    rows += _histogram("scale", "", scores, weights, edges)
    names = found.responses.group_names
    if found.responses.groups is not None and len(names) <= _SHOWN_GROUPS:
        for g, name in enumerate(names):
            mine = found.responses.groups == g
            some = None if weights is None else weights[mine]
            rows += _histogram("scale", name, scores[mine], some, edges)
    return rows


def _bar(
    what: str, group: str, low: float, high: float, part: Floats, whole: Floats
) -> Iterator[DistributionRow]:
    total = float(whole.sum())
    mass = float(part.sum())
    share = mass / total if total else 0.0
    yield DistributionRow(what, group, float(low), float(high), mass, share)


def _histogram(
    what: str, group: str, values: Floats, weights: Floats | None, edges: Floats
) -> list[DistributionRow]:
    """Empty bars at either end are left out; who is beyond them stands in the outermost."""
    inside = np.clip(values, edges[0], np.nextafter(edges[-1], -np.inf))
    counts, _ = np.histogram(inside, edges, weights=weights)
    used = np.flatnonzero(counts)
    if not used.size:
        return []
    total = float(counts.sum())
    return [
        DistributionRow(
            what, group, float(edges[i]), float(edges[i + 1]), float(counts[i]),
            float(counts[i] / total),
        )
        for i in range(used[0], used[-1] + 1)
    ]  # fmt: skip


def level_rows(found: Results, domain: str, cuts: Cuts, placed: Classification) -> list[LevelRow]:
    """One row a level of one set of cuts."""
    inner = [None, *cuts.theta]
    plausible = None
    if found.plausible is not None:
        plausible = _plausible_shares(found, cuts)
    return [
        LevelRow(
            domain=domain,
            level=g,
            label=label,
            cut=inner[g],
            cut_scale=_on_scale(found, inner[g]),
            share=float(placed.shares[g]),
            plausible_share=None if plausible is None else float(plausible[g]),
            accuracy=finite(placed.by_group[g]),
            se=None if g == 0 else finite(placed.cut_errors[g - 1]),
        )
        for g, label in enumerate(cuts.labels)
    ]


def _on_scale(found: Results, theta: float | None) -> float | None:
    return None if theta is None else found.scale.slope * theta + found.scale.intercept


def _plausible_shares(found: Results, cuts: Cuts) -> Floats:
    """Mean over the draws of the weighted shares."""
    values = found.plausible if found.plausible is not None else np.empty((0, 0))
    w = found.responses.weights
    shares = np.zeros(len(cuts.labels))
    for draw in values.T:
        counts = np.bincount(cuts.of(draw), w, len(cuts.labels))
        shares += counts / counts.sum()
    return np.asarray(shares / values.shape[1])
