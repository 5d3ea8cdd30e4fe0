"""`python -m deploy.rehearse up`: the whole delivery on this machine, on loopback, until Ctrl-C.

Two nodes and the authority's node behind HAProxy, PostgreSQL under Patroni and etcd on three
members, TLS between all: the configurations and units of the real machines, rendered for addresses
of loopback. Started by root, everything runs as the users it has on the real machines.
"""

import base64
import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Annotated, Any, Optional

import typer
from rich.console import Console
from rich.table import Table

from ardoise.seal import signing
from deploy import processes
from deploy.loopback import check_addresses, loopback_site
from deploy.processes import RehearsalFault
from deploy.stack import RECORD, Stack
from deploy.topology import SiteFault

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
console = Console(stderr=True)

Folder = Annotated[Path, typer.Option("--dir", help="A folder of its own; short path.")]
HOME = Path("/var/tmp/ardoise-rehearsal")  # noqa: S108 -- made with mode 0711 and owners
SIGNING_KEY = "authority.key"


@app.command()
def up(
    directory: Folder = HOME,
    port: Annotated[int, typer.Option(help="Where browsers go: https://localhost:PORT.")] = 8443,
    net: Annotated[
        str, typer.Option(help="The first three numbers of loopback addresses to use.")
    ] = "127.31.0",
    authority_key: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="An authority's public key, base64; none: a key is made for trying."),
    ] = None,
) -> None:
    """Start everything, print the address, stop everything at Ctrl-C or SIGTERM."""
    directory = directory.resolve()
    try:
        _refuse_twice(directory)
        directory.mkdir(parents=True, exist_ok=True)
        site = loopback_site(directory, net=net, port=port)
        check_addresses(site)
        stack = Stack(site, directory, authority_key or _own_key(directory))
        stack.tell = lambda text: console.print(f"[dim]…[/dim] {text}")
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: _interrupt(ended))
        with stack:
            _show(stack, directory)
            _watch(stack, ended)
        console.print("stopped")
    except KeyboardInterrupt:
        console.print("stopped half-way")
        raise typer.Exit(130) from None
    except (RehearsalFault, SiteFault) as fault:
        console.print(str(fault), markup=False, highlight=False)
        raise typer.Exit(1) from None


def _interrupt(ended: threading.Event) -> None:
    """While it starts: an exception that unwinds it; once it is up: the end of the wait."""
    if ended.is_set():
        return
    ended.set()
    raise KeyboardInterrupt


def _watch(stack: Stack, ended: threading.Event) -> None:
    """Say once of each process that it ended by itself; systemd would start it again."""
    told: set[int] = set()
    try:
        while not ended.is_set():
            for running in list(stack.running.values()):
                if not running.alive and running.pid not in told:
                    told.add(running.pid)
                    console.print(running.complaint(), markup=False, highlight=False)
            time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("stopping")


def _show(stack: Stack, directory: Path) -> None:
    roles = {name: member.role for name, member in stack.cluster().items()}
    table = Table(box=None)
    for title in ("machine", "address", "what", "pid"):
        table.add_column(title)
    for (machine, unit), running in stack.running.items():
        what = unit.removeprefix("ardoise-")
        if what == "patroni":
            what = f"PostgreSQL, {roles.get(machine, '?')}"
        address = stack.site.machine(machine).address
        table.add_row(machine, address, what, str(running.pid))
    console.print(table)
    for text in (
        f"logs: {directory}/*/*.log",
        f"the root that signed its certificate: {directory}/secrets/ca.pem",
    ):
        console.print(text, highlight=False, soft_wrap=True)
    typer.echo(stack.url)


@app.command()
def status(directory: Folder = HOME) -> None:
    """What runs, by process."""
    record = _read(directory.resolve())
    if record is None:
        console.print(f"nothing runs in {directory}")
        raise typer.Exit(1)
    table = Table(box=None)
    for title in ("machine", "unit", "pid", "runs"):
        table.add_column(title)
    for each in record["processes"]:
        runs = processes.started_ticks(each["pid"]) == each["ticks"]
        table.add_row(each["machine"], each["unit"], str(each["pid"]), "yes" if runs else "no")
    console.print(table)
    typer.echo(record["url"])


@app.command()
def down(directory: Folder = HOME) -> None:
    """Stop what `up` started, also where `up` itself was killed."""
    directory = directory.resolve()
    record = _read(directory)
    if record is None:
        console.print(f"nothing runs in {directory}")
        return
    if not processes.end(record["pid"], record["ticks"], 90):
        for each in reversed(record["processes"]):
            processes.end(each["pid"], each["ticks"])
        for path in directory.glob("*/state/postgresql/postmaster.pid"):
            pid = int(path.read_text(encoding="ascii").split()[0])
            if str(path.parent).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                processes.end(pid, processes.started_ticks(pid))
        (directory / RECORD).unlink(missing_ok=True)
    console.print("stopped")


def _read(directory: Path) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads((directory / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return record


def _refuse_twice(directory: Path) -> None:
    record = _read(directory)
    if record is not None and any(
        processes.started_ticks(each["pid"]) == each["ticks"] for each in record["processes"]
    ):
        raise RehearsalFault(
            f"it runs in {directory} already: python -m deploy.rehearse down --dir {directory}"
        )


def _own_key(directory: Path) -> str:
    """A signing key for trying, kept in the folder; the public half in base64."""
    path = directory / SIGNING_KEY
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(signing.new_key()))
    return base64.b64encode(signing.public_half(base64.b64decode(path.read_bytes()))).decode()


if __name__ == "__main__":
    app()
