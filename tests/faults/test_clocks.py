"""A node whose clock jumps an hour, either way, while pupils work."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deploy.loopback import check_addresses, loopback_site
from deploy.processes import RehearsalFault
from deploy.stack import SEATS, Stack
from tests.faults.conftest import Judge, nightly, open_to_others, packages, pupils_of, stack_of
from tests.faults.verdict import Watch

LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
pytestmark = [
    *nightly,
    packages,
    pytest.mark.skipif(not LIBRARY.exists(), reason="needs libfaketime"),
]
Turn = Callable[[str], None]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = open_to_others(tmp_path_factory.mktemp("c"))
    site = loopback_site(folder, net="127.41.9", port=8745)
    check_addresses(site)
    with stack_of(site, folder) as running:
        yield running


@pytest.fixture
def turn(stack: Stack) -> Iterator[Turn]:
    """Sets node1's clock from now on: `+1h`, `-1h`, `+0`."""
    hands = stack.folder / "hands"

    def set_to(text: str) -> None:
        hands.write_text(f"{text}\n")
        hands.chmod(0o644)

    set_to("+0")
    stack.running["node1", SEATS].stop()
    faked = (
        f"LD_PRELOAD={LIBRARY}",
        f"FAKETIME_TIMESTAMP_FILE={hands}",
        "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
    )
    stack.start("node1", SEATS, wrapper=("env", *faked))
    stack.wait_for_node("node1")
    yield set_to
    set_to("+0")
    stack.running["node1", SEATS].stop()
    stack.start("node1", SEATS)
    stack.wait_for_node("node1")


@pytest.mark.parametrize("by", ["+1h", "-1h"])
def test_a_clock_that_jumps_while_pupils_work_changes_nothing(
    stack: Stack, turn: Turn, judge: Judge, by: str
) -> None:
    with pupils_of(stack) as pupils:
        with Watch(f"cluster: a node's clock jumps by {by}, and back 8 s later", pupils) as watch:
            turn(by)
            time.sleep(8)
            turn("+0")
            time.sleep(2)
        verdict = judge(watch.verdict())
    assert '"clock"' in stack.log("node1", SEATS).read_text(), "the clock never jumped"
    assert verdict.findings.strays == {}
    assert "waiting" not in verdict.refused
    assert "late" not in verdict.refused


def test_a_node_whose_clock_is_wrong_does_not_start(stack: Stack, turn: Turn) -> None:
    stack.running["node1", SEATS].stop()
    turn("+1h")
    # Those that start its replacement give it the same clock.
    running = stack.start("node1", SEATS, wrapper=("faketime", "-f", "+1h"))
    running.process.wait(20)
    assert running.process.returncode != 0
    assert "clock" in running.complaint()
    with pytest.raises(RehearsalFault):
        stack.wait_for_node("node1", 0.5)
