"""The whole chain as one call: answers in; tables, and what goes into the manifest, out.

What cannot be done with the data at hand (no groups, too few pupils, an item that nobody saw) is
left out, and `not_computed` says what and why. Only what leaves nothing to analyse raises.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics import manifest, tabulation, tabulation_groups
from ardoise.psychometrics.attention import Circumstances, attention
from ardoise.psychometrics.calibration import Calibration, Progress, calibrate
from ardoise.psychometrics.classical import classical
from ardoise.psychometrics.dif import DifReport, GroupPair, mantel_haenszel
from ardoise.psychometrics.dif_logistic import LogisticDif, logistic_dif
from ardoise.psychometrics.distractors import Options, option_tables, reach
from ardoise.psychometrics.drift import drift
from ardoise.psychometrics.errors import StandardErrors, standard_errors
from ardoise.psychometrics.faults import EstimationError, PsychometricsError
from ardoise.psychometrics.fit import dependence, item_fit
from ardoise.psychometrics.fit_expected import expected_infit
from ardoise.psychometrics.fit_persons import person_fit
from ardoise.psychometrics.fit_scores import score_fit
from ardoise.psychometrics.groups import Classification, Cuts, rudner
from ardoise.psychometrics.information import information_curves
from ardoise.psychometrics.linking import METHODS, link
from ardoise.psychometrics.observed import observed_curves, option_fifths
from ardoise.psychometrics.persons import Reliability, eap, reliability, wle
from ardoise.psychometrics.plan import CutSet, Plan
from ardoise.psychometrics.plausible import plausible_values
from ardoise.psychometrics.rapid import ResponseTimes, effort, normative
from ardoise.psychometrics.responses import Answers, Responses
from ardoise.psychometrics.scale import Scale
from ardoise.psychometrics.tables import LevelRow, Tables, finite

STAGES = (
    "digest",
    "classical",
    "calibration",
    "standard errors",
    "abilities",
    "fit",
    "groups",
    "linking",
    "plausible values",
    "tables",
)
Result = TypeVar("Result")
MISFITTING = -3.0


@dataclass(frozen=True)
class Analysis:
    """Everything that is written, save the digests of the files."""

    tables: Tables
    sections: dict[str, Any]
    """Of the manifest: data, versions, options, calibration, linking, results, not_computed."""
    calibration: Calibration


def analyse(
    answers: Answers,
    plan: Plan | None = None,
    *,
    options: Options | None = None,
    times: ResponseTimes | None = None,
    threads: int = 1,
    progress: Callable[[str, str], None] = lambda _stage, _detail: None,
) -> Analysis:
    """Classical statistics, calibration, errors, abilities, fit, DIF, linking, plausible values.

    `options` and `times`: which option each pupil chose and how long it took, rows as in `answers`.
    `progress` hears each of STAGES when it starts. The result has the
    same bits for any number of `threads`.
    Raises PsychometricsError where the data or the plan leave nothing to analyse.
    """
    if answers.pupils == 0:
        raise EstimationError("there are no pupils in these responses")
    if plan is not None and plan.reference and plan.reference not in answers.group_names:
        known = ", ".join(answers.group_names[:8]) or "none were named"
        raise PsychometricsError(f"there is no group {plan.reference!r} to compare with: {known}")
    return _Chain(answers, plan or Plan(), options, times, threads, progress).run()


class _Chain:
    """One run: each step keeps what later ones need."""

    def __init__(
        self,
        answers: Answers,
        plan: Plan,
        options: Options | None,
        times: ResponseTimes | None,
        threads: int,
        progress: Callable[[str, str], None],
    ) -> None:
        self.answers, self.plan, self.options = answers, plan, options
        self.times, self.threads, self.progress = times, threads, progress
        self.responses: Responses = answers.under(plan.missing)
        self.missing: list[dict[str, str]] = []

    def run(self) -> Analysis:
        self.progress("digest", "")
        chosen = None if self.options is None else self.options.codes
        seconds = None if self.times is None else self.times.seconds
        sha256 = manifest.digest(self.answers, options=chosen, seconds=seconds)
        self.progress("classical", "")
        self.classical = classical(self.responses)
        self.reach = reach(self.answers)
        self.option_rows = () if self.options is None else option_tables(
            self.options, self.responses
        )  # fmt: skip
        self.rapid = None
        if self.times is not None:
            quick = effort(self.responses, self.times, normative(self.times))
            self.rapid = quick.rapid
        self.calibrate()
        self.progress("abilities", "")
        self.eap = eap(self.modelled, self.calibration, threads=self.threads)
        self.wle = wle(self.modelled, self.calibration, threads=self.threads)
        self.reliability: Reliability = reliability(
            self.calibration, eaps=self.eap, wles=self.wle, weights=self.responses.weights
        )
        self.fit()
        self.compare_groups()
        self.link()
        self.draw()
        self.progress("tables", "")
        tables = self.tables()
        return Analysis(tables, self.sections(tables, sha256), self.calibration)

    def attempt(self, what: str, work: Callable[[], Result]) -> Result | None:
        """None, and a note of why, where these data do not allow it."""
        try:
            return work()
        except (PsychometricsError, np.linalg.LinAlgError) as fault:
            self.missing.append({"what": what, "why": str(fault)})
            return None

    def calibrate(self) -> None:
        self.progress("calibration", "")
        plan = self.plan
        self.calibration = calibrate(
            self.responses,
            model=plan.model,
            anchors=plan.anchors,
            tolerance=plan.tolerance,
            max_iterations=plan.max_iterations,
            threads=self.threads,
            progress=self.tell,
        )
        self.modelled = self.calibration.responses(self.responses)
        self.errors: StandardErrors | None = None
        if plan.errors != "none":
            self.progress("standard errors", "")
            method = plan.errors
            self.errors = self.attempt(
                "standard errors",
                lambda: standard_errors(
                    self.calibration, self.modelled, method=method, threads=self.threads
                ),
            )

    def tell(self, now: Progress) -> None:
        self.progress("calibration", f"{now.iteration} · {now.log_likelihood:.1f}")

    def fit(self) -> None:
        self.progress("fit", "")
        items, theta = self.calibration.items, self.eap.theta
        self.item_fit = self.attempt(
            "infit and outfit", lambda: item_fit(self.modelled, items, theta)
        )
        self.infit_expected = self.attempt(
            "expected infit",
            lambda: expected_infit(self.responses, self.calibration, threads=self.threads),
        )
        self.score_fit = self.attempt("S-X2", lambda: score_fit(self.modelled, self.calibration))
        self.pairs = self.attempt("Q3", lambda: dependence(self.modelled, items, theta))
        self.person_fit = self.attempt(
            "person fit", lambda: person_fit(self.modelled, items, theta)
        )
        self.observed = observed_curves(self.modelled, self.calibration, threads=self.threads)
        self.fifths = None
        if self.options is not None:
            self.fifths = option_fifths(self.options, theta, self.responses.weights)

    def compare_groups(self) -> None:
        self.progress("groups", "")
        self.dif: list[tuple[DifReport, tuple[LogisticDif, ...]]] = []
        names = self.responses.group_names
        if self.responses.groups is None or len(names) < 2:
            why = "the responses have fewer than two groups"
            self.missing.append({"what": "DIF", "why": why})
            return
        reference = self.plan.reference or names[0]
        for focal in names:
            if focal != reference:
                found = self.attempt(f"DIF {focal}", partial(self.differences, reference, focal))
                self.dif += [found] if found else []

    def differences(self, reference: str, focal: str) -> tuple[DifReport, tuple[LogisticDif, ...]]:
        pair = GroupPair.of_groups(self.responses, reference, focal)
        report = mantel_haenszel(self.responses, pair)
        kept = np.array([item.anchor for item in report.items])
        return report, logistic_dif(self.responses, pair, matching=kept)

    def link(self) -> None:
        """With fixed anchors: the anchors calibrated freely, to see which of them moved."""
        self.links, self.drift = [], None
        if not self.plan.anchors:
            return
        self.progress("linking", "")
        base = [item for name, item in self.plan.anchors.items() if name in self.responses.items]
        models = {item.name: item.model for item in self.calibration.items}
        free = self.attempt(
            "anchor drift",
            lambda: calibrate(
                self.responses.select(self.calibration.names), model=models, threads=self.threads
            ),
        )
        if free is None:
            return
        for method in METHODS:
            found = self.attempt(f"linking {method}", partial(link, free.items, base, method))
            if found is not None:
                self.links.append(found)
        if self.links:
            last = self.links[-1]
            self.drift = self.attempt("anchor drift", lambda: drift(free.items, base, last))

    def draw(self) -> None:
        self.plausible: NDArray[np.float64] | None = None
        if self.plan.draws:
            self.progress("plausible values", "")
            self.plausible = self.attempt(
                "plausible values",
                lambda: np.asarray(
                    plausible_values(
                        self.modelled,
                        self.calibration,
                        draws=self.plan.draws,
                        generator=np.random.default_rng(self.plan.seed),
                        threads=self.threads,
                    ).values
                ),
            )

    def scale(self) -> Scale:
        """Fixed by the whole population; with anchors, by the population they were made for."""
        mean, sd = self.plan.scale_mean, self.plan.scale_sd
        if self.calibration.anchors:
            return Scale.on(0.0, 1.0, mean=mean, sd=sd, reference="of the anchors")
        shares = np.array([group.weight for group in self.calibration.groups])
        means, sds = self.calibration.means, self.calibration.sds
        centre = float(shares @ means)
        spread = float(np.sqrt(shares @ (sds**2 + (means - centre) ** 2)))
        return Scale.on(centre, spread, mean=mean, sd=sd, reference="all pupils")

    def tables(self) -> Tables:
        curves = information_curves(self.calibration.items, np.linspace(-4.0, 4.0, 81))
        self.reported = self.scale()
        found = tabulation.Results(
            answers=self.answers, responses=self.responses, modelled=self.modelled,
            scale=self.reported, classical=self.classical, reach=self.reach,
            option_rows=self.option_rows, calibration=self.calibration, errors=self.errors,
            eap=self.eap, wle=self.wle, item_fit=self.item_fit, infit_expected=self.infit_expected,
            score_fit=self.score_fit,
            pairs=self.pairs, person_fit=self.person_fit, observed=self.observed,
            fifths=self.fifths, dif=self.dif, links=self.links, drift=self.drift,
            plausible=self.plausible, options=self.options, rapid=self.rapid, curves=curves,
        )  # fmt: skip
        levels, placed = self.levels(found)
        built = Tables(
            items=tabulation.item_rows(found),
            steps=tabulation.step_rows(found),
            curves=tabulation.curve_rows(found),
            observed=tabulation.observed_rows(found),
            options=tabulation.option_rows(found),
            option_bands=tabulation.option_band_rows(found),
            information=tabulation.information_rows(found),
            distribution=tabulation_groups.distribution_rows(found),
            groups=tabulation_groups.group_rows(found),
            levels=levels,
            dif=tabulation.dif_rows(found),
            dependence=tabulation.dependence_rows(found),
            linking=tabulation.linking_rows(self.links),
            drift=tabulation.drift_rows(self.drift),
            reach=tabulation.reach_rows(found),
            persons=tabulation.person_columns(found, placed),
            plausible=self.plausible,
        )
        return replace(built, attention=attention(built, self.circumstances()))

    def levels(self, found: tabulation.Results) -> tuple[list[LevelRow], NDArray[np.int8] | None]:
        """Levels of every set of cuts; each pupil's level by the set that is of the whole test."""
        rows: list[LevelRow] = []
        placed: NDArray[np.int8] | None = None
        for one in self.plan.cuts:
            what = f"levels {one.domain}".strip()
            cuts = self.attempt(what, partial(self.cuts, one))
            if cuts is None:
                continue
            classified = self.attempt(what, partial(self.classified, cuts))
            if classified is not None:
                rows += tabulation_groups.level_rows(found, one.domain, cuts, classified)
                placed = cuts.of(self.eap.theta) if not one.domain else placed
        return rows, placed

    def classified(self, cuts: Cuts) -> Classification:
        return rudner(
            cuts, self.eap.theta, self.eap.se,
            weights=self.responses.weights, items=self.calibration.items,
        )  # fmt: skip

    def cuts(self, one: CutSet) -> Cuts:
        if one.items:
            items = [self.calibration.item(name) for name in one.items]
            return Cuts.at_points(one.labels, one.thresholds, items)
        return Cuts.at_scores(one.labels, one.thresholds, self.reported)

    def circumstances(self) -> Circumstances:
        return Circumstances(
            converged=self.calibration.converged,
            iterations=self.calibration.iterations,
            parameters=manifest.free_parameters(self.calibration),
            scale_sd=self.reported.slope,
            person_misfit=self.person_misfit(),
            linked=len(self.calibration.anchors) if self.plan.anchors else None,
            findings=[(one.item, one.kind) for one in self.calibration.findings],
        )

    def person_misfit(self) -> float | None:
        if self.person_fit is None:
            return None
        known = np.isfinite(self.person_fit.lz_star)
        return float((self.person_fit.lz_star[known] < MISFITTING).mean()) if known.any() else None

    def sections(self, tables: Tables, sha256: str) -> dict[str, Any]:
        return {
            "format": manifest.FORMAT,
            "data": manifest.data_section(self.answers, sha256),
            "versions": manifest.versions(),
            "options": self.plan.section(),
            "scale": asdict(self.reported),
            "calibration": manifest.calibration_section(self.calibration),
            "linking": manifest.linking_section(self.links, self.drift),
            "results": {
                "reliability": finite(self.reliability.eap),
                "wle_reliability": finite(self.reliability.wle),
                "marginal_reliability": finite(self.reliability.marginal),
                "alpha": finite(self.classical[0].alpha.value),
                "p": finite(self.classical[0].scores.share_mean),
                "person_misfit": self.person_misfit(),
                "findings": len(tables.attention),
            },
            "not_computed": self.missing,
        }
