/**
 * Places in the line of logins (protocol §5): one ticket for the seat that waits. It is no secret (two
 * times and a MAC, of use to this number's code alone), so a reload of the tab may keep it.
 */
export class Places {
  #kept: string | null;

  constructor(private readonly storage: Storage | null = null) {
    this.#kept = quietly(() => storage?.getItem(KEY) ?? null) ?? null;
  }

  of(seat: Seat): string | null {
    const [campaign, number, ticket] = this.#kept?.split("/") ?? [];
    return campaign === seat.campaign && number === seat.number ? (ticket ?? null) : null;
  }

  keep(seat: Seat, ticket: string): void {
    const kept = `${seat.campaign}/${seat.number}/${ticket}`;
    this.#kept = kept;
    quietly(() => this.storage?.setItem(KEY, kept));
  }

  drop(): void {
    this.#kept = null;
    quietly(() => this.storage?.removeItem(KEY));
  }
}

interface Seat {
  campaign: string;
  number: string;
}

const KEY = "ardoise.place";

function quietly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
