"""The campaign file, `campaign.toml` of format "ardoise-campaign/1". Pure: text in, structs out."""

import re
import tomllib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from ardoise.authority.campaigns.levels import LEVELS
from ardoise.authority.campaigns.lines import Path, line_at, lines_of
from ardoise.authority.campaigns.messages import CAMPAIGN
from ardoise.authority.campaigns.tables import Table
from ardoise.authority.findings import Finding, Findings
from ardoise.contract.rehearsal import PREFIX

FORMAT = "ardoise-campaign/1"
SIZE_LIMIT = 256 << 10
_CAMPAIGN_ID = r"[a-z0-9][a-z0-9-]{1,38}[a-z0-9]"
"""contract.words.CampaignId; a test holds the two together."""
_PART_ID = r"[a-z][a-z0-9-]{0,19}"
_ITEM_ID = r"[A-Za-z_][A-Za-z0-9_.-]{0,63}"
_PACKAGE = r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*){0,4}"
_LABEL = r"(?=.*\S)[^\x00-\x1f\x7f]{1,60}"
_LANGUAGE = r"[a-z]{2,3}(-[A-Z]{2})?"
FORMS_LIMIT = 20
_SYNTAX_PLACE = re.compile(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)$")


class CampaignFault(Exception):
    """A campaign file that cannot be used. `findings` say why; warnings are among them."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(f"{f.place}: {f.message_en}" for f in findings))
        self.findings = findings


class PartSpec(Struct, frozen=True):
    """A timed unit with one writer."""

    id: str
    title: str
    package: str
    """Folder or .zip, relative to the campaign file."""
    minutes: int
    """0: only the window limits."""
    writer: Literal["pupil", "teacher"]
    grace_seconds: int = 30
    forms: int = 1
    """How many booklets differ in their template values; a seat gets one by lot."""


class DomainSpec(Struct, frozen=True):
    """Items of one part that are reported together."""

    id: str
    title: str
    part: str
    items: tuple[str, ...]
    """QTI item identifiers."""
    thresholds: tuple[float, ...]
    """Score points, ascending."""

    def group(self, score: float) -> int:
        """How many thresholds are at most the score: the index of its group's label."""
        return sum(threshold <= score for threshold in self.thresholds)


class CampaignFile(Struct, frozen=True):
    """A campaign as the office describes it. `findings` are warnings only."""

    id: str
    title: str
    level: str
    language: str
    opens: datetime
    closes: datetime
    group_labels: tuple[str, ...]
    parts: tuple[PartSpec, ...]
    domains: tuple[DomainSpec, ...]
    filename: str
    text: str
    findings: tuple[Finding, ...] = ()

    def part(self, identifier: str) -> PartSpec:
        """Raises KeyError."""
        for part in self.parts:
            if part.id == identifier:
                return part
        raise KeyError(identifier)


def parse_campaign(text: str | bytes, *, filename: str = "campaign.toml") -> CampaignFile:
    """Read a campaign file. Raises CampaignFault with a line for each error."""
    found = Findings(CAMPAIGN, filename)
    loaded = _loaded(text, found)
    file = None if loaded is None else _campaign(*loaded, found)
    if file is None or found.failed:
        raise CampaignFault(found.all())
    _cross_check(file, lines_of(file.text), found)
    if found.failed:
        raise CampaignFault(found.all())
    return _with_findings(file, found.all())


def _with_findings(file: CampaignFile, findings: tuple[Finding, ...]) -> CampaignFile:
    from msgspec.structs import replace

    return replace(file, findings=findings)


def _loaded(text: str | bytes, found: Findings) -> tuple[str, Table] | None:
    if len(text) > SIZE_LIMIT:
        found.add("large", limit=SIZE_LIMIT >> 10)
        return None
    try:
        plain = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        plain.encode()
    except UnicodeError:
        found.add("not-utf-8")
        return None
    try:
        values = tomllib.loads(plain)
    except tomllib.TOMLDecodeError as fault:
        _note_syntax(str(fault), plain, found)
        return None
    except (RecursionError, ValueError):
        found.add("syntax", None, reason="nesting or numbers out of bounds")
        return None
    return plain, Table(values, (), lines_of(plain), found)


def _note_syntax(reason: str, text: str, found: Findings) -> None:
    place = _SYNTAX_PLACE.search(reason)
    line, column = text.count("\n") + 1, None
    if place and place.group(1):
        line, column = int(place.group(1)), int(place.group(2))
    said = _SYNTAX_PLACE.sub("", reason)
    found.add("syntax", line, column, reason="".join(filter(str.isprintable, said))[:120])


