/** What a reload may remember of who sat here: the campaign and the order number, never the code. */

export interface Remembered {
  campaign: string | null;
  number: string | null;
}

const SEAT = "ardoise.seat";
const CAMPAIGN = "ardoise.campaign";

export function remember(campaign: string, number: string): void {
  quietly(() => sessionStorage.setItem(SEAT, `${campaign}/${number}`));
  quietly(() => localStorage.setItem(CAMPAIGN, campaign));
}

export function remembered(): Remembered {
  const seat = quietly(() => sessionStorage.getItem(SEAT))?.split("/") ?? [];
  return { campaign: seat[0] ?? null, number: seat[1] ?? null };
}

/** The last campaign on this device, for an arrival without a network. */
export function lastCampaign(): string | null {
  return quietly(() => localStorage.getItem(CAMPAIGN)) ?? null;
}

export function forgetSeat(): void {
  quietly(() => sessionStorage.removeItem(SEAT));
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
