import type { Booklet, Item } from "../wire/booklet";
import { emptySheet, VALUE_LIMIT, type Sheet } from "../wire/sheet";

/** The state of a part under somebody's hands: values in, values out; no screen, no network. */

export type ItemStanding = "answered" | "seen" | "new";

export class Course {
  readonly booklet: Booklet;
  #sheet: Sheet;
  #since: number | null = null;
  readonly #clock: () => number;

  /** `clock`: milliseconds that only ever grow. */
  constructor(booklet: Booklet, number: string, sheet: Sheet | null, clock: () => number) {
    const { campaign, part, writer } = booklet;
    this.booklet = booklet;
    this.#sheet = sheet ?? emptySheet({ campaign, number, part, writer });
    this.#clock = clock;
  }

  /** A copy to seal, the time on the item in hand counted up to now. */
  sheet(): Sheet {
    this.#count();
    return this.#sheet;
  }

  get position(): number {
    const at = this.booklet.items.findIndex((item) => item.id === this.#sheet.position);
    return Math.max(0, at);
  }

  get started(): boolean {
    return this.#sheet.position !== null;
  }

  get item(): Item | undefined {
    return this.booklet.items[this.position];
  }

  /** Goes to an item; whether anything changed. */
  goTo(place: number): boolean {
    const item = this.booklet.items[place];
    if (item === undefined) return false;
    this.#count();
    this.#since = this.#clock();
    const { visited, position } = this.#sheet;
    const seen = visited.includes(item.id);
    if (seen && position === item.id) return false;
    const next = seen ? visited : [...visited, item.id];
    this.#sheet = { ...this.#sheet, visited: next, position: item.id };
    return true;
  }

  /** Sets one answer; an empty list, or nothing but empty texts, is no answer. */
  answer(item: string, response: string, values: string[]): void {
    const kept = values.map((value) => value.normalize("NFC").slice(0, VALUE_LIMIT));
    const responses = { ...this.#sheet.responses[item] };
    if (kept.some((value) => value.trim() !== "")) responses[response] = kept;
    else delete responses[response];
    const all = { ...this.#sheet.responses, [item]: responses };
    if (Object.keys(responses).length === 0) delete all[item];
    this.#sheet = { ...this.#sheet, responses: all };
  }

  responsesOf(item: string): Record<string, string[]> {
    return this.#sheet.responses[item] ?? {};
  }

  standing(item: Item): ItemStanding {
    if (item.responses.some(({ id }) => (this.responsesOf(item.id)[id]?.length ?? 0) > 0)) return "answered";
    return this.#sheet.visited.includes(item.id) ? "seen" : "new";
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
    if (this.#sheet.position !== null) this.#since ??= this.#clock();
  }

  #places(which: (item: Item) => boolean): number[] {
    return this.booklet.items.flatMap((item, at) => (which(item) ? [at] : []));
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
