"""Who logs in when, and what waits when saves are late (docs/protocol.md §5, decision 0014).

Logins take turns by virtual scheduling (GCRA, ITU-T I.371): each newcomer's turn comes one spacing
after the one before. A line has a time of its own, which runs as fast as saves allow: so a rate
that falls makes everybody wait longer, those included who were promised a turn before, and the
order of arrival stays. Turns are kept by those who wait, under a MAC; nothing is stored for them.
"""

import asyncio
import base64
import hmac
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from ardoise.delivery.store import Refused
from ardoise.delivery.throttles import ENTRIES, Recent
from ardoise.seal.fields import joined

HOLD_MS = 1_500
"""A turn this near is waited for in the request itself."""
NOW_MS = 5
"""A turn this near has come: a timer would cost more than the login."""
NEAR_MS = 200
"""A turn this near is given before the code is checked, and taken back if it was wrong."""
VALID_MS = 300_000
"""How long a turn may be taken late."""
USES = 3
"""Logins on one turn: the answer to the first may have been lost on the way."""
JUDGE_MS = 500
STEPS = 600
LOGINS_LATE_MS = 500
"""Logins come after saves in the store, so they may take longer before there are too many."""
_MAC = 32
_TICKET = 48
_SMOOTH_S = 1.0
IDLE_MS = 10_000
"""After so long a silence nothing is known of what the store bears: a node begins anew."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How a node paces its logins."""

    most: float = 5_000.0
    """Logins a second when nothing is late."""
    start: float = 0.2
    """Of `most`: what a node begins with."""
    least: float = 50.0
    grows: float = 0.2
    """Of `most`, added to the rate in a second in which nothing is late."""
    late_ms: float = 40.0
    """Saves that wait longer for their commit, on average over about a second, halve the rate."""
    held: int = 500
    """Requests that wait at once for a turn that is near: half of what deploy's proxy lets through
    to a node, so that saves always find room."""


@dataclass(frozen=True, slots=True)
class Line:
    """Turns promised and not yet come. Times in ms; the line's own time lags behind the clock."""

    promised_ms: float = 0.0
    lag_ms: float = 0.0
    seen_ms: int = 0

    @property
    def now_ms(self) -> float:
        """The line's own time."""
        return self.seen_ms - self.lag_ms

    @property
    def end_ms(self) -> float:
        """The turn that a newcomer gets."""
        return self.now_ms + self.promised_ms


def advanced(line: Line, now_ms: int, speed: float) -> Line:
    """The line at `now_ms`, after its time ran at `speed` (0 to 1). An empty line has no lag.

    A clock that was set back takes the line with it: nobody waits longer for that.
    """
    passed_ms = max(0, now_ms - line.seen_ms)
    served_ms = passed_ms * speed
    if served_ms >= line.promised_ms:
        return Line(0.0, 0.0, now_ms)
    return Line(line.promised_ms - served_ms, line.lag_ms + passed_ms - served_ms, now_ms)


def lengthened(line: Line, spacing_ms: float) -> Line:
    """After one more turn was given out, or (negative) given back."""
    return replace(line, promised_ms=max(0.0, line.promised_ms + spacing_ms))


def soonest_ms(early_ms: float, speed: float, grows: float) -> float:
    """When the line's time is `early_ms` on, if its speed grows by `grows` a second up to 1."""
    per_ms = grows / 1000
    if per_ms <= 0 or speed >= 1:
        return early_ms / speed
    growing_ms = (1 - speed) / per_ms
    beyond_ms = early_ms - (1 + speed) / 2 * growing_ms
    if beyond_ms >= 0:
        return growing_ms + beyond_ms
    # The root of per_ms/2 · t² + speed · t = early_ms, in the form that loses no digits.
    return 2 * early_ms / (math.sqrt(speed * speed + 2 * per_ms * early_ms) + speed)


@dataclass(frozen=True, slots=True)
class Pace:
    """Logins a second, and when that was last judged."""

    rate: float
    judged_ms: int = 0


def paced(pace: Pace, late: bool, now_ms: int, bounds: Bounds) -> Pace:
    """Half as fast when something is late, a little faster when nothing is (AIMD)."""
    passed_ms = now_ms - pace.judged_ms
    if 0 <= passed_ms < JUDGE_MS:
        return pace
    rate = pace.rate
    if not 0 <= passed_ms < IDLE_MS:
        rate, passed_ms = min(rate, bounds.start * bounds.most), 0
    if late:
        return Pace(max(min(bounds.least, rate), rate / 2), now_ms)
    return Pace(min(bounds.most, rate + bounds.grows * bounds.most * passed_ms / 1000), now_ms)


