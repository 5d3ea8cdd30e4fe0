import type { Node as Markup, Support, SupportCard } from "../wire/booklet";
import { freshId, make } from "./make";
import { attributesOf, build, childrenOf, type Place, type Tree } from "./nodes";
import { reader } from "./speech";
import { renderWords, type RenderWords } from "./words";

/** What is read in a panel beside the words it explains; spoken text has a button of its own. */
const READ: readonly Support[] = [
  "glossary-on-screen", "keyword-translation", "linguistic-guidance", "simplified-language-portions",
  "sign-language", "transcript", "long-description", "additional-directions",
];

/** What a node's catalog offers: the node, and after it a button for each kind of support. */
export function supported(built: Node, catalog: string, place: Place): Node {
  const { context } = place;
  const cards = context.shared?.catalogs?.[catalog] ?? [];
  const given = cards.filter(({ support }) => context.supports?.has(support) ?? true);
  // Inside a label or a button no other button may stand.
  if (given.length === 0 || place.quiet) return built;
  const words = renderWords();
  const read = given.filter(({ support }) => READ.includes(support));
  const spoken = given.find(({ support }) => support === "spoken");
  const fragment = document.createDocumentFragment();
  const name = (built.textContent ?? "").replace(/\s+/g, " ").trim().slice(0, 80);
  const marked = built instanceof HTMLElement && built.tagName === "SPAN" ? built : null;
  marked?.classList.add("q-explained");
  fragment.append(built);
  const after = built instanceof HTMLElement && getsInside(built) ? built : fragment;
  if (read.length > 0) after.appendChild(panel(read, name, place, words));
  if (spoken) {
    const text = make("div", "", build(spoken.content, { ...place, quiet: true })).textContent ?? "";
    after.appendChild(reader(() => text, spoken.language || context.language, words));
  }
  return fragment;
}

/**
 * The buttons for whatever stands in an option: inside its label they could not be pressed, so they
 * go beside it. Null: the option needs none.
 */
export function besideOption(option: Tree, place: Place): HTMLElement | null {
  const name = (make("span", "", build(childrenOf(option), { ...place, quiet: true })).textContent ?? "").trim();
  const beside = make("span", "choice-help");
  for (const catalog of new Set(catalogsIn(option))) {
    beside.append(supported(make("span", "", name), catalog, place));
    beside.querySelector(":scope > span:not(.explain-wrap)")?.remove();
  }
  return beside.childElementCount > 0 ? beside : null;
}

function catalogsIn(node: Markup): string[] {
  if (typeof node === "string" || !Array.isArray(node)) return [];
  const { catalog } = attributesOf(node);
  return [...(catalog === undefined ? [] : [catalog]), ...childrenOf(node).flatMap(catalogsIn)];
}

/** A button after a block would stand alone in its line: it goes to the end of the block's text. */
const getsInside = (element: HTMLElement): boolean => /^(P|LI|TD|TH|DD|DT|H[1-6]|FIGCAPTION|CAPTION)$/.test(element.tagName);

function panel(cards: readonly SupportCard[], name: string, place: Place, words: RenderWords): HTMLElement {
  const button = make("button", "explain", "?");
  button.type = "button";
  button.setAttribute("aria-label", words.meaning(name));
  button.setAttribute("aria-expanded", "false");
  const box = make("span", "explain__panel");
  box.id = freshId("explain");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", words.meaning(name));
  box.hidden = true;
  button.setAttribute("aria-controls", box.id);
  for (const card of cards) box.append(entry(card, place, words));
  const close = (): void => {
    box.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
  };
  const outside = (event: Event): void => {
    if (!(event.target instanceof Node) || !holder.contains(event.target)) close();
  };
  button.addEventListener("click", () => {
    if (!box.hidden) return close();
    box.hidden = false;
    button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", outside, true);
    keepInside(box);
  });
  const holder = make("span", "explain-wrap", button, box);
  holder.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || box.hidden) return;
    event.stopPropagation();
    close();
    button.focus();
  });
  return holder;
}

function entry(card: SupportCard, place: Place, words: RenderWords): HTMLElement {
  const titles: Partial<Record<Support, string>> = {
    "glossary-on-screen": words.glossary,
    "keyword-translation": words.translation,
  };
  const text = make("span", "explain__text");
  if (card.language) text.lang = card.language;
  text.dir = "auto";
  text.append(build(card.content, { ...place, depth: place.depth + 1, context: { ...place.context, shared: {} } }));
  const title = titles[card.support] ?? words.help;
  return make("span", "explain__card", make("strong", "explain__title", title + inLanguage(card, words)), text);
}

/** " (ukrainien)": which translation this is. */
function inLanguage({ support, language }: SupportCard, words: RenderWords): string {
  if (support !== "keyword-translation" || language === "" || typeof Intl.DisplayNames === "undefined") return "";
  try {
    return ` (${new Intl.DisplayNames([words.language], { type: "language" }).of(language) ?? language})`;
  } catch {
    return "";
  }
}

function keepInside(box: HTMLElement): void {
  box.style.left = "0";
  const { left, right } = box.getBoundingClientRect();
  const beyond = right + 12 - document.documentElement.clientWidth;
  if (beyond > 0) box.style.left = `${-Math.min(beyond, left - 8)}px`;
}
