"""The lean server alone, in this process, with a service that does as the path says."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import uvloop

from ardoise.delivery import listening
from ardoise.delivery.connections import Reply
from ardoise.delivery.listening import Listener
from ardoise.delivery.store import Refused
from ardoise.delivery.web import Request, head, problem_answer

HEAD = b"HTTP/1.1 200 OK\r\n"
BIG = bytes(range(256)) * (16 << 10)
"""4 MiB."""
WAIT_S = 8
_T = TypeVar("_T")


class Scripted:
    """`/now` answers at once with target and body; `/held/…` when it is let go; `/big`, `/stream`
    and `/broken` are long; `/refused` is refused before its body, anything else is absent.
    """

    def __init__(self) -> None:
        self.begun: list[bytes] = []
        self.finished: list[bytes] = []
        self.held: dict[bytes, Reply] = {}
        self.closed_streams = 0

    def begin(self, request: Request) -> int:
        self.begun.append(request.url)
        if not request.url.startswith((b"/now", b"/held", b"/big", b"/stream", b"/broken")):
            raise Refused("unsigned" if request.url == b"/refused" else "absent")
        return 64 << 10 if request.url != b"/now/large" else 8 << 20

    def finish(self, request: Request, reply: Reply) -> None:
        self.finished.append(request.url)
        if request.url.startswith(b"/held"):
            self.held[request.url] = reply
        elif request.url == b"/big":
            reply(HEAD, BIG)
        elif request.url in (b"/stream", b"/broken"):
            reply(HEAD, b"", self._pieces(broken=request.url == b"/broken"))
        else:
            reply(HEAD, request.url + b"|" + request.body)

    def let_go(self, url: bytes) -> None:
        """Answer a request that was held."""
        self.held.pop(url)(HEAD, url)

    def refuse(self, refusal: Refused) -> tuple[bytes, bytes]:
        answer = problem_answer(refusal.problem(0))
        return head(answer, b""), answer.body or b""

    async def _pieces(self, *, broken: bool) -> AsyncIterator[bytes]:
        try:
            for start in range(0, len(BIG), 100_000):
                yield BIG[start : start + 100_000]
                if broken and start:
                    raise ValueError("the disk is gone")
        finally:
            self.closed_streams += 1


@asynccontextmanager
async def serving(service: Scripted, tls: ssl.SSLContext | None = None) -> AsyncIterator[Listener]:
    """A listener on a free port of loopback."""
    listener = Listener(service, listening.bound("127.0.0.1", 0), tls)
    listener.start()
    try:
        yield listener
    finally:
        for url in list(service.held):
            service.let_go(url)
        if not listener.draining:
            await listener.drain(0.5)


def run(test: Callable[[], Awaitable[_T]]) -> _T:
    """On the loop that delivery runs on."""

    async def bounded() -> _T:
        return await asyncio.wait_for(test(), WAIT_S)

    return uvloop.run(bounded())


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that has to come."""
    while not true():
        await asyncio.sleep(0.005)


class Client:
    """One connection, byte by byte. `small`: a reader with hardly any room of its own."""

    def __init__(self, listener: Listener, *, small: bool = False) -> None:
        self.socket = socket.socket()
        if small:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self.socket.connect(("127.0.0.1", listener.port))
        self.socket.setblocking(False)
        self.got = bytearray()

    async def send(self, raw: bytes) -> None:
        with suppress(ConnectionError):
            await asyncio.get_running_loop().sock_sendall(self.socket, raw)

    async def ask(self, *urls: str) -> None:
        """GET, one behind the other in one piece."""
        await self.send(b"".join(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % u.encode() for u in urls))

    async def until(self, text: bytes, times: int = 1) -> bytearray:
        """Read until `text` came so often."""
        seen, start = 0, 0
        while seen < times:
            place = self.got.find(text, start)
            if place >= 0:
                seen, start = seen + 1, place + len(text)
                continue
            start = max(start, len(self.got) - len(text))
            piece = await asyncio.get_running_loop().sock_recv(self.socket, 1 << 20)
            assert piece, self.got[-1_000:]
            self.got += piece
        return self.got

    async def end(self) -> bytearray:
        """All there is, up to the end of the connection."""
        with suppress(ConnectionError):
            while piece := await asyncio.get_running_loop().sock_recv(self.socket, 65_536):
                self.got += piece
        self.close()
        return self.got

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Go without a goodbye."""
        linger = (1).to_bytes(4, "little") + bytes(4)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()
