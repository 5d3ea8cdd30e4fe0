import { promptOf } from "./choice";
import type { Answering } from "./interaction";
import { make } from "./make";
import { build } from "./nodes";
import type { Note } from "./note";

/** A block to answer in: its prompt names it, its note describes it. */
export function framed(
  answering: Answering,
  kind: { readonly className: string; readonly title: string },
  note: Note | null,
  ...content: (Node | string)[]
): HTMLFieldSetElement {
  const { tree, place, name } = answering;
  const prompt = promptOf(tree);
  const legend = make("legend", prompt ? "choices__prompt" : "visually-hidden");
  legend.append(prompt ? build(prompt, { ...place, quiet: true }) : `${name}. ${kind.title}`);
  const fieldset = make("fieldset", `choices ${kind.className}`, legend);
  if (note) {
    fieldset.append(note.element);
    fieldset.setAttribute("aria-describedby", note.element.id);
  }
  fieldset.append(...content);
  return fieldset;
}

export interface Keeper {
  readonly element: HTMLElement;
  draw(answered: boolean): void;
}

/**
 * For answers that stand there before anybody gave them (an order, a place on a line): says that
 * nothing was answered yet, offers to keep what stands, and to take it back once it counts.
 */
export function keeper(answering: Answering, label: string, keep: () => void, clear: () => void): Keeper {
  const { words, say } = answering;
  const state = make("span", "keeper__state");
  const yes = make("button", "button button--quiet", label);
  const no = make("button", "button button--bare", words.clear);
  yes.type = no.type = "button";
  const draw = (answered: boolean): void => {
    const held = document.activeElement === yes || document.activeElement === no;
    state.textContent = answered ? words.answered : words.unanswered;
    state.classList.toggle("keeper__state--given", answered);
    yes.hidden = answered;
    no.hidden = !answered;
    if (held) (answered ? no : yes).focus();
  };
  yes.addEventListener("click", () => {
    keep();
    say(words.answered);
  });
  no.addEventListener("click", () => {
    clear();
    say(words.cleared);
  });
  return { element: make("div", "keeper", state, yes, no), draw };
}
