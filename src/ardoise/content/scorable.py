"""All that scoring needs of an item: its variables and rules, without the body."""

from collections.abc import Mapping

from lxml import etree
from msgspec import Struct

from ardoise.content.declaration_reader import DeclarationReader
from ardoise.content.documents import children, line_of, local, parse
from ardoise.content.faults import ContentFault, Finding, Findings
from ardoise.content.processing import Processing
from ardoise.content.rule_reader import RuleReader
from ardoise.content.upgrade import to_qti3
from ardoise.content.variables import OutcomeDeclaration, ResponseDeclaration, TemplateDeclaration

VARIABLES_LIMIT = 1_000
RESPONSE = "RESPONSE"


class Scorable(Struct, frozen=True):
    """An item as scoring sees it."""

    identifier: str
    file: str
    adaptive: bool = False
    time_dependent: bool = False
    responses: tuple[ResponseDeclaration, ...] = ()
    outcomes: tuple[OutcomeDeclaration, ...] = ()
    templates: tuple[TemplateDeclaration, ...] = ()
    response_processing: Processing | None = None
    """None: no machine scores it."""
    template_processing: Processing | None = None
    most_choices: Mapping[str, int] = {}
    """Response identifier → max-choices of its interaction (0: no limit)."""
    contexts: tuple[TemplateDeclaration, ...] = ()
    """Context variables (QTI 3): given by whoever delivers; here at their defaults."""


def read_scorable(root: etree._Element, *, file: str, findings: Findings) -> Scorable:
    """Reads an item's root, QTI 3 already. Faults go to `findings`: then it is not to be used."""
    return _Reader(root, file, findings).read()


def scorable_item(payload: bytes, *, file: str, findings: Findings | None = None) -> Scorable:
    """The scorable part of one item file, QTI 2 or 3; `findings` then holds the warnings.

    Raises ContentFault with every fault.
    """
    root = to_qti3(parse(payload, file=file), file=file)
    if local(root) != "qti-assessment-item":
        message = "must be an item: <qti-assessment-item>, or <assessmentItem> of QTI 2"
        raise ContentFault(Finding(file, message, element=local(root), line=line_of(root)))
    findings = findings or Findings()
    scorable = read_scorable(root, file=file, findings=findings)
    findings.settle()
    return scorable


class _Reader:
    def __init__(self, root: etree._Element, file: str, findings: Findings) -> None:
        self._root = root
        self._file = file
        self._item = (root.get("identifier") or "").strip()
        self._findings = findings
        self._declared = DeclarationReader(file=file, item=self._item, findings=findings)
        self._rules = RuleReader(file=file, item=self._item, findings=findings)

    def _finding(self, element: etree._Element, message: str) -> Finding:
        return Finding(self._file, message, self._item, local(element), line_of(element))

    def read(self) -> Scorable:
        read = self._declared
        responses = [read.response(child) for child in self._all("qti-response-declaration")]
        outcomes = [read.outcome(child) for child in self._all("qti-outcome-declaration")]
        templates = [read.template(child) for child in self._all("qti-template-declaration")]
        contexts = [read.template(child) for child in self._all("qti-context-declaration")]
        scorable = Scorable(
            self._item, self._file,
            adaptive=self._flag("adaptive"), time_dependent=self._flag("time-dependent"),
            responses=tuple(one for one in responses if one is not None),
            outcomes=tuple(one for one in outcomes if one is not None),
            templates=tuple(one for one in templates if one is not None),
            contexts=tuple(one for one in contexts if one is not None),
            response_processing=self._processing("qti-response-processing", "response"),
            template_processing=self._processing("qti-template-processing", "template"),
            most_choices=self._most_choices(),
        )  # fmt: skip
        self._check(scorable)
        return scorable

    def _all(self, name: str) -> list[etree._Element]:
        found = list(children(self._root, name))
        if len(found) > VARIABLES_LIMIT:
            self._findings.fault(
                self._finding(self._root, f"declares more than {VARIABLES_LIMIT} variables")
            )
        return found[:VARIABLES_LIMIT]

    def _flag(self, name: str) -> bool:
        return (self._root.get(name) or "false").strip() in ("true", "1")

    def _processing(self, name: str, kind: str) -> Processing | None:
        found = list(children(self._root, name))
        for twice in found[1:]:
            self._findings.fault(self._finding(twice, "stands twice: keep one"))
        for foreign in children(self._root, "qti-outcome-processing"):
            message = "belongs to a test: it is never run in an item"
            self._findings.warn(self._finding(foreign, message))
        return self._rules.processing(found[0], kind) if found else None  # type: ignore[arg-type]

    def _most_choices(self) -> dict[str, int]:
        """Where an interaction leaves the number of choices open, 0; single ones choose one."""
        most: dict[str, int] = {}
        for element in self._root.iter(etree.Element):
            response = element.get("response-identifier")
            if response is None or not local(element).endswith("-interaction"):
                continue
            for name in ("max-choices", "max-associations"):
                given = (element.get(name) or "").strip()
                if given.isdigit():
                    most[response.strip()] = int(given)
        return most

    def _check(self, scorable: Scorable) -> None:
        """Names that stand twice."""
        seen: set[str] = set()
        for kind in (scorable.responses, scorable.outcomes, scorable.templates, scorable.contexts):
            for declared in kind:
                if declared.identifier in seen:
                    message = f"declares {declared.identifier} twice: rename one"
                    self._findings.fault(self._finding(self._root, message))
                seen.add(declared.identifier)
