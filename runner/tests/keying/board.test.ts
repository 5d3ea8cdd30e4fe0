import { describe, expect, it } from "vitest";
import { Board } from "../../src/keying/board";
import { columnsOf, type Mark } from "../../src/keying/marks";
import { booklet, item, numbers, response } from "./class";

const board = (rows = 3, items = 3): Board =>
  new Board(columnsOf(booklet(...Array.from({ length: items }, (_, index) => item(`i${index + 1}`)))), numbers(rows));

const at = ({ cursor }: Board): [number, number] => [cursor.row, cursor.column];

describe("moving on", () => {
  it("goes to the next item, then to the next pupil, and stays at the end", () => {
    const b = board(2, 2);
    const seen = [];
    for (let count = 0; count < 5; count += 1) {
      seen.push(at(b));
      b.put("=right");
    }
    expect(seen).toEqual([[0, 0], [0, 1], [1, 0], [1, 1], [1, 1]]);
    expect([b.missing, b.complete]).toEqual([0, 2]);
  });

  it("goes down a question when keying by item", () => {
    const b = board(2, 2);
    b.direction = "item";
    b.put("=right");
    expect(at(b)).toEqual([1, 0]);
    b.put("=right");
    expect(at(b)).toEqual([0, 1]);
  });

  it("passes over the absent", () => {
    const b = board(3, 2);
    b.direction = "item";
    b.go(1, 0);
    b.absentRow();
    b.go(0, 0);
    b.put("=right");
    expect(at(b)).toEqual([2, 0]);
  });

  it("finds the next gap, round the end", () => {
    const b = board(2, 2);
    b.go(0, 1);
    b.put("=right");
    b.put("none");
    b.put("none");
    expect(b.goMissing()).toBe(true);
    expect(at(b)).toEqual([0, 0]);
    b.put("=wrong");
    expect(b.goMissing()).toBe(false);
  });

  it("skips what the filter hides, and never the row in hand", () => {
    const b = board(3, 1);
    b.go(1, 0);
    b.put("=right");
    b.go(0, 0);
    b.onlyMissing = true;
    b.goRows(1);
    expect(at(b)).toEqual([2, 0]);
    expect([0, 1, 2].map((row) => b.shown(row))).toEqual([true, false, true]);
  });
});

describe("absence", () => {
  it("holds for a whole item, and ends with the first answer", () => {
    const two = new Board(columnsOf(booklet(item("i1", response("r1"), response("r2")), item("i2"))), numbers(1));
    two.put("absent");
    expect([two.mark(0, 0), two.mark(0, 1), two.mark(0, 2)]).toEqual(["absent", "absent", ""]);
    expect(at(two)).toEqual([0, 2]);
    two.go(0, 1);
    two.put("=right");
    expect([two.mark(0, 0), two.mark(0, 1)]).toEqual(["", "=right"]);
  });

  it("of a pupil leaves what was keyed, and is taken back when said twice", () => {
    const b = board(2, 3);
    b.put("=right");
    expect(b.absentRow()).toBe(2);
    expect(b.rows[0]?.marks).toEqual(["=right", "absent", "absent"]);
    expect(at(b)).toEqual([1, 0]);
    b.absentRow();
    b.go(1, 0);
    expect(b.absentRow()).toBe(3);
    expect(b.rows[1]?.marks).toEqual(["", "", ""]);
  });
});

describe("the way back", () => {
  it("erases here, or the place before, and stays there", () => {
    const b = board(1, 3);
    b.put("=right");
    b.put("=right");
    b.erase();
    expect([at(b), b.rows[0]?.marks]).toEqual([[0, 1], ["=right", "", ""]]);
  });

  it("undoes every change in turn, counts and place included, whatever was done", () => {
    const b = board(4, 5);
    const states: string[] = [];
    const state = (): string => JSON.stringify([b.rows.map(({ marks, missing }) => [marks, missing]), b.columnMissing, at(b)]);
    let seed = 11;
    const draw = (limit: number): number => (seed = (seed * 48271) % 2147483647) % limit;
    for (let step = 0; step < 300; step += 1) {
      b.go(draw(4), draw(5));
      const before = state();
      const filled = JSON.stringify(b.rows.map(({ marks }) => marks));
      const choice = draw(4);
      if (choice === 0) b.erase();
      else if (choice === 1) b.absentRow();
      else b.put((["=right", "=wrong", "none", "absent"] as Mark[])[draw(4)] ?? "none");
      if (JSON.stringify(b.rows.map(({ marks }) => marks)) !== filled) states.push(before);
      expect(b.missing).toBe(b.rows.flatMap(({ marks }) => marks).filter((mark) => mark === "").length);
    }
    for (const before of states.reverse()) {
      expect(b.undo()).toBe(true);
      expect(state()).toBe(before);
    }
    expect(b.undo()).toBe(false);
  });
});
