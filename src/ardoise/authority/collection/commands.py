"""`ardoise authority collect …` and `… order …`."""

import contextlib
import re
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from ardoise.authority.default_command import DefaultCommandGroup

if TYPE_CHECKING:
    from ardoise.authority.campaigns.models import Campaign
    from ardoise.authority.collection.rules import CollectReport
    from ardoise.authority.collection.storing import Tally
    from ardoise.contract.orders import OrderDone

app = typer.Typer(
    cls=DefaultCommandGroup,
    no_args_is_help=True,
    help="Pull the returns from delivery: `collect CAMPAIGN`. Safe to stop and to repeat.",
)
order_app = typer.Typer(no_args_is_help=True, help="Orders to delivery: open, close, extend, …")

CampaignId = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's identifier.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, max=256, help="Processes to compute with; one a core if not."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]
_INTERVAL = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_console = Console(stderr=True)


@contextlib.contextmanager
def refusals_said() -> Iterator[None]:
    """Known refusals end the command with their message and status 1, without a traceback."""
    from ardoise.authority.collection.rules import CollectionRefused
    from ardoise.authority.collection.strays import StrayRefused
    from ardoise.authority.cores import WorkerLost
    from ardoise.authority.delivery_calls import DeliveryRefusal, DeliveryUnreachable
    from ardoise.authority.enrolment.rules import EnrolmentRefused
    from ardoise.authority.keyring import CampaignKeyDestroyed

    known = (
        CampaignKeyDestroyed,
        CollectionRefused,
        DeliveryRefusal,
        DeliveryUnreachable,
        EnrolmentRefused,
        StrayRefused,
        WorkerLost,
    )
    try:
        yield
    except known as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from refusal


def campaign_named(identifier: str) -> "Campaign":
    """The campaign, or the end of the command with status 2."""
    from ardoise.authority.campaigns.models import Campaign

    campaign = Campaign.objects.filter(pk=identifier).first()
    if campaign is None:
        typer.echo("there is no such campaign: `ardoise authority campaign list`", err=True)
        raise typer.Exit(2)
    return campaign


def interval(text: str) -> float:
    """Seconds of '10s', '500ms', '2m'. Raises typer.BadParameter."""
    match = _INTERVAL.fullmatch(text.strip())
    if match is None or float(match[1]) == 0:
        raise typer.BadParameter("an interval is a number and a unit: 10s, 500ms, 2m")
    return float(match[1]) * _UNITS[match[2] or "s"]


@contextlib.contextmanager
def stopped_by_signal() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set, so that a run ends between two transactions."""
    stop = threading.Event()

    def ask(_signal: int, _frame: object) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@app.command("run")
def run(
    campaign: CampaignId,
    every: Annotated[
        str, typer.Option(help="Keep pulling at this interval until the window has closed: 10s.")
    ] = "",
    retry: Annotated[
        bool, typer.Option("--retry", help="First try what did not open once more.")
    ] = False,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Pull what is new; exit 3 if delivery has ended and something is missing.

    With --every, one report is printed at the end: when window and grace are over, or at SIGTERM.
    """
    from ardoise.authority.collection.rules import (
        CollectReport,
        collect,
        merged,
        retry_unopened,
        still_to_come,
    )
    from ardoise.authority.delivery_calls import DeliveryCalls, DeliveryUnreachable

    chosen = campaign_named(campaign)
    pause = interval(every) if every else None
    total = CollectReport(chosen.pk)
    with refusals_said(), stopped_by_signal() as stop, DeliveryCalls.from_settings() as calls:
        if retry:
            total = merged(total, retry_unopened(chosen, workers=workers))
        while True:
            try:
                with _shown("records", quiet=json) as shown:
                    announce = _records_of(still_to_come(chosen, calls), shown)
                    report = collect(
                        chosen, calls, stop=stop.is_set, announce=announce, workers=workers
                    )
            except DeliveryUnreachable as cut:
                if pause is None:
                    raise
                typer.echo(f"{cut} Trying again in {every}.", err=True)
            else:
                total = merged(total, report)
                if pause is None or (report.ended and not report.behind):
                    break
            if stop.wait(pause or 0):
                break
    _say(total, json=json)
    if total.mismatches:
        raise typer.Exit(3)


