"""PostgreSQL: how a node connects, the migrations, and which faults mean "come again"."""

import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from ardoise.delivery.config import ConfigFault, Routes
from ardoise.delivery.journal import note_fault
from ardoise.delivery.store import Refused, SchemaFault

Connection = Any
"""An asyncpg connection, pooled or not."""
Pool = Any
"""An asyncpg pool."""

SCHEMA = "ardoise"
BUSY_RETRY_MS = 2_000
CONNECT_SECONDS = 2
"""Each host of the URL: a dead one before the primary costs so much."""
SILENT_MS = 3_000
"""A machine that is gone is given up by then; a commit that takes its time is not."""
COMMAND_SECONDS = 8
"""A database that says nothing for so long is given up: its client is told to come again."""
_MIGRATING = 0x0A2D0153
"""The advisory lock that migrations take: one at a time."""
ROLES: dict[Routes, tuple[str, ...]] = {
    "seats": ("ardoise_seats",),
    "authority": ("ardoise_exchange",),
    "all": ("ardoise_seats", "ardoise_exchange"),
}
_SAFE = {
    "search_path": SCHEMA,
    "application_name": "ardoise",
    "statement_timeout": "3s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "10s",
    "tcp_user_timeout": "4000",
    "tcp_keepalives_idle": "10",
    "jit": "off",
}
POINT_READS = {
    # Every statement of a seat goes by keys, whatever the statistics say on the first morning.
    "plan_cache_mode": "force_generic_plan",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "max_parallel_workers_per_gather": "0",
}
LONG_STEPS = {"statement_timeout": "1h", "lock_timeout": "10s"}

CONNECTION_FAULTS = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidAuthorizationSpecificationError,
)
"""The connection is not to be used again; what it did last is unknown."""
_PASSING = (
    *CONNECTION_FAULTS,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresSystemError,
)


@asynccontextmanager
async def lent(pool: Pool) -> AsyncIterator[Connection]:
    """A connection for a step. Raises Refused `busy` for what is nobody's fault.

    That is a lost connection, a failover, a full disk, a lock, or no connection free in time.
    """
    try:
        connection = await pool.acquire(timeout=CONNECT_SECONDS)
    except (*CONNECTION_FAULTS, asyncpg.PostgresError) as fault:
        raise _busy(fault) from None
    try:
        yield connection
    except CONNECTION_FAULTS as fault:
        connection.terminate()
        # After a failover the others, too, still talk to the old primary.
        await pool.expire_connections()
        raise _busy(fault) from None
    except _PASSING as fault:
        raise _busy(fault) from None
    finally:
        await pool.release(connection)


def _busy(fault: BaseException) -> Refused:
    note_fault("store", fault)
    return Refused("busy", retry_ms=BUSY_RETRY_MS)


Tls = Literal["prefer", "verify-full"]


def check_dsn(dsn: str) -> Tls | None:
    """What `ssl` has to be for asyncpg; None: as the DSN says. Raises ConfigFault."""
    parsed = urlsplit(dsn)
    if parsed.scheme not in ("postgresql", "postgres"):
        raise ConfigFault("give --postgres as a URL: postgresql://user@host/database?sslmode=…")
    query = parse_qs(parsed.query)
    if parsed.password is not None or "password" in query:
        raise ConfigFault(
            "a password in the URL can be read by every process of the machine: put it into a "
            "file of mode 0600 and name that in PGPASSFILE"
        )
    if "service" in query:
        raise ConfigFault("name hosts, user and database in the URL, not a service")
    mode = query.get("sslmode", [None])[-1]
    if all(_is_near(host) for host in _hosts(parsed.netloc, query)):
        return None if mode is not None else "prefer"
    if mode not in (None, "verify-full", "verify-ca"):
        raise ConfigFault(f"sslmode={mode} lets anyone on the way read and write: use verify-full")
    return None if mode is not None else "verify-full"


def _hosts(netloc: str, query: dict[str, list[str]]) -> list[str]:
    listed = netloc.rpartition("@")[2].split(",") + ",".join(query.get("host", [])).split(",")
    named = [text.rpartition(":")[0] if ":" in text else text for text in listed]
    return [host.strip("[]") for host in named if host]


