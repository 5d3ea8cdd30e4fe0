"""The line of logins: its promises, for whoever waits in it and against whoever would cheat."""

import base64
import heapq
import itertools
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ardoise.contract.problems import Problem
from ardoise.delivery import admission
from ardoise.delivery.admission import Admission, Bounds, Delay, Line, Pace, Place, advanced, paced
from ardoise.delivery.store import Refused

KEY = bytes(range(32))
CAMPAIGN = "sixieme-2026"
START_MS = 1_790_000_000_000


class Held(Exception):
    """Instead of sleeping: the node would hold the request for so long."""

    def __init__(self, seconds: float) -> None:
        self.wait_ms = seconds * 1000


async def hold(seconds: float) -> None:
    raise Held(seconds)


def outcome(coroutine: Coroutine[None, None, None]) -> None:
    """Runs what never really waits."""
    with pytest.raises(StopIteration):
        coroutine.send(None)


@dataclass
class Node:
    """A node whose clock is moved by hand."""

    most: float = 100.0
    start: float = 1.0
    held: int = 1_000
    entries: int = 1_000
    key: bytes = KEY
    now_ms: int = START_MS
    inside: Admission = field(init=False)

    def __post_init__(self) -> None:
        self.inside = Admission(
            self.key,
            lambda: self.now_ms,
            Bounds(most=self.most, start=self.start, held=self.held),
            sleep=hold,
            ticks=lambda: self.now_ms / 1000,
            entries=self.entries,
        )

    def knock(self, number: str, ticket: str | None = None) -> Problem | None:
        """One login with the right code: None if it goes in, else what it is told.

        A request that is held is told its wait, too: `detail` is then "held".
        """
        place = self.inside.known(CAMPAIGN, number, ticket) or self.inside.join(CAMPAIGN, number)
        try:
            outcome(self.inside.turn(place))
        except Held as held:
            return Problem("queued", "held", retry_ms=max(1, round(held.wait_ms)), ticket=None)
        except Refused as refusal:
            return refusal.problem(self.now_ms)
        self.inside.entered(place)
        return None

    def late(self) -> None:
        """A save has been waiting for a second, and waits on."""
        self.inside.saves.begun(self.now_ms / 1000 - 1)

    def in_time(self) -> None:
        """It is committed, and what follows takes a millisecond."""
        now = self.now_ms / 1000
        self.inside.saves.ended(now - 0.001, now)


def number(which: int) -> str:
    return f"{which:09d}"


def rush(node: Node, arrivals_ms: list[int], turns_ms: Sequence[int] = ()) -> dict[int, int]:
    """Everyone arrives, waits exactly as told and comes back: pupil → ms of going in.

    At each of `turns_ms` saves begin to be late, or are in time again.
    """
    changes = deque(zip(sorted(turns_ms), itertools.cycle((node.late, node.in_time)), strict=False))
    events = [(START_MS + at, who, None) for who, at in enumerate(sorted(arrivals_ms))]
    todo: list[tuple[int, int, str | None]] = list(events)
    heapq.heapify(todo)
    entered: dict[int, int] = {}
    while todo:
        node.now_ms, who, ticket = heapq.heappop(todo)
        while changes and node.now_ms >= START_MS + changes[0][0]:
            changes.popleft()[1]()
        told = node.knock(number(who), ticket)
        if told is None:
            entered[who] = node.now_ms
        else:
            assert told.retry_ms is not None
            heapq.heappush(todo, (node.now_ms + told.retry_ms, who, told.ticket or ticket))
    return entered


crowds = st.lists(st.integers(0, 5_000), min_size=1, max_size=150)


