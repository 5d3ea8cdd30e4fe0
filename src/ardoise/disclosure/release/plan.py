"""The plan of a release, `plan.toml` of format "ardoise-release/1": text in, closed structs out."""

import tomllib
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from ardoise.disclosure.faults import DisclosureFault

FORMAT = "ardoise-release/1"
SIZE_LIMIT = 64 << 10

Tier = Literal["research", "secure"]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}\Z")]
Column = Annotated[str, Meta(min_length=1, max_length=100)]
Text = Annotated[str, Meta(min_length=1, max_length=500)]


class _Closed(Struct, frozen=True, forbid_unknown_fields=True):
    """Unknown keys are refused: a misspelt bound must not fall back to a default."""


class ColumnsHierarchy(_Closed, frozen=True, tag_field="kind", tag="columns"):
    """Columns from fine to coarse, the first of them the quasi-identifier itself."""

    columns: Annotated[tuple[Column, ...], Meta(min_length=1, max_length=8)]


class DatesHierarchy(_Closed, frozen=True, tag_field="kind", tag="dates"):
    """Day, month, quarter, year."""


class BandsHierarchy(_Closed, frozen=True, tag_field="kind", tag="bands"):
    """Bands of growing width, coded below `low` and from `high`."""

    widths: Annotated[tuple[float, ...], Meta(min_length=1, max_length=8)]
    low: float
    high: float


class MappedHierarchy(_Closed, frozen=True, tag_field="kind", tag="mapped"):
    """Declared tables, one for each level."""

    names: Annotated[tuple[Column, ...], Meta(min_length=1, max_length=8)]
    tables: tuple[dict[str, str], ...]


class ExactHierarchy(_Closed, frozen=True, tag_field="kind", tag="exact"):
    """As it stands, or not at all."""


HierarchyPlan = (
    ColumnsHierarchy | DatesHierarchy | BandsHierarchy | MappedHierarchy | ExactHierarchy
)


class SensitivePlan(_Closed, frozen=True):
    """What must not be learnt of a person."""

    column: Column
    ordered: bool = False


class FilePlan(_Closed, frozen=True):
    """A file of persons."""

    name: Name
    tier: Tier
    quasi: Annotated[tuple[Column, ...], Meta(min_length=1, max_length=12)]
    sensitive: tuple[SensitivePlan, ...]
    keep: tuple[Column, ...] = ()
    """Other columns that go along: in the secure tier answers. In a research file they count as
    quasi-identifiers that nothing coarsens."""
    method: Literal["lattice", "mondrian", "as-is"] = "lattice"
    k: Annotated[int, Meta(ge=1, le=10_000)] = 10
    l: Annotated[int, Meta(ge=1, le=100)] = 3  # noqa: E741 - the measure's name
    entropy_l: Annotated[float, Meta(ge=1, le=100)] = 1.0
    t: Annotated[float, Meta(ge=0, le=1)] = 0.3
    most_suppressed: Annotated[float, Meta(ge=0, lt=1)] = 0.01
    sample: Annotated[float, Meta(gt=0, le=1)] = 1.0
    strata: tuple[Column, ...] = ()
    weights: dict[Column, float] = {}
    shape: Literal["flat", "pupils-and-scores"] = "flat"
    """The second: one file of pupils, one of scores, a row for each pupil and sensitive column."""


class TablePlan(_Closed, frozen=True):
    """A table of counts or sums. `unit` without `value`: the units are counted, not persons."""

    name: Name
    by: Annotated[tuple[Column, ...], Meta(min_length=1, max_length=4)]
    outcome: Column | None = None
    value: Column | None = None
    unit: Column | None = None


class PrivatePlan(_Closed, frozen=True):
    """Noisy figures."""

    name: Name
    by: Annotated[tuple[Column, ...], Meta(min_length=1, max_length=4)]
    domain: dict[Column, tuple[str | int, ...]]
    epsilon: Decimal
    """As a text, "0.5": decimals are added exactly."""
    value: Column | None = None
    """Means of it; counts without."""
    low: float = 0.0
    high: float = 1.0


