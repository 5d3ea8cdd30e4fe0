"""The office's commands, as they are typed."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from typer.testing import CliRunner, Result

from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.cli import app
from ardoise.authority.delivery_calls import DeliveryCalls
from ardoise.authority.enrolment.kitfile import verify_kit
from ardoise.authority.enrolment.models import Kit, Seat
from ardoise.authority.linkage import rules as linkage
from ardoise.authority.registry.enrolling import ine_index
from ardoise.authority.registry.models import Pupil
from ardoise.seal import numbers
from tests.authority.enrolment import town


def office(*arguments: object, typed: str = "") -> Result:
    words = ["--home", str(settings.HOME), *map(str, arguments)]
    return CliRunner().invoke(app, words, input=typed + "\n")


@pytest.fixture
def draft(db: None) -> Campaign:
    campaign = town.campaign_of()
    town.part_of(campaign)
    town.class_of(campaign, town.NAMES)
    town.class_of(campaign, ["Ugo Rastignac"], label="6e B", uai="0990002B")
    return campaign


def test_enrol_draws_and_says_what(draft: Campaign) -> None:
    done = office("enrol", draft.pk, "--spares", 2, "--json")
    assert done.exit_code == 0, done.output
    drawn = json.loads(done.stdout)
    assert (drawn["pupils"], drawn["spares"], drawn["teachers"]) == (6, 4, 2)
    assert "0 pupils" in office("enrol", draft.pk, "--spares", 2).stdout
    assert Seat.objects.count() == 12


def test_content_at_fault_is_found_before_anything_is_drawn(draft: Campaign) -> None:
    draft.parts.update(package=b"no zip")
    done = office("enrol", draft.pk)
    assert done.exit_code == 2
    assert not Seat.objects.exists()


def test_cards_are_written_for_their_owner_alone(campaign: Campaign, tmp_path: Path) -> None:
    out = tmp_path / "cards.pdf"
    done = office("cards", campaign.pk, "--out", out, "--school", "0990001a")
    assert done.exit_code == 0, done.output
    assert out.read_bytes().startswith(b"%PDF-1.7")
    assert out.stat().st_mode & 0o777 == 0o600
    assert "secrets" in done.stderr


def test_the_list_of_codes_is_one_array_and_a_warning(campaign: Campaign) -> None:
    class_group = town.class_of(campaign, [])
    done = office("cards", "list", campaign.pk, "--json", "--class", class_group.pk)
    lines = json.loads(done.stdout)
    assert {line["class_group"] for line in lines} == {class_group.pk}
    assert {"number", "code", "role", "spare"} <= lines[0].keys()
    assert len(lines) == len(town.NAMES) + 2
    assert "secrets" in done.stderr
    plain = office("cards", "list", campaign.pk)
    assert len(plain.stdout.splitlines()) == Seat.objects.count()


def test_a_kit_is_written_and_checked(campaign: Campaign, tmp_path: Path) -> None:
    out = tmp_path / "kit.zip"
    done = office("kit", "write", campaign.pk, "--out", out, "--json")
    assert json.loads(done.stdout) == {"serial": 1, "seats": 10, "blobs": 4}
    assert verify_kit(out, settings.KEYRING.public_key()).seats == 10


def test_a_kit_that_could_not_be_sent_waits_as_a_file(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = settings.KEYRING.signing_key()
    nowhere = DeliveryCalls("http://127.0.0.1:1", key, attempts=1)
    monkeypatch.setattr(DeliveryCalls, "from_settings", lambda: nowhere)
    waiting = settings.HOME / f"{campaign.pk}.kit.zip"
    try:
        done = office("kit", "send", campaign.pk)
        assert done.exit_code == 2
        assert f"--file {waiting}" in done.stderr
        assert Kit.objects.get().installed_at is None
        verify_kit(waiting, settings.KEYRING.public_key())
    finally:
        waiting.unlink(missing_ok=True)


def test_the_spare_card_that_was_handed_out_becomes_the_pupils(campaign: Campaign) -> None:
    pupil = Pupil.objects.filter(class_group=town.class_of(campaign, []))[0]
    spare = Seat.objects.get(spare=True, group__class_group=pupil.class_group)
    # Without a kit at delivery there is nothing to tell it: no server is needed here.
    done = office("cards", "replace", campaign.pk, pupil.pk, typed=numbers.shown(spare.number))
    assert done.exit_code == 0, done.output
    key = settings.KEYRING.campaign_key(campaign.pk)
    assert linkage.numbers_of(key, campaign.pk, [pupil.pk]) == {pupil.pk: spare.number}
    wrong = office("cards", "replace", campaign.pk, pupil.pk, typed="123-456-789")
    assert wrong.exit_code == 2
    again = office("cards", "replace", campaign.pk, pupil.pk, typed="")
    assert again.exit_code == 2
    assert "enrol again" in again.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("enrol", "no-such"),
        ("cards", "no-such", "--out", "x.pdf"),
        ("cards", "list", "sixieme-2026", "--school", "0000000X"),
        ("cards", "sixieme-2026", "--out", "x.pdf", "--class", "99999"),
        ("kit", "write", "no-such", "--out", "x.zip"),
    ],
)
def test_what_does_not_exist_is_said(campaign: Campaign, arguments: tuple[str, ...]) -> None:
    done = office(*arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert not Path("x.pdf").exists()


def test_a_list_of_working_times_is_granted_or_faulted(campaign: Campaign, tmp_path: Path) -> None:
    pupil = Pupil.objects.filter(campaign=campaign)[0]
    ine = "120890177AB"
    pupil.ine_index = ine_index(settings.KEYRING.campaign_key(campaign.pk), ine)
    pupil.save()
    listed = tmp_path / "temps.csv"
    listed.write_text(f"INE;pourcentage\n{ine};13\n")
    refused = office("enrol", "time", campaign.pk, listed, "--json")
    assert refused.exit_code == 2
    (finding,) = json.loads(refused.stdout)["findings"]
    assert (finding["id"], finding["line"], finding["column"]) == ("time-percent", 2, 2)
    assert ine not in refused.output + office("enrol", "time", campaign.pk, listed).output
    listed.write_text(f"INE;pourcentage\n{ine};133\n")
    done = office("enrol", "time", campaign.pk, listed)
    assert done.exit_code == 0, done.output
    assert done.stdout == "1 changed, 0 as they were\n0 seats told to delivery\n"
    assert Seat.objects.filter(time_percent=133).count() == 1