def _is_near(host: str) -> bool:
    """A Unix socket, or this machine."""
    if host.startswith(("/", "%2F", "%2f")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def open_pool(dsn: str, size: int, **settings: str) -> Pool:
    """Connections that come back by themselves. Raises SchemaFault if there is no database."""
    try:
        return await asyncpg.create_pool(
            dsn,
            ssl=check_dsn(dsn),
            min_size=1,
            max_size=size,
            # Nothing that a statement leaves behind is worth a round trip after each.
            reset=_leave_as_it_is,
            init=_notice_silence,
            max_inactive_connection_lifetime=0,
            max_queries=1_000_000,
            max_cached_statement_lifetime=0,
            timeout=CONNECT_SECONDS,
            command_timeout=None if "statement_timeout" in settings else COMMAND_SECONDS,
            target_session_attrs=SessionAttribute.read_write,
            server_settings=_SAFE | settings,
        )
    except (*CONNECTION_FAULTS, asyncpg.PostgresError, ValueError) as fault:
        raise SchemaFault(f"PostgreSQL does not let us in: {fault}") from None


async def _notice_silence(connection: Connection) -> None:
    """Bytes that nobody takes end the connection in seconds; TCP alone tries for a quarter of an
    hour, and a statement's own limit cannot tell a dead machine from a slow commit."""
    inside = connection._transport.get_extra_info("socket")
    if inside is not None and inside.family in (socket.AF_INET, socket.AF_INET6):
        for option, value in (
            (socket.TCP_USER_TIMEOUT, SILENT_MS),
            (socket.TCP_KEEPIDLE, 1),
            (socket.TCP_KEEPINTVL, 1),
            (socket.TCP_KEEPCNT, 2),
        ):
            inside.setsockopt(socket.IPPROTO_TCP, option, value)
        inside.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


async def _leave_as_it_is(_connection: Connection) -> None:
    """No reset: every step ends its own transaction."""


def migrations() -> tuple[tuple[str, str], ...]:
    """Names and texts in their order. Files are only ever added."""
    folder = resources.files(__package__) / "migrations"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return tuple((f.name, f.read_text()) for f in files if f.name.endswith(".sql"))


async def migrate(dsn: str, steps: tuple[tuple[str, str], ...] | None = None) -> int:
    """Bring the schema to the newest version, as its owner, and return it.

    Raises SchemaFault: a newer program's database, no right to do it, nobody there.
    """
    steps = migrations() if steps is None else steps
    try:
        connection = await asyncpg.connect(
            dsn,
            ssl=check_dsn(dsn),
            timeout=CONNECT_SECONDS,
            target_session_attrs=SessionAttribute.read_write,
            server_settings=_SAFE | LONG_STEPS,
        )
        try:
            async with connection.transaction():
                await _migrate(connection, steps)
        finally:
            await connection.close()
    except (*CONNECTION_FAULTS, asyncpg.PostgresError) as fault:
        raise SchemaFault(f"the database stays as it was: {fault}") from None
    return len(steps)


async def _migrate(connection: Connection, steps: tuple[tuple[str, str], ...]) -> None:
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _MIGRATING)
    await connection.execute(
        f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};"
        " CREATE TABLE IF NOT EXISTS schema_version ("
        "  version integer PRIMARY KEY, name text NOT NULL,"
        "  since timestamptz NOT NULL DEFAULT now())"
    )
    version = await _version(connection)
    if version > len(steps):
        raise SchemaFault(_newer(version, len(steps)))
    for number, (name, text) in enumerate(steps[version:], start=version + 1):
        await connection.execute(text)
        await connection.execute(
            "INSERT INTO schema_version (version, name) VALUES ($1, $2)", number, name
        )
    await connection.execute("SELECT raise_base()")


async def _version(connection: Connection) -> int:
    found = await connection.fetchval("SELECT coalesce(max(version), 0) FROM schema_version")
    return int(found)


def _newer(version: int, known: int) -> str:
    return (
        f"the database has version {version}, this program knows {known}: install the newer program"
    )


async def check_database(connection: Connection, roles: tuple[str, ...]) -> None:
    """Raises SchemaFault unless a node of this program may serve on it, in these roles."""
    known = len(migrations())
    try:
        version = await _version(connection)
    except asyncpg.UndefinedTableError:
        version = 0
    except asyncpg.InsufficientPrivilegeError:
        raise SchemaFault(
            "this user may not read the schema: GRANT ardoise_seats (or ardoise_exchange) TO it"
        ) from None
    if version > known:
        raise SchemaFault(_newer(version, known))
    if version < known:
        raise SchemaFault(
            f"the database has version {version}, this program needs {known}: "
            "run `ardoise delivery migrate` first"
        )
    for role in roles:
        if not await connection.fetchval("SELECT pg_has_role($1, 'USAGE')", role):
            raise SchemaFault(f"this user may not do what the routes ask: GRANT {role} TO it")
    if await connection.fetchval("SHOW synchronous_commit") == "off":
        raise SchemaFault("synchronous_commit is off: an acknowledged sheet could be lost")
