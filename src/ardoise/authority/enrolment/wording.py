"""What stands on cards and lists, by language. No-break spaces as French typography wants them."""

CARD_WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "title": "Cartes de connexion",
        "teacher": "Carte de l’enseignant",
        "spare": "Carte de réserve",
        "number": "Numéro d’ordre",
        "code": "Code personnel",
        "scan": "Scanne le carré noir et blanc, ou ouvre",
        "type_in": "et tape le numéro et le code.",
        "scan_teacher": "Scannez le carré noir et blanc, ou ouvrez",
        "type_in_teacher": "et tapez le numéro et le code.",
        "qr_alt": "Code QR qui ouvre l’évaluation avec ce numéro et ce code",
        "list": "Liste de la classe",
        "name": "Nom",
        "keep": "Réservé à l’enseignant : à ne pas afficher ni laisser dans la classe.",
        "cut": (
            "Pages suivantes : imprimez à 100 %, au recto seul, puis coupez en suivant les "
            "pointillés. Chaque carte donne accès aux réponses d’un élève : remettez-la en main "
            "propre, reprenez-la après la séance. Carte perdue : le chef d’établissement "
            "l’annule et vous donne une carte de réserve."
        ),
        "no_cards": (
            "Les élèves répondent sur papier : ils n’ont pas de carte. Saisissez leurs réponses "
            "avec la carte ci-dessus ; chaque élève y figure sous son numéro d’ordre."
        ),
    },
    "en": {
        "title": "Access cards",
        "teacher": "Teacher’s card",
        "spare": "Spare card",
        "number": "Order number",
        "code": "Personal code",
        "scan": "Scan the square, or open",
        "type_in": "and type the number and the code.",
        "scan_teacher": "Scan the square, or open",
        "type_in_teacher": "and type the number and the code.",
        "qr_alt": "QR code that opens the assessment with this number and code",
        "list": "Class list",
        "name": "Name",
        "keep": "For the teacher alone: do not post it or leave it in the classroom.",
        "cut": (
            "Next pages: print at 100%, on one side, then cut along the dashes. A card gives "
            "access to a pupil’s answers: hand it over in person and take it back after the "
            "session. A lost card: the head voids it and gives you a spare one."
        ),
        "no_cards": (
            "Pupils answer on paper: they have no card. Key their answers with the card above; "
            "each pupil stands there under the order number."
        ),
    },
}

LIST_WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "title": "Liste des codes",
        "teacher": "Enseignant",
        "spare": "Carte de réserve",
        "name": "Nom",
        "number": "Numéro d’ordre",
        "code": "Code personnel",
        "keep": "Ces codes ouvrent les réponses des élèves : gardez cette liste sous clé.",
    },
    "en": {
        "title": "List of codes",
        "teacher": "Teacher",
        "spare": "Spare card",
        "name": "Name",
        "number": "Order number",
        "code": "Personal code",
        "keep": "These codes open the pupils’ answers: keep this list locked away.",
    },
}
