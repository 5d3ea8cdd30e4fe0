"""What operators ask of their operands: types while compiling, NULL while running.

QTI 3 ASI, "Expressions": unless an operator says otherwise, NULL in any operand gives NULL.
"""

from collections.abc import Callable, Sequence
from typing import Any

from ardoise.content.processing import Expression
from ardoise.content.variables import INTEGER, BaseType, Cardinality, number
from ardoise.scoring.scope import Compiled, Run, Scope, State, always

Compiler = Callable[[Expression, tuple[Compiled, ...], Scope], Compiled]
NUMERIC: frozenset[BaseType | None] = frozenset({"integer", "float", None, "int-or-identifier"})
TEXTUAL: frozenset[BaseType] = frozenset({"string", "identifier", "uri", "int-or-identifier"})
CONTAINERS: frozenset[Cardinality] = frozenset({"multiple", "ordered"})
_SINGLE: frozenset[Cardinality] = frozenset({"single"})
EVERY: frozenset[Cardinality] = frozenset({*CONTAINERS, *_SINGLE})


def comparable(one: BaseType | None, other: BaseType | None) -> bool:
    """Whether values of two base types may be compared: same, both numbers, or both words."""
    if one is None or other is None or one == other:
        return True
    return (one in NUMERIC and other in NUMERIC) or (one in TEXTUAL and other in TEXTUAL)


def need(
    scope: Scope,
    expression: Expression,
    operand: Compiled,
    bases: frozenset[Any] | None = None,
    cardinalities: frozenset[Cardinality] = _SINGLE,
) -> Run:
    """The operand's closure. Raises ContentFault if its type is known and is another."""
    if operand.cardinality is not None and operand.cardinality not in cardinalities:
        wanted = " or ".join(sorted(cardinalities))
        scope.fault(expression, f"takes {wanted} values, not {operand.cardinality} ones")
    if bases is not None and operand.base is not None and operand.base not in bases:
        wanted = " or ".join(sorted(base for base in bases if base))
        scope.fault(expression, f"takes {wanted} values, not {operand.base} ones")
    return operand.run


def single_number(scope: Scope, expression: Expression, operand: Compiled) -> Run:
    """A closure that gives one number or NULL."""
    run = need(scope, expression, operand, NUMERIC)
    if operand.base in ("integer", "float"):
        return run
    return lambda state: _number_or_null(run(state))


def _number_or_null(value: Any) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return value if plain else None


def single_boolean(scope: Scope, expression: Expression, operand: Compiled) -> Run:
    """A closure that gives true, false or NULL."""
    run = need(scope, expression, operand, frozenset({"boolean"}))
    if operand.base == "boolean":
        return run
    return lambda state: value if (value := run(state)) is True or value is False else None


def single_integer(scope: Scope, expression: Expression, operand: Compiled) -> Run:
    """A closure that gives one whole number or NULL."""
    bases: frozenset[BaseType] = frozenset({"integer", "int-or-identifier"})
    run = need(scope, expression, operand, bases)
    if operand.base == "integer":
        return run
    return lambda state: value if type(value := run(state)) is int else None


def single_text(scope: Scope, expression: Expression, operand: Compiled) -> Run:
    """A closure that gives one text or NULL."""
    run = need(scope, expression, operand, TEXTUAL)
    return lambda state: value if isinstance(value := run(state), str) else None


def whole(operands: Sequence[Compiled]) -> BaseType:
    """The base type of arithmetic: integer if every operand is, else float."""
    return "integer" if all(operand.base == "integer" for operand in operands) else "float"


def all_numbers(
    scope: Scope, expression: Expression, operands: Sequence[Compiled]
) -> Callable[[State], list[Any] | None]:
    """Every number of every operand, containers opened; NULL if any is NULL."""
    runs = []
    for operand in operands:
        need(scope, expression, operand, NUMERIC, EVERY)
        known = operand.base in ("integer", "float") and operand.cardinality is not None
        runs.append((operand.run, known and operand.cardinality == "single", known))

    def numbers(state: State) -> list[Any] | None:
        found: list[Any] = []
        for run, single, known in runs:
            value = run(state)
            if value is None:
                return None
            if single:
                found.append(value)
                continue
            values = value if type(value) is tuple else (value,)
            if not known and any(_number_or_null(one) is None for one in values):
                return None
            found.extend(values)
        return found

    return numbers


def one_of(value: Any) -> tuple[Any, ...]:
    """A container's values; a single value as a container of one."""
    return value if type(value) is tuple else (value,)


def contained(value: Any) -> tuple[Any, ...]:
    """A container's values; none for NULL."""
    return () if value is None else one_of(value)


def flag(scope: Scope, expression: Expression, name: str, *, default: bool) -> bool:
    """A boolean attribute."""
    text = expression.attributes.get(name, "").strip()
    if text in ("true", "1"):
        return True
    if text in ("false", "0"):
        return False
    if text:
        scope.fault(expression, f"{name} must be true or false, not {text[:20]!a}")
    return default


def parameter(
    scope: Scope,
    expression: Expression,
    name: str,
    *,
    integer: bool = True,
    default: float | None = None,
) -> Run:
    """An attribute that is a number or names a variable ("integerOrVariableRef" and kin)."""
    text = expression.attributes.get(name, "").strip()
    return value_of(scope, expression, name, text, integer=integer, default=default)


def value_of(
    scope: Scope,
    expression: Expression,
    name: str,
    text: str,
    *,
    integer: bool,
    default: float | None = None,
) -> Run:
    """As `parameter`, of a text that stands in an attribute."""
    if not text:
        return always(default)
    if INTEGER.match(text):
        return always(int(text))
    plain = number(text)
    if plain is not None and (not integer or plain.is_integer()):
        return always(int(plain) if integer else plain)
    identifier = text.strip("{}")
    if plain is not None or identifier not in scope.variables:
        kind = "a whole number" if integer else "a number"
        scope.fault(expression, f"{name} must be {kind} or name a variable, not {text[:40]!a}")
    variable = scope.variables[identifier]
    if variable.cardinality != "single" or variable.base not in NUMERIC:
        scope.fault(expression, f"{name} names {identifier}, which is no single number")
    if integer:
        return lambda state: value if type(value := state.values.get(identifier)) is int else None
    return lambda state: _number_or_null(state.values.get(identifier))


def unary(run: Run, apply: Callable[[Any], Any]) -> Run:
    """One operand, NULL in, NULL out."""
    return lambda state: None if (value := run(state)) is None else apply(value)


def binary(first: Run, second: Run, apply: Callable[[Any, Any], Any]) -> Run:
    """Two operands, either NULL: NULL."""

    def run(state: State) -> Any:
        one = first(state)
        if one is None:
            return None
        other = second(state)
        return None if other is None else apply(one, other)

    return run
