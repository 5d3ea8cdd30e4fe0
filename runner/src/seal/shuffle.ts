import { toHex, type Bytes } from "./bytes";
import { joined } from "./fields";

/** Options by ascending HMAC-SHA256(seed, item | response | option). Fixed ones: the caller's. */
export async function shuffled(
  seed: Bytes,
  item: string,
  response: string,
  options: readonly string[],
): Promise<string[]> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", seed, algorithm, false, ["sign"]);
  const tagged = await Promise.all(
    options.map(async (option) => {
      const tag = await crypto.subtle.sign("HMAC", key, joined(item, response, option));
      return { option, tag: toHex(new Uint8Array(tag)) };
    }),
  );
  // Equal lengths in hexadecimal compare like the bytes do.
  tagged.sort((a, b) => (a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0));
  return tagged.map(({ option }) => option);
}
