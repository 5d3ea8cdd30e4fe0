"""Reference cases scored by two other engines: we agree, or say from the specification why not.

They stand beside the repository (../shared/qti-oracle); without them this is skipped, visibly.
`docs/scoring-decisions.md` gives the words of the specification behind every decision here.
"""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ardoise.content.faults import ContentFault, Findings
from ardoise.content.scorable import scorable_item
from ardoise.scoring import Scorer, compile_item
from ardoise.scoring.cases import compare, read_case
from ardoise.scoring.values import parse_lexical

ORACLE = Path(__file__).parents[3] / "shared" / "qti-oracle"
pytestmark = pytest.mark.skipif(
    not (ORACLE / "cases.jsonl").exists(), reason="../shared/qti-oracle is not here"
)
REFUSED = {"pie-responseProcessing_xiInclude": "includes another file"}
"""Refused by name, never joined. The case itself is called `xi_include_is_rejected_for_now`."""

DECIDED = {
    ("pie-mapResponse_bounds_default_duplicates",
     "duplicate responses are counted (and then clamped)"): "SCORE is 10.0, expected 15",
    ("pie-outcomeProcessing_derive_percent_passfail", "both correct => 100% pass"):
        "PERCENT is 0, expected 100; PASS is false, expected true",
    ("pie-outcomeProcessing_derive_percent_passfail", "one correct => 50% pass"):
        "PERCENT is 0, expected 50; PASS is false, expected true",
    ("pie-outcomeProcessing_exitTest", "exitTest_stops_execution"): "SCORE is 0, expected 1",
    ("pie-outcomeProcessing_outcomeCondition_equal", "equal true sets score 1"):
        "SCORE is 0, expected 1",
    ("pie-outcomeProcessing_outcomeCondition_toBoolean", "R=2 => true => 1"):
        "SCORE is 0, expected 1",
    ("pie-outcomeProcessing_outcomeCondition_toBoolean", "R=-1 => true => 1"):
        "SCORE is 0, expected 1",
    ("pie-outcomeProcessing_outcomeProcessingFragment", "fragment_inlines_and_executes"):
        "SCORE is 0, expected 1",
    ("pie-templateProcessing_templateConstraint", "restarts_until_constraint_holds"):
        "SCORE is 0, expected 3",
}  # fmt: skip
"""Cases where we differ from an engine, and what we give: the specification's answer."""

COUNTS = {
    ("two engines", "agree"): 148,
    ("single", "agree"): 1120,
    ("single", "decided"): 2,
    ("single", "refused"): 1,
    ("disputed", "agree"): 5,
    ("disputed", "decided"): 7,
}
"""Cases by how many engines gave the expectation, and what we make of them."""

EXTENDED = {
    "pie-baseTypes_all": "<record>: is no element of QTI: read as a record of these fields",
    "pie-isNull_isNotNull": "<isNotNull>: is no element of QTI: read as not of is-null",
    "pie-responseProcessing_anyN_allN": "<allN>: is no element of QTI: read as any-n",
    "pie-responseProcessing_containerSize_index": "<qti-index>: is not written as QTI says",
    "pie-responseProcessing_customOperator": "'example.op' is not known here: its value is NULL",
    "pie-responseProcessing_default_expression": "<setResponseValue>: is no element of QTI",
    "pie-responseProcessing_deleteValue_repeat": "deleted from the container",
    "pie-responseProcessing_inside_duration_statsOperator": "a string stands among the numbers",
    "pie-responseProcessing_lookupTable_interpolationTable": "read as a straight line",
    "pie-responseProcessing_lookupTable_matchTable": "<lookupTable>: is no element of QTI",
    "pie-responseProcessing_mapOutcome_basic": "<qti-mapping>: is not written as QTI says",
    "pie-responseProcessing_misc_math_string_stats": "<mod>: is no element of QTI",
    "pie-responseProcessing_notEqual_basic": "<notEqual>: is no element of QTI",
    "pie-responseProcessing_patternMatch_caseSensitive": "<qti-pattern-match>: is not written",
    "pie-responseProcessing_preCondition": "<qti-pre-condition>: is no element of QTI",
    "pie-responseProcessing_record_fieldValue": "<record>: is no element of QTI",
    "pie-responseProcessing_responseCondition_toBoolean": "QTI wants a boolean here",
    "pie-responseProcessing_setDefaultValue": "<qti-set-default-value>: is not written as QTI",
    "pie-responseProcessing_setResponseValue_setDefaultValue": "<setResponseValue>: is no element",
    "pie-responseProcessing_template_match_nothing": "names no template of QTI",
    "pie-templateProcessing_templateCondition_toBoolean": "QTI wants a boolean here",
}
"""Items that use what some engines have beside QTI, and a warning that they must give."""


@cache
def scorer_of(name: str) -> Scorer | str:
    payload = (ORACLE / "items" / f"{name}.xml").read_bytes()
    try:
        return compile_item(scorable_item(payload, file=f"{name}.xml"), capture=parse_lexical)
    except ContentFault as fault:
        return str(fault)


def cases() -> list[tuple[dict[str, Any], str]]:
    lines = (ORACLE / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    return [(json.loads(line), line) for line in lines]


def test_every_case_agrees_or_is_decided_from_the_specification() -> None:
    unexplained: list[str] = []
    counts: Counter[tuple[str, str]] = Counter()
    for case, line in cases():
        name, class_ = case["item"], case["agreement"]
        scorer = scorer_of(name)
        if isinstance(scorer, str):
            counts[class_, "refused"] += 1
            if REFUSED.get(name, "\0") not in scorer:
                unexplained.append(f"{name}: refused: {scorer}")
            continue
        found = "; ".join(map(str, compare(read_case(line), scorer)))
        decided = DECIDED.get((name, case["case"]), "")
        counts[class_, "agree" if not found else "decided"] += 1
        if found != decided:
            unexplained.append(f"{name} {case['case']} ({class_}): {found}")
    assert not unexplained, "\n".join(unexplained)
    assert counts == COUNTS


@pytest.mark.parametrize("name", sorted(EXTENDED))
def test_every_use_of_what_qti_does_not_have_is_warned_of(name: str) -> None:
    findings = Findings()
    payload = (ORACLE / "items" / f"{name}.xml").read_bytes()
    item = scorable_item(payload, file=f"{name}.xml", findings=findings)
    scorer = compile_item(item, capture=parse_lexical)
    said = [str(one) for one in (*findings.warnings, *scorer.warnings)]
    assert any(EXTENDED[name] in one for one in said), said
    assert all(one.startswith(f"{name}.xml:") and f"item {item.identifier}, <" in one
               for one in said)  # fmt: skip
