import { numberFormat, plural } from "./numbers";

/** What the renderer itself says. Never tu or vous: the same words serve a pupil and a teacher. */

/** What an author's limits count. */
export type Counted = "answers" | "pairs" | "points" | "placed";

const FR_COUNTED: Record<Counted, readonly [one: string, many: string]> = {
  answers: ["réponse", "réponses"],
  pairs: ["association", "associations"],
  points: ["point", "points"],
  placed: ["élément à placer", "éléments à placer"],
};
const EN_COUNTED: Record<Counted, readonly [one: string, many: string]> = {
  answers: ["answer", "answers"],
  pairs: ["pair", "pairs"],
  points: ["point", "points"],
  placed: ["thing to place", "things to place"],
};

const fr = {
  language: "fr",
  answer: "Réponse",
  answerOf: (place: number, count: number) => `Réponse ${place} sur ${count}`,
  options: "Réponses proposées",
  one: "Une seule réponse.",
  several: "Plusieurs réponses possibles.",
  limits: (counted: Counted, least: number, most: number) => {
    const things = (count: number): string => plural(count, FR_COUNTED[counted]);
    if (least > 0 && least === most) return `${things(most)} exactement.`;
    if (least > 0 && most > 0) return `De ${least} à ${things(most)}.`;
    if (least > 0) return `${things(least)} au moins.`;
    return most > 0 ? `${things(most)} au plus.` : "";
  },
  more: (_: Counted, count: number) => `Encore ${count}.`,
  full: (counted: Counted, most: number) => {
    const things = plural(most, FR_COUNTED[counted]);
    return counted === "answers"
      ? `${things} au plus : pour en choisir une autre, en décocher une d’abord.`
      : `${things} au plus : pour en ajouter, en retirer d’abord.`;
  },
  clear: "Effacer la réponse",
  cleared: "Réponse effacée.",
  unanswered: "Pas encore répondu",
  answered: "Réponse donnée",
  pick: "Choisir…",
  number: "Un nombre est attendu, par exemple 12 ou 3,5.",
  integer: "Un nombre entier est attendu, par exemple 12.",
  pattern: "Cette réponse n’a pas la forme attendue.",
  characters: (count: number) => (count > 1 ? `${count} caractères` : `${count} caractère`),
  enlarge: (alt: string) => `${alt} (agrandir l’image)`,
  picture: "Image",
  close: "Fermer",
  sound: "Enregistrement à écouter",
  film: "Vidéo à regarder",
  missing: (alt: string) => (alt ? `Image indisponible : ${alt}` : "Image indisponible"),
  missingSound: "Enregistrement indisponible",
  missingFilm: "Vidéo indisponible",

  order: "Éléments à ranger",
  orderPick: "Appuyer sur un élément le met à la suite.",
  orderMove: "Avec les flèches ou en faisant glisser.",
  keepOrder: "Garder cet ordre",
  ranked: "Dans l’ordre",
  toRank: "À ranger",
  earlier: (text: string) => `Placer avant : ${text}`,
  later: (text: string) => `Placer après : ${text}`,
  takeOut: (text: string) => `Retirer : ${text}`,
  rankedAt: (text: string, place: number, count: number) => `${text} : place ${place} sur ${count}.`,
  takenOut: (text: string) => `${text} : retiré.`,

  match: "Associations à faire",
  matchFew: (text: string, most: number) =>
    most === 1 ? `« ${text} » sert déjà ailleurs : l’y décocher d’abord.` : `« ${text} » sert déjà ${most} fois, c’est le maximum.`,
  rowFull: (text: string, most: number) => `« ${text} » : ${most} au plus. En décocher une d’abord.`,

  associate: "Éléments à associer deux par deux",
  associateHow: "Appuyer sur un élément, puis sur celui qui va avec.",
  pairs: "Paires",
  noPairs: "Aucune paire pour l’instant.",
  pair: (one: string, other: string) => `${one} et ${other}`,
  paired: (one: string, other: string) => `Paire faite : ${one} et ${other}.`,
  undoPair: (one: string, other: string) => `Défaire la paire : ${one} et ${other}`,
  unpaired: (one: string, other: string) => `Paire défaite : ${one} et ${other}.`,
  already: "Cette paire est déjà faite.",
  withItself: "Un élément ne va pas avec lui-même : en choisir un autre.",

  bank: "Étiquettes à placer",
  placeHow: "Appuyer sur une étiquette, puis sur sa place.",
  takeBackHow: "Appuyer sur une étiquette placée la reprend.",
  picked: (text: string) => `${text} : en main. Choisir une place.`,
  putDown: (text: string) => `${text} : reposé.`,
  placed: (text: string, where: string) => `${text} : placé, ${where}.`,
  back: (text: string, where: string) => `${text} : repris de ${where}.`,
  usedUp: (text: string) => `${text} est déjà placé autant de fois que possible : le reprendre d’abord.`,
  spotFull: (where: string) => `${where} est plein : en reprendre un d’abord.`,
  isPlaced: "placé",
  isPaired: "en paire",
  left: (count: number) => `encore ${count}`,
  gap: (place: number, count: number) => `Trou ${place} sur ${count}`,
  empty: "vide",
  waits: (where: string) => `${where} : choisir l’étiquette à y mettre.`,
  placedList: "Étiquettes placées",
  takeBack: (text: string, where: string) => `Reprendre ${text} (${where})`,
  inSpot: (where: string) => `dans ${where}`,

  hotspot: "Zones de l’image",
  spot: (place: number) => `Zone ${place}`,
  where: [
    "en haut à gauche", "en haut", "en haut à droite", "à gauche", "au centre", "à droite",
    "en bas à gauche", "en bas", "en bas à droite",
  ] as readonly string[],
  chosenSpots: (names: string) => `Choisi : ${names}`,
  hottext: "Mots à choisir dans le texte",

  point: "Point à placer sur l’image",
  pointArea: "Viseur sur l’image",
  pointHow: "Appuyer sur l’image. Au clavier : flèches pour viser, Entrée pour marquer ; Maj et flèche, pas à pas.",
  pointAt: (x: number, y: number) => `${x} à droite, ${y} vers le bas`,
  pointName: (place: number) => `Point ${place}`,
  pointSet: (place: number, x: number, y: number) => `Point ${place} marqué : ${x} à droite, ${y} vers le bas.`,
  pointGone: (place: number) => `Point ${place} retiré.`,
  removePoint: (place: number) => `Retirer le point ${place}`,
  nudge: { left: "Vers la gauche", up: "Vers le haut", down: "Vers le bas", right: "Vers la droite" },
  nudges: (place: number) => `Déplacer le point ${place} pas à pas`,

  slider: "Curseur à régler",
  keepValue: (value: string) => `Garder ${value}`,
  noValue: "Pas encore répondu",

  play: "Écouter",
  playFilm: "Regarder",
  pause: "Pause",
  playing: "Lecture…",
  resume: "Continuer",
  again: "Réécouter",
  againFilm: "Revoir",
  volume: "Volume",
  subtitles: "Sous-titres",
  plays: (count: number, least: number, most: number, film: boolean) => {
    const done = count === 0 ? (film ? "Pas encore regardé" : "Pas encore écouté") : `${film ? "Regardé" : "Écouté"} ${count} fois`;
    if (most > 0 && count >= most) return `${done} : c’était le maximum.`;
    const left = most - count;
    if (most > 0) return `${done}. Encore ${left} ${film ? (left > 1 ? "lectures possibles" : "lecture possible") : left > 1 ? "écoutes possibles" : "écoute possible"}.`;
    return least > count ? `${done}. À ${film ? "regarder" : "écouter"} au moins ${least} fois.` : `${done}.`;
  },

  ended: "Demande enregistrée. Appuyer de nouveau l’annule.",
  unended: "Demande annulée.",

  meaning: (text: string) => `${text} : explication`,
  glossary: "Définition",
  translation: "Traduction",
  help: "Aide",
  readAloud: "Lire à voix haute",
  stopReading: "Arrêter la lecture",
};

