"""An analysis stands in the log of views, beside those who looked at names: it showed none."""

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.restitution.models import NameView
from ardoise.clock import Clock, system_clock

COMMAND_LINE = "command-line"


def record_analysis(campaign: Campaign, part: str, *, clock: Clock = system_clock) -> None:
    """Whoever has the folder and the key file ran it: the command line knows no login."""
    NameView.objects.create(
        at=clock(),
        login=COMMAND_LINE,
        role="officer",
        campaign=campaign,
        what="analysis",
        subject=part,
        names=0,
    )
