import { make } from "../render/make";
import { shownNumber } from "../seal/numbers";
import type { SeatSession } from "../session";
import type { GroupState, PupilPart, PupilState } from "../wire/types";
import type { KeyingWords } from "./words";

const REFRESH_MS = 15_000;
const MINUTE_MS = 60_000;

/** The classroom at a glance, for parts that pupils write: who is in, since when, how long still. */
export function groupView(session: SeatSession, parts: ReadonlyMap<string, string>, words: KeyingWords): View {
  const summary = make("p", "lead");
  summary.dataset.testid = "group-summary";
  const seen = make("p", "muted small");
  const body = make("tbody");
  const columns = [words.number, words.login, words.part, words.lastSaved, words.timeLeft];
  const heads = columns.map((name) => {
    const head = make("th", "", name);
    head.scope = "col";
    return head;
  });
  const table = make("table", "table group-table stacked", make("caption", "visually-hidden", words.groupTitle), make("thead", "", make("tr", "", ...heads)), body);
  table.dataset.testid = "group";
  const note = make("p", "muted small", words.groupHelp);
  const element = make("section", "page page--wide stack", make("h1", "chalked", words.groupTitle), summary, make("div", "scroll", table), make("div", "row row--apart", note, seen));
  const refresh = async (): Promise<void> => {
    try {
      const group = await session.group();
      draw(group);
    } catch {
      seen.textContent = words.notSeen;
    }
  };
  const draw = (group: GroupState): void => {
    const pupils = [...group.pupils].sort((a, b) => a.number.localeCompare(b.number));
    const present = pupils.filter((pupil) => !pupil.voided);
    const inside = present.filter((pupil) => pupil.logged_in).length;
    const now = session.now();
    const working = present.filter((pupil) => isOpen(latest(pupil, parts), now)).length;
    summary.textContent = `${words.summary(inside, present.length)} · ${words.working(working)}`;
    seen.textContent = session.status.value.online ? words.seen(clock(group.now_ms)) : words.notSeen;
    body.replaceChildren(...pupils.map((pupil) => line(pupil, { parts, now, words })));
  };
  const timer = setInterval(() => {
    if (document.visibilityState === "visible") void refresh();
  }, REFRESH_MS);
  void refresh();
  return { element, end: () => clearInterval(timer) };
}

export interface View {
  readonly element: HTMLElement;
  /** Stands beside the tabs. */
  readonly head?: HTMLElement;
  end(): void;
}

interface Around {
  readonly parts: ReadonlyMap<string, string>;
  readonly now: number;
  readonly words: KeyingWords;
}

function line(pupil: PupilState, around: Around): HTMLElement {
  const { parts, words } = around;
  const part = latest(pupil, parts);
  const login = pupil.voided ? words.voided : pupil.logged_in ? words.loggedIn : words.notYet;
  const number = make("th", "number", shownNumber(pupil.number));
  number.scope = "row";
  const status = make("span", `status${pupil.logged_in && !pupil.voided ? " status--saved" : ""}`, login);
  const saved = part?.saved_ms ? clock(part.saved_ms) : words.never;
  const title = part ? (parts.get(part.part) ?? part.part) : words.noPart;
  return make(
    "tr", pupil.logged_in && !pupil.voided ? "" : "row--away",
    number,
    cell(words.login, status),
    cell(words.part, title),
    cell(words.lastSaved, saved),
    cell(words.timeLeft, part ? timeLeft(part, around) : "–"),
  );
}

function cell(label: string, content: Node | string): HTMLElement {
  const made = make("td", "", content);
  made.dataset.label = label;
  return made;
}

/** The part that was opened last. */
function latest(pupil: PupilState, parts: ReadonlyMap<string, string>): PupilPart | null {
  const opened = pupil.parts.filter((part) => part.opened_ms !== null && parts.has(part.part));
  return opened.sort((a, b) => (b.opened_ms ?? 0) - (a.opened_ms ?? 0))[0] ?? null;
}

function isOpen(part: PupilPart | null, now: number): boolean {
  return part !== null && (part.deadline_ms === null || part.deadline_ms > now);
}

function timeLeft(part: PupilPart, { now, words }: Around): string {
  if (part.deadline_ms === null) return words.untilClose;
  const left = part.deadline_ms - now;
  return left <= 0 ? words.over : words.minutes(Math.floor(left / MINUTE_MS));
}

function clock(ms: number): string {
  const locale = document.documentElement.lang || "fr";
  return new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" }).format(new Date(ms));
}
