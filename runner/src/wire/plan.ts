import type { Node } from "./booklet";

/** How a booklet's items follow one another: mirrors contract/plan.py. What is left out is a default. */

export interface Limits {
  /** Seconds, before the seat's time percentage. */
  most?: number;
  /** Seconds; linear navigation only: going on waits for it. */
  least?: number;
  /** The end is told and nothing is taken away. */
  late?: boolean;
}

export interface Control {
  /** Default 1; 0: no limit. */
  attempts?: number;
  /** Default true. */
  review?: boolean;
  /** Default true. */
  skipping?: boolean;
  /** Default false. */
  validate?: boolean;
}

export interface Row {
  /** One list of values for each of the table's responses. */
  given: string[][];
  points: number;
  folded?: boolean;
}

export interface Table {
  item: string;
  responses: string[];
  rows: Row[];
  otherwise?: number;
  absent?: number;
}

export type Comparison = "lt" | "lte" | "gt" | "gte" | "equal" | "unequal";

export type Condition =
  | { is: "compare"; terms: { table: string; weight?: number }[]; by: Comparison; value: number }
  | { is: "every" | "some"; of: Condition[] }
  | { is: "unless"; of: Condition };

export interface Branch {
  when: Condition;
  /** A test part, a section or an item further on; or exit-section, exit-part, exit-test. */
  to: string;
}

export interface ItemRef {
  is: "item";
  item: string;
  required?: boolean;
  fixed?: boolean;
  control?: Control;
  limits?: Limits | null;
  when?: Condition | null;
  branches?: Branch[];
}

export interface Section {
  is: "section";
  id: string;
  children: (Section | ItemRef)[];
  title?: string;
  /** Default true. */
  visible?: boolean;
  /** Default true. */
  kept?: boolean;
  required?: boolean;
  fixed?: boolean;
  select?: number | null;
  shuffle?: boolean;
  instructions?: Node[];
  limits?: Limits | null;
  when?: Condition | null;
  branches?: Branch[];
}

export interface TestPart {
  id: string;
  sections: Section[];
  title?: string;
  /** Default "nonlinear". */
  navigation?: "linear" | "nonlinear";
  /** Default "simultaneous". */
  submission?: "individual" | "simultaneous";
  instructions?: Node[];
  limits?: Limits | null;
  when?: Condition | null;
  branches?: Branch[];
}

export interface Plan {
  parts: TestPart[];
  limits?: Limits | null;
  tables?: Record<string, Table>;
}
