"""HTTP/1.1 on one event loop: llhttp reads, uvloop writes; order, bounds and time are kept here.

A request is begun when its head is there (the service refuses it, or says how large its body may
be) and finished when its body is. A connection's requests are worked on one after the other, so
that answers keep their order; a few may wait, then nothing more is read.
"""

import asyncio
import fcntl
import sys
import termios
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from httptools import HttpParserError, HttpRequestParser

from ardoise.delivery import config
from ardoise.delivery.journal import note_fault
from ardoise.delivery.store import Refused
from ardoise.delivery.web import Request

if TYPE_CHECKING:
    from ardoise.delivery.listening import Listener

SLICE = 4 << 10
"""Bytes parsed at once: no more requests are taken than fit, before their number is looked at."""
DEPTH = 16
HEAD_COST = 1 << 10
PIECE = 64 << 10
DISCARD = 128 << 10
"""A refused body up to this is read and let go; a longer one ends the connection."""
ONCE = frozenset(
    b"host content-length content-type content-encoding transfer-encoding authorization expect "
    b"connection upgrade".split()
)
CLOSE = b"connection: close\r\n"
Reply = Callable[..., None]
"""reply(head, body, pieces): `body` None for an answer that has none; `pieces` instead of it."""


class _Stop(Exception):
    """Out of the parser: nothing more of this connection is read."""


