"""Reads rules and expressions into `processing` trees. What it does not know is a fault by name.

What other engines take beside QTI (`dialects`) is read as what it stands for, with a warning.
"""

import re
from typing import get_args

from lxml import etree

from ardoise.content.declaration_reader import DeclarationReader, value_text
from ardoise.content.dialects import (
    LINEAR_MEANING,
    LOOKUP_MEANING,
    LOOKUP_TABLE,
    MATCH_NOTHING,
    RULES,
    Dialect,
    Unreadable,
    Written,
    dialect_of,
    plain_name,
    warning_of,
)
from ardoise.content.documents import children, line_of, local, namespace
from ardoise.content.faults import Finding, Findings
from ardoise.content.processing import (
    ASSIGNMENTS,
    CONDITIONS,
    EXITS,
    EXPRESSIONS,
    FRAGMENTS,
    Assign,
    Branch,
    Condition,
    Constraint,
    Exit,
    Expression,
    Fragment,
    Kind,
    Processing,
    Rule,
    Shape,
    Template,
)
from ardoise.content.variables import IDENTIFIER

NODES_LIMIT = 50_000
_XINCLUDE = "http://www.w3.org/2001/XInclude"
_QUERY = re.compile(r"[?#].*\Z", re.DOTALL)
_SUFFIX = re.compile(r"\.(?:xml|json)\Z", re.IGNORECASE)
_VERSION_3 = re.compile(r"v3p\d", re.IGNORECASE)
_TEMPLATES: dict[str, Template] = {
    name.lower(): name for name in get_args(Template) if name != "CC2_match_inline"
}
_NULL = Expression("null", {})


