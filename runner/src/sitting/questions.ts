import { h } from "../element";
import { renderItem } from "../render";
import type { ItemView } from "../render/types";
import type { SeatSession } from "../session";
import { t } from "../words";
import type { Course } from "./course";

/** One item a page, the way through the items, the end page. */

export interface QuestionsParts {
  course: Course;
  session: SeatSession;
  part: string;
  /** `typing`: may wait a little for the next letter. */
  changed: (what: { answer: boolean; typing: boolean }) => void;
  goTo: (place: number) => void;
  overview: () => void;
}

/** The items as numbers, each with its state in shape and in words. */
export function steps(parts: QuestionsParts, current: number | null): HTMLElement {
  const { course } = parts;
  const list = h("ol", { class: "steps", role: "list" });
  course.booklet.items.forEach((item, place) => {
    const standing = course.standing(item);
    const words = [t("sitting.question", { label: item.label })];
    if (course.asks(item)) {
      words.push(t(`sitting.step${standing === "answered" ? "Answered" : standing === "seen" ? "Seen" : "New"}`));
    }
    if (course.flagged(item)) words.push(t("sitting.stepFlagged"));
    const classes = ["step", `step--${standing}`, ...(course.flagged(item) ? ["step--flagged"] : [])];
    list.append(h("li", {}, h("button", {
      type: "button", class: classes.join(" "), "data-testid": `step-${item.id}`,
      "aria-current": place === current ? "step" : null, "aria-label": words.join(", "),
      onclick: () => parts.goTo(place),
    }, item.label)));
  });
  return h("nav", { class: "sitting-steps", "aria-label": t("sitting.questions") }, list);
}

export interface Page {
  content: Node;
  heading: string;
  view: ItemView;
  /** Redraws the strip and the flag after a change. */
  update: () => void;
}

/** The page of the item in hand. */
export function questionPage(parts: QuestionsParts): Page | null {
  const { course, session, part } = parts;
  const { item, position } = course;
  if (item === undefined) return null;
  const count = course.booklet.items.length;
  const heading = t("sitting.questionOf", { label: item.label, count });
  const written = new Set(
    item.responses.filter(({ interaction }) => interaction.endsWith("entry") || interaction === "extended-text").map(({ id }) => id),
  );
  let strip = steps(parts, position);
  const view = renderItem(item, {
    responses: course.responsesOf(item.id),
    onChange: (response, values) => {
      course.answer(item.id, response, values);
      parts.changed({ answer: true, typing: written.has(response) });
    },
    assetUrl: (asset) => session.assetUrl(part, asset),
    order: (response, options) => session.order(part, item.id, response, options),
    language: course.booklet.language,
  });
  const flag = h("button", { type: "button", class: "button button--quiet sitting-flag", "data-testid": "flag" });
  flag.addEventListener("click", () => {
    course.toggleFlag(item);
    parts.changed({ answer: false, typing: false });
  });
  const update = (): void => {
    const flagged = course.flagged(item);
    flag.setAttribute("aria-pressed", String(flagged));
    flag.replaceChildren(h("span", {}, t("sitting.flag"), h("span", { class: "sitting-flag__why" }, ` ${t("sitting.flagWhy")}`)));
    const fresh = steps(parts, position);
    const focused = strip.contains(document.activeElement);
    strip.replaceWith(fresh);
    strip = fresh;
    if (focused) fresh.querySelector<HTMLElement>("[aria-current]")?.focus();
  };
  const content = h("div", { class: "sitting" },
    strip,
    h("div", { class: "sitting-head" }, h("h1", { tabindex: "-1" }, heading), flag),
    h("div", { class: "panel sitting-question" }, view.element),
    walk(parts, position, count));
  update();
  return { content, heading, view, update };
}

function walk(parts: QuestionsParts, position: number, count: number): HTMLElement {
  const last = position === count - 1;
  return h("div", { class: "sitting__foot" },
    position > 0
      ? h("button", { type: "button", class: "button button--quiet button--large", "data-testid": "previous",
          onclick: () => parts.goTo(position - 1) }, h("span", { "aria-hidden": "true" }, "←"), t("sitting.previous"))
      : h("span"),
    h("button", { type: "button", class: "button button--large", "data-testid": last ? "overview" : "next",
      onclick: () => (last ? parts.overview() : parts.goTo(position + 1)) },
      t(last ? "sitting.toOverview" : "sitting.next"), h("span", { "aria-hidden": "true" }, "→")));
}

/** The end page: what is missing, what is marked, and that there is nothing to press. */
export function overviewPage(parts: QuestionsParts, timed: boolean, leave: () => void): Node {
  const { course } = parts;
  const missing = course.missing();
  const marked = course.marked();
  const link = (place: number) => {
    const item = course.booklet.items[place];
    return h("li", {}, h("button", { type: "button", class: "button button--quiet", onclick: () => parts.goTo(place),
      "data-testid": `missing-${item?.id ?? ""}` }, t("sitting.question", { label: item?.label ?? "" })));
  };
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
    h("p", {}, t(timed ? "sitting.overviewNothing" : "sitting.overviewNothingNoTime")),
    steps(parts, null),
    legend(),
    h("div", { class: "sitting__foot" },
      h("button", { type: "button", class: "button button--large", "data-testid": "back-to-questions",
        onclick: () => parts.goTo(missing[0] ?? course.position) }, t("sitting.overviewBack")),
      h("button", { type: "button", class: "button button--quiet button--large", "data-testid": "back-to-parts",
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
