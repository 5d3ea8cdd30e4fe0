import type { Bytes } from "../seal/bytes";
import { SeatKeys } from "../seal/derive";
import { shuffled } from "../seal/shuffle";
import { SheetQueue, type Outgoing } from "../queue/queue";
import type { HeldSeat, StraySheet } from "../queue/records";
import type { Shelf } from "../queue/shelf";
import type { Observable, SavingStatus, SeatSession, SheetPlace } from "../session";
import { Signal } from "../signal";
import type { Delivery } from "../wire/api";
import type { Booklet } from "../wire/booklet";
import { Refused, Unreachable } from "../wire/problems";
import type { Sheet } from "../wire/sheet";
import type { GroupState, LoggedIn, PartOpened, Saved } from "../wire/types";
import { checkOffline, login, turnOf, type Card } from "./arriving";
import { SeatVault } from "./open";
import { Places } from "./places";
import { SheetDesk } from "./desk";

interface LiveParts {
  delivery: Delivery;
  shelf: Shelf;
  /** The place in the line of logins, if somebody waits. */
  places?: Places;
}

const PREFETCH_SPREAD_MS = 20_000;

/** A seat in this browser: logged in, or going on offline with what the device holds, sealed. */
export class LiveSession implements SeatSession {
  readonly queue: SheetQueue;
  readonly changes: Signal<LoggedIn>;
  readonly superseded = new Signal(false);
  readonly reloaded = new Signal<SheetPlace | null>(null);
  readonly saved = new Signal<SheetPlace | null>(null);
  readonly #vault: SeatVault;
  readonly #desk: SheetDesk;
  readonly #delivery: Delivery;
  readonly #shelf: Shelf;
  #held: HeldSeat;
  #token: string | null = null;
  #connected = false;
  #connecting: Promise<void> | null = null;
  readonly #places: Places;
  /** Logs in again when its turn in the line has come. */
  #turn: ReturnType<typeof setTimeout> | undefined;
  #over = false;
  readonly #booklets = new Map<string, Promise<Booklet>>();
  readonly #assets = new Map<string, Promise<string>>();
  readonly #fetching = new Map<string, Promise<Bytes>>();

