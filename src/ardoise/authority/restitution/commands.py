"""`results`: what the pages of a large campaign need made beforehand."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

app = typer.Typer(help="Results as files, and what their pages compare with.", no_args_is_help=True)


@app.callback()
def _results() -> None:
    """Results as files, and what their pages compare with."""


@app.command()
def qti(
    campaign: Annotated[str, typer.Argument(help="The campaign's identifier.")],
    out: Annotated[Path, typer.Option(help="A new folder, or a new file ending on .zip")],
) -> None:
    """Write results as QTI 3 Results Reporting XML: a document a sheet, by order number only."""
    from ardoise.authority.campaigns.models import Campaign
    from ardoise.authority.keyring import CampaignKeyDestroyed
    from ardoise.authority.marking import reports
    from ardoise.content.faults import ContentFault

    found = Campaign.objects.filter(pk=campaign).first()
    if found is None:
        typer.echo(f"no campaign {campaign}: see `campaign list`", err=True)
        raise typer.Exit(1)
    try:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("sheets", total=reports.marked_sheets(found))
            count = reports.write(found, out, announce=lambda n: progress.update(task, completed=n))
    except FileExistsError as fault:
        typer.echo(f"{out} exists: name a new folder or file", err=True)
        raise typer.Exit(1) from fault
    except (CampaignKeyDestroyed, ContentFault, OSError) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from fault
    typer.echo(f"{count} documents in {out}")


@app.command()
def summarise(
    campaign: Annotated[str, typer.Argument(help="The campaign's identifier.")],
) -> None:
    """Make the campaign's means again, after marking. Small campaigns do so by themselves."""
    from ardoise.authority.campaigns.models import Campaign
    from ardoise.authority.keyring import CampaignKeyDestroyed
    from ardoise.authority.registry.models import Pupil
    from ardoise.authority.restitution.summaries import refresh

    found = Campaign.objects.filter(pk=campaign).first()
    if found is None:
        typer.echo(f"no campaign {campaign}: see `campaign list`", err=True)
        raise typer.Exit(1)
    try:
        with Progress(transient=True) as progress:
            total = Pupil.objects.filter(campaign=found, left=False).count()
            task = progress.add_task("pupils", total=total)
            totals = refresh(found, announce=lambda n: progress.advance(task, n))
    except CampaignKeyDestroyed as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from fault
    for domain, held in totals.items():
        mean = f"{held.score / held.n:.2f}" if held.n else "–"
        typer.echo(f"{domain}\t{held.n}\t{mean}")
