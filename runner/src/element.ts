/** Makes elements. Text only ever goes in as text. */

type Child = Node | string | null | false;

export interface Traits {
  class?: string;
  /** Attributes; true writes an empty one, false and null none. */
  [attribute: string]: string | number | boolean | null | undefined | (() => void) | ((event: Event) => void);
}

/** `on…` traits are listeners: `h("button", { onclick: … }, "Enter")`. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  traits: Traits = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(traits)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value as (event: Event) => void);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** The mark, as in icon.svg: an A in chalk on a slate in its wooden frame. */
export function logo(): SVGSVGElement {
  const chalk = { fill: "none", "stroke-width": "2.6", "stroke-linecap": "round", "stroke-linejoin": "round" };
  const svg = shape("svg", { viewBox: "0 0 40 40", class: "logo", "aria-hidden": "true", focusable: "false" });
  svg.append(
    shape("rect", { x: "2", y: "4", width: "36", height: "32", rx: "4", fill: "#8a6a45" }),
    shape("rect", { x: "6", y: "8", width: "28", height: "24", rx: "1.5", fill: "#2b383f" }),
    shape("path", { d: "M11 26.5 17.6 13.8 24.2 26.5M13.6 22h8", stroke: "#faf9f5", ...chalk }),
    shape("path", { d: "M27.2 26.4h2.6", stroke: "#9fd5c9", ...chalk }),
  );
  return svg;
}

function shape<Tag extends keyof SVGElementTagNameMap>(tag: Tag, attributes: Record<string, string>): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
