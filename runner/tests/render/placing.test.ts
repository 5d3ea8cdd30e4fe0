// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Node as Markup } from "../../src/wire/booklet";
import { options, show } from "./drawing";

beforeEach(() => (document.documentElement.lang = "fr"));
afterEach(() => document.body.replaceChildren());

const places = (texts: HTMLElement[]): string[] => texts.map((text) => text.textContent ?? "");

describe("an order of everything", () => {
  const body: Markup[] = [["order", { response: "r1" }, ...options("c1", "c2", "c3")]];
  const all = { interaction: "order", cardinality: "ordered", max_choices: 0 } as const;

  it("is no answer before it is touched, and says so", () => {
    const { all: found, onChange } = show(body, all);
    expect(found(".keeper__state")[0]?.textContent).toBe("Pas encore répondu");
    expect(onChange).not.toHaveBeenCalled();
  });

  it("counts as it stands when it is kept, and is taken back", () => {
    const { all: found, press, reported } = show(body, all);
    const [keep, clear] = found("button:not(.rank__move)");
    press(keep);
    expect(reported()).toEqual(["c1", "c2", "c3"]);
    expect(found(".keeper__state")[0]?.textContent).toBe("Réponse donnée");
    press(clear);
    expect(reported()).toEqual([]);
  });

  it("moves by its buttons, which keep the focus and tell the place", () => {
    const { named, press, reported, said } = show(body, all);
    const later = named("Placer après : mot c1");
    press(later);
    expect(reported()).toEqual(["c2", "c1", "c3"]);
    expect(said()).toBe("mot c1 : place 2 sur 3.");
    expect(document.activeElement).toBe(later);
    press(later);
    press(later);
    expect(reported()).toEqual(["c2", "c3", "c1"]);
  });

  it("stands again as it was left, what the answer lacks at the end", () => {
    const { all: found, onChange } = show(body, all, ["c3", "c1"]);
    expect(places(found(".rank__text"))).toEqual(["mot c3", "mot c1", "mot c2"]);
    expect(onChange).not.toHaveBeenCalled();
  });
});

describe("an order of some", () => {
  const body: Markup[] = [["order", { response: "r1" }, ...options("c1", "c2", "c3")]];
  const some = { interaction: "order", cardinality: "ordered", min_choices: 1, max_choices: 2 } as const;

  it("grows by picking, up to the limit", () => {
    const { all, press, reported, said, onChange } = show(body, some);
    const chips = all(".chip");
    press(chips[2]);
    press(chips[0]);
    expect(reported()).toEqual(["c3", "c1"]);
    press(chips[1]);
    expect(onChange).toHaveBeenCalledTimes(2);
    expect(said()).toContain("2 éléments à placer au plus");
  });

  it("gives back what is taken out", () => {
    const { named, press, reported, all } = show(body, some, ["c3", "c1"]);
    press(named("Retirer : mot c3"));
    expect(reported()).toEqual(["c1"]);
    expect(all<HTMLElement>(".chip")[2]?.hidden).toBe(false);
    expect(document.activeElement).toBe(all(".chip")[2]);
  });
});

