"""Expressions written as Python calls: numbers, texts, tuples (multiple) and lists (ordered)."""

from typing import Any

from ardoise.content.faults import ContentFault
from ardoise.content.processing import Expression
from ardoise.content.variables import ResponseDeclaration
from ardoise.scoring.draws import Draws
from ardoise.scoring.operators import compile_expression
from ardoise.scoring.scope import Compiled, Scope, State, Variable
from ardoise.scoring.values import DirectedPair, Pair, Point

Declared = Any
"""(role, cardinality, base type, value) of a variable."""


def expression(value: Any) -> Expression:
    """A Python value as the expression that gives it."""
    if isinstance(value, Expression):
        return value
    if value is None:
        return Expression("null", {})
    if isinstance(value, tuple | list):
        name = "multiple" if isinstance(value, tuple) else "ordered"
        return Expression(name, {}, tuple(expression(one) for one in value))
    bases: dict[type, str] = {
        bool: "boolean", int: "integer", float: "float", str: "string",
        Point: "point", Pair: "pair", DirectedPair: "directed-pair",
    }  # fmt: skip
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Expression("base-value", {"base-type": bases[type(value)]}, (), text)


def of(base: str, text: str) -> Expression:
    """A base-value as written."""
    return Expression("base-value", {"base-type": base}, (), text)


def call(name: str, /, *operands: Any, **attributes: Any) -> Expression:
    """An expression; an attribute's underscores are hyphens, one at its end is dropped."""
    named = {key.strip("_").replace("_", "-"): str(value) for key, value in attributes.items()}
    return Expression(name, named, tuple(expression(one) for one in operands), "", 7)


def scope_of(**declared: Declared) -> Scope:
    """A scope with variables; a response has an empty declaration."""
    variables = {}
    for name, (role, cardinality, base, _) in declared.items():
        declaration = ResponseDeclaration(name, cardinality, base) if role == "response" else None
        variables[name] = Variable(name, role, cardinality, base, declaration)
    return Scope("item.xml", "q1", variables)


def compiled(given: Any, **declared: Declared) -> Compiled:
    """The expression compiled, with its type."""
    return compile_expression(expression(given), scope_of(**declared))


def result(given: Any, *, seed: bytes | None = None, **declared: Declared) -> Any:
    """What an expression gives."""
    values = {name: value for name, (_, _, _, value) in declared.items()}
    draws = None if seed is None else Draws(seed, "q1")
    return compiled(given, **declared).run(State(values, {}, {}, draws))


def refusal(given: Any, **declared: Declared) -> str:
    """Why an expression cannot be compiled."""
    try:
        compiled(given, **declared)
    except ContentFault as fault:
        return str(fault)
    raise AssertionError("compiled, though it should not")
