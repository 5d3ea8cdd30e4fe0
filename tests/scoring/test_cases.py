"""Reference cases: shapes, values of every JSON kind, and what counts as the same."""

from typing import Any

import pytest

from ardoise.scoring.cases import agrees, compare, plain, read_case, shown, texts_of
from ardoise.scoring.scorer import Scorer
from ardoise.scoring.values import DirectedPair, Pair, Point
from tests.scoring.items import CHOICE, SCORE, number, outcome, put, rules, scorer

MATCH = '<qti-response-processing template="match_correct"/>'
ITEM = scorer(CHOICE + SCORE + MATCH)


def differences(line: str, item: Scorer = ITEM) -> list[str]:
    return [str(one) for one in compare(read_case(line), item)]


def test_a_case_agrees_or_says_what_differs() -> None:
    assert (
        differences('{"item": "q1", "responses": {"RESPONSE": ["A"]}, "expected": {"SCORE": 1}}')
        == []
    )
    assert differences(
        '{"item": "q1", "responses": {"RESPONSE": "B"}, "expected": {"SCORE": 1}}'
    ) == ["SCORE is 0.0, expected 1"]
    assert differences('{"item": "q1", "responses": {}, "expected": {"OTHER": 1}}') == [
        "OTHER is not declared, expected 1"
    ]
    assert differences(
        '{"item": "q1", "responses": {}, "expected": {"completionStatus": "completed",'
        ' "RESPONSE": null, "OTHER": null, "num-attempts": 1}}'
    ) == []  # fmt: skip


def test_a_response_that_is_not_declared_is_told_where_it_may_be_the_reason() -> None:
    line = '{"item": "q1", "responses": {"R": ["A"]}, "expected": {"SCORE": %s}}'
    assert differences(line % 0) == []
    assert differences(line % 1) == [
        "SCORE is 0.0, expected 1", "names the response R, which is not declared: RESPONSE are",
    ]  # fmt: skip


def test_the_time_that_an_attempt_took_is_what_the_case_says() -> None:
    item = scorer(
        CHOICE + outcome("T", "float") + rules(put("T", '<qti-variable identifier="duration"/>'))
    )
    line = '{"item": "q1", "responses": {"duration": %s}, "expected": {"T": %s}}'
    assert differences(line % ('"PT1M30S"', 90), item) == []
    assert differences(line % ("12.5", 12.5), item) == []
    assert differences('{"item": "q1", "responses": {}, "expected": {"T": 0}}', item) == []


