"""Results as a spreadsheet, CSV or OpenDocument, in memory. Rows in, bytes out.

A cell that a spreadsheet would take for a formula is made plain text (CSV: a leading apostrophe;
ODS: typed as a string). Source of the list: OWASP, "CSV Injection".
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

import odswriter

Value = str | int | float | None
_DANGEROUS = ("=", "+", "-", "@", "|", "%", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain(text: str) -> str:
    """Without control characters and line breaks (which no cell of ours needs)."""
    kept = (" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text)
    return "".join(sign for sign in kept if unicodedata.category(sign) != "Cs")


def neutral(text: str) -> str:
    """Text that no spreadsheet reads as a formula."""
    bare = plain(text)
    # As it was read, and as it is written: a control character has become a space there.
    read = text.lstrip(" \u00a0\u200b\ufeff")[:1]
    written = next((sign for sign in bare if not (sign.isspace() or sign in "\u200b\ufeff")), "")
    return f"'{bare}" if read in _DANGEROUS or written in _DANGEROUS else bare


def _number(value: float) -> str:
    """With the decimal comma that goes with `;`."""
    return f"{value:.6g}".replace(".", ",")


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """UTF-8 with byte order mark, `;`, CRLF, every text quoted; numbers as numbers."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";", quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    for row in ([*header], *rows):
        writer.writerow(
            [
                neutral(cell)
                if isinstance(cell, str)
                else ""
                if cell is None
                else _number(float(cell))
                for cell in row
            ]
        )
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def as_ods(title: str, header: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """One sheet; texts typed as strings, numbers as numbers, never a formula."""
    buffer = io.BytesIO()
    with odswriter.writer(buffer) as document:
        sheet = document.new_sheet(plain(title)[:31] or "Ardoise")
        for row in ([*header], *rows):
            sheet.writerow([plain(cell) if isinstance(cell, str) else cell for cell in row])
    return buffer.getvalue()
