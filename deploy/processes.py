"""Starts what a systemd unit says, without systemd, and ends it by its process id.

The units that a rehearsal runs are those of the real machines: their command line, user and
environment; hardening and limits are systemd's and are not rehearsed.
"""

import contextlib
import os
import pwd
import shlex
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 25.0


class RehearsalFault(Exception):
    """Something did not start or stop; the message names the log."""


@dataclass(frozen=True)
class Unit:
    """What of a unit file matters here."""

    name: str
    user: str
    command: tuple[str, ...]
    environment: dict[str, str]


def read_unit(path: Path) -> Unit:
    """A rendered unit of `deploy/systemd/`."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    user, command = "", ""
    environment: dict[str, str] = {}
    for line in text.splitlines():
        key, found, value = line.partition("=")
        if not found or line.startswith("#"):
            continue
        if key == "User":
            user = value
        elif key == "ExecStart":
            command = value
        elif key == "Environment":
            environment |= dict(each.split("=", 1) for each in shlex.split(value))
    return Unit(path.stem, user, tuple(shlex.split(command)), environment)


def account(user: str) -> str | None:
    """Whom a unit's processes run as here: None, if not started by root, is oneself."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(user).pw_name
    except KeyError:
        return "nobody"


@dataclass
class Running:
    """A process that this program started, the first of a session of its own."""

    unit: str
    machine: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def pid(self) -> int:
        """Its id, and its session's."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def signal(self, number: int) -> None:
        """To it alone."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9: it, and what it started in its own session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """SIGTERM, and after `seconds` kill -9."""
        if self.alive:
            self.signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()

    def complaint(self) -> str:
        """The end of its log, for people."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        return "\n".join([f"{self.machine} {self.unit}: see {self.log}", *lines])


def start(
    unit: Unit,
    machine: str,
    log: Path,
    *,
    namespace: str | None = None,
    wrapper: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
) -> Running:
    """Start a unit's command, as its user where we are root, in a network namespace if given.

    It gets SIGTERM when the thread that called this ends: call from the main thread.
    """
    before: list[str] = ["ip", "netns", "exec", namespace] if namespace else []
    before += ["setpriv", "--pdeathsig", "TERM", "--no-new-privs"]
    user = account(unit.user)
    if user is not None:
        group = str(pwd.getpwnam(user).pw_gid)
        before += ["--reuid", user, "--regid", group, "--init-groups"]
    surroundings = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent"}
    with log.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603 -- our own units
            [*before, *wrapper, *unit.command],
            env=surroundings | unit.environment | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd="/",
            start_new_session=True,
        )
    return Running(unit.name, machine, process, log)


def started_ticks(pid: int) -> int | None:
    """When a process began, in the kernel's ticks: with its id, its identity. None: it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def end(pid: int, ticks: int | None, seconds: float = STOP_SECONDS) -> bool:
    """End a process of another run of ours, if it is still the same one. Whether it was."""
    if ticks is None or started_ticks(pid) != ticks:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if started_ticks(pid) != ticks:
            return True
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return True


PACKAGES = {
    "/usr/sbin/haproxy": "haproxy",
    "/usr/bin/etcd": "etcd-server",
    "/usr/bin/etcdctl": "etcd-client",
    "/usr/bin/patroni": "patroni",
    "/usr/lib/postgresql/15/bin/postgres": "postgresql-15",
    "/usr/bin/setpriv": "util-linux",
}


def missing_packages() -> list[str]:
    """Debian packages that a rehearsal needs and this machine lacks."""
    return sorted({package for file, package in PACKAGES.items() if not shutil.which(file)})
