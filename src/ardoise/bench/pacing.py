"""Load without a face: saves at an even beat, logins at an even rate. See `actors.Life`."""

import base64
from collections import deque
from functools import partial
from time import perf_counter

import msgspec

from ardoise.bench.device import Device, World, problem_of
from ardoise.bench.ledger import Place
from ardoise.bench.profiles import Profile
from ardoise.bench.sheets import Sealer
from ardoise.bench.sitting import Paper, Sitting
from ardoise.contract.sitting import Login

_Due = tuple[float, str, str, str | None]


class Pacer:
    """One connection that saves at its own even beat."""

    def __init__(self, world: World, profile: Profile, number: str, phase: float) -> None:
        """`phase`: 0 to 1, its place within the beat."""
        self._world = world
        self._profile = profile
        self._phase = phase
        self._period = (profile.connections or profile.pupils) / profile.rate
        self._end = 0.0
        key = world.seats.keys(number).sheet_key(world.seats.part)
        place = Place(number, world.seats.part)
        self.places = [place]
        paper = Paper(place, Sealer(world.texts, number, key))
        self._sitting = Sitting(world, number, {number: paper})
        self._sitting.cached = True

    @property
    def unsent(self) -> int:
        """See Life."""
        return 0 if self._sitting.over else self._sitting.unsent

    def start(self, began: float) -> None:
        """Logins are spread evenly over the arrival; the beat begins once all should be in."""
        world, profile = self._world, self._profile
        first = began + profile.arrive_s
        self._end = first + profile.minutes * 60
        world.tally.moved(None, "to come")

        def arrive(since: float) -> None:
            world.tally.moved("to come", "waiting")
            self._sitting.begin(since, ready)

        def ready() -> None:
            world.tally.moved("waiting", self._sitting.over or "working")
            behind = max(0, -(-(perf_counter() - first) // self._period))
            world.timers.at(first + (self._phase + behind) * self._period, self._beat)

        world.timers.at(began + self._phase * profile.arrive_s * 0.9, arrive)

    def _beat(self, since: float) -> None:
        if since >= self._end or self._sitting.over:
            self._world.tally.moved("working", self._sitting.over or "done")
            return
        self._sitting.answer(since)
        self._world.timers.at(since + self._period, self._beat)

    def finish(self) -> None:
        """See Life."""

    def closed(self) -> None:
        """See Life."""


class Knocker:
    """Logs seats in, one after the other, at an even rate on a few connections."""

    def __init__(
        self, world: World, profile: Profile, numbers: list[str], share: float, connections: int
    ) -> None:
        """`share`: of the whole rate."""
        self._world = world
        self._profile = profile
        self._period = 1 / (profile.rate * share)
        self._end = 0.0
        self._due: deque[_Due] = deque()
        """When a login was first due, number, token, place in the line."""
        self._turn = 0
        self._idle = deque(Device(world) for _ in range(connections))
        self.places: list[Place] = []
        self._numbers = numbers
        self._tokens = [
            base64.urlsafe_b64encode(world.seats.keys(number).login_token()).rstrip(b"=").decode()
            for number in numbers
        ]

    @property
    def unsent(self) -> int:
        """Logins that wait for a connection."""
        return len(self._due)

    def start(self, began: float) -> None:
        """See Life."""
        self._end = began + self._profile.minutes * 60
        self._world.timers.at(began, self._beat)

    def finish(self) -> None:
        """See Life."""
        self._due.clear()

    def closed(self) -> None:
        """See Life."""

    def _beat(self, since: float) -> None:
        if since >= self._end:
            return
        place = self._turn % len(self._numbers)
        self._turn += 1
        self._due.append((since, self._numbers[place], self._tokens[place], None))
        self._knock()
        self._world.timers.at(since + self._period, self._beat)

    def _knock(self) -> None:
        campaign, host = self._world.seats.campaign, self._world.endpoint.target.authority
        while self._due and self._idle:
            device = self._idle.popleft()
            since, number, token, ticket = due = self._due.popleft()
            body = msgspec.json.encode(Login(campaign, number, token, ticket))
            raw = (
                b"POST /v1/login HTTP/1.1\r\nhost: %b\r\ncontent-type: application/json\r\n"
                b"content-length: %d\r\n\r\n%b"
            ) % (host.encode(), len(body), body)
            device.ask("login", raw, since, partial(self._answered, device, due))

    def _answered(self, device: Device, due: _Due, status: int, _head: bytes, body: bytes) -> None:
        tally = self._world.tally
        if status == 200:
            tally.took("admitted", due[0])
            device.keep_tls_session()
        elif status:
            problem = problem_of(body)
            tally.trouble("login", problem.problem)
            if problem.problem == "queued" and problem.retry_ms is not None:
                self._later(problem.retry_ms, (*due[:3], problem.ticket))
        else:
            tally.trouble("login", body.decode())
        if self._profile.handshakes:
            device.cut()
        self._idle.append(device)
        self._knock()

    def _later(self, retry_ms: int, due: _Due) -> None:
        """In line: the same login comes again when its turn has come."""

        def come(_since: float) -> None:
            self._due.append(due)
            self._knock()

        self._world.timers.at(perf_counter() + retry_ms / 1000, come)
