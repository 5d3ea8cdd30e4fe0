"""How many pupils log in a second, and what the TLS handshake adds. Prints JSON.

    python bench/delivery_logins.py [--quick] [--kinds embedded,postgres] [--out FILE]

Five ways in, with the node's own TLS (no proxy): one connection for many logins, plain and TLS; a
new connection for each login, plain, TLS in full, TLS resumed. Every login is a whole one: the code
is checked, the epoch raised on the disk. CPU is that of node and database by login; the cost of a
handshake is what is left when logins and connections are taken away. Admission is told to let in
more than a node can, and begins below: a first, unmeasured round lets it rise.
"""

import argparse
import asyncio
import base64
import datetime
import ipaddress
from collections import Counter
from itertools import cycle
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import msgspec
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from delivery_load import named
from delivery_machine import circumstances, cpu_seconds, publish, say, scratch
from delivery_rig import Delivery, running

from ardoise.bench.campaign import Rehearsal
from ardoise.bench.histogram import Histogram
from ardoise.bench.wire import Connection, Endpoint, Target, tls_context
from ardoise.clock import system_clock
from ardoise.contract.problems import Problem
from ardoise.contract.sitting import Login

FORMAT = "ardoise-bench-delivery-logins/1"
LINES = 200
WAYS = {
    "kept": (False, False, False),
    "connected": (False, True, False),
    "tls_kept": (True, False, False),
    "tls_full": (True, True, False),
    "tls_resumed": (True, True, True),
}
"""Name → TLS, a connection for each login, resumed."""


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 (P-256) and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = system_clock()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "node.pem", folder / "node.key"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    key_path.chmod(0o600)
    return cert_path, key_path


def login_of(rehearsal: Rehearsal, number: str) -> Login:
    """What that seat's browser sends."""
    token = rehearsal.seats.keys(number).login_token()
    text = base64.urlsafe_b64encode(token).rstrip(b"=").decode()
    return Login(rehearsal.name, number, text)


async def connected(endpoint: Endpoint) -> Connection:
    """A new connection. Raises RuntimeError."""
    made: asyncio.Future[tuple[Connection | None, str]] = asyncio.get_running_loop().create_future()
    endpoint.open(lambda connection, why: made.set_result((connection, why)))
    connection, why = await made
    if connection is None:
        raise RuntimeError(f"no connection: {why}")
    return connection


async def ask(
    connection: Connection, host: str, path: str, body: bytes, session: str = ""
) -> tuple[int, bytes]:
    """POST of JSON: status and body of the answer."""
    bearer = f"Authorization: Bearer {session}\r\n" if session else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{bearer}\r\n"
    )
    done: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
    connection.send(head.encode() + body, lambda status, _, raw: done.set_result((status, raw)))
    return await done


class Rush:
    """Pupils that log in over `LINES` connections for some seconds."""

    def __init__(self, delivery: Delivery, logins: list[Login], way: str) -> None:
        tls, self._fresh, resume = WAYS[way]
        ca = delivery.tls[0] if delivery.tls else None
        context = tls_context(ca, resume=resume) if tls else None
        sources = tuple(f"127.0.0.{number}" for number in range(2, 10))
        target = Target.parse(delivery.url)
        self.endpoint = Endpoint(target, context=context, sources=sources)
        self._logins = cycle(logins)
        self.done = 0
        self.answers: Counter[str] = Counter()
        self.latency = Histogram()

    async def run(self, seconds: float) -> None:
        """Until the time is over and every line has its answer."""
        await self.endpoint.resolve()
        until = perf_counter() + seconds
        await asyncio.gather(*(self._line(until) for _ in range(LINES)))

    async def _line(self, until: float) -> None:
        host = self.endpoint.target.authority
        connection = None
        while perf_counter() < until:
            login, begun = next(self._logins), perf_counter()
            if connection is None or not connection.alive:
                connection = await connected(self.endpoint)
            status, raw = await ask(connection, host, "/v1/login", msgspec.json.encode(login))
            self.latency.add(int((perf_counter() - begun) * 1e6))
            if status == 200:
                self.done += 1
                self.endpoint.keep_session(connection)
            else:
                self.answers[named(status, raw)] += 1
                problem = msgspec.json.decode(raw, type=Problem) if status else None
                await asyncio.sleep((problem.retry_ms or 0) / 1000 if problem else 0)
            if self._fresh:
                connection.close()
                connection = None
        if connection is not None:
            connection.close()


def rush(delivery: Delivery, logins: list[Login], way: str, seconds: float) -> dict[str, Any]:
    """One round of one way in."""
    crowd = Rush(delivery, logins, way)
    cpu, own, begun = cpu_seconds(delivery.pids), process_time(), perf_counter()
    uvloop.run(crowd.run(seconds))
    took, done = perf_counter() - begun, max(1, crowd.done)
    found: dict[str, Any] = {
        "per_second": round(crowd.done / took),
        "cpu_us": round((cpu_seconds(delivery.pids) - cpu) / done * 1e6, 1),
        "generator_cpu_us": round((process_time() - own) / done * 1e6, 1),
        "latency_ms": crowd.latency.summary(),
        "connects": crowd.endpoint.counts.connects,
        "handshakes": crowd.endpoint.counts.handshakes,
        "resumed": crowd.endpoint.counts.resumed,
    }
    if crowd.answers:
        found["refused"] = dict(crowd.answers)
    say(f"{way}: {found['per_second']}/s, {found['cpu_us']} µs")
    return found


def _logins(rehearsal: Rehearsal) -> list[Login]:
    return [login_of(rehearsal, number) for number in rehearsal.group_of]


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Every way, on every kind."""
    found: dict[str, Any] = {"lines": LINES}
    with scratch() as folder:
        pair = certificate(folder)
        for kind in options.kinds:
            ways: dict[str, Any] = {}
            for tls in (False, True):
                with running(kind, folder, tls=pair if tls else None) as delivery:
                    logins = _logins(delivery.install(options.seats))
                    # Admission begins carefully; what it grows to is what counts.
                    rush(delivery, logins, "tls_kept" if tls else "kept", options.seconds / 2)
                    for way in (name for name, (secure, _, _) in WAYS.items() if secure == tls):
                        ways[way] = rush(delivery, logins, way, options.seconds)
            cost = {way: one["cpu_us"] for way, one in ways.items()}
            connect = cost["connected"] - cost["kept"]
            found[kind] = {
                "ways": ways,
                "connect_us": round(connect, 1),
                "tls_record_us": round(cost["tls_kept"] - cost["kept"], 1),
                "handshake_us": round(cost["tls_full"] - cost["tls_kept"] - connect, 1),
                "resumption_us": round(cost["tls_resumed"] - cost["tls_kept"] - connect, 1),
            }
    return found


def main() -> None:
    """Measure, print, and keep if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="few seats, short rounds")
    parser.add_argument("--kinds", default="embedded,postgres")
    parser.add_argument("--seats", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.kinds = options.kinds.split(",")
    if options.quick:
        options.seats, options.seconds = 2_000, 3.0
    publish(circumstances(FORMAT, options.quick) | measure(options), options.out)


if __name__ == "__main__":
    main()
