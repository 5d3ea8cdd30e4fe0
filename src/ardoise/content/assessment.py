"""Reads a qti-assessment-test: test parts, sections, references, selection, rules, limits.

QTI 3 ASI information model, "AssessmentTest". Sections may stand in files of their own. What a
writer is never shown (test feedback) is left out; what cannot be kept to is a fault by name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from ardoise.content import documents
from ardoise.content.assessment_model import ItemRef, Section, Test, TestPart
from ardoise.content.assessment_terms import TermReader
from ardoise.content.body import BodyReader
from ardoise.content.declaration_reader import DeclarationReader
from ardoise.content.documents import children, line_of, local
from ardoise.content.faults import ContentFault, Findings
from ardoise.content.media import resolve
from ardoise.content.model import Rubric
from ardoise.content.processing import Processing
from ardoise.content.rule_reader import RuleReader
from ardoise.content.upgrade import to_qti3
from ardoise.content.variables import OutcomeDeclaration

ITEMS_LIMIT = 500
SECTIONS_LIMIT = 500
PARTS_LIMIT = 100
DEPTH_LIMIT = 12
_SILENT = frozenset(
    {"qti-test-feedback", "qti-context-declaration", "qti-companion-materials-info"}
)
_LEFT_OUT = {"qti-stylesheet": "is left out: a test has no look of its own"}
_REFUSED = {
    "qti-adaptive-selection": "no engine outside the test chooses items: use branch rules",
}


@dataclass
class Outline:
    """A test as a package needs it: its items' files in order, and the test itself."""

    identifier: str
    title: str
    items: list[tuple[str, int | None]] = field(default_factory=list)
    """Paths, with the line of the reference."""
    rubrics: list[Rubric] = field(default_factory=list)
    """Of the test and of all its parts and sections, in document order."""
    media: dict[str, int | None] = field(default_factory=dict)
    test: Test | None = None


