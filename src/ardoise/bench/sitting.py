"""One sitting on one device: login, booklet, saves, as docs/protocol.md §5 and the runner have it.

A save that could not be sent gives way to the next version of its sheet; one that was sent and got
no answer is sent again, byte for byte, unless a newer version has taken its place.
"""

import base64
from collections.abc import Callable
from functools import partial
from time import perf_counter

import msgspec

from ardoise.bench.device import Device, World, problem_of
from ardoise.bench.ledger import STRAY_OF, Place
from ardoise.bench.sheets import Sealer, mark_of
from ardoise.contract.problems import Problem
from ardoise.contract.sitting import GroupState, LoggedIn, Login, OpenPart, PartOpened, Saved
from ardoise.seal.derive import SeatKeys

_LOGGED_IN = msgspec.json.Decoder(LoggedIn)
_OPENED = msgspec.json.Decoder(PartOpened)
_GROUP = msgspec.json.Decoder(GroupState)
_SAVED = msgspec.json.Decoder(Saved)


class Paper:
    """The sheet of one place as one device holds it: the newest version alone."""

    __slots__ = ("base", "first", "given", "kib", "mark", "place", "sealed", "sealer", "version")

    def __init__(self, place: Place, sealer: Sealer) -> None:
        self.place = place
        self.sealer = sealer
        self.version = 0
        self.base = 0
        self.kib = 1
        self.given = 0.0
        """When the newest answer was given; 0: nothing is unsent."""
        self.first = 0.0
        """When the oldest answer that is not acknowledged was given."""
        self.sealed = b""
        self.mark = b""


