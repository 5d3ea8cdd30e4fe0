"""Item sessions of several attempts: adaptive items keep their outcomes, others start afresh.

QTI 3 ASI, "Item Session": completionStatus is not_attempted, then unknown; a non-adaptive item is
completed by its first attempt, an adaptive one when its rules say so, and then takes no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ardoise.scoring.draws import Draws
from ardoise.scoring.instantiate import TemplateValues
from ardoise.scoring.scope import Datum, Step
from ardoise.scoring.scorer import COMPLETION, ItemScore, Responses, Scorer


class AttemptRefused(Exception):
    """An attempt at an item whose session has ended."""


@dataclass(frozen=True, slots=True)
class Session:
    """One candidate's state in one item. Each attempt gives a new one."""

    values: Mapping[str, Datum]
    templates: TemplateValues | None
    attempts: int = 0
    duration: float = 0.0
    """Seconds, over all attempts."""
    result: ItemScore | None = None
    """After the latest attempt."""

    @property
    def completed(self) -> bool:
        """Whether no further attempt may change it."""
        return self.values.get(COMPLETION) == "completed"


def begin(scorer: Scorer, templates: TemplateValues | None = None) -> Session:
    """A session before its first attempt: responses and outcomes at their defaults."""
    values = {**scorer.start(templates), **scorer.response_defaults(templates)}
    values.update({"numAttempts": 0, "duration": 0.0, COMPLETION: "not_attempted"})
    return Session(values, templates)


def attempt(
    scorer: Scorer,
    session: Session,
    responses: Responses,
    *,
    duration: float = 0.0,
    trace: list[Step] | None = None,
    draws: Draws | None = None,
) -> Session:
    """The session after one more attempt. Responses that are not named keep what they hold.

    `duration`: seconds that this attempt took. Raises AttemptRefused once an adaptive item is
    completed.
    """
    if scorer.adaptive and session.completed:
        raise AttemptRefused(f"item {scorer.item} is completed: it takes no further attempt")
    values = dict(session.values)
    if not scorer.adaptive:
        fresh = scorer.start(session.templates)
        values.update({name: fresh[name] for name in scorer.outcomes})
    typed = scorer.read(responses)
    values.update({name: value for name, value in typed.items() if name in responses})
    spent = session.duration + duration
    values["numAttempts"] = session.attempts + 1
    values["duration"] = spent
    if not scorer.adaptive or values[COMPLETION] == "not_attempted":
        values[COMPLETION] = "unknown"
    given = {name: values[name] for name in scorer.responses}
    result = scorer.run(values, templates=session.templates, trace=trace, draws=draws)
    # What rules made of a response (set-response-value) ends with the run.
    values.update(given)
    values[COMPLETION] = result.completion
    return Session(values, session.templates, session.attempts + 1, spent, result)
