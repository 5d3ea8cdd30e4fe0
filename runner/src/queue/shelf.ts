import type { Bytes } from "../seal/bytes";
import { asStray, strayKey, type Database } from "./database";
import { MemoryDatabase } from "./memory";
import type { HeldSeat, HeldSheet, StraySheet } from "./records";

/**
 * Everything in memory and, as long as the device lets us, on disk. A disk that refuses never
 * loses anything while the page lives; `durable` then says false, and screens say so.
 */
export class Shelf {
  readonly #memory = new MemoryDatabase();
  #failed = new Set<string>();
  #listeners = new Set<() => void>();

  constructor(private readonly disk: Database | null) {}

  /** Whether all that is unsent would survive a closed page. */
  get durable(): boolean {
    return this.disk !== null && this.#failed.size === 0;
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Brings one writer's sheets and strays into memory. */
  async bring(campaign: string, writer: string): Promise<void> {
    if (this.disk === null) return;
    try {
      for (const sheet of await this.disk.sheets(campaign, writer)) await this.#memory.putSheet(sheet);
      for (const [, stray] of await this.disk.strays(campaign, writer)) await this.#memory.putStray(stray);
    } catch {
      // A disk that cannot be read holds nothing for us.
    }
  }

  sheets(campaign: string, writer: string): Promise<HeldSheet[]> {
    return this.#memory.sheets(campaign, writer);
  }

  strays(campaign: string, writer: string): Promise<[string, StraySheet][]> {
    return this.#memory.strays(campaign, writer);
  }

  /** Whether it took its place (see Database.putSheet). */
  async putSheet(sheet: HeldSheet): Promise<boolean> {
    const placed = await this.#memory.putSheet(sheet);
    const taken = await this.#write(sheet.id, (disk) => disk.putSheet(sheet));
    return placed && taken !== false;
  }

  async deleteSheet(id: string): Promise<void> {
    await this.#memory.deleteSheet(id);
    await this.#write(id, (disk) => disk.deleteSheet(id));
  }

  /** Lays a sheet with the strays, out of the way of the one that takes its place. */
  async makeStray(sheet: HeldSheet): Promise<void> {
    await this.putStray(sheet);
    await this.deleteSheet(sheet.id);
  }

  async putStray(sheet: HeldSheet): Promise<void> {
    const stray = asStray(sheet);
    await this.#memory.putStray(stray);
    await this.#write(strayKey(stray), (disk) => disk.putStray(stray));
  }

  async deleteStray(key: string): Promise<void> {
    await this.#memory.deleteStray(key);
    await this.#write(key, (disk) => disk.deleteStray(key));
  }

  async seat(id: string): Promise<HeldSeat | null> {
    return (await this.#memory.seat(id)) ?? (await this.#read((disk) => disk.seat(id)));
  }

  async putSeat(seat: HeldSeat): Promise<void> {
    await this.#memory.putSeat(seat);
    await this.#read((disk) => disk.putSeat(seat));
  }

  async deleteSeat(id: string): Promise<void> {
    await this.#memory.deleteSeat(id);
    await this.#read((disk) => disk.deleteSeat(id));
  }

  async blob(sha256: string): Promise<Bytes | null> {
    return (await this.#memory.blob(sha256)) ?? (await this.#read((disk) => disk.blob(sha256)));
  }

  /** On disk alone when it takes it: booklets and pictures are large. */
  async putBlob(sha256: string, sealed: Bytes): Promise<void> {
    try {
      if (this.disk === null) throw new Error("no disk");
      await this.disk.putBlob(sha256, sealed);
    } catch {
      await this.#memory.putBlob(sha256, sealed);
    }
  }

  async prune(beforeMs: number): Promise<void> {
    await this.#read((disk) => disk.prune(beforeMs));
  }

  async #read<T>(ask: (disk: Database) => Promise<T>): Promise<T | null> {
    if (this.disk === null) return null;
    try {
      return await ask(this.disk);
    } catch {
      return null;
    }
  }

  async #write<T>(key: string, ask: (disk: Database) => Promise<T>): Promise<T | null> {
    if (this.disk === null) return null;
    const before = this.durable;
    let result: T | null = null;
    try {
      result = await ask(this.disk);
      this.#failed.delete(key);
    } catch {
      this.#failed.add(key);
    }
    if (before !== this.durable) for (const listener of this.#listeners) listener();
    return result;
  }
}
