"""What comes in as a file: returns across an air gap, and the runner's rescue files."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from django.conf import settings
from django.db import transaction
from msgspec import Meta, Struct
from msgspec.structs import replace

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import advance, refuse_if_closed
from ardoise.authority.collection.models import Sheet, Stray
from ardoise.authority.collection.opening import Opened, Opener
from ardoise.authority.collection.rules import (
    SEQ_LIMIT,
    CollectionRefused,
    CollectReport,
    read_records,
)
from ardoise.authority.collection.sheets import open_sheet, open_stray
from ardoise.authority.collection.storing import stray_row
from ardoise.authority.keyring import CampaignKey, KeyRing
from ardoise.clock import Clock, milliseconds, system_clock
from ardoise.contract.returns import Reader, Record, ReturnsFault
from ardoise.contract.words import CampaignId, OrderNumber, PartId

RESCUE_LIMIT = 64 << 20
RESCUE_SHEETS = 500
_PIECE = 1 << 16


class RescuedSheet(Struct, frozen=True, forbid_unknown_fields=True):
    """One sealed sheet in a rescue file."""

    campaign: CampaignId
    number: OrderNumber
    part: PartId
    version: Annotated[int, Meta(ge=1, lt=1 << 31)]
    base: Annotated[int, Meta(ge=0, lt=1 << 31)]
    sealed: bytes


class RescueFile(Struct, frozen=True, forbid_unknown_fields=True):
    """docs/protocol.md §8."""

    format: Literal["ardoise-rescue/1"]
    sheets: Annotated[tuple[RescuedSheet, ...], Meta(max_length=RESCUE_SHEETS)]


class RescueReport(Struct, frozen=True):
    """What a rescue file brought."""

    campaign: str
    strays: int
    """New ones, for the office to decide."""
    known: int
    """Sheets that are here already, as sheet or stray."""
    refused: dict[str, int]
    """Unopened.Why → how many. Nothing of them is kept: the file is still there."""


def read_file(
    campaign: Campaign,
    path: Path,
    *,
    clock: Clock = system_clock,
    ring: KeyRing | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> CollectReport:
    """Take in returns that delivery wrote to a file. The same file twice changes nothing.

    `progress`: bytes read, and of how many. Raises CollectionRefused for a file that is malformed
    or cut short; what came before the fault is stored.
    """
    records = _records(path, progress)
    try:
        return read_records(campaign, records, clock=clock, ring=ring, workers=workers)
    except ReturnsFault as fault:
        raise CollectionRefused(f"{path}: {fault}; have the file written again") from fault


def declare_complete(campaign: Campaign, report: CollectReport) -> CollectReport:
    """The office's word, across an air gap, that the window is closed and everything is here."""
    campaign.refresh_from_db()
    if campaign.state == Campaign.State.ENROLLED:
        advance(campaign, Campaign.State.OPEN)
    if campaign.state == Campaign.State.OPEN:
        advance(campaign, Campaign.State.COLLECTED)
    return replace(report, state=str(campaign.state), ended=True)


def rescue(
    campaign: Campaign, content: bytes, *, clock: Clock = system_clock, ring: KeyRing | None = None
) -> RescueReport:
    """Take in a rescue file: each sheet that is not here yet becomes a stray `rescued`.

    Raises CollectionRefused for a file that is none, or of another campaign.
    """
    file = _rescue_file(campaign, content)
    key = (ring or settings.KEYRING).campaign_key(campaign.pk)
    at_ms = milliseconds(clock())
    records = [(_record(key, sheet, at_ms), sheet.sealed) for sheet in file.sheets]
    strays = known = 0
    refused: dict[str, int] = {}
    opened_all = Opener(campaign, key).open_all(records)
    with transaction.atomic():
        refuse_if_closed(campaign.pk)
        for opened in opened_all:
            if not isinstance(opened, Opened):
                refused[opened.why.value] = refused.get(opened.why.value, 0) + 1
            elif _is_known(campaign, key, opened):
                known += 1
            else:
                stray_row(campaign, opened, Stray.Reason.RESCUED).save()
                strays += 1
    return RescueReport(campaign.pk, strays, known, refused)


def _records(path: Path, progress: Callable[[int, int], None]) -> Iterator[tuple[Record, bytes]]:
    reader, size, done = Reader(), path.stat().st_size, 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            done += len(piece)
            progress(done, max(done, size))
            for record, sealed in reader.feed(piece):
                if not 1 <= record.seq < SEQ_LIMIT:
                    raise ReturnsFault("a sequence number out of bounds")
                yield record, sealed
    reader.finish()


def _rescue_file(campaign: Campaign, content: bytes) -> RescueFile:
    if len(content) > RESCUE_LIMIT:
        raise CollectionRefused(f"a rescue file has {RESCUE_LIMIT >> 20} MiB at most")
    try:
        file = msgspec.json.decode(content, type=RescueFile)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise CollectionRefused(
            "this is not a rescue file: it must be the `ardoise-rescue.json` that the runner wrote"
        ) from fault
    if any(sheet.campaign != campaign.pk for sheet in file.sheets):
        raise CollectionRefused("this rescue file holds sheets of another campaign")
    return file


def _record(key: CampaignKey, sheet: RescuedSheet, at_ms: int) -> Record:
    """A number below zero, made from the bytes: the same file brought twice is one stray."""
    mark = key.index("collection/rescue", hashlib.sha256(sheet.sealed).hexdigest())
    return Record(
        seq=-1 - (int.from_bytes(mark[:8], "big") >> 2),
        number=sheet.number,
        part=sheet.part,
        writer="",
        epoch=0,
        version=sheet.version,
        received_ms=at_ms,
    )


def _is_known(campaign: Campaign, key: CampaignKey, opened: Opened) -> bool:
    record = opened.record
    place = {"campaign": campaign, "number": record.number, "part": record.part}
    version = {**place, "version": record.version}
    return (
        any(open_sheet(key, row) == opened.sheet for row in Sheet.objects.filter(**version))
        or Stray.objects.filter(campaign=campaign, seq=record.seq).exists()
        or any(open_stray(key, row) == opened.sheet for row in Stray.objects.filter(**version))
    )
