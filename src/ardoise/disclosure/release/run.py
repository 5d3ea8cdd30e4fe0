"""One release from plan and rows: everything is made and judged before anything leaves."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from msgspec import Struct

from ardoise.disclosure import private
from ardoise.disclosure.faults import CannotProtect
from ardoise.disclosure.ledger import Ledger
from ardoise.disclosure.release import rows, tiers
from ardoise.disclosure.release.files import FileRelease, levels_are_sound, release_file
from ardoise.disclosure.release.plan import Plan, PrivatePlan, TablePlan
from ardoise.disclosure.release.summary import (
    NoisySummary,
    ShownTable,
    Summary,
    TablesSummary,
)
from ardoise.disclosure.release.verdict import Check, Fact, Verdict
from ardoise.disclosure.tables.build import Dimension, TableSpec, build
from ardoise.disclosure.tables.protection import History, Protected, protect
from ardoise.disclosure.tables.publish import STATUS, to_frame
from ardoise.disclosure.tables.sensitivity import Policy
from ardoise.disclosure.tables.system import CellKey

Progress = Callable[[str, int, int], None]


class PublishedCell(Struct, frozen=True, forbid_unknown_fields=True):
    """A cell as it left, or stayed hidden."""

    dimensions: tuple[str, ...]
    """Those that are not at their total."""
    path: tuple[tuple[str, ...], ...]
    value: float | None
    """None: hidden."""


class PublishedTable(Struct, frozen=True, forbid_unknown_fields=True):
    """Which table it was: dimension → columns."""

    by: dict[str, tuple[str, ...]]
    outcome: str | None


class Publication(Struct, frozen=True, forbid_unknown_fields=True):
    """Tables of one figure that left together: later releases are attacked with them in hand."""

    figure: str
    """'count', or the column that was summed."""
    unit: str | None
    tables: tuple[PublishedTable, ...]
    cells: tuple[PublishedCell, ...]


@dataclass(frozen=True)
class Release:
    """All of it. Frames leave only if `verdict.passed`."""

    plan: Plan
    verdict: Verdict
    tables: Mapping[str, pl.DataFrame]
    files: Mapping[str, FileRelease]
    ledger: Ledger
    """To be kept before anything leaves."""
    published: tuple[Publication, ...]
    """To be kept with what was published before."""
    summary: Summary


def digest_of(frame: pl.DataFrame) -> str:
    """SHA-256 of the rows as they stand: names, types and values, column by column."""
    total = hashlib.sha256()
    for column in sorted(frame.columns):
        values = frame[column]
        total.update(f"{column}\0{values.dtype}\0{len(values)}\0".encode())
        total.update(values.cast(pl.String).fill_null("\0").str.join("\x1f").item().encode())
    return total.hexdigest()


def release(
    frame: pl.DataFrame,
    plan: Plan,
    *,
    chance: np.random.Generator,
    ledger: Ledger,
    history: Sequence[Publication] = (),
    research_before: Sequence[str] = (),
    progress: Progress = lambda _what, _done, _total: None,
) -> Release:
    """Make and judge everything that a plan asks for.

    `frame` has one row a person; `research_before` names research files of the same persons that
    left already. Raises DisclosureFault for input that cannot be used at all and
    BudgetSpent; a promise that does not hold is a failed check instead.
    """
    rows.check_units(plan)
    levels_are_sound(plan, frame)
    tables = _Tables(frame, plan, history, progress)
    tables.run()
    files: dict[str, FileRelease] = {}
    for done, file in enumerate(plan.files):
        progress(f"file {file.name}", done, len(plan.files))
        files[file.name] = release_file(frame, plan, file, chance)
    checks, facts = list(tables.checks), list(tables.facts)
    checks += tiers.check_alone(plan, research_before)
    for one in files.values():
        checks += one.checks
        facts += one.facts
    frames = dict(tables.frames)
    added: list[NoisySummary] = []
    for noisy in plan.private:
        own = rows.of_private(frame, plan, noisy.by, noisy.value, noisy.name)
        made, ledger = _private(own, noisy, ledger)
        added.append(NoisySummary(noisy.name, str(noisy.epsilon), made.error))
        frames[noisy.name] = made.frame
        checks.append(
            Check(noisy.name, "differential privacy", f"budget {ledger.budget.normalize():f}",
                  f"ε = {noisy.epsilon}, {ledger.left.normalize():f} left", passed=True)
        )  # fmt: skip
        facts.append(Fact(noisy.name, "95 % of counts are within", f"± {made.error:.1f}"))
    verdict = Verdict(plan.name, digest_of(frame), tuple(checks), tuple(facts))
    summary = Summary(
        frame.height, tuple(tables.summaries), tuple(one.summary for one in files.values()),
        tuple(added),
    )  # fmt: skip
    return Release(plan, verdict, frames, files, ledger, tuple(tables.published), summary)


def _private(
    frame: pl.DataFrame, plan: PrivatePlan, ledger: Ledger
) -> tuple[private.PrivateTable, Ledger]:
    if plan.value is None:
        return private.counts(
            frame, plan.by, plan.domain, epsilon=plan.epsilon, ledger=ledger, purpose=plan.name
        )
    return private.means(
        frame, plan.by, plan.domain, plan.value, low=plan.low, high=plan.high,
        epsilon=plan.epsilon, ledger=ledger, purpose=plan.name,
    )  # fmt: skip


class _Tables:
    """Tables that show the same figure are protected together, each with what was published."""

    def __init__(
        self, frame: pl.DataFrame, plan: Plan, history: Sequence[Publication], progress: Progress
    ) -> None:
        self.frame, self.plan, self.history, self.progress = frame, plan, history, progress
        rules = plan.rules
        self.policy = Policy(
            threshold=rules.threshold, dominance=rules.dominance, p_percent=rules.p_percent,
            mask_shares=rules.mask_shares,
        )  # fmt: skip
        self.frames: dict[str, pl.DataFrame] = {}
        self.checks: list[Check] = []
        self.facts: list[Fact] = []
        self.published: list[Publication] = []
        self.summaries: list[TablesSummary] = []

    def run(self) -> None:
        """Counts together, and each summed column for itself."""
        figures: dict[tuple[str | None, str | None], list[TablePlan]] = {}
        for table in self.plan.tables:
            figures.setdefault((table.value, table.unit), []).append(table)
        for (value, unit), members in figures.items():
            self._together(members, value, unit)

    def _dimension(self, name: str) -> Dimension:
        return Dimension(name, self.plan.dimensions.get(name, (name,)))

    def _together(self, members: list[TablePlan], value: str | None, unit: str | None) -> None:
        specs = [
            TableSpec(tuple(self._dimension(name) for name in table.by), table.outcome)
            for table in members
        ]
        figure = value or "count"
        before = [one for one in self.history if (one.figure, one.unit) == (figure, unit)]
        earlier = _specs(before)
        also = [column for spec in earlier for one in spec.by for column in one.columns]
        frame = rows.of_tables(self.frame, self.plan, members, also=also)
        system = build(frame, [*specs, *earlier], value=value, unit=unit if value else None)
        names = ", ".join(table.name for table in members)
        try:
            protected = protect(
                system, self.policy, history=_history(system.dimensions, before),
                method=self.plan.rules.method, loss=self.plan.rules.loss,
                progress=lambda what, done, of: self.progress(f"{names}: {what}", done, of),
            )  # fmt: skip
        except CannotProtect as fault:
            self.checks.append(
                Check(
                    names, "protection", "every small cell hidden", "impossible", False, str(fault)
                )
            )
            return
        self._judge(names, protected)
        for table, spec in zip(members, specs, strict=True):
            self.frames[table.name] = to_frame(protected, value=figure, table=spec)
        shown = [_shown(table.name, self.frames[table.name]) for table in members]
        self.summaries.append(_summary(figure, shown, len(earlier), protected))
        self.published.append(
            Publication(
                figure, unit, tuple(_table(spec) for spec in specs), _cells(protected, specs)
            )
        )

    def _judge(self, names: str, protected: Protected) -> None:
        audit, system = protected.audit, protected.system
        primary, hidden = int(protected.sensitivity.primary.sum()), int(protected.hidden.sum())

        def cells(found: tuple[int, ...]) -> str:
            return f"coarsen a dimension of {system.name(found[0])}" if found else ""

        for promise, found in (
            ("small cells are hidden", audit.published),
            ("hidden cells cannot be computed", audit.recovered),
            ("hidden cells stay vague enough", audit.under_protected),
        ):
            self.checks.append(
                Check(names, promise, "0 cells", f"{len(found)} cells", not found, cells(found))
            )
        persons = protected.system.counts[protected.hidden]
        self.facts += [
            Fact(names, "cells", f"{system.size:,}"),
            Fact(names, "hidden: small, and for their sake", f"{primary:,} + {hidden - primary:,}"),
            Fact(names, "method", protected.method),
            Fact(names, "linear programmes of the attack", f"{audit.programmes:,}"),
            Fact(names, "persons behind the largest hidden cell", f"{persons.max(initial=0):,}"),
        ]
        if protected.bound is not None and protected.loss > 0:
            gap = max(protected.loss - protected.bound, 0.0) / protected.loss
            self.facts.append(Fact(names, "loss above the proved least, at most", f"{gap:.1%}"))


def _shown(name: str, frame: pl.DataFrame) -> ShownTable:
    return ShownTable(name, frame.height, int((frame[STATUS] == "hidden").sum()))


def _summary(
    figure: str, shown: Sequence[ShownTable], earlier: int, protected: Protected
) -> TablesSummary:
    audit = protected.audit
    widths = [one.high - one.low for one in audit.intervals]
    small = int(protected.sensitivity.primary.sum())
    return TablesSummary(
        figure=figure,
        tables=tuple(shown),
        cells=protected.system.size,
        small=small,
        for_them=int(protected.hidden.sum()) - small,
        attacked_with=earlier,
        programmes=audit.programmes,
        recovered=len(audit.recovered),
        too_close=len(audit.under_protected) + len(audit.published),
        narrowest=float(min(widths)) if widths else None,
        middle=float(np.median(widths)) if widths else None,
    )


def _table(spec: TableSpec) -> PublishedTable:
    return PublishedTable({one.name: one.columns for one in spec.by}, spec.outcome)


def _specs(before: Sequence[Publication]) -> list[TableSpec]:
    """The tables that were published, to be attacked together with the new ones."""
    tables = [table for one in before for table in one.tables]
    return [
        TableSpec(
            tuple(Dimension(name, columns) for name, columns in table.by.items()), table.outcome
        )
        for table in tables
    ]


def _history(dimensions: tuple[str, ...], before: Sequence[Publication]) -> History:
    shown: dict[CellKey, float] = {}
    hidden: set[CellKey] = set()
    for cell in (cell for one in before for cell in one.cells):
        paths = dict(zip(cell.dimensions, cell.path, strict=True))
        key = tuple(paths.get(name, ()) for name in dimensions)
        if cell.value is None:
            hidden.add(key)
        else:
            shown[key] = cell.value
    return History(shown, frozenset(hidden - shown.keys()))


def _cells(protected: Protected, specs: Sequence[TableSpec]) -> tuple[PublishedCell, ...]:
    """Those of the tables that leave now."""
    system = protected.system
    own = [{dimension.name for dimension in spec.by} for spec in specs]
    found = []
    for cell, key in enumerate(system.keys):
        there = {name: path for name, path in zip(system.dimensions, key, strict=True) if path}
        if not any(there.keys() <= names for names in own):
            continue
        value = None if protected.hidden[cell] else float(system.values[cell])
        found.append(PublishedCell(tuple(there), tuple(there.values()), value))
    return tuple(found)
