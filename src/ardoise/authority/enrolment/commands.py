"""`ardoise authority enrol | cards | kit …`."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from ardoise.authority.default_command import DefaultCommandGroup

if TYPE_CHECKING:
    from ardoise.authority.campaigns.models import Campaign
    from ardoise.authority.enrolment.rules import Progress as Callback
    from ardoise.authority.registry.models import ClassGroup


class _Cards(DefaultCommandGroup):
    """`cards CAMPAIGN --out FILE.pdf` prints; `cards list CAMPAIGN` lists."""

    default = "print"


app = typer.Typer(
    cls=DefaultCommandGroup,
    help="Draw order numbers and codes for the pupils of a roll: enrol CAMPAIGN.",
    no_args_is_help=True,
)
cards_app = typer.Typer(
    cls=_Cards,
    help="Cards with numbers and codes, for the schools: cards CAMPAIGN --out FILE.pdf.",
    no_args_is_help=True,
)
kit_app = typer.Typer(help="The signed kit, for delivery.", no_args_is_help=True)

CampaignId = Annotated[str, typer.Argument(metavar="CAMPAIGN")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
School = Annotated[str | None, typer.Option("--school", help="Only this school, by its UAI.")]
ClassId = Annotated[int | None, typer.Option("--class", help="Only this class, by its identifier.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, max=256, help="Processes to compute with; one a core if not."),
]
Runner = Annotated[
    Path | None,
    typer.Option(
        exists=True, file_okay=False, help="The built runner: its files are listed in the kit."
    ),
]


@app.command("run")
def enrol(
    campaign: CampaignId,
    spares: Annotated[int, typer.Option(help="Spare pupils' seats in each class.")] = 1,
    teachers: Annotated[int, typer.Option(help="Teachers' seats in each class.")] = 1,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Draw what is missing. Safe to stop and to run again: nobody is drawn twice."""
    from ardoise.authority.enrolment import rules
    from ardoise.authority.enrolment.booklets import prepare_booklets

    with _refusals(), _bars("classes", "seats' keys", quiet=as_json) as (classes, keys):
        chosen = _campaign(campaign)
        # First, so that content at fault is found before a card is printed.
        prepare_booklets(chosen)
        drawn = rules.enrol(
            chosen,
            spares_per_class=spares,
            teachers_per_class=teachers,
            progress=classes,
            key_progress=keys,
            workers=workers,
        )
    if as_json:
        _print_json(drawn)
        return
    typer.echo(
        f"{drawn.pupils} pupils, {drawn.teachers} teachers' seats and {drawn.spares} spare seats "
        f"added in {drawn.groups} new groups; {drawn.moved} moved, {drawn.retimed} with other time."
    )


