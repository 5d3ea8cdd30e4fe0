/** Booklet markup and items as elements. Knows no session, no key and no network. */
export { renderItem } from "./item";
export { renderPreview } from "./preview";
export { renderNodes } from "./nodes";
