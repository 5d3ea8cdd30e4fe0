"""What the delivery benchmarks start, watch and put away: nginx, PostgreSQL, delivery's nodes.

Everything lives in one folder and on loopback. Databases are set as in earnest: every commit
reaches the disk (`delivery_machine.flushes` counts what the disk was told).
"""

import base64
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from delivery_machine import environment, free_port, listens, stop, wait_until

from ardoise.bench.campaign import Rehearsal, Shape
from ardoise.bench.exchange import Exchange
from ardoise.bench.signers import KeySigner
from ardoise.bench.wire import Target
from ardoise.delivery import config
from ardoise.seal import signing

POSTGRES = Path("/usr/lib/postgresql/15/bin")
HOUR_MS = 3_600_000
NGINX = """
worker_processes 1;
worker_rlimit_nofile 20000;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 19000; multi_accept on; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_timeout 3600;
  keepalive_requests 1000000000;
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 204; }} }}
}}
"""
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "wal_compression": "lz4",
    "max_connections": "100",
    "wal_level": "replica",
    "autovacuum_naptime": "10s",
    "logging_collector": "off",
}
"""Of PostgreSQL, as in deploy/patroni.yml on a small machine; beside them its own defaults."""


@dataclass
class Nginx:
    """The yardstick: one worker that answers every request with 204."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def ports(self) -> list[int]:
        """Where it listens."""
        return [self.port]

    @property
    def pids(self) -> list[int]:
        """Roots of its tree."""
        return [self.process.pid] if self.process else []

    def start(self) -> None:
        """Raises RuntimeError."""
        self.folder.mkdir()
        written = self.folder / "nginx.conf"
        written.write_text(NGINX.format(folder=self.folder, port=self.port))
        log = self.folder / "nginx.log"
        self.process = subprocess.Popen(  # noqa: S603 - our own arguments
            ["/usr/sbin/nginx", "-c", str(written), "-e", str(log)], stdin=subprocess.DEVNULL
        )
        wait_until(lambda: listens(self.port), self.process, "nginx", log)

    def stop(self) -> None:
        """End it."""
        if self.process:
            stop(self.process)


@dataclass
class Postgres:
    """A cluster of its own, on a socket in its folder and a port of loopback."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def data(self) -> Path:
        """The cluster."""
        return self.folder / "data"

    @property
    def pids(self) -> list[int]:
        """The postmaster."""
        return [self.process.pid] if self.process else []

    @property
    def _as(self) -> dict[str, Any]:
        """PostgreSQL refuses root."""
        if os.geteuid() != 0:
            return {}
        user = pwd.getpwnam("postgres")
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}

    def make(self) -> None:
        """A new cluster; whoever is on this machine may do everything in it."""
        self.folder.mkdir(exist_ok=True)
        subprocess.run(  # noqa: S603 - our own arguments
            [
                *(str(POSTGRES / "initdb"), "-D", str(self.data), "-U", "postgres", "-A", "trust"),
                *("-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"),
            ],
            check=True, stdout=subprocess.DEVNULL, **self._as,
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
            file.write(f"listen_addresses = '127.0.0.1'\nport = {self.port}\n")
            file.write(f"unix_socket_directories = '{self.folder}'\n")

    def start(self) -> None:
        """Raises RuntimeError."""
        log = self.folder / "postgres.log"
        user = self._as
        with log.open("ab") as file:
            self.process = subprocess.Popen(  # noqa: S603 - our own arguments
                [str(POSTGRES / "postgres"), "-D", str(self.data)],
                stdin=subprocess.DEVNULL, stdout=file, stderr=file, **user,
            )  # fmt: skip
        ready = [str(POSTGRES / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        wait_until(
            lambda: subprocess.run(ready, check=False).returncode == 0,  # noqa: S603
            self.process, "PostgreSQL", log,
        )  # fmt: skip

    def stop(self) -> None:
        """A fast shutdown."""
        if self.process:
            stop(self.process, signal.SIGINT)

    def url(self, user: str) -> str:
        """How a node is told of it."""
        return f"postgresql://{user}@/ardoise?host={self.folder}&port={self.port}"

    def sql(self, script: str, database: str = "postgres") -> str:
        """Run it, one statement a transaction; what it prints. Raises CalledProcessError."""
        command = [
            *("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
            *("-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-d", database),
        ]
        done = subprocess.run(  # noqa: S603 - our own arguments
            command, input=script, text=True, check=True, stdout=subprocess.PIPE
        )
        return done.stdout.strip()


@dataclass
class Delivery:
    """Delivery under test: one node on the embedded store, or some on PostgreSQL."""

    kind: str
    """`embedded` or `postgres`."""
    folder: Path
    nodes: int = 1
    tls: tuple[Path, Path] | None = None
    logins_per_second: float = 20_000.0
    """Above what it can: a bound would be measured, not the server."""
    private: bytes = field(default_factory=signing.new_key)
    ports: list[int] = field(default_factory=list)
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    postgres: Postgres | None = None

    @property
    def node_pids(self) -> list[int]:
        """The nodes alone."""
        return [process.pid for process in self.processes]

    @property
    def pids(self) -> list[int]:
        """Nodes, and the database where it has processes of its own."""
        return self.node_pids + (self.postgres.pids if self.postgres else [])

    @property
    def home(self) -> Path:
        """The folder of the key file (and the embedded database)."""
        return self.folder / "delivery"

    @property
    def url(self) -> str:
        """The first node."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.ports[0]}"

    def make(self) -> None:
        """Keys and database."""
        self.folder.mkdir()
        public = base64.b64encode(signing.public_half(self.private)).decode()
        if self.kind == "postgres":
            # The database's own user has to get through to its folder.
            self.postgres = Postgres(Path(tempfile.mkdtemp(prefix="ardoise-pg-")))
            self.postgres.make()
            self.postgres.start()
            self.postgres.sql("CREATE DATABASE ardoise")
            run(["migrate", "--postgres", self.postgres.url("postgres")])
            self.postgres.sql("CREATE ROLE node LOGIN IN ROLE ardoise_seats, ardoise_exchange")
        run(["init", "--dir", str(self.home), "--authority-key", public, *self._database()])

    def _database(self) -> list[str]:
        return [] if self.postgres is None else ["--postgres", self.postgres.url("node")]

    def start(self) -> None:
        """Every node, on ports that stay the same from start to start."""
        if self.postgres is not None and self.postgres.process is None:
            self.postgres.start()
        self.ports = self.ports or [free_port() for _ in range(self.nodes)]
        for place, port in enumerate(self.ports):
            log = self.folder / f"node-{port}.log"
            with log.open("ab") as file:
                process = subprocess.Popen(  # noqa: S603 - our own arguments
                    [*self._serve(place), "--port", str(port)],
                    env=environment(), stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                )  # fmt: skip
            self.processes.append(process)
            wait_until(partial(listens, port), process, "delivery", log)

    def _serve(self, place: int) -> list[str]:
        home = self.home
        if place:
            # Every node has a copy of the key file: it lets in the sessions of the others.
            home = self.folder / f"node-{place}"
            home.mkdir(mode=0o700, exist_ok=True)
            shutil.copy2(self.home / config.KEY_FILE, home)
        found = [sys.executable, "-m", "ardoise.delivery", "serve", "--dir", str(home)]
        found += ["--logins-per-second", str(self.logins_per_second), *self._database()]
        if self.tls:
            found += ["--tls-cert", str(self.tls[0]), "--tls-key", str(self.tls[1])]
        return found

    def stop_nodes(self) -> None:
        """The nodes alone."""
        for process in self.processes:
            stop(process)
        self.processes = []

    def stop(self) -> None:
        """All of it."""
        self.stop_nodes()
        if self.postgres is not None:
            self.postgres.stop()
            self.postgres.process = None

    def exchange(self, node: int = 0) -> Exchange:
        """The authority's calls to one node."""
        url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.ports[node]}"
        ca = self.tls[0] if self.tls else None
        return Exchange(Target.parse(url), KeySigner(self.private), ca)

    def install(self, pupils: int, hours: int = 6) -> Rehearsal:
        """A rehearsal's campaign, its window open."""
        rehearsal = Rehearsal.draw(Shape(pupils))
        self.exchange().install(rehearsal, hours * HOUR_MS)
        return rehearsal

    def disk_bytes(self) -> int:
        """What the store takes on the disk."""
        folders = [self.home] + ([self.postgres.data] if self.postgres else [])
        return sum(
            path.stat().st_size for each in folders for path in each.rglob("*") if path.is_file()
        )


def run(arguments: list[str]) -> None:
    """`ardoise delivery …`. Raises CalledProcessError."""
    subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "ardoise.delivery", *arguments],
        env=environment(), check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


@contextlib.contextmanager
def running(
    kind: str, folder: Path, *, nodes: int = 1, tls: tuple[Path, Path] | None = None
) -> Iterator[Delivery]:
    """A new delivery, started; everything of it ends with the block."""
    delivery = Delivery(kind, folder / kind, nodes, tls)
    try:
        delivery.make()
        delivery.start()
        yield delivery
    finally:
        delivery.stop()
        shutil.rmtree(delivery.folder, ignore_errors=True)
        if delivery.postgres is not None:
            shutil.rmtree(delivery.postgres.folder, ignore_errors=True)


def require_durable(delivery: Delivery) -> dict[str, str]:
    """PostgreSQL's own settings. Raises RuntimeError where a commit need not reach the disk."""
    if delivery.postgres is None:
        return {}
    names = ("fsync", "synchronous_commit", "full_page_writes")
    found = {name: delivery.postgres.sql(f"SHOW {name}") for name in names}
    if set(found.values()) != {"on"}:
        raise RuntimeError(f"these saves would not be durable: {found}")
    return found


def session_key(delivery: Delivery) -> bytes:
    """What delivery signs sessions with: benchmarks write their own for seats made by SQL."""
    return config.read_keys(delivery.home).session
