import type { Answering, Control } from "./interaction";
import { make } from "./make";
import { attributesOf } from "./nodes";

/** A button of the author's. Pressed again, the request is taken back. */
export function endAttempt(answering: Answering): Control {
  const { tree, words, name, say } = answering;
  const { title } = attributesOf(tree);
  const button = make("button", "button button--quiet attempt", title || name);
  button.type = "button";
  let pressed = answering.values[0] === "true";
  const state = make("span", "attempt__state small");
  const draw = (): void => {
    button.setAttribute("aria-pressed", String(pressed));
    state.textContent = pressed ? words.ended : "";
  };
  button.addEventListener("click", () => {
    pressed = !pressed;
    draw();
    answering.change(pressed ? ["true"] : []);
    say(pressed ? words.ended : words.unended);
  });
  draw();
  return { element: make("span", "attempt-wrap", button, state), target: button };
}
