import { h, logo } from "../element";
import { parseCode } from "../seal/codes";
import { parseNumber } from "../seal/numbers";
import { WrongCode, type Card } from "../seat/arriving";
import { Refused, Unreachable } from "../wire/problems";
import { language, setLanguage, t, type PhraseKey } from "../words";
import { codeLength, groupedCode, groupedNumber, readPasted, type Arrival } from "./card";
import { Waiting } from "./waiting";
import "./login.css";

/**
 * The login screen. A typing error is found here and costs no attempt; no network and a full
 * house are waited out; only a wrong card is the person's to put right.
 */

export interface LoginParts {
  arrival: Arrival;
  /** Ids of the campaigns that delivery runs. */
  campaigns: () => Promise<string[]>;
  lastCampaign: string | null;
  /** Rejects with Refused, Unreachable or WrongCode. */
  enter: (card: Card) => Promise<void>;
}

interface Said {
  key: PhraseKey;
  gaps?: Record<string, number>;
}

export class LoginScreen {
  readonly #root: HTMLElement;
  readonly #parts: LoginParts;
  #campaigns: string[] | null = null;
  #campaign: string | null;
  #number: string;
  #code: string;
  #busy = false;
  #waitUntilMs = 0;
  #timer = 0;
  #attempts = 0;
  #faults: { number: Said | null; code: Said | null; campaign: Said | null } = {
    number: null,
    code: null,
    campaign: null,
  };
  #message: Said | null = null;
  #unsubscribe: () => void;
  #view: HTMLElement | null = null;
  /** The line of logins, while this person stands in it. */
  #waiting: Waiting | null = null;

  constructor(root: HTMLElement, parts: LoginParts) {
    this.#root = root;
    this.#parts = parts;
    this.#campaign = parts.arrival.campaign;
    this.#number = groupedNumber(parts.arrival.number ?? "");
    this.#code = groupedCode(parts.arrival.code ?? "");
    this.#unsubscribe = language.subscribe(() => this.#draw());
  }

  start(): void {
    this.#draw();
    if (this.#campaign === null) void this.#askCampaigns();
    const first = this.#number === "" ? "number" : "code";
    if (this.#campaign !== null && this.#number !== "" && this.#code !== "") void this.#submit();
    else this.#root.querySelector<HTMLInputElement>(`#${first}`)?.focus();
  }

  stop(): void {
    window.clearInterval(this.#timer);
    this.#waiting?.stop();
    this.#unsubscribe();
  }

  async #askCampaigns(): Promise<void> {
    try {
      this.#campaigns = await this.#parts.campaigns();
      if (this.#campaigns.length === 1) this.#campaign = this.#campaigns[0] ?? null;
      if (this.#campaigns.length === 0) this.#message = { key: "login.noCampaign" };
    } catch {
      this.#campaign = this.#parts.lastCampaign;
      if (this.#campaign === null) window.setTimeout(() => void this.#askCampaigns(), 3000 + Math.random() * 3000);
    }
    if (this.#campaigns !== null && this.#campaigns.length !== 1) this.#draw();
  }

  #draw(): void {
    document.title = t(this.#waiting === null ? "login.pageTitle" : "login.queuedPage");
    const focused = document.activeElement?.id;
    const view = h("div", { class: "login" },
      h("header", { class: "bar" }, h("span", { class: "bar__brand" }, logo(), "Ardoise"),
        h("div", { class: "bar__end" }, this.#languageButton())),
      h("main", { class: "page login__page", id: "content" },
        ...(this.#waiting === null ? this.#card() : [this.#waiting.redraw()])),
    );
    this.#root.replaceChildren(view);
    this.#view = view;
    this.#show();
    if (focused) view.querySelector<HTMLElement>(`#${focused}`)?.focus();
  }

  #card(): HTMLElement[] {
    return [
      h("h1", { class: "chalked" }, t("login.title")),
      h("p", { class: "lead login__lead" }, t("login.lead")),
      this.#form(),
      h("p", { class: "muted small login__note" }, t("login.privacy")),
    ];
  }

  #languageButton(): HTMLElement {
    const other = language.value === "fr" ? "en" : "fr";
    return h("button", {
      type: "button", class: "button button--quiet", id: "language", lang: other,
      "data-testid": "language",
      onclick: () => setLanguage(other),
    }, t("login.otherLanguage"));
  }

  #form(): HTMLFormElement {
    return h("form", { class: "panel panel--raised stack login__form", novalidate: true, autocomplete: "off",
      onsubmit: (event: Event) => {
        event.preventDefault();
        void this.#submit();
      } },
      this.#campaignField(),
      this.#field("number", "numeric"),
      this.#field("code", "text"),
      h("div", { role: "status", class: "login__message", id: "login-message" }),
      h("button", { type: "submit", class: "button button--large button--wide", id: "enter", "data-testid": "enter" },
        t("login.enter")),
    );
  }

  #campaignField(): HTMLElement | null {
    if (this.#campaigns === null || this.#campaigns.length < 2) return null;
    const choose = (event: Event) => {
      this.#campaign = (event.target as HTMLInputElement).value;
      this.#faults.campaign = null;
      this.#show();
    };
    return h("fieldset", { class: "login__campaigns" },
      h("legend", { class: "field__label" }, t("login.campaignPick")),
      h("p", { class: "field__hint", id: "campaign-hint" }, t("login.campaignHint")),
      ...this.#campaigns.map((campaign, at) =>
        h("label", { class: "login__campaign" },
          h("input", { type: "radio", name: "campaign", value: campaign, id: at === 0 ? "campaign" : `campaign-${at}`,
            checked: campaign === this.#campaign, onchange: choose }),
          campaign)),
      h("p", { class: "field__error", id: "campaign-error", hidden: true }),
    );
  }

  #field(name: "number" | "code", mode: string): HTMLElement {
    const input = h("input", {
      id: name, name, type: "text", class: "input input--code", inputmode: mode, autocomplete: "off",
      autocapitalize: name === "code" ? "characters" : "off", autocorrect: "off", spellcheck: "false",
      "data-testid": name, required: true, "aria-describedby": `${name}-hint ${name}-error`, maxlength: 400,
      value: name === "number" ? this.#number : this.#code,
    });
    input.addEventListener("input", (event) => this.#typed(name, input, event as InputEvent));
    input.addEventListener("paste", (event) => this.#pasted(event));
    input.addEventListener("blur", (event) => this.#left(name, event.relatedTarget));
    return h("div", { class: "field" },
      h("label", { class: "field__label", for: name }, t(`login.${name}`)),
      h("span", { class: "field__hint", id: `${name}-hint` }, t(`login.${name}Hint`)),
      input,
      h("span", { class: "field__error", id: `${name}-error`, hidden: true }));
  }

  #typed(name: "number" | "code", input: HTMLInputElement, event: InputEvent): void {
    const adding = !(event.inputType ?? "").startsWith("delete");
    const atEnd = input.selectionStart === input.value.length;
    if (adding && atEnd) {
      const grouped = name === "number" ? groupedNumber(input.value) : groupedCode(input.value);
      if (grouped !== input.value) input.value = grouped;
    }
    if (name === "number") this.#number = input.value;
    else this.#code = input.value;
    this.#faults[name] = null;
    this.#stopWaiting();
    this.#message = null;
    this.#show();
  }

  #pasted(event: ClipboardEvent): void {
    const arrival = readPasted(event.clipboardData?.getData("text") ?? "");
    if (arrival === null) return;
    event.preventDefault();
    this.#campaign = arrival.campaign ?? this.#campaign;
    this.#number = groupedNumber(arrival.number ?? "");
    this.#code = groupedCode(arrival.code ?? "");
    this.#faults = { number: null, code: null, campaign: null };
    this.#draw();
    this.#view?.querySelector<HTMLElement>("#enter")?.focus();
  }

  /**
   * A field that is full but wrong is said when it is left, not while somebody types. Nor on the way
   * to a button: the line would push the button away from under the pointer, and it checks anyway.
   */
  #left(name: "number" | "code", to: EventTarget | null): void {
    if (to instanceof HTMLButtonElement) return;
    const full = name === "number" ? this.#number.replace(/\D/g, "").length >= 9 : codeLength(this.#code) >= 12;
    if (!full) return;
    this.#faults[name] = name === "number" ? numberFault(this.#number) : codeFault(this.#code);
    this.#show();
  }

  #checked(): Card | null {
    const number = parseNumber(this.#number);
    const code = parseCode(this.#code);
    this.#faults = {
      number: numberFault(this.#number),
      code: codeFault(this.#code),
      campaign: this.#campaign === null && (this.#campaigns?.length ?? 0) > 1 ? { key: "login.campaignMissing" } : null,
    };
    this.#show();
    const wrong = (["campaign", "number", "code"] as const).find((name) => this.#faults[name] !== null);
    if (wrong !== undefined) {
      this.#view?.querySelector<HTMLElement>(`#${wrong}`)?.focus();
      return null;
    }
    if (!("number" in number) || !("code" in code)) return null;
    if (this.#campaign === null) {
      if (this.#campaigns === null) this.#wait("login.offline", 5000, true);
      else this.#say("login.noCampaign");
      return null;
    }
    return { campaign: this.#campaign, number: number.number, code: code.code };
  }

  async #submit(): Promise<void> {
    if (this.#busy || Date.now() < this.#waitUntilMs) return;
    if (this.#campaign === null && this.#campaigns === null) await this.#askCampaigns();
    const card = this.#checked();
    if (card === null) return;
    this.#busy = true;
    this.#message = { key: "login.entering" };
    this.#show();
    try {
      await this.#parts.enter(card);
    } catch (fault) {
      this.#busy = false;
      const wait = fault instanceof Refused && fault.kind === "queued" ? fault.problem.retry_ms : null;
      if (wait !== null) this.#queue(card, wait);
      else this.#failed(fault);
    }
  }

  /** Everybody comes at once: the place is kept, and the screen goes in when its turn comes. */
  #queue(card: Card, waitMs: number): void {
    const leave = () => {
      this.#waiting = null;
      this.#draw();
      this.#view?.querySelector<HTMLElement>("#enter")?.focus();
    };
    this.#message = null;
    this.#waiting = new Waiting(waitMs, {
      enter: () => this.#parts.enter(card),
      failed: (fault) => {
        leave();
        this.#failed(fault);
      },
      back: leave,
    });
    this.#draw();
    this.#view?.querySelector<HTMLElement>("#waiting-title")?.focus();
  }

  #failed(fault: unknown): void {
    this.#attempts += 1;
    const pauseMs = Math.min(30_000, 3_000 * 1.6 ** (this.#attempts - 1)) * (0.75 + Math.random() / 2);
    if (fault instanceof WrongCode) this.#say("login.wrongOffline", "code");
    else if (fault instanceof Unreachable) this.#wait("login.offline", pauseMs, true);
    else if (!(fault instanceof Refused)) this.#say("login.fault");
    else {
      const wished = fault.problem.retry_ms;
      if (fault.kind === "unknown-seat") this.#say("login.unknown", "code");
      else if (fault.kind === "slow-down") this.#wait("login.slow", wished ?? pauseMs, false);
      else if (fault.kind === "busy") this.#wait("login.busy", (wished ?? pauseMs) * (1 + Math.random()), true);
      else if (fault.kind === "purged") this.#say("login.purged");
      else this.#say("login.fault");
    }
  }

  #say(key: PhraseKey, focus?: string): void {
    this.#message = { key };
    this.#show();
    if (focus !== undefined) this.#view?.querySelector<HTMLInputElement>(`#${focus}`)?.select();
  }

  #wait(key: PhraseKey, pauseMs: number, again: boolean): void {
    this.#waitUntilMs = Date.now() + pauseMs;
    const tick = () => {
      const count = Math.ceil((this.#waitUntilMs - Date.now()) / 1000);
      if (count <= 0) {
        this.#stopWaiting();
        this.#message = null;
        this.#show();
        if (again) void this.#submit();
        return;
      }
      this.#message = { key, gaps: { count } };
      this.#show();
    };
    window.clearInterval(this.#timer);
    this.#timer = window.setInterval(tick, 1000);
    tick();
  }

  #stopWaiting(): void {
    window.clearInterval(this.#timer);
    this.#waitUntilMs = 0;
  }

  /** Brings what is said up to date without touching what is typed. */
  #show(): void {
    const view = this.#view;
    if (view === null) return;
    for (const name of ["campaign", "number", "code"] as const) {
      const fault = this.#faults[name];
      const line = view.querySelector<HTMLElement>(`#${name}-error`);
      if (line !== null) {
        line.hidden = fault === null;
        line.textContent = fault === null ? "" : t(fault.key, fault.gaps);
      }
      view.querySelector(`#${name}`)?.setAttribute("aria-invalid", String(fault !== null));
    }
    const message = view.querySelector<HTMLElement>("#login-message");
    if (message !== null) {
      const text = this.#message === null || this.#busy ? "" : t(this.#message.key, this.#message.gaps);
      if (message.textContent !== text) message.replaceChildren(...(text === "" ? [] : [h("p", { class: "message message--warn" }, text)]));
    }
    const button = view.querySelector<HTMLButtonElement>("#enter");
    if (button === null) return;
    button.textContent = this.#busy ? t("login.entering") : t("login.enter");
    button.setAttribute("aria-disabled", String(this.#busy || this.#waitUntilMs > Date.now()));
  }
}

function numberFault(text: string): Said | null {
  const parsed = parseNumber(text);
  if ("number" in parsed) return null;
  const count = text.replace(/\D/g, "").length;
  const keys = { empty: "numberEmpty", characters: "numberCharacters", length: "numberLength", check: "numberCheck" } as const;
  return { key: `login.${keys[parsed.fault]}`, gaps: { count } };
}

function codeFault(text: string): Said | null {
  const parsed = parseCode(text);
  if ("code" in parsed) return null;
  const keys = { empty: "codeEmpty", characters: "codeCharacters", length: "codeLength", check: "codeCheck" } as const;
  return { key: `login.${keys[parsed.fault]}`, gaps: { count: codeLength(text) } };
}
