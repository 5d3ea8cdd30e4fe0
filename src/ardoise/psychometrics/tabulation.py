"""From results to tables: each function makes the rows of one table, and computes next to nothing.

Fields of `Results` that are None were not computed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.calibrated import Calibration
from ardoise.psychometrics.classical import Classical
from ardoise.psychometrics.dif import DifReport
from ardoise.psychometrics.dif_logistic import LogisticDif
from ardoise.psychometrics.distractors import Options, OptionStatistics, Reach
from ardoise.psychometrics.drift import DriftReport
from ardoise.psychometrics.errors import StandardErrors
from ardoise.psychometrics.fit import Dependence, ItemFit
from ardoise.psychometrics.fit_persons import PersonFit
from ardoise.psychometrics.fit_scores import ScoreFit
from ardoise.psychometrics.information import InformationCurves
from ardoise.psychometrics.linking import Link
from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.observed import ObservedCurve
from ardoise.psychometrics.persons import Abilities
from ardoise.psychometrics.responses import MISSING, Answers, Responses
from ardoise.psychometrics.scale import Scale
from ardoise.psychometrics.tables import (
    CurveRow,
    DependenceRow,
    DifRow,
    DriftRow,
    InformationRow,
    ItemRow,
    LinkingRow,
    ObservedRow,
    OptionBandRow,
    OptionRow,
    ReachRow,
    StepRow,
    finite,
)

Floats = NDArray[np.float64]
PAIRS_KEPT = 200
DRIFT_DISTANCE = 0.05
DRIFT_Z = 2.7
"""An anchor is flagged beyond either: curves apart by 5 points of 100, or a robust z of 2.7."""


@dataclass(frozen=True)
class Results:
    """Everything that the chain found."""

    answers: Answers
    responses: Responses
    modelled: Responses
    scale: Scale
    classical: Sequence[Classical]
    reach: Sequence[Reach]
    option_rows: Sequence[OptionStatistics]
    calibration: Calibration
    errors: StandardErrors | None
    eap: Abilities
    wle: Abilities
    item_fit: ItemFit | None
    infit_expected: NDArray[np.float64] | None
    score_fit: ScoreFit | None
    pairs: Dependence | None
    person_fit: PersonFit | None
    observed: Sequence[ObservedCurve]
    fifths: Floats | None
    dif: Sequence[tuple[DifReport, Sequence[LogisticDif]]]
    links: Sequence[Link]
    drift: DriftReport | None
    plausible: Floats | None
    options: Options | None
    rapid: Floats | None
    curves: InformationCurves


def item_rows(found: Results) -> list[ItemRow]:
    """Every item of the responses, calibrated or not."""
    items = {item.name: item for item in found.calibration.items}
    places = {name: at for at, name in enumerate(found.calibration.names)}
    whole, asked = found.classical[0].items, found.reach[0]
    share = _information_shares(found)
    rows = []
    for j, name in enumerate(found.responses.items):
        item, at = items.get(name), places.get(name)
        errors = found.errors.of(name) if found.errors is not None and item is not None else None
        located = item is not None and item.slope != 0
        fit, due, score = found.item_fit, found.infit_expected, found.score_fit
        rows.append(
            ItemRow(
                item=name,
                position=j + 1,
                model=item.model if item else "",
                categories=int(found.responses.categories[j]),
                administered=int(asked.administered[j]),
                omitted=finite(asked.omitted[j]),
                not_reached=finite(asked.not_reached[j]),
                mean=finite(whole.facility[j]),
                item_rest=finite(whole.rest_correlation[j]),
                alpha_without=finite(whole.alpha_if_deleted[j]),
                slope=item.slope if item else None,
                slope_se=finite(errors.slope) if errors else None,
                difficulty=finite(item.difficulty) if item and located else None,
                difficulty_se=finite(errors.difficulty) if errors and located else None,
                guess=item.guess if item else None,
                infit=None if fit is None or at is None else finite(fit.infit[at]),
                outfit=None if fit is None or at is None else finite(fit.outfit[at]),
                s_x2=None if score is None or at is None else finite(score.statistic[at]),
                s_x2_df=None if score is None or at is None else finite(score.df[at]),
                s_x2_p=None if score is None or at is None else finite(score.p[at]),
                s_x2_rmsea=None if score is None or at is None else finite(score.rmsea[at]),
                rmsd=None if at is None else finite(found.observed[at].distance),
                weight=None if at is None else finite(share[at]),
                anchor=name in found.calibration.anchors,
                rapid=None if found.rapid is None else finite(found.rapid[j]),
                infit_expected=None if due is None or at is None else finite(due[at]),
            )
        )
    return rows


def _information_shares(found: Results) -> Floats:
    """Of each calibrated item in the test's information, averaged over the population."""
    theta = found.curves.theta
    density = np.zeros(len(theta))
    for group in found.calibration.groups:
        z = (theta - group.mean) / group.sd
        density += group.weight * np.exp(-0.5 * z * z) / group.sd
    each = density @ found.curves.items
    total = float(each.sum())
    return np.asarray(each / total if total > 0 else np.full(len(each), np.nan))


def step_rows(found: Results) -> list[StepRow]:
    """Every step of every calibrated item."""
    rows = []
    for item in found.calibration.items:
        errors = found.errors.of(item.name).intercepts if found.errors else ()
        for k, (d, b) in enumerate(zip(item.intercepts, item.difficulties, strict=True)):
            se = finite(errors[k]) if errors else None
            rows.append(StepRow(item.name, k + 1, d, se, finite(b)))
    return rows


