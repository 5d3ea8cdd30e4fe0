"""Who uses the devices: pupils with their mishaps, and teachers who key.

Every actor has the same life: `start` when its process starts, `finish` when the time is over,
`closed` when the window was closed; `unsent` tells how many of its sheets still have no answer.
"""

from functools import partial
from math import sqrt
from time import perf_counter
from typing import Protocol

from ardoise.bench.device import World
from ardoise.bench.ledger import Place
from ardoise.bench.profiles import Profile
from ardoise.bench.sheets import Sealer
from ardoise.bench.sitting import Paper, Sitting


class Life(Protocol):
    """What the generator does with an actor."""

    @property
    def places(self) -> list[Place]:
        """The sheets it writes, for the ledger."""

    def start(self, began: float) -> None:
        """Plan everything, from `began` on."""

    def finish(self) -> None:
        """No new answers from here on."""

    def closed(self) -> None:
        """The window is closed: those who are late come now."""

    @property
    def unsent(self) -> int:
        """Sheets that still wait, those meant to be late left out."""


class Pupil:
    """One pupil of a year group."""

    __slots__ = ("_began", "_end", "_late", "_profile", "_state", "_world", "devices", "place")

    def __init__(self, world: World, profile: Profile, number: str) -> None:
        self._world = world
        self._profile = profile
        self._state: str | None = None
        self._began = self._end = 0.0
        self._late = world.chance.share() < profile.late
        self.place = Place(number, world.seats.part)
        self.devices: list[Sitting] = []

    @property
    def places(self) -> list[Place]:
        """The one sheet."""
        return [self.place]

    @property
    def unsent(self) -> int:
        """See Life."""
        return 0 if self._late else sum(d.unsent for d in self.devices if not d.over)

    def start(self, began: float) -> None:
        """See Life."""
        profile, chance, at = self._profile, self._world.chance, self._world.timers.at
        arrival = began + profile.arrive_s * (1 - sqrt(1 - chance.share()))
        last = began + profile.minutes * 60
        self._end = last - profile.end_s * chance.share()
        self._began = arrival
        self._move("to come")
        at(arrival, self._arrive)
        working = (arrival + profile.every_s, max(arrival + profile.every_s, self._end))
        for share, event in (
            (profile.reconnects, self._reconnect),
            (profile.reloads, self._reload),
            (profile.takeovers, self._go_elsewhere),
            (profile.offline, self._go_offline),
        ):
            if chance.share() < share:
                at(chance.between(*working), event)

    def finish(self) -> None:
        """See Life."""

    def closed(self) -> None:
        """See Life."""
        if self._late and self.devices:
            self._late = False
            self.devices[-1].come_back(perf_counter())

    def _move(self, to: str) -> None:
        self._world.tally.moved(self._state, to)
        self._state = to

    def _device(self) -> Sitting:
        number, seats = self.place.number, self._world.seats
        key = seats.keys(number).sheet_key(seats.part)
        paper = Paper(self.place, Sealer(self._world.texts, number, key))
        sitting = Sitting(self._world, number, {number: paper})
        self.devices.append(sitting)
        return sitting

    def _arrive(self, since: float) -> None:
        self._move("waiting")
        device = self._device()
        device.begin(since, partial(self._work, device))

    def _work(self, device: Sitting) -> None:
        """In: the first answer comes after a while."""
        if device.over:
            self._move(device.over)
            return
        self._move("working")
        self._world.timers.at(self._next(perf_counter()), partial(self._answer, device))

    def _next(self, now: float) -> float:
        pause = self._world.chance.around(self._profile.every_s)
        return min(now + pause, max(self._end, now + 0.01))

    def _answer(self, device: Sitting, since: float) -> None:
        """One more answer on this device, and the time of the next."""
        if device.gone or device.over:
            return
        if device is not self.devices[-1]:
            # Taken over: a word or two is still typed here, and becomes strays.
            device.answer(since)
            return
        if since >= self._end:
            self._hand_in(device, since)
            return
        share = (since - self._began) / max(1.0, self._end - self._began)
        paper = device.papers[self.place.number]
        paper.kib = min(self._profile.most_kib, 1 + int(share * self._profile.most_kib))
        device.answer(since)
        self._world.timers.at(self._next(since), partial(self._answer, device))

    def _hand_in(self, device: Sitting, since: float) -> None:
        """The last answer. Who is late has lost the network just now."""
        if self._late:
            device.offline = True
        else:
            device.come_back(since)
        device.answer(since)
        self._move("late" if self._late else "done")

    # -- mishaps ---------------------------------------------------------------------------

    def _reconnect(self, _since: float) -> None:
        if self._state == "working":
            self.devices[-1].cut()

    def _reload(self, since: float) -> None:
        """The page goes away and comes back: login again, the booklet from the cache."""
        if self._state != "working":
            return
        before = self.devices[-1]
        if before.unsent:
            # The runner keeps what is unsent over a reload; here the reload waits for it.
            self._world.timers.at(since + 0.5, self._reload)
            return
        before.leave()
        self._move("waiting")
        device = self._device()
        device.cached = True
        device.begin(since, partial(self._work, device))

    def _go_elsewhere(self, since: float) -> None:
        """A second device logs in; the first has not noticed."""
        if self._state != "working" or self.devices[-1].offline:
            return
        before = self.devices[-1]
        device = self._device()
        device.begin(since, partial(self._work, device))
        self._world.timers.at(since + 1.0, partial(self._answer, before))

    def _go_offline(self, since: float) -> None:
        if self._state != "working":
            return
        device = self.devices[-1]
        device.offline = True
        device.cut()
        self._move("offline")

        def back(since: float) -> None:
            if self._state == "offline":
                self._move("working")
            if not (self._late and self._state == "late"):
                device.come_back(since)

        self._world.timers.at(since + self._world.chance.around(self._profile.offline_s), back)


