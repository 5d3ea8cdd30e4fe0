"""The six standard response processing templates, as rules: compiled like an item's own.

match_correct, map_response and map_response_point as in QTI 2.1, 2.2 and 3. The CC2 templates (QTI
2.2's rptemplates for Common Cartridge): CC2_match gives MAXSCORE for the key, else 0;
CC2_map_response gives 0 for NULL, else the mapping; both, but not CC2_match_basic, then set the
feedback to `correct` if SCORE equals MAXSCORE, else to `incorrect`.
"""

from collections.abc import Collection

from ardoise.content.processing import Assign, Branch, Condition, Expression, Rule, Template

RESPONSE, SCORE, MAXSCORE = "RESPONSE", "SCORE", "MAXSCORE"
FEEDBACK = ("FEEDBACK", "FEEDBACKBASIC")
"""The template's own name for it, and the one of Common Cartridge's items."""


def template_rules(template: Template, declared: Collection[str], line: int | None) -> list[Rule]:
    """The template's rules. `declared` says which outcomes the item has."""
    full = _of("variable", MAXSCORE) if template.startswith("CC2") else _points(1)
    if template == "map_response_point":
        rules: list[Rule] = [_mapped("map-response-point", line)]
    elif template.endswith("map_response"):
        rules = [_mapped("map-response", line)]
    else:
        key = Expression("match", {}, (_of("variable", RESPONSE), _of("correct", RESPONSE)), "")
        rules = [_either(key, SCORE, full, _points(0), line)]
    if template in ("CC2_match", "CC2_map_response"):
        pair = (_of("variable", MAXSCORE), _of("variable", SCORE))
        reached = Expression("equal", {"tolerance-mode": "exact"}, pair, "", line)
        for name in FEEDBACK:
            if name in declared:
                words = (_word("correct"), _word("incorrect"))
                rules.append(_either(reached, name, *words, line))
    return rules


def _of(name: str, identifier: str) -> Expression:
    return Expression(name, {"identifier": identifier})


def _points(value: int) -> Expression:
    return Expression("base-value", {"base-type": "float"}, (), str(value))


def _word(text: str) -> Expression:
    return Expression("base-value", {"base-type": "identifier"}, (), text)


def _either(
    condition: Expression, name: str, yes: Expression, no: Expression, line: int | None
) -> Condition:
    then = Branch(condition, (Assign("set-outcome-value", name, yes, line),), line)
    other = Branch(None, (Assign("set-outcome-value", name, no, line),), line)
    return Condition((then, other), line)


def _mapped(name: str, line: int | None) -> Condition:
    empty = Expression("is-null", {}, (_of("variable", RESPONSE),), "", line)
    return _either(empty, SCORE, _points(0), Expression(name, {"identifier": RESPONSE}), line)
