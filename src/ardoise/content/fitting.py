"""Whether an item's interactions fit its declarations, and can be shown without its keys.

QTI 3 ASI information model, each interaction's "Response variable": base type and cardinality.
"""

from collections.abc import Iterator

from lxml import etree

from ardoise.content.body import BodyReader
from ardoise.content.documents import children, line_of, local
from ardoise.content.faults import Finding
from ardoise.content.model import Option, Question, Spot
from ardoise.content.scorable import RESPONSE, Scorable
from ardoise.content.variables import ResponseDeclaration

_CHOSEN = (("identifier",), ("single", "multiple"))
_PAIRED = (("pair", "directed-pair"), ("single", "multiple"))
_NUMBERS = ("integer", "float")
_FITS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "choice": _CHOSEN,
    "inline-choice": (("identifier",), ("single",)),
    "text-entry": (("string", *_NUMBERS), ("single",)),
    "extended-text": (("string", *_NUMBERS), ("single",)),
    "order": (("identifier",), ("ordered",)),
    "match": (("directed-pair",), ("single", "multiple")),
    "associate": _PAIRED,
    "gap-match": (("directed-pair",), ("single", "multiple")),
    "graphic-gap-match": (("directed-pair",), ("single", "multiple")),
    "hotspot": _CHOSEN,
    "hottext": _CHOSEN,
    "select-point": (("point",), ("single", "multiple")),
    "slider": (_NUMBERS, ("single",)),
    "media": (("integer",), ("single",)),
    "end-attempt": (("boolean",), ("single",)),
}
"""Interaction → base types and cardinalities that its answers can have."""


class Fitting:
    """Checks one item; faults go to the body's findings."""

    def __init__(self, root: etree._Element, body: BodyReader, scorable: Scorable) -> None:
        self._root = root
        self._body = body
        self._scorable = scorable

    def check(self) -> None:
        """Everything that must fit between interactions, variables and the runner."""
        if self._scorable.adaptive:
            self._body.fault(
                self._root,
                "is adaptive: what it shows next depends on a score, and no key leaves the "
                "authority; set adaptive to false for its first attempt alone",
            )
        declared = {response.identifier: response for response in self._scorable.responses}
        written = {
            (child.get("identifier") or "").strip()
            for child in children(self._root, "qti-response-declaration")
        }
        seen: set[str] = set()
        for question in self._body.questions:
            self._question(question, declared.get(question.response), written, seen)
        for identifier in sorted(declared.keys() - seen):
            message = f"the response {identifier} has no interaction: nobody can give it"
            self._body.warn(self._root, message)
        self._variables()
        self._template(declared)

    def _template(self, declared: dict[str, ResponseDeclaration]) -> None:
        """A standard template scores one response, and is silent on all others."""
        processing = self._scorable.response_processing
        others = sorted(declared.keys() - {RESPONSE})
        if processing is not None and processing.template is not None and others:
            element = next(children(self._root, "qti-response-processing"), self._root)
            message = f"the template scores {RESPONSE} alone, never {', '.join(others)[:200]}"
            self._body.warn(element, f"{message}: write rules, or make an item of each")

    def _keys(self, question: Question, response: ResponseDeclaration) -> None:
        """A key that nobody can choose is a slip of the author's."""
        named: list[Option | Spot] = [*question.options, *question.targets, *question.spots]
        known = {one.identifier for one in named}
        if not known:
            return
        for value in response.correct:
            if any(half not in known for half in value.split()):
                self._body.findings.warn(
                    Finding(
                        self._body.file,
                        f"the correct response {value[:60]} is none of the options",
                        self._body.item,
                        f"qti-{question.interaction}-interaction",
                        question.line,
                    )
                )

    def _fault(self, question: Question, message: str) -> None:
        named = f"qti-{question.interaction}-interaction"
        body = self._body
        body.findings.fault(Finding(body.file, message, body.item, named, question.line))

    def _question(
        self,
        question: Question,
        response: ResponseDeclaration | None,
        written: set[str],
        seen: set[str],
    ) -> None:
        if response is None:
            why = "declared soundly" if question.response in written else "declared"
            self._fault(question, f"answers {question.response}, which is not {why}: declare it")
            return
        if question.response in seen:
            message = f"answers {question.response}, as another interaction does: use a second one"
            self._fault(question, message)
        seen.add(question.response)
        self._keys(question, response)
        if question.interaction not in _FITS:
            return  # refused by name already
        bases, cardinalities = _FITS[question.interaction]
        if response.base not in bases:
            message = f"cannot answer a {response.base}: {question.response} must be {_or(bases)}"
            self._fault(question, message)
        if response.cardinality not in cardinalities:
            message = f"cannot answer {response.cardinality}: {question.response} must be "
            self._fault(question, message + _or(cardinalities))
        elif response.cardinality == "single" and question.max_choices != 1:
            self._single(question)

    def _single(self, question: Question) -> None:
        """One value is declared, several may be chosen: harmless only where one is all there is."""
        if question.interaction in ("gap-match", "graphic-gap-match"):
            return  # drafting asks for one
        name = "associations" if question.interaction in ("match", "associate") else "choices"
        self._fault(question, f"lets a pupil give several for one value: set max-{name} to 1")

    def _variables(self) -> None:
        """What the body prints or decides by must be a template variable."""
        names = {template.identifier for template in self._scorable.templates}
        for variable, line in self._named(self._root):
            if variable not in names:
                body = self._body
                message = f"shows {variable[:40]!a}, which is no template variable: remove it"
                body.findings.fault(
                    Finding(body.file, message, body.item, "qti-printed-variable", line)
                )

    def _named(self, root: etree._Element) -> Iterator[tuple[str, int | None]]:
        for body in children(root, "qti-item-body"):
            for element in body.iter(etree.Element):
                held = any(
                    local(outer).startswith("qti-feedback") for outer in element.iterancestors()
                )
                if held:
                    continue
                if local(element) == "qti-printed-variable":
                    yield (element.get("identifier") or "").strip(), line_of(element)
                given = (element.get("template-identifier") or "").strip()
                if given:
                    yield given, line_of(element)


def _or(names: tuple[str, ...]) -> str:
    return " or ".join(names)
