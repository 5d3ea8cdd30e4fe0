import { Signal } from "../signal";
import { login } from "./login";
import { sitting } from "./sitting";

/** The words of the screens: one catalogue for each language, French first. */

export type Language = "fr" | "en";
/** A text with {gaps}; or one for each plural form, chosen by `count`. */
export type Phrase = string | { one: string; other: string };
export type Catalogue<Key extends string> = Record<Language, Record<Key, Phrase>>;

export const catalogues = { login, sitting };

type LoginKey = keyof typeof login.fr;
type SittingKey = keyof typeof sitting.fr;
export type PhraseKey = `login.${LoginKey}` | `sitting.${SittingKey}`;

export const language = new Signal<Language>("fr");

const STORED = "ardoise.language";

/** Takes the language chosen before, or the browser's if it is English; French otherwise. */
export function startLanguage(): void {
  // Not the browser's language: school machines are set up in any, the tests are in French.
  setLanguage(remembered() ?? "fr");
}

export function setLanguage(chosen: Language): void {
  document.documentElement.lang = chosen;
  try {
    sessionStorage.setItem(STORED, chosen);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  language.set(chosen);
}

/** The phrase in the language of the screen, its gaps filled. */
export function t(key: PhraseKey, gaps: Record<string, string | number> = {}): string {
  const [area, name] = key.split(".") as [keyof typeof catalogues, string];
  const book = catalogues[area][language.value] as Record<string, Phrase>;
  return filled(book[name] ?? key, language.value, gaps);
}

/** Exported for the tests of the catalogues. */
export function filled(phrase: Phrase, spoken: Language, gaps: Record<string, string | number>): string {
  const text = typeof phrase === "string" ? phrase : phrase[pluralForm(spoken, Number(gaps["count"]))];
  const whole = text.replace(/\{(\w+)\}/g, (gap, name: string) => String(gaps[name] ?? gap));
  const close = whole.replace(/(\d) (?=\p{L})/gu, "$1\u00a0");
  // French puts a space before these signs, and no line may begin with one.
  return spoken === "fr" ? close.replace(/ ([:;?!»])/g, "\u00a0$1").replace(/« /g, "«\u00a0") : close;
}

function pluralForm(spoken: Language, count: number): "one" | "other" {
  return new Intl.PluralRules(spoken).select(count) === "one" ? "one" : "other";
}

/** A moment as words want it: the time of day, and the day if it is not today. */
export function shownMoment(ms: number, nowMs: number): { time: string; day: string | null } {
  const moment = new Date(ms);
  const today = new Date(nowMs).toDateString() === moment.toDateString();
  const locale = language.value === "fr" ? "fr-FR" : "en-GB";
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }).format(moment);
  const date = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
  return { time, day: today ? null : date.format(moment) };
}

function remembered(): Language | null {
  try {
    const stored = sessionStorage.getItem(STORED);
    return stored === "fr" || stored === "en" ? stored : null;
  } catch {
    return null;
  }
}
