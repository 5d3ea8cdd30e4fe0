"""The example campaign's French part, with sheets straight in the database."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from ardoise.authority.campaigns.file import CampaignFile, parse_campaign
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.campaigns.packages import load_packages
from ardoise.authority.campaigns.rules import create_campaign
from ardoise.authority.collection.models import Sheet as SheetRow
from ardoise.authority.collection.sheets import extent, seal_sheet
from ardoise.authority.enrolment.booklets import prepare_booklets
from ardoise.authority.keyring import CampaignKey
from ardoise.clock import from_milliseconds
from ardoise.content.keymap import KeyMap, decode
from ardoise.contract.sheet import Sheet
from ardoise.seal import numbers
from ardoise.seal.randomness import reference

EXAMPLE = Path(__file__).parents[3] / "examples" / "sixieme-2026"
PART = "francais"


@dataclass
class Marked:
    """A campaign that may be marked."""

    campaign: Campaign
    file: CampaignFile
    key: CampaignKey

    @property
    def keymap(self) -> KeyMap:
        """Of the French part."""
        return decode(bytes(self.campaign.parts.get(part=PART).keymap))

    def put(
        self, answers: dict[str, tuple[str, ...]], *, seq: int, number: str = "", **said: object
    ) -> str:
        """Store a sheet: booklet item → values of its first response; the number it is under."""
        number = number or numbers.draw()
        items = self.keymap.items
        responses = {item: {next(iter(items[item].responses)): v} for item, v in answers.items()}
        sheet = Sheet(
            "ardoise-sheet/1",
            self.campaign.pk,
            number,
            PART,
            1,
            "pupil",
            None,
            said.get("visited", tuple(answers)),  # type: ignore[arg-type]
            responses,
            {},
            (),
            said.get("absent", ()),  # type: ignore[arg-type]
        )
        SheetRow.objects.update_or_create(
            campaign=self.campaign,
            number=number,
            part=PART,
            defaults={
                "seq": seq,
                "writer": number,
                "epoch": 1,
                "version": 1,
                "received_at": from_milliseconds(0),
                "extent": extent(sheet, items),
                "content": seal_sheet(self.key, number, PART, sheet),
            },
        )
        return number


def marked() -> Marked:
    """A fresh one: the real file and the real packages under another identifier."""
    identifier = f"essai-{reference()}"
    text = (EXAMPLE / "campaign.toml").read_text().replace("sixieme-2026", identifier)
    file = parse_campaign(text, filename="campaign.toml")
    packages, _ = load_packages(file, EXAMPLE)
    campaign = create_campaign(
        file, packages, keyring=settings.KEYRING, clock=lambda: from_milliseconds(0)
    )
    prepare_booklets(campaign)
    return Marked(campaign, file, settings.KEYRING.campaign_key(campaign.pk))
