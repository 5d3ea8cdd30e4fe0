import type { Answering } from "./interaction";
import { make } from "./make";
import { picture } from "./media";
import { attributesOf, childrenOf, type Tree } from "./nodes";

const SVG = "http://www.w3.org/2000/svg";
/** A picture is drawn this wide at least where there is room: what is pressed must be big enough. */
const WIDE = 600;
const ENLARGED = 2;

/** A shape on a picture, in the picture's pixels. */
export interface Spot {
  readonly value: string;
  readonly shape: string;
  readonly coords: readonly number[];
  readonly label: string;
  readonly tree: Tree;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Figure extends Size {
  /** Holds the picture, the shapes over it, and marks placed by percent. */
  readonly element: HTMLElement;
  readonly layer: SVGSVGElement;
  /** Puts an element at a point of the picture. */
  pin(element: HTMLElement, x: number, y: number): void;
}

/** A picture with a layer of shapes that grows and shrinks with it. */
export function figure(answering: Answering): Figure {
  const attributes = attributesOf(answering.tree);
  const width = side(attributes.width);
  const height = side(attributes.height);
  const image = picture(attributes, { ...answering.place, quiet: true });
  const layer = document.createElementNS(SVG, "svg");
  layer.setAttribute("viewBox", `0 0 ${width} ${height}`);
  layer.setAttribute("preserveAspectRatio", "none");
  layer.classList.add("figure__layer");
  const element = make("div", "figure", image);
  element.append(layer);
  const shown = width * Math.max(1, Math.min(ENLARGED, WIDE / width));
  element.style.setProperty("--wide", `${Math.round(shown)}px`);
  element.style.setProperty("--ratio", String(width / height));
  const pin = (mark: HTMLElement, x: number, y: number): void => {
    mark.style.left = `${(100 * x) / width}%`;
    mark.style.top = `${(100 * y) / height}%`;
    if (mark.parentElement !== element) element.append(mark);
  };
  return { element, layer, width, height, pin };
}

const side = (value: string | undefined): number => {
  const pixels = Number(value);
  return Number.isFinite(pixels) && pixels > 0 ? pixels : 400;
};

export function spotsOf(tree: Tree): Spot[] {
  const trees = childrenOf(tree).filter((child): child is Tree => typeof child !== "string" && child[0] === "spot");
  return trees.map((spot) => {
    const { value = "", shape = "rect", coords = "", label = "" } = attributesOf(spot);
    const numbers = coords.split(",").map((part) => Number(part.trim())).filter(Number.isFinite);
    return { value, shape, coords: numbers, label, tree: spot };
  });
}

/** The shape as an SVG element: what is seen, and a wider unseen rim that is pressed as well. */
export function drawn(spot: Spot, size: Size): SVGGElement {
  const group = document.createElementNS(SVG, "g");
  group.classList.add("spot");
  for (const layer of ["spot__rim", "spot__halo", "spot__line"]) {
    const shape = outline(spot, size);
    shape.classList.add(layer);
    group.append(shape);
  }
  return group;
}

function outline({ shape, coords }: Spot, size: Size): SVGElement {
  const [a = 0, b = 0, c = 0, d = 0] = coords;
  if (shape === "circle") return made("circle", { cx: a, cy: b, r: c });
  if (shape === "ellipse") return made("ellipse", { cx: a, cy: b, rx: c, ry: d });
  if (shape === "poly" && coords.length >= 6) return made("polygon", { points: coords.join(" ") });
  if (shape === "default") return made("rect", { x: 0, y: 0, width: size.width, height: size.height });
  return made("rect", { x: Math.min(a, c), y: Math.min(b, d), width: Math.abs(c - a), height: Math.abs(d - b) });
}

function made(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** The middle of a shape: where a mark stands. */
export function middle({ shape, coords }: Spot, { width, height }: Size): readonly [x: number, y: number] {
  const [a = 0, b = 0, c = 0, d = 0] = coords;
  if (shape === "circle" || shape === "ellipse") return [a, b];
  if (shape === "rect") return [(a + c) / 2, (b + d) / 2];
  if (shape !== "poly" || coords.length < 6) return [width / 2, height / 2];
  const xs = coords.filter((_, index) => index % 2 === 0);
  const ys = coords.filter((_, index) => index % 2 === 1);
  return [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
}

/** The author's label, or its number and where on the picture it is: never nothing. */
export function nameOf(spot: Spot, place: number, size: Size, { words }: Answering): string {
  if (spot.label.trim() !== "") return spot.label.trim();
  const [x, y] = middle(spot, size);
  const third = (at: number, whole: number): number => Math.min(2, Math.max(0, Math.floor((3 * at) / whole)));
  const where = words.where[3 * third(y, size.height) + third(x, size.width)] ?? "";
  return `${words.spot(place + 1)}, ${where}`;
}
