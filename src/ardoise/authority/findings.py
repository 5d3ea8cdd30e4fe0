"""Findings: what a file of the office's is faulted for, where, and what to do about it.

A finding never quotes what the file says: it cites the line and the column instead, so that a
report can be shown, stored and logged without a name in it.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

Severity = Literal["error", "warning"]
Where = tuple[int | None, int | None, str]
"""Line, column, field."""
KEPT = 500
"""Findings kept of one file; the others are counted."""
FILE_NAME_LIMIT = 100


class Wording(Struct, frozen=True):
    """The words of one kind of finding. `{…}` takes numbers and constants, never a value read."""

    severity: Severity
    fr: str
    fr_remedy: str
    en: str
    en_remedy: str


MORE = Wording(
    "error",
    "{count} autres constats ne sont pas montrés.",
    "Corrigez d’abord ceux qui précèdent, puis recommencez.",
    "{count} more findings are not shown.",
    "Correct those above first, then try again.",
)


class Finding(Struct, frozen=True):
    """One fault. `line` and `column` count from 1; `field` is a column's or element's own name."""

    id: str
    severity: Severity
    file: str
    line: int | None
    column: int | None
    field: str
    message: str
    remedy: str
    message_en: str
    remedy_en: str

    def said(self, language: str = "fr") -> tuple[str, str]:
        """(message, remedy) in French, or in English for any other language."""
        if language.startswith("fr"):
            return self.message, self.remedy
        return self.message_en, self.remedy_en

    @property
    def place(self) -> str:
        """`file:line:column`, as far as known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


class Findings:
    """Collects the findings of one file, with the words of one table."""

    def __init__(self, table: Mapping[str, Wording], file: str) -> None:
        self.file = shown_name(file)
        self._table = table
        self._kept: list[Finding] = []
        self._more: dict[Severity, int] = {"error": 0, "warning": 0}
        self._tallies: dict[str, tuple[int, Where]] = {}

    def add(
        self,
        kind: str,
        line: int | None = None,
        column: int | None = None,
        field: str = "",
        **details: str | int,
    ) -> None:
        """Note one finding. `details` fill the wording: numbers and constants only."""
        severity = self._table[kind].severity
        if len(self._kept) >= KEPT:
            self._more[severity] += 1
            return
        self._kept.append(self._worded(kind, (line, column, field), details))

    def tally(
        self, kind: str, line: int | None = None, column: int | None = None, field: str = ""
    ) -> None:
        """Count a finding that may come many times: said once, where it came first."""
        count, where = self._tallies.get(kind, (0, (line, column, field)))
        self._tallies[kind] = (count + 1, where)

    @property
    def failed(self) -> bool:
        """Whether there is an error so far."""
        return self._more["error"] > 0 or any(f.severity == "error" for f in self.all())

    def all(self) -> tuple[Finding, ...]:
        """Errors first, then by place in the file."""
        found = list(self._kept)
        for kind, (count, where) in self._tallies.items():
            found.append(self._worded(kind, where, {"count": count}))
        found.sort(key=lambda f: (f.severity != "error", f.line or 0, f.column or 0))
        for severity, count in self._more.items():
            if count:
                more = _finding("more", MORE, self.file, (None, None, ""), {"count": count})
                found.append(replace(more, severity=severity))
        return tuple(found)

    def _worded(self, kind: str, where: Where, details: Mapping[str, str | int]) -> Finding:
        return _finding(kind, self._table[kind], self.file, where, details)


def has_errors(findings: tuple[Finding, ...]) -> bool:
    """Whether one of them is an error."""
    return any(finding.severity == "error" for finding in findings)


def shown_name(file: str) -> str:
    """The last part of a path from any system, at most 100 printable characters."""
    last = PurePosixPath(PureWindowsPath(file).name).name
    return "".join(c if c.isprintable() else "?" for c in last)[:FILE_NAME_LIMIT] or "?"


def _finding(
    kind: str,
    words: Wording,
    file: str,
    where: Where,
    details: Mapping[str, str | int],
) -> Finding:
    line, column, field = where
    known = {**details, "field": field}
    fr, fr_remedy, en, en_remedy = (
        text.format_map(known) for text in (words.fr, words.fr_remedy, words.en, words.en_remedy)
    )
    return Finding(
        id=kind,
        severity=words.severity,
        file=file,
        line=line,
        column=column,
        field=field,
        message=fr,
        remedy=fr_remedy,
        message_en=en,
        remedy_en=en_remedy,
    )
