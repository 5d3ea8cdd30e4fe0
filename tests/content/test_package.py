"""A package is read whole, and what is wrong with it is said in one go."""

import pytest

from ardoise.content.faults import FINDINGS_LIMIT, ContentFault
from ardoise.content.package import read_package
from tests.content.drafts import drafted
from tests.content.samples import (
    CHOICE,
    PNG,
    QTI,
    TEMPLATES,
    declared,
    files_of,
    item,
    manifest,
    mapping,
    outline_of,
    package,
    usable,
    zipped,
)


def refused(*items: str, **more: bytes | str) -> list[str]:
    with pytest.raises(ContentFault) as caught:
        usable(*items, **more)
    return [str(finding) for finding in caught.value.findings]


def one(found: list[str], part: str) -> None:
    assert any(part in line for line in found), found


def test_items_stand_in_the_order_of_the_test() -> None:
    items = [item(identifier=f"q-{n}") for n in (1, 2, 3)]
    listed = manifest(["1.xml", "2.xml", "3.xml"], tests=("test.xml",))
    read = package(
        *items, **{"imsmanifest.xml": listed, "test.xml": outline_of(["3.xml", "1.xml"])}
    )
    assert [found.identifier for found in read.items] == ["q-3", "q-1"]
    assert (read.identifier, read.title) == ("T", "The test")


def test_without_a_test_the_manifest_gives_the_order() -> None:
    read = package(item(identifier="q-2"), item(identifier="q-1"))
    assert [found.identifier for found in read.items] == ["q-2", "q-1"]


def test_the_test_s_rubrics_are_kept_with_their_views() -> None:
    section = '<qti-rubric-block view="candidate tutor"><p>Read.</p></qti-rubric-block>'
    listed = manifest(["1.xml"], tests=("test.xml",))
    read = package(
        item(), **{"imsmanifest.xml": listed, "test.xml": outline_of(["1.xml"], section=section)}
    )
    assert read.rubrics[0].views == {"candidate", "tutor"}
    assert read.rubrics[0].nodes == (["p", {}, "Read."],)


def test_many_faults_are_reported_at_once() -> None:
    found = refused(
        item("<marquee/><video/>" + CHOICE, identifier="q-1"),
        item(CHOICE, identifier="q-2", template="match_everything"),
        item(CHOICE, identifier="q-3", declarations=declared("Z")),
    )
    one(found, "item q-1, <marquee>")
    one(found, "item q-1, <video>")
    one(found, "item q-2, <qti-response-processing>")


def test_findings_are_bounded() -> None:
    assert len(refused(item("<marquee/>\n" * 5_000))) == FINDINGS_LIMIT


def test_a_missing_file_is_named() -> None:
    one(
        refused(item(), **{"imsmanifest.xml": manifest(["1.xml", "gone.xml"])}),
        "gone.xml, which is missing",
    )
    listed = manifest(["1.xml"], tests=("test.xml",))
    found = refused(item(), **{"imsmanifest.xml": listed, "test.xml": outline_of(["gone.xml"])})
    one(found, "test.xml:1: names gone.xml, which is missing")


def test_a_manifest_that_points_outside_is_refused() -> None:
    one(refused(item(), **{"imsmanifest.xml": manifest(["../1.xml"])}), "outside the package")


def test_no_manifest_is_a_clear_fault() -> None:
    with pytest.raises(ContentFault, match=r"no imsmanifest\.xml at its top"):
        read_package(zipped({"folder/imsmanifest.xml": b"<a/>", "b.xml": b"<a/>"}), name="s")


def test_the_same_identifier_twice_is_refused() -> None:
    one(refused(item(), item()), "has the identifier of 1.xml")


def test_what_is_no_item_is_refused_by_name() -> None:
    old = '<assessmentSection xmlns="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="a"/>'
    one(refused(old), "must be a <qti-assessment-item>")


