import { carriable } from "./carry";
import { inOrder, optionsOf, type Option } from "./choice";
import { framed, keeper } from "./frame";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import { attributesOf, build } from "./nodes";
import { note } from "./note";
import { classes } from "./vocabulary";
import { spokenText } from "./spoken";

/**
 * Things to put in order. Without limits all of them are ranked: they stand in a list from the
 * start, and the order counts once it was touched or kept. With limits the list is filled by picking.
 */
export function order(answering: Answering): Control {
  const { response, tree, words } = answering;
  const options = optionsOf(tree);
  const most = response.max_choices > 1 ? response.max_choices : 0;
  const all = most === 0 && response.min_choices === 0 || response.min_choices >= options.length;
  const free = { ...answering, response: { ...response, max_choices: 0, min_choices: 0 } };
  const said = all ? note(free, "placed", words.orderMove) : note(answering, "placed", words.orderPick);
  const frame = make("div", "order");
  const sideways = attributesOf(tree).orientation === "horizontal" || classes(attributesOf(tree).class).includes("q-horizontal");
  const list = new Ranking(answering, sideways);
  frame.append(list.element);
  const control = all ? rankAll(answering, options, list, frame) : rankSome(answering, options, list, frame, { most, said });
  const element = framed(answering, { className: "ranking", title: words.order }, said, frame);
  return { element, target: control };
}

function rankAll(answering: Answering, options: readonly Option[], list: Ranking, frame: HTMLElement): HTMLElement {
  const given = answering.values.filter((value) => options.some((option) => option.value === value));
  let initial: string[] = [];
  const report = (): void => {
    keep.draw(true);
    answering.change(list.values());
  };
  const keep = keeper(answering, answering.words.keepOrder, report, () => {
    list.show(initial);
    keep.draw(false);
    answering.change([]);
  });
  list.changed = report;
  inOrder(answering, options, frame, (placed) => {
    initial = placed.map(({ value }) => value);
    list.add(options);
    list.show(given.length ? [...given, ...initial.filter((value) => !given.includes(value))] : initial);
    keep.draw(given.length > 0);
  });
  frame.append(keep.element);
  return list.element;
}

function rankSome(
  answering: Answering,
  options: readonly Option[],
  list: Ranking,
  frame: HTMLElement,
  { most, said }: { most: number; said: ReturnType<typeof note> },
): HTMLElement {
  const { words, say } = answering;
  const bank = make("div", "bank__chips");
  const shelf = make("div", "bank", make("p", "bank__title", words.toRank), bank);
  const chips = new Map<string, HTMLButtonElement>();
  const draw = (): void => {
    const ranked = list.values();
    for (const [value, chip] of chips) chip.hidden = ranked.includes(value);
    shelf.hidden = ranked.length === options.length;
    said.calm(ranked.length);
  };
  list.changed = () => {
    draw();
    answering.change(list.values());
  };
  list.removed = (value) => chips.get(value)?.focus();
  for (const option of options) {
    const chip = make("button", "chip");
    chip.type = "button";
    chip.append(build(option.children, { ...answering.place, quiet: true }));
    chip.addEventListener("click", () => {
      if (most > 0 && list.values().length >= most) return said.full();
      const next = [...chips.values()].filter((other) => !other.hidden && other !== chip);
      list.show([...list.values(), option.value]);
      list.changed();
      (next[0] ?? list.element).focus();
      say(words.rankedAt(list.name(option.value), list.values().length, list.values().length));
    });
    chips.set(option.value, chip);
  }
  inOrder(answering, options, bank, (placed) => {
    for (const { value } of placed) bank.append(chips.get(value) ?? "");
    list.add(options, true);
    list.show(answering.values.filter((value) => chips.has(value)));
    draw();
  });
  list.element.setAttribute("aria-label", words.ranked);
  frame.prepend(shelf);
  return chips.values().next().value ?? list.element;
}

interface Row {
  readonly element: HTMLElement;
  readonly place: HTMLElement;
  readonly earlier: HTMLButtonElement;
  readonly later: HTMLButtonElement;
  readonly name: string;
}

/** A list that lies on its side stands upright on a small screen: the style shows the right arrow. */
const arrows = (upright: string, side: string): HTMLElement[] => [
  make("span", "rank__upright", upright),
  make("span", "rank__side", side),
];

