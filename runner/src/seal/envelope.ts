import { concat, type Bytes } from "./bytes";
import { joined } from "./fields";
import { GzipFault } from "./faults";
import { gunzip, gzip } from "./gzip";

/**
 * Sealing: gzip, padding to a whole KiB, AES-256-GCM with a random nonce and bound context.
 * Byte for byte what src/ardoise/seal/envelope.py opens.
 */

export const NONCE = 12;
const BLOCK = 1024;
const PREFIX = 4;

/** Gives that many random bytes. */
export type Source = (size: number) => Bytes;
export const system: Source = (size) => crypto.getRandomValues(new Uint8Array(size));

/** Sealed bytes that do not open: wrong key, wrong context, damage, or too large inside. */
export class SealError extends Error {}

export interface Seat {
  campaign: string;
  number: string;
}

export const contexts = {
  sheet: (of: Seat & { part: string; version: number }): Bytes =>
    joined("sheet", of.campaign, of.number, of.part, String(of.version)),
  booklet: (of: { campaign: string; part: string }): Bytes =>
    joined("booklet", of.campaign, of.part),
  asset: (of: { campaign: string; part: string; asset: string }): Bytes =>
    joined("asset", of.campaign, of.part, of.asset),
  wrap: (of: Seat & { part: string }): Bytes => joined("wrap", of.campaign, of.number, of.part),
  group: (of: Seat & { group: string }): Bytes => joined("group", of.campaign, of.number, of.group),
};

/** gzip, its length in 4 bytes, zeros up to a whole KiB. */
export async function padded(payload: Bytes): Promise<Bytes> {
  const packed = await gzip(payload);
  const out = new Uint8Array(Math.ceil((PREFIX + packed.length) / BLOCK) * BLOCK);
  new DataView(out.buffer).setUint32(0, packed.length);
  out.set(packed, PREFIX);
  return out;
}

/** The payload of `padded`. Throws SealError if malformed or above `limit` bytes. */
export async function unpadded(body: Bytes, limit: number): Promise<Bytes> {
  const size = body.length < PREFIX ? Infinity : new DataView(body.buffer, body.byteOffset).getUint32(0);
  if (size > body.length - PREFIX) throw new SealError("the length inside does not fit");
  try {
    return await gunzip(body.slice(PREFIX, PREFIX + size), limit);
  } catch (fault) {
    throw fault instanceof GzipFault ? new SealError(fault.message) : fault;
  }
}

async function aesKey(key: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** A short secret under AES-256-GCM, without padding: nonce (12) | bytes | tag (16). */
export async function wrap(
  key: Bytes,
  context: Bytes,
  secret: Bytes,
  source: Source = system,
): Promise<Bytes> {
  const iv = source(NONCE);
  const params = { name: "AES-GCM", iv, additionalData: context };
  return concat(iv, new Uint8Array(await crypto.subtle.encrypt(params, await aesKey(key), secret)));
}

/** The secret of `wrap`. Throws SealError. */
export async function unwrap(key: Bytes, context: Bytes, wrapped: Bytes): Promise<Bytes> {
  const params = { name: "AES-GCM", iv: wrapped.slice(0, NONCE), additionalData: context };
  try {
    const body = wrapped.slice(NONCE);
    return new Uint8Array(await crypto.subtle.decrypt(params, await aesKey(key), body));
  } catch {
    throw new SealError("it does not open with this key in this place");
  }
}

/** nonce (12) | AES-256-GCM(padded payload) | tag (16). */
export async function seal(
  key: Bytes,
  context: Bytes,
  payload: Bytes,
  source: Source = system,
): Promise<Bytes> {
  return wrap(key, context, await padded(payload), source);
}

/** The payload of `seal`. Throws SealError; `limit` bounds it in bytes. */
export async function unseal(
  key: Bytes,
  context: Bytes,
  sealed: Bytes,
  limit: number,
): Promise<Bytes> {
  return unpadded(await unwrap(key, context, sealed), limit);
}
