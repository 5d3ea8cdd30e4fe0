"""The office's page of rolls: who may open it, what it takes, what it shows."""

import tempfile
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ardoise.authority.accounts.models import Staff
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.registry.identifiers import uai_in
from ardoise.authority.registry.models import Pupil, School
from tests.authority.registry.rolls import SCHOOL, onde, pupil
from tests.authority.registry.test_rules import make_campaign

pytestmark = pytest.mark.django_db
ADDRESS = "/campagnes/registry-page/listes/"


@pytest.fixture
def campaign() -> Iterator[Campaign]:
    settings.KEYRING.add_campaign("registry-page")
    yield make_campaign("registry-page", "CP")
    settings.KEYRING.destroy_campaign("registry-page")


@pytest.fixture
def office(campaign: Campaign) -> Client:
    client = Client()
    client.force_login(Staff.objects.create_account("bureau-1", "x" * 20, role="officer"))
    return client


def roll(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="text/csv")


def test_several_files_are_imported_and_each_has_its_report(office: Client) -> None:
    answer = office.post(
        ADDRESS,
        {
            "rolls": [
                roll(f"CSVExtraction-{SCHOOL}.csv", onde([pupil()])),
                roll("9790003H.csv", onde([pupil(ine="bad", first_name="Wivine")])),
                roll("empty 9790003H.csv", b""),
            ],
            "school": "",
        },
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert Pupil.objects.count() == 2
    assert "refusé, rien n’a changé" in text
    assert "Ce n’est pas un INE" in text
    assert "Le fichier est vide" in text
    assert "Brisecraie" not in text
    english = office.post(
        ADDRESS, {"rolls": [roll(f"{SCHOOL}.csv", b"")]}, headers={"accept-language": "en"}
    )
    assert "The file is empty." in english.content.decode()


def test_the_school_may_be_typed(office: Client) -> None:
    files = {"rolls": [roll("CSVExtraction.csv", onde([pupil()]))]}
    assert office.post(ADDRESS, {**files, "school": "9790002A"}).status_code == 422
    assert not Pupil.objects.exists()
    files = {"rolls": [roll("CSVExtraction.csv", onde([pupil()]))]}
    assert office.post(ADDRESS, {**files, "school": SCHOOL.lower()}).status_code == 200
    assert Pupil.objects.count() == 1
    assert SCHOOL in office.get(ADDRESS).content.decode()


def test_without_a_file_the_form_says_so(office: Client) -> None:
    answer = office.post(ADDRESS, {"school": ""})
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()


def test_an_upload_never_touches_the_disk(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    monkeypatch.setattr("django.core.files.uploadedfile.tempfile.NamedTemporaryFile", refuse)
    big = onde([pupil()]) + b"\r\n" * (2 << 20)
    answer = office.post(ADDRESS, {"rolls": [roll("big.csv", big)], "school": SCHOOL})
    assert answer.status_code == 200
    assert Pupil.objects.count() == 1


def test_only_the_office_may_open_it(campaign: Campaign) -> None:
    school = School.objects.create(uai=SCHOOL)
    assert Client().get(ADDRESS).status_code == 302
    for role in ("head", "teacher"):
        client = Client()
        account = Staff.objects.create_account(role, "x" * 20, role=role, school=school)
        client.force_login(account)
        assert client.get(ADDRESS).status_code == 403
        files = {"rolls": [roll(f"{SCHOOL}.csv", onde([pupil()]))]}
        assert client.post(ADDRESS, files).status_code == 403
    assert not Pupil.objects.exists()


def test_a_closed_campaign_takes_no_roll(office: Client, campaign: Campaign) -> None:
    campaign.state = Campaign.State.CLOSED
    campaign.save()
    assert office.get(ADDRESS).status_code == 410


@pytest.mark.parametrize(
    ("name", "uai"),
    [
        ("CSVExtraction-9790002G.csv", "9790002G"),
        ("9790002g.csv", "9790002G"),
        ("9790002A.csv", None),
        ("19790002G.csv", None),
        ("9790002G 9790003H.csv", None),
        ("CSVExtraction.csv", None),
    ],
)
def test_a_files_name_may_give_the_school(name: str, uai: str | None) -> None:
    assert uai_in(name) == uai
