import { renderNodes } from "../render";
import type { LiveSession } from "../seat/live";
import { startPulse } from "../seat/pulse";
import { BookletFault } from "../wire/interactions";
import { Refused, Unreachable } from "../wire/problems";
import type { PartState } from "../wire/types";
import { language, t } from "../words";
import { endOf, nearest } from "./clock";
import type { Course } from "./course";
import { openCourse } from "./open";
import { introOf } from "./intro";
import type { Remaining } from "./limits";
import { Frame } from "./frame";
import { introPage, leavingPage, noticePage, partName, partStanding, readyPage, welcomePage, type NoticeParts } from "./pages";
import { betweenOf, noticeOf, type Screen, type Ways } from "./notices";
import { overviewPage, questionPage, type Page, type QuestionsParts } from "./questions";
import "./sitting.css";

/** A pupil's sitting: which screen is up, when a part ends, what is handed to the session. */

const TYPING_MS = 600;

export class Sitting {
  readonly #session: LiveSession;
  readonly #frame: Frame;
  readonly #leave: () => void;
  readonly #titles = new Map<string, string>();
  #campaignTitle: string | undefined;
  #screen: Screen = { name: "welcome" };
  #page: Page | null = null;
  #typing = 0;
  #keeping = 0;
  #dirty = new Set<string>();
  #askedMs = 0;
  #retry = 0;
  /** What just ended, to be said on the next page. */
  #note: string | null = null;
  #locked = false;
  #deadlineMs: number | null = null;
  #ends: (() => void)[] = [];

