/** How long to wait after the nth failure in a row: 1 s doubling to 30 s, half of it random. */
export function growingPause(failures: number, random: () => number): number {
  const whole = Math.min(30_000, 1_000 * 2 ** Math.min(failures - 1, 10));
  return whole * (0.5 + random() / 2);
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
