"""QTI 2 becomes QTI 3: names, case, lines; scores stay."""

import pytest

from ardoise.content import documents
from ardoise.content.documents import line_of, local
from ardoise.content.faults import ContentFault
from ardoise.content.scorable import scorable_item
from ardoise.content.upgrade import QTI3, is_qti2, to_qti3

OLD = """<assessmentItem xmlns="{space}" identifier="q" title="t" adaptive="false"
  timeDependent="false">
  <responseDeclaration identifier="R" cardinality="single" baseType="string">
    <mapping defaultValue="1">
      <mapEntry mapKey="a" mappedValue="2"/>
      <mapEntry mapKey="b" mappedValue="2" caseSensitive="false"/>
    </mapping>
  </responseDeclaration>
  <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
  <itemBody><p>x</p></itemBody>
  <responseProcessing>
    <setOutcomeValue identifier="SCORE">
      <randomFloat max="1"/>
    </setOutcomeValue>
  </responseProcessing>
</assessmentItem>"""
SPACES = [
    "http://www.imsglobal.org/xsd/imsqti_v2p0", "http://www.imsglobal.org/xsd/imsqti_item_v2p0",
    "http://www.imsglobal.org/xsd/imsqti_v2p1", "http://www.imsglobal.org/xsd/imsqti_v2p2", "",
]  # fmt: skip


@pytest.mark.parametrize("space", SPACES)
def test_every_namespace_of_qti_2_is_upgraded(space: str) -> None:
    root = to_qti3(documents.parse(OLD.format(space=space).encode(), file="q.xml"), file="q.xml")
    assert root.tag == f"{{{QTI3}}}qti-assessment-item"
    assert {documents.namespace(one) for one in root.iter("*")} == {QTI3}
    assert not any(str(name).startswith("data-") for one in root.iter("*") for name in one.attrib)


def test_prefixes_are_understood() -> None:
    text = OLD.replace("</", "</q:").replace("<", "<q:").replace("<q:/q:", "</q:")
    text = text.replace("xmlns=", "xmlns:q=").format(space=SPACES[2])
    assert scorable_item(text.encode(), file="q.xml").responses[0].identifier == "R"


def test_map_entries_of_qti_2_mind_case_unless_they_say_otherwise() -> None:
    mapping = scorable_item(OLD.format(space=SPACES[3]).encode(), file="q.xml").responses[0].mapping
    assert mapping is not None
    assert [entry.case_sensitive for entry in mapping.entries] == [True, False]
    both = OLD.replace("<mapping ", '<mapping caseSensitive="false" ').format(space=SPACES[3])
    mapping = scorable_item(both.encode(), file="q.xml").responses[0].mapping
    assert mapping is not None
    assert [entry.case_sensitive for entry in mapping.entries] == [False, False]


def test_lines_are_those_of_the_author_s_file() -> None:
    root = to_qti3(
        documents.parse(OLD.format(space=SPACES[2]).encode(), file="q.xml"), file="q.xml"
    )
    lines = {local(one): line_of(one) for one in root.iter("*")}
    assert lines["qti-response-declaration"] == 3
    assert lines["qti-random-float"] == 13
    assert lines["qti-item-body"] == 10


def test_a_fault_in_an_upgraded_item_names_its_line() -> None:
    odd = OLD.format(space=SPACES[2]).replace("randomFloat", "randomDouble")
    with pytest.raises(ContentFault, match=r"q\.xml:13: item q, <randomDouble>: is no expression"):
        scorable_item(odd.encode(), file="q.xml")


def test_qti_3_passes_and_gets_its_namespace() -> None:
    new = (
        '<qti-assessment-item xmlns="{space}" identifier="q"><qti-item-body/></qti-assessment-item>'
    )
    for space in (QTI3, "", "http://www.imsglobal.org/xsd/qti/qtiv3p0/imsqti_asiv3p0_v1p0"):
        root = documents.parse(new.format(space=space).encode(), file="q.xml")
        assert not is_qti2(root)
        assert {one.tag for one in to_qti3(root, file="q.xml").iter("*")} == {
            f"{{{QTI3}}}qti-assessment-item", f"{{{QTI3}}}qti-item-body",
        }  # fmt: skip
    foreign = documents.parse(b'<qti-assessment-item xmlns="urn:x"/>', file="q.xml")
    assert to_qti3(foreign, file="q.xml").tag == "{urn:x}qti-assessment-item"


def test_what_is_no_item_is_a_fault() -> None:
    with pytest.raises(ContentFault, match="must be an item"):
        scorable_item(b"<html/>", file="q.xml")


@pytest.mark.parametrize(
    ("given", "template"),
    [
        ("http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct", "match_correct"),
        ("http://www.imsglobal.org/question/qti_v2p2/rptemplates/map_response.xml", "map_response"),
        ("https://example.org/rptemplates/map_response_point.xml?v=1#x", "map_response_point"),
        ("../rptemplates/Match_Correct.XML", "match_correct"),
        ("match_correct/", "match_correct"),
        (
            "http://www.imsglobal.org/question/qti_v2p2/rptemplates/CC2_match.xml",
            "CC2_match_inline",
        ),
        ("rptemplates/CC2_match", "CC2_match_inline"),
        ("https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/CC2_match.xml", "CC2_match"),
    ],
)
def test_a_template_is_known_by_every_address_that_authors_write(given: str, template: str) -> None:
    start, end = OLD.index("<responseProcessing>"), OLD.index("</assessmentItem>")
    text = f'{OLD[:start]}<responseProcessing template="{given}"/>{OLD[end:]}'
    found = scorable_item(text.format(space=SPACES[3]).encode(), file="q.xml").response_processing
    assert found is not None
    assert found.template == template


def test_names_of_qti_2_under_the_namespace_of_qti_3_are_upgraded() -> None:
    mixed = OLD.format(space=QTI3).replace("<itemBody><p>x</p></itemBody>", (
        '<itemBody><p><qti-text-entry-interaction response-identifier="R"/></p></itemBody>'
    ))  # fmt: skip
    root = to_qti3(documents.parse(mixed.encode(), file="q.xml"), file="q.xml")
    assert root.tag == f"{{{QTI3}}}qti-assessment-item"
    names = {local(one) for one in root.iter("*")}
    assert {"qti-text-entry-interaction", "qti-mapping", "qti-map-entry"} <= names
    assert scorable_item(mixed.encode(), file="q.xml").responses[0].identifier == "R"


def test_a_value_of_base_type_identifier_is_taken_as_it_stands() -> None:
    text = OLD.replace('baseType="string"', 'baseType="identifier"').replace('"a"', '"A1 B1"')
    mapping = (
        scorable_item(text.format(space=SPACES[3]).encode(), file="q.xml").responses[0].mapping
    )
    assert mapping is not None
    assert mapping.entries[0].key == "A1 B1"
