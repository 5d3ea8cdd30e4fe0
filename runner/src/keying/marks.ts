import { optionsOf } from "../render/choice";
import { plainText } from "../render/inline";
import { childrenOf, type Tree } from "../render/nodes";
import type { Booklet, Item, KeyStroke, Node as Markup, Response } from "../wire/booklet";
import { emptySheet, type Sheet } from "../wire/sheet";

/**
 * What a teacher says about one answer of one pupil: `""` nothing yet, `none` no answer in the
 * booklet, `absent`, or `=` and the response's value.
 */
export type Mark = "" | "none" | "absent" | `=${string}`;

/** One thing to key: a response of an item. */
export interface Column {
  readonly item: Item;
  readonly response: Response;
  /** The item's label; with a letter where the item has several responses. */
  readonly label: string;
  readonly keys: readonly KeyStroke[];
  /** Keyed as text, not by one stroke. */
  readonly text: boolean;
}

const SPARE_KEYS = "12345678bcdefghijklmopqrstuvwxyz";

export function columnsOf(booklet: Booklet): Column[] {
  return booklet.items.flatMap((item) =>
    item.responses.map((response, index) => {
      const letter = item.responses.length > 1 ? String.fromCharCode(97 + (index % 26)) : "";
      const text = response.interaction === "text-entry" || response.interaction === "extended-text";
      const keys = response.keys.length > 0 || text ? response.keys : ownKeys(item, response);
      return { item, response, label: item.label + letter, keys, text: text && keys.length === 0 };
    }),
  );
}

/** Where the authority gave no keys: the options in their order. */
function ownKeys(item: Item, response: Response): KeyStroke[] {
  const node = find(item.body, response.id);
  const options = node ? optionsOf(node) : [];
  return options.slice(0, SPARE_KEYS.length).map(({ value, children }, index) => ({
    key: SPARE_KEYS[index] ?? "",
    value,
    label: plainText(children),
  }));
}

function find(nodes: readonly Markup[], response: string): Tree | null {
  for (const node of nodes) {
    if (typeof node === "string") continue;
    if (node[1].response === response) return node;
    const inside = find(childrenOf(node), response);
    if (inside) return inside;
  }
  return null;
}

export function marksOf(sheet: Sheet | null, columns: readonly Column[]): Mark[] {
  if (!sheet) return columns.map(() => "");
  const visited = new Set(sheet.visited);
  const absent = new Set(sheet.absent);
  return columns.map(({ item, response }): Mark => {
    const value = sheet.responses[item.id]?.[response.id]?.[0];
    if (value !== undefined) return `=${value}`;
    if (absent.has(item.id)) return "absent";
    return visited.has(item.id) ? "none" : "";
  });
}

/**
 * The sheet that says the same. An item is visited once all its responses were keyed; before that,
 * an empty one is still to be keyed and not an omission.
 */
export function sheetOf(
  place: { campaign: string; number: string; part: string },
  columns: readonly Column[],
  marks: readonly Mark[],
  position: string | null,
): Sheet {
  const sheet: Sheet = { ...emptySheet({ ...place, writer: "teacher" }), position };
  const items = new Map<string, Mark[]>();
  columns.forEach(({ item, response }, index) => {
    const mark = marks[index] ?? "";
    items.set(item.id, [...(items.get(item.id) ?? []), mark]);
    if (mark.startsWith("=")) (sheet.responses[item.id] ??= {})[response.id] = [mark.slice(1)];
  });
  for (const [id, given] of items) {
    if (given.every((mark) => mark === "absent")) sheet.absent.push(id);
    else if (given.every((mark) => mark !== "")) sheet.visited.push(id);
  }
  return sheet;
}

/** What came of two people keying the same pupil. */
export interface Merge {
  readonly marks: Mark[];
  /** Columns in which the other's word was taken over. */
  readonly taken: number;
  /** Columns in which both had spoken differently and ours stands. */
  readonly disputed: number;
}

/** Item by item: theirs wins only where ours has not been touched since `base`. */
export function merged(base: readonly Mark[], ours: readonly Mark[], theirs: readonly Mark[]): Merge {
  let taken = 0;
  let disputed = 0;
  const marks = ours.map((mine, index): Mark => {
    const before = base[index] ?? "";
    const other = theirs[index] ?? "";
    if (mine === other) return mine;
    if (mine === before) {
      taken += 1;
      return other;
    }
    if (other !== before) disputed += 1;
    return mine;
  });
  return { marks, taken, disputed };
}

/** What a key means in a column. The top row of a French keyboard gives `&` for 1: its place counts. */
export function markOf(event: Pick<KeyboardEvent, "key" | "code">, column: Column): Mark | null {
  if (column.text) return event.key === " " ? "none" : event.key.toLowerCase() === "a" ? "absent" : null;
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
  const key = event.key.toLowerCase();
  const stroke = column.keys.find((known) => known.key === key || known.key === digit);
  if (stroke) return `=${stroke.value}`;
  if (key === " " || key === "9" || digit === "9") return "none";
  return key === "a" ? "absent" : null;
}

/** What stands in a cell. */
export function shownMark(mark: Mark, column: Column): string {
  if (mark === "") return "";
  if (mark === "none") return "–";
  if (mark === "absent") return "A";
  const value = mark.slice(1);
  const key = column.keys.find((stroke) => stroke.value === value)?.key;
  return key?.toUpperCase() ?? (value.length > 4 ? `${value.slice(0, 3)}…` : value);
}
