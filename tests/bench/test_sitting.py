"""A device behaves as the runner does: what it sends, when it sends it again, what it gives up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import pytest

from ardoise.bench.campaign import Rehearsal, Shape
from ardoise.bench.device import World
from ardoise.bench.ledger import Place
from ardoise.bench.sheets import Sealer, Texts, mark_of
from ardoise.bench.sitting import Paper, Sitting
from ardoise.bench.tally import Tally
from ardoise.bench.timers import Chance, Due
from ardoise.bench.wire import Target, Then
from ardoise.contract.problems import STATUS, Problem
from ardoise.contract.sitting import LoggedIn, PartOpened, PartState, Saved

REHEARSAL = Rehearsal.draw(Shape(pupils=1, items=1, assets=1, asset_kib=1))
NUMBER = REHEARSAL.groups[0].pupils[0]
TICKET = "t" * 64


@dataclass
class Sent:
    """One request as it was sent, and its answer to be given."""

    raw: bytes
    then: Then

    @property
    def line(self) -> str:
        return self.raw.split(b" HTTP/1.1", 1)[0].decode()

    @property
    def headers(self) -> dict[str, str]:
        head = self.raw.partition(b"\r\n\r\n")[0].decode().lower()
        return dict(line.split(": ", 1) for line in head.split("\r\n")[1:])

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    def grant(self, value: msgspec.Struct | bytes, head: bytes = b"") -> None:
        raw = value if isinstance(value, bytes) else msgspec.json.encode(value)
        self.then(200, head, raw)

    def refuse(self, problem: Problem) -> None:
        self.then(STATUS[problem.problem], b"", msgspec.json.encode(problem))

    def lose(self) -> None:
        self.then(0, b"", b"lost")


@dataclass
class Wire:
    """Stands for endpoint, connection and timers: the test answers and lets time pass."""

    target: Target = field(default_factory=lambda: Target.parse("http://127.0.0.1:1"))
    sent: list[Sent] = field(default_factory=list)
    due: list[tuple[float, Due]] = field(default_factory=list)
    idle: bool = True
    alive: bool = True

    def open(self, opened: Callable[[Any, str], None]) -> None:
        opened(self, "")

    def send(self, raw: bytes, then: Then) -> None:
        self.sent.append(Sent(raw, then))

    def keep_session(self, _: object) -> None: ...

    def close(self) -> None: ...

    def abort(self, _: bytes) -> None: ...

    def at(self, when: float, call: Due) -> None:
        self.due.append((when, call))

    @property
    def last(self) -> Sent:
        return self.sent[-1]

    def let_time_pass(self) -> None:
        due, self.due = self.due, []
        for when, call in due:
            call(when)


@dataclass
class Scene:
    """One pupil's device that has not logged in."""

    wire: Wire
    world: World
    place: Place
    sitting: Sitting

    def enter(self, version: int = 0, epoch: int = 1) -> None:
        """Log in and fetch everything, as far as the stored sheet."""
        self.sitting.begin(0.0, lambda: None)
        self.wire.last.grant(logged_in(version, epoch))
        self.wire.last.grant(PartOpened(0, part(version), b""))
        for _ in range(1 + len(REHEARSAL.assets)):
            self.wire.last.grant(b"sealed")


def part(version: int) -> PartState:
    return PartState("epreuve", "pupil", 0, 0, REHEARSAL.booklet.sha256, version=version)


def logged_in(version: int = 0, epoch: int = 1) -> LoggedIn:
    return LoggedIn(
        f"session-{epoch}", epoch, 0, REHEARSAL.name, NUMBER, "pupil", "0" * 16, "open", 0, 0,
        (part(version),),
    )  # fmt: skip


@pytest.fixture
def scene() -> Scene:
    wire, place = Wire(), Place(NUMBER, "epreuve")
    texts = Texts.make(REHEARSAL.name, "epreuve", "pupil", most_kib=1)
    world = World(
        cast("Any", wire), cast("Any", wire), Tally(), Chance(1), REHEARSAL.seats, texts,
        tuple(blob.sha256 for blob in REHEARSAL.assets),
    )  # fmt: skip
    key = REHEARSAL.seats.sheet_key(NUMBER, "")
    sitting = Sitting(world, NUMBER, {NUMBER: Paper(place, Sealer(texts, NUMBER, key))})
    return Scene(wire, world, place, sitting)


def saved(version: int) -> Saved:
    return Saved(1, version, 0)


def test_the_way_in_is_login_open_booklet_assets(scene: Scene) -> None:
    scene.enter()
    assert [sent.line.split("/")[2] for sent in scene.wire.sent] == [
        "login", "open", "blobs", "blobs",
    ]  # fmt: skip
    assert scene.wire.sent[1].headers["authorization"] == "bearer session-1"


