import type { Booklet, Item } from "../wire/booklet";
import type { Control, Limits, Plan, TestPart } from "../wire/plan";
import { emptySheet, VALUE_LIMIT, type Sheet } from "../wire/sheet";
import { complete, valid } from "./answers";
import { planOf, type LaidPart, type Stop } from "./layout";
import { allowedMs, tightest, waitMs, type Limited, type Remaining } from "./limits";
import { arriveAtPart, mayFollow, partAfter, Rules, Way, type Judge, type Step } from "./route";

/** The state of a part under somebody's hands: values in, values out; no screen, no network. */

export type ItemStanding = "answered" | "seen" | "new";
/** Why the item in hand is not left yet. */
export type Hold = { why: "skip" | "invalid" } | { why: "wait"; seconds: number };
/** Why the item in hand takes no answer any more. */
export type Lock = "time" | "attempt" | "closed";
/** Where going on leads. */
export type Onward = { to: "item"; place: number } | { to: "part" } | { to: "overview" } | { to: "end" };

export interface CourseParts {
  booklet: Booklet;
  /** The booklet's test parts in this seat's order. */
  laid: readonly LaidPart[];
  number: string;
  sheet: Sheet | null;
  /** Milliseconds that only ever grow. */
  clock: () => number;
  /** The server's time, in ms. */
  now?: () => number;
  /** The seat's working time, as a percentage. */
  percent?: number;
}

const NO_PART: LaidPart = { part: { id: "p1", sections: [] }, stops: [] };

export class Course {
  readonly booklet: Booklet;
  readonly plan: Plan;
  readonly #laid: readonly LaidPart[];
  readonly #items: Map<string, Item>;
  readonly #rules: Rules;
  readonly #clock: () => number;
  readonly #now: () => number;
  /** The seat's working time, as a percentage. */
  readonly percent: number;
  #sheet: Sheet;
  #since: number | null = null;

  constructor({ booklet, laid, number, sheet, clock, now, percent }: CourseParts) {
    const { campaign, part, writer } = booklet;
    this.booklet = booklet;
    this.plan = planOf(booklet);
    this.#laid = laid;
    this.#items = new Map(booklet.items.map((item) => [item.id, item]));
    this.#rules = new Rules(booklet, this.plan);
    this.#sheet = sheet ?? emptySheet({ campaign, number, part, writer });
    this.#clock = clock;
    this.#now = now ?? clock;
    this.percent = percent ?? 100;
    if (this.started && this.#sheet.path.length === 0) this.#enterPart(arriveAtPart(laid, 0, this.#judge));
  }

  /** A copy to seal, the time on the item in hand counted up to now. */
  sheet(): Sheet {
    this.#count();
    return this.#sheet;
  }

  // Where one is

  get started(): boolean {
    return this.#sheet.position !== null || this.#sheet.path.length > 0;
  }

  /** The last test part was left for good. */
  get over(): boolean {
    return this.#step === "end";
  }

  get #step(): string | undefined {
    return this.#sheet.path[this.#sheet.path.length - 1];
  }

  get #at(): number {
    const id = this.#step;
    return Math.max(0, this.#laid.findIndex(({ part }) => part.id === id));
  }

