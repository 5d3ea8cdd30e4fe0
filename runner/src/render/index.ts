/** Booklet markup and items as elements. Knows no session, no key and no network. */
export { renderItem, renderPreview } from "./item";
export { renderNodes } from "./nodes";
