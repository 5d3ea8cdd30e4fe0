import { merged, type Column, type Mark, type Merge } from "./marks";

/** By pupil: on to the next item. By item: on to the next pupil. */
export type Direction = "pupil" | "item";

export interface Cursor {
  readonly row: number;
  readonly column: number;
}

/** What changed, so that a screen redraws that and nothing else. */
export interface BoardChange {
  readonly cells: readonly Cursor[];
  readonly moved: boolean;
  /** Changed by the person at the keyboard, and thus to be kept. */
  readonly keep: boolean;
}

interface Row {
  readonly number: string;
  marks: Mark[];
  /** As delivery last had it from us or we had it from delivery. */
  base: Mark[];
  missing: number;
}

interface Step {
  readonly row: number;
  readonly column: number;
  readonly before: Mark;
  readonly after: Mark;
}

const UNDO_LIMIT = 1_000;

/** The grid's state: pupils × things to key, the place in hand, and the way back. Knows no screen. */
export class Board {
  readonly rows: readonly Row[];
  readonly columnMissing: number[];
  direction: Direction = "pupil";
  onlyMissing = false;
  private place: Cursor = { row: 0, column: 0 };
  private readonly past: { steps: Step[]; from: Cursor }[] = [];
  private readonly listeners = new Set<(change: BoardChange) => void>();

  constructor(
    readonly columns: readonly Column[],
    numbers: readonly string[],
  ) {
    const nothing = (): Mark[] => columns.map(() => "");
    this.rows = numbers.map((number) => ({ number, marks: nothing(), base: nothing(), missing: columns.length }));
    this.columnMissing = columns.map(() => numbers.length);
  }

  subscribe(listener: (change: BoardChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get cursor(): Cursor {
    return this.place;
  }

  get current(): Column | undefined {
    return this.columns[this.place.column];
  }

  mark(row: number, column: number): Mark {
    return this.rows[row]?.marks[column] ?? "";
  }

  get missing(): number {
    return this.columnMissing.reduce((sum, count) => sum + count, 0);
  }

  get complete(): number {
    return this.rows.filter((row) => row.missing === 0).length;
  }

  /** Rows that the filter leaves, the one in hand always among them. */
  shown(row: number): boolean {
    return !this.onlyMissing || row === this.place.row || (this.rows[row]?.missing ?? 0) > 0;
  }

  /** Notes a mark at the cursor and goes on. An absence holds for the whole item. */
  put(mark: Mark): void {
    const { row, column } = this.place;
    const item = this.columns[column]?.item;
    const absence = mark === "absent" || this.mark(row, column) === "absent";
    const steps = this.columns.flatMap((other, index) => {
      if (index === column) return [this.step(row, index, mark)];
      if (!absence || other.item !== item) return [];
      return [this.step(row, index, mark === "absent" ? "absent" : "")];
    });
    const from = this.place;
    this.apply(steps, from, { next: () => this.after(from) });
  }

  /** Takes back what stands at the cursor, or, if nothing does, at the place before it. */
  erase(): void {
    const from = this.place;
    if (this.mark(from.row, from.column) === "") this.place = this.before(from);
    const { row, column } = this.place;
    const item = this.columns[column]?.item;
    const whole = this.mark(row, column) === "absent";
    const steps = this.columns.flatMap((other, index) =>
      index === column || (whole && other.item === item) ? [this.step(row, index, "")] : [],
    );
    this.apply(steps, from, { moved: from !== this.place });
  }

  /** Absent in all that has not been keyed; said twice of a pupil absent throughout, it is undone. */
  absentRow(): number {
    const from = this.place;
    const marks = this.rows[from.row]?.marks ?? [];
    const all = marks.every((mark) => mark === "absent");
    const steps = marks.flatMap((mark, column) => {
      if (all) return [this.step(from.row, column, "")];
      return mark === "" ? [this.step(from.row, column, "absent")] : [];
    });
    const end = { row: from.row, column: this.columns.length - 1 };
    this.apply(steps, from, all ? {} : { next: () => this.after(end, "pupil") });
    return steps.length;
  }

  /** The last change but undone. False: there is none. */
  undo(): boolean {
    const last = this.past.pop();
    if (!last) return false;
    const steps = last.steps.map(({ row, column, before }) => this.step(row, column, before));
    this.place = last.from;
    this.apply(steps, null, { moved: true });
    return true;
  }

  go(row: number, column: number): void {
    const within = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));
    const place = { row: within(row, this.rows.length), column: within(column, this.columns.length) };
    if (place.row === this.place.row && place.column === this.place.column) return;
    this.place = place;
    this.tell([], true, false);
  }

