// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import vectors from "../../../tests/vectors/seal.json";
import { LoginScreen } from "../../src/login/login";
import { restWords } from "../../src/login/waiting";
import type { Card } from "../../src/seat/arriving";
import { Refused, Unreachable, type Kind } from "../../src/wire/problems";
import { setLanguage } from "../../src/words";

const number = vectors.numbers[0]?.number ?? "";
const code = vectors.codes[0]?.code ?? "";
let root: HTMLElement;
let screen: LoginScreen | null = null;

beforeEach(() => {
  vi.useFakeTimers();
  setLanguage("fr");
  root = document.createElement("div");
  document.body.replaceChildren(root);
});

afterEach(() => {
  screen?.stop();
  vi.useRealTimers();
});

function refused(problem: Kind, retry_ms: number | null): Refused {
  return new Refused({ problem, detail: "", kept: false, retry_ms, now_ms: null, ticket: "t".repeat(64) });
}
const queued = (ms: number) => refused("queued", ms);

/** Enters with a card; each answer after the other is a fault, then it goes in. */
async function arrive(...faults: unknown[]): Promise<ReturnType<typeof vi.fn>> {
  const enter = vi.fn(async (_card: Card) => {
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
  });
  const arrival = { campaign: "sixieme-2026", number, code };
  screen = new LoginScreen(root, { arrival, campaigns: async () => [], lastCampaign: null, enter });
  screen.start();
  await vi.advanceTimersByTimeAsync(0);
  return enter;
}

const said = (id: string) => (root.querySelector(`#${id}`)?.textContent ?? "").replace(/\u00a0/g, " ");
const strokes = () => root.querySelectorAll(".chalkline__stroke--done").length;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("when many arrive at once", () => {
  test("the place is kept, the wait is told, and the screen goes in by itself at its turn", async () => {
    const enter = await arrive(queued(40_000));
    expect(root.querySelector("form")).toBeNull();
    expect(document.activeElement?.id).toBe("waiting-title");
    expect(document.title).toContain("La place est gardée");
    expect(said("waiting-time")).toBe("Entrée dans environ 40 secondes");
    await pass(25_000);
    expect(said("waiting-time")).toBe("Entrée dans environ 15 secondes");
    await pass(14_900);
    expect(enter).toHaveBeenCalledTimes(1);
    await pass(100);
    expect(enter).toHaveBeenCalledTimes(2);
    expect(enter.mock.calls[1]?.[0]).toEqual({ campaign: "sixieme-2026", number, code });
  });

  test("told a longer rest, it waits that", async () => {
    const enter = await arrive(queued(5_000), queued(7_000));
    await pass(5_000);
    expect(said("waiting-time")).toBe("Entrée dans environ 7 secondes");
    await pass(6_900);
    expect(enter).toHaveBeenCalledTimes(2);
    await pass(200);
    expect(enter).toHaveBeenCalledTimes(3);
  });

  test("a long wait is asked for anew within a minute, since it may have become shorter", async () => {
    const enter = await arrive(queued(600_000), queued(20_000));
    expect(said("waiting-time")).toBe("Entrée dans environ 10 minutes");
    await pass(44_000);
    expect(enter).toHaveBeenCalledTimes(1);
    await pass(16_100);
    expect(enter).toHaveBeenCalledTimes(2);
    await pass(20_000);
    expect(enter).toHaveBeenCalledTimes(3);
  });

  test("a screen reader hears it a few times, not every second", async () => {
    await arrive(queued(60_000));
    const heard: string[] = [];
    const status = root.querySelector("#waiting-said");
    new MutationObserver(() => heard.push(status?.textContent ?? "")).observe(status as Node, { childList: true });
    expect(status?.textContent?.replace(/\u00a0/g, " ")).toBe("Entrée dans environ 60 secondes");
    for (let second = 0; second < 59; second += 1) await pass(1_000);
    expect(heard.map((text) => text.replace(/\u00a0/g, " "))).toEqual(["Entrée dans environ 30 secondes", "Entrée dans environ 10 secondes"]);
  });

  test("the marks on the slate grow and never go back", async () => {
    await arrive(queued(30_000), queued(20_000));
    const seen = [strokes()];
    for (let second = 0; second < 45; second += 1) {
      await pass(1_000);
      seen.push(strokes());
    }
    expect(seen[0]).toBe(0);
    expect(seen[29]).toBeGreaterThan(15);
    expect(seen.slice(0, 30)).toEqual([...seen.slice(0, 30)].sort((a, b) => a - b));
  });

  test.each([[new Unreachable(), "La place reste gardée"], [refused("busy", 1_000), "C’est le moment"]])(
    "%s at the turn costs no place", async (fault, words) => {
      const enter = await arrive(queued(3_000), fault);
      await pass(3_100);
      expect(enter).toHaveBeenCalledTimes(2);
      expect(said("waiting-time")).toContain(words);
      await pass(3_000);
      expect(enter).toHaveBeenCalledTimes(3);
    });

  test("what waiting does not cure leads back to the card", async () => {
    const enter = await arrive(queued(3_000), refused("unknown-seat", null));
    await pass(3_100);
    expect(said("login-message")).toContain("ne vont pas ensemble");
    await pass(120_000);
    expect(enter).toHaveBeenCalledTimes(2);
  });

  test("whoever goes back finds the card as it was, and asks nothing more", async () => {
    const enter = await arrive(queued(3_000));
    root.querySelector<HTMLElement>("#waiting-back")?.click();
    expect(root.querySelector<HTMLInputElement>("#number")?.value.replace(/\D/g, "")).toBe(number);
    await pass(60_000);
    expect(enter).toHaveBeenCalledTimes(1);
  });

  test("a change of language keeps the place and the marks", async () => {
    const enter = await arrive(queued(30_000));
    await pass(15_000);
    const before = strokes();
    setLanguage("en");
    expect(said("waiting-time")).toBe("Going in in about 15 seconds");
    expect(strokes()).toBe(before);
    await pass(15_000);
    expect(enter).toHaveBeenCalledTimes(2);
  });
});

test.each([
  [0, "C’est le moment d’entrer…"], [1, "Entrée dans environ 1 seconde"], [9, "Entrée dans environ 9 secondes"],
  [13, "Entrée dans environ 15 secondes"], [41, "Entrée dans environ 40 secondes"],
  [90, "Entrée dans environ 90 secondes"], [91, "Entrée dans environ 2 minutes"],
])("%i seconds in words", (seconds, words) => {
  setLanguage("fr");
  expect(restWords(seconds).replace(/\u00a0/g, " ")).toBe(words);
});
