"""From a template and data to a PDF/UA-1 file, in memory.

Templates stand in `templates/`, fonts in `fonts/`. A template begins with

    #import "style.typ": *
    #let data = json(bytes(sys.inputs.data))

Data reaches it as JSON and is never spliced into markup, so a name with `#`, `$`, quotes or
brackets in it is printed as it is.
"""

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import typst

_HERE = Path(__file__).parent
TEMPLATES = _HERE / "templates"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
DATA_LIMIT = 64 << 20
"""Bytes of JSON for one document at most."""


class TypesetError(Exception):
    """A template that does not compile with this data. The message holds no data."""


@functools.cache
def _fonts() -> typst.Fonts:
    """Ours and typst's own, never the machine's: a document looks the same everywhere."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=[str(_HERE / "fonts")],
    )


def typeset(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of `templates/<template>.typ` with `data` (anything that msgspec encodes as JSON).

    Tagged; PDF/UA-1 unless a character is in no face of ours. The template sets title and language.
    Raises TypesetError; ValueError for a name that is no template or data above DATA_LIMIT.
    """
    source = TEMPLATES / f"{template}.typ"
    if not _NAME.fullmatch(template) or not source.is_file():
        raise ValueError("there is no such template")
    encoded = msgspec.json.encode(data)
    if len(encoded) > DATA_LIMIT:
        raise ValueError(f"more than {DATA_LIMIT >> 20} MiB of data for one document: split it")
    try:
        return _compiled(source, encoded, accessible=True)
    except typst.TypstError:
        # PDF/UA refuses a character that no face has. A name in a script that no French register
        # uses must not cost its class the cards: still tagged, the character as a box.
        pass
    try:
        return _compiled(source, encoded, accessible=False)
    except typst.TypstError as fault:
        # A diagnostic may quote the data; the trace speaks of the template alone.
        raise TypesetError(f"{template}.typ does not compile: {_place(fault)}") from None


def _compiled(source: Path, data: bytes, *, accessible: bool) -> bytes:
    return typst.compile(
        str(source),
        root=str(TEMPLATES),
        font_paths=_fonts(),
        sys_inputs={"data": data.decode()},
        format="pdf",
        pdf_standards="ua-1" if accessible else [],
    )


def _place(fault: typst.TypstError) -> str:
    trace = "; ".join(str(line) for line in fault.trace or ())
    return trace or "compile it by hand with sample data to see why"
