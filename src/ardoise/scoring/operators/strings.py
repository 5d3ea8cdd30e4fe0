"""Strings: string-match, substring, pattern-match. Case folds as Unicode says (ß is ss)."""

from collections.abc import Mapping

from ardoise.content.processing import Expression
from ardoise.scoring.operators.operands import Compiler, binary, flag, single_text, unary
from ardoise.scoring.operators.patterns import PatternFault, compile_pattern
from ardoise.scoring.scope import Compiled, Scope


def same_text(one: str, other: str, *, sensitive: bool) -> bool:
    """Whether two texts are the same, with their case or without."""
    return one == other if sensitive else one.casefold() == other.casefold()


def stands_in(part: str, whole: str, *, sensitive: bool) -> bool:
    """Whether a text stands in another, with its case or without."""
    return part in whole if sensitive else part.casefold() in whole.casefold()


def _string_match(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """The deprecated `substring` asks whether the second text stands in the first."""
    one, other = (single_text(scope, expression, operand) for operand in operands)
    sensitive = flag(scope, expression, "case-sensitive", default=True)
    if flag(scope, expression, "substring", default=False):
        run = binary(one, other, lambda a, b: stands_in(b, a, sensitive=sensitive))
    else:
        run = binary(one, other, lambda a, b: same_text(a, b, sensitive=sensitive))
    return Compiled(run, "single", "boolean")


def _substring(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """Whether the first text stands in the second."""
    one, other = (single_text(scope, expression, operand) for operand in operands)
    sensitive = flag(scope, expression, "case-sensitive", default=True)
    run = binary(one, other, lambda a, b: stands_in(a, b, sensitive=sensitive))
    return Compiled(run, "single", "boolean")


def _pattern_match(
    expression: Expression, operands: tuple[Compiled, ...], scope: Scope
) -> Compiled:
    """Whether the pattern fits the whole text; it may be held by a template variable."""
    text = single_text(scope, expression, operands[0])
    given = expression.attributes["pattern"]
    named = given.strip("{}")
    variable = scope.variables.get(named) if given != named else None
    if variable is not None and variable.role == "template":
        scope.fault(expression, f"takes its pattern from {named}: write the pattern out")
    try:
        sensitive = flag(scope, expression, "case-sensitive", default=True)
        matches = compile_pattern(given, sensitive=sensitive)
    except PatternFault as fault:
        scope.fault(expression, f"the pattern {given[:40]!a} {fault}")
    return Compiled(unary(text, matches), "single", "boolean")


COMPILERS: Mapping[str, Compiler] = {
    "string-match": _string_match, "substring": _substring, "pattern-match": _pattern_match,
}  # fmt: skip
