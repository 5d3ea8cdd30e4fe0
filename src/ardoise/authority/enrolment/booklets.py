"""Makes the sealed booklet of each form of each part from its package, once.

The content key is random, the same for every seat that has the form, and wrapped for each in the
kit. What is sealed here leaves for delivery as it is; the key map stays.
"""

import hashlib
from collections.abc import Mapping

import msgspec
from django.conf import settings
from django.db import transaction

from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.enrolment.forms import FIRST, drawn, named
from ardoise.authority.enrolment.models import ContentKey, SealedBlob
from ardoise.authority.enrolment.rules import EnrolmentRefused, Progress
from ardoise.authority.keyring import CampaignKey
from ardoise.content.booklet import Draft, draft
from ardoise.content.model import Item
from ardoise.content.package import read_package
from ardoise.contract import limits
from ardoise.contract.booklet import PLAIN_LIMIT
from ardoise.scoring.scorer import compile_item
from ardoise.seal.envelope import asset_context, booklet_context, seal
from ardoise.seal.randomness import Source, system


def prepare_booklets(
    campaign: Campaign, *, source: Source = system, progress: Progress | None = None
) -> int:
    """Seal the booklets that are not made yet; how many were made.

    Raises ContentFault for a package that cannot become a booklet, EnrolmentRefused for one that
    is too large, CampaignKeyDestroyed.
    """
    key = settings.KEYRING.campaign_key(campaign.pk)
    held = ContentKey.objects.filter(part__campaign=campaign)
    made = set(held.values_list("part_id", "form"))
    waiting = [
        (part, form)
        for part in campaign.parts.all()
        for form in range(FIRST, FIRST + part.forms)
        if (part.pk, form) not in made
    ]
    for done, (part, form) in enumerate(waiting, start=1):
        _prepare(campaign, part, form, key, source)
        if progress is not None:
            progress(done, len(waiting))
    return len(waiting)


def content_key(key: CampaignKey, row: ContentKey, part: str) -> bytes:
    """The 32 bytes that open a form's booklet and assets. Raises SealError."""
    return key.unseal("enrolment_contentkey", named(part, row.form), "key", bytes(row.key))


def _prepare(campaign: Campaign, part: Part, form: int, key: CampaignKey, source: Source) -> None:
    """1. Read the package. 2. Seal assets. 3. Seal the booklet that names them. 4. Keep all."""
    # 1.
    drafted = _draft(campaign, part, form, key)
    secret = source(32)
    # 2.
    blobs: list[SealedBlob] = []
    blob_of: dict[str, str] = {}
    for asset_id, asset in drafted.assets.items():
        context = asset_context(campaign=campaign.pk, part=part.part, asset=asset_id)
        blob = _blob(part, "asset", seal(secret, context, asset.payload, source=source))
        blobs.append(blob)
        blob_of[asset_id] = blob.sha256
    # 3.
    plain = msgspec.json.encode(drafted.with_blobs(blob_of))
    if len(plain) > PLAIN_LIMIT:
        raise EnrolmentRefused(
            f"part {part.part}: its booklet is larger than {PLAIN_LIMIT >> 20} MiB: divide it"
        )
    context = booklet_context(campaign=campaign.pk, part=part.part)
    booklet = _blob(part, "booklet", seal(secret, context, plain, source=source))
    # 4.
    with transaction.atomic():
        refuse_if_closed(campaign.pk)
        _, made = ContentKey.objects.get_or_create(
            part=part,
            form=form,
            defaults={
                "key": key.seal("enrolment_contentkey", named(part.part, form), "key", secret),
                "booklet": booklet.sha256,
                "keymap": b"" if form == FIRST else drafted.keymap.encode(),
            },
        )
        if not made:
            return
        SealedBlob.objects.bulk_create([*blobs, booklet])
        if form == FIRST:
            part.keymap = drafted.keymap.encode()
            part.save(update_fields=["keymap"])


def _draft(campaign: Campaign, part: Part, form: int, key: CampaignKey) -> Draft:
    package = read_package(bytes(part.package), name=part.package_name)
    values = drawn(package.items, part=part.part, key=key, form=form)

    def points(item: Item, responses: Mapping[str, tuple[str, ...]]) -> Mapping[str, object]:
        """An item's outcomes: what a booklet's routing tables are made from."""
        return compile_item(item).score(responses, templates=values.get(item.identifier)).outcomes

    return draft(
        package,
        campaign=campaign.pk,
        part=part.part,
        title=part.title,
        campaign_title=campaign.title,
        language=campaign.language,
        minutes=part.minutes,
        writer="teacher" if part.writer == "teacher" else "pupil",
        points=points,
        values={identifier: held.values for identifier, held in values.items()},
    )


def _blob(part: Part, kind: str, sealed: bytes) -> SealedBlob:
    if len(sealed) > limits.BLOB:
        raise EnrolmentRefused(
            f"part {part.part}: a picture or sound is larger than {limits.BLOB >> 20} MiB: "
            "make it smaller"
        )
    sha256 = hashlib.sha256(sealed).hexdigest()
    return SealedBlob(part=part, sha256=sha256, kind=kind, content=sealed)
