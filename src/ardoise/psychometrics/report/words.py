# ruff: noqa: E501 -- a sentence of a catalogue stands on one line
"""The report's words in French and English, and how each writes a number."""

import re
from typing import Literal

from ardoise.psychometrics.report.attention_words import WORDINGS

LanguageCode = Literal["fr", "en"]
LANGUAGES: tuple[LanguageCode, ...] = ("fr", "en")
_SLOT = re.compile(r"\{(\w+)(?::(\w))?\}")
_THIN = "\u202f"
_BEFORE, _AFTER = re.compile(r" (?=[;:?!»])"), re.compile(r"(?<=«) ")

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Analyse psychométrique", "Psychometric analysis"),
    "skip": ("Aller au contenu", "Skip to content"),
    "contents": ("Sommaire", "Contents"),
    "pupils": ("Élèves", "Pupils"),
    "items": ("Items", "Items"),
    "model": ("Modèle", "Model"),
    "mixed": ("mixte", "mixed"),
    "converged": ("Convergence", "Convergence"),
    "yes": ("oui", "yes"),
    "no": ("non", "no"),
    "converged-in": ("oui, en {n} itérations", "yes, in {n} iterations"),
    "reliability": ("Fiabilité (EAP)", "Reliability (EAP)"),
    "wle-reliability": ("Fiabilité (WLE)", "Reliability (WLE)"),
    "alpha": ("Alpha de Cronbach", "Cronbach’s alpha"),
    "mean-p": ("Part des points", "Share of points"),
    "data-digest": ("Empreinte des données", "Digest of the data"),
    "eye": ("Ce qui demande un œil humain", "What needs a human’s eye"),
    "eye-lead": (
        "Classé par gravité, puis par l’ampleur dont un chiffre publié pourrait bouger, en points de l’échelle ({mean}, écart-type {sd}).",
        "Ranked by gravity, then by how far a published number could move, in points of the scale ({mean}, SD {sd}).",
    ),
    "eye-none": (
        "Rien n’a été relevé. Cela ne dispense pas de lire les fiches des items d’ancrage.",
        "Nothing was found. Do read the cards of the anchor items all the same.",
    ),
    "eye-more": ("Le reste, à savoir ({n})", "The rest, to know ({n})"),
    "grade-3": ("À régler avant de publier", "Settle before publishing"),
    "grade-2": ("À examiner", "Look at"),
    "grade-1": ("À savoir", "Know"),
    "on-everything": ("tout chiffre tiré du modèle", "every figure that rests on the model"),
    "on-trend": ("l’évolution : {n}", "the trend: {n}"),
    "on-gap": ("l’écart entre groupes : {n}", "the gap between groups: {n}"),
    "on-pupil": ("le résultat d’un élève : {n}", "one pupil’s result: {n}"),
    "could-move": ("Peut faire bouger", "Could move"),
    "points": ("{n} pt", "{n} pt"),
    "card": ("fiche", "card"),
    "test": ("Le test entier", "The test as a whole"),
    "abilities": ("Répartition des niveaux", "Distribution of ability"),
    "abilities-text": (
        "Estimations EAP, sur l’échelle publiée. Traits verticaux : les seuils.",
        "EAP estimates on the reported scale. Vertical lines: the cut scores.",
    ),
    "scores": ("Répartition des scores bruts", "Distribution of raw scores"),
    "information": ("Information et erreur type", "Information and standard error"),
    "information-text": (
        "Là où la courbe d’erreur monte, le test mesure mal.",
        "Where the error curve rises, the test measures poorly.",
    ),
    "wright": ("Carte de Wright : élèves et items", "Wright map: pupils and items"),
    "wright-text": (
        "À gauche les élèves, à droite les items et leurs seuils, sur la même échelle.",
        "Pupils on the left, items and their steps on the right, on one scale.",
    ),
    "reach": ("Items non atteints", "Items not reached"),
    "groups": ("Groupes et niveaux", "Groups and levels"),
    "levels": ("Niveaux selon les seuils", "Levels by the cut scores"),
    "level": ("Niveau", "Level"),
    "cut": ("Seuil", "Cut"),
    "share": ("Part", "Share"),
    "share-pv": ("Part (valeurs plausibles)", "Share (plausible values)"),
    "accuracy": ("Exactitude du classement", "Classification accuracy"),
    "se-at-cut": ("Erreur type au seuil", "SE at the cut"),
    "group": ("Groupe", "Group"),
    "everybody": ("Ensemble", "Everybody"),
    "mean": ("Moyenne", "Mean"),
    "sd": ("Écart-type", "SD"),
    "se": ("Erreur type", "SE"),
    "linking": ("Lien avec l’année précédente", "Link to the earlier year"),
    "linking-text": (
        "θ ancien = A · θ nouveau + B. Les constantes dépendent de la grille et des poids : ils sont dans manifest.json.",
        "old θ = A · new θ + B. The constants depend on grid and weights: both are in manifest.json.",
    ),
    "method": ("Méthode", "Method"),
    "drift": ("Stabilité des items d’ancrage", "Anchor drift"),
    "drift-plot": ("Difficulté avant et maintenant", "Difficulty then and now"),
    "old-b": ("difficulté avant", "difficulty then"),
    "new-b": ("difficulté maintenant", "difficulty now"),
    "shift": ("Évolution sans lui", "Trend without it"),
    "flagged": ("signalé", "flagged"),
    "dif": ("Fonctionnement différentiel (DIF)", "Differential item functioning (DIF)"),
    "dif-text": (
        "Classes A, B, C de l’ETS : à effectif national tout est « significatif », seule la taille compte. Δ négatif : l’item défavorise le groupe.",
        "ETS classes A, B, C: in a whole year group everything is “significant”, only size matters. Negative Δ: the item is against the group.",
    ),
    "dependence": ("Dépendance locale", "Local dependence"),
    "dependence-text": ("Les paires les plus fortes (Q3 de Yen).", "The strongest pairs (Yen’s Q3)."),
    "item-list": ("Tous les items", "All items"),
    "cards": ("Fiches des items", "Item cards"),
    "item": ("Item", "Item"),
    "p": ("p", "p"),
    "item-rest": ("r item-reste", "item-rest r"),
    "alpha-without": ("alpha sans l’item", "alpha without it"),
    "slope": ("pente a", "slope a"),
    "difficulty": ("difficulté b", "difficulty b"),
    "guess": ("asymptote c", "asymptote c"),
    "omitted": ("sans réponse", "omitted"),
    "not-reached": ("non atteint", "not reached"),
    "weight": ("poids dans l’information", "share of information"),
    "rapid": ("réponses trop rapides", "rapid answers"),
    "administered": ("élèves", "pupils"),
    "characteristic": ("Courbe caractéristique", "Characteristic curve"),
    "option-curves": ("Choix par cinquième d’élèves", "Choices by fifths of pupils"),
    "item-information": ("Information", "Information"),
    "expected-share": ("part des points", "share of points"),
    "model-curve": ("modèle", "model"),
    "observed": ("observé, intervalle à 95 %", "observed, 95 % interval"),
    "expected": ("attendu", "expected"),
    "interval": ("intervalle à 95 %", "95 % interval"),
    "theta": ("niveau θ", "ability θ"),
    "scale": ("échelle publiée", "reported scale"),
    "fifth": ("cinquième (1 : les plus faibles)", "fifth (1: the weakest)"),
    "option": ("Option", "Option"),
    "key": ("clé", "key"),
    "count": ("Effectif", "Count"),
    "mean-rest": ("Part des points ailleurs", "Share of points elsewhere"),
    "correlation": ("r", "r"),
    "figures": ("Les chiffres de la figure", "The figures behind the plot"),
    "step": ("marche", "step"),
    "anchor": ("item d’ancrage, paramètres fixés", "anchor item, parameters fixed"),
    "no-finding": ("Rien à signaler.", "Nothing to report."),
    "method-title": ("Comment c’est calculé", "How it is computed"),
    "not-computed": ("Ce qui n’a pas été calculé, et pourquoi", "What was not computed, and why"),
    "rules": ("Règles", "Rules"),
    "rule-omitted": ("Sans réponse", "Omitted"),
    "rule-not-reached": ("Non atteint", "Not reached"),
    "as-wrong": ("compte comme faux", "counts as wrong"),
    "as-missing": ("compte comme absent", "counts as missing"),
    "grid": ("Grille", "Grid"),
    "grid-says": ("{n} nœuds de {low} à {high}", "{n} nodes from {low} to {high}"),
    "tolerance": ("Tolérance", "Tolerance"),
    "log-likelihood": ("Log-vraisemblance", "Log-likelihood"),
    "seed": ("Graine", "Seed"),
    "versions": ("Versions", "Versions"),
    "standard-errors": ("Erreurs types", "Standard errors"),
    "same-bytes": (
        "Relancée sur les mêmes données avec les mêmes options et les mêmes versions, l’analyse redonne ces octets, quel que soit le nombre de fils d’exécution. manifest.json porte les empreintes de chaque table.",
        "Run again on the same data with the same options and versions, the analysis gives these bytes, on any number of threads. manifest.json has the digest of every table.",
    ),
    "no-names": (
        "Ce dossier ne contient ni nom ni numéro d’ordre. Les lignes d’élèves (persons.parquet) ne sont pas pour autant anonymes : gardez-le dans la zone de l’autorité.",
        "This folder holds no name and no order number. Rows of pupils (persons.parquet) are not anonymous for all that: keep it inside the authority.",
    ),
    "count-of-pupils": ("élèves", "pupils"),
    "raw-score": ("score brut", "raw score"),
    "information-axis": ("information", "information"),
    "se-axis": ("erreur type conditionnelle", "conditional standard error"),
    "infit": ("infit", "infit"),
    "outfit": ("outfit", "outfit"),
    "distance": ("distance au modèle", "distance from model"),
    "of-the-kind": ("Item {n}", "Item {n}"),
}  # fmt: skip


