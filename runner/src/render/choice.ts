import type { Node as Markup } from "../wire/booklet";
import { besideOption } from "./catalog";
import { framed } from "./frame";
import type { Answering, Control } from "./interaction";
import { freshId, make } from "./make";
import { attributesOf, build, childrenOf, type Tree } from "./nodes";
import { note, type Note } from "./note";
import { isSingle, selection } from "./selection";
import { spokenText } from "./spoken";
import { classes } from "./vocabulary";

export interface Option {
  readonly value: string;
  readonly fixed: boolean;
  readonly children: readonly Markup[];
  readonly tree: Tree;
}

export function optionsOf(tree: Tree): Option[] {
  const trees = childrenOf(tree).filter(
    (child): child is Tree => typeof child !== "string" && child[0] === "option",
  );
  return trees.map((option) => {
    const { value = "", fixed } = attributesOf(option);
    return { value, fixed: fixed === "true", children: childrenOf(option), tree: option };
  });
}

export function promptOf(tree: Tree): readonly Markup[] | null {
  const found = childrenOf(tree).find((child) => typeof child !== "string" && child[0] === "prompt");
  return found === undefined ? null : childrenOf(found as Tree);
}

/** Free places are filled in the given order; fixed options stay where their author put them. */
export function arranged<T extends Pick<Option, "value" | "fixed">>(options: readonly T[], order: readonly string[]): T[] {
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
  const { response, tree, words } = answering;
  const single = isSingle(answering);
  const rows = new Map<string, Row>();
  const group = freshId("choice");
  const options = optionsOf(tree);
  for (const option of options) {
    rows.set(option.value, row(option, answering, single ? "radio" : "checkbox", group));
  }
  const { class: given, orientation } = attributesOf(tree);
  const looks = classes(given).filter((name) => LOOKS.test(name));
  const listed = make("div", ["choices__list", ...looks].join(" "));
  if (looks.includes("q-horizontal") || orientation === "horizontal") listed.classList.add("choices__list--side");
  inOrder(answering, options, listed, (placed) => {
    for (const option of placed) listed.append(rows.get(option.value)?.element ?? "");
  });
  const limited = response.max_choices > 0 || response.min_choices > 0;
  const said = note(answering, "answers", single ? words.one : limited ? "" : words.several);
  const clear = make("button", "button button--bare", words.clear);
  clear.type = "button";
  const foot = make("div", "choices__foot", ...(single ? [said.element, clear] : []));
  const element = framed(answering, { className: "", title: words.options }, single ? null : said, listed);
  if (single) {
    element.append(foot);
    element.setAttribute("aria-describedby", said.element.id);
  }
  choosing(answering, rows, clear, said);
  return { element, target: rows.values().next().value?.mark ?? element };
}

/** Classes that say how the options stand. */
const LOOKS = /^q-(?:horizontal|stack|labels|suffix)/;

interface Row {
  readonly element: HTMLElement;
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
  const label = make("label", "choice", mark, text);
  const help = besideOption(option.tree, answering.place);
  return { label, mark, element: help ? make("div", "choice-row", label, help) : label };
}

function choosing(
  answering: Answering,
  rows: ReadonlyMap<string, Row>,
  clear: HTMLButtonElement,
  said: Note,
): void {
  const { words } = answering;
  const chosen = selection(answering, [...rows.keys()], said, (values) => {
    for (const [value, { label, mark }] of rows) {
      mark.checked = values.includes(value);
      label.classList.toggle("choice--chosen", mark.checked);
    }
    clear.setAttribute("aria-disabled", String(values.length === 0));
  });
  for (const [value, { mark }] of rows) {
    mark.addEventListener("click", (event) => chosen.press(value, event.timeStamp));
  }
  clear.addEventListener("click", () => {
    const focus = rows.get(chosen.chosen()[0] ?? "")?.mark;
    chosen.clear();
    focus?.focus();
    answering.say(words.cleared);
  });
}
