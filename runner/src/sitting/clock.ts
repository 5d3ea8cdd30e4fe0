/** What is left until a moment: whole minutes, rounded up so that "1 min" is the last one. */
export function remaining(deadlineMs: number, nowMs: number): { minutes: number; ms: number } {
  const ms = Math.max(0, deadlineMs - nowMs);
  return { minutes: Math.ceil(ms / 60_000), ms };
}

/** A part's end for a pupil: its own deadline, else the window's. */
export function endOf(part: { deadline_ms: number | null }, closesMs: number): number {
  return part.deadline_ms === null ? closesMs : Math.min(part.deadline_ms, closesMs);
}

/** The nearer of two ends, unless that is but a tremble of the one shown: they come from two clocks. */
export function nearest(whole: number | null, inner: number | null, shown: number | null): number | null {
  const next = whole === null || inner === null ? inner ?? whole : Math.min(whole, inner);
  return next !== null && shown !== null && Math.abs(next - shown) < 1500 ? shown : next;
}