@app.command("file")
def from_file(
    campaign: CampaignId,
    file: Annotated[Path, typer.Argument(dir_okay=False, exists=True)],
    last: Annotated[
        bool, typer.Option("--last", help="The window has closed and this is all of it.")
    ] = False,
    workers: Workers = None,
    json: Json = False,
) -> None:
    """Take in returns that delivery wrote to a file (air gap)."""
    from ardoise.authority.collection.files import declare_complete, read_file

    chosen = campaign_named(campaign)
    with refusals_said():
        with _shown("KiB", quiet=json) as shown:
            report = read_file(
                chosen,
                file,
                workers=workers,
                progress=lambda done, size: shown(done >> 10, size >> 10),
            )
        if last:
            report = declare_complete(chosen, report)
        _say(report, json=json)


@app.command("rescue")
def from_rescue_file(
    campaign: CampaignId,
    file: Annotated[Path, typer.Argument(dir_okay=False, exists=True)],
    json: Json = False,
) -> None:
    """Take in a rescue file of the runner: what is new in it becomes strays to decide."""
    from ardoise.authority.collection.files import RESCUE_LIMIT, rescue

    chosen = campaign_named(campaign)
    with refusals_said(), file.open("rb") as source:
        report = rescue(chosen, source.read(RESCUE_LIMIT + 1))
    if json:
        typer.echo(msgspec.json.encode(report))
        return
    typer.echo(f"{report.strays} new strays to decide, {report.known} known already")
    _say_reasons(report.refused)


@app.command("strays")
def strays(
    campaign: CampaignId,
    use: Annotated[int | None, typer.Option(help="Make this stray the sheet.")] = None,
    set_aside: Annotated[int | None, typer.Option(help="Set this stray aside.")] = None,
    identical: Annotated[
        bool, typer.Option("--identical", help="Set aside all that say nothing new.")
    ] = False,
    json: Json = False,
) -> None:
    """List the strays to decide, or decide one."""
    from django.conf import settings

    from ardoise.authority.collection.strays import set_aside_identical, stray_lines

    chosen = campaign_named(campaign)
    with refusals_said():
        key = settings.KEYRING.campaign_key(chosen.pk)
        if identical:
            count = set_aside_identical(chosen, by="command line", key=key)
            typer.echo(f"{count} strays set aside: they said nothing else than the sheet", err=True)
        if use is not None:
            _decide(chosen, use, "use")
        if set_aside is not None:
            _decide(chosen, set_aside, "set-aside")
        lines = stray_lines(chosen, key)
    if json:
        typer.echo(msgspec.json.encode(lines))
        return
    for line in lines:
        typer.echo(
            f"{line.id}\t{line.part}\t{line.reason.value}\t{line.received_at:%Y-%m-%d %H:%M:%S}\t"
            f"{line.differs} items differ\t→ {line.suggestion}"
        )


def _decide(campaign: "Campaign", stray_id: int, choice: Any) -> None:
    from django.conf import settings

    from ardoise.authority.collection.models import Stray
    from ardoise.authority.collection.strays import decide_stray

    stray = Stray.objects.filter(campaign=campaign, pk=stray_id).first()
    if stray is None:
        typer.echo("there is no such stray", err=True)
        raise typer.Exit(2)
    key = settings.KEYRING.campaign_key(campaign.pk)
    decide_stray(stray, choice, by="command line", key=key)


@order_app.command("open")
def order_open(campaign: CampaignId) -> None:
    """Open the window now."""
    from ardoise.authority.collection.orders import open_window

    _order(campaign, open_window)


