import type { Writer } from "./types";

/** The state of one part of one sitting: mirrors contract/sheet.py. */
export interface Sheet {
  format: "ardoise-sheet/1" | "ardoise-sheet/2";
  campaign: string;
  number: string;
  part: string;
  version: number;
  writer: Writer;
  position: string | null;
  visited: string[];
  /** Item id → response id → values. */
  responses: Record<string, Record<string, string[]>>;
  seconds: Record<string, number>;
  flags: string[];
  absent: string[];
  /** Test parts in the order in which they were entered; `end`: the last one was left. */
  path: string[];
  /** What has a time limit: when it began, in ms by the server's clock as the runner knew it. */
  started: Record<string, number>;
}

export const SHEET_FORMATS: readonly string[] = ["ardoise-sheet/1", "ardoise-sheet/2"];

/** Bytes of a sheet once unpacked, at most. */
export const SHEET_PLAIN_LIMIT = 1 << 20;
/** Bytes of a sealed sheet, at most. */
export const SHEET_SEALED_LIMIT = 64 * 1024 + 28;
/** Characters of one response value, at most. */
export const VALUE_LIMIT = 20_000;

/** A sheet with nothing in it. */
export function emptySheet(place: {
  campaign: string;
  number: string;
  part: string;
  writer: Writer;
}): Sheet {
  return {
    format: "ardoise-sheet/2",
    ...place,
    version: 0,
    position: null,
    visited: [],
    responses: {},
    seconds: {},
    flags: [],
    absent: [],
    path: [],
    started: {},
  };
}
