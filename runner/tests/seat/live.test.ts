import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { IndexedDatabase } from "../../src/queue/database";
import { Shelf } from "../../src/queue/shelf";
import { WrongCode } from "../../src/seat/arriving";
import { LiveSession } from "../../src/seat/live";
import { Places } from "../../src/seat/places";
import { Delivery } from "../../src/wire/api";
import { Refused, Unreachable } from "../../src/wire/problems";
import { emptySheet, type Sheet } from "../../src/wire/sheet";
import { CARD, Server, TICKET } from "./server";

const PART = { part: "francais" };
let factory: IDBFactory;
let server: Server;

beforeEach(async () => {
  factory = new IDBFactory();
  server = await new Server().prepare();
});

/** A page that is opened on a device; `device` is its disk. */
async function page(device = factory, card = CARD): Promise<LiveSession> {
  const shelf = new Shelf(await IndexedDatabase.open(device));
  return LiveSession.start(card, { delivery: new Delivery(server.fetch), shelf });
}

function sheet(text: string): Sheet {
  const empty = emptySheet({ campaign: CARD.campaign, number: CARD.number, part: "francais", writer: "pupil" });
  return { ...empty, position: "i1", visited: ["i1"], responses: { i1: { r1: [text] } } };
}

const textOf = (s: Sheet | null) => s?.responses["i1"]?.["r1"]?.[0] ?? null;
const settled = (s: LiveSession) => vi.waitUntil(() => s.status.value.pending === 0, 10_000);
const storedText = async () => (server.stored === null ? null : textOf(await server.read(server.stored)));

describe("a sitting", () => {
  test("what is kept is sealed, stored at delivery, and opens there with the seat's key alone", async () => {
    const session = await page();
    expect((await session.booklet("francais")).title).toBe("Français");
    expect(await session.loadSheet(PART)).toBeNull();
    for (const text of ["r", "re", "renard"]) await session.keep(sheet(text), PART);
    await settled(session);
    expect(await storedText()).toBe("renard");
    expect(server.strays).toEqual([]);
  });

  test("a wrong code is delivery's to refuse", async () => {
    await expect(page(factory, { ...CARD, code: "MS309CWBGH60" })).rejects.toBeInstanceOf(Refused);
  });

  test("another machine finds the newest answers", async () => {
    const first = await page();
    await first.loadSheet(PART);
    await first.keep(sheet("un"), PART);
    await settled(first);
    const second = await page(new IDBFactory());
    expect(textOf(await second.loadSheet(PART))).toBe("un");
    await second.keep(sheet("deux"), PART);
    await settled(second);
    expect(await storedText()).toBe("deux");
  });

  test("what a superseded device still sends is kept as a stray, and it is told", async () => {
    const first = await page();
    await first.loadSheet(PART);
    await page(new IDBFactory());
    await first.keep(sheet("en retard"), PART);
    await vi.waitUntil(() => first.superseded.value);
    await settled(first);
    expect(server.strays.map(({ reason }) => reason)).toEqual(["superseded"]);
  });
});

describe("the line of logins", () => {
  const start = async (places: Places) =>
    LiveSession.start(CARD, { delivery: new Delivery(server.fetch), shelf: new Shelf(await IndexedDatabase.open(factory)), places });

  test("the ticket is sent with the next login, and let go of once inside", async () => {
    const places = new Places();
    server.line = 30_000;
    await expect(start(places)).rejects.toMatchObject({ kind: "queued" });
    expect(places.of(CARD)).toBe(TICKET);
    server.line = null;
    expect((await start(places)).loggedIn).toBe(true);
    expect(server.tickets).toEqual([undefined, TICKET]);
    expect(places.of(CARD)).toBeNull();
  });

  test("a reload of the tab keeps the place, for this number alone", () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    } as Storage;
    new Places(storage).keep(CARD, TICKET);
    expect(new Places(storage).of(CARD)).toBe(TICKET);
    expect(new Places(storage).of({ ...CARD, number: "123456782" })).toBeNull();
    new Places(storage).drop();
    expect(kept.size).toBe(0);
  });

  test("who has the part on this device works on while others log in, and saves once it is their turn", async () => {
    const before = await page();
    await before.booklet("francais");
    await before.loadSheet(PART);
    server.line = 300;
    const session = await page();
    expect(session.loggedIn).toBe(false);
    expect((await session.booklet("francais")).title).toBe("Français");
    await session.loadSheet(PART);
    await session.keep(sheet("pendant la file"), PART);
    server.line = null;
    await settled(session);
    expect(await storedText()).toBe("pendant la file");
    expect(server.tickets.at(-1)).toBe(TICKET);
  });

  test("another device, which holds nothing, waits", async () => {
    await (await page()).booklet("francais");
    server.line = 300;
    await expect(page(new IDBFactory())).rejects.toMatchObject({ kind: "queued" });
  });

  test("a session that ended stands in the line by itself and goes on", async () => {
    const session = await page();
    await session.loadSheet(PART);
    server.line = 200;
    server.forgotten = true;
    await session.keep(sheet("encore là"), PART);
    await vi.waitUntil(() => server.tickets.length === 2, 5_000);
    server.line = null;
    await settled(session);
    expect(server.tickets.at(-1)).toBe(TICKET);
  });
});

