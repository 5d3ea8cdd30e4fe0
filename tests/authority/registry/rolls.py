"""Writes rolls in each dialect, and generates pupils, for the tests beside it."""

import string
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from ardoise.authority.findings import Finding
from ardoise.authority.registry.identifiers import check_letter
from ardoise.authority.registry.onde import COLUMNS
from ardoise.authority.registry.roll import RollPupil, plain

TODAY = date(2026, 11, 22)
COLLEGE = "9790001F"
SCHOOL = "9790002G"
MEF = {"6e": "10010012110", "5e": "10110013110", "4e": "16610019110", "2de": "20010019110"}
HEADINGS = [
    "Nom élève", "Nom d'usage élève", "Prénom élève", "Date naissance", "Sexe", "INE",
    "Adresse1", "Cp1", "Commune1", "Pays1", "Adresse2", "Cp2", "Commune2", "Pays2", " Cycle",
    "Niveau", "Libellé classe", "Identifiant classe", "Attestation fournie",
    "Autorisation associations", "Autorisation photo", "Décision de passage",
]  # fmt: skip
PRIVATE = {
    "Adresse1": "12 impasse du Secret", "Cp1": "97999", "Commune1": "Cachetteville",
    "Adresse2": "chez sa tante Dissimulée", "Autorisation photo": "REFUS-PHOTO",
    "Autorisation associations": "REFUS-ASSO", "Décision de passage": "MAINTIEN",
}  # fmt: skip


def pupil(**values: object) -> RollPupil:
    """A pupil of CP, changed as asked."""
    plain_one = RollPupil(
        "Brisecraie", "", "Alizéa", date(2020, 3, 1), "F", "000000001ZZ", "CP", "CP A", "7", 2
    )
    return replace(plain_one, **values)  # type: ignore[arg-type]


def kinds(findings: Sequence[Finding], severity: str | None = None) -> list[str]:
    """The findings' identifiers."""
    return [f.id for f in findings if severity in (None, f.severity)]


def onde_row(each: RollPupil, *, iso: bool = False) -> dict[str, str]:
    """A pupil's cells by ONDE's headings."""
    born = each.birth_date.isoformat() if iso else each.birth_date.strftime("%d/%m/%Y")
    own = {
        "family": each.family_name, "usual": each.usual_name, "first": each.first_name,
        "birth": born, "sex": each.sex or "", "ine": each.ine or "", "level": each.level,
        "label": each.class_label, "ref": each.class_ref,
    }  # fmt: skip
    return {**PRIVATE, " Cycle": "CYCLE II", **{COLUMNS[k]: v for k, v in own.items()}}


def onde(
    pupils: Sequence[RollPupil],
    *,
    headings: Sequence[str] = HEADINGS,
    separator: str = ";",
    newline: str = "\r\n",
    iso: bool = False,
    quoted: bool = False,
    encoding: str = "utf-8",
) -> bytes:
    """An ONDE export as some version of ONDE, or some spreadsheet, would write it."""

    def cell(text: str) -> str:
        wants = quoted or any(c in text for c in (separator, '"', "\n", "\r"))
        return '"' + text.replace('"', '""') + '"' if wants else text

    lines = [separator.join(map(cell, headings))]
    for each in pupils:
        row = onde_row(each, iso=iso)
        lines.append(separator.join(cell(row.get(name, "")) for name in headings))
    return (newline.join(lines) + newline).encode(encoding)


def eleve(each: RollPupil, identifier: int | str, **more: str) -> str:
    """An ELEVE element. `more`: elements to add or replace; an empty name leaves one out."""
    fields = {
        "ID_NATIONAL": "", "INE_RNIE": each.ine or "", "NOM_DE_FAMILLE": each.family_name,
        "NOM_USAGE": each.usual_name, "PRENOM": each.first_name, "PRENOM2": "Secrète",
        "DATE_NAISS": each.birth_date.strftime("%d/%m/%Y"), "VILLE_NAISS": "Cachetteville",
        "CODE_SEXE": {"M": "1", "F": "2", None: ""}[each.sex],
        "CODE_MEF": MEF.get(each.level, "99999999999"), **more,
    }  # fmt: skip
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
    return f'<ELEVE ELEVE_ID="{identifier}" ELENOET="1">{inner}</ELEVE>'


