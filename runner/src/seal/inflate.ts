import { concat, type Bytes } from "./bytes";
import { GzipFault } from "./faults";

/** gzip (RFC 1952) and DEFLATE (RFC 1951) for browsers without compression streams. */

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** CRC-32 as gzip has it. */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}

function little32(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}

/** A gzip member of stored blocks: larger, but any reader opens it. */
export function gzipStored(payload: Uint8Array): Bytes {
  const pieces: Uint8Array[] = [Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)];
  for (let at = 0; at === 0 || at < payload.length; at += 0xffff) {
    const block = payload.subarray(at, at + 0xffff);
    const last = at + 0xffff >= payload.length ? 1 : 0;
    const size = block.length;
    pieces.push(Uint8Array.of(last, size & 255, size >> 8, ~size & 255, (~size >> 8) & 255), block);
  }
  return concat(...pieces, little32(crc32(payload)), little32(payload.length));
}

/** Throws GzipFault: not gzip, cut short, wrong checksum, or above `limit` bytes. */
export function gunzipPlain(packed: Uint8Array, limit: number): Bytes {
  if (packed.length < 18 || packed[0] !== 0x1f || packed[1] !== 0x8b || packed[2] !== 8) {
    throw new GzipFault("the content is not gzip");
  }
  const flags = packed[3] ?? 0;
  let at = 10;
  if (flags & 4) at += 2 + (packed[at] ?? 0) + ((packed[at + 1] ?? 0) << 8);
  for (const flag of [8, 16]) {
    if (flags & flag) {
      while (at < packed.length && packed[at] !== 0) at += 1;
      at += 1;
    }
  }
  if (flags & 2) at += 2;
  const inflater = new Inflater(packed.subarray(at), limit);
  const payload = inflater.run();
  const tail = packed.subarray(at + inflater.used, at + inflater.used + 8);
  const expected = concat(little32(crc32(payload)), little32(payload.length));
  if (tail.length < 8 || tail.some((byte, index) => byte !== expected[index])) {
    throw new GzipFault("the content is cut short or damaged");
  }
  return payload;
}

interface Huffman {
  counts: Uint16Array;
  symbols: Uint16Array;
}

function huffman(lengths: readonly number[]): Huffman {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  counts[0] = 0;
  const offsets = new Uint16Array(16);
  for (let length = 1; length < 15; length += 1) {
    offsets[length + 1] = (offsets[length] ?? 0) + (counts[length] ?? 0);
  }
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    const place = offsets[length] ?? 0;
    symbols[place] = symbol;
    offsets[length] = place + 1;
  });
  return { counts, symbols };
}

const FIXED_LITERALS = huffman(
  Array.from({ length: 288 }, (_, at) => (at < 144 ? 8 : at < 256 ? 9 : at < 280 ? 7 : 8)),
);
const FIXED_DISTANCES = huffman(Array.from({ length: 30 }, () => 5));

class Inflater {
  used = 0;
  #held = 0;
  #bits = 0;
  #out = new Uint8Array(4096);
  #size = 0;

  constructor(
    readonly input: Uint8Array,
    readonly limit: number,
  ) {}

  run(): Bytes {
    let last: number;
    do {
      last = this.#take(1);
      const kind = this.#take(2);
      if (kind === 0) this.#stored();
      else if (kind === 1) this.#codes(FIXED_LITERALS, FIXED_DISTANCES);
      else if (kind === 2) this.#dynamic();
      else throw new GzipFault("the content is damaged");
    } while (last === 0);
    return this.#out.slice(0, this.#size);
  }

  #take(count: number): number {
    while (this.#bits < count) {
      const byte = this.input[this.used];
      if (byte === undefined) throw new GzipFault("the content is cut short");
      this.used += 1;
      this.#held |= byte << this.#bits;
      this.#bits += 8;
    }
    const value = this.#held & ((1 << count) - 1);
    this.#held >>>= count;
    this.#bits -= count;
    return value;
  }

  #put(byte: number): void {
    if (this.#size >= this.limit) {
      throw new GzipFault(`the content is larger than ${this.limit} bytes`);
    }
    if (this.#size === this.#out.length) {
      const wider = new Uint8Array(this.#out.length * 2);
      wider.set(this.#out);
      this.#out = wider;
    }
    this.#out[this.#size] = byte;
    this.#size += 1;
  }

  #stored(): void {
    this.#held = 0;
    this.#bits = 0;
    const size = this.#take(16);
    if ((this.#take(16) ^ 0xffff) !== size) throw new GzipFault("the content is damaged");
    for (let count = 0; count < size; count += 1) this.#put(this.#take(8));
  }

  #symbol({ counts, symbols }: Huffman): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= 15; length += 1) {
      code |= this.#take(1);
      const count = counts[length] ?? 0;
      if (code - count < first) return symbols[index + (code - first)] ?? 0;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new GzipFault("the content is damaged");
  }

  #codes(literals: Huffman, distances: Huffman): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.#put(symbol);
        continue;
      }
      const base = LENGTH_BASE[symbol - 257];
      const near = base === undefined ? -1 : 0;
      const length = (base ?? 0) + this.#take(LENGTH_EXTRA[symbol - 257] ?? 0);
      const place = this.#symbol(distances);
      const distanceBase = DISTANCE_BASE[place];
      if (near < 0 || distanceBase === undefined) throw new GzipFault("the content is damaged");
      const distance = distanceBase + this.#take(place < 4 ? 0 : (place >> 1) - 1);
      if (distance > this.#size) throw new GzipFault("the content is damaged");
      for (let count = 0; count < length; count += 1) {
        this.#put(this.#out[this.#size - distance] ?? 0);
      }
    }
  }

  #dynamic(): void {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const codes = this.#take(4) + 4;
    const codeLengths = new Array<number>(19).fill(0);
    for (let at = 0; at < codes; at += 1) codeLengths[CODE_ORDER[at] ?? 0] = this.#take(3);
    const code = huffman(codeLengths);
    const lengths: number[] = [];
    while (lengths.length < literals + distances) {
      const symbol = this.#symbol(code);
      if (symbol < 16) lengths.push(symbol);
      else if (symbol === 16) this.#repeat(lengths, lengths[lengths.length - 1], 3 + this.#take(2));
      else if (symbol === 17) this.#repeat(lengths, 0, 3 + this.#take(3));
      else this.#repeat(lengths, 0, 11 + this.#take(7));
    }
    if (lengths.length > literals + distances) throw new GzipFault("the content is damaged");
    this.#codes(huffman(lengths.slice(0, literals)), huffman(lengths.slice(literals)));
  }

  #repeat(lengths: number[], value: number | undefined, count: number): void {
    if (value === undefined) throw new GzipFault("the content is damaged");
    for (let at = 0; at < count; at += 1) lengths.push(value);
  }
}
