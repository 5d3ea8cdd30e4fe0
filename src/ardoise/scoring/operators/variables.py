"""Values of variables, keys and defaults; constants; random numbers."""

from collections.abc import Mapping

from ardoise.content.processing import Expression
from ardoise.content.variables import BaseType, base_type, lexical
from ardoise.scoring.operators.operands import Compiler, parameter
from ardoise.scoring.scope import SPELLED, Compiled, Scope, State, always, null

_STEPS_LIMIT = 1 << 40


def _base_value(expression: Expression, _: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """An empty text is NULL, as everywhere."""
    base = base_type(expression.attributes["base-type"])
    if base is None:
        scope.fault(expression, "has a base-type that QTI does not know")
    if expression.text == "":
        return Compiled(null, "single", base)
    if not lexical(base, expression.text):
        scope.fault(expression, f"{expression.text.strip()[:40]!a} is no {base}")
    return Compiled(always(scope.value(base, expression.text)), "single", base)


def _variable(expression: Expression, _: tuple[Compiled, ...], scope: Scope) -> Compiled:
    identifier = expression.attributes["identifier"].strip()
    if scope.level == "test" and "." in identifier and identifier not in scope.variables:
        return _item_variable(expression, identifier, scope)
    found = scope.variable(expression, identifier)
    name = SPELLED.get(identifier, identifier) if found.role == "built-in" else identifier
    return Compiled(lambda state: state.values.get(name), found.cardinality, found.base)


def _item_variable(expression: Expression, identifier: str, scope: Scope) -> Compiled:
    """`ITEM.SCORE` at test level; a weight multiplies a number and makes it a float."""
    item, _, name = identifier.partition(".")
    if item not in scope.items:
        scope.fault(expression, f"names {identifier}, but no item of the test is called {item}")
    known = scope.items[item]
    found = known.variable(name)
    if found is None:
        scope.fault(expression, f"names {identifier}, which {item} does not declare")
    weight = known.weight(expression.attributes.get("weight-identifier", "").strip())
    numeric = found.base in ("integer", "float") and found.cardinality == "single"

    def run(state: State) -> object:
        value = None if state.test is None else state.test.value(item, name)
        if weight is None or not numeric or not isinstance(value, int | float):
            return value
        return value * weight

    base: BaseType | None = "float" if weight is not None and numeric else found.base
    return Compiled(run, found.cardinality, base)


def _default(expression: Expression, _: tuple[Compiled, ...], scope: Scope) -> Compiled:
    found = scope.variable(expression, expression.attributes["identifier"].strip())
    name = found.identifier
    return Compiled(lambda state: state.defaults.get(name), found.cardinality, found.base)


def _correct(expression: Expression, _: tuple[Compiled, ...], scope: Scope) -> Compiled:
    found = scope.variable(expression, expression.attributes["identifier"].strip())
    if found.role != "response":
        scope.fault(expression, f"asks for the key of {found.identifier}, which is no response")
    name = found.identifier
    return Compiled(lambda state: state.correct.get(name), found.cardinality, found.base)


def _null(_: Expression, __: tuple[Compiled, ...], ___: Scope) -> Compiled:
    return Compiled(null, None, None)


def _random_integer(expression: Expression, _: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """One of min, min+step, … not above max, each as likely."""
    low = parameter(scope, expression, "min", default=0)
    high = parameter(scope, expression, "max")
    step = parameter(scope, expression, "step", default=1)
    scope.draws = True

    def run(state: State) -> int | None:
        bottom, top, by = low(state), high(state), step(state)
        if bottom is None or top is None or not by or by < 1 or top < bottom:
            return None
        if state.draws is None:
            scope.fault(expression, "draws at random: give a seed")
        places = (top - bottom) // by + 1
        return int(bottom + by * state.draws.below(min(places, _STEPS_LIMIT)))

    return Compiled(run, "single", "integer")


def _random_float(expression: Expression, _: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """Between min and max, both included."""
    low = parameter(scope, expression, "min", integer=False, default=0.0)
    high = parameter(scope, expression, "max", integer=False)
    scope.draws = True

    def run(state: State) -> float | None:
        bottom, top = low(state), high(state)
        if bottom is None or top is None or top < bottom:
            return None
        if state.draws is None:
            scope.fault(expression, "draws at random: give a seed")
        return float(bottom + (top - bottom) * state.draws.fraction())

    return Compiled(run, "single", "float")


COMPILERS: Mapping[str, Compiler] = {
    "base-value": _base_value, "variable": _variable, "default": _default, "correct": _correct,
    "null": _null, "random-integer": _random_integer, "random-float": _random_float,
}  # fmt: skip
