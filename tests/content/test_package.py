"""A package is read whole, and what is wrong with it is said in one go."""

import pytest

from ardoise.content.faults import FINDINGS_LIMIT, ContentFault
from ardoise.content.package import read_package
from tests.content.samples import (
    CHOICE,
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
        item(CHOICE, identifier="q-2", template="match_nothing"),
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


def test_the_digest_changes_with_any_byte_and_not_with_packing() -> None:
    files = files_of(item())
    digest = read_package(zipped(files), name="a").digest
    again = read_package(zipped(dict(reversed(files.items()))), name="b").digest
    other = read_package(zipped({**files, "extra.txt": b"x"}), name="a").digest
    assert digest == again != other
