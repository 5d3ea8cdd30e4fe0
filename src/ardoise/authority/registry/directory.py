"""Reads a list of schools: UAI, name, commune, département, académie, sector.

Headings are ours or those of the ministry's open directory (`annuaire de l'éducation`).
"""

from msgspec import Struct

from ardoise.authority.findings import Finding, Findings, has_errors
from ardoise.authority.registry.delimited import heading, read_rows
from ardoise.authority.registry.encodings import decode
from ardoise.authority.registry.identifiers import parse_uai
from ardoise.authority.registry.messages import ROLL
from ardoise.authority.registry.roll import FILE_LIMIT
from ardoise.authority.registry.values import tidy

SCHOOL_LIMIT = 100_000
_LIMITS = {"name": 200, "commune": 200, "department": 3, "academy": 60, "sector": 20}
_ALIASES = {
    "uai": ("uai", "identifiant_de_l_etablissement", "numero_uai"),
    "name": ("name", "nom", "nom_etablissement"),
    "commune": ("commune", "nom_commune", "libelle_commune"),
    "department": ("department", "departement", "code_departement"),
    "academy": ("academy", "academie", "libelle_academie"),
    "sector": ("sector", "secteur", "statut_public_prive"),
}
_HEADINGS = {heading(alias): name for name, aliases in _ALIASES.items() for alias in aliases}


class SchoolRow(Struct, frozen=True):
    """One school of the list."""

    uai: str
    name: str
    commune: str = ""
    department: str = ""
    academy: str = ""
    sector: str = ""


class SchoolList(Struct, frozen=True):
    """A list of schools as it was read. With an error, nothing in it may be used."""

    schools: tuple[SchoolRow, ...]
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> bool:
        """Whether there is no error."""
        return not has_errors(self.findings)


def read_schools(data: bytes, *, filename: str) -> SchoolList:
    """Read a list. Never raises for what is in it: every fault is a finding."""
    found = Findings(ROLL, filename)
    schools: dict[str, tuple[int, SchoolRow]] = {}
    if len(data) > FILE_LIMIT:
        found.add("file-large", limit=FILE_LIMIT >> 20)
    elif (decoded := decode(data, found)) is not None:
        _read(decoded[0], schools, found)
    return SchoolList(tuple(row for _, row in schools.values()), found.all())


def _read(text: str, schools: dict[str, tuple[int, SchoolRow]], found: Findings) -> None:
    rows = read_rows(text, _HEADINGS, found)
    line, headings = next(rows, (1, []))
    places: dict[str, int] = {}
    for at, shown in enumerate(headings):
        if (name := _HEADINGS.get(heading(shown))) is not None:
            places.setdefault(name, at)
    if "uai" not in places or "name" not in places:
        found.add("not-schools", line)
        return
    for line, row in rows:
        if len(row) < len(headings):
            found.add("field-count", line, expected=len(headings), count=len(row))
            continue
        if len(schools) >= SCHOOL_LIMIT:
            found.add("schools-many", line, limit=SCHOOL_LIMIT)
            return
        school = _school(row, places, line, found)
        if school is None:
            continue
        first_line, first = schools.setdefault(school.uai, (line, school))
        if first != school:
            found.add("uai-twice", line, places["uai"] + 1, "uai", other=first_line)


def _school(row: list[str], places: dict[str, int], line: int, found: Findings) -> SchoolRow | None:
    values: dict[str, str] = {}
    for name, limit in _LIMITS.items():
        values[name] = tidy(row[places[name]]) if name in places else ""
        if len(values[name]) > limit or not values[name].isprintable():
            found.add("value-long", line, places[name] + 1, name, limit=limit)
            return None
    try:
        uai = parse_uai(row[places["uai"]])
    except ValueError:
        found.add("uai-form", line, places["uai"] + 1, "uai")
        return None
    return SchoolRow(uai, **values)