@order_app.command("close")
def order_close(campaign: CampaignId) -> None:
    """Close the window now."""
    from ardoise.authority.collection.orders import close_window

    _order(campaign, close_window)


@order_app.command("extend")
def order_extend(
    campaign: CampaignId,
    until: Annotated[
        datetime, typer.Argument(formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"])
    ],
) -> None:
    """Move the window's end, in the authority's own time zone."""
    from django.utils.timezone import make_aware

    from ardoise.authority.collection.orders import extend_window

    _order(campaign, lambda chosen, calls: extend_window(chosen, make_aware(until), calls))


@order_app.command("void-seat")
def order_void_seat(
    campaign: CampaignId,
    number: Annotated[str, typer.Option(prompt="Order number", help="Asked for if not given.")],
) -> None:
    """A lost card: the seat can no longer log in. Its sheets stay."""
    from ardoise.authority.delivery_calls import DeliveryCalls
    from ardoise.authority.enrolment.replacement import void_seat
    from ardoise.authority.enrolment.sending import tell_voids

    chosen = campaign_named(campaign)
    parsed = _number(number)
    with refusals_said(), DeliveryCalls.from_settings() as calls:
        void_seat(chosen, parsed)
        typer.echo(f"{tell_voids(chosen, calls)} voided seats told to delivery")


@order_app.command("grant-time")
def order_grant_time(
    campaign: CampaignId,
    minutes: Annotated[int, typer.Argument(min=1, max=600)],
    number: Annotated[str, typer.Option(prompt="Order number", help="Asked for if not given.")],
) -> None:
    """More working time for one seat in the parts that it has open."""
    from ardoise.authority.collection.orders import grant_time

    parsed = _number(number)
    _order(campaign, lambda chosen, calls: grant_time(chosen, parsed, 60 * minutes, calls))


def _number(text: str) -> str:
    from ardoise.seal.numbers import parse

    try:
        return parse(text)
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from fault


def _order(campaign: str, send: "Callable[..., OrderDone]") -> None:
    from ardoise.authority.delivery_calls import DeliveryCalls
    from ardoise.clock import from_milliseconds

    chosen = campaign_named(campaign)
    with refusals_said(), DeliveryCalls.from_settings() as calls:
        done = send(chosen, calls)
    window = " – ".join(
        f"{from_milliseconds(moment).astimezone():%Y-%m-%d %H:%M:%S}"
        for moment in (done.opens_ms, done.closes_ms)
    )
    typer.echo(f"delivery: {done.state}; window {window}; campaign: {chosen.state}")


@contextlib.contextmanager
def _shown(what: str, *, quiet: bool) -> "Iterator[Callable[[int, int], None]]":
    """A bar with an estimate, once there is something to show: done, and of how much."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    live = _console.is_terminal and not quiet
    with Progress(*columns, TimeRemainingColumn(), console=_console, disable=not live) as bar:
        task = bar.add_task(what, total=None, visible=False)
        yield lambda done, of: bar.update(task, completed=done, total=of, visible=True)


def _records_of(expected: int, shown: Callable[[int, int], None]) -> "Callable[[Tally], None]":
    return lambda tally: shown(tally.read, max(tally.read, expected))


def _say(report: "CollectReport", *, json: bool) -> None:
    if json:
        typer.echo(msgspec.json.encode(report))
        return
    typer.echo(
        f"{report.read} records read up to {report.last_seq}: {report.sheets} sheets new or newer, "
        f"{report.strays} strays, {report.unchanged} known already; campaign {report.state}"
    )
    _say_reasons(report.unopened)
    for mismatch in report.mismatches:
        typer.echo(f"MISMATCH: {mismatch}", err=True)


def _say_reasons(unopened: dict[str, int]) -> None:
    for why, count in unopened.items():
        typer.echo(f"{count} did not open: {why}", err=True)
