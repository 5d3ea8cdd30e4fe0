"""Work is spread, comes back in order, and no process outlives the one that started it."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ardoise.authority.cores import Cores, WorkerLost
from tests.authority.arithmetic import dies, django_is_here, doubled, said_of, where


def shares(count: int) -> list[list[int]]:
    return [[number, number + 1] for number in range(count)]


def test_results_come_in_the_order_of_the_shares_from_several_processes() -> None:
    with Cores(5, workers=2) as cores:
        assert list(cores.map(doubled, shares(20))) == [doubled(5, one) for one in shares(20)]
        found = set(cores.map(where, range(8)))
    assert len(found) == 2
    assert os.getpid() not in found


@pytest.mark.parametrize(("count", "workers"), [(0, 2), (1, 2), (5, 1)])
def test_little_work_starts_no_process(count: int, workers: int) -> None:
    with Cores(None, workers=workers) as cores:
        assert set(cores.map(where, range(count))) <= {os.getpid()}


def test_a_fault_in_the_shares_comes_after_the_results_of_all_before_it() -> None:
    def cut() -> Iterator[list[int]]:
        yield from shares(3)
        raise ConnectionError("the line was cut")

    for workers in (1, 2):
        with Cores(0, workers=workers) as cores:
            results = cores.map(doubled, cut())
            assert [next(results) for _ in range(3)] == [doubled(0, one) for one in shares(3)]
            with pytest.raises(ConnectionError):
                next(results)


def test_a_fault_of_the_function_is_the_callers() -> None:
    with Cores(0, workers=2) as cores, pytest.raises(ValueError, match="minus one"):
        list(cores.map(doubled, [[1], [2], [-1], [3]]))


def test_workers_know_no_database_and_say_nothing_of_what_they_were_given() -> None:
    secret = b"an-argument-that-must-not-show-00"
    with Cores(secret, workers=2) as cores:
        assert not any(cores.map(django_is_here, range(4)))
        assert not any(cores.map(said_of, range(4)))


def test_a_worker_that_was_killed_ends_the_run_with_what_to_do() -> None:
    with Cores(None, workers=2) as cores, pytest.raises(WorkerLost, match="run the command again"):
        list(cores.map(dies, range(10)))


_PARENT = """
import sys, time
from ardoise.authority.cores import Cores
from tests.authority.arithmetic import where

if __name__ == "__main__":
    with Cores(None, workers=2) as cores:
        print(*set(cores.map(where, range(8))), flush=True)
        time.sleep(60)
"""


def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(textwrap.dedent(_PARENT))
    parent = subprocess.Popen(
        [sys.executable, script],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": "src:."},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    workers = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(workers) == 2
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    for _ in range(200):
        if not any(Path(f"/proc/{pid}/fd").exists() and _alive(pid) for pid in workers):
            return
        time.sleep(0.05)
    pytest.fail("a worker outlived its parent")


def _alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state not in "ZX"