class TestReader:
    """Reads one qti-assessment-test. `files`: the package, for sections in files of their own."""

    __test__ = False  # its name is QTI's word; pytest is not meant

    def __init__(
        self,
        file: str,
        payload: bytes,
        *,
        findings: Findings,
        files: Mapping[str, bytes] | None = None,
    ) -> None:
        self.file = file
        self.findings = findings
        self.root = to_qti3(documents.parse(payload, file=file), file=file)
        self.outline = Outline(self.root.get("identifier") or "", self.root.get("title") or "")
        self._files = files or {}
        self._names: dict[str, str] = {}
        self._sections = 0
        self._outcomes: list[OutcomeDeclaration] = []
        self._processing: Processing | None = None

    def read(self) -> Outline:
        """The outline; faults are kept in `findings`. Raises ContentFault."""
        _check_root(self.root, "qti-assessment-test", file=self.file, findings=self.findings)
        place = _File(self.file, self.findings)
        rubrics: list[Rubric] = []
        parts: list[TestPart] = []
        for child in children(self.root):
            name = local(child)
            if name == "qti-test-part":
                parts.append(self._part(child, place))
            elif name == "qti-rubric-block":
                rubrics.append(self._rubric(child, place))
            elif not self._declares(child, name):
                self._other(child, name, place)
        if not parts:
            place.body.fault(self.root, "has no qti-test-part")
        if len(parts) > PARTS_LIMIT:
            place.body.fault(self.root, f"has more than {PARTS_LIMIT} test parts: split the test")
        self._close(place)
        self.outline.test = Test(
            self.outline.identifier, self.outline.title, self.file, tuple(parts), tuple(rubrics),
            place.terms.limits(self.root), tuple(self._outcomes), self._processing,
        )  # fmt: skip
        return self.outline

    def _declares(self, element: etree._Element, name: str) -> bool:
        """Variables and outcome processing: kept for scoring, as they are."""
        if name == "qti-outcome-declaration":
            reader = DeclarationReader(file=self.file, item="", findings=self.findings)
            if (outcome := reader.outcome(element)) is not None:
                self._outcomes.append(outcome)
        elif name == "qti-outcome-processing":
            rules = RuleReader(file=self.file, item="", findings=self.findings)
            self._processing = rules.processing(element, "outcome")
        else:
            return False
        return True

    def _part(self, element: etree._Element, place: "_File") -> TestPart:
        rubrics: list[Rubric] = []
        sections: list[Section] = []
        for child in children(element):
            name = local(child)
            if name in ("qti-assessment-section", "qti-assessment-section-ref"):
                section = self._any_section(child, place, depth=1)
                sections += [section] if section is not None else []
            elif name == "qti-rubric-block":
                rubrics.append(self._rubric(child, place))
            else:
                self._other(child, name, place)
        terms = place.terms
        part = TestPart(
            self._named(element, place), tuple(sections), (element.get("title") or "")[:200],
            terms.one_of(element, "navigation-mode", ("linear", "nonlinear")),  # type: ignore[arg-type]
            terms.one_of(element, "submission-mode", ("individual", "simultaneous")),  # type: ignore[arg-type]
            tuple(rubrics), terms.control(element), terms.limits(element),
            terms.conditions(element), terms.branches(element), line_of(element),
        )  # fmt: skip
        if part.navigation == "nonlinear" and any(map(_needs_linear, _inside(part))):
            message = (
                "is nonlinear, so rules and shortest times of its sections and items are not asked "
                "for: make it linear, or put the rules on test parts"
            )
            place.body.warn(element, message)
        return part

    def _any_section(
        self, element: etree._Element, place: "_File", *, depth: int
    ) -> Section | None:
        """A section, here or in a file of its own."""
        self._sections += 1
        if depth > DEPTH_LIMIT or self._sections > SECTIONS_LIMIT:
            message = f"sections are more than {SECTIONS_LIMIT}, or {DEPTH_LIMIT} inside each other"
            place.body.fault(element, f"{message}: make the test flatter")
            self.findings.settle()
        if local(element) == "qti-assessment-section":
            return self._section(element, place, depth)
        path = resolve(place.file, element.get("href") or "")
        payload = None if path is None else self._files.get(path)
        if path is None or payload is None:
            place.body.fault(element, "names a section that is not in the package: add its file")
            return None
        try:
            root = to_qti3(documents.parse(payload, file=path), file=path)
        except ContentFault as fault:
            for finding in fault.findings:
                self.findings.fault(finding)
            return None
        inner = _File(path, self.findings)
        if local(root) != "qti-assessment-section":
            inner.body.fault(root, "must be a qti-assessment-section")
            return None
        section = self._section(root, inner, depth)
        self._close(inner)
        return section

    def _section(self, element: etree._Element, place: "_File", depth: int) -> Section:
        rubrics: list[Rubric] = []
        held: list[Section | ItemRef] = []
        for child in children(element):
            name = local(child)
            if name in ("qti-assessment-section", "qti-assessment-section-ref"):
                inner = self._any_section(child, place, depth=depth + 1)
                held += [inner] if inner is not None else []
            elif name == "qti-assessment-item-ref":
                ref = self._item(child, place)
                held += [ref] if ref is not None else []
            elif name == "qti-rubric-block":
                rubrics.append(self._rubric(child, place))
            elif name not in ("qti-selection", "qti-ordering"):
                self._other(child, name, place)
        terms = place.terms
        visible = terms.flag(element, "visible", default=True)
        section = Section(
            self._named(element, place), place.file, tuple(held),
            (element.get("title") or "")[:200], visible,
            visible or terms.flag(element, "keep-together", default=True),
            terms.flag(element, "required"), terms.flag(element, "fixed"),
            terms.selection(element, len(held)), terms.shuffled(element), tuple(rubrics),
            terms.control(element), terms.limits(element), terms.conditions(element),
            terms.branches(element), line_of(element),
        )  # fmt: skip
        required = sum(child.required for child in held)
        if section.select is not None and required > section.select:
            place.body.fault(element, f"selects {section.select} of which {required} are required")
        return section

    def _item(self, element: etree._Element, place: "_File") -> ItemRef | None:
        path = resolve(place.file, element.get("href") or "")
        if path is None:
            place.body.fault(element, "its href lies outside the package: put the item into it")
            return None
        if len(self.outline.items) >= ITEMS_LIMIT:
            place.body.fault(element, f"the test has more than {ITEMS_LIMIT} items: split it")
            self.findings.settle()
        self.outline.items.append((path, line_of(element)))
        known = ("qti-weight", "qti-template-default", "qti-variable-mapping")
        for child in children(element):
            if local(child) not in known:
                self._other(child, local(child), place)
        terms = place.terms
        return ItemRef(
            self._named(element, place), path, place.file, line_of(element),
            tuple((element.get("category") or "").split()), terms.weights(element),
            terms.mappings(element), terms.template_defaults(element),
            terms.flag(element, "required"), terms.flag(element, "fixed"), terms.control(element),
            terms.limits(element), terms.conditions(element), terms.branches(element),
        )  # fmt: skip

    def _rubric(self, element: etree._Element, place: "_File") -> Rubric:
        views = frozenset((element.get("view") or "candidate").split())
        rubric = Rubric(views, tuple(place.body.inside(element, free=True)))
        self.outline.rubrics.append(rubric)
        return rubric

    def _named(self, element: etree._Element, place: "_File") -> str:
        """The identifier, which nothing else in the test has."""
        identifier = (element.get("identifier") or "").strip()
        if not identifier:
            place.body.fault(element, "needs an identifier")
        elif identifier in self._names:
            other = self._names[identifier]
            place.body.fault(element, f"has the identifier {identifier}, like {other}: rename one")
        self._names[identifier] = f"a <{local(element)}> before it"
        return identifier

    def _close(self, place: "_File") -> None:
        self.outline.media |= place.body.media
        if place.body.questions:
            place.body.fault(self.root, "a rubric holds an interaction: move it into an item")

    def _other(self, element: etree._Element, name: str, place: "_File") -> None:
        if name in _REFUSED:
            place.body.fault(element, _REFUSED[name])
        elif name in _LEFT_OUT:
            place.body.warn(element, _LEFT_OUT[name])
        elif name not in _SILENT and not place.terms.reads(name):
            place.body.fault(element, "is not known in a test: remove it")


class _File:
    """Readers of one file of the test."""

    def __init__(self, file: str, findings: Findings) -> None:
        self.file = file
        self.body = BodyReader(file=file, item="", findings=findings)
        self.terms = TermReader(file=file, findings=findings)


def _check_root(root: etree._Element, name: str, *, file: str, findings: Findings) -> None:
    if local(root) != name:
        body = BodyReader(file=file, item="", findings=findings)
        body.fault(root, f"must be a {name}")
        findings.settle()


def _inside(part: TestPart) -> Iterator[Section | ItemRef]:
    """All sections and items of a part."""
    yield from part.items()
    for section in part.sections:
        yield from section.sections()


def _needs_linear(held: Section | ItemRef) -> bool:
    """QTI 3 ASI: pre-conditions, branch rules and min-time have a meaning in linear mode alone."""
    shortest = held.limits is not None and held.limits.least is not None
    return bool(held.conditions or held.branches or shortest)
