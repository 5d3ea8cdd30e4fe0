"""`roll …` and `campaign …` on the command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from typer.testing import CliRunner, Result

from ardoise.authority.campaigns import commands as campaign_commands
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.registry import commands as roll_commands
from ardoise.authority.registry.models import Pupil

pytestmark = pytest.mark.django_db
EXAMPLES = Path(__file__).parents[3] / "examples"
ROLL = EXAMPLES / "cp-2026" / "roll"


def campaign(*words: str | Path) -> Result:
    return CliRunner().invoke(campaign_commands.app, [str(word) for word in words])


def roll(*words: str | Path) -> Result:
    return CliRunner().invoke(roll_commands.app, [str(word) for word in words])


@pytest.fixture
def _drafted() -> Iterator[None]:
    made = campaign(
        "create", EXAMPLES / "cp-2026" / "campaign.toml", "--opens", "now", "--closes", "+8h"
    )
    assert made.exit_code == 0, made.output
    yield
    settings.KEYRING.destroy_campaign("cp-2026")


@pytest.mark.usefixtures("_drafted")
def test_a_campaign_is_created_listed_and_filled() -> None:
    (made,) = Campaign.objects.all()
    assert (made.closes_at - made.opens_at).total_seconds() == 8 * 3600
    assert "cp-2026\tdraft\t" in campaign("list").stdout
    assert roll("schools", ROLL / "schools.csv", "--campaign", "cp-2026").exit_code == 0
    given = roll("import", *sorted(ROLL.glob("CSV*.csv")), "--campaign", "cp-2026", "--json")
    assert given.exit_code == 0
    reports = [json.loads(line) for line in given.stdout.splitlines()]
    assert [(r["uai"], r["added"]) for r in reports] == [("9790002G", 32), ("9790003H", 18)]
    assert Pupil.objects.count() == 50


@pytest.mark.usefixtures("_drafted")
def test_a_refused_roll_exits_with_2_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "roll.csv").write_text("nothing;of;interest\n")
    refused = roll("import", tmp_path / "roll.csv", "--campaign", "cp-2026", "--school", "9790002G")
    assert refused.exit_code == 2
    assert "refusé" in refused.stdout
    assert "ligne 1" in refused.stderr


def test_an_unknown_campaign_exits_with_2() -> None:
    assert roll("import", ROLL / "schools.csv", "--campaign", "nope").exit_code == 2


def test_a_campaign_file_is_checked(tmp_path: Path) -> None:
    assert campaign("check", EXAMPLES / "sixieme-2026" / "campaign.toml").exit_code == 0
    bad = tmp_path / "campaign.toml"
    bad.write_text('format = "ardoise-campaign/1"\nlevle = "CP"\n')
    refused = campaign("check", bad)
    assert refused.exit_code == 2
    assert "ligne 2" in refused.stderr
    assert campaign("create", bad).exit_code == 2


@pytest.mark.parametrize("moment", ["2026-11-23T07:00:00", "tomorrow", "+8y"])
def test_a_moment_needs_a_form_and_a_zone(moment: str) -> None:
    file = EXAMPLES / "cp-2026" / "campaign.toml"
    assert campaign("create", file, "--closes", moment).exit_code == 2
    assert not Campaign.objects.exists()
