"""What both stores promise: the encrypted file, and PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import pytest

from ardoise.contract import limits, orders
from ardoise.contract.kit import Part
from ardoise.contract.sitting import Saved
from ardoise.delivery import sittings
from ardoise.delivery.postgres_store import open_postgres
from ardoise.delivery.sessions import Session
from ardoise.delivery.sqlite_store import SqliteStore
from ardoise.delivery.store import Refused, Store
from ardoise.seal import randomness
from tests.delivery.kits import HOUR_MS, Campaign
from tests.delivery.store_calls import (
    NOW_MS,
    digest_of,
    install,
    kit,
    log_in,
    refusal_of,
    returned,
    save,
)

ONE_PART = (Part("francais", "pupil", 50, 0),)
LATE = NOW_MS + 2 * HOUR_MS

Work = Callable[[Store], Coroutine[Any, Any, Any]]
Run = Callable[[Work], Any]


@pytest.fixture(scope="module", params=["file", "postgres"])
def opener(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Awaitable[Store]]]:
    """Opens a store, again and again on the same data."""
    if request.param == "postgres":
        url = request.getfixturevalue("new_database")().node

        async def postgres() -> Store:
            return await open_postgres(url)

        yield postgres
        return
    path = tmp_path_factory.mktemp("store") / "d.db"

    async def file() -> Store:
        return SqliteStore(path, bytes(range(32)))

    yield file


@pytest.fixture
def run(opener: Callable[[], Awaitable[Store]]) -> Run:
    """Runs `work` on a store that is closed afterwards."""

    def run_on(work: Work) -> Any:
        async def opened() -> Any:
            store = await opener()
            try:
                return await work(store)
            finally:
                await store.close()

        return asyncio.run(opened())

    return run_on


def test_many_saves_of_one_seat_at_once_leave_the_last(run: Run) -> None:
    campaign = kit()

    async def work(store: Store) -> None:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        saved = await asyncio.gather(*(store.save(save(session, n)) for n in range(1, 101)))
        assert [one.version for one in saved] == list(range(1, 101))
        assert len({one.seq for one in saved}) == 100
        stored = await store.sheet(session, session.number, "francais")
        assert (stored.version, stored.body) == (100, save(session, 100).body)
        assert (await store.status(campaign.name, NOW_MS)).strays == 0

    run(work)


def test_a_class_saves_at_once_and_every_sheet_is_given_back_once_in_order(run: Run) -> None:
    campaign = kit(pupils=25)

    async def work(store: Store) -> None:
        await install(store, campaign)
        sessions = await asyncio.gather(*(log_in(store, campaign, c) for c in campaign.pupils))
        saved = await asyncio.gather(*(store.save(save(one, 1)) for one in sessions))
        deadline = NOW_MS + 50 * 60_000
        assert {one.deadline_ms for one in saved} == {deadline}
        again = await store.save(save(sessions[3], 2))
        records = await returned(store, campaign, limit=7)
        seqs = [record.seq for record, _ in records]
        assert seqs == sorted(seqs)
        assert {r.number: r.version for r, _ in records} == {
            one.number: 2 if one is sessions[3] else 1 for one in sessions
        }
        assert seqs[-1] == again.seq
        assert await returned(store, campaign, after=again.seq) == []
        assert (await store.status(campaign.name, NOW_MS)).last_seq == again.seq

    run(work)


def test_sequence_numbers_go_on_after_a_restart(run: Run) -> None:
    campaign = kit()

    async def first(store: Store) -> tuple[Any, Saved]:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        return session, await store.save(save(session, 1))

    session, before = run(first)

    async def second(store: Store) -> None:
        assert (await store.save(save(session, 2))).seq > before.seq
        assert [r.version for r, _ in await returned(store, campaign, before.seq)] == [2]

    run(second)


def test_what_a_pupil_may_not_save(run: Run) -> None:
    campaign = kit(pupils=2)

    async def work(store: Store) -> None:
        await install(store, campaign)
        one = await log_in(store, campaign, campaign.pupils[0], opens=False)
        await log_in(store, campaign, campaign.pupils[1])
        assert await refusal_of(store, save(one, 1)) == ("not-yours", False)
        await store.open_part(one, "francais", NOW_MS)
        await store.save(save(one, 1))
        other = campaign.pupils[1].number
        wrongs: list[dict[str, Any]] = [{"number": other}, {"part": "dictee"}, {"part": "none"}]
        for wrong in wrongs:
            assert await refusal_of(store, save(one, 2, **wrong)) == ("not-yours", False)
        early = save(one, 2, at_ms=NOW_MS - 2 * HOUR_MS)
        assert await refusal_of(store, early) == ("waiting", False)
        assert await refusal_of(store, save(one, 2, at_ms=LATE)) == ("late", True)
        assert await refusal_of(store, save(one, 3, stray=True)) == ("conflict", True)
        assert (await store.save(save(one, 1))).version == 1
        assert (await store.sheet(one, one.number, "francais")).version == 1

    run(work)


def test_a_teacher_keys_for_its_group_and_two_devices_do_not_overwrite_each_other(
    run: Run,
) -> None:
    campaign = kit(pupils=2, teachers=2)

    async def work(store: Store) -> None:
        await install(store, campaign)
        one, two = [await log_in(store, campaign, c, opens=False) for c in campaign.teachers]
        pupil = campaign.pupils[0].number
        keyed: dict[str, Any] = {"number": pupil, "part": "dictee"}
        firsts = await asyncio.gather(
            store.save(save(one, 1, **keyed)),
            store.save(save(two, 1, **keyed, body=bytes(1052))),
            return_exceptions=True,
        )
        assert sorted(type(each).__name__ for each in firsts) == ["Refused", "Saved"]
        assert (await store.save(save(two, 2, base=1, **keyed))).version == 2
        assert await refusal_of(store, save(one, 3, base=1, **keyed)) == ("conflict", True)
        assert (await store.sheet(one, pupil, "dictee")).version == 2
        group = await store.group(one, NOW_MS)
        assert {p.version for each in group.pupils for p in each.parts} == {0, 2}

    run(work)


def test_a_session_keeps_two_hundred_strays_and_its_sheet_stays_safe(run: Run) -> None:
    campaign = kit(parts=ONE_PART)

    async def work(store: Store) -> None:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        await store.save(save(session, 1))
        full = sittings.STRAYS_OF_A_SESSION
        for version in range(2, 2 + full):
            assert await refusal_of(store, save(session, version, at_ms=LATE)) == ("late", True)
        for version in (2 + full, 3 + full):
            outcome = await refusal_of(store, save(session, version, at_ms=LATE))
            assert outcome == ("slow-down", False)
        # What is kept already needs no room: its answer was lost.
        assert await refusal_of(store, save(session, 1 + full, at_ms=LATE)) == ("late", True)
        assert (await store.status(campaign.name, NOW_MS)).strays == full
        assert (await store.sheet(session, session.number, "francais")).version == 1

    run(work)


def test_a_seat_has_a_last_bound_however_often_it_logs_in(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sittings, "STRAYS_OF_A_SEAT", 5)
    campaign = kit(parts=ONE_PART)

    async def work(store: Store) -> None:
        await install(store, campaign)
        for version in range(6):
            session = await log_in(store, campaign, campaign.pupils[0])
            await store.save(save(session, version + 1, base=version))
        session = await log_in(store, campaign, campaign.pupils[0])
        assert await refusal_of(store, save(session, 7, base=6)) == ("slow-down", False)
        # The sheet that could not be put aside stands where it stood.
        status = await store.status(campaign.name, NOW_MS)
        assert (status.sheets, status.strays) == (1, 5)
        reasons = [record.stray for record, _ in await returned(store, campaign)]
        assert reasons.count("replaced") == 5

    run(work)


def test_a_login_that_fails_says_nothing_and_changes_nothing(run: Run) -> None:
    campaign = kit()

    async def work(store: Store) -> None:
        await install(store, campaign)
        card, other = campaign.pupils[:2]
        session = await log_in(store, campaign, card)
        wrong = digest_of(campaign, other)
        void = orders.VoidSeat(randomness.reference(), campaign.name, other.number)
        await store.order(void, "v", NOW_MS)
        for name, number, digest in (
            (campaign.name, card.number, wrong),
            (campaign.name, "000000000", wrong),
            (campaign.name, other.number, wrong),
            ("nowhere-2026", card.number, wrong),
        ):
            for call in (
                store.log_in(name, number, digest, NOW_MS, lambda _role, _epoch: ""),
                store.check_login(name, number, digest),
            ):
                with pytest.raises(Refused, match="unknown-seat"):
                    await call
        await store.check_login(campaign.name, card.number, digest_of(campaign, card))
        assert (await store.sitting(session, "", NOW_MS)).epoch == session.epoch

    run(work)


def test_logins_at_once_each_have_an_epoch_of_their_own(run: Run) -> None:
    campaign = kit(pupils=10)

    async def work(store: Store) -> None:
        await install(store, campaign)
        many = [card for card in campaign.pupils for _ in range(3)]
        sessions = await asyncio.gather(
            *(log_in(store, campaign, card, opens=False) for card in many)
        )
        for card in campaign.pupils:
            epochs = [one.epoch for one in sessions if one.number == card.number]
            assert sorted(epochs) == [1, 2, 3]
        assert (await store.status(campaign.name, NOW_MS)).logged_in == 10

    run(work)


def test_a_saves_acknowledgement_is_seen_by_the_login_after_it(run: Run) -> None:
    """Whoever takes over goes on from what was acknowledged, whatever crossed on the way."""
    campaign = kit(pupils=20, parts=ONE_PART)

    async def work(store: Store) -> None:
        await install(store, campaign)
        sessions = [await log_in(store, campaign, card) for card in campaign.pupils]
        for version in range(1, 6):
            saves = [store.save(save(one, version)) for one in sessions]
            logins = [
                store.log_in(c.name, card.number, digest_of(c, card), NOW_MS, lambda _r, e: str(e))
                for c, card in ((campaign, card) for card in campaign.pupils)
            ]
            states = await asyncio.gather(*logins)
            outcomes = await asyncio.gather(*saves, return_exceptions=True)
            for place, (state, outcome) in enumerate(zip(states, outcomes, strict=True)):
                shown = state.parts[0].version
                stored = isinstance(outcome, Saved)
                assert shown == (version if stored else version - 1)
                sessions[place] = await log_in(store, campaign, campaign.pupils[place])
                await store.save(save(sessions[place], version, base=shown)) if not stored else None

    run(work)


def test_a_nonce_is_spent_across_restarts(run: Run) -> None:
    nonce = randomness.reference()

    async def spend(store: Store) -> None:
        await store.spend_nonce(nonce, NOW_MS, NOW_MS)

    async def again(store: Store) -> None:
        with pytest.raises(Refused, match="unsigned"):
            await store.spend_nonce(nonce, NOW_MS, NOW_MS)

    run(spend)
    run(again)


def test_a_higher_serial_lowers_no_epoch_and_touches_no_sheet(run: Run) -> None:
    campaign = kit(pupils=2)

    async def work(store: Store) -> None:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        void = orders.VoidSeat(randomness.reference(), campaign.name, campaign.pupils[1].number)
        await store.order(void, "v", NOW_MS)
        await store.save(save(session, 1))
        await install(store, campaign.changed(serial=2), "2")
        assert (await store.save(save(session, 2))).version == 2
        with pytest.raises(Refused, match="unknown-seat"):
            await log_in(store, campaign, campaign.pupils[1])
        with pytest.raises(Refused, match="older"):
            await store.install(campaign.manifest, "1")

    run(work)


def test_a_part_with_sheets_stays_and_one_without_may_go_and_come_back(run: Run) -> None:
    more = (*ONE_PART, Part("maths", "pupil", 30))
    campaign = kit(parts=more)

    async def work(store: Store) -> None:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        await store.save(save(session, 1))
        without = {part: tuple(p for p in more if p.id != part) for part in ("francais", "maths")}
        with pytest.raises(Refused, match="malformed"):
            await install(
                store, campaign.changed(serial=2, parts=without["francais"], chunks=()), "2"
            )
        await install(store, campaign.changed(serial=3, parts=without["maths"], chunks=()), "3")
        assert await refusal_of(store, save(session, 1, part="maths")) == ("not-yours", False)
        await install(store, campaign.changed(serial=4, chunks=()), "4")
        assert (await store.save(save(session, 1, part="maths"))).version == 1
        assert (await store.save(save(session, 2))).version == 2

    run(work)


def test_blobs_are_served_while_a_campaign_names_them(run: Run) -> None:
    campaign = kit()

    async def work(store: Store) -> None:
        await install(store, campaign)
        wanted = campaign.booklet_digests["francais"]
        found = await asyncio.gather(*(store.blob(wanted) for _ in range(50)))
        assert set(found) == {campaign.contents[wanted]}
        chunk = campaign.manifest.chunks[0].sha256
        for absent in (chunk, "0" * 64):
            with pytest.raises(Refused, match="absent"):
                await store.blob(absent)
        await store.order(orders.Purge(randomness.reference(), campaign.name), "p", LATE)
        with pytest.raises(Refused, match="absent"):
            await store.blob(wanted)

    run(work)


def test_a_purged_campaign_leaves_counts_and_refuses_everyone(run: Run) -> None:
    campaign = kit()

    async def work(store: Store) -> None:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        await store.save(save(session, 1))
        await refusal_of(store, save(session, 2, at_ms=LATE))
        assert campaign.name in (await store.campaigns()).campaigns
        purge = orders.Purge(randomness.reference(), campaign.name)
        done = await store.order(purge, "p", LATE)
        assert done.purged == orders.Purged(4, 1, 1, 2)
        assert await refusal_of(store, save(session, 3)) == ("purged", False)
        for call in (
            lambda: log_in(store, campaign, campaign.pupils[0]),
            lambda: store.sitting(session, "", NOW_MS),
            lambda: store.returns(campaign.name, 0, 1),
            lambda: install(store, campaign.changed(serial=2), "2"),
        ):
            with pytest.raises(Refused, match="purged"):
                await call()
        status = await store.status(campaign.name, LATE)
        assert (status.state, status.seats, status.sheets) == ("purged", 0, 0)
        assert campaign.name not in (await store.campaigns()).campaigns

    run(work)


def test_closing_keeps_what_was_taken(run: Run) -> None:
    campaign = kit(pupils=30)

    async def fill(store: Store) -> list[Any]:
        await install(store, campaign)
        sessions = [await log_in(store, campaign, card) for card in campaign.pupils]
        waiting = [store.save(save(one, 1)) for one in sessions]
        await store.close()
        return await asyncio.gather(*waiting)

    async def look(store: Store) -> None:
        assert (await store.status(campaign.name, NOW_MS)).sheets == 30

    assert len(run_once(run, fill)) == 30
    run(look)


def run_once(run: Run, work: Work) -> Any:
    """For work that closes the store itself: closing twice is not asked of one."""
    outcome: list[Any] = []

    async def kept(store: Store) -> None:
        outcome.append(await work(store))
        store.close = _done  # type: ignore[method-assign]

    run(kept)
    return outcome[0]


async def _done() -> None:
    """Closed already."""


def test_sheets_of_every_size_come_back_as_they_were(run: Run) -> None:
    campaign = kit(parts=ONE_PART)
    sizes = [1_052, 2_076, 4_124, 8_220, limits.SHEET]

    async def work(store: Store) -> None:
        await install(store, campaign)
        session = await log_in(store, campaign, campaign.pupils[0])
        for version, size in enumerate(sizes * 2, start=1):
            body = randomness.system(size)
            await store.save(save(session, version, body=body))
            assert (await store.sheet(session, session.number, "francais")).body == body
        assert [found for _, found in await returned(store, campaign)] == [body]

    run(work)


def test_a_campaign_is_known_by_its_name_alone(run: Run) -> None:
    one, two = kit(), kit()

    async def work(store: Store) -> None:
        await install(store, one)
        await install(store, two)
        first: Campaign
        for first, second in ((one, two), (two, one)):
            session = await log_in(store, first, first.pupils[0])
            await store.save(save(session, 1))
            assert len(await returned(store, first)) == 1
            astray = Session(second.name, session.number, session.epoch, session.role)
            assert (await refusal_of(store, save(astray, 2)))[0] == "no-session"

    run(work)
