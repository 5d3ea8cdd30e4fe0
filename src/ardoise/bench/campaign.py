"""A rehearsal's campaign: seats that nobody has, a booklet that asks nothing, a kit to be signed.

Everything comes from one random secret, so that a process that plays some seats needs only the
secret and their numbers. A seat's root is drawn, not stretched from a code: 50,000 seats take
seconds. Nobody can type such a seat; everything beyond the root is as in a real campaign.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from ardoise.contract import limits
from ardoise.contract.booklet import Asset, Booklet, Item, Response
from ardoise.contract.kit import Blob, Manifest, Part, Seat, SeatChunk, SeatPart
from ardoise.contract.rehearsal import PREFIX
from ardoise.contract.returns import Record
from ardoise.contract.words import Role, Writer
from ardoise.seal import derive, envelope, numbers, randomness
from ardoise.seal.derive import SeatKeys
from ardoise.seal.randomness import Source

PART = "epreuve"
CLASS = 25
"""Pupils in a group."""
_WORDS = "Lis le texte puis coche la bonne réponse parmi celles qui te sont proposées ici. "


class Shape(msgspec.Struct, frozen=True):
    """How large a rehearsal is."""

    pupils: int
    writer: Writer = "pupil"
    items: int = 60
    assets: int = 4
    asset_kib: int = 60
    minutes: int = 0
    """Working time of a seat; 0: only the window limits."""
    grace_s: int = 0


class SeatSecrets(msgspec.Struct, frozen=True):
    """What a process that plays seats is given: no key of anybody, only of drawn seats."""

    campaign: str
    secret: bytes
    part: str
    writer: Writer

    def keys(self, number: str) -> SeatKeys:
        """A seat's keys."""
        return SeatKeys(self._drawn("seat", number))

    def group_key(self, group: str) -> bytes:
        """The key of a group of pupils."""
        return self._drawn("group", group)

    def content_key(self) -> bytes:
        """The key of the booklet and its assets."""
        return self._drawn("content", self.part)

    def sheet_key(self, number: str, group: str) -> bytes:
        """The key of the sheet about one pupil."""
        if self.writer == "teacher":
            key = self.group_key(group)
            return derive.keyed_sheet_key(key, number=number, part=self.part)
        return self.keys(number).sheet_key(self.part)

    def _drawn(self, *what: str) -> bytes:
        return hmac.digest(self.secret, "/".join(what).encode(), "sha256")


class Group(msgspec.Struct, frozen=True):
    """One class: its reference, its pupils' numbers, its teacher's."""

    ref: str
    pupils: tuple[str, ...]
    teacher: str


