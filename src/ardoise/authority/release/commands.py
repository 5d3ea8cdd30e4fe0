"""`ardoise authority release PLAN.toml --campaign CAMPAIGN --out FOLDER`, and what follows it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ardoise.authority.default_command import DefaultCommandGroup

if TYPE_CHECKING:
    from ardoise.authority.release.models import Release

app = typer.Typer(
    cls=DefaultCommandGroup,
    no_args_is_help=True,
    help="Judge a plan: `release PLAN.toml --campaign CAMPAIGN --out FOLDER`. Two officers confirm "
    "it on the campaign's pages; then `release write ID --out FOLDER`.",
)
_console = Console(stderr=True)
_screen = Console()
COMMAND_LINE = "command-line"
Named = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's identifier.")]
Language = Annotated[str, typer.Option(help="Of the report: fr or en; else the plan's.")]


@app.command("run")
def run(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.toml", exists=True, dir_okay=False)],
    campaign: Annotated[str, typer.Option(help="The campaign's identifier.")],
    out: Annotated[Path, typer.Option(help="Where the report goes: a new folder.")],
    language: Language = "",
    json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Make and judge everything, keep it sealed, write the report. Exit 1: it may not leave."""
    import msgspec

    from ardoise.authority.collection.commands import campaign_named
    from ardoise.authority.release.report import folder_of
    from ardoise.authority.release.rules import propose, record_of
    from ardoise.disclosure_cli import show_verdict

    chosen = campaign_named(campaign)
    with _faults():
        _refuse_existing(out)
        text = plan.read_text("utf-8")
        with _progress() as tick:
            row = propose(chosen, text, name=plan.name, by=COMMAND_LINE, progress=tick)
        record = record_of(row)
        _write(out, folder_of(row, _language(language, text)))
    if json:
        typer.echo(msgspec.json.encode({"id": row.pk, "verdict": record.verdict}))
    else:
        show_verdict(record.verdict, _screen)
        typer.echo(f"release {row.pk}: {row.state}; report in {out}", err=True)
        if record.verdict.passed:
            typer.echo("two officers now confirm it on the campaign's pages", err=True)
    raise typer.Exit(0 if record.verdict.passed else 1)


@app.command("write")
def write(
    release: Annotated[str, typer.Argument(metavar="ID", help="As `release list` prints it.")],
    out: Annotated[Path, typer.Option(help="A new folder.")],
    language: Language = "",
) -> None:
    """Write the files of a release that two officers confirmed, and its report."""
    from ardoise.authority.release.report import folder_of
    from ardoise.authority.release.rules import files_of, record_of

    row = _release(release)
    with _faults():
        _refuse_existing(out)
        files = files_of(row, by=COMMAND_LINE)
        _write(out, files | folder_of(row, _language(language, record_of(row).plan)))
    for name, content in files.items():
        typer.echo(f"{len(content):>12,}  {name}")


@app.command("list")
def list_(campaign: Named) -> None:
    """A campaign's releases, newest first: identifier, state, who decided."""
    from ardoise.authority.collection.commands import campaign_named

    for row in campaign_named(campaign).releases.all():
        said = ", ".join(
            f"{one.login} {'yes' if one.confirmed else 'no'}" for one in row.decisions.all()
        )
        typer.echo(f"{row.pk}  {row.proposed_at:%Y-%m-%d %H:%M}  {row.state:9} {row.name}  {said}")


@app.command("columns")
def columns(campaign: Named) -> None:
    """What a plan may name: each column and its kind."""
    from ardoise.authority.collection.commands import campaign_named
    from ardoise.authority.release.frame import schema_of

    for column, kind in schema_of(campaign_named(campaign)).items():
        typer.echo(f"{column}\t{kind}")


@app.command("budget")
def budget(
    campaign: Named,
    epsilon: Annotated[str, typer.Argument(help="ε that noisy figures may cost; none: show.")] = "",
    reason: Annotated[str, typer.Option(help="Why a budget that was set is changed.")] = "",
) -> None:
    """Set a campaign's privacy budget, once; show what is left of it."""
    from ardoise.authority.collection.commands import campaign_named
    from ardoise.authority.release.budget import ledger_of, set_budget
    from ardoise.authority.release.rules import plain, record_act

    chosen = campaign_named(campaign)
    with _faults():
        if epsilon:
            row = set_budget(chosen, epsilon, by=COMMAND_LINE, reason=reason)
            record_act(chosen, COMMAND_LINE, "release-budget", plain(row.epsilon), at=row.at)
        ledger = ledger_of(chosen)
    typer.echo(f"budget {plain(ledger.budget)}, left {plain(ledger.left)}")
    for entry in ledger.entries:
        typer.echo(f"  {plain(entry.epsilon)}  {entry.purpose}")


def _release(identifier: str) -> "Release":
    from ardoise.authority.release.models import Release

    row = Release.objects.filter(pk=identifier).first()
    if row is None:
        typer.echo("there is no such release: `ardoise authority release list CAMPAIGN`", err=True)
        raise typer.Exit(2)
    return row


def _language(said: str, plan: str) -> Literal["fr", "en"]:
    from ardoise.disclosure.release import read_plan

    if said not in ("", "fr", "en"):
        raise typer.BadParameter("--language is fr or en")
    return cast(Literal["fr", "en"], said) or read_plan(plan, name="plan.toml").language


def _refuse_existing(out: Path) -> None:
    """Before the work, not after."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(f"{out} exists: name a new folder")


def _write(out: Path, files: dict[str, bytes]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        beside = out / f"{name}.part"
        beside.write_bytes(content)
        beside.replace(out / name)


@contextmanager
def _faults() -> Iterator[None]:
    """What cannot be done ends with 2 and its message."""
    from ardoise.authority.keyring import CampaignKeyDestroyed
    from ardoise.authority.release.bundle import BundleChanged
    from ardoise.authority.release.rules import ReleaseRefused
    from ardoise.disclosure.faults import DisclosureFault

    try:
        yield
    except (
        DisclosureFault, ReleaseRefused, BundleChanged, CampaignKeyDestroyed, OSError, UnicodeError,
    ) as fault:  # fmt: skip
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from fault


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    bars = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    quiet = not _console.is_terminal
    with Progress(*bars, console=_console, transient=True, disable=quiet) as bar:
        task = bar.add_task("…", total=None)
        yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of)
