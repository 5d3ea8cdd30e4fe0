import { inOrder, optionsOf, type Option } from "./choice";
import { framed } from "./frame";
import type { Answering, Control } from "./interaction";
import { freshId, make } from "./make";
import { attributesOf, build, childrenOf, type Tree } from "./nodes";
import { note, within, type Note } from "./note";
import { spokenText } from "./spoken";

/** Columns beyond which the choices of a row stand below it even on a wide screen. */
const COLUMNS = 6;

/** An option's own limit: 1 where the author says nothing, Infinity for 0. */
export function mostOf(tree: Tree): number {
  const { most = "1" } = attributesOf(tree);
  const count = Number(most);
  return Number.isInteger(count) && count > 0 ? count : count === 0 ? Number.POSITIVE_INFINITY : 1;
}

export interface Limited extends Option {
  readonly most: number;
}

export function limitedOptions(tree: Tree): Limited[] {
  const trees = childrenOf(tree).filter(
    (child): child is Tree => typeof child !== "string" && child[0] === "option",
  );
  const options = optionsOf(tree);
  return trees.map((option, index) => ({ ...(options[index] as Option), most: mostOf(option) }));
}

interface Line {
  readonly option: Limited;
  readonly element: HTMLElement;
  readonly cells: HTMLElement;
  readonly marks: Map<string, HTMLInputElement>;
}

/**
 * Each thing of the first set is a question of its own, the second set its answers: groups of radio
 * buttons or boxes, which every screen reader and keyboard knows. Where there is room they stand as
 * a grid under a common head; where not, each group unfolds with its answers written out.
 */
export function match(answering: Answering): Control {
  const { tree, words } = answering;
  const sets = childrenOf(tree).filter((child): child is Tree => typeof child !== "string" && child[0] === "set");
  const rows = sets[0] ? limitedOptions(sets[0]) : [];
  const columns = sets[1] ? limitedOptions(sets[1]) : [];
  const said = note(within(answering, rows.reduce((sum, { most }) => sum + most, 0)), "pairs");
  const names = new Map<string, string>();
  const grid = make("div", columns.length > COLUMNS ? "match match--long" : "match");
  grid.style.setProperty("--columns", String(columns.length));
  const head = make("div", "match__head");
  head.setAttribute("aria-hidden", "true");
  const headings = new Map(columns.map((column) => {
    const heading = make("span", "match__column");
    heading.append(build(column.children, { ...answering.place, quiet: true }));
    names.set(column.value, spokenText(heading).trim());
    return [column.value, heading] as const;
  }));
  const lines = new Map(rows.map((row) => [row.value, line(answering, row, columns, names)] as const));
  matching(answering, { lines, columns, names, said });
  inOrder(answering, rows, grid, (placed) => {
    for (const { value } of placed) grid.append(lines.get(value)?.element ?? "");
  });
  inOrder(answering, columns, grid, (placed) => {
    head.append(make("span"), ...placed.map(({ value }) => headings.get(value) ?? ""));
    for (const { cells, marks } of lines.values()) {
      cells.append(...placed.map(({ value }) => marks.get(value)?.parentElement ?? ""));
    }
  });
  grid.prepend(head);
  const element = framed(answering, { className: "matching", title: words.match }, said, grid);
  const first = lines.values().next().value?.marks.values().next().value;
  return { element, target: first ?? element };
}

function line(answering: Answering, row: Limited, columns: readonly Limited[], names: Map<string, string>): Line {
  const quiet = { ...answering.place, quiet: true };
  const title = make("span", "match__row");
  title.id = freshId("row");
  title.append(build(row.children, quiet));
  names.set(row.value, spokenText(title).trim());
  const cells = make("span", "match__cells");
  const single = row.most === 1;
  const group = freshId("match");
  const marks = new Map(columns.map((column) => {
    const mark = make("input", "choice__mark");
    mark.type = single ? "radio" : "checkbox";
    mark.name = group;
    const text = make("span", "match__answer");
    text.append(build(column.children, quiet));
    if (text.querySelector("math")) mark.setAttribute("aria-label", spokenText(text).trim());
    make("label", "match__cell", mark, text);
    return [column.value, mark] as const;
  }));
  const element = make("div", "match__line", title, cells);
  element.setAttribute("role", single ? "radiogroup" : "group");
  element.setAttribute("aria-labelledby", title.id);
  return { option: row, element, cells, marks };
}

interface Matching {
  readonly lines: ReadonlyMap<string, Line>;
  readonly columns: readonly Limited[];
  readonly names: ReadonlyMap<string, string>;
  readonly said: Note;
}

function matching(answering: Answering, { lines, columns, names, said }: Matching): void {
  const { response, words } = answering;
  const known = (pair: string): boolean => {
    const [row = "", column = ""] = pair.split(" ");
    return lines.get(row)?.marks.has(column) ?? false;
  };
  let pairs = answering.values.filter(known);
  const draw = (): void => {
    for (const [row, { marks }] of lines) {
      for (const [column, mark] of marks) {
        mark.checked = pairs.includes(`${row} ${column}`);
        mark.parentElement?.classList.toggle("match__cell--chosen", mark.checked);
      }
    }
  };
  const inTheirOrder = (chosen: readonly string[]): string[] =>
    [...lines.keys()].flatMap((row) => columns.map(({ value }) => `${row} ${value}`)).filter((pair) => chosen.includes(pair));
  const refused = (rest: readonly string[], row: Limited, column: Limited): (() => void) | null => {
    const inRow = rest.filter((pair) => pair.startsWith(`${row.value} `)).length;
    const inColumn = rest.filter((pair) => pair.endsWith(` ${column.value}`)).length;
    if (inRow >= row.most) return () => said.warn(words.rowFull(names.get(row.value) ?? "", row.most));
    if (inColumn >= column.most) return () => said.warn(words.matchFew(names.get(column.value) ?? "", column.most));
    return response.max_choices > 0 && rest.length >= response.max_choices ? said.full : null;
  };
  const press = (row: Limited, column: Limited): void => {
    const pair = `${row.value} ${column.value}`;
    const had = pairs.includes(pair);
    const rest = pairs.filter((other) => (had ? other !== pair : row.most > 1 || !other.startsWith(`${row.value} `)));
    const why = had ? null : refused(rest, row, column);
    if (why) {
      why();
      return draw();
    }
    pairs = inTheirOrder(had ? rest : [...rest, pair]);
    said.calm(pairs.length);
    draw();
    answering.change(pairs);
  };
  for (const { option, marks } of lines.values()) {
    for (const column of columns) marks.get(column.value)?.addEventListener("click", () => press(option, column));
  }
  draw();
  said.calm(pairs.length);
}
