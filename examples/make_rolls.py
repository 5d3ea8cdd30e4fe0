"""Writes the example rolls of Valmorel-les-Ardoises, a town that does not exist.

Nobody real is meant: family names are made up, first names made up or rare, joined by counting.
The schools' numbers have a right check letter but begin with 979, which is no département; the
INE are of one series that begins with zeros. Run it again and the files are the same:

    python examples/make_rolls.py
"""

import zipfile
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

from ardoise.authority.registry.identifiers import check_letter

HERE = Path(__file__).parent


def listed(names: str) -> list[str]:
    """Names between bars."""
    return names.split("|")


FAMILY = listed(
    "Brisecraie|de l’Éponge-Dorée|Montpupitre|D'Ardouval|Fontplume|Lencrevert|Petit-Buvard|Y|"
    "Rochecraie-Valardoise|Du Pré-aux-Craies|Løvskogen|L'Écolâtrier|Sablardoise|Œillardeau|"
    "Žížalková|Le Grand-Pupitre|Tournefeuillet|Ñandubayo|Plumassière|van der Krijtberg|Ångelhöj|"
    "Clairtableau|O’Slatemór|Noircarré|Marge-Rouge|Şafakdeniz|Quatrecarreaux|de La Règle-Plate|"
    "Gommeblanche|Bĩnhvân-Craie|Cahiervert|Đurđevgora|Taille-Crayon|Ardésien|Świerkola|Encrevive|"
    "Dulutrin|Estradeau|Þornvellir|Sixcouleurs|Mappemondin|N'Ardowé|Compasson|Équerron|Préauval"
)
GIRLS = listed(
    "Alizéa|Ambrosine-Lou|Éloïsande|Fleurimonde|Gaëlig|Isaure-Océane|Maëlyne-Zoé|Noéline|Ourania|"
    "Philoména|Quiterie|Rosemonde|Sélénia|Tiphaigne|Ulysséa|Violène|Wivine|Xantha|Ysoline|Zéphyrine"
)
BOYS = listed(
    "Amaël|Brévalin|Célestrin|Dorian-Éloi|Évrardin|Floréal|Gwenolin|Hyacinthe|Isidore-Noé|Jolann|"
    "Kélian-René|Léandrin|Maïeul|Nathanaëlin|Orphéo|Pépin-Loïc|Quentinien|Rémoald|Sylvère|Théodulf"
)
ONDE = (
    "Nom élève;Nom d'usage élève;Prénom élève;Date naissance;Sexe;INE;Adresse1;Cp1;Commune1;Pays1;"
    "Adresse2;Cp2;Commune2;Pays2; Cycle;Niveau;Libellé classe;Identifiant classe;"
    "Attestation fournie;Autorisation associations;Autorisation photo;Décision de passage"
)
MEF = {"6e": "10010012110", "5e": "10110013110", "4e": "10210019110"}


def uai(place: int) -> str:
    """The number of a school in département 979, which does not exist."""
    digits = f"979{place:04d}"
    return digits + check_letter(digits)


