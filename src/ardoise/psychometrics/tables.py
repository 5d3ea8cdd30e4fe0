"""What an analysis leaves behind: every table, every column, and what it holds.

One declaration serves the Parquet files, their description in the manifest, and the report, which
reads these rows and nothing else. Shares are 0 … 1; θ and difficulties are in the units of the
calibration (first group: mean 0, SD 1 unless anchored); None: not computed, or not defined.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

Number = float | None


@dataclass(frozen=True)
class ItemRow:
    """One row an item, in the order of the responses."""

    item: Annotated[str, "name of the item: the responses' column"]
    position: Annotated[int, "place in the test, from 1"]
    model: Annotated[str, "1PL, 2PL, 3PL, PCM, GPCM or GRM"]
    categories: Annotated[int, "score categories, 2 for right and wrong"]
    administered: Annotated[int, "pupils whose test held the item"]
    omitted: Annotated[Number, "share of those who reached it and left it out"]
    not_reached: Annotated[Number, "share of those it was given to who did not get to it"]
    mean: Annotated[Number, "mean score over maximum score (p), under the rule for missing answers"]
    item_rest: Annotated[Number, "correlation of the score with the rest of the test"]
    alpha_without: Annotated[Number, "Cronbach's alpha without the item"]
    slope: Annotated[Number, "a"]
    slope_se: Annotated[Number, "standard error of a"]
    difficulty: Annotated[Number, "b = -d/a; several steps: their mean; None without a slope"]
    difficulty_se: Annotated[Number, "standard error of b, delta method"]
    guess: Annotated[Number, "c, lower asymptote"]
    infit: Annotated[Number, "information-weighted mean square, 1 expected"]
    outfit: Annotated[Number, "unweighted mean square, 1 expected"]
    s_x2: Annotated[Number, "S-X2 of Orlando and Thissen"]
    s_x2_df: Annotated[Number, "its degrees of freedom"]
    s_x2_p: Annotated[Number, "its p value"]
    s_x2_rmsea: Annotated[Number, "its root mean square error of approximation, an effect size"]
    rmsd: Annotated[Number, "root mean squared distance of observed and model curve, weighted"]
    weight: Annotated[Number, "share of the test's mean information"]
    anchor: Annotated[bool, "parameters were fixed"]
    rapid: Annotated[Number, "share of answers faster than the item's threshold"]
    infit_expected: Annotated[Number, "infit under the model at EAPs and this design"] = None


@dataclass(frozen=True)
class StepRow:
    """One row a step of an item: right/wrong items have one."""

    item: Annotated[str, "name of the item"]
    step: Annotated[int, "from 1"]
    intercept: Annotated[float, "d of the step"]
    intercept_se: Annotated[Number, "its standard error"]
    location: Annotated[Number, "-d/a: where on θ the step is; None without a slope"]


@dataclass(frozen=True)
class CurveRow:
    """The model's curve of an item at points of θ."""

    item: Annotated[str, "name of the item"]
    theta: Annotated[float, "θ"]
    expected: Annotated[float, "expected score over maximum score"]
    information: Annotated[float, "Fisher information"]


@dataclass(frozen=True)
class ObservedRow:
    """Observed scores of an item in bands of θ, by the pupils' posterior weights."""

    item: Annotated[str, "name of the item"]
    theta: Annotated[float, "posterior mean of θ in the band"]
    observed: Annotated[float, "mean score over maximum score"]
    expected: Annotated[float, "the same under the model"]
    low: Annotated[float, "lower bound of the 95 % interval (Wilson)"]
    high: Annotated[float, "upper bound"]
    pupils: Annotated[float, "sum of posterior weights: pupils in the band"]


@dataclass(frozen=True)
class OptionRow:
    """One row an option of an item with options."""

    item: Annotated[str, "name of the item"]
    option: Annotated[str, "the option as the author named it"]
    key: Annotated[bool, "the option, or one of those, that score"]
    pupils: Annotated[int, "who chose it"]
    share: Annotated[float, "of those who answered"]
    mean_rest: Annotated[Number, "mean share of points of its takers in the rest of the test"]
    correlation: Annotated[Number, "of choosing it with the rest of the test"]


