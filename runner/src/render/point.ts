import { figure, type Figure } from "./figure";
import { framed } from "./frame";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import { note, type Note } from "./note";

type Point = readonly [x: number, y: number];
const KEYS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
};
/** Parts of the picture's longer side that an arrow moves the sight by. */
const STRIDE = 40;

/**
 * A point of a picture. Pressed by mouse or finger and then moved step by step with four buttons,
 * or aimed at with the arrow keys; every move is spoken in the picture's pixels.
 */
export function selectPoint(answering: Answering): Control {
  const { words } = answering;
  const said = note(answering, "points", words.pointHow);
  const shown = figure(answering);
  const area = shown.element;
  area.classList.add("figure--points");
  area.tabIndex = 0;
  // A screen reader must hand the arrow keys on; what the keys do is said in the note.
  area.setAttribute("role", "application");
  area.setAttribute("aria-label", words.pointArea);
  area.setAttribute("aria-describedby", said.element.id);
  const panel = make("div", "points");
  new Points(answering, shown, panel, said).start();
  const element = framed(answering, { className: "select-point", title: words.point }, said, area, panel);
  return { element, target: area };
}

class Points {
  #points: Point[] = [];
  #sight: Point;
  readonly #cross = make("span", "sight");
  #pins: HTMLElement[] = [];
  readonly #most: number;

  constructor(
    private readonly answering: Answering,
    private readonly shown: Figure,
    private readonly panel: HTMLElement,
    private readonly note: Note,
  ) {
    this.#sight = [Math.round(shown.width / 2), Math.round(shown.height / 2)];
    const { cardinality, max_choices } = answering.response;
    this.#most = cardinality === "single" ? 1 : max_choices;
  }

  start(): void {
    const { element, pin } = this.shown;
    this.#points = this.answering.values.map(pointOf).filter((point): point is Point => point !== null);
    this.#sight = this.#points[0] ?? this.#sight;
    this.#cross.setAttribute("aria-hidden", "true");
    pin(this.#cross, ...this.#sight);
    element.addEventListener("click", (event) => this.#pressed(event));
    element.addEventListener("keydown", (event) => this.#key(event));
    this.#draw();
  }

  #pressed(event: MouseEvent): void {
    const { element, width, height } = this.shown;
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) return;
    this.#aim([((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height]);
    this.#mark();
  }

  #key(event: KeyboardEvent): void {
    const { words, say } = this.answering;
    const by = KEYS[event.key];
    if (by) {
      event.preventDefault();
      const stride = event.shiftKey ? 1 : Math.max(1, Math.round(Math.max(this.shown.width, this.shown.height) / STRIDE));
      this.#aim([this.#sight[0] + by[0] * stride, this.#sight[1] + by[1] * stride]);
      say(words.pointAt(...this.#sight));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#mark();
    } else if ((event.key === "Delete" || event.key === "Backspace") && this.#points.length > 0) {
      event.preventDefault();
      this.#remove(this.#points.length - 1);
    }
  }

  #aim([x, y]: Point): void {
    this.#sight = this.#within([x, y]);
    this.shown.pin(this.#cross, ...this.#sight);
  }

  #within([x, y]: Point): Point {
    const { width, height } = this.shown;
    return [Math.min(width, Math.max(0, Math.round(x))), Math.min(height, Math.max(0, Math.round(y)))];
  }

  #mark(): void {
    if (this.#points.some((point) => point.join() === this.#sight.join())) return;
    if (this.#most === 1) this.#points = [this.#sight];
    else if (this.#most > 0 && this.#points.length >= this.#most) return this.note.full();
    else this.#points = [...this.#points, this.#sight];
    this.#changed();
    this.answering.say(this.answering.words.pointSet(this.#points.length, ...this.#sight));
  }

  #move(index: number, by: Point): void {
    const [x, y] = this.#points[index] ?? [0, 0];
    const next = this.#within([x + by[0], y + by[1]]);
    this.#points = this.#points.map((point, at) => (at === index ? next : point));
    this.#aim(next);
    this.#report();
    this.shown.pin(this.#pins[index] as HTMLElement, ...next);
    this.#tell(index);
    this.answering.say(this.answering.words.pointAt(...next));
  }

  #remove(index: number): void {
    this.#points = this.#points.filter((_, at) => at !== index);
    this.#changed();
    this.shown.element.focus();
    this.answering.say(this.answering.words.pointGone(index + 1));
  }

  #changed(): void {
    this.#draw();
    this.#report();
  }

  #report(): void {
    this.note.calm(this.#points.length);
    this.answering.change(this.#points.map((point) => point.join(" ")));
  }

  #draw(): void {
    this.#pins.forEach((pin) => pin.remove());
    this.#pins = this.#points.map((point, index) => {
      const pin = make("span", "pin", this.#most === 1 ? "" : String(index + 1));
      pin.setAttribute("aria-hidden", "true");
      this.shown.pin(pin, ...point);
      return pin;
    });
    this.panel.replaceChildren(...this.#points.map((_, index) => this.#controls(index)));
    this.#points.forEach((_, index) => this.#tell(index));
    this.note.calm(this.#points.length);
  }

  #tell(index: number): void {
    const { words } = this.answering;
    const told = this.panel.children[index]?.querySelector(".point__where");
    const point = this.#points[index];
    if (told && point) told.textContent = words.pointAt(...point);
  }

  #controls(index: number): HTMLElement {
    const { words } = this.answering;
    const button = (sign: string, label: string, act: () => void): HTMLElement => {
      const made = make("button", "rank__move", sign);
      made.type = "button";
      made.setAttribute("aria-label", label);
      made.title = label;
      made.addEventListener("click", act);
      return made;
    };
    const pad = make("span", "point__pad",
      button("←", words.nudge.left, () => this.#move(index, [-1, 0])),
      button("↑", words.nudge.up, () => this.#move(index, [0, -1])),
      button("↓", words.nudge.down, () => this.#move(index, [0, 1])),
      button("→", words.nudge.right, () => this.#move(index, [1, 0])));
    pad.setAttribute("role", "group");
    pad.setAttribute("aria-label", words.nudges(index + 1));
    const name = make("strong", "", words.pointName(index + 1));
    return make("div", "point", name, make("span", "point__where"), pad,
      button("×", words.removePoint(index + 1), () => this.#remove(index)));
  }
}

function pointOf(value: string): Point | null {
  const [x, y] = value.split(" ").map(Number);
  return Number.isFinite(x) && Number.isFinite(y) ? [x as number, y as number] : null;
}
