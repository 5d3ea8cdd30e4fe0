// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";
import { startKeying } from "../../src/keying";
import { columnsOf, sheetOf, type Mark } from "../../src/keying/marks";
import { booklet, ClassSession, item, numbers, response } from "./class";

const content = booklet(item("i1"), item("i2"), item("i3"));
const pupils = numbers(3);
const place = (number: string) => ({ campaign: "cp-2026", number, part: "francais" });
const theirSheet = (number: string, marks: Mark[]) => sheetOf(place(number), columnsOf(content), marks, null);

let end = (): void => undefined;
afterEach(() => end());

async function open(given = content, prepare = (_: ClassSession): void => undefined) {
  document.documentElement.lang = "fr";
  const session = new ClassSession(given, pupils);
  prepare(session);
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  end = await startKeying(root, session);
  const find = (id: string): HTMLElement => root.querySelector<HTMLElement>(`[data-testid="${id}"]`)!;
  const row = (place_: number): string[] => [...root.querySelectorAll("tbody tr")[place_]!.querySelectorAll("td")].map((cell) => cell.textContent ?? "");
  const press = (key: string, more: KeyboardEventInit = {}): void => {
    const target = document.activeElement ?? document.body;
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
  };
  return { session, root, find, row, press };
}

describe("keying", () => {
  it("takes one stroke an answer and keeps each", async () => {
    const { session, row, press, find } = await open();
    for (const key of ["1", "0", "9", "a"]) press(key);
    await vi.waitFor(() => expect(session.sheets.size).toBe(2));
    expect(row(0)).toEqual(["1", "0", "–"]);
    expect(row(1)).toEqual(["A", "", ""]);
    await vi.waitFor(() => expect(session.sheets.get(pupils[0]!)?.visited).toEqual(["i1", "i2", "i3"]));
    expect(session.sheets.get(pupils[1]!)?.absent).toEqual(["i1"]);
    expect(find("pupils-complete").textContent).toBe("1 élève complet sur 3");
  });

  it("has one cell in the way of the Tab key, and it has the focus", async () => {
    const { root, press } = await open();
    press("1");
    press("ArrowDown");
    const tabbable = root.querySelectorAll("td[tabindex='0']");
    expect(tabbable).toHaveLength(1);
    expect(document.activeElement).toBe(tabbable[0]);
    expect(tabbable[0]?.getAttribute("data-testid")).toBe(`cell-${pupils[1]}-2`);
  });

  it("undoes, erases and finds gaps by key", async () => {
    const { row, press, find } = await open();
    press("1");
    press("1");
    press("z", { ctrlKey: true });
    expect(row(0)).toEqual(["1", "", ""]);
    press("Backspace");
    expect(row(0)).toEqual(["", "", ""]);
    press("End");
    press("0");
    press("n");
    press("n");
    expect(find("current-item").textContent).toBe("Question 3");
    press("A", { shiftKey: true });
    expect(row(1)).toEqual(["A", "A", "A"]);
  });

  it("is as good with a mouse or a finger, the focus staying on the pad", async () => {
    const { row, find } = await open();
    const right = find("key-1");
    right.focus();
    right.click();
    right.click();
    expect(row(0)).toEqual(["1", "1", ""]);
    expect(document.activeElement).toBe(right);
    expect(find("current-item").textContent).toBe("Question 3");
  });

  it("starts where the first answer is missing, with what was keyed before", async () => {
    const { row, find } = await open(content, (session) => session.sheets.set(pupils[0]!, theirSheet(pupils[0]!, ["=right", "none", "=wrong"])));
    expect(row(0)).toEqual(["1", "–", "0"]);
    expect(find("current-number").textContent).toBe(`${pupils[1]!.slice(0, 3)}-${pupils[1]!.slice(3, 6)}-${pupils[1]!.slice(6)}`);
  });

  it("keys nothing once the window is shut", async () => {
    const { session, row, press, find } = await open(content, (closed) => closed.changes.set({ ...closed.state, state: "closed" }));
    press("1");
    expect(row(0)).toEqual(["", "", ""]);
    expect(session.kept).toEqual([]);
    expect(find("shut").textContent).toContain("terminée");
  });

  it("takes what a pupil wrote where there are no keys", async () => {
    const text = booklet(item("i1", response("r1", { interaction: "text-entry", base: "string", keys: [] })), item("i2"));
    const { session, root, press } = await open(text);
    press("d");
    const box = root.querySelector<HTMLInputElement>(".pad input")!;
    expect(document.activeElement).toBe(box);
    box.value = "deux";
    box.form!.dispatchEvent(new Event("submit", { cancelable: true }));
    await vi.waitFor(() => expect(session.sheets.get(pupils[0]!)?.responses).toEqual({ i1: { r1: ["deux"] } }));
  });
});