@dataclass(repr=False)
class Rehearsal:
    """A campaign and all it needs to be installed, played, opened."""

    shape: Shape
    seats: SeatSecrets
    groups: tuple[Group, ...]
    booklet: Blob
    assets: tuple[Blob, ...]
    blobs: dict[str, bytes]
    group_of: dict[str, str] = field(default_factory=dict)
    """Pupil's number → group."""

    @property
    def name(self) -> str:
        """The campaign."""
        return self.seats.campaign

    @classmethod
    def draw(cls, shape: Shape, source: Source = randomness.system) -> "Rehearsal":
        """A new one."""
        seats = SeatSecrets(PREFIX + randomness.reference(source), source(32), PART, shape.writer)
        count = -(-shape.pupils // CLASS)
        drawn = _distinct_numbers(shape.pupils + count, source)
        teachers, pupils = drawn[:count], drawn[count:]
        groups = tuple(
            Group(
                randomness.reference(source),
                tuple(pupils[place * CLASS : (place + 1) * CLASS]),
                teacher,
            )
            for place, teacher in enumerate(teachers)
        )
        pictures = [_asset(seats, place, shape, source) for place in range(1, shape.assets + 1)]
        booklet = _booklet(seats, shape, [_blob(raw) for raw in pictures], source)
        made = cls(
            shape,
            seats,
            groups,
            _blob(booklet),
            tuple(_blob(raw) for raw in pictures),
            {_blob(raw).sha256: raw for raw in (booklet, *pictures)},
        )
        made.group_of = {number: group.ref for group in groups for number in group.pupils}
        return made

    def chunks(self, advance: Callable[[int], None] = lambda _: None) -> Iterator[bytes]:
        """The seats in the order of their numbers. `advance` is told how many were made."""
        places: list[tuple[str, Role, Group]] = sorted(
            [(number, "pupil", group) for group in self.groups for number in group.pupils]
            + [(group.teacher, "teacher", group) for group in self.groups],
            key=lambda place: place[0],
        )
        for start in range(0, len(places), limits.SEATS_IN_CHUNK):
            some = places[start : start + limits.SEATS_IN_CHUNK]
            seats = tuple(self._seat(*place) for place in some)
            yield msgspec.json.encode(SeatChunk("ardoise-seats/1", self.name, seats))
            advance(len(some))

    def manifest(self, chunks: list[Blob], opens_ms: int, closes_ms: int) -> bytes:
        """The manifest's bytes, to be signed."""
        part = Part(PART, self.shape.writer, self.shape.minutes, self.shape.grace_s)
        blobs = (self.booklet, *self.assets)
        return msgspec.json.encode(
            Manifest(
                "ardoise-kit/1", self.name, 1, opens_ms, closes_ms, (part,), tuple(chunks), blobs
            )
        )

    def open_record(self, record: Record, body: bytes) -> bytes:
        """What a returned sheet says. Raises SealError if it does not open where it lies."""
        key = self.seats.sheet_key(record.number, self.group_of.get(record.number, ""))
        context = envelope.sheet_context(
            campaign=self.name, number=record.number, part=record.part, version=record.version
        )
        return envelope.unseal(key, context, body)

    def _seat(self, number: str, role: Role, group: Group) -> Seat:
        keys = self.seats.keys(number)
        parts: tuple[SeatPart, ...] = ()
        if role == self.shape.writer:
            context = envelope.wrap_context(campaign=self.name, number=number, part=PART)
            wrapped = envelope.wrap(keys.wrap_key(PART), context, self.seats.content_key())
            parts = (SeatPart(PART, self.booklet.sha256, wrapped),)
        group_key = None
        if role == "teacher":
            context = envelope.group_context(campaign=self.name, number=number, group=group.ref)
            secret = self.seats.group_key(group.ref)
            group_key = envelope.wrap(keys.group_wrap_key(), context, secret)
        login = derive.login_digest(keys.login_token())
        return Seat(number, role, login, group.ref, parts, group_key=group_key)


def _distinct_numbers(count: int, source: Source) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found[numbers.draw(source)] = None
    return list(found)


def _blob(raw: bytes) -> Blob:
    return Blob(hashlib.sha256(raw).hexdigest(), len(raw))


def _asset(seats: SeatSecrets, place: int, shape: Shape, source: Source) -> bytes:
    """As large as a picture, and like one it does not pack."""
    context = envelope.asset_context(campaign=seats.campaign, part=PART, asset=f"a{place}")
    return envelope.seal(seats.content_key(), context, source(shape.asset_kib * 1000))


def _booklet(seats: SeatSecrets, shape: Shape, assets: list[Blob], source: Source) -> bytes:
    """A booklet of the contract with that many choices, sealed."""
    booklet = Booklet(
        "ardoise-booklet/2",
        seats.campaign,
        PART,
        shape.writer,
        "fr",
        "Répétition",
        "Épreuve de répétition",
        shape.minutes,
        tuple(_item(place, source) for place in range(1, shape.items + 1)),
        assets={
            f"a{place}": Asset(blob.sha256, "image/png", shape.asset_kib * 1000)
            for place, blob in enumerate(assets, 1)
        },
    )
    context = envelope.booklet_context(campaign=seats.campaign, part=PART)
    return envelope.seal(seats.content_key(), context, msgspec.json.encode(booklet))


def _item(place: int, source: Source) -> Item:
    text = _WORDS * 6 + source(60).hex()
    options = [
        ["option", {"value": f"choix-{option}"}, f"Réponse {option} {source(12).hex()}"]
        for option in range(1, 5)
    ]
    return Item(
        f"i{place}",
        str(place),
        (["p", {}, text], ["choice", {"response": "r1"}, *options]),
        (Response("r1", "choice", "single", "identifier"),),
    )