class Delay:
    """How long changes of one kind wait for their commit. Seconds in, milliseconds out."""

    __slots__ = ("_count", "_ended", "_smooth_ms", "_sum", "_told", "_waiting")

    def __init__(self) -> None:
        self._sum = self._ended = self._told = self._smooth_ms = 0.0
        self._count = self._waiting = 0

    def begun(self, now: float) -> None:
        """A change was handed to the store."""
        if not self._waiting:
            self._ended = now
        self._waiting += 1

    def ended(self, since: float, now: float) -> None:
        """Its commit came, or its refusal."""
        self._waiting -= 1
        self._ended = now
        self._sum += now - since
        self._count += 1

    def ms(self, now: float) -> float:
        """Smoothed over about a second; longer if nothing comes back from the store at all."""
        passed = now - self._told
        if passed > 0:
            mean_ms = self._sum / self._count * 1000 if self._count else 0.0
            if self._count or not self._waiting:
                self._smooth_ms += (mean_ms - self._smooth_ms) * -math.expm1(-passed / _SMOOTH_S)
            self._told, self._sum, self._count = now, 0.0, 0
        stalled_ms = (now - self._ended) * 1000 if self._waiting else 0.0
        return max(self._smooth_ms, stalled_ms)


Work = Literal["returns", "kit", "group", "sitting"]

SHED: dict[Work, tuple[float, int]] = {
    "returns": (3.0, 5_000),
    "kit": (3.0, 5_000),
    "group": (6.0, 10_000),
    "sitting": (12.0, 20_000),
}
"""What is put off, from which multiple of `late_ms`, and for how long (why: decision 0014)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the line. Times in µs: whole numbers that 5,000 a second do not share."""

    seat: str
    turn_us: int
    arrived_us: int


