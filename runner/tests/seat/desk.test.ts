import { expect, test } from "vitest";
import { SheetQueue } from "../../src/queue/queue";
import { Shelf } from "../../src/queue/shelf";
import { SheetDesk } from "../../src/seat/desk";
import type { SeatVault } from "../../src/seat/open";
import { emptySheet, type Sheet } from "../../src/wire/sheet";
import type { LoggedIn } from "../../src/wire/types";

const place = { part: "dictee", number: "100000008" };
const seat = { campaign: "essai-2026", number: "900000001", epoch: 1, parts: [] as LoggedIn["parts"] } as LoggedIn;
const none = (): void => undefined;

const sheet = (text: string, version = 0): Sheet => ({
  ...emptySheet({ campaign: seat.campaign, number: place.number, part: place.part, writer: "teacher" }),
  version,
  responses: { i1: { r1: [text] } },
});

/** Sealing is tested apart: here a sheet's bytes are its JSON, long enough to hold a nonce. */
const bytes = (given: Sheet) => new TextEncoder().encode(JSON.stringify(given));
const vault = {
  sealSheet: async (given: Sheet) => bytes(given),
  openSheet: async (_: unknown, sealed: Uint8Array) => JSON.parse(new TextDecoder().decode(sealed)) as Sheet,
} as unknown as SeatVault;

test("a sheet built without what was taken over never buries it", async () => {
  const events = { saved: none, superseded: none, late: none, conflict: none, sessionEnded: none };
  const save = (): Promise<never> => Promise.reject(new Error("nothing is sent here"));
  const queue = new SheetQueue({ shelf: new Shelf(null), campaign: seat.campaign, writer: seat.number, save, events });
  const load = async () => ({ sealed: bytes(sheet("theirs", 5)), version: 5 });
  const desk = new SheetDesk({ queue, vault, seat: () => seat, load });

  expect(await desk.load(place, 0)).toBeNull();
  await desk.keep(sheet("ours"), place);
  const taken = desk.takeStored(place);
  await desk.keep(sheet("ours, one key later"), place);
  await taken;
  expect(await queue.held(place.number, place.part)).toMatchObject({ version: 5, base: 5, unsent: false });

  expect((await desk.load(place, 5))?.responses).toEqual({ i1: { r1: ["theirs"] } });
  await desk.keep(sheet("both"), place);
  expect(await queue.held(place.number, place.part)).toMatchObject({ version: 6, base: 5, unsent: true });
});
