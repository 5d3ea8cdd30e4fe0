import type { SeatSession } from "../session";
import { t } from "../words";
import type { Course } from "./course";
import type { Intro } from "./intro";
import { momentWords, type NoticeParts } from "./pages";

/** Which screens there are, and what the pages that say one thing say. */

export type Screen =
  | { name: "welcome" | "waiting" | "closed" | "superseded" }
  | { name: "ready" | "opening" | "ended"; part: string }
  | { name: "stuck"; part: string; why: "openOffline" | "sheetOffline" | "openRefused"; detail?: string }
  | { name: "intro"; part: string; course: Course; place: number; intro: Intro }
  | { name: "question" | "overview" | "leaving" | "limit" | "done"; part: string; course: Course };

/** Where a notice may lead. */
export interface Ways {
  home: () => void;
  enter: (part: string) => void;
  name: (part: string) => string;
}

export function noticeOf(screen: Screen, session: SeatSession, ways: Ways): NoticeParts {
  const { state, status } = session;
  const message =
    status.value.pending === 0
      ? { text: t("sitting.partEndSaved"), good: true }
      : { text: t("sitting.partEndPending"), good: false };
  const toParts = { text: t("sitting.backToParts"), testid: "back-to-parts", go: ways.home, quiet: true };
  switch (screen.name) {
    case "waiting": {
      const now = session.now();
      const when = now < state.opens_ms ? momentWords("opens", state.opens_ms, now) : t("sitting.waitingSoon");
      return { title: t("sitting.waitingTitle"), lines: [when, t("sitting.waitingSelf")], testid: "waiting" };
    }
    case "closed":
      return { title: t("sitting.closed"), lines: [t("sitting.closedLead")], message, testid: "closed" };
    case "superseded":
      return {
        title: t("sitting.superseded"),
        lines: [t("sitting.supersededLead"), t("sitting.supersededHere")],
        actions: [{ text: t("sitting.supersededBack"), testid: "continue-here", go: () => location.reload(), quiet: true }],
        testid: "superseded",
      };
    case "ended":
      return { title: t("sitting.partEnd"), lines: [t("sitting.partEndLead")], message, actions: [toParts], testid: "ended" };
    case "stuck": {
      const retry = { text: t("sitting.retry"), testid: "retry", go: () => ways.enter(screen.part) };
      return { title: ways.name(screen.part), lines: [t(`sitting.${screen.why}`)], ...(screen.detail === undefined ? {} : { detail: screen.detail }),
        actions: [retry, toParts], testid: "stuck" };
    }
    default:
      return { title: t("sitting.opening"), lines: [], testid: "opening" };
  }
}

/** Between two test parts whose time ended, or after the last one. */
export function betweenOf(name: "limit" | "done", go: () => void, home: () => void): NoticeParts {
  if (name === "limit") {
    return { title: t("sitting.limitPart"), lines: [t("sitting.limitPartLead")],
      actions: [{ text: t("sitting.limitGo"), testid: "limit-go", go }], testid: "limit" };
  }
  return { title: t("sitting.done"), lines: [t("sitting.doneLead")],
    actions: [{ text: t("sitting.backToParts"), testid: "back-to-parts", go: home, quiet: true }], testid: "done" };
}
