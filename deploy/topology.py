"""The machines of one delivery, read from a file (`site.toml` is the example)."""

import ipaddress
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

Role = Literal["balance", "seats", "exchange", "database"]
ROLES: tuple[Role, ...] = get_args(Role)
WORD = re.compile(r"[a-z][a-z0-9]{0,19}")
HOST = re.compile(r"[a-z0-9.:-]{1,253}")


class SiteFault(Exception):
    """A site that cannot be built; the message says what to change."""


@dataclass(frozen=True)
class Folders:
    """Where things lie on a machine; `{machine}` in a path becomes the machine's name."""

    etc: str = "/etc/ardoise"
    state: str = "/var/lib/ardoise"
    run: str = "/run/ardoise"
    python: str = "/opt/ardoise/venv/bin/python"
    runner: str = "/opt/ardoise/runner"
    """The built runner; empty: nodes serve none."""

    def on(self, machine: str) -> "Folders":
        """The folders of one machine."""
        return Folders(
            *(
                text.format(machine=machine)
                for text in (self.etc, self.state, self.run, self.python, self.runner)
            )
        )

    @property
    def tls(self) -> str:
        """Certificates and keys."""
        return f"{self.etc}/tls"


@dataclass(frozen=True)
class Sizes:
    """What depends on the hardware. Memory as PostgreSQL or systemd writes it."""

    connections: int = 8_000
    files: int = 16_384
    shared_buffers: str = "128MB"
    max_wal: str = "1GB"
    min_wal: str = "160MB"
    wal_keep: str = "512MB"
    database_memory: str = "2G"


@dataclass(frozen=True)
class Machine:
    """One machine, or what plays it in a rehearsal."""

    name: str
    address: str
    roles: tuple[Role, ...]
    also: tuple[str, ...] = ()
    """Other addresses its connections come from."""


@dataclass(frozen=True)
class Site:
    """A whole delivery. Raises SiteFault if it could not work."""

    name: str
    machines: tuple[Machine, ...]
    port: int = 443
    office: tuple[str, ...] = ("0.0.0.0/0", "::/0")
    folders: Folders = field(default_factory=Folders)
    sizes: Sizes = field(default_factory=Sizes)
    environment: str = ""
    """More for the nodes' `Environment=`."""
    local_auth: str = "peer"
    """How user postgres proves itself on its own machine: peer, or a password if there is none."""

    def __post_init__(self) -> None:
        if not HOST.fullmatch(self.name):
            raise SiteFault(f"name {self.name!r}: a host in lower case, with its port if not 443")
        names = [machine.name for machine in self.machines]
        for machine in self.machines:
            if not WORD.fullmatch(machine.name) or names.count(machine.name) > 1:
                raise SiteFault(
                    f"machine {machine.name!r}: a name is a letter and up to 19 letters and "
                    "digits, lower case, and stands once"
                )
            for address in (machine.address, *machine.also):
                _address(machine.name, address)
            if not machine.roles or set(machine.roles) - set(ROLES):
                raise SiteFault(f"machine {machine.name}: roles are among {', '.join(ROLES)}")
        for network in self.office:
            _network(network)
        for role, least in (("balance", 1), ("seats", 1), ("exchange", 1)):
            if len(self.having(role)) < least:
                raise SiteFault(f"no machine has the role {role}")
        if len(self.having("database")) not in {3, 5}:
            raise SiteFault(
                "three machines (or five) have the role database: of two, neither can tell "
                "whether the other died or the network between them"
            )

    def having(self, role: str) -> tuple[Machine, ...]:
        """Machines of that role, in the file's order."""
        return tuple(machine for machine in self.machines if role in machine.roles)

    def machine(self, name: str) -> Machine:
        """That machine. Raises SiteFault."""
        for machine in self.machines:
            if machine.name == name:
                return machine
        raise SiteFault(f"there is no machine {name}")


def read_site(path: Path) -> Site:
    """Raises SiteFault, naming the file, for what cannot be read or built."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        machines = tuple(
            Machine(
                each["name"],
                each["address"],
                tuple(each["roles"]),
                tuple(each.get("also", ())),
            )
            for each in raw.get("machine", ())
        )
        return Site(
            raw["name"],
            machines,
            raw.get("port", 443),
            tuple(raw.get("office", Site.office)),
            _filled(Folders, raw.get("folders", {})),
            _filled(Sizes, raw.get("sizes", {})),
        )
    except OSError as fault:
        raise SiteFault(f"{path}: {fault.strerror}") from None
    except tomllib.TOMLDecodeError as fault:
        raise SiteFault(f"{path}: {fault}") from None
    except KeyError as fault:
        raise SiteFault(f"{path}: {fault} is missing") from None
    except (TypeError, SiteFault) as fault:
        raise SiteFault(f"{path}: {fault}") from None


def _filled(kind: type[Any], given: dict[str, Any]) -> Any:
    unknown = set(given) - set(kind.__dataclass_fields__)
    if unknown:
        raise SiteFault(f"unknown: {', '.join(sorted(unknown))}")
    return kind(**given)


def _address(machine: str, text: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise SiteFault(
            f"machine {machine}: {text!r} is no address. Names are not looked up while saves "
            "are under way: give the address"
        ) from None


def _network(text: str) -> None:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise SiteFault(f"office: {text!r} is no network such as 192.0.2.0/24") from None
