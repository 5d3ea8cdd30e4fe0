"""`ardoise authority close CAMPAIGN` and `… close verify FILE`."""

import base64
import binascii
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ardoise.authority.default_command import DefaultCommandGroup

if TYPE_CHECKING:
    from ardoise.authority.campaigns.models import Campaign
    from ardoise.authority.closure.certificate import CertificateDocument

app = typer.Typer(
    cls=DefaultCommandGroup,
    no_args_is_help=True,
    help="Close a campaign for good: `close CAMPAIGN`. Verify a certificate: `close verify FILE`.",
)
_console = Console(stderr=True)


@app.command("run")
def run(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's identifier.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask to type the identifier.")] = False,
    force: Annotated[
        str, typer.Option(help="Close before its time, for this reason; it is certified.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write certificate.json and certificate.pdf there.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the certificate as JSON.")] = False,
) -> None:
    """Shut the pages, destroy the campaign key, delete and purge everything, issue a certificate.

    It cannot be undone. Interrupted, it goes on from where it stood when called again.
    """
    from ardoise.authority.closure.rules import ClosingInterrupted, ClosingRefused, close
    from ardoise.authority.collection.commands import campaign_named
    from ardoise.authority.delivery_calls import DeliveryCalls

    chosen = campaign_named(campaign)
    if not yes:
        _confirm(chosen)
    with DeliveryCalls.from_settings() as calls, _console.status("Closing …") as shown:
        try:
            held = close(
                chosen,
                by="command line",
                calls=calls,
                forced=force,
                announce=lambda step: shown.update(f"Closing: {step} …"),
            )
        except ClosingRefused as refused:
            for reason in refused.reasons:
                typer.echo(f"not yet: {reason.en}", err=True)
            raise typer.Exit(1) from refused
        except ClosingInterrupted as interrupted:
            typer.echo(str(interrupted), err=True)
            raise typer.Exit(4) from interrupted
    _hand_out(bytes(held.document), bytes(held.signature), out=out, json=json)


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(dir_okay=False, exists=True, help="certificate.json")],
    key: Annotated[
        Path | None,
        typer.Option(dir_okay=False, exists=True, help="The authority's public key, if not ours."),
    ] = None,
) -> None:
    """Check a certificate's signature and what it says; exit 1 if anything is wrong."""
    from ardoise.authority.closure.certificate import SIZE_LIMIT, CertificateFault, read_export

    public_key = _own_key() if key is None else _read_key(key)
    with file.open("rb") as source:
        content = source.read(2 * SIZE_LIMIT + 1)
    try:
        read = read_export(content, public_key)
    except CertificateFault as fault:
        typer.echo(str(fault), err=True)
        raise typer.Exit(1) from fault
    typer.echo(f"The signature is good.\n{_said(read)}")


def _confirm(campaign: "Campaign") -> None:
    from ardoise.authority.closure.holdings import counts

    typer.echo("This destroys, for good and in every backup:")
    for kind, count in counts(campaign).items():
        typer.echo(f"  {count:>9}  {kind}")
    if typer.prompt("Type the campaign's identifier to go on") != campaign.pk:
        typer.echo("that is not its identifier: nothing was changed", err=True)
        raise typer.Exit(2)


def _own_key() -> bytes:
    from django.conf import settings

    key: bytes = settings.KEYRING.public_key()
    return key


def _read_key(path: Path) -> bytes:
    try:
        return base64.b64decode(path.read_text().strip(), validate=True)
    except (binascii.Error, UnicodeError) as fault:
        raise typer.BadParameter(f"{path} is not a public key: base64, 32 bytes") from fault


def _hand_out(document: bytes, signature: bytes, *, out: Path | None, json: bool) -> None:
    from ardoise.authority.closure.certificate import verify_certificate

    read = verify_certificate(document, signature, _own_key())
    if out is not None:
        _write(out, document, signature)
    typer.echo(document.decode() if json else _said(read))


def _write(folder: Path, document: bytes, signature: bytes) -> None:
    from ardoise.authority.closure.certificate import certificate_pdf, exported, verify_certificate

    key = _own_key()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "certificate.json").write_bytes(exported(document, signature, key))
    read = verify_certificate(document, signature, key)
    (folder / "certificate.pdf").write_bytes(certificate_pdf(read, signature, key))


def _said(certificate: "CertificateDocument") -> str:
    lines = [f"Campaign {certificate.campaign} is closed; destroyed:"]
    lines += [f"  {count:>9}  {kind}" for kind, count in certificate.destroyed.items()]
    if certificate.purged is not None:
        purged = certificate.purged
        lines.append(
            f"delivery purged {purged.seats} seats, {purged.sheets} sheets, "
            f"{purged.strays} strays, {purged.blobs} blobs"
        )
    if certificate.forced:
        lines.append(f"closed before its time: {certificate.forced}")
    lines += [f"checked: {check.name} ({check.detail})" for check in certificate.checks]
    return "\n".join(lines)
