"""A whole test, read: every feature of its structure, and what is refused by name."""

import pytest

from ardoise.content.assessment_model import SessionControl, TimeLimits
from ardoise.content.faults import ContentFault
from ardoise.content.package import Package, read_package
from tests.content.samples import QTI, item, manifest, zipped

RULE = (
    '<qti-gte><qti-variable identifier="{}"/>'
    '<qti-base-value base-type="float">1</qti-base-value></qti-gte>'
)


def ref(n: int, more: str = "", attributes: str = "") -> str:
    """A reference to item n."""
    return (
        f'<qti-assessment-item-ref identifier="r{n}" href="{n}.xml" {attributes}>{more}'
        "</qti-assessment-item-ref>"
    )


def section(identifier: str, held: str, attributes: str = 'visible="true"') -> str:
    """A section."""
    return (
        f'<qti-assessment-section identifier="{identifier}" title="T {identifier}" {attributes}>'
        f"{held}</qti-assessment-section>"
    )


def part(identifier: str, held: str, mode: str = "nonlinear", submit: str = "individual") -> str:
    """A test part."""
    return (
        f'<qti-test-part identifier="{identifier}" navigation-mode="{mode}" '
        f'submission-mode="{submit}">{held}</qti-test-part>'
    )


def test_of(held: str) -> str:
    """An assessment test."""
    return (
        f'<qti-assessment-test xmlns="{QTI}" identifier="T" title="T">{held}</qti-assessment-test>'
    )


test_of.__test__ = False  # type: ignore[attr-defined]


def read(held: str, files: dict[str, str] | None = None, *, count: int = 3) -> Package:
    """The package of a test over items 1.xml … count.xml."""
    paths = [f"{n}.xml" for n in range(1, count + 1)]
    made = {path: item(identifier=f"q-{n}") for n, path in enumerate(paths, 1)}
    made |= {"imsmanifest.xml": manifest(paths, tests=("test.xml",)), "test.xml": test_of(held)}
    return read_package(zipped(made | (files or {})), name="sample")


def refused(held: str, files: dict[str, str] | None = None) -> str:
    """Why a test is refused."""
    with pytest.raises(ContentFault) as fault:
        read(held, files)
    return str(fault.value)


def test_sections_nest_and_items_stand_in_document_order() -> None:
    held = section("A", ref(2) + section("B", ref(1), 'visible="false"') + ref(3))
    test = read(part("P", held)).test
    assert test is not None
    assert [found.identifier for found in test.sections()] == ["A", "B"]
    assert [found.identifier for found in test.items()] == ["r2", "r1", "r3"]
    assert test.parts[0].sections[0].children[1].kept  # type: ignore[union-attr]


def test_a_section_in_a_file_of_its_own_has_its_own_paths() -> None:
    inner = section("B", '<qti-assessment-item-ref identifier="r1" href="../1.xml"/>')
    files = {"sections/b.xml": inner}
    held = section("A", '<qti-assessment-section-ref identifier="B" href="sections/b.xml"/>')
    test = read(part("P", held), files).test
    assert test is not None
    assert [(found.path, found.file) for found in test.items()] == [("1.xml", "sections/b.xml")]


def test_a_section_that_holds_itself_is_refused_not_followed_for_ever() -> None:
    loop = section("B", '<qti-assessment-section-ref identifier="B" href="b.xml"/>')
    held = section("A", '<qti-assessment-section-ref identifier="B" href="b.xml"/>')
    assert "make the test flatter" in refused(part("P", held), {"b.xml": loop})


def test_what_a_reference_says_of_its_item_is_kept() -> None:
    more = (
        '<qti-variable-mapping source-identifier="SCORE" target-identifier="POINTS"/>'
        '<qti-weight identifier="W" value="2.5"/>'
        '<qti-item-session-control max-attempts="0" allow-skipping="false"/>'
        '<qti-time-limits min-time="5" max-time="90" allow-late-submission="true"/>'
    )
    held = section("A", ref(1, more, 'category="easy oral" required="true" fixed="true"'))
    test = read(part("P", held)).test
    assert test is not None
    (found,) = test.items()
    assert found.categories == ("easy", "oral")
    assert (found.required, found.fixed) == (True, True)
    assert found.weights == {"W": 2.5}
    assert found.item_variable("POINTS") == "SCORE"
    assert found.limits == TimeLimits(5, 90, late=True)
    outer = SessionControl(attempts=1, review=False, skipping=True, validate=True)
    assert found.control.within(outer) == SessionControl(0, False, False, True)


