import type { Rule } from "../wire/booklet";
import type { NodeContext } from "./types";

/**
 * Authors' style sheets, each bound to the element it was written for. Rules go in one by one
 * through the browser's own style objects: no text of theirs is ever parsed as a sheet, so nothing
 * can leave its place, and the page's Content-Security-Policy needs no hole.
 */

const SELECTOR = /^[A-Za-z0-9 .:#>+~*()\[\]="_-]{0,300}$/;
/** What gives text, boxes and tables their look. Nothing that leaves its place, moves, or stands over others. */
const PROPERTY = new RegExp("^(?:" +
  "color|background(?:-[a-z]+)*|border(?:-[a-z]+)*|margin(?:-[a-z]+)*|padding(?:-[a-z]+)*|(?:min-|max-)?(?:width|height)|" +
  "box-sizing|font(?:-[a-z]+)*|line-height|letter-spacing|word-(?:spacing|break)|text-[a-z-]+|vertical-align|white-space|" +
  "overflow(?:-wrap|-x|-y)?|hyphens|writing-mode|direction|unicode-bidi|quotes|tab-size|display|float|clear|" +
  "columns?(?:-[a-z]+)*|(?:row-)?gap|flex(?:-[a-z]+)*|order|(?:justify|align)-[a-z]+|grid(?:-[a-z]+)*|list-style(?:-[a-z]+)*|" +
  "caption-side|empty-cells|table-layout|ruby-[a-z]+|aspect-ratio|object-fit|(?:page-)?break-inside)$");
const ASSET = /url\(\s*["']?asset:(a[0-9]{1,4})["']?\s*\)/g;
/** What would draw over the page, or fetch. */
const REFUSED = /url\(|expression|@|image-set|fixed|sticky/i;

let scopes = 0;

/** Binds rules to an element; gives what takes them away again. */
export function dress(element: HTMLElement, sheets: readonly (readonly Rule[])[], context: NodeContext): () => void {
  const rules = sheets.flat();
  if (rules.length === 0 || !("adoptedStyleSheets" in document)) return () => undefined;
  scopes += 1;
  element.dataset.scope = String(scopes);
  const sheet = new CSSStyleSheet();
  for (const rule of rules) insert(sheet, `[data-scope="${scopes}"]`, rule, context);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  return () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
  };
}

function insert(sheet: CSSStyleSheet, scope: string, [selector, declarations]: Rule, context: NodeContext): void {
  const parts = selector.split(",").map((part) => part.trim());
  if (!parts.every((part) => SELECTOR.test(part))) return;
  try {
    const at = sheet.insertRule(`${parts.map((part) => `${scope} ${part}`.trim()).join(",")}{}`, sheet.cssRules.length);
    const { style } = sheet.cssRules[at] as CSSStyleRule;
    for (const [property, value] of declarations) declare(style, property, value, context);
  } catch {
    // A selector that this browser does not know costs its rule and nothing else.
  }
}

function declare(style: CSSStyleDeclaration, property: string, value: string, context: NodeContext): void {
  const assets = [...value.matchAll(ASSET)].map(([, asset]) => asset as string);
  if (!PROPERTY.test(property) || REFUSED.test(value.replace(ASSET, ""))) return;
  if (assets.length === 0) return style.setProperty(property, value);
  Promise.all(assets.map((asset) => context.assetUrl(asset))).then((urls) => {
    if (!urls.every((url) => url.startsWith("blob:"))) return;
    let next = 0;
    style.setProperty(property, value.replace(ASSET, () => `url("${urls[next++]}")`));
  }, () => undefined);
}
