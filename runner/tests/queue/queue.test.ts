import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Bytes } from "../../src/seal/bytes";
import { IndexedDatabase, type Database } from "../../src/queue/database";
import { Nap } from "../../src/queue/pause";
import { SheetQueue, type Fresh, type Outgoing } from "../../src/queue/queue";
import { Shelf } from "../../src/queue/shelf";
import { Refused, Unreachable, type Kind } from "../../src/wire/problems";
import type { Saved } from "../../src/wire/types";

const CAMPAIGN = "sixieme-2026";
const NUMBER = "866668325";
let factory: IDBFactory;
let marker = 0;

beforeEach(() => {
  factory = new IDBFactory();
});

function bytes(size = 1052): Bytes {
  marker += 1;
  const out = new Uint8Array(size);
  new DataView(out.buffer).setUint32(0, marker);
  return out;
}

function fresh(version: number, more: Partial<Fresh> = {}): Fresh {
  return { number: NUMBER, part: "francais", epoch: 1, version, base: 0, sealed: bytes(), ...more };
}

function saved(sheet: Outgoing): Saved {
  return { seq: 1, version: sheet.version, now_ms: 1, deadline_ms: null };
}

function refusal(problem: Kind, more: { kept?: boolean; retry_ms?: number } = {}): Refused {
  return new Refused({ problem, detail: "", kept: false, retry_ms: null, now_ms: null, ...more });
}

interface Rig {
  queue: SheetQueue;
  sent: Outgoing[];
  pauses: number[];
  events: Record<"saved" | "superseded" | "late" | "conflict" | "sessionEnded", ReturnType<typeof vi.fn>>;
  answer: (sheet: Outgoing) => Promise<Saved>;
}

async function rig(answer: Rig["answer"], disk?: Database | null): Promise<Rig> {
  const database = disk === undefined ? await IndexedDatabase.open(factory) : disk;
  const pauses: number[] = [];
  const events = {
    saved: vi.fn(),
    superseded: vi.fn(),
    late: vi.fn(),
    conflict: vi.fn(),
    sessionEnded: vi.fn(),
  };
  const made = { sent: [] as Outgoing[], pauses, events, answer } as unknown as Rig;
  let tick = 0;
  made.queue = new SheetQueue({
    shelf: new Shelf(database),
    campaign: CAMPAIGN,
    writer: NUMBER,
    save: (sheet) => {
      made.sent.push(sheet);
      return made.answer(sheet);
    },
    events,
    clock: () => (tick += 1),
    random: () => 0.5,
    nap: new Nap((wake, ms) => {
      pauses.push(ms);
      setTimeout(wake, 0);
    }),
  });
  await made.queue.bring();
  return made;
}

const pending = (r: Rig) => r.queue.status.value.pending;

describe("what is held goes out", () => {
  test("an acknowledged sheet is no longer pending but stays for going on offline", async () => {
    const r = await rig(async (sheet) => saved(sheet));
    r.queue.permit(true);
    await r.queue.hold(fresh(1));
    await vi.waitUntil(() => pending(r) === 0);
    expect(r.sent.map((sheet) => sheet.version)).toEqual([1]);
    const held = await r.queue.held(NUMBER, "francais");
    expect(held).toMatchObject({ version: 1, base: 1, unsent: false });
    expect(r.queue.status.value.lastSavedMs).not.toBeNull();
  });

  test("while one is under way later versions are coalesced into the newest", async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((go) => (release = go));
    const r = await rig(async (sheet) => {
      if (sheet.version === 1) await gate;
      return saved(sheet);
    });
    r.queue.permit(true);
    await r.queue.hold(fresh(1));
    await vi.waitUntil(() => r.sent.length === 1);
    for (const version of [2, 3, 4]) await r.queue.hold(fresh(version));
    release();
    await vi.waitUntil(() => pending(r) === 0);
    expect(r.sent.map(({ version, base }) => [version, base])).toEqual([[1, 0], [4, 1]]);
  });

  test("nothing is sent before there is a session", async () => {
    const r = await rig(async (sheet) => saved(sheet));
    await r.queue.hold(fresh(1));
    expect(r.sent).toEqual([]);
    r.queue.permit(true);
    await vi.waitUntil(() => pending(r) === 0);
    expect(r.sent).toHaveLength(1);
  });

  test("without a network pauses grow from a second to thirty and nothing is forgotten", async () => {
    let tries = 0;
    const r = await rig(async (sheet) => {
      tries += 1;
      if (tries <= 8) throw new Unreachable("no network");
      return saved(sheet);
    });
    r.queue.permit(true);
    await r.queue.hold(fresh(1));
    await vi.waitUntil(() => pending(r) === 0);
    expect(r.pauses).toEqual([1000, 2000, 4000, 8000, 22_500, 22_500, 22_500, 22_500]);
    expect(r.queue.status.value.online).toBe(true);
  });

  test("a wished pause is honoured: at least that long, at most as much again", async () => {
    let tries = 0;
    const r = await rig(async (sheet) => {
      tries += 1;
      if (tries === 1) throw refusal("busy", { retry_ms: 4000 });
      return saved(sheet);
    });
    r.queue.permit(true);
    await r.queue.hold(fresh(1));
    await vi.waitUntil(() => pending(r) === 0);
    expect(r.pauses).toEqual([6000]);
  });

  test("an acknowledgement of an older version is not believed", async () => {
    let tries = 0;
    const r = await rig(async (sheet) => {
      tries += 1;
      return { ...saved(sheet), version: tries === 1 ? sheet.version - 1 : sheet.version };
    });
    r.queue.permit(true);
    await r.queue.hold(fresh(5));
    await vi.waitUntil(() => pending(r) === 0);
    expect(r.sent).toHaveLength(2);
  });
});

