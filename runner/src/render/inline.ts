import { inOrder, optionsOf } from "./choice";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import type { Node as Markup } from "../wire/booklet";
import { childrenOf } from "./nodes";

/** Characters of a short answer, at most. */
const SHORT = 1_000;

/** A list in the line of a sentence. */
export function inlineChoice(answering: Answering): Control {
  const { tree, words, values } = answering;
  const select = make("select", "pick");
  const nothing = make("option", "", words.pick);
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
  const { response, values, words } = answering;
  const box = make("input", "blank");
  box.type = "text";
  box.autocomplete = "off";
  box.spellcheck = false;
  box.setAttribute("autocapitalize", "off");
  box.setAttribute("autocorrect", "off");
  box.maxLength = SHORT;
  box.size = Math.min(Math.max(response.expected_length ?? 12, 3), 60);
  box.value = values[0] ?? "";
  const numeric = response.base === "integer" || response.base === "float";
  if (numeric) {
    // A phone's purely numeric pad has no comma and no sign.
    box.inputMode = response.base === "integer" ? "numeric" : "decimal";
    box.classList.add("blank--number");
  }
  const hint = make("span", "blank-note");
  hint.hidden = true;
  const draw = (): void => {
    box.classList.toggle("blank--filled", box.value.trim() !== "");
    if (!numeric || isNumber(box.value, response.base)) hint.hidden = true;
  };
  // `input` and not `keyup`: dictation, autocorrection and the paste menu must count.
  box.addEventListener("input", () => {
    draw();
    answering.change(textValues(box.value));
  });
  box.addEventListener("change", () => {
    if (!numeric || isNumber(box.value, response.base)) return;
    hint.textContent = response.base === "integer" ? words.integer : words.number;
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
  const { response, values, words } = answering;
  const box = make("textarea", "essay__text");
  box.maxLength = 20_000;
  // Some browsers have a text checked by their maker's servers.
  box.setAttribute("spellcheck", "false");
  box.rows = Math.min(Math.max(Math.ceil((response.expected_length ?? 400) / 70), 4), 16);
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

/** Whether a pupil's way of writing it is a number: sign, comma or point, spaces between digits. */
export function isNumber(typed: string, base: string): boolean {
  const text = typed.trim().replace(/(\d)[ \u00a0\u202f](?=\d)/g, "$1");
  if (text === "") return true;
  return base === "integer" ? /^[+\-−–]?\d+$/.test(text) : /^[+\-−–]?(\d+([.,]\d*)?|[.,]\d+)$/.test(text);
}

/** The text of markup; an option in a native list can hold nothing else. */
export function plainText(nodes: readonly Markup[]): string {
  return nodes
    .map((node) => (typeof node === "string" ? node : plainText(childrenOf(node))))
    .join("")
    .replace(/\s+/g, " ")
    .trim();
}
