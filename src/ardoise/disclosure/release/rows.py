"""Which rows and columns each part of a plan is made from, and what happens to empty values."""

from collections.abc import Iterable, Sequence

import polars as pl

from ardoise.disclosure.faults import DisclosureFault
from ardoise.disclosure.release.plan import ColumnsHierarchy, FilePlan, Plan, TablePlan
from ardoise.disclosure.tables.system import MISSING


def check_units(plan: Plan) -> None:
    """That no part shows whom persons belong to. Raises DisclosureFault naming the column."""
    shown: list[tuple[str, Iterable[str]]] = []
    for file in plan.files:
        shown.append((file.name, [*file.quasi, *(one.column for one in file.sensitive)]))
        shown.append((file.name, file.keep))
        shown += [(file.name, _levels(plan, column)) for column in file.quasi]
    for table in plan.tables:
        shown.append((table.name, [*dimension_columns(plan, table.by), table.value or ""]))
    for noisy in plan.private:
        shown.append((noisy.name, [*noisy.by, noisy.value or ""]))
    for name, found in shown:
        for column in found:
            if column in plan.units:
                raise DisclosureFault(
                    f"names whom persons belong to: {name} may use it as a unit, never show it",
                    column=column,
                )


def dimension_columns(plan: Plan, by: Sequence[str]) -> list[str]:
    """The columns of some dimensions, each once, in order."""
    found = (column for name in by for column in plan.dimensions.get(name, (name,)))
    return list(dict.fromkeys(found))


def _levels(plan: Plan, column: str) -> tuple[str, ...]:
    declared = plan.hierarchies.get(column)
    return declared.columns if isinstance(declared, ColumnsHierarchy) else (column,)


def of_file(frame: pl.DataFrame, plan: Plan, file: FilePlan) -> pl.DataFrame:
    """The rows of a file: under `missing = "drop"` those that have all its values.

    Raises DisclosureFault if none has.
    """
    levels = [level for column in file.quasi for level in _levels(plan, column)]
    sensitive = [one.column for one in file.sensitive]
    return _complete(frame, plan, [*levels, *sensitive, *file.keep, *file.strata], file.name)


def of_private(
    frame: pl.DataFrame, plan: Plan, by: Sequence[str], value: str | None, name: str
) -> pl.DataFrame:
    """The same for noisy figures."""
    return _complete(frame, plan, [*by, *([value] if value else [])], name)


def of_tables(
    frame: pl.DataFrame, plan: Plan, members: Sequence[TablePlan], *, also: Sequence[str] = ()
) -> pl.DataFrame:
    """The rows of tables of one figure; `also`: columns of tables that left before.

    Persons without a dimension's value are a category of it, or tables would count different
    persons and their difference would tell of few. Where units are counted, one row a unit.
    Raises DisclosureFault: a unit with two values of a dimension.
    """
    columns = [column for table in members for column in dimension_columns(plan, table.by)]
    columns = [one for one in dict.fromkeys([*columns, *also]) if one in frame.columns]
    value, unit = members[0].value, members[0].unit
    if plan.missing == "drop":
        named = ", ".join(table.name for table in members)
        frame = _complete(frame, plan, [one for one in (value, unit) if one], named)
        frame = frame.with_columns(
            pl.col(column).cast(pl.String).fill_null(MISSING)
            for column in columns
            if frame[column].null_count()
        )
    if unit is None or value is not None:
        return frame
    units = frame.select(unit, *columns).unique(maintain_order=True)
    twice = units.filter(pl.col(unit).is_duplicated())
    if not twice.is_empty():
        differing = [one for one in columns if twice.group_by(unit).n_unique()[one].max() != 1]
        raise DisclosureFault(
            f"differs within one {unit}: where units are counted, each has one value",
            column=differing[0] if differing else columns[0],
        )
    return units


def _complete(frame: pl.DataFrame, plan: Plan, columns: Sequence[str], name: str) -> pl.DataFrame:
    if plan.missing == "refuse":
        return frame
    there = [column for column in dict.fromkeys(columns) if column in frame.columns]
    kept = frame.drop_nulls(there) if there else frame
    if kept.is_empty() and not frame.is_empty():
        empty = [column for column in there if frame[column].null_count() == frame.height]
        raise DisclosureFault(
            f"no row has all that {name} needs", column=empty[0] if empty else None
        )
    return kept
