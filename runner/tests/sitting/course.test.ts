import { describe, expect, test } from "vitest";
import { Course } from "../../src/sitting/course";
import { planOf } from "../../src/sitting/layout";
import type { Booklet, Item } from "../../src/wire/booklet";

const response = { id: "r1", interaction: "choice", cardinality: "single", base: "identifier", max_choices: 1, min_choices: 0, shuffle: false, expected_length: null, keys: [] } as const;
const item = (id: string, asks = true): Item => ({ id, label: id.slice(1), body: [], responses: asks ? [{ ...response, keys: [] }] : [] });

function course(items: Item[]): { course: Course; pass: (ms: number) => void } {
  let now = 1000;
  const booklet = {
    format: "ardoise-booklet/1", campaign: "c-1", part: "p", writer: "pupil", language: "fr", campaign_title: "", title: "",
    minutes: 0, items, instructions: [], assets: {},
  } satisfies Booklet;
  const stops = planOf(booklet).parts[0]?.sections.flatMap((section) => section.children.flatMap((ref) =>
    (ref.is === "item" ? [{ ref, sections: [section] }] : []))) ?? [];
  const laid = planOf(booklet).parts.map((part) => ({ part, stops }));
  return { course: new Course({ booklet, laid, number: "866668325", sheet: null, clock: () => now }), pass: (ms) => (now += ms) };
}

describe("the state of a part", () => {
  test("answered, seen and not reached stay distinct", () => {
    const { course: c } = course([item("i1"), item("i2"), item("i3")]);
    c.goTo(0);
    c.answer("i1", "r1", ["c1"]);
    c.goTo(1);
    expect(c.booklet.items.map((i) => c.standing(i))).toEqual(["answered", "seen", "new"]);
    expect(c.missing()).toEqual([1, 2]);
    expect(c.sheet()).toMatchObject({ position: "i2", visited: ["i1", "i2"], responses: { i1: { r1: ["c1"] } } });
  });

  test("an answer that is taken back, or nothing but spaces, is no answer", () => {
    const { course: c } = course([item("i1")]);
    c.answer("i1", "r1", ["c1"]);
    c.answer("i1", "r1", []);
    expect(c.sheet().responses).toEqual({});
    c.answer("i1", "r1", ["  "]);
    expect(c.sheet().responses).toEqual({});
  });

  test("text is kept in NFC and within the limit", () => {
    const { course: c } = course([item("i1")]);
    c.answer("i1", "r1", ["e\u0301te\u0301".padEnd(30_000, "x")]);
    const [text = ""] = c.responsesOf("i1")["r1"] ?? [];
    expect(text.startsWith("été")).toBe(true);
    expect(text.length).toBe(20_000);
  });

  test("a page of text alone is never missing", () => {
    const { course: c } = course([item("i1", false), item("i2")]);
    expect(c.missing()).toEqual([1]);
  });

  test("flags come and go", () => {
    const { course: c } = course([item("i1"), item("i2")]);
    const [, second] = c.booklet.items;
    if (second === undefined) throw new Error("no item");
    c.toggleFlag(second);
    expect(c.sheet().flags).toEqual(["i2"]);
    expect(c.marked()).toEqual([1]);
    c.toggleFlag(second);
    expect(c.sheet().flags).toEqual([]);
  });

  test("time counts on the item in hand, and stands still while the page is out of sight", () => {
    const { course: c, pass } = course([item("i1"), item("i2")]);
    pass(60_000);
    c.goTo(0);
    pass(2_500);
    c.goTo(1);
    pass(1_000);
    c.pause();
    pass(90_000);
    c.resume();
    pass(500);
    expect(c.sheet().seconds).toEqual({ i1: 2.5, i2: 1.5 });
    c.goTo(0);
    pass(1_000);
    expect(c.sheet().seconds).toEqual({ i1: 3.5, i2: 1.5 });
  });

  test("a sheet once taken does not change under the sealing's hands", () => {
    const { course: c } = course([item("i1")]);
    c.answer("i1", "r1", ["c1"]);
    const before = c.sheet();
    c.answer("i1", "r1", ["c2"]);
    expect(before.responses).toEqual({ i1: { r1: ["c1"] } });
  });

  test("going nowhere changes nothing", () => {
    const { course: c } = course([item("i1")]);
    expect(c.goTo(7)).toBe(false);
    expect(c.goTo(0)).toBe(true);
    expect(c.goTo(0)).toBe(false);
  });
});
