"""The rules alone: every verdict, deadline and pause."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.delivery import sittings
from ardoise.delivery.sittings import (
    Attempt,
    Attempts,
    Place,
    Saver,
    Stored,
    Timing,
    Verdict,
    Window,
    judge,
)
from ardoise.delivery.store import Refused
from ardoise.delivery.throttles import Throttles

STORES = ("file", "postgres")

PUPIL = Saver(seat=1, role="pupil", epoch=2, voided=False)
TEACHER = Saver(seat=9, role="teacher", epoch=2, voided=False)
OWN = Place(own=True, same_group=True, pupil=True, opened_ms=1_000_000, extra_ms=0)
KEYED = Place(own=False, same_group=True, pupil=True, opened_ms=None, extra_ms=0)
SCREEN = Timing("pupil", minutes=10, grace_s=30)
PAPER = Timing("teacher", minutes=0, grace_s=0)
WINDOW = Window(500_000, 10_000_000)
NOW = Attempt(epoch=2, version=4, base=3, now_ms=1_100_000)
MINE = Stored(writer=1, epoch=2, version=3)
EARLIER = Stored(writer=1, epoch=1, version=3)

attempts = st.builds(
    Attempt,
    epoch=st.integers(1, 3),
    version=st.integers(1, 5),
    base=st.integers(0, 5),
    now_ms=st.integers(0, 12_000_000),
    stray=st.booleans(),
)
savers = st.builds(
    Saver,
    seat=st.just(1),
    role=st.sampled_from(["pupil", "teacher"]),
    epoch=st.integers(1, 3),
    voided=st.booleans(),
)
places = st.builds(
    Place,
    own=st.booleans(),
    same_group=st.booleans(),
    pupil=st.booleans(),
    opened_ms=st.none() | st.integers(500_000, 9_000_000),
    extra_ms=st.integers(0, 100_000),
)
timings = st.sampled_from([SCREEN, PAPER])
stored_sheets = st.none() | st.builds(
    Stored, writer=st.sampled_from([1, 2]), epoch=st.integers(1, 3), version=st.integers(1, 5)
)


def verdict(
    attempt: Attempt = NOW,
    saver: Saver = PUPIL,
    place: Place = OWN,
    timing: Timing = SCREEN,
    stored: Stored | None = MINE,
    *,
    same_bytes: bool = False,
) -> Verdict:
    return judge(attempt, saver, place, timing, WINDOW, stored, same_bytes=same_bytes)


def test_the_first_sheet_is_stored() -> None:
    assert verdict(stored=None) == Verdict(store=True)


def test_the_same_device_goes_on() -> None:
    assert verdict() == Verdict(store=True)


def test_an_older_version_of_the_same_device_is_acknowledged_and_changes_nothing() -> None:
    assert verdict(replace(NOW, version=2)) == sittings.ACKNOWLEDGED


def test_the_same_version_with_other_bytes_is_a_conflict() -> None:
    assert verdict(replace(NOW, version=3)) == Verdict(refusal="conflict", keep="conflict")


def test_the_same_bytes_again_are_acknowledged_even_late() -> None:
    late = replace(NOW, version=3, now_ms=9_999_999)
    assert verdict(late, same_bytes=True) == sittings.ACKNOWLEDGED


def test_another_device_that_went_on_from_the_stored_sheet_takes_its_place() -> None:
    assert verdict(stored=EARLIER) == Verdict(store=True, put_aside=True)


def test_another_device_that_did_not_see_the_stored_sheet_conflicts() -> None:
    conflict = Verdict(refusal="conflict", keep="conflict")
    assert verdict(replace(NOW, base=2), stored=EARLIER) == conflict
    assert verdict(replace(NOW, version=3), stored=EARLIER) == conflict


def test_a_voided_seat_comes_before_a_superseded_session() -> None:
    voided = replace(PUPIL, voided=True, epoch=5)
    assert verdict(saver=voided) == Verdict(refusal="unknown-seat", keep="voided")


def test_a_superseded_session_comes_before_the_deadline() -> None:
    late = replace(NOW, epoch=1, now_ms=9_999_999)
    assert verdict(late) == Verdict(refusal="superseded", keep="superseded")


def test_grace_counts_and_one_millisecond_more_is_late() -> None:
    end_ms = 1_000_000 + 10 * 60_000 + 30_000
    assert verdict(replace(NOW, now_ms=end_ms)) == Verdict(store=True)
    late = Verdict(refusal="late", keep="late")
    assert verdict(replace(NOW, now_ms=end_ms + 1)) == late


def test_before_the_window_nothing_is_kept() -> None:
    assert verdict(replace(NOW, now_ms=499_999)) == Verdict(refusal="waiting")


def test_a_teacher_keys_pupils_of_its_group_only() -> None:
    assert verdict(saver=TEACHER, place=KEYED, timing=PAPER, stored=None) == Verdict(store=True)
    for place in (replace(KEYED, same_group=False), replace(KEYED, pupil=False)):
        assert verdict(saver=TEACHER, place=place, timing=PAPER) == sittings.NOT_YOURS
    assert verdict(saver=TEACHER, place=OWN, timing=SCREEN) == sittings.NOT_YOURS


def test_a_pupil_writes_its_own_opened_parts_only() -> None:
    assert verdict(place=replace(OWN, own=False)) == sittings.NOT_YOURS
    assert verdict(place=replace(OWN, opened_ms=None)) == sittings.NOT_YOURS
    assert verdict(timing=PAPER) == sittings.NOT_YOURS


@given(attempts, savers, places, timings, stored_sheets, st.booleans())
def test_what_is_not_refused_is_stored_or_already_there(
    attempt: Attempt,
    saver: Saver,
    place: Place,
    timing: Timing,
    stored: Stored | None,
    same: bool,
) -> None:
    found = verdict(attempt, saver, place, timing, stored, same_bytes=same and stored is not None)
    assert not (found.store and found.refusal)
    assert not (found.store and found.keep)
    assert not found.put_aside or (found.store and stored is not None)
    if found.refusal is None and not found.store:
        assert stored is not None
    if found.store and stored is not None:
        # The stored version never goes down.
        assert attempt.version > stored.version


def test_a_leftover_sheet_is_kept_and_stands_nowhere() -> None:
    leftover = replace(NOW, stray=True)
    kept = Verdict(refusal="conflict", keep="conflict")
    for stored in (None, MINE, EARLIER):
        assert verdict(leftover, stored=stored) == kept
    # A lower version of the same epoch would be acknowledged and dropped without the header.
    assert verdict(replace(leftover, version=2)) == kept


def test_a_leftover_sheet_that_is_stored_already_is_acknowledged() -> None:
    leftover = replace(NOW, version=3, stray=True)
    assert verdict(leftover, same_bytes=True) == sittings.ACKNOWLEDGED


@given(attempts, savers, places, timings, stored_sheets, st.booleans())
def test_a_leftover_sheet_replaces_nothing_and_is_never_dropped(
    attempt: Attempt,
    saver: Saver,
    place: Place,
    timing: Timing,
    stored: Stored | None,
    same: bool,
) -> None:
    same_bytes = same and stored is not None
    leftover = verdict(
        replace(attempt, stray=True), saver, place, timing, stored, same_bytes=same_bytes
    )
    plain = verdict(
        replace(attempt, stray=False), saver, place, timing, stored, same_bytes=same_bytes
    )
    assert not leftover.store
    assert not leftover.put_aside
    if leftover.refusal is None:
        assert same_bytes
    # Whoever may not save may not leave strays either, and the other refusals come first.
    if plain.refusal is not None and plain.refusal != "conflict":
        assert leftover == plain
    elif not same_bytes:
        assert leftover == Verdict(refusal="conflict", keep="conflict")


@given(attempts, savers, places, timings, stored_sheets, st.integers(0, 1_200))
def test_strays_are_bounded_by_session_and_by_seat(
    attempt: Attempt,
    saver: Saver,
    place: Place,
    timing: Timing,
    stored: Stored | None,
    of_seat: int,
) -> None:
    found = verdict(attempt, saver, place, timing, stored)
    full = sittings.STRAYS_OF_A_SESSION
    assert not sittings.has_room(found, full, sittings.STRAYS_OF_A_SEAT)
    assert sittings.has_room(found, full - 1, of_seat) == (of_seat < sittings.STRAYS_OF_A_SEAT)
    # A session that has its fill may still go on from another device's sheet.
    if found.store and of_seat < sittings.STRAYS_OF_A_SEAT:
        assert sittings.has_room(found, full, of_seat)


@given(attempts, savers, places, timings, stored_sheets)
def test_only_the_session_of_the_seats_epoch_changes_a_sheet(
    attempt: Attempt, saver: Saver, place: Place, timing: Timing, stored: Stored | None
) -> None:
    found = verdict(attempt, saver, place, timing, stored)
    if found.store:
        assert attempt.epoch == saver.epoch
        assert not saver.voided
        assert WINDOW.opens_ms <= attempt.now_ms


@given(
    st.integers(0, 600), st.integers(100, 400), st.integers(0, 10_000_000), st.integers(0, 10**7)
)
def test_a_deadline_never_passes_the_window_and_never_shrinks_with_more_time(
    minutes: int, percent: int, opened_ms: int, extra_ms: int
) -> None:
    plain = Timing("pupil", minutes, 30).deadline_ms(WINDOW, opened_ms, 0)
    longer = Timing("pupil", minutes, 30, percent).deadline_ms(WINDOW, opened_ms, extra_ms)
    assert plain is not None
    assert longer is not None
    assert plain <= longer <= WINDOW.closes_ms


def test_a_third_more_time_is_rounded_up_to_a_whole_minute() -> None:
    assert Timing("pupil", 50, 0, 133).seat_minutes == 67


def test_a_part_without_minutes_ends_with_the_window() -> None:
    assert Timing("pupil", 0, 30).deadline_ms(WINDOW, 600_000, 0) == WINDOW.closes_ms
    assert PAPER.deadline_ms(WINDOW, None, 0) == WINDOW.closes_ms
    assert SCREEN.deadline_ms(WINDOW, None, 0) is None


def test_a_window_waits_opens_and_closes() -> None:
    states = [WINDOW.state(at) for at in (499_999, 500_000, 9_999_999, 10_000_000)]
    assert states == ["waiting", "open", "open", "closed"]


def test_a_part_that_is_open_stays_open_to_its_seat() -> None:
    assert sittings.opening(WINDOW, 600_000, 99_999_999) is None
    assert sittings.opening(WINDOW, None, 99_999_999) == "late"
    assert sittings.opening(WINDOW, None, 1) == "waiting"


def test_five_logins_at_once_then_pauses_that_double_up_to_a_minute() -> None:
    tried, now_ms, pauses = Attempts(), 0, []
    for _ in range(14):
        wait_ms = sittings.login_wait_ms(tried, now_ms)
        pauses.append(wait_ms)
        now_ms += wait_ms
        tried = sittings.login_tried(tried, now_ms)
    assert pauses[:5] == [0] * 5
    assert pauses[5:] == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]


@given(st.integers(0, 10**6), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_login_never_waits_longer_than_a_minute(count: int, last_ms: int, later_ms: int) -> None:
    wait_ms = sittings.login_wait_ms(Attempts(count, last_ms), last_ms + later_ms)
    assert 0 <= wait_ms <= sittings.LONGEST_PAUSE_MS


@given(st.lists(st.integers(0, 3_000), max_size=60))
def test_an_allowance_never_lets_through_more_than_burst_and_rate(gaps: list[int]) -> None:
    rate = sittings.RATES["pupil"]
    full_ms, now_ms, taken = 0.0, 1_800_000_000_000, 0
    for gap in gaps:
        now_ms += gap
        full_ms, wait_ms = sittings.take(full_ms, rate, 1.0, now_ms)
        taken += not wait_ms
        if wait_ms:
            _, later = sittings.take(full_ms, rate, 1.0, now_ms + wait_ms)
            assert later == 0
    assert taken <= 20 + 2.0 * sum(gaps) / 1000
    assert taken >= min(len(gaps), 20)


def test_a_clock_that_is_set_back_costs_at_most_one_allowance() -> None:
    rate = sittings.RATES["pupil"]
    full_ms, _ = sittings.take(0.0, rate, 1.0, 1_800_000_000_000)
    _, wait_ms = sittings.take(full_ms, rate, 1.0, 1_700_000_000_000)
    assert wait_ms <= rate.every_ms + 1


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9_000)), max_size=80))
def test_forgetting_who_was_quiet_changes_no_verdict(steps: list[tuple[int, int]]) -> None:
    forgetful, exact = Throttles(), dict.fromkeys(range(5), 0.0)
    now_ms = 1_800_000_000_000
    for seat, gap_ms in steps:
        now_ms += gap_ms
        exact[seat], wait_ms = sittings.take(exact[seat], sittings.RATES["teacher"], 20.0, now_ms)
        if not wait_ms:
            forgetful.request(str(seat), "teacher", 20.0, now_ms)
            continue
        with pytest.raises(Refused) as caught:
            forgetful.request(str(seat), "teacher", 20.0, now_ms)
        assert caught.value.retry_ms == wait_ms