describe("refusals", () => {
  test.each([
    ["superseded", "superseded"],
    ["late", "late"],
    ["conflict", "conflict"],
    ["unknown-seat", "sessionEnded"],
  ] as const)("%s that was kept is forgotten and told", async (kind, event) => {
    const r = await rig(() => Promise.reject(refusal(kind, { kept: true })));
    r.queue.permit(true);
    await r.queue.hold(fresh(1));
    await vi.waitUntil(() => pending(r) === 0);
    expect(r.events[event]).toHaveBeenCalledTimes(1);
    expect(r.sent).toHaveLength(1);
  });

  test("one that was not kept stays, says so, and the next version is tried", async () => {
    const r = await rig(() => Promise.reject(refusal("not-yours")));
    r.queue.permit(true);
    await r.queue.hold(fresh(1));
    await vi.waitUntil(() => r.queue.status.value.problem === "refused");
    expect(pending(r)).toBe(1);
    r.answer = async (sheet) => saved(sheet);
    await r.queue.hold(fresh(2));
    await vi.waitUntil(() => pending(r) === 0);
    expect(r.queue.status.value.problem).toBeNull();
  });

  test("a sheet over the limit is never sent and does not stand in another's way", async () => {
    const r = await rig(async (sheet) => saved(sheet));
    r.queue.permit(true);
    await r.queue.hold(fresh(1, { sealed: bytes(65 * 1024 + 28) }));
    await r.queue.hold(fresh(1, { part: "maths" }));
    await vi.waitUntil(() => pending(r) === 1 && r.sent.length === 1);
    expect(r.sent[0]?.part).toBe("maths");
    expect(r.queue.status.value.problem).toBe("too-large");
  });

  test("a lost session stops the sending until there is another", async () => {
    const r = await rig(() => Promise.reject(refusal("no-session")));
    r.queue.permit(true);
    await r.queue.hold(fresh(1));
    await vi.waitUntil(() => r.events.sessionEnded.mock.calls.length === 1);
    expect(r.queue.status.value.problem).toBe("login");
    r.answer = async (sheet) => saved(sheet);
    r.queue.permit(true);
    await vi.waitUntil(() => pending(r) === 0);
  });
});

