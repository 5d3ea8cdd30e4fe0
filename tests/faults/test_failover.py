"""Two nodes, three databases, one balancer; what dies is killed with -9 under load."""

import time
from collections.abc import Iterator

import pytest
from deploy.loopback import check_addresses, loopback_site
from deploy.stack import BALANCE, SEATS, Stack
from tests.faults.conftest import Judge, nightly, open_to_others, packages, pupils_of, stack_of
from tests.faults.verdict import Watch

pytestmark = [*nightly, packages]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = open_to_others(tmp_path_factory.mktemp("s"))
    site = loopback_site(folder, net="127.41.7", port=8743)
    check_addresses(site)
    with stack_of(site, folder) as running:
        yield running


def test_a_killed_node_is_not_missed(stack: Stack, judge: Judge) -> None:
    with pupils_of(stack) as pupils:
        with Watch("cluster: kill -9 of a node", pupils) as watch:
            stack.running["node1", SEATS].kill()
            time.sleep(2)
            stack.start("node1", SEATS)
        judge(watch.verdict())


def test_a_node_that_is_drained_is_not_noticed(stack: Stack, judge: Judge) -> None:
    with pupils_of(stack) as pupils:
        with Watch("cluster: a node drained and started again", pupils) as watch:
            stack.running["node2", SEATS].stop()
            stack.start("node2", SEATS)
        judge(watch.verdict())


def test_a_killed_primary_is_replaced_by_its_second(stack: Stack, judge: Judge) -> None:
    with pupils_of(stack) as pupils:
        primary, second = stack.primary(), stack.second()
        with Watch("cluster: kill -9 of the primary's PostgreSQL", pupils) as watch:
            stack.kill_postgres(primary.name)
        judge(watch.verdict())
        assert stack.primary() == second


def test_a_primary_whose_machine_is_gone_is_replaced_within_its_lease(
    stack: Stack, judge: Judge
) -> None:
    with pupils_of(stack) as pupils:
        primary = stack.primary()
        with Watch("cluster: the primary's machine gone (etcd, Patroni, PostgreSQL)", pupils) as w:
            stack.kill_machine(primary.name)
        try:
            judge(w.verdict())
            assert stack.primary() != primary
        finally:
            stack.start_machine(primary.name)


def test_a_lost_second_holds_saves_back_until_another_takes_its_place(
    stack: Stack, judge: Judge
) -> None:
    with pupils_of(stack) as pupils:
        second = stack.second()
        with Watch("cluster: the synchronous standby's machine gone", pupils) as watch:
            stack.kill_machine(second.name)
        try:
            judge(watch.verdict())
            stack.wait_for_databases(2)
            assert stack.second() != second
        finally:
            stack.start_machine(second.name)


def test_a_killed_balancer_that_is_started_again_loses_nothing(stack: Stack, judge: Judge) -> None:
    with pupils_of(stack) as pupils:
        with Watch("cluster: kill -9 of HAProxy, started again", pupils) as watch:
            stack.running["balance1", BALANCE].kill()
            stack.start("balance1", BALANCE)
        judge(watch.verdict())
