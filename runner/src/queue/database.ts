import type { Bytes } from "../seal/bytes";
import type { HeldSeat, HeldSheet, StraySheet } from "./records";

/** Where held things lie. Rejects when the device refuses (quota, private mode, disk). */
export interface Database {
  /** Of one writer, all sheets. */
  sheets(campaign: string, writer: string): Promise<HeldSheet[]>;
  /**
   * Replaces the sheet of the same id, unless that one is of a later epoch (another tab took
   * over): then `sheet`, if unsent, is laid with the strays. Says whether it took the place.
   */
  putSheet(sheet: HeldSheet): Promise<boolean>;
  deleteSheet(id: string): Promise<void>;
  strays(campaign: string, writer: string): Promise<[key: string, sheet: StraySheet][]>;
  putStray(sheet: StraySheet): Promise<void>;
  deleteStray(key: string): Promise<void>;
  seat(id: string): Promise<HeldSeat | null>;
  putSeat(seat: HeldSeat): Promise<void>;
  deleteSeat(id: string): Promise<void>;
  blob(sha256: string): Promise<Bytes | null>;
  putBlob(sha256: string, sealed: Bytes): Promise<void>;
  /** Deletes what was last touched before, except what is unsent. */
  prune(beforeMs: number): Promise<void>;
}

const NAME = "ardoise";
const SCHEMA = 1;

/** One stray for each sealed thing, however often it is laid there. */
export function strayKey(sheet: StraySheet): string {
  return `${sheet.id}/${btoa(String.fromCharCode(...sheet.sealed.subarray(0, 12)))}`;
}

export function asStray(sheet: HeldSheet): StraySheet {
  const { unsent: _unsent, changes: _changes, sent: _sent, ...stray } = sheet;
  return stray;
}

interface HeldBlob {
  sealed: Bytes;
  stampMs: number;
}

export class IndexedDatabase implements Database {
  private constructor(private readonly db: IDBDatabase) {}

  /** Rejects if the browser has no IndexedDB or does not let us. */
  static open(factory: IDBFactory = indexedDB): Promise<IndexedDatabase> {
    return new Promise((resolve, reject) => {
      const request = factory.open(NAME, SCHEMA);
      request.onupgradeneeded = () => {
        const db = request.result;
        for (const store of ["sheets", "strays", "seats", "blobs"]) db.createObjectStore(store);
      };
      request.onsuccess = () => {
        request.result.onversionchange = () => request.result.close();
        resolve(new IndexedDatabase(request.result));
      };
      request.onerror = () => reject(request.error ?? new Error("IndexedDB does not open"));
      request.onblocked = () => reject(new Error("IndexedDB is blocked by another tab"));
    });
  }

  sheets(campaign: string, writer: string): Promise<HeldSheet[]> {
    const range = prefix(`${campaign}/${writer}/`);
    return this.#run("readonly", ["sheets"], (tx) => tx.objectStore("sheets").getAll(range));
  }

  putSheet(sheet: HeldSheet): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let placed = true;
      const tx = this.#begin("readwrite", ["sheets", "strays"], reject);
      tx.oncomplete = () => resolve(placed);
      const sheets = tx.objectStore("sheets");
      const existing = sheets.get(sheet.id);
      existing.onsuccess = () => {
        const there = existing.result as HeldSheet | undefined;
        if (there !== undefined && there.epoch > sheet.epoch) {
          placed = false;
          if (sheet.unsent) tx.objectStore("strays").put(asStray(sheet), strayKey(sheet));
          return;
        }
        sheets.put(sheet, sheet.id);
      };
    });
  }

  async deleteSheet(id: string): Promise<void> {
    await this.#run("readwrite", ["sheets"], (tx) => tx.objectStore("sheets").delete(id));
  }

  async strays(campaign: string, writer: string): Promise<[string, StraySheet][]> {
    const range = prefix(`${campaign}/${writer}/`);
    const all = await this.#run<StraySheet[]>("readonly", ["strays"], (tx) =>
      tx.objectStore("strays").getAll(range),
    );
    return all.map((sheet) => [strayKey(sheet), sheet]);
  }

  async putStray(sheet: StraySheet): Promise<void> {
    await this.#run("readwrite", ["strays"], (tx) =>
      tx.objectStore("strays").put(sheet, strayKey(sheet)),
    );
  }

  async deleteStray(key: string): Promise<void> {
    await this.#run("readwrite", ["strays"], (tx) => tx.objectStore("strays").delete(key));
  }

  async seat(id: string): Promise<HeldSeat | null> {
    const get = (tx: IDBTransaction) => tx.objectStore("seats").get(id);
    return (await this.#run<HeldSeat | undefined>("readonly", ["seats"], get)) ?? null;
  }

  async putSeat(seat: HeldSeat): Promise<void> {
    await this.#run("readwrite", ["seats"], (tx) => tx.objectStore("seats").put(seat, seat.id));
  }

  async deleteSeat(id: string): Promise<void> {
    await this.#run("readwrite", ["seats"], (tx) => tx.objectStore("seats").delete(id));
  }

  async blob(sha256: string): Promise<Bytes | null> {
    const get = (tx: IDBTransaction) => tx.objectStore("blobs").get(sha256);
    return (await this.#run<HeldBlob | undefined>("readonly", ["blobs"], get))?.sealed ?? null;
  }

  async putBlob(sha256: string, sealed: Bytes): Promise<void> {
    const blob: HeldBlob = { sealed, stampMs: Date.now() };
    await this.#run("readwrite", ["blobs"], (tx) => tx.objectStore("blobs").put(blob, sha256));
  }

  prune(beforeMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const tx = this.#begin("readwrite", ["sheets", "seats", "blobs"], reject);
      tx.oncomplete = () => resolve();
      for (const store of ["sheets", "seats", "blobs"]) {
        const walk = tx.objectStore(store).openCursor();
        walk.onsuccess = () => {
          const cursor = walk.result;
          if (cursor === null) return;
          const held = cursor.value as { stampMs: number; unsent?: boolean };
          if (held.stampMs < beforeMs && held.unsent !== true) cursor.delete();
          cursor.continue();
        };
      }
    });
  }

  #begin(mode: IDBTransactionMode, stores: string[], reject: (fault: unknown) => void): IDBTransaction {
    const tx = this.db.transaction(stores, mode);
    tx.onerror = () => reject(tx.error ?? new Error("IndexedDB failed"));
    tx.onabort = () => reject(tx.error ?? new Error("IndexedDB gave up"));
    return tx;
  }

  #run<T>(
    mode: IDBTransactionMode,
    stores: string[],
    ask: (tx: IDBTransaction) => IDBRequest,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const tx = this.#begin(mode, stores, reject);
      const request = ask(tx);
      tx.oncomplete = () => resolve(request.result as T);
    });
  }
}

function prefix(text: string): IDBKeyRange {
  return IDBKeyRange.bound(text, `${text}\uffff`);
}