@dataclass(frozen=True)
class OptionBandRow:
    """Choice of an option by fifths of the pupils."""

    item: Annotated[str, "name of the item"]
    option: Annotated[str, "the option"]
    fifth: Annotated[int, "1: the weakest fifth … 5: the strongest, by EAP"]
    share: Annotated[float, "of the fifth's answers"]


@dataclass(frozen=True)
class InformationRow:
    """The whole test at points of θ."""

    theta: Annotated[float, "θ"]
    information: Annotated[float, "test information, without the prior"]
    se: Annotated[Number, "conditional standard error 1/√I"]


@dataclass(frozen=True)
class DistributionRow:
    """A histogram's bar."""

    what: Annotated[str, "'score': raw score; 'theta': EAP; 'scale': reported scale"]
    group: Annotated[str, "name of the group; empty: everybody"]
    low: Annotated[float, "lower edge"]
    high: Annotated[float, "upper edge"]
    pupils: Annotated[float, "sum of weights"]
    share: Annotated[float, "of the group"]


@dataclass(frozen=True)
class GroupRow:
    """One row a group; everybody first, with an empty name."""

    group: Annotated[str, "name; empty: everybody"]
    pupils: Annotated[int, "unweighted"]
    mean: Annotated[Number, "latent mean"]
    sd: Annotated[Number, "latent standard deviation"]
    scale_mean: Annotated[Number, "mean on the reported scale"]
    scale_sd: Annotated[Number, "standard deviation on the reported scale"]
    scale_mean_se: Annotated[Number, "its standard error, clusters and imputation included if any"]
    p: Annotated[Number, "mean share of points"]
    alpha: Annotated[Number, "Cronbach's alpha"]
    reliability: Annotated[Number, "EAP reliability"]


@dataclass(frozen=True)
class LevelRow:
    """One row a level that the cut scores make."""

    domain: Annotated[str, "what the levels are of; empty: the test"]
    level: Annotated[int, "from 0"]
    label: Annotated[str, "its name"]
    cut: Annotated[Number, "lower bound on θ; None for the lowest"]
    cut_scale: Annotated[Number, "the same on the reported scale"]
    share: Annotated[float, "of pupils by EAP"]
    plausible_share: Annotated[Number, "of pupils by plausible values"]
    accuracy: Annotated[Number, "probability that a pupil placed here belongs here"]
    se: Annotated[Number, "conditional standard error at the cut"]


@dataclass(frozen=True)
class DifRow:
    """One item, one group against the reference."""

    item: Annotated[str, "name of the item"]
    focal: Annotated[str, "group looked at"]
    reference: Annotated[str, "group compared with"]
    delta: Annotated[Number, "Mantel-Haenszel D-DIF, -2.35 ln α; below 0: against the focal group"]
    delta_se: Annotated[Number, "its standard error"]
    ets: Annotated[str, "ETS class A, B or C; empty: not estimated"]
    smd: Annotated[Number, "standardised mean difference, in shares of the maximum score"]
    logistic: Annotated[Number, "gain in Nagelkerke's R² of the logistic test"]


@dataclass(frozen=True)
class DependenceRow:
    """A pair of items whose residuals go together: the strongest pairs only."""

    item: Annotated[str, "one item"]
    other: Annotated[str, "the other"]
    q3: Annotated[float, "Yen's Q3"]
    q3_adjusted: Annotated[float, "Q3 less the mean over all pairs"]
    pupils: Annotated[Number, "sum of weights of those who observed both"] = None


@dataclass(frozen=True)
class LinkingRow:
    """Constants that bring the new scale onto the old: θ_old = slope · θ_new + intercept."""

    method: Annotated[str, "mean-mean, mean-sigma, Haebara or Stocking-Lord"]
    slope: Annotated[float, "A"]
    slope_se: Annotated[Number, "standard error"]
    intercept: Annotated[float, "B"]
    intercept_se: Annotated[Number, "standard error"]


