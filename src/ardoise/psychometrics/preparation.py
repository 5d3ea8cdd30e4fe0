"""Before the estimation: which items can be calibrated, as what, from where, and are groups linked.

An item that nobody saw, or on which all score alike, is left out and reported. A score that nobody
got keeps its place: in a GRM its thresholds meet, in a GPCM its step is held so low (``UNUSED``)
that it has no probability to speak of, and the other steps are estimated around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from ardoise.psychometrics.calibrated import Finding, Scale
from ardoise.psychometrics.families import Array, Family
from ardoise.psychometrics.faults import EstimationError, ModelError
from ardoise.psychometrics.models import BINARY, COMMON_SLOPE, MODELS, ItemParameters, Model
from ardoise.psychometrics.planes import Batch
from ardoise.psychometrics.responses import Responses
from ardoise.psychometrics.threads import BLOCK

UNUSED = 40.0
FEW = 10
_POLYTOMOUS: dict[str, Model] = {"1PL": "PCM", "2PL": "GPCM", "3PL": "GPCM"}
_BINARY: dict[str, Model] = {"PCM": "1PL", "GPCM": "2PL", "GRM": "2PL"}


@dataclass(frozen=True)
class Usage:
    """How often each score of each item was given, by group: (groups, items, scores)."""

    by_group: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        total: NDArray[np.int64] = self.by_group.sum(axis=0)
        return total


def usage(responses: Responses) -> Usage:
    """Counts of pupils with a weight above 0."""
    groups = max(1, len(responses.group_names)) if responses.groups is not None else 1
    most = int(responses.categories.max())
    counts = np.zeros((groups, len(responses.items), most), dtype=np.int64)
    for block in responses.blocks(BLOCK):
        codes, numbers = block.codes, block.groups
        if block.weights is not None and not block.weights.all():
            keep = block.weights > 0
            codes, numbers = codes[keep], None if numbers is None else numbers[keep]
        present = [0] if numbers is None else np.unique(numbers)
        for group in present:
            rows = codes if numbers is None else codes[numbers == group]
            for score in range(most):
                counts[group, :, score] += np.count_nonzero(rows == score, axis=0)
    return Usage(counts)


def models_for(responses: Responses, model: str | Mapping[str, Model]) -> dict[str, Model]:
    """The model of each item.

    One name serves all: items with more than two categories take the polytomous model of the kind
    (1PL → PCM, 2PL and 3PL → GPCM), binary items the binary one (PCM → 1PL, GPCM and GRM → 2PL).
    A mapping names each item's and must fit. Raises ``ModelError``.
    """
    chosen: dict[str, Model] = {}
    for name, categories in zip(responses.items, responses.categories, strict=True):
        kind: str
        if isinstance(model, str):
            wanted = model.upper()
            kind = (_BINARY if categories == 2 else _POLYTOMOUS).get(wanted, wanted)
        elif name in model:
            kind = model[name]
        else:
            raise ModelError(f"item {name!r} has no model; name one of {', '.join(MODELS)}")
        if kind not in MODELS:
            raise ModelError(f"item {name!r}: {kind!r} is not one of {', '.join(MODELS)}")
        if kind in BINARY and categories > 2:
            raise ModelError(f"item {name!r} has {categories} categories: a {kind} has two")
        chosen[name] = cast(Model, kind)
    return chosen


@dataclass(frozen=True)
class Prepared:
    """What is to be estimated: batches with starting values, the model of each item kept."""

    batches: list[Batch]
    models: dict[str, Model]
    findings: list[Finding]


def prepare(
    responses: Responses,
    seen: Usage,
    models: Mapping[str, Model],
    anchors: Mapping[str, ItemParameters],
    scale: Scale,
) -> Prepared:
    """Sort items into batches, start them, leave out what has no estimate. Raises on no items."""
    counts = seen.counts
    findings: list[Finding] = []
    kept: dict[tuple[Family, int], list[tuple[int, _Start]]] = {}
    used_models: dict[str, Model] = {}
    for j, name in enumerate(responses.items):
        used = np.flatnonzero(counts[j])
        left_out = _why_left_out(name, used, anchored=name in anchors)
        if left_out:
            findings.append(left_out)
            continue
        if name in anchors:
            anchor = anchors[name]
            _check_anchor(anchor, name, int(used[-1]))
            start, used_models[name] = _anchored(anchor), anchor.model
        else:
            declared = int(responses.categories[j])
            findings += _about_categories(name, counts[j, :declared], models[name])
            start = _started(models[name], counts[j, :declared].astype(np.float64), scale)
            used_models[name] = models[name]
        kept.setdefault((start.family, len(start.levels)), []).append((j, start))
    if not kept:
        raise EstimationError(
            "no item can be calibrated: " + "; ".join(f"{f.item}: {f.what}" for f in findings[:5])
        )
    return Prepared([_batch(kind[0], some) for kind, some in kept.items()], used_models, findings)


def check_linked(
    responses: Responses, seen: Usage, kept: set[str], anchors: Mapping[str, ItemParameters]
) -> None:
    """Raise ``EstimationError`` where a group's mean hangs in the air.

    Every group must share items, directly or through others, with the first group or the anchors.
    """
    names = responses.group_names or ("all",)
    gave = seen.by_group.sum(axis=2) > 0
    gave[:, [j for j, name in enumerate(responses.items) if name not in kept]] = False
    pupils = _pupils_by_group(responses, len(gave))
    for g in np.flatnonzero(pupils == 0):
        raise EstimationError(f"group {names[g]!r} has no pupils (or none with a weight above 0)")
    anchored = np.array([name in anchors for name in responses.items])
    known = anchored if anchors else gave[0].copy()
    reached = np.zeros(len(gave), dtype=bool)
    while True:
        new = ~reached & (gave & known).any(axis=1)
        if not new.any():
            break
        reached |= new
        known |= gave[reached].any(axis=0)
    for g in np.flatnonzero(~reached):
        to = "an anchor" if anchors else f"group {names[0]!r}"
        raise EstimationError(
            f"group {names[g]!r} shares no item with {to}, directly or through other groups: "
            "its mean cannot be known; add common items or calibrate it by itself"
        )


def score_intercepts(family: Family, levels: NDArray[np.uint8], values: Array, top: int) -> Array:
    """Intercepts for scores 1..top from those of the levels in use."""
    if family != "graded":
        return values[1 : top + 1]
    result = np.full(top, -UNUSED)
    for place in range(len(levels) - 1, 0, -1):
        result[: levels[place]] = values[place]
    result[: levels[0]] = UNUSED
    return result


@dataclass(frozen=True)
class _Start:
    family: Family
    levels: NDArray[np.uint8]
    values: Array
    free: NDArray[np.bool_]
    shared: bool


def _why_left_out(name: str, used: NDArray[np.intp], *, anchored: bool) -> Finding | None:
    if used.size == 0:
        return Finding(name, "nobody answered it: left out of the calibration", "never-seen")
    if used.size == 1 and not anchored:
        return Finding(
            name,
            f"everybody who answered scores {used[0]}: left out of the calibration",
            "constant",
        )
    return None


def _about_categories(name: str, counts: NDArray[np.int64], model: Model) -> list[Finding]:
    findings = []
    how = "its thresholds meet" if model == "GRM" else f"its step is held at ±{UNUSED:g}"
    for score in np.flatnonzero(counts == 0):
        findings.append(Finding(name, f"nobody scores {score}: {how}", "unused-category"))
    few = [f"{n} for score {k}" for k, n in enumerate(counts) if 0 < n < FEW]
    if few:
        what = f"few answers ({', '.join(few)}): its parameters are uncertain"
        findings.append(Finding(name, what, "few-answers"))
    return findings


def _check_anchor(anchor: ItemParameters, name: str, highest: int) -> None:
    if highest >= anchor.categories:
        raise ModelError(
            f"anchor {name!r} has {anchor.categories} categories, but somebody scores {highest}; "
            "an anchor must be scored as when its parameters were estimated"
        )


def _anchored(anchor: ItemParameters) -> _Start:
    levels = np.arange(anchor.categories, dtype=np.uint8)
    return _Start(anchor.family, levels, anchor.vector, np.zeros(len(anchor.vector), bool), False)


def _started(model: Model, counts: Array, scale: Scale) -> _Start:
    """A slope of 1 and intercepts from the scores' frequencies."""
    used = np.flatnonzero(counts)
    shared = model in COMMON_SLOPE
    if model == "GRM":
        levels = used.astype(np.uint8)
        above = np.cumsum(counts[used][::-1])[::-1][1:] / counts.sum()
        intercepts = logit(np.clip(above, 1e-4, 1 - 1e-4))
        free = np.ones(len(used), dtype=bool)
        return _Start("graded", levels, np.concatenate([[1.0], intercepts]), free, False)
    levels = np.arange(len(counts), dtype=np.uint8)
    intercepts, open_ = _adjacent(counts, used)
    values, free = np.concatenate([[1.0], intercepts]), np.concatenate([[not shared], open_])
    if model == "3PL":
        return _Start("guessing", levels, np.append(values, -1.4), np.append(free, True), False)
    return _Start("partial", levels, values, free, shared)