def test_outcome_processing_is_kept_for_scoring_and_feedback_is_left_out() -> None:
    held = (
        '<qti-outcome-declaration identifier="TOTAL" cardinality="single" base-type="float"/>'
        + part("P", section("A", ref(1)))
        + '<qti-outcome-processing><qti-set-outcome-value identifier="TOTAL"><qti-sum>'
        '<qti-test-variables variable-identifier="SCORE"/></qti-sum></qti-set-outcome-value>'
        "</qti-outcome-processing>"
        '<qti-test-feedback outcome-identifier="TOTAL" identifier="x" show-hide="show" '
        'access="atEnd"><qti-content-body><p>Well done</p></qti-content-body></qti-test-feedback>'
    )
    package = read(held)
    assert package.test is not None
    assert package.test.outcomes[0].identifier == "TOTAL"
    assert package.test.outcome_processing is not None
    assert "Well done" not in str(package.test)


def test_a_test_of_version_2_reads_like_one_of_version_3() -> None:
    two = (
        '<assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="T" title="T">'
        '<testPart identifier="P" navigationMode="linear" submissionMode="individual">'
        '<timeLimits maxTime="600"/>'
        '<assessmentSection identifier="A" title="A" visible="true"><selection select="1"/>'
        '<ordering shuffle="true"/><assessmentItemRef identifier="r1" href="1.xml"/>'
        '<assessmentItemRef identifier="r2" href="2.xml"><preCondition><not><isNull>'
        '<variable identifier="r1.RESPONSE"/></isNull></not></preCondition></assessmentItemRef>'
        "</assessmentSection></testPart></assessmentTest>"
    )
    test = read("", {"test.xml": two}).test
    assert test is not None
    (found,) = test.parts
    assert (found.navigation, found.limits) == ("linear", TimeLimits(most=600))
    assert (found.sections[0].select, found.sections[0].shuffle) == (1, True)
    assert [one.name for one in list(test.items())[1].conditions] == ["not"]


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ("", "has no qti-test-part"),
        (part("P", section("P", ref(1))), "has the identifier P"),
        (part("P", section("A", ref(1)), "sideways"), "navigation-mode must be"),
        (part("P", section("A", ref(1)), submit="never"), "submission-mode must be"),
        (part("P", section("A", ref(1), 'visible="perhaps"')), "must be true or false"),
        (
            part("P", section("A", '<qti-selection select="1"/>'
                 + ref(1, attributes='required="true"') + ref(2, attributes='required="true"'))),
            "of which 2 are required",
        ),
        (
            part("P", section("A", '<qti-time-limits min-time="9" max-time="3"/>' + ref(1))),
            "min-time is above max-time",
        ),
        (
            part("P", section("A", ref(1, "<qti-pre-condition/>"))),
            "needs exactly one expression",
        ),
        (
            part("P", section("A", '<qti-assessment-section-ref identifier="B" href="no.xml"/>')),
            "names a section that is not in the package",
        ),
        (part("P", section("A", ref(1, "<mystery/>"))), "not known in a test"),
        (part("P", section("A", ref(1, '<qti-weight identifier="W"/>'))), "and a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_to_is_refused_by_name(held: str, message: str) -> None:
    assert message in refused(held)


def test_a_fault_names_the_file_and_the_line() -> None:
    held = "\n\n" + part("P", section("A", ref(1, "<qti-branch-rule/>")))
    assert "test.xml:3: <qti-branch-rule>: needs a target" in refused(held)


def test_branch_rules_keep_their_order_and_their_expressions() -> None:
    rules = "".join(
        f'<qti-branch-rule target="{to}">{RULE.format("r1.SCORE")}</qti-branch-rule>'
        for to in ("r3", "EXIT_TEST")
    )
    test = read(part("P", section("A", ref(1, rules) + ref(2) + ref(3)), "linear")).test
    assert test is not None
    first = next(test.items())
    assert [rule.target for rule in first.branches] == ["r3", "EXIT_TEST"]
    assert first.branches[0].when.name == "gte"


def test_rules_that_a_nonlinear_part_never_asks_for_are_told() -> None:
    rule = f'<qti-branch-rule target="r2">{RULE.format("r1.SCORE")}</qti-branch-rule>'
    held = section("A", ref(1, rule) + ref(2))
    assert "make it linear" in str(read(part("P", held)).warnings[0])
    assert read(part("P", held, "linear")).warnings == ()