/** A numbered list whose rows move by their buttons or by their grip. */
class Ranking {
  readonly element = make("ol", "ranks");
  changed: () => void = () => undefined;
  removed: (value: string) => void = () => undefined;
  readonly #rows = new Map<string, Row>();
  #order: string[] = [];

  constructor(
    private readonly answering: Answering,
    sideways: boolean,
  ) {
    this.element.setAttribute("role", "list");
    this.element.tabIndex = -1;
    if (sideways) this.element.classList.add("ranks--side");
  }

  values(): string[] {
    return [...this.#order];
  }

  name(value: string): string {
    return this.#rows.get(value)?.name ?? "";
  }

  add(options: readonly Option[], removable = false): void {
    for (const option of options) this.#rows.set(option.value, this.#row(option, removable));
  }

  show(order: readonly string[]): void {
    this.#order = [...order];
    const shown = order.map((value) => this.#rows.get(value)).filter((row): row is Row => row !== undefined);
    this.element.replaceChildren(...shown.map(({ element }) => element));
    shown.forEach((row, index) => {
      row.place.textContent = String(index + 1);
      row.earlier.setAttribute("aria-disabled", String(index === 0));
      row.later.setAttribute("aria-disabled", String(index === shown.length - 1));
    });
    this.element.hidden = shown.length === 0;
  }

  #row(option: Option, removable: boolean): Row {
    const { words, place } = this.answering;
    const text = make("span", "rank__text");
    text.append(build(option.children, { ...place, quiet: true }));
    const name = spokenText(text).trim();
    const button = (className: string, label: string, ...signs: (Node | string)[]): HTMLButtonElement => {
      const made = make("button", `rank__move ${className}`, ...signs);
      made.type = "button";
      made.setAttribute("aria-label", label);
      made.title = label;
      return made;
    };
    const earlier = button("", words.earlier(name), ...arrows("↑", "←"));
    const later = button("", words.later(name), ...arrows("↓", "→"));
    earlier.addEventListener("click", () => this.#move(option.value, -1, earlier));
    later.addEventListener("click", () => this.#move(option.value, 1, later));
    const number = make("span", "rank__place");
    const grip = make("span", "rank__grip", "⠿");
    grip.setAttribute("aria-hidden", "true");
    const moves = make("span", "rank__moves", earlier, later);
    const element = make("li", "rank", grip, number, text, moves);
    if (removable) {
      const out = button("rank__out", words.takeOut(name), "×");
      out.addEventListener("click", () => this.#remove(option.value));
      moves.append(out);
    }
    this.#carry(grip, element, option.value);
    return { element, place: number, earlier, later, name };
  }

  #move(value: string, by: number, button: HTMLElement): void {
    const at = this.#order.indexOf(value) + by;
    if (at < 0 || at >= this.#order.length) return;
    this.#put(value, at);
    button.focus();
  }

  #put(value: string, at: number): void {
    const others = this.#order.filter((other) => other !== value);
    others.splice(at, 0, value);
    this.show(others);
    this.changed();
    this.answering.say(this.answering.words.rankedAt(this.name(value), at + 1, others.length));
  }

  #remove(value: string): void {
    this.show(this.#order.filter((other) => other !== value));
    this.changed();
    this.removed(value);
    this.answering.say(this.answering.words.takenOut(this.name(value)));
  }

  /** Put down on a row, it takes that row's place. */
  #carry(grip: HTMLElement, element: HTMLElement, value: string): void {
    const valueAt = (spot: Element): string | undefined =>
      [...this.#rows].find(([, row]) => row.element === spot)?.[0];
    carriable(grip, {
      shown: () => element,
      lift: () => element.classList.add("rank--lifted"),
      spot: (under) => {
        const row = under?.closest(".rank") ?? null;
        return row && row !== element && this.element.contains(row) ? row : null;
      },
      drop: (spot) => {
        element.classList.remove("rank--lifted");
        const target = valueAt(spot);
        if (target !== undefined) this.#put(value, this.#order.indexOf(target));
      },
      miss: () => element.classList.remove("rank--lifted"),
    }, true);
  }
}
