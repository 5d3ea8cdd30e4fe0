"""QTI 3 Results Reporting: one sitting of one test as an `assessmentResult` document.

Structure and words of the 1EdTech schema imsqti_resultv3p0_v1p0.xsd (2022). A person is an order
number and nothing else: the schema wants names (NCName) for identifiers, so it is written with a
leading "n". Reported are the items that were selected for presentation; what was not administered
is left out, as the specification asks of `testResult`.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lxml import etree

from ardoise.content.variables import BaseType, Cardinality
from ardoise.scoring.scope import Datum

NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_result_v3p0"
SCHEMA = "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_resultv3p0_v1p0.xsd"
Standing = Literal["scored", "unrated", "omitted", "not-reached", "absent"]
"""How an item ended. Omitted was presented without an answer; the last two were not presented."""

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_PREFIXES: dict[str | None, str] = {None: NAMESPACE, "xsi": _XSI}
_SESSION: dict[Standing, str] = {
    "scored": "final", "unrated": "pendingExternalScoring", "omitted": "final",
    "not-reached": "initial", "absent": "initial",
}  # fmt: skip
_ANSWERED: dict[Standing, str] = {
    "scored": "answered", "unrated": "answered", "omitted": "presented",
    "not-reached": "notpresented", "absent": "notpresented",
}  # fmt: skip
_BASES = {"directed-pair": "directedPair", "int-or-identifier": "identifier"}
_NOT_IN_NAMES = re.compile(r"[^\w.-]")
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Given:
    """A response variable as it was answered, values in lexical form; none: NULL."""

    identifier: str
    cardinality: Cardinality
    base: BaseType | None
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome variable, no record. `maximum` in points; `human`: a rater gives it or gave it."""

    identifier: str
    value: Datum
    maximum: float | None = None
    human: bool = False
    cardinality: Cardinality = "single"
    base: BaseType | None = "float"


@dataclass(frozen=True, slots=True)
class ItemReport:
    """One item of the sitting; `place` from 1, in the order of the test."""

    identifier: str
    place: int
    standing: Standing
    responses: tuple[Given, ...]
    outcomes: tuple[Outcome, ...]


def assessment_result(
    number: str,
    *,
    test: str,
    at: datetime,
    items: Iterable[ItemReport],
    outcomes: Iterable[Outcome] = (),
) -> bytes:
    """The document, UTF-8. `at` is when the answers were received; `test` names the test.

    Raises ValueError for an order number that is none or a time without its zone.
    """
    if not (len(number) == 9 and number.isascii() and number.isdigit()):
        raise ValueError("a result is reported by order number: nine digits")
    if at.tzinfo is None:
        raise ValueError("a datestamp names its time zone")
    stamp = at.isoformat(timespec="seconds")
    root = etree.Element(_tag("assessmentResult"), nsmap=_PREFIXES)  # type: ignore[arg-type]
    root.set(f"{{{_XSI}}}schemaLocation", f"{NAMESPACE} {SCHEMA}")
    _under(root, "context", sourcedId=f"n{number}")
    held = _under(root, "testResult", identifier=name_of(test), datestamp=stamp)
    for outcome in outcomes:
        _outcome(held, outcome)
    for item in items:
        _item(root, item, stamp)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def name_of(identifier: str) -> str:
    """An identifier as the schema's NCName: published items begin some with a digit."""
    plain = _NOT_IN_NAMES.sub("_", identifier)
    return plain if plain[:1].isalpha() or plain[:1] == "_" else f"_{plain}"


def _item(root: etree._Element, item: ItemReport, stamp: str) -> None:
    held = _under(
        root,
        "itemResult",
        identifier=name_of(item.identifier),
        sequenceIndex=str(item.place),
        datestamp=stamp,
        sessionStatus=_SESSION[item.standing],
    )
    for given in item.responses:
        _response(held, given, item.standing)
    for outcome in item.outcomes:
        _outcome(held, outcome)


def _response(held: etree._Element, given: Given, standing: Standing) -> None:
    variable = _under(
        held,
        "responseVariable",
        identifier=name_of(given.identifier),
        cardinality=given.cardinality,
        **_base(given.base),
        scoreStatus="scored" if standing in ("scored", "omitted") else "notscored",
        answeredStatus=_ANSWERED[standing],
    )
    answer = _under(variable, "candidateResponse")
    for value in given.values:
        _under(answer, "value").text = _NOT_IN_XML.sub("\ufffd", value)


def _outcome(held: etree._Element, outcome: Outcome) -> None:
    variable = _under(
        held,
        "outcomeVariable",
        identifier=name_of(outcome.identifier),
        cardinality=outcome.cardinality,
        **_base(outcome.base),
        **({} if outcome.maximum is None else {"normalMaximum": repr(float(outcome.maximum))}),
        **({"external-scored": "human"} if outcome.human else {}),
    )
    for text in lexical(outcome.value, outcome.base):
        _under(variable, "value").text = _NOT_IN_XML.sub("\ufffd", text)


def lexical(value: Datum, base: BaseType | None = None) -> tuple[str, ...]:
    """A value's texts as QTI writes them, none for NULL. Raises TypeError for a record."""
    if value is None:
        return ()
    if isinstance(value, dict):
        raise TypeError("a record has no lexical form of its own")
    return tuple(_text(one, base) for one in (value if isinstance(value, tuple) else (value,)))


def _text(value: object, base: BaseType | None) -> str:
    if isinstance(value, bool) or (base == "boolean" and isinstance(value, int)):
        return "true" if value else "false"
    if isinstance(value, float) or (base == "float" and isinstance(value, int)):
        found = float(value)
        return repr(found) if math.isfinite(found) else "INF" if found > 0 else "-INF"
    return str(value)


def _base(base: BaseType | None) -> dict[str, str]:
    return {} if base is None else {"baseType": _BASES.get(base, base)}


def _under(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, _tag(name), attributes)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
