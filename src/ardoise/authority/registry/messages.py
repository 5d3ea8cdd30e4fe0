"""The words of the findings of rolls and of the list of schools, French and English."""

from ardoise.authority.findings import Severity, Wording

_Row = tuple[str, str, str, str]


def _table(severity: Severity, rows: dict[str, _Row]) -> dict[str, Wording]:
    return {kind: Wording(severity, *row) for kind, row in rows.items()}


_AGAIN = "Exportez le fichier de nouveau, sans l’ouvrir dans un tableur."
_AGAIN_EN = "Export the file again, without opening it in a spreadsheet."
_FIX = "Corrigez la fiche de l’élève dans la base de l’école, puis exportez de nouveau."
_FIX_EN = "Correct the pupil’s record in the school’s register, then export again."
_SIECLE = "Exportez « ElevesSansAdresses » depuis SIECLE et déposez-le tel quel, zippé ou non."
_SIECLE_EN = "Export “ElevesSansAdresses” from SIECLE and give it as it is, zipped or not."

_FILES = _table(
    "error",
    {
        "file-large": (
            "Le fichier dépasse {limit} Mio.", "Déposez un fichier par établissement.",
            "The file is larger than {limit} MiB.", "Give one file for each school.",
        ),
        "empty": (
            "Le fichier est vide.", _AGAIN,
            "The file is empty.", _AGAIN_EN,
        ),
        "spreadsheet": (
            "C’est un classeur ou un document, pas un export.",
            "Déposez le fichier CSV d’ONDE ou le XML de SIECLE.",
            "This is a spreadsheet or a document, not an export.",
            "Give ONDE’s CSV file or SIECLE’s XML.",
        ),
        "utf-16": (
            "Le fichier est en UTF-16.", _AGAIN,
            "The file is in UTF-16.", _AGAIN_EN,
        ),
        "nul": (
            "Un octet nul : ce n’est pas un fichier texte, ou il est abîmé.", _AGAIN,
            "A zero byte: this is no text file, or it is damaged.", _AGAIN_EN,
        ),
        "encoding": (
            "Un octet n’est un caractère dans aucun codage connu "
            "(UTF-8, ISO-8859-1, ISO-8859-15, windows-1252).", _AGAIN,
            "A byte is no character in any known encoding "
            "(UTF-8, ISO-8859-1, ISO-8859-15, windows-1252).", _AGAIN_EN,
        ),
        "encoded-twice": (
            "Les accents ont été convertis deux fois.", _AGAIN,
            "The accents were converted twice.", _AGAIN_EN,
        ),
        "pupils-many": (
            "Plus de {limit} élèves dans un seul fichier.", "Déposez un fichier par établissement.",
            "More than {limit} pupils in one file.", "Give one file for each school.",
        ),
        "no-pupil": (
            "Le fichier ne contient aucun élève.",
            "Vérifiez les filtres de l’extraction, puis exportez de nouveau.",
            "There is no pupil in the file.", "Check the export’s filters, then export again.",
        ),
        "quotes": (
            "Un champ trop long, ou des guillemets ouverts et mal refermés.", _AGAIN,
            "A field is too long, or quotation marks are opened and badly closed.", _AGAIN_EN,
        ),
        "field-count": (
            "{count} champs au lieu de {expected} : la ligne est décalée.", _AGAIN,
            "{count} fields instead of {expected}: the line is shifted.", _AGAIN_EN,
        ),
        "not-onde": (
            "La première ligne n’a pas les titres d’un export ONDE.",
            "Dans ONDE, « Listes & extractions », choisissez l’extraction des élèves en CSV.",
            "The first line has not the headings of an ONDE export.",
            "In ONDE, under “Listes & extractions”, choose the pupils’ CSV export.",
        ),
        "column-missing": (
            "Il manque la colonne « {field} ».",
            "Ajoutez cette colonne à l’extraction dans ONDE, puis exportez de nouveau.",
            "The column “{field}” is missing.", "Add it to the export in ONDE, then export again.",
        ),
        "column-twice": (
            "La colonne « {field} » est là deux fois (déjà en colonne {other}).", _AGAIN,
            "The column “{field}” is there twice (first as column {other}).", _AGAIN_EN,
        ),
    },
)  # fmt: skip
_ARCHIVES = _table(
    "error",
    {
        "zip-damaged": (
            "L’archive est abîmée ou compressée d’une façon inhabituelle.", _SIECLE,
            "The archive is damaged, or compressed in an unusual way.", _SIECLE_EN,
        ),
        "zip-count": (
            "L’archive contient {count} fichiers ; il en faut un seul.", _SIECLE,
            "There are {count} files in the archive; there must be one.", _SIECLE_EN,
        ),
        "zip-path": (
            "L’archive contient un chemin qui sort de son dossier.", _SIECLE,
            "The archive holds a path that leaves its folder.", _SIECLE_EN,
        ),
        "zip-encrypted": (
            "L’archive est protégée par un mot de passe.",
            "Déposez l’archive telle que SIECLE la donne, sans mot de passe.",
            "The archive is protected by a password.",
            "Give the archive as SIECLE makes it, without a password.",
        ),
        "zip-large": (
            "Le contenu de l’archive dépasse {limit} Mio.", _SIECLE,
            "What is in the archive is larger than {limit} MiB.", _SIECLE_EN,
        ),
        "xml": (
            "Le XML est mal formé ou tronqué.", _SIECLE,
            "The XML is malformed or cut short.", _SIECLE_EN,
        ),
        "xml-encoding": (
            "Le codage déclaré n’est pas pris en charge.", _SIECLE,
            "The declared encoding is not supported.", _SIECLE_EN,
        ),
        "xml-doctype": (
            "Une définition de type (DOCTYPE) n’est pas admise.", _SIECLE,
            "A document type (DOCTYPE) is not accepted.", _SIECLE_EN,
        ),
        "xml-deep": (
            "Plus de {limit} éléments imbriqués.", _SIECLE,
            "More than {limit} nested elements.", _SIECLE_EN,
        ),
        "xml-root": (
            "Ce n’est pas le fichier des élèves (racine BEE_ELEVES attendue).", _SIECLE,
            "This is not the pupils’ file (the root must be BEE_ELEVES).", _SIECLE_EN,
        ),
        "uaj-missing": (
            "Le fichier ne dit pas de quel établissement il vient (UAJ).", _SIECLE,
            "The file does not say which school it is from (UAJ).", _SIECLE_EN,
        ),
        "uaj-form": (
            "L’UAJ n’est pas un numéro d’établissement valable.", _SIECLE,
            "The UAJ is no valid school number.", _SIECLE_EN,
        ),
        "uaj-other": (
            "Le fichier vient de l’établissement {found}, et non de {expected}.",
            "Choisissez le bon fichier, ou le bon établissement.",
            "The file is from school {found}, not {expected}.",
            "Choose the right file, or the right school.",
        ),
        "pupil-unnamed": (
            "Un élève sans ELEVE_ID.", _SIECLE,
            "A pupil without ELEVE_ID.", _SIECLE_EN,
        ),
        "pupil-twice": (
            "Le même ELEVE_ID qu’à la ligne {other}.", _SIECLE,
            "The same ELEVE_ID as on line {other}.", _SIECLE_EN,
        ),
        "element-twice": (
            "L’élément {field} est là deux fois pour le même élève.", _SIECLE,
            "The element {field} is there twice for one pupil.", _SIECLE_EN,
        ),
    },
)  # fmt: skip
_PUPILS = _table(
    "error",
    {
        "name-empty": (
            "« {field} » est vide.", _FIX,
            "“{field}” is empty.", _FIX_EN,
        ),
        "value-long": (
            "Plus de {limit} caractères.", _FIX,
            "More than {limit} characters.", _FIX_EN,
        ),
        "character-lost": (
            "Un caractère a été perdu dans une conversion.", _AGAIN,
            "A character was lost in a conversion.", _AGAIN_EN,
        ),
        "control-character": (
            "Un caractère invisible ou un retour à la ligne.", _FIX,
            "An invisible character or a line break.", _FIX_EN,
        ),
        "date-empty": (
            "La date de naissance manque.", _FIX,
            "The birth date is missing.", _FIX_EN,
        ),
        "date-form": (
            "La date n’est ni jj/mm/aaaa ni aaaa-mm-jj.", _AGAIN,
            "The date is neither dd/mm/yyyy nor yyyy-mm-dd.", _AGAIN_EN,
        ),
        "date-impossible": (
            "La date n’existe pas, est à venir ou précède 1900.", _FIX,
            "The date does not exist, is in the future or before 1900.", _FIX_EN,
        ),
        "ine-twice": (
            "Le même INE qu’à la ligne {other}.",
            "Un seul des deux élèves peut porter cet INE : corrigez l’autre, ou ôtez le doublon.",
            "The same INE as on line {other}.",
            "Only one of the two can have it: correct the other, or remove the duplicate.",
        ),
        "homonyms": (
            "Mêmes noms et date de naissance qu’à la ligne {other}, sans deux INE pour distinguer.",
            "Renseignez l’INE des deux élèves, ou ôtez le doublon.",
            "Same names and birth date as on line {other}, without two INE to tell them apart.",
            "Fill in the INE of both pupils, or remove the duplicate.",
        ),
        "ine-elsewhere": (
            "Cet élève (même INE) est déjà inscrit dans un autre établissement ({other}).",
            "Importez d’abord la liste à jour de l’établissement quitté.",
            "This pupil (same INE) is already enrolled in another school ({other}).",
            "First import the current roll of the school they left.",
        ),
        "school-needed": (
            "Un export ONDE ne dit pas de quelle école il vient.",
            "Indiquez l’UAI de l’école.",
            "An ONDE export does not say which school it is from.", "Give the school’s UAI.",
        ),
        "school-form": (
            "Ce numéro d’établissement (UAI) n’est pas valable.",
            "Vérifiez les sept chiffres et la lettre.",
            "This school number (UAI) is not valid.", "Check its seven digits and its letter.",
        ),
        "campaign-state": (
            "La campagne n’accepte plus de liste : elle est {state}.",
            "Une liste se dépose tant que la fenêtre n’est pas refermée.",
            "The campaign takes no more rolls: it is {state}.",
            "A roll is given before the window has closed.",
        ),
        "none-at-level": (
            "Aucun élève du niveau évalué ({level}) dans ce fichier.",
            "Vérifiez que c’est le bon fichier.",
            "No pupil of the assessed level ({level}) in this file.",
            "Check that it is the right file.",
        ),
        "homonym-enrolled": (
            "Deux élèves déjà inscrits portent ces noms et cette date de naissance.",
            "Renseignez l’INE de l’élève, puis exportez de nouveau.",
            "Two pupils already enrolled have these names and this birth date.",
            "Fill in the pupil’s INE, then export again.",
        ),
        "group-full": (
            "Plus de {limit} élèves dans une classe.",
            "Vérifiez la colonne de la classe dans l’export.",
            "More than {limit} pupils in one class.", "Check the export’s column of classes.",
        ),
    },
)  # fmt: skip
_DOUBTS = _table(
    "warning",
    {
        "no-ine-column": (
            "L’export n’a pas de colonne INE.",
            "Les élèves seront reconnus par leurs noms et leur date de naissance.",
            "There is no INE column.", "Pupils will be matched by names and birth date.",
        ),
        "no-sex-column": (
            "L’export n’a pas de colonne Sexe.",
            "Il n’y aura pas de résultats par sexe pour cette école.",
            "There is no column for sex.", "There will be no results by sex for this school.",
        ),
        "ine-empty": (
            "{count} élève(s) sans INE (première occurrence ici).",
            "Ils seront reconnus par leurs noms et leur date de naissance.",
            "{count} pupil(s) without INE (the first is here).",
            "They will be matched by names and birth date.",
        ),
        "ine-form": (
            "Ce n’est pas un INE : la valeur n’est pas reprise.", _FIX,
            "This is no INE: the value is not taken.", _FIX_EN,
        ),
        "ine-key": (
            "La clé de cet INE est fausse.", _FIX,
            "The key of this INE is wrong.", _FIX_EN,
        ),
        "sex-unknown": (
            "{count} valeur(s) du sexe inconnue(s) (première occurrence ici).", _FIX,
            "{count} unknown value(s) for sex (the first is here).", _FIX_EN,
        ),
        "name-odd": (
            "Un caractère inhabituel dans un nom : la ligne est peut-être décalée.", _FIX,
            "An unusual character in a name: perhaps the line is shifted.", _FIX_EN,
        ),
        "first-name-empty": (
            "Le prénom manque.",
            "Laissez ainsi si l’état civil n’en donne pas ; sinon, corrigez la fiche.",
            "The first name is missing.",
            "Leave it so if the civil register has none; otherwise correct the record.",
        ),
        "date-implausible": (
            "Cette année de naissance est inhabituelle en {level}.", _FIX,
            "This year of birth is unusual in {level}.", _FIX_EN,
        ),
        "level-unknown": (
            "{count} élève(s) d’un niveau inconnu, laissé(s) de côté (première occurrence ici).",
            "Rien à faire si ces élèves ne sont pas évalués.",
            "{count} pupil(s) of an unknown level, left out (the first is here).",
            "Nothing to do if these pupils are not assessed.",
        ),
        "mef-unknown": (
            "{count} élève(s) d’une formation (MEF) qui n’est pas évaluée, laissé(s) de côté.",
            "Rien à faire si ces élèves ne sont pas évalués.",
            "{count} pupil(s) in a course (MEF) that is not assessed, left out.",
            "Nothing to do if these pupils are not assessed.",
        ),
        "no-class": (
            "{count} élève(s) sans classe, laissé(s) de côté (première occurrence ici).",
            "Répartissez-les dans une classe, puis exportez de nouveau.",
            "{count} pupil(s) without a class, left out (the first is here).",
            "Put them in a class, then export again.",
        ),
        "no-division": (
            "{count} élève(s) sans division, laissé(s) de côté (première occurrence ici).",
            "Affectez-les à une division, puis exportez de nouveau.",
            "{count} pupil(s) without a division, left out (the first is here).",
            "Assign them to a division, then export again.",
        ),
        "divisions-two": (
            "Deux divisions pour un élève : la première est retenue.", _FIX,
            "Two divisions for one pupil: the first is taken.", _FIX_EN,
        ),
        "xml-version": (
            "Version inconnue du format SIECLE ({expected} attendue).",
            "Vérifiez les effectifs du rapport avec soin.",
            "Unknown version of the SIECLE format ({expected} expected).",
            "Check the report’s counts with care.",
        ),
        "year": (
            "Le fichier n’est pas de l’année scolaire en cours.",
            "Vérifiez que c’est le bon fichier.",
            "The file is not of the current school year.", "Check that it is the right file.",
        ),
        "uai-form": (
            "Ce numéro d’établissement (UAI) n’est pas valable : ligne laissée de côté.",
            "Vérifiez les sept chiffres et la lettre.",
            "This school number (UAI) is not valid: the line is left out.",
            "Check its seven digits and its letter.",
        ),
        "uai-twice": (
            "Le même UAI qu’à la ligne {other}, avec d’autres renseignements : la première compte.",
            "Gardez une seule des deux lignes.",
            "The same UAI as on line {other}, with other details: the first counts.",
            "Keep one of the two lines.",
        ),
        "many-left": (
            "{count} élèves inscrits ne figurent plus sur la liste : ils sont notés partis.",
            "Vérifiez que l’export est complet.",
            "{count} enrolled pupils are no longer on the roll: they are marked as left.",
            "Check that the export is complete.",
        ),
        "seat-kept": (
            "{count} élève(s) déjà inscrit(s) change(nt) de classe.",
            "Leurs cartes restent valables ; réimprimez la liste de la classe.",
            "{count} pupil(s) already enrolled change class.",
            "Their cards stay valid; print the class list again.",
        ),
        "school-unlisted": (
            "L’établissement n’est pas dans l’annuaire importé.",
            "Importez l’annuaire (`roll schools`) pour afficher son nom.",
            "The school is not in the directory.",
            "Import the directory (`roll schools`) to show its name.",
        ),
    },
)  # fmt: skip
_SCHOOLS = _table(
    "error",
    {
        "not-schools": (
            "La première ligne n’a pas les titres attendus (uai et name).",
            "Titres : uai;name;commune;department;academy;sector.",
            "The first line has not the expected headings (uai and name).",
            "Headings: uai;name;commune;department;academy;sector.",
        ),
        "schools-many": (
            "Plus de {limit} établissements.", "Partagez le fichier.",
            "More than {limit} schools.", "Split the file.",
        ),
    },
)  # fmt: skip

ROLL: dict[str, Wording] = {**_FILES, **_ARCHIVES, **_PUPILS, **_DOUBTS, **_SCHOOLS}
