/** Raw input to values, as the scorer reads it. Knows no screen, no booklet and no key. */
export { captured, parseResponse, type CaptureBase, type Value } from "./values";
