"""CPU of one request: a bare 204 by nginx, by delivery's own server and by Granian; then a save.

    .venv/bin/python bench/servers.py [--seconds 2] [--rounds 5] [--connections 200] [--only NAME …]
    .venv/bin/python bench/servers.py --inside

Every server answers the same PUT (a session, headers as a browser sends them, 1 KiB of body) from
the same connections on loopback, one after the other in the same run. A save goes through the whole
of delivery but for the store: its place takes one that acknowledges all that came in 4 ms together.
Counted is the CPU of the server's process (and its children), read from the kernel. Prints JSON.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import uvloop

SOURCE = Path(__file__).parents[1] / "src"
sys.path.insert(0, str(SOURCE))

from ardoise.contract.sitting import Saved  # noqa: E402
from ardoise.delivery import config, sessions  # noqa: E402
from ardoise.delivery.app import Application  # noqa: E402
from ardoise.delivery.connections import Connection  # noqa: E402
from ardoise.delivery.listening import Listener, bound  # noqa: E402
from ardoise.delivery.metrics import Metrics  # noqa: E402
from ardoise.delivery.serving import quieten_collector  # noqa: E402
from ardoise.delivery.web import Request  # noqa: E402

KEY = bytes(range(32))
BODY = bytes(1_052)
LINGER_S = 0.004
SERVERS = ("nginx-204", "lean-204", "granian-204", "lean-save", "granian-save")


def request(number: int) -> bytes:
    """One save as Chromium sends it through a proxy."""
    session = sessions.Session("sixieme-2026", f"{number:09d}", 1, "pupil")
    lines = (
        "PUT /v1/sheet HTTP/1.1",
        "host: delivery.example",
        f"content-length: {len(BODY)}",
        'sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"',
        "sec-ch-ua-mobile: ?0",
        'sec-ch-ua-platform: "Linux"',
        "user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537",
        f"authorization: Bearer {sessions.issue(KEY, session)}",
        "content-type: application/octet-stream",
        "ardoise-part: francais",
        "ardoise-version: 12",
        "ardoise-base: 11",
        "accept: */*",
        "origin: https://delivery.example",
        "accept-encoding: gzip, deflate, br",
        "accept-language: fr-FR,fr;q=0.9",
        "x-forwarded-for: 127.0.0.1",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + BODY


# -- what is served --------------------------------------------------------------------------------


class Bare:
    """204, whatever comes."""

    def begin(self, _request: Request) -> int:
        return 1 << 20

    def finish(self, _request: Request, reply: Any) -> None:
        reply(b"HTTP/1.1 204 No Content\r\nserver: ardoise\r\n", None)

    def refuse(self, refusal: Exception) -> tuple[bytes, bytes]:
        raise refusal


class Batches:
    """In the store's place: acknowledges together what came within the linger."""

    def __init__(self, linger_s: float) -> None:
        self._linger_s = linger_s
        self._waiting: list[Any] = []

    def save(self, request: Any) -> "asyncio.Future[Saved]":
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_later(self._linger_s, self._settle)
        future = loop.create_future()
        self._waiting.append((future, request))
        return future

    def _settle(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future, request in waiting:
            future.set_result(Saved(1, request.version, request.now_ms, request.now_ms))

    def gauges(self) -> Any:
        raise NotImplementedError


def service(name: str, linger_s: float = LINGER_S) -> Any:
    """What a server of that name serves."""
    if name.endswith("-204"):
        return Bare()
    keys = config.Keys("ardoise-delivery-keys/1", bytes(32), KEY, bytes(32))
    # One pupil saves thousands of times a second here: the clock runs so that its rate allows it.
    ticks = iter(range(1_800_000_000_000, 1 << 52, 1_000))
    store: Any = Batches(linger_s)
    return Application(store, keys, Metrics(), lambda: next(ticks))


async def lean(served: Any, port: int) -> None:
    """Until killed."""
    listener = Listener(served, bound("127.0.0.1", port))
    listener.start()
    quieten_collector()
    await asyncio.Event().wait()


class Rsgi:
    """Granian's calls, made into those of `listening.Service`."""

    def __init__(self, served: Any) -> None:
        self._served = served

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        headers = {name.encode(): value.encode() for name, value in scope.headers.items()}
        asked = Request(scope.method.encode(), scope.path.encode(), headers)
        self._served.begin(asked)
        asked.body = await protocol()
        answer: asyncio.Future[tuple[bytes, bytes | None]] = asyncio.Future()
        self._served.finish(asked, lambda head, body: answer.set_result((head, body)))
        head, body = await answer
        first, *lines = head.decode().rstrip().split("\r\n")
        sent = [tuple(line.split(": ", 1)) for line in lines]
        protocol.response_bytes(int(first.split()[1]), sent, body or b"")


async def granian(served: Any, port: int) -> None:
    """Until killed."""
    from granian.constants import HTTPModes, Interfaces
    from granian.server.embed import Server

    server = Server(
        Rsgi(served), address="127.0.0.1", port=port, interface=Interfaces.RSGI,
        http=HTTPModes.http1, websockets=False, backpressure=10_000, log_enabled=False,
    )  # fmt: skip
    await server.serve()


def child(name: str, port: int) -> None:
    """A server's process."""
    kind = {"lean": lean, "granian": granian}[name.partition("-")[0]]
    uvloop.run(kind(service(name), port))


NGINX = """
worker_processes 1; daemon off; pid {home}/pid; error_log {home}/error;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {home}/body;
  proxy_temp_path {home}/p; fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u;
  scgi_temp_path {home}/s;
  server {{ listen 127.0.0.1:{port}; location / {{ return 204; }} }} }}
"""


@contextmanager
def running(name: str) -> Iterator[tuple[psutil.Process, int]]:
    """A server in a process of its own; its process and port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as home:
        if name == "nginx-204":
            (Path(home) / "nginx.conf").write_text(NGINX.format(home=home, port=port))
            command = [
                str(shutil.which("nginx", path="/usr/sbin:/usr/bin")),
                "-c",
                f"{home}/nginx.conf",
            ]
        else:
            command = [sys.executable, __file__, "--child", name, "--port", str(port)]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - our own
        try:
            for _ in range(500):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.02)
            yield psutil.Process(process.pid), port
        finally:
            process.send_signal(signal.SIGTERM if name == "nginx-204" else signal.SIGKILL)
            process.wait()


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time of a process and its children."""
    all_of_it = [process, *process.children(recursive=True)]
    return sum(sum(each.cpu_times()[:2]) for each in all_of_it)


# -- the load --------------------------------------------------------------------------------------


class Sender(asyncio.Protocol):
    """Sends, waits for the answer's end, sends again."""

    answered = 0
    wrong = 0

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._got = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(self._raw)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end:
            return
        mark = head.find(b"content-length: ")
        if mark >= 0 and len(body) < int(head[mark + 16 :].split(b"\r", 1)[0]):
            return
        self._got = b""
        Sender.answered += 1
        Sender.wrong += not head.startswith((b"HTTP/1.1 204", b"HTTP/1.1 200"))
        self._transport.write(self._raw)


async def load(
    process: psutil.Process, port: int, connections: int, seconds: float
) -> dict[str, Any]:
    """CPU of a server under as many requests as it can answer."""
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda n=n: Sender(request(n)), "127.0.0.1", port)  # type: ignore[misc]
        for n in range(connections)
    ]
    await asyncio.sleep(0.3)
    Sender.answered = Sender.wrong = 0
    before, started = cpu_seconds(process), time.perf_counter()
    await asyncio.sleep(seconds)
    spent, answered = cpu_seconds(process) - before, Sender.answered
    lasted = time.perf_counter() - started
    for transport, _ in opened:
        transport.abort()
    await asyncio.sleep(0.1)
    return {
        "cpu_us": spent / answered * 1e6,
        "per_second": answered / lasted,
        "wrong": Sender.wrong,
    }


