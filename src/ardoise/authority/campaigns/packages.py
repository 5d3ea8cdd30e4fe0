"""Fetches the QTI packages that a campaign file names, as bytes to keep unaltered."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ardoise.authority.campaigns.file import CampaignFault, CampaignFile, PartSpec, check_items
from ardoise.authority.campaigns.lines import lines_of
from ardoise.authority.campaigns.messages import CAMPAIGN
from ardoise.authority.findings import Finding, Findings, has_errors
from ardoise.content.faults import ContentFault
from ardoise.content.model import Item
from ardoise.content.package import read_package
from ardoise.scoring import compile_item
from ardoise.scoring.raters import RaterFault, scale_of

PACKAGE_LIMIT = 256 << 20
"""Bytes of a package, unzipped."""
_FILES = 5_000
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class LoadedPackage:
    """A part's content: zipped, read once to be sure that it can be delivered and scored."""

    name: str
    content: bytes
    digest: str
    items: tuple[str, ...]
    """QTI item identifiers in test order."""
    draws: bool = False
    """Whether an item draws values, so that forms can differ."""
    without_scale: tuple[str, ...] = ()
    """Items that no machine scores and no rater can, since they state no maximum."""


def load_packages(
    file: CampaignFile, folder: Path
) -> tuple[dict[str, LoadedPackage], tuple[Finding, ...]]:
    """Part → package, and the warnings of file and packages together.

    Raises CampaignFault: a package that is missing or refused, an item that it lacks.
    """
    found = Findings(CAMPAIGN, file.filename)
    lines = lines_of(file.text)
    packages: dict[str, LoadedPackage] = {}
    for index, part in enumerate(file.parts):
        line = lines.get(("parts", index, "package"))
        loaded = _load(part, folder, line, found)
        if loaded is not None:
            packages[part.id] = loaded
            at = lines.get(("parts", index, "package"))
            for item in loaded.without_scale:
                found.add("no-scale", at, None, "package", value=item, part=part.id)
            if part.forms > 1 and not loaded.draws:
                at = lines.get(("parts", index, "forms"))
                found.add("same-forms", at, None, "forms", value=part.id)
    items = check_items(file, {part: package.items for part, package in packages.items()})
    findings = (*found.all(), *items, *file.findings)
    if has_errors(findings):
        raise CampaignFault(findings)
    return packages, findings


def _load(part: PartSpec, folder: Path, line: int | None, found: Findings) -> LoadedPackage | None:
    source = folder / part.package
    try:
        if source.is_dir():
            content = zipped(source)
        elif source.is_file() and source.stat().st_size <= PACKAGE_LIMIT:
            content = source.read_bytes()
        else:
            found.add("no-package", line, None, "package", value=part.package)
            return None
        package = read_package(content, name=part.package)
        package.check_deliverable()
        package.check_scorable()
        without_scale = [item.identifier for item in package.items if _has_no_scale(item)]
    except ContentFault as fault:
        reason = str(fault)[:600]
        found.add("package", line, None, "package", value=part.package, reason=reason)
        return None
    except (OSError, ValueError) as fault:
        reason = type(fault).__name__
        found.add("package", line, None, "package", value=part.package, reason=reason)
        return None
    draws = any(item.scorable.template_processing is not None for item in package.items)
    items = tuple(item.identifier for item in package.items)
    return LoadedPackage(part.package, content, package.digest, items, draws, tuple(without_scale))


def _has_no_scale(item: Item) -> bool:
    """Raises ContentFault if its rules have no meaning."""
    scorer = compile_item(item)
    if scorer.machine_scored:
        return False
    try:
        scale_of(scorer.max_score)
    except RaterFault:
        return True
    return False


def zipped(folder: Path) -> bytes:
    """A folder as a zip that is the same for the same files. Raises ValueError if too large."""
    out = io.BytesIO()
    total = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for count, path in enumerate(_files(folder)):
            total += path.stat().st_size
            if total > PACKAGE_LIMIT or count >= _FILES:
                raise ValueError("the folder is too large for a package")
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return out.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    """Its files in order; hidden ones and links are no part of a package."""
    for path in sorted(folder.rglob("*")):
        hidden = any(step.startswith(".") for step in path.relative_to(folder).parts)
        if path.is_file() and not path.is_symlink() and not hidden:
            yield path
