// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import vectors from "../../../tests/vectors/seal.json";
import { LoginScreen, type LoginParts } from "../../src/login/login";
import { WrongCode, type Card } from "../../src/seat/arriving";
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

function show(more: Partial<LoginParts> = {}): (card: Card) => Promise<void> {
  const enter = more.enter ?? vi.fn(async () => undefined);
  const arrival = { campaign: "sixieme-2026", number: null, code: null };
  screen = new LoginScreen(root, { arrival, campaigns: async () => [], lastCampaign: null, ...more, enter });
  screen.start();
  return enter;
}

function type(name: string, text: string): void {
  const input = root.querySelector<HTMLInputElement>(`#${name}`);
  if (input === null) throw new Error(`no field ${name}`);
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

async function submit(): Promise<void> {
  root.querySelector("form")?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  await vi.advanceTimersByTimeAsync(0);
}

const said = (id: string) => root.querySelector(`#${id}`)?.textContent ?? "";

function refused(problem: Kind, retry_ms: number | null = null): Refused {
  return new Refused({ problem, detail: "", kept: false, retry_ms, now_ms: null });
}

describe("typing errors are found here and cost no attempt", () => {
  test.each([
    ["", code, "number-error", "Écrire le numéro"],
    [number.slice(0, 8), code, "number-error", "il y en a\u00a08"],
    [`${number.slice(0, 8)}${(Number(number[8]) + 1) % 10}`, code, "number-error", "n’est pas le bon"],
    ["ABC456789", code, "number-error", "que des chiffres"],
    [number, "", "code-error", "Écrire le code"],
    [number, code.slice(0, 11), "code-error", "il y en a 11"],
    [number, `${code.slice(0, 11)}U`, "code-error", "jamais la lettre U"],
    [number, vectors.bad_codes[0] ?? "", "code-error", "n’est pas le bon"],
  ])("%s / %s", async (typedNumber, typedCode, line, words) => {
    const enter = show();
    type("number", typedNumber);
    type("code", typedCode);
    await submit();
    expect(enter).not.toHaveBeenCalled();
    expect(said(line).replace(/\u00a0/g, " ")).toContain(words.replace(/\u00a0/g, " "));
    expect(root.querySelector(`#${line.replace("-error", "")}`)?.getAttribute("aria-invalid")).toBe("true");
  });

  test("a full, wrong field is said when it is left, but not on the way to a button", () => {
    show();
    type("number", `${number.slice(0, 8)}${(Number(number[8]) + 1) % 10}`);
    const leave = (to: string) =>
      root.querySelector("#number")?.dispatchEvent(new FocusEvent("blur", { relatedTarget: root.querySelector(to) }));
    leave("#enter");
    expect(said("number-error")).toBe("");
    leave("#code");
    expect(said("number-error")).toContain("n’est pas le bon");
  });
});

describe("entering", () => {
  test("forgives case, spaces and look-alikes", async () => {
    const enter = show();
    type("number", ` ${number.slice(0, 3)} ${number.slice(3)} `);
    type("code", vectors.codes[0]?.typed ?? "");
    await submit();
    expect(enter).toHaveBeenCalledWith({ campaign: "sixieme-2026", number, code });
  });

  test("a card's link enters by itself", async () => {
    const enter = show({ arrival: { campaign: "sixieme-2026", number, code } });
    await vi.advanceTimersByTimeAsync(0);
    expect(enter).toHaveBeenCalledTimes(1);
  });

  test("the only campaign of a server is taken without a question; of several one is chosen", async () => {
    const arrival = { campaign: null, number, code: null };
    const one = show({ arrival, campaigns: async () => ["cp-2026"] });
    await vi.advanceTimersByTimeAsync(0);
    type("code", code);
    await submit();
    expect(one).toHaveBeenCalledWith({ campaign: "cp-2026", number, code });
    screen?.stop();
    const many = show({ arrival, campaigns: async () => ["cp-2026", "sixieme-2026"] });
    await vi.advanceTimersByTimeAsync(0);
    type("code", code);
    await submit();
    expect(many).not.toHaveBeenCalled();
    root.querySelector<HTMLInputElement>("input[value='sixieme-2026']")?.click();
    await submit();
    expect(many).toHaveBeenCalledWith({ campaign: "sixieme-2026", number, code });
  });

  test("a change of language keeps what was typed", () => {
    show();
    type("number", number);
    setLanguage("en");
    expect(root.querySelector<HTMLInputElement>("#number")?.value.replace(/-/g, "")).toBe(number);
    expect(root.textContent).toContain("Hello!");
  });
});

describe("what delivery says", () => {
  async function failing(...faults: unknown[]): Promise<ReturnType<typeof vi.fn>> {
    const enter = vi.fn(async () => {
      const fault = faults.shift();
      if (fault !== undefined) throw fault;
    });
    show({ enter });
    type("number", number);
    type("code", code);
    await submit();
    return enter;
  }

  test.each([
    [refused("unknown-seat"), "ne vont pas ensemble"],
    [new WrongCode(), "n’est pas celui de ce numéro"],
    [refused("purged"), "effacées"],
    [new Error("?"), "Recharger la page"],
  ])("%s is the person's to act on", async (fault, words) => {
    const enter = await failing(fault);
    expect(said("login-message")).toContain(words);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(enter).toHaveBeenCalledTimes(1);
  });

  test.each([new Unreachable(), refused("busy", 4000)])("%s is waited out", async (fault) => {
    const enter = await failing(fault);
    expect(said("login-message")).toContain("tout seul");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(enter).toHaveBeenCalledTimes(2);
  });

  test("after too many attempts it counts the seconds, and tries nothing meanwhile", async () => {
    const enter = await failing(refused("slow-down", 8000));
    expect(said("login-message")).toMatch(/8\u00a0secondes/);
    await submit();
    expect(enter).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(9000);
    expect(said("login-message")).toBe("");
    await submit();
    expect(enter).toHaveBeenCalledTimes(2);
  });
});
