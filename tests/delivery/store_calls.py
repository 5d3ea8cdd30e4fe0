"""Calls on a store without a server: a kit, a login, a save."""

from typing import Any

import pytest

from ardoise.contract.returns import Reader, Record
from ardoise.delivery.sessions import Session
from ardoise.delivery.store import Refused, SaveRequest, Store
from ardoise.seal import derive, randomness
from tests.delivery.kits import HOUR_MS, Campaign, Card, make_kit

NOW_MS = 1_800_000_000_000


def kit(**wanted: Any) -> Campaign:
    """A campaign of a fresh name, open for an hour each way around NOW_MS."""
    window = {"opens_ms": NOW_MS - HOUR_MS, "closes_ms": NOW_MS + HOUR_MS}
    return make_kit(**{"name": f"essai-{randomness.reference()}", **window, **wanted})


async def install(store: Store, campaign: Campaign, sha256: str = "1") -> None:
    """Bytes and manifest."""
    for name, content in campaign.contents.items():
        await store.put_bytes(name, content, NOW_MS)
    await store.install(campaign.manifest, sha256)


def digest_of(campaign: Campaign, card: Card) -> bytes:
    """What the seat of a card is compared with."""
    keys = derive.SeatKeys.from_code(code=card.code, campaign=campaign.name, number=card.number)
    return derive.login_digest(keys.login_token())


async def log_in(store: Store, campaign: Campaign, card: Card, *, opens: bool = True) -> Session:
    """A session of the card's seat, its parts opened."""
    state = await store.log_in(
        campaign.name,
        card.number,
        digest_of(campaign, card),
        NOW_MS,
        lambda _role, epoch: str(epoch),
    )
    session = Session(campaign.name, card.number, state.epoch, card.role)
    for part in state.parts if opens else ():
        await store.open_part(session, part.id, NOW_MS)
    return session


def save(
    session: Session, version: int, *, base: int = 0, at_ms: int = NOW_MS, **fields: Any
) -> SaveRequest:
    """A save whose bytes tell its version."""
    wanted: dict[str, Any] = {
        "number": session.number,
        "part": "francais",
        "body": version.to_bytes(2, "big") * 526,
        **fields,
    }
    return SaveRequest(session=session, version=version, base=base, now_ms=at_ms, **wanted)


async def refusal_of(store: Store, wanted: SaveRequest) -> tuple[str, bool]:
    """Kind of the refusal, and whether the sheet was kept."""
    with pytest.raises(Refused) as caught:
        await store.save(wanted)
    return caught.value.kind, caught.value.kept


async def returned(
    store: Store, campaign: Campaign, after: int = 0, limit: int = 5_000
) -> list[tuple[Record, bytes]]:
    """All records above `after`, page by page."""
    records: list[tuple[Record, bytes]] = []
    more = True
    while more:
        reader = Reader()
        async for piece in await store.returns(campaign.name, after, limit):
            found = list(reader.feed(piece.frames))
            assert len(found) == piece.records
            records += found
        end = reader.finish()
        after, more = end.last, end.more
    return records
