"""The sheet: the state of one part of one sitting. Read by the runner and the authority alone."""

import re
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from ardoise.contract.words import CampaignId, OrderNumber, PartId, Writer

FORMAT: Final = "ardoise-sheet/2"
PLAIN_LIMIT = 1 << 20
"""Bytes of a sheet once unpacked, at most."""

BookletItemId = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}\Z")]
ResponseId = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}\Z")]
SectionId = Annotated[str, Meta(pattern=r"^s[0-9]{1,4}\Z")]
TestPartId = Annotated[str, Meta(pattern=r"^p[0-9]{1,4}\Z")]
Step = Annotated[str, Meta(pattern=r"^(p[0-9]{1,4}|end)\Z")]
"""A test part, or `end`: the last one was left for good."""
Timed = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}\Z")]
"""`test`, a test part, a section or an item that a time limit is on."""
STEPS_LIMIT = 101
TIMED_LIMIT = 1_200
"""A test has 100 parts, 500 sections and 500 items at most."""
ResponseValue = Annotated[str, Meta(max_length=20_000)]
"""QTI lexical form; text as the pupil typed it, NFC."""


class Sheet(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a sitting of one part amounts to.

    An item is *answered* if a response has a value; *omitted* if it was visited and has none;
    *absent* if it is listed there (a keying teacher's word); else *not reached*, or *not
    administered* where the plan did not give it to the seat (content/route.py).
    """

    format: Literal["ardoise-sheet/1", "ardoise-sheet/2"]
    """The last two fields came with version 2."""
    campaign: CampaignId
    number: OrderNumber
    part: PartId
    version: int
    writer: Writer
    position: str | None
    visited: tuple[str, ...]
    """Names here and below are `BookletItemId`s: `decode` holds them to that, each one once."""
    responses: dict[str, dict[str, tuple[ResponseValue, ...]]]
    """Item → `ResponseId` → values."""
    seconds: dict[str, float]
    """Time on each item. For study; nothing is decided by it."""
    flags: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    path: Annotated[tuple[Step, ...], Meta(max_length=STEPS_LIMIT)] = ()
    """Test parts in the order in which they were entered."""
    started: Annotated[dict[Timed, int], Meta(max_length=TIMED_LIMIT)] = {}
    """What has a time limit: when it began, in ms by the server's clock as the runner knew it."""


_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_DECODER = msgspec.json.Decoder(Sheet)


def decode(payload: bytes) -> Sheet:
    """Raises msgspec.ValidationError."""
    sheet = _DECODER.decode(payload)
    names = items_named(sheet)
    names.update(*sheet.responses.values())
    if not all(map(_NAME.fullmatch, names)):
        raise msgspec.ValidationError("a name in the sheet is none of an item or a response")
    return sheet


def decode_checked(payload: bytes) -> Sheet:
    """A sheet that `decode` let through once, and that nobody can have changed since."""
    return _DECODER.decode(payload)


def items_named(sheet: Sheet) -> set[str]:
    """Every item that the sheet speaks of."""
    named = {*sheet.visited, *sheet.flags, *sheet.absent, *sheet.seconds, *sheet.responses}
    if sheet.position is not None:
        named.add(sheet.position)
    return named
