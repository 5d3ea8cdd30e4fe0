"""Response and outcome declarations: keys and mappings, typed and bounded."""

import re
from typing import Any, get_args

from lxml import etree

from ardoise.content.documents import children, line_of, local, text_of
from ardoise.content.faults import Finding, Findings
from ardoise.content.interactions import IDENTIFIER
from ardoise.content.markup import words
from ardoise.content.model import (
    MapEntry,
    Mapping,
    OutcomeDeclaration,
    ResponseDeclaration,
)
from ardoise.contract.booklet import BaseType

ENTRIES_LIMIT = 2_000
_NUMBER = re.compile(
    r"^[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(?:[eE][+-]?[0-9]{1,2})?$"
)
_INTEGER = re.compile(r"^[+-]?[0-9]{1,15}$")
_BASES = get_args(BaseType)
_OUTCOME_BASES = words(
    "identifier boolean integer float string point pair directedPair duration file uri"
)


def number(text: str | None) -> float | None:
    """A number in QTI's lexical form, bounded; None if it is none."""
    plain = (text or "").strip()
    return float(plain) if _NUMBER.match(plain) else None


def lexical(base: str, text: str) -> bool:
    """Whether a key's text is a value of its base type."""
    if base == "identifier":
        return bool(IDENTIFIER.match(text))
    if base == "integer":
        return bool(_INTEGER.match(text))
    return number(text) is not None if base == "float" else bool(text)


class DeclarationReader:
    """Reads the declarations of one item."""

    def __init__(self, *, file: str, item: str, findings: Findings) -> None:
        self.file = file
        self.item = item
        self.findings = findings

    def _fault(self, element: etree._Element, message: str) -> None:
        self.findings.fault(
            Finding(self.file, message, self.item, local(element), line_of(element))
        )

    def _identifier(self, element: etree._Element) -> str | None:
        identifier = element.get("identifier") or ""
        if IDENTIFIER.match(identifier):
            return identifier
        self._fault(element, "needs an identifier: letters, digits, _ . -")
        return None

    def response(self, element: etree._Element) -> ResponseDeclaration | None:
        """One qti-response-declaration; None after a fault."""
        identifier = self._identifier(element)
        cardinality, base = element.get("cardinality"), element.get("base-type")
        if cardinality not in ("single", "multiple"):
            self._fault(element, "cardinality must be single or multiple so far")
            return None
        if base not in _BASES:
            self._fault(element, f"base-type must be one of {', '.join(_BASES)} so far")
            return None
        if identifier is None:
            return None
        correct: tuple[str, ...] = ()
        mapping: Mapping | None = None
        for child in children(element):
            if local(child) == "qti-correct-response":
                correct = self._correct(child, str(base), str(cardinality))
            elif local(child) == "qti-mapping":
                mapping = self._mapping(child, str(base))
            else:
                self._fault(child, "cannot be read here so far: remove it")
        kept: Any = cardinality
        return ResponseDeclaration(identifier, kept, base, correct, mapping)  # type: ignore[arg-type]

    def _correct(self, element: etree._Element, base: str, cardinality: str) -> tuple[str, ...]:
        values: list[str] = []
        for child in children(element):
            text = text_of(child)
            if local(child) != "qti-value":
                self._fault(child, "cannot stand here: use qti-value")
            elif not lexical(base, text):
                self._fault(child, f"{text[:40]!a} is no {base}")
            else:
                values.append(text)
        if cardinality == "single" and len(values) > 1:
            self._fault(element, "holds several values for one: use a mapping for spellings")
        if len(values) > ENTRIES_LIMIT:
            self._fault(element, f"holds more than {ENTRIES_LIMIT} values")
        return tuple(values)

    def _number(self, element: etree._Element, name: str) -> float | None:
        value = element.get(name)
        if value is None:
            return None
        found = number(value)
        if found is None:
            self._fault(element, f"{name} must be a number, not {value[:20]!a}")
        return found

    def _mapping(self, element: etree._Element, base: str) -> Mapping:
        entries: list[MapEntry] = []
        for child in children(element):
            key = child.get("map-key")
            value = number(child.get("mapped-value"))
            if local(child) != "qti-map-entry" or key is None or value is None:
                self._fault(child, "must be a qti-map-entry with map-key and a number")
            elif not lexical(base, key.strip()):
                self._fault(child, f"map-key {key[:40]!a} is no {base}")
            else:
                # QTI 3: insensitive unless the author says otherwise.
                sensitive = (child.get("case-sensitive") or "false").strip() in ("true", "1")
                entries.append(MapEntry(key.strip(), value, sensitive))
        if not 1 <= len(entries) <= ENTRIES_LIMIT:
            self._fault(element, f"needs 1 to {ENTRIES_LIMIT} entries")
        return Mapping(
            tuple(entries),
            self._number(element, "default-value") or 0.0,
            self._number(element, "lower-bound"),
            self._number(element, "upper-bound"),
        )

    def outcome(self, element: etree._Element) -> OutcomeDeclaration | None:
        """One qti-outcome-declaration; None after a fault."""
        identifier = self._identifier(element)
        base = element.get("base-type")
        if base is not None and base not in _OUTCOME_BASES:
            self._fault(element, "has a base-type that QTI does not know")
        default: tuple[str, ...] = ()
        for child in children(element):
            if local(child) == "qti-default-value":
                default = tuple(text_of(value) for value in children(child, "qti-value"))
            else:
                self._fault(child, "lookup tables belong to custom processing: not read so far")
        if identifier is None:
            return None
        if base in ("integer", "float") and any(number(value) is None for value in default):
            self._fault(element, "its default is no number")
            return None
        maximum = self._number(element, "normal-maximum")
        cardinality = element.get("cardinality") or "single"
        return OutcomeDeclaration(identifier, cardinality, base, default, maximum)
