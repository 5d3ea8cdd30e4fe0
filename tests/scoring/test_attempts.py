"""Sessions of several attempts."""

import pytest

from ardoise.scoring.attempts import AttemptRefused, attempt, begin
from ardoise.scoring.scorer import Scorer
from tests.scoring.items import CHOICE, SCORE, number, put, rules, scorer

DONE = put("completionStatus", '<qti-base-value base-type="identifier">completed</qti-base-value>')
COUNTING = put("SCORE", f'<qti-sum><qti-variable identifier="SCORE"/>{number(1)}</qti-sum>')
RIGHT = """<qti-match><qti-variable identifier="RESPONSE"/>
<qti-correct identifier="RESPONSE"/></qti-match>"""


def item(*, adaptive: bool) -> Scorer:
    ending = (
        f"""<qti-response-condition><qti-response-if>{RIGHT}{DONE}</qti-response-if>
    </qti-response-condition>"""
        if adaptive
        else ""
    )
    return scorer(CHOICE + SCORE + rules(COUNTING + ending), adaptive=adaptive)


def test_a_session_starts_at_its_defaults() -> None:
    session = begin(item(adaptive=False))
    assert session.values["SCORE"] == 0
    assert session.values["completionStatus"] == "not_attempted"
    assert session.values["numAttempts"] == session.attempts == 0
    assert not session.completed


def test_outcomes_of_a_non_adaptive_item_are_reset_for_each_attempt() -> None:
    one = item(adaptive=False)
    session = begin(one)
    for attempts in (1, 2):
        session = attempt(one, session, {"RESPONSE": ("B",)}, duration=2.5)
        assert session.result is not None
        assert session.result.score == 1
        assert session.values["numAttempts"] == session.attempts == attempts
        assert session.values["completionStatus"] == session.result.completion == "completed"
    assert session.values["duration"] == session.duration == 5.0


def test_an_adaptive_item_keeps_its_outcomes_until_it_is_completed() -> None:
    one = item(adaptive=True)
    session = attempt(one, begin(one), {"RESPONSE": ("B",)})
    assert session.values["completionStatus"] == "unknown"
    session = attempt(one, session, {"RESPONSE": ("C",)})
    assert session.result is not None
    assert session.result.score == 2
    assert not session.completed
    session = attempt(one, session, {"RESPONSE": ("A",)})
    assert session.result is not None
    assert (session.result.score, session.result.completion) == (3, "completed")
    assert session.completed
    with pytest.raises(AttemptRefused, match="q1 is completed"):
        attempt(one, session, {})


def test_a_response_that_is_not_named_keeps_what_it_holds_and_an_empty_one_is_null() -> None:
    one = item(adaptive=True)
    session = attempt(one, begin(one), {"RESPONSE": ("B",)})
    assert attempt(one, session, {}).values["RESPONSE"] == "B"
    assert attempt(one, session, {"RESPONSE": ()}).values["RESPONSE"] is None


def test_a_response_starts_at_its_default() -> None:
    held = CHOICE.replace(
        "<qti-correct-response>",
        "<qti-default-value><qti-value>A</qti-value></qti-default-value><qti-correct-response>",
    )
    one = scorer(held + SCORE + rules(put("SCORE", number(1))))
    assert begin(one).values["RESPONSE"] == "A"
    assert attempt(one, begin(one), {}).values["RESPONSE"] == "A"
