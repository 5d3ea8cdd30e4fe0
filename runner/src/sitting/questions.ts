import { h } from "../element";
import { renderItem, renderNodes } from "../render";
import type { ItemView } from "../render/types";
import type { SeatSession } from "../session";
import { t } from "../words";
import type { Course, Hold } from "./course";
import { titlesOf } from "./intro";
import { locked } from "./locked";
import { timeWords } from "./pages";

/** One item a page, the way through the items, the end page. */

export interface QuestionsParts {
  course: Course;
  session: SeatSession;
  part: string;
  /** `typing`: may wait a little for the next letter. */
  changed: (what: { answer: boolean; typing: boolean }) => void;
  goTo: (place: number) => void;
  /** Onward from the item in hand, wherever that leads. */
  next: () => void;
  overview: () => void;
  /** A part that leads on to others: asks before leaving it. */
  leave: () => void;
}

/** The items as numbers, each with its state in shape and in words. */
export function steps(parts: QuestionsParts, current: number | null): HTMLElement {
  const { course } = parts;
  const list = h("ol", { class: "steps", role: "list" });
  course.items.forEach((item, place) => {
    const standing = course.standing(item);
    const label = course.label(place);
    const words = [t("sitting.question", { label })];
    if (course.asks(item)) {
      words.push(t(`sitting.step${standing === "answered" ? "Answered" : standing === "seen" ? "Seen" : "New"}`));
    }
    if (course.flagged(item)) words.push(t("sitting.stepFlagged"));
    const classes = ["step", `step--${standing}`, ...(course.flagged(item) ? ["step--flagged"] : [])];
    list.append(h("li", {}, h("button", {
      type: "button", class: classes.join(" "), "data-testid": `step-${item.id}`,
      "aria-current": place === current ? "step" : null, "aria-label": words.join(", "),
      disabled: !course.reachable(place), onclick: () => parts.goTo(place),
    }, label)));
  });
  return h("nav", { class: "sitting-steps", "aria-label": t("sitting.questions") }, list);
}

export interface Page {
  content: Node;
  heading: string;
  view: ItemView;
  /** Redraws the strip and the flag after a change. */
  update: () => void;
  /** Says kindly why one stays here for now. */
  hold: (why: Hold) => void;
}

/** The page of the item in hand. */
export function questionPage(parts: QuestionsParts, note: string | null = null): Page | null {
  const { course, session, part } = parts;
  const { item, position, count } = course;
  if (item === undefined) return null;
  const label = course.label(position);
  const heading = count === null ? t("sitting.question", { label }) : t("sitting.questionOf", { label, count });
  const lock = course.lock();
  const assetUrl = (asset: string) => session.assetUrl(part, asset);
  const written = new Set(
    item.responses.filter(({ interaction }) => interaction.endsWith("entry") || interaction === "extended-text").map(({ id }) => id),
  );
  let strip = course.linear ? null : steps(parts, position);
  const view = renderItem(item, {
    responses: course.responsesOf(item.id),
    onChange: (response, values) => {
      const taken = course.answer(item.id, response, values);
      if (taken) held.replaceChildren();
      parts.changed({ answer: taken, typing: written.has(response) });
    },
    assetUrl,
    shared: course.booklet,
    order: (response, options) => session.order(part, item.id, response, options),
    language: course.booklet.language,
  });
  const flag = h("button", { type: "button", class: "button button--quiet sitting-flag", "data-testid": "flag" });
  flag.addEventListener("click", () => {
    course.toggleFlag(item);
    parts.changed({ answer: false, typing: false });
  });
  const held = h("div", { class: "sitting-hold", role: "status", "data-testid": "hold" });
  const update = (): void => {
    const flagged = course.flagged(item);
    flag.setAttribute("aria-pressed", String(flagged));
    flag.replaceChildren(h("span", {}, t("sitting.flag"), h("span", { class: "sitting-flag__why" }, ` ${t("sitting.flagWhy")}`)));
    if (strip === null) return;
    const fresh = steps(parts, position);
    const focused = strip.contains(document.activeElement);
    strip.replaceWith(fresh);
    strip = fresh;
    if (focused) fresh.querySelector<HTMLElement>("[aria-current]")?.focus();
  };
  const hold = (why: Hold): void => {
    const words = why.why === "wait" ? t("sitting.holdWait", { count: why.seconds }) : t(`sitting.hold-${why.why}`);
    held.replaceChildren(h("p", { class: "message message--warn" }, words));
  };
  const body = lock === null ? view.element : locked(view.element);
  const { most, late } = course.stop?.ref.limits ?? {};
  const content = h("div", { class: "sitting" },
    note !== null && h("p", { class: "message message--warn", role: "status", "data-testid": "note" }, note),
    strip,
    where(parts, assetUrl),
    h("div", { class: "sitting-head" }, h("h1", { tabindex: "-1" }, heading), course.linear ? null : flag),
    lock === null && most !== undefined && late !== true &&
      h("p", { class: "muted", "data-testid": "allowed" }, timeWords("item", (most * course.percent) / 100)),
    lock !== null && h("p", { class: "message", "data-testid": "lock" }, t(`sitting.lock-${lock}`)),
    h("div", { class: "panel sitting-question" }, body),
    held,
    walk(parts, position));
  update();
  return { content, heading, view, update, hold };
}

