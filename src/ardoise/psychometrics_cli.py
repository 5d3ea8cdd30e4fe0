"""`ardoise psychometrics …`: a whole analysis from a plain file of responses, no campaign."""

import fnmatch
import json as json_format
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ardoise import psychometrics_options as said
from ardoise.psychometrics.faults import PsychometricsError

if TYPE_CHECKING:
    from ardoise.psychometrics.responses import Answers
    from ardoise.psychometrics.stages import TwoStage

app = typer.Typer(no_args_is_help=True)
_console = Console(stderr=True)

Responses = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV or Parquet: a row a pupil, a column an item.")
]
Out = Annotated[Path, typer.Option("--out", help="The folder to make.", file_okay=False)]
Model = Annotated[
    str, typer.Option(help="1pl, 2pl, 3pl, pcm, gpcm, grm, or a .toml with a model for each item.")
]
Language = Annotated[str, typer.Option(help="Of the report: fr or en.")]
Threads = Annotated[int, typer.Option(min=1, max=256, help="Any number gives the same bytes.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an analysis that is there.")]


@app.command()
def calibrate(
    file: Responses,
    out: Out,
    model: Model = "2pl",
    items: Annotated[str, typer.Option(help="Item columns: names or patterns, as fr-*,ma-0?")] = "",
    weight: Annotated[str, typer.Option(help="Column of sampling weights.")] = "",
    group: Annotated[str, typer.Option(help="Column of groups: free means and SDs, DIF.")] = "",
    cluster: Annotated[str, typer.Option(help="Column of schools, for sandwich errors.")] = "",
    count: Annotated[str, typer.Option(help="Column of how many pupils a row stands for.")] = "",
    ignore: Annotated[str, typer.Option(help="Columns that are no items, with commas.")] = "",
    anchors: Annotated[
        Path | None, typer.Option(help="Items whose parameters are fixed: a CSV or a folder.")
    ] = None,
    omitted: Annotated[str, typer.Option(help="Omitted counts as wrong or missing.")] = "wrong",
    not_reached: Annotated[str, typer.Option(help="Not reached: wrong or missing.")] = "missing",
    trailing: Annotated[
        bool, typer.Option("--trailing", help="What is omitted at the end was not reached.")
    ] = False,
    cuts: Annotated[str, typer.Option(help="Cut scores on the reported scale: 200,260.")] = "",
    labels: Annotated[str, typer.Option(help="Names of the levels, from the lowest.")] = "",
    scale: Annotated[str, typer.Option(help="Mean and SD of the reported scale.")] = "250,50",
    errors: Annotated[
        str, typer.Option(help="Standard errors: cross-product, louis, sandwich or none.")
    ] = "",
    draws: Annotated[int, typer.Option(min=0, max=100, help="Plausible values a pupil.")] = 0,
    reference: Annotated[str, typer.Option(help="The group that others are compared with.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of plausible values.")] = 1,
    threads: Threads = 1,
    title: Annotated[str, typer.Option(help="Of the report.")] = "",
    language: Language = "fr",
    force: Force = False,
) -> None:
    """Calibrate, check and report: Parquet tables, manifest.json and report.html in one folder."""
    from ardoise.psychometrics.analysis import analyse
    from ardoise.psychometrics.bank import read_bank
    from ardoise.psychometrics.plan import Plan
    from ardoise.psychometrics.writing import write

    try:
        method = said.error_method(errors or ("sandwich" if cluster else "cross-product"))
        spoken = said.language(language)
        _check_out(out, force=force)
        mean, sd = said.scale(scale)
        cut_scores = said.cut_sets(cuts, labels)
        rule = said.rule(omitted, not_reached)
        with progress_bar() as tell:
            tell("reading", file.name)
            answers = _read(file, items, weight, group, cluster, count, ignore, tell)
            if trailing:
                answers = answers.with_trailing_not_reached()
            plan = Plan(
                model=said.model(model, answers.items),
                missing=rule,
                anchors=read_bank(anchors) if anchors else {},
                cuts=cut_scores,
                scale_mean=mean,
                scale_sd=sd,
                draws=draws,
                seed=seed,
                errors=method,
                reference=reference,
            )
            analysis = analyse(answers, plan, threads=threads, progress=tell)
            tell("writing", str(out))
            named = title or file.stem
            write(analysis, out, title=named, language=spoken, replace=force)
    except (PsychometricsError, OSError) as fault:
        raise said.refuse(fault) from fault
    summarise(out, analysis.sections)
    if not analysis.calibration.converged:
        raise typer.Exit(3)


