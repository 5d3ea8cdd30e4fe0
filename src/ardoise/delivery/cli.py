"""`ardoise delivery …`: the contractor's commands."""

import asyncio
from pathlib import Path
from typing import Annotated, Optional

import typer

from ardoise.delivery import config, files
from ardoise.delivery.config import ConfigFault, Settings
from ardoise.delivery.static import RunnerFault
from ardoise.delivery.store import Refused, SchemaFault

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)

Directory = Annotated[Path, typer.Option("--dir", help="Where the key file and database lie.")]
Postgres = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        help="URL of a PostgreSQL database, without a password (that stands in PGPASSFILE); "
        "without this option: the encrypted file in --dir."
    ),
]


def _fail(fault: Exception) -> typer.Exit:
    if isinstance(fault, Refused):
        typer.echo(f"refused: {fault.kind} {fault.detail}".strip(), err=True)
    else:
        typer.echo(str(fault), err=True)
    return typer.Exit(1)


def _settings(directory: Path, postgres: str | None) -> Settings:
    """Of a command that does what the authority's routes do."""
    return Settings(directory, postgres=postgres, routes="authority")


@app.command()
def init(
    directory: Directory,
    authority_key: Annotated[
        str, typer.Option(help="The authority's public key: a file, or base64.")
    ],
    postgres: Postgres = None,
) -> None:
    """Make the key file (mode 0600) and the encrypted database."""
    from ardoise.delivery import sqlite_store

    try:
        keys = config.make_keys(directory, config.authority_key(authority_key))
        if postgres is None:
            sqlite_store.make(directory / config.DATABASE, keys.database)
    except (ConfigFault, SchemaFault) as fault:
        raise _fail(fault) from None
    typer.echo(f"delivery is set up in {directory}; keep {config.KEY_FILE} safe and backed up")
    if postgres is not None:
        typer.echo(f"copy {config.KEY_FILE} to every node: they let in each other's sessions")
        typer.echo("then, once, as the database's owner: ardoise delivery migrate --postgres …")


@app.command()
def migrate(
    postgres: Annotated[
        str, typer.Option(help="URL of the database, as the user who owns it; no password in it.")
    ],
) -> None:
    """Bring a PostgreSQL database to the newest version. Nodes start only on that."""
    from ardoise.delivery import postgres_schema

    try:
        version = asyncio.run(postgres_schema.migrate(postgres))
    except (ConfigFault, SchemaFault) as fault:
        raise _fail(fault) from None
    typer.echo(f"the database has version {version}")


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
    postgres: Postgres = None,
    routes: Annotated[
        str, typer.Option(help="Whom this node answers: seats, authority or all.")
    ] = "all",
    logins_per_second: Annotated[
        float, typer.Option(help="At most; the others wait their turn. Fewer while saves are late.")
    ] = 5_000.0,
) -> None:
    """Serve seats and the authority until SIGTERM or Ctrl-C."""
    from ardoise.delivery import serving

    names = tuple(each.lower() for each in name or ())
    try:
        settings = Settings(
            directory,
            host,
            port,
            runner,
            tls_cert,
            tls_key,
            behind_proxy,
            names,
            postgres,
            config.routes(routes),
            logins_per_second,
        )
        serving.serve(settings)
    except (ConfigFault, SchemaFault, RunnerFault) as fault:
        raise _fail(fault) from None


@app.command("install-kit")
def install_kit(directory: Directory, file: Path, postgres: Postgres = None) -> None:
    """Install a kit that came as a file (air gap)."""
    try:
        done = asyncio.run(files.install_kit(_settings(directory, postgres), file))
    except (ConfigFault, SchemaFault, Refused) as fault:
        raise _fail(fault) from None
    typer.echo(f"{done.campaign}: kit {done.serial}, {done.seats} seats, {done.blobs} blobs")


@app.command()
def returns(
    directory: Directory,
    campaign: Annotated[str, typer.Option()],
    out: Annotated[Path, typer.Option(help="The file to write; it must not exist.")],
    after: Annotated[int, typer.Option(help="The last sequence number that is known.")] = 0,
    postgres: Postgres = None,
) -> None:
    """Write a campaign's sealed returns to a file (air gap)."""
    try:
        settings = _settings(directory, postgres)
        count, last = asyncio.run(files.write_returns(settings, campaign, after, out))
    except (ConfigFault, SchemaFault, Refused) as fault:
        raise _fail(fault) from None
    typer.echo(f"{campaign}: {count} records up to {last}")


@app.command()
def order(directory: Directory, file: Path, postgres: Postgres = None) -> None:
    """Carry out a signed order that came as a file (air gap). Prints the answer."""
    try:
        answer = asyncio.run(files.carry_out(_settings(directory, postgres), file))
    except (ConfigFault, SchemaFault, Refused) as fault:
        raise _fail(fault) from None
    typer.echo(answer)
