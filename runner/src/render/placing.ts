import { carriable } from "./carry";
import { inOrder } from "./choice";
import type { Answering } from "./interaction";
import { make } from "./make";
import type { Limited } from "./match";
import { build } from "./nodes";
import type { Note } from "./note";
import { spokenText } from "./spoken";

/** A place for labels: a gap in a text, a spot on a picture. */
export interface Target {
  readonly value: string;
  /** Labels it holds at most. */
  readonly most: number;
  /** "Trou 2 sur 4". */
  readonly name: string;
  /** What is pressed, and where a carried label may be put down. */
  readonly element: HTMLElement | SVGElement;
  draw(held: readonly string[], state: { readonly waits: boolean; readonly offered: boolean }): void;
}

interface Chip {
  readonly option: Limited;
  readonly element: HTMLButtonElement;
  readonly uses: HTMLElement;
  readonly name: string;
}

/** How often a label can still be used; a tick for the eye and a word for the ear when never. */
export function showUses(uses: HTMLElement, left: number, most: number, spent: string, some: (left: number) => string): void {
  if (left <= 0) uses.replaceChildren("✓", make("span", "visually-hidden", ` ${spent}`));
  else uses.textContent = most > 1 && Number.isFinite(left) ? ` ${some(left)}` : "";
}

/**
 * Labels and their places. A label is taken and its place pressed, or the place first and then the
 * label, or it is carried there; what was placed is taken back by pressing it.
 */
export class Placing {
  readonly bank = make("div", "bank__chips");
  readonly #chips = new Map<string, Chip>();
  readonly #targets: Target[] = [];
  #pairs: (readonly [option: string, target: string])[] = [];
  #picked: string | null = null;
  #waiting: Target | null = null;
  /** Called after each drawing, with what stands where. */
  drawn: (pairs: readonly (readonly [string, string])[]) => void = () => undefined;

