"""The whole of a delivery on one machine: what `rehearse.py` shows and the fault tests break."""

import contextlib
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from deploy import processes
from deploy.loopback import SOURCE
from deploy.processes import RehearsalFault, Running
from deploy.render import EXCHANGE_PORT, OWNER, SEATS_PORT, Secrets, dsn, render
from deploy.topology import Machine, Site

RECORD = "rehearsal.json"
UNITS = "/etc/systemd/system/"
ETCD, PATRONI, SEATS, EXCHANGE, BALANCE = (
    "ardoise-etcd",
    "ardoise-patroni",
    "ardoise-seats",
    "ardoise-exchange",
    "ardoise-haproxy",
)
UNITS_OF = {
    "database": (ETCD, PATRONI),
    "seats": (SEATS,),
    "exchange": (EXCHANGE,),
    "balance": (BALANCE,),
}
UP_SECONDS = 90.0
NEAR_BYTES = 1 << 20
PSQL = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "postgres"]


@dataclass(frozen=True)
class Member:
    """A database as Patroni describes it."""

    role: str
    state: str
    timeline: int
    lag: int | str
    """Bytes behind the primary; a word where nobody knows."""

    def follows(self, leading: list[int]) -> bool:
        """Whether it leads, or is where the leader is."""
        if self.role == "leader":
            return self.state == "running"
        near = isinstance(self.lag, int) and self.lag < NEAR_BYTES
        return self.state in ("running", "streaming") and near and [self.timeline] == leading


