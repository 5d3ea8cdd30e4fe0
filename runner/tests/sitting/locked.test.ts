// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { locked } from "../../src/sitting/locked";
import type { Node as Markup } from "../../src/wire/booklet";
import type { Response } from "../../src/wire/interactions";
import { options, show } from "../render/drawing";

beforeEach(() => (document.documentElement.lang = "fr"));
afterEach(() => document.body.replaceChildren());

const PICTURE = { asset: "a1", width: "400", height: "300", alt: "Une carte" };
const WIDGETS: Record<string, [Markup[], Partial<Response>, string[], string]> = {
  order: [[["order", { response: "r1" }, ...options("c1", "c2", "c3")]],
    { interaction: "order", cardinality: "ordered", max_choices: 0 }, [], ".rank__grip"],
  "gap-match": [[["gap-match", { response: "r1" }, ["bank", {}, ...options("c1", "c2")], ["p", {}, ["gap", { value: "g1" }]]]],
    { interaction: "gap-match", base: "directed-pair", max_choices: 0 }, ["c1 g1"], ".chip"],
  hottext: [[["hottext", { response: "r1" }, ["p", {}, ["hot", { value: "c1" }, "un"], ["hot", { value: "c2" }, "deux"]]]],
    { interaction: "hottext", max_choices: 0 }, [], ".hot"],
  "select-point": [[["select-point", { response: "r1", ...PICTURE }]],
    { interaction: "select-point", base: "point", cardinality: "single" }, ["10 10"], ".figure"],
};

describe("a question whose time is up", () => {
  for (const [name, [body, given, values, handle]] of Object.entries(WIDGETS)) {
    it(`is read and not moved: ${name}`, () => {
      const { view, onChange, all, press, key } = show(body, given, values);
      document.body.replaceChildren(locked(view.element));
      const before = view.element.innerHTML;
      for (const element of all(`${handle}, [tabindex], button`)) {
        const at = { bubbles: true, cancelable: true, button: 0, isPrimary: true, clientX: 5, clientY: 5 };
        element.dispatchEvent(new PointerEvent("pointerdown", at));
        window.dispatchEvent(new PointerEvent("pointermove", { ...at, clientX: 80, clientY: 90 }));
        window.dispatchEvent(new PointerEvent("pointerup", { ...at, clientX: 80, clientY: 90 }));
        press(element);
        for (const named of ["Enter", " ", "ArrowRight", "Delete"]) key(element, named);
      }
      expect(view.element.innerHTML).toBe(before);
      expect(document.querySelector(".carried")).toBeNull();
      expect(onChange).not.toHaveBeenCalled();
    });
  }

  it("says of what is no field that it cannot be pressed", () => {
    const [body, given] = WIDGETS.hottext!;
    const { view, all } = show(body, given);
    locked(view.element);
    expect(all(".hot").every((word) => word.getAttribute("aria-disabled") === "true")).toBe(true);
  });
});