def summarise(out: Path, sections: dict[str, Any]) -> None:
    """One line of what was found, and where to look."""
    fit, data, results = (sections[name] for name in ("calibration", "data", "results"))
    ended = "converged" if fit["converged"] else f"DID NOT CONVERGE: {fit['reason']}"
    typer.echo(
        f"{data['pupils']} pupils, {data['items']} items, {fit['model']}, {ended}; "
        f"log-likelihood {fit['log_likelihood']:.3f}; {results['findings']} findings"
    )
    typer.echo(f"{out / 'report.html'}")


def _check_out(out: Path, *, force: bool) -> None:
    """Before the work, not after."""
    if out.exists() and not force:
        raise PsychometricsError(f"{out} exists: name another folder, or say --force")


def _read(
    file: Path, items: str, weight: str, group: str, cluster: str, count: str, ignore: str,
    tell: Callable[[str, str], None],
) -> "Answers":  # fmt: skip
    from ardoise.psychometrics.reading import Columns, column_names, read_answers

    aside, patterns, wanted = {weight, group, cluster, count, *_parts(ignore)}, _parts(items), None
    if patterns:
        names = [name for name in column_names(file) if name not in aside]
        wanted = [name for name in names if any(fnmatch.fnmatchcase(name, p) for p in patterns)]
        if not wanted:
            raise PsychometricsError(f"{file.name}: no column matches --items {items}")
    columns = Columns(
        wanted, weight or None, group or None, cluster or None, _parts(ignore), count or None
    )
    return read_answers(
        file,
        columns=columns,
        progress=lambda rows, of: tell("reading", f"{rows:,} of {of:,} pupils"),
    )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@contextmanager
def progress_bar() -> Iterator[Callable[[str, str], None]]:
    """Says on stderr which stage is on; nothing where nobody looks."""
    from ardoise.psychometrics.analysis import STAGES

    stages = ("reading", *STAGES, "writing")
    bar = Progress(
        TextColumn("{task.description:<18}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}"),
        console=_console,
        transient=True,
        disable=not _console.is_terminal,
    )
    with bar:
        task = bar.add_task("starting", total=len(stages), detail="")

        def tell(stage: str, detail: str) -> None:
            at = stages.index(stage) if stage in stages else None
            bar.update(task, description=stage, completed=at, detail=detail)

        yield tell


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, exists=True)],
    language: Language = "fr",
) -> None:
    """Draw the report of an analysis folder again, in either language."""
    from ardoise.psychometrics.writing import rewrite_report

    try:
        typer.echo(rewrite_report(folder, said.language(language)))
    except PsychometricsError as fault:
        raise said.refuse(fault) from fault


