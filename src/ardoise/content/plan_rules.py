"""Compiles pre-conditions and branch rules into the booklet's closed language of points.

Numbers become sums of weighted tables and a constant; whatever is not linear in the items' points
is refused by name. A test's own outcome variable is replaced by the rule that sets it, where one
rule sets it in every case (QTI 3 ASI, "OutcomeProcessing": it runs before rules are evaluated).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from msgspec import Struct

from ardoise.content.assessment_model import ItemRef, Section, Test
from ardoise.content.model import Item
from ardoise.content.plan_tables import Points, Responses, Tabulator, Unroutable
from ardoise.content.processing import Assign, Expression
from ardoise.content.processing import Condition as Choice
from ardoise.content.variables import number
from ardoise.contract.plan import (
    Compare,
    Comparison,
    Condition,
    Every,
    Some,
    Table,
    Term,
    Unless,
)

TRUE, FALSE = Every(()), Some(())
_COMPARISONS: Mapping[str, Comparison] = {
    "lt": "lt", "lte": "lte", "gt": "gt", "gte": "gte", "equal": "equal", "match": "equal",
}  # fmt: skip
T = TypeVar("T")
_NUMERIC = ("integer", "float")
_NULL = -1.0
"""Of truths: neither true nor false."""
DEPTH_LIMIT = 20
"""Test outcomes that are defined by test outcomes."""


class Linear(Struct, frozen=True):
    """Σ weight · table + constant."""

    terms: tuple[tuple[str, float], ...] = ()
    constant: float = 0.0

    def plus(self, other: "Linear", sign: float = 1.0) -> "Linear":
        """The sum, or with −1 the difference."""
        weights = dict(self.terms)
        for name, weight in other.terms:
            weights[name] = weights.get(name, 0.0) + sign * weight
        kept = tuple((name, weight) for name, weight in weights.items() if weight)
        return Linear(kept, self.constant + sign * other.constant)

    def times(self, factor: float) -> "Linear":
        """Scaled."""
        scaled = tuple((name, weight * factor) for name, weight in self.terms if weight * factor)
        return Linear(scaled, self.constant * factor)


class RuleCompiler:
    """Compiles the rules of one test; gathers the tables they need."""

    def __init__(
        self,
        test: Test,
        refs: Mapping[str, tuple[ItemRef, str, Item]],
        tabulator: Tabulator,
        points: Points | None,
    ) -> None:
        """`refs`: reference identifier → reference, booklet id, item."""
        self._test = test
        self._refs = refs
        self._tabulator = tabulator
        self._points = points
        self._known: dict[Any, str] = {}
        self._depth = 0
        self.tables: dict[str, Table] = {}

    def all_of(self, expressions: Sequence[Expression]) -> Condition | None:
        """Pre-conditions as one condition; None: there is none. Raises Unroutable."""
        if not expressions:
            return None
        held = tuple(self.condition(expression) for expression in expressions)
        return held[0] if len(held) == 1 else Every(held)

    def condition(self, of: Expression, wanted: bool = True) -> Condition:  # noqa: PLR0911
        """Where a boolean expression is true, or is false: NULL is neither. Raises Unroutable."""
        if of.name in ("and", "or"):
            held = tuple(self.condition(operand, wanted) for operand in of.operands)
            return Every(held) if (of.name == "and") == wanted else Some(held)
        if of.name == "not":
            return self.condition(of.operands[0], not wanted)
        if of.name == "base-value" and of.attributes.get("base-type") == "boolean":
            return TRUE if (of.text.strip() in ("true", "1")) == wanted else FALSE
        if of.name == "is-null":
            return self._is_null(of) if wanted else Unless(self._is_null(of))
        if of.name == "variable":
            return self._flag(of, wanted)
        if of.name in ("match", "equal") and (found := self._equality(of, wanted)) is not None:
            return found
        if of.name not in _COMPARISONS:
            raise _cannot(of)
        if of.name == "equal" and of.attributes.get("tolerance-mode", "exact") != "exact":
            raise _cannot(of, "with a tolerance cannot be compiled: compare with gte and lte")
        left, right = (self.number(operand) for operand in of.operands)
        difference = left.plus(right, -1.0)
        held_so = _compare(difference.terms, _COMPARISONS[of.name], -difference.constant)
        return held_so if wanted else Unless(held_so)

    # Numbers

    def number(self, of: Expression) -> Linear:
        """A numeric expression. Raises Unroutable."""
        forms: dict[str, Callable[[Expression], Linear]] = {
            "base-value": _constant, "variable": self._variable, "sum": self._sum,
            "subtract": self._subtract, "product": self._product, "divide": self._divide,
            "number-correct": self._number_correct,
            "integer-to-float": lambda of: self.number(of.operands[0]),
        }  # fmt: skip
        if of.name not in forms:
            raise _cannot(of)
        return forms[of.name](of)

    def _sum(self, of: Expression) -> Linear:
        total = Linear()
        for operand in of.operands:
            for form in self._several(operand):
                total = total.plus(form)
        return total

    def _several(self, of: Expression) -> list[Linear]:
        """A number, or a container of numbers."""
        if of.name == "test-variables":
            name = of.attributes["variable-identifier"]
            weight = of.attributes.get("weight-identifier")
            return [
                self._outcome(ref, ref.item_variable(name), weight, absent=False, at=of)
                for ref in self._chosen(of)
                if any(o.identifier == ref.item_variable(name)
                       for o in self._refs[ref.identifier][2].outcomes)
            ]  # fmt: skip
        if of.name in ("multiple", "ordered"):
            return [form for operand in of.operands for form in self._several(operand)]
        return [self.number(of)]

    def _subtract(self, of: Expression) -> Linear:
        left, right = (self.number(operand) for operand in of.operands)
        return left.plus(right, -1.0)

    def _product(self, of: Expression) -> Linear:
        forms = [form for operand in of.operands for form in self._several(operand)]
        total = Linear((), 1.0)
        for form in forms:
            if form.terms and total.terms:
                raise _cannot(of, "multiplies points with points: only numbers can be factors")
            total = total.times(form.constant) if total.terms else form.times(total.constant)
        return total

    def _divide(self, of: Expression) -> Linear:
        left, right = (self.number(operand) for operand in of.operands)
        if right.terms or not right.constant:
            raise _cannot(of, "divides by something else than a number")
        return left.times(1.0 / right.constant)

    def _variable(self, of: Expression) -> Linear:
        identifier = of.attributes["identifier"]
        ref_name, _, variable = identifier.partition(".")
        if variable and ref_name in self._refs:
            ref = self._refs[ref_name][0]
            weight = of.attributes.get("weight-identifier")
            return self._outcome(ref, ref.item_variable(variable), weight, absent=True, at=of)
        return self._defined(of, lambda rule: self.number(rule.expression))

    def _outcome(
        self, ref: ItemRef, variable: str, weight: str | None, *, absent: bool, at: Expression
    ) -> Linear:
        """An item's outcome variable, numeric or boolean, times its weight (1 if it has none)."""
        _, item_id, item = self._refs[ref.identifier]
        declared = next((o for o in item.outcomes if o.identifier == variable), None)
        if declared is None or declared.cardinality != "single":
            message = f"asks {ref.identifier} for {variable}, which is no single outcome of it"
            raise Unroutable(message, f"qti-{at.name}", at.line)
        if declared.base == "boolean" and at.name != "variable":
            raise _cannot(at, f"adds up {variable}, which is true or false")
        if declared.base not in (*_NUMERIC, "boolean"):
            raise _cannot(at, f"asks for {variable}, which is neither a number nor true or false")
        points = self._points
        if points is None:
            raise _cannot(at, "needs the items scored, which is not done here")

        def worth(responses: Responses) -> float:
            value = points(item, responses).get(variable)
            if isinstance(value, int | float):
                return float(value)
            if declared.base == "boolean":
                return _NULL
            raise _cannot(at, f"asks for {variable}, which is NULL after some answers")

        default = _start(declared.default, declared.base) if absent else 0.0
        name = self._table((item_id, variable, default), item_id, worth, default, at)
        return Linear(((name, 1.0),)).times(ref.weights.get(weight or "", 1.0))

    def _number_correct(self, of: Expression) -> Linear:
        total = Linear()
        for ref in self._chosen(of):
            _, item_id, item = self._refs[ref.identifier]
            if item.scorable.template_processing is not None:
                raise _cannot(of, f"asks for {item.identifier}, whose key is drawn: use its points")
            # "Only items for which all declared response variables have correct responses".
            keyed = all(r.correct for r in item.responses)
            keys = {r.identifier: r for r in item.responses if keyed}

            def worth(responses: Responses, keys: Mapping[str, Any] = keys) -> float:
                return float(bool(keys) and all(
                    _same(responses.get(name, ()), key.correct, key.cardinality)
                    for name, key in keys.items()
                ))  # fmt: skip

            name = self._table((item_id, "*correct"), item_id, worth, 0.0, of)
            total = total.plus(Linear(((name, 1.0),)))
        return total

    def _table(
        self, key: Any, item_id: str, worth: Callable[[Responses], float], absent: float,
        at: Expression,
    ) -> str:  # fmt: skip
        if key not in self._known:
            try:
                table = self._tabulator.table(item_id, worth, absent)
            except Unroutable as fault:
                raise Unroutable(fault.message, f"qti-{at.name}", at.line) from None
            self._known[key] = f"t{len(self._known) + 1}"
            self.tables[self._known[key]] = table
        return self._known[key]

    def _chosen(self, of: Expression) -> list[ItemRef]:
        """The items that a test-level expression speaks of (QTI 3 ASI, "ItemSubset")."""
        section = of.attributes.get("section-identifier")
        within = (of.attributes.get("include-category") or "").split()
        without = (of.attributes.get("exclude-category") or "").split()
        held: Test | Section = self._test
        if section:
            found = next((s for s in self._test.sections() if s.identifier == section), None)
            if found is None:
                raise _cannot(of, f"names the section {section}, which the test does not have")
            held = found
        return [
            ref for ref in held.items()
            if (not within or set(within) & set(ref.categories))
            and not set(without) & set(ref.categories)
        ]  # fmt: skip

    # Equality of answers, and of the test's own outcomes

    def _is_null(self, of: Expression) -> Condition:
        held = of.operands[0]
        found = self._response(held) if held.name == "variable" else None
        if found is None:
            raise _cannot(of)
        item_id, response = found
        key = (item_id, response, "null")
        name = self._table(key, item_id, lambda r: float(not r.get(response)), 1.0, of)
        return _truth(name, wanted=True)

    def _equality(self, of: Expression, wanted: bool) -> Condition | None:
        """match or equal of a response with constants, or of a test outcome with one; else None."""
        for left, right in (of.operands, of.operands[::-1]):
            values = _constants(right)
            if left.name != "variable" or values is None:
                continue
            if (found := self._response(left)) is not None:
                item_id, response = found
                declared = next(r for r in self._item(item_id).responses
                                if r.identifier == response)  # fmt: skip
                if declared.base in _NUMERIC and len(values) == 1:
                    continue
                key = (item_id, response, values)

                def worth(
                    responses: Responses, response: str = response, values: Any = values,
                    cardinality: str = declared.cardinality,
                ) -> float:  # fmt: skip
                    given = responses.get(response, ())
                    return float(_same(given, values, cardinality)) if given else _NULL

                return _truth(self._table(key, item_id, worth, _NULL, of), wanted)
            if "." not in left.attributes["identifier"] and number(values[0]) is None:
                return self._outcome_is(left, values[0], wanted)
        return None

    def _response(self, of: Expression) -> tuple[str, str] | None:
        """Booklet id and response, if a variable is an item's response."""
        ref_name, _, variable = of.attributes["identifier"].partition(".")
        if not variable or ref_name not in self._refs:
            return None
        ref, item_id, item = self._refs[ref_name]
        name = ref.item_variable(variable)
        return (item_id, name) if any(r.identifier == name for r in item.responses) else None

    def _item(self, item_id: str) -> Item:
        return next(item for _, known, item in self._refs.values() if known == item_id)

    def _flag(self, of: Expression, wanted: bool) -> Condition:
        """A boolean outcome, of an item or of the test."""
        if "." in of.attributes["identifier"]:
            ((name, _),) = self._variable(of).terms
            return _truth(name, wanted)
        return self._defined(of, lambda rule: self.condition(rule.expression, wanted))

    def _outcome_is(self, of: Expression, value: str, wanted: bool) -> Condition:
        """Whether outcome processing gives a test outcome this constant; not wanted: another."""

        def fits(given: tuple[str, ...]) -> bool:
            return bool(given) and (given == (value,)) == wanted

        identifier = of.attributes["identifier"]
        rules = self._rules_of(identifier)
        if len(rules) != 1 or not isinstance(rules[0], Choice):
            raise _cannot(of, _SET_ONCE.format(identifier))
        ways: list[Condition] = []
        before: list[Condition] = []
        for branch in rules[0].branches:
            here = TRUE if branch.condition is None else self.condition(branch.condition)
            set_here = [r for r in branch.rules if isinstance(r, Assign)
                        and r.identifier == identifier]  # fmt: skip
            if any(_sets(r, identifier) and not isinstance(r, Assign) for r in branch.rules):
                raise _cannot(of, _SET_ONCE.format(identifier))
            given = _constants(set_here[-1].expression) if set_here else self._default(identifier)
            if given is None:
                raise _cannot(of, f"{identifier} is not set to a constant")
            if fits(given):
                ways.append(Every((*(Unless(one) for one in before), here)))
            before.append(here)
        ended = any(branch.condition is None for branch in rules[0].branches)
        if not ended and fits(self._default(identifier)):
            ways.append(Every(tuple(Unless(one) for one in before)))
        return Some(tuple(ways))

    def _default(self, identifier: str) -> tuple[str, ...]:
        return next((o.default for o in self._test.outcomes if o.identifier == identifier), ())

    def _rules_of(self, identifier: str) -> list[Any]:
        processing = self._test.outcome_processing
        return [r for r in (processing.rules if processing else ()) if _sets(r, identifier)]

    def _defined(self, of: Expression, then: Callable[[Assign], T]) -> T:
        """What the one rule says that sets a test outcome."""
        identifier = of.attributes["identifier"]
        rules = self._rules_of(identifier)
        if len(rules) != 1 or not isinstance(rules[0], Assign) or self._depth >= DEPTH_LIMIT:
            raise _cannot(of, _SET_ONCE.format(identifier))
        if rules[0].rule != "set-outcome-value":
            raise _cannot(of, _SET_ONCE.format(identifier))
        self._depth += 1
        try:
            return then(rules[0])
        finally:
            self._depth -= 1


