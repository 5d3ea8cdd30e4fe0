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
  pairing(answering, chips, { list, none, said });
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

function pairing(answering: Answering, chips: ReadonlyMap<string, Chip>, { list, none, said }: Shown): void {
  const { words, say, response } = answering;
  const name = (value: string): string => chips.get(value)?.name ?? "";
  let picked: string | null = null;
  let pairs: Pair[] = answering.values
    .map((value) => value.split(" ") as [string, string])
    .filter(([one, other]) => chips.has(one) && chips.has(other));
  const uses = (value: string): number => pairs.flat().filter((other) => other === value).length;
  const spent = ({ option }: Chip): boolean => uses(option.value) >= option.most;

  const draw = (): void => {
    for (const chip of chips.values()) {
      chip.element.setAttribute("aria-pressed", String(chip.option.value === picked));
      chip.element.classList.toggle("chip--used", spent(chip));
      const left = chip.option.most - uses(chip.option.value);
      showUses(chip.uses, left, chip.option.most, words.isPaired, words.left);
    }
    list.replaceChildren(...pairs.map(line));
    list.hidden = pairs.length === 0;
    none.hidden = pairs.length > 0;
  };
  const line = (pair: Pair): HTMLElement => {
    const side = (value: string): HTMLElement => {
      const text = make("span", "pair__side");
      const chip = chips.get(value);
      if (chip) text.append(build(chip.option.children, { ...answering.place, quiet: true }));
      return text;
    };
    const undo = make("button", "rank__move rank__out", "×");
    undo.type = "button";
    undo.setAttribute("aria-label", words.undoPair(name(pair[0]), name(pair[1])));
    undo.title = words.undoPair(name(pair[0]), name(pair[1]));
    undo.addEventListener("click", () => {
      pairs = pairs.filter((other) => other !== pair);
      changed();
      chips.get(pair[0])?.element.focus();
      say(words.unpaired(name(pair[0]), name(pair[1])));
    });
    const link = make("span", "pair__link", "—");
    link.setAttribute("aria-hidden", "true");
    return make("li", "pair", side(pair[0]), link, side(pair[1]), undo);
  };
  const changed = (): void => {
    said.calm(pairs.length);
    draw();
    answering.change(pairs.map((pair) => pair.join(" ")));
  };
  const join = (one: string, other: string): void => {
    picked = null;
    const blocked = [one, other].map((value) => chips.get(value)).find((chip) => chip && spent(chip));
    const twice = pairs.some((pair) => pair.includes(one) && pair.includes(other) && (one !== other || pair[0] === pair[1]));
    if (one === other) said.warn(words.withItself);
    else if (twice) said.warn(words.already);
    else if (blocked) said.warn(words.usedUp(blocked.name));
    else if (response.max_choices > 0 && pairs.length >= response.max_choices) said.full();
    else {
      pairs = [...pairs, [one, other]];
      changed();
      return say(words.paired(name(one), name(other)));
    }
    draw();
  };
  const press = (value: string): void => {
    const chip = chips.get(value);
    if (!chip) return;
    if (picked === value) {
      picked = null;
      draw();
      return say(words.putDown(chip.name));
    }
    if (picked !== null) return join(picked, value);
    if (spent(chip)) return said.warn(words.usedUp(chip.name));
    picked = value;
    said.calm(pairs.length);
    draw();
    say(`${chip.name}. ${words.associateHow}`);
  };
  for (const [value, { element }] of chips) {
    element.addEventListener("click", () => press(value));
    element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && picked !== null) press(picked);
    });
    carriable(element, {
      shown: () => element,
      lift: () => undefined,
      spot: (under) => [...chips.values()].find((chip) => chip.element !== element && under && chip.element.contains(under))?.element ?? null,
      drop: (spot) => {
        const other = [...chips].find(([, chip]) => chip.element === spot)?.[0];
        if (other !== undefined) join(value, other);
      },
      miss: () => undefined,
    });
  }
  draw();
  said.calm(pairs.length);
}
