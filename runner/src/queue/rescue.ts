import { toBase64 } from "../seal/bytes";
import type { StraySheet } from "./records";

/** The rescue file (protocol §8): sealed bytes that only the authority opens. */
export function rescueFile(sheets: readonly StraySheet[]): Blob {
  const body = {
    format: "ardoise-rescue/1",
    sheets: sheets.map(({ campaign, number, part, version, base, sealed }) => {
      return { campaign, number, part, version, base, sealed: toBase64(sealed) };
    }),
  };
  return new Blob([JSON.stringify(body)], { type: "application/json" });
}