describe("the device", () => {
  test("what is unsent is there after the page was closed", async () => {
    const first = await rig(() => Promise.reject(new Unreachable("no network")));
    const sheet = fresh(3, { base: 2 });
    await first.queue.hold(sheet);
    const second = await rig(async (out) => saved(out));
    expect(pending(second)).toBe(1);
    second.queue.permit(true);
    await vi.waitUntil(() => pending(second) === 0);
    expect(second.sent[0]).toMatchObject({ version: 3, base: 2, stray: false });
    expect(second.sent[0]?.sealed).toEqual(sheet.sealed);
  });

  test("versions that may have arrived unacknowledged are remembered by their nonce", async () => {
    let tries = 0;
    const r = await rig(() => {
      tries += 1;
      return tries < 2 ? Promise.reject(new Unreachable("lost")) : new Promise(() => undefined);
    });
    r.queue.permit(true);
    const one = fresh(1);
    await r.queue.hold(one);
    await vi.waitUntil(() => r.sent.length >= 1);
    await r.queue.hold(fresh(2));
    const held = await r.queue.held(NUMBER, "francais");
    expect(held?.sent).toEqual([btoa(String.fromCharCode(...one.sealed.subarray(0, 12)))]);
  });

  test("a tab of an earlier epoch never overwrites a later one's sheet", async () => {
    const later = await rig(() => new Promise(() => undefined));
    await later.queue.hold(fresh(7, { epoch: 2 }));
    const earlier = await rig(() => new Promise(() => undefined));
    await earlier.queue.hold(fresh(9, { epoch: 1 }));
    const reader = await rig(async (sheet) => saved(sheet));
    expect(await reader.queue.held(NUMBER, "francais")).toMatchObject({ version: 7, epoch: 2 });
    reader.queue.permit(true);
    await vi.waitUntil(() => pending(reader) === 0);
    expect(reader.sent.map(({ version, stray }) => [version, stray])).toEqual([[9, true], [7, false]]);
  });

  test("strays go out before the sheets whose place they must not take", async () => {
    const r = await rig((sheet) =>
      sheet.stray ? Promise.reject(refusal("conflict", { kept: true })) : Promise.resolve(saved(sheet)),
    );
    await r.queue.hold(fresh(4));
    const held = await r.queue.held(NUMBER, "francais");
    if (held === null) throw new Error("not held");
    await r.queue.handIn(held);
    await r.queue.hold(fresh(6, { epoch: 2 }));
    r.queue.permit(true);
    await vi.waitUntil(() => pending(r) === 0);
    expect(r.sent.map(({ version, stray }) => [version, stray])).toEqual([[4, true], [6, false]]);
    expect(r.events.conflict).not.toHaveBeenCalled();
  });

  test("a full disk loses nothing while the page lives, and says so", async () => {
    const disk = await IndexedDatabase.open(factory);
    const broken = vi.spyOn(disk, "putSheet").mockRejectedValue(new DOMException("full", "QuotaExceededError"));
    const r = await rig(() => Promise.reject(new Unreachable("no network")), disk);
    await r.queue.hold(fresh(1));
    expect(r.queue.status.value).toMatchObject({ pending: 1, problem: "memory" });
    broken.mockRestore();
    await r.queue.hold(fresh(2));
    expect(r.queue.status.value).toMatchObject({ pending: 1, problem: null });
  });

  test("without IndexedDB it works in memory and offers the rescue file", async () => {
    const r = await rig(() => Promise.reject(new Unreachable("no network")), null);
    const sheet = fresh(2, { base: 1 });
    await r.queue.hold(sheet);
    expect(r.queue.status.value.problem).toBe("memory");
    const file = JSON.parse(await (await r.queue.rescueFile()).text());
    expect(file).toEqual({
      format: "ardoise-rescue/1",
      sheets: [{
        campaign: CAMPAIGN,
        number: NUMBER,
        part: "francais",
        version: 2,
        base: 1,
        sealed: Buffer.from(sheet.sealed).toString("base64"),
      }],
    });
  });

  test("pruning never takes what is unsent", async () => {
    const disk = await IndexedDatabase.open(factory);
    const r = await rig(() => new Promise(() => undefined), disk);
    await r.queue.hold(fresh(1));
    await disk.prune(Number.MAX_SAFE_INTEGER);
    expect(await disk.sheets(CAMPAIGN, NUMBER)).toHaveLength(1);
  });
});

test("a state that is still being sealed counts as unsaved, from the first moment", async () => {
  const { queue } = await rig((sheet) => Promise.resolve(saved(sheet)));
  let sealed = (): void => undefined;
  const work = queue.whileSealing(() => new Promise((done) => (sealed = done)));
  expect(queue.status.value.pending).toBe(1);
  sealed();
  await work;
  expect(queue.status.value.pending).toBe(0);
  await expect(queue.whileSealing(() => Promise.reject(new Error("full")))).rejects.toThrow("full");
  expect(queue.status.value.pending).toBe(0);
});