def test_an_unknown_rule_keeps_an_item_from_being_scored_and_not_from_being_delivered() -> None:
    own = "<qti-response-processing>\n<qti-mystery/></qti-response-processing>"
    found = package(item(template=None, after=own)).items[0]
    assert "item q-1, <qti-mystery>" in str(found.unscorable[0])
    assert found.obstacles == ()


def test_a_key_that_is_no_option_is_warned_of() -> None:
    found = package(item(declarations=declared("Z")))
    one([str(warning) for warning in found.warnings], "Z is none of the options")


@pytest.mark.parametrize(
    "uri",
    [
        TEMPLATES + "match_correct",
        TEMPLATES + "match_correct.xml",
        "http://www.imsglobal.org/question/qti_v3p0/rptemplates/match_correct",
        "http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct.xml",
        "match_correct.xml",
    ],
)
def test_a_template_is_known_by_the_last_part_of_its_address(uri: str) -> None:
    own = f'<qti-response-processing template="{uri}"/>'
    assert package(item(template=None, after=own)).items[0].template == "match_correct"


@pytest.mark.parametrize(
    ("declarations", "template", "message"),
    [
        (declared("A B", base="pair"), "match_correct", "RESPONSE must be identifier"),
        (declared("A", base="string"), "match_correct", "cannot answer a string"),
        (declared("A", cardinality="ordered"), "match_correct", "cannot answer ordered"),
        (declared("A") * 2, "match_correct", "declares RESPONSE twice"),
        ("", "match_correct", "not declared"),
        (declared(mapping=mapping({"A": 1}, 'upper-bound="many"')), "map_response", "a number"),
    ],
)
def test_declarations_that_do_not_fit_are_refused(
    declarations: str, template: str, message: str
) -> None:
    one(refused(item(declarations=declarations, template=template)), message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('max-choices="1"', 'max-choices="0"', "set max-choices to 1"),
        ('max-choices="1"', 'max-choices="one"', "must be a whole number"),
        ('max-choices="1"', 'max-choices="1" min-choices="2"', "min-choices is above"),
        ('identifier="B"', 'identifier="A"', "stands twice"),
        ('identifier="B"', 'identifier="B C"', "needs an identifier"),
        ('identifier="B"', 'identifier="B" template-identifier="T"', "template variable"),
        ("<qti-prompt>", f"<qti-prompt>{CHOICE}", "inside another interaction"),
        ('response-identifier="RESPONSE"', 'response-identifier="OTHER"', "not declared"),
    ],
)
def test_an_interaction_that_cannot_work_is_refused(old: str, new: str, message: str) -> None:
    one(refused(item(CHOICE.replace(old, new))), message)


@pytest.mark.parametrize("pattern", ["[0-9", r"\\p{Lu}+", "x" * 600])
def test_a_pattern_that_no_browser_reads_is_left_out_and_said(pattern: str) -> None:
    read = package(item(patterned(pattern), declarations=declared("x", base="string")))
    assert getattr(read.items[0].questions[0], "pattern", "") is None
    one([str(warning) for warning in read.warnings], "pattern-mask is left out")


def patterned(pattern: str) -> str:
    return (
        '<p><qti-text-entry-interaction response-identifier="RESPONSE" '
        f'pattern-mask="{pattern}"/></p>'
    )


def test_the_template_scores_one_response_so_a_second_is_warned_of() -> None:
    second = CHOICE.replace("RESPONSE", "R2")
    more = declared("A").replace("RESPONSE", "R2")
    read = package(item(CHOICE + second, declarations=declared("A") + more))
    one([str(warning) for warning in read.warnings], "never R2")


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ('<qti-selection select="9"/>', "a number up to 1"),
        ('<qti-selection select="1" with-replacement="true"/>', "given an item once"),
        ("<qti-branch-rule/>", "needs a target"),
        ("<qti-adaptive-selection/>", "use branch rules"),
        ('<qti-item-session-control allow-comment="true"/>', "no comments"),
        ('<qti-time-limits max-time="soon"/>', "must be seconds"),
        ("<mystery/>", "not known in a test"),
    ],
)
def test_what_a_test_asks_that_cannot_be_kept_to_is_refused(section: str, message: str) -> None:
    listed = manifest(["1.xml"], tests=("test.xml",))
    files = {"imsmanifest.xml": listed, "test.xml": outline_of(["1.xml"], section=section)}
    one(refused(item(), **files), message)


