"""Creating a campaign: its rows, its key, and the refusals that leave neither."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from ardoise.authority.campaigns.file import CampaignFault, CampaignFile, parse_campaign
from ardoise.authority.campaigns.models import Campaign, Part
from ardoise.authority.campaigns.packages import LoadedPackage, load_packages, zipped
from ardoise.authority.campaigns.rules import campaign_file, create_campaign
from ardoise.authority.keyring import CampaignKeyDestroyed
from ardoise.content.package import read_package
from tests.authority.campaigns.test_file import GOOD

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[3] / "examples" / "sixieme-2026"
PACKAGES = {"francais": LoadedPackage("francais", b"zip", "d" * 64, ("fr-01", "fr-02"))}


@pytest.fixture
def file() -> Iterator[CampaignFile]:
    yield parse_campaign(GOOD.replace("sixieme-2026", "rules-2026"))
    settings.KEYRING.destroy_campaign("rules-2026")


def create(file: CampaignFile, **window: datetime) -> Campaign:
    return create_campaign(file, PACKAGES, keyring=settings.KEYRING, clock=lambda: NOW, **window)


def refusal(file: CampaignFile, **window: datetime) -> str:
    with pytest.raises(CampaignFault) as fault:
        create(file, **window)
    (finding,) = fault.value.findings
    assert finding.line
    return finding.id


@pytest.mark.django_db
def test_a_campaign_begins_as_a_draft_with_a_key(file: CampaignFile) -> None:
    campaign = Campaign.objects.get(pk=create(file).pk)
    assert (campaign.state, campaign.level, campaign.file) == ("draft", "6e", file.text)
    assert (campaign.opens_at, campaign.closes_at) == (file.opens, file.closes)
    (part,) = campaign.parts.all()
    assert (part.part, part.minutes, part.writer, part.grace_s) == ("francais", 50, "pupil", 30)
    assert (bytes(part.package), part.digest) == (b"zip", "d" * 64)
    assert len(settings.KEYRING.campaign_key("rules-2026").secret) == 32
    assert campaign_file(campaign).domains == file.domains


@pytest.mark.django_db
def test_the_window_may_be_given_anew(file: CampaignFile) -> None:
    campaign = create(file, opens=NOW, closes=NOW + timedelta(hours=8))
    assert campaign.closes_at - campaign.opens_at == timedelta(hours=8)


@pytest.mark.django_db
def test_a_window_that_is_over_or_empty_is_refused(file: CampaignFile) -> None:
    assert refusal(file, opens=NOW, closes=NOW) == "order"
    past = NOW - timedelta(days=2)
    assert refusal(file, opens=past, closes=past + timedelta(days=1)) == "past"
    assert not Campaign.objects.exists()
    with pytest.raises(CampaignKeyDestroyed):
        settings.KEYRING.campaign_key("rules-2026")


@pytest.mark.django_db
def test_an_identifier_is_used_once(file: CampaignFile) -> None:
    key = create(file) and settings.KEYRING.campaign_key("rules-2026")
    assert refusal(file) == "exists"
    assert settings.KEYRING.campaign_key("rules-2026") == key
    Campaign.objects.all().delete()
    assert refusal(file) == "exists"
    assert not Part.objects.exists()


def test_the_example_loads_with_its_packages() -> None:
    file = parse_campaign((EXAMPLE / "campaign.toml").read_bytes())
    packages, findings = load_packages(file, EXAMPLE)
    assert set(packages) == {part.id for part in file.parts}
    assert {finding.severity for finding in findings} <= {"warning"}
    again = zipped(EXAMPLE / file.parts[0].package)
    assert again == packages[file.parts[0].id].content
    assert read_package(again, name="x").digest == packages[file.parts[0].id].digest


def test_a_package_that_is_missing_or_no_package_is_refused(tmp_path: Path) -> None:
    file = parse_campaign(GOOD)

    def refused() -> list[str]:
        with pytest.raises(CampaignFault) as fault:
            load_packages(file, tmp_path)
        return [f.id for f in fault.value.findings if f.severity == "error"]

    assert refused() == ["no-package"]
    (tmp_path / "francais").mkdir()
    assert refused() == ["package"]
    (tmp_path / "francais" / "imsmanifest.xml").write_text("<oops>")
    assert refused() == ["package"]


def test_hidden_files_and_links_are_no_part_of_a_package(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("a")
    before = zipped(tmp_path)
    (tmp_path / ".secret").write_text("b")
    (tmp_path / "link.xml").symlink_to("/etc/hostname")
    assert zipped(tmp_path) == before
