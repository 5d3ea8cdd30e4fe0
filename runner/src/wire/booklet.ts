import type { Plan } from "./plan";
import type { Response, Rule, Stimulus, SupportCard } from "./interactions";
import type { Writer } from "./types";

/** A part's questions as a writer sees them: mirrors contract/booklet.py. */

export type Attributes = Record<string, string>;
/** Text, or `[name, {attribute: value}, ...children]`. What they may be: contract/booklet.py. */
export type Node = string | [name: string, attributes: Attributes, ...children: Node[]];

export type { Interaction, Response, Rule, Stimulus, Support, SupportCard } from "./interactions";

export interface KeyStroke {
  key: string;
  value: string;
  label: string;
}

export interface Item {
  id: string;
  label: string;
  body: Node[];
  responses: Response[];
  /** Style sheets in order: later ones win. */
  styles?: string[];
  /** BCP 47, where it is another than the booklet's. */
  language?: string;
}

export interface Asset {
  blob: string;
  media_type: string;
  /** Bytes once opened. */
  size: number;
}

export interface Booklet {
  format: "ardoise-booklet/1" | "ardoise-booklet/2";
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
  stimuli?: Record<string, Stimulus>;
  styles?: Record<string, Rule[]>;
  catalogs?: Record<string, SupportCard[]>;
  /** Version 1 has none: the items in their order, free to go back and forth. */
  plan?: Plan | null;
}

/** What this runner draws. */
export const BOOKLET_FORMATS: readonly string[] = ["ardoise-booklet/1", "ardoise-booklet/2"];

/** Bytes of a booklet once opened, at most. */
export const BOOKLET_PLAIN_LIMIT = 8 << 20;
