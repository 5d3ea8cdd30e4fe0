"""`ardoise bench delivery`: a rehearsal from the command line."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ardoise.bench import consent, page
from ardoise.bench.conductor import Conduct, RunFault
from ardoise.bench.conductor import Progress as Stand
from ardoise.bench.consent import NotAllowed
from ardoise.bench.exchange import Exchange, ExchangeFault
from ardoise.bench.live import View
from ardoise.bench.profiles import PROFILES, Profile, ProfileFault
from ardoise.bench.rehearsing import Plan, drawn, rehearse
from ardoise.bench.report import Report
from ardoise.bench.signers import KeySigner, OfficeSigner, Signer, SignerFault
from ardoise.bench.watching import Load
from ardoise.bench.wire import Target, TargetFault
from ardoise.contract.rehearsal import PREFIX

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console(stderr=True)

HERE = "http://127.0.0.1:8001"
_FAULTS = (NotAllowed, ProfileFault, TargetFault, SignerFault, ExchangeFault, RunFault)

Url = Annotated[str, typer.Option(help="The delivery: scheme, name, port.")]
Allow = Annotated[
    list[str] | None,
    typer.Option(help="An address beyond this machine that may be loaded, word for word."),
]
Authority = Annotated[
    Path | None,
    typer.Option(help="The office's folder: its own process signs, for rehearsals alone."),
]
SigningKey = Annotated[
    Path | None,
    typer.Option(help="Instead: a file with the signing key of a delivery set up for tests."),
]
Ca = Annotated[Path | None, typer.Option(help="Certificates to trust (PEM), if not the system's.")]


@app.callback()
def bench() -> None:
    """Rehearse: play a campaign's pupils against a delivery, and compare what came back."""