@dataclass(frozen=True)
class DriftRow:
    """One row an anchor item."""

    item: Annotated[str, "name of the item"]
    old_slope: Annotated[float, "a as it was"]
    old_difficulty: Annotated[Number, "b as it was"]
    new_slope: Annotated[float, "a now, brought onto the old scale"]
    new_difficulty: Annotated[Number, "b now, brought onto the old scale"]
    distance: Annotated[Number, "root mean squared distance of the two curves"]
    shift: Annotated[Number, "by how much the year's mean moves, in θ, when the item is left out"]
    flagged: Annotated[bool, "beyond the analyst's threshold"]


@dataclass(frozen=True)
class ReachRow:
    """Not-reached curve: one row a place in the test."""

    position: Annotated[int, "from 1"]
    item: Annotated[str, "name of the item"]
    not_reached: Annotated[float, "share of those it was given to"]


@dataclass(frozen=True)
class AttentionRow:
    """What needs a human's eye, the most urgent first."""

    rank: Annotated[int, "from 1"]
    grade: Annotated[int, "3: settle before publishing; 2: look at; 1: know"]
    kind: Annotated[str, "what it is: see the documentation"]
    item: Annotated[str, "name of the item; empty: the test"]
    other: Annotated[str, "another item, an option or a group; empty: none"]
    value: Annotated[Number, "the figure that raised it"]
    second: Annotated[Number, "a figure to read it by"]
    impact: Annotated[Number, "how far a published number could move, in points of the scale"]
    on: Annotated[str, "'everything', 'trend', 'gap', 'pupil': the number that could move"]


TABLES: dict[str, type] = {
    "attention": AttentionRow,
    "items": ItemRow,
    "steps": StepRow,
    "curves": CurveRow,
    "observed": ObservedRow,
    "options": OptionRow,
    "option_bands": OptionBandRow,
    "information": InformationRow,
    "distribution": DistributionRow,
    "groups": GroupRow,
    "levels": LevelRow,
    "dif": DifRow,
    "dependence": DependenceRow,
    "linking": LinkingRow,
    "drift": DriftRow,
    "reach": ReachRow,
}
PERSON_COLUMNS: dict[str, str] = {
    "row": "row of the input, from 0; for a campaign: a random order that nothing else knows",
    "answered": "items answered",
    "score": "points",
    "eap": "expected a posteriori θ",
    "eap_se": "posterior standard deviation",
    "wle": "Warm's weighted likelihood θ; null where it is not finite",
    "wle_se": "1/√I at the WLE",
    "scale": "EAP on the reported scale",
    "level": "level by EAP, from 0; -1 without cut scores",
    "person_fit": "standardised log-likelihood l_z; below -3: answers against the model",
}


@dataclass(frozen=True)
class Tables:
    """All tables of an analysis. `persons` and `plausible` may be long: columns, not rows.

    persons: PERSON_COLUMNS → (pupils,) arrays. plausible: (pupils, draws) or None.
    """

    attention: Sequence[AttentionRow] = ()
    items: Sequence[ItemRow] = ()
    steps: Sequence[StepRow] = ()
    curves: Sequence[CurveRow] = ()
    observed: Sequence[ObservedRow] = ()
    options: Sequence[OptionRow] = ()
    option_bands: Sequence[OptionBandRow] = ()
    information: Sequence[InformationRow] = ()
    distribution: Sequence[DistributionRow] = ()
    groups: Sequence[GroupRow] = ()
    levels: Sequence[LevelRow] = ()
    dif: Sequence[DifRow] = ()
    dependence: Sequence[DependenceRow] = ()
    linking: Sequence[LinkingRow] = ()
    drift: Sequence[DriftRow] = ()
    reach: Sequence[ReachRow] = ()
    persons: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    plausible: NDArray[np.float64] | None = None


def columns(row: type) -> dict[str, tuple[str, str]]:
    """Column → (type, what it holds) of a row class. Types: text, integer, number, boolean."""
    names = {str: "text", int: "integer", float: "number", bool: "boolean"}
    hints = get_type_hints(row, include_extras=True)
    found = {}
    for one in fields(row):
        kind, description = get_args(hints[one.name])
        plain = next((k for k in get_args(kind) if k is not type(None)), kind)
        found[one.name] = (names[plain], description)
    return found


def finite(value: Any) -> Number:
    """A number for a table: NaN and infinities are None."""
    if value is None:
        return None
    number = float(value)
    return number if np.isfinite(number) else None
