"""`python -m deploy.rehearse`: everything starts, and nothing of it is left."""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from deploy.stack import RECORD
from tests.faults.conftest import open_to_others

from deploy import processes

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.nightly,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("faults"),
    pytest.mark.skipif(
        bool(processes.missing_packages()), reason=f"needs {processes.missing_packages()}"
    ),
]


def rehearse(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "deploy.rehearse", *map(str, words)]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def left_over(folder: Path) -> list[str]:
    """Command lines of processes that still name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if f"{folder}/".encode() in words:
            found.append(words.replace(b"\0", b" ").decode())
    return found


def test_a_rehearsal_whose_program_is_killed_leaves_nothing(tmp_path: Path) -> None:
    folder = open_to_others(tmp_path) / "r"
    where = ("--dir", str(folder))
    command = [sys.executable, "-m", "deploy.rehearse", "up", *where]
    command += ["--net", "127.47.5", "--port", "8747"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        assert up.stdout.readline().strip() == "https://localhost:8747"
        started = json.loads((folder / RECORD).read_text())["processes"]
        assert len(started) == 10
        assert rehearse("status", *where).returncode == 0
        twice = rehearse("up", *where, "--net", "127.47.5", "--port", "8747")
        assert twice.returncode == 1
        assert "runs in" in twice.stderr
        up.kill()
    assert rehearse("down", *where).returncode == 0
    deadline = time.monotonic() + 30
    while left_over(folder) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left_over(folder) == []
    assert rehearse("status", *where).returncode == 1


def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:

    folder = open_to_others(tmp_path) / "r"
    with socket.socket() as taken:
        taken.bind(("127.47.6.31", 5432))
        taken.listen()
        done = rehearse("up", "--dir", folder, "--net", "127.47.6", "--port", "8748")
    assert done.returncode == 1
    assert "127.47.6.31:5432" in done.stderr.replace("\n", "")
    assert left_over(folder) == []
