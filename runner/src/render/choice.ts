import type { Node as Markup } from "../wire/booklet";
import type { Answering, Control } from "./interaction";
import { freshId, make } from "./make";
import { attributesOf, build, childrenOf, type Tree } from "./nodes";
import { classes } from "./vocabulary";

/** A second click on a chosen radio takes it back, but not the second half of a double click. */
const DOUBLE_CLICK_MS = 600;

export interface Option {
  readonly value: string;
  readonly fixed: boolean;
  readonly children: readonly Markup[];
}

export function optionsOf(tree: Tree): Option[] {
  const trees = childrenOf(tree).filter(
    (child): child is Tree => typeof child !== "string" && child[0] === "option",
  );
  return trees.map((option) => {
    const { value = "", fixed } = attributesOf(option);
    return { value, fixed: fixed === "true", children: childrenOf(option) };
  });
}

export function promptOf(tree: Tree): readonly Markup[] | null {
  const found = childrenOf(tree).find((child) => typeof child !== "string" && child[0] === "prompt");
  return found === undefined ? null : childrenOf(found as Tree);
}

/** Free places are filled in the given order; fixed options stay where their author put them. */
export function arranged<T extends Option>(options: readonly T[], order: readonly string[]): T[] {
  const place = new Map(order.map((value, index) => [value, index]));
  const rank = (option: T): number => place.get(option.value) ?? order.length;
  const free = options.filter((option) => !option.fixed).sort((a, b) => rank(a) - rank(b));
  return options.map((option) => (option.fixed ? option : (free.shift() ?? option)));
}

/** Puts shuffled options in place; until their order is known nothing is shown, so nothing moves. */
export function inOrder(
  answering: Answering,
  options: readonly Option[],
  target: HTMLElement,
  place: (options: readonly Option[]) => void,
): void {
  if (!answering.response.shuffle) return place(options);
  const free = options.filter((option) => !option.fixed).map((option) => option.value);
  const order = answering.item.order(answering.response.id, free);
  if (Array.isArray(order)) return place(arranged(options, order));
  target.style.visibility = "hidden";
  const show = (known: readonly string[]): void => {
    place(arranged(options, known));
    target.style.visibility = "";
  };
  order.then(show, () => show(free));
}

export function choice(answering: Answering): Control {
  const { response, tree, place, words } = answering;
  const single = response.max_choices === 1 && response.cardinality === "single";
  const rows = new Map<string, Row>();
  const group = freshId("choice");
  const options = optionsOf(tree);
  for (const option of options) {
    rows.set(option.value, row(option, answering, single ? "radio" : "checkbox", group));
  }
  const listed = make("div", "choices__list");
  if (classes(attributesOf(tree).class).includes("q-horizontal")) listed.classList.add("choices__list--side");
  inOrder(answering, options, listed, (placed) => {
    for (const option of placed) listed.append(rows.get(option.value)?.label ?? "");
  });
  const note = make("p", "answer-note", limitWords(answering, single));
  note.id = freshId("note");
  const clear = make("button", "button button--bare", words.clear);
  clear.type = "button";
  const foot = make("div", "choices__foot", note, clear);
  const prompt = promptOf(tree);
  const legend = make("legend", prompt ? "choices__prompt" : "visually-hidden");
  legend.append(prompt ? build(prompt, { ...place, quiet: true }) : `${answering.name}. ${words.options}`);
  const fieldset = make("fieldset", "choices", legend, ...(single ? [listed, foot] : [note, listed]));
  fieldset.setAttribute("aria-describedby", note.id);
  choosing({ answering, rows, clear, note, single });
  const first = (rows.values().next().value as Row | undefined)?.mark ?? fieldset;
  return { element: fieldset, target: first };
}

interface Row {
  readonly label: HTMLElement;
  readonly mark: HTMLInputElement;
}

function row(option: Option, answering: Answering, type: string, group: string): Row {
  const mark = make("input", "choice__mark");
  mark.type = type;
  mark.name = group;
  mark.value = option.value;
  const text = make("span", "choice__text");
  text.append(build(option.children, { ...answering.place, quiet: true }));
  // Browsers leave formulas out of a label's name.
  if (text.querySelector("math")) mark.setAttribute("aria-label", spokenText(text));
  return { label: make("label", "choice", mark, text), mark };
}

const BETWEEN: Readonly<Record<string, string>> = { mfrac: "/", msup: "^", msub: "_" };

/** Text with its formulas in one line: ½ is 1/2. */
export function spokenText(node: Node): string {
  const name = node instanceof Element ? node.localName : "";
  const alt = node instanceof HTMLImageElement ? node.alt : "";
  if (node.nodeType === Node.TEXT_NODE) return (node.textContent ?? "").replace(/\s+/g, " ");
  return alt + [...node.childNodes].map(spokenText).join(BETWEEN[name] ?? "");
}

function limitWords({ response, words }: Answering, single: boolean): string {
  if (single) return words.one;
  return response.max_choices > 1 ? words.atMost(response.max_choices) : words.several;
}

interface Choosing {
  readonly answering: Answering;
  readonly rows: ReadonlyMap<string, Row>;
  readonly clear: HTMLButtonElement;
  readonly note: HTMLElement;
  readonly single: boolean;
}

function choosing({ answering, rows, clear, note, single }: Choosing): void {
  const { response, words } = answering;
  let chosen = [...rows.keys()].filter((value) => answering.values.includes(value));
  let chosenAt = Number.NEGATIVE_INFINITY;
  const draw = (): void => {
    for (const [value, { label, mark }] of rows) {
      mark.checked = chosen.includes(value);
      label.classList.toggle("choice--chosen", mark.checked);
    }
    clear.setAttribute("aria-disabled", String(chosen.length === 0 || !single));
  };
  const take = (values: string[]): void => {
    note.textContent = limitWords(answering, single);
    note.classList.remove("answer-note--warn");
    chosen = values;
    draw();
    answering.change(values);
  };
  const press = (value: string, moment: number): void => {
    const had = chosen.includes(value);
    if (single && had && moment - chosenAt < DOUBLE_CLICK_MS) return draw();
    if (had) return take(chosen.filter((other) => other !== value));
    if (single) {
      chosenAt = moment;
      return take([value]);
    }
    if (response.max_choices > 0 && chosen.length >= response.max_choices) {
      note.textContent = words.tooMany(response.max_choices);
      note.classList.add("answer-note--warn");
      answering.say(note.textContent);
      return draw();
    }
    take([...rows.keys()].filter((other) => other === value || chosen.includes(other)));
  };
  for (const [value, { mark }] of rows) {
    mark.addEventListener("click", (event) => press(value, event.timeStamp));
  }
  clear.addEventListener("click", () => {
    const focus = rows.get(chosen[0] ?? "")?.mark;
    take([]);
    focus?.focus();
    answering.say(words.cleared);
  });
  draw();
}
