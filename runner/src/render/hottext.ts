import { framed } from "./frame";
import { flowOf } from "./gapmatch";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import { attributesOf, build, childrenOf, type Special } from "./nodes";
import { note } from "./note";
import { isSingle, pressable, selection } from "./selection";

/** Words of a text to choose among. They stay in their sentence and wrap with it. */
export function hottext(answering: Answering): Control {
  const { tree, words, place } = answering;
  const single = isSingle(answering);
  const said = note(answering, "answers", single ? words.one : answering.response.max_choices === 0 ? words.several : "");
  const hots = new Map<string, HTMLElement>();
  const special: Special = (node, inner) => {
    if (node[0] !== "hot") return place.special(node, inner);
    const element = make("span", "hot");
    element.append(build(childrenOf(node), { ...inner, quiet: true }));
    hots.set(attributesOf(node).value ?? "", element);
    return element;
  };
  const text = make("div", "hot-text q-block");
  text.append(build(flowOf(tree), { ...place, special }));
  if (single) {
    text.setAttribute("role", "radiogroup");
    text.setAttribute("aria-label", words.hottext);
  }
  const draw = pressable(hots, single, (value, moment) => chosen.press(value, moment));
  const chosen = selection(answering, [...hots.keys()], said, draw);
  const element = framed(answering, { className: "hottext", title: words.hottext }, said, text);
  return { element, target: hots.values().next().value ?? element };
}
