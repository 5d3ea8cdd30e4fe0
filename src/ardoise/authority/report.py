"""Shows findings on a terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ardoise.authority.findings import Finding

_SHOWN = {"error": ("erreur", "bold red"), "warning": ("à vérifier", "yellow")}


def print_findings(findings: Iterable[Finding], console: Console, language: str = "fr") -> None:
    """A table of one file's findings: place, message, remedy; nothing if there is none."""
    rows = list(findings)
    if not rows:
        return
    table = Table(title=rows[0].file, show_lines=True, header_style="bold", expand=True)
    table.add_column("", no_wrap=True)
    table.add_column("Où", ratio=2, overflow="fold")
    table.add_column("Constat", ratio=4, overflow="fold")
    table.add_column("Que faire", ratio=4, overflow="fold")
    for finding in rows:
        word, style = _SHOWN[finding.severity]
        message, remedy = finding.said(language)
        table.add_row(Text(word, style), Text(_where(finding)), Text(message), Text(remedy))
    console.print(table)


def _where(finding: Finding) -> str:
    where = f"ligne {finding.line}" if finding.line else ""
    if finding.column:
        where += f", colonne {finding.column}"
    if finding.field:
        where += f"\n« {finding.field} »"
    return where.strip()
