import { describe, expect, it } from "vitest";
import { BookletFault, INTERACTIONS, readResponse } from "../../src/wire/interactions";

const plain = { id: "r1", interaction: "order", cardinality: "ordered", base: "identifier" };

describe("a response of a booklet", () => {
  it("is read with what version 1 left out", () => {
    expect(readResponse(plain, "i3")).toEqual({
      ...plain, max_choices: 1, min_choices: 0, shuffle: false, expected_length: null, lines: null,
      pattern: null, pattern_message: null, min_message: null, max_message: null, keys: [],
    });
  });

  it.each(INTERACTIONS)("may be a %s", (interaction) => {
    expect(readResponse({ ...plain, interaction }, "i3").interaction).toBe(interaction);
  });

  it.each([
    [null, "i3: is no response"],
    [[], "i3: is no response"],
    [{ ...plain, id: "" }, "i3: a response has no id"],
    [{ ...plain, interaction: "drawing" }, "i3 r1: interaction is drawing, not one of"],
    [{ ...plain, cardinality: "record" }, "i3 r1: cardinality is record"],
    [{ ...plain, base: "file" }, "i3 r1: base is file"],
    [{ ...plain, max_choices: -1 }, "i3 r1: max_choices is no whole number"],
    [{ ...plain, min_choices: 1.5 }, "i3 r1: min_choices is no whole number"],
    [{ ...plain, pattern: 5 }, "i3 r1: pattern is no string"],
    [{ ...plain, shuffle: "yes" }, "i3 r1: shuffle is no boolean"],
  ])("is refused by name where it breaks the contract: %j", (value, message) => {
    expect(() => readResponse(value, "i3")).toThrow(BookletFault);
    expect(() => readResponse(value, "i3")).toThrow(message);
  });
});
