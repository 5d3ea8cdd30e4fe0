"""Containers: multiple, ordered, container-size, index, field-value, random, member, delete,
contains, repeat. An empty container is NULL, so none is ever made.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ardoise.content.processing import Expression
from ardoise.content.variables import BaseType, Cardinality
from ardoise.scoring.operators.operands import (
    CONTAINERS,
    NUMERIC,
    Compiler,
    binary,
    comparable,
    contained,
    need,
    parameter,
    unary,
)
from ardoise.scoring.scope import Compiled, Scope, State

_LIMIT = 20_000
"""Values in a container: beyond it lies no item, but a way to exhaust memory."""
_ROUNDS = 1_000_000
"""Of all repeats of one run together: repeats within repeats multiply. Beyond it: NULL."""
_ANY_CONTAINER: frozenset[Cardinality] = CONTAINERS
_WITH_MULTIPLE: frozenset[Cardinality] = frozenset({"single", "multiple"})
_WITH_ORDERED: frozenset[Cardinality] = frozenset({"single", "ordered"})
_ORDERED: frozenset[Cardinality] = frozenset({"ordered"})
_RECORD: frozenset[Cardinality] = frozenset({"record"})
_SINGLE: frozenset[Cardinality] = frozenset({"single"})


def common_base(
    scope: Scope, expression: Expression, operands: Sequence[Compiled]
) -> BaseType | None:
    """The base type that operands share; None if all are unknown. Raises ContentFault."""
    base: BaseType | None = None
    for operand in operands:
        if not comparable(base, operand.base):
            scope.fault(expression, f"mixes {base} and {operand.base} values")
        if base is None or (base == "integer" and operand.base in NUMERIC):
            base = operand.base or base
    return base


def _gather(
    cardinality: Cardinality,
    accepted: frozenset[Cardinality],
    expression: Expression,
    operands: tuple[Compiled, ...],
    scope: Scope,
) -> Compiled:
    """multiple and ordered: "Any sub-expressions evaluating to NULL are ignored"."""
    base = common_base(scope, expression, operands)
    runs = tuple(need(scope, expression, one, None, accepted) for one in operands)

    def run(state: State) -> tuple[Any, ...] | None:
        found: list[Any] = []
        for operand in runs:
            found.extend(contained(operand(state)))
        return tuple(found[:_LIMIT]) or None

    return Compiled(run, cardinality, base)


def _container_size(
    expression: Expression, operands: tuple[Compiled, ...], scope: Scope
) -> Compiled:
    """NULL has the size 0: no other operator makes a number of NULL."""
    run = need(scope, expression, operands[0], None, _ANY_CONTAINER)
    return Compiled(lambda state: len(contained(run(state))), "single", "integer")


def _index(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """The n-th value, counted from 1; NULL beyond the end."""
    values = need(scope, expression, operands[0], None, _ORDERED)
    place = parameter(scope, expression, "n")

    def run(state: State) -> Any:
        found, n = contained(values(state)), place(state)
        return found[n - 1] if n is not None and 1 <= n <= len(found) else None

    return Compiled(run, "single", operands[0].base)


def _field_value(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    values = need(scope, expression, operands[0], None, _RECORD)
    name = expression.attributes["field-identifier"].strip()
    run = unary(values, lambda record: record.get(name) if isinstance(record, dict) else None)
    return Compiled(run, "single", None)


def _random(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """One of the values, each place as likely."""
    values = need(scope, expression, operands[0], None, _ANY_CONTAINER)
    scope.draws = True

    def run(state: State) -> Any:
        found = contained(values(state))
        if not found:
            return None
        if state.draws is None:
            scope.fault(expression, "draws at random: give a seed")
        return found[state.draws.below(len(found))]

    return Compiled(run, "single", operands[0].base)


def _member(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """Whether the first is one of the second's values."""
    common_base(scope, expression, operands)
    value = need(scope, expression, operands[0], None, _SINGLE)
    # As with contains: a single value is a container of one.
    values = need(scope, expression, operands[1], None, frozenset({*_ANY_CONTAINER, "single"}))
    run = binary(value, values, lambda one, several: one in contained(several))
    return Compiled(run, "single", "boolean")


def _delete(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """The second's values without any that is the first; none left: NULL."""
    common_base(scope, expression, operands)
    kinds = [operand.cardinality for operand in operands]
    if kinds[0] in _ANY_CONTAINER and kinds[1] == "single":
        meaning = "the single value deleted from the container"
        scope.extend(expression.line, expression.name, meaning)
        operands = (operands[1], operands[0])
    value = need(scope, expression, operands[0], None, _SINGLE)
    values = need(scope, expression, operands[1], None, _ANY_CONTAINER)

    def without(one: Any, several: Any) -> tuple[Any, ...] | None:
        return tuple(kept for kept in contained(several) if kept != one) or None

    return Compiled(binary(value, values, without), operands[1].cardinality, operands[1].base)


def within(several: tuple[Any, ...], part: tuple[Any, ...], *, ordered: bool) -> bool:
    """contains: an ordered part must stand there in one piece, an unordered one as often.

    [A,B,C] contains [B,C] but not [C,B] nor [A,C]; {A,B,C} contains {B,C} but not {B,B}.
    """
    if ordered:
        size = len(part)
        starts = range(len(several) - size + 1)
        return any(several[start : start + size] == part for start in starts)
    return not Counter(part) - Counter(several)


def _contains(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    common_base(scope, expression, operands)
    several = need(scope, expression, operands[0], None, _ANY_CONTAINER)
    # QTI wants a container; a single value is one of one, as published items mean it.
    part = need(scope, expression, operands[1], None, frozenset({*_ANY_CONTAINER, "single"}))
    known = {operand.cardinality for operand in operands} - {None, "single"}
    if len(known) > 1:
        scope.fault(expression, "compares an ordered container with one without order")
    ordered = "ordered" in known
    run = binary(
        several, part, lambda a, b: within(contained(a), contained(b), ordered=ordered)
    )  # fmt: skip
    return Compiled(run, "single", "boolean")


def _repeat(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """The operands' values, over and over, NULLs left out; not even once: NULL."""
    base = common_base(scope, expression, operands)
    runs = tuple(need(scope, expression, one, None, _WITH_ORDERED) for one in operands)
    times = parameter(scope, expression, "number-repeats")

    def run(state: State) -> tuple[Any, ...] | None:
        number = times(state)
        if number is None or number < 1:
            return None
        found: list[Any] = []
        # Evaluated anew each time, so that what is drawn at random may differ.
        for _ in range(min(number, _LIMIT)):
            state.rounds += 1
            if state.rounds > _ROUNDS:
                return None
            for operand in runs:
                found.extend(contained(operand(state)))
            if len(found) >= _LIMIT:
                break
        return tuple(found[:_LIMIT]) or None

    return Compiled(run, "ordered", base)


COMPILERS: Mapping[str, Compiler] = {
    "multiple": partial(_gather, "multiple", _WITH_MULTIPLE),
    "ordered": partial(_gather, "ordered", _WITH_ORDERED),
    "container-size": _container_size,
    "index": _index,
    "field-value": _field_value,
    "random": _random,
    "member": _member,
    "delete": _delete,
    "contains": _contains,
    "repeat": _repeat,
}
