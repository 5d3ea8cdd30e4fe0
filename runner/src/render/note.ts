import type { Answering } from "./interaction";
import { freshId, make } from "./make";
import type { Counted } from "./words";

/** The line that says how much is asked, and that says so again, kindly, when it matters. */
export interface Note {
  readonly element: HTMLElement;
  /** Says why something did not happen. */
  warn(text: string): void;
  /** Nothing to say but what is asked; with an answer begun, what is missing of it. */
  calm(given: number): void;
  /** One more was tried than the author allows. */
  full(): void;
}

/** A limit that nobody can reach is not worth a word: `capacity` is what fits anyhow. */
export function within(answering: Answering, capacity: number): Answering {
  const { response } = answering;
  return response.max_choices < capacity ? answering : { ...answering, response: { ...response, max_choices: 0 } };
}

/** `counted`: what is counted, in the words' terms; `first` leads the line. */
export function note(answering: Answering, counted: Counted, first = ""): Note {
  const { response, words, say } = answering;
  const { max_choices: most, min_choices: least } = response;
  const element = make("p", "answer-note");
  element.id = freshId("note");
  // "One answer only" says it all.
  const single = response.cardinality === "single" && most === 1;
  const asked = [first, single ? "" : words.limits(counted, least > 1 ? least : 0, most)].filter(Boolean).join(" ");
  const show = (text: string, warns: boolean): void => {
    element.textContent = text;
    element.hidden = text === "";
    element.classList.toggle("answer-note--warn", warns);
  };
  const warn = (text: string): void => {
    show(text, true);
    say(text);
  };
  const calm = (given: number): void => {
    const missing = given > 0 && !single ? least - given : 0;
    const more = missing > 0 ? (response.min_message ?? words.more(counted, missing)) : "";
    show([asked, more].filter(Boolean).join(" "), false);
  };
  calm(0);
  return { element, warn, calm, full: () => warn(response.max_message ?? words.full(counted, most)) };
}
