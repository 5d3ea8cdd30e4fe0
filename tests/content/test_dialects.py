"""What engines take beside QTI is read as one thing, with a warning; all else stays a fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.content.dialects import dialect_of, plain_name
from ardoise.content.documents import parse
from ardoise.content.faults import ContentFault, Findings
from ardoise.content.processing import EXPRESSIONS, Assign, Expression
from ardoise.content.rule_reader import RuleReader
from ardoise.content.scorable import Scorable, scorable_item
from ardoise.content.variables import MatchTable

V2 = "http://www.imsglobal.org/xsd/imsqti_v2p2"
V3 = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
R3, S3 = '<qti-variable identifier="R"/>', '<qti-variable identifier="S"/>'
R2, S2 = '<variable identifier="R"/>', '<variable identifier="S"/>'


def old(rules: str, declared: str = "", template: str = "") -> bytes:
    """An item of QTI 2.2; its rules stand on line 3."""
    return f"""<assessmentItem xmlns="{V2}" identifier="q1" title="t" adaptive="false"
timeDependent="false">{declared}<responseProcessing{template}>
{rules}</responseProcessing></assessmentItem>""".encode()


def new(rules: str) -> bytes:
    """An item of QTI 3; its rules stand on line 3."""
    return f"""<qti-assessment-item xmlns="{V3}" identifier="q1" title="t" adaptive="false"
