import { checkDigit } from "../../src/seal/numbers";
import type { SavingStatus, SeatSession, SheetPlace } from "../../src/session";
import { Signal } from "../../src/signal";
import type { Booklet, Item, Response } from "../../src/wire/booklet";
import type { Sheet } from "../../src/wire/sheet";
import type { GroupState, LoggedIn } from "../../src/wire/types";

/** A class, a booklet and a seat for the tests of keying: what lies behind a seat is tested apart. */

export function response(id: string, given: Partial<Response> = {}): Response {
  return {
    id, interaction: "choice", cardinality: "single", base: "identifier", max_choices: 1,
    min_choices: 0, shuffle: false, expected_length: null,
    keys: [{ key: "1", value: "right", label: "Juste" }, { key: "0", value: "wrong", label: "Faux" }],
    ...given,
  };
}

export function item(id: string, ...responses: Response[]): Item {
  return { id, label: id.slice(1), body: [["p", {}, `Énoncé ${id}`]], responses: responses.length > 0 ? responses : [response("r1")] };
}

export function booklet(...items: Item[]): Booklet {
  return {
    format: "ardoise-booklet/1", campaign: "cp-2026", part: "francais", writer: "teacher", language: "fr",
    campaign_title: "CP", title: "Français", minutes: 0, items, instructions: [], assets: {},
  };
}

export const numbers = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(10_000_000 + index * 137)).map((digits) => digits + checkDigit(digits));

export class ClassSession implements SeatSession {
  readonly changes: Signal<LoggedIn>;
  readonly status = new Signal<SavingStatus>({ pending: 0, changes: 0, online: true, lastSavedMs: null, problem: null });
  readonly superseded = new Signal(false);
  readonly reloaded = new Signal<SheetPlace | null>(null);
  readonly saved = new Signal<SheetPlace | null>(null);
  readonly sheets = new Map<string, Sheet>();
  readonly kept: Sheet[] = [];

  constructor(
    private readonly content: Booklet,
    private readonly pupils: string[],
  ) {
    this.changes = new Signal<LoggedIn>({
      session: "s", epoch: 1, now_ms: 0, campaign: "cp-2026", number: "900000001", role: "teacher", group: "00", state: "open",
      opens_ms: 0, closes_ms: 9e12, group_key: null,
      parts: [{ id: "francais", writer: "teacher", minutes: 0, grace_s: 0, booklet: "", opened_ms: null, deadline_ms: null, version: 0 }],
    });
  }

  get state(): LoggedIn {
    return this.changes.value;
  }

  now = (): number => 0;
  refresh = async (): Promise<void> => undefined;
  flush = async (): Promise<void> => undefined;
  logout = async (): Promise<void> => undefined;
  rescueFile = async (): Promise<Blob> => new Blob([]);
  booklet = async (): Promise<Booklet> => this.content;
  assetUrl = async (): Promise<string> => "blob:x";
  order = async (_part: string, _item: string, _response: string, options: string[]): Promise<string[]> => options;
  openPart = (): Promise<never> => Promise.reject(new Error("not asked for"));
  loadSheet = async ({ number }: SheetPlace): Promise<Sheet | null> => this.sheets.get(number ?? "") ?? null;

  group = async (): Promise<GroupState> => ({
    now_ms: 0,
    group: "00",
    pupils: this.pupils.map((number) => ({ number, logged_in: false, voided: false, parts: [] })),
  });

  async keep(sheet: Sheet, place: SheetPlace): Promise<void> {
    this.kept.push(sheet);
    this.sheets.set(place.number ?? "", sheet);
  }

  /** Somebody else's sheet has taken the place of ours. */
  overtake(sheet: Sheet): void {
    this.sheets.set(sheet.number, sheet);
    this.reloaded.set({ part: sheet.part, number: sheet.number });
  }
}