QTI2 = "http://www.imsglobal.org/xsd/imsqti_v2p1"
OLD = f"""<?xml version="1.0"?>
<!DOCTYPE assessmentItem SYSTEM "qti.dtd">
<assessmentItem xmlns="{QTI2}" identifier="old" title="Old" adaptive="false" timeDependent="false">
<responseDeclaration identifier="RESPONSE" cardinality="single" baseType="identifier">
<correctResponse><value>A</value></correctResponse></responseDeclaration>
<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>
<itemBody><p><object type="image/png" data="a.png">A cat</object></p>
<choiceInteraction responseIdentifier="RESPONSE" shuffle="false" maxChoices="1">
<simpleChoice identifier="A">a</simpleChoice><simpleChoice identifier="B"><marquee/></simpleChoice>
</choiceInteraction></itemBody>
<responseProcessing template="http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"/>
</assessmentItem>"""
OLD_TEST = f"""<assessmentTest xmlns="{QTI2}" identifier="T" title="Old test">
<testPart identifier="P" navigationMode="linear" submissionMode="individual">
<assessmentSection identifier="S" title="S" visible="true">
<assessmentItemRef identifier="r1" href="1.xml"/></assessmentSection></testPart></assessmentTest>"""


def old_package(text: str) -> dict[str, bytes | str]:
    rows = "".join(
        f'<resource identifier="R{name}" type="imsqti_{kind}_xmlv2p1" href="{name}"/>'
        for kind, name in (("item", "1.xml"), ("test", "test.xml"))
    )
    listed = (
        '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="M" '
        f'xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:base="d/">'
        f"<resources>{rows}</resources></manifest>"
    )
    files: dict[str, bytes | str] = {"imsmanifest.xml": listed, "d/1.xml": text}
    return {**files, "d/test.xml": OLD_TEST, "d/a.png": PNG}


def test_a_package_of_qti_2_is_read_and_its_originals_are_kept() -> None:
    files = old_package(OLD.replace("<marquee/>", "b"))
    read = read_package(zipped(files), name="old")
    found = read.items[0]
    assert (found.identifier, found.template, found.obstacles) == ("old", "match_correct", ())
    assert found.body[0] == ["p", {}, ["img", {"alt": "A cat", "src": "d/a.png"}]]
    assert read.test is not None
    assert read.test.parts[0].navigation == "linear"
    assert read.originals == {
        path: held.encode() if isinstance(held, str) else held for path, held in files.items()
    }


def test_a_fault_of_qti_2_stands_at_its_own_line() -> None:
    found = read_package(zipped(old_package(OLD)), name="old").items[0]
    assert str(found.obstacles[0]).startswith("d/1.xml:9: item old, <marquee>")


@pytest.mark.parametrize("base", ["../", "http://example.org/", "/etc/"])
def test_a_base_that_leaves_the_package_is_refused(base: str) -> None:
    listed = manifest(["1.xml"]).replace("<resources>", f'<resources xml:base="{base}">')
    one(refused(item(), **{"imsmanifest.xml": listed}), "lies outside the package")


def test_one_item_s_trouble_is_not_another_s() -> None:
    read = package(item("<marquee/>" + CHOICE, identifier="q-1"), item(identifier="q-2"))
    assert [bool(found.obstacles) for found in read.items] == [True, False]
    with pytest.raises(ContentFault, match="marquee"):
        drafted(read)


