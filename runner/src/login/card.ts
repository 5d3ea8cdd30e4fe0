import { normalisedCode, parseCode } from "../seal/codes";
import { parseNumber } from "../seal/numbers";

/** What a card says: in the address (after #), pasted as a whole, or typed. */

export interface Arrival {
  campaign: string | null;
  number: string | null;
  code: string | null;
}

const NUMBERS = /(?:^|[^0-9A-Za-z])(\d{3}([ \u00a0\u202f‑-]?)\d{3}\2\d{3})(?![0-9A-Za-z])/g;
const CODES = /(?:^|[^0-9A-Za-z])([0-9A-Za-z]{4}([ \u00a0\u202f‑-]?)[0-9A-Za-z]{4}\2[0-9A-Za-z]{4})(?![0-9A-Za-z])/g;
const CAMPAIGN = /^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/;

/** `#campaign`, `#campaign/number/code`; anything else is nothing. */
export function readFragment(fragment: string): Arrival {
  const [campaign = "", number = "", code = ""] = decoded(fragment.replace(/^#/, "")).split("/");
  const parsedNumber = parseNumber(number);
  const parsedCode = parseCode(code);
  return {
    campaign: CAMPAIGN.test(campaign) ? campaign : null,
    number: "number" in parsedNumber ? parsedNumber.number : null,
    code: "code" in parsedCode ? parsedCode.code : null,
  };
}

/** Number and code out of a text that holds both (a card's link or its whole text), else null. */
export function readPasted(text: string): Arrival | null {
  const hash = text.indexOf("#");
  if (hash >= 0) {
    const arrival = readFragment(text.slice(hash).trim());
    if (arrival.number !== null && arrival.code !== null) return arrival;
  }
  const number = first(text, NUMBERS, (found) => {
    const parsed = parseNumber(found);
    return "number" in parsed ? parsed.number : null;
  });
  const code = first(text, CODES, (found) => {
    const parsed = parseCode(found);
    return "code" in parsed ? parsed.code : null;
  });
  return number !== null && code !== null ? { campaign: null, number, code } : null;
}

/** Groups with hyphens while somebody types: 12345 → 123-45. Unreadable input is left alone. */
export function groupedNumber(text: string): string {
  const digits = text.replace(/[\s\u00a0\u202f-]/g, "");
  return /^\d{0,9}$/.test(digits) ? grouped(digits, 3) : text;
}

/** The same for a code: ab1c2 → AB1C-2. I, L and O stay as typed until they are checked. */
export function groupedCode(text: string): string {
  const plain = text.replace(/[\s\u00a0\u202f-]/g, "").toUpperCase();
  return /^[0-9A-Z]{0,12}$/.test(plain) ? grouped(plain, 4) : text;
}

/** How many characters of a code are there, hyphens and spaces aside. */
export function codeLength(text: string): number {
  return normalisedCode(text).length;
}

function grouped(text: string, size: number): string {
  return (text.match(new RegExp(`.{1,${size}}`, "g")) ?? []).join("-");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function first(text: string, pattern: RegExp, read: (found: string) => string | null): string | null {
  for (const [, found] of text.matchAll(pattern)) {
    const value = read(found ?? "");
    if (value !== null) return value;
  }
  return null;
}