/** The titles of the sections one is in, and their instructions, to be read again. */
function where(parts: QuestionsParts, assetUrl: (asset: string) => Promise<string>): Node | null {
  const { course } = parts;
  const sections = course.stop?.sections ?? [];
  const titles = titlesOf(sections).join(" · ");
  const nodes = [...(course.part.instructions ?? []), ...sections.flatMap(({ instructions }) => instructions ?? [])];
  if (titles === "" && nodes.length === 0) return null;
  const { language } = course.booklet;
  return h("div", { class: "sitting-where" },
    titles !== "" && h("p", { class: "muted small", lang: language, "data-testid": "where" }, titles),
    nodes.length > 0 && h("details", { class: "small" }, h("summary", {}, t("sitting.instructions")),
      h("div", { class: "question", lang: language }, renderNodes(nodes, { assetUrl, language, shared: course.booklet }))));
}

function walk(parts: QuestionsParts, position: number): HTMLElement {
  const { course } = parts;
  const last = !course.linear && course.onward().to === "overview";
  const back = course.linear ? -1 : lastBefore(position, (at) => course.reachable(at));
  return h("div", { class: "sitting__foot" },
    back >= 0
      ? h("button", { type: "button", class: "button button--quiet button--large", "data-testid": "previous",
          onclick: () => parts.goTo(back) }, h("span", { "aria-hidden": "true" }, "←"), t("sitting.previous"))
      : h("span"),
    h("button", { type: "button", class: "button button--large", "data-testid": last ? "overview" : "next",
      onclick: () => (last ? parts.overview() : parts.next()) },
      t(last ? "sitting.toOverview" : "sitting.next"), h("span", { "aria-hidden": "true" }, "→")));
}

function lastBefore(place: number, fits: (at: number) => boolean): number {
  for (let at = place - 1; at >= 0; at -= 1) if (fits(at)) return at;
  return -1;
}

/** The end page: what is missing, what is marked, and that there is nothing to press. */
export function overviewPage(parts: QuestionsParts, timed: boolean, leave: () => void): Node {
  const { course } = parts;
  const missing = course.missing();
  const marked = course.marked();
  const link = (place: number) => {
    const item = course.items[place];
    return h("li", {}, h("button", { type: "button", class: "button button--quiet", onclick: () => parts.goTo(place),
      disabled: !course.reachable(place),
      "data-testid": `missing-${item?.id ?? ""}` }, t("sitting.question", { label: course.label(place) })));
  };
  // The way on stands out once nothing is missing here; until then the way back does.
  const onward = course.followed && missing.length === 0;
  return h("div", { class: "sitting stack" },
    h("h1", { tabindex: "-1", class: "chalked" }, t("sitting.overview")),
    missing.length === 0
      ? h("p", { class: "message message--good lead" }, t("sitting.overviewAll"))
      : h("section", { class: "stack" },
          h("p", { class: "lead" }, t("sitting.overviewMissing", { count: missing.length })),
          h("ul", { class: "sitting-links", role: "list" }, ...missing.map(link))),
    marked.length > 0 &&
      h("section", { class: "stack" },
        h("p", { class: "lead" }, t("sitting.overviewFlagged", { count: marked.length })),
        h("ul", { class: "sitting-links", role: "list" }, ...marked.map(link))),
    h("p", {}, t(course.followed ? "sitting.overviewFollowed" : timed ? "sitting.overviewNothing" : "sitting.overviewNothingNoTime")),
    steps(parts, null),
    legend(),
    h("div", { class: "sitting__foot" },
      h("button", { type: "button", class: `button button--large${onward ? " button--quiet" : ""}`, "data-testid": "back-to-questions",
        onclick: () => parts.goTo(missing[0] ?? course.position) }, t("sitting.overviewBack")),
      course.followed
        ? h("button", { type: "button", class: `button button--large${onward ? "" : " button--quiet"}`, "data-testid": "leave-part",
            onclick: () => parts.leave() }, t("sitting.leavePart"))
        : h("button", { type: "button", class: "button button--quiet button--large", "data-testid": "back-to-parts",
            onclick: leave }, t("sitting.backToParts"))));
}

function legend(): HTMLElement {
  const sample = (kind: string, words: string) =>
    h("li", {}, h("span", { class: `step sitting-sample ${kind}`, "aria-hidden": "true" }), words);
  return h("ul", { class: "sitting-legend small", role: "list" },
    sample("step--answered", t("sitting.legendAnswered")),
    sample("step--seen", t("sitting.legendSeen")),
    sample("step--flagged", t("sitting.legendFlagged")));
}
