"""Settings, the key file and the bounds of the server. Nothing here is read from the network."""

import base64
import binascii
import fcntl
import ipaddress
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from ardoise.seal import signing
from ardoise.seal.randomness import Source, system

KEY_FILE = "keys.json"
DATABASE = "delivery.db"
LOCK = "serving.lock"

BODY_SECONDS = 30
"""A body that takes longer to arrive is refused; the longest one gets two minutes."""
LARGE_BODY = 128 << 10
LARGE_BODY_SECONDS = 120
LARGE_BODIES_AT_ONCE = 4
BODIES_BYTES = 128 << 20
"""Of all bodies that arrive or are worked on; above it a request is told to come again."""
HEADER_SECONDS = 10
HANDSHAKE_SECONDS = 10
IDLE_SECONDS = 75
STALL_SECONDS = 30
"""A reader that takes less than STALL_BYTES in this time is cut."""
STALL_BYTES = 16 << 10
SEND_BUFFER = 256 << 10
LINGER_SECONDS = 2
DRAIN_SECONDS = 5
NOTICE_SECONDS = 2
"""Behind a proxy: how long health says `draining` before no more connections are taken."""
HEADER_COUNT = 40
HEADER_BYTES = 8 << 10
URL_BYTES = 2 << 10
CONNECTIONS = 100_000
RESERVED_DESCRIPTORS = 256
"""For files, the database and what else is not a connection."""
BACKLOG = 2_048

Routes = Literal["seats", "authority", "all"]


class ConfigFault(Exception):
    """A setting that cannot be used; the message says what to do."""


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The key file: the database's key, the sessions' key, the authority's public key."""

    format: Literal["ardoise-delivery-keys/1"]
    database: bytes
    session: bytes
    authority: bytes

    def __repr__(self) -> str:
        return "Keys(…)"


@dataclass(frozen=True)
class Settings:
    """How one delivery is run."""

    directory: Path
    host: str = "127.0.0.1"
    port: int = 8001
    runner: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
    names: tuple[str, ...] = ()
    """Host headers by which the authority calls this server; none: any."""
    postgres: str | None = None
    """A libpq URL or DSN without a password; None: the encrypted file in `directory`."""
    routes: Routes = "all"
    """What this node answers: pupils' browsers, the authority, or both."""
    logins_per_second: float = 5_000.0
    """At most, and fewer while saves are late (docs/decisions/0014)."""

    @property
    def database(self) -> Path:
        """The encrypted database."""
        return self.directory / DATABASE

    @property
    def address(self) -> str:
        """What to bind: the server takes no names."""
        return "127.0.0.1" if self.host == "localhost" else self.host

    @property
    def tls(self) -> bool:
        """Whether this server speaks TLS itself."""
        return self.tls_cert is not None

    def check(self) -> None:
        """Raises ConfigFault for a combination that must not run."""
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ConfigFault("give --tls-cert and --tls-key together")
        for file in (self.tls_cert, self.tls_key):
            if file is not None and not file.is_file():
                raise ConfigFault(f"{file}: there is no such file")
        if not 0 <= self.port <= 65_535:
            raise ConfigFault("a port is between 0 (any free one) and 65535")
        if not 0 < self.logins_per_second <= 100_000:
            raise ConfigFault("--logins-per-second is above 0 and at most 100000")
        if not (self.tls or self.behind_proxy or is_loopback(self.address)):
            raise ConfigFault(
                f"{self.host} can be reached from other machines: give --tls-cert and --tls-key, "
                "or --behind-proxy if a proxy on the way speaks TLS"
            )
        if not (self.names or is_loopback(self.address)):
            raise ConfigFault(
                "give --name, the host (and port, if not 443) in the authority's delivery_url: "
                "what it signed for another server is then refused here"
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        raise ConfigFault(
            f"{host!r} is no address: give localhost, or one such as 127.0.0.1 or ::"
        ) from None


def routes(text: str) -> Routes:
    """Raises ConfigFault for a name that is none of them."""
    match text:
        case "seats" | "authority" | "all":
            return text
    raise ConfigFault("--routes is seats, authority or all")


def authority_key(text: str) -> bytes:
    """The authority's 32-byte public key: base64, or a file that holds it. Raises ConfigFault."""
    path = Path(text)
    raw = path.read_bytes() if len(text) < 1000 and path.is_file() else text.encode()
    if len(raw) != 32:
        try:
            raw = base64.b64decode(raw.strip(), validate=True)
        except binascii.Error:
            raw = b""
    if len(raw) != 32:
        raise ConfigFault(
            "the authority's public key has 32 bytes: give it in base64 (44 characters), "
            "or a file that holds it"
        )
    return raw


def make_keys(directory: Path, authority: bytes, source: Source = system) -> Keys:
    """Draw the keys and write the key file, mode 0600. Raises ConfigFault if there is one."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = Keys("ardoise-delivery-keys/1", source(32), signing.new_key(source), authority)
    path = directory / KEY_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigFault(f"{path} exists: this delivery is set up already") from None
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(keys)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return keys


def read_keys(directory: Path) -> Keys:
    """The key file. Raises ConfigFault: absent, open to others, or not what it should be."""
    path = directory / KEY_FILE
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigFault(f"{path} can be read by others: chmod 600 {path}")
        keys = msgspec.json.decode(path.read_bytes(), type=Keys)
    except FileNotFoundError:
        raise ConfigFault(f"{path} is absent: run `ardoise delivery init` first") from None
    except msgspec.MsgspecError:
        raise ConfigFault(f"{path} is damaged: restore it from its backup") from None
    if any(len(key) != 32 for key in (keys.database, keys.session, keys.authority)):
        raise ConfigFault(f"{path} is damaged: restore it from its backup")
    return keys


@contextmanager
def only_server(directory: Path) -> Iterator[None]:
    """One server a directory: sequence numbers have one writer. Raises ConfigFault."""
    with (directory / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigFault(f"another server runs on {directory}: stop it first") from None
        yield
