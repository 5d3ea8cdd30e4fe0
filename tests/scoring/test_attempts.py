"""Sessions of several attempts."""

import pytest

from ardoise.content.faults import ContentFault
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


A = '<qti-base-value base-type="identifier">A</qti-base-value>'
ONCE = f"""<qti-response-condition><qti-response-if>{RIGHT}{COUNTING}</qti-response-if>
</qti-response-condition>"""


def test_what_rules_make_of_a_response_ends_with_the_run() -> None:
    rewritten = put("RESPONSE", A, rule="set-response-value")
    one = scorer(CHOICE + SCORE + rules(ONCE + rewritten + ONCE))
    session = begin(one)
    for given, score in (({"RESPONSE": ("B",)}, 1), ({}, 1), ({"RESPONSE": ("A",)}, 2)):
        session = attempt(one, session, given)
        assert session.result is not None
        assert session.result.score == score
        assert session.values["RESPONSE"] == given.get("RESPONSE", ("B",))[0]


def test_a_response_is_set_back_to_its_default_or_to_null() -> None:
    back = '<qti-set-default-value identifier="RESPONSE"/>'
    empty = '<qti-is-null><qti-variable identifier="RESPONSE"/></qti-is-null>'
    counted = ONCE.replace(RIGHT, empty)
    default = CHOICE.replace(
        "<qti-correct-response>",
        "<qti-default-value><qti-value>A</qti-value></qti-default-value><qti-correct-response>",
    )
    for declared in (default + SCORE + rules(back + ONCE), CHOICE + SCORE + rules(back + counted)):
        assert scorer(declared).score({"RESPONSE": ("B",)}).score == 1


def test_only_responses_are_set_back() -> None:
    for rule in ('<qti-set-default-value identifier="SCORE"/>',
                 put("SCORE", number(1), rule="set-response-value")):  # fmt: skip
        with pytest.raises(ContentFault, match="cannot set SCORE: a outcome"):
            scorer(CHOICE + SCORE + rules(rule))
