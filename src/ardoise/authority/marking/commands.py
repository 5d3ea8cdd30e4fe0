"""`ardoise authority mark CAMPAIGN`."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from ardoise.authority.default_command import DefaultCommandGroup

app = typer.Typer(
    cls=DefaultCommandGroup,
    no_args_is_help=True,
    help="Score what was collected: `mark CAMPAIGN`. Only what is new or changed is marked.",
)
_console = Console(stderr=True)


@app.command("run")
def run(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's identifier.")],
    again: Annotated[
        bool, typer.Option("--again", help="Forget earlier scores and mark everything.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Mark every sheet that is new or changed; a collected campaign becomes reported."""
    from ardoise.authority.collection.commands import campaign_named
    from ardoise.authority.keyring import CampaignKeyDestroyed
    from ardoise.authority.marking.rules import mark_campaign
    from ardoise.content.faults import ContentFault

    chosen = campaign_named(campaign)
    hidden = json or not _console.is_terminal
    with Progress(console=_console, transient=True, disable=hidden) as bar:
        task = bar.add_task("Marking …", total=None)
        try:
            report = mark_campaign(
                chosen,
                again=again,
                announce=lambda done, total: bar.update(task, completed=done, total=total),
            )
        except (CampaignKeyDestroyed, ContentFault) as refusal:
            typer.echo(str(refusal), err=True)
            raise typer.Exit(1) from refusal
    if json:
        typer.echo(msgspec.json.encode(report))
        return
    typer.echo(
        f"{report.sheets} sheets marked, {report.unchanged} unchanged; {report.responses} answers, "
        f"{report.scored} distinct ones scored now, {report.unrated} for raters; "
        f"campaign {report.state}"
    )
    for part in report.without_outcomes:
        typer.echo(f"no test outcomes: {part}", err=True)
    if report.detours:
        typer.echo(
            f"{report.detours} sheets went another way through the test than their answers lead "
            "to: what they left out counts as not given. Only an altered runner or sheet does "
            "that.",
            err=True,
        )
    if report.odd:
        typer.echo(
            f"{report.odd} answers hold values that the booklet does not offer: they were not "
            "counted. Only an altered runner or sheet does that.",
            err=True,
        )