describe("while delivery puts off what can wait", () => {
  test("a class is shown as last seen, and the session goes on", async () => {
    const session = await page();
    server.strained = true;
    await expect(session.group()).rejects.toMatchObject({ kind: "busy" });
    server.strained = false;
    const seen = await session.group();
    server.strained = true;
    expect(await session.group()).toEqual(seen);
    await session.refresh();
    await session.loadSheet(PART);
    await session.keep(sheet("pendant ce temps"), PART);
    await settled(session);
    expect(await storedText()).toBe("pendant ce temps");
  });
});

describe("before the window", () => {
  test("the sealed booklet is fetched while the pupil waits, and the window opens without a question", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    server.window = "waiting";
    server.opensMs = Date.now() + 400;
    const session = await page();
    await vi.waitUntil(() => server.requests.some((request) => request.startsWith("GET /v1/blobs/")), 5_000);
    vi.restoreAllMocks();
    session.reachOpening();
    expect(session.state.state).toBe("waiting");
    await vi.waitUntil(() => session.now() >= server.opensMs, 5_000);
    const asked = server.requests.length;
    session.reachOpening();
    expect(session.state.state).toBe("open");
    expect(server.requests).toHaveLength(asked);
    server.window = "open";
    expect((await session.booklet("francais")).title).toBe("Français");
    expect(server.requests.slice(asked)).toEqual(["POST /v1/open"]);
  });
});

describe("reloading", () => {
  test("an unsent sheet built on the stored state goes on under the new epoch", async () => {
    const before = await page();
    await before.loadSheet(PART);
    await before.keep(sheet("enregistré"), PART);
    await settled(before);
    server.online = false;
    await before.keep(sheet("pas encore parti"), PART);
    server.online = true;
    const after = await page();
    expect(textOf(await after.loadSheet(PART))).toBe("pas encore parti");
    await settled(after);
    expect(await storedText()).toBe("pas encore parti");
    expect(server.strays).toEqual([]);
  });

  test("a lost acknowledgement costs nothing: the device knows its own bytes again", async () => {
    const before = await page();
    await before.loadSheet(PART);
    server.loseAnswers = true;
    await before.keep(sheet("arrivé sans accusé"), PART);
    await vi.waitUntil(() => server.stored !== null);
    server.online = false;
    await before.keep(sheet("plus récent"), PART);
    server.online = true;
    server.loseAnswers = false;
    const after = await page();
    expect(textOf(await after.loadSheet(PART))).toBe("plus récent");
    await settled(after);
    expect(await storedText()).toBe("plus récent");
    expect(server.strays).toEqual([]);
  });

  test("a leftover that another device has overtaken is handed in, never put in its place", async () => {
    const before = await page();
    await before.loadSheet(PART);
    server.online = false;
    for (const text of ["a", "b", "resté ici"]) await before.keep(sheet(text), PART);
    server.online = true;
    const elsewhere = await page(new IDBFactory());
    await elsewhere.loadSheet(PART);
    await elsewhere.keep(sheet("écrit ailleurs"), PART);
    await settled(elsewhere);
    const after = await page();
    expect(textOf(await after.loadSheet(PART))).toBe("écrit ailleurs");
    await after.keep(sheet("et la suite"), PART);
    await settled(after);
    expect(await storedText()).toBe("et la suite");
    const kept = server.strays.filter(({ marked }) => marked);
    expect(kept).toHaveLength(1);
    const [stray] = kept;
    if (stray === undefined) throw new Error("no stray");
    expect(textOf(await server.read(stray))).toBe("resté ici");
  });
});

