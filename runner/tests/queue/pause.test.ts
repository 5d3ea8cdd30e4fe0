import { describe, expect, test } from "vitest";
import { growingPause, wishedPause } from "../../src/queue/pause";

/** A number in [0, 1), always the same ones. */
function draw(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Second after the end of an outage → share of a year group that comes back in it. */
function comingBack(outageMs: number, pupils = 20_000): number[] {
  const random = draw(outageMs + 1);
  const seconds: number[] = [];
  for (let pupil = 0; pupil < pupils; pupil += 1) {
    let at = 0;
    for (let failures = 1; at < outageMs; failures += 1) at += growingPause(failures, random);
    const second = Math.floor((at - outageMs) / 1000);
    seconds[second] = (seconds[second] ?? 0) + 1 / pupils;
  }
  return Array.from(seconds, (share) => share ?? 0);
}

describe("a whole year group that failed in the same millisecond", () => {
  test.each([[1_500, 0.5], [4_000, 0.33], [10_000, 0.18], [60_000, 0.07], [600_000, 0.06]])(
    "comes back spread out after %i ms", (outageMs, most) => {
      const seconds = comingBack(outageMs);
      expect(Math.max(...seconds)).toBeLessThan(most);
      expect(seconds.length).toBeLessThanOrEqual(30);
    });
});

test("pauses grow to half a minute and are never nothing", () => {
  expect([1, 2, 3, 4, 5, 40].map((failures) => growingPause(failures, () => 0.999999) / 1000).map(Math.round))
    .toEqual([2, 4, 8, 16, 30, 30]);
  expect([1, 4, 5].map((failures) => growingPause(failures, () => 0))).toEqual([100, 100, 15_000]);
});

test("what delivery wishes is a least: nobody comes earlier, and no two together", () => {
  expect([0, 0.5, 1].map((chance) => wishedPause(2_000, () => chance))).toEqual([2_000, 3_000, 4_000]);
  expect(wishedPause(10 ** 9, () => 1)).toBe(120_000);
});
