"""One qti-assessment-item: declarations, body and processing brought together and checked."""

import re
from collections.abc import Callable
from typing import get_args

from lxml import etree

from ardoise.content import documents
from ardoise.content.body import BodyReader
from ardoise.content.declarations import DeclarationReader
from ardoise.content.documents import XML_LANG, children, line_of, local
from ardoise.content.faults import ContentFault, Finding, Findings
from ardoise.content.interactions import IDENTIFIER
from ardoise.content.media import resolve
from ardoise.content.model import (
    Item,
    OutcomeDeclaration,
    Question,
    ResponseDeclaration,
    Template,
)
from ardoise.contract.booklet import Node

RESPONSES_LIMIT = 100
TEMPLATES: tuple[str, ...] = get_args(Template)

_LEFT_OUT = frozenset({"qti-stylesheet", "qti-catalog-info", "qti-companion-materials-info"})
_REFUSED = {
    "qti-template-declaration": "template variables are not drawn so far: write the item out",
    "qti-template-processing": "template variables are not drawn so far: write the item out",
    "qti-context-declaration": "context variables are not read so far",
}
_BASES = {
    "choice": ("identifier",),
    "inline-choice": ("identifier",),
    "text-entry": ("string", "integer", "float"),
    "extended-text": ("string",),
}


