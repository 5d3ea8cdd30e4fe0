"""Kits, returns and orders as files, for a site that has no way to the authority."""

import hashlib
import os
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import msgspec

from ardoise.clock import system_milliseconds
from ardoise.contract import limits
from ardoise.contract.kit import MANIFEST_NAME, SIGNATURE_NAME, KitInstalled
from ardoise.contract.orders import Order
from ardoise.contract.returns import End, frame
from ardoise.delivery import config
from ardoise.delivery.config import Settings
from ardoise.delivery.exchange import Exchange
from ardoise.delivery.metrics import Metrics
from ardoise.delivery.store import Refused, Store
from ardoise.delivery.stores import alone_on, open_store
from ardoise.seal import signing

ENTRIES = 200_000
_SIGNATURE = 64


class OrderFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order as a file: its JSON and the authority's signature on it (document kind 'order').

    It needs no moment: an order's random id lets it be carried out once.
    """

    format: Literal["ardoise-order/1"]
    order: bytes
    signature: bytes


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[Exchange, Store, config.Keys]]:
    """The store; an encrypted file only while no server runs. Raises ConfigFault, SchemaFault."""
    keys = config.read_keys(settings.directory)
    with alone_on(settings):
        metrics = Metrics()
        store = await open_store(settings, keys, metrics)
        try:
            yield Exchange(store, keys.authority, metrics), store, keys
        finally:
            await store.close()


async def install_kit(settings: Settings, file: Path) -> KitInstalled:
    """Install a zip. Nothing is ever unpacked to disk. Raises Refused, ConfigFault."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(names) > ENTRIES:
                raise Refused("too-large", f"a kit has at most {ENTRIES} entries")
            manifest = _entry(archive, MANIFEST_NAME, limits.MANIFEST)
            signature = _entry(archive, SIGNATURE_NAME, _SIGNATURE)
            async with opened(settings) as (exchange, _, keys):
                # Before anything is stored: is it the authority's?
                try:
                    signing.verify_document(keys.authority, "kit", manifest, signature)
                except signing.SignatureError as fault:
                    raise Refused("unsigned", str(fault)) from None
                for name in names:
                    folder, _, sha256 = name.partition("/")
                    if folder in ("chunks", "blobs") and sha256:
                        body = _entry(archive, name, limits.BLOB)
                        await exchange.take_bytes(sha256, body, system_milliseconds())
                    elif name not in (MANIFEST_NAME, SIGNATURE_NAME) and sha256:
                        raise Refused("malformed", "the zip holds what no kit has")
                return await exchange.install(manifest, signature)
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as fault:
        raise config.ConfigFault(f"{file}: {fault}") from None


def _entry(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """An entry, never more than `limit` bytes whatever its header says. Raises Refused."""
    try:
        with archive.open(name) as entry:
            body = entry.read(limit + 1)
    except KeyError:
        raise Refused("malformed", f"the zip holds no {name}") from None
    except zipfile.error as fault:
        raise Refused("malformed", f"{name}: {fault}") from None
    if len(body) > limit:
        raise Refused("too-large", f"{name} is larger than {limit} bytes")
    return body


async def write_returns(
    settings: Settings, campaign: str, after: int, out: Path
) -> tuple[int, int]:
    """All records above `after` as one stream of frames; how many, and the last. Raises Refused."""
    count = 0
    async with opened(settings) as (_, store, _keys):
        try:
            handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as fault:
            raise config.ConfigFault(f"{out}: {fault.strerror}") from None
        with os.fdopen(handle, "wb") as file:
            more = True
            while more:
                pieces = await store.returns(campaign, after, limits.RETURNS_PAGE)
                async for piece in pieces:
                    body, end = piece.frames, piece.end
                    if end is not None:
                        after, more = end.last, end.more
                        body = body.removesuffix(frame(end))
                    file.write(body)
                    count += piece.records
            file.write(frame(End(after, more=False)))
            file.flush()
            os.fsync(file.fileno())
    return count, after


async def carry_out(settings: Settings, file: Path) -> str:
    """Carry out an `OrderFile`; the answer as JSON. Raises Refused, ConfigFault."""
    try:
        if file.stat().st_size > 2 * limits.ORDER:
            raise Refused("too-large")
        wanted = msgspec.json.decode(file.read_bytes(), type=OrderFile)
        order = msgspec.json.decode(wanted.order, type=Order)
    except OSError as fault:
        raise config.ConfigFault(f"{file}: {fault.strerror}") from None
    except (msgspec.MsgspecError, ValueError) as fault:
        raise Refused("malformed", str(fault)[:200]) from None
    async with opened(settings) as (exchange, _, keys):
        try:
            signing.verify_document(keys.authority, "order", wanted.order, wanted.signature)
        except signing.SignatureError as fault:
            raise Refused("unsigned", str(fault)) from None
        sha256 = hashlib.sha256(wanted.order).hexdigest()
        done = await exchange.carry_out(order, sha256, system_milliseconds())
    return msgspec.json.encode(done).decode()
