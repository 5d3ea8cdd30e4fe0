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

/** The slate with a tick of chalk. */
export function logo(): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const set = (element: Element, attributes: Record<string, string>) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  set(svg, { viewBox: "0 0 32 32", class: "logo", "aria-hidden": "true", focusable: "false" });
  const frame = set(document.createElementNS(SVG, "rect"), {
    x: "2", y: "4", width: "28", height: "24", rx: "4", fill: "#2b383f", stroke: "#7c8a91",
  });
  const stroke = set(document.createElementNS(SVG, "path"), {
    d: "M9 17.5l4.5 4.5L23 11", fill: "none", stroke: "#faf9f5", "stroke-width": "3",
    "stroke-linecap": "round", "stroke-linejoin": "round",
  });
  svg.append(frame, stroke);
  return svg;
}
