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

from ardoise.content.faults import ContentFault
from ardoise.content.scorable import scorable_item
from ardoise.scoring import Scorer, compile_item
from ardoise.scoring.cases import compare, read_case
from ardoise.scoring.values import parse_lexical

ORACLE = Path(__file__).parents[3] / "shared" / "qti-oracle"
pytestmark = pytest.mark.skipif(
    not (ORACLE / "cases.jsonl").exists(), reason="../shared/qti-oracle is not here"
)
RULE = "is no rule of response processing of QTI"
EXPRESSION = "is no expression of QTI"

REFUSED = {
    "pie-baseTypes_all": f"<record>: {EXPRESSION}",
    "pie-isNull_isNotNull": f"<isNotNull>: {EXPRESSION}",
    "pie-responseProcessing_anyN_allN": f"<allN>: {EXPRESSION}",
    "pie-responseProcessing_containerSize_index": "<qti-index>: needs the attribute n",
    "pie-responseProcessing_customOperator": "the custom operator 'example.op' has no meaning",
    "pie-responseProcessing_default_expression": f"<setResponseValue>: {RULE}",
    "pie-responseProcessing_deleteValue_repeat": f"<setResponseValue>: {RULE}",
    "pie-responseProcessing_inside_duration_statsOperator": "mixes integer and string values",
    "pie-responseProcessing_lookupTable_interpolationTable": f"<lookupTable>: {EXPRESSION}",
    "pie-responseProcessing_lookupTable_matchTable": f"<lookupTable>: {EXPRESSION}",
    "pie-responseProcessing_mapOutcome_basic": "<qti-mapping>: is not known in an outcome",
    "pie-responseProcessing_misc_math_string_stats": "<qti-substring>: holds 3 expressions",
    "pie-responseProcessing_notEqual_basic": f"<notEqual>: {EXPRESSION}",
    "pie-responseProcessing_patternMatch_caseSensitive": "needs the attribute pattern",
    "pie-responseProcessing_preCondition": f"<qti-pre-condition>: {EXPRESSION}",
    "pie-responseProcessing_record_fieldValue": f"<record>: {EXPRESSION}",
    "pie-responseProcessing_responseCondition_toBoolean": "takes boolean values, not integer ones",
    "pie-responseProcessing_setDefaultValue": f"<setResponseValue>: {RULE}",
    "pie-responseProcessing_setResponseValue_setDefaultValue": f"<qti-set-default-value>: {RULE}",
    "pie-responseProcessing_template_match_nothing": "match_nothing' is not known",
    "pie-responseProcessing_xiInclude": "includes another file",
    "pie-templateProcessing_templateCondition_toBoolean": "takes boolean values, not integer ones",
}
"""Items that use what QTI does not have: refused by name, whatever an engine makes of them."""

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
    counts: Counter[str] = Counter()
    for case, line in cases():
        name = case["item"]
        scorer = scorer_of(name)
        if isinstance(scorer, str):
            counts["refused"] += 1
            if REFUSED.get(name, "\0") not in scorer:
                unexplained.append(f"{name}: refused: {scorer}")
            continue
        found = "; ".join(map(str, compare(read_case(line), scorer)))
        decided = DECIDED.get((name, case["case"]), "")
        counts["agree" if not found else "decided"] += 1
        if found != decided:
            unexplained.append(f"{name} {case['case']} ({case['agreement']}): {found}")
    assert not unexplained, "\n".join(unexplained)
    assert counts == {"agree": 1227, "refused": 47, "decided": 9}


def test_every_disputed_case_is_settled_one_way() -> None:
    settled = Counter(
        "refused" if case["item"] in REFUSED
        else "other" if (case["item"], case["case"]) in DECIDED
        else "as expected"
        for case, _ in cases()
        if case["agreement"] == "disputed"
    )  # fmt: skip
    assert settled == {"other": 7, "refused": 2, "as expected": 3}
