import { h, logo } from "../element";
import type { SavingStatus, SeatSession } from "../session";
import { language, setLanguage, t } from "../words";
import { remaining } from "./clock";

/** What stands around every screen of a sitting: the bar, the state of saving, the time, leaving. */

export interface FrameParts {
  session: SeatSession;
  /** Answers given since the last acknowledgement, or 0. */
  unsavedAnswers: () => number;
  /** Whether a part is in hand: elsewhere there is nothing to be reassured of. */
  answering?: () => boolean;
  leave: () => void;
}

export class Frame {
  readonly element: HTMLElement;
  readonly main: HTMLElement;
  readonly #parts: FrameParts;
  readonly #title = h("span", { class: "bar__title" });
  readonly #status = h("span", { class: "status", "data-testid": "status" });
  readonly #clock = h("span", { class: "clock", "data-testid": "clock" });
  readonly #clockSlot = h("span", { class: "sitting-clock", hidden: true });
  readonly #live = h("p", { class: "visually-hidden", role: "status", "data-testid": "announce" });
  readonly #facts = h("div", { class: "sitting-bar__facts" });
  readonly #tools = h("div", { class: "sitting-bar__tools", id: "bar-tools" });
  readonly #menu = h("button", { type: "button", class: "button button--quiet sitting-bar__menu", id: "bar-menu",
    "data-testid": "bar-menu", "aria-expanded": "false", "aria-controls": "bar-tools" });
  readonly #bar = h("header", { class: "bar sitting-bar" });
  readonly #rescue = h("button", { type: "button", class: "button button--quiet", hidden: true });
  #clockHidden = false;
  #deadlineMs: number | null = null;
  /** Whether the last minute is counted in seconds: limits inside a part may be that short. */
  #bySecond = false;
  #said = new Set<string>();
  #wasOffline = false;

  constructor(parts: FrameParts) {
    this.#parts = parts;
    this.#rescue.addEventListener("click", () => this.#explainRescue());
    this.main = h("main", { class: "page", id: "content", tabindex: "-1" });
    this.element = h("div", { class: "sitting-frame" },
      h("a", { class: "skip-link", href: "#content", onclick: (event: Event) => {
        event.preventDefault();
        this.main.focus();
      } }, t("sitting.skip")),
      this.#bar, this.main, this.#live);
    this.#bar.append(
      h("span", { class: "bar__brand" }, logo(), h("span", { class: "visually-hidden" }, t("sitting.brand"))),
      this.#title, this.#facts, this.#menu, this.#tools);
    this.#foldMenu();
    this.#drawTools();
  }

  /** Puts a screen up: its title in the window, the focus on its heading. */
  show(title: string, heading: string, ...content: (Node | null)[]): void {
    this.showStatus(this.#parts.session.status.value);
    this.#title.textContent = title;
    document.title = `${heading} – ${title}`;
    const present = content.filter((node): node is Node => node !== null);
    this.main.replaceChildren(...present);
    window.scrollTo(0, 0);
    this.main.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }

  /** Says it to those who listen instead of looking. */
  announce(text: string): void {
    this.#live.textContent = "";
    window.setTimeout(() => (this.#live.textContent = text), 50);
  }

  /** Redraws what carries words, after a change of language. */
  redraw(): void {
    const skip = this.element.querySelector(".skip-link");
    if (skip !== null) skip.textContent = t("sitting.skip");
    this.#drawTools();
    this.showStatus(this.#parts.session.status.value);
  }

  setDeadline(deadlineMs: number | null, bySecond = false): void {
    this.#bySecond = bySecond;
    if (deadlineMs !== this.#deadlineMs) this.#said.clear();
    this.#deadlineMs = deadlineMs;
    this.tick();
  }

  /** Once a second. */
  tick(): void {
    this.#clockSlot.hidden = this.#deadlineMs === null;
    this.#showFacts();
    if (this.#deadlineMs === null) return;
    const { minutes, ms } = remaining(this.#deadlineMs, this.#parts.session.now());
    const left = this.#bySecond && ms <= 60_000
      ? t("sitting.timeSeconds", { count: Math.ceil(ms / 1000) })
      : t("sitting.timeMinutes", { count: minutes });
    const text = this.#clockHidden ? "" : left;
    if (this.#clock.textContent !== text) this.#clock.textContent = text;
    this.#clock.classList.toggle("clock--short", minutes <= 5 && !this.#clockHidden);
    for (const mark of [10, 5, 1]) {
      // Said when the mark is passed, not of a time that was shorter from the start.
      const due = ms <= mark * 60_000 && ms > mark * 60_000 - 30_000;
      if (!due || this.#said.has(String(mark))) continue;
      this.#said.add(String(mark));
      this.announce(t("sitting.timeSay", { count: mark }));
    }
  }

  /** Whether there is a state or a time to show: on a small screen they take the title's place. */
  #showFacts(): void {
    this.#bar.classList.toggle("sitting-bar--facts", !(this.#status.hidden && this.#clockSlot.hidden));
  }

  showStatus(status: SavingStatus): void {
    const { text, look, rescue } = standing(status, this.#parts.unsavedAnswers());
    const quiet = look === "saved" && this.#parts.answering?.() === false;
    this.#status.className = `status status--${look}`;
    this.#status.hidden = quiet;
    this.#showFacts();
    if (this.#status.textContent !== text) this.#status.textContent = text;
    this.#rescue.hidden = !rescue;
    if (!status.online && !this.#wasOffline) this.announce(t("sitting.sayOffline"));
    if (status.online && status.pending === 0 && this.#wasOffline) this.announce(t("sitting.sayOnline"));
    if (!status.online) this.#wasOffline = true;
    else if (status.pending === 0) this.#wasOffline = false;
  }

  /** Asks before leaving with unsent answers; otherwise leaves. */
  async askLeave(): Promise<void> {
    await this.#parts.session.flush().catch(() => undefined);
    const { pending, problem } = this.#parts.session.status.value;
    if (pending === 0) return this.#parts.leave();
    const dialog = this.#dialog(t("sitting.logoutTitle"),
      h("p", {}, t(problem === "memory" ? "sitting.logoutMemory" : "sitting.logoutLead")));
    dialog.append(h("div", { class: "row sitting-dialog__row" },
      h("button", { type: "button", class: "button", onclick: () => dialog.close() }, t("sitting.logoutStay")),
      this.#rescueButton(),
      h("button", { type: "button", class: "button button--bare", onclick: () => this.#parts.leave() }, t("sitting.logoutGo"))));
  }

  #explainRescue(): void {
    const dialog = this.#dialog(t("sitting.rescue"), h("p", {}, t("sitting.rescueHelp")));
    dialog.append(h("div", { class: "row sitting-dialog__row" }, this.#rescueButton(),
      h("button", { type: "button", class: "button button--quiet", onclick: () => dialog.close() }, t("sitting.back"))));
  }

  #rescueButton(): HTMLButtonElement {
    return h("button", { type: "button", class: "button button--quiet", "data-testid": "rescue-save",
      onclick: () => void this.#saveRescue() }, t("sitting.rescueSave"));
  }

  async #saveRescue(): Promise<void> {
    const url = URL.createObjectURL(await this.#parts.session.rescueFile());
    const link = h("a", { href: url, download: "ardoise-rescue.json" });
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  #dialog(title: string, ...content: Node[]): HTMLDialogElement {
    const dialog = h("dialog", { class: "dialog stack", "aria-labelledby": "dialog-title" },
      h("h2", { id: "dialog-title" }, title), ...content);
    dialog.addEventListener("close", () => dialog.remove());
    this.element.append(dialog);
    if (typeof dialog.showModal === "function") dialog.showModal();
    else dialog.setAttribute("open", "");
    return dialog;
  }

  /** On a small screen language and leaving stand behind one button: the bar keeps to one row. */
  #foldMenu(): void {
    const open = (wanted: boolean): void => {
      this.#menu.setAttribute("aria-expanded", String(wanted));
      this.#bar.classList.toggle("sitting-bar--open", wanted);
    };
    const isOpen = () => this.#menu.getAttribute("aria-expanded") === "true";
    this.#menu.addEventListener("click", () => open(!isOpen()));
    this.#bar.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !isOpen()) return;
      open(false);
      this.#menu.focus();
    });
    this.#tools.addEventListener("click", () => open(false));
    this.element.addEventListener("focusin", (event) => {
      const within = event.target instanceof Node && (this.#tools.contains(event.target) || event.target === this.#menu);
      if (!within) open(false);
    });
    this.main.addEventListener("pointerdown", () => open(false));
  }

  #drawTools(): void {
    const other = language.value === "fr" ? "en" : "fr";
    const focused = this.element.querySelector(".bar")?.contains(document.activeElement) ? document.activeElement?.id : undefined;
    this.#clock.replaceChildren();
    const toggle = h("button", { type: "button", class: "button button--bare sitting-clock__toggle", id: "clock-toggle",
      "data-testid": "clock-toggle" },
      h("span", { class: "visually-hidden" }, `${t("sitting.timeLeft")} `), this.#clock,
      h("span", { class: "small" }, t(this.#clockHidden ? "sitting.timeShow" : "sitting.timeHide")));
    toggle.addEventListener("click", () => {
      this.#clockHidden = !this.#clockHidden;
      this.#drawTools();
      this.tick();
    });
    this.#clockSlot.replaceChildren(toggle);
    this.#rescue.textContent = t("sitting.rescue");
    this.#menu.textContent = t("sitting.menu");
    this.#facts.replaceChildren(this.#status, this.#rescue, this.#clockSlot);
    this.#tools.replaceChildren(
      h("button", { type: "button", class: "button button--quiet", lang: other, id: "language", "data-testid": "language",
        onclick: () => setLanguage(other) }, t("sitting.otherLanguage")),
      h("button", { type: "button", class: "button button--quiet", id: "logout", "data-testid": "logout",
        onclick: () => void this.askLeave() }, t("sitting.logout")));
    if (focused) this.element.querySelector<HTMLElement>(`#${focused}`)?.focus();
    this.tick();
  }
}

interface Standing {
  text: string;
  look: "saved" | "saving" | "offline";
  rescue: boolean;
}

/** What the bar says of saving. */
export function standing(status: SavingStatus, answers: number): Standing {
  switch (status.problem) {
    case "memory":
      return { text: t("sitting.memoryOnly"), look: "offline", rescue: true };
    case "too-large":
      return { text: t("sitting.tooLarge"), look: "offline", rescue: false };
    case "refused":
      return { text: t("sitting.notTaken"), look: "offline", rescue: true };
    case "login":
      if (status.pending > 0) return { text: t("sitting.loginAgain"), look: "offline", rescue: false };
  }
  // An answer that is not sealed yet (somebody is typing) is not saved, whatever the queue says.
  if (status.pending === 0 && answers > 0 && status.online)
    return { text: t("sitting.saving"), look: "saving", rescue: false };
  if (status.pending === 0) {
    if (status.online) return { text: t("sitting.saved"), look: "saved", rescue: false };
    return { text: t("sitting.offlineSaved"), look: "offline", rescue: false };
  }
  if (status.online) return { text: t("sitting.saving"), look: "saving", rescue: false };
  const text = answers > 0 ? t("sitting.waitingNetwork", { count: answers }) : t("sitting.waitingSome");
  return { text, look: "offline", rescue: false };
}
