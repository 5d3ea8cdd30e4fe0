"""Sends a kit file to delivery, and the voidings that it has not heard of yet.

Restartable: delivery says which of the named bytes it lacks, and only those are sent.
"""

from pathlib import Path

from django.conf import settings

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.delivery_calls import DeliveryCalls, DeliveryRefusal
from ardoise.authority.enrolment.kitfile import KitFault, KitFile
from ardoise.authority.enrolment.models import Kit, Seat
from ardoise.authority.enrolment.rules import Progress
from ardoise.clock import Clock, system_clock
from ardoise.contract.kit import KitInstalled
from ardoise.contract.orders import VoidSeat
from ardoise.seal.randomness import Source, reference, system


def send_kit(
    path: Path,
    calls: DeliveryCalls,
    *,
    campaign: str | None = None,
    clock: Clock = system_clock,
    progress: Progress | None = None,
) -> KitInstalled:
    """Install the kit (of `campaign`, if that is given), sending what delivery says it lacks.

    `progress` counts chunks and blobs, those included that were there. Raises KitFault,
    DeliveryRefusal (`older`: a newer kit is installed), DeliveryUnreachable.
    """
    with KitFile(path, settings.KEYRING.public_key()) as held:
        manifest = held.manifest
        if campaign not in (None, manifest.campaign):
            raise KitFault(f"this kit is of campaign {manifest.campaign}, not {campaign}")
        blobs = {blob.sha256: blob for blob in manifest.blobs}
        named = {blob.sha256: blob for blob in manifest.chunks} | blobs
        sent: set[str] = set()
        while True:
            # A list of what is missing may be cut to a bound: ask again until nothing is.
            try:
                installed = calls.install_kit(held.encoded, held.signature)
                break
            except DeliveryRefusal as refusal:
                lacking = [sha for sha in refusal.missing if sha in named and sha not in sent]
                if not lacking:
                    raise
            for left, sha256 in zip(reversed(range(len(lacking))), lacking, strict=True):
                blob = named[sha256]
                content = held.blob(blob) if sha256 in blobs else held.chunk(blob)
                calls.put_bytes(sha256, content)
                sent.add(sha256)
                if progress is not None:
                    progress(len(named) - left, len(named))
    if (installed.campaign, installed.serial) != (manifest.campaign, manifest.serial):
        raise KitFault("delivery answers for another kit than the one sent")
    Kit.objects.filter(campaign_id=installed.campaign, serial=installed.serial).update(
        installed_at=clock()
    )
    return installed


def tell_voids(
    campaign: Campaign,
    calls: DeliveryCalls,
    *,
    clock: Clock = system_clock,
    source: Source = system,
) -> int:
    """Have delivery void the seats that were voided here and that it was not told of; how many.

    A seat that delivery was never given needs no order: kits leave voided seats out.
    Raises DeliveryRefusal, DeliveryUnreachable: call again later.
    """
    if not Kit.objects.filter(campaign=campaign).exclude(installed_at=None).exists():
        return 0
    untold = Seat.objects.filter(campaign=campaign, void_told_at=None).exclude(voided_at=None)
    count = 0
    for seat in untold.iterator():
        try:
            calls.send_order(VoidSeat(reference(source), campaign.pk, seat.number))
        except DeliveryRefusal as refusal:
            if refusal.problem.problem != "absent":
                raise
        seat.void_told_at = clock()
        seat.save(update_fields=["void_told_at"])
        count += 1
    return count