@app.command("time")
def working_time(
    campaign: CampaignId,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV: INE;percent.")],
    shorten: Annotated[
        bool, typer.Option(help="Once the window opened: take time back from pupils who sit.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Grant working time (100 to 400 per cent) from a list, all or nothing; tell delivery."""
    from ardoise.authority.delivery_calls import DeliveryCalls
    from ardoise.authority.enrolment.time_list import FILE_LIMIT, grant_list
    from ardoise.authority.enrolment.working_time import tell_times
    from ardoise.authority.report import print_findings

    with _refusals():
        chosen = _campaign(campaign)
        with file.open("rb") as stream:
            content = stream.read(FILE_LIMIT + 1)
        granted = grant_list(chosen, content, file.name, shorten=shorten)
        if as_json:
            _print_json(granted)
        else:
            print_findings(granted.findings, Console(stderr=True))
        if not granted.accepted:
            raise typer.Exit(2)
        if not as_json:
            typer.echo(f"{granted.changed} changed, {granted.unchanged} as they were")
        with DeliveryCalls.from_settings() as calls:
            told = tell_times(chosen, calls)
        if not as_json:
            typer.echo(f"{told} seats told to delivery")


@cards_app.command("print")
def print_cards(
    campaign: CampaignId,
    out: Annotated[Path, typer.Option(dir_okay=False, help="The PDF to write.")],
    school: School = None,
    class_group: ClassId = None,
) -> None:
    """Write the cards of a campaign, a school or a class as a PDF to cut."""
    from ardoise.authority.enrolment.cards import cards_pdf

    with _refusals():
        chosen = _campaign(campaign)
        pdf = cards_pdf(chosen, _class_groups(chosen, school, class_group))
    _write_secret(out, pdf)
    _warn()


@cards_app.command("list")
def list_codes(
    campaign: CampaignId,
    school: School = None,
    class_group: ClassId = None,
    as_json: Json = False,
) -> None:
    """Print numbers and codes, a line each; with --json one array."""
    from ardoise.authority.enrolment.cards import code_list

    _warn()
    with _refusals():
        chosen = _campaign(campaign)
        lines = code_list(chosen, _class_groups(chosen, school, class_group))
        if as_json:
            _print_array(lines)
            return
        for line in lines:
            kind = "spare" if line.spare else line.role
            place = f"{line.class_group}\t{line.school}\t{line.class_label}"
            typer.echo(f"{place}\t{kind}\t{line.number}\t{line.code}\t{line.name}")


@cards_app.command("replace")
def replace_card(
    campaign: CampaignId,
    pupil: Annotated[str, typer.Argument(help="The pupil's identifier, from `cards list --json`.")],
    spare: Annotated[
        str, typer.Option(prompt="Number on the spare card (none: any)", show_default=False)
    ] = "",
) -> None:
    """A lost card, or a pupil that came unannounced: give a spare seat, void the former one."""
    from ardoise.authority.delivery_calls import DeliveryCalls
    from ardoise.authority.enrolment.replacement import give_spare
    from ardoise.authority.enrolment.sending import tell_voids
    from ardoise.authority.enrolment.working_time import tell_times
    from ardoise.seal import numbers

    with _refusals():
        chosen = _campaign(campaign)
        try:
            number = numbers.parse(spare) if spare else None
        except ValueError as fault:
            raise typer.BadParameter(str(fault)) from fault
        give_spare(chosen, pupil, number=number)
        typer.echo("The pupil has the spare seat; its former card, if any, is void.")
        with DeliveryCalls.from_settings() as calls:
            tell_voids(chosen, calls)
            tell_times(chosen, calls)


@kit_app.command("write")
def write(
    campaign: CampaignId,
    out: Annotated[Path, typer.Option(dir_okay=False, help="The zip file to write.")],
    runner: Runner = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Write a new kit as a file. It holds nothing personal."""
    from django.conf import settings

    from ardoise.authority.enrolment.kit import write_kit
    from ardoise.authority.enrolment.kitfile import verify_kit

    with _refusals():
        chosen = _campaign(campaign)
        with _bars("seats' keys", "seats", "checked", quiet=as_json) as (keys, seats, checked):
            written = write_kit(
                chosen, out, runner=runner, workers=workers, progress=seats, key_progress=keys
            )
            verify_kit(out, settings.KEYRING.public_key(), progress=checked)
    if as_json:
        _print_json({"serial": written.serial, "seats": written.seats, "blobs": len(written.blobs)})
    else:
        typer.echo(f"kit {written.serial}: {written.seats} seats, {len(written.blobs)} blobs")


@kit_app.command("send")
def send(
    campaign: CampaignId,
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A kit written before, or left unsent."),
    ] = None,
    runner: Runner = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Write a new kit and send it, or go on sending a file. Only what is missing travels."""
    from django.conf import settings

    from ardoise.authority.delivery_calls import DeliveryCalls
    from ardoise.authority.enrolment.kit import write_kit
    from ardoise.authority.enrolment.sending import send_kit, tell_voids
    from ardoise.authority.enrolment.working_time import tell_times

    with _refusals():
        chosen = _campaign(campaign)
        kit = file or settings.HOME / f"{chosen.pk}.kit.zip"
        if file is None:
            with _bars("seats' keys", "seats", quiet=as_json) as (keys, seats):
                write_kit(
                    chosen, kit, runner=runner, workers=workers, progress=seats, key_progress=keys
                )
        try:
            with DeliveryCalls.from_settings() as calls:
                with _bars("sent", quiet=as_json) as (sent,):
                    installed = send_kit(kit, calls, campaign=chosen.pk, progress=sent)
                tell_voids(chosen, calls)
                tell_times(chosen, calls)
        except Exception:
            typer.echo(f"Not installed. To go on: kit send {chosen.pk} --file {kit}", err=True)
            raise
        if file is None:
            kit.unlink()
    if as_json:
        _print_json(installed)
    else:
        typer.echo(f"kit {installed.serial} installed: {installed.seats} seats")


def _campaign(campaign: str) -> "Campaign":
    from ardoise.authority.campaigns.models import Campaign

    found = Campaign.objects.filter(pk=campaign).first()
    if found is None:
        raise typer.BadParameter(f"there is no campaign {campaign}")
    return found


def _class_groups(
    campaign: "Campaign", school: str | None, class_group: int | None
) -> "Iterator[ClassGroup]":
    from ardoise.authority.registry.labels import by_label
    from ardoise.authority.registry.models import ClassGroup

    chosen = ClassGroup.objects.filter(campaign=campaign).select_related("school")
    if school is not None:
        chosen = chosen.filter(school_id=school.upper())
    if class_group is not None:
        chosen = chosen.filter(pk=class_group)
    if not chosen.exists():
        raise typer.BadParameter("no class fits: see `cards list`")
    return iter(by_label(chosen))


@contextmanager
def _refusals() -> "Iterator[None]":
    """Expected refusals are a line and exit code 2; anything else is a fault of ours."""
    from ardoise.authority.cores import WorkerLost
    from ardoise.authority.delivery_calls import DeliveryRefusal, DeliveryUnreachable
    from ardoise.authority.enrolment.kitfile import KitFault
    from ardoise.authority.enrolment.rules import EnrolmentRefused
    from ardoise.authority.keyring import CampaignKeyDestroyed
    from ardoise.content.faults import ContentFault

    try:
        yield
    except (
        CampaignKeyDestroyed,
        ContentFault,
        DeliveryRefusal,
        DeliveryUnreachable,
        EnrolmentRefused,
        KitFault,
        OSError,
        WorkerLost,
    ) as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from fault


@contextmanager
def _bars(*what: str, quiet: bool) -> "Iterator[tuple[Callback, ...]]":
    """A bar for each thing that is counted; each shows once it has something to say."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=quiet) as bars:

        def of(task: TaskID) -> "Callback":
            return lambda done, total: bars.update(task, completed=done, total=total, visible=True)

        yield tuple(of(bars.add_task(each, total=None, visible=False)) for each in what)


def _write_secret(out: Path, content: bytes) -> None:
    """A file that only its owner reads."""
    out.touch(mode=0o600)
    out.chmod(0o600)
    out.write_bytes(content)


def _warn() -> None:
    typer.echo("These are names and secrets: hand them over, then delete them.", err=True)


def _print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


def _print_array(values: Iterable[object]) -> None:
    """One JSON array, an element a line, never whole in memory."""
    mark = "["
    for value in values:
        sys.stdout.write(mark + msgspec.json.encode(value).decode())
        mark = ",\n"
    sys.stdout.write("]\n" if mark != "[" else "[]\n")
