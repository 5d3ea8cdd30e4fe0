"""Takes connections up to a bound, counts what they hold, looks at their time, sees them off."""

import asyncio
import errno
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Coroutine
from email.utils import format_datetime
from typing import Any, Protocol

from ardoise.clock import system_clock
from ardoise.delivery import config
from ardoise.delivery.connections import Connection, Reply
from ardoise.delivery.journal import note
from ardoise.delivery.store import Refused
from ardoise.delivery.web import Request

_TICK_S = 0.05
_WHEEL = 100
"""Each tick looks at one connection in a hundred: at each every five seconds, without timers."""
_DRAIN_STEP_S = 0.02
_NOTE_EVERY_S = 60.0
_ACCEPTS = 32
"""At once: a crowd at the door does not hold up those inside."""
_FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Service(Protocol):
    """What is served. Called on the event loop; never blocks, raises nothing but `Refused`."""

    def begin(self, request: Request) -> int:
        """The most bytes that the request's body may have. Raises Refused."""

    def finish(self, request: Request, reply: Reply) -> None:
        """Call `reply` once, now or later."""

    def refuse(self, refusal: Refused) -> tuple[bytes, bytes]:
        """Head and body of a refusal."""


class Listener:
    """Every connection of one server."""

    def __init__(
        self, service: Service, door: socket.socket, tls: ssl.SSLContext | None = None
    ) -> None:
        self._door = door
        self.port = int(door.getsockname()[1])
        self.service = service
        self.tls = tls
        self.draining = False
        self.active = 0
        """Requests that are worked on."""
        self.open = 0
        self.held = 0
        """Bytes of bodies that arrive or are worked on."""
        self.now = 0.0
        """Of the loop's clock, as of the last tick."""
        self.date = b""
        """The Date header, with its line's end."""
        self._large = 0
        self._limit = _room()
        self._wheel: list[set[Connection]] = [set() for _ in range(_WHEEL)]
        self._turn = self._at = 0
        self._quiet_until = 0.0
        self._accepting = self._closed = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to take connections."""
        self._tick()

    def _accept(self) -> bool:
        """Take who waits, up to the bound; the others wait in the kernel's queue.

        False if nobody is left, or can be taken.
        """
        for _ in range(_ACCEPTS):
            if self.open >= self._limit:
                return self._pause("full")
            try:
                taken, _ = self._door.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return False
            except OSError as fault:
                if fault.errno not in _FULL:
                    raise
                return self._pause("no-descriptors")
            self.open += 1
            self.spawn(self._greet(taken))
        return True

    def _pause(self, why: str) -> bool:
        """Until the next tick, which looks again."""
        asyncio.get_running_loop().remove_reader(self._door)
        self._accepting = False
        if self.now >= self._quiet_until:
            self._quiet_until = self.now + _NOTE_EVERY_S
            note("accepts-no-more", reason=why, open=self.open)
        return False

    async def _greet(self, taken: socket.socket) -> None:
        connection = Connection(self)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection,
                taken,
                ssl=self.tls,
                ssl_handshake_timeout=config.HANDSHAKE_SECONDS if self.tls else None,
                # Whoever does not answer the end of TLS has gone: half a minute is the default.
                ssl_shutdown_timeout=config.LINGER_SECONDS if self.tls else None,
            )
        except OSError:
            # Gone, or no TLS: nobody is left to tell.
            if not connection.counted:
                self.open -= 1
                taken.close()

    def joined(self, connection: Connection) -> None:
        """A connection is ready."""
        self._turn += 1
        connection.place = self._turn % _WHEEL
        self._wheel[connection.place].add(connection)

    def left(self, connection: Connection) -> None:
        """A connection is no more."""
        self._wheel[connection.place].discard(connection)
        self.open -= 1

    # -- bodies and tasks ------------------------------------------------------------------

    def take(self, request: Request, size: int) -> float:
        """Make room for a body; the seconds in which it has to come. Raises Refused `busy`."""
        large = size > config.LARGE_BODY
        if self.held + size > config.BODIES_BYTES or (
            large and self._large >= config.LARGE_BODIES_AT_ONCE
        ):
            raise Refused("busy", retry_ms=1_000)
        request.size = size
        self.held += size
        self._large += large
        return config.LARGE_BODY_SECONDS if large else config.BODY_SECONDS

    def release(self, request: Request) -> None:
        """A body is no longer needed, or no longer comes."""
        self.held -= request.size
        self._large -= request.size > config.LARGE_BODY
        request.size = 0

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run something beside; the loop alone would forget it."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def drop(self, pieces: AsyncIterator[Any] | None) -> None:
        """End a stream that nobody reads: it may hold something open."""
        close = getattr(pieces, "aclose", None)
        if close is not None:
            self.spawn(close())

    # -- time ------------------------------------------------------------------------------

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self.now = loop.time()
        self.date = f"date: {format_datetime(system_clock(), usegmt=True)}\r\n".encode()
        self._at = (self._at + 1) % _WHEEL
        for connection in tuple(self._wheel[self._at]):
            connection.check(self.now)
        if not (self._accepting or self._closed) and self.open < self._limit:
            self._accepting = True
            loop.add_reader(self._door, self._accept)
        self._timer = loop.call_later(_TICK_S, self._tick)

    async def drain(self, seconds: float, notice: float = 0.0) -> None:
        """Wait until all have their answers, or the time is over; take no more connections.

        `notice`: seconds before the door is shut, in which a proxy reads from `/health` that this
        server ends. Answers tell clients to come back on another connection from the beginning.
        """
        loop = asyncio.get_running_loop()
        self.draining = True
        await asyncio.sleep(notice)
        # Who has got as far as the kernel's queue still gets in: shutting it would reset them.
        while self._accept():
            pass
        self._closed = True
        loop.remove_reader(self._door)
        self._door.close()
        for connections in self._wheel:
            for connection in tuple(connections):
                connection.end_if_idle()
        end = loop.time() + seconds
        while self.open and loop.time() < end:
            await asyncio.sleep(_DRAIN_STEP_S)
        if self._timer is not None:
            self._timer.cancel()


def bound(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ConfigFault."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it: what the kernel holds for a reader that has stalled is bounded.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, config.SEND_BUFFER)
        made.setblocking(False)
        made.bind((host, port))
        made.listen(config.BACKLOG)
    except OSError as fault:
        made.close()
        raise config.ConfigFault(f"cannot listen on {host}:{port}: {fault.strerror}") from None
    return made


def _room() -> int:
    """How many connections there are descriptors for; some stay for everything else."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = 1 << 20
    wanted = min(hard, config.CONNECTIONS + config.RESERVED_DESCRIPTORS)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return max(16, min(config.CONNECTIONS, soft - config.RESERVED_DESCRIPTORS))