_SET_ONCE = (
    "names {}, which is no variable of an item, nor an outcome of the test that one rule of its "
    "outcome processing sets"
)


def _cannot(of: Expression, message: str = "") -> Unroutable:
    said = message or "cannot be evaluated in the browser: route by sums of points, and, or, not"
    return Unroutable(said, f"qti-{of.name}", of.line)


def _constant(of: Expression) -> Linear:
    value = number(of.text)
    if value is None or abs(value) == float("inf"):
        raise _cannot(of, "must be a number here")
    return Linear((), value)


def _constants(of: Expression) -> tuple[str, ...] | None:
    """The lexical values of a base-value, or of a container of base-values."""
    if of.name == "base-value":
        return (of.text.strip(),)
    if of.name in ("multiple", "ordered") and of.operands:
        held = [_constants(operand) for operand in of.operands]
        return None if None in held else tuple(v for vs in held for v in cast("tuple[str]", vs))
    return None


def _compare(terms: tuple[tuple[str, float], ...], by: Comparison, value: float) -> Condition:
    return Compare(tuple(Term(name, weight) for name, weight in terms), by, value)


def _truth(table: str, wanted: bool) -> Condition:
    """Of a table of truths: 1, 0, or `_NULL`."""
    return _compare(((table, 1.0),), "equal", 1.0 if wanted else 0.0)


def _same(given: Sequence[str], wanted: Sequence[str], cardinality: str) -> bool:
    if cardinality == "multiple":
        return sorted(given) == sorted(wanted)
    return tuple(given) == tuple(wanted)


def _start(default: tuple[str, ...], base: str | None) -> float:
    """A number or truth that an outcome starts from."""
    if not default and base == "boolean":
        return _NULL
    if default and default[0].strip() == "true":
        return 1.0
    return (number(default[0]) if default else None) or 0.0


def _sets(rule: Any, identifier: str) -> bool:
    """Whether a rule, or one inside it, sets a variable."""
    if isinstance(rule, Assign):
        return rule.identifier == identifier
    if isinstance(rule, Choice):
        return any(_sets(inner, identifier) for branch in rule.branches for inner in branch.rules)
    return any(_sets(inner, identifier) for inner in getattr(rule, "rules", ()))
