"""The interactions that can be delivered: choice, inline choice, text entry, extended text."""

import re
from typing import TYPE_CHECKING, Any

from lxml import etree

from ardoise.content import markup
from ardoise.content.documents import children, line_of, local
from ardoise.content.model import Option, Question
from ardoise.contract.booklet import Node

if TYPE_CHECKING:
    from ardoise.content.body import BodyReader

INTERACTIONS = frozenset(
    {
        "qti-choice-interaction",
        "qti-inline-choice-interaction",
        "qti-text-entry-interaction",
        "qti-extended-text-interaction",
    }
)
OPTIONS_LIMIT = 100
LINE_CHARACTERS = 60
"""An expected line of extended text, in characters."""

IDENTIFIER = re.compile(r"^[A-Za-z_][\w.-]{0,119}$")
_KEY = re.compile(r"^[0-9a-z]$")
_COMMON = frozenset({"response-identifier", "class", "id", "label", "dir", "orientation"})
_KNOWN: dict[str, frozenset[str]] = {
    "qti-choice-interaction": frozenset({"shuffle", "max-choices", "min-choices"}),
    "qti-inline-choice-interaction": frozenset({"shuffle", "required", "min-choices"}),
    "qti-text-entry-interaction": frozenset({"expected-length"}),
    "qti-extended-text-interaction": frozenset(
        {"expected-length", "expected-lines", "min-strings", "max-strings"}
    ),
}
_REFUSED = {
    "pattern-mask": "the runner checks no pattern: remove it, and map the accepted answers",
    "string-identifier": "a second response variable is not filled yet: remove it",
}


