"""An item compiled to a scorer: response processing over one set of responses.

QTI 3 ASI, "Response Processing". Compiled once an item; then the same responses always give the
same outcomes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ardoise.content.faults import Finding
from ardoise.content.model import Item
from ardoise.content.scorable import Scorable
from ardoise.content.variables import BaseType, Cardinality, OutcomeDeclaration
from ardoise.scoring.declared import (
    correct_of,
    declarations,
    default_of,
    item_scope,
    outcome_start,
    reader,
)
from ardoise.scoring.draws import Draws
from ardoise.scoring.instantiate import TemplateValues, compile_templates
from ardoise.scoring.maxima import best_score, stated_maximum
from ardoise.scoring.rules import RunRule, compile_rules
from ardoise.scoring.scope import BUILT_IN, Capture, Datum, Scope, State, Step, Variable
from ardoise.scoring.templates import SCORE, template_rules
from ardoise.scoring.values import parse_response

Outcome = Datum
Response = Datum
"""A typed response; None is NULL: nothing given, or nothing that can be read."""
Responses = Mapping[str, tuple[str, ...]]
COMPLETION = "completionStatus"


@dataclass(frozen=True, slots=True)
class ItemScore:
    """What one response set is worth."""

    score: float | None
    """Points; None: no machine scores this item, a rater must."""
    max_score: float
    """Points at most. For an item that no machine scores: its normal-maximum, or 0 if unsaid."""
    outcomes: Mapping[str, Outcome]
    completion: str = "completed"
    """QTI's completionStatus after processing."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """A compiled item. Pure: the same responses always give the same score."""

    item: str
    max_score: float
    machine_scored: bool
    adaptive: bool
    _readers: Mapping[str, Callable[[tuple[str, ...]], Response]]
    _start: Mapping[str, Datum]
    """Every variable before an attempt."""
    _outcomes: tuple[str, ...]
    _rules: RunRule | None
    _instance: Callable[[Draws | None, list[Step] | None], TemplateValues]
    _fixed: TemplateValues | None
    """What template processing gives where it draws nothing; None: it draws."""
    _keys: Mapping[str, Datum] = field(default_factory=dict)
    _defaults: Mapping[str, Datum] = field(default_factory=dict)
    _template_names: tuple[str, ...] = ()
    _types: Mapping[str, tuple[Cardinality, BaseType | None]] = field(default_factory=dict)
    warnings: tuple[Finding, ...] = ()
    """Where its rules read what QTI does not have (content/dialects.py) by the types of values."""

    @property
    def responses(self) -> tuple[str, ...]:
        """The identifiers of the responses that the item declares."""
        return tuple(self._readers)

    def score(
        self,
        responses: Responses,
        *,
        templates: TemplateValues | Mapping[str, Datum] | None = None,
        trace: list[Step] | None = None,
    ) -> ItemScore:
        """Responses by QTI identifier, as they were given. Missing and empty are the same.

        `templates`: what the seat's or form's draw gave, for items that draw. Raises ContentFault
        if such an item is scored without.
        """
        if self._rules is None:
            return ItemScore(None, self.max_score, self._unscored())
        instance = self.instance(templates)
        values = dict(self._start)
        if instance.defaults:
            values.update((k, v) for k, v in instance.defaults.items() if k in self._outcomes)
        for name, read in self._readers.items():
            given = responses.get(name)
            values[name] = read(given) if given else None
        return self.run(values, templates=instance, trace=trace)

    def read(self, responses: Responses) -> dict[str, Response]:
        """Typed responses, one for every declared response variable."""
        return {name: read(responses.get(name, ())) for name, read in self._readers.items()}

    def run(
        self,
        values: dict[str, Datum],
        *,
        templates: TemplateValues | Mapping[str, Datum] | None = None,
        trace: list[Step] | None = None,
        draws: Draws | None = None,
    ) -> ItemScore:
        """Runs the rules over typed values, which it changes. For attempts and for reference cases.

        Template values and their defaults are laid over what `values` holds of them.
        """
        instance = self.instance(templates)
        values.update(instance.values)
        defaults = {**self._defaults, **instance.defaults} if instance.defaults else self._defaults
        state = State(values, instance.correct, defaults, draws, trace)
        if self._rules is not None:
            self._rules(state)
        return self._result(values)

    def _result(self, values: Mapping[str, Datum]) -> ItemScore:
        outcomes = {name: values[name] for name in self._outcomes}
        completion = values.get(COMPLETION)
        if not self.adaptive and completion in (None, "unknown", "not_attempted"):
            completion = "completed"
        if COMPLETION in outcomes:
            outcomes[COMPLETION] = completion
        found = outcomes.get(SCORE)
        plain = float(found) if isinstance(found, int | float) else 0.0
        return ItemScore(
            plain if self.machine_scored else None,
            self.max_score, MappingProxyType(outcomes), str(completion or "unknown"),
        )  # fmt: skip

    def start(
        self, templates: TemplateValues | Mapping[str, Datum] | None = None
    ) -> dict[str, Datum]:
        """Every variable as it stands before the first attempt."""
        instance = self.instance(templates)
        return {**self._start, **instance.values, **instance.defaults}

    @property
    def draws(self) -> bool:
        """Whether template processing draws at random."""
        return self._fixed is None

    @property
    def templates(self) -> tuple[str, ...]:
        """The identifiers of the item's template variables."""
        return self._template_names

    def type_of(self, name: str) -> tuple[Cardinality, BaseType | None]:
        """The cardinality and base type of a variable. Raises KeyError."""
        return self._types[name]

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The identifiers of the item's outcomes."""
        return self._outcomes

    def response_defaults(self, templates: TemplateValues | None = None) -> dict[str, Datum]:
        """Responses before the candidate says anything."""
        changed = self.instance(templates).defaults
        return {name: changed.get(name, self._defaults.get(name)) for name in self._readers}

    def draw(self, seed: bytes, trace: list[Step] | None = None) -> TemplateValues:
        """Template values for a seed."""
        return self._instance(Draws(seed, self.item), trace)

    def instance(self, templates: TemplateValues | Mapping[str, Datum] | None) -> TemplateValues:
        """What template processing gave. Raises ContentFault if it draws and nothing was given."""
        if templates is None:
            return self._fixed if self._fixed is not None else self._instance(None, None)
        if isinstance(templates, TemplateValues):
            return templates
        return TemplateValues(dict(templates), self._keys)

    def _unscored(self) -> Mapping[str, Outcome]:
        # A default of 0 would read as a score.
        kept = {name: self._start[name] for name in self._outcomes if name != SCORE}
        return MappingProxyType(kept)


