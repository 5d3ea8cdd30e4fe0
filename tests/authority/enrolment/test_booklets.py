"""A part's booklet is sealed once, and opens with its content key alone."""

import pytest
from django.conf import settings

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment.booklets import content_key, prepare_booklets
from ardoise.authority.enrolment.models import ContentKey, SealedBlob
from ardoise.authority.enrolment.rules import EnrolmentRefused
from ardoise.content import keymap
from ardoise.content.faults import ContentFault
from ardoise.contract import limits
from ardoise.contract.booklet import decode
from ardoise.seal.envelope import SealError, asset_context, booklet_context, unseal
from tests.authority.enrolment import town


def opened(campaign: Campaign, part: str) -> tuple[bytes, bytes]:
    key = settings.KEYRING.campaign_key(campaign.pk)
    row = ContentKey.objects.get(part__part=part)
    secret = content_key(key, row, part)
    sealed = bytes(SealedBlob.objects.get(sha256=row.booklet).content)
    context = booklet_context(campaign=campaign.pk, part=part)
    return secret, unseal(secret, context, sealed)


def test_a_booklet_and_its_picture_open_with_the_content_key(campaign: Campaign) -> None:
    assert prepare_booklets(campaign) == 2
    secret, plain = opened(campaign, "francais")
    booklet = decode(plain)
    assert (booklet.campaign, booklet.part, booklet.writer) == (town.CAMPAIGN, "francais", "pupil")
    assert (booklet.minutes, booklet.campaign_title) == (50, campaign.title)
    assert town.QUESTION in plain.decode()
    ((asset_id, asset),) = booklet.assets.items()
    sealed = bytes(SealedBlob.objects.get(sha256=asset.blob).content)
    context = asset_context(campaign=campaign.pk, part="francais", asset=asset_id)
    assert unseal(secret, context, sealed) == town.PICTURE
    assert opened(campaign, "dictee")[0] != secret
    with pytest.raises(SealError):
        unseal(opened(campaign, "dictee")[0], context, sealed)


def test_the_key_map_stays_and_leads_back_to_the_author(campaign: Campaign) -> None:
    prepare_booklets(campaign)
    held = keymap.decode(bytes(campaign.parts.get(part="francais").keymap))
    assert held.original("i1", {"r1": ("c1",)}) == ("lanternes", {"RESPONSE": ("juste",)})
    assert b"juste" not in opened(campaign, "francais")[1]


def test_preparing_again_seals_nothing_again(campaign: Campaign) -> None:
    prepare_booklets(campaign)
    before = list(SealedBlob.objects.values_list("sha256", flat=True))
    assert prepare_booklets(campaign) == 0
    assert list(SealedBlob.objects.values_list("sha256", flat=True)) == before


def test_a_run_that_stopped_between_parts_goes_on(campaign: Campaign) -> None:
    campaign.parts.filter(part="dictee").update(package=b"no zip at all")
    with pytest.raises(ContentFault):
        prepare_booklets(campaign)
    assert list(ContentKey.objects.values_list("part__part", flat=True)) == ["francais"]
    campaign.parts.filter(part="dictee").update(package=town.package_bytes())
    assert prepare_booklets(campaign) == 1


def test_a_picture_above_the_bound_is_refused(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BLOB", 1024)
    with pytest.raises(EnrolmentRefused, match="part francais"):
        prepare_booklets(campaign)
    assert not SealedBlob.objects.exists()
