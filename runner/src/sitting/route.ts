import { parseResponse, type CaptureBase } from "../capture";
import type { Booklet, Response } from "../wire/booklet";
import type { Branch, Condition, Plan, Row, Section, Table } from "../wire/plan";
import type { LaidPart, Stop } from "./layout";

/** The way through a booklet that answers lead to: src/ardoise/content/route.py says the same. */

/** Item id → response id → values. */
export type Answers = Readonly<Record<string, Record<string, string[]>>>;

const TYPED: readonly string[] = ["string", "integer", "float"];

/** Evaluates a plan's conditions on the answers so far. */
export class Rules {
  readonly #tables: Record<string, Table>;
  readonly #responses: Map<string, Map<string, Response>>;

  constructor(booklet: Booklet, plan: Plan) {
    this.#tables = plan.tables ?? {};
    this.#responses = new Map(booklet.items.map((item) =>
      [item.id, new Map(item.responses.map((response) => [response.id, response]))]));
  }

  /** Whether a condition is true; none is. `given`: items that the seat was given so far. */
  holds(condition: Condition | null | undefined, answers: Answers, given: ReadonlySet<string>): boolean {
    if (condition === null || condition === undefined) return true;
    switch (condition.is) {
      case "every":
        return condition.of.every((one) => this.holds(one, answers, given));
      case "some":
        return condition.of.some((one) => this.holds(one, answers, given));
      case "unless":
        return !this.holds(condition.of, answers, given);
      case "compare": {
        let total = 0;
        for (const { table, weight } of condition.terms) total += (weight ?? 1) * this.#points(table, answers, given);
        return compared(total, condition.by, condition.value);
      }
    }
  }

  /** Where the first branch that is true goes. */
  first(branches: readonly Branch[] | undefined, answers: Answers, given: ReadonlySet<string>): string | null {
    return (branches ?? []).find((branch) => this.holds(branch.when, answers, given))?.to ?? null;
  }

  #points(name: string, answers: Answers, given: ReadonlySet<string>): number {
    const table = this.#tables[name];
    if (table === undefined) throw new Error("a rule asks for a table that the booklet does not have");
    if (!given.has(table.item)) return table.absent ?? 0;
    const held = answers[table.item] ?? {};
    const row = table.rows.find((candidate) => table.responses.every((response, at) =>
      this.#same(this.#responses.get(table.item)?.get(response), held[response] ?? [], candidate.given[at] ?? [], candidate)));
    return row?.points ?? table.otherwise ?? 0;
  }

  #same(response: Response | undefined, given: readonly string[], wanted: readonly string[], row: Row): boolean {
    if (response === undefined) return false;
    const value = (text: string) => valueOf(response, text, row);
    const here = given.map(value).filter((one) => one !== null);
    const there = wanted.map(value);
    if (response.cardinality === "multiple") {
      here.sort(byText);
      there.sort(byText);
    }
    return here.length === there.length && here.every((one, at) => one === there[at]);
  }
}

function byText(one: unknown, other: unknown): number {
  return String(one) < String(other) ? -1 : String(one) > String(other) ? 1 : 0;
}

function valueOf(response: Response, text: string, row: Row): string | number | boolean | null {
  if (!TYPED.includes(response.base)) return text;
  const value = parseResponse(response.base as CaptureBase, text);
  return row.folded === true && typeof value === "string" ? value.toLowerCase() : value;
}

function compared(total: number, by: string, value: number): boolean {
  switch (by) {
    case "lt":
      return total < value;
    case "lte":
      return total <= value;
    case "gt":
      return total > value;
    case "gte":
      return total >= value;
    case "equal":
      return total === value;
    default:
      return total !== value;
  }
}

export interface Judge {
  holds: (condition: Condition | null | undefined) => boolean;
  first: (branches: readonly Branch[] | undefined) => string | null;
}

/** A step inside a linear part: a place, its end (`null`), or the end of the whole test. */
export type Step = number | null | "quit";