def structures(each: RollPupil, identifier: int | str, kind: str = "D") -> str:
    """A STRUCTURES_ELEVE element: a group, then the division."""
    one = (
        "<STRUCTURE><CODE_STRUCTURE>{}</CODE_STRUCTURE>"
        "<TYPE_STRUCTURE>{}</TYPE_STRUCTURE></STRUCTURE>"
    )
    inner = one.format("LATIN1", "G") + one.format(escape(each.class_label), kind)
    return f'<STRUCTURES_ELEVE ELEVE_ID="{identifier}">{inner}</STRUCTURES_ELEVE>'


def siecle_xml(
    eleves: Sequence[str],
    divisions: Sequence[str],
    *,
    uaj: str = COLLEGE,
    encoding: str = "ISO-8859-15",
    newline: str = "\n",
    root: str = '<BEE_ELEVES VERSION="2.1">',
    doctype: str = "",
) -> bytes:
    """A SIECLE export from its parts."""
    text = newline.join(
        [
            f'<?xml version="1.0" encoding="{encoding}"?>{doctype}', root,
            f"<PARAMETRES><UAJ>{uaj}</UAJ><ANNEE_SCOLAIRE>2026</ANNEE_SCOLAIRE></PARAMETRES>",
            "<DONNEES><ELEVES>", *eleves, "</ELEVES><STRUCTURES>", *divisions,
            "</STRUCTURES></DONNEES>", f"</{root[1:].split(maxsplit=1)[0].rstrip('>')}>",
        ]
    )  # fmt: skip
    return text.encode(encoding, "xmlcharrefreplace")


def siecle(pupils: Sequence[RollPupil], **how: str) -> bytes:
    """A SIECLE export of these pupils."""
    return siecle_xml(
        [eleve(each, n) for n, each in enumerate(pupils)],
        [structures(each, n) for n, each in enumerate(pupils)],
        **how,
    )


LATIN = string.ascii_letters + "àâäéèêëîïôöùûüÿçÀÉÈÊËÎÏÔÛÇñóåøßœŒŠšŽžŸ"
WIDE = LATIN + "ŞşĐđŚśĩễłŁ"


def names(alphabet: str) -> st.SearchStrategy[str]:
    """One to three words joined by what joins names in France."""
    word = st.text(alphabet, min_size=1, max_size=9)
    joint = st.sampled_from([" ", "-", "'", " de ", " d'"])
    return st.builds(
        lambda first, rest: first + "".join(j + w for j, w in rest),
        word,
        st.lists(st.tuples(joint, word), max_size=2),
    ).filter(lambda name: "Ã" not in name)


@st.composite
def rolls(
    draw: st.DrawFn, *, levels: Sequence[str], alphabet: str = WIDE, births: tuple[int, int]
) -> list[RollPupil]:
    """One to eight different pupils that both formats can hold without a finding."""
    count = draw(st.integers(1, 8))
    made: list[RollPupil] = []
    seen: set[str] = set()
    for number in range(count):
        family, first = draw(names(alphabet)), draw(names(alphabet))
        if plain(family) + plain(first) in seen:
            continue
        seen.add(plain(family) + plain(first))
        usual = draw(st.just("") | names(alphabet))
        label = draw(st.sampled_from(["A", "B", "Les Étoiles"]))
        digits = f"{number + draw(st.integers(0, 10**6)) * 10:010d}"
        made.append(
            RollPupil(
                family_name=family,
                usual_name="" if usual == family else usual,
                first_name=first,
                birth_date=draw(st.dates(date(births[0], 1, 1), date(births[1], 12, 31))),
                sex=draw(st.sampled_from(["M", "F", None])),
                ine=draw(st.sampled_from([None, digits[1:] + "ZZ", digits + check_letter(digits)])),
                level=draw(st.sampled_from(levels)),
                class_label=label,
                class_ref=label,
                line=number + 2,
            )
        )
    return made
