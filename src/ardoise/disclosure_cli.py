"""`ardoise disclosure …`: measure and protect a plain CSV or Parquet file, no campaign."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ardoise.disclosure.faults import DisclosureFault

if TYPE_CHECKING:
    import polars as pl

    from ardoise.disclosure.microdata.hierarchies import Hierarchy
    from ardoise.disclosure.microdata.lattice import Sensitive
    from ardoise.disclosure.release.verdict import Verdict
    from ardoise.disclosure.tables import Dimension, Protected

app = typer.Typer(no_args_is_help=True)
_console = Console(stderr=True)
_screen = Console()

Rows = Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet, a row a person.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Out = Annotated[Path | None, typer.Option("--out", help="Where to write: .csv or .parquet.")]
Sensitives = Annotated[
    str, typer.Option(help="Columns that must not be learnt, commas between; band:ordered.")
]


@app.command()
def microdata(
    file: Rows,
    quasi: Annotated[str, typer.Option(help="Quasi-identifiers, with commas between.")],
    sensitive: Sensitives = "",
    hierarchy: Annotated[
        list[str] | None,
        typer.Option(help="departement=academie (columns), birth=dates, age=bands:1,2,4:10:16."),
    ] = None,
    method: Annotated[
        str, typer.Option(help="measure, lattice (one level a column) or mondrian (local).")
    ] = "measure",
    k: Annotated[int, typer.Option(min=1)] = 10,
    l: Annotated[int, typer.Option("--l", min=1, help="Distinct values of each sensitive.")] = 3,  # noqa: E741
    t: Annotated[float, typer.Option(min=0, max=1)] = 0.3,
    suppress: Annotated[
        float, typer.Option(min=0, max=0.5, help="Rows that may be dropped.")
    ] = 0.01,
    out: Out = None,
    json: AsJson = False,
) -> None:
    """Say how far persons can be picked out; with a method, bound it. Exit 1: not within bounds."""
    with _faults():
        frame = _read(file)
        columns, told = _names(quasi), _sensitive(sensitive)
        if method != "measure":
            if out is None:
                raise DisclosureFault("--out says where the new file goes")
            declared = _hierarchies(columns, hierarchy or [], frame)
            keep = [*columns, *(one.column for one in told)]
            frame = _made(method, frame, declared, told, k, l, t, suppress).select(keep)
        figures = _measure(frame, columns, told, k)
        figures.holds = figures.k >= k and all(
            one.l >= l and one.t <= t + 1e-9 for one in figures.sensitive
        )
        if out is not None and method != "measure":
            _write(out, frame)
    if json:
        typer.echo(msgspec.json.encode(figures))
    else:
        _show(figures, k, l, t)
    raise typer.Exit(0 if figures.holds else 1)


@app.command()
def table(
    file: Rows,
    by: Annotated[str, typer.Option(help="Up to four dimensions, commas between; a/b/c nests.")],
    threshold: Annotated[int, typer.Option(min=1, help="Persons behind a published cell.")] = 11,
    count: Annotated[str, typer.Option(help="FILE is aggregated: the column of its counts.")] = "",
    outcome: Annotated[str, typer.Option(help="The dimension whose shares are published.")] = "",
    value: Annotated[str, typer.Option(help="Sum this column instead of counting.")] = "",
    unit: Annotated[str, typer.Option(help="Who contributes to a sum: a column of schools.")] = "",
    dominance: Annotated[str, typer.Option(help="1,85: the largest holds at most 85 %.")] = "",
    p_percent: Annotated[float, typer.Option(help="The largest is known no closer than p %.")] = 0,
    method: Annotated[str, typer.Option(help="auto, flows (fast) or optimal (slow).")] = "auto",
    out: Out = None,
    json: AsJson = False,
) -> None:
    """Protect a table and attack it. Without --out it is printed. Exit code 1: it cannot be."""
    from ardoise.disclosure.tables import Policy, TableSpec, build, protect, read_aggregated
    from ardoise.disclosure.tables.publish import to_frame

    with _faults(), _progress() as tick:
        if method not in ("auto", "flows", "optimal"):
            raise DisclosureFault("--method is auto, flows or optimal")
        frame = _read(file)
        dimensions = _dimensions(by)
        spec = TableSpec(dimensions, outcome or None)
        system = (
            read_aggregated(frame, [one.columns[0] for one in dimensions], count=count)
            if count
            else build(frame, [spec], value=value or None, unit=unit or None)
        )
        policy = Policy(
            threshold=threshold, dominance=_dominance(dominance), p_percent=p_percent or None
        )
        protected = protect(system, policy, method=method, progress=tick)  # type: ignore[arg-type]
        made = to_frame(protected, value=value or "count", table=None if count else spec)
        if out is not None:
            _write(out, made)
    figures = _table_figures(protected)
    if json:
        typer.echo(msgspec.json.encode(figures))
    elif out is None:
        typer.echo(made.write_csv(), nl=False)
    typer.echo(
        f"{figures.cells} cells: {figures.primary} too small, {figures.secondary} hidden "
        f"for their sake; the attack computed {figures.recovered} and came too near to "
        f"{figures.under_protected}",
        err=True,
    )
    raise typer.Exit(0 if protected.audit.passed else 1)


@app.command()
def judge(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.toml", exists=True, dir_okay=False)],
    file: Rows,
    budget: Annotated[str, typer.Option(help="Privacy budget ε that noisy figures may use.")] = "0",
    seed: Annotated[int, typer.Option(min=0, help="Of sampling and shuffling.")] = 1,
    json: AsJson = False,
) -> None:
    """Judge a plan on a file: every check, and what to coarsen. Nothing is written."""
    import numpy as np

    from ardoise.disclosure.ledger import open_ledger
    from ardoise.disclosure.release import read_plan, release

    with _faults(), _progress() as tick:
        made = release(
            _read(file), read_plan(plan.read_text("utf-8"), name=plan.name),
            chance=np.random.default_rng(seed), ledger=open_ledger(_decimal(budget)),
            progress=tick,
        )  # fmt: skip
    if json:
        typer.echo(msgspec.json.encode(made.verdict))
    else:
        show_verdict(made.verdict, _screen)
    raise typer.Exit(0 if made.verdict.passed else 1)


def show_verdict(verdict: "Verdict", console: Console) -> None:
    """Checks as a table, advice under the failed ones."""
    shown = Table("part", "promise", "bound", "found", "", box=None, header_style="bold")
    for check in verdict.checks:
        mark = "holds" if check.passed else "[bold]FAILS[/bold]"
        shown.add_row(check.part, check.promise, check.bound, check.found, mark)
    console.print(shown)
    for check in verdict.failed:
        console.print(f"{check.part}: {check.promise}: {check.advice}", soft_wrap=True)
    console.print(f"verdict: {'pass' if verdict.passed else 'FAIL'}")


@contextmanager
def _faults() -> Iterator[None]:
    """Bad input ends with 2 and its message."""
    from polars.exceptions import PolarsError

    try:
        yield
    except DisclosureFault as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from fault
    except (OSError, UnicodeError, PolarsError) as fault:
        typer.echo(f"cannot be read: {fault}", err=True)
        raise typer.Exit(2) from fault


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    hidden = not _console.is_terminal
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console, transient=True, disable=hidden) as bar:
        task = bar.add_task("…", total=None)
        yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of)


def _read(file: Path) -> "pl.DataFrame":
    import polars as pl

    if file.suffix == ".parquet":
        return pl.read_parquet(file)
    return pl.read_csv(file, try_parse_dates=True, infer_schema_length=None)


def _write(out: Path, frame: "pl.DataFrame") -> None:
    """Whole or not at all."""
    from ardoise.disclosure.release.writing import to_csv, to_parquet

    payload = to_parquet(frame) if out.suffix == ".parquet" else to_csv(frame)
    beside = out.with_name(out.name + ".part")
    beside.write_bytes(payload)
    beside.replace(out)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _sensitive(text: str) -> list["Sensitive"]:
    from ardoise.disclosure.microdata.lattice import Sensitive

    found = []
    for name in _names(text):
        column, _, kind = name.partition(":")
        if kind not in ("", "ordered"):
            raise DisclosureFault(f"--sensitive {name}: only :ordered may follow a column")
        found.append(Sensitive(column, kind == "ordered"))
    return found


def _hierarchies(columns: list[str], said: list[str], frame: "pl.DataFrame") -> list["Hierarchy"]:
    from ardoise.disclosure.microdata import hierarchies as known

    declared: dict[str, Hierarchy] = {}
    for text in said:
        column, _, how = text.partition("=")
        if column not in columns or not how:
            raise DisclosureFault(f"--hierarchy {text}: say COLUMN=…, a quasi-identifier first")
        if how == "dates":
            declared[column] = known.dates(column)
        elif how.startswith("bands:"):
            declared[column] = _bands(column, how)
        else:
            declared[column] = known.from_columns(frame, [column, *_names(how)])
    return [declared.get(column) or known.exact(column) for column in columns]


def _bands(column: str, how: str) -> "Hierarchy":
    from ardoise.disclosure.microdata.hierarchies import bands

    try:
        _, widths, low, high = how.split(":")
        numbers = [float(width) for width in widths.split(",")]
        return bands(column, numbers, low=float(low), high=float(high))
    except ValueError as fault:
        if isinstance(fault, DisclosureFault):
            raise
        raise DisclosureFault(
            f"--hierarchy {column}={how}: say bands:WIDTH,WIDTH:LOW:HIGH, as bands:1,2,4:10:16"
        ) from fault


def _made(
    method: str,
    frame: "pl.DataFrame",
    declared: list["Hierarchy"],
    told: list["Sensitive"],
    k: int,
    least: int,
    t: float,
    suppress: float,
) -> "pl.DataFrame":
    from ardoise.disclosure.microdata.goals import Goal
    from ardoise.disclosure.microdata.lattice import generalise
    from ardoise.disclosure.microdata.mondrian import partition

    goal = Goal(k=k, distinct_l=least if told else 1, t=t, most_suppressed=suppress)
    with _progress() as tick:
        if method == "lattice":
            chosen = generalise(
                frame, declared, told, goal, progress=lambda done, of: tick("levels", done, of)
            )
            levels = ", ".join(f"{column}: {level}" for column, level in chosen.node.items())
            typer.echo(f"{levels}; {chosen.suppressed:.2%} of the rows dropped", err=True)
            return chosen.frame
        if method == "mondrian":
            cut = partition(
                frame, declared, told, goal, progress=lambda done, of: tick("parts", done, of)
            )
            typer.echo(f"{cut.parts} parts, no row dropped", err=True)
            return cut.frame
    raise DisclosureFault("--method is measure, lattice or mondrian")


class _Told(msgspec.Struct):
    """What the file tells of one sensitive column."""

    column: str
    l: int  # noqa: E741 - the measure's name
    entropy_l: float
    t: float
    beta: float
    enhanced_beta: float


class _Figures(msgspec.Struct):
    """What was measured. Shares between 0 and 1."""

    rows: int
    classes: int
    k: int
    unique: float
    below_k: float
    prosecutor: float
    marketer: float
    sensitive: list[_Told]
    holds: bool = False


def _measure(
    frame: "pl.DataFrame", columns: list[str], told: list["Sensitive"], k: int
) -> _Figures:
    from ardoise.disclosure.microdata.coding import code
    from ardoise.disclosure.microdata.measures import classes_of, closeness, risks

    classes = classes_of(frame, columns)
    found = risks(classes, k=k)
    measured = [closeness(classes, code(frame, o.column), ordered=o.ordered) for o in told]
    return _Figures(
        frame.height, len(classes.sizes), classes.k, found.unique, found.at_risk,
        found.prosecutor, found.marketer,
        [
            _Told(o.column, o.distinct_l, o.entropy_l, o.t, o.beta, o.enhanced_beta)
            for o in measured
        ],
    )  # fmt: skip


def _show(figures: _Figures, k: int, least: int, t: float) -> None:
    shown = Table("measure", "found", "bound", "", box=None, header_style="bold")

    def row(name: str, found: str, bound: str = "", *, holds: bool | None = None) -> None:
        mark = "" if holds is None else "holds" if holds else "[bold]FAILS[/bold]"
        shown.add_row(name, found, bound, mark)

    row("rows, classes", f"{figures.rows:,}, {figures.classes:,}")
    row("k-anonymity", str(figures.k), f"≥ {k}", holds=figures.k >= k)
    row("alone in their class", f"{figures.unique:.2%}")
    row(f"in a class below {k}", f"{figures.below_k:.2%}")
    row("prosecutor risk", f"{figures.prosecutor:.2%}")
    row("marketer risk", f"{figures.marketer:.3%}")
    for one in figures.sensitive:
        row(f"l-diversity of {one.column}", str(one.l), f"≥ {least}", holds=one.l >= least)
        row(f"entropy l of {one.column}", f"{one.entropy_l:.3f}")
        row(f"t-closeness of {one.column}", f"{one.t:.4f}", f"≤ {t:g}", holds=one.t <= t + 1e-9)
        row(f"β-likeness of {one.column}", f"{one.beta:.3f}")
    _screen.print(shown)


def _dimensions(by: str) -> tuple["Dimension", ...]:
    """`place` is a column; `academie/departement` nests, coarse first, named by its last column."""
    from ardoise.disclosure.tables import Dimension

    found = []
    for name in _names(by):
        columns = tuple(piece.strip() for piece in name.split("/"))
        found.append(Dimension(columns[-1], columns))
    return tuple(found)


def _dominance(text: str) -> tuple[int, float] | None:
    if not text:
        return None
    try:
        first, percent = text.split(",")
        return int(first), float(percent)
    except ValueError as fault:
        raise DisclosureFault("--dominance is as 1,85") from fault


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as fault:
        raise DisclosureFault(f"--budget {text[:20]} is not a number") from fault


class _TableFigures(msgspec.Struct):
    """What protecting a table did."""

    cells: int
    primary: int
    secondary: int
    method: str
    recovered: int
    under_protected: int


def _table_figures(protected: "Protected") -> _TableFigures:
    return _TableFigures(
        protected.system.size, int(protected.sensitivity.primary.sum()),
        int(protected.secondary.sum()), protected.method, len(protected.audit.recovered),
        len(protected.audit.under_protected) + len(protected.audit.published),
    )  # fmt: skip
