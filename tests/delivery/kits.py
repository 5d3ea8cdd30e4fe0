"""Small campaigns for tests: seats with real codes, sealed booklets, a signed kit."""

import hashlib
import io
import zipfile
from dataclasses import dataclass, field, replace

import msgspec

from ardoise.clock import system_milliseconds
from ardoise.contract.booklet import Booklet, Item, Response
from ardoise.contract.kit import (
    MANIFEST_NAME,
    SIGNATURE_NAME,
    Blob,
    Manifest,
    Part,
    RunnerFile,
    Seat,
    SeatChunk,
    SeatPart,
)
from ardoise.contract.sheet import Sheet
from ardoise.contract.words import Role
from ardoise.seal import codes, derive, envelope, numbers, randomness, signing
from ardoise.seal.derive import SeatKeys

HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Card:
    """What somebody holds who has a seat."""

    number: str
    code: str
    role: Role
    group: str
    time_percent: int = 100
    spare: bool = False


@dataclass(repr=False)
class Campaign:
    """A campaign as the authority knows it, and its kit."""

    name: str
    signing_key: bytes
    manifest: Manifest
    contents: dict[str, bytes]
    """Bytes of every chunk and blob, by SHA-256."""
    pupils: list[Card]
    teachers: list[Card]
    content_keys: dict[str, bytes]
    group_keys: dict[str, bytes]
    booklet_digests: dict[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        """The manifest's bytes."""
        return msgspec.json.encode(self.manifest)

    @property
    def signature(self) -> bytes:
        """The authority's signature on it."""
        return signing.sign_document(self.signing_key, "kit", self.raw)

    def changed(self, **fields: object) -> "Campaign":
        """The same campaign with other fields in its manifest."""
        return replace(self, manifest=msgspec.structs.replace(self.manifest, **fields))

    def zipped(self) -> bytes:
        """The kit as a file."""
        held = io.BytesIO()
        chunks = {blob.sha256 for blob in self.manifest.chunks}
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr(MANIFEST_NAME, self.raw)
            archive.writestr(SIGNATURE_NAME, self.signature)
            for sha256, content in self.contents.items():
                folder = "chunks" if sha256 in chunks else "blobs"
                archive.writestr(f"{folder}/{sha256}", content)
        return held.getvalue()

    def seat(self, card: Card) -> Seat:
        """The seat that a card opens, as the kit holds it."""
        keys = SeatKeys.from_code(code=card.code, campaign=self.name, number=card.number)
        parts = tuple(
            SeatPart(
                part.id,
                self.booklet_digests[part.id],
                envelope.wrap(
                    keys.wrap_key(part.id),
                    envelope.wrap_context(campaign=self.name, number=card.number, part=part.id),
                    self.content_keys[part.id],
                ),
            )
            for part in self.manifest.parts
            if part.writer == card.role
        )
        group_key = None
        if card.role == "teacher":
            context = envelope.group_context(
                campaign=self.name, number=card.number, group=card.group
            )
            group_key = envelope.wrap(keys.group_wrap_key(), context, self.group_keys[card.group])
        return Seat(
            card.number,
            card.role,
            derive.login_digest(keys.login_token()),
            card.group,
            parts,
            card.time_percent,
            group_key,
            card.spare,
        )

    def chunk(self, cards: list[Card]) -> tuple[Blob, bytes]:
        """Seats as a chunk, and its name."""
        seats = tuple(self.seat(card) for card in cards)
        return named(msgspec.json.encode(SeatChunk("ardoise-seats/1", self.name, seats)))


def named(content: bytes) -> tuple[Blob, bytes]:
    """Bytes with the name that a manifest gives them."""
    return Blob(hashlib.sha256(content).hexdigest(), len(content)), content


def draw_card(role: Role, group: str, *, time_percent: int = 100, spare: bool = False) -> Card:
    """A fresh card."""
    return Card(numbers.draw(), codes.draw(), role, group, time_percent, spare)


def make_kit(
    *,
    name: str = "essai-2026",
    signing_key: bytes | None = None,
    groups: int = 1,
    pupils: int = 3,
    teachers: int = 1,
    parts: tuple[Part, ...] = (Part("francais", "pupil", 50), Part("dictee", "teacher", 0, 0)),
    opens_ms: int | None = None,
    closes_ms: int | None = None,
    serial: int = 1,
    runner: tuple[RunnerFile, ...] = (),
    time_percent: int = 100,
) -> Campaign:
    """A campaign with `pupils` and `teachers` seats in each group, open for an hour each way."""
    now_ms = system_milliseconds()
    references = [randomness.reference() for _ in range(groups)]
    content_keys = {part.id: randomness.system(32) for part in parts}
    booklets = {part.id: named(_sealed_booklet(name, part, content_keys)) for part in parts}
    manifest = Manifest(
        "ardoise-kit/1",
        name,
        serial,
        now_ms - HOUR_MS if opens_ms is None else opens_ms,
        now_ms + HOUR_MS if closes_ms is None else closes_ms,
        parts,
        (),
        tuple(blob for blob, _ in booklets.values()),
        runner,
    )
    campaign = Campaign(
        name,
        signing_key or signing.new_key(),
        manifest,
        {blob.sha256: content for blob, content in booklets.values()},
        [
            draw_card("pupil", group, time_percent=time_percent)
            for group in references
            for _ in range(pupils)
        ],
        [draw_card("teacher", group) for group in references for _ in range(teachers)],
        content_keys,
        {group: randomness.system(32) for group in references},
        {part: blob.sha256 for part, (blob, _) in booklets.items()},
    )
    cards = campaign.pupils + campaign.teachers
    chunks = [campaign.chunk(cards[start : start + 2_000]) for start in range(0, len(cards), 2_000)]
    campaign.contents |= {blob.sha256: content for blob, content in chunks}
    return campaign.changed(chunks=tuple(blob for blob, _ in chunks))


def _sealed_booklet(campaign: str, part: Part, content_keys: dict[str, bytes]) -> bytes:
    booklet = Booklet(
        "ardoise-booklet/1",
        campaign,
        part.id,
        part.writer,
        "fr",
        "Essai",
        part.id.capitalize(),
        part.minutes,
        (
            Item(
                "i1",
                "1",
                (["p", {}, "Combien font 6 × 7 ?"], ["text-entry", {"response": "r1"}]),
                (Response("r1", "text-entry", "single", "integer"),),
            ),
        ),
    )
    context = envelope.booklet_context(campaign=campaign, part=part.id)
    return envelope.seal(content_keys[part.id], context, msgspec.json.encode(booklet))


def make_sheet(
    campaign: Campaign, number: str, part: str, version: int, *, text: str = "42"
) -> Sheet:
    """A sheet with one answer."""
    writer = next(p.writer for p in campaign.manifest.parts if p.id == part)
    return Sheet(
        "ardoise-sheet/1",
        campaign.name,
        number,
        part,
        version,
        writer,
        "i1",
        ("i1",),
        {"i1": {"r1": (text,)}},
        {"i1": 1.5},
    )
