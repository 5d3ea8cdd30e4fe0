"""An item compiled to a scorer: the standard templates of QTI response processing.

QTI 3 Assessment, Section & Item Information Model, response processing templates `match_correct`
and `map_response`, and the CC2 spellings of Common Cartridge, which give MAXSCORE for a match.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ardoise.content.model import Item, OutcomeDeclaration, ResponseDeclaration
from ardoise.content.model import Mapping as PointMap
from ardoise.scoring.values import Base, Value, parse_response

RESPONSE = "RESPONSE"
SCORE = "SCORE"
Outcome = Value | tuple[Value, ...] | None
Capture = Callable[[Base, str], Value | None]
"""Text to value: `values.parse_response` for what pupils type, `values.parse_lexical` for QTI's."""
Response = Value | tuple[Value, ...] | None
"""A typed response; None is NULL: nothing given, or nothing that can be read."""


@dataclass(frozen=True, slots=True)
class ItemScore:
    """What one response set is worth."""

    score: float | None
    """Points; None: no machine scores this item, a rater must."""
    max_score: float
    """Points at most. For an item that no machine scores: its normal-maximum, or 0 if unsaid."""
    outcomes: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class Scorer:
    """A compiled item. Pure: the same responses always give the same score."""

    item: str
    max_score: float
    machine_scored: bool
    _read: Callable[[tuple[str, ...]], Response]
    _points: Callable[[Response], float] | None
    _outcomes: Mapping[str, Outcome]
    _feedback: bool

    def score(self, responses: Mapping[str, tuple[str, ...]]) -> ItemScore:
        """Responses by QTI identifier, as they were given. Missing and empty are the same."""
        if self._points is None:
            return ItemScore(None, self.max_score, self._outcomes)
        response = self._read(tuple(responses.get(RESPONSE, ())))
        score = self._points(response)
        outcomes = {**self._outcomes, SCORE: score}
        if self._feedback:
            right = response is not None and score >= self.max_score
            outcomes["FEEDBACKBASIC"] = (
                "empty" if response is None else "correct" if right else "incorrect"
            )
        return ItemScore(score, self.max_score, MappingProxyType(outcomes))


def compile_item(item: Item, *, capture: Capture = parse_response) -> Scorer:
    """The scorer of an item. Items that came through `read_package` always compile.

    `capture` reads responses and keys alike, so that both meet in the same form.
    """
    outcomes = {outcome.identifier: _default(outcome) for outcome in item.outcomes}
    response = next((r for r in item.responses if r.identifier == RESPONSE), None)
    if item.template is None or response is None:
        outcomes.pop(SCORE, None)  # a default of 0 would read as a score
        return Scorer(
            item.identifier, _stated_maximum(item) or 0.0, False, lambda _: None, None,
            MappingProxyType(outcomes), False,
        )  # fmt: skip
    outcomes.setdefault(SCORE, 0.0)
    most = outcomes.get("MAXSCORE")
    full = float(most) if isinstance(most, int | float) else 1.0
    if item.template.endswith("map_response"):
        points = _map_points(response, response.mapping or PointMap(()), capture)
        best = _best_mapped(item, response, response.mapping or PointMap(()))
    else:
        full = full if item.template.startswith("CC2") else 1.0
        points = _match_points(response, full, capture)
        best = full
    stated = _stated_maximum(item)
    return Scorer(
        item.identifier,
        stated if stated is not None else best,
        True,
        _reader(response, capture),
        points,
        MappingProxyType(outcomes),
        item.template in ("CC2_match", "CC2_map_response") and "FEEDBACKBASIC" in outcomes,
    )


def _default(outcome: OutcomeDeclaration) -> Outcome:
    """A variable's value before processing: its default; a lone number without one is 0."""
    convert: Callable[[str], Value] = {"integer": int, "float": float}.get(outcome.base or "", str)
    values = tuple(convert(value) for value in outcome.default)
    if outcome.cardinality == "single":
        if values:
            return values[0]
        return convert("0") if outcome.base in ("integer", "float") else None
    return values or None


def _stated_maximum(item: Item) -> float | None:
    for outcome in item.outcomes:
        if outcome.identifier == SCORE:
            return outcome.normal_maximum
    return None


def _reader(
    response: ResponseDeclaration, capture: Capture
) -> Callable[[tuple[str, ...]], Response]:
    """Typed responses. Several values for one variable are no value: nothing says which counts."""

    def single(given: tuple[str, ...]) -> Response:
        return capture(response.base, given[0]) if len(given) == 1 else None

    def multiple(given: tuple[str, ...]) -> Response:
        values = (capture(response.base, text) for text in given)
        return tuple(value for value in values if value is not None) or None

    return single if response.cardinality == "single" else multiple


def _match_points(
    response: ResponseDeclaration, full: float, capture: Capture
) -> Callable[[Response], float]:
    """`match`: same value; for multiple, the same as often, in any order. NULL: no points."""
    keys = [capture(response.base, text) for text in response.correct]
    if response.cardinality == "single":
        key = keys[0] if keys else None
        return lambda given: full if given is not None and given == key else 0.0
    wanted = Counter(key for key in keys if key is not None)
    return lambda given: full if isinstance(given, tuple) and Counter(given) == wanted else 0.0


def _map_points(
    response: ResponseDeclaration, mapping: PointMap, capture: Capture
) -> Callable[[Response], float]:
    """`mapResponse`: the sum over distinct values, each by its entry or the default, then bounds.

    The first entry that fits counts. The template gives 0 for NULL without asking the mapping.
    """
    worth = _Worth(response, mapping, capture)

    def points(given: Response) -> float:
        if given is None:
            return 0.0
        values = dict.fromkeys(given) if isinstance(given, tuple) else (given,)
        return _bounded(sum(worth.of(value) for value in values), mapping)

    return points


class _Worth:
    """What one value is worth, found without walking through the entries."""

    def __init__(self, response: ResponseDeclaration, mapping: PointMap, capture: Capture) -> None:
        self._default = mapping.default
        self._exact: dict[Value, tuple[int, float]] = {}
        self._folded: dict[Value, tuple[int, float]] = {}
        for place, entry in enumerate(mapping.entries):
            key = capture(response.base, entry.key)
            # Texts alone have case to fold: an identifier is exact, whatever the entry says.
            if isinstance(key, str) and response.base == "string" and not entry.case_sensitive:
                self._folded.setdefault(key.casefold(), (place, entry.value))
            elif key is not None:
                self._exact.setdefault(key, (place, entry.value))

    def of(self, value: Value) -> float:
        found = [self._exact.get(value)]
        if isinstance(value, str) and self._folded:
            found.append(self._folded.get(value.casefold()))
        hits = [hit for hit in found if hit is not None]
        return min(hits)[1] if hits else self._default


def _bounded(total: float, mapping: PointMap) -> float:
    if mapping.lower is not None:
        total = max(total, mapping.lower)
    if mapping.upper is not None:
        total = min(total, mapping.upper)
    return float(total)


def _best_mapped(item: Item, response: ResponseDeclaration, mapping: PointMap) -> float:
    """The most that a mapping can give: as many of its best entries as may be chosen, bounded."""
    gains = sorted((entry.value for entry in mapping.entries if entry.value > 0), reverse=True)
    if response.cardinality == "single":
        gains = gains[:1]
    else:
        most = next((q.max_choices for q in item.questions if q.response == RESPONSE), 0)
        gains = gains[:most] if most else gains
    return _bounded(sum(gains), mapping)
