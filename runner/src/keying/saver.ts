import type { SeatSession, SheetPlace } from "../session";
import type { Board } from "./board";
import { marksOf, sheetOf, type Mark, type Merge } from "./marks";

const AT_ONCE = 6;
const RETRY_MS = 3_000;

/** Keeps each changed row, loads what delivery has, and brings both together. */
export class Saver {
  private readonly running = new Set<number>();
  private readonly again = new Set<number>();
  /** What was last kept of a row, and how many such states delivery has not answered for. */
  private readonly sent = new Map<number, { marks: Mark[]; open: number }>();
  private readonly ends: (() => void)[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly session: SeatSession,
    private readonly part: string,
    private readonly board: Board,
    private readonly told: { merged(number: string, merge: Merge): void; failed(): void },
  ) {
    this.ends.push(
      board.subscribe(({ cells, keep }) => {
        if (keep) new Set(cells.map(({ row }) => row)).forEach((row) => void this.keep(row));
      }),
      session.saved.subscribe((place) => this.acknowledged(place)),
      session.status.subscribe(({ pending }) => pending === 0 && this.allAnswered()),
      session.reloaded.subscribe((place) => void this.reload(place)),
    );
  }

  /** What delivery or this device has of every pupil, a few at a time. Unreachable ones stay empty. */
  async loadAll(): Promise<void> {
    const rows = this.board.rows.map((_, row) => row);
    const work = async (): Promise<void> => {
      for (let row = rows.shift(); row !== undefined; row = rows.shift()) await this.load(row);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  end(): void {
    clearTimeout(this.timer);
    this.ends.forEach((end) => end());
  }

  private async load(row: number): Promise<Merge | null> {
    const number = this.board.rows[row]?.number ?? "";
    try {
      const sheet = await this.session.loadSheet({ part: this.part, number });
      if (!sheet) return null;
      return this.board.take(row, marksOf(sheet, this.board.columns));
    } catch {
      return null;
    }
  }

  /** Somebody else keyed the same pupil: their sheet is loaded, ours built again on top of it. */
  private async reload(place: SheetPlace | null): Promise<void> {
    const row = this.rowOf(place);
    if (row < 0) return;
    const merge = await this.load(row);
    if (!merge) return;
    this.told.merged(place?.number ?? "", merge);
    if (this.board.ahead(row)) await this.keep(row);
  }

  /** One row is sealed by one hand at a time; changes meanwhile go out together afterwards. */
  private async keep(row: number): Promise<void> {
    if (this.running.has(row)) {
      this.again.add(row);
      return;
    }
    this.running.add(row);
    const { campaign } = this.session.state;
    const { number, marks } = this.board.rows[row] ?? { number: "", marks: [] };
    const position = this.board.current?.item.id ?? null;
    const place = { part: this.part, number };
    this.sent.set(row, { marks: [...marks], open: (this.sent.get(row)?.open ?? 0) + 1 });
    try {
      await this.session.keep(sheetOf({ campaign, ...place }, this.board.columns, marks, position), place);
    } catch {
      this.told.failed();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.keepAhead(), RETRY_MS);
    }
    this.running.delete(row);
    if (this.again.delete(row)) await this.keep(row);
  }

  private async keepAhead(): Promise<void> {
    for (const row of this.board.rows.keys()) if (this.board.ahead(row)) await this.keep(row);
  }

  /**
   * The acknowledged state becomes the common one, but only when it is certain which one that was:
   * an older base merely lets ours win more often, a wrong one would lose it.
   */
  private acknowledged(place: SheetPlace | null): void {
    const row = this.rowOf(place);
    const sent = this.sent.get(row);
    if (!sent) return;
    if (sent.open <= 1) this.board.settle(row, sent.marks);
    sent.open = Math.max(0, sent.open - 1);
  }

  private allAnswered(): void {
    for (const [row, sent] of this.sent) if (!this.running.has(row)) sent.open = 0;
  }

  private rowOf(place: SheetPlace | null): number {
    if (place?.part !== this.part) return -1;
    return this.board.rows.findIndex(({ number }) => number === place.number);
  }
}
