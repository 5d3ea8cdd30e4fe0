"""Pupils that save on time, whatever breaks, and remember every promise they were given.

Each has one request under way at most, keeps its sheet until it is acknowledged and sends the same
bytes again, as the runner does, only sooner: what is measured is how long the service was away, not
how patient a browser is. Latency counts from the moment at which a save was due.
"""

import asyncio
import base64
import contextlib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import msgspec

from ardoise.bench.campaign import PART, Rehearsal, Shape
from ardoise.bench.exchange import Exchange
from ardoise.bench.ledger import Audit, Findings, Place
from ardoise.bench.sheets import Sealer, Texts, mark_of
from ardoise.bench.signers import KeySigner
from ardoise.bench.wire import Connection, Endpoint, Target, tls_context
from ardoise.contract.problems import Problem
from ardoise.contract.sitting import LoggedIn, Login, OpenPart, Saved

ANSWER_SECONDS = 6.0
PAUSE_SECONDS = 0.1
HUSH_SECONDS = 8.0
HOUR_MS = 3_600_000
SHAPE = Shape(pupils=400, items=4, assets=0)


@dataclass
class Outcome:
    """What pupils saw."""

    acknowledged: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Answers that were not an acknowledgement, and why there was none."""
    moments: list[float] = field(default_factory=list)
    """When acknowledgements came (time.monotonic)."""
    waits: list[float] = field(default_factory=list)
    """Seconds from when a save was due to its acknowledgement."""

    def longest_gap(self, since: float, until: float) -> float:
        """The longest time without any acknowledgement, in seconds."""
        inside = sorted(moment for moment in self.moments if since <= moment <= until)
        edges = [since, *inside, until]
        return max(after - before for before, after in pairwise(edges))


class Pupils:
    """`with Pupils(url, key, rate=…) as pupils:` installs a campaign, logs in and saves."""

    def __init__(
        self,
        url: str,
        signing_key: bytes,
        *,
        ca: Path | None = None,
        rate: float = 400.0,
        shape: Shape = SHAPE,
    ) -> None:
        self.target = Target.parse(url)
        self.exchange = Exchange(self.target, KeySigner(signing_key), ca)
        self.rehearsal = Rehearsal.draw(shape)
        self.period = shape.pupils / rate
        self.outcome = Outcome()
        self.places: list[Place] = []
        self._endpoint = Endpoint(
            self.target,
            context=tls_context(ca, resume=True) if self.target.scheme == "https" else None,
        )
        self._texts = Texts.make(self.rehearsal.name, PART, "pupil", most_kib=1)
        self._ready = threading.Semaphore(0)
        self._failure: BaseException | None = None
        self._ending = False
        self._hushed = float("inf")
        self._thread = threading.Thread(target=self._run, name="pupils", daemon=True)

    def __enter__(self) -> "Pupils":
        self.exchange.install(self.rehearsal, HOUR_MS)
        self._thread.start()
        for _ in self.rehearsal.group_of:
            if not self._ready.acquire(timeout=60):
                self.stop()
                raise AssertionError(f"pupils did not get in: {dict(self.outcome.refused)}")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Finish what is under way; what gets no answer any more stays open."""
        self._ending = True
        if self._thread.ident is not None:
            self._thread.join(60)
        if self._failure is not None:
            raise self._failure

    def hush(self) -> None:
        """A quarter of the pupils say nothing from now on, another falls silent over eight seconds.

        Whoever goes on hides with the next save that the one before was lost; they do not.
        """
        self._hushed = time.monotonic()

    def _silent(self, place: int) -> bool:
        since = time.monotonic() - self._hushed
        share = place / len(self.rehearsal.group_of) * HUSH_SECONDS
        return since >= 0 and (place % 4 == 0 or (place % 4 == 1 and since >= share))

    def flow(self, seconds: float = 1.0, *, within: float = 60.0) -> None:
        """Wait until saves come again: two in five of those due from all in that many seconds."""
        deadline = time.monotonic() + within
        wanted = len(self.rehearsal.group_of) / self.period * seconds * 0.4
        moments = self.outcome.moments
        while time.monotonic() < deadline:
            before = len(moments)
            time.sleep(seconds)
            if len(moments) - before >= wanted:
                return
        raise AssertionError(f"saves did not come back: {dict(self.outcome.refused)}")

    def audit(self) -> Findings:
        """After `stop`: every promise against what the authority gets."""
        audit = Audit(self.places, self.rehearsal.open_record)
        for record, body in self.exchange.returns(self.rehearsal.name):
            audit.record(record, body)
        return audit.finish()

    # --- the pupils' own thread ----------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._all())
        except BaseException as failure:
            self._failure = failure

    async def _all(self) -> None:
        await self._endpoint.resolve()
        numbers = list(self.rehearsal.group_of)
        step = self.period / len(numbers)
        async with asyncio.TaskGroup() as group:
            for place, number in enumerate(numbers):
                group.create_task(self._pupil(number, place, place * step))

    async def _pupil(self, number: str, turn: int, offset: float) -> None:
        place = Place(number, PART)
        self.places.append(place)
        device = Device(self, number)
        await device.enter()
        self._ready.release()
        sealer = Sealer(
            self._texts, number, self.rehearsal.seats.sheet_key(number, self._group(number))
        )
        version, due = 0, time.monotonic() + offset
        while not self._ending:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if self._ending:
                break
            if self._silent(turn):
                due = time.monotonic() + self.period
                continue
            version += 1
            sealed = sealer.seal(version)
            place.sending(version, mark_of(sealed))
            if await device.save(place, version, sealed):
                now = time.monotonic()
                self.outcome.acknowledged += 1
                self.outcome.moments.append(now)
                self.outcome.waits.append(now - due)
            due = max(due + self.period, time.monotonic() - self.period)
        device.close()

    def _group(self, number: str) -> str:
        return self.rehearsal.group_of[number]

    @property
    def ending(self) -> bool:
        """Whether pupils are to stop."""
        return self._ending

    @property
    def endpoint(self) -> Endpoint:
        """Where they connect."""
        return self._endpoint


