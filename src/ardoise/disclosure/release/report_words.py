"""The report's words, and the verdict's, in French and English."""

import re
from typing import Literal

LanguageCode = Literal["fr", "en"]

_CHECKS: tuple[tuple[str, str], ...] = (
    (r"k-anonymity asked for", "k-anonymat demandé"),
    (r"l-diversity asked for", "l-diversité demandée"),
    (r"t-closeness asked for", "t-proximité demandée"),
    (r"a sensitive column is named", "une colonne sensible est nommée"),
    (r"rows are a sample", "les lignes sont un échantillon"),
    (r"k-anonymity", "k-anonymat"),
    (r"entropy l-diversity of (.+)", r"l-diversité (entropie) de \1"),
    (r"l-diversity of (.+)", r"l-diversité de \1"),
    (r"t-closeness \(ordered distance\) of (.+)", r"t-proximité (distance ordonnée) de \1"),
    (r"t-closeness \(equal distance\) of (.+)", r"t-proximité (distance égale) de \1"),
    (
        r"re-identification, every quasi-identifier known",
        "réidentification, tous les quasi-identifiants connus",
    ),
    (
        r"columns shared with what delivery held",
        "colonnes communes avec ce que détenait la plateforme",
    ),
    (r"singled out by scores alone", "isolés par leurs seuls résultats"),
    (
        r"the only research file of these persons",
        "seul fichier de recherche sur ces personnes",
    ),
    (r"small cells are hidden", "les petites cases sont masquées"),
    (r"hidden cells cannot be computed", "aucune case masquée ne se recalcule"),
    (r"hidden cells stay vague enough", "les cases masquées restent assez floues"),
    (r"protection", "protection"),
    (r"differential privacy", "confidentialité différentielle"),
)
_VALUES: tuple[tuple[str, str], ...] = (
    (r"at most 1 in (\d+) \((.+)%\)", r"au plus 1 sur \1 (\2 %)"),
    (r"at most (.+)%", r"au plus \1 %"),
    (r"(\d+) cells", r"\1 case(s)"),
    (r"(\d+) others", r"\1 autre(s)"),
    (r"every small cell hidden", "toute petite case masquée"),
    (r"impossible", "impossible"),
    (r"budget (.+)", r"budget \1"),
    (r"ε = (.+), (.+) left", r"ε = \1, reste \2"),
    (r"([\d.]+)%", r"\1 %"),
)
_ESTIMATES: tuple[tuple[str, str], ...] = (
    (r"mean of (.+) where (.+) is (.+)", r"moyenne de \1 où \2 vaut \3"),
    (r"mean of (.+)", r"moyenne de \1"),
)
_ADVICE: tuple[tuple[str, str], ...] = (
    (
        r"coarsen (.+) \(its levels: (.+)\): without it (.+)% of the rows stay in classes below (.+)",  # noqa: E501
        r"rendre « \1 » plus grossière (ses niveaux : \2) : sans elle, \3 % des lignes restent dans des classes de moins de \4",  # noqa: E501
    ),
    (
        r"coarsen (.+): without it (.+)% of the rows stay in classes below (.+)",
        r"rendre « \1 » plus grossière : sans elle, \2 % des lignes restent dans des classes de moins de \3",  # noqa: E501
    ),
    (
        r"coarsen (.+), or let a method do it \(method = 'lattice'\)",
        r"rendre « \1 » plus grossière, ou laisser faire une méthode (method = 'lattice')",
    ),
    (r"coarsen a dimension of (.+)", r"rendre plus grossière une dimension de « \1 »"),
    (
        r"set it in the plan of (.+): the (.+) tier allows no less",
        r"à fixer dans le plan de « \1 » : le niveau « \2 » n’admet pas moins",
    ),
    (
        r"use fewer or wider bands among (.+)",
        r"prendre moins de groupes, ou de plus larges, parmi \1",
    ),
    (
        r"release one file: this one and (.+) can be crossed",
        r"ne publier qu’un fichier : celui-ci et \1 peuvent être croisés",
    ),
    (
        r"(.+) was published as (.+) and is (.+) now: .+",
        r"« \1 » a été publiée avec la valeur \2 et vaut maintenant \3 : publier à partir des mêmes données",  # noqa: E501
    ),
    (
        r"(.+) was published before: nothing can hide it; make its dimension coarser",
        r"« \1 » a déjà été publiée : rien ne peut la masquer ; rendre sa dimension plus grossière",
    ),
)


def check_words(promise: str, language: LanguageCode) -> str:
    """A promise."""
    return _said(promise, _CHECKS, language)


def value_words(value: str, language: LanguageCode) -> str:
    """A bound or what was found, with the language's decimal sign."""
    said = _said(value, _VALUES, language)
    return re.sub(r"(?<=\d)\.(?=\d)", ",", said) if language == "fr" else said


