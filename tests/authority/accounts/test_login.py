"""Logging in: pauses after wrong tries, nothing that tells a known login from an unknown one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from ardoise.authority.accounts import rules
from ardoise.authority.accounts.models import LoginThrottle, Staff
from ardoise.authority.registry.models import School

START = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
PASSWORD = "une-phrase-de-craie"


@pytest.fixture
def officer(db: None) -> Staff:
    return Staff.objects.create_account("o-1", PASSWORD, role="officer")


def _try(login: str, password: str, at: datetime) -> Staff:
    return rules.log_in_as(RequestFactory().post("/"), login, password, clock=lambda: at)


def _wait(login: str, at: datetime) -> int:
    with pytest.raises(rules.LoginRefused) as refused:
        _try(login, "wrong", at)
    return refused.value.wait_s


@pytest.mark.parametrize("login", ["o-1", "nobody"])
def test_five_quick_tries_then_pauses_that_double(officer: Staff, login: str) -> None:
    waits, now = [], START
    for _ in range(9):
        waits.append(_wait(login, now))
        now += timedelta(seconds=waits[-1])
    assert waits == [0, 0, 0, 0, 10, 20, 40, 80, 160]


def test_during_a_pause_not_even_the_right_password_is_looked_at(officer: Staff) -> None:
    for _ in range(5):
        _wait("o-1", START)
    with pytest.raises(rules.LoginRefused) as refused:
        _try("o-1", PASSWORD, START + timedelta(seconds=9))
    assert refused.value.wait_s == 1
    assert _try("o-1", PASSWORD, START + timedelta(seconds=10)) == officer


@given(st.integers(0, 10_000))
def test_a_pause_always_ends(failures: int) -> None:
    assert timedelta(0) <= rules.pause_after(failures) <= rules.LONGEST_PAUSE
    assert rules.pause_after(failures) <= rules.pause_after(failures + 1)


def test_a_success_forgets_the_failures(officer: Staff) -> None:
    for _ in range(4):
        _wait("o-1", START)
    _try(" O-1 ", PASSWORD, START)
    assert not LoginThrottle.objects.exists()
    assert _wait("o-1", START) == 0


def test_trying_one_login_leaves_the_others_alone(officer: Staff) -> None:
    for _ in range(6):
        _wait("p-0991234d-1", START)
    assert _try("o-1", PASSWORD, START) == officer


def test_what_was_typed_as_a_login_is_not_kept(officer: Staff) -> None:
    _wait("my-secret-password", START)
    row = LoginThrottle.objects.get()
    assert b"my-secret-password" not in bytes(row.index)
    assert len(bytes(row.index)) == 32


def test_a_day_old_failures_are_forgotten(officer: Staff) -> None:
    for _ in range(7):
        _wait("o-1", START)
        LoginThrottle.objects.update(next_try_at=START)
    _wait("somebody-else", START + timedelta(days=2))
    assert LoginThrottle.objects.count() == 1


def test_a_flood_of_invented_logins_does_not_grow_without_end(
    officer: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_THROTTLES", 10)
    for k in range(25):
        _wait(f"invented-{k}", START + timedelta(seconds=k))
    assert LoginThrottle.objects.count() == 10


@pytest.mark.django_db
def test_an_unknown_login_costs_a_hash_too(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    original: Callable[..., None] = Staff.set_password

    def counted(self: Staff, raw: str) -> None:
        hashed.append(raw)
        original(self, raw)

    monkeypatch.setattr(Staff, "set_password", counted)
    _wait("nobody", START)
    assert hashed == ["wrong"]


@pytest.mark.django_db
def test_a_suspended_account_answers_like_a_wrong_password(officer: Staff, client: Client) -> None:
    officer.is_active = False
    officer.save()
    suspended = client.post("/connexion/", {"login": "o-1", "password": PASSWORD})
    wrong = client.post("/connexion/", {"login": "nobody", "password": PASSWORD})
    for answer in (suspended, wrong):
        assert answer.status_code == 200
        assert "Identifiant ou mot de passe inconnu." in answer.content.decode()


def test_logging_in_gives_the_session_a_new_key_and_goes_where_one_wanted(
    officer: Staff, client: Client
) -> None:
    client.get("/connexion/?next=/mot-de-passe/")
    session = client.session
    session["seen"] = "before"
    session.save()
    before = session.session_key
    form = {"login": "o-1", "password": PASSWORD, "next": "/mot-de-passe/"}
    answer = client.post("/connexion/", form)
    assert answer.headers["Location"] == "/mot-de-passe/"
    assert client.session.session_key != before


@pytest.mark.parametrize("target", ["https://evil.invalid/", "//evil.invalid", "javascript:x"])
def test_a_login_never_leads_to_another_site(officer: Staff, client: Client, target: str) -> None:
    form = {"login": "o-1", "password": PASSWORD, "next": target}
    assert client.post("/connexion/", form).headers["Location"] == "/"


def test_the_sixth_wrong_try_answers_429_with_the_seconds(officer: Staff, client: Client) -> None:
    for _ in range(5):
        answer = client.post("/connexion/", {"login": "o-1", "password": "wrong"})
    assert answer.status_code == 429
    assert "Prochain essai possible dans 10" in answer.content.decode()


def test_logging_out_ends_the_session(officer: Staff, client: Client) -> None:
    client.force_login(officer)
    assert client.get("/deconnexion/").status_code == 405
    client.post("/deconnexion/")
    assert client.get("/").headers["Location"] == "/connexion/?next=/"


def test_changing_the_password_ends_the_other_sessions(officer: Staff, client: Client) -> None:
    elsewhere = Client()
    elsewhere.force_login(officer)
    client.force_login(officer)
    new = "quatre mots sur une ardoise"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/mot-de-passe/", form).status_code == 302
    assert client.get("/mot-de-passe/").status_code == 200
    assert elsewhere.get("/mot-de-passe/").status_code == 302
    officer.refresh_from_db()
    assert officer.check_password(new)


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("wrong", "quatre mots sur une ardoise", "quatre mots sur une ardoise"),
        (PASSWORD, "court", "court"),
        (PASSWORD, "123456789012", "123456789012"),
        (PASSWORD, PASSWORD, PASSWORD),
        (PASSWORD, "quatre mots sur une ardoise", "quatre mots sur un tableau"),
    ],
)
def test_a_bad_change_of_password_changes_nothing(
    officer: Staff, client: Client, old: str, new: str, again: str
) -> None:
    client.force_login(officer)
    form = {"old_password": old, "new_password1": new, "new_password2": again}
    answer = client.post("/mot-de-passe/", form)
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    officer.refresh_from_db()
    assert officer.check_password(PASSWORD)


@pytest.mark.django_db
def test_the_forms_token_is_asked_for() -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/connexion/", {"login": "o-1", "password": PASSWORD})
    assert answer.status_code == 403
    assert "Le formulaire a expiré" in answer.content.decode()


@pytest.mark.django_db
def test_a_head_must_belong_to_a_school() -> None:
    with pytest.raises(rules.AccountFault):
        rules.create_account("h-1", "head")
    school = School.objects.create(uai="0991234D")
    with pytest.raises(rules.AccountFault):
        rules.create_account("o-2", "officer", school=school)
