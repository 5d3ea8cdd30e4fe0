"""An HTTP/1.1 client of the least weight: callbacks on a protocol, one request a connection.

It shares cores with what it measures, so a request must cost little: no task, no stream, and of an
answer only its status, its length and its body are read. What it gives up is stated: no chunked
answers, no redirects, no pipelining. Plain or TLS; full handshakes and resumed ones counted apart.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

Then = Callable[[int, bytes, bytes], None]
"""Takes an answer: status, head in lower case, body. Status 0: none came; the body says why."""
Opened = Callable[["Connection | None", str], None]
"""Takes a new connection, or None and why there is none."""

CONNECT_SECONDS = 20.0
ANSWER_LIMIT = 16 << 20
_LENGTH = b"\r\ncontent-length:"
_END = b"\r\n\r\n"


class TargetFault(ValueError):
    """An address that cannot be loaded; the message says what one looks like."""


@dataclass(frozen=True)
class Target:
    """Where to send: `https://host[:port]` or `http://host[:port]`, nothing after it."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> "Target":
        """Raises TargetFault."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as fault:
            raise TargetFault(f"{url}: {fault}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise TargetFault(f"{url}: an address is https://name or https://name:port")
        if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
            raise TargetFault(f"{url}: give scheme, name and port alone")
        return cls(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80))

    @property
    def url(self) -> str:
        """The address in its one form, the usual port left out."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme == "https" else 80
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether this machine alone is meant. A name other than `localhost` never is."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class _Resuming(ssl.SSLContext):
    """Offers the last session it was given: asyncio has no parameter for it."""

    held: ssl.SSLSession | None = None

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        return super().wrap_bio(
            incoming, outgoing, server_side, server_hostname, session or self.held
        )


def tls_context(ca: Path | None, *, resume: bool) -> ssl.SSLContext:
    """Checks certificates against `ca` (PEM), or the system's; `resume`: reuse sessions."""
    made = _Resuming if resume else ssl.SSLContext
    context = made(ssl.PROTOCOL_TLS_CLIENT)
    if ca is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(ca)
    return context


@dataclass
class Counts:
    """What happened below the requests."""

    connects: int = 0
    connect_failures: int = 0
    handshakes: int = 0
    """Full TLS handshakes."""
    resumed: int = 0
    handshake_us: list[int] = field(default_factory=list)
    """Connect and handshake together, since last taken."""
    lost: int = 0
    """Connections that ended with a request under way."""
    closed: int = 0
    """Connections that the other side ended between requests."""
    received: int = 0
    sent: int = 0


