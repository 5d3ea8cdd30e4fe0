import { carriable } from "./carry";
import { inOrder } from "./choice";
import { framed } from "./frame";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import { limitedOptions, type Limited } from "./match";
import { build } from "./nodes";
import { note, within } from "./note";
import { showUses } from "./placing";
import { spokenText } from "./spoken";

type Pair = readonly [string, string];

/** Pairs from one set: press a thing and the one that goes with it, or carry one onto the other. */
export function associate(answering: Answering): Control {
  const { tree, words, place } = answering;
  const options = limitedOptions(tree);
  const said = note(within(answering, Math.floor(options.reduce((sum, { most }) => sum + most, 0) / 2)), "pairs", words.associateHow);
  const bank = make("div", "bank__chips");
  const chips = new Map<string, Chip>();
  for (const option of options) {
    const text = make("span", "chip__text");
    text.append(build(option.children, { ...place, quiet: true }));
    const uses = make("span", "chip__uses");
    const element = make("button", "chip", text, uses);
    element.type = "button";
    chips.set(option.value, { option, element, uses, name: spokenText(text).trim() });
  }
  inOrder(answering, options, bank, (placed) => {
    for (const { value } of placed) bank.append(chips.get(value)?.element ?? "");
  });
  const list = make("ul", "pairs");
  list.setAttribute("aria-label", words.pairs);
  list.setAttribute("role", "list");
  const none = make("p", "muted small pairs__none", words.noPairs);
  new Pairing(answering, chips, { list, none, said }).start();
  const element = framed(answering, { className: "associate", title: words.associate }, said,
    make("div", "bank", bank), none, list);
  return { element, target: chips.values().next().value?.element ?? element };
}

interface Chip {
  readonly option: Limited;
  readonly element: HTMLButtonElement;
  readonly uses: HTMLElement;
  readonly name: string;
}

interface Shown {
  readonly list: HTMLElement;
  readonly none: HTMLElement;
  readonly said: ReturnType<typeof note>;
}

class Pairing {
  #picked: string | null = null;
  #pairs: Pair[];

  constructor(
    private readonly answering: Answering,
    private readonly chips: ReadonlyMap<string, Chip>,
    private readonly shown: Shown,
  ) {
    this.#pairs = answering.values
      .map((value) => value.split(" ") as [string, string])
      .filter(([one, other]) => chips.has(one) && chips.has(other));
  }

  start(): void {
    for (const [value, { element }] of this.chips) {
      element.addEventListener("click", () => this.#press(value));
      element.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && this.#picked !== null) this.#press(this.#picked);
      });
      this.#carry(value, element);
    }
    this.#draw();
    this.shown.said.calm(this.#pairs.length);
  }

  #name(value: string): string {
    return this.chips.get(value)?.name ?? "";
  }

  #left({ option }: Chip): number {
    return option.most - this.#pairs.flat().filter((other) => other === option.value).length;
  }

  #press(value: string): void {
    const { words, say } = this.answering;
    const chip = this.chips.get(value);
    if (!chip) return;
    if (this.#picked === value) {
      this.#picked = null;
      this.#draw();
      return say(words.putDown(chip.name));
    }
    if (this.#picked !== null) return this.#join(this.#picked, value);
    if (this.#left(chip) <= 0) return this.shown.said.warn(words.usedUp(chip.name));
    this.#picked = value;
    this.shown.said.calm(this.#pairs.length);
    this.#draw();
    say(`${chip.name}. ${words.associateHow}`);
  }

  #join(one: string, other: string): void {
    const { words, say } = this.answering;
    this.#picked = null;
    const refuse = this.#refusal(one, other);
    if (refuse) {
      refuse();
      return this.#draw();
    }
    this.#pairs = [...this.#pairs, [one, other]];
    this.#changed();
    say(words.paired(this.#name(one), this.#name(other)));
  }

  /** Says why two things make no pair; null: they do. */
  #refusal(one: string, other: string): (() => void) | null {
    const { words, response } = this.answering;
    const { said } = this.shown;
    if (one === other) return () => said.warn(words.withItself);
    if (this.#pairs.some((pair) => pair.includes(one) && pair.includes(other))) return () => said.warn(words.already);
    const spent = [one, other].map((value) => this.chips.get(value)).find((chip) => chip && this.#left(chip) <= 0);
    if (spent) return () => said.warn(words.usedUp(spent.name));
    return response.max_choices > 0 && this.#pairs.length >= response.max_choices ? said.full : null;
  }

  #undo(pair: Pair): void {
    const { words, say } = this.answering;
    this.#pairs = this.#pairs.filter((other) => other !== pair);
    this.#changed();
    this.chips.get(pair[0])?.element.focus();
    say(words.unpaired(this.#name(pair[0]), this.#name(pair[1])));
  }

  #changed(): void {
    this.shown.said.calm(this.#pairs.length);
    this.#draw();
    this.answering.change(this.#pairs.map((pair) => pair.join(" ")));
  }

  #draw(): void {
    const { words } = this.answering;
    for (const chip of this.chips.values()) {
      const left = this.#left(chip);
      chip.element.setAttribute("aria-pressed", String(chip.option.value === this.#picked));
      chip.element.classList.toggle("chip--used", left <= 0);
      showUses(chip.uses, left, chip.option.most, words.isPaired, words.left);
    }
    const { list, none } = this.shown;
    list.replaceChildren(...this.#pairs.map((pair) => this.#line(pair)));
    list.hidden = this.#pairs.length === 0;
    none.hidden = this.#pairs.length > 0;
  }

  #line(pair: Pair): HTMLElement {
    const side = (value: string): HTMLElement => {
      const children = this.chips.get(value)?.option.children ?? [];
      return make("span", "pair__side", build(children, { ...this.answering.place, quiet: true }));
    };
    const undo = make("button", "rank__move rank__out", "×");
    undo.type = "button";
    undo.title = this.answering.words.undoPair(this.#name(pair[0]), this.#name(pair[1]));
    undo.setAttribute("aria-label", undo.title);
    undo.addEventListener("click", () => this.#undo(pair));
    const link = make("span", "pair__link", "—");
    link.setAttribute("aria-hidden", "true");
    return make("li", "pair", side(pair[0]), link, side(pair[1]), undo);
  }

  #carry(value: string, element: HTMLElement): void {
    const holding = (under: Element): [string, Chip] | undefined =>
      [...this.chips].find(([other, chip]) => other !== value && chip.element.contains(under));
    carriable(element, {
      shown: () => element,
      lift: () => undefined,
      spot: (under) => (under && holding(under)?.[1].element) ?? null,
      drop: (spot) => {
        const other = holding(spot)?.[0];
        if (other !== undefined) this.#join(value, other);
      },
      miss: () => undefined,
    });
  }
}
