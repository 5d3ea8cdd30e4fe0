import type { Bytes } from "../seal/bytes";
import type { Observable, SavingStatus } from "../session";
import { Signal } from "../signal";
import { Refused, type Problem } from "../wire/problems";
import { SHEET_SEALED_LIMIT } from "../wire/sheet";
import type { Saved } from "../wire/types";
import { asStray } from "./database";
import { growingPause, Nap, wishedPause } from "./pause";
import { nonceOf, sheetId, type HeldSheet, type StraySheet } from "./records";
import { rescueFile } from "./rescue";
import type { Shelf } from "./shelf";

/**
 * The durable queue: one newest sealed sheet for each place, strays before all, one request at a
 * time. It forgets only what delivery says it holds.
 */

export interface Outgoing extends StraySheet {
  stray: boolean;
}

export interface QueueEvents {
  saved(sheet: StraySheet, saved: Saved): void;
  /** Another device took over; what was sent is kept. */
  superseded(): void;
  /** After the deadline; kept as a stray. */
  late(sheet: StraySheet): void;
  /** Built on an outdated state; kept as a stray: load the stored sheet. */
  conflict(sheet: StraySheet): void;
  /** The session is of no use any more: log in again. */
  sessionEnded(): void;
}

export interface QueueParts {
  shelf: Shelf;
  campaign: string;
  writer: string;
  /** Rejects with Refused or Unreachable. */
  save(sheet: Outgoing, keepalive: boolean): Promise<Saved>;
  events: QueueEvents;
  clock?: () => number;
  random?: () => number;
  nap?: Nap;
}

/** A freshly sealed version of a sheet. */
export interface Fresh {
  number: string;
  part: string;
  epoch: number;
  version: number;
  /** Used if nothing of this sheet is held yet. */
  base: number;
  sealed: Bytes;
}

const SENT_KEPT = 64;
const KEEPALIVE_LIMIT = 60 * 1024;

