"""Writes and sends the signed kit: all that delivery needs for one campaign, as a zip file.

Made in one pass with one chunk of seats in memory, put in place when it is whole. Nothing in it is
personal: the file may travel by any road to a delivery behind an air gap.
"""

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.enrolment import seating
from ardoise.authority.enrolment.booklets import prepare_booklets
from ardoise.authority.enrolment.models import Kit, SealedBlob, Seat
from ardoise.authority.enrolment.rules import EnrolmentRefused, Progress
from ardoise.authority.enrolment.stretching import stretch
from ardoise.authority.keyring import CampaignKey
from ardoise.clock import Clock, milliseconds, system_clock
from ardoise.contract import kit, limits
from ardoise.seal import signing
from ardoise.seal.randomness import Source, system

CHUNKS = "chunks"
BLOBS = "blobs"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_RUNNER_FILES = 500
_STATES = {Campaign.State.ENROLLED, Campaign.State.OPEN}


@dataclass
class KitWritten:
    """What a kit holds."""

    serial: int = 0
    seats: int = 0
    chunks: list[kit.Blob] = field(default_factory=list)
    blobs: list[kit.Blob] = field(default_factory=list)
    runner: int = 0
    """Files of the runner that it lists."""


def write_kit(
    campaign: Campaign,
    out: Path,
    *,
    runner: Path | None = None,
    clock: Clock = system_clock,
    source: Source = system,
    progress: Progress | None = None,
    key_progress: Progress | None = None,
    workers: int | None = None,
) -> KitWritten:
    """Write a new kit of `campaign` to the zip file `out`, and keep its manifest.

    `runner`: the folder of the built runner, whose files are listed with their hashes.
    `progress` counts seats, which are made on `workers` cores; `key_progress` those whose keys were
    not made when they were enrolled. Seats that have not changed since an
    earlier kit stand in the same bytes here. Raises EnrolmentRefused, ContentFault,
    CampaignKeyDestroyed, WorkerLost, OSError.
    """
    # 1. Seal what is not sealed yet.
    if campaign.state not in _STATES:
        raise EnrolmentRefused(f"the campaign is {campaign.state}: a kit follows its enrolment")
    key = settings.KEYRING.campaign_key(campaign.pk)
    prepare_booklets(campaign, source=source)
    stretch(campaign, key, workers=workers, progress=key_progress)
    # 2. Write seats and booklets beside the place where the kit belongs.
    unfinished = out.with_name(out.name + ".part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            written = KitWritten()
            _write_seats(archive, written, campaign, key, workers=workers, progress=progress)
            _write_blobs(archive, written, campaign)
            # 3. Sign a manifest that names them, under the next serial.
            row = _signed(campaign, written, _runner_files(runner), clock)
            _add(archive, kit.MANIFEST_NAME, bytes(row.manifest))
            _add(archive, kit.SIGNATURE_NAME, bytes(row.signature))
        # 4. Put the whole kit in its place.
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return written


def _write_seats(
    archive: zipfile.ZipFile,
    written: KitWritten,
    campaign: Campaign,
    key: CampaignKey,
    *,
    workers: int | None,
    progress: Progress | None,
) -> None:
    total = Seat.objects.filter(campaign=campaign, voided_at=None).count()
    parts = seating.sealed_parts(campaign, key)
    for encoded, count in seating.chunks(campaign, key, parts, workers=workers):
        written.chunks.append(_add_named(archive, CHUNKS, encoded))
        written.seats += count
        if progress is not None:
            progress(written.seats, total)


def _write_blobs(archive: zipfile.ZipFile, written: KitWritten, campaign: Campaign) -> None:
    blobs = SealedBlob.objects.filter(part__campaign=campaign).order_by("sha256")
    for row in blobs.iterator(chunk_size=1):
        written.blobs.append(_add_named(archive, BLOBS, bytes(row.content)))


def _add_named(archive: zipfile.ZipFile, folder: str, content: bytes) -> kit.Blob:
    sha256 = hashlib.sha256(content).hexdigest()
    _add(archive, f"{folder}/{sha256}", content)
    return kit.Blob(sha256, len(content))


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    # A fixed date and owner: a kit tells nothing of the machine that wrote it.
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_STORED if name.startswith(BLOBS) else zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _signed(
    campaign: Campaign, written: KitWritten, runner: tuple[kit.RunnerFile, ...], clock: Clock
) -> Kit:
    """The manifest under the next serial, signed and kept."""
    parts = tuple(
        kit.Part(
            id=part.part,
            writer="teacher" if part.writer == "teacher" else "pupil",
            minutes=part.minutes,
            grace_s=part.grace_s,
        )
        for part in campaign.parts.all()
    )
    with transaction.atomic():
        refuse_if_closed(campaign.pk)
        highest = Kit.objects.filter(campaign=campaign).aggregate(highest=Max("serial"))
        manifest = kit.Manifest(
            format="ardoise-kit/1",
            campaign=campaign.pk,
            serial=(highest["highest"] or 0) + 1,
            opens_ms=milliseconds(campaign.opens_at),
            closes_ms=milliseconds(campaign.closes_at),
            parts=parts,
            chunks=tuple(written.chunks),
            blobs=tuple(written.blobs),
            runner=runner,
        )
        encoded = msgspec.json.encode(manifest)
        if len(encoded) > limits.MANIFEST:
            raise EnrolmentRefused("the manifest is above the protocol's bound: too many files")
        signature = signing.sign_document(settings.KEYRING.signing_key(), "kit", encoded)
        written.serial, written.runner = manifest.serial, len(runner)
        return Kit.objects.create(
            campaign=campaign,
            serial=manifest.serial,
            manifest=encoded,
            signature=signature,
            made_at=clock(),
        )


def _runner_files(folder: Path | None) -> tuple[kit.RunnerFile, ...]:
    if folder is None:
        return ()
    if not (folder / "index.html").is_file():
        raise EnrolmentRefused(f"{folder} holds no built runner: there is no index.html in it")
    return tuple(_listed(folder))


def _listed(folder: Path) -> Iterator[kit.RunnerFile]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if len(files) > _RUNNER_FILES:
        raise EnrolmentRefused(f"{folder} holds over {_RUNNER_FILES} files: is it the runner?")
    for path in files:
        name = path.relative_to(folder).as_posix()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        try:
            yield msgspec.convert({"path": name, "sha256": digest}, kit.RunnerFile)
        except msgspec.ValidationError as fault:
            raise EnrolmentRefused(
                f"{folder}: a runner's file is named with letters, digits and ._/- only"
            ) from fault
