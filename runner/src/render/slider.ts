import { framed, keeper } from "./frame";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import { attributesOf } from "./nodes";
import { shownNumber } from "./words";

/** As many numbers below the line, at most. */
const LABELS = 13;
const STRIDES = 1_000;
/** Figures that stand below the line of a small screen; of more, every second number does. */
const SHORT = 22;

/** A place on a line. It stands in the middle at first, and counts once it was touched or kept. */
export function slider(answering: Answering): Control {
  const { tree, words, values, name } = answering;
  const attributes = attributesOf(tree);
  const [least, most, step] = scale(attributes);
  const line = make("input", "slider__line");
  line.type = "range";
  line.min = String(least);
  line.max = String(most);
  line.step = String(step);
  const start = String(least + Math.round((most - least) / step / 2) * step);
  line.value = start;
  const given = values[0];
  if (given !== undefined && given !== "") line.value = given;
  line.setAttribute("aria-label", answering.name);
  const value = make("output", "slider__value");
  const draw = (answered: boolean): void => {
    const shown = shownNumber(Number(line.value));
    value.textContent = answered ? shown : "–";
    line.setAttribute("aria-valuetext", answered ? shown : `${words.noValue}, ${shown}`);
    line.classList.toggle("slider__line--given", answered);
    keep.draw(answered);
  };
  const take = (): void => {
    draw(true);
    answering.change([line.value]);
  };
  const keep = keeper(answering, "", take, () => {
    line.value = start;
    draw(false);
    answering.change([]);
  });
  const yes = keep.element.querySelector("button");
  if (yes) yes.textContent = words.keepValue(shownNumber(Number(start)));
  line.addEventListener("input", take);
  // A press that leaves the thumb where it stands says yes to that place, and sends no `input`.
  line.addEventListener("pointerup", take);
  const upright = attributes.orientation === "vertical";
  const holder = make("div", upright ? "slider slider--upright" : "slider", value, line, labels([least, most, step], attributes));
  const flipped = attributes.reverse === "true";
  if (upright) line.setAttribute("aria-orientation", "vertical");
  holder.classList.toggle("slider--flipped", flipped);
  draw(given !== undefined && given !== "");
  const element = framed(answering, { className: "sliding", title: `${name}. ${words.slider}` }, null, holder, keep.element);
  return { element, target: line };
}

type Scale = readonly [least: number, most: number, step: number];

function scale({ min = "0", max = "100", step = "1" }: Readonly<Record<string, string>>): Scale {
  const least = Number.isFinite(Number(min)) ? Number(min) : 0;
  const most = Number(max) > least ? Number(max) : least + 1;
  const by = Number(step);
  return [least, most, by > 0 && Number.isFinite(by) ? by : 1];
}

/** Every step where the author asks for it, or every second, third… where room is short; or the ends. */
function labels([least, most, step]: Scale, attributes: Readonly<Record<string, string>>): HTMLElement {
  const steps = Math.floor((most - least) / step + 1e-9);
  const strides = Array.from({ length: Math.min(steps, STRIDES) }, (_, index) => index + 1);
  const stride = attributes.labels === "true" ? strides.find((one) => steps % one === 0 && steps / one < LABELS) : undefined;
  const count = stride === undefined ? 1 : steps / stride;
  const row = make("span", "slider__labels");
  row.setAttribute("aria-hidden", "true");
  for (let index = 0; index <= count; index += 1) {
    const number = stride === undefined ? [least, most][index] ?? most : least + index * stride * step;
    row.append(make("span", "slider__label", shownNumber(Number(number.toFixed(9)))));
  }
  row.classList.toggle("slider__labels--long", (row.textContent ?? "").length > SHORT);
  return row;
}