class ItemReader:
    """Reads one item file. `stimulus` gives the root of a shared stimulus by its path, or None."""

    def __init__(
        self,
        file: str,
        payload: bytes,
        *,
        findings: Findings,
        stimulus: Callable[[str], etree._Element | None],
    ) -> None:
        self.file = file
        self.findings = findings
        self.root = documents.parse(payload, file=file)
        self.identifier = self.root.get("identifier") or ""
        self._stimulus = stimulus
        self.body = BodyReader(file=file, item=self.identifier, findings=findings)
        self._declared = DeclarationReader(file=file, item=self.identifier, findings=findings)
        self._responses: list[ResponseDeclaration] = []
        self._outcomes: list[OutcomeDeclaration] = []
        self._nodes: tuple[Node, ...] = ()
        self._template: Template | None = None

    def _fault(self, element: etree._Element, message: str) -> None:
        self.findings.fault(
            Finding(self.file, message, self.identifier, local(element), line_of(element))
        )

    def read(self) -> Item:
        """The item; after faults (kept in `findings`) it is not to be used. Raises ContentFault."""
        check_root(self.root, "qti-assessment-item", file=self.file)
        if not IDENTIFIER.match(self.identifier):
            self._fault(self.root, "needs an identifier: letters, digits, _ . -")
        if (self.root.get("adaptive") or "false") in ("true", "1"):
            self._fault(self.root, "adaptive items are not delivered so far")
        for ref in children(self.root, "qti-assessment-stimulus-ref"):
            self._read_stimulus(ref)
        for child in children(self.root):
            self._part(child)
        self._check()
        return Item(
            identifier=self.identifier, title=(self.root.get("title") or "")[:200], file=self.file,
            language=self.root.get(XML_LANG) or "", body=self._nodes,
            questions=tuple(self.body.questions), responses=tuple(self._responses),
            outcomes=tuple(self._outcomes), template=self._template,
        )  # fmt: skip

    def _part(self, element: etree._Element) -> None:
        name = local(element)
        if name == "qti-response-declaration":
            response = self._declared.response(element)
            if response is not None:
                self._responses.append(response)
        elif name == "qti-outcome-declaration":
            outcome = self._declared.outcome(element)
            if outcome is not None:
                self._outcomes.append(outcome)
        elif name == "qti-item-body":
            self._read_body(element)
        elif name == "qti-response-processing":
            self._processing(element)
        elif name in _LEFT_OUT:
            self.body.warn(element, "is left out so far")
        elif name in _REFUSED:
            self._fault(element, _REFUSED[name])
        elif name not in ("qti-modal-feedback", "qti-assessment-stimulus-ref"):
            self._fault(element, "is not known in an item: remove it")

    def _read_body(self, element: etree._Element) -> None:
        if self._nodes:
            self._fault(element, "stands twice: keep one")
        nodes = self.body.inside(element, free=True)
        first = [
            node
            for identifier, stimulus in self.body.stimuli.items()
            if identifier not in self.body.placed
            for node in stimulus
        ]
        self._nodes = (*first, *nodes)

    def _read_stimulus(self, ref: etree._Element) -> None:
        """A text shared by several items: read at each, so that an item is whole by itself."""
        path = resolve(self.file, ref.get("href") or "")
        root = self._stimulus(path) if path else None
        if root is None or path is None:
            self._fault(ref, "names a stimulus that is not in the package: add the file")
            return
        check_root(root, "qti-assessment-stimulus", file=path)
        reader = BodyReader(file=path, item=self.identifier, findings=self.findings)
        nodes: list[Node] = []
        for body in children(root, "qti-stimulus-body"):
            nodes += reader.inside(body, free=True)
        if reader.questions:
            self._fault(ref, "the stimulus holds an interaction: move it into the item")
        self.body.media.update(reader.media)
        whole: Node = ["div", {"class": "qti-stimulus qti-well"}, *nodes]
        self.body.stimuli[ref.get("identifier") or path] = (whole,)

    def _processing(self, element: etree._Element) -> None:
        given = element.get("template") or element.get("template-location")
        if len(element) > 0:
            first = next(children(element), element)
            self.findings.fault(
                Finding(
                    self.file,
                    "custom response processing: only the standard templates "
                    f"({', '.join(TEMPLATES)}) are read so far; the full interpreter is "
                    "another piece of work",
                    self.identifier, local(first), line_of(first),
                )
            )  # fmt: skip
            return
        if given is None:
            return
        name = re.sub(r"\.xml$", "", given.strip().rstrip("/").rpartition("/")[2])
        for known in get_args(Template):
            if name == known:
                self._template = known
                return
        message = f"the template {name[:40]!a} is not read so far; {', '.join(TEMPLATES)} are"
        self._fault(element, message)

    def _check(self) -> None:
        """What must fit between declarations, body and processing."""
        root = self.root
        if next(children(root, "qti-item-body"), None) is None:
            self._fault(root, "has no qti-item-body: there is nothing to show")
        declared = {response.identifier: response for response in self._responses}
        variables = [*declared, *(outcome.identifier for outcome in self._outcomes)]
        if len(set(variables)) < len(self._responses) + len(self._outcomes):
            self._fault(root, "declares the same identifier twice: rename one")
        if len(self.body.questions) > RESPONSES_LIMIT:
            self._fault(root, f"has more than {RESPONSES_LIMIT} interactions: split the item")
        seen: set[str] = set()
        for question in self.body.questions:
            self._check_question(question, declared.get(question.response), seen)
        for identifier in sorted(declared.keys() - seen):
            self.body.warn(
                root, f"the response {identifier} has no interaction: nobody can give it"
            )
        self._check_template(declared)

    def _check_question(
        self, question: Question, response: ResponseDeclaration | None, seen: set[str]
    ) -> None:
        def fault(message: str) -> None:
            named = f"qti-{question.interaction}-interaction"
            self.findings.fault(Finding(self.file, message, self.identifier, named, question.line))

        if response is None:
            fault(f"answers {question.response}, which is not declared soundly: declare it")
            return
        if question.response in seen:
            fault(f"answers {question.response}, as another interaction does: use a second one")
        seen.add(question.response)
        if response.base not in _BASES[question.interaction]:
            fault(f"cannot answer a {response.base}: change the base-type of {question.response}")
        several = question.interaction == "choice" and question.max_choices != 1
        if response.cardinality == "single" and several:
            fault("lets a pupil choose several for a single response: set max-choices to 1")
        if response.cardinality == "multiple" and question.interaction != "choice":
            fault("gives one value: the cardinality of its response must be single")
        if question.options:
            options = {option.identifier for option in question.options}
            for value in response.correct:
                if value not in options:
                    fault(f"the correct response {value} is none of the options")

    def _check_template(self, declared: dict[str, ResponseDeclaration]) -> None:
        template = self._template
        if template is None:
            return
        element = next(children(self.root, "qti-response-processing"))
        response = declared.get("RESPONSE")
        if response is None:
            self._fault(element, "the template scores RESPONSE, which is not declared soundly")
            return
        if template.endswith("map_response") and response.mapping is None:
            self._fault(element, "the template needs a qti-mapping in RESPONSE: add it")
        if not template.endswith("map_response") and not response.correct:
            self._fault(element, "the template needs a qti-correct-response in RESPONSE: add it")
        outcomes = {outcome.identifier: outcome for outcome in self._outcomes}
        if template.startswith("CC2_match") and not (
            "MAXSCORE" in outcomes and outcomes["MAXSCORE"].default
        ):
            self._fault(element, "the template needs an outcome MAXSCORE with a default value")
        others = sorted(declared.keys() - {"RESPONSE"})
        if others:
            self._fault(
                element,
                f"the template scores RESPONSE alone, never {', '.join(others)}: "
                "make an item of each, or remove the template and have it rated by hand",
            )


def check_root(root: etree._Element, name: str, *, file: str) -> None:
    """Raises ContentFault unless the document is what it should be, in QTI 3."""
    space = documents.namespace(root)
    if local(root) == name and documents.QTI.match(space):
        return
    if local(root) in ("assessmentItem", "assessmentTest") or "v2p" in space:
        message = "is QTI 2: only QTI 3 is read so far; convert the package first"
    else:
        message = f"must be a <{name}> in the namespace of QTI 3"
    raise ContentFault(Finding(file, message, element=local(root), line=line_of(root)))
