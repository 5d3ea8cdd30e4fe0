"""Reads variable declarations: keys, mappings, tables and defaults become closed, bounded types."""

from collections.abc import Iterable
from typing import Any, cast, get_args

from lxml import etree

from ardoise.content.dialects import MAPPING_MEANING, warning_of
from ardoise.content.documents import children, line_of, local
from ardoise.content.faults import Finding, Findings
from ardoise.content.variables import (
    IDENTIFIER,
    AreaEntry,
    AreaMapping,
    BaseType,
    Cardinality,
    FieldValue,
    InterpolationEntry,
    InterpolationTable,
    MapEntry,
    Mapping,
    MatchTable,
    OutcomeDeclaration,
    ResponseDeclaration,
    Shape,
    TemplateDeclaration,
    base_type,
    lexical,
    number,
    whole,
)

ENTRIES_LIMIT = 2_000
COORDS_LIMIT = 400
_CARDINALITIES = get_args(Cardinality)
_SHAPES = get_args(Shape)


class Declared:
    """What every declaration has. `identifier` and `sound` say whether it may be used."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        self.identifier = (element.get("identifier") or "").strip()
        self.cardinality: Cardinality = "single"
        self.base: BaseType | None = None
        self.line = line_of(element)


class DeclarationReader:
    """Reads the declarations of one item or test."""

    def __init__(self, *, file: str, item: str, findings: Findings) -> None:
        self._file = file
        self._item = item
        self._findings = findings

    def _fault(self, element: etree._Element, message: str) -> None:
        self._findings.fault(
            Finding(self._file, message, self._item, local(element), line_of(element))
        )

    def _declared(self, element: etree._Element) -> Declared | None:
        found = Declared(element)
        if not IDENTIFIER.match(found.identifier):
            self._fault(element, "needs an identifier: letters, digits, _ . -")
            return None
        cardinality = (element.get("cardinality") or "single").strip()
        if cardinality not in _CARDINALITIES:
            self._fault(element, f"cardinality must be one of {', '.join(_CARDINALITIES)}")
            return None
        found.cardinality = cast("Cardinality", cardinality)
        if cardinality == "record":
            return found
        found.base = base_type(element.get("base-type"))
        if found.base is None:
            self._fault(element, f"base-type must be one of {', '.join(get_args(BaseType))}")
            return None
        return found

    def response(self, element: etree._Element) -> ResponseDeclaration | None:
        """One qti-response-declaration; None after a fault."""
        found = self._declared(element)
        if found is None:
            return None
        values: dict[str, Any] = {}
        for child in children(element):
            name = local(child)
            if name == "qti-correct-response":
                values["correct"], values["correct_fields"] = self._values(child, found)
            elif name == "qti-default-value":
                values["default"], values["default_fields"] = self._values(child, found)
            elif name == "qti-mapping":
                values["mapping"] = self._mapping(child, found)
            elif name == "qti-area-mapping":
                values["area_mapping"] = self._area_mapping(child)
            else:
                self._fault(child, "is not known in a response declaration: remove it")
        return ResponseDeclaration(
            found.identifier, found.cardinality, found.base, line=found.line, **values
        )

    def outcome(self, element: etree._Element) -> OutcomeDeclaration | None:
        """One qti-outcome-declaration; None after a fault."""
        found = self._declared(element)
        if found is None:
            return None
        values: dict[str, Any] = {}
        for child in children(element):
            name = local(child)
            if name == "qti-default-value":
                values["default"], values["default_fields"] = self._values(child, found)
            elif name == "qti-match-table":
                values["table"] = self._match_table(child, found)
            elif name == "qti-interpolation-table":
                values["table"] = self._interpolation_table(child, found)
            elif name == "qti-mapping":
                values["mapping"] = self._mapping(child, found)
                message = warning_of(MAPPING_MEANING, known=True)
                self._findings.warn(Finding(self._file, message, self._item, name, line_of(child)))
            else:
                self._fault(child, "is not known in an outcome declaration: remove it")
        scored = (element.get("external-scored") or "").strip()
        return OutcomeDeclaration(
            found.identifier, found.cardinality, found.base,
            normal_maximum=self._number(element, "normal-maximum"),
            normal_minimum=self._number(element, "normal-minimum"),
            mastery=self._number(element, "mastery-value"),
            external_scored=scored if scored not in ("", "none") else None,
            line=found.line, **values,
        )  # fmt: skip

    def table_alone(
        self, element: etree._Element
    ) -> tuple[BaseType, MatchTable | InterpolationTable] | None:
        """A table that belongs to no variable, and its type: float if all say numbers, else string.

        None: it is no table, or after a fault.
        """
        declared = Declared(element)
        targets = [one.get("target-value") for one in children(element)]
        said = [text for text in (element.get("default-value"), *targets) if text is not None]
        numeric = all(number(text) is not None for text in said)
        declared.base = "float" if numeric else "string"
        if local(element) == "qti-match-table":
            return declared.base, self._match_table(element, declared)
        if local(element) == "qti-interpolation-table":
            return declared.base, self._interpolation_table(element, declared)
        return None

    def template(self, element: etree._Element) -> TemplateDeclaration | None:
        """One qti-template-declaration or qti-context-declaration; None after a fault."""
        found = self._declared(element)
        if found is None:
            return None
        values: dict[str, Any] = {}
        for child in children(element):
            if local(child) == "qti-default-value":
                values["default"], values["default_fields"] = self._values(child, found)
            else:
                self._fault(child, "is not known in a template declaration: remove it")
        return TemplateDeclaration(
            found.identifier, found.cardinality, found.base, line=found.line,
            param=element.get("param-variable") == "true",
            math=element.get("math-variable") == "true", **values,
        )  # fmt: skip

    def _values(
        self, element: etree._Element, declared: Declared
    ) -> tuple[tuple[str, ...], tuple[FieldValue, ...]]:
        """Values in lexical form, and those of a record with their fields. Empty ones are NULL."""
        texts: list[str] = []
        fields: list[FieldValue] = []
        for child in self._bounded(element, "qti-value"):
            text = value_text(child)
            base = declared.base or base_type(child.get("base-type")) or "string"
            if text == "":
                continue
            if not lexical(base, text):
                self._fault(child, f"{text[:40]!a} is no {base}")
            elif declared.cardinality == "record":
                fields.append(FieldValue((child.get("field-identifier") or "").strip(), base, text))
            else:
                texts.append(text if base == "string" else text.strip())
        if declared.cardinality == "single" and len(texts) > 1:
            self._fault(element, "holds several values for one: use a mapping for spellings")
        return tuple(texts), tuple(fields)

    def _bounded(self, element: etree._Element, name: str) -> Iterable[etree._Element]:
        """The children of this name, no more than a sane file has; others are faults."""
        for place, child in enumerate(children(element)):
            if place >= ENTRIES_LIMIT:
                self._fault(element, f"holds more than {ENTRIES_LIMIT} entries: split it")
                return
            if local(child) == name:
                yield child
            else:
                self._fault(child, f"cannot stand here: use {name}")

    def _number(self, element: etree._Element, name: str) -> float | None:
        value = element.get(name)
        if value is None or not value.strip():
            return None
        found = number(value)
        if found is None:
            self._fault(element, f"{name} must be a number, not {value[:20]!a}")
        return found

    def _mapping(self, element: etree._Element, declared: Declared) -> Mapping:
        entries: list[MapEntry] = []
        # QTI 3: insensitive unless the author says otherwise; some say so for the whole mapping.
        usual = element.get("case-sensitive") or "false"
        for child in self._bounded(element, "qti-map-entry"):
            key = child.get("map-key")
            value = number(child.get("mapped-value"))
            if key is None or value is None:
                self._fault(child, "needs a map-key, and a number as mapped-value")
            elif key and declared.base and not lexical(declared.base, key):
                self._fault(child, f"map-key {key[:40]!a} is no {declared.base}")
            else:
                sensitive = (child.get("case-sensitive") or usual).strip() in ("true", "1")
                kept = key if declared.base == "string" else key.strip()
                entries.append(MapEntry(kept, value, sensitive))
        if not entries:
            self._fault(element, "needs at least one qti-map-entry")
        return Mapping(tuple(entries), **self._bounds(element))

    def _bounds(self, element: etree._Element) -> dict[str, Any]:
        return {
            "default": self._number(element, "default-value") or 0.0,
            "lower": self._number(element, "lower-bound"),
            "upper": self._number(element, "upper-bound"),
        }

    def _area_mapping(self, element: etree._Element) -> AreaMapping:
        entries: list[AreaEntry] = []
        for child in self._bounded(element, "qti-area-map-entry"):
            shape = (child.get("shape") or "").strip()
            coords = coordinates(shape, child.get("coords"))
            value = number(child.get("mapped-value"))
            if coords is None or value is None:
                self._fault(
                    child,
                    f"needs a shape ({', '.join(_SHAPES)}), coords that fit it, and a number "
                    "as mapped-value",
                )
            else:
                entries.append(AreaEntry(cast("Shape", shape), coords, value))
        return AreaMapping(tuple(entries), **self._bounds(element))

    def _match_table(self, element: etree._Element, declared: Declared) -> MatchTable:
        entries: list[tuple[int, str]] = []
        for child in self._bounded(element, "qti-match-table-entry"):
            source = whole(child.get("source-value") or "")
            target = self._target(child, "target-value", declared)
            if source is None:
                self._fault(child, "needs a whole number as source-value")
            elif target is not None:
                entries.append((source, target))
        return MatchTable(tuple(entries), self._default_of(element, declared))

    def _interpolation_table(
        self, element: etree._Element, declared: Declared
    ) -> InterpolationTable:
        entries: list[InterpolationEntry] = []
        for child in self._bounded(element, "qti-interpolation-table-entry"):
            source = number(child.get("source-value"))
            target = self._target(child, "target-value", declared)
            include = (child.get("include-boundary") or "true").strip() in ("true", "1")
            if source is None:
                self._fault(child, "needs a number as source-value")
            elif target is not None:
                entries.append(InterpolationEntry(source, target, include))
        return InterpolationTable(tuple(entries), self._default_of(element, declared))

    def _default_of(self, element: etree._Element, declared: Declared) -> str | None:
        given = element.get("default-value")
        return None if given is None else self._target(element, "default-value", declared)

    def _target(self, element: etree._Element, name: str, declared: Declared) -> str | None:
        text = (element.get(name) or "").strip()
        if text and declared.base and lexical(declared.base, text):
            return text
        self._fault(element, f"{name} must be a value of the variable: {declared.base}")
        return None


def value_text(element: etree._Element) -> str:
    """What a value says. White space is a text's own, but not the line breaks of pretty printing.

    QTI's XML binding makes `value` an xsd:normalizedString: a line break counts as a space.
    """
    text = "".join(str(piece) for piece in element.itertext())
    if "\n" not in text:
        return text.replace("\t", " ").replace("\r", " ")
    plain = text.strip()
    return " ".join(line.strip() for line in plain.splitlines())


def coordinates(shape: str, text: str | None) -> tuple[int, ...] | None:
    """A shape's coordinates in pixels; None if they do not fit the shape. As HTML's `area`."""
    if shape not in _SHAPES:
        return None
    if shape == "default":
        return ()
    pieces = (text or "").replace(";", ",").replace(",", " ").split()
    numbers = [number(piece.rstrip("%")) for piece in pieces]
    if any(value is None or abs(value) > 1e6 for value in numbers) or len(pieces) > COORDS_LIMIT:
        return None
    found = tuple(round(value) for value in numbers if value is not None)
    fits = {"rect": len(found) == 4, "circle": len(found) == 3, "ellipse": len(found) == 4}
    even = len(found) >= 6 and len(found) % 2 == 0
    return found if fits.get(shape, even) else None
