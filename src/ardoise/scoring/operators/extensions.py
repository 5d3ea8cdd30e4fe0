"""What engines take beside QTI and QTI has no equal for (content/dialects.py): record, slice,
is-type-of, map-outcome, lookup-table, pre-condition, and what counts as true in a condition.

NULL and types as everywhere: NULL in any operand gives NULL, unless a line here says otherwise.
"""

import bisect
from collections.abc import Mapping
from typing import Any

from ardoise.content.processing import Expression
from ardoise.content.variables import (
    BaseType,
    InterpolationTable,
    OutcomeDeclaration,
    number,
)
from ardoise.scoring.operators.lookup import Look, table_lookup
from ardoise.scoring.operators.mapping import Worth, mapped
from ardoise.scoring.operators.numbers import finite
from ardoise.scoring.operators.operands import (
    CONTAINERS,
    NUMERIC,
    TEXTUAL,
    Compiler,
    single_boolean,
    single_integer,
    single_number,
    single_text,
    unary,
)
from ardoise.scoring.scope import Compiled, Run, Scope, State

_TRUE_BY_VALUE = (NUMERIC | TEXTUAL) - {None, "int-or-identifier"}


def truth(scope: Scope, expression: Expression, operand: Compiled) -> Run:
    """A closure that gives true, false or NULL; never NULL for what is no boolean.

    QTI asks a condition for a boolean. In items a number is true unless it is 0, a text or a
    container unless it is empty; NULL is false.
    """
    by_value = operand.cardinality == "single" and operand.base in _TRUE_BY_VALUE
    if not by_value and operand.cardinality not in CONTAINERS:
        return single_boolean(scope, expression, operand)
    said = "true unless it is 0, empty or NULL: QTI wants a boolean here"
    scope.extend(
        expression.line, expression.name, f"{said}, not {operand.cardinality} {operand.base} values"
    )
    run = operand.run
    return lambda state: run(state) not in (None, 0)


def _pre_condition(
    expression: Expression, operands: tuple[Compiled, ...], scope: Scope
) -> Compiled:
    """Whether the condition is true: NULL is not."""
    holds = truth(scope, expression, operands[0])
    return Compiled(lambda state: holds(state) is True, "single", "boolean")


def _record(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """A field that is NULL is not there; a record without any is NULL."""
    names = expression.attributes["fields"].split()
    if any(operand.cardinality not in ("single", None) for operand in operands):
        scope.fault(expression, "takes single values as fields")
    fields = tuple(zip(names, (operand.run for operand in operands), strict=True))

    def run(state: State) -> dict[str, Any] | None:
        found = {name: field(state) for name, field in fields}
        return {name: value for name, value in found.items() if value is not None} or None

    return Compiled(run, "record", None)


def part_of(text: str, start: int, length: int) -> str | None:
    """The part of a text from a place, counted from 1; NULL where there is none."""
    if start < 1 or length < 1:
        return None
    return text[start - 1 : start - 1 + length] or None


def _slice(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    text = single_text(scope, expression, operands[0])
    start, length = (single_integer(scope, expression, one) for one in operands[1:])

    def run(state: State) -> str | None:
        found, first, size = text(state), start(state), length(state)
        if found is None or first is None or size is None:
            return None
        return part_of(found, first, size)

    return Compiled(run, "single", "string")


_PYTHON_TYPES: Mapping[str, type] = {
    "boolean": bool, "integer": int, "float": float, "string": str,
}  # fmt: skip


def _is_type_of(expression: Expression, operands: tuple[Compiled, ...], _: Scope) -> Compiled:
    """The declared type decides; the value's own where none is declared: a record's field."""
    wanted, given = expression.attributes["base-type"], operands[0].base
    if given is not None:
        return Compiled(unary(operands[0].run, lambda _: given == wanted), "single", "boolean")
    kind = _PYTHON_TYPES.get(wanted)
    return Compiled(unary(operands[0].run, lambda value: type(value) is kind), "single", "boolean")


def _map_outcome(expression: Expression, _: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """As map-response: an entry with an empty key, or the default, stands for NULL."""
    identifier = expression.attributes["identifier"]
    declaration = scope.variable(expression, identifier).declaration
    mapping = declaration.mapping if isinstance(declaration, OutcomeDeclaration) else None
    if declaration is None or mapping is None or declaration.base is None:
        scope.fault(expression, f"maps {identifier}, which is no outcome with a qti-mapping")
    worth = Worth(declaration.base, mapping, scope.value)

    def run(state: State) -> float:
        return mapped(state.values.get(identifier), worth, mapping)

    return Compiled(run, "single", "float")


def linear(table: InterpolationTable) -> Look:
    """The value on the straight line between two entries; level before the first, after the last.

    NULL gives the table's default. Of two entries at one place the last counts.
    """
    points = sorted({one.source: number(one.target) or 0.0 for one in table.entries}.items())
    default = None if table.default is None else number(table.default)

    def look(value: float | None) -> float | None:
        if value is None or not points:
            return default
        later = bisect.bisect_left(points, value, key=lambda point: point[0])
        if later == len(points) or later == 0:
            return points[min(later, len(points) - 1)][1]
        (left, low), (right, high) = points[later - 1 : later + 1]
        return finite(low + (high - low) * (value - left) / (right - left))

    return look


def _lookup_table(expression: Expression, operands: tuple[Compiled, ...], scope: Scope) -> Compiled:
    """lookup-outcome-value as an expression, with a table of its own."""
    source = single_number(scope, expression, operands[0])
    base: BaseType = "float" if expression.attributes["base-type"] == "float" else "string"
    table = expression.table
    if table is None:
        scope.fault(expression, "has no table: add one")
    if expression.attributes["method"] and isinstance(table, InterpolationTable):
        look = linear(table)
    else:
        look = table_lookup(table, lambda text: scope.value(base, text))
    return Compiled(lambda state: look(source(state)), "single", base)


COMPILERS: Mapping[str, Compiler] = {
    "record": _record,
    "slice": _slice,
    "is-type-of": _is_type_of,
    "map-outcome": _map_outcome,
    "lookup-table": _lookup_table,
    "pre-condition": _pre_condition,
}
