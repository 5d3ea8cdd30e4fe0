"""A file of persons, from plan to judged release."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from ardoise.disclosure.attacks import (
    Inference,
    Reidentification,
    infer,
    reidentify,
    uniqueness,
)
from ardoise.disclosure.microdata.coding import code
from ardoise.disclosure.microdata.goals import Goal
from ardoise.disclosure.microdata.hierarchies import (
    Hierarchy,
    bands,
    dates,
    exact,
    from_columns,
    levels_of,
    mapped,
)
from ardoise.disclosure.microdata.lattice import Sensitive, generalise
from ardoise.disclosure.microdata.measures import classes_of, closeness, risks
from ardoise.disclosure.microdata.mondrian import partition
from ardoise.disclosure.microdata.perturbation import sample, shuffled
from ardoise.disclosure.microdata.utility import Utility, compare
from ardoise.disclosure.release import rows, tiers
from ardoise.disclosure.release.plan import (
    BandsHierarchy,
    ColumnsHierarchy,
    DatesHierarchy,
    FilePlan,
    MappedHierarchy,
    Plan,
)
from ardoise.disclosure.release.summary import FileSummary, Inferred
from ardoise.disclosure.release.verdict import Check, Fact

_ROW = "\0row"
_ROUNDING = 1e-9


@dataclass(frozen=True)
class FileRelease:
    """One file, made and judged. `frame` leaves only if the whole verdict passes."""

    plan: FilePlan
    frame: pl.DataFrame
    checks: tuple[Check, ...]
    facts: tuple[Fact, ...]
    utility: Utility
    summary: FileSummary


def release_file(
    everybody: pl.DataFrame, plan: Plan, file: FilePlan, chance: np.random.Generator
) -> FileRelease:
    """Make one file and attack it. `everybody`: all rows; those that lack a value stay behind.

    1. Refuse columns. 2. Sample. 3. Generalise. 4. Shuffle. 5. Measure and attack what would leave.
    Raises DisclosureFault.
    """
    # 1.
    tiers.refuse_columns(plan, file, everybody)
    frame = rows.of_file(everybody, plan, file)
    known = frame.with_columns(pl.int_range(frame.height, dtype=pl.Int64).alias(_ROW))
    # 2.
    drawn = sample(known, file.sample, chance, strata=file.strata)
    # 3.
    declared = [_hierarchy(plan, column, frame) for column in tiers.known(file)]
    made, done = _generalised(drawn, file, declared[: len(file.quasi)])
    # 4.
    made = shuffled(made, chance)
    identity = made[_ROW].to_numpy()
    leaving = made.select(tiers.leaving(file))
    # 5.
    checks = [*tiers.check_bounds(file), *_measured(leaving, file, declared)]
    attack = reidentify(frame, leaving, declared, identity)
    checks += _attacked(attack, leaving, file, declared)
    utility = compare(frame, leaving, identity, file.quasi, [one.column for one in file.sensitive])
    guesses = [infer(leaving, tiers.known(file), one.column) for one in file.sensitive]
    left_out = 1 - frame.height / everybody.height
    facts = (
        *_left_out(file, left_out), *done, *_facts(leaving, plan, file, guesses),
        *_lost(file, utility),
    )  # fmt: skip
    summary = _summary(file, leaving, frame.height, left_out, attack, guesses, utility)
    return FileRelease(file, leaving, tuple(checks), facts, utility, summary)


def _hierarchy(plan: Plan, column: str, frame: pl.DataFrame) -> Hierarchy:
    match plan.hierarchies.get(column):
        case ColumnsHierarchy(columns=columns):
            return from_columns(frame, columns)
        case DatesHierarchy():
            return dates(column)
        case BandsHierarchy(widths=widths, low=low, high=high):
            return bands(column, widths, low=low, high=high)
        case MappedHierarchy(names=names, tables=tables):
            return mapped(column, names, tables)
        case _:
            return exact(column)


def _generalised(
    frame: pl.DataFrame, file: FilePlan, declared: list[Hierarchy]
) -> tuple[pl.DataFrame, tuple[Fact, ...]]:
    goal = Goal(
        k=file.k, distinct_l=file.l if file.sensitive else 1, entropy_l=file.entropy_l,
        t=file.t, most_suppressed=file.most_suppressed,
    )  # fmt: skip
    told = [Sensitive(one.column, one.ordered) for one in file.sensitive]
    if file.method == "as-is":
        return frame.with_columns(pl.col(one.column).cast(pl.String) for one in declared), ()
    if file.method == "mondrian":
        cut = partition(frame, declared, told, goal)
        exact_shares = [
            Fact(file.name, f"{column}: rows left exact", f"{share:.1%}")
            for column, share in cut.exact.items()
        ]
        return cut.frame, (Fact(file.name, "parts", f"{cut.parts:,}"), *exact_shares)
    chosen = generalise(frame, declared, told, goal, weights=file.weights)
    levels = [Fact(file.name, f"{column}: level", level) for column, level in chosen.node.items()]
    return chosen.frame, (
        *levels,
        Fact(file.name, "rows dropped", f"{chosen.suppressed:.2%}"),
        Fact(file.name, "information lost (NCP)", f"{chosen.loss:.1%}"),
    )


def _measured(leaving: pl.DataFrame, file: FilePlan, declared: list[Hierarchy]) -> list[Check]:
    """k, l and t of the file as it would leave, whatever made it."""
    classes = classes_of(leaving, tiers.known(file))
    advice = "" if classes.k >= file.k else _coarsen(leaving, file, declared)
    checks = [
        Check(
            file.name, "k-anonymity", f"k ≥ {file.k}", f"k = {classes.k}",
            classes.k >= file.k, advice,
        )
    ]  # fmt: skip
    for one in file.sensitive:
        told = closeness(classes, code(leaving, one.column), ordered=one.ordered)
        distance = "ordered" if one.ordered else "equal"
        for promise, bound, found, holds in (
            ("l-diversity", f"l ≥ {file.l}", f"l = {told.distinct_l}", told.distinct_l >= file.l),
            (
                "entropy l-diversity", f"≥ {file.entropy_l:g}", f"{told.entropy_l:.3f}",
                told.entropy_l >= file.entropy_l - _ROUNDING,
            ),
            (
                f"t-closeness ({distance} distance)", f"t ≤ {file.t:g}", f"t = {told.t:.3f}",
                told.t <= file.t + _ROUNDING,
            ),
        ):  # fmt: skip
            if file.tier == "secure":
                continue  # nobody may call it anonymous, so nothing is promised of its scores
            help_ = "" if holds else _coarsen(leaving, file, declared)
            checks.append(
                Check(file.name, f"{promise} of {one.column}", bound, found, holds, help_)
            )
    return checks


def _coarsen(leaving: pl.DataFrame, file: FilePlan, declared: list[Hierarchy]) -> str:
    """Which column to coarsen: the one whose removal leaves the fewest rows in small classes."""
    known = tiers.known(file)
    if len(known) == 1:
        return f"coarsen {known[0]}, or let a method do it (method = 'lattice')"
    left = {}
    for column in known:
        others = [other for other in known if other != column]
        left[column] = risks(classes_of(leaving, others), k=file.k).at_risk
    best = min(left, key=lambda column: (left[column], column))
    names = next(one.names for one in declared if one.column == best)
    levels = f" (its levels: {', '.join(names)})" if len(names) > 1 else ""
    return (
        f"coarsen {best}{levels}: without it {left[best]:.1%} of the rows stay in classes below "
        f"{file.k}"
    )


def _attacked(
    attack: Reidentification, leaving: pl.DataFrame, file: FilePlan, declared: list[Hierarchy]
) -> list[Check]:
    """Somebody who knows every quasi-identifier of everybody; somebody who knows the scores."""
    bound = 1 / file.k
    checks = [
        Check(
            file.name, "re-identification, every quasi-identifier known",
            f"at most 1 in {file.k} ({bound:.1%})", f"{attack.success:.1%}",
            attack.success <= bound + _ROUNDING,
            "" if attack.success <= bound + _ROUNDING else _coarsen(leaving, file, declared),
        ),
        Check(
            file.name, "columns shared with what delivery held", "0",
            str(sum(column.lower() in tiers.DELIVERY_KEEPS for column in leaving.columns)),
            not any(column.lower() in tiers.DELIVERY_KEEPS for column in leaving.columns),
        ),
    ]  # fmt: skip
    if file.tier == "research":
        told = [one.column for one in file.sensitive]
        alone = uniqueness(leaving, told) if told else None
        holds = alone is None or alone.unique <= tiers.PATTERNS_UNIQUE
        checks.append(
            Check(
                file.name, "singled out by scores alone", f"at most {tiers.PATTERNS_UNIQUE:.1%}",
                "0.00%" if alone is None else f"{alone.unique:.2%}", holds,
                "" if holds else f"use fewer or wider bands among {', '.join(told)}",
            )
        )  # fmt: skip
    return checks


def _left_out(file: FilePlan, share: float) -> list[Fact]:
    """In whole per cents: the exact number could be what a table hides."""
    if share == 0:
        return []
    return [Fact(file.name, "rows left out: a value is missing", f"about {share:.0%}")]


def _facts(
    leaving: pl.DataFrame, plan: Plan, file: FilePlan, guesses: list[Inference]
) -> list[Fact]:
    """Figures that a data protection officer asks for."""
    found = risks(classes_of(leaving, tiers.known(file)), k=file.k)
    facts = [
        Fact(file.name, "rows", f"{leaving.height:,}"),
        Fact(file.name, "prosecutor risk", f"{found.prosecutor:.2%}"),
        Fact(file.name, "marketer risk", f"{found.marketer:.3%}"),
    ]
    for guess in guesses:
        facts.append(
            Fact(
                file.name, f"inference of {guess.column}",
                f"right {guess.informed:.1%} of the time with the file, {guess.blind:.1%} without; "
                f"told outright: {guess.certain:.2%}",
            )
        )  # fmt: skip
    items = [column for column in file.keep if column in plan.answers]
    if items:
        alone = uniqueness(leaving, items)
        both = uniqueness(leaving, [*items, *file.quasi])
        facts += [
            Fact(file.name, f"singled out by {len(items)} answers alone", f"{alone.unique:.1%}"),
            Fact(file.name, "singled out by answers and demographics", f"{both.unique:.1%}"),
        ]
    if file.tier == "secure":
        facts.append(
            Fact(file.name, "standing", "pseudonymised, not anonymous: a secure place only")
        )
    return facts


def _lost(file: FilePlan, utility: Utility) -> list[Fact]:
    facts = [
        Fact(file.name, f"{one.column}: information kept", f"{one.information:.1%}")
        for one in utility.kept
    ]
    return [*facts, Fact(file.name, "an estimate moved by at most", f"{utility.most_moved:.4f}")]


def levels_are_sound(plan: Plan, frame: pl.DataFrame) -> None:
    """Every hierarchy of the plan applied once. Raises DisclosureFault before any long work."""
    for file in plan.files:
        own = rows.of_file(frame, plan, file)
        for column in file.quasi:
            levels_of(_hierarchy(plan, column, own), code(own, column))


def _summary(
    file: FilePlan,
    leaving: pl.DataFrame,
    of: int,
    left_out: float,
    attack: Reidentification,
    guesses: list[Inference],
    utility: Utility,
) -> FileSummary:
    most = max(utility.moved, key=lambda one: abs(one.by), default=None)
    return FileSummary(
        name=file.name,
        tier=file.tier,
        method=file.method,
        rows=leaving.height,
        of=of,
        left_out=left_out,
        k=classes_of(leaving, tiers.known(file)).k,
        success=attack.success,
        bound=1 / file.k,
        inferred=tuple(
            Inferred(one.column, one.informed, one.blind, one.certain) for one in guesses
        ),
        kept=tuple((one.column, one.information) for one in utility.kept),
        most_moved=utility.most_moved,
        most_moved_what=most.what if most else "",
    )
