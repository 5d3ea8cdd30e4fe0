import { utf8, type Bytes } from "./bytes";
import { joined } from "./fields";

/** Keys from a code and from a group's key. Byte for byte the same as src/ardoise/seal/derive.py. */

export const ROUNDS = 2_000;
const EMPTY = new Uint8Array(0);

/** 32 bytes by HKDF-SHA256 (RFC 5869) with an empty salt and length-prefixed info. */
export async function expand(key: Bytes, ...info: string[]): Promise<Bytes> {
  const material = await crypto.subtle.importKey("raw", key, "HKDF", false, ["deriveBits"]);
  const params = { name: "HKDF", hash: "SHA-256", salt: EMPTY, info: joined(...info) };
  return new Uint8Array(await crypto.subtle.deriveBits(params, material, 256));
}

/** What a seat's keys hang on: the code, stretched by PBKDF2-HMAC-SHA256 (RFC 8018). */
export async function rootOf(of: {
  code: string;
  campaign: string;
  number: string;
}): Promise<Bytes> {
  const material = await crypto.subtle.importKey("raw", utf8(of.code), "PBKDF2", false, [
    "deriveBits",
  ]);
  const salt = joined("ardoise/1", of.campaign, of.number);
  const params = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  return new Uint8Array(await crypto.subtle.deriveBits(params, material, 256));
}

/** All that a seat's code gives. Lives in memory only. */
export class SeatKeys {
  readonly #root: Bytes;

  constructor(root: Bytes) {
    this.#root = root;
  }

  /** `code`: 12 normalised characters; `number`: nine digits. */
  static async fromCode(of: {
    code: string;
    campaign: string;
    number: string;
  }): Promise<SeatKeys> {
    return new SeatKeys(await rootOf(of));
  }

  /** What the seat shows to log in. */
  loginToken(): Promise<Bytes> {
    return expand(this.#root, "login");
  }

  /** Seals the answers of one part. */
  sheetKey(part: string): Promise<Bytes> {
    return expand(this.#root, "sheet", part);
  }

  /** Unwraps the content key of one part's booklet. */
  wrapKey(part: string): Promise<Bytes> {
    return expand(this.#root, "content", part);
  }

  /** A teacher's seat: unwraps the group's key. */
  groupWrapKey(): Promise<Bytes> {
    return expand(this.#root, "group");
  }

  /** Fixes the order of shuffled options for this seat and part. */
  shuffleSeed(part: string): Promise<Bytes> {
    return expand(this.#root, "shuffle", part);
  }

  /** Overwrites the root; the object is of no use afterwards. */
  forget(): void {
    this.#root.fill(0);
  }
}

/** Seals the sheet that teachers key for one pupil of their group. */
export function keyedSheetKey(groupKey: Bytes, number: string, part: string): Promise<Bytes> {
  return expand(groupKey, "keyed", number, part);
}
