"""Runs the zones' own commands as separate processes, and measures them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import urllib3

SECONDS_TO_START = 30
SECONDS_TO_STOP = 10


class DemoFault(Exception):
    """A step that failed, with what it printed."""


@dataclass(frozen=True)
class Finished:
    """A command that ended well."""

    output: str
    seconds: float
    peak_mb: float


def ardoise(*arguments: str | Path) -> list[str]:
    """The command line of `ardoise …` with this interpreter."""
    return [sys.executable, "-m", "ardoise", *map(str, arguments)]


def run(*arguments: str | Path) -> Finished:
    """Run one command to its end. Raises DemoFault with what it said if it fails."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            ardoise(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        assert process.stdout is not None
        output = process.stdout.read().decode()
        # wait4 and not Popen.wait: only it tells this one child's peak memory.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    if process.returncode != 0:
        shown = " ".join(map(str, arguments))
        raise DemoFault(f"`ardoise {shown}` ended with {process.returncode}:\n{said or output}")
    return Finished(output, time.monotonic() - started, usage.ru_maxrss / 1024)


@dataclass
class Server:
    """A zone's server in a process of its own."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def peak_mb(self) -> float:
        """Largest memory of the process and its children so far, in MB (Linux)."""
        peak = 0.0
        for pid in (self.process.pid, *_children(self.process.pid)):
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        peak += int(line.split()[1]) / 1024
        return peak

    def stop(self) -> None:
        """Ask politely, then insist."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _children(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in map(int, listed):
            yield child
            yield from _children(child)


def start(name: str, url: str, health: str, log: Path, *arguments: str | Path) -> Server:
    """Start a server and wait until it answers. Raises DemoFault with the end of its log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        process = subprocess.Popen(
            ardoise(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    server = Server(name, url, process, log)
    _wait_until_up(server, health)
    return server


def _wait_until_up(server: Server, health: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    pool = urllib3.PoolManager(retries=False, timeout=1.0)
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            if pool.request("GET", server.url + health, redirect=False).status < 500:
                return
        time.sleep(0.05)
    tail = server.log.read_text(errors="replace")[-2_000:]
    server.stop()
    raise DemoFault(f"{server.name} did not start; the end of {server.log}:\n{tail}")


def free_port(preferred: int) -> int:
    """The preferred port of loopback if nobody listens there, else one that is free."""
    for port in (preferred, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise DemoFault("no free port on 127.0.0.1")
