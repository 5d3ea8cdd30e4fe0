import { framed } from "./frame";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import { limitedOptions } from "./match";
import { attributesOf, build, childrenOf, type Special, type Tree } from "./nodes";
import { note, within } from "./note";
import { Placing } from "./placing";
import type { Node as Markup } from "../wire/booklet";
import { classes } from "./vocabulary";

const NAMED = new Set(["prompt", "bank"]);

/** What of an interaction is neither its prompt nor its labels. */
export const flowOf = (tree: Tree): Markup[] =>
  childrenOf(tree).filter((child) => typeof child === "string" || !NAMED.has(child[0]));

export function bankOf(tree: Tree): Tree {
  return childrenOf(tree).find((child): child is Tree => typeof child !== "string" && child[0] === "bank") ?? ["bank", {}];
}

/** Labels above, below or beside what they go to, as the author says. */
export function withBank(answering: Answering, placing: Placing, content: HTMLElement): HTMLElement {
  const side = classes(attributesOf(answering.tree).class).find((name) => name.startsWith("q-bank-"));
  const bank = make("div", "bank", placing.bank);
  bank.setAttribute("role", "group");
  bank.setAttribute("aria-label", answering.words.bank);
  return make("div", `placing ${side ?? "q-bank-top"}`, bank, content);
}

const gapsIn = (node: Markup): number =>
  typeof node === "string" ? 0 : node[0] === "gap" ? 1 : childrenOf(node).reduce((sum, child) => sum + gapsIn(child), 0);

/** Labels to put into the gaps of a text. */
export function gapMatch(answering: Answering): Control {
  const { tree, words, place } = answering;
  const said = note(within(answering, gapsIn(tree)), "pairs", words.placeHow);
  const placing = new Placing(answering, limitedOptions(bankOf(tree)), said);
  const gaps: { readonly value: string; readonly element: HTMLButtonElement }[] = [];
  const special: Special = (node, inner) => {
    if (node[0] !== "gap") return place.special(node, inner);
    const element = make("button", "gap");
    element.type = "button";
    gaps.push({ value: attributesOf(node).value ?? "", element });
    return element;
  };
  const text = make("div", "gap-text q-block");
  text.append(build(flowOf(tree), { ...place, special }));
  gaps.forEach(({ value, element }, index) => {
    const name = words.gap(index + 1, gaps.length);
    placing.add({
      value, element, name, most: 1,
      draw: (held, { waits, offered }) => {
        const option = held[0];
        element.classList.toggle("gap--filled", option !== undefined);
        element.classList.toggle("gap--waits", waits);
        element.classList.toggle("gap--offered", offered);
        element.replaceChildren(option === undefined ? make("span", "gap__number", String(index + 1)) : placing.likeness(option));
        element.setAttribute("aria-label", `${name} : ${option === undefined ? words.empty : placing.name(option)}`);
      },
    });
  });
  placing.start();
  const element = framed(answering, { className: "gaps", title: words.bank }, said, withBank(answering, placing, text));
  return { element, target: placing.first };
}
