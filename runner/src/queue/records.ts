import type { Bytes } from "../seal/bytes";
import type { GroupState, LoggedIn, PartOpened } from "../wire/types";

/** What lies on the device. Sealed bytes and plain headers: never a key, code, token or answer. */

export interface HeldSheet {
  /** `campaign/writer/number/part`. */
  id: string;
  campaign: string;
  /** Order number of the seat that wrote it. */
  writer: string;
  /** Order number of the pupil it is about. */
  number: string;
  part: string;
  epoch: number;
  version: number;
  /** Version of the stored sheet it is built on. */
  base: number;
  sealed: Bytes;
  unsent: boolean;
  /** Changes since the last acknowledgement. */
  changes: number;
  /** Nonces of versions that were sent and may have arrived unacknowledged. */
  sent: string[];
  stampMs: number;
}

/** A sheet that must not replace anything: handed in as it is. */
export type StraySheet = Omit<HeldSheet, "unsent" | "changes" | "sent">;

/** The last known state of a seat, so that it can go on without a network. */
export interface HeldSeat {
  /** `campaign/number`. */
  id: string;
  /** Without the session token. */
  state: Omit<LoggedIn, "session">;
  opened: Record<string, PartOpened>;
  group: GroupState | null;
  stampMs: number;
}

export function sheetId(of: { campaign: string; writer: string; number: string; part: string }): string {
  return `${of.campaign}/${of.writer}/${of.number}/${of.part}`;
}

/** Nonces are random and public: they tell sealed bytes apart without keeping copies. */
export function nonceOf(sealed: Uint8Array): string {
  return btoa(String.fromCharCode(...sealed.subarray(0, 12)));
}
