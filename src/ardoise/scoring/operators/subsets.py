"""Test level: test-variables, outcome-minimum, outcome-maximum and the five number-… counts.

QTI 3 ASI, "ItemSubset": all items of the test, or those of a section, of categories included and
not excluded. Only items that were selected for the candidate count.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ardoise.content.processing import Expression
from ardoise.content.variables import BaseType, base_type
from ardoise.scoring.operators.operands import NUMERIC, Compiler
from ardoise.scoring.scope import Compiled, Scope, State


def subset(expression: Expression, scope: Scope) -> tuple[str, ...]:
    """The items that an expression is about. Raises ContentFault outside a test."""
    if scope.level != "test":
        scope.fault(expression, "asks about a test's items: it has no meaning in an item")
    attributes = expression.attributes
    section = attributes.get("section-identifier", "").strip()
    include = frozenset(attributes.get("include-category", "").split())
    exclude = frozenset(attributes.get("exclude-category", "").split())
    return tuple(
        name
        for name, item in scope.items.items()
        if (not section or section in item.sections)
        and (not include or include & item.categories)
        and not exclude & item.categories
    )


def _weight_name(expression: Expression) -> str:
    return expression.attributes.get("weight-identifier", "").strip()


def _wanted_base(expression: Expression, scope: Scope) -> frozenset[BaseType | None]:
    given = expression.attributes.get("base-type")
    if given is None:
        return frozenset({"integer", "float"})
    found = base_type(given)
    if found is None:
        scope.fault(expression, "has a base-type that QTI does not know")
    return frozenset({found})


def _test_variables(expression: Expression, _: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """A container of the items' values; NULLs and items without the variable are left out."""
    name = expression.attributes["variable-identifier"].strip()
    bases = _wanted_base(expression, scope)
    weight_name = _weight_name(expression)
    chosen: list[tuple[str, float | None]] = []
    found_bases: set[BaseType | None] = set()
    for item in subset(expression, scope):
        variable = scope.items[item].variable(name)
        if variable is not None and variable.cardinality == "single" and variable.base in bases:
            chosen.append((item, scope.items[item].weight(weight_name)))
            found_bases.add(variable.base)
    numeric = bool(found_bases) and found_bases <= NUMERIC

    def run(state: State) -> tuple[Any, ...] | None:
        if state.test is None:
            return None
        found = []
        for item, weight in chosen:
            value: Any = state.test.value(item, name) if state.test.is_selected(item) else None
            if value is not None:
                found.append(value * weight if numeric and weight is not None else value)
        return tuple(found) or None

    base: BaseType | None = next(iter(found_bases), None) if len(found_bases) == 1 else None
    if numeric and (weight_name or len(found_bases) > 1):
        base = "float"
    return Compiled(run, "multiple", base)


def _bound(
    which: str,
    expression: Expression,
    _: tuple[Compiled, ...],
    scope: Scope,
) -> Compiled:
    """outcome-maximum is NULL if any item states none; outcome-minimum leaves such items out."""
    name = expression.attributes["outcome-identifier"].strip()
    weight_name = _weight_name(expression)
    bounds: list[tuple[str, float | None]] = []
    for item in subset(expression, scope):
        value = scope.items[item].bound(name, which)
        weight = scope.items[item].weight(weight_name)
        factor = 1.0 if weight is None else weight
        bounds.append((item, None if value is None else value * factor))

    def run(state: State) -> tuple[Any, ...] | None:
        test = state.test
        if test is None:
            return None
        found = [value for item, value in bounds if test.is_selected(item)]
        if which == "maximum" and None in found:
            return None
        return tuple(value for value in found if value is not None) or None

    return Compiled(run, "multiple", "float")


def _count(
    counts: Callable[[Any, str], bool],
    expression: Expression,
    _: tuple[Compiled, ...],
    scope: Scope,
) -> Compiled:
    """How many items of the subset are so."""
    items = subset(expression, scope)

    def run(state: State) -> int:
        test = state.test
        if test is None:
            return 0
        return sum(test.is_selected(item) and counts(test, item) for item in items)

    return Compiled(run, "single", "integer")


COMPILERS: Mapping[str, Compiler] = {
    "test-variables": _test_variables,
    "outcome-minimum": partial(_bound, "minimum"),
    "outcome-maximum": partial(_bound, "maximum"),
    "number-correct": partial(_count, lambda test, item: test.is_correct(item)),
    "number-incorrect": partial(_count, lambda test, item: test.is_incorrect(item)),
    "number-presented": partial(_count, lambda test, item: test.is_presented(item)),
    "number-responded": partial(_count, lambda test, item: test.is_responded(item)),
    "number-selected": partial(_count, lambda test, item: test.is_selected(item)),
}
