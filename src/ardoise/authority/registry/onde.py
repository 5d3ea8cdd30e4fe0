"""Reads ONDE's `CSVExtraction.csv`: the pupils of a primary school.

Only the columns named in COLUMNS are looked at. Addresses and authorisations, which the export
also holds, are passed over as bytes and reach no value that leaves this module.
"""

from datetime import date

from ardoise.authority.campaigns.levels import LEVELS
from ardoise.authority.findings import Findings
from ardoise.authority.registry.delimited import heading, read_rows
from ardoise.authority.registry.encodings import decode
from ardoise.authority.registry.messages import ROLL
from ardoise.authority.registry.roll import (
    FILE_LIMIT,
    PUPIL_LIMIT,
    RollFile,
    RollPupil,
    check_together,
)
from ardoise.authority.registry.values import Cell, Record, encoded_twice, read_pupil, tidy

COLUMNS = {
    "family": "Nom élève",
    "usual": "Nom d'usage élève",
    "first": "Prénom élève",
    "birth": "Date naissance",
    "sex": "Sexe",
    "ine": "INE",
    "level": "Niveau",
    "label": "Libellé classe",
    "ref": "Identifiant classe",
}
"""Our name of a column → ONDE's."""
REQUIRED = ("family", "first", "birth", "level", "label")
_OTHER_LEVELS = frozenset({"TPS", "PS", "MS", "GS"})
_BY_NAME = {name.upper(): name for name in LEVELS}


_HEADINGS = {heading(shown): name for name, shown in COLUMNS.items()}


def read_onde(data: bytes, *, filename: str, on: date, uai: str | None = None) -> RollFile:
    """Read an export. Never raises for what is in it: every fault is a finding.

    `on`: the day to judge birth dates by. `uai`: the school, which the export does not name.
    """
    found = Findings(ROLL, filename)
    skipped: dict[str, int] = {}
    pupils: list[RollPupil] = []
    encoding = ""
    if len(data) > FILE_LIMIT:
        found.add("file-large", limit=FILE_LIMIT >> 20)
    elif (decoded := decode(data, found)) is not None:
        text, encoding = decoded
        pupils = _read_table(text, found, skipped, on)
        check_together(pupils, found)
    return RollFile("onde", uai, tuple(pupils), found.all(), encoding, skipped)


def _read_table(text: str, found: Findings, skipped: dict[str, int], on: date) -> list[RollPupil]:
    rows = read_rows(text, _HEADINGS, found)
    try:
        line, headings = next(rows)
    except StopIteration:
        if not found.failed:
            found.add("empty")
        return []
    places = _places(headings, line, found)
    if places is None:
        return []
    pupils: list[RollPupil] = []
    records = 0
    for line, row in rows:
        records += 1
        if records > PUPIL_LIMIT:
            found.add("pupils-many", line, limit=PUPIL_LIMIT)
            break
        if len(row) < len(headings) or any(field.strip() for field in row[len(headings) :]):
            found.add("field-count", line, expected=len(headings), count=len(row))
            continue
        record = {name: Cell(row[at], line, at + 1, COLUMNS[name]) for name, at in places.items()}
        if (pupil := _read_row(record, found, skipped, on)) is not None:
            pupils.append(pupil)
    if not records and not found.failed:
        found.add("no-pupil", line)
    return pupils


def _read_row(
    record: Record, found: Findings, skipped: dict[str, int], on: date
) -> RollPupil | None:
    level_cell, label = record["level"], record["label"]
    word = heading(level_cell.text).upper()
    level = _BY_NAME.get(word)
    if level is None:
        if word not in _OTHER_LEVELS:
            found.tally("level-unknown", level_cell.line, level_cell.column, level_cell.field)
        skipped["other-level"] = skipped.get("other-level", 0) + 1
        return None
    if not tidy(label.text):
        found.tally("no-class", label.line, label.column, label.field)
        skipped["no-class"] = skipped.get("no-class", 0) + 1
        return None
    return read_pupil(record, level, found, on)


def _places(headings: list[str], line: int, found: Findings) -> dict[str, int] | None:
    """Our name of a column → its index. None after an error."""
    places: dict[str, int] = {}
    sound = True
    for at, shown in enumerate(headings):
        name = _HEADINGS.get(heading(shown))
        if name is None:
            continue
        if name in places:
            found.add("column-twice", line, at + 1, COLUMNS[name], other=places[name] + 1)
            sound = False
        places.setdefault(name, at)
    if any(map(encoded_twice, headings)):
        found.add("encoded-twice", line)
        return None
    if len(places) < 2:
        found.add("not-onde", line)
        return None
    for name in REQUIRED:
        if name not in places:
            found.add("column-missing", line, None, COLUMNS[name])
            sound = False
    for name, kind in (("ine", "no-ine-column"), ("sex", "no-sex-column")):
        if name not in places:
            found.add(kind, line, None, COLUMNS[name])
    return places if sound else None