  constructor(
    private readonly answering: Answering,
    options: readonly Limited[],
    private readonly note: Note,
  ) {
    for (const option of options) this.#chips.set(option.value, this.#chip(option));
    inOrder(answering, options, this.bank, (placed) => {
      for (const { value } of placed) this.bank.append(this.#chips.get(value)?.element ?? "");
    });
  }

  get first(): HTMLElement {
    return this.#chips.values().next().value?.element ?? this.bank;
  }

  name(option: string): string {
    return this.#chips.get(option)?.name ?? "";
  }

  /** What a label shows, once more. */
  likeness(option: string): DocumentFragment {
    const children = this.#chips.get(option)?.option.children ?? [];
    return build(children, { ...this.answering.place, quiet: true });
  }

  add(target: Target): void {
    this.#targets.push(target);
    target.element.addEventListener("click", () => this.#pressTarget(target));
    target.element.addEventListener("keydown", (event) => this.#escape(event as KeyboardEvent));
  }

  /** Once every target is known. */
  start(): void {
    const known = new Set(this.#targets.map(({ value }) => value));
    this.#pairs = this.answering.values
      .map((value) => value.split(" ") as [string, string])
      .filter(([option, target]) => this.#chips.has(option) && known.has(target));
    this.#draw();
    this.note.calm(this.#pairs.length);
  }

  takeBack(option: string, target: string): void {
    const found = this.#targets.find(({ value }) => value === target);
    const at = this.#pairs.findIndex(([one, other]) => one === option && other === target);
    if (!found || at < 0) return;
    this.#pairs.splice(at, 1);
    this.#changed();
    this.answering.say(this.answering.words.back(this.name(option), found.name));
  }

  #chip(option: Limited): Chip {
    const text = make("span", "chip__text");
    text.append(build(option.children, { ...this.answering.place, quiet: true }));
    const uses = make("span", "chip__uses");
    const element = make("button", "chip", text, uses);
    element.type = "button";
    element.addEventListener("click", () => this.#pressChip(option.value));
    element.addEventListener("keydown", (event) => this.#escape(event));
    carriable(element, {
      shown: () => text,
      lift: () => this.#pick(option.value, false),
      spot: (under) => this.#targets.find(({ element: spot }) => under && spot.contains(under))?.element ?? null,
      drop: (spot) => {
        const target = this.#targets.find((one) => one.element === spot);
        if (target) this.#place(option.value, target);
      },
      miss: () => this.#pick(null, false),
    });
    return { option, element, uses, name: spokenText(text).trim() };
  }

  #uses(option: string): number {
    return this.#pairs.filter(([one]) => one === option).length;
  }

  #held(target: Target): string[] {
    return this.#pairs.filter(([, other]) => other === target.value).map(([option]) => option);
  }

  #pick(option: string | null, says = true): void {
    const { words, say } = this.answering;
    const before = this.#picked;
    this.#picked = option;
    this.#waiting = null;
    this.note.calm(this.#pairs.length);
    this.#draw();
    if (!says) return;
    if (option !== null) say(words.picked(this.name(option)));
    else if (before !== null) say(words.putDown(this.name(before)));
  }

  #pressChip(option: string): void {
    if (this.#waiting) return this.#place(option, this.#waiting);
    this.#pick(this.#picked === option ? null : option);
  }

  #pressTarget(target: Target): void {
    const { words, say } = this.answering;
    if (this.#picked !== null) return this.#place(this.#picked, target);
    const held = this.#held(target);
    const last = held[held.length - 1];
    if (last !== undefined) return this.takeBack(last, target.value);
    this.#waiting = this.#waiting === target ? null : target;
    this.#draw();
    if (this.#waiting) say(words.waits(target.name));
  }

  #place(option: string, target: Target): void {
    const { words, say, response } = this.answering;
    const chip = this.#chips.get(option);
    if (!chip) return;
    this.#picked = null;
    this.#waiting = null;
    let pairs = this.#pairs.filter(([one, other]) => !(one === option && other === target.value));
    // A label that exists once moves; a place for one label gives the old one back.
    if (chip.option.most === 1) pairs = pairs.filter(([one]) => one !== option);
    if (target.most === 1) pairs = pairs.filter(([, other]) => other !== target.value);
    const uses = pairs.filter(([one]) => one === option).length;
    const held = pairs.filter(([, other]) => other === target.value).length;
    if (uses >= chip.option.most) this.note.warn(words.usedUp(chip.name));
    else if (held >= target.most) this.note.warn(words.spotFull(target.name));
    else if (response.max_choices > 0 && pairs.length >= response.max_choices) this.note.full();
    else {
      this.#pairs = [...pairs, [option, target.value]];
      this.#changed();
      return say(words.placed(chip.name, target.name));
    }
    this.#draw();
  }

  #escape(event: KeyboardEvent): void {
    if (event.key !== "Escape" || (this.#picked === null && this.#waiting === null)) return;
    event.preventDefault();
    this.#pick(null);
  }

  #changed(): void {
    const place = new Map(this.#targets.map(({ value }, index) => [value, index]));
    this.#pairs.sort(([, one], [, other]) => (place.get(one) ?? 0) - (place.get(other) ?? 0));
    this.note.calm(this.#pairs.length);
    this.#draw();
    this.answering.change(this.#pairs.map((pair) => pair.join(" ")));
  }

  #draw(): void {
    const { words } = this.answering;
    for (const { option, element, uses } of this.#chips.values()) {
      const left = option.most - this.#uses(option.value);
      element.setAttribute("aria-pressed", String(this.#picked === option.value));
      element.classList.toggle("chip--used", left <= 0);
      showUses(uses, left, option.most, words.isPlaced, words.left);
    }
    for (const target of this.#targets) {
      target.draw(this.#held(target), { waits: this.#waiting === target, offered: this.#picked !== null });
    }
    this.drawn(this.#pairs);
  }
}