class InteractionReader:
    """Reads interactions for a BodyReader, which keeps the questions it finds."""

    def __init__(self, body: "BodyReader") -> None:
        self._body = body
        self._within = False

    def read(self, element: etree._Element, *, depth: int) -> list[Node]:
        """The interaction's node; nothing after a fault."""
        response = element.get("response-identifier") or ""
        if not IDENTIFIER.match(response):
            self._body.fault(element, "needs a response-identifier that is an identifier")
            return []
        if self._within:
            self._body.fault(element, "stands inside another interaction: move it out")
            return []
        self._check_attributes(element)
        self._within = True
        try:
            return self._read(element, response, depth=depth)
        finally:
            self._within = False

    def _read(self, element: etree._Element, response: str, *, depth: int) -> list[Node]:
        match local(element):
            case "qti-choice-interaction":
                return self._choice(element, response, depth=depth)
            case "qti-inline-choice-interaction":
                return self._inline_choice(element, response)
            case "qti-text-entry-interaction":
                return self._text_entry(element, response)
            case _:
                return self._extended_text(element, response, depth=depth)

    def _check_attributes(self, element: etree._Element) -> None:
        for raw in element.attrib:
            name = str(raw)
            if name in _REFUSED:
                self._body.fault(element, f"{name}: {_REFUSED[name]}")
            elif name in ("base", "format") and element.get(raw) in (
                "10",
                "plain",
                "pre-formatted",
            ):
                continue
            elif name in ("base", "format"):
                self._body.fault(element, f"{name} other than the default cannot be delivered yet")
            elif name not in _COMMON | _KNOWN[local(element)] and not name.startswith(
                ("data-", "aria-", "{")
            ):
                self._body.warn(element, f"the attribute {name[:40]} is left out")

    def _count(self, element: etree._Element, name: str, default: int | None) -> int | None:
        value = element.get(name)
        if value is None:
            return default
        if not re.match(r"^\s*[0-9]{1,6}\s*$", value, re.ASCII):
            self._body.fault(element, f"{name} must be a whole number, not {value[:20]!a}")
            return default
        return int(value)

    def _attributes(self, element: etree._Element, response: str) -> dict[str, str]:
        named = element.get("class") or ""
        if element.get("orientation") == "horizontal":
            named += " qti-orientation-horizontal"
        kept = markup.classes(named)
        return {**({"class": kept} if kept else {}), "response": response}

    def _flag(self, element: etree._Element, name: str) -> bool:
        return (element.get(name) or "false").strip() in ("true", "1")

    def _choice(self, element: etree._Element, response: str, *, depth: int) -> list[Node]:
        node: list[Any] = ["choice", self._attributes(element, response)]
        options: list[Option] = []
        for child in children(element):
            if local(child) == "qti-prompt":
                node.append(["prompt", {}, *self._body.inside(child, depth=depth + 1)])
            elif local(child) == "qti-simple-choice":
                nodes = self._body.inside(child, depth=depth + 1)
                self._option(child, nodes, options, node)
            else:
                self._body.fault(child, "cannot stand in a choice: use qti-simple-choice")
        most, least = self._count(element, "max-choices", 1), self._count(element, "min-choices", 0)
        self._keep(
            element, response, options, max_choices=most or 0, min_choices=least or 0,
            interaction="choice",
        )  # fmt: skip
        return [node]

    def _inline_choice(self, element: etree._Element, response: str) -> list[Node]:
        node: list[Any] = ["inline-choice", self._attributes(element, response)]
        options: list[Option] = []
        for child in children(element):
            if local(child) == "qti-inline-choice":
                nodes = self._body.inside(child)
                if any(not isinstance(part, str) for part in nodes):
                    self._body.fault(child, "may hold text alone, a list of choices shows no more")
                self._option(child, nodes, options, node)
            elif local(child) == "qti-label":
                self._body.warn(child, "is left out")
            else:
                self._body.fault(child, "cannot stand in a list: use qti-inline-choice")
        self._keep(element, response, options, interaction="inline-choice")
        return [node]

    def _option(
        self, child: etree._Element, nodes: list[Node], options: list[Option], parent: list[Any]
    ) -> None:
        identifier = child.get("identifier") or ""
        if not IDENTIFIER.match(identifier):
            self._body.fault(child, "needs an identifier: letters, digits, _ . -")
            return
        if child.get("template-identifier") is not None:
            self._body.fault(child, "depends on a template variable: not delivered yet")
        if any(option.identifier == identifier for option in options):
            self._body.fault(child, f"the identifier {identifier} stands twice: rename one")
            return
        key = child.get("data-key")
        if key is not None and not _KEY.match(key):
            self._body.fault(child, "data-key must be one digit or one letter a to z")
            key = None
        fixed = self._flag(child, "fixed")
        attributes = {"value": identifier, **({"fixed": "true"} if fixed else {})}
        parent.append(["option", attributes, *nodes])
        options.append(Option(identifier, plain_text(nodes), fixed, key))

    def _keep(
        self,
        element: etree._Element,
        response: str,
        options: list[Option],
        *,
        interaction: Any,
        max_choices: int = 1,
        min_choices: int = 0,
    ) -> None:
        if not 1 <= len(options) <= OPTIONS_LIMIT:
            self._body.fault(element, f"needs 1 to {OPTIONS_LIMIT} options")
        if max_choices and min_choices > max_choices:
            self._body.fault(element, "min-choices is above max-choices: change one")
        self._body.questions.append(
            Question(
                response=response, interaction=interaction, line=line_of(element),
                max_choices=max_choices, min_choices=min_choices,
                shuffle=self._flag(element, "shuffle"), options=tuple(options),
            )
        )  # fmt: skip

    def _text_entry(self, element: etree._Element, response: str) -> list[Node]:
        length = self._count(element, "expected-length", None)
        self._body.questions.append(
            Question(
                response=response, interaction="text-entry", line=line_of(element),
                expected_length=length,
            )
        )  # fmt: skip
        return [["text-entry", self._attributes(element, response)]]

    def _extended_text(self, element: etree._Element, response: str, *, depth: int) -> list[Node]:
        if (self._count(element, "max-strings", 1) or 1) > 1:
            self._body.fault(element, "max-strings above 1 cannot be delivered yet")
        length = self._count(element, "expected-length", None)
        lines = self._count(element, "expected-lines", None)
        if length is None and lines:
            length = lines * LINE_CHARACTERS
        self._body.questions.append(
            Question(
                response=response, interaction="extended-text", line=line_of(element),
                expected_length=length,
            )
        )  # fmt: skip
        before: list[Node] = [
            ["div", {"class": "qti-prompt"}, *self._body.inside(child, depth=depth + 1)]
            for child in children(element, "qti-prompt")
        ]
        return [*before, ["extended-text", self._attributes(element, response)]]


def plain_text(nodes: list[Node] | tuple[Node, ...]) -> str:
    """The text of nodes, pictures by their alt, white space collapsed."""
    pieces: list[str] = []

    def walk(node: Node) -> None:
        if isinstance(node, str):
            pieces.append(node)
            return
        if node[0] == "img":
            pieces.append(str(node[1].get("alt", "")))
        for child in node[2:]:
            walk(child)

    for node in nodes:
        walk(node)
    return re.sub(r"[ \t\r\n]+", " ", "".join(pieces)).strip()
