"""`ardoise authority roll …`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from ardoise.authority.report import print_findings
from ardoise.clock import system_clock

if TYPE_CHECKING:
    from ardoise.authority.campaigns.models import Campaign
    from ardoise.authority.registry.rules import ImportReport

app = typer.Typer(no_args_is_help=True, help="Import pupils and schools.")
BY = "command-line"
"""Who imports, in the log, where nobody has logged in."""

Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)]
CampaignOption = Annotated[str, typer.Option("--campaign", help="The campaign's identifier.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON report a line.")]


@app.command("import")
def import_files(
    files: Files,
    campaign: CampaignOption,
    school: Annotated[
        str | None,
        typer.Option(help="The school's UAI (ONDE), unless the file's name holds it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Import rolls: ONDE's CSV or SIECLE's XML, plain or zipped. Exit code 2 if one is refused."""
    from ardoise.authority.registry.identifiers import uai_in
    from ardoise.authority.registry.rules import import_roll

    target = _campaign(campaign)
    reports = []
    console = Console(stderr=True)
    for file in files:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("…", total=None)

            def show(done: int, total: int, bar: Progress = bar, task: int = task) -> None:
                bar.update(task, completed=done, total=total)  # type: ignore[arg-type]

            report = import_roll(
                target,
                _bytes(file),
                file.name,
                uai=school or uai_in(file.name),
                by=BY,
                clock=system_clock,
                progress=show,
            )
        _print(report, as_json=as_json)
        reports.append(report)
    if not all(report.accepted for report in reports):
        raise typer.Exit(2)


@app.command("schools")
def import_school_list(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    campaign: CampaignOption,
    as_json: Json = False,
) -> None:
    """Import names and communes of schools: uai;name;commune;department;academy;sector."""
    from ardoise.authority.registry.rules import import_schools

    report = import_schools(_campaign(campaign), _bytes(file), file.name, by=BY, clock=system_clock)
    _print(report, as_json=as_json)
    if not report.accepted:
        raise typer.Exit(2)


def _campaign(identifier: str) -> "Campaign":
    from ardoise.authority.campaigns.models import Campaign

    campaign = Campaign.objects.filter(pk=identifier).first()
    if campaign is None:
        typer.echo(f"no campaign {identifier}: `ardoise authority campaign list`", err=True)
        raise typer.Exit(2)
    return campaign


def _bytes(file: Path) -> bytes:
    """The file, or just enough of it to be refused as too large."""
    from ardoise.authority.registry.roll import FILE_LIMIT

    with file.open("rb") as stream:
        return stream.read(FILE_LIMIT + 1)


def _print(report: "ImportReport", *, as_json: bool) -> None:
    import msgspec

    if as_json:
        typer.echo(msgspec.json.encode(report).decode())
        return
    print_findings(report.findings, Console(stderr=True))
    word = "importé" if report.accepted else "refusé, rien n’a changé"
    skipped = sum(report.skipped.values())
    typer.echo(
        f"{report.filename} {report.uai or ''} : {word} ; {report.added} ajoutés, "
        f"{report.changed} modifiés, {report.unchanged} inchangés, {report.left} partis, "
        f"{skipped} hors du niveau ou sans classe."
    )
