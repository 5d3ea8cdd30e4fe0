"""Results Reporting: the schema's words and order, order numbers and nothing else of a person."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ardoise.scoring.reporting import (
    NAMESPACE,
    Given,
    ItemReport,
    Outcome,
    Standing,
    assessment_result,
    name_of,
)

AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
NUMBER = "123456789"
# The schema's content models: children in order (a star: any number of times), attributes needed.
CHILDREN = {
    "assessmentResult": ["context", "testResult", "itemResult*"],
    "context": [],
    "testResult": ["outcomeVariable*"],
    "itemResult": ["responseVariable*", "outcomeVariable*"],
    "responseVariable": ["candidateResponse"],
    "candidateResponse": ["value*"],
    "outcomeVariable": ["value*"],
    "value": [],
}
NEEDED = {
    "testResult": {"identifier", "datestamp"},
    "itemResult": {"identifier", "datestamp", "sessionStatus"},
    "responseVariable": {"identifier", "cardinality"},
    "outcomeVariable": {"identifier", "cardinality"},
}
SESSION = {
    "final", "initial", "pendingExternalScoring", "pendingResponseProcessing", "pendingSubmission",
}  # fmt: skip


def item(standing: Standing = "scored", *values: str, base: str = "string") -> ItemReport:
    answered = Given("RESPONSE", "multiple", base, values)  # type: ignore[arg-type]
    return ItemReport("fr-01", 1, standing, (answered,), (Outcome("SCORE", 1.0, 2.0),))


def read(*items: ItemReport, outcomes: tuple[Outcome, ...] = ()) -> etree._Element:
    xml = assessment_result(NUMBER, test="francais", at=AT, items=items, outcomes=outcomes)
    return etree.fromstring(xml)


def local(element: etree._Element) -> str:
    return etree.QName(element).localname


def check(element: etree._Element) -> None:
    """The element and all below it are as the schema orders them."""
    name = local(element)
    assert etree.QName(element).namespace == NAMESPACE
    assert NEEDED.get(name, set()) <= set(element.attrib)
    found = [local(child) for child in element]
    for wanted in CHILDREN[name]:
        if wanted.endswith("*"):
            while found and found[0] == wanted[:-1]:
                found.pop(0)
        else:
            assert found.pop(0) == wanted
    assert found == []
    for child in element:
        check(child)


def find(root: etree._Element, path: str) -> etree._Element:
    found = root.find(path.replace("/", "/q:").join(["q:", ""]), {"q": NAMESPACE})
    assert found is not None
    return found


STANDINGS = st.sampled_from(["scored", "unrated", "omitted", "not-reached", "absent"])


@given(st.lists(st.tuples(STANDINGS, st.lists(st.text(max_size=5), max_size=3)), max_size=4))
def test_every_document_has_the_schemas_order(rows: list[tuple[Standing, list[str]]]) -> None:
    root = read(*(item(standing, *values) for standing, values in rows))
    check(root)
    for result in root.iter(f"{{{NAMESPACE}}}itemResult"):
        assert result.get("sessionStatus") in SESSION


def test_a_person_is_an_order_number_and_nothing_else() -> None:
    context = find(read(item()), "context")
    assert {str(k): str(v) for k, v in context.attrib.items()} == {"sourcedId": "n123456789"}
    assert len(context) == 0


@pytest.mark.parametrize(
    ("standing", "session", "answered", "scored"),
    [
        ("scored", "final", "answered", "scored"),
        ("unrated", "pendingExternalScoring", "answered", "notscored"),
        ("omitted", "final", "presented", "scored"),
        ("not-reached", "initial", "notpresented", "notscored"),
        ("absent", "initial", "notpresented", "notscored"),
    ],
)
def test_how_an_item_ended_is_said(
    standing: Standing, session: str, answered: str, scored: str
) -> None:
    root = read(item(standing))
    assert find(root, "itemResult").get("sessionStatus") == session
    variable = find(root, "itemResult/responseVariable")
    assert (variable.get("answeredStatus"), variable.get("scoreStatus")) == (answered, scored)


def test_values_are_those_given_and_a_score_without_one_is_empty() -> None:
    root = read(item("scored", "A B", "<C>", base="directed-pair"))
    variable = find(root, "itemResult/responseVariable")
    assert variable.get("baseType") == "directedPair"
    assert [each.text for each in variable[0]] == ["A B", "<C>"]
    waiting = ItemReport("i", 1, "unrated", (), (Outcome("SCORE", None, 4.0, human=True),))
    outcome = find(read(waiting), "itemResult/outcomeVariable")
    assert (len(outcome), outcome.get("external-scored")) == (0, "human")
    assert outcome.get("normalMaximum") == "4.0"


def test_what_xml_cannot_hold_is_marked() -> None:
    root = read(item("scored", "a\x00b\x0bc"))
    assert (
        find(root, "itemResult/responseVariable/candidateResponse/value").text == "a\ufffdb\ufffdc"
    )


@pytest.mark.parametrize(
    ("identifier", "name"), [("fr-01", "fr-01"), ("1a", "_1a"), ("a:b c", "a_b_c"), ("_x", "_x")]
)
def test_identifiers_are_names_of_the_schema(identifier: str, name: str) -> None:
    assert name_of(identifier) == name


def test_a_time_without_its_zone_and_a_wrong_number_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        assessment_result(NUMBER, test="t", at=AT.replace(tzinfo=None), items=())
    with pytest.raises(ValueError, match="nine digits"):
        assessment_result("Zoé", test="t", at=AT, items=())
