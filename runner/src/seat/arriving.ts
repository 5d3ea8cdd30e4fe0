import { toBase64Url } from "../seal/bytes";
import { SealError } from "../seal/envelope";
import type { HeldSeat } from "../queue/records";
import type { Delivery } from "../wire/api";
import { Refused, Unreachable } from "../wire/problems";
import type { LoggedIn } from "../wire/types";
import type { SeatVault } from "./open";
import type { Places } from "./places";

/** From the card to a session: at delivery, or by what the device holds. */

/** The code does not open what this device holds of the seat (found out offline). */
export class WrongCode extends Error {}

export interface Card {
  campaign: string;
  number: string;
  code: string;
}

/** Logs in, with the place in the line if this seat has one; keeps the place it is given. */
export async function login(
  { delivery, places }: { delivery: Delivery; places: Places },
  { campaign, number }: { campaign: string; number: string },
  vault: SeatVault,
): Promise<LoggedIn> {
  const token = toBase64Url(await vault.loginToken());
  const ticket = places.of({ campaign, number });
  try {
    const state = await delivery.login({ campaign, number, token, ...(ticket === null ? {} : { ticket }) });
    places.drop();
    return state;
  } catch (fault) {
    const given = fault instanceof Refused ? fault.problem.ticket : null;
    if (given) places.keep({ campaign, number }, given);
    throw fault;
  }
}

/** How long until this seat's turn, if it was told to wait for one. */
export function turnOf(fault: unknown): number | null {
  return fault instanceof Refused && fault.kind === "queued" ? fault.problem.retry_ms : null;
}

/** Throws WrongCode, or Unreachable if nothing here could tell a right code from a wrong one. */
export async function checkOffline(vault: SeatVault, held: HeldSeat): Promise<void> {
  const parts = Object.entries(held.opened);
  const groupKey = held.state.group_key;
  try {
    if (groupKey !== null) await vault.unlockGroup(held.state.group, groupKey);
    for (const [part, opened] of parts) await vault.unlockContent(part, opened.wrapped);
  } catch (fault) {
    throw fault instanceof SealError ? new WrongCode() : fault;
  }
  if (groupKey === null && parts.length === 0) throw new Unreachable("no part was opened here");
}
