"""Session tokens."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.delivery import sessions
from ardoise.delivery.sessions import NoSession, Session

KEY = bytes(range(32))
SESSION = Session("sixieme-2026", "123456782", 3, "teacher")


def test_a_token_gives_its_session_back() -> None:
    assert sessions.verify(KEY, sessions.issue(KEY, SESSION).encode()) == SESSION


def test_another_key_opens_nothing() -> None:
    with pytest.raises(NoSession):
        sessions.verify(bytes(32), sessions.issue(KEY, SESSION).encode())


def test_every_changed_character_is_noticed() -> None:
    token = sessions.issue(KEY, SESSION)
    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(NoSession):
            sessions.verify(KEY, changed.encode())


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_without_a_fault(token: bytes) -> None:
    with pytest.raises(NoSession):
        sessions.verify(KEY, token)


def test_a_token_can_be_sent_as_it_is_in_a_header() -> None:
    """RFC 6750, b68token."""
    assert re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", sessions.issue(KEY, SESSION))
