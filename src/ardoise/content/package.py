"""A QTI 3 package, whole: manifest → test → items, with the pictures and sounds they show."""

import hashlib
from pathlib import Path

from lxml import etree
from msgspec import Struct

from ardoise.content import archive, assessment, documents, manifest, media
from ardoise.content.assessment_model import Test
from ardoise.content.faults import ContentFault, Finding, Findings
from ardoise.content.items import ItemReader
from ardoise.content.model import Item, Resource, Rubric


class Package(Struct, frozen=True):
    """What `read_package` gives: everything typed, nothing left to doubt."""

    identifier: str
    title: str
    items: tuple[Item, ...]
    """In test order; in the manifest's where there is no test."""
    rubrics: tuple[Rubric, ...]
    """The test's: what writers, scorers and tutors are told before."""
    resources: dict[str, Resource]
    digest: str
    """SHA-256 (hexadecimal) over every file's path and bytes."""
    warnings: tuple[Finding, ...] = ()
    test: Test | None = None
    """None: the manifest names items alone."""


def read_package(source: Path | bytes, *, name: str) -> Package:
    """Read a package from a directory, the path of a .zip, or the bytes of a zip.

    `name` stands for it in messages. Raises ContentFault, with every finding of one reading.
    """
    files = archive.read_files(source, name=name)
    return _Reading(files, name).package()


def digest_of(files: dict[str, bytes]) -> str:
    """SHA-256 over paths and contents in order of path, each led by its length (8 bytes)."""
    total = hashlib.sha256()
    for path in sorted(files):
        for piece in (path.encode("utf-8", "surrogatepass"), files[path]):
            total.update(len(piece).to_bytes(8, "big") + piece)
    return total.hexdigest()


class _Reading:
    """One reading of one package: gathers findings over all its files."""

    def __init__(self, files: dict[str, bytes], name: str) -> None:
        self.files = files
        self.name = name
        self.findings = Findings()
        self.resources: dict[str, Resource] = {}
        self._wanted: set[str] = set()
        self._stimuli: dict[str, etree._Element | None] = {}

    def package(self) -> Package:
        listed = manifest.read_manifest(self.files, name=self.name, findings=self.findings)
        outline = self._outline(listed)
        items: list[Item] = []
        seen: dict[str, str] = {}
        for path, line in outline.items:
            item = self._item(path, line, test=listed.tests[0] if listed.tests else "")
            if item is None:
                continue
            if item.identifier in seen:
                message = f"has the identifier of {seen[item.identifier]}: every item needs its own"
                self.findings.fault(Finding(path, message, item.identifier))
            seen[item.identifier] = path
            items.append(item)
        if not items:
            self.findings.fault(Finding(self.name, "holds no item that could be read"))
        self.findings.settle()
        return Package(
            identifier=outline.identifier or listed.identifier,
            title=outline.title,
            items=tuple(items),
            rubrics=tuple(outline.rubrics),
            resources=dict(sorted(self.resources.items())),
            digest=digest_of(self.files),
            warnings=tuple(self.findings.warnings),
            test=outline.test,
        )

    def _outline(self, listed: manifest.Manifest) -> assessment.Outline:
        if len(listed.tests) > 1:
            message = f"lists {len(listed.tests)} tests: a part is one test, split the package"
            self.findings.fault(Finding(manifest.MANIFEST, message))
        for path in listed.tests[:1]:
            try:
                reader = assessment.TestReader(
                    path, self.files[path], findings=self.findings, files=self.files
                )
                outline = reader.read()
            except ContentFault as fault:
                self._keep(fault)
                break
            self._media(outline.media, file=path, item="")
            return outline
        items: list[tuple[str, int | None]] = [(path, None) for path in listed.items]
        if len(items) > assessment.ITEMS_LIMIT:
            message = f"lists more than {assessment.ITEMS_LIMIT} items: split the package"
            self.findings.fault(Finding(manifest.MANIFEST, message))
            self.findings.settle()
        return assessment.Outline(listed.identifier, "", items)

    def _keep(self, fault: ContentFault) -> None:
        for finding in fault.findings:
            self.findings.fault(finding)

    def _item(self, path: str, line: int | None, *, test: str) -> Item | None:
        payload = self.files.get(path)
        if payload is None:
            message = f"names {path}, which is missing: add the file or remove the reference"
            self.findings.fault(Finding(test or manifest.MANIFEST, message, line=line))
            return None
        try:
            reader = ItemReader(path, payload, findings=self.findings, stimulus=self._stimulus)
            item = reader.read()
        except ContentFault as fault:
            self._keep(fault)
            return None
        self._media(reader.body.media, file=path, item=item.identifier)
        return item

    def _stimulus(self, path: str) -> etree._Element | None:
        if path not in self._stimuli:
            payload = self.files.get(path)
            self._stimuli[path] = None if payload is None else documents.parse(payload, file=path)
        return self._stimuli[path]

    def _media(self, wanted: dict[str, int | None], *, file: str, item: str) -> None:
        for path, line in wanted.items():
            if path in self._wanted:
                continue
            self._wanted.add(path)
            payload = self.files.get(path)
            if payload is None:
                message = f"shows {path}, which is missing: add the file"
                self.findings.fault(Finding(file, message, item, line=line))
                continue
            try:
                self.resources[path] = media.read(path, payload, findings=self.findings)
            except ContentFault as fault:
                self._keep(fault)
