"""What a roll file amounts to, whatever its format. Values in, values out; no Django."""

import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ardoise.authority.findings import Finding, Findings, has_errors

Kind = Literal["onde", "siecle", "unknown"]
FILE_LIMIT = 64 << 20
"""Bytes of a roll file, and of what a zip holds."""
PUPIL_LIMIT = 200_000
LABEL_LIMIT = 80
NAME_LIMIT = 100


@dataclass(frozen=True, slots=True, repr=False)
class RollPupil:
    """A pupil as the roll has them: all that is read of them. Its repr tells only the line."""

    family_name: str
    usual_name: str
    first_name: str
    birth_date: date
    sex: Literal["M", "F"] | None
    ine: str | None
    level: str
    """One of campaigns.levels.LEVELS."""
    class_label: str
    class_ref: str
    line: int = field(compare=False)
    column: int | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"RollPupil(line {self.line})"

    def person(self) -> str:
        """Names and birth date in one comparable text: accents, case, hyphens do not count."""
        names = (plain(self.family_name), plain(self.first_name))
        return "|".join((*names, self.birth_date.isoformat()))


@dataclass(frozen=True, slots=True)
class RollFile:
    """A roll file as it was read. With an error among the findings, nothing in it may be used."""

    kind: Kind
    uai: str | None
    pupils: tuple[RollPupil, ...]
    findings: tuple[Finding, ...]
    encoding: str = ""
    skipped: dict[str, int] = field(default_factory=dict)
    """Pupils left out, by reason: 'no-class', 'left', 'other-level'."""

    @property
    def usable(self) -> bool:
        """Whether there is no error."""
        return not has_errors(self.findings)


def plain(name: str) -> str:
    """A name's letters, lower case, without accents: what stays when it is typed again."""
    apart = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(c for c in apart if c.isalnum())


def check_together(pupils: list[RollPupil], found: Findings) -> None:
    """What no pupil shows alone: an INE given twice; two who cannot be told apart."""
    by_ine: dict[str, RollPupil] = {}
    by_person: dict[str, RollPupil] = {}
    for pupil in pupils:
        if pupil.ine is not None:
            first = by_ine.setdefault(pupil.ine, pupil)
            if first is not pupil:
                found.add("ine-twice", pupil.line, pupil.column, "INE", other=first.line)
                continue
        same = by_person.setdefault(pupil.person(), pupil)
        if same is not pupil and (pupil.ine is None or same.ine is None):
            found.add("homonyms", pupil.line, pupil.column, other=same.line)