class RuleReader:
    """Reads the processing of one item or test."""

    def __init__(self, *, file: str, item: str, findings: Findings) -> None:
        self._file = file
        self._item = item
        self._findings = findings
        self._nodes = 0

    def _fault(self, element: etree._Element, message: str) -> None:
        self._findings.fault(
            Finding(self._file, message, self._item, local(element), line_of(element))
        )

    def _warn(self, element: etree._Element, message: str) -> None:
        self._findings.warn(
            Finding(self._file, message, self._item, local(element), line_of(element))
        )

    def processing(self, element: etree._Element, kind: Kind) -> Processing | None:
        """A qti-response-, -template- or -outcome-processing; None: it says nothing at all."""
        rules = self._rules(element, kind)
        given = element.get("template") or element.get("template-location")
        # Rules of the item's own stand before a template: it is then "ignored" (QTI 2.2 and 3).
        if not rules and given and kind == "response":
            template = template_named(given)
            if template is None:
                named = ", ".join(name for name in _TEMPLATES.values() if name != "match_nothing")
                message = f"the template {given[-60:]!a} is not known: {named} are"
                self._fault(element, message)
                return None
            if template == "match_nothing":
                self._warn(element, f"names no template of QTI: read as {MATCH_NOTHING}")
            return Processing(kind, template, line=line_of(element))
        if not rules:
            return None
        return Processing(kind, None, rules, line_of(element))

    def expression(self, element: etree._Element) -> Expression:
        """One expression; after a fault a null stands in its place."""
        name = local(element).removeprefix("qti-")
        if not self._counted(element):
            return _NULL
        inner = list(children(element)) if name != "base-value" else []
        attributes = _attributes(element)
        if plain_name(name) == LOOKUP_TABLE:
            return self._lookup(element, inner)
        dialect = dialect_of(name, attributes, len(inner))
        if dialect is not None:
            return self._dialect(element, dialect, inner)
        shape = EXPRESSIONS.get(name)
        if shape is None:
            self._unknown(element, "expression")
        if shape is None or not self._fits(element, shape, len(inner)):
            return _NULL
        if name == "custom-operator":
            given = element.get("class") or element.get("definition") or "unnamed"
            message = f"the custom operator {given[:60]!a} is not known here: its value is NULL, "
            # A test would send every pupil the same way: that is no reading of its rules.
            tell = self._warn if self._item else self._fault
            tell(element, message + "whatever is answered; write it with QTI's operators")
            return _NULL
        text = value_text(element) if name == "base-value" else ""
        operands = tuple(self.expression(child) for child in inner)
        return Expression(name, attributes, operands, text, line_of(element))

    def _fits(self, element: etree._Element, shape: Shape, held: int) -> bool:
        for needed in shape.needs:
            if not (element.get(needed) or "").strip():
                self._fault(element, f"needs the attribute {needed}")
                return False
        if not shape.least <= held <= (held if shape.most is None else shape.most):
            several = f"{shape.least}" if shape.most == shape.least else f"{shape.least} or more"
            self._fault(element, f"holds {held} expressions: QTI wants {several}")
            return False
        return True

    def _dialect(
        self, element: etree._Element, dialect: Dialect, inner: list[etree._Element]
    ) -> Expression:
        if not self._fits(element, dialect.shape, len(inner)):
            return _NULL
        operands = tuple(self.expression(child) for child in inner)
        try:
            read = dialect.build(Written(_attributes(element), operands, line_of(element)))
        except Unreadable as fault:
            self._fault(element, str(fault))
            return _NULL
        self._warn(element, dialect.warning)
        return read

    def _lookup(self, element: etree._Element, inner: list[etree._Element]) -> Expression:
        """A lookup-table: what is looked up, then the table."""
        reader = DeclarationReader(file=self._file, item=self._item, findings=self._findings)
        found = reader.table_alone(inner[1]) if len(inner) == 2 else None
        method = "" if found is None else (inner[1].get("interpolation-method") or "").strip()
        if found is None or method not in ("", "linear") or (method and found[0] != "float"):
            message = "needs an expression and a match-table or interpolation-table"
            self._fault(element, f"{message} (of numbers if its interpolation-method is linear)")
            return _NULL
        base, table = found
        self._warn(element, warning_of(LINEAR_MEANING if method else LOOKUP_MEANING, known=False))
        return Expression(
            LOOKUP_TABLE, {"base-type": base, "method": method},
            (self.expression(inner[0]),), "", line_of(element), table,
        )  # fmt: skip

    def condition_of(self, element: etree._Element) -> Expression | None:
        """The one expression that a branch-rule or pre-condition holds; None after a fault."""
        inner = list(children(element))
        if len(inner) != 1:
            self._fault(element, "needs exactly one expression")
            return None
        return self.expression(inner[0])

    def _unknown(self, element: etree._Element, what: str) -> None:
        # The upgrade from QTI 2 loses the namespace, the name remains.
        if namespace(element) == _XINCLUDE or local(element) == "include":
            message = "includes another file: paste its rules here, files are not joined"
        else:
            message = f"is no {what} of QTI: remove it or say it otherwise"
        self._fault(element, message)

    def _counted(self, element: etree._Element) -> bool:
        self._nodes += 1
        if self._nodes == NODES_LIMIT:
            self._fault(element, f"there are more than {NODES_LIMIT} rules: split the item")
        return self._nodes < NODES_LIMIT

    def _rules(self, element: etree._Element, kind: Kind) -> tuple[Rule, ...]:
        found = (self._rule(child, kind) for child in children(element))
        return tuple(rule for rule in found if rule is not None)

    def _rule(self, element: etree._Element, kind: Kind) -> Rule | None:  # noqa: PLR0911
        name = local(element).removeprefix("qti-")
        line = line_of(element)
        if not self._counted(element):
            return None
        if name == CONDITIONS[kind][0]:
            return Condition(self._branches(element, kind), line)
        if name == EXITS[kind]:
            return Exit(line)
        if FRAGMENTS.get(name) == kind:
            return Fragment(self._rules(element, kind), line)
        if name in ASSIGNMENTS[kind]:
            return self._assignment(element, name)
        meaning = RULES.get((kind, plain_name(name)))
        if meaning is not None:
            return self._response_rule(element, plain_name(name), meaning)
        if name == "template-constraint" and kind == "template":
            held = self.condition_of(element)
            return None if held is None else Constraint(held, line)
        self._unknown(element, f"rule of {kind} processing")
        return None

    def _assignment(self, element: etree._Element, name: str) -> Assign | None:
        identifier = (element.get("identifier") or "").strip()
        if not IDENTIFIER.match(identifier):
            self._fault(element, "needs the identifier of a variable")
            return None
        held = self.condition_of(element)
        return None if held is None else Assign(name, identifier, held, line_of(element))  # type: ignore[arg-type]

    def _response_rule(self, element: etree._Element, name: str, meaning: str) -> Assign | None:
        """set-response-value, and set-default-value without a value: back to the default."""
        self._warn(element, warning_of(meaning, known=name == "set-default-value"))
        if name == "set-response-value":
            return self._assignment(element, name)
        identifier = (element.get("identifier") or "").strip()
        if not IDENTIFIER.match(identifier) or next(children(element), None) is not None:
            message = "needs the identifier of a response, and no value of its own: outside of "
            self._fault(element, message + "template processing it sets back to the default")
            return None
        line = line_of(element)
        default = Expression("default", {"identifier": identifier}, (), "", line)
        return Assign("set-response-value", identifier, default, line)

    def _branches(self, element: etree._Element, kind: Kind) -> tuple[Branch, ...]:
        _, first, other, last = CONDITIONS[kind]
        branches: list[Branch] = []
        for child in children(element):
            name = local(child).removeprefix("qti-")
            ended = bool(branches) and branches[-1].condition is None
            fits = (name == first and not branches) or (name == other and bool(branches))
            # An else without an if is against the schema, but can mean one thing only.
            if ended or not (fits or name == last):
                self._unknown(child, f"branch at this place (if, else-if …, else of {kind})")
                continue
            branches.append(self._branch(child, kind, last=name == last))
        return tuple(branches)

    def _branch(self, element: etree._Element, kind: Kind, *, last: bool) -> Branch:
        inner = list(children(element))
        condition = None
        if not last:
            if not inner:
                self._fault(element, "needs an expression as its first child")
                return Branch(_NULL, (), line_of(element))
            condition = self.expression(inner.pop(0))
        rules = (self._rule(child, kind) for child in inner)
        kept = tuple(rule for rule in rules if rule is not None)
        return Branch(condition, kept, line_of(element))


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(key): str(value) for key, value in element.attrib.items()}


def template_named(uri: str) -> Template | None:
    """A standard template by any of its addresses: the last path segment says which.

    Under the name of CC2_match QTI 3 publishes other rules than QTI 2 and the files that come
    with Common Cartridges: there the address says whose are meant.
    """
    path = _QUERY.sub("", uri.strip()).rstrip("/").replace("\\", "/")
    found = _TEMPLATES.get(_SUFFIX.sub("", path.rpartition("/")[2]).lower())
    if found == "CC2_match" and not _VERSION_3.search(path):
        return "CC2_match_inline"
    return found
