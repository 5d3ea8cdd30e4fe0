import { h } from "../element";

/** What would change an answer. Going through by Tab, scrolling and marking text stay possible. */
const ACTS = ["pointerdown", "mousedown", "touchstart", "click", "input", "change", "dragstart"] as const;
const KEYS: readonly string[] = ["Enter", " ", "Delete", "Backspace", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];

/**
 * A question to be read and no longer answered. A disabled fieldset stops fields and buttons; words,
 * pictures' spots and carried labels are none, so what would move them does not reach them either.
 */
export function locked(question: HTMLElement): HTMLElement {
  const set = h("fieldset", { class: "sitting-locked", disabled: true }, question);
  for (const act of ACTS) set.addEventListener(act, (event) => event.stopPropagation(), { capture: true, passive: true });
  set.addEventListener("keydown", (event) => {
    if (KEYS.includes(event.key)) event.stopPropagation();
  }, true);
  for (const control of set.querySelectorAll("[role=checkbox], [role=radio], [role=button], [role=application]"))
    control.setAttribute("aria-disabled", "true");
  return set;
}
