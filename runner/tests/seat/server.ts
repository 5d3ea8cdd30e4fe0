import { toBase64, toBase64Url, utf8, type Bytes } from "../../src/seal/bytes";
import { SeatKeys } from "../../src/seal/derive";
import { contexts, seal, unseal, wrap } from "../../src/seal/envelope";
import type { Kind } from "../../src/wire/problems";
import type { Sheet } from "../../src/wire/sheet";

/** The other end of the wire for tests: one pupil's seat, by the rules of protocol §5. */

export const TICKET = "t".repeat(64);
export const CARD = { campaign: "sixieme-2026", number: "866668325", code: "MS309CWBGH6Z" };
const PART = "francais";
const CONTENT_KEY = new Uint8Array(32).fill(9);
const STATUS: Partial<Record<Kind, number>> = {
  "unknown-seat": 401, "no-session": 401, absent: 404, queued: 429, superseded: 409, conflict: 409, late: 410,
};

interface Stored {
  sealed: Bytes;
  version: number;
  epoch: number;
}

export class Server {
  epoch = 0;
  stored: Stored | null = null;
  readonly strays: { sealed: Bytes; version: number; reason: string; marked: boolean }[] = [];
  online = true;
  /** The save arrives, its acknowledgement does not. */
  loseAnswers = false;
  opened = false;
  window: "waiting" | "open" = "open";
  opensMs = 0;
  /** How long a login without the right ticket is told to wait; null: nobody waits. */
  line: number | null = null;
  /** Sessions given before are of no use any more. */
  forgotten = false;
  /** Saves are late: what can wait is put off. */
  strained = false;
  readonly tickets: (string | undefined)[] = [];
  readonly requests: string[] = [];
  readonly #keys = SeatKeys.fromCode(CARD);
  #booklet: Bytes = new Uint8Array(0);
  #digest = "";

  async prepare(): Promise<this> {
    const booklet = { format: "ardoise-booklet/1", campaign: CARD.campaign, part: PART, writer: "pupil", language: "fr", campaign_title: "Essai", title: "Français", minutes: 50, items: [], instructions: [], assets: {} };
    this.#booklet = await seal(CONTENT_KEY, contexts.booklet({ campaign: CARD.campaign, part: PART }), utf8(JSON.stringify(booklet)));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", this.#booklet));
    this.#digest = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return this;
  }

  readonly fetch = (async (path: string, init: RequestInit): Promise<Response> => {
    this.requests.push(`${init.method} ${path}`);
    if (!this.online) throw new TypeError("Failed to fetch");
    const answer = await this.#answer(path, init);
    if (this.loseAnswers) throw new TypeError("Failed to fetch");
    return answer;
  }) as typeof fetch;

  /** What the stored sheet says. */
  async read(stored: { sealed: Bytes; version: number }): Promise<Sheet> {
    const key = await (await this.#keys).sheetKey(PART);
    const context = contexts.sheet({ ...CARD, part: PART, version: stored.version });
    return JSON.parse(new TextDecoder().decode(await unseal(key, context, stored.sealed, 1 << 20))) as Sheet;
  }

  async #answer(path: string, init: RequestInit): Promise<Response> {
    const headers = init.headers as Record<string, string>;
    if (path === "/v1/login") return this.#login(JSON.parse(String(init.body)) as { token: string; ticket?: string });
    if (path.startsWith("/v1/blobs/")) return new Response(this.#booklet);
    const epoch = Number(/^Bearer session-(\d+)$/.exec(headers["Authorization"] ?? "")?.[1] ?? NaN);
    if (Number.isNaN(epoch) || this.forgotten) return problem("no-session");
    if (path === "/v1/sheet" && init.method === "PUT") return this.#save(epoch, headers, new Uint8Array(init.body as ArrayBuffer));
    if (epoch !== this.epoch) return problem("superseded");
    if (this.strained && ["/v1/sitting", "/v1/group"].includes(path)) return problem("busy", false, { retry_ms: 10_000 });
    if (path === "/v1/group") return json({ now_ms: 1, group: "0123456789abcdef", pupils: [] });
    if (path === "/v1/sitting") return json(this.#state());
    if (path === "/v1/open") return this.#open();
    if (path === "/v1/sheet") return this.#load();
    throw new Error(`no such request: ${path}`);
  }

  async #login({ token, ticket }: { token: string; ticket?: string }): Promise<Response> {
    this.tickets.push(ticket);
    if (token !== toBase64Url(await (await this.#keys).loginToken())) return problem("unknown-seat");
    if (this.line !== null) return problem("queued", false, { retry_ms: this.line, ticket: TICKET });
    this.epoch += 1;
    this.forgotten = false;
    return json(this.#state());
  }

  #part() {
    return { id: PART, writer: "pupil", minutes: 50, grace_s: 30, booklet: this.#digest, opened_ms: this.opened ? 1 : null, deadline_ms: this.opened ? 4e12 : null, version: this.stored?.version ?? 0 };
  }

  #state() {
    return { session: `session-${this.epoch}`, epoch: this.epoch, now_ms: Date.now(), campaign: CARD.campaign, number: CARD.number, role: "pupil", group: "0123456789abcdef", state: this.window, opens_ms: this.opensMs, closes_ms: 4e12, parts: [this.#part()], group_key: null };
  }

  async #open(): Promise<Response> {
    this.opened = true;
    const context = contexts.wrap({ ...CARD, part: PART });
    const wrapped = await wrap(await (await this.#keys).wrapKey(PART), context, CONTENT_KEY);
    return json({ now_ms: Date.now(), state: this.#part(), wrapped: toBase64(wrapped) });
  }

  #load(): Response {
    if (this.stored === null) return problem("absent");
    return new Response(this.stored.sealed, { headers: { "Ardoise-Version": String(this.stored.version), "Ardoise-Seq": "1" } });
  }

  #save(epoch: number, headers: Record<string, string>, sealed: Bytes): Response {
    const version = Number(headers["Ardoise-Version"]);
    const base = Number(headers["Ardoise-Base"]);
    const marked = headers["Ardoise-Stray"] === "1";
    const keep = (reason: Kind): Response => {
      this.strays.push({ sealed, version, reason, marked });
      return problem(reason, true);
    };
    if (epoch !== this.epoch) return keep("superseded");
    if (marked) return keep("conflict");
    const { stored } = this;
    const mine = stored === null || stored.epoch === epoch;
    if (stored !== null && !mine && (base !== stored.version || version <= stored.version)) return keep("conflict");
    if (stored === null || version > stored.version) this.stored = { sealed, version, epoch };
    return json({ seq: 1, version: this.stored?.version ?? version, now_ms: Date.now(), deadline_ms: null });
  }
}

function json(body: object): Response {
  return new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
}

function problem(kind: Kind, kept = false, more: object = {}): Response {
  return new Response(JSON.stringify({ problem: kind, detail: "", kept, retry_ms: null, now_ms: null, ...more }), { status: STATUS[kind] ?? 500 });
}

