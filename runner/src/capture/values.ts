/**
 * Capture: what was typed or chosen becomes a value of a base type, by the rules of the scorer
 * (scoring/values.py), which alone decides. Here it only tells a writer that a number cannot be
 * read, and lets a route see which way to go. Both sides read tests/vectors/capture.json.
 */

export type CaptureBase =
  | "identifier" | "string" | "integer" | "float" | "boolean" | "point" | "pair" | "directed-pair"
  | "duration";

/** Points and pairs as their two halves with a space; a pair without order stands sorted. */
export type Value = string | number | boolean;

const TEXT_LIMIT = 20_000;
const DIGITS_LIMIT = 40;

const APOSTROPHES = /[\u2019\u02bc\uff07]/g;
const INVISIBLE = /[\u200b\u2060\ufeff\u00ad]/g;
/** White space as Unicode has it: JavaScript's own `\s` misses the separators U+001C–1F and U+0085. */
const SPACE = /[\s\u001c-\u001f\u0085]+/g;
const DASHES = /[\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d]/g;
const NUMBER =
  /^([+-]?) ?([0-9]{1,3}(?: [0-9]{3})+|[0-9]*)(?:[,.]((?:[0-9]{3} )+[0-9]{1,3}|[0-9]*))?(?:[eE]([+-]?[0-9]{1,3}))?$/;
const LEXICAL = /^[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?$/;
const DURATION =
  /^P(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,10}(?:\.[0-9]{1,9})?)S)?)?$/;

/** A text in the form in which texts are compared. */
export function captured(text: string): string {
  const cut = text.length <= TEXT_LIMIT ? text : [...text].slice(0, TEXT_LIMIT).join("");
  const plain = cut.replace(APOSTROPHES, "'").replace(INVISIBLE, "").normalize("NFC");
  return plain.replace(SPACE, " ").replace(/^ +| +$/g, "");
}

/** The value of a response of this base type, or null: no value. */
export function parseResponse(base: CaptureBase, text: string): Value | null {
  if (base === "identifier") return text || null;
  const plain = captured(text);
  if (plain === "") return null;
  switch (base) {
    case "string":
      return plain;
    case "integer":
      return integer(plain);
    case "float":
      return float(plain);
    case "boolean":
      return plain === "true" || plain === "1" ? true : plain === "false" || plain === "0" ? false : null;
    case "duration":
      return seconds(plain);
    default:
      return halves(base, plain.split(" "));
  }
}

function halves(base: "point" | "pair" | "directed-pair", parts: readonly string[]): string | null {
  const [one, other] = parts;
  if (parts.length !== 2 || one === undefined || other === undefined) return null;
  if (base === "directed-pair") return `${one} ${other}`;
  if (base === "pair") return one <= other ? `${one} ${other}` : `${other} ${one}`;
  const [x, y] = [lexical(one), lexical(other)];
  return x === null || y === null ? null : `${x} ${y}`;
}

/** A number in QTI's own form. */
function lexical(text: string): number | null {
  return LEXICAL.test(text) && Number.isFinite(Number(text)) ? Number(text) : null;
}

function seconds(plain: string): number | null {
  const found = DURATION.exec(plain);
  if (found === null) {
    const value = lexical(plain);
    return value !== null && value >= 0 ? value : null;
  }
  if (plain === "P" || plain.endsWith("T")) return null;
  const [days = 0, hours = 0, minutes = 0, rest = 0] = found.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + rest;
}

interface Pieces {
  readonly sign: string;
  readonly whole: string;
  readonly part: string;
  readonly power: string;
}

function split(plain: string): Pieces | null {
  const figures = plain
    .replace(DASHES, "-")
    .replace(/[\uff0b\uff0c\uff0e\uff10-\uff19]/g, (figure) => figure.normalize("NFKC"));
  const found = NUMBER.exec(figures);
  if (found === null) return null;
  const [, sign = "", whole = "", part = "", power = ""] = found;
  const pieces = { sign, whole: whole.replace(/ /g, ""), part: part.replace(/ /g, ""), power };
  const digits = pieces.whole.length + pieces.part.length;
  return digits === 0 || digits > DIGITS_LIMIT ? null : pieces;
}

function integer(plain: string): number | null {
  const pieces = split(plain);
  if (pieces === null || pieces.power !== "" || /[1-9]/.test(pieces.part) || pieces.whole === "") return null;
  return Number(pieces.sign + pieces.whole);
}

function float(plain: string): number | null {
  const pieces = split(plain);
  if (pieces === null) return null;
  const { sign, whole, part, power } = pieces;
  const value = Number(`${sign}${whole || 0}.${part || 0}e${power || 0}`);
  return Number.isFinite(value) ? value : null;
}
