"""Session tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.delivery import sessions
from ardoise.delivery.sessions import NoSession, Session

KEY = bytes(range(32))
SESSION = Session("sixieme-2026", "123456782", 3, "teacher")


def test_a_token_gives_its_session_back() -> None:
    assert sessions.verify(KEY, sessions.issue(KEY, SESSION)) == SESSION


def test_another_key_opens_nothing() -> None:
    with pytest.raises(NoSession):
        sessions.verify(bytes(32), sessions.issue(KEY, SESSION))


def test_every_changed_character_is_noticed() -> None:
    token = sessions.issue(KEY, SESSION)
    for place in range(len(token) - 1):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(NoSession):
            sessions.verify(KEY, changed)


@given(st.text(max_size=300))
def test_any_text_is_refused_without_a_fault(text: str) -> None:
    with pytest.raises(NoSession):
        sessions.verify(KEY, text)
