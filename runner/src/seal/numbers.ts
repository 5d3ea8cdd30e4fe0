/** Order numbers: eight digits and a Damm check digit (H. M. Damm, 2004), shown 3-3-3. */

const QUASIGROUP = [
  "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
  "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
];
export const NUMBER_LENGTH = 9;
/** Spaces and hyphens that people type or paste between groups. */
export const SEPARATORS = /[\s\u00a0\u202f\u2010-\u2015.-]/g;

export type NumberFault = "empty" | "characters" | "length" | "check";

/** The Damm check digit of a string of decimal digits. */
export function checkDigit(digits: string): string {
  let interim = 0;
  for (const digit of digits) interim = Number(QUASIGROUP[interim]?.[Number(digit)]);
  return String(interim);
}

/** 123456789 → 123-456-789. */
export function shownNumber(number: string): string {
  return `${number.slice(0, 3)}-${number.slice(3, 6)}-${number.slice(6)}`;
}

/** The nine digits of an order number as somebody typed it, or what is wrong. */
export function parseNumber(text: string): { number: string } | { fault: NumberFault } {
  const digits = text.replace(SEPARATORS, "");
  if (digits === "") return { fault: "empty" };
  if (!/^[0-9]+$/.test(digits)) return { fault: "characters" };
  if (digits.length !== NUMBER_LENGTH) return { fault: "length" };
  if (checkDigit(digits) !== "0") return { fault: "check" };
  return { number: digits };
}
