"""Starts the server, waits for its end, leaves nothing unwritten."""

import asyncio
import signal
import socket
from pathlib import Path

import uvloop
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.server.embed import Server

from ardoise.clock import system_milliseconds
from ardoise.delivery import config, static
from ardoise.delivery.app import Application
from ardoise.delivery.config import Keys, Settings
from ardoise.delivery.journal import note
from ardoise.delivery.metrics import Metrics
from ardoise.delivery.stores import open_store


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigFault, RunnerFault, SchemaFault before it listens.

    One process, one event loop: granian's embedded server, so that a killed server leaves no
    orphan that still holds the database.
    """
    settings.check()
    keys = config.read_keys(settings.directory)
    runner = static.read_runner(settings.runner) if settings.runner is not None else {}
    with config.only_server(settings.directory):
        uvloop.run(_serve(settings, keys, runner))


async def _serve(settings: Settings, keys: Keys, runner: dict[str, static.File]) -> None:
    metrics = Metrics()
    store = await open_store(settings, keys, metrics)
    try:
        https = settings.tls or settings.behind_proxy
        application = Application(
            store,
            keys,
            metrics,
            system_milliseconds,
            runner=runner,
            https=https,
            names=settings.names,
        )
        await application.start()
        port = _free(settings.address, settings.port)
        server = _server(application, settings, port)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stop)
        note("start", port=port, tls=int(settings.tls), files=len(runner))
        await server.serve()
        await application.drain(config.DRAIN_SECONDS)
    finally:
        await store.close()
        note("stop")


def _free(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises ConfigFault if somebody listens there.

    granian shares a port that is in use (SO_REUSEPORT); this asks first without sharing.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            raise config.ConfigFault(f"cannot listen on {host}:{port}: {fault.strerror}") from None
        return int(probe.getsockname()[1])


def _server(application: Application, settings: Settings, port: int) -> Server:
    return Server(
        application,
        address=settings.address,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.auto,
        websockets=False,
        backlog=config.BACKLOG,
        # Granian counts open connections here, idle ones too: a low bound locks newcomers out.
        backpressure=config.CONNECTIONS,
        http1_settings=HTTP1Settings(
            header_read_timeout=config.HEADER_SECONDS * 1000, max_buffer_size=64 << 10
        ),
        http2_settings=HTTP2Settings(
            max_headers_size=32 << 10, max_concurrent_streams=50, keep_alive_interval=30_000
        ),
        log_enabled=False,
        log_access=False,
        ssl_cert=_path(settings.tls_cert),
        ssl_key=_path(settings.tls_key),
        ssl_protocol_min=SSLProtocols.tls12,
    )


def _path(path: Path | None) -> Path | None:
    return path.resolve() if path is not None else None