@app.command()
def delivery(
    url: Annotated[
        list[str] | None,
        typer.Option(help="What to load: scheme, name, port. Several: nodes without a proxy."),
    ] = None,
    exchange: Annotated[
        str | None, typer.Option(help="Where the authority's requests go, if not to --url.")
    ] = None,
    allow: Allow = None,
    authority: Authority = None,
    signing_key: SigningKey = None,
    ca: Ca = None,
    profile: Annotated[str, typer.Option(help=f"One of {', '.join(PROFILES)}.")] = "sixth-grade",
    pupils: Annotated[int | None, typer.Option(help="How many seats are played.")] = None,
    connections: Annotated[
        int | None, typer.Option(help="paced, idle, logins: how many, if fewer than pupils.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(help="paced, idle: saves, logins: logins a second, in all.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="How long, before --pace.")] = None,
    pace: Annotated[
        float, typer.Option(min=0.1, max=100, help="Play that many times as fast.")
    ] = 1.0,
    handshakes: Annotated[bool, typer.Option(help="logins: each on a new connection.")] = False,
    resume: Annotated[
        bool, typer.Option(help="TLS: resume sessions, as returning browsers do.")
    ] = False,
    generators: Annotated[
        int, typer.Option(min=0, max=64, help="Processes that play; 0: as many as needed.")
    ] = 0,
    watch: Annotated[
        list[int] | None,
        typer.Option(help="A process (and its children) whose CPU and memory to watch too."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Where the report goes: NAME.json and NAME.html.")
    ] = None,
    keep: Annotated[bool, typer.Option(help="Do not purge the campaign afterwards.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Play pupils against a delivery and prove that no acknowledged answer was lost."""
    with _said():
        targets = tuple(Target.parse(each) for each in url or (HERE,))
        orders = Target.parse(exchange) if exchange else targets[0]
        for target in (*targets, orders):
            consent.want_consent(target, tuple(allow or ()))
        wanted = _profile(
            profile, pupils=pupils, connections=connections, rate=rate, minutes=minutes,
            handshakes=handshakes or None,
        ).paced(pace)  # fmt: skip
        wanted.check()
        with _signer(authority, signing_key) as signer:
            plan = Plan(
                targets, signer, wanted, ca, resume, generators, orders, keep, tuple(watch or ())
            )
            found = _rehearse(plan, ask=not yes)
    if report is not None:
        _write(found, report)
    for sentence in found.verdict:
        typer.echo(sentence)
    if not found.sound or found.interrupted:
        raise typer.Exit(1)


@app.command()
def purge(
    campaign: Annotated[str, typer.Argument(help="A rehearsal that was left behind.")],
    url: Url = HERE,
    authority: Authority = None,
    signing_key: SigningKey = None,
    ca: Ca = None,
) -> None:
    """Close and purge a rehearsal that was kept, or whose run was killed."""
    with _said():
        if not campaign.startswith(PREFIX):
            raise NotAllowed(f"only rehearsals ({PREFIX}…) are purged here")
        with _signer(authority, signing_key) as signer:
            done = Exchange(Target.parse(url), signer, ca).purge(campaign)
    typer.echo("purged" if done else "delivery holds no such campaign")


@contextlib.contextmanager
def _said() -> Iterator[None]:
    """Known faults end the command with their message and status 2."""
    try:
        yield
    except _FAULTS as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from None


@contextlib.contextmanager
def _signer(authority: Path | None, signing_key: Path | None) -> Iterator[Signer]:
    if (authority is None) == (signing_key is None):
        raise SignerFault(
            "a rehearsal is a campaign, and needs its authority: give --authority FOLDER "
            "(or --signing-key FILE for a delivery that was set up for tests)"
        )
    if signing_key is not None:
        yield KeySigner.read(signing_key)
    elif authority is not None:
        with OfficeSigner(authority) as office:
            yield office


def _profile(name: str, **changes: object) -> Profile:
    if name not in PROFILES:
        raise ProfileFault(f"there is no profile {name}: {', '.join(PROFILES)}")
    found = PROFILES[name]
    given = {key: value for key, value in changes.items() if value is not None}
    if "pupils" in given and "connections" not in given and found.connections:
        # Fewer pupils than the profile's connections: all of them.
        given["connections"] = min(found.connections, int(str(given["pupils"])))
    return msgspec.structs.replace(found, **given)


def _rehearse(plan: Plan, *, ask: bool) -> Report:
    rehearsal = drawn(plan)
    processes = Conduct(plan.targets, plan.profile, rehearsal, generators=plan.generators).processes
    for sentence in consent.announcement(plan.targets, plan.profile, rehearsal.name, processes):
        console.print(sentence, highlight=False, soft_wrap=True)
    if plan.keep:
        console.print(f"--keep: {rehearsal.name} stays until `ardoise bench purge` takes it away.")
    if ask:
        if not sys.stdin.isatty():
            raise NotAllowed("nobody is there to ask: --yes says that you have read the above")
        if not typer.confirm("Go on?", err=True):
            raise NotAllowed("nothing was done")
    expected_s = plan.profile.minutes * 60
    view = View(console, lambda: plan.watched.load() if plan.watched else Load(), expected_s)
    steps = _Steps(plan.profile.pupils, view)

    def look(stand: Stand) -> None:
        # Two displays do not share a terminal: steps have their bar, the run its table.
        steps.close()
        if stand.phase != "setup":
            view.look(stand)

    plan.look, plan.say, plan.advance = look, steps.say, steps.advance
    with view, steps:
        return rehearse(plan, rehearsal)


class _Steps:
    """A bar for what comes before and after the run."""

    def __init__(self, total: int, view: View) -> None:
        self._total = total
        self._view = view
        self._bar: Progress | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self.close()

    def say(self, text: str) -> None:
        """A new step."""
        self.close()
        self._view.stop()
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console
        )
        self._bar.add_task(text, total=self._total)
        self._bar.start()

    def advance(self, count: int) -> None:
        """Seats made, records compared."""
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0], count)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _write(found: Report, path: Path) -> None:
    """The JSON and the page beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data, shown = path.with_suffix(".json"), path.with_suffix(".html")
    data.write_bytes(found.encoded())
    shown.write_text(page.page(found), encoding="utf-8")
    console.print(f"report: {data} and {shown}", highlight=False, soft_wrap=True)
