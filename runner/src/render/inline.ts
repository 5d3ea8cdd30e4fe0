import { inOrder, optionsOf } from "./choice";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import type { Node as Markup } from "../wire/booklet";
import { captured, parseResponse } from "../capture";
import { attributesOf, childrenOf } from "./nodes";
import { measure } from "./vocabulary";

/** Characters of a short answer, at most. */
const SHORT = 1_000;

/** A list in the line of a sentence. */
export function inlineChoice(answering: Answering): Control {
  const { tree, words, values } = answering;
  const select = make("select", "pick");
  const nothing = make("option", "", attributesOf(tree).placeholder || words.pick);
  nothing.value = "";
  select.append(nothing);
  const options = optionsOf(tree);
  inOrder(answering, options, select, (placed) => {
    for (const { value, children } of placed) {
      const option = make("option", "", plainText(children));
      option.value = value;
      select.append(option);
    }
    select.value = options.some(({ value }) => value === values[0]) ? (values[0] ?? "") : "";
  });
  select.classList.toggle("pick--filled", values.length > 0);
  select.addEventListener("change", () => {
    select.classList.toggle("pick--filled", select.value !== "");
    answering.change(select.value === "" ? [] : [select.value]);
  });
  return { element: select, target: select, inline: true };
}

/** A word or a number in the line of a sentence. What is typed is kept as typed. */
export function textEntry(answering: Answering): Control {
  const { response, values, words, tree } = answering;
  const attributes = attributesOf(tree);
  const box = make("input", "blank");
  box.type = "text";
  box.autocomplete = "off";
  box.spellcheck = false;
  box.setAttribute("autocapitalize", "off");
  box.setAttribute("autocorrect", "off");
  box.maxLength = SHORT;
  const width = measure(attributes.class, "qti-input-width");
  box.size = width ?? Math.min(Math.max(response.expected_length ?? 12, 3), 60);
  if (attributes.placeholder) box.placeholder = attributes.placeholder.slice(0, 100);
  box.value = values[0] ?? "";
  const numeric = response.base === "integer" || response.base === "float" ? response.base : null;
  if (numeric) {
    // A phone's purely numeric pad has no comma and no sign.
    box.inputMode = numeric === "integer" ? "numeric" : "decimal";
    box.classList.add("blank--number");
  }
  /** Why it cannot be what is asked; empty: it can. */
  const doubt = (): string => {
    if (numeric && !isNumber(box.value, numeric)) return numeric === "integer" ? words.integer : words.number;
    return fits(box.value, response.pattern) ? "" : (response.pattern_message ?? words.pattern);
  };
  const hint = make("span", "blank-note");
  hint.hidden = true;
  const draw = (): void => {
    box.classList.toggle("blank--filled", box.value.trim() !== "");
    if (!hint.hidden && doubt() === "") hint.hidden = true;
  };
  // `input` and not `keyup`: dictation, autocorrection and the paste menu must count.
  box.addEventListener("input", () => {
    draw();
    answering.change(textValues(box.value));
  });
  box.addEventListener("change", () => {
    const why = doubt();
    if (why === "") return;
    hint.textContent = why;
    hint.hidden = false;
    hint.style.left = "0";
    const beyond = hint.getBoundingClientRect().right + 8 - document.documentElement.clientWidth;
    if (beyond > 0) hint.style.left = `${-beyond}px`;
    answering.say(hint.textContent);
  });
  draw();
  return { element: make("span", "blank-wrap", box, hint), target: box, inline: true };
}

/** A long text. The box grows with it. */
export function extendedText(answering: Answering): Control {
  const { response, values, words, tree } = answering;
  const attributes = attributesOf(tree);
  const box = make("textarea", "essay__text");
  box.maxLength = 20_000;
  // Some browsers have a text checked by their maker's servers.
  box.setAttribute("spellcheck", "false");
  const lines = measure(attributes.class, "qti-height-lines") ?? response.lines;
  box.rows = Math.min(Math.max(lines ?? Math.ceil((response.expected_length ?? 400) / 70), lines ? 2 : 4), 30);
  if (attributes.placeholder) box.placeholder = attributes.placeholder.slice(0, 400);
  box.value = values[0] ?? "";
  const count = make("span", "essay__count");
  const draw = (): void => {
    count.textContent = words.characters([...box.value].length);
    if (box.scrollHeight > box.clientHeight) box.style.height = `${box.scrollHeight + 8}px`;
  };
  box.addEventListener("input", () => {
    draw();
    answering.change(textValues(box.value));
  });
  draw();
  return { element: make("div", "essay", box, count), target: box, inline: true };
}

/** As it leaves: NFC, and nothing at all when only spaces were typed. */
export function textValues(typed: string): string[] {
  return typed.trim() === "" ? [] : [typed.normalize("NFC")];
}

/** Whether what is typed can be read as a number, or is nothing yet. */
export function isNumber(typed: string, base: "integer" | "float"): boolean {
  return captured(typed) === "" || parseResponse(base, typed) !== null;
}

/** Longer texts are not checked, nor patterns that could take for ever: a hint is not worth that. */
const PATTERN_TEXT = 400;
const NESTED = /[+*}]\)*[+*{]|\\[1-9]/;

/** Whether a text has the author's form (an XML Schema pattern: it must fit as a whole). */
export function fits(typed: string, pattern: string | null | undefined): boolean {
  if (!pattern || typed === "" || typed.length > PATTERN_TEXT || NESTED.test(pattern)) return true;
  try {
    return new RegExp(`^(?:${pattern})$`, "u").test(typed);
  } catch {
    return true;
  }
}

/** The text of markup; an option in a native list can hold nothing else. */
export function plainText(nodes: readonly Markup[]): string {
  return nodes
    .map((node) => (typeof node === "string" ? node : plainText(childrenOf(node))))
    .join("")
    .replace(/\s+/g, " ")
    .trim();
}
