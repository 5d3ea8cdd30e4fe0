import type { KeyStroke, Node } from "./booklet";

/** What can be answered, and what is carried beside it: the other half of contract/booklet.py. */

export const INTERACTIONS = [
  "choice", "inline-choice", "text-entry", "extended-text", "order", "match", "associate",
  "gap-match", "graphic-gap-match", "hotspot", "hottext", "select-point", "slider", "media",
  "end-attempt",
] as const;
export type Interaction = (typeof INTERACTIONS)[number];

const CARDINALITIES = ["single", "multiple", "ordered"] as const;
const BASES = ["identifier", "string", "integer", "float", "boolean", "point", "pair", "directed-pair"] as const;
export type Base = (typeof BASES)[number];

export interface Response {
  id: string;
  interaction: Interaction;
  cardinality: (typeof CARDINALITIES)[number];
  base: Base;
  /** Values at most (pairs and points too); 0: no limit. */
  max_choices: number;
  min_choices: number;
  shuffle: boolean;
  /** Characters, to size a text box. */
  expected_length: number | null;
  lines?: number | null;
  /** XML Schema regular expression for the whole text: a hint, never a barrier. */
  pattern?: string | null;
  pattern_message?: string | null;
  /** The author's words when too few, or too many, are chosen. */
  min_message?: string | null;
  max_message?: string | null;
  keys: KeyStroke[];
}

/** `SCOPE selector { declarations }` of an author's style sheet. */
export type Rule = [selector: string, declarations: [property: string, value: string][]];

export type Support =
  | "glossary-on-screen" | "keyword-translation" | "spoken" | "sign-language"
  | "linguistic-guidance" | "simplified-language-portions" | "transcript" | "long-description"
  | "additional-directions";

export interface SupportCard {
  support: Support;
  /** BCP 47; empty: the item's. */
  language: string;
  content: Node[];
}

/** A text or picture that several questions share. */
export interface Stimulus {
  body: Node[];
  styles?: string[];
  language?: string;
}

/** A booklet that does not say what the contract promises. Names the place. */
export class BookletFault extends Error {
  constructor(readonly place: string, message: string) {
    super(`${place}: ${message}`);
    this.name = "BookletFault";
  }
}

type Raw = Readonly<Record<string, unknown>>;

/** One response of a decoded booklet. Raises BookletFault naming `place` and the field. */
export function readResponse(value: unknown, place: string): Response {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BookletFault(place, "is no response");
  }
  const raw = value as Raw;
  const id = raw.id;
  if (typeof id !== "string" || id === "") throw new BookletFault(place, "a response has no id");
  const at = `${place} ${id}`;
  const text = (name: string): string | null => optional(raw, name, at, "string") as string | null;
  return {
    id,
    interaction: oneOf(INTERACTIONS, raw.interaction, at, "interaction"),
    cardinality: oneOf(CARDINALITIES, raw.cardinality, at, "cardinality"),
    base: oneOf(BASES, raw.base, at, "base"),
    max_choices: count(raw, "max_choices", at) ?? 1,
    min_choices: count(raw, "min_choices", at) ?? 0,
    shuffle: optional(raw, "shuffle", at, "boolean") === true,
    expected_length: count(raw, "expected_length", at),
    lines: count(raw, "lines", at),
    pattern: text("pattern"),
    pattern_message: text("pattern_message"),
    min_message: text("min_message"),
    max_message: text("max_message"),
    keys: Array.isArray(raw.keys) ? (raw.keys as KeyStroke[]) : [],
  };
}

function oneOf<T extends string>(known: readonly T[], value: unknown, at: string, name: string): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new BookletFault(at, `${name} is ${String(value).slice(0, 40)}, not one of: ${known.join(" ")}`);
  return found;
}

function optional(raw: Raw, name: string, at: string, type: "string" | "boolean"): unknown {
  const value = raw[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== type) throw new BookletFault(at, `${name} is no ${type}`);
  return value;
}

function count(raw: Raw, name: string, at: string): number | null {
  const value = raw[name];
  if (value === undefined || value === null) return null;
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new BookletFault(at, `${name} is no whole number from 0 up`);
  }
  return value as number;
}