class Admission:
    """What one node knows of its line."""

    def __init__(
        self,
        key: bytes,
        clock: Callable[[], int],
        bounds: Bounds | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        ticks: Callable[[], float] = time.perf_counter,
        entries: int = ENTRIES,
    ) -> None:
        """`key`: the sessions', the same at all nodes. `clock`: ms since the epoch."""
        self.saves, self.logins = Delay(), Delay()
        self.ticks = ticks
        self._key = key
        self.clock = clock
        self._bounds = bounds or Bounds()
        self._sleep = sleep
        self._line = Line(seen_ms=clock())
        self._pace = Pace(self._bounds.start * self._bounds.most, clock())
        self._places: Recent[tuple[Place, int]] = Recent(entries)
        self._held = 0
        self.checks = 0
        """Codes that are being checked: who arrives meanwhile comes after them."""

    # -- the line --------------------------------------------------------------------------

    @property
    def rate(self) -> float:
        """Logins a second, now."""
        return self._pace.rate

    @property
    def held(self) -> int:
        """Requests that wait here for their turn."""
        return self._held

    def waiting(self) -> float:
        """Turns promised and not yet come. Whoever asks this is nobody who arrives."""
        line = advanced(self._line, self.clock(), self._speed)
        return line.promised_ms / self._spacing_ms

    def near(self) -> bool:
        """Whether a newcomer's turn is so near that its code is better checked only then."""
        return not self.checks and self._now().promised_ms / self._speed <= NEAR_MS

    def known(self, campaign: str, number: str, ticket: str | None) -> Place | None:
        """The place that a ticket keeps; None: none for this number, or none any more."""
        if ticket is None:
            return None
        raw = base64.urlsafe_b64decode(ticket)
        times = raw[_MAC:]
        if len(raw) != _TICKET or not hmac.compare_digest(
            self._mac(f"{campaign}/{number}", times), raw[:_MAC]
        ):
            return None
        turn_us, arrived_us = int.from_bytes(times[:8]), int.from_bytes(times[8:])
        place = Place(f"{campaign}/{number}", turn_us, arrived_us)
        line = self._now()
        if line.now_ms - turn_us / 1000 > VALID_MS:
            return None
        remembered = self._places.get(place.seat)
        if remembered is not None and remembered[0] == place and remembered[1] >= USES:
            return None
        # Another node's line was longer, or this node was started anew.
        return place if turn_us / 1000 <= line.end_ms else self.join(campaign, number, arrived_us)

    def join(self, campaign: str, number: str, arrived_us: int | None = None) -> Place:
        """The place of a newcomer; the one that the number has, if it has not used it yet."""
        seat = f"{campaign}/{number}"
        remembered = self._places.get(seat)
        line = self._now()
        if remembered is not None:
            place, uses = remembered
            if not uses and line.now_ms - VALID_MS <= place.turn_us / 1000 <= line.end_ms:
                return place
        arrived_us = self.clock() * 1000 if arrived_us is None else arrived_us
        place = Place(seat, round(line.end_ms * 1000), arrived_us)
        self._line = lengthened(line, self._spacing_ms)
        self._places.put(seat, (place, 0))
        return place

    async def turn(self, place: Place) -> None:
        """Returns at the place's turn if that is near. Raises Refused `queued` if it is not."""
        wait_ms = self._wait_ms(place)
        while 0 < wait_ms <= HOLD_MS and self._held < self._bounds.held:
            self._held += 1
            try:
                await self._sleep(wait_ms / 1000)
            finally:
                self._held -= 1
            wait_ms = self._wait_ms(place)
        if wait_ms > 0:
            raise Refused("queued", retry_ms=math.ceil(wait_ms), ticket=self._ticket(place))

    def entered(self, place: Place) -> None:
        """A login on this place succeeded."""
        remembered = self._places.get(place.seat)
        uses = remembered[1] if remembered is not None and remembered[0] == place else 0
        self._places.put(place.seat, (place, uses + 1))

    def give_back(self, place: Place) -> None:
        """The code was wrong: the turn was nobody's."""
        self._places.drop(place.seat)
        self._line = lengthened(self._now(), -self._spacing_ms)

    def saves_ms(self) -> float:
        """How long a save waits for its commit, smoothed."""
        return self.saves.ms(self.ticks())

    # -- when saves are late ---------------------------------------------------------------

    def spare(self, work: Work) -> None:
        """Before work that can wait. Raises Refused `busy` while saves are late."""
        times, retry_ms = SHED[work]
        if self.saves_ms() > times * self._bounds.late_ms:
            raise Refused("busy", retry_ms=retry_ms)

    # -- inside ----------------------------------------------------------------------------

    @property
    def _spacing_ms(self) -> float:
        return 1000 / self._bounds.most

    @property
    def _speed(self) -> float:
        return self._pace.rate / self._bounds.most

    def _now(self) -> Line:
        """The line, brought up to now; its pace is judged on the way."""
        now_ms = self.clock()
        if now_ms == self._line.seen_ms:
            return self._line
        ticks = self.ticks()
        late = self.saves.ms(ticks) > self._bounds.late_ms or self.logins.ms(ticks) > LOGINS_LATE_MS
        for _ in range(STEPS):
            # While everybody waits nobody calls, and the rate grows all the same.
            if not self._line.promised_ms or now_ms - self._line.seen_ms <= JUDGE_MS:
                break
            self._step(self._line.seen_ms + JUDGE_MS, late)
        self._step(now_ms, late)
        return self._line

    def _step(self, now_ms: int, late: bool) -> None:
        self._line = advanced(self._line, now_ms, self._speed)
        self._pace = paced(self._pace, late, now_ms, self._bounds)

    def _wait_ms(self, place: Place) -> float:
        line = self._now()
        early_ms = min(place.turn_us / 1000, line.end_ms) - line.now_ms
        if early_ms <= NOW_MS * self._speed:
            return 0.0
        # The next judgement may come at once. Told too long, one would be overtaken by those
        # who are told after things went better; told too short, one is told the rest.
        speed = min(1.0, self._speed + self._bounds.grows * JUDGE_MS / 1000)
        return soonest_ms(early_ms, speed, self._bounds.grows)

    def _ticket(self, place: Place) -> str:
        times = place.turn_us.to_bytes(8) + place.arrived_us.to_bytes(8)
        return base64.urlsafe_b64encode(self._mac(place.seat, times) + times).decode()

    def _mac(self, seat: str, times: bytes) -> bytes:
        campaign, number = seat.split("/")
        return hmac.digest(self._key, joined("ardoise-ticket/1", campaign, number, times), "sha256")
