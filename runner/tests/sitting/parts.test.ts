import { describe, expect, test } from "vitest";
import { Course } from "../../src/sitting/course";
import { introOf } from "../../src/sitting/intro";
import { layOut, planOf } from "../../src/sitting/layout";
import type { Booklet, Item, Response } from "../../src/wire/booklet";
import type { Control, ItemRef, Limits, Plan, Section, TestPart } from "../../src/wire/plan";
import type { Sheet } from "../../src/wire/sheet";

/** Linear parts, limits, what holds one at an item, what is closed. */

const response: Response = { id: "r1", interaction: "choice", cardinality: "single", base: "identifier", max_choices: 1, min_choices: 0, shuffle: false, expected_length: null, keys: [] };
const item = (id: string, more: Partial<Response> = {}): Item => ({ id, label: id.slice(1), body: [], responses: [{ ...response, ...more }] });
const ref = (id: string, more: Partial<ItemRef> = {}): ItemRef => ({ is: "item", item: id, ...more });
const section = (id: string, children: (Section | ItemRef)[], more: Partial<Section> = {}): Section => ({ is: "section", id, children, ...more });

interface Sitting {
  course: Course;
  pass: (seconds: number) => void;
  /** The same sheet on a machine that was just switched on. */
  again: () => Promise<Course>;
}

async function sitting(parts: TestPart[], items: Item[], more: { percent?: number; limits?: Limits } = {}): Promise<Sitting> {
  const plan: Plan = { parts, ...(more.limits ? { limits: more.limits } : {}) };
  const booklet: Booklet = {
    format: "ardoise-booklet/2", campaign: "c-1", part: "p", writer: "pupil", language: "fr", campaign_title: "",
    title: "", minutes: 0, items, instructions: [["p", {}, "Bonjour"]], assets: {}, plan,
  };
  let now = 0;
  const laid = await layOut(planOf(booklet), (_use, _section, names) => Promise.resolve(names));
  const of = (sheet: Sheet | null) => new Course({ booklet, laid, number: "866668325", sheet, clock: () => now, now: () => 1_000_000 + now, percent: more.percent ?? 100 });
  const course = of(null);
  return { course, pass: (seconds) => (now += seconds * 1000), again: () => Promise.resolve(of(structuredClone(course.sheet()))) };
}

const three = [item("i1"), item("i2"), item("i3")];
const linear = (children: (Section | ItemRef)[], more: Partial<TestPart> = {}): TestPart =>
  ({ id: "p1", navigation: "linear", submission: "individual", sections: [section("s1", children)], ...more });
const free = (children: (Section | ItemRef)[], more: Partial<TestPart> = {}): TestPart =>
  ({ id: "p1", navigation: "nonlinear", submission: "individual", sections: [section("s1", children)], ...more });
const strict = (control: Control) => free([ref("i1", { control }), ref("i2"), ref("i3")]);

function next(course: Course): void {
  course.advance(course.onward());
  if (!course.over) course.goTo(course.position);
}

describe("a linear part", () => {
  test("goes on and never back, also after a reload", async () => {
    const { course, again } = await sitting([linear([ref("i1"), ref("i2"), ref("i3")])], three);
    course.goTo(0);
    expect(course.goTo(2)).toBe(false);
    next(course);
    expect(course.item?.id).toBe("i2");
    expect(course.goTo(0)).toBe(false);
    const reloaded = await again();
    expect(reloaded.goTo(0)).toBe(false);
    expect(reloaded.item?.id).toBe("i2");
  });

  test("an item that was left stays left, though the next one was not shown yet", async () => {
    const { course, again } = await sitting([linear([ref("i1"), ref("i2"), ref("i3")])], three);
    course.goTo(0);
    course.advance(course.onward());
    const reloaded = await again();
    expect(reloaded.item?.id).toBe("i2");
    expect(reloaded.sheet().visited).toEqual(["i1"]);
  });

  test("ends after its last item, for good", async () => {
    const { course, again } = await sitting([linear([ref("i1"), ref("i2")])], three);
    course.goTo(0);
    next(course);
    next(course);
    expect(course.over).toBe(true);
    expect((await again()).over).toBe(true);
    expect(course.goTo(1)).toBe(false);
    expect(course.answer("i2", "r1", ["c1"])).toBe(false);
  });

  test("numbers count what was shown, and no total gives the way away", async () => {
    const { course } = await sitting([linear([ref("i1"), ref("i2")]), { ...free([ref("i3")]), id: "p2" }], three);
    course.goTo(0);
    expect([course.label(course.position), course.count]).toEqual(["1", null]);
    next(course);
    expect(course.label(course.position)).toBe("2");
    next(course);
    expect([course.part.id, course.label(0), course.count]).toEqual(["p2", "3", 3]);
  });
});

