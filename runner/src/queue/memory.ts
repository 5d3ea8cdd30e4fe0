import type { Bytes } from "../seal/bytes";
import { asStray, strayKey, type Database } from "./database";
import type { HeldSeat, HeldSheet, StraySheet } from "./records";

/** The same, for as long as the page lives. */
export class MemoryDatabase implements Database {
  readonly #sheets = new Map<string, HeldSheet>();
  readonly #strays = new Map<string, StraySheet>();
  readonly #seats = new Map<string, HeldSeat>();
  readonly #blobs = new Map<string, Bytes>();

  async sheets(campaign: string, writer: string): Promise<HeldSheet[]> {
    return [...this.#sheets.values()].filter((s) => s.campaign === campaign && s.writer === writer);
  }

  async putSheet(sheet: HeldSheet): Promise<boolean> {
    const there = this.#sheets.get(sheet.id);
    if (there !== undefined && there.epoch > sheet.epoch) {
      if (sheet.unsent) await this.putStray(asStray(sheet));
      return false;
    }
    this.#sheets.set(sheet.id, sheet);
    return true;
  }

  async deleteSheet(id: string): Promise<void> {
    this.#sheets.delete(id);
  }

  async strays(campaign: string, writer: string): Promise<[string, StraySheet][]> {
    return [...this.#strays].filter(([, s]) => s.campaign === campaign && s.writer === writer);
  }

  async putStray(sheet: StraySheet): Promise<void> {
    this.#strays.set(strayKey(sheet), sheet);
  }

  async deleteStray(key: string): Promise<void> {
    this.#strays.delete(key);
  }

  async seat(id: string): Promise<HeldSeat | null> {
    return this.#seats.get(id) ?? null;
  }

  async putSeat(seat: HeldSeat): Promise<void> {
    this.#seats.set(seat.id, seat);
  }

  async deleteSeat(id: string): Promise<void> {
    this.#seats.delete(id);
  }

  async blob(sha256: string): Promise<Bytes | null> {
    return this.#blobs.get(sha256) ?? null;
  }

  async putBlob(sha256: string, sealed: Bytes): Promise<void> {
    this.#blobs.set(sha256, sealed);
  }

  async prune(): Promise<void> {}
}
