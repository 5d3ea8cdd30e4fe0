import type { Bytes } from "./bytes";
import { GzipFault } from "./faults";

/**
 * gzip by the browser's own streams; browsers before 2023 that lack them load a small
 * replacement (stored blocks out, full inflate in).
 */

/** Throws nothing; any payload packs. */
export async function gzip(payload: Bytes): Promise<Bytes> {
  if (typeof CompressionStream === "undefined") {
    return (await import("./inflate")).gzipStored(payload);
  }
  return drain(new Blob([payload]).stream().pipeThrough(new CompressionStream("gzip")), Infinity);
}

/** Throws GzipFault: not gzip, cut short, or above `limit` bytes. */
export async function gunzip(packed: Bytes, limit: number): Promise<Bytes> {
  if (typeof DecompressionStream === "undefined") {
    return (await import("./inflate")).gunzipPlain(packed, limit);
  }
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return await drain(stream, limit);
  } catch (fault) {
    throw fault instanceof GzipFault ? fault : new GzipFault("the content is not gzip");
  }
}

async function drain(stream: ReadableStream<Uint8Array>, limit: number): Promise<Bytes> {
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      void reader.cancel().catch(() => undefined);
      throw new GzipFault(`the content is larger than ${limit} bytes`);
    }
    pieces.push(value);
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