  get part(): TestPart {
    return (this.#laid[this.#at] ?? NO_PART).part;
  }

  get linear(): boolean {
    return this.part.navigation === "linear";
  }

  /** The items of the test part in hand, as this seat has them. */
  get stops(): readonly Stop[] {
    return (this.#laid[this.#at] ?? NO_PART).stops;
  }

  get items(): readonly Item[] {
    return this.stops.flatMap(({ ref }) => this.#items.get(ref.item) ?? []);
  }

  /** The place of the item in hand; before any, that of the first. */
  get position(): number {
    const at = this.stops.findIndex(({ ref }) => ref.item === this.#sheet.position);
    if (at >= 0) return at;
    const start = this.linear ? this.#way.start() : 0;
    return typeof start === "number" ? start : 0;
  }

  /** Whether an item of the test part in hand was shown already. */
  get begun(): boolean {
    return this.stops.some(({ ref }) => this.seen(ref.item));
  }

  get stop(): Stop | undefined {
    return this.stops[this.position];
  }

  get item(): Item | undefined {
    return this.#items.get(this.stop?.ref.item ?? "");
  }

  /** The number under which this seat sees an item. */
  label(place: number): string {
    const here = this.linear ? this.#visitedBefore(place) : place;
    return String(this.#before + here + 1);
  }

  /** How many items there are up to the end of the test part; null where the way decides. */
  get count(): number | null {
    return this.linear ? null : this.#before + this.stops.length;
  }

  get #before(): number {
    const earlier = this.#sheet.path.slice(0, -1);
    return this.#laid.filter(({ part }) => earlier.includes(part.id)).reduce((sum, { part, stops }) =>
      sum + (part.navigation === "linear" ? stops.filter(({ ref }) => this.seen(ref.item)).length : stops.length), 0);
  }

  #visitedBefore(place: number): number {
    return this.stops.filter(({ ref }, at) => at < place && this.seen(ref.item)).length;
  }

  seen(item: string): boolean {
    return this.#sheet.visited.includes(item);
  }

  // Going

  /** Begins the first test part; an earlier sitting's way is kept. */
  begin(): void {
    if (this.#sheet.path.length === 0) this.#enterPart(arriveAtPart(this.#laid, 0, this.#judge));
  }

  /** Whether one may go to a place: never back in a linear part, never to what is closed. */
  reachable(place: number): boolean {
    const stop = this.stops[place];
    if (stop === undefined || this.over) return false;
    if (place === this.position) return true;
    return !this.linear && !this.#closed(stop);
  }

  /** Goes to an item; whether anything changed. */
  goTo(place: number): boolean {
    this.begin();
    return this.reachable(place) && this.#show(place);
  }

  /** Where going on from the item in hand leads. Nothing changes. */
  onward(): Onward {
    if (!this.linear) {
      const next = this.stops.findIndex((stop, at) => at > this.position && !this.#closed(stop));
      return next < 0 ? { to: "overview" } : { to: "item", place: next };
    }
    return this.#onwardTo(this.#way.next(this.position));
  }

  #onwardTo(step: Step): Onward {
    if (typeof step === "number") return { to: "item", place: step };
    return step === "quit" || this.#following() === null ? { to: "end" } : { to: "part" };
  }

  /** Leaves the item in hand for good; the next one is the one in hand, though not shown yet. */
  advance(onward: Onward): void {
    this.#count();
    this.#since = null;
    if (onward.to === "item") this.#sheet = { ...this.#sheet, position: this.stops[onward.place]?.ref.item ?? null };
    else if (onward.to === "end") this.#finish();
    else this.leavePart();
  }

  /** Whether other questions may follow this test part: what is answered must not show in it. */
  get followed(): boolean {
    return mayFollow(this.#laid, this.#at);
  }

  #following(): number | null {
    return partAfter(this.#laid, this.#at, this.#judge);
  }

  /** Leaves the test part in hand for good. */
  leavePart(): void {
    this.#count();
    this.#since = null;
    this.#enterPart(this.#following());
  }

  #enterPart(first: number | null): void {
    const { path } = this.#sheet;
    for (let at = first; at !== null; at = partAfter(this.#laid, at, this.#judge)) {
      const { part, stops } = this.#laid[at] ?? NO_PART;
      this.#sheet = { ...this.#sheet, path: [...this.#sheet.path, part.id] };
      const start = part.navigation === "linear" ? new Way(stops, this.#judge).start() : 0;
      if (start === "quit") break;
      if (start !== null && stops.length > 0) return;
    }
    if (path.length > 0 || this.plan.parts.length > 0) this.#finish();
  }

  #finish(): void {
    this.#count();
    this.#since = null;
    if (!this.over) this.#sheet = { ...this.#sheet, path: [...this.#sheet.path, "end"] };
  }

  #show(place: number): boolean {
    const stop = this.stops[place];
    if (stop === undefined) return false;
    const { item } = stop.ref;
    this.#count();
    this.#since = this.#clock();
    this.#stamp(place);
    const { visited, position } = this.#sheet;
    const seen = visited.includes(item);
    if (seen && position === item) return false;
    this.#sheet = { ...this.#sheet, visited: seen ? visited : [...visited, item], position: item };
    return true;
  }

  get #way(): Way {
    return new Way(this.stops, this.#judge);
  }

  get #judge(): Judge {
    const given = new Set(this.#sheet.visited);
    for (const { part, stops } of this.#laid) {
      if (part.navigation === "linear" || !this.#sheet.path.includes(part.id)) continue;
      for (const { ref } of stops) given.add(ref.item);
    }
    const { responses } = this.#sheet;
    return {
      holds: (condition) => this.#rules.holds(condition, responses, given),
      first: (branches) => this.#rules.first(branches, responses, given),
    };
  }

  // What holds one here, what is closed

  get #alone(): boolean {
    return this.part.submission === "individual";
  }

  /** Why the item in hand is not left yet: it waits, or wants an answer, or another one. */
  hold(): Hold | null {
    const { item, stop } = this;
    if (item === undefined || stop === undefined || this.lock() !== null) return null;
    const control: Control = stop.ref.control ?? {};
    const given = this.responsesOf(item.id);
    if (this.#alone && control.skipping === false && !complete(item, given)) return { why: "skip" };
    if (this.#alone && control.validate === true && !valid(item, given)) return { why: "invalid" };
    if (!this.linear) return null;
    const wait = waitMs(this.#limited.filter(({ scope, id }) => this.#isLeft(scope, id)), (of) => this.#usedMs(of));
    return wait > 0 ? { why: "wait", seconds: Math.ceil(wait / 1000) } : null;
  }

  /** Whether going on leaves an item or section. */
  #isLeft(scope: string, id: string): boolean {
    if (scope === "item") return true;
    if (scope !== "section") return false;
    const onward = this.onward();
    return onward.to !== "item" || !(this.stops[onward.place]?.sections.some((held) => held.id === id) ?? false);
  }

  /** Why the item in hand takes no answer any more. */
  lock(): Lock | null {
    const { stop, item } = this;
    if (stop === undefined || item === undefined) return null;
    if (this.over) return "closed";
    const left = this.remaining();
    if (left !== null && left.leftMs === 0) return "time";
    return this.#attempted(stop, item) ? "attempt" : null;
  }

  /** An `end-attempt` was pressed and there is no second attempt. */
  #attempted({ ref }: Stop, item: Item): boolean {
    const given = this.responsesOf(item.id);
    return this.#alone && (ref.control?.attempts ?? 1) === 1 &&
      item.responses.some(({ id, interaction }) => interaction === "end-attempt" && given[id]?.[0] === "true");
  }

  /** Left with an answer, and its author wants it shown no more. */
  #closed({ ref }: Stop): boolean {
    if (!this.#alone || ref.control?.review !== false || ref.item === this.#sheet.position) return false;
    return this.seen(ref.item) && Object.keys(this.responsesOf(ref.item)).length > 0;
  }

  // Time

  /** What limits the item in hand, widest first. */
  get #limited(): Limited[] {
    const { stop, part } = this;
    const found: Limited[] = [];
    const add = (scope: Limited["scope"], id: string, limits: Limits | null | undefined) => {
      if (limits !== null && limits !== undefined) found.push({ scope, id, limits });
    };
    add("test", "test", this.plan.limits);
    add("part", part.id, part.limits);
    for (const section of stop?.sections ?? []) add("section", section.id, section.limits);
    if (stop !== undefined) add("item", stop.ref.item, stop.ref.limits);
    return found;
  }

  /** What ends first here, and in how long; `running`: of what has not ended yet. Null: nothing does. */
  remaining(running = false): Remaining | null {
    const left = (of: Limited) => (allowedMs(of.limits, this.percent) ?? 0) > this.#usedMs(of);
    return this.over ? null : tightest(this.#limited.filter((of) => !running || left(of)), this.percent, (of) => this.#usedMs(of));
  }

  /**
   * In a linear part a limit runs from the first sight on, whatever happens to the machine. Where
   * one is free to go back and forth, sections and items count the time spent on them.
   */
  #usedMs({ scope, id }: Limited): number {
    if (scope === "test" || scope === "part" || this.linear) {
      const began = this.#sheet.started[id];
      return began === undefined ? 0 : Math.max(0, this.#now() - began);
    }
    const { position, seconds } = this.#sheet;
    const running = this.#since === null ? 0 : Math.max(0, this.#clock() - this.#since);
    const within = this.stops.filter((stop) => (scope === "item" ? stop.ref.item === id : stop.sections.some((held) => held.id === id)));
    return within.reduce((sum, { ref }) =>
      sum + (seconds[ref.item] ?? 0) * 1000 + (ref.item === position ? running : 0), 0);
  }

  #stamp(place: number): void {
    const { started } = this.#sheet;
    const stop = this.stops[place];
    const ids = [
      ...(this.plan.limits ? ["test"] : []),
      ...(this.part.limits ? [this.part.id] : []),
      ...(this.linear ? (stop?.sections ?? []).filter(({ limits }) => limits).map(({ id }) => id) : []),
      ...(this.linear && stop?.ref.limits ? [stop.ref.item] : []),
    ].filter((id) => started[id] === undefined);
    if (ids.length === 0) return;
    this.#sheet = { ...this.#sheet, started: { ...started, ...Object.fromEntries(ids.map((id) => [id, Math.round(this.#now())])) } };
  }

  /** A limit ended: goes where it leads; `stays`: the item is only closed. */
  expire(ended: Remaining): "moved" | "left" | "stays" {
    const { stop, position } = this;
    if (ended.scope === "test") this.#finish();
    else if (ended.scope === "part") this.leavePart();
    else if (!this.linear || stop === undefined) return "stays";
    else {
      const section = stop.sections.find(({ id }) => id === ended.id);
      const step = section === undefined ? this.#way.next(position) : this.#way.after(position, section);
      const onward = this.#onwardTo(step);
      this.advance(onward);
      return onward.to === "item" ? "moved" : "left";
    }
    return "left";
  }

  // Answers

  /** Sets one answer; an empty list, or nothing but empty texts, is no answer. Whether it was taken. */
  answer(item: string, response: string, values: string[]): boolean {
    if (item === this.item?.id && this.lock() !== null) return false;
    const kept = values.map((value) => value.normalize("NFC").slice(0, VALUE_LIMIT));
    const responses = { ...this.#sheet.responses[item] };
    if (kept.some((value) => value.trim() !== "")) responses[response] = kept;
    else delete responses[response];
    const all = { ...this.#sheet.responses, [item]: responses };
    if (Object.keys(responses).length === 0) delete all[item];
    this.#sheet = { ...this.#sheet, responses: all };
    return true;
  }

  responsesOf(item: string): Record<string, string[]> {
    return this.#sheet.responses[item] ?? {};
  }

  standing(item: Item): ItemStanding {
    if (item.responses.some(({ id }) => (this.responsesOf(item.id)[id]?.length ?? 0) > 0)) return "answered";
    return this.seen(item.id) ? "seen" : "new";
  }

  /** Whether there is anything to answer: a page of text alone is never missing. */
  asks(item: Item): boolean {
    return item.responses.length > 0;
  }

  flagged(item: Item): boolean {
    return this.#sheet.flags.includes(item.id);
  }

  toggleFlag(item: Item): void {
    const flags = this.#sheet.flags.filter((id) => id !== item.id);
    if (flags.length === this.#sheet.flags.length) flags.push(item.id);
    this.#sheet = { ...this.#sheet, flags };
  }

  /** Places of items without an answer. */
  missing(): number[] {
    return this.#places((item) => this.asks(item) && this.standing(item) !== "answered");
  }

  marked(): number[] {
    return this.#places((item) => this.flagged(item));
  }

  /** The page is out of sight or the item was left: its time stands still. */
  pause(): void {
    this.#count();
    this.#since = null;
  }

  resume(): void {
    if (this.begun && !this.over) this.#since ??= this.#clock();
  }

  #places(which: (item: Item) => boolean): number[] {
    return this.items.flatMap((item, at) => (which(item) ? [at] : []));
  }

  #count(): void {
    const { position, seconds } = this.#sheet;
    if (this.#since === null || position === null) return;
    const now = this.#clock();
    const total = (seconds[position] ?? 0) + Math.max(0, now - this.#since) / 1000;
    this.#sheet = { ...this.#sheet, seconds: { ...seconds, [position]: Math.round(total * 10) / 10 } };
    this.#since = now;
  }
}
