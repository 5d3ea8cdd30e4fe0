"""Three tiers, and what each may never do.

*Open*: tables only. *Research*: persons under firm bounds, no answers. *Secure*: answers, for a
place that nothing leaves unchecked; it is never called anonymous.
"""

from collections.abc import Sequence

import polars as pl

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.release.plan import FilePlan, Plan
from ardoise.disclosure.release.verdict import Check

RESEARCH_K, RESEARCH_L, RESEARCH_T = 10, 3, 0.3
SECURE_K = 5
SECURE_SAMPLE = 0.5
PATTERNS_UNIQUE = 0.001
"""Share of rows that a research file's sensitive columns alone may single out."""
DELIVERY_KEEPS = frozenset(
    {"number", "order_number", "group", "group_ref", "seat", "login", "epoch", "seq", "version",
     "size", "received_ms", "opened_ms", "saved_ms"}
)  # fmt: skip
"""Columns by which a file could be joined to what delivery held: contract.returns and kit."""


def refuse_columns(plan: Plan, file: FilePlan, frame: pl.DataFrame) -> None:
    """Columns that may not leave in this tier. Raises DisclosureFault naming the first."""
    leaving = [*file.quasi, *(one.column for one in file.sensitive), *file.keep]
    twice = sorted({column for column in leaving if leaving.count(column) > 1})
    if twice:
        raise DisclosureFault(f"stands twice in the plan of {file.name}", column=twice[0])
    for column in leaving:
        if column not in frame.columns:
            there = ", ".join(frame.columns[:12])
            raise DisclosureFault(f"is not in the file, which has {there}", column=column)
        if column.lower() in DELIVERY_KEEPS:
            raise DisclosureFault(
                "is known to delivery, or named like it: it would link persons to their seats; "
                "leave it out or rename it",
                column=column,
            )
        if file.tier == "research" and column in plan.answers:
            raise DisclosureFault(
                "holds answers: they single out nearly everybody, a research file has none; "
                "release a score band, or use the secure tier",
                column=column,
            )
        if column not in file.quasi and _names_rows(frame[column]):
            raise DisclosureFault(
                "has another value in every row: it names persons; leave it out", column=column
            )


def _names_rows(values: pl.Series) -> bool:
    """An identifier by its looks: texts or whole numbers, all different."""
    return len(values) > 1 and not values.dtype.is_float() and values.n_unique() == len(values)


def check_bounds(file: FilePlan) -> list[Check]:
    """That the plan asks for no less than its tier."""
    asked: tuple[tuple[str, bool, str, str], ...]
    if file.tier == "research":
        asked = (
            ("a sensitive column is named", bool(file.sensitive), "1", str(len(file.sensitive))),
            ("k-anonymity asked for", file.k >= RESEARCH_K, f"k ≥ {RESEARCH_K}", f"k = {file.k}"),
            ("l-diversity asked for", file.l >= RESEARCH_L, f"l ≥ {RESEARCH_L}", f"l = {file.l}"),
            ("t-closeness asked for", file.t <= RESEARCH_T, f"t ≤ {RESEARCH_T}", f"t = {file.t}"),
        )
    else:
        asked = (
            ("k-anonymity asked for", file.k >= SECURE_K, f"k ≥ {SECURE_K}", f"k = {file.k}"),
            (
                "rows are a sample", file.sample <= SECURE_SAMPLE,
                f"at most {SECURE_SAMPLE:.0%}", f"{file.sample:.0%}",
            ),
        )  # fmt: skip
    advice = f"set it in the plan of {file.name}: the {file.tier} tier allows no less"
    return [
        Check(file.name, promise, bound, found, holds, "" if holds else advice)
        for promise, holds, bound, found in asked
    ]


def check_alone(plan: Plan, before: Sequence[str]) -> list[Check]:
    """That nobody can cross two files of the same persons: each may be safe, both together not."""
    research = [file.name for file in plan.files if file.tier == "research"]
    checks = []
    for name in research:
        others = [*before, *(other for other in research if other != name)]
        advice = f"release one file: this one and {', '.join(others)} can be crossed"
        checks.append(
            Check(
                name, "the only research file of these persons", "0 others",
                f"{len(others)} others", not others, advice if others else "",
            )
        )  # fmt: skip
    return checks


def known(file: FilePlan) -> Sequence[str]:
    """What an attacker knows of everybody, all of it to be measured.

    In a research file also what goes along as it stands, or `keep` would be a way round the bounds.
    """
    return [*file.quasi, *(file.keep if file.tier == "research" else ())]


def leaving(file: FilePlan) -> Sequence[str]:
    """The columns of a released file, in order."""
    return [*file.quasi, *(one.column for one in file.sensitive), *file.keep]
