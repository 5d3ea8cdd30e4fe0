import { h } from "../element";
import type { LoggedIn, PartState } from "../wire/types";
import { shownMoment, t } from "../words";
import { knownPart } from "../words/parts";
import { endOf, remaining } from "./clock";
import type { Intro } from "./intro";

/** The calm pages around the questions. Each is built from values alone. */

export function partName(part: PartState, place: number, title: string | undefined): string {
  return title ?? knownPart(part.id) ?? t("sitting.part", { place });
}

export type PartStanding = "new" | "open" | "over";

export function partStanding(part: PartState, state: LoggedIn, nowMs: number): PartStanding {
  if (nowMs >= endOf(part, state.closes_ms)) return "over";
  return part.opened_ms === null ? "new" : "open";
}

function standingWords(part: PartState, standing: PartStanding, nowMs: number): string {
  if (standing === "new") return t("sitting.partNew");
  if (standing === "over") return t("sitting.partOver");
  if (part.deadline_ms === null || part.minutes === 0) return t("sitting.partOpen");
  return t("sitting.partLeft", { count: remaining(part.deadline_ms, nowMs).minutes });
}

function length(part: PartState): string {
  return part.minutes === 0 ? t("sitting.noLimit") : t("sitting.minutes", { count: part.minutes });
}

/** When the window opens, or until when it is open. */
export function momentWords(what: "until" | "opens", ms: number, nowMs: number): string {
  const { time, day } = shownMoment(ms, nowMs);
  return day === null ? t(`sitting.${what}Time`, { time }) : t(`sitting.${what}Day`, { time, day });
}

export interface WelcomeParts {
  state: LoggedIn;
  nowMs: number;
  titles: ReadonlyMap<string, string>;
  campaignTitle: string | undefined;
  choose: (part: PartState) => void;
}

export function welcomePage(of: WelcomeParts): Node {
  const own = of.state.parts.filter((part) => part.writer === "pupil");
  const over = own.every((part) => partStanding(part, of.state, of.nowMs) === "over");
  const cards = own.map((part, at) => {
    const standing = partStanding(part, of.state, of.nowMs);
    const name = partName(part, at + 1, of.titles.get(part.id));
    return h("li", { class: "panel panel--raised sitting-part", "data-testid": `part-${part.id}`, "data-standing": standing },
      h("div", {},
        h("h2", {}, name),
        h("p", { class: "muted" }, `${length(part)} · ${standingWords(part, standing, of.nowMs)}`)),
      standing !== "over" &&
        h("button", { type: "button", class: standing === "new" ? "button button--quiet button--large" : "button button--large",
          "data-testid": `choose-${part.id}`,
          "aria-label": t(standing === "new" ? "sitting.startPart" : "sitting.goOnPart", { part: name }),
          onclick: () => of.choose(part) }, t(standing === "new" ? "sitting.start" : "sitting.goOn")));
  });
  return h("div", { class: "sitting stack" },
    h("h1", { tabindex: "-1", class: "chalked" }, of.campaignTitle ?? t("sitting.welcome")),
    h("p", { class: "lead" }, t(over ? "sitting.welcomeDone" : "sitting.welcomeLead")),
    h("ul", { class: "sitting-parts", role: "list" }, ...cards),
    h("p", { class: "muted" }, momentWords("until", of.state.closes_ms, of.nowMs)));
}

export function readyPage(part: PartState, name: string, go: () => void, back: () => void): Node {
  return h("div", { class: "sitting stack" },
    h("h1", { tabindex: "-1", class: "chalked" }, name),
    h("div", { class: "panel panel--raised stack" },
      h("h2", {}, t("sitting.ready")),
      h("ul", { class: "sitting-ready" },
        h("li", {}, part.minutes === 0 ? t("sitting.readyNoTime") : t("sitting.readyTime", { count: part.minutes })),
        h("li", {}, t("sitting.readySaved")),
        h("li", {}, t("sitting.readyStuck")))),
    h("div", { class: "sitting__foot" },
      h("button", { type: "button", class: "button button--quiet button--large", "data-testid": "back", onclick: back }, t("sitting.back")),
      h("button", { type: "button", class: "button button--large", "data-testid": "start", onclick: go }, t("sitting.start"))));
}