describe("another teacher", () => {
  it("who keyed the same pupil is heard, and what was keyed here stays", async () => {
    const { session, row, press, find } = await open();
    press("1");
    await vi.waitFor(() => expect(session.kept).toHaveLength(1));
    session.overtake(theirSheet(pupils[0]!, ["=wrong", "=right", ""]));
    await vi.waitFor(() => expect(row(0)).toEqual(["1", "1", ""]));
    expect(find("notes").textContent).toContain("1 réponse en a été reprise ; 1 réponse différait");
    await vi.waitFor(() => expect(session.sheets.get(pupils[0]!)?.responses).toEqual({ i1: { r1: ["right"] }, i2: { r1: ["right"] } }));
  });

  it("who corrected what delivery had from here is right", async () => {
    const { session, row, press } = await open();
    press("1");
    await vi.waitFor(() => expect(session.kept).toHaveLength(1));
    session.saved.set({ part: "francais", number: pupils[0]! });
    press("0");
    await vi.waitFor(() => expect(session.kept).toHaveLength(2));
    session.overtake(theirSheet(pupils[0]!, ["=wrong", "", ""]));
    await vi.waitFor(() => expect(row(0)).toEqual(["0", "0", ""]));
  });

  it("is not overruled by an acknowledgement of something else", async () => {
    const { session, row, press } = await open();
    press("1");
    press("1");
    await vi.waitFor(() => expect(session.kept.length).toBeGreaterThan(1));
    session.status.set({ ...session.status.value, pending: 0, lastSavedMs: 5 });
    session.saved.set({ part: "francais", number: pupils[2]! });
    session.overtake(theirSheet(pupils[0]!, ["", "", "none"]));
    await vi.waitFor(() => expect(row(0)).toEqual(["1", "1", "–"]));
  });
});

describe("the class list and the classroom", () => {
  it("says which pupils are complete and leads to each", async () => {
    const { find, press } = await open();
    for (const key of ["1", "1", "1", "1"]) press(key);
    find("view-list").click();
    await vi.waitFor(() => expect(find("class-list")).not.toBeNull());
    const states = [...find("class-list").querySelectorAll(".status")].map((state) => state.textContent);
    expect(states).toEqual(["Complet", "Il reste 2 réponses", "Rien de saisi"]);
    find(`open-${pupils[2]}`).click();
    await vi.waitFor(() => expect(find("current-number").textContent?.replace(/-/g, "")).toBe(pupils[2]));
  });

  it("shows who is in, what is open and how long still, and no answer", async () => {
    document.documentElement.lang = "fr";
    const session = new ClassSession(content, pupils);
    session.changes.set({ ...session.state, parts: [] });
    session.group = async () => ({
      now_ms: 0, group: "00",
      pupils: [
        { number: pupils[0]!, logged_in: true, voided: false, parts: [{ part: "maths", opened_ms: 1, deadline_ms: 1_900_000, version: 3, saved_ms: 5 }] },
        { number: pupils[1]!, logged_in: false, voided: false, parts: [] },
        { number: pupils[2]!, logged_in: true, voided: true, parts: [] },
      ],
    });
    const root = document.createElement("div");
    document.body.replaceChildren(root);
    end = await startKeying(root, session);
    const lines = await vi.waitFor(() => {
      const found = [...root.querySelectorAll("[data-testid=group] tbody tr")].map((line) => line.textContent);
      expect(found).toHaveLength(3);
      return found;
    });
    expect(lines[0]).toContain("Connecté");
    expect(lines[0]).toContain("Mathématiques");
    expect(lines[0]).toContain("31 min");
    expect(lines[1]).toContain("Pas encore connecté");
    expect(lines[2]).toContain("Carte annulée");
    expect(root.querySelector("[data-testid=group-summary]")?.textContent).toBe("1 connecté sur 2 · 1 au travail");
  });
});