class Words:
    """One language: `words("title")`, `words.number(0.5, 2)`."""

    def __init__(self, code: LanguageCode) -> None:
        self.code = code
        self._place = LANGUAGES.index(code)

    def __call__(self, key: str, **values: str) -> str:
        """The text under a key. Raises KeyError."""
        text = self._spaced(_WORDS[key][self._place])
        return _SLOT.sub(lambda slot: values[slot.group(1)], text) if values else text

    def _spaced(self, text: str) -> str:
        """French keeps its double punctuation on the line of its word."""
        return _BEFORE.sub(_THIN, _AFTER.sub(_THIN, text)) if self.code == "fr" else text

    def number(self, value: float | None, digits: int = 2) -> str:
        """As the language writes it; a dash where there is none."""
        if value is None:
            return "–"
        text = f"{value:,.{digits}f}"
        if float(text.replace(",", "")) == 0:
            text = text.lstrip("-")
        text = text.replace("-", "−")
        if self.code == "fr":
            return text.replace(",", _THIN).replace(".", ",")
        return text

    def axis(self, value: float, _place: object = None) -> str:
        """A tick's label: as few decimals as it needs."""
        return self.number(value, len(f"{value:.6g}".partition(".")[2]))

    def percent(self, value: float | None, digits: int = 0) -> str:
        """A share as a percentage."""
        if value is None:
            return "–"
        return self.number(100 * value, digits) + (f"{_THIN}%" if self.code == "fr" else "%")

    def finding(
        self, kind: str, *, item: str, other: str, value: float | None, second: float | None
    ) -> tuple[str, str]:
        """What a finding says, and what it asks. Raises KeyError for a kind without words."""
        wording = WORDINGS[kind]
        fr = self.code == "fr"
        figures = {"value": value, "second": second}

        def filled(slot: "re.Match[str]") -> str:
            name, form = slot.groups()
            if name in figures:
                held = figures[name]
                return self.percent(held) if form == "p" else self.number(held, int(form or 2))
            return {"item": item, "other": other}[name]

        said, asked = (wording.fr, wording.do_fr) if fr else (wording.en, wording.do_en)
        return _SLOT.sub(filled, self._spaced(said)), self._spaced(asked)