export class SheetQueue {
  readonly #parts: QueueParts;
  readonly #clock: () => number;
  readonly #random: () => number;
  readonly #nap: Nap;
  readonly #status: Signal<SavingStatus>;
  readonly #tried = new Set<string>();
  /** Refused without being kept: nonce → why. Tried again only when the sheet changes. */
  readonly #stuck = new Map<string, "refused" | "too-large">();
  #exclusive: Promise<unknown> = Promise.resolve();
  #inFlight: string | null = null;
  #failures = 0;
  #mayCut = true;
  #running: Promise<void> | null = null;
  #mayCall = false;
  #sessionEnded = false;
  #sealing = 0;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? Date.now;
    this.#random = parts.random ?? Math.random;
    this.#nap = parts.nap ?? new Nap();
    this.#status = new Signal<SavingStatus>({
      pending: 0,
      changes: 0,
      online: true,
      lastSavedMs: null,
      problem: null,
    });
    parts.shelf.onChange(() => void this.#refresh());
  }

  get status(): Observable<SavingStatus> {
    return this.#status;
  }

  /** Brings what lies on the device. Call once before anything else. */
  async bring(): Promise<void> {
    const { shelf, campaign, writer } = this.#parts;
    await shelf.bring(campaign, writer);
    for (const sheet of await this.#sheets()) this.#tried.add(nonceOf(sheet.sealed));
    await this.#refresh();
  }

  /** From now on (or no longer) there is a session to send with. */
  permit(may: boolean): void {
    this.#mayCall = may;
    if (may) this.#sessionEnded = false;
    void this.#refresh();
    this.wake();
  }

  setOnline(online: boolean): void {
    this.#status.set({ ...this.#status.value, online });
  }

  async held(number: string, part: string): Promise<HeldSheet | null> {
    const { campaign, writer } = this.#parts;
    const id = sheetId({ campaign, writer, number, part });
    return (await this.#sheets()).find((sheet) => sheet.id === id) ?? null;
  }

  /** Sheets that delivery has not acknowledged, newest first. */
  unsent(): Promise<HeldSheet[]> {
    return this.#waiting();
  }

  /** While a state is being sealed it is not saved, though no sheet waits yet. */
  async whileSealing(work: () => Promise<void>): Promise<void> {
    this.#sealing += 1;
    const status = this.#status.value;
    if (status.pending === 0) this.#status.set({ ...status, pending: 1 });
    try {
      await work();
    } finally {
      this.#sealing -= 1;
      await this.#refresh();
    }
  }

  /** Lays a version on the device, in place of earlier ones, and sends it. */
  async hold(fresh: Fresh): Promise<void> {
    const { campaign, writer, shelf } = this.#parts;
    await this.#alone(async () => {
      const there = await this.held(fresh.number, fresh.part);
      const waiting = there?.unsent === true ? there : null;
      const earlier = waiting !== null ? nonceOf(waiting.sealed) : "";
      await shelf.putSheet({
        ...fresh,
        id: sheetId({ campaign, writer, ...fresh }),
        campaign,
        writer,
        base: there?.base ?? fresh.base,
        unsent: true,
        changes: (waiting?.changes ?? 0) + 1,
        sent: [...(waiting?.sent ?? []), ...(this.#tried.has(earlier) ? [earlier] : [])].slice(-SENT_KEPT),
        stampMs: this.#clock(),
      });
    });
    await this.#refresh();
    this.wake();
  }

  /** Puts a held sheet on another footing (a new base, epoch or version), or lays it in new. */
  async settle(sheet: HeldSheet): Promise<void> {
    await this.#alone(() => this.#parts.shelf.putSheet(sheet));
    await this.#refresh();
    this.wake();
  }

  /** Hands a sheet in as it is, never to replace anything. */
  async handIn(sheet: HeldSheet): Promise<void> {
    await this.#alone(() => this.#parts.shelf.makeStray(sheet));
    await this.#refresh();
    this.wake();
  }

  /** The same for a sheet that never lay in its place. */
  async layAside(sheet: HeldSheet): Promise<void> {
    await this.#alone(() => this.#parts.shelf.putStray(sheet));
    await this.#refresh();
    this.wake();
  }

  /** Sends as soon as may be; `cut`: also ends a pause that was due to the network. */
  wake(cut = false): void {
    if (cut && this.#mayCut) this.#nap.cut();
    if (this.#running === null && this.#mayCall) {
      this.#running = this.#run().finally(() => (this.#running = null));
    }
  }

  /** Resolves when nothing is left that can be sent now, or after one more failure. */
  async flush(): Promise<void> {
    const failures = this.#failures;
    this.wake(true);
    const done = () => this.#running === null || this.#failures > failures || !this.#mayCall;
    while (!done()) await Promise.race([this.#running, new Promise((go) => setTimeout(go, 50))]);
  }

  /** The page is going: what fits goes out without waiting for an answer. */
  async farewell(): Promise<void> {
    if (!this.#mayCall) return;
    let room = KEEPALIVE_LIMIT;
    for (const sheet of await this.#waiting()) {
      if (sheet.id === this.#inFlight || sheet.sealed.length > room) continue;
      room -= sheet.sealed.length;
      this.#tried.add(nonceOf(sheet.sealed));
      void this.#deliver({ ...asStray(sheet), stray: false }, true).catch(() => undefined);
    }
  }

  async rescueFile(): Promise<Blob> {
    const { shelf, campaign, writer } = this.#parts;
    const strays = (await shelf.strays(campaign, writer)).map(([, sheet]) => sheet);
    return rescueFile([...(await this.#waiting()), ...strays]);
  }

  /** Deletes what delivery holds anyway. */
  async clearSent(): Promise<void> {
    for (const sheet of await this.#sheets()) {
      if (!sheet.unsent) await this.#alone(() => this.#parts.shelf.deleteSheet(sheet.id));
    }
  }

  async #run(): Promise<void> {
    while (this.#mayCall) {
      const next = await this.#next();
      if (next === null) return;
      const pauseMs = await this.#attempt(next);
      if (pauseMs > 0) await this.#nap.sleep(pauseMs);
    }
  }

  async #next(): Promise<Outgoing | null> {
    const { shelf, campaign, writer } = this.#parts;
    const free = (sheet: StraySheet) => !this.#stuck.has(nonceOf(sheet.sealed));
    for (const [, stray] of await shelf.strays(campaign, writer)) {
      if (free(stray)) return { ...stray, stray: true };
    }
    const sheet = (await this.#waiting()).find(free);
    return sheet === undefined ? null : { ...asStray(sheet), stray: false };
  }

  /** Sends one thing. The result: how long to wait before the next, in ms. */
  async #attempt(sheet: Outgoing): Promise<number> {
    const nonce = nonceOf(sheet.sealed);
    if (sheet.sealed.length > SHEET_SEALED_LIMIT) {
      this.#stuck.set(nonce, "too-large");
      await this.#refresh();
      return 0;
    }
    this.#inFlight = sheet.id;
    this.#tried.add(nonce);
    try {
      await this.#deliver(sheet, false);
      return 0;
    } catch (fault) {
      return fault instanceof Refused ? this.#refused(sheet, fault.problem) : this.#unreachable();
    } finally {
      this.#inFlight = null;
    }
  }

  async #deliver(sheet: Outgoing, keepalive: boolean): Promise<void> {
    try {
      const saved = await this.#parts.save(sheet, keepalive);
      if (saved.version < sheet.version) throw new Error("acknowledged an older version");
      await this.#acknowledged(sheet, saved.version);
      this.#heard(true);
      this.#parts.events.saved(sheet, saved);
    } catch (fault) {
      if (!(fault instanceof Refused) || !fault.problem.kept) throw fault;
      await this.#acknowledged(sheet, null);
      this.#heard(false);
      this.#kept(sheet, fault.problem);
    }
  }

  #kept(sheet: Outgoing, problem: Problem): void {
    const { events } = this.#parts;
    if (problem.problem === "superseded") events.superseded();
    else if (problem.problem === "unknown-seat") this.#endSession();
    else if (sheet.stray) return;
    else if (problem.problem === "late") events.late(sheet);
    else if (problem.problem === "conflict") events.conflict(sheet);
  }

  /** `version`: what delivery stores now; null: the sheet is kept as a stray. */
  async #acknowledged(sheet: Outgoing, version: number | null): Promise<void> {
    const { shelf, campaign, writer } = this.#parts;
    await this.#alone(async () => {
      if (sheet.stray) {
        const nonce = nonceOf(sheet.sealed);
        for (const [key, stray] of await shelf.strays(campaign, writer)) {
          if (nonceOf(stray.sealed) === nonce) await shelf.deleteStray(key);
        }
        return;
      }
      const there = await this.held(sheet.number, sheet.part);
      if (there === null || there.epoch !== sheet.epoch) return;
      const same = there.version === sheet.version;
      const base = version ?? there.base;
      if (same) await shelf.putSheet({ ...there, base, unsent: false, changes: 0, sent: [] });
      else if (version !== null) await shelf.putSheet({ ...there, base, changes: 1, sent: [] });
    });
    await this.#refresh();
  }

  #heard(saved: boolean): void {
    this.#failures = 0;
    const lastSavedMs = saved ? this.#clock() : this.#status.value.lastSavedMs;
    this.#status.set({ ...this.#status.value, online: true, lastSavedMs });
  }

  async #refused(sheet: Outgoing, problem: Problem): Promise<number> {
    this.#status.set({ ...this.#status.value, online: true });
    if (problem.retry_ms !== null) {
      this.#mayCut = false;
      return wishedPause(problem.retry_ms, this.#random);
    }
    switch (problem.problem) {
      case "no-session":
      case "unknown-seat":
        this.#endSession();
        return 0;
      case "superseded":
        this.permit(false);
        this.#parts.events.superseded();
        return 0;
      case "waiting":
      case "slow-down":
      case "busy":
      case "fault":
        this.#mayCut = false;
        this.#failures += 1;
        return growingPause(this.#failures, this.#random);
      default:
        this.#stuck.set(nonceOf(sheet.sealed), problem.problem === "too-large" ? "too-large" : "refused");
        await this.#refresh();
        return 0;
    }
  }

  #unreachable(): number {
    this.#mayCut = true;
    this.#failures += 1;
    this.#status.set({ ...this.#status.value, online: false });
    return growingPause(this.#failures, this.#random);
  }

  #endSession(): void {
    this.#mayCall = false;
    this.#sessionEnded = true;
    void this.#refresh();
    this.#parts.events.sessionEnded();
  }

  #sheets(): Promise<HeldSheet[]> {
    return this.#parts.shelf.sheets(this.#parts.campaign, this.#parts.writer);
  }

  /** Unsent sheets, newest first. */
  async #waiting(): Promise<HeldSheet[]> {
    const all = (await this.#sheets()).filter((sheet) => sheet.unsent);
    return all.sort((a, b) => b.stampMs - a.stampMs);
  }

  async #refresh(): Promise<void> {
    const { shelf, campaign, writer } = this.#parts;
    const [waiting, strays] = [await this.#waiting(), await shelf.strays(campaign, writer)];
    const stuck = waiting.map((sheet) => this.#stuck.get(nonceOf(sheet.sealed))).find((why) => why);
    const pending = waiting.length + strays.length;
    const memory = pending > 0 && !shelf.durable ? "memory" : null;
    this.#status.set({
      ...this.#status.value,
      pending: Math.max(pending, Math.min(this.#sealing, 1)),
      changes: waiting.reduce((sum, sheet) => sum + sheet.changes, 0),
      problem: stuck ?? (this.#sessionEnded ? "login" : memory),
    });
  }

  /** What reads and then writes the shelf goes one after the other. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#exclusive.then(work);
    this.#exclusive = next.catch(() => undefined);
    return next;
  }
}
