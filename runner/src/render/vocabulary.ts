/**
 * What a booklet's markup may become. Anything not listed here is not built: the text of unknown
 * elements is kept, elements that could act (`DROPPED`) vanish with all they hold.
 */

export const MATH_NAMESPACE = "http://www.w3.org/1998/Math/MathML";

const list = (names: string): ReadonlySet<string> => new Set(names.split(" "));

/** HTML elements that are built under their own name. */
export const HTML = list(
  "p div span br hr strong b em i u s small sub sup abbr cite q code kbd samp var dfn mark " +
    "details summary ul ol li dl dt dd blockquote pre figure figcaption ruby rb rt rp bdi bdo wbr " +
    "table caption thead tbody tfoot tr th td colgroup col",
);

/** Elements that act, load or style; and foreign content that may hold such. */
export const DROPPED = list(
  "script style template noscript iframe frame frameset object embed applet param link meta base " +
    "svg canvas form input button select textarea dialog video source track slot portal annotation " +
    "annotation-xml",
);

export const MATH = list(
  "math mrow mi mn mo mtext mspace ms mfrac msqrt mroot mstyle mpadded mphantom merror " +
    "msub msup msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mtd",
);

const EVERYWHERE = list("lang dir title aria-label aria-hidden");
const SPOKEN = list("title aria-label abbr");
const SPOKEN_LIMIT = 500;
const BY_ELEMENT: Readonly<Record<string, ReadonlySet<string>>> = {
  th: list("scope colspan rowspan abbr"),
  td: list("colspan rowspan"),
  col: list("span"),
  colgroup: list("span"),
  ol: list("start reversed type"),
  li: list("value"),
};

const MATH_ATTRIBUTES = list(
  "display displaystyle scriptlevel mathvariant dir form fence separator stretchy symmetric " +
    "largeop movablelimits lspace rspace minsize maxsize linethickness width height depth voffset " +
    "accent accentunder columnspan rowspan columnalign",
);

const LENGTHS = list("width height depth voffset lspace rspace minsize maxsize linethickness");
/** No formula is larger than a screen: `-0.17em`, `120px`, `50%`, `thickmathspace`. */
const LENGTH = /^(?:[a-z]{3,22}|[+-]?[0-9]{0,3}(?:\.[0-9]{1,6})?[ ]*(?:em|ex|px|pt|pc|cm|mm|in|mu|%)?)$/;

const COUNTS = list("colspan rowspan span columnspan start value");
/** Words, numbers and lengths. No colon, no bracket: neither an address nor a call fits in. */
const PLAIN = /^[\p{L}\p{N} .,%+'’_-]{0,200}$/u;

/** Whether an element may carry this attribute with this value. */
export function allowed(element: string, name: string, value: string, math: boolean): boolean {
  const names = math ? MATH_ATTRIBUTES : BY_ELEMENT[element];
  if (!EVERYWHERE.has(name) && !names?.has(name)) return false;
  if (COUNTS.has(name)) return /^-?[0-9]{1,4}$/.test(value) && Number(value) <= 1000;
  if (math && LENGTHS.has(name)) return LENGTH.test(value) && Math.abs(parseFloat(value) || 0) * (/(?:cm|in|em|pc)$/.test(value) ? 16 : 1) <= 1000;
  return SPOKEN.has(name) ? value.length <= SPOKEN_LIMIT : PLAIN.test(value);
}

/** The part of QTI's shared vocabulary of classes that has a look here. */
const CLASSES: Readonly<Record<string, string>> = {
  "qti-align-center": "q-center",
  "qti-align-right": "q-right",
  "qti-bordered": "q-box",
  "qti-well": "q-box",
  "qti-stimulus": "q-stimulus",
  "qti-underline": "q-underline",
  "qti-italic": "q-italic",
  "qti-bold": "q-bold",
  "qti-layout-row": "q-columns",
  "qti-visually-hidden": "visually-hidden",
  "qti-orientation-horizontal": "q-horizontal",
  "qti-choices-stacking-1": "q-stack-1",
  "qti-choices-stacking-2": "q-stack-2",
  "qti-choices-stacking-3": "q-stack-3",
  "qti-choices-stacking-4": "q-stack-4",
  "qti-choices-stacking-5": "q-stack-5",
  "qti-labels-none": "q-labels-none",
  "qti-labels-decimal": "q-labels-decimal",
  "qti-labels-lower-alpha": "q-labels-lower",
  "qti-labels-upper-alpha": "q-labels-upper",
  "qti-labels-suffix-none": "q-suffix-none",
  "qti-labels-suffix-period": "q-suffix-period",
  "qti-labels-suffix-parenthesis": "q-suffix-parenthesis",
  "qti-choices-top": "q-bank-top",
  "qti-choices-bottom": "q-bank-bottom",
  "qti-choices-left": "q-bank-left",
  "qti-choices-right": "q-bank-right",
  "qti-unselected-hidden": "q-spots-hidden",
};

/** What an author's style sheet may name besides elements: neutral names, and QTI's own. */
const STYLED = /^(?:k[0-9]{1,4}|qti-[a-z0-9-]{1,60})$/;

/** Our classes for an author's, and those that a style sheet of the author's may name. */
export function classes(value: string | undefined): string[] {
  const names = (value ?? "").split(/\s+/);
  const known = names.map((name) => CLASSES[name]).filter((name): name is string => name !== undefined);
  return [...new Set([...known, ...names.filter((name) => STYLED.test(name))])];
}

/** The number at the end of a class such as qti-input-width-10; null: no such class. */
export function measure(value: string | undefined, stem: string): number | null {
  const found = (value ?? "").split(/\s+/).find((name) => name.startsWith(`${stem}-`));
  const number = Number(found?.slice(stem.length + 1));
  return Number.isInteger(number) && number > 0 && number <= 100 ? number : null;
}
