"""A site whose machines are addresses of loopback and whose folders lie in one folder."""

import os
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from deploy import processes
from deploy.processes import RehearsalFault
from deploy.render import EXCHANGE_PORT, SEATS_PORT
from deploy.topology import Folders, Machine, Site

SOURCE = Path(__file__).parents[1] / "src"


def loopback_site(folder: Path, *, net: str = "127.31.0", port: int = 8443) -> Site:
    """The example's machines, each with an address of loopback for its own.

    What they send over loopback comes from 127.0.0.1, whatever they listen on: so that address is
    theirs too.
    """
    addresses = {"node1": 11, "node2": 12, "exchange1": 20, "db1": 31, "db2": 32, "db3": 33}
    roles = {"node": "seats", "exchange": "exchange", "db": "database"}
    machines = [Machine("balance1", "127.0.0.1", ("balance",))]
    for name, last in addresses.items():
        role: Any = roles[name.rstrip("0123456789")]
        machines.append(Machine(name, f"{net}.{last}", (role,), ("127.0.0.1",)))
    return site_in(folder, tuple(machines), f"localhost:{port}", port)


def site_in(folder: Path, machines: tuple[Machine, ...], name: str, port: int) -> Site:
    """A site whose folders all lie in `folder`, run by this Python on this source."""
    python, environment = interpreter()
    runner = SOURCE.parent / "runner" / "dist"
    folders = Folders(
        f"{folder}/{{machine}}/etc",
        f"{folder}/{{machine}}/state",
        f"{folder}/{{machine}}/run",
        python,
        str(runner) if (runner / "index.html").exists() else "",
    )
    local = "peer" if os.geteuid() == 0 else "scram-sha-256"
    return Site(name, machines, port, folders=folders, environment=environment, local_auth=local)


def interpreter() -> tuple[str, str]:
    """A Python that the nodes' user can run, and what it needs in its environment.

    Root's own Python may lie where nobody else can look: then the system's, with our packages.
    """
    user = processes.account("ardoise")
    source = f"PYTHONPATH={SOURCE}"
    if user is None or _can_run(user, sys.executable):
        return sys.executable, source
    system = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    if not _can_run(user, system):
        raise RehearsalFault(
            f"user {user} can run neither {sys.executable} nor {system}: "
            "start the rehearsal as an ordinary user, or install Python for all"
        )
    return system, f"{source}:{sysconfig.get_path('platlib')}"


def _can_run(user: str, program: str) -> bool:
    # Through env: setpriv itself still finds what only root may see.
    tried = ["setpriv", "--reuid", user, "--clear-groups", "env", program, "-c", "import ssl"]
    done = subprocess.run(tried, check=False, capture_output=True, timeout=20)  # noqa: S603
    return done.returncode == 0


def check_addresses(site: Site) -> None:
    """Raises RehearsalFault if somebody else holds an address and port that it needs."""
    wanted = [(m.address, site.port) for m in site.having("balance")]
    wanted += [(m.address, SEATS_PORT) for m in site.having("seats")]
    wanted += [(m.address, EXCHANGE_PORT) for m in site.having("exchange")]
    wanted += [(m.address, p) for m in site.having("database") for p in (2379, 2380, 5432, 8008)]
    busy = [f"{address}:{port}" for address, port in wanted if not _free(address, port)]
    if busy:
        raise RehearsalFault(
            f"in use: {', '.join(busy)}: another rehearsal? Choose another --net or --port"
        )


def _free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
        return True