class Teacher:
    """Keys the booklets of a class, line after line."""

    def __init__(
        self, world: World, profile: Profile, number: str, group: str, pupils: tuple[str, ...]
    ) -> None:
        self._world = world
        self._profile = profile
        self._number = number
        self._group = group
        self._end = 0.0
        self._line = 0
        self._pupils = pupils
        self.places = [Place(pupil, world.seats.part) for pupil in pupils]
        self._sitting = self._device()

    @property
    def unsent(self) -> int:
        """See Life."""
        return 0 if self._sitting.over else self._sitting.unsent

    def start(self, began: float) -> None:
        """See Life."""
        profile, chance, at = self._profile, self._world.chance, self._world.timers.at
        arrival = began + profile.arrive_s * chance.share()
        self._end = began + profile.minutes * 60
        self._world.tally.moved(None, "to come")
        at(arrival, self._arrive)
        if chance.share() < profile.reloads:
            at(chance.between(arrival, self._end), self._reload)
        if chance.share() < profile.reconnects:
            at(chance.between(arrival, self._end), lambda _: self._sitting.cut())

    def finish(self) -> None:
        """See Life."""

    def closed(self) -> None:
        """See Life."""

    def _device(self) -> Sitting:
        seats = self._world.seats
        papers = {
            place.number: Paper(
                place,
                Sealer(self._world.texts, place.number, seats.sheet_key(place.number, self._group)),
            )
            for place in self.places
        }
        return Sitting(self._world, self._number, papers)

    def _arrive(self, since: float) -> None:
        self._world.tally.moved("to come", "waiting")
        sitting = self._sitting

        def work() -> None:
            self._world.tally.moved("waiting", sitting.over or "working")
            self._world.timers.at(perf_counter(), partial(self._key, sitting))

        sitting.begin(since, work)

    def _key(self, sitting: Sitting, since: float) -> None:
        if sitting.gone or sitting.over:
            return
        if since >= self._end:
            self._world.tally.moved("working", "done")
            return
        sitting.answer(since, self._pupils[(self._line // 5) % len(self._pupils)])
        self._line += 1
        pause = self._world.chance.around(self._profile.every_s)
        self._world.timers.at(since + pause, partial(self._key, sitting))

    def _reload(self, since: float) -> None:
        before = self._sitting
        if not before.session or before.over or before.unsent:
            return
        before.leave()
        self._sitting = self._device()
        self._sitting.cached = True
        again = partial(self._key, self._sitting)
        self._sitting.begin(since, lambda: self._world.timers.at(perf_counter(), again))