def curve_rows(found: Results) -> list[CurveRow]:
    """The model's curves, items one after the other."""
    theta = found.curves.theta
    rows = []
    for j, item in enumerate(found.calibration.items):
        expected = item.expected(theta) / (item.categories - 1)
        for t, e, i in zip(theta, expected, found.curves.items[:, j], strict=True):
            rows.append(CurveRow(item.name, float(t), float(e), float(i)))
    return rows


def observed_rows(found: Results) -> list[ObservedRow]:
    """Observed shares in bands of θ."""
    return [
        ObservedRow(one.item, *map(float, band))
        for one in found.observed
        for band in zip(
            one.theta, one.observed, one.expected, one.low, one.high, one.pupils, strict=True
        )
    ]


def option_rows(found: Results) -> list[OptionRow]:
    """Options that exist; pupils who omitted the item are counted with the item."""
    return [
        OptionRow(
            one.item, one.label, one.key, one.pupils, finite(one.share) or 0.0,
            finite(one.mean_rest), finite(one.correlation),
        )
        for one in found.option_rows
        if one.label
    ]  # fmt: skip


def option_band_rows(found: Results) -> list[OptionBandRow]:
    """Shares of options by fifths of the pupils."""
    if found.options is None or found.fifths is None:
        return []
    rows = []
    for j, (item, labels) in enumerate(zip(found.options.items, found.options.labels, strict=True)):
        totals = found.fifths[j].sum(axis=0)
        for at, label in enumerate(labels):
            for fifth, total in enumerate(totals):
                share = float(found.fifths[j, at, fifth] / total) if total > 0 else 0.0
                rows.append(OptionBandRow(item, label, fifth + 1, share))
    return rows


def information_rows(found: Results) -> list[InformationRow]:
    """The test's information and error on the grid of the curves."""
    curves = found.curves
    return [
        InformationRow(float(t), float(i), finite(se))
        for t, i, se in zip(curves.theta, curves.test, curves.error, strict=True)
    ]


def dif_rows(found: Results) -> list[DifRow]:
    """Every item against every group compared."""
    rows = []
    for report, logistic in found.dif:
        gains = {one.item: one.gain for one in logistic}
        for one in report.items:
            rows.append(
                DifRow(
                    item=one.item,
                    focal=report.focal,
                    reference=report.reference,
                    delta=finite(one.delta),
                    delta_se=finite(one.delta_se),
                    ets=one.class_,
                    smd=finite(one.p_dif),
                    logistic=finite(gains.get(one.item)),
                )
            )
    return rows


def dependence_rows(found: Results) -> list[DependenceRow]:
    """The pairs with the highest Q3."""
    if found.pairs is None:
        return []
    places = {name: at for at, name in enumerate(found.pairs.items)}
    return [
        DependenceRow(
            item=a,
            other=b,
            q3=float(found.pairs.q3[places[a], places[b]]),
            q3_adjusted=float(adjusted),
            pupils=float(found.pairs.together[places[a], places[b]]),
        )
        for a, b, adjusted in found.pairs.ranked[:PAIRS_KEPT]
        if np.isfinite(adjusted)
    ]


def linking_rows(links: Iterable[Link]) -> list[LinkingRow]:
    """Constants by method."""
    return [
        LinkingRow(
            one.method, one.slope, finite(one.slope_se), one.intercept, finite(one.intercept_se)
        )
        for one in links
    ]


def drift_rows(report: DriftReport | None) -> list[DriftRow]:
    """Anchors, the most influential first."""
    if report is None:
        return []
    return [
        DriftRow(
            item=one.item,
            old_slope=one.base.slope,
            old_difficulty=_located(one.base),
            new_slope=one.new.slope,
            new_difficulty=_located(one.new),
            distance=finite(one.distance),
            shift=finite(one.shift),
            flagged=bool(
                one.distance > DRIFT_DISTANCE
                or (abs(one.difficulty_z) > DRIFT_Z and one.distance > DRIFT_DISTANCE / 2)
            ),
        )
        for one in report.anchors
    ]


def _located(item: ItemParameters) -> float | None:
    return finite(item.difficulty) if item.slope else None


def reach_rows(found: Results) -> list[ReachRow]:
    """In the order of the test."""
    asked = found.reach[0]
    return [
        ReachRow(j + 1, item, finite(asked.not_reached[j]) or 0.0)
        for j, item in enumerate(asked.items)
    ]


def person_columns(
    found: Results, level: NDArray[np.int8] | None
) -> dict[str, NDArray[np.generic]]:
    """tables.PERSON_COLUMNS."""
    pupils = found.responses.pupils
    answered, score = np.empty(pupils, np.int32), np.empty(pupils, np.int32)
    for start in range(0, pupils, 8_192):
        codes = found.responses.codes[start : start + 8_192]
        seen = codes != MISSING
        answered[start : start + 8_192] = seen.sum(axis=1)
        score[start : start + 8_192] = np.where(seen, codes, 0).sum(axis=1, dtype=np.int32)
    fit = found.person_fit
    return {
        "row": np.arange(pupils, dtype=np.int64),
        "answered": answered,
        "score": score,
        "eap": found.eap.theta,
        "eap_se": found.eap.se,
        "wle": found.wle.theta,
        "wle_se": found.wle.se,
        "scale": found.scale.report(found.eap.theta).score,
        "level": np.full(pupils, -1, np.int8) if level is None else level,
        "person_fit": np.full(pupils, np.nan) if fit is None else fit.lz_star,
    }
