"""Reads SIECLE's `ElevesSansAdresses.xml`, plain or zipped: the pupils of a collège or lycée.

Parsed as a stream by expat. A document type, and with it every entity, is refused. Only the
elements named in FIELDS are looked at; of two passes, pupils come first and divisions after.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from xml.parsers import expat

from ardoise.authority.campaigns.levels import school_year
from ardoise.authority.findings import Findings
from ardoise.authority.registry.archive import unpacked
from ardoise.authority.registry.identifiers import parse_uai
from ardoise.authority.registry.messages import ROLL
from ardoise.authority.registry.roll import (
    FILE_LIMIT,
    PUPIL_LIMIT,
    RollFile,
    RollPupil,
    check_together,
)
from ardoise.authority.registry.values import Cell, Record, read_birth_date, read_pupil, tidy

ROOT = "BEE_ELEVES"
MAJOR = "2"
FIELDS = {
    "INE_RNIE": "rnie",
    "ID_NATIONAL": "national",
    "NOM_DE_FAMILLE": "family",
    "NOM_USAGE": "usual",
    "PRENOM": "first",
    "DATE_NAISS": "birth",
    "CODE_SEXE": "sex",
    "CODE_MEF": "mef",
    "DATE_SORTIE": "left",
}
"""Elements of ELEVE that are read → our names."""
LEVEL_OF_MEF = {
    "100": "6e", "164": "6e", "101": "5e", "165": "5e", "102": "4e", "166": "4e",
    "103": "3e", "104": "3e", "110": "3e", "131": "3e", "167": "3e", "200": "2de", "210": "2de",
}  # fmt: skip
"""First three digits of a MEF (dispositif de formation) → level; 164 to 167 are SEGPA."""
_PUPILS = (ROOT, "DONNEES", "ELEVES", "ELEVE")
_DIVISION = (ROOT, "DONNEES", "STRUCTURES", "STRUCTURES_ELEVE")
_PARAMETERS = (ROOT, "PARAMETRES")
_DEPTH = 24
_TEXT_LIMIT = 1_000
_CHUNK = 64 << 10
_ENCODING = re.compile(rb"""<\?xml[^>]{0,80}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = {
    "UTF-8": "UTF-8", "US-ASCII": "UTF-8", "ISO-8859-1": "ISO-8859-1",
    "ISO-8859-15": "ISO-8859-15", "WINDOWS-1252": "windows-1252", "CP1252": "windows-1252",
}  # fmt: skip


class _Stop(Exception):
    """Reading cannot go on; the finding says why."""


@dataclass(slots=True, repr=False)
class _Read:
    """What the stream gave."""

    uai: Cell | None = None
    year: Cell | None = None
    pupils: dict[str, Record] = field(default_factory=dict)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    divisions: dict[str, Cell] = field(default_factory=dict)


def read_siecle(data: bytes, *, filename: str, on: date, uai: str | None = None) -> RollFile:
    """Read an export. Never raises for what is in it: every fault is a finding.

    `on`: the day to judge birth dates and departures by. `uai`: the school expected, if any.
    """
    found = Findings(ROLL, filename)
    skipped: dict[str, int] = {}
    plain = unpacked(data, found)
    if plain is None:
        return RollFile("siecle", None, (), found.all())
    if len(plain) > FILE_LIMIT:
        found.add("file-large", limit=FILE_LIMIT >> 20)
        return RollFile("siecle", None, (), found.all())
    encoding, read = _Stream(found).read(plain)
    school = _school(read, found, uai, on)
    pupils = _pupils(read, found, skipped, on)
    check_together(pupils, found)
    return RollFile("siecle", school, tuple(pupils), found.all(), encoding, skipped)


def _school(read: _Read, found: Findings, expected: str | None, on: date) -> str | None:
    if read.year is not None:
        year = tidy(read.year.text)[:4]
        if year.isdecimal() and int(year) != school_year(on):
            found.add("year", read.year.line, read.year.column, "ANNEE_SCOLAIRE")
    if read.uai is None:
        if not found.failed:
            found.add("uaj-missing", None, None, "UAJ")
        return None
    try:
        uai = parse_uai(read.uai.text)
    except ValueError:
        found.add("uaj-form", read.uai.line, read.uai.column, "UAJ")
        return None
    if expected is not None and uai != expected:
        found.add("uaj-other", read.uai.line, read.uai.column, "UAJ", found=uai, expected=expected)
    return uai


def _pupils(read: _Read, found: Findings, skipped: dict[str, int], on: date) -> list[RollPupil]:
    pupils: list[RollPupil] = []
    for identifier, record in read.pupils.items():
        line, column = read.places[identifier]
        if _has_left(record, found, on):
            skipped["left"] = skipped.get("left", 0) + 1
            continue
        level = LEVEL_OF_MEF.get(tidy(record["mef"].text)[:3]) if "mef" in record else None
        if level is None:
            mef = record.get("mef", Cell("", line, column, "CODE_MEF"))
            found.tally("mef-unknown", mef.line, mef.column, "CODE_MEF")
            skipped["other-level"] = skipped.get("other-level", 0) + 1
            continue
        division = read.divisions.get(identifier)
        if division is None or not tidy(division.text):
            found.tally("no-division", line, column, "ELEVE")
            skipped["no-class"] = skipped.get("no-class", 0) + 1
            continue
        record["label"] = division
        for name, shown in (("family", "NOM_DE_FAMILLE"), ("first", "PRENOM")):
            record.setdefault(name, Cell("", line, column, shown))
        record.setdefault("birth", Cell("", line, column, "DATE_NAISS"))
        record["ine"] = _ine_of(record, line, column)
        pupil = read_pupil(record, level, found, on)
        if pupil is not None:
            pupils.append(pupil)
    if not read.pupils and not found.failed:
        found.add("no-pupil")
    return pupils


