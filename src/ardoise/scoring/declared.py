"""An item's declarations made ready for scoring: typed keys and defaults, readers of responses."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ardoise.content.faults import ContentFault, Finding
from ardoise.content.scorable import Scorable
from ardoise.content.variables import (
    BaseType,
    Cardinality,
    FieldValue,
    OutcomeDeclaration,
    ResponseDeclaration,
)
from ardoise.scoring.scope import (
    SPELLED,
    Capture,
    Datum,
    Declaration,
    Record,
    Role,
    Scope,
    Variable,
)

Reader = Callable[[tuple[str, ...]], Datum]
"""What was given for one response, in lexical form, to its typed value; nothing: NULL."""


def item_scope(scorable: Scorable, capture: Capture) -> Scope:
    """What an item declares. Raises ContentFault if a name stands twice."""
    variables: dict[str, Variable] = {}
    kinds: tuple[tuple[Role, Sequence[Declaration]], ...] = (
        ("response", scorable.responses), ("outcome", scorable.outcomes),
        ("template", scorable.templates), ("context", scorable.contexts),
    )  # fmt: skip
    for role, declarations in kinds:
        for one in declarations:
            if one.identifier in variables:
                message = f"declares {one.identifier} twice: rename one"
                raise ContentFault(Finding(scorable.file, message, scorable.identifier))
            variables[one.identifier] = Variable(
                one.identifier, role, one.cardinality, one.base, one
            )
    return Scope(scorable.file, scorable.identifier, variables, capture)


def declarations(scorable: Scorable) -> tuple[Declaration, ...]:
    """Everything that has a default which rules may ask for."""
    return (*scorable.responses, *scorable.outcomes, *scorable.templates)


def typed(
    cardinality: Cardinality,
    base: BaseType | None,
    texts: Sequence[str],
    fields: Sequence[FieldValue],
    scope: Scope,
) -> Datum:
    """Declared values: a single one, a container, a record; none: NULL."""
    if cardinality == "record":
        found: Record = {one.identifier: scope.value(one.base, one.text) for one in fields}
        return found or None
    values = tuple(scope.value(base, text) for text in texts) if base is not None else ()
    known = tuple(value for value in values if value is not None)
    if cardinality == "single":
        return known[0] if known else None
    return known or None


def outcome_start(outcome: OutcomeDeclaration, scope: Scope) -> Datum:
    """An outcome before any rule ran: its default; a lone number without one is 0.

    QTI ASI, OutcomeDeclaration: "If no default value is given in the declaration then the outcome
    variable is initialized to NULL unless the outcome is of a numeric type (integer or float) in
    which case it is initialized to 0."
    """
    found = default_of(outcome, scope)
    if found is None and outcome.cardinality == "single" and outcome.base in _ZEROS:
        return _ZEROS[outcome.base]
    return found


_ZEROS: Mapping[str | None, float] = {"integer": 0, "float": 0.0}


def default_of(declaration: Declaration, scope: Scope) -> Datum:
    """A declared default, typed; none: NULL."""
    return typed(
        declaration.cardinality, declaration.base, declaration.default,
        declaration.default_fields, scope,
    )  # fmt: skip


def correct_of(response: ResponseDeclaration, scope: Scope) -> Datum:
    """A declared key, typed; none: NULL."""
    return typed(
        response.cardinality, response.base, response.correct, response.correct_fields, scope
    )


def reader(response: ResponseDeclaration, capture: Capture) -> Reader:
    """Several values for a single response are no value: nothing says which counts."""
    base = response.base

    def single(given: tuple[str, ...]) -> Datum:
        return capture(base, given[0]) if len(given) == 1 and base is not None else None

    def several(given: tuple[str, ...]) -> Datum:
        values = (None if base is None else capture(base, text) for text in given)
        return tuple(value for value in values if value is not None) or None

    if response.cardinality == "record":
        return numeric_record
    return single if response.cardinality == "single" else several


def numeric_record(given: tuple[str, ...]) -> Datum:
    """A text entry bound to a record (QTI 3 ASI, TextEntryInteraction): the parts of a number.

    `field=value` texts are read as the fields themselves.
    """
    if any("=" in text for text in given):
        pairs = (text.partition("=") for text in given)
        fields: Record = {name.strip(): _plain(value) for name, _, value in pairs}
        return fields or None
    return parts_of_number(given[0]) if given and given[0] else None


def parts_of_number(text: str) -> Record:
    """stringValue, floatValue, integerValue, leftDigits, rightDigits, ndp, nsf, exponent."""
    found: Record = dict.fromkeys(
        ("floatValue", "integerValue", "leftDigits", "rightDigits", "ndp", "nsf", "exponent")
    )
    found["stringValue"] = text
    mantissa, mark, power = text.strip().lower().partition("e")
    left, point, right = mantissa.lstrip("+-").partition(".")
    digits = left + right
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 40 or len(power) > 4:
        return found
    try:
        number = float(text)
    except ValueError:
        return found
    whole = not point and not mark
    found["floatValue"] = number
    found["integerValue"] = int(text) if whole else None
    found["leftDigits"] = len(left)
    found["rightDigits"] = len(right)
    found["ndp"] = len(right)
    significant = digits.lstrip("0")
    # Trailing zeros of a whole number say nothing of its precision.
    found["nsf"] = len(significant.rstrip("0") if whole else significant) or 1
    found["exponent"] = int(power) if power.lstrip("+-").isdigit() else None
    return found


def _plain(text: str) -> Any:
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text or None


def spelled(identifier: str) -> str:
    """A built-in variable's one spelling here."""
    return SPELLED.get(identifier, identifier)
