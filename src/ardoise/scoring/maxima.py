"""The most points that an item can give, where its author does not say."""

from collections.abc import Callable, Mapping
from typing import Any

from ardoise.content.faults import ContentFault
from ardoise.content.scorable import Scorable
from ardoise.content.variables import ResponseDeclaration
from ardoise.scoring.declared import correct_of
from ardoise.scoring.operators.mapping import Worth, mapped
from ardoise.scoring.scope import Datum, Scope
from ardoise.scoring.templates import MAXSCORE, SCORE


def stated_maximum(scorable: Scorable, starts: Mapping[str, Datum]) -> float | None:
    """The normal-maximum of SCORE, else the default of MAXSCORE (QTI 2.2's name for it)."""
    for outcome in scorable.outcomes:
        if outcome.identifier == SCORE and outcome.normal_maximum is not None:
            return outcome.normal_maximum
    most = starts.get(MAXSCORE)
    stated = any(one.identifier == MAXSCORE and one.default for one in scorable.outcomes)
    return float(most) if stated and isinstance(most, int | float) else None


def best_score(
    scorable: Scorable,
    scope: Scope,
    run: Callable[..., Any],
    start: Callable[[], dict[str, Datum]],
) -> float:
    """The score of the keys and of the best entries of mappings, whichever is more.

    For rules of an item's own this is what an answer that follows the key earns: at least that.
    """
    found = [0.0]
    for choose in (_key, _best_entries):
        try:
            values = start()
            for response in scorable.responses:
                values[response.identifier] = choose(response, scorable, scope)
            score = run(values).score
        except ContentFault:
            # It draws: the maximum of one draw would not be another's.
            continue
        found.append(score or 0.0)
    return max(found)


def _key(response: ResponseDeclaration, scorable: Scorable, scope: Scope) -> Datum:
    key = correct_of(response, scope)
    return _best_entries(response, scorable, scope) if key is None else key


def _best_entries(response: ResponseDeclaration, scorable: Scorable, scope: Scope) -> Datum:
    """As many of the best entries of the mapping as may be chosen."""
    if response.base is None or response.mapping is None:
        return correct_of(response, scope)
    worth = Worth(response.base, response.mapping, scope.value)
    keys = {scope.value(response.base, entry.key) for entry in response.mapping.entries}
    gains = sorted(
        (mapped(key, worth, response.mapping), str(key), key) for key in keys if key is not None
    )
    kept = [key for gain, _, key in reversed(gains) if gain > 0]
    if response.cardinality == "single":
        return kept[0] if kept else None
    most = scorable.most_choices.get(response.identifier, 0)
    return tuple(kept[:most] if most else kept) or None