@dataclass
class Stack:
    """`with Stack(site, folder) as stack:` brings everything up and stops what it started."""

    site: Site
    folder: Path
    authority_key: str
    """The authority's public key, base64."""
    namespaces: dict[str, str] = field(default_factory=dict)
    """Network namespace of a machine; none: this one."""
    tell: Callable[[str], None] = lambda _text: None
    running: dict[tuple[str, str], Running] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.secrets = Secrets(self.folder / "secrets")
        self.pool = urllib3.PoolManager(ssl_context=self._client_context(), retries=False)

    def __enter__(self) -> "Stack":
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    # --- bringing up -----------------------------------------------------------------------

    def up(self) -> None:
        """Everything, in order. Raises RehearsalFault, naming a log file."""
        missing = processes.missing_packages()
        if missing:
            raise RehearsalFault(f"packages are missing: apt-get install {' '.join(missing)}")
        self.lay_out()
        self.start_databases()
        self.tell("roles and tables")
        self.make_database()
        self.start_nodes()
        self.start_balancer()

    def lay_out(self) -> None:
        """Write every machine's files. What an earlier run left stays as it is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o711)
        for machine in self.site.machines:
            home = self.folder / machine.name
            for name in ("etc", "state", "run"):
                (home / name).mkdir(parents=True, exist_ok=True)
            for file in render(self.site, machine, self.secrets):
                path = Path(file.path.replace(UNITS, f"{home}/etc/"))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
                path.chmod(0o600)
                path.write_bytes(file.content)
                self._give(path, file.owner, file.mode)
            for role in machine.roles:
                owner = {"database": "postgres", "balance": "haproxy"}.get(role, "ardoise")
                self._give(home / "state", owner, 0o711)
                self._give(home / "run", owner, 0o711)
            if "database" in machine.roles:
                (home / "state" / "etcd").mkdir(exist_ok=True)
                self._give(home / "state" / "etcd", "etcd", 0o700)
        self._lay_out_keys()

    def _lay_out_keys(self) -> None:
        """One key file for all nodes: a session begun at one is good at every other."""
        made = self.folder / "keys"
        if not made.exists():
            url = dsn(self.site, self.site.having("exchange")[0], OWNER)
            key = ("--authority-key", self.authority_key)
            self.command("init", "--dir", str(made), *key, "--postgres", url)
        for machine in (*self.site.having("seats"), *self.site.having("exchange")):
            home = self.folder / machine.name / "state" / "delivery"
            home.mkdir(exist_ok=True)
            shutil.copyfile(made / "keys.json", home / "keys.json")
            self._give(home / "keys.json", "ardoise", 0o600)
            self._give(home, "ardoise", 0o700)

    def start_databases(self) -> None:
        """etcd, then PostgreSQL under Patroni, until there is a primary and its second."""
        databases = self.site.having("database")
        self.tell("etcd, three members")
        for machine in databases:
            self.start(machine.name, ETCD)
        for machine in databases:
            self._until(f"https://{machine.address}:2379/health", self.running[machine.name, ETCD])
        self.tell("PostgreSQL under Patroni: a primary and two standbys")
        for machine in databases:
            self.start(machine.name, PATRONI)
        self.wait_for_databases(len(databases))

    def wait_for_databases(self, members: int, seconds: float = UP_SECONDS) -> None:
        """Until that many are on one timeline, up to date, and one of them is synchronous."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state = self.cluster()
            leading = [each.timeline for each in state.values() if each.role == "leader"]
            fit = [each for each in state.values() if each.follows(leading)]
            if len(fit) >= members and any(each.role == "sync_standby" for each in fit):
                return
            for machine in self.site.having("database"):
                self._check(self.running.get((machine.name, PATRONI)))
            time.sleep(0.2)
        logs = ", ".join(str(self.log(m.name, PATRONI)) for m in self.site.having("database"))
        raise RehearsalFault(f"no primary with a synchronous standby: see {logs}")

    def make_database(self) -> None:
        """Roles and tables, once."""
        primary = self.primary()
        there = self.psql(primary, "SELECT 1 FROM pg_database WHERE datname = 'ardoise'")
        if not there.strip():
            etc = self.site.folders.on(primary.name).etc
            self.psql(primary, f"\\i {etc}/roles.sql")
        exchange = self.site.having("exchange")[0]
        self.command("migrate", "--postgres", dsn(self.site, exchange, OWNER), machine=exchange)

    def start_nodes(self) -> None:
        """Every node, until it answers."""
        self.tell("delivery nodes")
        nodes = [(m, SEATS, SEATS_PORT) for m in self.site.having("seats")]
        nodes += [(m, EXCHANGE, EXCHANGE_PORT) for m in self.site.having("exchange")]
        for machine, unit, _ in nodes:
            self.start(machine.name, unit)
        for machine, unit, port in nodes:
            self._until(
                f"https://{machine.address}:{port}/health", self.running[machine.name, unit]
            )

    def start_balancer(self) -> None:
        """HAProxy, until a request comes through."""
        self.tell("HAProxy")
        for machine in self.site.having("balance"):
            running = self.start(machine.name, BALANCE)
            self._until(f"https://{machine.address}:{self.site.port}/v1/campaigns", running)

    # --- while it runs ---------------------------------------------------------------------

    @property
    def url(self) -> str:
        """What browsers and the authority call."""
        return f"https://{self.site.name}"

    def start(self, machine: str, unit: str, *, wrapper: tuple[str, ...] = ()) -> Running:
        """Start one unit of one machine."""
        path = self.folder / machine / "etc" / f"{unit}.service"
        running = processes.start(
            processes.read_unit(path),
            machine,
            self.log(machine, unit),
            namespace=self.namespaces.get(machine),
            wrapper=wrapper,
        )
        self.running[machine, unit] = running
        self._record()
        return running

    def wait_for_node(self, machine: str, seconds: float = 30.0) -> None:
        """Until a node that pupils reach answers. Raises RehearsalFault."""
        address = self.site.machine(machine).address
        running = self.running[machine, SEATS]
        self._until(f"https://{address}:{SEATS_PORT}/health", running, seconds)

    def log(self, machine: str, unit: str) -> Path:
        """What that unit wrote."""
        return self.folder / machine / f"{unit}.log"

    def cluster(self) -> dict[str, Member]:
        """Each database member as the primary's Patroni sees it: others may look at an old copy."""
        try:
            members = self._ask(self.primary(), "cluster").json()["members"]
        except (urllib3.exceptions.HTTPError, ValueError, KeyError, RehearsalFault):
            return {}
        return {
            each["name"]: Member(
                each["role"], each["state"], each.get("timeline", 0), each.get("lag", 0)
            )
            for each in members
        }

    def _ask(self, machine: Machine, what: str) -> urllib3.BaseHTTPResponse:
        return self.pool.request(
            "GET",
            f"https://{machine.address}:8008/{what}",
            timeout=urllib3.Timeout(connect=0.5, read=1.5),
        )

    def primary(self) -> Machine:
        """Who takes writes, as it says itself. Raises RehearsalFault if nobody does."""
        for machine in self.site.having("database"):
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                if self._ask(machine, "primary").status == 200:
                    return machine
        raise RehearsalFault("no database is primary now")

    def second(self) -> Machine:
        """The synchronous standby. Raises RehearsalFault if there is none."""
        return self.site.machine(self._having("sync_standby"))

    def _having(self, role: str) -> str:
        for name, member in self.cluster().items():
            if member.role == role:
                return name
        raise RehearsalFault(f"no database is {role} now")

    def postmaster(self, machine: str) -> int | None:
        """The process id of that machine's PostgreSQL."""
        path = self.folder / machine / "state" / "postgresql" / "postmaster.pid"
        try:
            pid = int(path.read_text(encoding="ascii").splitlines()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return None
        return pid if str(path.parent).encode() in command else None

    def kill_postgres(self, machine: str) -> None:
        """kill -9 of the postmaster and of all it started; Patroni lives."""
        pid = self.postmaster(machine)
        if pid is None:
            raise RehearsalFault(f"PostgreSQL of {machine} does not run")
        os.killpg(os.getpgid(pid), signal.SIGKILL)

    def kill_machine(self, name: str) -> None:
        """As if its power were cut: everything on it ends at once."""
        pid = self.postmaster(name)
        mine = [running for (machine, _), running in self.running.items() if machine == name]
        for running in mine:
            running.signal(signal.SIGSTOP)
        if pid is not None:
            os.killpg(os.getpgid(pid), signal.SIGKILL)
        for running in mine:
            running.kill()

    def start_machine(self, name: str) -> None:
        """Everything on it again."""
        for role in self.site.machine(name).roles:
            for unit in UNITS_OF[role]:
                self.start(name, unit)

    def psql(self, machine: Machine, text: str) -> str:
        """What PostgreSQL's superuser is told on its own machine."""
        folders = self.site.folders.on(machine.name)
        user = processes.account("postgres")
        before = ["setpriv", "--reuid", user, "--regid", user, "--init-groups"] if user else []
        done = subprocess.run(  # noqa: S603
            [*before, *PSQL, "-h", folders.run],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd="/",
            env={
                "PATH": "/usr/bin:/bin",
                "PGPASSWORD": self.secrets.password("superuser"),
                "PGCONNECT_TIMEOUT": "5",
            },
        )
        if done.returncode != 0:
            raise RehearsalFault(f"PostgreSQL of {machine.name}: {done.stderr.strip()}")
        return done.stdout

    def command(self, *arguments: str, machine: Machine | None = None) -> str:
        """`ardoise delivery …`, with our own rights. Raises RehearsalFault."""
        namespace = self.namespaces.get(machine.name) if machine is not None else None
        before = ["ip", "netns", "exec", namespace] if namespace else []
        done = subprocess.run(  # noqa: S603
            [*before, sys.executable, "-m", "ardoise.delivery", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(SOURCE), "LC_ALL": "C.UTF-8"},
        )
        if done.returncode != 0:
            raise RehearsalFault(f"ardoise delivery {arguments[0]}: {done.stderr.strip()[-2000:]}")
        return done.stdout

    # --- ending ----------------------------------------------------------------------------

    def down(self) -> None:
        """Stop all that was started, the nearest to the browsers first."""
        for wanted in (BALANCE, SEATS, EXCHANGE, PATRONI, ETCD):
            group = [running for (_, unit), running in self.running.items() if unit == wanted]
            for running in group:
                running.signal(signal.SIGCONT)
                running.signal(signal.SIGTERM)
            for running in group:
                running.stop()
        for machine in self.site.having("database"):
            pid = self.postmaster(machine.name)
            if pid is not None:
                processes.end(pid, processes.started_ticks(pid))
        self.running.clear()
        (self.folder / RECORD).unlink(missing_ok=True)

    # --- inside ----------------------------------------------------------------------------

    def _record(self) -> None:
        record = {
            "url": self.url,
            "pid": os.getpid(),
            "ticks": processes.started_ticks(os.getpid()),
            "processes": [
                {
                    "machine": machine,
                    "unit": unit,
                    "pid": running.pid,
                    "ticks": processes.started_ticks(running.pid),
                    "log": str(running.log),
                }
                for (machine, unit), running in self.running.items()
            ],
        }
        path = self.folder / RECORD
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(record, indent=1), encoding="utf-8")
        fresh.replace(path)

    def _give(self, path: Path, owner: str, mode: int) -> None:
        path.chmod(mode)
        user = processes.account(owner) if owner != "root" else None
        if user is not None:
            shutil.chown(path, user, user if user != "nobody" else None)

    def _check(self, running: Running | None) -> None:
        if running is not None and not running.alive:
            raise RehearsalFault(f"it ended by itself: {running.complaint()}")

    def _until(self, url: str, running: Running, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._check(running)
            try:
                answer = self.pool.request(
                    "GET", url, timeout=urllib3.Timeout(1.0), headers={"Host": self.site.name}
                )
                if answer.status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(0.1)
        raise RehearsalFault(f"no answer within {seconds:.0f} s: {running.complaint()}")

    def _client_context(self) -> ssl.SSLContext:
        """Trusts our root, shows a certificate of ours; both are this program's own."""
        issued = self.secrets.certificate("rehearsal", ["127.0.0.1"])
        chain = self.folder / "secrets" / "rehearsal.chain"
        chain.touch(mode=0o600)
        chain.write_bytes(issued.certificate + issued.key)
        context = ssl.create_default_context(cadata=self.secrets.root.decode())
        context.load_cert_chain(chain)
        return context