def test_a_stimulus_that_several_items_share_travels_once() -> None:
    stimulus = (
        '<qti-assessment-stimulus xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" '
        'identifier="S" title="S"><qti-stimulus-body><p>Shared.</p></qti-stimulus-body>'
        "</qti-assessment-stimulus>"
    )
    ref = '<qti-assessment-stimulus-ref identifier="S" href="s.xml"/>'
    texts = [item(identifier=f"q-{n}", declarations=declared("A") + ref) for n in (1, 2)]
    made = drafted(package(*texts, **{"s.xml": stimulus})).with_blobs({})
    assert list(made.stimuli) == ["s1"]
    assert [found.body[0] for found in made.items] == [["stimulus", {"ref": "s1"}]] * 2
    assert made.stimuli["s1"].body == (["p", {}, "Shared."],)


def test_catalogs_travel_under_neutral_names_without_what_is_not_for_pupils() -> None:
    info = (
        '<qti-catalog-info><qti-catalog id="hint-b"><qti-card support="glossary-on-screen">'
        "<qti-html-content><p>A word.</p></qti-html-content></qti-card>"
        '<qti-card support="braille"><qti-html-content>dots</qti-html-content></qti-card>'
        '<qti-card support="keyword-translation"><qti-card-entry xml:lang="uk">'
        "<qti-html-content>слово</qti-html-content></qti-card-entry></qti-card>"
        "</qti-catalog></qti-catalog-info>"
    )
    body = '<p><span data-catalog-idref="hint-b">word</span></p>' + CHOICE
    made = drafted(package(item(body, declarations=declared("A") + info))).with_blobs({})
    assert made.items[0].body[0] == ["p", {}, ["span", {"catalog": "t1"}, "word"]]
    cards = [(card.support, card.language, card.content) for card in made.catalogs["t1"]]
    assert cards == [
        ("glossary-on-screen", "", (["p", {}, "A word."],)),
        ("keyword-translation", "uk", ("слово",)),
    ]


def test_the_digest_changes_with_any_byte_and_not_with_packing() -> None:
    files = files_of(item())
    digest = read_package(zipped(files), name="a").digest
    again = read_package(zipped(dict(reversed(files.items()))), name="b").digest
    other = read_package(zipped({**files, "extra.txt": b"x"}), name="a").digest
    assert digest == again != other


@pytest.mark.parametrize(
    "kind",
    [
        "imsqti_item_xmlv2p2",
        "imsqti_apipitem_xmlv2p1",
        "imsqti_item_xmlv3p0p1",
        "ims_qti_item_xmlv2p1",
    ],
)
def test_items_are_known_by_every_version_s_type(kind: str) -> None:
    listed = manifest(["1.xml"]).replace("imsqti_item_xmlv3p0", kind)
    assert kind in listed
    found = package(item(), **{"imsmanifest.xml": listed}).items
    assert len(found) == 1


def test_a_stimulus_that_the_manifest_calls_a_test_is_no_second_test() -> None:
    story = (
        f'<qti-assessment-stimulus xmlns="{QTI}" identifier="s" title="s"><qti-stimulus-body>'
        "<p>x</p></qti-stimulus-body></qti-assessment-stimulus>"
    )
    listed = manifest(["1.xml"], tests=("test.xml", "story.xml"))
    files = {"imsmanifest.xml": listed, "test.xml": outline_of(["1.xml"]), "story.xml": story}
    found = package(item(), **files)
    assert found.test is not None
    assert found.test.file == "test.xml"


def test_a_test_may_declare_a_context() -> None:
    context = '<qti-context-declaration identifier="QTI_CONTEXT" cardinality="record"/>'
    text = outline_of(["1.xml"]).replace("<qti-test-part", f"{context}<qti-test-part", 1)
    assert context in text
    listed = manifest(["1.xml"], tests=("test.xml",))
    assert package(item(), **{"imsmanifest.xml": listed, "test.xml": text}).test is not None
