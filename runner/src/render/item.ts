import type { Item, Response } from "../wire/booklet";
import { choice, optionsOf, promptOf } from "./choice";
import { extendedText, inlineChoice, textEntry } from "./inline";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import { attributesOf, build, startAt, type Special } from "./nodes";
import type { ItemContext, ItemView, NodeContext } from "./types";
import { renderWords } from "./words";

const CONTROLS = {
  choice,
  "inline-choice": inlineChoice,
  "text-entry": textEntry,
  "extended-text": extendedText,
} as const;

const isInteraction = (name: string): name is keyof typeof CONTROLS => Object.keys(CONTROLS).includes(name);
const NAME_LENGTH = 160;

/** An item with its controls, the answers so far in place. */
export function renderItem(item: Item, context: ItemContext): ItemView {
  const words = renderWords();
  const responses = new Map(item.responses.map((response) => [response.id, response]));
  const live = make("p", "visually-hidden");
  live.setAttribute("role", "status");
  const controls: Control[] = [];
  let alive = true;
  const answer = (response: Response, tree: Answering["tree"], place: Answering["place"]): Control => {
    const count = item.responses.length;
    const name = count > 1 ? words.answerOf(controls.length + 1, count) : words.answer;
    return CONTROLS[response.interaction]({
      response, tree, place, words, name,
      item: context,
      values: context.responses[response.id] ?? [],
      change: (values) => alive && context.onChange(response.id, values),
      say: (text) => (live.textContent = text),
    });
  };
  const special: Special = (tree, place) => {
    if (!isInteraction(tree[0])) return null;
    const response = responses.get(attributesOf(tree).response ?? "");
    if (!response || place.quiet) return document.createDocumentFragment();
    responses.delete(response.id);
    const control = answer(response, tree, place);
    control.target.dataset.testid = `answer-${response.id}`;
    controls.push(control);
    return control.element;
  };
  const element = unremembered();
  element.lang = context.language;
  element.dataset.testid = `item-${item.id}`;
  element.append(build(item.body, startAt(item.body, context, special, 2)));
  nameInline(controls, words);
  putBeside(element);
  element.append(live);
  return {
    element,
    focus: () => controls[0]?.target.focus(),
    destroy: () => (alive = false),
  };
}

/**
 * Browsers write what stands in a page's controls to their session files, to restore it after a
 * crash: answers in the clear, on a shared machine. Only controls of a form that says so are spared.
 */
function unremembered(): HTMLFormElement {
  const form = make("form", "question");
  form.setAttribute("autocomplete", "off");
  form.noValidate = true;
  // Enter in a lone text box would send the form: nothing here is ever sent.
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
}

/** An item to look at: its answers listed, nothing to press. For the teacher beside the grid. */
export function renderPreview(item: Item, context: NodeContext): HTMLElement {
  const special: Special = (tree, place) => {
    if (!isInteraction(tree[0])) return null;
    // Its options stand on the teacher's keys already.
    const keyed = item.responses.some(({ id, keys }) => id === attributesOf(tree).response && keys.length > 0);
    if (keyed) return document.createDocumentFragment();
    if (tree[0] === "text-entry" || tree[0] === "extended-text") return make("span", "q-gap", "\u2026");
    const listed = make("ul", "q-options");
    for (const option of optionsOf(tree)) {
      const line = make("li");
      line.append(build(option.children, { ...place, quiet: true }));
      listed.append(line);
    }
    const prompt = promptOf(tree);
    if (!prompt) return listed;
    return make("div", "q-block", build(prompt, { ...place, quiet: true }), listed);
  };
  const element = make("div", "question");
  element.lang = context.language;
  element.append(build(item.body, startAt(item.body, context, special, 3)));
  return element;
}

/** A text to read and its question: side by side where there is room. */
function putBeside(element: HTMLElement): void {
  const [first, ...others] = [...element.childNodes].filter((node) => node.nodeType !== Node.TEXT_NODE || node.textContent?.trim());
  if (!(first instanceof HTMLElement) || !first.classList.contains("q-stimulus") || others.length === 0) return;
  element.classList.add("question--beside");
  element.append(make("div", "q-beside q-block", ...others));
}

function nameInline(controls: readonly Control[], words: ReturnType<typeof renderWords>): void {
  const inline = controls.filter((control) => control.inline);
  inline.forEach((control) => {
    const place = controls.indexOf(control) + 1;
    const name = controls.length > 1 ? words.answerOf(place, controls.length) : words.answer;
    const sentence = surroundings(control);
    control.target.setAttribute("aria-label", sentence ? `${name} : ${sentence}` : name);
  });
}

/** The text around a control, each control in it drawn as an ellipsis. */
function surroundings({ element }: Control): string {
  const before = element.tagName === "DIV" ? element.previousElementSibling : null;
  const block = before ?? element.closest("p, li, td, th, dd, dt, blockquote, figcaption, div, form");
  const text = block ? spoken(block).replace(/\s+/g, " ").trim() : "";
  if (text.length <= NAME_LENGTH) return text === "…" ? "" : text;
  return `${text.slice(0, NAME_LENGTH).replace(/\s\S*$/, "")}…`;
}

function spoken(node: Node): string {
  if (node instanceof HTMLSelectElement || node instanceof HTMLInputElement) return " … ";
  if (node instanceof HTMLElement && (node.hidden || node.tagName === "FIELDSET" || node.tagName === "DIALOG")) return "";
  if (node.nodeType === Node.TEXT_NODE) return node.textContent ?? "";
  return [...node.childNodes].map(spoken).join("");
}
