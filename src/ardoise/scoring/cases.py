"""Reference cases: what another engine said of an item, compared with what we say.

A case names an item, its responses and the outcomes expected. Responses are QTI's lexical forms,
or JSON values that are plainly meant as such. Numbers compare to nine figures, containers without
order in any order, and an empty text or list is NULL.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ardoise.content.faults import ContentFault
from ardoise.content.variables import BaseType, Cardinality
from ardoise.scoring.attempts import AttemptRefused, Session, attempt, begin
from ardoise.scoring.declared import spelled
from ardoise.scoring.draws import Draws
from ardoise.scoring.instantiate import TemplateValues
from ardoise.scoring.scope import Datum
from ardoise.scoring.scorer import Scorer
from ardoise.scoring.values import Value, parse_lexical

SEED = bytes(32)
"""For items that draw: the same at every run; a case can tell template values instead."""
RELATIVE = 1e-9
ABSOLUTE = 1e-12


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a file of cases."""

    item: str
    name: str
    attempts: tuple[tuple[Mapping[str, Any], Mapping[str, Any]], ...]
    """Responses and the outcomes expected after them, for each attempt in turn."""
    templates: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One outcome that is not what was expected, or the reason why there is none."""

    outcome: str
    found: str
    expected: str

    def __str__(self) -> str:
        if not self.outcome:
            return self.found
        return f"{self.outcome} is {self.found}, expected {self.expected}"


def read_case(line: str) -> Case:
    """One case. Raises ValueError saying what is wrong with the line."""
    try:
        found = json.loads(line)
    except json.JSONDecodeError as fault:
        raise ValueError(f"is no JSON: {fault.msg} at column {fault.colno}") from fault
    if not isinstance(found, dict) or not isinstance(found.get("item"), str):
        raise ValueError(  # noqa: TRY004 - a line of a file, not an argument
            'is no case: it needs "item", "responses" and "expected"'
        )
    steps = found.get("attempts")
    if steps is None:
        steps = [found]
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise ValueError('has "attempts" that are no list of objects')
    attempts = tuple(
        (_object(step, "responses"), _object(step, "expected", "outcomes")) for step in steps
    )
    # What is expected of the whole is expected after its last attempt.
    if "attempts" in found and attempts and "expected" in found:
        attempts = (*attempts[:-1], (attempts[-1][0], _object(found, "expected")))
    name = str(found.get("case", ""))
    return Case(found["item"], name, attempts, _object(found, "templates", "template_values"))


def _object(found: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        value = found.get(name)
        if value is not None:
            if not isinstance(value, dict):
                raise ValueError(f'has "{name}" that is no object')
            return value
    return {}


def compare(case: Case, scorer: Scorer) -> list[Difference]:
    """Every difference between what a case expects and what we find; none: they agree."""
    try:
        session = begin(scorer, drawn_or_chosen(scorer, case.templates))
        differences: list[Difference] = []
        for responses, expected in case.attempts:
            session = attempt(
                scorer, session, _lexical_responses(responses, scorer),
                duration=_duration(responses), draws=Draws(SEED, scorer.item),
            )  # fmt: skip
            differences += _differences(session, expected, scorer)
    except (ContentFault, AttemptRefused, ValueError) as fault:
        return [Difference("", str(fault), "")]
    # Alone it is no difference: engines ignore it. Beside one it may be the reason.
    return differences + _undeclared(case, scorer) if differences else []


def drawn_or_chosen(
    scorer: Scorer, chosen: Mapping[str, Any], seed: bytes = SEED
) -> TemplateValues | None:
    """Template values: those that are told, and what the seed draws for the others.

    Raises ValueError for one that is not declared.
    """
    drawn = scorer.draw(hashlib.sha256(seed).digest()) if scorer.draws else None
    if not chosen:
        return drawn
    base = scorer.instance(drawn)
    given = {}
    for name, value in chosen.items():
        if name not in base.values:
            raise ValueError(f"names the template variable {name}, which is not declared")
        given[name] = typed_value(value, *scorer.type_of(name))
    return TemplateValues({**base.values, **given}, base.correct, base.defaults)


def _lexical_responses(responses: Mapping[str, Any], scorer: Scorer) -> dict[str, tuple[str, ...]]:
    found = {}
    for name, value in responses.items():
        if name in scorer.responses:
            base = scorer.type_of(name)[1]
            texts = texts_of(value, base)
            # White space is a text's alone, and a record's: its fields may be texts.
            kept = base in ("string", None)
            found[name] = texts if kept else tuple(text.strip() for text in texts)
    return found


def _duration(responses: Mapping[str, Any]) -> float:
    """What a case says of the time that the attempt took, in seconds."""
    told = texts_of(responses.get("duration"), "duration")
    found = parse_lexical("duration", told[0].strip()) if told else None
    return found if isinstance(found, float) else 0.0


def _undeclared(case: Case, scorer: Scorer) -> list[Difference]:
    known = ", ".join(scorer.responses) or "none"
    session = {"duration", "numAttempts", "num-attempts"}
    named = {name for responses, _ in case.attempts for name in responses}
    return [
        Difference("", f"names the response {name}, which is not declared: {known} are", "")
        for name in sorted(named.difference(scorer.responses, session))
    ]


def texts_of(value: Any, base: BaseType | None = None) -> tuple[str, ...]:
    """A JSON value as lexical forms: a list holds several, an object is a record, null is none."""
    if value is None or value in ("", []):
        return ()
    if isinstance(value, Mapping):
        if base == "point" and value.keys() == {"x", "y"}:
            value = [value["x"], value["y"]]
        else:
            return _from_object(value, base)
    halves = base in ("point", "pair", "directed-pair")
    if isinstance(value, list):
        # [10, 20] for one point, ["A", "B"] for one pair: no other reading is possible.
        flat = len(value) == 2 and all(len(_text(half, base).split()) == 1 for half in value)
        if halves and flat and not any(isinstance(half, list | Mapping) for half in value):
            return (f"{_text(value[0], base)} {_text(value[1], base)}",)
        return tuple(text for one in value for text in texts_of(one, base))
    return (_text(value, base),)


def _from_object(value: Mapping[str, Any], base: BaseType | None) -> tuple[str, ...]:
    """A record's fields, or QTI's JSON for responses: {"base": {"identifier": "A"}}."""
    for name in ("base", "list"):
        held = value.get(name)
        if len(value) == 1 and isinstance(held, Mapping) and len(held) == 1:
            return texts_of(next(iter(held.values())), base)
    if value.keys() == {"base"} and value["base"] is None:
        return ()
    value = _fields(value)
    return tuple(f"{name}={_text(one, None)}" for name, one in value.items() if one is not None)


def _fields(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record's fields; QTI's JSON has them in a list, each with its name and its value."""
    listed = value.get("record")
    if len(value) != 1 or not isinstance(listed, list):
        return value
    named = [one for one in listed if isinstance(one, Mapping) and isinstance(one.get("name"), str)]
    return {
        one["name"]: next(iter(one["base"].values()), None)
        for one in named
        if isinstance(one.get("base"), Mapping)
    }


