import { concat, utf8, type Bytes } from "./bytes";

/**
 * Length-prefixed fields: each field's length in two bytes (big-endian), then its bytes (UTF-8).
 * Throws RangeError for a field of more than 65,535 bytes.
 */
export function joined(...fields: (string | Uint8Array)[]): Bytes {
  const pieces: Uint8Array[] = [];
  for (const field of fields) {
    const raw = typeof field === "string" ? utf8(field) : field;
    if (raw.length > 0xffff) throw new RangeError(`a field of ${raw.length} bytes is too long`);
    pieces.push(Uint8Array.of(raw.length >> 8, raw.length & 0xff), raw);
  }
  return concat(...pieces);
}
