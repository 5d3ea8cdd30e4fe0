import type { Limits } from "../wire/plan";

/** Time limits inside a part: values in, values out. The part's own clock is delivery's. */

export type Scope = "test" | "part" | "section" | "item";

export interface Limited {
  scope: Scope;
  /** `test`, a test part, a section or an item. */
  id: string;
  limits: Limits;
}

export interface Remaining {
  scope: Scope;
  id: string;
  leftMs: number;
}

/** Milliseconds allowed for something, the seat's time percentage applied; null: no limit. */
export function allowedMs({ most }: Limits, percent: number): number | null {
  return most === undefined ? null : (most * 1000 * percent) / 100;
}

/**
 * The limit that ends first, of those that end anything. `usedMs`: time since something began, or
 * spent on it. Where two end at once the wider one counts: it stands first.
 */
export function tightest(limited: readonly Limited[], percent: number, usedMs: (of: Limited) => number): Remaining | null {
  let found: Remaining | null = null;
  for (const of of limited) {
    const allowed = allowedMs(of.limits, percent);
    if (allowed === null || of.limits.late === true) continue;
    const leftMs = Math.max(0, allowed - usedMs(of));
    if (found === null || leftMs < found.leftMs) found = { scope: of.scope, id: of.id, leftMs };
  }
  return found;
}

/** Milliseconds until going on is possible (min-time); 0: now. */
export function waitMs(limited: readonly Limited[], usedMs: (of: Limited) => number): number {
  return Math.max(0, ...limited.map((of) => (of.limits.least ?? 0) * 1000 - usedMs(of)));
}
