import { SEPARATORS } from "./numbers";

/**
 * Codes: eleven Crockford base-32 characters and a check character over
 * GF(32) = GF(2)[x]/(x⁵+x²+1), weights αⁱ⁺¹ with α = x; shown 4-4-4.
 */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
export const CODE_LENGTH = 12;

export type CodeFault = "empty" | "characters" | "length" | "check";

function timesAlpha(value: number): number {
  const doubled = value << 1;
  return doubled & 0b100000 ? doubled ^ 0b100101 : doubled;
}

/** Σ αⁱ⁺¹·dᵢ by Horner's rule from the last character to the first. */
export function checkCharacter(body: string): string {
  let total = 0;
  for (let at = body.length - 1; at >= 0; at -= 1) {
    total = timesAlpha(total ^ ALPHABET.indexOf(body.charAt(at)));
  }
  return ALPHABET.charAt(total);
}

/** ABCDEFGHJKMN → ABCD-EFGH-JKMN. */
export function shownCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4, 8)}-${code.slice(8)}`;
}

/** Case, spaces and hyphens do not matter; I and L read as 1, O as 0. */
export function normalisedCode(text: string): string {
  return text.replace(SEPARATORS, "").toUpperCase().replace(/[IL]/g, "1").replace(/O/g, "0");
}

/** The twelve characters of a code as somebody typed it, or what is wrong. */
export function parseCode(text: string): { code: string } | { fault: CodeFault } {
  const code = normalisedCode(text);
  if (code === "") return { fault: "empty" };
  if (!/^[0-9A-HJKMNP-TV-Z]+$/.test(code)) return { fault: "characters" };
  if (code.length !== CODE_LENGTH) return { fault: "length" };
  if (checkCharacter(code.slice(0, -1)) !== code.slice(-1)) return { fault: "check" };
  return { code };
}
