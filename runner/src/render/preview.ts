import type { Item } from "../wire/booklet";
import { optionsOf, promptOf } from "./choice";
import { flowOf, bankOf } from "./gapmatch";
import { make } from "./make";
import { attributesOf, build, childrenOf, startAt, type Place, type Special, type Tree } from "./nodes";
import { INTERACTIONS } from "../wire/interactions";
import { picture } from "./media";
import type { NodeContext } from "./types";

const isInteraction = (name: string): boolean => (INTERACTIONS as readonly string[]).includes(name);

/** An item to look at: its answers listed, nothing to press. For the teacher beside the grid. */
export function renderPreview(item: Item, context: NodeContext): HTMLElement {
  const special: Special = (tree, place) => {
    if (tree[0] === "gap") return make("span", "q-gap", "\u2026");
    if (!isInteraction(tree[0])) return null;
    // Its options stand on the teacher's keys already.
    const keyed = item.responses.some(({ id, keys }) => id === attributesOf(tree).response && keys.length > 0);
    return keyed ? document.createDocumentFragment() : still(tree, place);
  };
  const element = make("div", "question");
  element.lang = item.language || context.language;
  element.append(build(item.body, startAt(item.body, context, special, 3)));
  return element;
}

/** What stands at an interaction's place when nobody answers it. */
function still(tree: Tree, place: Place): Node {
  const attributes = attributesOf(tree);
  const quiet = { ...place, quiet: true };
  const name = tree[0];
  if (name === "text-entry" || name === "extended-text") return make("span", "q-gap", "\u2026");
  if (name === "end-attempt") return make("span", "", attributes.title ?? "");
  if (name === "slider") return make("p", "", `${attributes.min ?? "0"} – ${attributes.max ?? ""}`);
  const parts: Node[] = [];
  const prompt = promptOf(tree);
  if (prompt) parts.push(build(prompt, quiet));
  if (attributes.asset !== undefined) parts.push(picture(attributes, quiet));
  if (name === "match") parts.push(...childrenOf(tree).filter(isSet).map((set) => listed(set, quiet)));
  else if (name === "gap-match" || name === "hottext" || name === "media") {
    if (name === "gap-match") parts.push(listed(bankOf(tree), quiet));
    parts.push(make("div", "q-block", build(flowOf(tree), place)));
  } else parts.push(listed(name === "graphic-gap-match" ? bankOf(tree) : tree, quiet));
  const shown = parts.filter((part) => part.childNodes.length > 0 || part instanceof HTMLImageElement);
  return shown.length === 1 ? (shown[0] as Node) : make("div", "q-block", ...shown);
}

const isSet = (child: unknown): child is Tree => Array.isArray(child) && child[0] === "set";

function listed(tree: Tree, quiet: Place): HTMLElement {
  const list = make("ul", "q-options");
  for (const option of optionsOf(tree)) {
    const line = make("li");
    line.append(build(option.children, quiet));
    list.append(line);
  }
  return list;
}
