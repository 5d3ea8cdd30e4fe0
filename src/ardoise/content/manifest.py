"""imsmanifest.xml: which files of a package are items, tests and shared stimuli."""

import re
from dataclasses import dataclass, field

from lxml import etree

from ardoise.content import documents
from ardoise.content.documents import XML_BASE, children, line_of, local
from ardoise.content.faults import ContentFault, Finding, Findings
from ardoise.content.media import resolve

MANIFEST = "imsmanifest.xml"
ITEMS_LIMIT = 500
_TYPE = re.compile(
    r"^ims_?qti_(?:apip)?(item|test|stimulus|section)(?:root)?_xml_?v[23](?:p\d){1,2}\Z", re.I
)
_ROOTS = {
    "assessmentItem": "item", "qti-assessment-item": "item",
    "assessmentTest": "test", "qti-assessment-test": "test",
    "assessmentStimulus": "stimulus", "qti-assessment-stimulus": "stimulus",
    "assessmentSection": "section", "qti-assessment-section": "section",
}  # fmt: skip


@dataclass
class Manifest:
    """What the manifest lists: paths inside the package."""

    identifier: str = ""
    items: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    stimuli: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)


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
            base = f"{root.get(XML_BASE) or ''}{listing.get(XML_BASE) or ''}"
            _resource(resource, files, manifest, findings, outer=base)
    if not manifest.items:
        findings.fault(Finding(MANIFEST, "lists no item: add a resource imsqti_item_xmlv3p0"))
    return manifest


def _resource(
    resource: etree._Element,
    files: dict[str, bytes],
    manifest: Manifest,
    findings: Findings,
    *,
    outer: str,
) -> None:
    def fault(element: etree._Element, message: str) -> None:
        findings.fault(Finding(MANIFEST, message, "", local(element), line_of(element)))

    base = f"{outer}{resource.get(XML_BASE) or ''}"
    for listed in (resource, *children(resource, "file")):
        href = listed.get("href")
        path = resolve(MANIFEST, f"{base}{href}") if href else None
        if href and path is None:
            fault(listed, f"{href[:80]!a} lies outside the package: put the file into it")
        elif path is not None and path not in files:
            fault(listed, f"names {path}, which is missing: add the file or remove the entry")
    kind = _TYPE.match((resource.get("type") or "").strip())
    href = resource.get("href")
    path = resolve(MANIFEST, f"{base}{href}") if href else None
    if kind is None or path is None or path not in files:
        return
    lists = {
        "item": manifest.items, "test": manifest.tests, "stimulus": manifest.stimuli,
        "section": manifest.sections,
    }  # fmt: skip
    listed_here = lists[_kind(files[path], path, kind.group(1).lower())]
    if path not in listed_here:
        listed_here.append(path)


def _kind(payload: bytes, path: str, said: str) -> str:
    """What a resource is: published manifests call a stimulus a test, its root says better.

    Items, of which there are many, are taken at their word: they are read soon enough.
    """
    if said == "item":
        return said
    try:
        root = documents.parse(payload, file=path)
    except ContentFault:
        return said
    return _ROOTS.get(local(root), said)
