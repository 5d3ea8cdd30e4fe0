/** The kinds of refusal that cross the wire: mirrors contract/problems.py. */

export const KINDS = [
  "malformed", "unsigned", "unknown-seat", "no-session", "not-yours", "absent", "wrong-method",
  "superseded", "conflict", "older", "incomplete", "open", "late", "purged", "too-large",
  "waiting", "slow-down", "queued", "busy", "fault",
] as const;
export type Kind = (typeof KINDS)[number];

export interface Problem {
  problem: Kind;
  detail: string;
  /** A refused sheet that is stored as a stray: the client may forget it. */
  kept: boolean;
  retry_ms: number | null;
  now_ms: number | null;
  /** With `queued`: a place in the line, for the next login. */
  ticket?: string | null;
}

/** Delivery said no. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.problem);
  }

  get kind(): Kind {
    return this.problem.problem;
  }
}

/** No answer: no network, a timeout, or something that is not delivery (a captive portal). */
export class Unreachable extends Error {}

/** The problem in a body, or null if it is none: then whoever answered is not delivery. */
export function parseProblem(body: unknown): Problem | null {
  if (typeof body !== "object" || body === null) return null;
  const raw = body as Record<string, unknown>;
  const kind = KINDS.find((known) => known === raw["problem"]);
  if (kind === undefined) return null;
  return {
    problem: kind,
    detail: typeof raw["detail"] === "string" ? raw["detail"] : "",
    kept: raw["kept"] === true,
    retry_ms: typeof raw["retry_ms"] === "number" ? raw["retry_ms"] : null,
    now_ms: typeof raw["now_ms"] === "number" ? raw["now_ms"] : null,
    ticket: typeof raw["ticket"] === "string" ? raw["ticket"] : null,
  };
}
