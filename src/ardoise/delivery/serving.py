"""Starts the server, waits for its end, leaves nothing unwritten."""

import asyncio
import gc
import signal
import ssl
from typing import Any

import uvloop

from ardoise.delivery import clocks, config, static
from ardoise.delivery.admission import Bounds
from ardoise.delivery.app import Application
from ardoise.delivery.config import ConfigFault, Keys, Settings
from ardoise.delivery.journal import note, note_fault
from ardoise.delivery.listening import Listener, bound
from ardoise.delivery.metrics import Metrics
from ardoise.delivery.stores import alone_on, open_store


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigFault, RunnerFault, SchemaFault before it listens.

    One process, one event loop: a killed server leaves no orphan that still holds the database.
    """
    settings.check()
    keys = config.read_keys(settings.directory)
    runner = static.read_runner(settings.runner) if settings.runner is not None else {}
    with alone_on(settings):
        uvloop.run(_serve(settings, keys, runner))


async def _serve(settings: Settings, keys: Keys, runner: dict[str, static.File]) -> None:
    metrics = Metrics()
    store = await open_store(settings, keys, metrics)
    try:
        clock = clocks.NodeClock()
        await clocks.begin(clock, store)
        https = settings.tls or settings.behind_proxy
        application = Application(
            store,
            keys,
            metrics,
            clock,
            runner=runner,
            https=https,
            names=settings.names,
            routes=settings.routes,
            bounds=Bounds(most=settings.logins_per_second),
        )
        await application.start()
        door = bound(settings.address, settings.port)
        listener = Listener(application, door, _context(settings))
        application.server = listener
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_note)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, over.set)
        listener.start()
        quieten_collector()
        note("start", port=listener.port, tls=int(settings.tls), files=len(runner))
        keeping = loop.create_task(clocks.keep(clock, store))
        await over.wait()
        keeping.cancel()
        notice = config.NOTICE_SECONDS if settings.behind_proxy else 0
        await listener.drain(config.DRAIN_SECONDS, notice)
    finally:
        await store.close()
        note("stop")


def _note(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What escapes a callback: without the message, which may name an address."""
    note_fault("loop", context.get("exception") or RuntimeError())


def quieten_collector() -> None:
    """What stands now stays, and saves leave no cycles: looking rarely spares 5 % of their CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def _context(settings: Settings) -> ssl.SSLContext | None:
    """TLS 1.2 or later. Raises ConfigFault for files that are no certificate and its key."""
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (ssl.SSLError, OSError):
        raise ConfigFault(
            f"{settings.tls_cert} and {settings.tls_key} are no certificate chain and its key"
        ) from None
    return context