  /** Up or down by rows that are shown. */
  goRows(count: number): void {
    let { row } = this.place;
    for (let left = Math.abs(count), next = row; left > 0; ) {
      next += Math.sign(count);
      if (next < 0 || next >= this.rows.length) break;
      if (!this.shown(next)) continue;
      row = next;
      left -= 1;
    }
    this.go(row, this.place.column);
  }

  /** To the next cell that misses an answer, round the end if need be. False: nothing is missing. */
  goMissing(): boolean {
    let place = this.place;
    const count = this.rows.length * this.columns.length;
    for (let seen = 0; seen < count; seen += 1) {
      place = this.neighbour(place, 1, true);
      if (this.mark(place.row, place.column) === "") {
        this.go(place.row, place.column);
        return true;
      }
    }
    return false;
  }

  /** Takes over what delivery has for a row. Keeps what was keyed here since the last common state. */
  take(row: number, theirs: readonly Mark[]): Merge {
    const held = this.rows[row];
    if (!held) return { marks: [], taken: 0, disputed: 0 };
    const result = merged(held.base, held.marks, theirs);
    const steps = result.marks.map((mark, column) => this.step(row, column, mark));
    held.base = [...theirs];
    this.apply(steps, null, { keep: false });
    return result;
  }

  /** Delivery has this of a row: from now on it is the common state. */
  settle(row: number, marks: readonly Mark[]): void {
    const held = this.rows[row];
    if (held) held.base = [...marks];
  }

  /** Whether a row differs from what delivery is known to have. */
  ahead(row: number): boolean {
    const held = this.rows[row];
    return held !== undefined && held.marks.some((mark, column) => mark !== held.base[column]);
  }

  private step(row: number, column: number, after: Mark): Step {
    return { row, column, before: this.mark(row, column), after };
  }

  /** `next`: where to go, asked once the steps are taken. */
  private apply(steps: readonly Step[], from: Cursor | null, how: { moved?: boolean; keep?: boolean; next?: () => Cursor }): void {
    const real = steps.filter(({ before, after }) => before !== after);
    for (const { row, column, before, after } of real) {
      const held = this.rows[row];
      if (!held) continue;
      held.marks[column] = after;
      const change = Number(after === "") - Number(before === "");
      held.missing += change;
      this.columnMissing[column] = (this.columnMissing[column] ?? 0) + change;
    }
    if (from && real.length > 0) {
      this.past.push({ steps: [...real], from });
      if (this.past.length > UNDO_LIMIT) this.past.shift();
    }
    if (how.next) this.place = how.next();
    this.tell(real, how.moved === true || how.next !== undefined, how.keep !== false && real.length > 0);
  }

  private tell(cells: readonly Cursor[], moved: boolean, keep: boolean): void {
    for (const listener of this.listeners) listener({ cells, moved, keep });
  }

  /** The next place to key; stays at the end. Places of the absent are passed over. */
  private after(place: Cursor, direction: Direction = this.direction): Cursor {
    let next = place;
    for (;;) {
      const further = this.neighbour(next, 1, false, direction);
      if (further === next) return next === place || this.mark(next.row, next.column) === "absent" ? place : next;
      next = further;
      if (this.mark(next.row, next.column) !== "absent") return next;
    }
  }

  private before(place: Cursor): Cursor {
    return this.neighbour(place, -1, false);
  }

  private neighbour(place: Cursor, by: 1 | -1, round: boolean, direction: Direction = this.direction): Cursor {
    const [inner, outer] = direction === "pupil" ? [this.columns.length, this.rows.length] : [this.rows.length, this.columns.length];
    const at = direction === "pupil" ? place.row * inner + place.column : place.column * inner + place.row;
    let to = at + by;
    if (to < 0 || to >= inner * outer) {
      if (!round) return place;
      to = (to + inner * outer) % (inner * outer);
    }
    const [major, minor] = [Math.floor(to / inner), to % inner];
    return direction === "pupil" ? { row: major, column: minor } : { row: minor, column: major };
  }
}