def measure(names: list[str], rounds: int, connections: int, seconds: float) -> dict[str, Any]:
    """Medians over rounds in which all servers take their turn."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            with running(name) as (process, port):
                found[name].append(uvloop.run(load(process, port, connections, seconds)))
    medians = {
        name: {key: statistics.median(one[key] for one in runs) for key in runs[0]}
        for name, runs in found.items()
    }
    yard = medians.get("nginx-204", {}).get("cpu_us")
    bare = medians.get("lean-204", {}).get("cpu_us")
    for one in medians.values():
        one["to_nginx"] = one["cpu_us"] / yard if yard else None
        one["to_bare"] = one["cpu_us"] / bare if bare else None
    return medians


# -- without sockets -----------------------------------------------------------------------------


class Nowhere:
    """A transport whose writes cost nothing."""

    def write(self, _data: bytes) -> None:
        pass

    def set_write_buffer_limits(self, high: int) -> None:
        pass


async def inside(name: str, rounds: int = 60, connections: int = 200) -> float:
    """CPU µs of one request from its bytes to the answer's: the quickest round, so that what else
    runs on the machine hardly counts."""
    served = service(name, 0)
    with socket.socket() as door:
        listener = Listener(served, door)
        made = [(Connection(listener), request(number)) for number in range(connections)]
        for connection, _ in made:
            connection.connection_made(Nowhere())  # type: ignore[arg-type]
        quieten_collector()
        best = float("inf")
        for _ in range(rounds):
            started = time.process_time()
            for connection, raw in made:
                connection.data_received(raw)
            while listener.active:
                await asyncio.sleep(0)
            best = min(best, time.process_time() - started)
    return best / connections * 1e6


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--only", nargs="*", choices=SERVERS)
    parser.add_argument("--inside", action="store_true", help="Python's part alone, no sockets.")
    parser.add_argument("--child")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.port)
        return
    if given.inside:
        found = {name: uvloop.run(inside(name)) for name in ("lean-204", "lean-save")}
        sys.stdout.write(json.dumps({"cpu_us": found}) + "\n")
        return
    names = given.only or [
        n for n in SERVERS if n != "nginx-204" or shutil.which("nginx", path="/usr/sbin:/usr/bin")
    ]
    result = measure(names, min(given.rounds, 50), given.connections, min(given.seconds, 60))
    machine = {"load_average": os.getloadavg()[0], "cores": os.cpu_count()}
    sys.stdout.write(json.dumps({**machine, **result}, indent=1) + "\n")


if __name__ == "__main__":
    main()
