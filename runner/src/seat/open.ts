import { fromBase64, type Bytes } from "../seal/bytes";
import { keyedSheetKey, type SeatKeys } from "../seal/derive";
import { contexts, seal, unseal, unwrap } from "../seal/envelope";
import { BOOKLET_PLAIN_LIMIT, type Booklet } from "../wire/booklet";
import { readResponse } from "../wire/interactions";
import { emptySheet, SHEET_FORMATS, SHEET_PLAIN_LIMIT, type Sheet } from "../wire/sheet";

/** Sealing and opening for one seat: keys stay in here, in memory. */

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export interface SeatPlace {
  campaign: string;
  /** The seat's own order number. */
  number: string;
}

export class SeatVault {
  readonly #keys: SeatKeys;
  readonly #contentKeys = new Map<string, Bytes>();
  #groupKey: Bytes | null = null;

  constructor(
    keys: SeatKeys,
    private readonly seat: SeatPlace,
  ) {
    this.#keys = keys;
  }

  loginToken(): Promise<Bytes> {
    return this.#keys.loginToken();
  }

  shuffleSeed(part: string): Promise<Bytes> {
    return this.#keys.shuffleSeed(part);
  }

  /** Throws SealError if the code is not this seat's. */
  async unlockContent(part: string, wrapped: string): Promise<void> {
    const context = contexts.wrap({ ...this.seat, part });
    const key = await unwrap(await this.#keys.wrapKey(part), context, fromBase64(wrapped));
    this.#contentKeys.set(part, key);
  }

  /** Throws SealError if the code is not this seat's. */
  async unlockGroup(group: string, wrapped: string): Promise<void> {
    const context = contexts.group({ ...this.seat, group });
    this.#groupKey = await unwrap(await this.#keys.groupWrapKey(), context, fromBase64(wrapped));
  }

  /** Throws SealError, BookletFault, or Error for a booklet of another format. */
  async openBooklet(part: string, sealed: Bytes): Promise<Booklet> {
    const context = contexts.booklet({ campaign: this.seat.campaign, part });
    const payload = await unseal(this.#content(part), context, sealed, BOOKLET_PLAIN_LIMIT);
    const booklet = JSON.parse(decoder.decode(payload)) as Booklet;
    if (!/^ardoise-booklet\/[12]$/.test(booklet.format)) throw new Error("a booklet of an unknown format");
    const items = booklet.items.map((item) => ({
      ...item,
      responses: item.responses.map((response) => readResponse(response, item.id)),
    }));
    return { ...booklet, items };
  }

  openAsset(part: string, asset: string, sealed: Bytes): Promise<Bytes> {
    const context = contexts.asset({ campaign: this.seat.campaign, part, asset });
    return unseal(this.#content(part), context, sealed, BOOKLET_PLAIN_LIMIT);
  }

  /** `number`: the pupil's; another than the seat's own is a keyed sheet. */
  async sealSheet(sheet: Sheet): Promise<Bytes> {
    const context = contexts.sheet({ ...sheet, campaign: this.seat.campaign });
    const key = await this.#sheetKey(sheet.number, sheet.part);
    return seal(key, context, encoder.encode(JSON.stringify(sheet)) as Bytes);
  }

  /** Throws SealError, or Error for a sheet of another format. */
  async openSheet(
    of: { number: string; part: string; version: number },
    sealed: Bytes,
  ): Promise<Sheet> {
    const context = contexts.sheet({ ...of, campaign: this.seat.campaign });
    const key = await this.#sheetKey(of.number, of.part);
    const payload = await unseal(key, context, sealed, SHEET_PLAIN_LIMIT);
    const sheet = JSON.parse(decoder.decode(payload)) as Sheet;
    if (!SHEET_FORMATS.includes(sheet.format)) throw new Error("a sheet of an unknown format");
    return { ...emptySheet({ ...sheet }), ...sheet, format: "ardoise-sheet/2" };
  }

  forget(): void {
    this.#keys.forget();
    for (const key of this.#contentKeys.values()) key.fill(0);
    this.#contentKeys.clear();
    this.#groupKey?.fill(0);
    this.#groupKey = null;
  }

  #content(part: string): Bytes {
    const key = this.#contentKeys.get(part);
    if (key === undefined) throw new Error("the part has not been opened");
    return key;
  }

  #sheetKey(number: string, part: string): Promise<Bytes> {
    if (number === this.seat.number) return this.#keys.sheetKey(part);
    if (this.#groupKey === null) throw new Error("this seat has no group key");
    return keyedSheetKey(this.#groupKey, number, part);
  }
}