def _text(value: Any, base: BaseType | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and base != "float" and abs(value) < 1e15:
        return str(int(value))
    return value if isinstance(value, str) else repr(value)


def typed_value(value: Any, cardinality: Cardinality, base: BaseType | None) -> Datum:
    """A JSON value as a value of a variable's type."""
    if cardinality == "record" or base is None:
        return dict(value) or None if isinstance(value, Mapping) else None
    found = [parse_lexical(base, text.strip() if base != "string" else text)
             for text in texts_of(value, base)]  # fmt: skip
    known: Sequence[Value] = [one for one in found if one is not None]
    if cardinality == "single":
        return known[0] if known else None
    return tuple(known) or None


def _differences(session: Session, expected: Mapping[str, Any], scorer: Scorer) -> list[Difference]:
    values = session.values
    found = []
    for name, wanted in expected.items():
        own = spelled(name)
        if own not in values:
            if wanted not in (None, "", []):
                found.append(Difference(name, "not declared", shown(wanted)))
            continue
        cardinality, base = scorer.type_of(own)
        given = values[own]
        if not agrees(given, wanted, cardinality, base):
            found.append(Difference(name, shown(given), shown(wanted)))
    return found


def agrees(given: Datum, wanted: Any, cardinality: Cardinality, base: BaseType | None) -> bool:
    """Whether a typed value is what the JSON value says."""
    texts = texts_of(wanted, base)
    if given is None or not texts:
        return given is None and not texts
    if isinstance(given, dict) or base is None:
        return (
            isinstance(given, dict) and isinstance(wanted, Mapping) and _same_record(given, wanted)
        )
    values = given if type(given) is tuple else (given,)
    if len(values) != len(texts):
        return False
    tests = [_same_as(text, base) for text in texts]
    if cardinality != "multiple":
        return all(test(value) for test, value in zip(tests, values, strict=True))
    left = list(values)
    for test in tests:
        hit = next((place for place, value in enumerate(left) if test(value)), None)
        if hit is None:
            return False
        del left[hit]
    return True


def _same_record(given: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    known = {name: value for name, value in given.items() if value is not None}
    asked = {name: value for name, value in _fields(wanted).items() if value is not None}
    return known.keys() == asked.keys() and all(
        _close(value, asked[name]) for name, value in known.items()
    )


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, int | float) and isinstance(other, str):
        other = parse_lexical("float", other.strip()) if not isinstance(one, bool) else other
    plain = isinstance(one, int | float) and isinstance(other, int | float)
    if not plain or isinstance(one, bool) or isinstance(other, bool):
        return bool(one == other) or other in (shown(one), str(one)) or str(one) == str(other)
    return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)


def _same_as(text: str, base: BaseType) -> Callable[[Any], bool]:
    if base in ("integer", "float", "duration"):
        number = parse_lexical("duration" if base == "duration" else "float", text.strip())
        return lambda value: number is not None and _close(value, number)
    wanted = parse_lexical(base, text if base == "string" else text.strip())
    return lambda value: bool(value == wanted)


def shown(value: Any) -> str:
    """A value as a reader of the report sees it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(shown(one) for one in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {shown(one)}" for name, one in value.items()) + "}"
    return repr(value) if isinstance(value, str) else str(value)


def plain(value: Datum) -> Any:
    """A typed value for JSON: structured ones in their lexical form."""
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)