def _ine_of(record: Record, line: int, column: int) -> Cell:
    """The RNIE's INE if there is one, else the older national identifier."""
    for name in ("rnie", "national"):
        if name in record and record[name].text.strip():
            return record[name]
    return record.get("rnie") or record.get("national") or Cell("", line, column, "INE_RNIE")


def _has_left(record: Record, found: Findings, on: date) -> bool:
    cell = record.get("left")
    if cell is None or not cell.text.strip():
        return False
    # A departure that is still to come: the pupil is here today.
    when = read_birth_date(cell, found, date.max)
    return when is not None and when <= on


class _Stream:
    """The handlers of one parse."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        self._read = _Read()
        self._path: list[str] = []
        self._text: list[str] | None = None
        self._length = 0
        self._at = (0, 0)
        self._pupil = ""
        self._structure: dict[str, Cell] = {}

    def read(self, data: bytes) -> tuple[str, _Read]:
        encoding = self._encoding(data)
        if encoding is None:
            return "", self._read
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        self._parser = parser
        try:
            for start in range(0, len(data), _CHUNK):
                parser.Parse(data[start : start + _CHUNK], False)
            parser.Parse(b"", True)
        except _Stop:
            pass
        except expat.ExpatError as fault:
            self._found.add("xml", fault.lineno, fault.offset + 1)
        except (LookupError, ValueError):
            self._found.add("xml-encoding", 1)
        return encoding, self._read

    def _encoding(self, data: bytes) -> str | None:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            self._found.add("utf-16")
            return None
        declared = _ENCODING.search(data[:200])
        name = declared.group(1).decode().upper() if declared else "UTF-8"
        if name not in _ENCODINGS:
            self._found.add("xml-encoding", 1)
            return None
        return _ENCODINGS[name]

    def _place(self) -> tuple[int, int]:
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1

    def _stop(self, kind: str, **details: str | int) -> None:
        line, column = self._place()
        self._found.add(kind, line, column, "", **details)
        raise _Stop

    def _refuse_doctype(self, *_: Any) -> None:
        self._stop("xml-doctype")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path:
            self._check_root(name, attributes)
        if len(self._path) >= _DEPTH:
            self._stop("xml-deep", limit=_DEPTH)
        self._path.append(name)
        self._at = self._place()
        self._text, self._length = None, 0
        path = tuple(self._path)
        if path == _PUPILS:
            self._start_pupil(attributes)
        elif path == _DIVISION:
            self._pupil = attributes.get("ELEVE_ID", "")
        elif path == (*_DIVISION, "STRUCTURE"):
            self._structure = {}
        elif path[:-1] in (_PUPILS, _PARAMETERS, (*_DIVISION, "STRUCTURE")):
            self._text = []

    def _check_root(self, name: str, attributes: dict[str, str]) -> None:
        if name != ROOT:
            self._stop("xml-root")
        version = attributes.get("VERSION", "")
        if version.split(".")[0] != MAJOR:
            self._found.add("xml-version", *self._place(), "VERSION", expected="2.1")

    def _start_pupil(self, attributes: dict[str, str]) -> None:
        self._pupil = attributes.get("ELEVE_ID", "")
        if not self._pupil:
            self._stop("pupil-unnamed")
        if self._pupil in self._read.pupils:
            other = self._read.places[self._pupil][0]
            self._stop("pupil-twice", other=other)
        if len(self._read.pupils) >= PUPIL_LIMIT:
            self._stop("pupils-many", limit=PUPIL_LIMIT)
        self._read.pupils[self._pupil] = {}
        self._read.places[self._pupil] = self._at

    def _characters(self, text: str) -> None:
        if self._text is None:
            return
        self._length += len(text)
        if self._length <= _TEXT_LIMIT:
            self._text.append(text)

    def _end(self, name: str) -> None:
        path = tuple(self._path)
        self._path.pop()
        text, self._text = self._text, None
        if path == (*_DIVISION, "STRUCTURE"):
            self._end_structure()
        if text is None:
            return
        if self._length > _TEXT_LIMIT:
            text = ["\ufffd"]
            self._found.add("value-long", *self._at, name if name in FIELDS else "", limit=1000)
        cell = Cell("".join(text), *self._at, name)
        if path[:-1] == _PUPILS:
            self._end_field(name, cell)
        elif path[:-1] == _PARAMETERS:
            if name == "UAJ":
                self._read.uai = cell
            elif name == "ANNEE_SCOLAIRE":
                self._read.year = cell
        elif name in ("CODE_STRUCTURE", "TYPE_STRUCTURE"):
            self._structure[name] = cell

    def _end_field(self, name: str, cell: Cell) -> None:
        if name not in FIELDS:
            return
        record = self._read.pupils[self._pupil]
        if FIELDS[name] in record:
            self._found.add("element-twice", cell.line, cell.column, name)
        record[FIELDS[name]] = cell

    def _end_structure(self) -> None:
        kind, code = (self._structure.get(k) for k in ("TYPE_STRUCTURE", "CODE_STRUCTURE"))
        if kind is None or code is None or kind.text.strip() != "D":
            return
        known = self._read.divisions.setdefault(self._pupil, code)
        if known is not code and tidy(known.text) != tidy(code.text):
            self._found.add("divisions-two", code.line, code.column, "CODE_STRUCTURE")
