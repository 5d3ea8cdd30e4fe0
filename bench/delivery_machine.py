"""The machine under the delivery benchmarks: processes, their CPU and memory, the disk, the date.

CPU is that of whole process trees, ended children included; memory is proportional (PSS): what
processes share counts once.
"""

import contextlib
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from ardoise.clock import system_clock

ROOT = Path(__file__).parents[1]
START_SECONDS, STOP_SECONDS = 60, 120


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(text: str) -> None:
    """Progress, to stderr: results go to stdout."""
    sys.stderr.write(f"{system_clock():%H:%M:%S} {text}\n")
    sys.stderr.flush()


# --- processes -----------------------------------------------------------------------------------


def tree(pids: list[int]) -> list[psutil.Process]:
    """Those processes and all below them that still run."""
    found: list[psutil.Process] = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            found += [process, *process.children(recursive=True)]
    return found


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of the trees; of children that ended, what their parent was told."""
    total = 0.0
    for process in tree(pids):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


def memory(pids: list[int]) -> int:
    """Bytes of the trees, shared pages counted once (PSS)."""
    total = 0
    for process in tree(pids):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += process.memory_full_info().pss
    return total


def held(pids: list[int]) -> dict[str, int]:
    """File handles, threads and processes of the trees."""
    counts = {"handles": 0, "threads": 0, "processes": 0}
    for process in tree(pids):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            counts["handles"] += process.num_fds()
            counts["threads"] += process.num_threads()
            counts["processes"] += 1
    return counts


def stop(process: "subprocess.Popen[bytes]", how: int = signal.SIGTERM) -> None:
    """Ask for its end, then insist."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(
    ready: Callable[[], bool], process: "subprocess.Popen[bytes]", what: str, log: Path
) -> None:
    """Raises RuntimeError with the log's end: it ended, or a minute went by."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ready():
            return
        time.sleep(0.05)
    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise RuntimeError(f"{what} did not start:\n{tail}")


def listens(port: int) -> bool:
    """Whether somebody answers there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def environment() -> dict[str, str]:
    """Little but the path to the source."""
    path = os.environ.get("PATH", "")
    return {"PATH": path, "PYTHONPATH": str(ROOT / "src"), "LC_ALL": "C.UTF-8"}


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder on a real disk, away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="ardoise-bench-"))
    # The database's own user passes through, and sees nothing but its own.
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def flushes(folder: Path) -> int:
    """How often the disk under `folder` was told to keep what it has, since it was started."""
    device = folder.stat().st_dev
    for line in Path("/proc/diskstats").read_text().splitlines():
        fields = line.split()
        if (int(fields[0]), int(fields[1])) == (os.major(device), os.minor(device)):
            # Documentation/admin-guide/iostats.rst: field 16 after the name, Linux 5.5.
            return int(fields[18])
    return 0


def circumstances(format_name: str, quick: bool) -> dict[str, Any]:
    """Where, when and with what it was measured."""
    asked = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asked, check=False, capture_output=True, text=True)  # noqa: S603
    return {
        "format": format_name,
        "quick": quick,
        "date": f"{system_clock():%Y-%m-%d}",
        "commit": commit.stdout.strip(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "load_before": [round(value, 2) for value in os.getloadavg()],
    }


def publish(document: dict[str, Any], out: Path | None) -> None:
    """Print it, and keep it if asked."""
    text = json.dumps(document, indent=1)
    sys.stdout.write(text + "\n")
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n")