def _campaign(text: str, table: Table, found: Findings) -> CampaignFile | None:
    if table.text("format", FORMAT) not in (FORMAT, None):
        table.fault("format", "format", expected=FORMAT)
        return None
    identifier = table.text("id", "sixieme-2026", pattern=_CAMPAIGN_ID)
    if identifier is not None and identifier.startswith(PREFIX):
        table.fault("rehearsal", "id", value=PREFIX)
    title = table.text("title", "Évaluation de début de sixième 2026")
    level = table.choice("level", LEVELS)
    language = table.text("language", "fr", pattern=_LANGUAGE, limit=8)
    window = table.table("window", "{ opens = …, closes = … }")
    opens = window.moment("opens") if window else None
    closes = window.moment("closes") if window else None
    groups = table.table("groups", '{ labels = ["…", "…"] }')
    labels = (
        groups.texts("labels", '["Fragile", "Satisfaisant"]', 2, 10, pattern=_LABEL)
        if groups
        else None
    )
    parts = [_part(each) for each in table.tables("parts", "[[parts]]", 20)]
    domains = [_domain(each) for each in table.tables("domains", "[[domains]]", 100)]
    for each in (table, window, groups):
        if each:
            each.close()
    if opens and closes and window and closes <= opens:
        window.fault("order", "closes")
    sound_parts = tuple(part for part in parts if part)
    sound_domains = tuple(domain for domain in domains if domain)
    if found.failed or not (identifier and title and level and language):
        return None
    if opens is None or closes is None or labels is None:
        return None
    return CampaignFile(
        identifier, title, level, language, opens, closes, labels,
        sound_parts, sound_domains, found.file, text,
    )  # fmt: skip


def _part(table: Table) -> PartSpec | None:
    identifier = table.text("id", "francais", pattern=_PART_ID)
    title = table.text("title", "Français")
    package = table.text("package", "francais", pattern=_PACKAGE)
    minutes = table.integer("minutes", 0, 600)
    writer = table.choice("writer", ("pupil", "teacher"))
    grace = table.integer("grace_seconds", 0, 600, default=30)
    forms = table.integer("forms", 1, FORMS_LIMIT, default=1)
    table.close()
    if identifier is None or title is None or package is None:
        return None
    if minutes is None or writer is None or grace is None or forms is None:
        return None
    if writer == "teacher" and forms > 1:
        table.fault("keyed-forms", "forms", value=identifier)
        return None
    kind: Literal["pupil", "teacher"] = "pupil" if writer == "pupil" else "teacher"
    return PartSpec(identifier, title, package, minutes, kind, grace, forms)


def _domain(table: Table) -> DomainSpec | None:
    identifier = table.text("id", "comprehension", pattern=r"[a-z][a-z0-9-]{0,39}")
    title = table.text("title", "Compréhension de l’écrit")
    part = table.text("part", "francais", pattern=_PART_ID)
    items = table.texts("items", '["fr-01", "fr-02"]', 1, 500, pattern=_ITEM_ID)
    thresholds = table.numbers("thresholds", "[3.0, 5.0]", 1, 9)
    table.close()
    if identifier is None or title is None or part is None:
        return None
    if items is None or thresholds is None:
        return None
    return DomainSpec(identifier, title, part, items, thresholds)


def _cross_check(file: CampaignFile, lines: dict[Path, int], found: Findings) -> None:
    """What no table shows alone."""
    _check_unique("parts", [part.id for part in file.parts], lines, found)
    _check_unique("domains", [domain.id for domain in file.domains], lines, found)
    known = [part.id for part in file.parts]
    labels = len(file.group_labels)
    for index, domain in enumerate(file.domains):
        at: Path = ("domains", index)
        if domain.part not in known:
            line = line_at(lines, (*at, "part"))
            found.add("no-part", line, None, "part", value=domain.part, known=", ".join(known))
        if len(domain.thresholds) != labels - 1:
            line = line_at(lines, (*at, "thresholds"))
            count = len(domain.thresholds)
            found.add("thresholds", line, None, "thresholds", count=count, labels=labels)
    length = (file.closes - file.opens).total_seconds()
    for index, part in enumerate(file.parts):
        line = line_at(lines, ("parts", index, "minutes"))
        if part.minutes * 60 > length:
            found.add("short", line, None, "minutes", value=part.id)
        if all(domain.part != part.id for domain in file.domains):
            found.add("idle-part", line_at(lines, ("parts", index)), value=part.id)
    _check_shared(file, lines, found)


def _check_unique(
    kind: str, identifiers: list[str], lines: dict[Path, int], found: Findings
) -> None:
    first: dict[str, int] = {}
    for index, identifier in enumerate(identifiers):
        line = line_at(lines, (kind, index, "id")) or 0
        if identifier in first:
            found.add("twice", line, None, "id", value=identifier, other=first[identifier])
        first.setdefault(identifier, line)


def _check_shared(file: CampaignFile, lines: dict[Path, int], found: Findings) -> None:
    first: dict[tuple[str, str], int] = {}
    for index, domain in enumerate(file.domains):
        for place, item in enumerate(domain.items):
            line = line_at(lines, ("domains", index, "items", place)) or 0
            other = first.setdefault((domain.part, item), line)
            if other != line:
                found.add("shared-item", line, None, "items", value=item, other=other)


def check_items(file: CampaignFile, items: Mapping[str, Collection[str]]) -> tuple[Finding, ...]:
    """Compare the domains with the packages: part → its QTI item identifiers.

    An item that a domain names and its part lacks is an error; one in no domain a warning.
    """
    found = Findings(CAMPAIGN, file.filename)
    lines = lines_of(file.text)
    used: set[tuple[str, str]] = set()
    for index, domain in enumerate(file.domains):
        for place, item in enumerate(domain.items):
            used.add((domain.part, item))
            if domain.part in items and item not in items[domain.part]:
                line = line_at(lines, ("domains", index, "items", place))
                found.add("unknown-item", line, None, "items", value=item, part=domain.part)
    for index, part in enumerate(file.parts):
        for item in items.get(part.id, ()):
            if (part.id, item) not in used:
                line = line_at(lines, ("parts", index))
                found.add("idle-item", line, None, "items", value=item, part=part.id)
    return found.all()