@dataclass(frozen=True)
class Child:
    """One invented pupil."""

    number: int
    birth_year: int

    @property
    def family(self) -> str:
        return FAMILY[self.number * 7 % len(FAMILY)]

    @property
    def girl(self) -> bool:
        return self.number * 5 % 9 < 5

    @property
    def first(self) -> str:
        names = GIRLS if self.girl else BOYS
        return names[(self.number * 3 + self.number // len(FAMILY)) % len(names)]

    @property
    def usual(self) -> str:
        return FAMILY[(self.number * 11 + 3) % len(FAMILY)] if self.number % 29 == 4 else ""

    @property
    def born(self) -> date:
        return date(self.birth_year, 1, 1) + timedelta(days=self.number * 37 % 365)

    @property
    def ine(self) -> str:
        if self.number % 41 == 17:
            return ""
        if self.number % 13 == 6:
            return f"{self.number:010d}" + check_letter(f"{self.number:010d}")
        return f"{self.number:09d}ZZ"


def onde(classes: list[tuple[str, str, str, int]], first: int, reference: int) -> str:
    """An ONDE export. `classes`: label, level, ONDE's cycle, pupils."""
    lines, number = [ONDE], first
    labels = list(dict.fromkeys(label for label, *_ in classes))
    for label, level, cycle, size in classes:
        for _ in range(size):
            child = Child(number, 2020 if level == "CP" else 2019)
            number += 1
            address = f"{number % 90 + 1} rue de la Craie-Rose;97900;Valmorel-les-Ardoises;FRANCE"
            lines.append(
                f"{child.family};{child.usual};{child.first};{child.born:%d/%m/%Y};"
                f"{'F' if child.girl else 'M'};{child.ine};{address};;;;;{cycle};{level};{label};"
                f"{reference + labels.index(label)};Oui;Non;Oui;"
            )
    return "\r\n".join(lines) + "\r\n"


def siecle(school: str, divisions: dict[str, tuple[str, int]], first: int) -> str:
    """SIECLE's pupils without addresses. `divisions`: code → level, pupils."""
    pupils, structures, number = [], [], first
    for division, (level, size) in divisions.items():
        for _ in range(size):
            child = Child(number, {"6e": 2015, "5e": 2014, "4e": 2013}[level])
            pupils.append(_pupil(child, MEF[level]))
            if division:
                group = f"{level[0]}LATIN" if number % 4 == 0 else ""
                structures.append(_structures(child, division, group))
            number += 1
    body = "\n".join(pupils), "\n".join(structures)
    return (
        '<?xml version="1.0" encoding="ISO-8859-15"?>\n<BEE_ELEVES VERSION="2.1">\n<PARAMETRES>'
        f"<UAJ>{school}</UAJ><ANNEE_SCOLAIRE>2026</ANNEE_SCOLAIRE>"
        "<DATE_EXPORT>02/11/2026</DATE_EXPORT></PARAMETRES>\n<DONNEES>\n"
        f"<ELEVES>\n{body[0]}\n</ELEVES>\n<STRUCTURES>\n{body[1]}\n</STRUCTURES>\n"
        "</DONNEES>\n</BEE_ELEVES>\n"
    )


def _pupil(child: Child, mef: str) -> str:
    left = "<DATE_SORTIE>16/10/2026</DATE_SORTIE>" if child.number % 53 == 20 else "<DATE_SORTIE/>"
    return (
        f'<ELEVE ELEVE_ID="{child.number}" ELENOET="{child.number % 9999}">'
        f"<ID_NATIONAL>{child.ine}</ID_NATIONAL><INE_RNIE>{child.ine}</INE_RNIE>"
        f"<NOM_DE_FAMILLE>{escape(child.family)}</NOM_DE_FAMILLE>"
        f"<NOM_USAGE>{escape(child.usual)}</NOM_USAGE><PRENOM>{escape(child.first)}</PRENOM>"
        f"<DATE_NAISS>{child.born:%d/%m/%Y}</DATE_NAISS><CODE_PAYS>100</CODE_PAYS>"
        f"<VILLE_NAISS>VALMOREL-LES-ARDOISES</VILLE_NAISS>"
        f"<CODE_SEXE>{2 if child.girl else 1}</CODE_SEXE>{left}"
        f"<CODE_MEF>{mef}</CODE_MEF><CODE_STATUT>ST</CODE_STATUT></ELEVE>"
    )


def _structures(child: Child, division: str, group: str) -> str:
    own = (
        "<STRUCTURE><CODE_STRUCTURE>{}</CODE_STRUCTURE>"
        "<TYPE_STRUCTURE>{}</TYPE_STRUCTURE></STRUCTURE>"
    )
    more = own.format(group, "G") if group else ""
    return (
        f'<STRUCTURES_ELEVE ELEVE_ID="{child.number}">{more}{own.format(division, "D")}'
        "</STRUCTURES_ELEVE>"
    )


def zipped(name: str, content: bytes) -> bytes:
    """A zip of one file that is the same at every run."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            zipfile.ZipInfo(name, (2026, 11, 2, 8, 0, 0)), content, zipfile.ZIP_DEFLATED
        )
    return out.getvalue()


def schools(rows: list[tuple[int, str]]) -> str:
    """The list of schools."""
    lines = ["uai;name;commune;department;academy;sector"]
    for place, name in rows:
        lines.append(f"{uai(place)};{name};Valmorel-les-Ardoises;979;Académie des Ardoises;public")
    return "\n".join(lines) + "\n"


def files() -> dict[str, bytes]:
    """Path under examples/ → content."""
    college = siecle(
        uai(1),
        {"6A": ("6e", 22), "6B": ("6e", 23), "6C": ("6e", 22), "6D": ("6e", 21),
         "": ("6e", 1), "5A": ("5e", 12), "4A": ("4e", 9)},
        first=1,
    ).encode("iso-8859-15", "xmlcharrefreplace")  # fmt: skip
    craies = onde(
        [("CP Mésange", "CP", "CYCLE II", 21), ("CP-CE1 Hirondelle", "CP", "CYCLE II", 11),
         ("CP-CE1 Hirondelle", "CE1", "CYCLE II", 12), ("CE1 Pinson", "CE1", "CYCLE II", 20)],
        first=201, reference=9790021,
    )  # fmt: skip
    preau = onde([("CP", "CP", "CYCLE II", 18), ("CE1", "CE1", "CYCLE II", 17)], 301, 9790041)
    latin = preau.translate(str.maketrans("ŞĩĐđŚŽž’", "SiDdSZz'")).encode("iso-8859-15")
    return {
        "sixieme-2026/roll/ElevesSansAdresses.xml": college,
        "sixieme-2026/roll/ExportXML_ElevesSansAdresses.zip": zipped(
            "ElevesSansAdresses.xml", college
        ),
        "sixieme-2026/roll/schools.csv": schools([(1, "Collège Claire-Ardoise")]).encode(),
        f"cp-2026/roll/CSVExtraction-{uai(2)}.csv": craies.encode(),
        f"cp-2026/roll/CSVExtraction-{uai(3)}.csv": latin,
        "cp-2026/roll/schools.csv": schools(
            [(2, "École élémentaire des Craies"), (3, "École primaire du Préau")]
        ).encode(),
    }


if __name__ == "__main__":
    for path, content in files().items():
        target = HERE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
