"""What may be done with a campaign: create it from its file."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from ardoise.authority.campaigns.file import CampaignFault, CampaignFile, parse_campaign
from ardoise.authority.campaigns.lines import lines_of
from ardoise.authority.campaigns.messages import CAMPAIGN
from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.findings import Findings
from ardoise.authority.keyring import CampaignKeyDestroyed, KeyRing, KeyRingError
from ardoise.clock import Clock

if TYPE_CHECKING:
    from ardoise.authority.campaigns.packages import LoadedPackage


def create_campaign(
    file: CampaignFile,
    packages: "Mapping[str, LoadedPackage]",
    *,
    keyring: KeyRing,
    clock: Clock,
    opens: datetime | None = None,
    closes: datetime | None = None,
) -> Campaign:
    """Store a campaign and its parts as a draft, and draw its key.

    `packages`: part → its content, from `load_packages`. `opens` and `closes` override the file's
    window. Raises CampaignFault: the identifier is taken, or the window is over or empty.
    """
    opens, closes = opens or file.opens, closes or file.closes
    now = clock()
    _check_window(file, opens, closes, now)
    with transaction.atomic():
        if Campaign.objects.filter(pk=file.id).exists():
            raise _fault(file, "exists", ("id",), value=file.id)
        campaign = Campaign.objects.create(
            id=file.id,
            title=file.title,
            level=file.level,
            language=file.language,
            opens_at=opens,
            closes_at=closes,
            file=file.text,
            created_at=now,
        )
        for position, spec in enumerate(file.parts):
            package = packages[spec.id]
            Part.objects.create(
                campaign=campaign,
                part=spec.id,
                position=position,
                title=spec.title,
                minutes=spec.minutes,
                grace_s=spec.grace_seconds,
                writer=spec.writer,
                forms=spec.forms,
                package=package.content,
                package_name=package.name,
                digest=package.digest,
            )
        # Last, so that a row that cannot be stored leaves no key behind.
        try:
            keyring.add_campaign(file.id)
        except KeyRingError as fault:
            raise _fault(file, "exists", ("id",), value=file.id) from fault
    return campaign


def campaign_file(campaign: Campaign) -> CampaignFile:
    """The file a campaign was created from: domains, groups, parts."""
    return parse_campaign(campaign.file, filename=f"{campaign.pk}.toml")


def _check_window(file: CampaignFile, opens: datetime, closes: datetime, now: datetime) -> None:
    if closes <= opens:
        raise _fault(file, "order", ("window", "closes"))
    if closes <= now:
        raise _fault(file, "past", ("window", "closes"))


def _fault(file: CampaignFile, kind: str, path: tuple[str, ...], **details: str) -> CampaignFault:
    found = Findings(CAMPAIGN, file.filename)
    found.add(kind, lines_of(file.text).get(path), None, path[-1], **details)
    return CampaignFault(found.all())


class IllegalTransition(Exception):
    """A step in a campaign's life that does not follow from where it stands."""


def refuse_if_closed(campaign_id: str) -> None:
    """For the start of a transaction that writes to a campaign with a key it holds in memory.

    Writers take turns, so what passes here is written before the wipe and wiped with the rest;
    afterwards nothing is written any more. Raises CampaignKeyDestroyed.
    """
    if Campaign.objects.filter(pk=campaign_id, state=Campaign.State.CLOSED).exists():
        raise CampaignKeyDestroyed("the campaign was closed meanwhile")


_LIFE = tuple(Campaign.State)


def advance(campaign: Campaign, to: Campaign.State) -> None:
    """One step on in a campaign's life, in the database and on the object.

    draft → enrolled → open → collected → reported → closed. Being there already is no fault: two
    processes may take the same step. Raises IllegalTransition.
    """
    before = _LIFE[max(_LIFE.index(to) - 1, 0)]
    moved = Campaign.objects.filter(pk=campaign.pk, state=before).update(state=to)
    campaign.refresh_from_db(fields=["state"])
    if not moved and campaign.state != to:
        raise IllegalTransition(f"the campaign is {campaign.state}: it cannot become {to} now")
