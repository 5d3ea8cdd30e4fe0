import type { Bytes } from "../seal/bytes";
import { SealError } from "../seal/envelope";
import type { SheetQueue } from "../queue/queue";
import { nonceOf, sheetId, type HeldSheet } from "../queue/records";
import type { SheetPlace } from "../session";
import { Unreachable } from "../wire/problems";
import type { Sheet } from "../wire/sheet";
import type { LoggedIn } from "../wire/types";
import type { SeatVault } from "./open";

/**
 * The sheets that lie open: which version is the newest, on what it is built, and what becomes of
 * one that was left on the device. Work on one place goes one after the other.
 */

interface Stored {
  sealed: Bytes;
  version: number;
}

interface DeskParts {
  queue: SheetQueue;
  vault: SeatVault;
  seat: () => LoggedIn;
  /** The stored sheet at delivery, or null. Rejects with Refused or Unreachable. */
  load: (place: SheetPlace) => Promise<Stored | null>;
}

export class SheetDesk {
  /** Place → the newest sheet known; null: none exists yet. */
  readonly #open = new Map<string, Sheet | null>();
  readonly #latest = new Map<string, Sheet>();
  /** Places whose stored sheet was taken over and not loaded since. */
  readonly #unseen = new Set<string>();
  readonly #chains = new Map<string, Promise<unknown>>();

  constructor(private readonly parts: DeskParts) {}