/** The way through a linear part: pre-conditions skip, branch rules jump, only ever forward. */
export class Way {
  constructor(
    private readonly stops: readonly Stop[],
    private readonly judge: Judge,
  ) {}

  start(): Step {
    return this.#arrive(0, []);
  }

  next(place: number): Step {
    const stop = this.stops[place];
    return stop === undefined ? null : this.#leave(place, stop.sections, this.judge.first(stop.ref.branches));
  }

  /** The place after a whole section. */
  after(place: number, section: Section): Step {
    const { sections } = this.stops[place] ?? { sections: [] };
    const depth = sections.findIndex((held) => held.id === section.id);
    const target = this.judge.first(section.branches);
    return this.#leave(this.#last(section, place), sections.slice(0, Math.max(0, depth)), target);
  }

  /** Goes on from a place, out of the sections in hand, innermost first; or to a target. */
  #leave(from: number, inside: readonly Section[], to: string | null): Step {
    let place = from;
    let target = to;
    for (let depth = inside.length - 1; depth >= 0; depth -= 1) {
      const section = inside[depth] as Section;
      if (target === null && this.#within(place + 1, section)) return this.#arrive(place + 1, inside.slice(0, depth + 1));
      if (target !== null && target !== "exit-section") break;
      place = this.#last(section, place);
      target = this.judge.first(section.branches);
    }
    if (target === "exit-test") return "quit";
    if (target === "exit-part") return null;
    if (target === null || target === "exit-section") return this.#arrive(place + 1, []);
    const found = this.#find(target, place);
    return found === null ? null : this.#arrive(found, this.#shared(place, found));
  }

  /** This place, unless a pre-condition skips it or a section that is entered with it. */
  #arrive(place: number, inside: readonly Section[]): Step {
    const stop = this.stops[place];
    if (stop === undefined) return null;
    const known = new Set(inside.map(({ id }) => id));
    for (const [depth, section] of stop.sections.entries()) {
      if (known.has(section.id) || this.judge.holds(section.when)) continue;
      return this.#leave(this.#last(section, place), stop.sections.slice(0, depth), null);
    }
    return this.judge.holds(stop.ref.when) ? place : this.#leave(place, stop.sections, null);
  }

  #within(place: number, section: Section): boolean {
    return this.stops[place]?.sections.some(({ id }) => id === section.id) ?? false;
  }

  #last(section: Section, from: number): number {
    let place = from;
    while (this.#within(place + 1, section)) place += 1;
    return place;
  }

  #find(target: string, place: number): number | null {
    const found = this.stops.findIndex((stop, at) =>
      at > place && (stop.ref.item === target || stop.sections.some(({ id }) => id === target)));
    return found < 0 ? null : found;
  }

  #shared(here: number, there: number): Section[] {
    const ids = new Set(this.stops[here]?.sections.map(({ id }) => id));
    return (this.stops[there]?.sections ?? []).filter(({ id }) => ids.has(id));
  }
}

/** The first test part from here on whose pre-condition holds; null: the test is over. */
export function arriveAtPart(parts: readonly LaidPart[], at: number, judge: Judge): number | null {
  const found = parts.findIndex(({ part }, place) => place >= at && judge.holds(part.when));
  return found < 0 ? null : found;
}

/** The test part after this one. */
export function partAfter(parts: readonly LaidPart[], at: number, judge: Judge): number | null {
  const target = judge.first(parts[at]?.part.branches);
  if (target === null) return arriveAtPart(parts, at + 1, judge);
  const found = parts.findIndex(({ part }) => part.id === target);
  return found < 0 ? null : arriveAtPart(parts, found, judge);
}

/** Whether another test part may follow, whatever the answers are. */
export function mayFollow(parts: readonly LaidPart[], at: number): boolean {
  const always = parts[at]?.part.branches?.find(({ when }) => when.is === "every" && when.of.length === 0);
  return always === undefined ? at < parts.length - 1 : always.to !== "exit-test";
}