describe("a state that was overtaken", () => {
  test("is handed in to its last letter, and what is stored stays", async () => {
    const session = await page();
    await session.loadSheet(PART);
    await session.keep(sheet("enregistré"), PART);
    await settled(session);
    await session.aside(sheet("les dernières lettres"), PART);
    await settled(session);
    const [stray] = server.strays;
    if (stray === undefined) throw new Error("no stray");
    expect(textOf(await server.read(stray))).toBe("les dernières lettres");
    await session.keep(sheet("la suite"), PART);
    await settled(session);
    expect(await storedText()).toBe("la suite");
  });
});

describe("without a network", () => {
  async function satBefore(): Promise<void> {
    const session = await page();
    await session.booklet("francais");
    await session.loadSheet(PART);
    await session.keep(sheet("avant"), PART);
    await settled(session);
    server.online = false;
  }

  test("a part that was opened here goes on, and everything goes out later", async () => {
    await satBefore();
    const session = await page();
    expect(session.status.value.online).toBe(false);
    expect((await session.booklet("francais")).title).toBe("Français");
    expect(textOf(await session.loadSheet(PART))).toBe("avant");
    await session.keep(sheet("hors ligne"), PART);
    expect(session.status.value.pending).toBe(1);
    server.online = true;
    await session.refresh();
    await settled(session);
    expect(await storedText()).toBe("hors ligne");
    expect(server.strays).toEqual([]);
  });

  test("a wrong code opens nothing", async () => {
    await satBefore();
    await expect(page(factory, { ...CARD, code: "000000000000" })).rejects.toBeInstanceOf(WrongCode);
  });

  test("a seat that never sat here cannot start", async () => {
    server.online = false;
    await expect(page()).rejects.toBeInstanceOf(Unreachable);
  });

  test("an empty sheet never takes the place of answers that lie at delivery", async () => {
    await satBefore();
    server.online = true;
    const device = new IDBFactory();
    const elsewhere = await page(device);
    await elsewhere.booklet("francais");
    server.online = false;
    const again = await page(device);
    await expect(again.loadSheet(PART)).rejects.toBeInstanceOf(Unreachable);
    await expect(again.keep(sheet("à vide"), PART)).rejects.toBeInstanceOf(Unreachable);
    expect(again.status.value.pending).toBe(0);
  });
});

describe("the disk", () => {
  test("holds sealed bytes only: no code, key, session or answer", async () => {
    const session = await page();
    await session.booklet("francais");
    await session.loadSheet(PART);
    await session.keep(sheet("UNE-REPONSE-A-TROUVER"), PART);
    await settled(session);
    const found = await everything(factory);
    expect(found).toContain(CARD.number);
    for (const secret of ["UNE-REPONSE-A-TROUVER", CARD.code, `session-${server.epoch}`, "Français"]) {
      expect(found).not.toContain(secret);
    }
  });

  test("leaving wipes what delivery holds", async () => {
    const session = await page();
    await session.loadSheet(PART);
    await session.keep(sheet("parti"), PART);
    await settled(session);
    await session.logout();
    expect(await everything(factory)).not.toContain(CARD.number);
  });

  test("leaving keeps what is unsent, and the next login sends it", async () => {
    const session = await page();
    await session.loadSheet(PART);
    server.online = false;
    await session.keep(sheet("resté"), PART);
    await session.logout();
    server.online = true;
    const next = await page();
    await settled(next);
    expect(await storedText()).toBe("resté");
  });
});

/** Every byte of every record, as Latin-1 text. */
async function everything(device: IDBFactory): Promise<string> {
  const db = await new Promise<IDBDatabase>((resolve) => {
    const request = device.open("ardoise");
    request.onsuccess = () => resolve(request.result);
  });
  let text = "";
  for (const name of [...db.objectStoreNames]) {
    const records = await new Promise<unknown[]>((resolve) => {
      const request = db.transaction(name).objectStore(name).getAll();
      request.onsuccess = () => resolve(request.result as unknown[]);
    });
    text += JSON.stringify(records, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
    );
  }
  return text;
}