describe("a match", () => {
  const set = (most: string, ...values: string[]): Markup => [
    "set", {}, ...values.map((value): Markup => ["option", { value, most }, `mot ${value}`]),
  ];
  const pairs = { interaction: "match", base: "directed-pair", max_choices: 0 } as const;

  it("makes a group of each row, named by it", () => {
    const { all } = show([["match", { response: "r1" }, set("1", "a1", "a2"), set("0", "b1", "b2")]], pairs);
    const groups = all("[role=radiogroup]");
    expect(groups).toHaveLength(2);
    expect(document.getElementById(groups[0]?.getAttribute("aria-labelledby") ?? "")?.textContent).toBe("mot a1");
    expect(all(".match__head")[0]?.getAttribute("aria-hidden")).toBe("true");
  });

  it("moves a row's one answer and reports pairs in the order of rows", () => {
    const { all, press, reported } = show([["match", { response: "r1" }, set("1", "a1", "a2"), set("0", "b1", "b2")]], pairs);
    const marks = all("input");
    press(marks[3]);
    press(marks[0]);
    press(marks[1]);
    expect(reported()).toEqual(["a1 b2", "a2 b2"]);
    press(marks[3]);
    expect(reported()).toEqual(["a1 b2"]);
  });

  it("keeps to the limits of a column, of a row and of the whole", () => {
    const one = show([["match", { response: "r1" }, set("1", "a1", "a2"), set("1", "b1", "b2")]], pairs, ["a1 b1"]);
    one.press(one.all("input")[2]);
    expect(one.onChange).not.toHaveBeenCalled();
    expect(one.said()).toContain("« mot b1 » sert déjà ailleurs");
    const row = show([["match", { response: "r1" }, set("2", "a1"), set("0", "b1", "b2", "b3")]], pairs, ["a1 b1", "a1 b2"]);
    row.press(row.all("input")[2]);
    expect(row.said()).toContain("2 au plus");
    const whole = show([["match", { response: "r1" }, set("0", "a1"), set("0", "b1", "b2")]], { ...pairs, max_choices: 1 }, ["a1 b1"]);
    whole.press(whole.all("input")[1]);
    expect(whole.onChange).not.toHaveBeenCalled();
    expect(whole.said()).toContain("1 association au plus");
  });

  it("is restored, and forgets pairs that it does not know", () => {
    const { all, press, reported } = show([["match", { response: "r1" }, set("0", "a1"), set("0", "b1", "b2")]], pairs, ["a1 b2", "zz b1"]);
    expect(all<HTMLInputElement>("input").map(({ checked }) => checked)).toEqual([false, true]);
    press(all("input")[0]);
    expect(reported()).toEqual(["a1 b1", "a1 b2"]);
  });
});

describe("pairs of one set", () => {
  const body: Markup[] = [["associate", { response: "r1" }, ...options("c1", "c2", "c3", "c4")]];
  const pairs = { interaction: "associate", base: "pair", max_choices: 2 } as const;

  it("are made by pressing one and the other, and undone", () => {
    const { all, press, named, reported, said } = show(body, pairs);
    const chips = all(".chip");
    press(chips[0]);
    expect(chips[0]?.getAttribute("aria-pressed")).toBe("true");
    press(chips[2]);
    expect(reported()).toEqual(["c1 c3"]);
    expect(said()).toBe("Paire faite : mot c1 et mot c3.");
    press(named("Défaire la paire : mot c1 et mot c3"));
    expect(reported()).toEqual([]);
  });

  it("let nobody be twice where once is allowed", () => {
    const { all, press, onChange, said } = show(body, pairs, ["c1 c3"]);
    press(all(".chip")[0]);
    expect(said()).toContain("déjà placé");
    press(all(".chip")[1]);
    press(all(".chip")[2]);
    expect(onChange).not.toHaveBeenCalled();
  });

  it("put down what was picked by a second press or by Escape", () => {
    const { all, press, key, said } = show(body, pairs);
    press(all(".chip")[0]);
    press(all(".chip")[0]);
    expect(said()).toBe("mot c1 : reposé.");
    press(all(".chip")[1]);
    key(all(".chip")[1], "Escape");
    expect(all(".chip[aria-pressed=true]")).toHaveLength(0);
  });
});

describe("gaps in a text", () => {
  const body: Markup[] = [
    ["gap-match", { response: "r1" },
      ["bank", {}, ["option", { value: "c1", most: "1" }, "chat"], ["option", { value: "c2", most: "0" }, "chien"]],
      ["p", {}, "Le ", ["gap", { value: "g1" }], " et le ", ["gap", { value: "g2" }], "."]],
  ];
  const pairs = { interaction: "gap-match", base: "directed-pair", max_choices: 0 } as const;

  it("take a label and then a place, or a place and then a label", () => {
    const { all, press, named, reported, said } = show(body, pairs);
    const [cat, dog] = all(".chip");
    press(cat);
    expect(said()).toContain("en main");
    press(named("Trou 2 sur 2 : vide"));
    press(named("Trou 1 sur 2 : vide"));
    press(dog);
    expect(reported()).toEqual(["c2 g1", "c1 g2"]);
    expect(named("Trou 2 sur 2 : chat").textContent).toBe("chat");
  });

  it("move a label that exists once, repeat one without limit, and give back", () => {
    const { all, press, reported } = show(body, pairs, ["c1 g1"]);
    const [cat, dog] = all(".chip");
    const [one, two] = all(".gap");
    press(cat);
    press(two);
    expect(reported()).toEqual(["c1 g2"]);
    press(dog);
    press(one);
    press(dog);
    press(two);
    expect(reported()).toEqual(["c2 g1", "c2 g2"]);
    press(one);
    expect(reported()).toEqual(["c2 g2"]);
  });
});