time-dependent="false"><qti-response-processing>
{rules}</qti-response-processing></qti-assessment-item>""".encode()


def read(payload: bytes) -> tuple[Scorable, list[str]]:
    findings = Findings()
    item = scorable_item(payload, file="q1.xml", findings=findings)
    return item, [str(warning) for warning in findings.warnings]


def expression(payload: bytes) -> tuple[Expression, list[str]]:
    """The value that the only rule sets, and the warnings."""
    item, warnings = read(payload)
    assert item.response_processing is not None
    (rule,) = item.response_processing.rules
    assert isinstance(rule, Assign)
    return rule.expression, warnings


def set2(inside: str) -> bytes:
    return old(f'<setOutcomeValue identifier="X">{inside}</setOutcomeValue>')


def set3(inside: str) -> bytes:
    return new(f'<qti-set-outcome-value identifier="X">{inside}</qti-set-outcome-value>')


def said(tree: Expression) -> str:
    """A tree on one line."""
    attributes = "".join(f" {key}={value}" for key, value in sorted(tree.attributes.items()))
    inner = ", ".join(map(said, tree.operands))
    return f"{tree.name}{attributes}{':' + tree.text if tree.text else ''}({inner})"


R, S = "variable identifier=R()", "variable identifier=S()"
WORDS = '<baseValue baseType="string">{}</baseValue>'
WHOLE = '<baseValue baseType="integer">{}</baseValue>'


@pytest.mark.parametrize(
    ("written", "element", "tree"),
    [
        (f"<isNotNull>{R2}</isNotNull>", "isNotNull", f"not(is-null({R}))"),
        (f"<notEqual>{R2}{S2}</notEqual>", "notEqual", f"not(match({R}, {S}))"),
        (f'<notEqual toleranceMode="absolute" tolerance="1">{R2}{S2}</notEqual>', "notEqual",
         f"not(equal tolerance=1 tolerance-mode=absolute({R}, {S}))"),
        (f'<allN max="1">{R2}{S2}</allN>', "allN", f"any-n max=1 min=0({R}, {S})"),
        (f'<allN min="1" max="2">{R2}</allN>', "allN", f"any-n max=2 min=1({R})"),
        (f"<mod>{R2}{S2}</mod>", "mod", f"integer-modulus({R}, {S})"),
        (f"<mean>{R2}</mean>", "mean", f"stats-operator name=mean({R})"),
        (f"<sampleVariance>{R2}</sampleVariance>", "sampleVariance",
         f"stats-operator name=sampleVariance({R})"),
        (f"<sampleSD>{R2}</sampleSD>", "sampleSD", f"stats-operator name=sampleSD({R})"),
        (f"<popVariance>{R2}</popVariance>", "popVariance",
         f"stats-operator name=popVariance({R})"),
        (f"<popSD>{R2}</popSD>", "popSD", f"stats-operator name=popSD({R})"),
        (f"<isTypeOf>{R2}{WORDS.format('directedPair')}</isTypeOf>", "isTypeOf",
         f"is-type-of base-type=directed-pair({R})"),
        (f'<record><fieldValue fieldIdentifier="a">{R2}</fieldValue>'
         f'<fieldValue fieldIdentifier="b">{S2}</fieldValue></record>', "record",
         f"record fields=a b({R}, {S})"),
        ('<mapOutcome identifier=" R "/>', "mapOutcome", "map-outcome identifier=R()"),
        (f"<preCondition>{R2}</preCondition>", "qti-pre-condition", f"pre-condition({R})"),
        (f"<index>{R2}{WHOLE.format(2)}</index>", "qti-index", f"index n=2({R})"),
        (f"<index>{R2}{S2}</index>", "qti-index", f"index n=S({R})"),
        (f"<substring>{R2}{S2}{S2}</substring>", "qti-substring", f"slice({R}, {S}, {S})"),
        (f"<patternMatch>{R2}{WORDS.format('a|b')}</patternMatch>", "qti-pattern-match",
         f"pattern-match pattern=a|b({R})"),
        (f'<patternMatch pattern="a" caseSensitive="false">{R2}</patternMatch>',
         "qti-pattern-match", f"pattern-match case-sensitive=false pattern=a({R})"),
        ('<customOperator class="my.Op"><null/></customOperator>', "qti-custom-operator", "null()"),
    ],
)  # fmt: skip
def test_a_dialect_is_read_as_the_rule_it_stands_for(written: str, element: str, tree: str) -> None:
    found, warnings = expression(set2(written))
    assert said(found) == tree
    (warning,) = warnings
    assert warning.startswith(f"q1.xml:3: item q1, <{element}>: ")
    assert ("other engines may score differently" in warning) == ("custom" not in element)


def test_qti_3_spells_dialects_its_own_way() -> None:
    assert said(expression(set3(f"<qti-is-not-null>{R3}</qti-is-not-null>"))[0]) == (
        f"not(is-null({R}))"
    )
    assert said(expression(set3(f"<qti-pop-sd>{R3}</qti-pop-sd>"))[0]) == (
        f"stats-operator name=popSD({R})"
    )
    _, warnings = expression(set3(f"<qti-not-equal>{R3}{S3}</qti-not-equal>"))
    assert "<qti-not-equal>: is no element of QTI: read as not of match" in warnings[0]


def test_qti_itself_is_never_warned_of() -> None:
    for written in (
        f'<qti-index n="1">{R3}</qti-index>',
        f"<qti-substring>{R3}{S3}</qti-substring>",
        f'<qti-pattern-match pattern="a">{R3}</qti-pattern-match>',
    ):
        assert expression(set3(written))[1] == []


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("<qti-foo/>", "<qti-foo>: is no expression of QTI"),
        (f"<qti-is-not-nul>{R3}</qti-is-not-nul>", "<qti-is-not-nul>: is no expression of QTI"),
        (f"<qti-isnotnull>{R3}</qti-isnotnull>", "<qti-isnotnull>: is no expression of QTI"),
        (f"<qti-notequals>{R3}{S3}</qti-notequals>", "is no expression of QTI"),
        (f"<qti-median>{R3}</qti-median>", "<qti-median>: is no expression of QTI"),
        ("<qti-is-not-null/>", "<qti-is-not-null>: holds 0 expressions: QTI wants 1"),
        (f"<qti-all-n>{R3}</qti-all-n>", "<qti-all-n>: needs the attribute max"),
        (f"<qti-index>{R3}</qti-index>", "<qti-index>: needs the attribute n"),
        (f"<qti-index>{R3}<qti-null/></qti-index>", "needs the attribute n: a whole number"),
        (f"<qti-pattern-match>{R3}{S3}</qti-pattern-match>", "write the pattern out"),
        (f"<qti-pattern-match>{R3}</qti-pattern-match>", "needs the attribute pattern"),
        (f"<qti-is-type-of>{R3}{S3}</qti-is-type-of>", "needs the name of a base type"),
        (f"<qti-record>{R3}</qti-record>", "may hold field-values alone"),
        ("<qti-record/>", "<qti-record>: holds 0 expressions"),
        (f'<qti-record><qti-field-value field-identifier="a">{R3}</qti-field-value>'
         f'<qti-field-value field-identifier="a">{R3}</qti-field-value></qti-record>',
         "each with a field-identifier of its own"),
        (f"<qti-lookup-table>{R3}</qti-lookup-table>", "needs an expression and a match-table"),
        (f"<qti-lookup-table>{R3}{S3}</qti-lookup-table>", "needs an expression and a match-table"),
        (f'<qti-lookup-table>{R3}<qti-interpolation-table interpolation-method="spline">'
         '<qti-interpolation-table-entry source-value="1" target-value="1"/>'
         "</qti-interpolation-table></qti-lookup-table>", "<qti-lookup-table>: needs"),
        (f'<qti-lookup-table>{R3}<qti-interpolation-table interpolation-method="linear">'
         '<qti-interpolation-table-entry source-value="1" target-value="a"/>'
         "</qti-interpolation-table></qti-lookup-table>", "of numbers if"),
        (f'<qti-lookup-table>{R3}<qti-match-table><qti-match-table-entry source-value="x"'
         ' target-value="1"/></qti-match-table></qti-lookup-table>', "whole number as"),
    ],
)  # fmt: skip
def test_what_is_neither_qti_nor_a_dialect_is_a_fault(written: str, message: str) -> None:
    with pytest.raises(ContentFault) as fault:
        read(set3(written))
    assert message in str(fault.value)
    assert "q1.xml:3: item q1, <" in str(fault.value)


@pytest.mark.parametrize("name", ["qti-foo", "qti-set-respons-value", "qti-set-template-value"])
def test_a_rule_of_no_dialect_is_a_fault(name: str) -> None:
    with pytest.raises(ContentFault, match=f"<{name}>: is no rule of response processing of QTI"):
        read(new(f'<{name} identifier="R">{R3}</{name}>'))


@given(st.from_regex(r"qti-[a-z]{2,8}(-[a-z]{2,8}){0,2}", fullmatch=True))
def test_no_invented_name_is_read(name: str) -> None:
    plain = name.removeprefix("qti-")
    if plain not in EXPRESSIONS and dialect_of(plain, {}, 1) is None:
        with pytest.raises(ContentFault):
            read(set3(f"<{name}>{R3}</{name}>"))


def test_names_are_one_in_either_spelling() -> None:
    assert plain_name("isNotNull") == plain_name("qti-is-not-null") == "is-not-null"
    assert plain_name("sampleSD") == "sample-sd"


def test_operators_of_ours_cannot_be_written() -> None:
    for name in ("qti-slice", "slice"):
        with pytest.raises(ContentFault, match="is no expression of QTI"):
            read(set3(f"<{name}>{R3}{R3}{R3}</{name}>"))


def test_a_lookup_table_holds_numbers_or_else_texts() -> None:
    entry = '<matchTableEntry sourceValue="1" targetValue="{}"/>'
    table = '<lookupTable>{}<matchTable defaultValue="0">{}</matchTable></lookupTable>'
    found, warnings = expression(set2(table.format(R2, entry.format("2.5"))))
    assert found.attributes == {"base-type": "float", "method": ""}
    assert found.table == MatchTable(((1, "2.5"),), "0")
    assert "<lookupTable>: is no element of QTI: read as the entry of its table" in warnings[0]
    found, _ = expression(set2(table.format(R2, entry.format("low"))))
    assert found.attributes["base-type"] == "string"


def test_responses_are_set_and_set_back() -> None:
    rules = (
        f'<setResponseValue identifier="R">{S2}</setResponseValue><setDefaultValue identifier="R"/>'
    )
    item, warnings = read(old(rules))
    assert item.response_processing is not None
    one, other = item.response_processing.rules
    assert isinstance(one, Assign)
    assert isinstance(other, Assign)
    assert one.rule == other.rule == "set-response-value"
    assert said(other.expression) == "default identifier=R()"
    assert "<setResponseValue>: is no element of QTI" in warnings[0]
    assert "<qti-set-default-value>: is not written as QTI says" in warnings[1]


def test_a_default_is_never_given_a_value_by_response_processing() -> None:
    rule = f'<qti-set-default-value identifier="R">{S3}</qti-set-default-value>'
    with pytest.raises(ContentFault, match="no value of its own"):
        read(new(rule))
    with pytest.raises(ContentFault, match="needs the identifier"):
        read(new("<qti-set-default-value/>"))


def test_template_processing_knows_no_set_response_value() -> None:
    rules = f'<setResponseValue identifier="R">{R2}</setResponseValue>'
    declared = f"<templateProcessing>{rules}</templateProcessing>"
    with pytest.raises(ContentFault, match="is no rule of template processing"):
        read(old("", declared))


def test_an_outcome_may_declare_a_mapping_and_says_so() -> None:
    declared = """<outcomeDeclaration identifier="X" cardinality="single" baseType="string">
