"""`ardoise authority rehearsal-signer`: signs for the load kit, and for nothing but rehearsals.

Started by `ardoise bench delivery --authority FOLDER`; speaks on its standard input and output
(contract/rehearsal.py). Chunks and blobs are signed unseen: they are named by their hash, and count
for nothing until a manifest names them.
"""

import re
from collections.abc import Iterable
from typing import BinaryIO
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ardoise.clock import Clock, milliseconds, system_clock
from ardoise.contract.kit import KitUpload, Manifest
from ardoise.contract.orders import Order
from ardoise.contract.rehearsal import PREFIX, SignatureAsked, SignatureGiven
from ardoise.seal import signing

_NAMED_BYTES = re.compile(r"/v1/kit/[0-9a-f]{64}")
_QUERIES = ("/v1/returns", "/v1/status")


class NoRehearsal(Exception):
    """What was asked for is no rehearsal's; the message says what it is."""


def campaign_of(asked: SignatureAsked) -> str | None:
    """The campaign that a signature would be for; None for bytes that name none.

    Raises NoRehearsal for anything that a rehearsal does not need, msgspec.MsgspecError.
    """
    if asked.what == "kit":
        return msgspec.json.decode(asked.body, type=Manifest).campaign
    parts = urlsplit(asked.target)
    match asked.method, parts.path:
        case "PUT", path if _NAMED_BYTES.fullmatch(path) and not parts.query:
            return None
        case "POST", "/v1/kit":
            upload = msgspec.json.decode(asked.body, type=KitUpload)
            return msgspec.json.decode(upload.manifest, type=Manifest).campaign
        case "POST", "/v1/orders":
            order: Order = msgspec.json.decode(asked.body, type=Order)
            return order.campaign
        case "GET", path if path in _QUERIES and not asked.body:
            # The last of several counts nowhere: delivery refuses a name that comes twice.
            named = [value for name, value in parse_qsl(parts.query) if name == "campaign"]
            if len(named) == 1:
                return named[0]
    raise NoRehearsal(f"{asked.method} {parts.path[:40]} is nothing that a rehearsal needs")


def answer(asked: SignatureAsked, private: bytes, clock: Clock = system_clock) -> SignatureGiven:
    """Sign, or say why not."""
    try:
        campaign = campaign_of(asked)
    except (NoRehearsal, msgspec.MsgspecError, ValueError) as fault:
        return SignatureGiven(refused=str(fault)[:200])
    if campaign is not None and not campaign.startswith(PREFIX):
        return SignatureGiven(refused=f"only campaigns {PREFIX}… are rehearsals")
    if asked.what == "kit":
        return SignatureGiven(signature=signing.sign_document(private, "kit", asked.body))
    signature = signing.sign_request(
        private,
        audience=asked.audience,
        method=asked.method,
        target=asked.target,
        body=asked.body,
        moment_ms=milliseconds(clock()),
    )
    return SignatureGiven(headers=signature.headers())


def serve(lines: Iterable[bytes], out: BinaryIO, private: bytes) -> None:
    """Answer line after line until the input ends."""
    for line in lines:
        try:
            asked = msgspec.json.decode(line, type=SignatureAsked)
        except msgspec.MsgspecError as fault:
            given = SignatureGiven(refused=str(fault)[:200])
        else:
            given = answer(asked, private)
        out.write(msgspec.json.encode(given) + b"\n")
        out.flush()