@app.command()
def link(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Folder or CSV of the base scale.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Folder or CSV to bring onto it.")],
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Constants that bring NEW onto the scale of OLD by their common items, and anchor drift."""
    from ardoise.psychometrics.bank import read_bank
    from ardoise.psychometrics.drift import drift
    from ardoise.psychometrics.linking import METHODS
    from ardoise.psychometrics.linking import link as linked
    from ardoise.psychometrics.manifest import linking_section

    try:
        base, fresh = list(read_bank(old).values()), list(read_bank(new).values())
        links = [linked(fresh, base, method) for method in METHODS]
        found = drift(fresh, base, links[-1]) if len(links[-1].items) > 2 else None
    except PsychometricsError as fault:
        raise said.refuse(fault) from fault
    if json:
        document = linking_section(links, found) or {}
        document["drift"] = [
            {"item": one.item, "shift": one.shift, "distance": one.distance}
            for one in (found.anchors if found else ())
        ]
        typer.echo(json_format.dumps(document, ensure_ascii=False, indent=1))
        return
    for one in links:
        typer.echo(f"{one.method:14} A = {one.slope:.5f}  B = {one.intercept:+.5f}")
    if found is None:
        typer.echo("two common items: leaving one out says nothing of drift")
        return
    typer.echo(f"linking error {found.linking_error:.5f}; anchors by their weight on the trend:")
    for anchor in found.anchors:
        typer.echo(f"  {anchor.item:20} {anchor.shift:+.5f}  curves apart {anchor.distance:.4f}")


@app.command()
def simulate(
    design: Annotated[Path, typer.Argument(metavar="DESIGN", help="TOML of a two-stage test.")],
    bank: Annotated[Path, typer.Option(help="Item parameters: a CSV or an analysis folder.")],
    replicates: Annotated[int, typer.Option(min=2, max=20_000)] = 500,
    seed: Annotated[int, typer.Option(min=0)] = 1,
) -> None:
    """Try a two-stage design before it is used: who goes where, and how well all are measured."""
    import numpy as np

    from ardoise.psychometrics import stages
    from ardoise.psychometrics.bank import read_bank

    try:
        found = stages.simulate(
            _design(design),
            list(read_bank(bank).values()),
            generator=np.random.default_rng(seed),
            replicates=replicates,
        )
    except PsychometricsError as fault:
        raise said.refuse(fault) from fault
    names = [module.name for module in found.design.modules]
    typer.echo("theta   " + "  ".join(f"{name:>10}" for name in names) + "     bias     rmse")
    for row in range(0, len(found.theta), max(1, len(found.theta) // 17)):
        shares = "  ".join(f"{share:10.1%}" for share in found.routing[row])
        typer.echo(
            f"{found.theta[row]:+6.2f}  {shares}  {found.bias[row]:+7.3f}  {found.rmse[row]:7.3f}"
        )
    typer.echo(f"RMSE over the population {found.population_rmse:.4f}")


def _design(path: Path) -> "TwoStage":
    """`router = [...]`, `cuts = [...]`, and `[[modules]]` with `name` and `items`."""
    import tomllib

    from ardoise.psychometrics.stages import Module, TwoStage

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        modules = tuple(Module(one["name"], tuple(one["items"])) for one in table["modules"])
        return TwoStage(tuple(table["router"]), modules, tuple(table["cuts"]))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError, TypeError) as fault:
        raise PsychometricsError(f"{path} cannot be read: {fault}") from fault
    except KeyError as fault:
        raise PsychometricsError(
            f"{path}: {fault} is missing; see docs/psychometrics.md"
        ) from fault


@app.command()
def example(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV to write.")],
    pupils: Annotated[int, typer.Option(min=10, max=1_000_000)] = 5_000,
    items: Annotated[int, typer.Option(min=6, max=200)] = 30,
    seed: Annotated[int, typer.Option(min=0)] = 1,
) -> None:
    """Write simulated responses to try `calibrate` on: two groups, schools, one broken key."""
    import numpy as np

    from ardoise.psychometrics.simulation import Habits, Population, draw_answers, draw_items
    from ardoise.psychometrics.writing import write_answers

    draw = np.random.default_rng(seed)
    drawn = draw_items(items, draw, four=2)
    population = Population(("girls", "boys"), (0.5, 0.5), (0.1, -0.1), (1.0, 1.05), 25)
    answers, _ = draw_answers(
        drawn, pupils, draw, population=population, habits=Habits(omitted=0.03, tired=0.08)
    )
    given = answers.codes[:, 2] < 2
    answers.codes[given, 2] = 1 - answers.codes[given, 2]
    try:
        write_answers(answers, file)
    except PsychometricsError as fault:
        raise said.refuse(fault) from fault
    typer.echo(f"{file}: {pupils} pupils, {items} items; the key of item03 is wrong on purpose")
