"""A real PostgreSQL for tests: one cluster for the session, fresh databases for who asks.

The cluster lies in a temporary folder, listens on a Unix socket and on loopback, and is stopped by
its process id. Root may not run it: then it runs as the user `postgres` of the Debian package.
"""

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ardoise.delivery import postgres_schema
from ardoise.seal import randomness

START_SECONDS = 30
_TEMPLATE = "ardoise_template"
_SETTINGS = """
listen_addresses = '127.0.0.1'
shared_buffers = 64MB
max_connections = 200
max_wal_size = 1GB
log_min_error_statement = panic
log_min_messages = fatal
"""


def _binary(name: str) -> str | None:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([*map(str, versions), os.environ.get("PATH", "")])
    return shutil.which(name, path=path)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Database:
    """One database. The owner migrates; `seats` and `exchange` may do what a node's user may."""

    cluster: "Cluster"
    name: str

    def url(self, user: str = "postgres") -> str:
        """How a node is told of it."""
        return (
            f"postgresql://{user}@/{self.name}?host={self.cluster.sockets}&port={self.cluster.port}"
        )

    @property
    def seats(self) -> str:
        """A node that pupils reach."""
        return self.url("seats_node")

    @property
    def exchange(self) -> str:
        """The authority's node."""
        return self.url("exchange_node")

    @property
    def node(self) -> str:
        """A node with all routes: a member of both roles."""
        return self.url("node")

    def run(self, sql: str, *values: Any) -> list[Any]:
        """A statement as the owner."""
        return asyncio.run(fetch(self.url(), sql, *values))


async def fetch(url: str, sql: str, *values: Any) -> list[Any]:
    """One statement on a connection of its own."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "ardoise"})
    try:
        return list(await connection.fetch(sql, *values))
    finally:
        await connection.close()


@dataclass
class Cluster:
    """`initdb` in `folder`, with or without syncing to disk."""

    folder: Path
    fsync: bool = False
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def sockets(self) -> Path:
        """Where the Unix socket lies."""
        return self.folder

    def make(self) -> None:
        """initdb, and the users that the tests log in as."""
        self.folder.mkdir(parents=True, exist_ok=True)
        options: list[str] = ["--no-sync", "--auth=trust", "--username=postgres"]
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        subprocess.run(
            [_found("initdb"), "-D", self._data, "--encoding=UTF8", "--locale=C", *options],
            check=True,
            capture_output=True,
            **self._as_user(),
        )
        with Path(self._data, "postgresql.conf").open("a") as file:
            file.write(f"{_SETTINGS}port = {self.port}\nfsync = {'on' if self.fsync else 'off'}\n")
            file.write(f"unix_socket_directories = '{self.sockets}'\n")

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _as_user(self) -> dict[str, Any]:
        if os.getuid() != 0:
            return {}
        user = pwd.getpwnam("postgres")
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": self.folder}

    def start(self) -> None:
        """Start and wait until it lets somebody in."""
        self.process = subprocess.Popen(
            [_found("postgres"), "-D", self._data],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **self._as_user(),
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError, asyncpg.PostgresError):
                asyncio.run(fetch(Database(self, "postgres").url(), "SELECT 1"))
                return
            time.sleep(0.05)
        self.kill()
        raise AssertionError("PostgreSQL did not start")

    def stop(self) -> None:
        """Fast shutdown."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(START_SECONDS)

    def kill(self) -> None:
        """kill -9 of all its processes: nothing is written any more."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        # Its children see that it is gone and end; a new one cannot start before.
        deadline = time.monotonic() + START_SECONDS
        while _children(self._data) and time.monotonic() < deadline:
            time.sleep(0.02)

    def prepare(self) -> None:
        """The users, and a migrated database to copy."""
        run = Database(self, "postgres").run
        run(f"CREATE DATABASE {_TEMPLATE}")
        asyncio.run(postgres_schema.migrate(Database(self, _TEMPLATE).url()))
        run("CREATE ROLE seats_node LOGIN IN ROLE ardoise_seats")
        run("CREATE ROLE exchange_node LOGIN IN ROLE ardoise_exchange")
        run("CREATE ROLE node LOGIN IN ROLE ardoise_seats, ardoise_exchange")

    def database(self) -> Database:
        """A fresh one, copied in a fraction of a second."""
        name = f"d{randomness.reference()}"
        Database(self, "postgres").run(
            f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy"
        )
        return Database(self, name)


def _found(name: str) -> str:
    found = _binary(name)
    if found is None:
        pytest.skip("PostgreSQL is missing here: sh scripts/postgres.sh says how to get it")
    return found


def _children(data: str) -> bool:
    """Whether a process of a killed cluster still lives: its working directory is the data."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and str((entry / "cwd").readlink()) == data:
                return True
    return False


@contextlib.contextmanager
def running_cluster(*, fsync: bool = False) -> Iterator[Cluster]:
    """A cluster that is gone afterwards, folder and all."""
    _found("initdb")
    folder = Path(tempfile.mkdtemp(prefix="ardoise-postgres-"))
    folder.chmod(0o755)
    cluster = Cluster(folder, fsync)
    try:
        cluster.make()
        cluster.start()
        cluster.prepare()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """One for all tests of a process."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def new_database(postgres_cluster: Cluster) -> Callable[[], Database]:
    """Makes a fresh database."""
    return postgres_cluster.database
