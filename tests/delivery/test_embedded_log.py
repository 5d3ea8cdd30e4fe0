"""The log of the newest sheets: torn, damaged, folded, full; and what is read meanwhile."""

import asyncio
import itertools
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ardoise.contract.returns import Reader
from ardoise.delivery import sqlite_folding, sqlite_savelog, sqlite_writer
from ardoise.delivery.sessions import Session
from ardoise.delivery.sqlite_savelog import Row, SaveLog
from ardoise.delivery.sqlite_schema import connect
from ardoise.delivery.sqlite_store import SqliteStore
from ardoise.delivery.store import Refused, SaveRequest
from tests.delivery.kits import HOUR_MS, Campaign
from tests.delivery.store_calls import NOW_MS, install, kit, log_in, save
from tests.delivery.test_store import KEY, opened

LATER_MS = NOW_MS + 2 * HOUR_MS


def row(seq: int, size: int = 1052) -> Row:
    return Row(
        seq, 1, seq, "p", seq, 1, 1, NOW_MS, "1", "1", True, seq.to_bytes(4, "big") * (size // 4)
    )


def replayed(database: Path) -> SaveLog:
    log = SaveLog(database, KEY)
    log.replay(0, {1})
    return log


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.data())
def test_a_log_cut_anywhere_keeps_every_frame_before_the_cut(
    batches: list[int], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "d.db"
        log, seq, ends = SaveLog(database, KEY), itertools.count(1), []
        for size in batches:
            log.append([row(next(seq)) for _ in range(size)])
            (segment,) = log.segments.values()
            ends.append((segment.size, max(log.heads)[0]))
        cut = data.draw(st.integers(0, segment.size))
        with segment.path.open("r+b") as file:
            file.truncate(cut)
            # What a file system may leave after a power cut: room without content.
            file.truncate(cut + data.draw(st.sampled_from([0, 3, 5000])))
        kept = max((last for size, last in ends if size <= cut), default=0)
        again = replayed(database)
        assert {seat for seat, _ in again.heads} == set(range(1, kept + 1))
        for (seat, _), head in again.heads.items():
            found = again.read(head)
            assert found == row(seat)
        # It goes on in a file of its own.
        again.append([row(100)])
        assert {seat for seat, _ in replayed(database).heads} == {*range(1, kept + 1), 100}


def test_a_damaged_frame_takes_no_other_with_it(tmp_path: Path) -> None:
    log = SaveLog(tmp_path / "d.db", KEY)
    for seq in range(1, 6):
        log.append([row(seq)])
    (segment,) = log.segments.values()
    raw = bytearray(segment.path.read_bytes())
    raw[segment.frames[2][0] + 600] ^= 1
    segment.path.write_bytes(raw)
    assert {seat for seat, _ in replayed(tmp_path / "d.db").heads} == {1, 2, 4, 5}


def test_a_frame_opens_in_its_own_place_and_with_its_own_key_alone(tmp_path: Path) -> None:
    log = SaveLog(tmp_path / "d.db", KEY)
    log.append([row(1)])
    log.append([row(2)])
    (segment,) = log.segments.values()
    raw = segment.path.read_bytes()
    assert b"\x00\x00\x00\x01" * 8 not in raw
    (first, _), (second, _) = segment.frames
    # An old frame again after the newest one: whoever has the disk cannot bring a sheet back.
    segment.path.write_bytes(raw + raw[first:second])
    assert {seat for seat, _ in replayed(tmp_path / "d.db").heads} == {1, 2}
    other = SaveLog(tmp_path / "d.db", bytes(32))
    other.replay(0, {1})
    assert other.heads == {}


def test_frames_are_bounded_however_large_the_sheets(tmp_path: Path) -> None:
    log = SaveLog(tmp_path / "d.db", KEY)
    log.append([row(seq, 65_564) for seq in range(1, 101)])
    (segment,) = log.segments.values()
    sizes = [after - at for (at, _), (after, _) in itertools.pairwise(segment.frames)]
    assert max(sizes) < sqlite_savelog.FRAME_BYTES + 2 * 65_564
    assert all(log.read(head) == row(seat, 65_564) for (seat, _), head in log.heads.items())


# -- against a model -------------------------------------------------------------------------


class Model:
    """What a store has to give back: one seat's part each, in plain Python."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.epochs = dict.fromkeys(range(len(campaign.pupils)), 0)
        self.sheets: dict[int, tuple[int, int, bytes]] = {}
        self.strays: list[tuple[int, int, str, bytes]] = []

    def expect(  # noqa: PLR0911 - one return for each of the protocol's steps
        self, seat: int, epoch: int, version: int, base: int, body: bytes
    ) -> str:
        """The outcome of a save inside the window, and its effect."""
        if epoch < self.epochs[seat]:
            return self.stray(seat, version, "superseded", body)
        held = self.sheets.get(seat)
        if held is None:
            self.sheets[seat] = (epoch, version, body)
            return "saved"
        if (version, body) == held[1:]:
            return "saved"
        if held[0] == epoch:
            if version > held[1]:
                self.sheets[seat] = (epoch, version, body)
            elif version == held[1]:
                return self.stray(seat, version, "conflict", body)
            return "saved"
        if base == held[1] and version > held[1]:
            self.strays.append((seat, held[1], "replaced", held[2]))
            self.sheets[seat] = (epoch, version, body)
            return "saved"
        return self.stray(seat, version, "conflict", body)

    def stray(self, seat: int, version: int, reason: str, body: bytes) -> str:
        """Kept once."""
        if (seat, version, body) not in [(s, v, b) for s, v, _, b in self.strays]:
            self.strays.append((seat, version, reason, body))
        return reason


async def pulled(store: SqliteStore, campaign: Campaign, limit: int) -> list[Any]:
    """All records, page by page, as (number, version, reason, body)."""
    found, after, more = [], 0, True
    while more:
        reader = Reader()
        async for piece in await store.returns(campaign.name, after, limit):
            found += [(r.number, r.version, r.stray, body) for r, body in reader.feed(piece.frames)]
        end = reader.finish()
        after, more = end.last, end.more
    return found


STEPS = st.one_of(
    st.tuples(st.just("login"), st.integers(0, 2)),
    st.tuples(
        st.just("save"), st.integers(0, 2), st.integers(0, 1), st.integers(1, 6),
        st.integers(0, 6), st.integers(0, 2),
    ),
    st.tuples(st.sampled_from(["fold", "some", "restart"])),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(STEPS, min_size=1, max_size=6), min_size=1, max_size=8))
def test_saves_logins_folds_and_restarts_give_back_what_the_rules_say(batches: list[Any]) -> None:
    campaign = kit()
    model = Model(campaign)

    async def run(folder: Path) -> None:
        store = SqliteStore(folder / "d.db", KEY)
        try:
            await install(store, campaign)
            for card in campaign.pupils:
                await log_in(store, campaign, card)
            model.epochs = dict.fromkeys(model.epochs, 1)
            for batch in batches:
                for step in batch:
                    store = await one(store, folder, step)
                await compare(store)
        finally:
            await store.close()

    async def one(store: SqliteStore, folder: Path, step: Any) -> SqliteStore:
        match step:
            case ("login", seat):
                await log_in(store, campaign, campaign.pupils[seat])
                model.epochs[seat] += 1
            case ("save", seat, older, version, base, content):
                epoch = max(1, model.epochs[seat] - older)
                number = campaign.pupils[seat].number
                session = Session(campaign.name, number, epoch, "pupil")
                body = bytes([content]) * 1052
                wanted = SaveRequest(session, number, "francais", version, base, body, NOW_MS)
                outcome = "saved"
                try:
                    await store.save(wanted)
                except Refused as refusal:
                    outcome = str(refusal.kind)
                assert outcome == model.expect(seat, epoch, version, base, body)
            case ("fold",):
                store._log.drain()
                while not store._log.drained:
                    await asyncio.sleep(0.002)
            case ("some",):
                store._log.seal()
            case _:
                await store.close()
                return SqliteStore(folder / "d.db", KEY)
        return store

    async def compare(store: SqliteStore) -> None:
        status = await store.status(campaign.name, NOW_MS)
        assert (status.sheets, status.strays) == (len(model.sheets), len(model.strays))
        assert status.logged_in == 3
        records = await pulled(store, campaign, 2)
        numbers = [card.number for card in campaign.pupils]
        assert sorted(records, key=repr) == sorted(
            [(numbers[s], v, None, body) for s, (_, v, body) in model.sheets.items()]
            + [(numbers[s], v, reason, body) for s, v, reason, body in model.strays],
            key=repr,
        )
        teacher = Session(campaign.name, campaign.teachers[0].number, 1, "teacher")
        await_group = None
        if store._reader.execute("SELECT epoch FROM seat WHERE role = 'teacher'").fetchone()[0]:
            await_group = await store.group(teacher, NOW_MS)
        for seat, number in enumerate(numbers):
            session = Session(campaign.name, number, model.epochs[seat], "pupil")
            _, version, body = model.sheets.get(seat, (0, 0, b""))
            assert (await store.sitting(session, "", NOW_MS)).parts[0].version == version
            if version:
                assert (await store.sheet(session, number, "francais")).body == body
            if await_group is not None:
                pupil = next(p for p in await_group.pupils if p.number == number)
                assert pupil.parts[0].version == version

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


# -- faults ----------------------------------------------------------------------------------


def test_a_save_whose_log_cannot_be_written_is_not_acknowledged_and_may_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = kit()

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        first = await log_in(store, campaign, campaign.pupils[0])
        await store.save(save(first, 1))
        second = await log_in(store, campaign, campaign.pupils[0])
        with monkeypatch.context() as patch:
            patch.setattr("os.fdatasync", fails)
            for wanted in (save(second, 2, base=1), save(second, 3, base=1)):
                with pytest.raises(Refused) as caught:
                    await store.save(wanted)
                assert caught.value.kind == "busy"
                assert caught.value.retry_ms
            assert (await store.sheet(second, second.number, "francais")).version == 1
        assert (await store.save(save(second, 3, base=1))).version == 3
        # Put aside once, though the save came three times.
        assert (await store.status(campaign.name, NOW_MS)).strays == 1

    def fails(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    opened(tmp_path / "d.db", work)

    async def again(store: SqliteStore) -> None:
        assert [(v, r) for _, v, r, _ in await pulled(store, campaign, 10)] == [
            (1, "replaced"),
            (3, None),
        ]

    opened(tmp_path / "d.db", again)


def test_a_full_log_is_folded_while_saves_come_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_folding, "LOG_BYTES", 200_000)
    monkeypatch.setattr(sqlite_savelog, "SEGMENT_BYTES", 50_000)
    campaign = kit(pupils=30)

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        sessions = [await log_in(store, campaign, card) for card in campaign.pupils]
        for version in range(1, 41):
            # The last five saved once and fell silent.
            going = sessions if version == 1 else sessions[:-5]
            await asyncio.gather(*(store.save(save(session, version)) for session in going))
        assert store._log.size < 400_000
        assert store._log.folds
        found = {number: version for number, version, _, _ in await pulled(store, campaign, 7)}
        assert found == {
            session.number: 40 if session in sessions[:-5] else 1 for session in sessions
        }
        connection = connect(tmp_path / "d.db", KEY, write=False)
        assert connection.execute("SELECT count(*) FROM sheet").fetchone()[0] >= 5
        connection.close()

    opened(tmp_path / "d.db", work)


def test_what_fell_silent_goes_into_the_table_when_nothing_else_is_to_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_writer, "QUIET_S", 0.0)
    monkeypatch.setattr(sqlite_savelog, "SEGMENT_AGE_S", 0.0)
    campaign = kit(pupils=100)

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        sessions = [await log_in(store, campaign, card) for card in campaign.pupils]
        await asyncio.gather(*(store.save(save(session, 1)) for session in sessions))
        while store._log.heads or list(tmp_path.glob("d.db-saves-*")):
            await asyncio.sleep(0.01)
        for session in sessions:
            assert (await store.sheet(session, session.number, "francais")).version == 1
        # Judged by the table now, and counted once.
        assert (await store.save(save(sessions[0], 1))).version == 1
        assert (await store.save(save(sessions[0], 2))).version == 2
        assert (await store.status(campaign.name, NOW_MS)).sheets == 100

    opened(tmp_path / "d.db", work)


def test_pulling_while_saves_and_folds_go_on_misses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_folding, "LOG_BYTES", 30_000)
    monkeypatch.setattr(sqlite_savelog, "SEGMENT_BYTES", 10_000)
    campaign = kit(pupils=10)

    async def work(store: SqliteStore) -> None:
        await install(store, campaign)
        sessions = [await log_in(store, campaign, card) for card in campaign.pupils]
        seen: dict[str, int] = {}
        last: list[int] = []
        after = 0
        for version in range(1, 60):
            saves = [store.save(save(session, version)) for session in sessions]
            acknowledged = dict(seen)
            reader = Reader()
            async for piece in await store.returns(campaign.name, after, 5_000):
                for record, _ in reader.feed(piece.frames):
                    last.append(record.seq)
                    seen[record.number] = max(record.version, seen.get(record.number, 0))
            after = reader.finish().last
            await asyncio.gather(*saves)
            assert all(seen[number] >= version for number, version in acknowledged.items())
            # What was acknowledged in the round before is in what was pulled in this one.
            assert version == 1 or min(seen.values(), default=0) >= version - 1
        assert last == sorted(set(last))

    opened(tmp_path / "d.db", work)
