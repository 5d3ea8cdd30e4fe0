import type { Item, Response, Rule } from "../wire/booklet";
import { associate } from "./associate";
import { endAttempt } from "./attempt";
import { choice } from "./choice";
import { gapMatch } from "./gapmatch";
import { graphicGapMatch } from "./graphicgap";
import { hotspot } from "./hotspot";
import { hottext } from "./hottext";
import { extendedText, inlineChoice, textEntry } from "./inline";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import { match } from "./match";
import { attributesOf, build, startAt, type Special } from "./nodes";
import { order } from "./order";
import { mediaPlayer } from "./player";
import { selectPoint } from "./point";
import { dress } from "./sheets";
import { slider } from "./slider";
import { hush, reader } from "./speech";
import type { ItemContext, ItemView } from "./types";
import { classes } from "./vocabulary";
import { renderWords } from "./words";
import { spokenText } from "./spoken";

const CONTROLS = {
  choice,
  "inline-choice": inlineChoice,
  "text-entry": textEntry,
  "extended-text": extendedText,
  order,
  match,
  associate,
  "gap-match": gapMatch,
  "graphic-gap-match": graphicGapMatch,
  hotspot,
  hottext,
  "select-point": selectPoint,
  slider,
  media: mediaPlayer,
  "end-attempt": endAttempt,
} as const satisfies Record<Response["interaction"], (answering: Answering) => Control>;

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
    if (!response || response.interaction !== tree[0] || place.quiet) return document.createDocumentFragment();
    responses.delete(response.id);
    const control = answer(response, tree, place);
    control.element.classList.add(...classes(attributesOf(tree).class).filter((name) => !name.startsWith("q-")));
    control.target.dataset.testid = `answer-${response.id}`;
    controls.push(control);
    return control.element;
  };
  const element = unremembered();
  element.lang = item.language || context.language;
  element.dataset.testid = `item-${item.id}`;
  element.append(build(item.body, startAt(item.body, context, special, 2)));
  nameInline(controls, words);
  putBeside(element);
  if (context.readAloud) element.prepend(reader(() => readable(element), element.lang, words));
  element.append(live);
  const undress = dressed(element, item, context);
  return {
    element,
    focus: () => controls[0]?.target.focus(),
    destroy: () => {
      alive = false;
      undress();
      hush();
      controls.forEach((control) => control.destroy?.());
    },
  };
}

/** The author's style sheets, of the item and of the shared texts in it. */
function dressed(element: HTMLElement, item: Item, context: ItemContext): () => void {
  const { styles = {}, stimuli = {} } = context.shared ?? {};
  const rules = (ids: readonly string[] = []): Rule[][] => ids.map((id) => styles[id] ?? []);
  const ends = [dress(element, rules(item.styles), context)];
  for (const shared of element.querySelectorAll<HTMLElement>("[data-stimulus]")) {
    ends.push(dress(shared, rules(stimuli[shared.dataset.stimulus ?? ""]?.styles), context));
  }
  return () => ends.forEach((end) => end());
}

/** What a voice reads of an item: its text and its answers, not its buttons. */
function readable(element: HTMLElement): string {
  const copy = element.cloneNode(true) as HTMLElement;
  copy.querySelectorAll("[role=status], .reader, .rank__moves, .explain-wrap, .answer-note, [aria-hidden=true]").forEach((part) => part.remove());
  copy.querySelectorAll("p, li, label, legend, h2, h3, h4, td, th").forEach((part) => part.append(". "));
  return spokenText(copy);
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
