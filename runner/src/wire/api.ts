import type { Bytes } from "../seal/bytes";
import { parseProblem, Refused, Unreachable } from "./problems";
import type { Campaigns, GroupState, LoggedIn, Login, PartOpened, Saved } from "./types";

/** The requests of a seat (protocol §5). Every method rejects with Refused or Unreachable. */

export interface SheetAddress {
  part: string;
  /** A teacher's seat: the pupil's order number. */
  number?: string;
}

export interface StoredSheet {
  sealed: Bytes;
  version: number;
}

interface Call {
  method?: "GET" | "POST" | "PUT";
  session?: string;
  json?: unknown;
  bytes?: Bytes;
  headers?: Record<string, string>;
  timeoutMs?: number;
  keepalive?: boolean;
}

const TIMEOUT_MS = 15_000;
const SLOW_TIMEOUT_MS = 90_000;
const BLOB_LIMIT = 8 * 1024 * 1024 + 28;

export class Delivery {
  #offsetMs = 0;
  #bestTripMs = Infinity;

  constructor(
    private readonly fetcher: typeof fetch = (...call) => fetch(...call),
    private readonly clock: () => number = Date.now,
  ) {}

  /** The server's time by this device's clock and the steadiest difference seen. */
  now(): number {
    return this.clock() + this.#offsetMs;
  }

  campaigns(): Promise<Campaigns> {
    return this.#json("/v1/campaigns", {});
  }

  login(login: Login): Promise<LoggedIn> {
    return this.#json("/v1/login", { method: "POST", json: login });
  }

  sitting(session: string): Promise<LoggedIn> {
    return this.#json("/v1/sitting", { session });
  }

  open(session: string, part: string): Promise<PartOpened> {
    return this.#json("/v1/open", { method: "POST", session, json: { part } });
  }

  group(session: string): Promise<GroupState> {
    return this.#json("/v1/group", { session });
  }

  /** Sealed bytes by their SHA-256, which is checked. */
  async blob(sha256: string): Promise<Bytes> {
    const answer = await this.#call(`/v1/blobs/${sha256}`, { timeoutMs: SLOW_TIMEOUT_MS });
    const bytes = answer.bytes;
    if (bytes.length > BLOB_LIMIT) throw new Unreachable("the blob is too large");
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (hex !== sha256) throw new Unreachable("the blob arrived damaged");
    return bytes;
  }

  save(
    session: string,
    address: SheetAddress,
    sheet: { sealed: Bytes; version: number; base: number; stray?: boolean },
    keepalive = false,
  ): Promise<Saved> {
    const headers = {
      ...addressHeaders(address),
      "Ardoise-Version": String(sheet.version),
      "Ardoise-Base": String(sheet.base),
      ...(sheet.stray === true ? { "Ardoise-Stray": "1" } : {}),
    };
    const timeoutMs = 30_000;
    const bytes = sheet.sealed;
    return this.#json("/v1/sheet", { method: "PUT", session, headers, bytes, keepalive, timeoutMs });
  }

  /** The stored sheet, or null if there is none. */
  async load(session: string, address: SheetAddress): Promise<StoredSheet | null> {
    try {
      const { bytes, headers } = await this.#call("/v1/sheet", {
        session,
        headers: addressHeaders(address),
        timeoutMs: 30_000,
      });
      const version = Number(headers.get("Ardoise-Version"));
      if (!Number.isInteger(version) || version < 1) throw new Unreachable("no version came along");
      return { sealed: bytes, version };
    } catch (fault) {
      if (fault instanceof Refused && fault.kind === "absent") return null;
      throw fault;
    }
  }

  async #json<T>(path: string, call: Call): Promise<T> {
    const { bytes, sentMs } = await this.#call(path, call);
    const body = parseJson(bytes) as (T & { now_ms?: unknown }) | null;
    if (typeof body !== "object" || body === null) throw new Unreachable("the answer is not JSON");
    if (typeof body.now_ms === "number") this.#learn(body.now_ms, sentMs);
    return body;
  }

  async #call(
    path: string,
    call: Call,
  ): Promise<{ bytes: Bytes; headers: Headers; sentMs: number }> {
    const headers: Record<string, string> = { ...call.headers };
    if (call.session !== undefined) headers["Authorization"] = `Bearer ${call.session}`;
    if (call.json !== undefined) headers["Content-Type"] = "application/json";
    if (call.bytes !== undefined) headers["Content-Type"] = "application/octet-stream";
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), call.timeoutMs ?? TIMEOUT_MS);
    const sentMs = this.clock();
    try {
      const body = call.json !== undefined ? JSON.stringify(call.json) : call.bytes;
      const answer = await this.fetcher(path, {
        method: call.method ?? "GET",
        headers,
        signal: stop.signal,
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
        ...(body !== undefined ? { body } : {}),
        ...(call.keepalive === true ? { keepalive: true } : {}),
      });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      if (!answer.ok) throw this.#refusal(bytes, sentMs);
      return { bytes, headers: answer.headers, sentMs };
    } catch (fault) {
      if (fault instanceof Refused || fault instanceof Unreachable) throw fault;
      throw new Unreachable(stop.signal.aborted ? "no answer in time" : "no network");
    } finally {
      clearTimeout(timer);
    }
  }

  #refusal(bytes: Bytes, sentMs: number): Error {
    const problem = parseProblem(parseJson(bytes));
    if (problem === null) return new Unreachable("the answer is not delivery's");
    if (problem.now_ms !== null) this.#learn(problem.now_ms, sentMs);
    return new Refused(problem);
  }

  /** The shorter the round trip, the truer the difference; a bad old one is let go of slowly. */
  #learn(nowMs: number, sentMs: number): void {
    const tripMs = Math.max(0, this.clock() - sentMs);
    this.#bestTripMs *= 1.1;
    if (tripMs > this.#bestTripMs) return;
    this.#bestTripMs = Math.max(tripMs, 1);
    this.#offsetMs = nowMs - (sentMs + tripMs / 2);
  }
}

function addressHeaders(address: SheetAddress): Record<string, string> {
  return {
    "Ardoise-Part": address.part,
    ...(address.number !== undefined ? { "Ardoise-Number": address.number } : {}),
  };
}

function parseJson(bytes: Bytes): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
