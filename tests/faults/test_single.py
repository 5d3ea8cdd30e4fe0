"""One node on one PostgreSQL without a standby; and a proof that these tests would notice."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.delivery.running import RunningDelivery
from tests.faults.conftest import Judge, nightly, open_to_others, packages, root
from tests.faults.disks import Disk
from tests.faults.load import Pupils
from tests.faults.verdict import Watch
from tests.postgres import Cluster, Database

pytestmark = [*nightly, packages]


@contextmanager
def database_in(folder: Path) -> Iterator[Database]:
    """A cluster that syncs to disk, with one database."""
    cluster = Cluster(folder / "pg", fsync=True)
    try:
        cluster.make()
        cluster.start()
        cluster.prepare()
        yield cluster.database()
    finally:
        cluster.stop()


@contextmanager
def pupils_on(database: Database, folder: Path) -> Iterator[Pupils]:
    """A node on that database, and pupils."""
    options = ("--postgres", database.node)
    with (
        RunningDelivery(folder, options=options) as node,
        Pupils(node.url, node.signing_key) as pupils,
    ):
        yield pupils


def test_a_killed_database_that_is_started_again_loses_nothing(
    tmp_path: Path, judge: Judge
) -> None:
    open_to_others(tmp_path)
    with database_in(tmp_path) as database, pupils_on(database, tmp_path) as pupils:
        with Watch("single PostgreSQL: kill -9, started again", pupils) as watch:
            database.cluster.kill()
            database.cluster.start()
        judge(watch.verdict())


def test_acknowledgements_before_the_disk_would_be_noticed(tmp_path: Path) -> None:
    """What PostgreSQL does without `synchronous_commit`, which a node refuses to start on."""
    open_to_others(tmp_path)
    with database_in(tmp_path) as database, pupils_on(database, tmp_path) as pupils:
        database.run("ALTER SYSTEM SET wal_writer_delay = '10s'")
        database.run("ALTER SYSTEM SET synchronous_commit = off")
        database.run("SELECT pg_reload_conf()")
        time.sleep(1)
        with Watch("a database that lies", pupils) as watch:
            database.cluster.kill()
            database.cluster.start()
        findings = watch.verdict().findings
        assert findings.older + findings.lost > 0, findings
        assert not findings.sound


@root
def test_a_full_disk_under_the_database_loses_nothing(tmp_path: Path, judge: Judge) -> None:
    open_to_others(tmp_path)
    with (
        Disk(tmp_path / "d", 320) as disk,
        database_in(disk.path) as database,
        pupils_on(database, tmp_path) as pupils,
    ):
        with Watch("single PostgreSQL: full disk, 8 s", pupils) as watch:
            with disk.full():
                time.sleep(8)
            # With no room for its log PostgreSQL ends itself; systemd starts it again.
            process = database.cluster.process
            if process is not None and process.poll() is not None:
                database.cluster.start()
        judge(watch.verdict())


@root
def test_a_paused_disk_under_the_database_loses_nothing(tmp_path: Path, judge: Judge) -> None:
    open_to_others(tmp_path)
    with (
        Disk(tmp_path / "d", 320) as disk,
        database_in(disk.path) as database,
        pupils_on(database, tmp_path) as pupils,
    ):
        with Watch("single PostgreSQL: paused disk, 5 s", pupils) as watch, disk.frozen():
            time.sleep(5)
        verdict = judge(watch.verdict())
        assert verdict.longest_gap_s > 2, "the disk never stood still"