  private constructor(vault: SeatVault, held: HeldSeat, parts: Required<LiveParts>) {
    this.#vault = vault;
    this.#delivery = parts.delivery;
    this.#shelf = parts.shelf;
    this.#places = parts.places;
    this.#held = held;
    this.changes = new Signal<LoggedIn>({ ...held.state, session: "" });
    this.queue = new SheetQueue({
      shelf: parts.shelf,
      campaign: held.state.campaign,
      writer: held.state.number,
      save: (sheet, keepalive) => this.#send(sheet, keepalive),
      events: {
        saved: (sheet, saved) => this.#saved(sheet, saved),
        superseded: () => this.superseded.set(true),
        late: () => void this.refresh(),
        conflict: (sheet) => void this.#conflict(sheet),
        sessionEnded: () => void this.#sessionEnded(),
      },
    });
    this.#desk = new SheetDesk({
      queue: this.queue,
      vault,
      seat: () => this.state,
      load: this.#loadStored,
    });
  }

  /**
   * Logs in; without a network, or while others have their turn, goes on with what the device holds
   * if the code opens it. Rejects with Refused (unknown-seat, queued, purged …), WrongCode, or
   * Unreachable.
   */
  static async start(card: Card, given: LiveParts): Promise<LiveSession> {
    const parts = { places: new Places(), ...given };
    const vault = new SeatVault(await SeatKeys.fromCode(card), card);
    const held = await parts.shelf.seat(`${card.campaign}/${card.number}`);
    let state: LoggedIn | null = null;
    let turnMs: number | null = null;
    try {
      state = await login(parts, card, vault);
    } catch (fault) {
      turnMs = turnOf(fault);
      if (!(fault instanceof Unreachable || turnMs !== null) || held === null) throw fault;
      await checkOffline(vault, held).catch((reason: unknown) => {
        throw turnMs === null ? reason : fault;
      });
    }
    const known = state === null ? held?.state : withoutSession(state);
    if (known === undefined) throw new Unreachable("nothing is known of this seat here");
    const id = `${card.campaign}/${card.number}`;
    const opened = held?.opened ?? {};
    const seat = { id, state: known, opened, group: held?.group ?? null, stampMs: Date.now() };
    const session = new LiveSession(vault, seat, parts);
    await session.#begin(state);
    if (turnMs !== null) session.#connectAtTurn(turnMs);
    return session;
  }

  async #begin(state: LoggedIn | null): Promise<void> {
    await this.queue.bring();
    const groupKey = this.#held.state.group_key;
    if (groupKey !== null) await this.#vault.unlockGroup(this.#held.state.group, groupKey);
    if (state === null) {
      this.queue.setOnline(false);
      return;
    }
    await this.#entered(state);
    await this.#reconcile().catch(() => undefined);
    if (state.state === "waiting") void this.#fetchBefore();
  }

  get state(): LoggedIn {
    return this.changes.value;
  }

  get status(): Observable<SavingStatus> {
    return this.queue.status;
  }

  /** Whether delivery knows this session (and not only the device). */
  get loggedIn(): boolean {
    return this.#token !== null;
  }

  now(): number {
    return this.#delivery.now();
  }

  async refresh(): Promise<void> {
    if (this.superseded.value) return;
    if (this.#token === null || !this.#connected) return this.connect();
    try {
      const state = await this.#delivery.sitting(this.#token);
      await this.#take(state);
      this.queue.setOnline(true);
      this.queue.wake(true);
    } catch (fault) {
      await this.#troubled(fault);
    }
  }

  /** Logs in (again) in the background if need be, then lets the queue send. */
  connect(): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = null));
    return this.#connecting;
  }

  async #connect(): Promise<void> {
    try {
      if (this.#token === null) {
        const parts = { delivery: this.#delivery, places: this.#places };
        await this.#entered(await login(parts, this.#held.state, this.#vault));
      }
      await this.#reconcile();
    } catch (fault) {
      await this.#troubled(fault);
      const turnMs = turnOf(fault);
      if (turnMs !== null) this.#connectAtTurn(turnMs);
    }
  }

  #connectAtTurn(turnMs: number): void {
    this.queue.setOnline(true);
    clearTimeout(this.#turn);
    // The line may move faster than it was said to.
    this.#turn = setTimeout(() => void (this.#over || this.connect()), Math.min(turnMs, 60_000));
  }

  /** The window opens by the clock: nobody has to ask, all in the same minute, whether it has. */
  reachOpening(): void {
    const { state } = this;
    if (state.state === "waiting" && this.now() >= state.opens_ms) this.changes.set({ ...state, state: "open" });
  }

  async openPart(part: string): Promise<PartOpened> {
    const cached = this.#held.opened[part];
    if (cached !== undefined && !this.#connected) return this.#useOpened(part, cached);
    const token = this.#token;
    if (token === null) throw new Unreachable("not logged in");
    try {
      const opened = await this.#delivery.open(token, part);
      await this.#takePart(part, opened);
      return await this.#useOpened(part, opened);
    } catch (fault) {
      await this.#troubled(fault);
      if (fault instanceof Unreachable && cached !== undefined) return this.#useOpened(part, cached);
      throw fault;
    }
  }

  async #useOpened(part: string, opened: PartOpened): Promise<PartOpened> {
    await this.#vault.unlockContent(part, opened.wrapped);
    return opened;
  }

  booklet(part: string): Promise<Booklet> {
    return once(this.#booklets, part, async () => {
      const opened = await this.openPart(part);
      const booklet = await this.#vault.openBooklet(part, await this.#blob(opened.state.booklet));
      void this.#fetchAhead(booklet);
      return booklet;
    });
  }

  assetUrl(part: string, assetId: string): Promise<string> {
    return once(this.#assets, `${part}/${assetId}`, async () => {
      const asset = (await this.booklet(part)).assets[assetId];
      if (asset === undefined) throw new Error(`the booklet has no asset ${assetId}`);
      const sealed = await this.#blob(asset.blob);
      const bytes = await this.#vault.openAsset(part, assetId, sealed);
      return URL.createObjectURL(new Blob([bytes], { type: asset.media_type }));
    });
  }

  async order(part: string, item: string, response: string, options: string[]): Promise<string[]> {
    return shuffled(await this.#vault.shuffleSeed(part), item, response, options);
  }

  async group(): Promise<GroupState> {
    try {
      if (this.#token === null) throw new Unreachable("not logged in");
      const group = await this.#delivery.group(this.#token);
      this.#held = { ...this.#held, group };
      await this.#shelf.putSeat(this.#held);
      return group;
    } catch (fault) {
      await this.#troubled(fault);
      if (isPassing(fault) && this.#held.group !== null) return this.#held.group;
      throw fault;
    }
  }

  loadSheet(place: SheetPlace): Promise<Sheet | null> {
    return this.#desk.load(place, this.#connected ? this.#storedVersion(place) : null);
  }

  keep(sheet: Sheet, place: SheetPlace): Promise<void> {
    return this.queue.whileSealing(() => this.#desk.keep(sheet, place));
  }

  /** Hands in a state that the stored sheet has overtaken. */
  aside(sheet: Sheet, place: SheetPlace): Promise<void> {
    return this.#desk.aside(sheet, place);
  }

  flush(): Promise<void> {
    return this.queue.flush();
  }

  rescueFile(): Promise<Blob> {
    return this.queue.rescueFile();
  }

  async logout(): Promise<void> {
    await this.#desk.settled();
    await this.queue.clearSent();
    if (this.status.value.pending === 0) await this.#shelf.deleteSeat(this.#held.id);
    this.#over = true;
    clearTimeout(this.#turn);
    this.queue.permit(false);
    this.#token = null;
    this.#vault.forget();
    for (const url of this.#assets.values()) void url.then(URL.revokeObjectURL, () => undefined);
    this.#assets.clear();
    this.#booklets.clear();
    this.#desk.forget();
  }

  async #entered(state: LoggedIn): Promise<void> {
    this.#token = state.session;
    await this.#take(state);
    if (state.role === "teacher") await this.group().catch(() => undefined);
  }

  /** Puts what the device still holds unsent on the new footing, then lets the queue send. */
  async #reconcile(): Promise<void> {
    const token = this.#token;
    if (token === null) return;
    this.#connected = false;
    for (const place of await this.#desk.reconcile((of) => this.#storedVersion(of))) {
      this.reloaded.set(place);
    }
    this.#connected = true;
    this.queue.setOnline(true);
    this.queue.permit(true);
  }

  /** As the last state or group says; null: unknown. */
  #storedVersion(place: SheetPlace): number | null {
    if (place.number === undefined || place.number === this.state.number) {
      return this.state.parts.find((part) => part.id === place.part)?.version ?? null;
    }
    const pupil = this.#held.group?.pupils.find((other) => other.number === place.number);
    if (pupil === undefined) return null;
    return pupil.parts.find((part) => part.part === place.part)?.version ?? 0;
  }

  readonly #loadStored = async (place: SheetPlace): Promise<{ sealed: Bytes; version: number } | null> => {
    if (this.#token === null) throw new Unreachable("not logged in");
    return this.#delivery.load(this.#token, this.#address(place.part, place.number));
  };

  #send(sheet: Outgoing, keepalive: boolean): Promise<Saved> {
    if (this.#token === null) return Promise.reject(new Unreachable("not logged in"));
    const address = this.#address(sheet.part, sheet.number);
    return this.#delivery.save(this.#token, address, sheet, keepalive);
  }

  #address(part: string, number: string | undefined): { part: string; number?: string } {
    return number === undefined || number === this.state.number ? { part } : { part, number };
  }

  #saved(sheet: StraySheet, saved: Saved): void {
    this.saved.set(this.#address(sheet.part, sheet.number));
    if (sheet.number !== this.state.number) return;
    const part = this.state.parts.find((other) => other.id === sheet.part);
    if (part === undefined) return;
    const deadline_ms = saved.deadline_ms ?? part.deadline_ms;
    void this.#takePartState({ ...part, version: saved.version, deadline_ms });
  }

  async #conflict(sheet: StraySheet): Promise<void> {
    try {
      const place = this.#address(sheet.part, sheet.number);
      await this.#desk.takeStored(place);
      this.reloaded.set(place);
    } catch (fault) {
      await this.#troubled(fault);
    }
  }

  async #sessionEnded(): Promise<void> {
    this.#token = null;
    this.#connected = false;
    await this.connect();
  }

  async #troubled(fault: unknown): Promise<void> {
    if (fault instanceof Unreachable) return this.queue.setOnline(false);
    if (!(fault instanceof Refused)) throw fault;
    if (fault.kind === "superseded") this.superseded.set(true);
    if (fault.kind === "no-session") {
      this.#token = null;
      this.#connected = false;
      this.queue.permit(false);
    }
  }

  async #take(state: LoggedIn): Promise<void> {
    this.changes.set(state);
    this.#held = { ...this.#held, state: withoutSession(state), stampMs: Date.now() };
    await this.#shelf.putSeat(this.#held);
  }

  async #takePart(part: string, opened: PartOpened): Promise<void> {
    this.#held = { ...this.#held, opened: { ...this.#held.opened, [part]: opened } };
    await this.#takePartState(opened.state);
  }

  async #takePartState(state: PartOpened["state"]): Promise<void> {
    const parts = this.state.parts.map((part) => (part.id === state.id ? state : part));
    await this.#take({ ...this.state, parts });
  }

  async #blob(sha256: string): Promise<Bytes> {
    const held = await this.#shelf.blob(sha256);
    if (held !== null) return held;
    return whileUnderWay(this.#fetching, sha256, async () => {
      const sealed = await this.#delivery.blob(sha256);
      await this.#shelf.putBlob(sha256, sealed);
      return sealed;
    });
  }

  /**
   * Booklets are sealed, and their key comes with the opening of a part alone: who waits for the
   * window fetches them now, each at a moment of its own.
   */
  async #fetchBefore(): Promise<void> {
    await new Promise((go) => setTimeout(go, Math.random() * PREFETCH_SPREAD_MS));
    for (const part of this.state.parts) {
      if (this.#over) return;
      if (part.writer === this.state.role) await this.#blob(part.booklet).catch(() => undefined);
    }
  }

  /** All pictures and sounds, one after the other, so that the part can go on without a network. */
  async #fetchAhead(booklet: Booklet): Promise<void> {
    for (const { blob } of Object.values(booklet.assets)) {
      await this.#blob(blob).catch(() => undefined);
    }
  }
}

/** No network, or delivery puts off what can wait: what was seen last is good for now. */
function isPassing(fault: unknown): boolean {
  return fault instanceof Unreachable || (fault instanceof Refused && ["busy", "slow-down"].includes(fault.kind));
}

function withoutSession({ session: _session, ...state }: LoggedIn): HeldSeat["state"] {
  return state;
}

/** All who ask for the same at once share one promise. */
function whileUnderWay<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = once(cache, key, make);
  made.then(() => cache.delete(key), () => undefined);
  return made;
}

/** One promise a key; a failed one is forgotten, so that the next call tries again. */
function once<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const there = cache.get(key);
  if (there !== undefined) return there;
  const made = make();
  cache.set(key, made);
  made.catch(() => cache.delete(key));
  return made;
}
