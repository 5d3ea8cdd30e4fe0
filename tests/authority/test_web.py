"""The authority's web edge: who may send much, and what every answer carries."""

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from typer.testing import CliRunner

from ardoise.authority.accounts.models import Staff
from ardoise.authority.cli import app
from ardoise.authority.registry.models import School
from ardoise.authority.web import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.django_db


def send_much(client: Client) -> int:
    """The status of a form with a file of 3 MiB, sent with its token as a browser would."""
    client.get("/connexion/")
    client.get("/mot-de-passe/")
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    file = SimpleUploadedFile("x", bytes(3 << 20))
    return client.post("/connexion/", {"csrfmiddlewaretoken": token, "f": file}).status_code


@pytest.mark.parametrize("role", [None, "teacher", "head"])
def test_nobody_but_the_office_makes_the_server_hold_a_large_upload(role: str | None) -> None:
    client = Client(enforce_csrf_checks=True)
    if role is not None:
        school = School.objects.create(uai="9790002G")
        account = Staff.objects.create_account(role, "x" * 20, role=role, school=school)
        client.force_login(account)
    assert send_much(client) == 400


def test_the_office_may_send_as_much_as_a_roll_needs() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(Staff.objects.create_account("bureau-1", "x" * 20, role="officer"))
    assert send_much(client) == 302


@pytest.mark.parametrize("address", ["/connexion/", "/nulle-part/", "/static/ardoise/ardoise.css"])
def test_every_answer_carries_the_policy(address: str) -> None:
    answer = Client().get(address)
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_serving_behind_tls_is_refused_while_cookies_would_travel_in_the_clear() -> None:
    home = settings.HOME
    told = CliRunner().invoke(
        app, ["--home", str(home), "serve", "--host", "192.0.2.1", "--behind-proxy"]
    )
    assert told.exit_code == 2
    assert "secure = true" in told.output