@given(
    crowds, st.sampled_from([3.0, 40.0, 900.0]), st.lists(st.integers(0, 12_000), max_size=6),
    st.sampled_from([0.2, 1.0]),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_the_order_of_arrival_is_kept_whatever_the_saves_do(
    arrivals: list[int], most: float, turns: list[int], start: float
) -> None:
    entered = rush(Node(most, start=start), arrivals, turns)
    assert len(entered) == len(arrivals)
    order = [entered[who] for who in sorted(entered)]
    # A turn within NOW_MS has come; a client wakes up to a millisecond late.
    assert all(
        after >= before - admission.NOW_MS - 1 for before, after in itertools.pairwise(order)
    )


@given(crowds, st.sampled_from([3.0, 40.0, 900.0]))
@settings(max_examples=60, deadline=None)
def test_nobody_waits_longer_than_those_before_take(arrivals: list[int], most: float) -> None:
    entered = rush(Node(most), arrivals)
    for who, at in enumerate(sorted(arrivals)):
        assert entered[who] - START_MS - at <= who * 1000 / most + 3


@given(crowds, st.sampled_from([3.0, 40.0, 900.0]))
@settings(max_examples=40, deadline=None)
def test_a_careful_beginning_keeps_the_order_and_wastes_no_turn(
    arrivals: list[int], most: float
) -> None:
    careful = rush(Node(most, start=0.2), arrivals)
    order = [careful[who] for who in sorted(careful)]
    assert all(
        after >= before - admission.NOW_MS - 1 for before, after in itertools.pairwise(order)
    )
    # Growing from a fifth by a fifth a second takes four seconds, in which two are lost.
    assert max(order) <= max(rush(Node(most), arrivals).values()) + 2_000 + admission.JUDGE_MS + 300


@given(st.floats(0, 1e6), st.floats(0.01, 1), st.just(0.0) | st.floats(1e-6, 2))
def test_the_soonest_turn_is_when_a_growing_line_gets_there(
    early_ms: float, speed: float, grows: float
) -> None:
    wait_ms = admission.soonest_ms(early_ms, speed, grows)
    growing_ms = min(wait_ms, (1 - speed) * 1000 / grows if grows else wait_ms)
    reached = growing_ms * (speed + grows * growing_ms / 2000)
    reached += (wait_ms - growing_ms) * (min(1.0, speed + grows * growing_ms / 1000))
    assert reached == pytest.approx(early_ms, rel=1e-6, abs=1e-3)


@given(crowds, st.sampled_from([3.0, 40.0]), st.integers(100, 3_000))
@settings(max_examples=60, deadline=None)
def test_no_more_go_in_than_the_rate_allows(arrivals: list[int], most: float, span: int) -> None:
    times = sorted(rush(Node(most), arrivals).values())
    for first in times:
        within = sum(1 for at in times if first <= at < first + span)
        assert within <= (span + admission.NOW_MS) * most / 1000 + 2


@given(st.lists(st.tuples(st.integers(-3_600_000, 3_600_000), st.integers(0, 40)), max_size=60))
@settings(max_examples=60, deadline=None)
def test_a_clock_that_jumps_makes_nobody_wait_longer_than_the_line(
    steps: list[tuple[int, int]],
) -> None:
    node = Node(20.0)
    tickets: dict[int, str | None] = {}
    for jump, who in steps:
        node.now_ms = max(START_MS // 2, node.now_ms + jump)
        told = node.knock(number(who), tickets.get(who))
        if told is not None:
            assert told.retry_ms is not None
            assert told.retry_ms <= (len(steps) + 1) * 1000 / 20
            tickets[who] = told.ticket


def test_a_turn_that_is_near_is_waited_for_and_a_far_one_is_told() -> None:
    node = Node(10.0, held=3)
    told = [node.knock(number(who)) for who in range(40)]
    assert told[0] is None
    assert told[10] == Problem("queued", "held", retry_ms=1_000)
    far = told[39]
    assert far is not None
    assert far.ticket is not None
    assert (far.problem, far.retry_ms) == ("queued", 3_900)


def test_a_full_house_of_held_requests_is_told_instead() -> None:
    node = Node(10.0, held=0)
    node.knock(number(0))
    told = node.knock(number(1))
    assert told is not None
    assert told.ticket is not None


def waiting(node: Node, who: int = 99, before: int = 50) -> tuple[Place, str]:
    """Somebody with a ticket, behind others."""
    for other in range(before):
        node.knock(number(other))
    told = node.knock(number(who))
    assert told is not None
    assert told.ticket is not None
    place = node.inside.known(CAMPAIGN, number(who), told.ticket)
    assert place is not None
    return place, told.ticket


def test_asking_before_the_turn_tells_the_rest_and_loses_nothing() -> None:
    node = Node(10.0)
    _, ticket = waiting(node)
    for rest_ms in (5_000, 4_000, 3_000):
        told = node.knock(number(99), ticket)
        assert told == Problem("queued", "", False, rest_ms, node.now_ms, ticket)
        node.now_ms += 1_000


def test_a_number_that_asks_again_without_its_ticket_has_the_same_place() -> None:
    node = Node(10.0)
    _, ticket = waiting(node)
    length = node.inside.waiting()
    told = node.knock(number(99))
    assert told is not None
    assert told.ticket == ticket
    assert node.inside.waiting() == length


def test_another_node_takes_the_ticket() -> None:
    here, there = Node(10.0), Node(10.0)
    _, ticket = waiting(here)
    waiting(there)
    here.now_ms = there.now_ms = START_MS + 5_001
    assert there.knock(number(99), ticket) is None


def test_a_ticket_is_never_worse_than_arriving_now() -> None:
    long, short = Node(10.0), Node(10.0)
    _, ticket = waiting(long)
    assert short.knock(number(99), ticket) is None
    told = short.knock(number(98), None)
    assert told is not None
    assert told.retry_ms == 100


def test_a_foreign_ticket_sent_again_and_again_takes_one_turn() -> None:
    long, short = Node(10.0), Node(10.0)
    _, ticket = waiting(long)
    waiting(short, who=77, before=20)
    before = short.inside.waiting()
    for _ in range(5):
        short.knock(number(99), ticket)
    assert short.inside.waiting() == before + 1


def test_a_ticket_is_of_no_use_to_another_number_or_campaign() -> None:
    node = Node(10.0)
    _, ticket = waiting(node)
    assert node.inside.known(CAMPAIGN, number(98), ticket) is None
    assert node.inside.known("cp-2026", number(99), ticket) is None
    assert Node(10.0, key=bytes(32)).inside.known(CAMPAIGN, number(99), ticket) is None


def test_every_changed_character_of_a_ticket_is_noticed() -> None:
    node = Node(10.0)
    _, ticket = waiting(node)
    for at in range(len(ticket)):
        changed = ticket[:at] + ("A" if ticket[at] != "A" else "B") + ticket[at + 1 :]
        assert node.inside.known(CAMPAIGN, number(99), changed) is None


@given(st.from_regex(r"[A-Za-z0-9_-]{64}", fullmatch=True))
def test_any_text_of_a_tickets_form_is_none(text: str) -> None:
    assert Node().inside.known(CAMPAIGN, number(1), text) is None


def test_a_ticket_holds_two_times_and_nothing_of_the_seat() -> None:
    place, ticket = waiting(Node(10.0))
    raw = base64.urlsafe_b64decode(ticket)
    assert raw[32:] == place.turn_us.to_bytes(8) + place.arrived_us.to_bytes(8)


def test_a_lost_answer_may_be_fetched_again_but_a_ticket_wears_out() -> None:
    node = Node(10.0)
    _, ticket = waiting(node)
    node.now_ms += 5_001
    for _ in range(admission.USES):
        assert node.knock(number(99), ticket) is None
    assert node.inside.known(CAMPAIGN, number(99), ticket) is None


def test_a_turn_that_nobody_took_for_minutes_is_over() -> None:
    node = Node(10.0)
    _, ticket = waiting(node)
    node.now_ms += 5_000 + admission.VALID_MS
    assert node.inside.known(CAMPAIGN, number(99), ticket) is not None
    node.now_ms += 2
    assert node.inside.known(CAMPAIGN, number(99), ticket) is None


def test_a_wrong_code_leaves_no_trace_in_the_line() -> None:
    node = Node(10.0)
    node.knock(number(0))
    length = node.inside.waiting()
    for who in range(1, 500):
        assert node.inside.near()
        node.inside.give_back(node.inside.join(CAMPAIGN, number(who)))
    assert node.inside.waiting() == pytest.approx(length)


def test_what_a_node_remembers_is_bounded() -> None:
    node = Node(10_000.0, entries=50)
    for who in range(500):
        node.knock(number(who))
    assert len(node.inside._places) == 50


# -- pace ------------------------------------------------------------------------------------


def test_late_saves_halve_the_rate_down_to_the_least_and_it_grows_back() -> None:
    bounds = Bounds(most=1_000, least=100, grows=0.2)
    pace = Pace(1_000, START_MS)
    now_ms = START_MS
    rates = []
    for late in [True] * 5 + [False] * 12:
        now_ms += 500
        pace = paced(pace, late, now_ms, bounds)
        rates.append(pace.rate)
    assert rates == [500, 250, 125, 100, 100, *range(200, 1_001, 100), 1_000, 1_000, 1_000]


def test_the_rate_is_judged_twice_a_second_at_most() -> None:
    pace = Pace(1_000, START_MS)
    assert paced(pace, True, START_MS + 499, Bounds()) == pace


def test_a_line_in_which_everybody_waits_is_no_silence() -> None:
    node = Node(1.0, start=0.2)
    told = [node.knock(number(who)) for who in range(30)][-1]
    assert told is not None
    assert told.retry_ms is not None
    node.now_ms += told.retry_ms + 1_000
    # Nobody came for half a minute, and the rate grew all the same.
    assert node.knock(number(29), told.ticket) is None
    assert node.inside.rate == 1.0


def test_after_a_silence_a_node_begins_carefully() -> None:
    bounds = Bounds(most=1_000, start=0.1, grows=0.2)
    assert paced(Pace(1_000, START_MS), False, START_MS + 9_999, bounds).rate == 1_000
    assert paced(Pace(1_000, START_MS), False, START_MS + 10_000, bounds).rate == 100
    assert paced(Pace(60, START_MS), False, START_MS + 10_000, bounds).rate == 60


def test_who_arrives_while_codes_are_checked_is_checked_after_them() -> None:
    node = Node(10.0)
    assert node.inside.near()
    node.inside.checks += 1
    assert not node.inside.near()


def test_a_rate_that_falls_slows_those_who_were_promised_a_turn() -> None:
    node = Node(1_000.0, held=0)
    _, ticket = waiting(node, before=2_000)
    node.late()
    node.now_ms += 500
    told = node.knock(number(99), ticket)
    assert told is not None
    assert (node.inside.rate, told.ticket) == (500, ticket)
    # A second and a half of the line's time, at 0.6 of its speed and growing.
    assert told.retry_ms == round(admission.soonest_ms(1_500, 0.6, 0.2) + 0.5)


def test_an_empty_line_has_no_lag() -> None:
    line = advanced(Line(100.0, 0.0, START_MS), START_MS + 150, 0.5)
    assert (line.promised_ms, line.lag_ms, line.now_ms) == (25.0, 75.0, START_MS + 75)
    assert advanced(line, START_MS + 210, 0.5) == Line(0.0, 0.0, START_MS + 210)


# -- delay and shedding ----------------------------------------------------------------------


def test_the_delay_of_saves_is_smoothed_and_forgotten_in_silence() -> None:
    delay = Delay()
    for step in range(300):
        at = step / 100
        delay.begun(at)
        delay.ended(at, at + 0.030)
        delay.ms(at + 0.030)
    assert 28 < delay.ms(3.03) <= 30
    assert delay.ms(10.0) < 1


def test_a_store_that_answers_nothing_at_all_is_late() -> None:
    delay = Delay()
    delay.begun(100.0)
    assert delay.ms(100.5) == 500
    delay.ended(100.0, 100.6)
    assert delay.ms(200.0) < 700


def test_optional_work_is_put_off_in_its_order_and_never_for_nothing() -> None:
    put_off: list[list[admission.Work]] = []
    refusals: list[Refused] = []
    for save_s in (0.03, 0.2, 0.3, 0.6):
        node = Node()
        node.inside.saves.begun(node.now_ms / 1000 - save_s)
        refused = []
        for work in admission.SHED:
            try:
                node.inside.spare(work)
            except Refused as refusal:
                refused.append(work)
                refusals.append(refusal)
        put_off.append(refused)
    assert all(refusal.kind == "busy" and refusal.retry_ms for refusal in refusals)
    assert put_off == [
        [],
        ["returns", "kit"],
        ["returns", "kit", "group"],
        ["returns", "kit", "group", "sitting"],
    ]
