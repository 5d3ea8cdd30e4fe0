import type { Answering } from "./interaction";
import type { Note } from "./note";

/** A second press on a lone choice takes it back, but not the second half of a double click. */
const DOUBLE_CLICK_MS = 600;

/** Choosing among values: one of them, or several within the author's limits. */
export interface Selection {
  readonly single: boolean;
  chosen(): readonly string[];
  /** `moment`: the event's time stamp. */
  press(value: string, moment: number): void;
  clear(): void;
}

export const isSingle = ({ response }: Answering): boolean =>
  response.max_choices === 1 && response.cardinality === "single";

/** `draw` is called at once and at each change; values are reported in the order of `all`. */
export function selection(
  answering: Answering,
  all: readonly string[],
  note: Note,
  draw: (chosen: readonly string[]) => void,
): Selection {
  const { response } = answering;
  const single = isSingle(answering);
  let chosen = all.filter((value) => answering.values.includes(value));
  let chosenAt = Number.NEGATIVE_INFINITY;
  const take = (values: string[]): void => {
    chosen = values;
    note.calm(values.length);
    draw(chosen);
    answering.change(values);
  };
  const press = (value: string, moment: number): void => {
    const had = chosen.includes(value);
    if (single && had && moment - chosenAt < DOUBLE_CLICK_MS) return draw(chosen);
    if (had) return take(chosen.filter((other) => other !== value));
    if (single) {
      chosenAt = moment;
      return take([value]);
    }
    if (response.max_choices > 0 && chosen.length >= response.max_choices) {
      note.full();
      return draw(chosen);
    }
    take(all.filter((other) => other === value || chosen.includes(other)));
  };
  draw(chosen);
  note.calm(chosen.length);
  return { single, press, chosen: () => chosen, clear: () => take([]) };
}

/**
 * Elements pressed like the boxes of a form though they are none (words of a text, shapes on a
 * picture). A lone choice is one stop for the Tab key; arrows walk it without choosing.
 */
export function pressable(
  elements: ReadonlyMap<string, HTMLElement | SVGElement>,
  single: boolean,
  press: (value: string, moment: number) => void,
): (chosen: readonly string[]) => void {
  const list = [...elements.values()];
  for (const [value, element] of elements) {
    element.setAttribute("role", single ? "radio" : "checkbox");
    element.addEventListener("click", (event) => press(value, event.timeStamp));
    element.addEventListener("keydown", (event) => {
      const key = (event as KeyboardEvent).key;
      if (key === " " || key === "Enter") {
        event.preventDefault();
        if (!(event as KeyboardEvent).repeat) press(value, event.timeStamp);
      } else if (single) step(event as KeyboardEvent, list, list.indexOf(element));
    });
  }
  return (chosen) => {
    const first = list[0];
    for (const [value, element] of elements) {
      const on = chosen.includes(value);
      element.setAttribute("aria-checked", String(on));
      const stop = !single || on || (chosen.length === 0 && element === first);
      element.setAttribute("tabindex", stop ? "0" : "-1");
    }
  };
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function step(event: KeyboardEvent, list: readonly (HTMLElement | SVGElement)[], at: number): void {
  const by = STEPS[event.key];
  if (by === undefined) return;
  event.preventDefault();
  const next = list[(at + by + list.length) % list.length];
  list.forEach((element) => element.setAttribute("tabindex", element === next ? "0" : "-1"));
  next?.focus();
}