class Sitting(Device):
    """A seat on a device. `ready` is called once its owner can work; `over` if it never will."""

    __slots__ = (
        "_asked", "_head", "_keys", "_mark", "_paper", "_ready", "_resting", "_ticket", "_version",
        "_waiting", "cached", "epoch", "number", "offline", "over", "papers", "session",
    )  # fmt: skip

    def __init__(self, world: World, number: str, papers: dict[str, Paper]) -> None:
        """`papers`: by the number of the pupil they are about."""
        super().__init__(world)
        self.number = number
        self.papers = papers
        self.session = ""
        self.epoch = 0
        self.over = ""
        """Why nothing more can be saved here; empty: it can."""
        self.offline = False
        self.cached = False
        """The browser holds booklet and assets already."""
        self._keys: SeatKeys | None = None
        self._asked = 0.0
        """When it first asked to log in."""
        self._head = b""
        self._ticket: str | None = None
        self._ready: Callable[[], None] | None = None
        self._resting = False
        self._waiting: dict[str, Paper] = {}
        # Of the save under way.
        self._paper: Paper
        self._version = 0
        self._mark = b""

    @property
    def unsent(self) -> int:
        """Sheets that wait for their acknowledgement."""
        return sum(1 for paper in self.papers.values() if paper.given)

    # -- the way in ------------------------------------------------------------------------

    def begin(self, since: float, ready: Callable[[], None]) -> None:
        """Log in, fetch and open what is needed, load what is stored."""
        self._ready, self._asked = ready, since
        self._log_in(since)

    def _log_in(self, since: float) -> None:
        seats = self.world.seats
        if self._keys is None:
            self._keys = seats.keys(self.number)
        token = base64.urlsafe_b64encode(self._keys.login_token()).rstrip(b"=").decode()
        body = msgspec.json.encode(Login(seats.campaign, self.number, token, self._ticket))
        raw = self._request(b"POST /v1/login", body, b"application/json")
        self.ask("login", raw, since, self._logged_in)

    def _logged_in(self, status: int, _head: bytes, body: bytes) -> None:
        if status != 200:
            problem = self.again("login", status, body, self._log_in)
            if status == 429:
                self._ticket = problem_of(body).ticket or self._ticket
            self._end_if(problem)
            return
        state = _LOGGED_IN.decode(body)
        self.world.tally.took("admitted", self._asked)
        self.session, self.epoch, self._ticket = state.session, state.epoch, None
        self.keep_tls_session()
        self._head = b""
        self._open_part(state, perf_counter())

    def _open_part(self, state: LoggedIn, since: float) -> None:
        raw = self._request(
            b"POST /v1/open", msgspec.json.encode(OpenPart(state.parts[0].id)), b"application/json"
        )

        def opened(status: int, _head: bytes, body: bytes) -> None:
            if status != 200:
                self._end_if(self.again("open", status, body, partial(self._open_part, state)))
                return
            booklet = _OPENED.decode(body).state.booklet
            blobs = () if self.cached else (booklet, *self.world.blobs)
            self._fetch(state, list(blobs), perf_counter())

        self.ask("open", raw, since, opened)

    def _fetch(self, state: LoggedIn, left: list[str], since: float) -> None:
        """Booklet and assets; then the sheets that are stored."""
        if not left:
            self.cached = True
            self._list_sheets(state, since)
            return
        kind = "asset" if left[0] in self.world.blobs else "booklet"

        def fetched(status: int, _head: bytes, body: bytes) -> None:
            if status != 200:
                self._end_if(self.again(kind, status, body, partial(self._fetch, state, left)))
                return
            self._fetch(state, left[1:], perf_counter())

        self.ask(kind, self._request(b"GET /v1/blobs/" + left[0].encode()), since, fetched)

    def _list_sheets(self, state: LoggedIn, since: float) -> None:
        if state.role == "pupil":
            stored = [self.number] if state.parts[0].version else []
            self._load(stored, since)
            return

        def listed(status: int, _head: bytes, body: bytes) -> None:
            if status != 200:
                self._end_if(self.again("group", status, body, partial(self._list_sheets, state)))
                return
            pupils = _GROUP.decode(body).pupils
            self._load(
                [p.number for p in pupils if any(q.version for q in p.parts)], perf_counter()
            )

        self.ask("group", self._request(b"GET /v1/group"), since, listed)

    def _load(self, left: list[str], since: float) -> None:
        """Begin with what is stored, as whoever takes over does."""
        if not left:
            self._go_on()
            return
        paper = self.papers[left[0]]

        def loaded(status: int, head: bytes, body: bytes) -> None:
            if status == 200:
                self._take(paper, head, body)
            elif status != 404:
                self._end_if(self.again("load", status, body, partial(self._load, left)))
                return
            self._load(left[1:], perf_counter())

        raw = self._request(b"GET /v1/sheet", which=self._which(left[0]))
        self.ask("load", raw, since, loaded)

    def _take(self, paper: Paper, head: bytes, body: bytes) -> None:
        """A stored sheet is where this device goes on from."""
        version = _header_number(head, b"ardoise-version")
        paper.place.loaded(mark_of(body), version)
        if version < paper.place.version:
            self.world.tally.trouble("load", "older than acknowledged")
        paper.base = version
        paper.version = max(paper.version, version)

    def _go_on(self) -> None:
        ready, self._ready = self._ready, None
        if ready is not None:
            ready()
        self._send_next(perf_counter())

    # -- saving ----------------------------------------------------------------------------

    def answer(self, since: float, number: str | None = None) -> None:
        """The sheet (for a teacher: about the pupil `number`) has changed: save it."""
        paper = self.papers[number or self.number]
        paper.version += 1
        paper.given = since
        paper.first = paper.first or since
        paper.sealed = b""
        self._waiting[paper.place.number] = paper
        self._send_next(since)

    def come_back(self, since: float) -> None:
        """The network is there again."""
        self.offline = False
        for paper in self._waiting.values():
            # Delivery is not to blame for the time without a network.
            paper.given = paper.first = since
        self._send_next(since)

    def _send_next(self, since: float) -> None:
        if not self._waiting or self.busy or self._resting or self.offline or self.over:
            return
        if not self.session or self._ready is not None:
            return
        # The newest first, as the runner's queue; a retry counts from its own moment.
        paper = self._waiting[next(reversed(self._waiting))]
        if not paper.sealed:
            paper.sealed = paper.sealer.seal(paper.version, paper.kib)
            paper.mark = mark_of(paper.sealed)
            since = paper.given
        paper.place.sending(paper.version, paper.mark)
        if not self._head:
            self._head = self._save_head()
        number = paper.place.number
        which = b"" if number == self.number else b"ardoise-number: %b\r\n" % number.encode()
        raw = b"%b%bardoise-version: %d\r\nardoise-base: %d\r\ncontent-length: %d\r\n\r\n%b" % (
            self._head, which, paper.version, paper.base, len(paper.sealed), paper.sealed,
        )  # fmt: skip
        self._paper, self._version, self._mark = paper, paper.version, paper.mark
        self.ask("save", raw, since, self._answered_save)

    def _answered_save(self, status: int, _head: bytes, body: bytes) -> None:
        paper, version, mark = self._paper, self._version, self._mark
        if status != 200:
            self._refused_save(paper, version, mark, status, body)
            return
        said = _SAVED.decode(body).version
        tally, place = self.world.tally, paper.place
        place.saved(mark, version, self.epoch, said)
        if said >= version:
            tally.acknowledged()
            paper.base = max(paper.base, said)
            self._settled(paper, version)
        else:
            tally.trouble("save", "acknowledged an older version")
            self._settled(paper, version)
        if self._waiting:
            self._send_next(perf_counter())

    def _settled(self, paper: Paper, version: int) -> None:
        """Nothing of this version need be sent any more."""
        if paper.first:
            self.world.tally.took("kept", paper.first)
        if paper.version == version:
            paper.given = paper.first = 0.0
            paper.sealed = b""
            self._waiting.pop(paper.place.number, None)
        else:
            paper.first = paper.given

    def _refused_save(
        self, paper: Paper, version: int, mark: bytes, status: int, body: bytes
    ) -> None:
        problem = problem_of(body) if status else None
        if problem is not None and problem.kept:
            self._kept_as_stray(paper, version, mark, problem)
            return
        self._resting = True
        final = self.again("save", status, body, self._rested)
        if final is None:
            return
        self._resting = False
        if final.problem == "no-session":
            self.world.tally.trouble("save", "logged in again")
            self.begin(perf_counter(), lambda: None)
        else:
            self.over = final.problem

    def _kept_as_stray(self, paper: Paper, version: int, mark: bytes, problem: Problem) -> None:
        """The sheet is safe, and nobody's answer yet: what comes next depends on why."""
        kind = problem.problem
        self.world.tally.trouble("save", f"kept, {kind}")
        if kind not in STRAY_OF:
            self.over = kind
            return
        paper.place.strayed(mark, kind)
        self._settled(paper, version)
        if kind != "conflict":
            self.over = kind
            return
        # Go on from what is stored: its version first, then this device's newest.
        self._ready = lambda: None
        self._load([paper.place.number], perf_counter())

    def _rested(self, since: float) -> None:
        self._resting = False
        self._send_next(since)

    def _end_if(self, problem: Problem | None) -> None:
        """A final refusal on the way in: this sitting does not take place."""
        if problem is None:
            return
        self.over = problem.problem
        self._go_on()

    # -- bytes -----------------------------------------------------------------------------

    def _request(
        self, line: bytes, body: bytes = b"", media_type: bytes = b"", which: bytes = b""
    ) -> bytes:
        head = b"%b HTTP/1.1\r\nhost: %b\r\n" % (line, self._host())
        if self.session:
            head += b"authorization: Bearer %b\r\n" % self.session.encode()
        if media_type:
            head += b"content-type: %b\r\ncontent-length: %d\r\n" % (media_type, len(body))
        return head + which + b"\r\n" + body

    def _which(self, number: str) -> bytes:
        which = b"ardoise-part: %b\r\n" % self.world.seats.part.encode()
        if number != self.number:
            which += b"ardoise-number: %b\r\n" % number.encode()
        return which

    def _save_head(self) -> bytes:
        return (
            b"PUT /v1/sheet HTTP/1.1\r\nhost: %b\r\nauthorization: Bearer %b\r\n"
            b"content-type: application/octet-stream\r\nardoise-part: %b\r\n"
        ) % (self._host(), self.session.encode(), self.world.seats.part.encode())

    def _host(self) -> bytes:
        return self.world.endpoint.target.authority.encode()


def _header_number(head: bytes, name: bytes) -> int:
    at = head.find(b"\r\n" + name + b":")
    if at < 0:
        return 0
    start = at + len(name) + 3
    stop = head.find(b"\r\n", start)
    return int(head[start : stop if stop > 0 else len(head)])
