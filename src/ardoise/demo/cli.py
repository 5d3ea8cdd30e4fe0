"""`ardoise demo`: the whole system on this machine; `--once` runs a campaign without a person."""

import contextlib
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from ardoise.demo import campaigns, once, people, state
from ardoise.demo.processes import DemoFault, Finished, free_port
from ardoise.demo.zones import Zones
from ardoise.seal import codes, numbers

app = typer.Typer(invoke_without_command=True)
console = Console()

_REPOSITORY = Path(__file__).parents[3]
COLLECT_EVERY_S = 20.0


@app.callback(invoke_without_command=True)
def demo(
    root: Annotated[Path, typer.Option("--dir", help="Where the two zones live.")] = Path(".demo"),
    run_once: Annotated[
        bool, typer.Option("--once", help="A whole campaign without a person, closing included.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="--once: where the JSON report goes.")] = None,
    fresh: Annotated[bool, typer.Option(help="Start over.")] = False,
    examples: Annotated[Path, typer.Option(help="Campaigns to run.")] = _REPOSITORY / "examples",
    runner: Annotated[Path, typer.Option(help="The built runner.")] = _REPOSITORY
    / "runner"
    / "dist",
) -> None:
    """Start both zones, run a campaign up to the open window, and say where to go."""
    if not (runner / "index.html").exists():
        _stop(f"The runner is not built ({runner}): run `make demo`, which builds it.")
    try:
        with _stopped_politely():
            if run_once:
                _once(examples, runner, report)
            else:
                _stay(root, examples, runner, fresh=fresh)
    except DemoFault as fault:
        _stop(str(fault))


def _once(examples: Path, runner: Path, report: Path | None) -> None:
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), console=Console(stderr=True)
    ) as progress:
        task = progress.add_task("starting")
        result = once.run(
            campaigns.examples(examples),
            runner,
            say=lambda text: progress.update(task, description=text),
        )
    if report is not None:
        report.write_bytes(result.encoded())
    for line in result.differences:
        typer.echo(f"does not reconcile: {line}", err=True)
    typer.echo(result.summary())
    if result.differences:
        raise typer.Exit(1)


def _stay(root: Path, examples: Path, runner: Path, *, fresh: bool) -> None:
    if fresh and root.exists():
        shutil.rmtree(root)
    known = state.load(root)
    if known is None and root.exists():
        # A first start that was interrupted: its half-made campaigns are of no use to anyone.
        shutil.rmtree(root)
    ports = (known.authority_port, known.delivery_port) if known else (8000, 8001)
    zones = Zones(root, runner, free_port(ports[0]), free_port(ports[1]))
    if known and (zones.authority_port, zones.delivery_port) != ports:
        raise DemoFault(
            f"Ports {ports[0]} and {ports[1]} are taken, and the printed cards name them: "
            "stop what listens there (another demo?), or `make demo-fresh`."
        )
    listed = campaigns.examples(examples)
    if known is None:
        with console.status("Making keys and databases of both zones"):
            zones.make()
    else:
        zones.office("migrate")
    with zones.running():
        if known is None:
            known = _prepare(zones, listed)
        _show(zones, known)
        _live(zones, listed, known)


def _prepare(zones: Zones, listed: list[campaigns.Example]) -> state.DemoState:
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("Preparing", total=sum(7 + len(each.rolls) for each in listed))

        def step(name: str, _: Finished) -> None:
            progress.update(task, advance=1, description=name)

        for example in listed:
            campaigns.prepare(zones, example, step)
        known = people.settle_in(zones, listed)
    state.save(zones.root, known)
    return known


def _show(zones: Zones, known: state.DemoState) -> None:
    """Addresses, logins, cards: short lines that survive a narrow terminal."""
    pages = Table("login", "password", "who, and what they see", box=None, pad_edge=False)
    for login in known.logins:
        pages.add_row(login.login, login.password, f"{login.role}: {login.sees}")
    console.print(f"\n[bold]The office[/]  {zones.authority_url}")
    console.print(pages)
    for campaign in dict.fromkeys(card.campaign for card in known.cards):
        cards = Table("order number", "code", "free for you", box=None, pad_edge=False)
        for card in known.cards:
            if card.campaign == campaign:
                cards.add_row(numbers.shown(card.number), codes.shown(card.code), card.purpose)
        console.print(f"\n[bold]The classroom[/]  {zones.delivery_url}/#{campaign}")
        console.print(cards)
    console.print("\n[bold]Cards to print[/]")
    for path in known.documents:
        console.print(f"  {path}")
    console.print("\nCtrl-C stops both zones; `make demo` goes on from here.\n", style="dim")


def _live(zones: Zones, listed: list[campaigns.Example], known: state.DemoState) -> None:
    """Simulated people answer; the office collects and marks; until somebody presses Ctrl-C."""
    over = threading.Event()
    crowd = threading.Thread(target=people.answer, args=(zones, listed, known, over), daemon=True)
    crowd.start()
    try:
        with console.status("") as status:
            while True:
                crowd_done = not crowd.is_alive()
                counts = people.collect(zones, listed)
                doing = "all simulated pupils are through" if crowd_done else "pupils are answering"
                status.update(f"{doing}; {counts}")
                over.wait(COLLECT_EVERY_S)
    finally:
        over.set()
        crowd.join(5)


@contextlib.contextmanager
def _stopped_politely() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the demo with both zones stopped and nothing else to say."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        console.print("\nBoth zones are stopped.")
        raise typer.Exit(0) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(text: str) -> None:
    typer.echo(text, err=True)
    raise typer.Exit(1)
