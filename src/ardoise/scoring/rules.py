"""Rules compiled to closures: conditions, assignments, tables, exits, fragments, constraints.

QTI 3 ASI, "Response Processing", "Outcome Processing", "Template Processing". A rule returns
whether processing has ended. A condition that is NULL counts as not true.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ardoise.content.processing import Assign, Condition, Constraint, Exit, Expression, Rule
from ardoise.content.variables import BaseType, OutcomeDeclaration
from ardoise.scoring.operators import compile_expression
from ardoise.scoring.operators.extensions import truth
from ardoise.scoring.operators.lookup import table_lookup
from ardoise.scoring.operators.operands import NUMERIC, TEXTUAL, single_number
from ardoise.scoring.scope import BUILT_IN, SPELLED, Compiled, Run, Scope, State, Step, Variable

RunRule = Callable[[State], bool]
"""Runs a rule; true: processing ends here."""
_ROLES: Mapping[str, frozenset[str]] = {
    "set-outcome-value": frozenset({"outcome"}),
    "lookup-outcome-value": frozenset({"outcome"}),
    "set-template-value": frozenset({"template"}),
    "set-correct-response": frozenset({"response"}),
    "set-default-value": frozenset({"response", "outcome"}),
    "set-response-value": frozenset({"response"}),
}


class Unsatisfied(Exception):
    """A template constraint that does not hold: draw anew."""


def compile_rules(rules: Sequence[Rule], scope: Scope) -> RunRule:
    """One closure for a list of rules. Raises ContentFault."""
    runs = tuple(_compile_rule(rule, scope) for rule in rules)

    def run(state: State) -> bool:
        for one in runs:  # noqa: SIM110 - a generator would cost more than most rules
            if one(state):
                return True
        return False

    return run


def compile_truth(expression: Expression, scope: Scope) -> Callable[[State], bool]:
    """A condition: true, or not (false and NULL alike). For branch rules and pre-conditions too."""
    compiled = compile_expression(expression, scope)
    if compiled.base == "boolean" and compiled.cardinality == "single":
        run = compiled.run
        return lambda state: run(state) is True
    run = truth(scope, expression, compiled)
    return lambda state: run(state) is True


def _compile_rule(rule: Rule, scope: Scope) -> RunRule:
    if isinstance(rule, Condition):
        return _compile_condition(rule, scope)
    if isinstance(rule, Assign):
        return _compile_assignment(rule, scope)
    if isinstance(rule, Constraint):
        return _compile_constraint(rule, scope)
    if isinstance(rule, Exit):
        return _compile_exit(rule)
    return compile_rules(rule.rules, scope)


def _compile_condition(rule: Condition, scope: Scope) -> RunRule:
    branches = [
        (
            None if branch.condition is None else compile_truth(branch.condition, scope),
            compile_rules(branch.rules, scope),
            branch.line,
        )
        for branch in rule.branches
    ]

    def run(state: State) -> bool:
        for holds, rules, line in branches:
            if holds is None or holds(state):
                if state.trace is not None:
                    said = "else" if holds is None else "if"
                    state.trace.append(Step(line, said, "", True))
                return rules(state)
            if state.trace is not None:
                state.trace.append(Step(line, "if", "", False))
        return False

    return run


def _compile_exit(rule: Exit) -> RunRule:
    def run(state: State) -> bool:
        if state.trace is not None:
            state.trace.append(Step(rule.line, "exit", "", None))
        return True

    return run


def _compile_constraint(rule: Constraint, scope: Scope) -> RunRule:
    holds = compile_truth(rule.expression, scope)

    def run(state: State) -> bool:
        if not holds(state):
            raise Unsatisfied
        return False

    return run


def _compile_assignment(rule: Assign, scope: Scope) -> RunRule:
    target = _target(rule, scope)
    compiled = compile_expression(rule.expression, scope)
    if rule.rule == "lookup-outcome-value":
        value = _looked_up(rule, target, compiled, scope)
    else:
        value = converted(rule, target, compiled, scope)
    name = target.identifier
    stored = {
        "set-correct-response": lambda state: state.correct,
        "set-default-value": lambda state: state.defaults,
    }.get(rule.rule)

    def keep(state: State) -> bool:
        found = value(state)
        if stored is None:
            state.values[name] = found
        else:
            stored(state)[name] = found
            # A default is what a variable holds until something else is said.
            if rule.rule == "set-default-value":
                state.values[name] = found
        if state.trace is not None:
            state.trace.append(Step(rule.line, rule.rule, name, found))
        return False

    if stored is not None:
        return keep

    def run(state: State) -> bool:
        if state.trace is not None:
            return keep(state)
        state.values[name] = value(state)
        return False

    return run


def _target(rule: Assign, scope: Scope) -> Variable:
    name = SPELLED.get(rule.identifier, rule.identifier)
    target = scope.variables.get(rule.identifier) or scope.variables.get(name)
    # The one built-in variable that rules may set.
    if target is None and name == "completionStatus" and rule.rule == "set-outcome-value":
        return BUILT_IN[name]
    if target is None:
        scope.fault_at(rule.line, rule.rule, f"sets {rule.identifier}, which is not declared")
    if target.role not in _ROLES[rule.rule]:
        scope.fault_at(rule.line, rule.rule, f"cannot set {rule.identifier}: a {target.role}")
    return target


def converted(rule: Assign, target: Variable, compiled: Compiled, scope: Scope) -> Run:
    """The value in the variable's type: a whole number becomes a float, a float loses its part.

    QTI wants the types to be the same; published items set floats from integers and the reverse.
    """
    kinds = (target.cardinality, compiled.cardinality)
    if None not in kinds and kinds[0] != kinds[1] and not _fits(target, compiled):
        scope.fault_at(
            rule.line, rule.rule,
            f"sets {target.identifier}, which is {kinds[0]}, to a {kinds[1]} value",
        )  # fmt: skip
    run, wanted, given = compiled.run, target.base, compiled.base
    if wanted is not None and given is not None and wanted != given:
        both_numbers = wanted in NUMERIC and given in NUMERIC
        seconds = {wanted, given} <= {"duration", "float", "integer"}
        if not (both_numbers or seconds or (wanted in TEXTUAL and given in TEXTUAL)):
            scope.fault_at(
                rule.line, rule.rule, f"sets {target.identifier}, a {wanted}, to a {given} value"
            )
    change = _conversion(wanted, given)
    container = target.cardinality in ("multiple", "ordered")
    if change is None and target.cardinality == compiled.cardinality:
        return run

    def value(state: State) -> Any:
        found = run(state)
        if found is None:
            return None
        values = found if type(found) is tuple else (found,)
        if change is not None:
            values = tuple(change(one) for one in values)
        return values if container else values[0]

    return value


def _fits(target: Variable, compiled: Compiled) -> bool:
    """QTI wants one cardinality. Published items set a container to a single value, which is a
    container of one, and a single variable to a container, whose first value then counts.
    """
    return "record" not in (target.cardinality, compiled.cardinality)


def _conversion(wanted: BaseType | None, given: BaseType | None) -> Callable[[Any], Any] | None:
    if wanted == given or wanted is None:
        return None
    if wanted == "integer":
        return _to_integer
    if wanted in ("float", "duration"):
        return _to_float
    return None if given is not None else lambda value: _checked(wanted, value)


def _to_integer(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return math.trunc(value)


def _to_float(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _checked(wanted: BaseType, value: Any) -> Any:
    """A record's field, whose type is known only now: NULL unless it fits."""
    if wanted == "boolean":
        return value if isinstance(value, bool) else None
    if wanted in TEXTUAL:
        return value if isinstance(value, str) else None
    return value


def _looked_up(rule: Assign, target: Variable, compiled: Compiled, scope: Scope) -> Run:
    """lookup-outcome-value: the number's entry in the variable's table."""
    declaration = target.declaration
    table = declaration.table if isinstance(declaration, OutcomeDeclaration) else None
    if table is None or target.base is None:
        scope.fault_at(rule.line, rule.rule, f"{target.identifier} has no table: add one")
    if target.cardinality != "single":
        scope.fault_at(rule.line, rule.rule, f"{target.identifier} must be single")
    # A duration is a number of seconds, and tables may have it as their source.
    seconds = compiled.base == "duration"
    number = compiled._replace(base="float") if seconds else compiled
    source = single_number(scope, rule.expression, number)
    base = target.base
    look = table_lookup(table, lambda text: scope.value(base, text))
    return lambda state: look(source(state))
