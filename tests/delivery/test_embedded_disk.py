"""Real disks that are full, frozen or read-only: nothing acknowledged is lost.

Each needs the right to mount; where that is missing, the tests say that they were skipped.
"""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ardoise.delivery import sqlite_writer
from ardoise.delivery.sessions import Session
from ardoise.delivery.sqlite_store import SqliteStore
from ardoise.delivery.store import Refused
from tests.delivery.kits import Campaign
from tests.delivery.store_calls import NOW_MS, install, kit, log_in, save
from tests.delivery.test_store import opened

SIZE_MIB = 24


def run(*command: str | Path) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    image, place = tmp_path / "disk.img", tmp_path / "disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(SIZE_MIB << 20)
    try:
        run("mkfs.ext4", "-q", "-m", "0", image)
        run("mount", "-o", "loop", image, place)
    except (OSError, subprocess.CalledProcessError) as fault:
        pytest.skip(f"file systems cannot be mounted here: {fault}")
    yield place
    run("umount", place)


class Pupils:
    """Saves in rounds; notes what was acknowledged."""

    def __init__(self, store: SqliteStore, sessions: list[Session]) -> None:
        self.store, self.sessions = store, sessions
        self.version = 0
        self.acknowledged: dict[str, int] = {}

    async def round(self) -> set[str]:
        """Everybody saves once; what was said to those who were refused."""
        self.version += 1
        outcomes = await asyncio.gather(
            *(self._save(session) for session in self.sessions), return_exceptions=True
        )
        said = set()
        for outcome in outcomes:
            if isinstance(outcome, Refused):
                assert outcome.retry_ms
                said.add(outcome.kind)
            elif isinstance(outcome, BaseException):
                raise outcome
        return {str(kind) for kind in said}

    async def _save(self, session: Session) -> None:
        await self.store.save(save(session, self.version))
        self.acknowledged[session.number] = self.version


def check(path: Path, pupils: Pupils) -> None:
    """What was acknowledged is there after a restart, or something later."""

    async def look(store: SqliteStore) -> None:
        for session in pupils.sessions:
            stored = await store.sheet(session, session.number, "francais")
            assert stored.version >= pupils.acknowledged[session.number]
            assert stored.body == save(session, stored.version).body

    opened(path, look)


async def begun(store: SqliteStore, campaign: Campaign) -> Pupils:
    await install(store, campaign)
    return Pupils(store, [await log_in(store, campaign, card) for card in campaign.pupils])


def test_a_full_disk_is_survived_and_left_behind_without_a_restart(disk: Path) -> None:
    path, campaign = disk / "d.db", kit(pupils=40)
    kept: list[Pupils] = []

    async def work(store: SqliteStore) -> None:
        pupils = await begun(store, campaign)
        kept.append(pupils)
        assert await pupils.round() == set()
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError:
                pass
        said: set[str] = set()
        while not said:
            said = await pupils.round()
        assert said == {"busy"}
        for _ in range(5):
            assert await pupils.round() <= {"busy"}
        # Reading goes on.
        session = pupils.sessions[0]
        held = await store.sheet(session, session.number, "francais")
        assert held.version >= pupils.acknowledged[session.number]
        ballast.unlink()
        while await pupils.round():
            await asyncio.sleep(0.05)
        await log_in(store, campaign, campaign.teachers[0])

    opened(path, work)
    check(path, kept[0])


def test_a_frozen_disk_makes_clients_wait_and_then_come_again(
    disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_writer, "STALL_S", 0.3)
    path, campaign = disk / "d.db", kit(pupils=10)
    kept: list[Pupils] = []

    async def work(store: SqliteStore) -> None:
        pupils = await begun(store, campaign)
        kept.append(pupils)
        assert await pupils.round() == set()
        run("fsfreeze", "--freeze", disk)
        try:
            waiting = asyncio.ensure_future(pupils.round())
            await asyncio.sleep(0.1)
            version = pupils.version
            # Whoever comes later is told so, instead of waiting for nobody knows how long.
            more: list[asyncio.Future[object]] = []
            with pytest.raises(Refused) as caught:  # noqa: PT012 - one of them is the first
                while True:
                    more.append(store.save(save(pupils.sessions[0], version)))  # type: ignore[arg-type]
                    await asyncio.sleep(0.05)
            assert caught.value.kind == "busy"
            assert pupils.acknowledged[pupils.sessions[0].number] == version - 1
        finally:
            run("fsfreeze", "--unfreeze", disk)
        assert await waiting == set()
        await asyncio.gather(*more)
        assert await pupils.round() == set()

    opened(path, work)
    check(path, kept[0])


def test_a_disk_that_turned_read_only_loses_nothing(disk: Path, tmp_path: Path) -> None:
    path, campaign = disk / "d.db", kit(pupils=10)
    kept: list[Pupils] = []

    async def work(store: SqliteStore) -> None:
        pupils = await begun(store, campaign)
        kept.append(pupils)
        for _ in range(3):
            assert await pupils.round() == set()
        # What a kernel does that meets an error on a disk.
        run("mount", "-o", "remount,abort", disk)
        assert await pupils.round() == {"busy"}
        with pytest.raises(Refused, match="busy"):
            await store.spend_nonce("0" * 16, NOW_MS, NOW_MS)

    opened(path, work)
    run("umount", disk)
    run("mount", "-o", "loop", tmp_path / "disk.img", disk)
    check(path, kept[0])
