"""Makes the sealed booklet of each part from its package, once.

The content key is random, the same for every seat of a part, and wrapped for each in the kit. What
is sealed here leaves for delivery as it is; the key map stays.
"""

import hashlib
from collections.abc import Mapping

import msgspec
from django.conf import settings
from django.db import transaction

from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.campaigns.rules import refuse_if_closed
from ardoise.authority.enrolment.forms import drawn
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
    parts = list(campaign.parts.filter(content_key__isnull=True))
    for done, part in enumerate(parts, start=1):
        _prepare(campaign, part, key, source)
        if progress is not None:
            progress(done, len(parts))
    return len(parts)


def content_key(key: CampaignKey, row: ContentKey, part: str) -> bytes:
    """The 32 bytes that open a part's booklet and assets. Raises SealError."""
    return key.unseal("enrolment_contentkey", part, "key", bytes(row.key))


def _prepare(campaign: Campaign, part: Part, key: CampaignKey, source: Source) -> None:
    """1. Read the package. 2. Seal assets. 3. Seal the booklet that names them. 4. Keep all."""
    # 1.
    drafted = _draft(campaign, part, key)
    secret = source(32)
    # 2.
    blobs: list[SealedBlob] = []
    named: dict[str, str] = {}
    for asset_id, asset in drafted.assets.items():
        context = asset_context(campaign=campaign.pk, part=part.part, asset=asset_id)
        blob = _blob(part, "asset", seal(secret, context, asset.payload, source=source))
        blobs.append(blob)
        named[asset_id] = blob.sha256
    # 3.
    plain = msgspec.json.encode(drafted.with_blobs(named))
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
            defaults={
                "key": key.seal("enrolment_contentkey", part.part, "key", secret),
                "booklet": booklet.sha256,
            },
        )
        if not made:
            return
        SealedBlob.objects.bulk_create([*blobs, booklet])
        part.keymap = drafted.keymap.encode()
        part.save(update_fields=["keymap"])


def _draft(campaign: Campaign, part: Part, key: CampaignKey) -> Draft:
    package = read_package(bytes(part.package), name=part.package_name)
    form = drawn(package.items, part=part.part, key=key)

    def points(item: Item, responses: Mapping[str, tuple[str, ...]]) -> Mapping[str, object]:
        """An item's outcomes: what a booklet's routing tables are made from."""
        return compile_item(item).score(responses, templates=form.get(item.identifier)).outcomes

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
        values={identifier: held.values for identifier, held in form.items()},
    )


def _blob(part: Part, kind: str, sealed: bytes) -> SealedBlob:
    if len(sealed) > limits.BLOB:
        raise EnrolmentRefused(
            f"part {part.part}: a picture or sound is larger than {limits.BLOB >> 20} MiB: "
            "make it smaller"
        )
    sha256 = hashlib.sha256(sealed).hexdigest()
    return SealedBlob(part=part, sha256=sha256, kind=kind, content=sealed)
