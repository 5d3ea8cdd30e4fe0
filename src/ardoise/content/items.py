"""One assessment item: its body for the screen, its rules for scoring, what speaks against each.

An item that cannot be delivered may still be scored, and one that cannot be scored delivered:
`obstacles` and `unscorable` say why, and nothing else of the package suffers.
"""

import contextlib
from collections.abc import Callable

from lxml import etree

from ardoise.content import catalogs
from ardoise.content.body import BodyReader
from ardoise.content.documents import XML_LANG, children, line_of, local
from ardoise.content.faults import ContentFault, Finding, Findings
from ardoise.content.fitting import Fitting
from ardoise.content.media import resolve
from ardoise.content.model import Card, Item, Stimulus
from ardoise.content.scorable import Scorable, read_scorable
from ardoise.content.upgrade import to_qti3
from ardoise.content.variables import IDENTIFIER
from ardoise.contract.booklet import Node

QUESTIONS_LIMIT = 200
STIMULI_LIMIT = 20
STYLESHEETS_LIMIT = 20
_TEXTS = frozenset({
    "qti-response-declaration", "qti-outcome-declaration", "qti-template-declaration",
    "qti-context-declaration", "qti-template-processing", "qti-response-processing",
    "qti-modal-feedback", "qti-companion-materials-info",
})  # fmt: skip
"""Read elsewhere, or for nobody's screen."""


class ItemReader:
    """Reads one item. `stimulus` gives a shared stimulus by its path, or None."""

    def __init__(
        self,
        file: str,
        root: etree._Element,
        *,
        stimulus: Callable[[str], Stimulus | None],
    ) -> None:
        self.file = file
        self.root = to_qti3(root, file=file)
        check_root(self.root, "qti-assessment-item", file=file)
        self.identifier = (self.root.get("identifier") or "").strip()
        self.findings = Findings()
        """What keeps it from being delivered, and the warnings."""
        self.body = BodyReader(file=file, item=self.identifier, findings=self.findings)
        self._stimulus = stimulus
        self._stimuli: list[str] = []
        self._catalogs: dict[str, tuple[Card, ...]] = {}
        self._sheets: list[str] = []
        self._nodes: tuple[Node, ...] = ()

    def read(self) -> Item:
        """The item. Raises ContentFault if it has no identifier or is no item at all."""
        if not IDENTIFIER.match(self.identifier):
            message = "needs an identifier: letters, digits, _ . -"
            raise ContentFault(
                Finding(self.file, message, "", local(self.root), line_of(self.root))
            )
        scoring = Findings()
        scorable = _scorable(self.root, self.file, scoring)
        # Beyond a number of faults reading ends: those found are kept.
        with contextlib.suppress(ContentFault):
            self._read_parts(scorable)
        return Item(
            identifier=self.identifier, title=(self.root.get("title") or "")[:200], file=self.file,
            language=(self.root.get(XML_LANG) or "").strip()[:40], body=self._nodes,
            questions=tuple(self.body.questions), scorable=scorable, stimuli=tuple(self._stimuli),
            stylesheets=tuple(self._sheets), catalogs=self._catalogs,
            obstacles=tuple(self.findings.faults), unscorable=tuple(scoring.faults),
            media=tuple(self.body.media),
            warnings=(*self.findings.warnings, *scoring.warnings),
        )  # fmt: skip

    def _read_parts(self, scorable: Scorable) -> None:
        for ref in children(self.root, "qti-assessment-stimulus-ref"):
            self._read_stimulus(ref)
        bodies = 0
        for child in children(self.root):
            name = local(child)
            if name == "qti-item-body":
                bodies += 1
                self._read_body(child)
            elif name == "qti-stylesheet":
                self._sheets += sheet_of(child, self.body)
            elif name == "qti-catalog-info":
                self._catalogs |= catalogs.read(child, self.body)
            elif name not in _TEXTS and name != "qti-assessment-stimulus-ref":
                self.body.warn(child, "is not known in an item: left out")
        if bodies != 1:
            self.body.fault(self.root, f"has {bodies} qti-item-body: it needs one")
        if len(self.body.questions) > QUESTIONS_LIMIT:
            self.body.fault(self.root, f"has more than {QUESTIONS_LIMIT} interactions: divide it")
        Fitting(self.root, self.body, scorable).check()

    def _read_body(self, element: etree._Element) -> None:
        nodes = self.body.inside(element, free=True)
        unplaced = [
            path for name, path in self.body.stimuli.items() if name not in self.body.placed
        ]
        self._nodes = (*(["stimulus", {"ref": path}] for path in unplaced), *nodes)

    def _read_stimulus(self, ref: etree._Element) -> None:
        path = resolve(self.file, ref.get("href") or "")
        found = self._stimulus(path) if path else None
        if found is None or path is None:
            self.body.fault(ref, "names a stimulus that is not in the package: add its file")
        elif path not in self._stimuli and len(self._stimuli) < STIMULI_LIMIT:
            self._stimuli.append(path)
            self.body.stimuli[(ref.get("identifier") or "").strip() or path] = path


def _scorable(root: etree._Element, file: str, findings: Findings) -> Scorable:
    try:
        return read_scorable(root, file=file, findings=findings)
    except ContentFault as fault:
        if not findings.faults:
            findings.faults.extend(fault.findings)
        return Scorable((root.get("identifier") or "").strip(), file)


def sheet_of(element: etree._Element, body: BodyReader) -> list[str]:
    """The path of a qti-stylesheet, if it is one; else a warning: an item is read without."""
    path = resolve(body.file, element.get("href") or "")
    kind = (element.get("type") or "text/css").strip()
    if path is None or kind != "text/css":
        body.warn(element, "is left out: only CSS files of the package are read")
        return []
    return [path]


def read_stimulus(root: etree._Element, *, file: str, body: BodyReader) -> Stimulus:
    """A shared stimulus. Faults and media are kept in `body`. Raises ContentFault."""
    upgraded = to_qti3(root, file=file)
    check_root(upgraded, "qti-assessment-stimulus", file=file)
    nodes: list[Node] = []
    sheets: list[str] = []
    held: dict[str, tuple[Card, ...]] = {}
    for child in children(upgraded):
        if local(child) == "qti-stimulus-body":
            nodes += body.inside(child, free=True)
        elif local(child) == "qti-stylesheet":
            sheets += sheet_of(child, body)
        elif local(child) == "qti-catalog-info":
            held |= catalogs.read(child, body)
    if body.questions:
        body.fault(upgraded, "holds an interaction: move it into the item")
    return Stimulus(
        (upgraded.get("identifier") or "").strip(), file,
        (upgraded.get(XML_LANG) or "").strip()[:40], tuple(nodes), tuple(sheets), held,
    )  # fmt: skip


def check_root(root: etree._Element, name: str, *, file: str) -> None:
    """Raises ContentFault unless the document is what it should be."""
    if local(root) != name:
        message = f"must be a <{name}>, of QTI 2.0 to 3.0"
        raise ContentFault(Finding(file, message, element=local(root), line=line_of(root)))
