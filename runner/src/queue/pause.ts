const LONGEST_MS = 30_000;

/**
 * How long to wait after the nth failure in a row: up to 2 s, doubling to 30 s. All of it is random
 * while it grows, since a whole year group fails in the same second; at its longest half of it: by
 * then everyone is out of step, and a whole year group comes back over half a minute.
 */
export function growingPause(failures: number, random: () => number): number {
  const whole = 2_000 * 2 ** Math.min(failures - 1, 10);
  return whole < LONGEST_MS ? Math.max(100, whole * random()) : LONGEST_MS * (0.5 + random() / 2);
}

/** What delivery wishes: that long, and up to as much again; never above two minutes. */
export function wishedPause(retryMs: number, random: () => number): number {
  return Math.min(120_000, Math.max(250, retryMs) * (1 + random()));
}

/** A sleep that may be cut short. */
export class Nap {
  #cut: (() => void) | null = null;

  constructor(private readonly timer: (wake: () => void, ms: number) => void = (wake, ms) => void setTimeout(wake, ms)) {}

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#cut = resolve;
      this.timer(resolve, ms);
    });
  }

  cut(): void {
    this.#cut?.();
  }
}
