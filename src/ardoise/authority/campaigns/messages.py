"""The words of the findings of a campaign file, French and English."""

from ardoise.authority.findings import Wording

_ERRORS = {
    "large": (
        "Le fichier dépasse {limit} Kio.", "Un fichier de campagne tient en quelques pages.",
        "The file is larger than {limit} KiB.", "A campaign file takes a few pages.",
    ),
    "not-utf-8": (
        "Le fichier n’est pas en UTF-8.", "Enregistrez-le en UTF-8.",
        "The file is not in UTF-8.", "Save it as UTF-8.",
    ),
    "syntax": (
        "Le TOML est mal formé : {reason}.", "Corrigez cette ligne (voir toml.io).",
        "The TOML is malformed: {reason}.", "Correct this line (see toml.io).",
    ),
    "format": (
        "Ce n’est pas un fichier « {expected} ».", "Écrivez format = \"{expected}\".",
        "This is not an “{expected}” file.", "Write format = \"{expected}\".",
    ),
    "unknown-key": (
        "Clé inconnue : « {key} ».", "Ôtez-la. Clés admises : {known}.",
        "Unknown key: “{key}”.", "Remove it. Keys allowed: {known}.",
    ),
    "unknown-key-near": (
        "Clé inconnue : « {key} ».", "Vouliez-vous dire « {near} » ?",
        "Unknown key: “{key}”.", "Did you mean “{near}”?",
    ),
    "missing": (
        "Il manque « {key} ».", "Ajoutez {key} = {example}",
        "“{key}” is missing.", "Add {key} = {example}",
    ),
    "type": (
        "« {key} » n’est pas du bon type.", "Écrivez par exemple {key} = {example}",
        "“{key}” has the wrong type.", "Write for instance {key} = {example}",
    ),
    "form": (
        "« {key} » n’a pas la forme attendue.", "Écrivez par exemple {key} = {example}",
        "“{key}” has not the expected form.", "Write for instance {key} = {example}",
    ),
    "range": (
        "« {key} » sort des bornes ({low} à {high}).", "Choisissez une valeur entre ces bornes.",
        "“{key}” is out of bounds ({low} to {high}).", "Choose a value between them.",
    ),
    "choice": (
        "« {key} » n’admet pas cette valeur.", "Valeurs admises : {known}.",
        "“{key}” does not allow this value.", "Values allowed: {known}.",
    ),
    "count": (
        "« {key} » a {count} éléments ; il en faut de {low} à {high}.", "Corrigez la liste.",
        "“{key}” has {count} elements; there must be {low} to {high}.", "Correct the list.",
    ),
    "no-zone": (
        "« {key} » n’a pas de fuseau horaire.", "Ajoutez le décalage : {key} = {example}",
        "“{key}” has no time zone.", "Add the offset: {key} = {example}",
    ),
    "order": (
        "La fenêtre se ferme avant de s’ouvrir.", "Mettez closes après opens.",
        "The window closes before it opens.", "Put closes after opens.",
    ),
    "past": (
        "La fenêtre est déjà fermée.", "Changez closes, ou donnez --closes.",
        "The window has closed already.", "Change closes, or give --closes.",
    ),
    "twice": (
        "« {value} » est là deux fois (déjà à la ligne {other}).", "Changez l’un des deux.",
        "“{value}” is there twice (first on line {other}).", "Change one of them.",
    ),
    "no-part": (
        "Aucune partie ne s’appelle « {value} ».", "Parties : {known}.",
        "No part is called “{value}”.", "Parts: {known}.",
    ),
    "thresholds": (
        "{count} seuils pour {labels} groupes.", "Il faut un seuil de moins que de groupes.",
        "{count} thresholds for {labels} groups.", "There must be one threshold fewer than groups.",
    ),
    "thresholds-order": (
        "Les seuils ne sont pas croissants.", "Rangez-les du plus petit au plus grand.",
        "The thresholds do not ascend.", "Put them in ascending order.",
    ),
    "unknown-item": (
        "L’item « {value} » n’est pas dans le contenu de la partie « {part} ».",
        "Vérifiez son identifiant dans le paquet QTI.",
        "The item “{value}” is not in the content of part “{part}”.",
        "Check its identifier in the QTI package.",
    ),
    "no-package": (
        "Le contenu « {value} » est introuvable.",
        "Mettez ce dossier ou ce .zip à côté du fichier de campagne.",
        "The content “{value}” cannot be found.",
        "Put this folder or .zip beside the campaign file.",
    ),
    "package": (
        "Le contenu « {value} » est refusé : {reason}", "Corrigez le paquet QTI.",
        "The content “{value}” is refused: {reason}", "Correct the QTI package.",
    ),
    "keyed-forms": (
        "La partie « {value} » est saisie par un enseignant : elle n’a qu’une forme.",
        "Ôtez forms, ou faites répondre les élèves (writer = \"pupil\").",
        "Part “{value}” is keyed by a teacher: it has one form.",
        "Remove forms, or let pupils answer (writer = \"pupil\").",
    ),
    "rehearsal": (
        "Les noms en « {value} » sont ceux des répétitions.", "Choisissez un autre id.",
        "Names that begin with “{value}” are those of rehearsals.", "Choose another id.",
    ),
    "exists": (
        "Une campagne « {value} » existe ou a existé.", "Choisissez un autre id.",
        "There is or was a campaign “{value}”.", "Choose another id.",
    ),
}  # fmt: skip
_WARNINGS = {
    "idle-item": (
        "L’item « {value} » de la partie « {part} » n’est dans aucun domaine.",
        "Ajoutez-le à un domaine, ou laissez ainsi s’il ne compte pas.",
        "The item “{value}” of part “{part}” is in no domain.",
        "Add it to a domain, or leave it so if it does not count.",
    ),
    "shared-item": (
        "L’item « {value} » compte dans deux domaines (déjà à la ligne {other}).",
        "Laissez ainsi si c’est voulu.",
        "The item “{value}” counts in two domains (first on line {other}).",
        "Leave it so if it is meant.",
    ),
    "idle-part": (
        "La partie « {value} » n’a aucun domaine.", "Elle n’aura pas de résultats par groupe.",
        "The part “{value}” has no domain.", "It will have no results by group.",
    ),
    "no-scale": (
        "Personne ne pourra noter l’item « {value} » de la partie « {part} » : il ne dit pas "
        "combien de points il vaut.",
        "Donnez à sa variable SCORE un normal-maximum, entier ou demi-entier, jusqu’à 100.",
        "Nobody will be able to score the item “{value}” of part “{part}”: it does not say how "
        "many points it is worth.",
        "Give its SCORE a normal-maximum: a whole or half number up to 100.",
    ),
    "same-forms": (
        "La partie « {value} » a plusieurs formes, mais aucun item ne tire de valeurs : "
        "elles seront toutes pareilles.",
        "Ôtez forms, ou donnez à des items un qti-template-processing.",
        "Part “{value}” has several forms, but no item draws values: they will all be the same.",
        "Remove forms, or give items a qti-template-processing.",
    ),
    "short": (
        "La fenêtre est plus courte que la partie « {value} ».", "Allongez la fenêtre.",
        "The window is shorter than the part “{value}”.", "Make the window longer.",
    ),
}  # fmt: skip

CAMPAIGN: dict[str, Wording] = {
    **{kind: Wording("error", *words) for kind, words in _ERRORS.items()},
    **{kind: Wording("warning", *words) for kind, words in _WARNINGS.items()},
}
