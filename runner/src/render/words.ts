/** What the renderer itself says. Never tu or vous: the same words serve a pupil and a teacher. */

const fr = {
  answer: "Réponse",
  answerOf: (place: number, count: number) => `Réponse ${place} sur ${count}`,
  options: "Réponses proposées",
  one: "Une seule réponse.",
  several: "Plusieurs réponses possibles.",
  atMost: (count: number) => `${count} réponses au plus.`,
  tooMany: (count: number) =>
    `${count} réponses au plus : pour en choisir une autre, en décocher une d’abord.`,
  clear: "Effacer la réponse",
  cleared: "Réponse effacée.",
  pick: "Choisir…",
  number: "Un nombre est attendu, par exemple 12 ou 3,5.",
  integer: "Un nombre entier est attendu, par exemple 12.",
  characters: (count: number) => (count > 1 ? `${count} caractères` : `${count} caractère`),
  enlarge: (alt: string) => `${alt} (agrandir l’image)`,
  picture: "Image",
  close: "Fermer",
  sound: "Enregistrement à écouter",
  missing: (alt: string) => (alt ? `Image indisponible : ${alt}` : "Image indisponible"),
  missingSound: "Enregistrement indisponible",
};

export type RenderWords = typeof fr;

const en: RenderWords = {
  answer: "Answer",
  answerOf: (place, count) => `Answer ${place} of ${count}`,
  options: "Possible answers",
  one: "One answer only.",
  several: "Several answers are possible.",
  atMost: (count) => `${count} answers at most.`,
  tooMany: (count) => `${count} answers at most: to choose another, untick one first.`,
  clear: "Clear the answer",
  cleared: "Answer cleared.",
  pick: "Choose…",
  number: "A number is expected, for example 12 or 3.5.",
  integer: "A whole number is expected, for example 12.",
  characters: (count) => (count === 1 ? `${count} character` : `${count} characters`),
  enlarge: (alt) => `${alt} (enlarge the picture)`,
  picture: "Picture",
  close: "Close",
  sound: "Recording to listen to",
  missing: (alt) => (alt ? `Picture not available: ${alt}` : "Picture not available"),
  missingSound: "Recording not available",
};

/** The words in the language of the page (`<html lang>`), French unless it is English. */
export function renderWords(): RenderWords {
  return document.documentElement.lang.startsWith("en") ? en : fr;
}
