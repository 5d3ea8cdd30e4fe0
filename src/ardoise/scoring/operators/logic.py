"""Logic: not, and, or, any-n, is-null. Three values: true, false and NULL.

QTI ASI: and is NULL if some operand is NULL and all others are true; or, if all others are false.
"""

from collections.abc import Mapping

from ardoise.content.processing import Expression
from ardoise.scoring.operators.operands import Compiler, parameter, single_boolean, unary
from ardoise.scoring.scope import Compiled, Scope, State


def _not(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    run = single_boolean(scope, expression, operands[0])
    return Compiled(unary(run, lambda value: not value), "single", "boolean")


def _and(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    runs = tuple(single_boolean(scope, expression, operand) for operand in operands)

    def run(state: State) -> bool | None:
        result: bool | None = True
        for operand in runs:
            value = operand(state)
            if value is False:
                return False
            if value is None:
                result = None
        return result

    return Compiled(run, "single", "boolean")


def _or(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    runs = tuple(single_boolean(scope, expression, operand) for operand in operands)

    def run(state: State) -> bool | None:
        result: bool | None = False
        for operand in runs:
            value = operand(state)
            if value is True:
                return True
            if value is None:
                result = None
        return result

    return Compiled(run, "single", "boolean")


def at_least_at_most(true: int, null: int, least: int, most: int) -> bool | None:
    """any-n: whether between `least` and `most` are true, however the NULLs would turn out.

    "If more than n - min sub-expressions are false … or more than max sub-expressions are true
    then the result is false. If one or more sub-expressions are NULL then it is possible that
    neither of these conditions is satisfied, in which case the operator results in NULL."
    """
    if least <= true and true + null <= most:
        return True
    if true > most or true + null < least:
        return False
    return None


def _any_n(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    runs = tuple(single_boolean(scope, expression, operand) for operand in operands)
    least = parameter(scope, expression, "min")
    most = parameter(scope, expression, "max")

    def run(state: State) -> bool | None:
        bottom, top = least(state), most(state)
        if bottom is None or top is None:
            return None
        found = [operand(state) for operand in runs]
        return at_least_at_most(found.count(True), found.count(None), bottom, top)

    return Compiled(run, "single", "boolean")


def _is_null(_: Expression, operands: tuple[Compiled, ...], __: Scope) -> Compiled:
    run = operands[0].run
    return Compiled(lambda state: run(state) is None, "single", "boolean")


COMPILERS: Mapping[str, Compiler] = {
    "not": _not, "and": _and, "or": _or, "any-n": _any_n, "is-null": _is_null,
}  # fmt: skip