class Rules(_Closed, frozen=True):
    """For all tables of the plan: see tables.sensitivity.Policy."""

    threshold: Annotated[int, Meta(ge=1, le=1_000)] = 11
    dominance: tuple[int, float] | None = None
    p_percent: float | None = None
    mask_shares: bool = True
    method: Literal["auto", "flows", "optimal"] = "auto"
    loss: Literal["cells", "persons"] = "cells"


class Plan(_Closed, frozen=True):
    """All of one release."""

    format: Literal["ardoise-release/1"]
    name: Name
    title: Text
    recipient: Text
    """To whom."""
    purpose: Text
    language: Literal["fr", "en"] = "fr"
    dimensions: dict[Column, tuple[Column, ...]] = {}
    """For tables: a dimension's columns from coarse to fine; others are columns of their name."""
    hierarchies: dict[Column, HierarchyPlan] = {}
    """For files, by quasi-identifier; `exact` where none is given."""
    answers: tuple[Column, ...] = ()
    """Columns that hold answers or item scores: never in a research file."""
    units: tuple[Column, ...] = ()
    """Columns that name whom persons belong to: good for `unit`, never shown anywhere."""
    missing: Literal["refuse", "drop"] = "refuse"
    """Empty values: refused; or their rows are left out of a file, and a category of a table."""
    rules: Rules = Rules()
    tables: tuple[TablePlan, ...] = ()
    files: tuple[FilePlan, ...] = ()
    private: tuple[PrivatePlan, ...] = ()


def read_plan(text: str, *, name: str) -> Plan:
    """Read a plan; `name` stands for it in messages. Raises DisclosureFault naming the key."""
    if len(text) > SIZE_LIMIT:
        raise DisclosureFault(f"{name}: is larger than {SIZE_LIMIT >> 10} KiB")
    try:
        plan = msgspec.convert(tomllib.loads(text), Plan)
    except tomllib.TOMLDecodeError as fault:
        raise DisclosureFault(f"{name}: is no TOML: {fault}") from fault
    except RecursionError as fault:
        raise DisclosureFault(f"{name}: is nested too deeply: no plan is") from fault
    except msgspec.ValidationError as fault:
        message, _, place = str(fault).partition(" - at `$")
        where = f", {place.rstrip('`').lstrip('.')}" if place else ""
        raise DisclosureFault(f"{name}{where}: {message}") from fault
    _check(plan, name)
    return plan


def _check(plan: Plan, name: str) -> None:
    """What a type cannot say."""
    names = [
        *(table.name for table in plan.tables), *(file.name for file in plan.files),
        *(noisy.name for noisy in plan.private),
    ]  # fmt: skip
    if not names:
        raise DisclosureFault(f"{name}: plans nothing: add [[tables]], [[files]] or [[private]]")
    for file in plan.files:
        if file.shape != "flat" and (not file.sensitive or "row" in (*file.quasi, *file.keep)):
            raise DisclosureFault(
                f"{name}: files {file.name}: the shape needs a sensitive column, and no column "
                "that is called row"
            )
        names += [f"{file.name}-scores"] if file.shape != "flat" else []
    twice = {one for one in names if names.count(one) > 1}
    if twice:
        raise DisclosureFault(f"{name}: {sorted(twice)[0]} names two parts: rename one")
    for hierarchy, declared in plan.hierarchies.items():
        if isinstance(declared, ColumnsHierarchy) and declared.columns[0] != hierarchy:
            raise DisclosureFault(
                f"{name}: hierarchies.{hierarchy}: its first column must be {hierarchy} itself"
            )
        if (
            isinstance(declared, MappedHierarchy)
            and len(declared.tables) != len(declared.names) - 1
        ):
            raise DisclosureFault(
                f"{name}: hierarchies.{hierarchy}: needs one table for each name after the first"
            )
    for table in plan.tables:
        if table.outcome is not None and table.outcome not in table.by:
            raise DisclosureFault(f"{name}: tables {table.name}: outcome is not in `by`")
        if table.outcome is not None and (table.value is not None or table.unit is not None):
            raise DisclosureFault(
                f"{name}: tables {table.name}: an outcome, or a value or unit, not both"
            )
