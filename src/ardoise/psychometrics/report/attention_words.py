# ruff: noqa: E501 -- a sentence of a catalogue stands on one line
"""What each kind of finding says, and what it asks of the reader, in both languages.

Placeholders: {item}, {other}, {value}, {second}; a suffix says how a figure is written
(`:p` a share as a percentage, `:2` two decimals, `:0` none).
"""

from typing import NamedTuple


class Wording(NamedTuple):
    """One kind of finding: what is seen, and what to do."""

    fr: str
    do_fr: str
    en: str
    do_en: str


WORDINGS: dict[str, Wording] = {
    "not-converged": Wording(
        "Le calage n’a pas convergé en {value:0} itérations.",
        "Ne publiez aucun chiffre tiré du modèle. Retirez les items signalés ci-dessous ou choisissez un modèle plus simple, puis relancez.",
        "Calibration did not converge within {value:0} iterations.",
        "Publish no figure that rests on the model. Leave out the items below or choose a simpler model, then run again.",
    ),
    "negative-slope": Wording(
        "{item} : la pente est négative ({value:2}). Plus un élève est fort, moins il réussit.",
        "Vérifiez la clé de correction avant tout : c’est le plus souvent une clé fausse. Sinon, retirez l’item.",
        "{item}: the slope is negative ({value:2}). The abler the pupil, the lower the score.",
        "Check the answer key first: it is most often wrong. If it is right, drop the item.",
    ),
    "option-beats-key": Wording(
        "{item} : les élèves qui choisissent {other} réussissent mieux le reste du test ({value:p} des points) que ceux qui donnent la bonne réponse ({second:p}).",
        "Relisez l’item et sa clé : deux réponses se défendent peut-être, ou la clé est fausse.",
        "{item}: pupils who choose {other} do better on the rest of the test ({value:p} of the points) than those who give the key ({second:p}).",
        "Read the item and its key again: two answers may be defensible, or the key is wrong.",
    ),
    "negative-item-rest": Wording(
        "{item} : la corrélation avec le reste du test est négative ({value:2}).",
        "Vérifiez la clé de correction et la consigne.",
        "{item}: the correlation with the rest of the test is negative ({value:2}).",
        "Check the answer key and the instruction.",
    ),
    "flat-slope": Wording(
        "{item} : la pente est presque nulle ({value:2}). L’item ne distingue pas les élèves.",
        "Relisez l’item ; s’il n’a pas de défaut, gardez-le hors de l’ancrage et songez à le retirer.",
        "{item}: the slope is close to zero ({value:2}). The item does not tell pupils apart.",
        "Read the item again; if nothing is wrong, keep it out of the anchor and consider dropping it.",
    ),
    "low-item-rest": Wording(
        "{item} : la corrélation avec le reste du test est faible ({value:2}).",
        "Regardez ses distracteurs et sa courbe avant de le garder.",
        "{item}: the correlation with the rest of the test is low ({value:2}).",
        "Look at its options and its curve before keeping it.",
    ),
    "constant": Wording(
        "{item} : toutes les réponses ont le même score.",
        "L’item ne peut pas être calé. Vérifiez la correction ; s’il est vraiment constant, laissez-le de côté.",
        "{item}: every answer has the same score.",
        "The item cannot be calibrated. Check its scoring; if it really is constant, leave it out.",
    ),
    "never-seen": Wording(
        "{item} : aucun élève n’y a répondu.",
        "Vérifiez le nom de la colonne et le plan de test.",
        "{item}: no pupil answered it.",
        "Check the column’s name and the test design.",
    ),
    "drifting": Wording(
        "{item} : ses paramètres s’échappent au lieu de converger.",
        "Peu d’élèves ou presque aucune variation : n’interprétez pas cet item ; fixez-le ou laissez-le de côté.",
        "{item}: its parameters run away instead of converging.",
        "Few pupils or hardly any variation: do not interpret this item; fix it or leave it out.",
    ),
    "drift": Wording(
        "{item} : cet item d’ancrage a changé. Sans lui, l’évolution publiée bougerait de {value:2} écart-type.",
        "Comparez les deux versions imprimées. Si l’item ou son contexte a changé, retirez-le de l’ancrage et reliez de nouveau.",
        "{item}: this anchor has changed. Without it the published trend would move by {value:2} SD.",
        "Compare the two printed versions. If the item or its surroundings changed, drop it from the anchor and link again.",
    ),
    "dif-c": Wording(
        "{item} : à niveau égal, le groupe « {other} » réussit autrement (classe C de l’ETS, Δ = {value:2}).",
        "Faites relire l’item par quelqu’un qui connaît ce groupe. Un écart qui ne tient pas à la compétence visée justifie de le retirer.",
        "{item}: at equal ability the group “{other}” does differently (ETS class C, Δ = {value:2}).",
        "Have the item read by somebody who knows this group. A gap that is not the skill itself is a reason to drop it.",
    ),
    "dif-b": Wording(
        "{item} : différence modérée pour le groupe « {other} » (classe B, Δ = {value:2}).",
        "À relire si plusieurs items vont dans le même sens.",
        "{item}: a moderate difference for the group “{other}” (class B, Δ = {value:2}).",
        "Read it again if several items go the same way.",
    ),
    "misfit": Wording(
        "{item} : la courbe observée s’écarte du modèle (distance {value:2}, infit {second:2}).",
        "Regardez la forme de la courbe : un plancher évoque le hasard, une cassure deux sous-populations ou deux lectures de la consigne.",
        "{item}: the observed curve departs from the model (distance {value:2}, infit {second:2}).",
        "Look at the curve’s shape: a floor suggests guessing; a break, two populations or two readings of the instruction.",
    ),
    "dependence": Wording(
        "{item} et {other} vont ensemble plus que le niveau ne l’explique (Q3 ajusté {value:2}).",
        "Même texte ou même figure ? Comptez-les comme un seul item à plusieurs points, sans quoi la précision est surestimée.",
        "{item} and {other} go together beyond what ability explains (adjusted Q3 {value:2}).",
        "Same text or figure? Score them as one item with several points, or precision is overstated.",
    ),
    "not-reached": Wording(
        "{item} : à partir d’ici, {value:p} des élèves n’arrivent plus ({second:p} juste avant).",
        "Le temps manque, ou une page échappe aux élèves. Décidez de la règle « non atteint » avant de publier ; comparez les deux règles.",
        "{item}: from here on {value:p} of the pupils do not get there ({second:p} just before).",
        "Time is short, or pupils miss a page. Settle the rule for “not reached” before publishing; compare both rules.",
    ),
    "omitted": Wording(
        "{item} : {value:p} des élèves qui l’ont vu ne répondent pas.",
        "La consigne ou la saisie décourage peut-être ; regardez l’item à l’écran.",
        "{item}: {value:p} of the pupils who saw it give no answer.",
        "The instruction or the way to answer may put pupils off; look at it on screen.",
    ),
    "rapid": Wording(
        "{item} : {value:p} des réponses sont données trop vite pour être réfléchies.",
        "Comparez les résultats avec et sans ces réponses avant de publier.",
        "{item}: {value:p} of the answers came too fast to have been thought about.",
        "Compare results with and without these answers before publishing.",
    ),
    "extreme": Wording(
        "{item} : {value:p} des points sont obtenus. L’item n’apporte presque rien.",
        "À garder pour encourager ou pour le programme, pas pour mesurer.",
        "{item}: {value:p} of the points are earned. The item tells next to nothing.",
        "Keep it to encourage or for the curriculum, not to measure.",
    ),
    "imprecise": Wording(
        "{item} : l’erreur type de la pente est {value:2}.",
        "Trop peu de réponses pour interpréter cet item seul.",
        "{item}: the slope’s standard error is {value:2}.",
        "Too few answers to interpret this item by itself.",
    ),
    "reliability": Wording(
        "La fiabilité du test est {value:2}.",
        "Ne rendez pas de résultat individuel sur cette base ; des moyennes de groupe restent possibles avec des valeurs plausibles.",
        "The test’s reliability is {value:2}.",
        "Report no individual results on this basis; group means remain possible with plausible values.",
    ),
    "level-accuracy": Wording(
        "Groupe « {other} » : un élève placé là y appartient avec une probabilité de {value:p} seulement.",
        "Dites cette incertitude à côté du groupe, ou ajoutez des items près du seuil.",
        "Level “{other}”: a pupil placed there belongs there with probability {value:p} only.",
        "Say so beside the level, or add items near the cut.",
    ),
    "small-group": Wording(
        "Le groupe « {other} » n’a que {value:0} élèves.",
        "Pas de conclusion sur ce groupe : les écarts entre items n’y sont pas estimables.",
        "The group “{other}” has {value:0} pupils only.",
        "Draw no conclusion about it: differences between items cannot be estimated there.",
    ),
    "few-pupils": Wording(
        "{value:0} élèves pour {second:0} paramètres : l’échantillon est petit.",
        "Lisez les paramètres avec leurs erreurs types ; préférez le modèle à un paramètre.",
        "{value:0} pupils for {second:0} parameters: the sample is small.",
        "Read parameters with their standard errors; prefer the one-parameter model.",
    ),
    "person-fit": Wording(
        "{value:p} des élèves répondent contre le modèle (l_z < −3) ; on en attend environ {second:p}.",
        "Cherchez des classes entières : consigne mal comprise, copie, ou matériel défaillant.",
        "{value:p} of the pupils answer against the model (l_z < −3); about {second:p} would be expected.",
        "Look for whole classes: a misunderstood instruction, copying, or failing equipment.",
    ),
    "few-anchors": Wording(
        "Le lien avec l’année précédente repose sur {value:0} items seulement.",
        "Publiez l’évolution avec son erreur type, ou pas du tout.",
        "The link to the earlier year rests on {value:0} items only.",
        "Publish the trend with its standard error, or not at all.",
    ),
}