def _adjacent(counts: Array, used: NDArray[np.intp]) -> tuple[Array, NDArray[np.bool_]]:
    """Steps between adjacent scores, and which of them the answers can tell."""
    steps, free = np.zeros(len(counts) - 1), np.zeros(len(counts) - 1, dtype=bool)
    steps[used[-1] :] = -UNUSED
    if used[0] > 0:
        steps[used[0] - 1] = UNUSED
    for low, high in pairwise(used):
        steps[high - 1] = np.clip(np.log(counts[high] / counts[low]), -8, 8)
        free[high - 1] = True
        if high > low + 1:
            steps[low] = -UNUSED
            steps[high - 1] += UNUSED
    return steps, free


def _batch(family: Family, some: list[tuple[int, _Start]]) -> Batch:
    return Batch(
        family=family,
        items=np.array([j for j, _ in some]),
        levels=np.stack([start.levels for _, start in some]),
        parameters=np.stack([start.values for _, start in some]),
        free=np.stack([start.free for _, start in some]),
        shared=np.array([start.shared for _, start in some]),
    )


def _pupils_by_group(responses: Responses, groups: int) -> NDArray[np.int64]:
    counted = (
        np.ones(responses.pupils, bool) if responses.weights is None else responses.weights > 0
    )
    if responses.groups is None:
        return np.array([int(counted.sum())])
    return np.bincount(responses.groups[counted], minlength=groups).astype(np.int64)