  /** `storedVersion`: what delivery is known to store; null: unknown or offline. */
  load(place: SheetPlace, storedVersion: number | null): Promise<Sheet | null> {
    return this.#inTurn(place, () => {
      this.#unseen.delete(this.#id(place));
      return this.#load(place, storedVersion);
    });
  }

  /** Seals the newest state of a place as the next version and holds it. */
  keep(sheet: Sheet, place: SheetPlace): Promise<void> {
    const id = this.#id(place);
    this.#latest.set(id, sheet);
    return this.#inTurn(place, async () => {
      const latest = this.#latest.get(id);
      if (latest === undefined) return; // A later call's state went with an earlier turn.
      if (!this.#open.has(id)) await this.#load(place, null);
      this.#latest.delete(id);
      // Built without what was taken over: it would bury it. Its screen loads, and keeps again.
      if (this.#unseen.has(id)) return;
      await this.#hold(latest, place);
    });
  }

  /**
   * After a (new) login: what is unsent and built on the stored state goes on under this epoch;
   * what is not is handed in as it is. The result: places whose stored sheet must be loaded anew.
   */
  async reconcile(storedVersion: (place: SheetPlace) => number | null): Promise<SheetPlace[]> {
    const outdated: SheetPlace[] = [];
    for (const held of await this.parts.queue.unsent()) {
      const place = this.#placeOf(held);
      await this.#inTurn(place, async () => {
        if (!(await this.#settle(held, place, storedVersion(place)))) outdated.push(place);
      });
    }
    return outdated;
  }

  /** Takes the stored sheet over; what is unsent here is handed in. */
  takeStored(place: SheetPlace): Promise<void> {
    return this.#inTurn(place, async () => {
      const held = await this.#held(place);
      const stored = await this.parts.load(place);
      if (held?.unsent === true) await this.parts.queue.handIn(held);
      await this.#setAside(place);
      this.#open.delete(this.#id(place));
      this.#unseen.add(this.#id(place));
      if (stored !== null) await this.#adopt(place, stored);
    });
  }

  /** Hands in a state that the stored sheet has overtaken, so that not a letter of it is lost. */
  aside(sheet: Sheet, place: SheetPlace): Promise<void> {
    this.#latest.set(this.#id(place), sheet);
    return this.#inTurn(place, () => this.#setAside(place));
  }

  /** Resolves when every turn so far is over. */
  async settled(): Promise<void> {
    await Promise.all(this.#chains.values());
  }

  forget(): void {
    this.#open.clear();
    this.#latest.clear();
    this.#unseen.clear();
  }

  async #load(place: SheetPlace, storedVersion: number | null): Promise<Sheet | null> {
    const id = this.#id(place);
    const open = this.#open.get(id);
    if (open !== undefined) return open;
    const held = await this.#held(place);
    const current = held !== null && (held.unsent || held.version === storedVersion);
    if (held !== null && current) {
      const sheet = await this.#openHeld(held);
      if (sheet !== null) return this.#remember(id, sheet);
    }
    if (held === null && storedVersion === 0) return this.#remember(id, null);
    try {
      const stored = await this.parts.load(place);
      if (stored === null) return this.#remember(id, null);
      return await this.#adopt(place, stored);
    } catch (fault) {
      if (!(fault instanceof Unreachable) || held === null) return this.#withoutNetwork(fault, place);
      const sheet = await this.#openHeld(held);
      if (sheet === null) throw fault;
      return this.#remember(id, sheet);
    }
  }

  /** Starting empty is right only where delivery is known to store nothing. */
  #withoutNetwork(fault: unknown, place: SheetPlace): null {
    const own = place.number === undefined || place.number === this.parts.seat().number;
    const known = this.parts.seat().parts.find((part) => part.id === place.part)?.version;
    if (!(fault instanceof Unreachable) || (own && known !== 0)) throw fault;
    this.#open.set(this.#id(place), null);
    return null;
  }

  async #adopt(place: SheetPlace, stored: Stored): Promise<Sheet> {
    const { part } = place;
    const number = place.number ?? this.parts.seat().number;
    const of = { number, part, version: stored.version };
    const sheet = await this.parts.vault.openSheet(of, stored.sealed);
    await this.parts.queue.settle({
      ...this.#header(number, part),
      ...stored,
      base: stored.version,
      unsent: false,
      changes: 0,
      sent: [],
      stampMs: Date.now(),
    });
    this.#open.set(this.#id(place), sheet);
    return sheet;
  }

  async #settle(held: HeldSheet, place: SheetPlace, storedVersion: number | null): Promise<boolean> {
    const epoch = this.parts.seat().epoch;
    if (held.epoch === epoch) return true;
    if (storedVersion === held.base) {
      await this.parts.queue.settle({ ...held, epoch });
      return true;
    }
    const stored = await this.parts.load(place);
    const nonce = stored === null ? "" : nonceOf(stored.sealed);
    if (stored !== null && nonce === nonceOf(held.sealed)) {
      const base = stored.version;
      await this.parts.queue.settle({ ...held, epoch, base, unsent: false, changes: 0, sent: [] });
      return true;
    }
    const base = stored?.version ?? 0;
    if (base === held.base || held.sent.includes(nonce)) {
      await this.parts.queue.settle({ ...held, epoch, base, sent: [] });
      return true;
    }
    await this.parts.queue.handIn(held);
    this.#open.delete(this.#id(place));
    this.#latest.delete(this.#id(place));
    this.#unseen.add(this.#id(place));
    if (stored !== null) await this.#adopt(place, stored);
    return false;
  }

  async #setAside(place: SheetPlace): Promise<void> {
    const id = this.#id(place);
    const latest = this.#latest.get(id);
    if (latest === undefined) return;
    this.#latest.delete(id);
    const number = place.number ?? this.parts.seat().number;
    const held = await this.#held(place);
    const base = held?.base ?? 0;
    const version = Math.max(this.#open.get(id)?.version ?? 0, held?.version ?? 0) + 1;
    const sealed = await this.parts.vault.sealSheet({ ...latest, number, part: place.part, version });
    const state = { version, base, sealed, unsent: true, changes: 1, sent: [], stampMs: Date.now() };
    await this.parts.queue.layAside({ ...this.#header(number, place.part), ...state });
  }

  async #hold(latest: Sheet, place: SheetPlace): Promise<void> {
    const id = this.#id(place);
    const { campaign, number: own, epoch } = this.parts.seat();
    const number = place.number ?? own;
    const held = await this.#held(place);
    const before = Math.max(this.#open.get(id)?.version ?? 0, held?.version ?? 0, held?.base ?? 0);
    const sheet: Sheet = { ...latest, campaign, number, part: place.part, version: before + 1 };
    const sealed = await this.parts.vault.sealSheet(sheet);
    const { version, part } = sheet;
    await this.parts.queue.hold({ number, part, epoch, version, base: before, sealed });
    this.#open.set(id, sheet);
  }

  async #openHeld(held: HeldSheet): Promise<Sheet | null> {
    try {
      return await this.parts.vault.openSheet(held, held.sealed);
    } catch (fault) {
      if (fault instanceof SealError) return null;
      throw fault;
    }
  }

  #remember(id: string, sheet: Sheet | null): Sheet | null {
    this.#open.set(id, sheet);
    return sheet;
  }

  #held(place: SheetPlace): Promise<HeldSheet | null> {
    return this.parts.queue.held(place.number ?? this.parts.seat().number, place.part);
  }

  #placeOf(held: HeldSheet): SheetPlace {
    const { part, number } = held;
    return number === this.parts.seat().number ? { part } : { part, number };
  }

  #header(number: string, part: string) {
    const { campaign, number: writer, epoch } = this.parts.seat();
    return { id: sheetId({ campaign, writer, number, part }), campaign, writer, number, part, epoch };
  }

  #id(place: SheetPlace): string {
    return `${place.number ?? this.parts.seat().number}/${place.part}`;
  }

  #inTurn<T>(place: SheetPlace, work: () => Promise<T>): Promise<T> {
    const id = this.#id(place);
    const next = (this.#chains.get(id) ?? Promise.resolve()).then(work);
    this.#chains.set(id, next.catch(() => undefined));
    return next;
  }
}