  constructor(root: HTMLElement, session: LiveSession, leave: () => void) {
    this.#session = session;
    this.#leave = leave;
    this.#frame = new Frame({
      session,
      unsavedAnswers: () => this.#dirty.size,
      answering: () => this.#course !== null,
      leave: () => void this.#logout(),
    });
    root.replaceChildren(this.#frame.element);
  }

  start(): void {
    const { status, changes, superseded, reloaded } = this.#session;
    const timer = window.setInterval(() => this.#tick(), 1000);
    const seen = () => (document.hidden ? this.#course?.pause() : this.#course?.resume());
    document.addEventListener("visibilitychange", seen);
    this.#ends = [
      status.subscribe((value) => {
        if (value.pending === 0 && this.#keeping === 0 && this.#typing === 0) this.#dirty.clear();
        this.#frame.showStatus(value);
        if (this.#screen.name === "ended" || this.#screen.name === "closed") this.#render();
      }),
      changes.subscribe(() => this.#moved()),
      superseded.subscribe(() => void this.#takenOver()),
      reloaded.subscribe((place) => void this.#reload(place?.part ?? null)),
      language.subscribe(() => {
        this.#frame.redraw();
        this.#render();
      }),
      () => window.clearInterval(timer),
      () => document.removeEventListener("visibilitychange", seen),
      startPulse(this.#session, () => this.#keepNow()),
    ];
    this.#frame.showStatus(status.value);
    this.#home();
  }

  get #course(): Course | null {
    return "course" in this.#screen ? this.#screen.course : null;
  }

  #part(id: string): PartState | undefined {
    return this.#session.state.parts.find((part) => part.id === id);
  }

  #name(id: string): string {
    const own = this.#session.state.parts.filter((part) => part.writer === "pupil");
    const at = own.findIndex((part) => part.id === id);
    const part = own[at];
    return part === undefined ? "" : partName(part, at + 1, this.#titles.get(id));
  }

  // Which screen

  #home(): void {
    const { state, closes_ms } = this.#session.state;
    if (this.#session.superseded.value) this.#go({ name: "superseded" });
    else if (state === "closed" || this.#session.now() >= closes_ms) this.#go({ name: "closed" });
    else if (state === "waiting") this.#go({ name: "waiting" });
    else this.#go({ name: "welcome" });
  }

  #go(screen: Screen): void {
    window.clearTimeout(this.#retry);
    this.#screen = screen;
    this.#render();
    if (screen.name === "question" || screen.name === "intro") this.#note = null;
  }

  #render(): void {
    const screen = this.#screen;
    this.#page?.view.destroy();
    this.#page = null;
    const timed = "part" in screen && screen.name !== "ready" && screen.name !== "ended";
    const part = "part" in screen ? this.#part(screen.part) : undefined;
    this.#showDeadline(timed ? part : undefined);
    const title = this.#campaignTitle ?? t("sitting.brand");
    switch (screen.name) {
      case "welcome":
        return this.#frame.show(title, t("sitting.welcome"), this.#welcome());
      case "waiting":
      case "closed":
      case "superseded":
      case "ended":
      case "stuck":
      case "opening":
        return this.#notice(title, noticeOf(screen, this.#session, this.#ways));
      case "ready": {
        if (part === undefined) return this.#home();
        const page = readyPage(part, this.#name(part.id), () => void this.#enter(part.id), () => this.#home());
        return this.#frame.show(title, this.#name(part.id), page);
      }
      default:
        return this.#renderCourse(screen);
    }
  }

  #renderCourse(screen: Extract<Screen, { course: Course }>): void {
    const { course, part } = screen;
    const name = this.#name(part);
    const parts = this.#questions(course, part);
    if (screen.name === "intro") return this.#renderIntro(screen, name);
    if (screen.name === "leaving") {
      const page = leavingPage(course.missing().length, () => this.#leavePart(course, part), () => this.#go({ name: "overview", part, course }));
      return this.#frame.show(name, t("sitting.leaving"), page);
    }
    if (screen.name === "limit" || screen.name === "done") {
      const go = () => this.#question(course, part, course.position);
      return this.#notice(name, betweenOf(screen.name, go, () => this.#home()));
    }
    if (screen.name === "overview") {
      const timed = (this.#part(part)?.minutes ?? 0) > 0;
      return this.#frame.show(name, t("sitting.overview"), overviewPage(parts, timed, () => this.#home()));
    }
    const page = questionPage(parts, this.#note);
    if (page === null) return this.#home();
    this.#page = page;
    this.#locked = course.lock() !== null;
    this.#frame.show(name, page.heading, page.content);
  }

  #renderIntro({ course, part, place, intro }: Extract<Screen, { name: "intro" }>, name: string): void {
    const { language: spoken } = course.booklet;
    const context = { assetUrl: (asset: string) => this.#session.assetUrl(part, asset), language: spoken, shared: course.booklet };
    const text = intro.nodes.length === 0 ? null : renderNodes(intro.nodes, context);
    const go = () => this.#show(course, part, place);
    const page = introPage({ name, intro, text, language: spoken, note: this.#note, go });
    this.#frame.show(name, t("sitting.instructions"), page);
  }

  #welcome(): Node {
    return welcomePage({
      state: this.#session.state,
      nowMs: this.#session.now(),
      titles: this.#titles,
      campaignTitle: this.#campaignTitle,
      choose: (part) => {
        if (part.opened_ms === null) this.#go({ name: "ready", part: part.id });
        else void this.#enter(part.id);
      },
    });
  }

  #notice(title: string, of: NoticeParts): void {
    this.#frame.show(title, of.title, noticePage(of));
  }

  get #ways(): Ways {
    return {
      home: () => this.#home(),
      enter: (part) => void this.#enter(part),
      name: (part) => this.#name(part),
    };
  }

  // Opening a part

  async #enter(part: string): Promise<void> {
    this.#go({ name: "opening", part });
    const current = () => this.#screen.name === "opening" && this.#screen.part === part;
    let why: "openOffline" | "sheetOffline" = "openOffline";
    try {
      const booklet = await this.#session.booklet(part);
      this.#titles.set(part, booklet.title);
      this.#campaignTitle = booklet.campaign_title;
      if (!current()) return;
      why = "sheetOffline";
      const sheet = await this.#session.loadSheet({ part });
      if (!current()) return;
      const course = await openCourse(this.#session, booklet, part, sheet);
      if (!current()) return;
      this.#question(course, part, course.position);
    } catch (fault) {
      if (current()) this.#notOpened(part, fault, why);
    }
  }

  #notOpened(part: string, fault: unknown, why: "openOffline" | "sheetOffline"): void {
    if (fault instanceof Refused && fault.kind === "late") return this.#go({ name: "ended", part });
    if (fault instanceof Refused && (fault.kind === "waiting" || fault.kind === "superseded")) {
      void this.#session.refresh();
      return this.#home();
    }
    const wished = fault instanceof Refused ? fault.problem.retry_ms : null;
    const passing = fault instanceof Unreachable || wished !== null;
    this.#go({ name: "stuck", part, why: passing ? why : "openRefused", ...(fault instanceof BookletFault ? { detail: fault.message } : {}) });
    if (!passing) return;
    const pause = (wished ?? 4000) * (1 + Math.random());
    this.#retry = window.setTimeout(() => void this.#session.refresh().then(() => this.#again(part)), pause);
  }

  #again(part: string): void {
    if (this.#screen.name === "stuck" && this.#screen.part === part) void this.#enter(part);
  }

  // Answering

  #questions(course: Course, part: string): QuestionsParts {
    return {
      course,
      session: this.#session,
      part,
      changed: ({ answer, typing }) => {
        if (answer && course.item !== undefined) this.#dirty.add(course.item.id);
        this.#page?.update();
        this.#frame.showStatus(this.#session.status.value);
        this.#keepSoon(typing ? TYPING_MS : 0);
      },
      goTo: (place) => this.#freely(course, () => this.#question(course, part, place)),
      next: () => this.#freely(course, () => this.#next(course, part)),
      overview: () => this.#freely(course, () => {
        course.pause();
        void this.#keepNow();
        this.#go({ name: "overview", part, course });
      }),
      leave: () => this.#go({ name: "leaving", part, course }),
    };
  }

  /** Leaves the item in hand unless something holds one there. */
  #freely(course: Course, go: () => void): void {
    const hold = this.#screen.name === "question" ? course.hold() : null;
    if (hold === null) return go();
    this.#page?.hold(hold);
  }

  #next(course: Course, part: string): void {
    const onward = course.onward();
    if (onward.to === "item" && !course.linear) return this.#question(course, part, onward.place);
    course.advance(onward);
    this.#keepSoon(0);
    this.#question(course, part, course.position);
  }

  /** Leaves a test part for good, as the pupil confirmed. */
  #leavePart(course: Course, part: string): void {
    course.leavePart();
    this.#keepSoon(0);
    this.#question(course, part, course.position);
  }

  /** To an item, by way of what is said before it. */
  #question(course: Course, part: string, place: number): void {
    if (this.#isOver(part)) return void this.#end(part);
    course.begin();
    if (course.over) return this.#go({ name: "done", part, course });
    const intro = introOf(course, place);
    if (intro === null) return this.#show(course, part, place);
    course.pause();
    void this.#keepNow();
    this.#go({ name: "intro", part, course, place, intro });
  }

  #show(course: Course, part: string, place: number): void {
    if (this.#isOver(part)) return void this.#end(part);
    if (course.goTo(place)) this.#keepSoon(0);
    else if (this.#typing !== 0) void this.#keepNow();
    this.#go({ name: "question", part, course });
  }

  /** A limit inside the part ended: what was answered counts, and one goes on. */
  #expired(course: Course, part: string, ended: Remaining): void {
    const outcome = course.expire(ended);
    if (outcome === "stays") {
      if (!this.#locked) this.#render();
      return;
    }
    this.#keepSoon(0);
    if (ended.scope === "part" && !course.over) return this.#go({ name: "limit", part, course });
    this.#note = t(ended.scope === "item" ? "sitting.limitItem" : "sitting.limitSection");
    this.#question(course, part, course.position);
  }

  /** The nearest end there is: the part's, or one inside it. */
  #showDeadline(part: PartState | undefined): void {
    const course = this.#course;
    const whole = part !== undefined && part.minutes > 0 ? part.deadline_ms : null;
    const inner = part === undefined || this.#screen.name !== "question" ? null : course?.remaining(true) ?? null;
    const innerMs = inner === null ? null : this.#session.now() + inner.leftMs;
    this.#deadlineMs = nearest(whole, innerMs, this.#deadlineMs);
    this.#frame.setDeadline(this.#deadlineMs, inner !== null && (whole === null || (innerMs ?? 0) < whole));
  }

  #keepSoon(ms: number): void {
    window.clearTimeout(this.#typing);
    this.#typing = 0;
    if (ms === 0) void this.#keepNow();
    else this.#typing = window.setTimeout(() => void this.#keepNow(), ms);
  }

  async #keepNow(): Promise<void> {
    window.clearTimeout(this.#typing);
    this.#typing = 0;
    const screen = this.#screen;
    if (!("course" in screen) || !screen.course.started) return;
    this.#keeping += 1;
    try {
      await this.#session.keep(screen.course.sheet(), { part: screen.part });
    } finally {
      this.#keeping -= 1;
    }
  }

  // Endings

  #isOver(part: string): boolean {
    const state = this.#part(part);
    return state !== undefined && this.#session.now() >= endOf(state, this.#session.state.closes_ms);
  }

  async #end(part: string): Promise<void> {
    this.#course?.pause();
    const kept = this.#keepNow();
    this.#go({ name: "ended", part });
    await kept;
    await this.#session.refresh();
  }

  async #takenOver(): Promise<void> {
    const kept = this.#keepNow();
    this.#go({ name: "superseded" });
    await kept;
  }

  async #reload(part: string | null): Promise<void> {
    const screen = this.#screen;
    if (part === null || !("course" in screen) || screen.part !== part) return;
    if (this.#typing !== 0) {
      window.clearTimeout(this.#typing);
      this.#typing = 0;
      await this.#session.aside(screen.course.sheet(), { part });
    }
    const sheet = await this.#session.loadSheet({ part });
    const course = await openCourse(this.#session, screen.course.booklet, part, sheet);
    this.#dirty.clear();
    this.#question(course, part, course.position);
    this.#frame.announce(t("sitting.reloaded"));
  }

  /** Delivery said something new: time granted, the window moved, opened or closed. */
  #moved(): void {
    const screen = this.#screen;
    const { state } = this.#session.state;
    if (screen.name === "waiting" || screen.name === "closed") {
      const here = screen.name === "waiting" ? "waiting" : "closed";
      if (state !== here) this.#home();
    } else if (screen.name === "welcome") {
      if (state !== "open") this.#home();
    } else if (screen.name === "ended") {
      if (state === "closed") this.#go({ name: "closed" });
      else if (!this.#isOver(screen.part)) void this.#enter(screen.part);
    } else if ("course" in screen) {
      this.#showDeadline(this.#part(screen.part));
    }
  }

  #tick(): void {
    this.#frame.tick();
    const screen = this.#screen;
    const { state } = this.#session;
    const now = this.#session.now();
    if ("course" in screen && screen.name !== "done" && this.#isOver(screen.part)) void this.#end(screen.part);
    else if (screen.name === "question" || screen.name === "overview" || screen.name === "leaving") this.#tickInside(screen);
    else if (screen.name === "waiting" && now >= state.opens_ms) this.#askNowAndThen();
    else if (screen.name === "welcome") {
      if (now >= state.closes_ms) this.#home();
      else if (this.#standings() !== this.#shownStandings) this.#render();
    }
    this.#shownStandings = this.#standings();
  }

  #tickInside({ course, part, name }: Extract<Screen, { course: Course }>): void {
    const left = course.remaining();
    this.#showDeadline(this.#part(part));
    // Off the questions, only what ends for good ends: an item's or section's time waits there.
    const counts = name === "question" || left?.scope === "part" || left?.scope === "test";
    if (left !== null && left.leftMs === 0 && counts) this.#expired(course, part, left);
  }

  #shownStandings = "";

  #standings(): string {
    const { state } = this.#session;
    return state.parts.map((part) => partStanding(part, state, this.#session.now())).join();
  }

  /** A whole country waits for the same minute: nothing is asked, the window opens by the clock. */
  #askNowAndThen(): void {
    if (performance.now() < this.#askedMs) return;
    const first = this.#askedMs === 0;
    this.#askedMs = performance.now() + 1000 + Math.random() * 1000;
    if (!first) this.#session.reachOpening();
    else this.#render();
  }

  async #logout(): Promise<void> {
    await this.#keepNow();
    for (const end of this.#ends) end();
    await this.#session.logout();
    this.#leave();
  }
}

/** Shows a pupil's sitting in `root`; `leave` is called when the person has logged out. */
export function startSitting(root: HTMLElement, session: LiveSession, leave: () => void): void {
  new Sitting(root, session, leave).start();
}

