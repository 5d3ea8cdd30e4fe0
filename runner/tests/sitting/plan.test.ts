import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { shuffled } from "../../src/seal/shuffle";
import { Course } from "../../src/sitting/course";
import { layOut } from "../../src/sitting/layout";
import type { Booklet } from "../../src/wire/booklet";
import type { Plan } from "../../src/wire/plan";

/** tests/vectors/plan.json, which tests/content/test_route.py reads too. */

interface Case {
  name: string;
  items: { id: string; responses: { id: string }[] }[];
  plan: Plan;
  seed: string;
  answers: Record<string, string[]>;
  layout: Record<string, string[]>;
  way: string[];
  path: string[];
}

const { cases } = JSON.parse(readFileSync("../tests/vectors/plan.json", "utf8")) as { cases: Case[] };

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

async function courseOf({ items, plan, seed }: Case): Promise<Course> {
  const booklet = {
    format: "ardoise-booklet/2", campaign: "vecteurs", part: "maths", writer: "pupil", language: "fr",
    campaign_title: "V", title: "V", minutes: 0, instructions: [], assets: {}, plan,
    items: items.map((item) => ({ label: "", body: [], ...item })),
  } as unknown as Booklet;
  const key = fromHex(seed);
  const laid = await layOut(plan, (use, section, names) => shuffled(key, use, section, names));
  return new Course({ booklet, laid, number: "866668325", sheet: null, clock: () => 0 });
}

/** Sits a test: looks at everything there is to see, answers what there is an answer for. */
function sit(course: Course, answers: Record<string, string[]>): string[] {
  const way: string[] = [];
  const look = (place: number) => {
    course.goTo(place);
    const { item } = course;
    if (item === undefined) throw new Error("no item");
    way.push(item.id);
    course.answer(item.id, "r1", answers[item.id] ?? []);
  };
  course.begin();
  while (!course.over) {
    if (!course.linear) {
      course.stops.forEach((_, place) => look(place));
      course.leavePart();
      continue;
    }
    look(course.position);
    course.advance(course.onward());
  }
  return way;
}

describe("a plan goes the way of the vectors", () => {
  test.each(cases)("$name", async (vector) => {
    const key = fromHex(vector.seed);
    const laid = await layOut(vector.plan, (use, section, names) => shuffled(key, use, section, names));
    expect(Object.fromEntries(laid.map(({ part, stops }) => [part.id, stops.map(({ ref }) => ref.item)]))).toEqual(vector.layout);
    const course = await courseOf(vector);
    expect(sit(course, vector.answers)).toEqual(vector.way);
    expect(course.sheet().path).toEqual([...vector.path, "end"]);
  });
});
