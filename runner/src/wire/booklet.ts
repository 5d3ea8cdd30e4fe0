import type { Writer } from "./types";

/** A part's questions as a writer sees them: mirrors contract/booklet.py. */

export type Attributes = Record<string, string>;
/** Text, or `[name, {attribute: value}, ...children]`. */
export type Node = string | [name: string, attributes: Attributes, ...children: Node[]];

export interface KeyStroke {
  key: string;
  value: string;
  label: string;
}

export interface Response {
  id: string;
  interaction: "choice" | "inline-choice" | "text-entry" | "extended-text";
  cardinality: "single" | "multiple" | "ordered";
  base: "identifier" | "string" | "integer" | "float";
  /** 0: no limit. */
  max_choices: number;
  min_choices: number;
  shuffle: boolean;
  expected_length: number | null;
  keys: KeyStroke[];
}

export interface Item {
  id: string;
  label: string;
  body: Node[];
  responses: Response[];
}

export interface Asset {
  blob: string;
  media_type: string;
  /** Bytes once opened. */
  size: number;
}

export interface Booklet {
  format: "ardoise-booklet/1";
  campaign: string;
  part: string;
  writer: Writer;
  language: string;
  campaign_title: string;
  title: string;
  minutes: number;
  items: Item[];
  instructions: Node[];
  assets: Record<string, Asset>;
}

/** Bytes of a booklet once opened, at most. */
export const BOOKLET_PLAIN_LIMIT = 8 << 20;
