"""The closing's pages: for officers alone, nothing without the typed identifier."""

import io
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from ardoise.authority.accounts.models import Staff
from ardoise.authority.campaigns.models import Campaign
from ardoise.authority.closure.certificate import read_export
from ardoise.authority.closure.models import Certificate
from ardoise.authority.delivery_calls import DeliveryCalls, DeliveryUnreachable
from ardoise.authority.registry.models import School
from tests.authority.closure.ended import PLANTED, ended_exam
from tests.authority.collection.exam import LiveExam, live_exam
from tests.delivery.running import RunningDelivery

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = ("checklist", "certificate", "certificate-json", "certificate-pdf")


def client_of(role: str) -> Client:
    """Somebody who has logged in."""
    school = School.objects.first() if role != "officer" else None
    account, _ = Staff.objects.get_or_create(login=f"{role}-1", role=role, school=school)
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def at(delivery: RunningDelivery) -> Iterator[None]:
    """The pages call this delivery."""
    with mock.patch.object(settings, "DELIVERY_URL", delivery.url):
        yield


@pytest.fixture
def ended(delivery: RunningDelivery, tmp_path: Path, at: None) -> LiveExam:
    return ended_exam(delivery, tmp_path)


def page(name: str, live: LiveExam) -> str:
    return reverse(f"closure:{name}", args=[live.campaign.pk])


def test_only_officers_close(ended: LiveExam) -> None:
    for role in ("head", "teacher"):
        client = client_of(role)
        assert client.get(page("checklist", ended)).status_code == 403
        posted = client.post(page("checklist", ended), {"identifier": ended.campaign.pk})
        assert posted.status_code == 403
    assert Client().get(page("checklist", ended)).status_code == 302
    ended.campaign.refresh_from_db()
    assert ended.campaign.state == Campaign.State.REPORTED


def test_an_officer_closes_and_holds_a_certificate_that_verifies(ended: LiveExam) -> None:
    client = client_of("officer")
    shown = client.get(page("checklist", ended)).content.decode()
    assert "Tout est revenu" in shown
    assert "Liens entre élève et numéro" in shown
    closed = client.post(page("checklist", ended), {"identifier": ended.campaign.pk})
    assert closed.headers["Location"] == page("certificate", ended)
    shown = client.get(page("certificate", ended)).content.decode()
    assert "Sa clé est détruite" in shown
    content = client.get(page("certificate-json", ended)).content
    document = read_export(content, settings.KEYRING.public_key())
    assert (document.by, document.destroyed["pupils"]) == ("officer-1", 4)
    pdf = client.get(page("certificate-pdf", ended)).content
    text = "".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf)).pages)
    assert "Certificat de clôture" in text
    assert not any(one.family_name in text for one in PLANTED)
    assert client.get(page("checklist", ended)).headers["Location"] == page("certificate", ended)


@pytest.mark.parametrize("typed", ["", "oui", "sixieme-2026"])
def test_nothing_happens_without_the_typed_identifier(ended: LiveExam, typed: str) -> None:
    answered = client_of("officer").post(page("checklist", ended), {"identifier": typed})
    assert answered.status_code == 422
    assert settings.KEYRING.campaign_key(ended.campaign.pk) == ended.key
    assert not Certificate.objects.exists()


def test_a_campaign_that_is_not_done_asks_for_a_reason(
    delivery: RunningDelivery, tmp_path: Path, at: None
) -> None:
    live = live_exam(delivery, tmp_path)
    client = client_of("officer")
    assert "pas encore prête" in client.get(page("checklist", live)).content.decode()
    typed = {"identifier": live.campaign.pk}
    assert client.post(page("checklist", live), typed).status_code == 422
    assert not Certificate.objects.exists()
    closed = client.post(page("checklist", live), {**typed, "reason": "Essai abandonné"})
    assert closed.status_code == 302
    shown = client.get(page("certificate", live)).content.decode()
    assert "Essai abandonné" in shown


def test_an_interrupted_closing_says_so_and_can_be_ended_from_the_page(ended: LiveExam) -> None:
    client = client_of("officer")
    typed = {"identifier": ended.campaign.pk}
    with mock.patch.object(DeliveryCalls, "send_order", side_effect=DeliveryUnreachable("gone")):
        answered = client.post(page("checklist", ended), typed)
    assert answered.status_code == 422
    shown = client.get(page("checklist", ended)).content.decode()
    assert "n’est pas achevée" in shown
    assert client.post(page("checklist", ended), typed).status_code == 302
    assert client.get(page("certificate", ended)).status_code == 200


def test_a_head_reads_the_certificate_and_a_teacher_does_not(ended: LiveExam) -> None:
    client_of("officer").post(page("checklist", ended), {"identifier": ended.campaign.pk})
    head = client_of("head")
    for name in PAGES[1:]:
        assert head.get(page(name, ended)).status_code == 200
        assert client_of("teacher").get(page(name, ended)).status_code == 403
    assert page("certificate", ended) in head.get("/").content.decode()


def test_before_the_closing_there_is_no_certificate(ended: LiveExam) -> None:
    client = client_of("officer")
    for name in PAGES[1:]:
        assert client.get(page(name, ended)).status_code == 404