describe("a part that was left", () => {
  test("is not entered again", async () => {
    const { course, again } = await sitting([free([ref("i1"), ref("i2")]), { ...free([ref("i3")]), id: "p2" }], three);
    course.goTo(0);
    expect(course.followed).toBe(true);
    course.leavePart();
    expect(course.items.map(({ id }) => id)).toEqual(["i3"]);
    expect(course.followed).toBe(false);
    expect((await again()).items.map(({ id }) => id)).toEqual(["i3"]);
  });
});

describe("what holds one at an item", () => {
  test("an answer that must not be left out", async () => {
    const { course } = await sitting([strict({ skipping: false })], three);
    course.goTo(0);
    expect(course.hold()).toEqual({ why: "skip" });
    course.answer("i1", "r1", ["c1"]);
    expect(course.hold()).toBeNull();
  });

  test("an answer that is too little, or no number", async () => {
    const [, second, third] = three as [Item, Item, Item];
    const part = strict({ validate: true });
    const { course: choices } = await sitting([part], [item("i1", { min_choices: 2, max_choices: 3, cardinality: "multiple" }), second, third]);
    choices.goTo(0);
    choices.answer("i1", "r1", ["c1"]);
    expect(choices.hold()).toEqual({ why: "invalid" });
    choices.answer("i1", "r1", ["c1", "c3"]);
    expect(choices.hold()).toBeNull();
    const { course: number } = await sitting([part], [item("i1", { interaction: "text-entry", base: "float" }), second, third]);
    number.goTo(0);
    number.answer("i1", "r1", ["beaucoup"]);
    expect(number.hold()).toEqual({ why: "invalid" });
    number.answer("i1", "r1", ["3,5"]);
    expect(number.hold()).toBeNull();
  });

  test("nothing, where a whole part is submitted at once", async () => {
    const { course } = await sitting([{ ...strict({ skipping: false, validate: true }), submission: "simultaneous" }], three);
    course.goTo(0);
    expect(course.hold()).toBeNull();
  });

  test("a time that must pass first, in a linear part", async () => {
    const { course, pass } = await sitting([linear([ref("i1", { limits: { least: 10 } }), ref("i2")])], three);
    course.goTo(0);
    pass(4);
    expect(course.hold()).toEqual({ why: "wait", seconds: 6 });
    pass(6);
    expect(course.hold()).toBeNull();
  });
});

describe("what is closed", () => {
  test("an item that its author wants shown no more, once it was left with an answer", async () => {
    const { course, again } = await sitting([strict({ review: false })], three);
    course.goTo(0);
    course.goTo(1);
    expect(course.reachable(0)).toBe(true);
    course.goTo(0);
    course.answer("i1", "r1", ["c1"]);
    course.goTo(1);
    expect(course.reachable(0)).toBe(false);
    expect((await again()).reachable(0)).toBe(false);
  });

  test("an item whose only attempt was ended by its button", async () => {
    const attempt = { ...item("i1"), responses: [response, { ...response, id: "r2", interaction: "end-attempt" as const, base: "boolean" as const }] };
    const { course } = await sitting([strict({})], [attempt, ...three.slice(1)]);
    course.goTo(0);
    course.answer("i1", "r1", ["c1"]);
    course.answer("i1", "r2", ["true"]);
    expect(course.lock()).toBe("attempt");
    expect(course.answer("i1", "r1", ["c2"])).toBe(false);
    expect(course.responsesOf("i1")["r1"]).toEqual(["c1"]);
  });
});