class Device:
    """One pupil's connection and session."""

    def __init__(self, pupils: Pupils, number: str) -> None:
        self._pupils = pupils
        self._number = number
        self._connection: Connection | None = None
        self._session = ""
        self._epoch = 0

    def close(self) -> None:
        """Leave."""
        if self._connection is not None:
            self._connection.close()

    async def enter(self) -> None:
        """Log in, waiting in the line where there is one, and open the part."""
        keys = self._pupils.rehearsal.seats.keys(self._number)
        token = base64.urlsafe_b64encode(keys.login_token()).rstrip(b"=").decode()
        ticket: str | None = None
        while not self._pupils.ending:
            login = Login(self._pupils.rehearsal.name, self._number, token, ticket)
            status, body = await self._ask("POST", "/v1/login", msgspec.json.encode(login))
            if status == 200:
                entered = msgspec.json.decode(body, type=LoggedIn)
                self._session = entered.session
                break
            problem = self._trouble(status, body)
            ticket = problem.ticket or ticket
            await asyncio.sleep((problem.retry_ms or 200) / 1000)
        while not self._pupils.ending:
            body = msgspec.json.encode(OpenPart(PART))
            status, body = await self._ask("POST", "/v1/open", body)
            if status == 200:
                return
            problem = self._trouble(status, body)
            await asyncio.sleep((problem.retry_ms or 200) / 1000)

    async def save(self, place: Place, version: int, sealed: bytes) -> bool:
        """Send until it is settled. Whether it was acknowledged."""
        headers = f"Ardoise-Part: {PART}\r\nArdoise-Version: {version}\r\nArdoise-Base: 0\r\n"
        tries = 0
        while True:
            status, body = await self._ask(
                "PUT", "/v1/sheet", sealed, headers, "application/octet-stream"
            )
            if status == 200:
                saved = msgspec.json.decode(body, type=Saved)
                place.saved(mark_of(sealed), version, self._epoch, saved.version)
                return True
            problem = self._trouble(status, body)
            if problem.kept:
                place.strayed(mark_of(sealed), problem.problem)
                return False
            tries += 1
            if self._pupils.ending and tries > 3:
                return False
            await asyncio.sleep(PAUSE_SECONDS * (1 + tries % 3 / 4))

    def _trouble(self, status: int, body: bytes) -> Problem:
        if status == 0:
            self._pupils.outcome.refused[body.decode() or "lost"] += 1
            return Problem("busy")
        try:
            problem = msgspec.json.decode(body, type=Problem)
        except msgspec.MsgspecError:
            self._pupils.outcome.refused[f"{status}, no problem"] += 1
            return Problem("fault")
        self._pupils.outcome.refused[problem.problem] += 1
        return problem

    async def _ask(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: str = "",
        media_type: str = "application/json",
    ) -> tuple[int, bytes]:
        """Status and body; status 0: no answer, and why."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._pupils.target.authority}\r\n"
            f"Content-Type: {media_type}\r\nContent-Length: {len(body)}\r\n{headers}"
        )
        if self._session:
            head += f"Authorization: Bearer {self._session}\r\n"
        loop = asyncio.get_running_loop()
        if self._connection is None or not self._connection.idle:
            opened: asyncio.Future[tuple[Connection | None, str]] = loop.create_future()
            self._pupils.endpoint.open(lambda c, why: opened.set_result((c, why)))
            self._connection, why = await opened
            if self._connection is None:
                return 0, why.encode()
        answered: asyncio.Future[tuple[int, bytes]] = loop.create_future()

        def answer(status: int, _head: bytes, content: bytes) -> None:
            if not answered.done():
                answered.set_result((status, content))

        self._connection.send(head.encode() + b"\r\n" + body, answer)
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(answered), ANSWER_SECONDS)
        self._connection.abort(b"timeout")
        self._connection = None
        return 0, b"timeout"