<mapping defaultValue="1"><mapEntry mapKey="A" mappedValue="2"/></mapping></outcomeDeclaration>"""
    item, warnings = read(old("", declared))
    mapping = item.outcomes[0].mapping
    assert mapping is not None
    assert (mapping.default, mapping.entries[0].case_sensitive) == (1.0, True)
    (warning,) = warnings
    assert "q1.xml:3: item q1, <qti-mapping>: is not written as QTI says" in warning


def test_match_nothing_is_no_template_of_qti() -> None:
    address = ' template="http://www.imsglobal.org/question/qti_v2p2/rptemplates/match_nothing"'
    item, warnings = read(old("", template=address))
    assert item.response_processing is not None
    assert item.response_processing.template == "match_nothing"
    assert "<qti-response-processing>: names no template of QTI: read as the full" in warnings[0]


def test_files_are_never_joined() -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="a.xml"/>'
    for payload in (new(include), old(include)):
        with pytest.raises(ContentFault, match="includes another file"):
            read(payload)


def test_a_test_reads_dialects_but_no_custom_operator() -> None:
    findings = Findings()
    reader = RuleReader(file="test.xml", item="", findings=findings)
    element = parse(f"<qti-not-equal>{R3}{S3}</qti-not-equal>".encode(), file="test.xml")
    assert said(reader.expression(element)) == f"not(match({R}, {S}))"
    assert not findings.faults
    reader.expression(parse(b'<qti-custom-operator class="my.Op"/>', file="test.xml"))
    assert "the custom operator 'my.Op' is not known here" in str(findings.faults[0])
