"""The English catalogue: what the sources say in French, read without gettext's tools.

`python -m tests.authority.catalogue` adds new texts to the catalogue, drops old ones, compiles it.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ZONE = Path(__file__).parents[2] / "src/ardoise/authority"
PO = ZONE / "locale/en/LC_MESSAGES/django.po"
MO = PO.with_suffix(".mo")
_KEYWORDS = dict.fromkeys(
    ("_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "gettext_noop")
)
Message = str | tuple[str, str]


def _read(source: str) -> Iterator[Message]:
    for _, function, found, _ in extract_python(
        io.BytesIO(source.encode()), _KEYWORDS, [], {"encoding": "utf-8"}
    ):
        given = found if isinstance(found, tuple | list) else (found,)
        texts = [text for text in given if isinstance(text, str) and text]
        if not texts:
            continue
        if str(function).startswith("ngettext"):
            yield texts[0], texts[1]
        else:
            yield texts[0]


def messages() -> dict[str, Message]:
    """Every text of the zone's templates and modules, by its (first) French form."""
    found: dict[str, Message] = {}
    for path in sorted(ZONE.rglob("*")):
        if path.suffix == ".html":
            source = templatize(path.read_text(), origin=path.name)
        elif path.suffix == ".py" and "migrations" not in path.parts:
            source = path.read_text()
        else:
            continue
        for message in _read(source):
            key = message if isinstance(message, str) else message[0]
            if isinstance(message, tuple) or key not in found:
                found[key] = message
    return found


def forms(text: object) -> list[str]:
    """A catalogue's text as a list: one, or singular and plural; '' for none."""
    return [str(one or "") for one in (text if isinstance(text, tuple | list) else [text])]


def catalogue() -> Catalog:
    """The English catalogue as it is committed."""
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def compiled(made: Catalog) -> bytes:
    """The .mo of a catalogue."""
    buffer = io.BytesIO()
    write_mo(buffer, made)
    return buffer.getvalue()


def update() -> list[str]:
    """Bring the catalogue up to date and compile it; what still lacks its English."""
    old = catalogue() if PO.exists() else Catalog(locale="en")
    fresh = Catalog(
        locale="en",
        fuzzy=False,
        project="Ardoise",
        version="1",
        header_comment="# Ardoise's authority pages: French in the sources, English here.",
        last_translator="the Ardoise project",
        language_team="English",
        msgid_bugs_address="the project's issues",
    )
    missing = []
    for key, message in sorted(messages().items()):
        held = old.get(key)
        english = held.string if held is not None else ""
        plural = isinstance(message, tuple)
        if plural != isinstance(english, tuple | list):
            english = ("", "") if plural else ""
        fresh.add(message, english)
        if not all(forms(english)):
            missing.append(key)
    PO.parent.mkdir(parents=True, exist_ok=True)
    fresh.creation_date = fresh.revision_date = old.creation_date
    with PO.open("wb") as file:
        write_po(file, fresh, width=100, no_location=True, omit_header=False)
    MO.write_bytes(compiled(catalogue()))
    return missing


if __name__ == "__main__":
    for line in update():
        print("no English yet:", line)  # noqa: T201
