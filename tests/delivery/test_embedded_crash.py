"""kill -9 of the embedded store while it saves and folds: nothing acknowledged is lost."""

import os
import subprocess
import sys
from pathlib import Path

from ardoise.contract.returns import Reader
from ardoise.delivery.sqlite_store import SqliteStore
from tests.delivery.kits import Campaign
from tests.delivery.store_calls import install, kit, log_in, save
from tests.delivery.test_store import opened

ROUNDS = 5
ACKNOWLEDGED = 400
_CHILD = """
import asyncio, sys
from pathlib import Path
from ardoise.delivery import sqlite_folding, sqlite_savelog
from ardoise.delivery.sessions import Session
from ardoise.delivery.sqlite_store import SqliteStore
from tests.delivery.store_calls import NOW_MS, save
from tests.delivery.test_store import KEY

sqlite_folding.LOG_BYTES, sqlite_savelog.SEGMENT_BYTES = 300_000, 60_000

async def pupil(store, number, version, saves):
    for _ in range(saves):
        version += 1
        await store.save(save(Session("essai-2026", number, 1, "pupil"), version))
        print(number, version, flush=True)

async def main(path, version, *numbers):
    store = SqliteStore(Path(path), KEY)
    # Most save without end; the others fall silent, and theirs go into the table.
    await asyncio.gather(*(
        pupil(store, number, int(version), 10**6 if place < 9 else 1)
        for place, number in enumerate(numbers)
    ))

asyncio.run(main(*sys.argv[1:]))
"""


def acknowledged_until_killed(path: Path, campaign: Campaign, version: int) -> dict[str, int]:
    """Let a process save, kill it, and say which version of each pupil it had acknowledged."""
    numbers = [card.number for card in campaign.pupils]
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(path), str(version), *numbers],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{root / 'src'}:{root}"},
    )
    assert child.stdout is not None
    found: dict[str, int] = {}
    for count, line in enumerate(child.stdout):
        if not line.endswith("\n"):
            break
        if count == ACKNOWLEDGED:
            child.kill()
        number, said = line.split()
        found[number] = int(said)
    child.wait()
    child.stdout.close()
    assert len(found) == len(numbers), "the process did not begin to save"
    return found


def test_what_was_acknowledged_survives_kills_amid_folding(tmp_path: Path) -> None:
    path, campaign = tmp_path / "d.db", kit(name="essai-2026", pupils=12)

    async def begin(store: SqliteStore) -> None:
        await install(store, campaign)
        for card in campaign.pupils:
            await log_in(store, campaign, card)

    opened(path, begin)
    version, folded = 0, 0
    for _ in range(ROUNDS):
        known = acknowledged_until_killed(path, campaign, version)

        async def check(store: SqliteStore, known: dict[str, int] = known) -> int:
            reader, stored, seqs = Reader(), {}, []
            async for piece in await store.returns(campaign.name, 0, 5_000):
                for record, body in reader.feed(piece.frames):
                    session = type("S", (), {"number": record.number})
                    assert body == save(session, record.version).body  # type: ignore[arg-type]
                    stored[record.number] = record.version
                    seqs.append(record.seq)
            reader.finish()
            # One more of each may have been on its way.
            assert all(known[n] <= stored[n] <= known[n] + 1 for n in known)
            status = await store.status(campaign.name, 0)
            assert (status.sheets, status.strays, status.last_seq) == (12, 0, max(seqs))
            nonlocal folded
            (here,) = store._reader.execute("SELECT folded FROM sequence").fetchone()
            folded = max(folded, here)
            return max(stored.values())

        version = opened(path, check)
    assert folded
