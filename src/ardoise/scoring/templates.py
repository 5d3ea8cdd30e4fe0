"""The six standard response processing templates, as rules: compiled like an item's own.

match_correct, map_response and map_response_point as in QTI 2.1, 2.2 and 3. The templates for
Common Cartridges as published. CC2_match: in QTI 3 as match_correct; in QTI 2, here
CC2_match_inline, MAXSCORE for the key, and the response itself as FEEDBACK. CC2_match_basic:
MAXSCORE for the key, and FEEDBACKBASIC `correct` or `incorrect`. CC2_map_response: as map_response,
and FEEDBACK `correct` if SCORE equals MAXSCORE, else `incorrect`.
"""

from collections.abc import Collection

from ardoise.content.processing import Assign, Branch, Condition, Expression, Rule, Template

RESPONSE, SCORE, MAXSCORE = "RESPONSE", "SCORE", "MAXSCORE"
FEEDBACK, FEEDBACKBASIC = "FEEDBACK", "FEEDBACKBASIC"


def template_rules(template: Template, declared: Collection[str], line: int | None) -> list[Rule]:
    """The template's rules. `declared` says which outcomes the item has."""
    if template in ("map_response", "map_response_point"):
        return [_mapped(template.replace("_", "-"), line)]
    if template == "CC2_map_response":
        pair = (_of("variable", MAXSCORE), _of("variable", SCORE))
        reached = Expression("equal", {"tolerance-mode": "exact"}, pair, "", line)
        said = _judged(reached, FEEDBACK, declared, line)
        return [_mapped("map-response", line), *said]
    if template == "match_nothing":
        full = _of("variable", MAXSCORE) if MAXSCORE in declared else _points(1)
        return [_either(_nothing(line), SCORE, full, _points(0), line)]
    key = Expression("match", {}, (_of("variable", RESPONSE), _of("correct", RESPONSE)), "")
    if template == "CC2_match_inline":
        return [*_echoed(declared, line), _if(key, SCORE, _of("variable", MAXSCORE), line)]
    if template == "CC2_match_basic":
        given = _if(key, SCORE, _of("variable", MAXSCORE), line)
        return [given, *_judged(key, FEEDBACKBASIC, declared, line)]
    return [_either(key, SCORE, _points(1), _points(0), line)]


def _of(name: str, identifier: str) -> Expression:
    return Expression(name, {"identifier": identifier})


def _points(value: int) -> Expression:
    return Expression("base-value", {"base-type": "float"}, (), str(value))


def _word(text: str) -> Expression:
    return Expression("base-value", {"base-type": "identifier"}, (), text)


def _echoed(declared: Collection[str], line: int | None) -> list[Rule]:
    """Feedback on the option that was chosen; items without feedback do not declare it."""
    given = Assign("set-outcome-value", FEEDBACK, _of("variable", RESPONSE), line)
    return [given] if FEEDBACK in declared else []


def _judged(
    condition: Expression, name: str, declared: Collection[str], line: int | None
) -> list[Rule]:
    said = _either(condition, name, _word("correct"), _word("incorrect"), line)
    return [said] if name in declared else []


def _if(condition: Expression, name: str, value: Expression, line: int | None) -> Condition:
    then = Branch(condition, (Assign("set-outcome-value", name, value, line),), line)
    return Condition((then,), line)


def _either(
    condition: Expression, name: str, yes: Expression, no: Expression, line: int | None
) -> Condition:
    other = Branch(None, (Assign("set-outcome-value", name, no, line),), line)
    return Condition((*_if(condition, name, yes, line).branches, other), line)


def _nothing(line: int | None) -> Expression:
    return Expression("is-null", {}, (_of("variable", RESPONSE),), "", line)


def _mapped(name: str, line: int | None) -> Condition:
    worth = Expression(name, {"identifier": RESPONSE})
    return _either(_nothing(line), SCORE, _points(0), worth, line)
