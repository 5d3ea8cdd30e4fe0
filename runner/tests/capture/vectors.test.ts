import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseResponse, type CaptureBase, type Value } from "../../src/capture";

/** The file that the scorer's tests read too. */
const file = new URL("../../../tests/vectors/capture.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as {
  format: string;
  cases: { base: CaptureBase; raw: string; value: Value | null }[];
};

describe("capture", () => {
  it("reads vectors of the form it knows", () => {
    expect(vectors.format).toBe("ardoise-capture/1");
    expect(vectors.cases.length).toBeGreaterThan(100);
  });

  it.each([...new Set(vectors.cases.map(({ base }) => base))])("makes of %s what the scorer makes of it", (base) => {
    const cases = vectors.cases.filter((one) => one.base === base);
    const ours = cases.map(({ raw }) => [raw, parseResponse(base, raw)]);
    // Numbers compare as numbers: -0 is 0.
    const plain = (value: unknown): unknown => (value === 0 ? 0 : value);
    expect(ours.map(([raw, value]) => [raw, plain(value)])).toEqual(cases.map(({ raw, value }) => [raw, plain(value)]));
  });

  it("cuts a text by characters and not through the middle of one", () => {
    const long = "\u{1f642}".repeat(20_001);
    expect([...(parseResponse("string", long) as string)]).toHaveLength(20_000);
  });
});
