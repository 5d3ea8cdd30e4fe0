"""The 64 expressions of QTI and those of dialects, one file for each family, compiled to closures.

Scoring alone imports it. It must never know whose response is scored, nor draw by itself.
"""

from collections.abc import Mapping

from ardoise.content.processing import Expression
from ardoise.scoring.operators import (
    comparison,
    containers,
    extensions,
    geometry,
    logic,
    mapping,
    mathematics,
    numbers,
    strings,
    subsets,
    variables,
)
from ardoise.scoring.operators.operands import Compiler
from ardoise.scoring.scope import Compiled, Scope

COMPILERS: Mapping[str, Compiler] = {
    **variables.COMPILERS, **mapping.COMPILERS, **subsets.COMPILERS, **containers.COMPILERS,
    **strings.COMPILERS, **logic.COMPILERS, **comparison.COMPILERS, **geometry.COMPILERS,
    **numbers.COMPILERS, **mathematics.COMPILERS, **extensions.COMPILERS,
}  # fmt: skip
"""Every expression but custom-operator, which is read as NULL; and what dialects add."""


def compile_expression(expression: Expression, scope: Scope) -> Compiled:
    """The closure of an expression and of all within. Raises ContentFault."""
    compiler = COMPILERS.get(expression.name)
    if compiler is None:
        scope.fault(expression, "cannot be scored: write the rule with the operators of QTI")
    held = mathematics.members(expression) or expression.operands
    operands = tuple(compile_expression(operand, scope) for operand in held)
    return compiler(expression, operands, scope)
