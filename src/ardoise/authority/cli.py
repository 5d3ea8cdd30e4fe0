"""`ardoise authority …`: each stage's commands under one folder of data."""

import importlib
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ardoise import authority

app = typer.Typer(no_args_is_help=True)

Home = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar=authority.HOME_VARIABLE,
        help="The authority's folder: key file, encrypted database, authority.toml.",
        file_okay=False,
    ),
]

_STAGES = {
    "campaign": ("campaigns.commands", "app"),
    "roll": ("registry.commands", "app"),
    "staff": ("accounts.commands", "app"),
    "enrol": ("enrolment.commands", "app"),
    "cards": ("enrolment.commands", "cards_app"),
    "kit": ("enrolment.commands", "kit_app"),
    "order": ("collection.commands", "order_app"),
    "collect": ("collection.commands", "app"),
    "mark": ("marking.commands", "app"),
    "results": ("restitution.commands", "app"),
    "analyse": ("statistics.commands", "app"),
    "release": ("release.commands", "app"),
    "close": ("closure.commands", "app"),
    "content": ("content_commands.commands", "app"),
}
_HOMELESS = frozenset({"init", "content"})
"""What needs no folder, or makes it."""


@app.callback()
def in_home(context: typer.Context, home: Home = Path("authority")) -> None:
    """Everything the office does, from the command line."""
    context.obj = home
    # What the office writes is for the account that asked for it, whatever the machine's habit.
    os.umask(0o077)
    # Help is for people who have no folder yet; content needs none.
    if context.invoked_subcommand not in _HOMELESS and "--help" not in sys.argv:
        _load(home)


def _load(home: Path) -> None:
    from ardoise.authority.keyring import KeyRingError

    try:
        authority.setup(home)
    except KeyRingError as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(2) from fault


@app.command()
def init(
    context: typer.Context,
    delivery_url: Annotated[
        str, typer.Option(help="Where delivery is reached, and what the cards print.")
    ] = "http://127.0.0.1:8001",
) -> None:
    """Make the folder, its key file and its encrypted database; print the public key."""
    import base64

    from ardoise.authority.keyring import FILE_NAME, KeyRing

    home: Path = context.obj
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_file = home / FILE_NAME
    if not key_file.exists():
        KeyRing.create(key_file)
        (home / "authority.toml").write_text(f'delivery_url = "{delivery_url}"\n')
    _load(home)
    _migrate()
    public = base64.b64encode(KeyRing(key_file).public_key()).decode()
    (home / "authority.pub").write_text(public + "\n")
    typer.echo(public)


@app.command("rehearsal-signer", hidden=True)
def rehearsal_signer(context: typer.Context) -> None:
    """Sign rehearsals for the load kit, on a pipe (`ardoise bench delivery --authority`)."""
    from ardoise.authority.keyring import FILE_NAME, KeyRing
    from ardoise.authority.rehearsal import serve as answer_lines

    home: Path = context.obj
    answer_lines(sys.stdin.buffer, sys.stdout.buffer, KeyRing(home / FILE_NAME).signing_key())


@app.command()
def migrate() -> None:
    """Bring the database to this version."""
    _migrate()


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


@app.command()
def serve(
    context: typer.Context,
    host: str = "127.0.0.1",
    port: int = 8000,
    tls_cert: Annotated[Path | None, typer.Option(dir_okay=False, exists=True)] = None,
    tls_key: Annotated[Path | None, typer.Option(dir_okay=False, exists=True)] = None,
    behind_proxy: Annotated[
        bool, typer.Option(help="TLS ends before us; listen beyond loopback without it.")
    ] = False,
) -> None:
    """Serve the office's, heads' and teachers' pages."""
    import ipaddress

    from granian import Granian
    from granian.constants import Interfaces

    loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    if not loopback and not behind_proxy and (tls_cert is None or tls_key is None):
        typer.echo(
            "Names would travel in the clear: give --tls-cert and --tls-key, or --behind-proxy.",
            err=True,
        )
        raise typer.Exit(2)
    home: Path = context.obj
    _want_secure_cookies(home, tls=behind_proxy or tls_cert is not None)
    typer.echo(f"authority of {home} on {host}:{port}", err=True)
    Granian(
        "ardoise.authority.web:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=8,
        log_access=False,
        ssl_cert=tls_cert,
        ssl_key=tls_key,
    ).serve()


def _want_secure_cookies(home: Path, *, tls: bool) -> None:
    """Over TLS the session's cookie must never leave without it. Ends the command if it might."""
    from django.conf import settings

    if tls and not settings.SESSION_COOKIE_SECURE:
        typer.echo(
            f"The session's cookie might travel in the clear: put `secure = true`, and the site's "
            f"`hosts`, into {home / 'authority.toml'}.",
            err=True,
        )
        raise typer.Exit(2)


def _mount() -> None:
    for name, (module, attribute) in _STAGES.items():
        stage = importlib.import_module(f"ardoise.authority.{module}")
        app.add_typer(getattr(stage, attribute), name=name)


_mount()
