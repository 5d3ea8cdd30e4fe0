import { drawn, figure, middle, nameOf, spotsOf } from "./figure";
import { framed } from "./frame";
import { bankOf, withBank } from "./gapmatch";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import { limitedOptions, mostOf } from "./match";
import { note, within } from "./note";
import { Placing } from "./placing";

/** Labels, in words or pictures, to put on the spots of a picture. */
export function graphicGapMatch(answering: Answering): Control {
  const { tree, words } = answering;
  const said = note(within(answering, spotsOf(tree).reduce((sum, spot) => sum + mostOf(spot.tree), 0)), "pairs", words.placeHow);
  const placing = new Placing(answering, limitedOptions(bankOf(tree)), said);
  const shown = figure(answering);
  const names = new Map<string, string>();
  spotsOf(tree).forEach((spot, index) => {
    const group = drawn(spot, shown);
    const name = nameOf(spot, index, shown, answering);
    names.set(spot.value, name);
    group.setAttribute("role", "button");
    group.setAttribute("tabindex", "0");
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      if (!event.repeat) group.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    });
    const stack = make("span", "stuck");
    stack.setAttribute("aria-hidden", "true");
    shown.layer.append(group);
    shown.pin(stack, ...middle(spot, shown));
    placing.add({
      value: spot.value, element: group, name, most: mostOf(spot.tree),
      draw: (held, { waits, offered }) => {
        group.classList.toggle("spot--filled", held.length > 0);
        group.classList.toggle("spot--waits", waits);
        group.classList.toggle("spot--offered", offered);
        group.setAttribute("aria-label", `${name} : ${held.map((option) => placing.name(option)).join(", ") || words.empty}`);
        stack.replaceChildren(...held.map((option) => make("span", "stuck__label", placing.likeness(option))));
        if (held.length === 0) stack.replaceChildren(make("span", "stuck__number", String(index + 1)));
      },
    });
  });
  const list = make("ul", "placed");
  list.setAttribute("role", "list");
  list.setAttribute("aria-label", words.placedList);
  placing.drawn = (pairs) => {
    list.hidden = pairs.length === 0;
    list.replaceChildren(...pairs.map(([option, target]) => entry(answering, placing, option, target, names.get(target) ?? "")));
  };
  placing.start();
  const content = make("div", "placing__figure", shown.element, list);
  const element = framed(answering, { className: "graphic-gaps", title: words.bank }, said, withBank(answering, placing, content));
  return { element, target: placing.first };
}

/** What stands where, in words, and the way back: a label on a picture may be too small to press. */
function entry({ words }: Answering, placing: Placing, option: string, target: string, where: string): HTMLElement {
  const back = make("button", "rank__move rank__out", "×");
  back.type = "button";
  back.setAttribute("aria-label", words.takeBack(placing.name(option), where));
  back.title = words.takeBack(placing.name(option), where);
  back.addEventListener("click", () => {
    placing.takeBack(option, target);
    placing.first.focus();
  });
  const text = make("span", "pair__side");
  text.append(placing.likeness(option));
  const link = make("span", "pair__link", "→");
  link.setAttribute("aria-hidden", "true");
  return make("li", "pair", text, link, make("span", "placed__where", where), back);
}
