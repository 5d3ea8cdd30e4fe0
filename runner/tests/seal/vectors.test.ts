import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import vectors from "../../../tests/vectors/seal.json";
import { fromBase64, toBase64Url, toHex, utf8, type Bytes } from "../../src/seal/bytes";
import { checkCharacter, parseCode, shownCode } from "../../src/seal/codes";
import { keyedSheetKey, rootOf, SeatKeys } from "../../src/seal/derive";
import { contexts, seal, SealError, unseal, unwrap, wrap } from "../../src/seal/envelope";
import { joined } from "../../src/seal/fields";
import { gunzipPlain, gzipStored } from "../../src/seal/inflate";
import { checkDigit, parseNumber, shownNumber } from "../../src/seal/numbers";
import { shuffled } from "../../src/seal/shuffle";

function hex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

const LIMIT = 1 << 20;

describe("the vectors both implementations share", () => {
  test.each(vectors.numbers)("number $number", ({ body, number, shown }) => {
    expect(body + checkDigit(body)).toBe(number);
    expect(shownNumber(number)).toBe(shown);
    expect(parseNumber(` ${shown} `)).toEqual({ number });
  });

  test.each(vectors.codes)("code $code", ({ code, shown, typed }) => {
    expect(checkCharacter(code.slice(0, -1))).toBe(code.slice(-1));
    expect(shownCode(code)).toBe(shown);
    expect(parseCode(typed)).toEqual({ code });
  });

  test.each(vectors.bad_codes)("bad code %s", (code) => {
    expect(parseCode(code)).toHaveProperty("fault");
  });

  test.each(vectors.joined)("fields $fields", ({ fields, hex: expected }) => {
    expect(toHex(joined(...fields))).toBe(expected);
  });

  test.each(vectors.derive)("keys of $number", async (v) => {
    const root = await rootOf(v);
    expect(toHex(root)).toBe(v.root);
    const keys = await SeatKeys.fromCode(v);
    expect(toHex(await keys.loginToken())).toBe(v.login);
    expect(toHex(await keys.sheetKey(v.part))).toBe(v.sheet);
    expect(toHex(await keys.wrapKey(v.part))).toBe(v.wrap);
    expect(toHex(await keys.groupWrapKey())).toBe(v.group);
    expect(toHex(await keys.shuffleSeed(v.part))).toBe(v.shuffle);
    expect(toHex(await keyedSheetKey(hex(v.group_key), v.number, v.part))).toBe(v.keyed);
    expect(toBase64Url(await keys.loginToken())).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  test.each(vectors.shuffle)("shuffle of $item", async (v) => {
    expect(await shuffled(hex(v.seed), v.item, v.response, v.options)).toEqual(v.order);
  });

  test.each(vectors.seal)("sheet $version of $number", async (v) => {
    const context = contexts.sheet(v);
    expect(toHex(context)).toBe(v.context);
    const key = hex(v.key);
    const payload = fromBase64(v.payload);
    expect(await unseal(key, context, fromBase64(v.sealed), LIMIT)).toEqual(payload);
    const ours = await seal(key, context, payload);
    expect((ours.length - 28) % 1024).toBe(0);
    expect(await unseal(key, context, ours, LIMIT)).toEqual(payload);
    const elsewhere = contexts.sheet({ ...v, version: v.version + 1 });
    await expect(unseal(key, elsewhere, ours, LIMIT)).rejects.toBeInstanceOf(SealError);
  });

  test.each(vectors.wrap)("wrapped key", async (v) => {
    const [key, context, wrapped] = [hex(v.key), hex(v.context), fromBase64(v.wrapped)];
    expect(toHex(await unwrap(key, context, wrapped))).toBe(v.secret);
    const nonce = wrapped.slice(0, 12);
    expect(await wrap(key, context, hex(v.secret), () => nonce)).toEqual(wrapped);
  });

  test.each(vectors.contexts)("context of a $kind", ({ kind, hex: expected, ...of }) => {
    const make = contexts[kind as keyof typeof contexts] as (of: object) => Bytes;
    expect(toHex(make(of))).toBe(expected);
  });
});

describe("opening refuses", () => {
  const key = new Uint8Array(32).fill(7);
  const context = joined("test");

  test("what is larger inside than the limit", async () => {
    const bomb = await seal(key, context, new Uint8Array(300_000));
    await expect(unseal(key, context, bomb, 100_000)).rejects.toBeInstanceOf(SealError);
  });

  test("a length that does not fit, and what is not gzip", async () => {
    const long = new Uint8Array(1024).fill(255);
    await expect(unseal(key, context, await wrap(key, context, long), LIMIT)).rejects.toThrow("length");
    const junk = new Uint8Array(1024);
    junk[3] = 100;
    await expect(unseal(key, context, await wrap(key, context, junk), LIMIT)).rejects.toBeInstanceOf(SealError);
  });

  test("a changed byte anywhere", async () => {
    const sealed = await seal(key, context, utf8("une réponse"));
    for (const at of [0, 11, 12, 500, sealed.length - 1]) {
      const changed = sealed.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(unseal(key, context, changed, LIMIT)).rejects.toBeInstanceOf(SealError);
    }
  });

  test("a field of 65,536 bytes", () => {
    expect(() => joined("x".repeat(65_536))).toThrow(RangeError);
    expect(joined("x".repeat(65_535)).length).toBe(65_537);
  });
});

describe("gzip for old browsers agrees with zlib", () => {
  let state = 1;
  const noise = (size: number, alphabet: number): Uint8Array =>
    Uint8Array.from({ length: size }, () => {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      return (state >> 16) % alphabet;
    });
  const payloads = [
    new Uint8Array(0),
    utf8("{}"),
    utf8("abc".repeat(5000)),
    noise(70_000, 256),
    noise(200_000, 4),
    utf8(JSON.stringify(vectors)),
  ];

  test.each(payloads.map((payload, at) => ({ at, payload })))("payload $at", ({ payload }) => {
    expect(gunzipSync(gzipStored(payload)).equals(payload)).toBe(true);
    for (const level of [0, 1, 6, 9]) {
      const packed = new Uint8Array(gzipSync(payload, { level }));
      expect(Buffer.from(gunzipPlain(packed, LIMIT)).equals(payload)).toBe(true);
      expect(() => gunzipPlain(packed.slice(0, -1), LIMIT)).toThrow();
      if (payload.length > 10) expect(() => gunzipPlain(packed, payload.length - 1)).toThrow("larger");
    }
  });
});
