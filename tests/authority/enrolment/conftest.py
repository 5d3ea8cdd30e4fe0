"""A campaign that is enrolled, and a kit of it."""

from pathlib import Path

import pytest

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.enrolment.rules import enrol
from tests.authority.enrolment import town


@pytest.fixture
def campaign(db: None) -> Campaign:
    """Two classes and two parts, of which pupils write one and teachers the other."""
    campaign = town.campaign_of()
    town.part_of(campaign, "francais")
    town.part_of(campaign, "dictee", writer="teacher")
    town.class_of(campaign, town.NAMES)
    town.class_of(campaign, ["Ugo Rastignac"], label="6e B")
    enrol(campaign)
    return campaign


@pytest.fixture
def kit_path(tmp_path: Path, campaign: Campaign) -> Path:
    """A kit of it as a file."""
    from ardoise.authority.enrolment.kit import write_kit

    path = tmp_path / "kit.zip"
    write_kit(campaign, path, clock=town.clock)
    return path
