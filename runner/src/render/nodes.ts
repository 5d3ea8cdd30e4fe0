import type { Node as Markup } from "../wire/booklet";
import { supported } from "./catalog";
import { audio, picture, video, withCues } from "./media";
import { drawsFormulas, spokenText } from "./spoken";
import type { NodeContext } from "./types";
import { DROPPED, HTML, MATH, MATH_NAMESPACE, allowed, classes } from "./vocabulary";

/** Deeper markup than this is cut: no author writes it. */
const DEPTH = 48;

export type Tree = Exclude<Markup, string>;

/** What builds the nodes that are not plain markup. Null: not one of its own. */
export type Special = (tree: Tree, place: Place) => Node | null;

/** Where a node stands. */
export interface Place {
  readonly context: NodeContext;
  readonly special: Special;
  /** Inside a label or a formula no further control may stand. */
  readonly quiet: boolean;
  readonly depth: number;
  /** Author's heading levels in use, so that ours leave no gap. */
  readonly headings: readonly number[];
  /** What the highest of them becomes here: the page's own headings stand above. */
  readonly level: number;
}

/** Builds booklet markup. Never parses: elements come from a whitelist, text stays text. */
export function renderNodes(nodes: readonly Markup[], context: NodeContext): DocumentFragment {
  return build(nodes, startAt(nodes, context, () => null, 2));
}

export function startAt(
  nodes: readonly Markup[],
  context: NodeContext,
  special: Special,
  level: number,
): Place {
  return { context, special, quiet: false, depth: 0, headings: headingLevels(nodes), level };
}

export function build(nodes: readonly Markup[], place: Place): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const node of nodes) append(fragment, node, place);
  return fragment;
}

export function attributesOf(tree: Tree): Readonly<Record<string, string>> {
  const given: unknown = tree[1];
  if (typeof given !== "object" || given === null) return {};
  const texts = Object.entries(given).filter(([, value]) => typeof value === "string");
  return Object.fromEntries(texts) as Record<string, string>;
}

export const childrenOf = (tree: Tree): readonly Markup[] => tree.slice(2) as Markup[];

function append(parent: Node, node: Markup, place: Place): void {
  if (typeof node === "string") {
    parent.appendChild(document.createTextNode(place.context.language.startsWith("fr") ? heldTogether(node) : node));
    return;
  }
  if (!Array.isArray(node) || typeof node[0] !== "string" || place.depth > DEPTH) return;
  const name = node[0];
  if (DROPPED.has(name)) return;
  const special = place.special(node, place);
  const built = special ?? known(name, node, place) ?? build(childrenOf(node), { ...place, depth: place.depth + 1 });
  const { catalog } = attributesOf(node);
  parent.appendChild(catalog === undefined ? built : supported(built, catalog, place));
}

/** French signs stay on the line of their word, though authors type plain spaces. */
function heldTogether(text: string): string {
  return text.replace(/ (?=[?!;:»%€])/g, "\u00a0").replace(/« /g, "«\u00a0");
}

function known(name: string, tree: Tree, place: Place): Node | null {
  const inner = { ...place, depth: place.depth + 1 };
  if (name === "img") return picture(attributesOf(tree), place);
  if (name === "audio") return withCues(audio(tree, place.context));
  if (name === "video") return video(tree, place.context);
  if (name === "stimulus") return stimulus(attributesOf(tree).ref ?? "", inner);
  if (/^h[1-6]$/.test(name)) {
    const level = place.level + Math.max(0, place.headings.indexOf(Number(name[1])));
    return element(`h${Math.min(level, 6)}`, tree, inner, false);
  }
  if (name === "semantics" || name === "mfenced") return mathRow(name, tree, inner);
  if (name === "rubric") return element("div", tree, inner, false);
  if (name === "math") return formula(tree, inner);
  if (MATH.has(name)) return element(name, tree, { ...inner, quiet: true }, true);
  if (!HTML.has(name)) return null;
  const built = element(name, tree, inner, false);
  if (name !== "table") return built;
  const scroll = document.createElement("div");
  scroll.className = "q-scroll";
  scroll.append(built);
  return scroll;
}

/** A shared text, in its own language. Inside itself it is not drawn again. */
function stimulus(ref: string, inner: Place): Node | null {
  const shared = inner.context.shared?.stimuli?.[ref];
  if (!shared || inner.quiet) return null;
  const block = document.createElement("div");
  block.className = "q-stimulus q-block";
  if (shared.language) block.lang = shared.language;
  const special: Special = (tree, place) =>
    tree[0] === "stimulus" ? document.createDocumentFragment() : inner.special(tree, place);
  block.append(build(shared.body, { ...inner, special, headings: headingLevels(shared.body) }));
  block.dataset.stimulus = ref;
  return block;
}

function element(name: string, tree: Tree, inner: Place, math: boolean): Element {
  const built = math ? document.createElementNS(MATH_NAMESPACE, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributesOf(tree))) {
    if (key === "class" && !math) built.classList.add(...classes(value));
    else if (allowed(name, key, value, math)) built.setAttribute(key, value);
  }
  built.append(build(childrenOf(tree), inner));
  return built;
}

/** A formula; in one line of text where the browser cannot draw it. */
function formula(tree: Tree, inner: Place): Element {
  const drawn = element("math", tree, { ...inner, quiet: true }, true);
  const { alttext = "" } = attributesOf(tree);
  if (alttext !== "") drawn.setAttribute("aria-label", alttext.slice(0, 500));
  if (drawsFormulas()) return drawn;
  const line = document.createElement("span");
  line.className = "formula-line";
  line.textContent = spokenText(drawn).trim();
  return line;
}

/** `semantics`: its first child alone. `mfenced`, which browsers gave up: a row with its fences. */
function mathRow(name: string, tree: Tree, inner: Place): Element {
  const row = document.createElementNS(MATH_NAMESPACE, "mrow");
  const children = childrenOf(tree).filter((child) => typeof child !== "string" || child.trim());
  const quiet = { ...inner, quiet: true };
  if (name === "semantics") {
    row.append(build(children.slice(0, 1), quiet));
    return row;
  }
  const { open = "(", close = ")", separators = "," } = attributesOf(tree);
  row.append(operator(open));
  children.forEach((child, index) => {
    if (index > 0 && separators) row.append(operator(separators.trim()[index - 1] ?? separators.trim().slice(-1)));
    row.append(build([child], quiet));
  });
  row.append(operator(close));
  return row;
}

function operator(text: string): Element {
  const built = document.createElementNS(MATH_NAMESPACE, "mo");
  built.textContent = text.slice(0, 8);
  return built;
}

function headingLevels(nodes: readonly Markup[], depth = 0): number[] {
  const found = new Set<number>();
  for (const node of nodes) {
    if (typeof node === "string" || !Array.isArray(node) || depth > DEPTH) continue;
    if (/^h[1-6]$/.test(node[0])) found.add(Number(node[0][1]));
    headingLevels(childrenOf(node), depth + 1).forEach((level) => found.add(level));
  }
  return [...found].sort();
}
