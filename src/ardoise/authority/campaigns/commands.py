"""`ardoise authority campaign …`."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from ardoise.authority.findings import Finding
from ardoise.authority.report import print_findings
from ardoise.clock import system_clock

if TYPE_CHECKING:
    from ardoise.authority.campaigns.file import CampaignFile
    from ardoise.authority.campaigns.packages import LoadedPackage

app = typer.Typer(no_args_is_help=True, help="Check, create and list campaigns.")
_AFTER = re.compile(r"\+(\d{1,5})(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

FileArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="campaign.toml")]


@app.command()
def check(file: FileArgument) -> None:
    """Check a campaign file and the content it names. Exit code 2 if it cannot be used."""
    campaign, packages, findings = _loaded(file)
    print_findings(findings, Console())
    items = sum(len(package.items) for package in packages.values())
    typer.echo(
        f"{campaign.id} : {len(campaign.parts)} parties, {items} items, "
        f"{len(campaign.domains)} domaines."
    )


@app.command()
def create(
    file: FileArgument,
    opens: Annotated[
        str | None, typer.Option(help="Instead of the file's: ISO 8601 with offset, or 'now'.")
    ] = None,
    closes: Annotated[
        str | None, typer.Option(help="Instead of the file's: ISO 8601, or '+8h' from opening.")
    ] = None,
) -> None:
    """Store a campaign as a draft, with its content, and draw its key."""
    from django.conf import settings

    from ardoise.authority.campaigns.file import CampaignFault
    from ardoise.authority.campaigns.rules import create_campaign

    parsed, packages, findings = _loaded(file)
    print_findings(findings, Console(stderr=True))
    opening = _moment(opens, parsed.opens) if opens else parsed.opens
    closing = _moment(closes, opening) if closes else parsed.closes
    try:
        campaign = create_campaign(
            parsed,
            packages,
            keyring=settings.KEYRING,
            clock=system_clock,
            opens=opening,
            closes=closing,
        )
    except CampaignFault as fault:
        _refuse(fault.findings)
    typer.echo(campaign.pk)


@app.command("list")
def list_campaigns() -> None:
    """List the campaigns: identifier, state, window, title."""
    from ardoise.authority.campaigns.models import Campaign

    for each in Campaign.objects.all():
        window = f"{each.opens_at:%Y-%m-%d %H:%M}/{each.closes_at:%Y-%m-%d %H:%M} UTC"
        typer.echo(f"{each.pk}\t{each.state}\t{window}\t{each.title}")


def _loaded(
    file: Path,
) -> "tuple[CampaignFile, dict[str, LoadedPackage], tuple[Finding, ...]]":
    from ardoise.authority.campaigns.file import SIZE_LIMIT, CampaignFault, parse_campaign
    from ardoise.authority.campaigns.packages import load_packages

    try:
        with file.open("rb") as stream:
            parsed = parse_campaign(stream.read(SIZE_LIMIT + 1), filename=file.name)
        packages, findings = load_packages(parsed, file.parent)
    except CampaignFault as fault:
        _refuse(fault.findings)
    return parsed, packages, findings


def _refuse(findings: tuple[Finding, ...]) -> NoReturn:
    print_findings(findings, Console(stderr=True))
    raise typer.Exit(2)


def _moment(text: str, start: datetime) -> datetime:
    """ISO 8601 with an offset, `now`, or `+8h` after `start`."""
    if text == "now":
        return system_clock()
    if after := _AFTER.fullmatch(text):
        return start + timedelta(**{_UNITS[after.group(2)]: int(after.group(1))})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise typer.BadParameter(f"{text!r}: give ISO 8601, 'now' or '+8h'") from fault
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} needs its offset, as in 2026-11-23T07:00:00+01:00")
    return moment
