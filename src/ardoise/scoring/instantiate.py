"""Template processing: what one seat or form gets of an item with template variables.

QTI 3 ASI, "Item Templates". Drawn by the authority, once; the booklet holds what came out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ardoise.content.faults import ContentFault, Finding
from ardoise.content.scorable import Scorable
from ardoise.scoring.declared import correct_of, declarations, default_of, item_scope
from ardoise.scoring.draws import Draws
from ardoise.scoring.rules import Unsatisfied, compile_rules
from ardoise.scoring.scope import Capture, Datum, Scope, State, Step
from ardoise.scoring.values import parse_lexical

ATTEMPTS_LIMIT = 1_000
"""Draws before a template constraint is given up."""


@dataclass(frozen=True, slots=True)
class TemplateValues:
    """Template variables of one seat or form, and what their processing set beside them."""

    values: Mapping[str, Datum] = field(default_factory=dict)
    correct: Mapping[str, Datum] = field(default_factory=dict)
    """Every response's key, whether template processing set it or the item declares it."""
    defaults: Mapping[str, Datum] = field(default_factory=dict)
    """Defaults that template processing set: of responses and outcomes."""


Instantiate = Callable[[Draws | None, list[Step] | None], TemplateValues]


def instantiate(
    scorable: Scorable, *, seed: bytes, capture: Capture = parse_lexical
) -> TemplateValues:
    """Template values for a seed of 16 bytes or more; the same seed always gives the same.

    Raises ContentFault for rules that cannot be run, or a constraint that no draw satisfies.
    """
    return compile_templates(scorable, item_scope(scorable, capture))(
        Draws(seed, scorable.identifier), None
    )


def compile_templates(scorable: Scorable, scope: Scope) -> Instantiate:
    """A closure that draws template values. `scope.draws` says afterwards if it needs chance."""
    start = {one.identifier: default_of(one, scope) for one in scorable.templates}
    context = {one.identifier: default_of(one, scope) for one in scorable.contexts}
    correct = {one.identifier: correct_of(one, scope) for one in scorable.responses}
    processing = scorable.template_processing
    if processing is None:
        fixed = TemplateValues(start, correct, {})
        return lambda _, __: fixed
    before = scope.draws
    scope.draws = False
    rules = compile_rules(processing.rules, scope)
    scope.draws, attempts = scope.draws or before, ATTEMPTS_LIMIT if scope.draws else 1
    defaults = {one.identifier: default_of(one, scope) for one in declarations(scorable)}

    def draw(draws: Draws | None, trace: list[Step] | None) -> TemplateValues:
        rounds = 0
        for _ in range(attempts):
            state = State({**context, **defaults, **start}, dict(correct), dict(defaults), draws)
            state.trace, state.rounds = trace, rounds
            try:
                rules(state)
            except Unsatisfied:
                rounds = state.rounds
                continue
            changed = {k: v for k, v in state.defaults.items() if v != defaults.get(k)}
            values = {name: state.values[name] for name in start}
            return TemplateValues(values, state.correct, changed)
        message = f"no draw of {attempts} satisfies the template constraint: loosen it"
        raise ContentFault(
            Finding(scorable.file, message, scorable.identifier, "qti-template-constraint")
        )

    return draw