class Connection(asyncio.Protocol):
    """One client. The listener counts it, and looks at its time now and then."""

    __slots__ = (
        "_all", "_body", "_choked", "_continue", "_deadline", "_drained", "_eof", "_headers",
        "_held", "_in", "_last", "_moved", "_now", "_parser", "_raw", "_repeated", "_rest",
        "_taken", "_transport", "_url", "_waiting", "_written", "counted", "place",
    )  # fmt: skip

    def __init__(self, listener: "Listener") -> None:
        self._all = listener
        self.place = 0
        self.counted = False
        self._parser: Any = HttpRequestParser(self)
        self._transport: Any = None
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._repeated: list[int] = []
        self._raw = 0  # at least the bytes of a head that is not complete; 0: none has begun
        self._in: Any = None  # the request that arrives
        self._body: list[bytes] = []
        self._waiting: list[Request] = []
        self._now: Any = None  # the request that is worked on
        self._rest: memoryview | None = None
        self._held = 0  # bytes; above 0 nothing is read
        self._choked = self._last = self._eof = self._continue = False
        self._drained: asyncio.Future[None] | None = None
        self._written = self._taken = 0
        self._moved = listener.now
        self._deadline = listener.now + config.IDLE_SECONDS

    # -- reading ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._transport.set_write_buffer_limits(high=PIECE)  # TLS would copy half a megabyte
        self.counted = True
        self._all.joined(self)
        if self._all.draining:
            self._deadline = self._all.now + config.LINGER_SECONDS

    def data_received(self, data: bytes) -> None:
        if self._last:
            return
        if self._held or len(data) > SLICE:
            self._rest = memoryview(bytes(self._rest) + data if self._rest else data)
            self._read_on()
        else:
            self._feed(data)

    def _read_on(self) -> None:
        while self._rest and not (self._held or self._last):
            piece, self._rest = self._rest[:SLICE], self._rest[SLICE:]
            self._feed(piece)

    def _feed(self, data: bytes | memoryview) -> None:
        if not self._raw and self._in is None:
            self._deadline = self._all.now + config.HEADER_SECONDS
        self._raw += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self._refuse(Refused("malformed", "this cannot be read as HTTP/1.1"))
        if self._in is None and self._raw > 2 * config.HEADER_BYTES + 2 * SLICE:
            self._refuse(Refused("too-large", f"at most {config.HEADER_BYTES} bytes of headers"))
        if len(self._waiting) >= DEPTH and not self._held:
            self._hold()

    def _hold(self) -> None:
        """Read no more for now. What was read already counts like bodies, or many would add up."""
        self._held = len(self._waiting) * HEAD_COST + len(self._rest or b"")
        self._all.held += self._held
        self._transport.pause_reading()
        if self._all.held > config.BODIES_BYTES:
            self._transport.abort()

    def _let_on(self) -> None:
        self._all.held -= self._held
        self._held = 0

    def on_url(self, url: bytes) -> None:
        self._raw = self._raw or SLICE
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in self._headers:
            if name in ONCE or name.startswith(b"ardoise-"):
                raise _Stop
            self._repeated.append(len(name) + len(value))
        self._headers[name] = value

    def on_headers_complete(self) -> None:
        request = Request(self._parser.get_method(), self._url, self._headers)
        size, repeated = 0, self._repeated
        self._url, self._headers, self._repeated = b"", {}, []
        try:
            self._check(request, repeated)
            size = int(request.headers.get(b"content-length", b"0"))
            room = self._all.service.begin(request)
            if size:
                self._await_body(request, size, room)
        except Refused as refusal:
            if request.last or size > DISCARD or b"expect" in request.headers:
                self._refuse(refusal, request.method)
                raise _Stop from None
            request.refusal = refusal
        self._in = request

    def _check(self, request: Request, repeated: list[int]) -> None:
        """What goes for every route. Raises Refused; `last` where nothing after it can be read."""
        headers, kept = request.headers, self._parser.should_keep_alive()
        if not kept or b"connection" in headers:
            request.old = self._parser.get_http_version() != "1.1"
            request.last = request.old or not kept
        if request.old and self._parser.get_http_version() != "1.0":
            raise Refused("malformed", "the version has to be HTTP/1.1")
        if self._parser.should_upgrade() or b"transfer-encoding" in headers:
            request.last = True
            raise Refused("malformed", "send the body with Content-Length; nothing else is spoken")
        if b"content-encoding" in headers:
            raise Refused("malformed", "send the body as it is, not packed")
        if b"host" not in headers and not request.old:
            raise Refused("malformed", "Host is missing")
        if len(headers) + len(repeated) > config.HEADER_COUNT:
            raise Refused("too-large", f"at most {config.HEADER_COUNT} headers")
        if len(request.url) > config.URL_BYTES or (
            self._raw > config.HEADER_BYTES
            and sum(repeated) + sum(len(n) + len(v) for n, v in headers.items())
            > config.HEADER_BYTES
        ):
            raise Refused("too-large", f"at most {config.HEADER_BYTES} bytes of headers")

    def _await_body(self, request: Request, size: int, room: int) -> None:
        if size > room:
            raise Refused("too-large", f"at most {room} bytes")
        expect = request.headers.get(b"expect", b"").lower()
        if expect not in (b"", b"100-continue"):
            raise Refused("malformed", "Expect is 100-continue or not there")
        self._deadline = self._all.now + self._all.take(request, size)
        if expect and (self._now or self._waiting):
            self._continue = True
        elif expect:
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, piece: bytes) -> None:
        if self._in is not None and self._in.refusal is None:
            self._body.append(piece)

    def on_message_complete(self) -> None:
        request, body = self._in, self._body
        self._in, self._raw, self._continue = None, 0, False
        if body:
            request.body = body[0] if len(body) == 1 else b"".join(body)
            self._body = []
        self._last = request.last
        self._waiting.append(request)
        self._run()

    def eof_received(self) -> bool:
        if (self._in is not None or self._raw) and not self._last:
            self._refuse(Refused("malformed", "the request was cut short"))
        self._eof = True
        # What was asked before is still answered; over TLS, whoever ends hears no more.
        return bool(self._now or self._waiting) and not self._all.tls

    def _refuse(self, refusal: Refused, method: bytes = b"") -> None:
        """Answer when it is its turn, and read no more."""
        if self._last:
            return
        self._last = True
        if self._in is not None:
            self._all.release(self._in)
        request = Request(method, b"", {})
        request.last, request.refusal, self._in, self._body = True, refusal, None, []
        self._waiting.append(request)
        self._run()

    # -- answering -------------------------------------------------------------------------

    def _run(self) -> None:
        while self._waiting and self._now is None and not self._choked:
            request = self._now = self._waiting.pop(0)
            self._all.active += 1
            if request.refusal is not None:
                self.reply(*self._all.service.refuse(request.refusal))
            else:
                self._all.service.finish(request, self.reply)

    def reply(
        self, head: bytes, body: bytes | None = b"", pieces: AsyncIterator[bytes] | None = None
    ) -> None:
        """The answer to the request that is worked on. Whoever has gone is told nothing."""
        request, listener = self._now, self._all
        listener.release(request)
        silent = self._transport is None or request.method == b"HEAD"
        if listener.draining or self._eof:
            request.last = request.last or not (self._waiting or self._in or self._raw)
        head += listener.date + CLOSE if request.last else listener.date
        if pieces is not None:
            head += b"\r\n" if request.old else b"transfer-encoding: chunked\r\n\r\n"
        elif body is None:
            head += b"\r\n"
        else:
            head += b"content-length: %d\r\n\r\n" % len(body)
        if silent:
            listener.drop(pieces)
            body = pieces = None
        if pieces is None and len(body or b"") <= PIECE:
            self._write(head + body if body else head)
            self._done(request)
        else:
            self._write(head)
            listener.spawn(self._stream(request, pieces or _slices(body or b""), pieces is None))

    async def _stream(
        self, request: Request, pieces: AsyncIterator[bytes | memoryview], counted: bool
    ) -> None:
        framed = not (counted or request.old)
        try:
            async for piece in pieces:
                if framed and piece:
                    self._write(b"%x\r\n" % len(piece))
                self._write(piece)
                if framed and piece:
                    self._write(b"\r\n")
                while self._choked:
                    self._drained = asyncio.get_running_loop().create_future()
                    await self._drained
                if self._transport is None:
                    return
            self._write(b"0\r\n\r\n" if framed else b"")
        except Exception as fault:
            # An answer that was begun can only be cut: its reader sees that the end is missing.
            note_fault("stream", fault)
            if self._transport is not None:
                self._transport.abort()
        finally:
            self._all.drop(pieces)
            self._done(request)

    def _write(self, data: bytes | memoryview) -> None:
        if self._transport is not None and data:
            self._written += len(data)
            self._transport.write(data)

    def _done(self, request: Request) -> None:
        """The answer is written: end, or go on with what waits."""
        self._now, self._all.active = None, self._all.active - 1
        if self._transport is None:
            return
        if request.last:
            self._end(politely=request.refusal is not None or self._all.draining)
            return
        if self._in is not None or self._raw:
            self._deadline = max(self._deadline, self._all.now + config.HEADER_SECONDS)
        else:
            self._deadline = self._all.now + config.IDLE_SECONDS
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._run)
        elif self._continue:
            self._continue = False
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._held and len(self._waiting) < DEPTH // 2:
            self._let_on()
            self._transport.resume_reading()
            self._read_on()

    def _end(self, *, politely: bool) -> None:
        """No more requests. Politely: whoever still sends gets to read the answer first."""
        self._last = True
        if not politely or self._eof or self._transport.is_closing():
            self._transport.close()
            return
        self._deadline = self._all.now + config.LINGER_SECONDS
        if self._transport.can_write_eof():
            self._transport.write_eof()
        if self._held:
            self._let_on()
            self._transport.resume_reading()

    # -- time and flow ---------------------------------------------------------------------

    def pause_writing(self) -> None:
        self._choked = True

    def resume_writing(self) -> None:
        self._choked = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._run()

    def connection_lost(self, _fault: Exception | None) -> None:
        self._transport = self._parser = self._rest = None
        self._let_on()
        for request in (*self._waiting, *([self._in] if self._in else [])):
            self._all.release(request)
        self._waiting, self._in, self._choked = [], None, False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._all.left(self)

    def end_if_idle(self) -> None:
        """Before the server stops."""
        if not (self._last or self._now or self._waiting or self._in or self._raw):
            self._end(politely=True)

    def check(self, now: float) -> None:
        """Cut a reader that takes next to nothing; end what is idle; refuse what is too slow."""
        left = self._transport.get_write_buffer_size()
        if not left:
            self._moved = now
        else:
            # The kernel takes more only once a third of its own buffer is free: count that too.
            queued = fcntl.ioctl(
                self._transport.get_extra_info("socket"), termios.TIOCOUTQ, bytes(4)
            )
            taken = self._written - left - int.from_bytes(queued, sys.byteorder)
            if taken >= self._taken + config.STALL_BYTES:
                self._taken, self._moved = taken, now
            elif now - self._moved > config.STALL_SECONDS:
                self._transport.abort()
                return
        if self._now is None and not self._waiting and now > self._deadline:
            if not self._last and (self._raw or self._in):
                self._refuse(Refused("malformed", "the request took too long"))
            else:
                self._transport.close()


async def _slices(body: bytes) -> AsyncIterator[memoryview]:
    """A large body bit by bit, without copying: TLS would copy all of it at once."""
    view = memoryview(body)
    for start in range(0, len(view), PIECE):
        yield view[start : start + PIECE]