def test_a_queued_login_comes_again_with_its_ticket_and_not_before(scene: Scene) -> None:
    scene.sitting.begin(0.0, lambda: None)
    scene.wire.last.refuse(Problem("queued", retry_ms=4_000, ticket=TICKET))
    assert len(scene.wire.sent) == 1
    scene.wire.let_time_pass()
    assert msgspec.json.decode(scene.wire.last.body)["ticket"] == TICKET
    scene.wire.last.grant(logged_in())
    assert "/v1/open" in scene.wire.last.line


def test_a_save_names_its_version_and_the_one_it_is_built_on(scene: Scene) -> None:
    scene.enter()
    scene.sitting.answer(0.0)
    scene.wire.last.grant(saved(1))
    scene.sitting.answer(0.0)
    headers = scene.wire.last.headers
    assert (headers["ardoise-version"], headers["ardoise-base"]) == ("2", "1")
    scene.wire.last.grant(saved(2))
    assert (scene.place.version, scene.place.acknowledged) == (2, 2)
    assert scene.sitting.unsent == 0


def test_a_save_without_an_answer_is_sent_again_byte_for_byte(scene: Scene) -> None:
    scene.enter()
    scene.sitting.answer(0.0)
    first = scene.wire.last
    first.lose()
    assert scene.wire.last is first
    scene.wire.let_time_pass()
    assert scene.wire.last.raw == first.raw
    scene.wire.last.grant(saved(1))
    assert not scene.place.open


def test_the_newest_answer_takes_the_place_of_what_is_unsent(scene: Scene) -> None:
    scene.enter()
    scene.sitting.answer(0.0)
    first = scene.wire.last
    scene.sitting.answer(0.0)
    scene.sitting.answer(0.0)
    assert scene.wire.last is first
    first.grant(saved(1))
    assert scene.wire.last.headers["ardoise-version"] == "3"
    scene.wire.last.grant(saved(3))
    assert scene.wire.last.headers["ardoise-version"] == "3"
    assert scene.sitting.unsent == 0


@pytest.mark.parametrize("kind", ["slow-down", "busy", "fault"])
def test_a_passing_refusal_is_waited_out(scene: Scene, kind: Any) -> None:
    scene.enter()
    scene.sitting.answer(0.0)
    first = scene.wire.last
    first.refuse(Problem(kind))
    scene.wire.let_time_pass()
    assert scene.wire.last.raw == first.raw


def test_a_device_that_was_superseded_stops_and_its_stray_is_a_promise(scene: Scene) -> None:
    scene.enter()
    scene.sitting.answer(0.0)
    mark = mark_of(scene.wire.last.body)
    scene.wire.last.refuse(Problem("superseded", kept=True))
    assert scene.place.kept == {mark: "superseded"}
    count = len(scene.wire.sent)
    scene.sitting.answer(0.0)
    assert len(scene.wire.sent) == count


def test_after_a_conflict_it_goes_on_from_the_stored_sheet(scene: Scene) -> None:
    scene.enter()
    scene.sitting.answer(0.0)
    scene.wire.last.refuse(Problem("conflict", kept=True))
    assert scene.wire.last.line == "GET /v1/sheet"
    scene.wire.last.grant(b"sealed" * 10, b"http/1.1 200 ok\r\nardoise-version: 7\r\nx: y")
    scene.sitting.answer(0.0)
    headers = scene.wire.last.headers
    assert (headers["ardoise-version"], headers["ardoise-base"]) == ("8", "7")


def test_the_next_device_begins_with_what_is_stored(scene: Scene) -> None:
    scene.enter(version=5, epoch=2)
    assert scene.wire.last.line == "GET /v1/sheet"
    assert scene.wire.last.headers["ardoise-part"] == "epreuve"
    scene.wire.last.grant(b"sealed" * 10, b"http/1.1 200 ok\r\nardoise-version: 5")
    scene.sitting.answer(0.0)
    assert scene.wire.last.headers["ardoise-base"] == "5"


def test_without_a_network_nothing_is_sent_and_the_newest_goes_out_afterwards(
    scene: Scene,
) -> None:
    scene.enter()
    count = len(scene.wire.sent)
    scene.sitting.offline = True
    for _ in range(3):
        scene.sitting.answer(0.0)
    assert len(scene.wire.sent) == count
    scene.sitting.come_back(1.0)
    assert scene.wire.last.headers["ardoise-version"] == "3"


def test_a_session_that_is_not_known_any_more_logs_in_again_and_saves(scene: Scene) -> None:
    scene.enter()
    scene.sitting.answer(0.0)
    scene.wire.last.refuse(Problem("no-session"))
    assert scene.wire.last.line == "POST /v1/login"
    scene.wire.last.grant(logged_in(epoch=2))
    scene.wire.last.grant(PartOpened(0, part(0), b""))
    assert scene.wire.last.line == "PUT /v1/sheet"
    assert scene.wire.last.headers["authorization"] == "bearer session-2"
