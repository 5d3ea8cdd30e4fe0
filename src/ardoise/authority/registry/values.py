"""The values of a pupil's record: names, birth date, sex, INE, class. Shared by both formats.

Each reader takes a cell and the findings, and gives the value or None after noting why not.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ardoise.authority.campaigns.levels import plausible_birth_years
from ardoise.authority.findings import Findings
from ardoise.authority.registry.identifiers import parse_ine
from ardoise.authority.registry.roll import LABEL_LIMIT, NAME_LIMIT, RollPupil

_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", re.ASCII)
_MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?(Z|\+00:00)?$")
_FIRST_YEAR = 1900
_SEXES: dict[str, Literal["M", "F"]] = {
    "M": "M", "1": "M", "MASCULIN": "M", "G": "M", "GARCON": "M", "GARÇON": "M",
    "F": "F", "2": "F", "FEMININ": "F", "FÉMININ": "F", "FILLE": "F",
}  # fmt: skip
_TWICE = re.compile(
    "[\u00c3\u00c5][\u0080-\u00bf\u0152\u0153\u0160\u0161\u017d\u017e\u0178\u2010-\u20ac]"
)
_IN_NAMES = frozenset(" -'’.()·/,`´ʼʹʻʾʿ‘")


@dataclass(frozen=True, slots=True, repr=False)
class Cell:
    """One value as the file has it, and where."""

    text: str
    line: int
    column: int | None
    field: str


Record = dict[str, Cell]
"""A pupil's cells by our names: family, usual, first, birth, sex, ine, label, ref."""


def tidy(text: str) -> str:
    """NFC, every run of spaces (no-break ones too) one space, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def encoded_twice(text: str) -> bool:
    """Whether UTF-8 was read as a single-byte encoding somewhere: `Ã©` for é."""
    return _TWICE.search(text) is not None


def read_name(cell: Cell, found: Findings, *, required: bool = False) -> str | None:
    """A name; "" if empty and not required. None after an error."""
    name = tidy(cell.text)
    if not name:
        if required:
            found.add("name-empty", cell.line, cell.column, cell.field)
        return None if required else ""
    return name if _is_sound(cell, name, found) else None


def _is_sound(cell: Cell, name: str, found: Findings) -> bool:
    where = (cell.line, cell.column, cell.field)
    if len(name) > NAME_LIMIT:
        found.add("value-long", *where, limit=NAME_LIMIT)
        return False
    if "\ufffd" in name:
        found.add("character-lost", *where)
        return False
    if encoded_twice(name):
        found.add("encoded-twice", *where)
        return False
    categories = [unicodedata.category(c) for c in name]
    if any(category[0] == "C" for category in categories):
        found.add("control-character", *where)
        return False
    if not all(k[0] in "LM" or c in _IN_NAMES for c, k in zip(name, categories, strict=True)):
        found.add("name-odd", *where)
    return True


def read_birth_date(cell: Cell, found: Findings, on: date) -> date | None:
    """dd/mm/yyyy or ISO, a midnight after it ignored. None after an error."""
    where = (cell.line, cell.column, cell.field)
    text = _MIDNIGHT.sub("", tidy(cell.text))
    if not text:
        found.add("date-empty", *where)
        return None
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year = map(int, match.groups())
    elif match := _YEAR_FIRST.fullmatch(text):
        year, month, day = map(int, match.groups())
    else:
        found.add("date-form", *where)
        return None
    try:
        born = date(year, month, day)
    except ValueError:
        found.add("date-impossible", *where)
        return None
    if born.year < _FIRST_YEAR or born > on:
        found.add("date-impossible", *where)
        return None
    return born


def read_sex(cell: Cell | None, found: Findings) -> Literal["M", "F"] | None:
    """M or F; None if the file has none or another word."""
    text = tidy(cell.text).upper() if cell else ""
    if cell is None or not text:
        return None
    sex = _SEXES.get(text)
    if sex is None:
        found.tally("sex-unknown", cell.line, cell.column, cell.field)
    return sex


def read_ine(cell: Cell | None, found: Findings) -> str | None:
    """The INE in normal form; None if there is none that can be used."""
    if cell is None:
        return None
    where = (cell.line, cell.column, cell.field)
    if not cell.text.strip():
        found.tally("ine-empty", *where)
        return None
    try:
        ine = parse_ine(cell.text)
    except ValueError:
        found.add("ine-form", *where)
        return None
    if not ine.key_fits:
        found.add("ine-key", *where)
    return ine.value


def read_label(cell: Cell, found: Findings) -> str | None:
    """A class's label or code; "" if empty. None after an error."""
    label = tidy(cell.text)
    if len(label) > LABEL_LIMIT:
        found.add("value-long", cell.line, cell.column, cell.field, limit=LABEL_LIMIT)
        return None
    if any(unicodedata.category(c)[0] == "C" or c == "\ufffd" for c in label):
        found.add("control-character", cell.line, cell.column, cell.field)
        return None
    return label


def read_pupil(record: Record, level: str, found: Findings, on: date) -> RollPupil | None:
    """One pupil of a known level with a class. None after an error."""
    family = read_name(record["family"], found, required=True)
    first = read_name(record["first"], found)
    if first == "":
        cell = record["first"]
        found.add("first-name-empty", cell.line, cell.column, cell.field)
    usual = read_name(record["usual"], found) if "usual" in record else ""
    born = read_birth_date(record["birth"], found, on)
    sex = read_sex(record.get("sex"), found)
    ine = read_ine(record.get("ine"), found)
    label = read_label(record["label"], found)
    ref = read_label(record["ref"], found) if "ref" in record else ""
    if family is None or first is None or usual is None or born is None:
        return None
    if label is None or ref is None:
        return None
    birth = record["birth"]
    if born.year not in plausible_birth_years(level, on):
        found.add("date-implausible", birth.line, birth.column, birth.field, level=level)
    place = record["family"]
    return RollPupil(
        family_name=family,
        usual_name="" if usual == family else usual,
        first_name=first,
        birth_date=born,
        sex=sex,
        ine=ine,
        level=level,
        class_label=label,
        class_ref=ref or label,
        line=place.line,
        column=place.column,
    )