def compile_item(item: Item | Scorable, *, capture: Capture = parse_response) -> Scorer:
    """The scorer of an item. Raises ContentFault for rules that have no meaning.

    `capture` reads responses and keys alike, so that both meet in the same form.
    """
    scorable = item if isinstance(item, Scorable) else item.scorable
    scope = item_scope(scorable, capture)
    outcomes = list(scorable.outcomes)
    processing = scorable.response_processing
    if processing is not None and processing.template is not None and SCORE not in scope.variables:
        # The standard templates set SCORE, declared or not.
        score = OutcomeDeclaration(SCORE, "single", "float")
        outcomes.append(score)
        scope.variables = {
            **scope.variables, SCORE: Variable(SCORE, "outcome", "single", "float", score)
        }  # fmt: skip
    instance = compile_templates(scorable, scope)
    draws_templates, scope.draws = scope.draws, False
    rules = _compiled(scorable, scope)
    names = tuple(outcome.identifier for outcome in outcomes)
    starts = {outcome.identifier: outcome_start(outcome, scope) for outcome in outcomes}
    scored = _is_machine_scored(outcomes, rules)
    scorer = Scorer(
        scorable.identifier, 0.0, scored, scorable.adaptive,
        {one.identifier: reader(one, capture) for one in scorable.responses},
        _session(scorable, scope, starts), names, rules, instance,
        None if draws_templates else instance(None, None),
        {one.identifier: correct_of(one, scope) for one in scorable.responses},
        {one.identifier: default_of(one, scope) for one in declarations(scorable)},
        tuple(one.identifier for one in scorable.templates),
        {name: (v.cardinality, v.base) for name, v in {**BUILT_IN, **scope.variables}.items()},
        tuple(scope.warnings),
    )  # fmt: skip
    stated = stated_maximum(scorable, starts)
    if stated is None:
        stated = best_score(scorable, scope, scorer.run, scorer.start) if scored else 0.0
    return replace(scorer, max_score=stated)


def _compiled(scorable: Scorable, scope: Scope) -> RunRule | None:
    processing = scorable.response_processing
    if processing is None:
        return None
    if processing.template is None:
        return compile_rules(processing.rules, scope)
    return compile_rules(
        template_rules(processing.template, scope.variables, processing.line), scope
    )


def _is_machine_scored(outcomes: list[OutcomeDeclaration], rules: RunRule | None) -> bool:
    score = next((one for one in outcomes if one.identifier == SCORE), None)
    return rules is not None and score is not None and score.external_scored is None


def _session(scorable: Scorable, scope: Scope, starts: Mapping[str, Datum]) -> dict[str, Datum]:
    built_in: dict[str, Datum] = {"numAttempts": 1, "duration": 0.0, COMPLETION: "unknown"}
    responses = dict.fromkeys(one.identifier for one in scorable.responses)
    contexts = {one.identifier: default_of(one, scope) for one in scorable.contexts}
    session = {**built_in, **contexts, **responses, **starts}
    session[COMPLETION] = session[COMPLETION] or "unknown"
    return session