export type RenderWords = typeof fr;

const en: RenderWords = {
  language: "en",
  answer: "Answer",
  answerOf: (place, count) => `Answer ${place} of ${count}`,
  options: "Possible answers",
  one: "One answer only.",
  several: "Several answers are possible.",
  limits: (counted, least, most) => {
    const things = (count: number): string => plural(count, EN_COUNTED[counted]);
    if (least > 0 && least === most) return `Exactly ${things(most)}.`;
    if (least > 0 && most > 0) return `From ${least} to ${things(most)}.`;
    if (least > 0) return `${things(least)} at least.`;
    return most > 0 ? `${things(most)} at most.` : "";
  },
  more: (_, count) => `${count} more.`,
  full: (counted, most) => {
    const things = plural(most, EN_COUNTED[counted]);
    return counted === "answers"
      ? `${things} at most: to choose another, untick one first.`
      : `${things} at most: to add one, take one away first.`;
  },
  clear: "Clear the answer",
  cleared: "Answer cleared.",
  unanswered: "Not answered yet",
  answered: "Answer given",
  pick: "Choose…",
  number: "A number is expected, for example 12 or 3.5.",
  integer: "A whole number is expected, for example 12.",
  pattern: "This answer does not have the expected form.",
  characters: (count) => (count === 1 ? `${count} character` : `${count} characters`),
  enlarge: (alt) => `${alt} (enlarge the picture)`,
  picture: "Picture",
  close: "Close",
  sound: "Recording to listen to",
  film: "Video to watch",
  missing: (alt) => (alt ? `Picture not available: ${alt}` : "Picture not available"),
  missingSound: "Recording not available",
  missingFilm: "Video not available",

  order: "Things to put in order",
  orderPick: "Pressing a thing puts it next in the list.",
  orderMove: "With the arrows or by dragging.",
  keepOrder: "Keep this order",
  ranked: "In order",
  toRank: "To be ordered",
  earlier: (text) => `Move before: ${text}`,
  later: (text) => `Move after: ${text}`,
  takeOut: (text) => `Take out: ${text}`,
  rankedAt: (text, place, count) => `${text}: place ${place} of ${count}.`,
  takenOut: (text) => `${text}: taken out.`,

  match: "Matches to make",
  matchFew: (text, most) =>
    most === 1 ? `“${text}” is used elsewhere: untick it there first.` : `“${text}” is used ${most} times, which is the most.`,
  rowFull: (text, most) => `“${text}”: ${most} at most. Untick one first.`,

  associate: "Things to pair two by two",
  associateHow: "Press a thing, then the one that goes with it.",
  pairs: "Pairs",
  noPairs: "No pair yet.",
  pair: (one, other) => `${one} and ${other}`,
  paired: (one, other) => `Pair made: ${one} and ${other}.`,
  undoPair: (one, other) => `Undo the pair: ${one} and ${other}`,
  unpaired: (one, other) => `Pair undone: ${one} and ${other}.`,
  already: "This pair is made already.",
  withItself: "A thing does not go with itself: choose another.",

  bank: "Labels to place",
  placeHow: "Press a label, then its place.",
  takeBackHow: "Pressing a placed label takes it back.",
  picked: (text) => `${text}: in hand. Choose a place.`,
  putDown: (text) => `${text}: put down.`,
  placed: (text, where) => `${text}: placed, ${where}.`,
  back: (text, where) => `${text}: taken back from ${where}.`,
  usedUp: (text) => `${text} is placed as often as it can be: take it back first.`,
  spotFull: (where) => `${where} is full: take one back first.`,
  isPlaced: "placed",
  isPaired: "paired",
  left: (count) => `${count} left`,
  gap: (place, count) => `Gap ${place} of ${count}`,
  empty: "empty",
  waits: (where) => `${where}: choose the label to put there.`,
  placedList: "Placed labels",
  takeBack: (text, where) => `Take back ${text} (${where})`,
  inSpot: (where) => `in ${where}`,

  hotspot: "Areas of the picture",
  spot: (place) => `Area ${place}`,
  where: [
    "top left", "top", "top right", "left", "centre", "right", "bottom left", "bottom", "bottom right",
  ],
  chosenSpots: (names) => `Chosen: ${names}`,
  hottext: "Words to choose in the text",

  point: "Point to place on the picture",
  pointArea: "Crosshair on the picture",
  pointHow: "Press on the picture. By keyboard: arrows to aim, Enter to mark; Shift and an arrow for small steps.",
  pointAt: (x, y) => `${x} across, ${y} down`,
  pointName: (place) => `Point ${place}`,
  pointSet: (place, x, y) => `Point ${place} marked: ${x} across, ${y} down.`,
  pointGone: (place) => `Point ${place} removed.`,
  removePoint: (place) => `Remove point ${place}`,
  nudge: { left: "To the left", up: "Up", down: "Down", right: "To the right" },
  nudges: (place) => `Move point ${place} step by step`,

  slider: "Slider to set",
  keepValue: (value) => `Keep ${value}`,
  noValue: "Not answered yet",

  play: "Listen",
  playFilm: "Watch",
  pause: "Pause",
  playing: "Playing…",
  resume: "Go on",
  again: "Listen again",
  againFilm: "Watch again",
  volume: "Volume",
  subtitles: "Subtitles",
  plays: (count, least, most, film) => {
    const times = count === 1 ? "once" : `${count} times`;
    const done = count === 0 ? (film ? "Not watched yet" : "Not listened to yet") : `${film ? "Watched" : "Listened to"} ${times}`;
    if (most > 0 && count >= most) return `${done}: that was the most.`;
    if (most > 0) return `${done}. ${plural(most - count, ["time", "times"])} left.`;
    return least > count ? `${done}. To be ${film ? "watched" : "listened to"} at least ${plural(least, ["time", "times"])}.` : `${done}.`;
  },

  ended: "Request recorded. Pressing again cancels it.",
  unended: "Request cancelled.",

  meaning: (text) => `${text}: explanation`,
  glossary: "Definition",
  translation: "Translation",
  help: "Help",
  readAloud: "Read aloud",
  stopReading: "Stop reading",
};

/** The words in the language of the page (`<html lang>`), French unless it is English. */
export function renderWords(): RenderWords {
  return document.documentElement.lang.startsWith("en") ? en : fr;
}

/** A number as the reader of the page writes it. */
export const shownNumber = (value: number): string => numberFormat(renderWords().language).format(value);
