"""Rows of a delimited text (CSV), with the line each begins on."""

import csv
import io
import unicodedata
from collections.abc import Collection, Iterator

from ardoise.authority.findings import Findings

SEPARATORS = ";,\t|"
LINE_LIMIT = 1 << 16
"""Characters in one line: a roll's lines have some hundreds."""


def heading(text: str) -> str:
    """A heading's letters and digits, bare: case, accents, spaces, apostrophes do not count."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if c.isascii() and c.isalnum())


def read_rows(
    text: str, headings: Collection[str], found: Findings
) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of each record that is not blank. Stops after a fault in the quoting.

    `headings`: bare ones, by which the separator is recognised.
    """
    reader = csv.reader(
        _lines(text),
        delimiter=separator_of(text, headings),
        skipinitialspace=True,
        strict=True,
    )
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            found.add("quotes", line)
            return
        if any(field.strip() for field in row):
            yield line, row


def _lines(text: str) -> Iterator[str]:
    """Lines as csv wants them. csv bounds a field, but not how many a line has."""
    for line in io.StringIO(text, newline=""):
        if len(line) > LINE_LIMIT:
            raise csv.Error("a line is too long")
        yield line


def separator_of(text: str, headings: Collection[str]) -> str:
    """The separator that makes the most known headings of the first line that is not blank."""
    first = next((line for line in text[:20_000].splitlines() if line.strip()), "")

    def known(separator: str) -> int:
        return sum(heading(field) in headings for field in first.split(separator))

    return max(SEPARATORS, key=known)
