"""The only door from a pupil to their name: it writes who looks, then opens.

A page cannot show a name without its line in the log: nothing else in the pages opens identities.
"""

from collections.abc import Sequence

from django.conf import settings

from ardoise.authority.accounts.models import Staff
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.keyring import KeyRing
from ardoise.authority.registry.identity import Identity, open_identity
from ardoise.authority.registry.models import Pupil
from ardoise.authority.restitution.models import NameView
from ardoise.clock import Clock, system_clock


def record_view(
    account: Staff,
    campaign: Campaign,
    *,
    what: str,
    subject: str,
    names: int,
    clock: Clock = system_clock,
) -> None:
    """One line of the log: who, what, when, how many. `subject` is an identifier, never a name."""
    NameView.objects.create(
        at=clock(),
        login=account.login,
        role=account.role,
        campaign=campaign,
        what=what,
        subject=subject,
        names=names,
    )


def open_names(
    account: Staff,
    campaign: Campaign,
    pupils: Sequence[Pupil],
    *,
    what: str,
    subject: str,
    ring: KeyRing | None = None,
    clock: Clock = system_clock,
) -> dict[str, Identity]:
    """Each pupil's identity by the pupil's identifier, after the log has its line.

    Raises CampaignKeyDestroyed once the campaign is closed (and then logs nothing).
    """
    key = (ring or settings.KEYRING).campaign_key(campaign.pk)
    record_view(account, campaign, what=what, subject=subject, names=len(pupils), clock=clock)
    return {pupil.pk: open_identity(key, pupil.pk, bytes(pupil.identity)) for pupil in pupils}
