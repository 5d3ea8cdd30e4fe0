"""A campaign made of planted words: rolls, questions, answer keys, pupils' texts."""

from collections.abc import Sequence
from pathlib import Path

from tests.boundaries.canary import Planted

CAMPAIGN = "canari-2026"
SCHOOL = "9790055P"
SCHOOL_NAME = "École-du-Canari-Jaune-Citron"
CLASS_LABEL = "CM2-Canari-Violet"
QUESTION = "Quelle-couleur-canari-a-la-girouette-n°"
RIGHT = "réponse-juste-canari-outremer"
WRONG = "réponse-fausse-canari-vermillon"
WRITTEN = "texte-écrit-par-l’élève-canari-"
FEEDBACK = "bravo-canari-félicitations"

_ONDE_HEADER = (
    "Nom élève;Nom d'usage élève;Prénom élève;Date naissance;Sexe;INE;Adresse1;Cp1;Commune1;"
    "Pays1; Cycle;Niveau;Libellé classe;Identifiant classe;Autorisation photo"
)
STREET = "17-rue-du-Canari-Indigo"


def write_roll(path: Path, people: Sequence[Planted]) -> None:
    """An ONDE export with addresses in it, as the real ones have."""
    rows = [
        f"{person.family_name};;{person.first_name};{person.birth_date};F;{person.ine};{STREET};"
        f"99000;Canariville;FRANCE;CYCLE III;CM2;{CLASS_LABEL}-{index // 25};{index // 25};Non"
        for index, person in enumerate(people)
    ]
    path.write_text("\n".join([_ONDE_HEADER, *rows, ""]), encoding="utf-8")


def write_campaign(folder: Path) -> Path:
    """campaign.toml and its package; gives the path of the file."""
    package = folder / "canari"
    (package / "items").mkdir(parents=True)
    items = [f"serinette-{index:02d}" for index in range(1, 4)]
    for index, name in enumerate(items, 1):
        (package / "items" / f"{name}.xml").write_text(_choice(name, index), encoding="utf-8")
    (package / "items" / "serinette-04.xml").write_text(_text("serinette-04"), encoding="utf-8")
    (package / "imsmanifest.xml").write_text(_manifest([*items, "serinette-04"]), encoding="utf-8")
    file = folder / "campaign.toml"
    file.write_text(
        f"""format = "ardoise-campaign/1"
id = "{CAMPAIGN}"
title = "Évaluation du Canari-Titre-Secret"
level = "CM2"
language = "fr"
[window]
opens = 2026-11-01T07:00:00+01:00
closes = 2036-12-04T18:00:00+01:00
[groups]
labels = ["À besoins", "Satisfaisant"]
[[parts]]
id = "canari"
title = "Partie-Canari-Turquoise"
package = "canari"
minutes = 60
writer = "pupil"
[[domains]]
id = "couleurs"
title = "Domaine-Canari-Magenta"
part = "canari"
items = {[*items]}
thresholds = [2.0]
""",
        encoding="utf-8",
    )
    return file


def planted_words(people: Sequence[Planted]) -> list[str]:
    """Everything that must never be seen at delivery."""
    words = [SCHOOL_NAME, CLASS_LABEL, QUESTION, RIGHT, WRONG, WRITTEN, FEEDBACK, STREET]
    words += ["Canari-Titre-Secret", "Partie-Canari-Turquoise", "Domaine-Canari-Magenta", SCHOOL]
    words += ["serinette-01", "Canariville"]
    for person in people:
        words += [person.family_name, person.first_name, person.ine]
        words += [f"{person.family_name} {person.first_name}"]
    return words


_NAMESPACE = 'xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0"'
_MATCH = "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"


def _choice(name: str, index: int) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<qti-assessment-item {_NAMESPACE} identifier="{name}" title="{name}"
  adaptive="false" time-dependent="false" xml:lang="fr">
  <qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="identifier">
    <qti-correct-response><qti-value>CORRECT</qti-value></qti-correct-response>
  </qti-response-declaration>
  <qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>
  <qti-item-body>
    <qti-choice-interaction response-identifier="RESPONSE" shuffle="true" max-choices="1">
      <qti-prompt>{QUESTION}{index} ?</qti-prompt>
      <qti-simple-choice identifier="CORRECT">{RIGHT}</qti-simple-choice>
      <qti-simple-choice identifier="WRONG1">{WRONG}-a</qti-simple-choice>
      <qti-simple-choice identifier="WRONG2">{WRONG}-b</qti-simple-choice>
    </qti-choice-interaction>
  </qti-item-body>
  <qti-response-processing template="{_MATCH}"/>
  <qti-modal-feedback outcome-identifier="SCORE" identifier="f" show-hide="show">
    <qti-content-body><p>{FEEDBACK}</p></qti-content-body>
  </qti-modal-feedback>
</qti-assessment-item>
"""


def _text(name: str) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<qti-assessment-item {_NAMESPACE} identifier="{name}" title="{name}"
  adaptive="false" time-dependent="false" xml:lang="fr">
  <qti-response-declaration identifier="RESPONSE" cardinality="single" base-type="string"/>
  <qti-outcome-declaration identifier="SCORE" cardinality="single" base-type="float"/>
  <qti-item-body>
    <qti-extended-text-interaction response-identifier="RESPONSE" expected-length="400">
      <qti-prompt>{QUESTION}4 ?</qti-prompt>
    </qti-extended-text-interaction>
  </qti-item-body>
</qti-assessment-item>
"""


def _manifest(items: Sequence[str]) -> str:
    resources = "\n".join(
        f'    <resource identifier="{name}" type="imsqti_item_xmlv3p0" href="items/{name}.xml">'
        f'<file href="items/{name}.xml"/></resource>'
        for name in items
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest xmlns="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1" identifier="CANARI">
  <metadata><schema>QTI Package</schema><schemaversion>3.0.0</schemaversion></metadata>
  <organizations/>
  <resources>
{resources}
  </resources>
</manifest>
"""
