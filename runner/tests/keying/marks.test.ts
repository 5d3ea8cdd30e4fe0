import { describe, expect, it } from "vitest";
import { columnsOf, markOf, marksOf, merged, sheetOf, shownMark, type Mark } from "../../src/keying/marks";
import { booklet, item, response } from "./class";

const place = { campaign: "cp-2026", number: "100000000", part: "francais" };
const key = (name: string, code = ""): { key: string; code: string } => ({ key: name, code });

describe("a sheet", () => {
  const columns = columnsOf(booklet(item("i1"), item("i2"), item("i3"), item("i4")));
  const marks: Mark[] = ["=right", "none", "absent", ""];

  it("tells answered, omitted, absent and not reached apart", () => {
    const sheet = sheetOf(place, columns, marks, "i2");
    expect(sheet.responses).toEqual({ i1: { r1: ["right"] } });
    expect(sheet.visited).toEqual(["i1", "i2"]);
    expect(sheet.absent).toEqual(["i3"]);
    expect(sheet.position).toBe("i2");
    expect(sheet.writer).toBe("teacher");
  });

  it("reads back as it was written, whatever the marks", () => {
    const all: Mark[] = ["", "none", "absent", "=right", "=wrong"];
    for (let code = 0; code < 5 ** 4; code += 1) {
      const given = [0, 1, 2, 3].map((place_) => all[Math.floor(code / 5 ** place_) % 5] ?? "");
      expect(marksOf(sheetOf(place, columns, given, null), columns)).toEqual(given);
    }
  });

  it("keeps an item of two responses open until both are keyed", () => {
    const two = columnsOf(booklet(item("i1", response("r1"), response("r2"))));
    expect(two.map(({ label }) => label)).toEqual(["1a", "1b"]);
    const half = sheetOf(place, two, ["=right", ""], null);
    expect(half.visited).toEqual([]);
    expect(marksOf(half, two)).toEqual(["=right", ""]);
    expect(sheetOf(place, two, ["=right", "none"], null).visited).toEqual(["i1"]);
  });
});

describe("a key", () => {
  const [column] = columnsOf(booklet(item("i1")));

  it("means what the authority says, on any row of digits", () => {
    expect(markOf(key("1"), column!)).toBe("=right");
    expect(markOf(key("&", "Digit1"), column!)).toBe("=right");
    expect(markOf(key("à", "Digit0"), column!)).toBe("=wrong");
    expect(markOf(key("0", "Numpad0"), column!)).toBe("=wrong");
  });

  it("means no answer or absent where nothing else is meant", () => {
    expect(markOf(key("9"), column!)).toBe("none");
    expect(markOf(key("ç", "Digit9"), column!)).toBe("none");
    expect(markOf(key(" "), column!)).toBe("none");
    expect(markOf(key("a"), column!)).toBe("absent");
    expect(markOf(key("7"), column!)).toBeNull();
    const own = response("r1", { keys: [{ key: "9", value: "nine", label: "9" }, { key: "a", value: "eh", label: "a" }] });
    const [other] = columnsOf(booklet(item("i1", own)));
    expect(markOf(key("9"), other!)).toBe("=nine");
    expect(markOf(key("A"), other!)).toBe("=eh");
  });

  it("is found for options that were given none", () => {
    const bare = response("r1", { keys: [] });
    const body = [["div", {}, ["choice", { response: "r1" }, ["option", { value: "x" }, "Un"], ["option", { value: "y" }, "Deux"]]]];
    const [found] = columnsOf(booklet({ ...item("i1", bare), body: body as never }));
    expect(found?.keys).toEqual([{ key: "1", value: "x", label: "Un" }, { key: "2", value: "y", label: "Deux" }]);
    expect(shownMark("=y", found!)).toBe("2");
  });
});

describe("two people keying the same pupil", () => {
  it("are brought together item by item", () => {
    const base: Mark[] = ["", "=right", "=right", "=right", "none"];
    const ours: Mark[] = ["=right", "=right", "=wrong", "=wrong", "none"];
    const theirs: Mark[] = ["", "=wrong", "=right", "none", "absent"];
    expect(merged(base, ours, theirs)).toEqual({ marks: ["=right", "=wrong", "=wrong", "=wrong", "absent"], taken: 2, disputed: 1 });
  });

  it("lose nothing that only one of them said", () => {
    const all: Mark[] = ["", "none", "=right"];
    for (const mine of all) for (const other of all) {
      const [mark] = merged([""], [mine], [other]).marks;
      expect(mark).toBe(mine !== "" ? mine : other);
    }
  });
});