describe("limits", () => {
  test("a linear item's time runs on over a reload, and leads to the next item", async () => {
    const { course, pass, again } = await sitting([linear([ref("i1", { limits: { most: 60 } }), ref("i2")])], three);
    course.goTo(0);
    pass(50);
    const reloaded = await again();
    expect(reloaded.remaining()).toEqual({ scope: "item", id: "i1", leftMs: 10_000 });
    pass(11);
    const ended = reloaded.remaining();
    expect(ended?.leftMs).toBe(0);
    expect(reloaded.answer("i1", "r1", ["c1"])).toBe(false);
    expect(ended && reloaded.expire(ended)).toBe("moved");
    expect(reloaded.item?.id).toBe("i2");
  });

  test("a seat with more time has more of every limit", async () => {
    const { course, pass } = await sitting([linear([ref("i1", { limits: { most: 60 } })])], three, { percent: 150 });
    course.goTo(0);
    pass(60);
    expect(course.remaining()?.leftMs).toBe(30_000);
  });

  test("where one goes back and forth, a section counts the time spent in it", async () => {
    const sections = [section("s1", [ref("i1"), ref("i2")], { limits: { most: 60 } }), section("s2", [ref("i3")])];
    const { course, pass, again } = await sitting([{ id: "p1", submission: "individual", sections }], three);
    course.goTo(0);
    pass(20);
    course.goTo(2);
    expect(course.remaining()).toBeNull();
    pass(500);
    course.goTo(1);
    pass(30);
    expect(course.remaining()?.leftMs).toBe(10_000);
    expect((await again()).remaining()?.leftMs).toBe(10_000);
    pass(10);
    const ended = course.remaining();
    expect(ended && course.expire(ended)).toBe("stays");
    expect(course.lock()).toBe("time");
    course.goTo(2);
    expect(course.lock()).toBeNull();
  });

  test("a linear section's end leads out of it, a part's end to the next part, a test's to the end", async () => {
    const sections = [section("s1", [ref("i1"), ref("i2")], { limits: { most: 10 } }), section("s2", [ref("i3")])];
    const { course, pass } = await sitting([linear([], { sections })], three);
    course.goTo(0);
    pass(10);
    course.expire({ scope: "section", id: "s1", leftMs: 0 });
    expect(course.item?.id).toBe("i3");

    const parts = [free([ref("i1")], { limits: { most: 10 } }), { ...free([ref("i2")]), id: "p2" }];
    const { course: staged, pass: passes } = await sitting(parts, three);
    staged.goTo(0);
    passes(10);
    expect(staged.remaining()).toEqual({ scope: "part", id: "p1", leftMs: 0 });
    expect(staged.expire({ scope: "part", id: "p1", leftMs: 0 })).toBe("left");
    expect(staged.part.id).toBe("p2");

    const { course: whole, pass: all } = await sitting(parts, three, { limits: { most: 5 } });
    whole.goTo(0);
    all(5);
    expect(whole.remaining()?.scope).toBe("test");
    whole.expire({ scope: "test", id: "test", leftMs: 0 });
    expect(whole.over).toBe(true);
  });

  test("a limit that takes late answers ends nothing", async () => {
    const { course, pass } = await sitting([linear([ref("i1", { limits: { most: 60, late: true } })])], three);
    course.goTo(0);
    pass(90);
    expect(course.remaining()).toBeNull();
    expect(course.answer("i1", "r1", ["c1"])).toBe(true);
  });
});

describe("what is said before", () => {
  test("instructions once, a part's way, a section's limit for this seat", async () => {
    const sections = [
      section("s1", [ref("i1")], { title: "Calcul", instructions: [["p", {}, "Sans calculatrice"]] }),
      section("s2", [ref("i2")], { title: "Caché", visible: false }),
      section("s3", [ref("i3")], { title: "Vite", limits: { most: 60 } }),
    ];
    const { course } = await sitting([linear([], { sections })], three, { percent: 200 });
    course.begin();
    expect(introOf(course, 0)).toEqual({ nodes: [["p", {}, "Bonjour"], ["p", {}, "Sans calculatrice"]], title: "Calcul", seconds: null, way: "linear", followed: false });
    course.goTo(0);
    expect(introOf(course, 0)).toBeNull();
    course.advance(course.onward());
    expect(introOf(course, course.position)).toBeNull();
    course.goTo(course.position);
    course.advance(course.onward());
    expect(introOf(course, course.position)).toEqual({ nodes: [], title: "Vite", seconds: 120, way: null, followed: false });
  });
});