def estimate_words(estimate: str, language: LanguageCode) -> str:
    """What was estimated."""
    return _said(estimate, _ESTIMATES, language)


def advice_words(advice: str, language: LanguageCode) -> str:
    """What to coarsen."""
    return _said(advice, _ADVICE, language)


def is_known(promise: str) -> bool:
    """Whether a promise has its French."""
    return any(re.fullmatch(pattern, promise) for pattern, _ in _CHECKS)


def _said(text: str, table: tuple[tuple[str, str], ...], language: LanguageCode) -> str:
    if language == "en":
        return text
    for pattern, french in table:
        if re.fullmatch(pattern, text):
            return re.sub(pattern, french, text)
    return text


FR: dict[str, str | tuple[str, ...]] = {
    "title": "Rapport de publication",
    "campaign": "Campagne",
    "recipient": "Destinataire",
    "purpose": "Finalité",
    "proposed": "Proposée",
    "by": "par",
    "pass": "Toutes les garanties tiennent.",
    "pass-waits": "Rien ne quitte l’office avant l’accord de deux personnes habilitées.",
    "pass-left": "Deux personnes habilitées l’ont confirmée ; les fichiers ont quitté l’office.",
    "declined": "Elle a été refusée : rien ne quitte l’office.",
    "fail": "Une garantie au moins ne tient pas : rien ne peut quitter l’office.",
    "change": "Ce qu’il faut changer",
    "what": "Ce qui est publié",
    "part": "Partie", "kind": "Nature", "extent": "Étendue", "tier": "Niveau",
    "table-kind": "Tableau", "file-kind": "Fichier de personnes", "noisy-kind": "Chiffres bruités",
    "open": "ouvert", "research": "recherche", "secure": "centre sécurisé",
    "rows": "{n} lignes sur {of}", "cells": "{n} cases, {hidden} masquées", "noise": "ε = {e}",
    "columns": "Colonnes",
    "secure-note": "Un fichier de niveau « centre sécurisé » porte des réponses : il est pseudonymisé, jamais anonyme, et ne sort pas d’un lieu contrôlé.",  # noqa: E501
    "bounds": "Les garanties",
    "bounds-lead": "Chaque ligne est une promesse, mesurée sur ce qui sortirait, par un calcul indépendant de la méthode qui l’a produit.",  # noqa: E501
    "promise": "Garantie", "bound": "Limite", "found": "Constaté", "verdict": "Verdict",
    "holds": "tient", "fails": "ne tient pas",
    "attacks": "Ce que les attaques ont trouvé",
    "reid": "Réidentification : réussite d’un attaquant qui connaît tout de chacun, hors résultats",
    "reid-text": "{name} : {success} ; limite {bound}",
    "infer": "Deviner un résultat : part de réponses justes",
    "infer-cols": "Colonne", "without": "Sans le fichier", "with": "Avec le fichier",
    "certain": "Dit sans doute possible",
    "tables-found": "{small} cases trop petites, {others} masquées pour les protéger. {programmes} programmes linéaires ont cherché à les recalculer{history} : {recovered} retrouvées, {close} trop bien cernées.",  # noqa: E501
    "with-history": ", avec en main {n} tableaux publiés auparavant",
    "intervals": "L’intervalle le plus étroit que l’on puisse prouver pour une case masquée est large d’au moins {narrow} ; pour la moitié d’entre elles, d’au moins {middle}.",  # noqa: E501
    "noisy-found": "{name} : chaque chiffre est bruité (confidentialité différentielle, ε = {e}) ; 95 % des effectifs sont à ± {error} près. Budget de la campagne : {budget}, reste {left}.",  # noqa: E501
    "lost": "Ce qui est perdu",
    "kept": "{name} : information conservée, par colonne",
    "kept-text": "{column} : {share} conservée",
    "hidden": "Cases masquées, par tableau",
    "hidden-text": "{name} : {hidden} sur {cells} ({share})",
    "moved": "{name} : l’estimation qui bouge le plus ({what}) bouge de {by}.",
    "dropped": "{name} : {rows} lignes publiées sur {of}",
    "left-out": "; environ {share} des élèves n’ont pas toutes les valeurs (absents, non évalués) et n’y figurent pas",  # noqa: E501
    "limits": "Ce que ce rapport ne dit pas",
    "limits-text": (
        "Les tableaux sont attaqués ensemble, avec les publications passées ; les fichiers de personnes le sont à part : qui détient les deux en sait un peu plus.",  # noqa: E501
        "Un parent, un enseignant connaît le résultat d’un élève : il peut réduire le nombre de lignes possibles. La l-diversité et la t-proximité bornent ce qu’il en apprend, non ce qu’il savait.",  # noqa: E501
        "Le k-anonymat suppose que les quasi-identifiants du plan sont bien tout ce qu’un tiers connaît.",  # noqa: E501
    ),
    "decisions": "Décisions",
    "confirmed": "confirme", "refused": "refuse",
    "nobody": "Personne ne s’est encore prononcé.",
    "signatures": "Signatures",
    "officer": "Personne habilitée", "dpo": "Délégué à la protection des données",
    "name": "Nom", "date": "Date", "signature": "Signature",
    "digests": "Empreintes",
    "digests-text": "Ce qui sort est, octet pour octet, ce qui a été jugé. SHA-256 :",
    "data": "Données (sous la clé de la campagne)", "record": "Procès-verbal", "file": "Fichier",
    "size": "Octets", "software": "Logiciel",
    "none": "aucun",
}  # fmt: skip
EN: dict[str, str | tuple[str, ...]] = {
    "title": "Release report",
    "campaign": "Campaign",
    "recipient": "Recipient",
    "purpose": "Purpose",
    "proposed": "Proposed",
    "by": "by",
    "pass": "Every promise holds.",
    "pass-waits": "Nothing leaves the office until two officers have confirmed.",
    "pass-left": "Two officers confirmed it; the files have left the office.",
    "declined": "It was declined: nothing leaves the office.",
    "fail": "A promise at least does not hold: nothing may leave the office.",
    "change": "What to change",
    "what": "What is released",
    "part": "Part", "kind": "Kind", "extent": "Extent", "tier": "Tier",
    "table-kind": "Table", "file-kind": "File of persons", "noisy-kind": "Noisy figures",
    "open": "open", "research": "research", "secure": "secure centre",
    "rows": "{n} rows of {of}", "cells": "{n} cells, {hidden} hidden", "noise": "ε = {e}",
    "columns": "Columns",
    "secure-note": "A file of the secure tier holds answers: it is pseudonymised, never anonymous, and does not leave a controlled place.",  # noqa: E501
    "bounds": "The promises",
    "bounds-lead": "Each line is a promise, measured on what would leave, by a computation of its own that does not trust the method.",  # noqa: E501
    "promise": "Promise", "bound": "Bound", "found": "Found", "verdict": "Verdict",
    "holds": "holds", "fails": "fails",
    "attacks": "What the attacks found",
    "reid": "Re-identification: success of somebody who knows all of everybody but the results",
    "reid-text": "{name}: {success}; bound {bound}",
    "infer": "Guessing a result: share of right guesses",
    "infer-cols": "Column", "without": "Without the file", "with": "With the file",
    "certain": "Told outright",
    "tables-found": "{small} cells too small, {others} hidden for their sake. {programmes} linear programmes tried to compute them{history}: {recovered} recovered, {close} bounded too closely.",  # noqa: E501
    "with-history": ", holding {n} tables that were released before",
    "intervals": "The narrowest interval that can be proved of a hidden cell is at least {narrow} wide; for half of them it is at least {middle}.",  # noqa: E501
    "noisy-found": "{name}: every figure has noise (differential privacy, ε = {e}); 95 % of the counts are within ± {error}. Budget of the campaign: {budget}, left {left}.",  # noqa: E501
    "lost": "What was lost",
    "kept": "{name}: information kept, by column",
    "kept-text": "{column}: {share} kept",
    "hidden": "Hidden cells, by table",
    "hidden-text": "{name}: {hidden} of {cells} ({share})",
    "moved": "{name}: the estimate that moves most ({what}) moves by {by}.",
    "dropped": "{name}: {rows} rows released of {of}",
    "left-out": "; about {share} of the pupils lack a value (absent, not assessed) and are not in it",  # noqa: E501
    "limits": "What this report does not say",
    "limits-text": (
        "Tables are attacked together, with what was released before; files of persons are attacked apart: whoever holds both knows a little more.",  # noqa: E501
        "A parent or a teacher knows a pupil’s result, and may narrow down the possible rows. l-diversity and t-closeness bound what they learn, not what they knew.",  # noqa: E501
        "k-anonymity takes the plan’s quasi-identifiers for all that an outsider knows.",
    ),
    "decisions": "Decisions",
    "confirmed": "confirms", "refused": "declines",
    "nobody": "Nobody has decided yet.",
    "signatures": "Signatures",
    "officer": "Officer", "dpo": "Data protection officer",
    "name": "Name", "date": "Date", "signature": "Signature",
    "digests": "Digests",
    "digests-text": "What leaves is, byte for byte, what was judged. SHA-256:",
    "data": "Data (under the campaign’s key)", "record": "Record", "file": "File",
    "size": "Bytes", "software": "Software",
    "none": "none",
}  # fmt: skip
WORDS: dict[LanguageCode, dict[str, str | tuple[str, ...]]] = {"fr": FR, "en": EN}
