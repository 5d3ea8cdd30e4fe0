"""A delivery that keeps sheets in a dict, checks nothing, and can be told to break its promises.

python -m tests.bench.fake_delivery PORT        (also a yardstick: it costs next to nothing)
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import msgspec
import uvloop

from ardoise.clock import system_milliseconds
from ardoise.contract.kit import KitInstalled, KitUpload, Manifest, SeatChunk
from ardoise.contract.orders import Close, Order, OrderDone
from ardoise.contract.problems import STATUS, Problem
from ardoise.contract.returns import End, Record, frame
from ardoise.contract.sitting import LoggedIn, Login, OpenPart, PartOpened, PartState, Saved

Meddle = Callable[["Store", str, int, bytes], None]
"""Stores a save, or does not: the store, the pupil's number, the version, the sealed sheet."""


class Store:
    """Everything. `seen` counts saves."""

    def __init__(self) -> None:
        self.kit: dict[str, bytes] = {}
        self.manifest: Manifest | None = None
        self.sheets: dict[str, tuple[int, int, bytes]] = {}
        self.epochs: dict[str, int] = {}
        self.strays: list[tuple[int, str, int, bytes]] = []
        self.seen = self.seq = 0

    def keep(self, number: str, version: int, sealed: bytes) -> None:
        """What an honest delivery does."""
        self.seq += 1
        self.sheets[number] = (self.seq, version, sealed)

    def returns(self) -> bytes:
        """The whole stream."""
        records = [
            (seq, frame(Record(seq, number, "epreuve", number, 1, version, 0), sealed))
            for number, (seq, version, sealed) in self.sheets.items()
        ]
        frames = [piece for _, piece in sorted(records)]
        return b"".join((*frames, frame(End(self.seq, more=False))))


def honest(store: Store, number: str, version: int, sealed: bytes) -> None:
    """No meddling."""
    store.keep(number, version, sealed)


class Handler(asyncio.Protocol):
    """One connection."""

    def __init__(self, store: Store, meddle: Meddle) -> None:
        self._store = store
        self._meddle = meddle
        self._held = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        data = self._held + data
        self._held = b""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._held = data
            return
        head = data[:end].decode().lower().split("\r\n")
        method, target, _ = data[: data.find(b"\r\n")].decode().split(" ")
        headers = dict(line.split(": ", 1) for line in head[1:])
        size = int(headers.get("content-length", 0))
        if len(data) < end + 4 + size:
            self._held = data
            return
        status, body, more = self._answer(method, target, headers, data[end + 4 :])
        self._transport.write(
            b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n%b\r\n%b" % (status, len(body), more, body)
        )

    def _answer(  # noqa: PLR0911 - one return a route
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes, bytes]:
        store, encode, now = self._store, msgspec.json.encode, system_milliseconds()
        path = urlsplit(target).path
        if path == "/v1/sheet" and method == "PUT":
            number = headers.get("ardoise-number") or self._bearer(headers)
            version = int(headers["ardoise-version"])
            store.seen += 1
            self._meddle(store, number, version, body)
            return 200, encode(Saved(1, version, now)), b""
        if path == "/v1/sheet":
            stored = store.sheets.get(headers.get("ardoise-number") or self._bearer(headers))
            if stored is None:
                return 404, encode(Problem("absent")), b""
            return 200, stored[2], b"ardoise-version: %d\r\nardoise-seq: 1\r\n" % stored[1]
        if path == "/v1/login":
            return 200, encode(self._logged_in(msgspec.json.decode(body, type=Login))), b""
        if path == "/v1/open":
            part = msgspec.json.decode(body, type=OpenPart).part
            return 200, encode(PartOpened(now, self._part(part, ""), b"")), b""
        if path.startswith(("/v1/blobs/", "/v1/kit/")):
            if method == "PUT":
                store.kit[path.rpartition("/")[2]] = body
                return 204, b"", b""
            return 200, store.kit[path.rpartition("/")[2]], b""
        if path == "/v1/kit":
            upload = msgspec.json.decode(body, type=KitUpload)
            store.manifest = msgspec.json.decode(upload.manifest, type=Manifest)
            seats = sum(
                len(msgspec.json.decode(store.kit[blob.sha256], type=SeatChunk).seats)
                for blob in store.manifest.chunks
            )
            return 200, encode(KitInstalled(store.manifest.campaign, 1, seats, 1)), b""
        if path == "/v1/returns":
            after = int(parse_qs(urlsplit(target).query)["after"][0])
            assert after == 0
            return 200, store.returns(), b""
        if path == "/v1/orders":
            order: Order = msgspec.json.decode(body, type=Order)
            closing = isinstance(order, Close)
            done = OrderDone(order.id, now, "closed" if closing else "purged", 0, 0)
            return 200, encode(done), b""
        return STATUS["absent"], encode(Problem("absent")), b""

    def _logged_in(self, login: Login) -> LoggedIn:
        store = self._store
        epoch = store.epochs[login.number] = store.epochs.get(login.number, 0) + 1
        return LoggedIn(
            login.number, epoch, 0, login.campaign, login.number, "pupil", "0" * 16, "open", 0, 0,
            (self._part("epreuve", login.number),),
        )  # fmt: skip

    def _part(self, part: str, number: str) -> PartState:
        assert self._store.manifest is not None
        version = self._store.sheets.get(number, (0, 0, b""))[1]
        booklet = self._store.manifest.blobs[0].sha256
        return PartState(part, "pupil", 0, 0, booklet, version=version)

    @staticmethod
    def _bearer(headers: dict[str, str]) -> str:
        return headers["authorization"].rpartition(" ")[2]


async def _serve(port: int, meddle: Meddle, ready: Callable[[int, asyncio.Event], None]) -> None:
    store, over = Store(), asyncio.Event()
    server = await asyncio.get_running_loop().create_server(
        lambda: Handler(store, meddle), "127.0.0.1", port, backlog=2_048
    )
    ready(server.sockets[0].getsockname()[1], over)
    await over.wait()
    server.close()


@contextmanager
def fake_delivery(meddle: Meddle = honest) -> Iterator[str]:
    """Its address, while it runs in a thread."""
    loop = asyncio.new_event_loop()
    found: list[tuple[int, asyncio.Event]] = []
    up = threading.Event()

    def ready(port: int, over: asyncio.Event) -> None:
        found.append((port, over))
        up.set()

    def run() -> None:
        loop.run_until_complete(_serve(0, meddle, ready))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert up.wait(10)
    port, over = found[0]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        assert not thread.is_alive()


if __name__ == "__main__":
    import sys

    uvloop.run(_serve(int(sys.argv[1]), honest, lambda port, over: None))
