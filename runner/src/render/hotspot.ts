import { drawn, figure, middle, nameOf, spotsOf } from "./figure";
import { framed } from "./frame";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import { attributesOf } from "./nodes";
import { note } from "./note";
import { isSingle, pressable, selection } from "./selection";
import { classes } from "./vocabulary";

/** Areas of a picture to choose among. */
export function hotspot(answering: Answering): Control {
  const { tree, words } = answering;
  const single = isSingle(answering);
  const said = note(answering, "answers", single ? words.one : answering.response.max_choices === 0 ? words.several : "");
  const shown = figure(answering);
  const spots = spotsOf(tree);
  const groups = new Map<string, SVGGElement>();
  const ticks = new Map<string, HTMLElement>();
  const names = new Map<string, string>();
  spots.forEach((spot, index) => {
    const group = drawn(spot, shown);
    const name = nameOf(spot, index, shown, answering);
    group.setAttribute("aria-label", name);
    names.set(spot.value, name);
    groups.set(spot.value, group);
    const tick = make("span", "tick", "✓");
    tick.setAttribute("aria-hidden", "true");
    shown.pin(tick, ...middle(spot, shown));
    ticks.set(spot.value, tick);
  });
  // The one that is everywhere lies under the others, or nothing else could be pressed.
  const bottom = spots.filter(({ shape }) => shape === "default");
  for (const spot of [...bottom, ...spots.filter((one) => !bottom.includes(one))]) {
    shown.layer.append(groups.get(spot.value) as SVGGElement);
  }
  if (classes(attributesOf(tree).class).includes("q-spots-hidden")) shown.element.classList.add("figure--bare");
  if (single) {
    shown.layer.setAttribute("role", "radiogroup");
    shown.layer.setAttribute("aria-label", words.hotspot);
  }
  const told = make("p", "answer-note figure__told");
  const mark = pressable(groups, single, (value, moment) => chosen.press(value, moment));
  const chosen = selection(answering, [...groups.keys()], said, (values) => {
    mark(values);
    for (const [value, tick] of ticks) tick.hidden = !values.includes(value);
    told.textContent = values.length ? words.chosenSpots(values.map((value) => names.get(value)).join(" ; ")) : "\u00a0";
  });
  const element = framed(answering, { className: "hotspots", title: words.hotspot }, said, shown.element, told);
  return { element, target: groups.values().next().value ?? element };
}
