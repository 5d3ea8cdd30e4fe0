"""imsmanifest.xml and the assessment test: which items, in which order, with which instructions."""

import re
from dataclasses import dataclass, field

from lxml import etree

from ardoise.content import documents
from ardoise.content.body import BodyReader
from ardoise.content.documents import XML_BASE, children, line_of, local
from ardoise.content.faults import ContentFault, Finding, Findings
from ardoise.content.items import check_root
from ardoise.content.media import resolve
from ardoise.content.model import Rubric

MANIFEST = "imsmanifest.xml"
ITEMS_LIMIT = 500
_TYPE = re.compile(r"^ims_?qti_(item|test|stimulus)_xmlv([0-9]+p[0-9]+)")

_SILENT = frozenset({"qti-outcome-declaration", "qti-test-feedback", "qti-item-session-control"})
_LEFT_OUT = {
    "qti-time-limits": "is left out: the campaign file says how many minutes a part has",
    "qti-outcome-processing": "is left out: the campaign file says which items make a domain",
    "qti-stylesheet": "is left out so far",
}
_REFUSED = {
    "qti-selection": "items are not selected so far: list those that are meant",
    "qti-pre-condition": "conditions are not read so far",
    "qti-branch-rule": "branching is not read so far",
    "qti-weight": "weights are not read so far: let the item give the points",
    "qti-template-default": "template variables are not drawn so far",
    "qti-assessment-section-ref": "put the section itself into the test",
}


@dataclass
class Manifest:
    """What the manifest lists: paths inside the package."""

    identifier: str = ""
    items: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    stimuli: list[str] = field(default_factory=list)


@dataclass
class Outline:
    """A test: items in order, and what its writers are told before."""

    identifier: str
    title: str
    items: list[tuple[str, int | None]] = field(default_factory=list)
    """Paths, with the line of the reference."""
    rubrics: list[Rubric] = field(default_factory=list)
    media: dict[str, int | None] = field(default_factory=dict)


def read_manifest(files: dict[str, bytes], *, name: str, findings: Findings) -> Manifest:
    """The manifest of a package. Raises ContentFault if it cannot be read at all."""
    if MANIFEST not in files:
        message = f"has no {MANIFEST} at its top: pack the folder's content, not the folder"
        raise ContentFault(Finding(name, message))
    root = documents.parse(files[MANIFEST], file=MANIFEST)
    if local(root) != "manifest":
        raise ContentFault(Finding(MANIFEST, "must be a <manifest>", element=local(root)))
    manifest = Manifest(root.get("identifier") or name)
    for listing in children(root, "resources"):
        for resource in children(listing, "resource"):
            _resource(resource, files, manifest, findings)
    if not manifest.items:
        findings.fault(Finding(MANIFEST, "lists no item: add a resource imsqti_item_xmlv3p0"))
    return manifest


def _resource(
    resource: etree._Element, files: dict[str, bytes], manifest: Manifest, findings: Findings
) -> None:
    def fault(element: etree._Element, message: str) -> None:
        findings.fault(Finding(MANIFEST, message, "", local(element), line_of(element)))

    if resource.get(XML_BASE):
        fault(resource, "xml:base is not read: write paths from the package's top")
    for listed in (resource, *children(resource, "file")):
        href = listed.get("href")
        path = resolve(MANIFEST, href) if href else None
        if href and path is None:
            fault(listed, f"{href[:80]!a} lies outside the package: put the file into it")
        elif path is not None and path not in files:
            fault(listed, f"names {path}, which is missing: add the file or remove the entry")
    kind = _TYPE.match(resource.get("type") or "")
    href = resource.get("href")
    path = resolve(MANIFEST, href) if href else None
    if kind is None or path is None or path not in files:
        return
    if kind.group(2) != "3p0":
        fault(resource, "is QTI 2: only QTI 3 is read so far; convert the package first")
        return
    lists = {"item": manifest.items, "test": manifest.tests, "stimulus": manifest.stimuli}
    lists[kind.group(1)].append(path)


class TestReader:
    """Reads one qti-assessment-test."""

    __test__ = False  # its name is QTI's word; pytest is not meant

    def __init__(self, file: str, payload: bytes, *, findings: Findings) -> None:
        self.file = file
        self.findings = findings
        self.root = documents.parse(payload, file=file)
        self._body = BodyReader(file=file, item="", findings=findings)
        self.outline = Outline(self.root.get("identifier") or "", self.root.get("title") or "")

    def read(self) -> Outline:
        """The outline; faults are kept in `findings`. Raises ContentFault."""
        check_root(self.root, "qti-assessment-test", file=self.file)
        self._walk(self.root)
        self.outline.media = self._body.media
        if self._body.questions:
            self._body.fault(self.root, "a rubric holds an interaction: move it into an item")
        return self.outline

    def _walk(self, element: etree._Element) -> None:
        for child in children(element):
            name = local(child)
            if name == "qti-test-part":
                if child.get("navigation-mode") == "linear":
                    self._body.warn(child, "navigation is free in the runner, never linear")
                self._walk(child)
            elif name == "qti-assessment-section":
                self._walk(child)
            elif name == "qti-assessment-item-ref":
                self._item(child)
            elif name == "qti-rubric-block":
                views = frozenset((child.get("view") or "candidate").split())
                nodes = tuple(self._body.inside(child, free=True))
                self.outline.rubrics.append(Rubric(views, nodes))
            else:
                self._other(child, name)

    def _item(self, ref: etree._Element) -> None:
        path = resolve(self.file, ref.get("href") or "")
        if path is None:
            self._body.fault(ref, "its href lies outside the package: put the item into it")
            return
        if len(self.outline.items) >= ITEMS_LIMIT:
            self._body.fault(ref, f"the test has more than {ITEMS_LIMIT} items: split it")
            self.findings.settle()
        self.outline.items.append((path, line_of(ref)))
        for child in children(ref):
            self._other(child, local(child))

    def _other(self, element: etree._Element, name: str) -> None:
        if name == "qti-ordering":
            if (element.get("shuffle") or "false") in ("true", "1"):
                self._body.fault(element, "items are not shuffled so far: set shuffle to false")
        elif name in _REFUSED:
            self._body.fault(element, _REFUSED[name])
        elif name in _LEFT_OUT:
            self._body.warn(element, _LEFT_OUT[name])
        elif name not in _SILENT:
            self._body.fault(element, "is not known in a test: remove it")