def test_white_space_around_what_is_no_text_is_nothing() -> None:
    assert (
        differences('{"item": "q1", "responses": {"RESPONSE": " A "}, "expected": {"SCORE": 1}}')
        == []
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "is no JSON"), ("[]", "is no case"), ('{"item": 3}', "is no case"),
        ('{"item": "a", "responses": []}', '"responses" that is no object'),
        ('{"item": "a", "attempts": 3}', '"attempts" that are no list'),
        ('{"item": "a", "expected": 3}', '"expected" that is no object'),
    ],
)  # fmt: skip
def test_a_line_that_is_no_case(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_case(line)


def test_an_adaptive_item_takes_several_attempts() -> None:
    more = put("SCORE", f'<qti-sum><qti-variable identifier="SCORE"/>{number(1)}</qti-sum>')
    item = scorer(CHOICE + SCORE + rules(more), adaptive=True)
    line = (
        '{"item": "q1", "attempts": [{"responses": {"RESPONSE": ["A"]}, "expected": {"SCORE": 1}},'
        ' {"responses": {}, "expected": {"SCORE": %s, "completionStatus": "unknown"}}]}'
    )
    assert differences(line % 2, item) == []
    assert differences(line % 3, item) == ["SCORE is 2.0, expected 3"]
    short = '{"item": "q1", "attempts": [{}, {}, {}], "expected": {"SCORE": 3}}'
    assert differences(short, item) == []


def test_a_case_may_tell_template_values() -> None:
    template = '<qti-template-declaration identifier="T" cardinality="single" base-type="float"/>'
    item = scorer(template + SCORE + rules(put("SCORE", '<qti-variable identifier="T"/>')))
    line = '{"item": "q1", "templates": {"%s": 4.5}, "expected": {"SCORE": 4.5}}'
    assert differences(line % "T", item) == []
    assert differences(line % "X", item) == ["names the template variable X, which is not declared"]


@pytest.mark.parametrize(
    ("value", "base", "texts"),
    [
        (None, None, ()), ("", "string", ()), ([], "identifier", ()),
        (["A", "B"], None, ("A", "B")),
        (True, "boolean", ("true",)), (3.0, "integer", ("3",)), (3.0, "float", ("3.0",)),
        (2.5, "float", ("2.5",)), ([10, 20], "point", ("10 20",)), (["A", "B"], "pair", ("A B",)),
        (["A B", "C D"], "pair", ("A B", "C D")), ([[10, 20], [1, 2]], "point", ("10 20", "1 2")),
        ({"base": {"identifier": "A"}}, "identifier", ("A",)), ({"base": None}, "identifier", ()),
        ({"list": {"identifier": ["A", "B"]}}, "identifier", ("A", "B")),
        ({"x": 1, "y": None, "z": "a"}, None, ("x=1", "z=a")),
        ({"x": 1, "y": 2}, "point", ("1 2",)), ([{"x": 1, "y": 2}], "point", ("1 2",)),
        ({"record": [{"name": "x", "base": {"integer": 1}}, {"name": "y", "base": None}]}, None,
         ("x=1",)),
    ],
)  # fmt: skip
def test_json_values_as_lexical_forms(value: Any, base: Any, texts: tuple[str, ...]) -> None:
    assert texts_of(value, base) == texts


@pytest.mark.parametrize(
    ("given", "wanted", "kind", "same"),
    [
        (1.0, 1, ("single", "float"), True), (0.1 + 0.2, 0.3, ("single", "float"), True),
        (1.0, 1.001, ("single", "float"), False), (1.0, "1.0", ("single", "float"), True),
        (True, 1, ("single", "boolean"), True), (True, "true", ("single", "boolean"), True),
        (False, True, ("single", "boolean"), False), (None, None, ("single", "float"), True),
        (None, 0, ("single", "float"), False), (0.0, None, ("single", "float"), False),
        (None, "", ("single", "string"), True), (None, [], ("multiple", "string"), True),
        (("a", "b"), ["b", "a"], ("multiple", "string"), True),
        (("a", "b"), ["b", "a"], ("ordered", "string"), False),
        (("a", "a"), ["a", "b"], ("multiple", "string"), False),
        (("a",), "a", ("multiple", "string"), True), ("a", ["a"], ("single", "string"), True),
        ("a", "b", ("single", "string"), False),
        (Pair.of("A", "B"), "B A", ("single", "pair"), True),
        (DirectedPair("A", "B"), "B A", ("single", "directed-pair"), False),
        (Point(1, 2), [1, 2], ("single", "point"), True),
        (60.0, "PT1M", ("single", "duration"), True), (1.0, "x", ("single", "float"), False),
        ({"x": 1, "y": None}, {"x": 1.0}, ("record", None), True),
        ({"x": 1}, {"x": 2}, ("record", None), False),
        ({"x": 2.0}, {"x": "2"}, ("record", None), True),
        ({"x": True}, {"x": "true"}, ("record", None), True),
        ({"x": "a"}, {"record": [{"name": "x", "base": {"string": "a"}}]}, ("record", None), True),
        ({"x": 1}, {"y": 1}, ("record", None), False),
    ],
)  # fmt: skip
def test_what_counts_as_the_same(given: Any, wanted: Any, kind: Any, same: bool) -> None:
    assert agrees(given, wanted, *kind) is same


def test_values_as_a_reader_sees_them() -> None:
    assert shown((True, None, "a", {"x": 1.5})) == "[true, NULL, 'a', {x: 1.5}]"
    assert plain((Point(1, 2), Point(3, 4))) == ["1 2", "3 4"]
    assert plain({"x": Pair.of("B", "A"), "y": None}) == {"x": "A B", "y": None}


def test_a_record_is_scored_by_its_fields() -> None:
    declared = '<qti-response-declaration identifier="R" cardinality="record"/>'
    inside = put("SCORE", '<qti-field-value field-identifier="floatValue">'
                          '<qti-variable identifier="R"/></qti-field-value>')  # fmt: skip
    item = scorer(declared + SCORE + outcome("W", "string") + rules(inside))
    told = '{"item": "q", "responses": {"R": {"floatValue": 2.5}}, "expected": {"SCORE": 2.5}}'
    typed = '{"item": "q", "responses": {"R": ["2.5"]}, "expected": {"SCORE": 2.5}}'
    assert differences(told, item) == differences(typed, item) == []