class Endpoint:
    """Makes connections to one target. `sources`: addresses to bind in turn (loopback only)."""

    def __init__(
        self,
        target: Target,
        *,
        context: ssl.SSLContext | None = None,
        sources: tuple[str, ...] = (),
    ) -> None:
        self.target = target
        self.counts = Counts()
        self.open_now = 0
        self._context = context
        self._sources = sources
        self._address = ("", 0)
        self._turn = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def resolve(self) -> None:
        """Ask for the address once: a campaign's start is no test of the name server."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self.target.host, self.target.port, type=socket.SOCK_STREAM)
        # IPv4 first where it is this machine: source addresses 127.0.0.x give 28,000 ports each.
        found.sort(key=lambda entry: entry[0] != socket.AF_INET)
        self._address = (str(found[0][4][0]), int(found[0][4][1]))
        if found[0][0] != socket.AF_INET:
            self._sources = ()

    def open(self, opened: Opened) -> None:
        """Connect; `opened` is called once."""
        task = asyncio.get_running_loop().create_task(self._open(opened))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, opened: Opened) -> None:
        source = None
        if self._sources:
            self._turn += 1
            source = (self._sources[self._turn % len(self._sources)], 0)
        begun = perf_counter()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                transport, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(self),
                    *self._address,
                    ssl=self._context,
                    server_hostname=self.target.host if self._context else None,
                    local_addr=source,
                )
        except (OSError, TimeoutError) as fault:
            self.counts.connect_failures += 1
            opened(None, _why(fault))
            return
        self.counts.connects += 1
        if self._context is not None:
            self.counts.handshake_us.append(int((perf_counter() - begun) * 1e6))
            inside = transport.get_extra_info("ssl_object")
            if inside.session_reused:
                self.counts.resumed += 1
            else:
                self.counts.handshakes += 1
        opened(connection, "")

    def keep_session(self, connection: "Connection") -> None:
        """Take the session for later connections (TLS 1.3 sends it after the handshake)."""
        context = self._context
        if isinstance(context, _Resuming) and context.held is None:
            context.held = connection.tls_session()


def _why(fault: BaseException) -> str:
    if isinstance(fault, TimeoutError):
        return "connect-timeout"
    if isinstance(fault, ConnectionRefusedError):
        return "connect-refused"
    if isinstance(fault, ssl.SSLError):
        return "tls"
    return "connect-failed"


class Connection(asyncio.Protocol):
    """One connection, one request at a time. `since`: when the one under way was sent."""

    __slots__ = (
        "_counts",
        "_endpoint",
        "_have",
        "_need",
        "_pieces",
        "_then",
        "_transport",
        "alive",
        "since",
    )

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._counts = endpoint.counts
        self._transport: asyncio.Transport | None = None
        self._then: Then | None = None
        self._pieces: list[bytes] = []
        self._have = self._need = 0
        self.alive = False
        self.since = 0.0

    @property
    def idle(self) -> bool:
        """Whether a request may be sent."""
        return self.alive and self._then is None

    def send(self, raw: bytes, then: Then) -> None:
        """Send a whole request. Only on a connection that is `idle`."""
        self._then = then
        self._counts.sent += len(raw)
        self.since = perf_counter()
        assert self._transport is not None  # noqa: S101 - idle connections have one
        self._transport.write(raw)

    def close(self) -> None:
        """End it; a request under way is answered with 0."""
        if self._transport is not None:
            self._transport.close()
        self._fail(b"closed")

    def abort(self, why: bytes) -> None:
        """Cut it at once; a request under way is answered with 0 and `why`."""
        if self._transport is not None:
            self._transport.abort()
        self._fail(why)

    def tls_session(self) -> ssl.SSLSession | None:
        """For a later resumption."""
        if self._transport is None:
            return None
        inside = self._transport.get_extra_info("ssl_object")
        found: ssl.SSLSession | None = None if inside is None else inside.session
        return found

    # -- asyncio ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The loop has connected it."""
        self._transport = transport  # type: ignore[assignment]
        self.alive = True
        self._endpoint.open_now += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """The loop says it is gone."""
        if self._then is not None:
            self._counts.lost += 1
        elif self.alive:
            self._counts.closed += 1
        self._endpoint.open_now -= 1
        self._fail(b"lost")
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer; nearly always a whole one."""
        self._counts.received += len(data)
        if self._pieces:
            self._pieces.append(data)
            self._have += len(data)
            if self._have < self._need:
                return
            data = b"".join(self._pieces)
            self._pieces = []
        end = data.find(_END)
        if end < 0:
            self._wait(data, len(data) + 1)
            return
        head = data[:end].lower()
        at = head.find(_LENGTH)
        size = 0
        if at >= 0:
            stop = head.find(b"\r\n", at + len(_LENGTH))
            size = int(head[at + len(_LENGTH) : stop if stop > 0 else end])
        elif head[9:12] not in (b"204", b"304"):
            self.abort(b"no-length")
            return
        whole = end + 4 + size
        if len(data) < whole:
            self._wait(data, whole)
            return
        if len(data) > whole or self._then is None:
            self.abort(b"unasked")
            return
        if head.find(b"\r\nconnection: close") > 0:
            self.alive = False
        then, self._then = self._then, None
        then(int(head[9:12]), head, data[end + 4 :])

    def _wait(self, data: bytes, need: int) -> None:
        if need > ANSWER_LIMIT:
            self.abort(b"too-large")
            return
        self._pieces = [data]
        self._have, self._need = len(data), need

    def _fail(self, why: bytes) -> None:
        self.alive = False
        self._pieces = []
        then, self._then = self._then, None
        if then is not None:
            then(0, b"", why)
