"""A package, whole: manifest → test → items, with the pictures and sounds they show."""

import hashlib
from pathlib import Path, PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from ardoise.content import archive, assessment, documents, manifest, media, stylesheets
from ardoise.content.assessment_model import Test
from ardoise.content.body import BodyReader
from ardoise.content.faults import ContentFault, Finding, Findings
from ardoise.content.items import ItemReader, read_stimulus
from ardoise.content.model import Item, Resource, Rubric, Stimulus, Stylesheet


class Package(Struct, frozen=True):
    """What `read_package` gives: everything typed; what speaks against an item stands in it."""

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
    stimuli: dict[str, Stimulus] = {}
    """By file."""
    stylesheets: dict[str, Stylesheet] = {}
    originals: dict[str, bytes] = {}
    """Every file as it came."""

    def check_scorable(self) -> None:
        """Raises ContentFault with everything wrong in declarations and processing."""
        faults = [finding for item in self.items for finding in item.unscorable]
        if faults:
            raise ContentFault(*faults)

    def check_deliverable(self) -> None:
        """Raises ContentFault with every reason why an item cannot be delivered."""
        obstacles = [finding for item in self.items for finding in item.obstacles]
        if obstacles:
            raise ContentFault(*obstacles)


def read_package(source: Path | bytes, *, name: str, test: str | None = None) -> Package:
    """Read a package from a directory, a .zip or a lone item's .xml, or the bytes of either.

    `name` stands for it in messages; `test` names the one that is meant (identifier, title or
    file) where there are several. Raises ContentFault, with every finding of one reading, for what
    concerns the whole; what speaks against one item is kept in the item.
    """
    files = archive.read_files(source, name=name)
    return _Reading(files, name).package(test)


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
        self.drawings: dict[str, bytes] = {}
        self.stylesheets: dict[str, Stylesheet] = {}
        self.refusals: dict[str, tuple[Finding, ...]] = {}
        """Files that cannot be shown, and why."""
        self.stimuli: dict[str, Stimulus | None] = {}
        self.stimulus_bodies: dict[str, BodyReader] = {}

    def package(self, test: str | None) -> Package:
        listed = self._listed()
        outline = self._outline(listed, test)
        items: list[Item] = []
        seen: dict[str, str] = {}
        for path, line in outline.items:
            item = self._item(path, line, test=outline.test.file if outline.test else "")
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
            stimuli={path: held for path, held in self.stimuli.items() if held is not None},
            stylesheets=self.stylesheets,
            originals=self.files,
        )

    def _listed(self) -> manifest.Manifest:
        """The manifest; a lone item needs none."""
        if manifest.MANIFEST not in self.files:
            documents_here = [path for path in self.files if path.lower().endswith(".xml")]
            if len(documents_here) == 1 and not documents_here[0].endswith(manifest.MANIFEST):
                return manifest.Manifest(PurePosixPath(self.name).stem, items=documents_here)
        return manifest.read_manifest(self.files, name=self.name, findings=self.findings)

    def _outline(self, listed: manifest.Manifest, test: str | None) -> assessment.Outline:
        outlines: list[assessment.Outline] = []
        chosen = self._chosen(listed, test)
        for path in chosen:
            findings = Findings()
            try:
                reader = assessment.TestReader(
                    path, self.files[path], findings=findings, files=self.files
                )
                outlines.append(reader.read())
            except ContentFault as fault:
                findings.faults = list(fault.findings)
            for finding in findings.faults:
                self.findings.fault(finding)
            for finding in findings.warnings:
                self.findings.warn(finding)
        for outline in outlines[:1]:
            for path, line in outline.media.items():
                if not self._resource(path):
                    for finding in self._why(path, outline.identifier, path, line):
                        self.findings.fault(finding)
            return outline
        items: list[tuple[str, int | None]] = [(path, None) for path in listed.items]
        if len(items) > assessment.ITEMS_LIMIT:
            message = f"lists more than {assessment.ITEMS_LIMIT} items: split the package"
            self.findings.fault(Finding(manifest.MANIFEST, message))
            self.findings.settle()
        return assessment.Outline(listed.identifier, "", items)

    def _chosen(self, listed: manifest.Manifest, test: str | None) -> list[str]:
        """The one test that is meant."""
        if test is None and len(listed.tests) <= 1:
            return listed.tests
        named: dict[str, set[str]] = {}
        for path in listed.tests:
            root = documents.parse(self.files[path], file=path)
            names = {path, PurePosixPath(path).name, root.get("identifier"), root.get("title")}
            named[path] = {one for one in names if one}
        found = [path for path, names in named.items() if test in names]
        if len(found) != 1:
            offered = ", ".join(named) or "none"
            message = f"holds {len(named)} tests: choose one by its name ({offered[:300]})"
            self.findings.fault(Finding(self.name, message))
        return found[:1]

    def _item(self, path: str, line: int | None, *, test: str) -> Item | None:
        payload = self.files.get(path)
        if payload is None:
            message = f"names {path}, which is missing: add the file or remove the reference"
            self.findings.fault(Finding(test or manifest.MANIFEST, message, line=line))
            return None
        try:
            root = documents.parse(payload, file=path)
            reader = ItemReader(path, root, stimulus=self._stimulus)
            item = reader.read()
        except ContentFault as fault:
            for finding in fault.findings:
                self.findings.fault(finding)
            return None
        self.drawings |= reader.body.drawings
        shown = dict(reader.body.media)
        shown |= dict.fromkeys(reader.body.drawings)
        sheets = list(item.stylesheets)
        obstacles = list(item.obstacles)
        for stimulus in item.stimuli:
            body, held = self.stimulus_bodies[stimulus], self.stimuli[stimulus]
            shown |= body.media | dict.fromkeys(body.drawings)
            sheets += held.stylesheets if held else ()
            obstacles += [_as_of(finding, item.identifier) for finding in body.findings.faults]
        shown |= self._styles(sheets, item)
        for resource, at in shown.items():
            if not self._resource(resource):
                obstacles += self._why(path, item.identifier, resource, at)
        obstacles += self._sizeless(item)
        for finding in item.warnings:
            self.findings.warn(finding)
        return replace(item, obstacles=tuple(dict.fromkeys(obstacles)), media=tuple(shown))

    def _sizeless(self, item: Item) -> list[Finding]:
        """Interactions on a picture need its size: coordinates are in its pixels."""
        found: list[Finding] = []
        for question in item.questions:
            picture = getattr(question, "picture", None)
            if picture is None or picture.src not in self.resources:
                continue
            size = self.resources[picture.src].size
            if size is None and None in (picture.width, picture.height):
                message = f"the picture {picture.src} has no size: write its width and height"
                found.append(Finding(item.file, message, item.identifier, line=question.line))
        return found

    def _styles(self, paths: list[str], item: Item) -> dict[str, int | None]:
        """Reads style sheets once; the files they show."""
        shown: dict[str, int | None] = {}
        for path in paths:
            if path not in self.stylesheets:
                payload = self.files.get(path)
                if payload is None:
                    message = f"names the style sheet {path}, which is missing: shown without it"
                    self.findings.warn(Finding(item.file, message, item.identifier))
                self.stylesheets[path] = stylesheets.read(
                    path, payload or b"", files=frozenset(self.files), findings=self.findings
                )
            for rule in self.stylesheets[path].rules:
                for _, value in rule.declarations:
                    shown |= dict.fromkeys(stylesheets.files_in(value))
        return shown

    def _why(self, file: str, item: str, path: str, line: int | None) -> list[Finding]:
        if path not in self.refusals:
            return [Finding(file, f"shows {path}, which is missing: add the file", item, line=line)]
        return [_as_of(finding, item) for finding in self.refusals[path]]

    def _stimulus(self, path: str) -> Stimulus | None:
        """A text that items share, read once. Raises ContentFault if it is none."""
        if path not in self.stimuli:
            payload = self.files.get(path)
            self.stimuli[path] = None
            if payload is not None:
                findings = Findings()
                body = BodyReader(file=path, item="", findings=findings)
                root = documents.parse(payload, file=path)
                self.stimuli[path] = read_stimulus(root, file=path, body=body)
                self.stimulus_bodies[path] = body
                self.drawings |= body.drawings
                for finding in findings.warnings:
                    self.findings.warn(finding)
        return self.stimuli[path]

    def _resource(self, path: str) -> bool:
        """Reads a file to show, once; whether it can be shown."""
        if path in self.resources:
            return True
        if path in self.refusals:
            return False
        payload = self.drawings.get(path) or self.files.get(path)
        if payload is None:
            return False
        try:
            if path in self.drawings:
                found = media.cleaned(path, media.DRAWING, payload, findings=self.findings)
            else:
                found = media.read(path, payload, findings=self.findings)
        except ContentFault as fault:
            self.refusals[path] = fault.findings
            return False
        self.resources[path] = found
        return True


def _as_of(finding: Finding, item: str) -> Finding:
    """The same finding, as one of this item."""
    return Finding(finding.file, finding.message, item, finding.element, finding.line)
