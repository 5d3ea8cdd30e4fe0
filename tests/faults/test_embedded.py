"""The embedded store under load: a killed server, a full disk, a disk that stands still."""

import time
from pathlib import Path

from tests.delivery.running import RunningDelivery
from tests.faults.conftest import Judge, nightly, root
from tests.faults.disks import Disk
from tests.faults.load import Pupils
from tests.faults.verdict import Watch

pytestmark = nightly


def test_a_killed_server_that_is_started_again_loses_nothing(tmp_path: Path, judge: Judge) -> None:
    with (
        RunningDelivery(tmp_path) as delivery,
        Pupils(delivery.url, delivery.signing_key) as pupils,
    ):
        with Watch("embedded: kill -9, started again", pupils) as watch:
            delivery.kill()
            delivery.start()
        judge(watch.verdict())


@root
def test_a_full_disk_refuses_saves_until_there_is_room(tmp_path: Path, judge: Judge) -> None:
    with (
        Disk(tmp_path / "small", 96) as disk,
        RunningDelivery(disk.path) as delivery,
        Pupils(delivery.url, delivery.signing_key) as pupils,
    ):
        with Watch("embedded: full disk, 5 s", pupils) as watch, disk.full():
            time.sleep(5)
        verdict = judge(watch.verdict())
        assert verdict.refused.get("busy"), "the disk was never full"


@root
def test_a_disk_that_stands_still_holds_saves_back(tmp_path: Path, judge: Judge) -> None:
    with (
        Disk(tmp_path / "small", 96) as disk,
        RunningDelivery(disk.path) as delivery,
        Pupils(delivery.url, delivery.signing_key) as pupils,
    ):
        with Watch("embedded: paused disk, 4 s", pupils) as watch, disk.frozen():
            time.sleep(4)
        verdict = judge(watch.verdict())
        assert verdict.longest_gap_s > 2, "the disk never stood still"
