"""`ardoise delivery …`: the contractor's commands."""

import asyncio
from pathlib import Path
from typing import Annotated, Optional

import typer

from ardoise.delivery import config, files
from ardoise.delivery.config import ConfigFault, Settings
from ardoise.delivery.sqlite_schema import SchemaFault
from ardoise.delivery.static import RunnerFault
from ardoise.delivery.store import Refused

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)

Directory = Annotated[Path, typer.Option("--dir", help="Where the key file and database lie.")]


def _fail(fault: Exception) -> typer.Exit:
    if isinstance(fault, Refused):
        typer.echo(f"refused: {fault.kind} {fault.detail}".strip(), err=True)
    else:
        typer.echo(str(fault), err=True)
    return typer.Exit(1)


@app.command()
def init(
    directory: Directory,
    authority_key: Annotated[
        str, typer.Option(help="The authority's public key: a file, or base64.")
    ],
) -> None:
    """Make the key file (mode 0600) and the encrypted database."""
    from ardoise.delivery import sqlite_store

    try:
        keys = config.make_keys(directory, config.authority_key(authority_key))
        sqlite_store.make(directory / config.DATABASE, keys.database)
    except (ConfigFault, SchemaFault) as fault:
        raise _fail(fault) from None
    typer.echo(f"delivery is set up in {directory}; keep {config.KEY_FILE} safe and backed up")


@app.command()
def serve(
    directory: Directory,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0: any free one.")] = 8001,
    runner: Annotated[Optional[Path], typer.Option(help="The built runner.")] = None,  # noqa: UP045
    tls_cert: Annotated[Optional[Path], typer.Option(help="Certificate chain, PEM.")] = None,  # noqa: UP045
    tls_key: Annotated[Optional[Path], typer.Option(help="Private key, PEM.")] = None,  # noqa: UP045
    behind_proxy: Annotated[bool, typer.Option(help="A proxy on the way speaks TLS.")] = False,
    name: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Host by which the authority calls this server; several if need be."),
    ] = None,
) -> None:
    """Serve seats and the authority until SIGTERM or Ctrl-C."""
    from ardoise.delivery import serving

    names = tuple(each.lower() for each in name or ())
    settings = Settings(directory, host, port, runner, tls_cert, tls_key, behind_proxy, names)
    try:
        serving.serve(settings)
    except (ConfigFault, SchemaFault, RunnerFault) as fault:
        raise _fail(fault) from None


@app.command("install-kit")
def install_kit(directory: Directory, file: Path) -> None:
    """Install a kit that came as a file (air gap)."""
    try:
        done = asyncio.run(files.install_kit(directory, file))
    except (ConfigFault, SchemaFault, Refused) as fault:
        raise _fail(fault) from None
    typer.echo(f"{done.campaign}: kit {done.serial}, {done.seats} seats, {done.blobs} blobs")


@app.command()
def returns(
    directory: Directory,
    campaign: Annotated[str, typer.Option()],
    out: Annotated[Path, typer.Option(help="The file to write; it must not exist.")],
    after: Annotated[int, typer.Option(help="The last sequence number that is known.")] = 0,
) -> None:
    """Write a campaign's sealed returns to a file (air gap)."""
    try:
        count, last = asyncio.run(files.write_returns(directory, campaign, after, out))
    except (ConfigFault, SchemaFault, Refused) as fault:
        raise _fail(fault) from None
    typer.echo(f"{campaign}: {count} records up to {last}")


@app.command()
def order(directory: Directory, file: Path) -> None:
    """Carry out a signed order that came as a file (air gap). Prints the answer."""
    try:
        answer = asyncio.run(files.carry_out(directory, file))
    except (ConfigFault, SchemaFault, Refused) as fault:
        raise _fail(fault) from None
    typer.echo(answer)
