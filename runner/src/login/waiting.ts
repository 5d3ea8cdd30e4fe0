import { h } from "../element";
import { growingPause, wishedPause } from "../queue/pause";
import { Refused, Unreachable } from "../wire/problems";
import { t } from "../words";
import { chalkLine } from "./chalkline";

/**
 * The line of logins: how long it takes, and in. Whoever waits has nothing to do: the place is kept
 * by delivery's ticket, and the screen goes in by itself.
 */

export interface WaitingParts {
  /** Logs in. Rejects with Refused `queued` for a turn that has not come. */
  enter: () => Promise<void>;
  /** What no waiting cures. */
  failed: (fault: unknown) => void;
  back: () => void;
  clock?: () => number;
  random?: () => number;
}

/** Past this the time that was told is asked for anew now and then: it may have become shorter. */
const TOLD_FOR_MS = 60_000;
/** When a screen reader hears how long it still takes, in seconds. */
const SAID_AT = [600, 300, 120, 60, 30, 10];

export class Waiting {
  element: HTMLElement;
  readonly #parts: WaitingParts;
  readonly #clock: () => number;
  readonly #random: () => number;
  #turnMs = 0;
  #askMs = 0;
  #wholeMs = 0;
  #failures = 0;
  #offline = false;
  #asking = false;
  #saidAt = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(waitMs: number, parts: WaitingParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? Date.now;
    this.#random = parts.random ?? Math.random;
    this.element = this.#draw();
    this.#told(waitMs);
    document.addEventListener("visibilitychange", this.#tick);
  }

  /** In the language of the screen. */
  redraw(): HTMLElement {
    this.element = this.#draw();
    this.#show();
    return this.element;
  }

  stop(): void {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#tick);
  }

  #told(waitMs: number): void {
    const now = this.#clock();
    this.#turnMs = now + waitMs;
    this.#wholeMs = Math.max(this.#wholeMs, waitMs);
    this.#askMs = waitMs > TOLD_FOR_MS ? now + TOLD_FOR_MS * (0.75 + this.#random() / 4) : this.#turnMs;
    this.#offline = false;
    this.#failures = 0;
    this.#tick();
  }

  readonly #tick = (): void => {
    clearTimeout(this.#timer);
    if (this.#asking) return;
    const restMs = this.#askMs - this.#clock();
    this.#show();
    if (restMs <= 0) void this.#ask();
    else this.#timer = setTimeout(this.#tick, Math.min(restMs, 1000));
  };

  async #ask(): Promise<void> {
    this.#asking = true;
    try {
      await this.#parts.enter();
    } catch (fault) {
      this.#asking = false;
      this.#refused(fault);
    }
  }

  #refused(fault: unknown): void {
    const wished = fault instanceof Refused ? fault.problem.retry_ms : null;
    if (fault instanceof Refused && fault.kind === "queued" && wished !== null) return this.#told(wished);
    const passing = fault instanceof Unreachable || (fault instanceof Refused && ["busy", "slow-down", "fault"].includes(fault.kind));
    if (!passing) {
      this.stop();
      return this.#parts.failed(fault);
    }
    this.#failures += 1;
    this.#offline = fault instanceof Unreachable;
    this.#askMs = this.#clock() + (wished === null ? growingPause(this.#failures, this.#random) : wishedPause(wished, this.#random));
    this.#tick();
  }

  #draw(): HTMLElement {
    return h("div", { class: "waiting", "data-testid": "queued" },
      h("h1", { class: "chalked", id: "waiting-title", tabindex: "-1" }, t("login.queuedTitle")),
      h("p", { class: "lead login__lead" }, t("login.queuedLead")),
      h("div", { class: "panel panel--raised waiting__panel" },
        chalkLine(),
        h("p", { class: "waiting__time", id: "waiting-time", "data-testid": "queued-time" }),
        h("p", { class: "muted" }, t("login.queuedSelf"))),
      h("div", { role: "status", class: "visually-hidden", id: "waiting-said" }),
      h("button", { type: "button", class: "button button--quiet waiting__back", id: "waiting-back", "data-testid": "queued-back",
        onclick: () => {
          this.stop();
          this.#parts.back();
        } }, t("login.queuedBack")),
    );
  }

  #show(): void {
    const restMs = Math.max(0, this.#turnMs - this.#clock());
    const seconds = Math.ceil(restMs / 1000);
    const words = this.#offline ? t("login.queuedOffline") : restWords(seconds);
    const line = this.element.querySelector("#waiting-time");
    if (line !== null && line.textContent !== words) line.textContent = words;
    const done = this.#wholeMs === 0 ? 1 : 1 - restMs / this.#wholeMs;
    this.element.querySelectorAll(".chalkline__stroke").forEach((stroke, at, all) =>
      stroke.classList.toggle("chalkline__stroke--done", done >= (at + 1) / (all.length + 1)));
    this.#say(seconds, words);
  }

  /** At the first moment, and when a mark is passed: nobody is told every second. */
  #say(seconds: number, words: string): void {
    const said = this.element.querySelector("#waiting-said");
    const mark = SAID_AT.filter((at) => seconds <= at).length;
    const key = this.#offline ? -1 : mark;
    if (said === null || (key === this.#saidAt && said.textContent !== "")) return;
    this.#saidAt = key;
    said.textContent = words;
  }
}

/** A wait in words: minutes, then steps of ten seconds, of five, and the last ones alone. */
export function restWords(seconds: number): string {
  if (seconds <= 0) return t("login.queuedNow");
  if (seconds > 90) return t("login.queuedMinutes", { count: Math.ceil(seconds / 60) });
  const step = seconds > 30 ? 10 : seconds > 10 ? 5 : 1;
  return t("login.queuedSeconds", { count: Math.round(seconds / step) * step });
}
