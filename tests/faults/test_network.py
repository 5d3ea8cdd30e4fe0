"""Cables pulled between machines that each have a network of their own."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from deploy.loopback import site_in
from deploy.stack import Stack
from deploy.topology import Machine, Role
from tests.faults.conftest import (
    Judge,
    nightly,
    open_to_others,
    packages,
    pupils_of,
    root,
    stack_of,
)
from tests.faults.network import Network
from tests.faults.verdict import Watch

pytestmark = [*nightly, packages, root]
NET = "10.231.77"
MACHINES: dict[str, tuple[int, Role]] = {
    "balance1": (10, "balance"),
    "node1": (11, "seats"),
    "node2": (12, "seats"),
    "exchange1": (20, "exchange"),
    "db1": (31, "database"),
    "db2": (32, "database"),
    "db3": (33, "database"),
}
DATABASES = ["db1", "db2", "db3"]
CUT_SECONDS = 12


@dataclass
class Wired:
    """Machines, and the cables between them."""

    stack: Stack
    network: Network


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    folder = open_to_others(tmp_path_factory.mktemp("w"))
    machines = tuple(
        Machine(name, f"{NET}.{last}", (role,)) for name, (last, role) in MACHINES.items()
    )
    with Network(NET) as network:
        for machine in machines:
            network.add(machine.name, machine.address)
        spaces = {machine.name: network.namespace(machine.name) for machine in machines}
        site = site_in(folder, machines, f"{NET}.10:8443", 8443)
        with stack_of(site, folder, spaces) as stack:
            yield Wired(stack, network)


def test_a_node_cut_from_the_databases_leaves_pupils_to_the_other(
    wired: Wired, judge: Judge
) -> None:
    with pupils_of(wired.stack) as pupils:
        with (
            Watch("network: a node cut from all databases, 12 s", pupils) as watch,
            wired.network.cut(["node1"], DATABASES),
        ):
            time.sleep(CUT_SECONDS)
        judge(watch.verdict())


def test_a_primary_cut_from_its_standbys_gives_way_though_nodes_still_reach_it(
    wired: Wired, judge: Judge
) -> None:
    with pupils_of(wired.stack) as pupils:
        primary = wired.stack.primary().name
        others = [name for name in DATABASES if name != primary]
        with (
            Watch("network: the primary cut from both standbys, 12 s", pupils) as watch,
            wired.network.cut([primary], others),
        ):
            time.sleep(CUT_SECONDS)
        judge(watch.verdict())
        wired.stack.wait_for_databases(3)
        assert wired.stack.primary().name in others


def test_a_primary_cut_from_everybody_is_replaced(wired: Wired, judge: Judge) -> None:
    with pupils_of(wired.stack) as pupils:
        primary = wired.stack.primary().name
        others = [name for name in MACHINES if name not in {primary, "balance1"}]
        with (
            Watch("network: the primary cut from everybody, 12 s", pupils) as watch,
            wired.network.cut([primary], others),
        ):
            time.sleep(CUT_SECONDS)
        judge(watch.verdict())
        wired.stack.wait_for_databases(3)
        assert wired.stack.primary().name != primary


def test_saves_wait_for_another_second_when_the_second_is_cut_off(
    wired: Wired, judge: Judge
) -> None:
    with pupils_of(wired.stack) as pupils:
        second = wired.stack.second().name
        others = [name for name in DATABASES if name != second]
        with (
            Watch("network: the synchronous standby cut off, 12 s", pupils) as watch,
            wired.network.cut([second], others),
        ):
            time.sleep(CUT_SECONDS)
        judge(watch.verdict())