export interface IntroParts {
  name: string;
  intro: Intro;
  /** The author's instructions; null: there are none. */
  text: Node | null;
  language: string;
  /** What just ended, if something did. */
  note: string | null;
  go: () => void;
}

/** Before questions: what the author says, how long there is, whether one may go back. */
export function introPage({ name, intro, text, language, note, go }: IntroParts): Node {
  const { seconds, title, way, followed } = intro;
  const facts = [
    seconds === null ? null : timeWords("intro", seconds),
    way === null ? null : t(way === "linear" ? "sitting.introLinear" : "sitting.introFree"),
    followed ? t("sitting.introFollowed") : null,
  ].filter((line) => line !== null);
  return h("div", { class: "sitting stack", "data-testid": "intro" },
    note !== null && h("p", { class: "message message--warn", role: "status", "data-testid": "note" }, note),
    h("h1", { tabindex: "-1", class: "chalked" }, text === null && title !== "" ? title : t("sitting.instructions")),
    h("p", { class: "muted" }, text === null || title === "" ? name : `${name} · ${title}`),
    text !== null && h("div", { class: "panel panel--raised question", lang: language }, text),
    facts.length > 0 && h("ul", { class: "sitting-ready" }, ...facts.map((line) => h("li", {}, line))),
    h("div", { class: "sitting__foot" }, h("span"),
      h("button", { type: "button", class: "button button--large", "data-testid": "to-questions", onclick: go }, t("sitting.toQuestions"))));
}

/** How long there is for what begins, or for one item. */
export function timeWords(of: "intro" | "item", seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 120 ? t(`sitting.${of}Seconds`, { count: whole }) : t(`sitting.${of}Minutes`, { count: Math.round(whole / 60) });
}

/** Before a test part is left for good. */
export function leavingPage(missing: number, go: () => void, stay: () => void): Node {
  return h("div", { class: "sitting stack", "data-testid": "leaving" },
    h("h1", { tabindex: "-1", class: "chalked" }, t("sitting.leaving")),
    h("p", { class: "lead" }, t("sitting.leavingLead")),
    missing > 0 && h("p", { class: "message message--warn" }, t("sitting.overviewMissing", { count: missing }).replace(/\s*:$/, ".")),
    h("div", { class: "sitting__foot" },
      h("button", { type: "button", class: "button button--quiet button--large", "data-testid": "stay", onclick: stay }, t("sitting.leavingStay")),
      h("button", { type: "button", class: "button button--large", "data-testid": "go-on", onclick: go }, t("sitting.leavingGo"))));
}

export interface NoticeParts {
  title: string;
  lines: string[];
  /** For whoever is called to help: what is wrong, and where. */
  detail?: string;
  /** A strip under the text. */
  message?: { text: string; good: boolean };
  actions?: { text: string; testid: string; go: () => void; quiet?: boolean }[];
  testid: string;
}

/** A page that says one thing. */
export function noticePage(of: NoticeParts): Node {
  return h("div", { class: "sitting sitting-notice stack", "data-testid": of.testid },
    h("h1", { tabindex: "-1", class: "chalked" }, of.title),
    ...of.lines.map((line) => h("p", { class: "lead" }, line)),
    of.detail !== undefined && h("p", { class: "muted small", lang: "en", "data-testid": "detail" }, of.detail),
    of.message !== undefined &&
      h("p", { class: `message ${of.message.good ? "message--good" : "message--warn"}`, role: "status" }, of.message.text),
    h("div", { class: "row" }, ...(of.actions ?? []).map(({ text, testid, go, quiet }) =>
      h("button", { type: "button", class: `button button--large${quiet === true ? " button--quiet" : ""}`, "data-testid": testid, onclick: go }, text))));
}
