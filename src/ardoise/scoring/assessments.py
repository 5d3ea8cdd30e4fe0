"""Outcome processing over a whole test: what the items' outcomes amount to.

QTI 3 ASI, "Outcome Processing": test variables, weights, sections and categories; pre-conditions
and branch rules see the same. Pure: sessions of items in, outcomes of the test out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ardoise.content.processing import Expression, Processing
from ardoise.content.scorable import Scorable
from ardoise.content.variables import OutcomeDeclaration
from ardoise.scoring.declared import correct_of, default_of, item_scope, outcome_start
from ardoise.scoring.operators.comparison import same_bag
from ardoise.scoring.rules import compile_rules, compile_truth
from ardoise.scoring.scope import BUILT_IN, SPELLED, Datum, Scope, State, Step, Variable
from ardoise.scoring.values import parse_lexical


@dataclass(frozen=True, slots=True)
class ItemRef:
    """An item as its test refers to it."""

    identifier: str
    scorable: Scorable
    sections: frozenset[str] = frozenset()
    """Every section that it stands in, outer ones too."""
    categories: frozenset[str] = frozenset()
    weights: Mapping[str, float] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    """Variable mappings: the test's name → the item's own."""

    def variable(self, name: str) -> Variable | None:
        """A variable of the item, under the name that the test uses."""
        own = self.names.get(name, name)
        for outcome in self.scorable.outcomes:
            if outcome.identifier == own:
                return Variable(own, "outcome", outcome.cardinality, outcome.base, outcome)
        for response in self.scorable.responses:
            if response.identifier == own:
                return Variable(own, "response", response.cardinality, response.base, response)
        return BUILT_IN.get(own)

    def weight(self, name: str) -> float | None:
        """A weight of that name, 1.0 if the item has none so called; None: nothing is weighed."""
        return self.weights.get(name, 1.0) if name else None

    def bound(self, name: str, which: str) -> float | None:
        """The normal-maximum or normal-minimum of an outcome, if the item declares one."""
        found = self.variable(name)
        declaration = None if found is None else found.declaration
        if not isinstance(declaration, OutcomeDeclaration) or declaration.cardinality != "single":
            return None
        return declaration.normal_maximum if which == "maximum" else declaration.normal_minimum


@dataclass(frozen=True, slots=True)
class ItemSession:
    """What happened to one item of a candidate's test."""

    values: Mapping[str, Datum] = field(default_factory=dict)
    """Outcomes, typed responses and built-in variables, by the item's own names."""
    selected: bool = True
    presented: bool = True
    responded: bool = True
    correct: Mapping[str, Datum] | None = None
    """Keys of this session, where template processing set them; None: the declared ones."""


class AssessmentView:
    """What expressions of a test may ask about the items of one candidate."""

    __slots__ = ("_keys", "_refs", "_sessions")

    def __init__(
        self,
        refs: Mapping[str, ItemRef],
        keys: Mapping[str, Mapping[str, Datum]],
        sessions: Mapping[str, ItemSession],
    ) -> None:
        self._refs = refs
        self._keys = keys
        self._sessions = sessions

    def value(self, item: str, name: str) -> Datum:
        """A variable of an item; NULL if it was never presented."""
        session = self._sessions.get(item)
        if session is None:
            return None
        own = self._refs[item].names.get(name, name)
        return session.values.get(SPELLED.get(own, own))

    def is_selected(self, item: str) -> bool:
        """Whether the item stands in this candidate's test."""
        return item in self._sessions and self._sessions[item].selected

    def is_presented(self, item: str) -> bool:
        """ "Attempted at least once": shown to the candidate."""
        return self._sessions[item].presented

    def is_responded(self, item: str) -> bool:
        """Attempted at least once, with a response given."""
        return self._sessions[item].responded

    def is_correct(self, item: str) -> bool:
        """Whether every response matches its key."""
        return self._matches(item) is True

    def is_incorrect(self, item: str) -> bool:
        """Whether some response does not match its key; given or not."""
        return self._matches(item) is False

    def _matches(self, item: str) -> bool | None:
        """ "Only items for which all declared response variables have correct responses defined
        are considered": the others are neither.
        """
        session = self._sessions[item]
        keys = self._keys[item] if session.correct is None else session.correct
        responses = self._refs[item].scorable.responses
        if not responses or any(keys.get(one.identifier) is None for one in responses):
            return None
        return all(
            _same(one.cardinality, session.values.get(one.identifier), keys[one.identifier])
            for one in responses
        )


def _same(cardinality: str, given: Datum, key: Datum) -> bool:
    if given is None:
        return False
    return same_bag(given, key) if cardinality == "multiple" else given == key


@dataclass(frozen=True, slots=True)
class AssessmentScorer:
    """A compiled test."""

    test: str
    _refs: Mapping[str, ItemRef]
    _keys: Mapping[str, Mapping[str, Datum]]
    _scope: Scope
    _start: Mapping[str, Datum]
    _rules: Callable[[State], bool]

    def score(
        self, sessions: Mapping[str, ItemSession], *, trace: list[Step] | None = None
    ) -> dict[str, Datum]:
        """The test's outcomes. Items that `sessions` lacks were not selected for the candidate."""
        state = self._state(sessions, {}, trace)
        self._rules(state)
        return {name: state.values[name] for name in self._start}

    def condition(
        self, expression: Expression
    ) -> Callable[[Mapping[str, ItemSession], Mapping[str, Datum]], bool]:
        """A pre-condition or branch rule: whether it is true, given sessions and test outcomes.

        Raises ContentFault if it has no meaning in this test.
        """
        holds = compile_truth(expression, self._scope)
        return lambda sessions, outcomes: holds(self._state(sessions, outcomes, None))

    def _state(
        self,
        sessions: Mapping[str, ItemSession],
        outcomes: Mapping[str, Datum],
        trace: list[Step] | None,
    ) -> State:
        view = AssessmentView(self._refs, self._keys, sessions)
        values = {**self._start, **outcomes}
        return State(values, {}, self._start, None, trace, view)


def compile_test(
    identifier: str,
    outcomes: Sequence[OutcomeDeclaration],
    processing: Processing | None,
    items: Sequence[ItemRef],
    *,
    file: str = "",
) -> AssessmentScorer:
    """A test's outcome processing. Raises ContentFault, naming file, element and line."""
    variables = {
        one.identifier: Variable(one.identifier, "outcome", one.cardinality, one.base, one)
        for one in outcomes
    }
    refs = {item.identifier: item for item in items}
    scope = Scope(file, identifier, variables, parse_lexical, "test", refs)
    keys = {}
    for name, ref in refs.items():
        own = item_scope(ref.scorable, parse_lexical)
        keys[name] = {one.identifier: correct_of(one, own) for one in ref.scorable.responses}
    start = {one.identifier: outcome_start(one, scope) for one in outcomes}
    rules = compile_rules(() if processing is None else processing.rules, scope)
    return AssessmentScorer(identifier, refs, keys, scope, start, rules)


def first_values(ref: ItemRef) -> dict[str, Datum]:
    """An item's variables before any attempt: what routing sees of an item not yet reached."""
    scope = item_scope(ref.scorable, parse_lexical)
    values: dict[str, Datum] = {
        one.identifier: outcome_start(one, scope) for one in ref.scorable.outcomes
    }
    values |= {one.identifier: default_of(one, scope) for one in ref.scorable.responses}
    return {**values, "numAttempts": 0, "duration": 0.0, "completionStatus": "not_attempted"}
