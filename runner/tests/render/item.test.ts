// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { arranged } from "../../src/render/choice";
import { isNumber, textValues } from "../../src/render/inline";
import { renderItem } from "../../src/render/item";
import { renderPreview } from "../../src/render/preview";
import type { Item, Node as Markup, Response } from "../../src/wire/booklet";

function response(id: string, given: Partial<Response> = {}): Response {
  return {
    id, interaction: "choice", cardinality: "single", base: "identifier", max_choices: 1,
    min_choices: 0, shuffle: false, expected_length: null, keys: [], ...given,
  };
}

const options = (...values: string[]): Markup[] => values.map((value) => ["option", { value }, `texte ${value}`]);

function show(body: Markup[], responses: Response[], given: Record<string, string[]> = {}, order = (_: string, list: string[]): string[] | Promise<string[]> => list) {
  const onChange = vi.fn<(id: string, values: string[]) => void>();
  const item: Item = { id: "i1", label: "1", body, responses };
  const view = renderItem(item, { language: "fr", responses: given, onChange, order, assetUrl: async () => "blob:x" });
  document.body.replaceChildren(view.element);
  const all = <T extends Element>(selector: string): T[] => [...view.element.querySelectorAll<T>(selector)];
  return { view, onChange, all, item };
}

const labels = (marks: HTMLInputElement[]): string[] => marks.map((mark) => mark.value);

/** A click at a moment of our own: no test waits. */
function clickAt(mark: HTMLInputElement, moment: number): void {
  const event = new MouseEvent("click", { bubbles: true, cancelable: true });
  Object.defineProperty(event, "timeStamp", { value: moment });
  mark.dispatchEvent(event);
}

beforeEach(() => (document.documentElement.lang = "fr"));
afterEach(() => document.body.replaceChildren());

describe("every control", () => {
  it("stands in a form that the browser does not remember, and that sends nothing", () => {
    const body: Markup[] = [
      ["choice", { response: "r1" }, ...options("c1", "c2")],
      ["p", {}, ["text-entry", { response: "r2" }]],
      ["extended-text", { response: "r3" }],
      ["p", {}, ["inline-choice", { response: "r4" }, ...options("c1", "c2")]],
    ];
    const { all } = show(body, [
      response("r1"),
      response("r2", { interaction: "text-entry", base: "string" }),
      response("r3", { interaction: "extended-text", base: "string" }),
      response("r4", { interaction: "inline-choice" }),
    ]);
    const controls = all<HTMLInputElement>("input, select, textarea");
    expect(controls).toHaveLength(5);
    expect(controls.map((control) => control.form?.getAttribute("autocomplete"))).toEqual(Array(5).fill("off"));
    const sent = new Event("submit", { bubbles: true, cancelable: true });
    controls[0]?.form?.dispatchEvent(sent);
    expect(sent.defaultPrevented).toBe(true);
    expect(all("textarea")[0]?.getAttribute("spellcheck")).toBe("false");
  });
});

describe("a single choice", () => {
  const body: Markup[] = [["choice", { response: "r1" }, ["prompt", {}, "Laquelle ?"], ...options("c1", "c2", "c3")]];

  it("stands in a named group, whole rows being labels", () => {
    const { all } = show(body, [response("r1")]);
    expect(all("legend")[0]?.textContent).toBe("Laquelle\u00a0?");
    expect(all("label input[type=radio]")).toHaveLength(3);
  });

  it("reports the option chosen, and nothing but it", () => {
    const { all, onChange } = show(body, [response("r1")]);
    const marks = all<HTMLInputElement>("input");
    clickAt(marks[0]!, 1000);
    clickAt(marks[2]!, 5000);
    expect(onChange.mock.calls).toEqual([["r1", ["c1"]], ["r1", ["c3"]]]);
    expect(marks.map((mark) => mark.checked)).toEqual([false, false, true]);
  });

  it("is taken back by a second click", () => {
    const { all, onChange } = show(body, [response("r1")], { r1: ["c2"] });
    const mark = all<HTMLInputElement>("input")[1]!;
    expect(mark.checked).toBe(true);
    clickAt(mark, 9000);
    expect(onChange).toHaveBeenLastCalledWith("r1", []);
    expect(mark.checked).toBe(false);
  });

  it("survives a double click", () => {
    const { all, onChange } = show(body, [response("r1")]);
    const mark = all<HTMLInputElement>("input")[1]!;
    clickAt(mark, 1000);
    clickAt(mark, 1150);
    expect(onChange.mock.calls).toEqual([["r1", ["c2"]]]);
    expect(mark.checked).toBe(true);
  });

  it("is cleared by its button, which keeps the focus in the group", () => {
    const { all, onChange } = show(body, [response("r1")], { r1: ["c2"] });
    const clear = all<HTMLButtonElement>("button")[0]!;
    clear.click();
    expect(onChange).toHaveBeenLastCalledWith("r1", []);
    expect(document.activeElement).toBe(all("input")[1]);
    expect(clear.getAttribute("aria-disabled")).toBe("true");
  });
});

describe("a multiple choice", () => {
  const body: Markup[] = [["choice", { response: "r1" }, ...options("c1", "c2", "c3")]];
  const two = response("r1", { cardinality: "multiple", max_choices: 2 });

  it("refuses one too many, says so, and keeps what was chosen", () => {
    const { all, onChange } = show(body, [two], { r1: ["c1", "c3"] });
    const marks = all<HTMLInputElement>("input[type=checkbox]");
    clickAt(marks[1]!, 1);
    expect(onChange).not.toHaveBeenCalled();
    expect(marks.map((mark) => mark.checked)).toEqual([true, false, true]);
    expect(all("[role=status]")[0]?.textContent).toContain("2 réponses au plus");
    clickAt(marks[0]!, 2);
    clickAt(marks[1]!, 3);
    expect(onChange.mock.calls).toEqual([["r1", ["c3"]], ["r1", ["c2", "c3"]]]);
  });

  it("has no limit when max_choices is 0", () => {
    const { all, onChange } = show(body, [response("r1", { cardinality: "multiple", max_choices: 0 })]);
    all<HTMLInputElement>("input").forEach((mark, index) => clickAt(mark, index));
    expect(onChange).toHaveBeenLastCalledWith("r1", ["c1", "c2", "c3"]);
  });
});

describe("shuffled options", () => {
  const body: Markup[] = [
    ["choice", { response: "r1" }, ...options("c1", "c2", "c3"), ["option", { value: "c4", fixed: "true" }, "aucune"]],
  ];

  it("take the seat's order and leave fixed ones in place", () => {
    const order = (_: string, list: string[]) => (expect(list).toEqual(["c1", "c2", "c3"]), ["c3", "c1", "c2"]);
    const { all } = show(body, [response("r1", { shuffle: true })], {}, order);
    expect(labels(all("input"))).toEqual(["c3", "c1", "c2", "c4"]);
  });

  it("are not shown before their order is known, and are shown if it never is", async () => {
    let refuse = (): void => undefined;
    const waiting = new Promise<string[]>((_, reject) => (refuse = () => reject(new Error("none"))));
    const { all } = show(body, [response("r1", { shuffle: true })], {}, () => waiting);
    expect(all("input")).toHaveLength(0);
    refuse();
    await waiting.catch(() => undefined);
    await Promise.resolve();
    expect(labels(all("input"))).toEqual(["c1", "c2", "c3", "c4"]);
  });

  it("loses no option whatever the order says", () => {
    const listed = ["a", "b", "c"].map((value) => ({ value, fixed: value === "b", children: [] }));
    expect(arranged(listed, ["zz"]).map(({ value }) => value)).toEqual(["a", "b", "c"]);
    expect(arranged(listed, ["c", "a"]).map(({ value }) => value)).toEqual(["c", "b", "a"]);
  });
});

describe("answers in a sentence", () => {
  const body: Markup[] = [
    ["p", {}, "Le chat ", ["inline-choice", { response: "r1" }, ...options("c1", "c2")], " la souris et coûte ",
      ["text-entry", { response: "r2" }], " €."],
  ];
  const both = [
    response("r1", { interaction: "inline-choice" }),
    response("r2", { interaction: "text-entry", base: "float", expected_length: 5 }),
  ];

  it("are named by their place and their sentence", () => {
    const { all } = show(body, both);
    const sentence = "Le chat … la souris et coûte … €.";
    expect(all("select")[0]?.getAttribute("aria-label")).toBe(`Réponse 1 sur 2 : ${sentence}`);
    expect(all("input")[0]?.getAttribute("aria-label")).toBe(`Réponse 2 sur 2 : ${sentence}`);
  });

  it("are put back", () => {
    const { all } = show(body, both, { r1: ["c2"], r2: ["3,50"] });
    expect(all<HTMLSelectElement>("select")[0]?.value).toBe("c2");
    expect(all<HTMLInputElement>("input")[0]?.value).toBe("3,50");
  });

  it("report a pick, and its taking back", () => {
    const { all, onChange } = show(body, both);
    const select = all<HTMLSelectElement>("select")[0]!;
    for (const value of ["c1", ""]) {
      select.value = value;
      select.dispatchEvent(new Event("change"));
    }
    expect(onChange.mock.calls).toEqual([["r1", ["c1"]], ["r1", []]]);
  });

  it("keep what is typed, as typed, and hint gently at a number", () => {
    const { all, onChange } = show(body, both);
    const box = all<HTMLInputElement>("input")[0]!;
    const type = (text: string): void => {
      box.value = text;
      box.dispatchEvent(new Event("input"));
      box.dispatchEvent(new Event("change"));
    };
    type("trois");
    expect(all<HTMLElement>(".blank-note")[0]?.hidden).toBe(false);
    type(" 3,50");
    expect(onChange.mock.calls.map(([, values]) => values)).toEqual([["trois"], [" 3,50"]]);
    expect(all<HTMLElement>(".blank-note")[0]?.hidden).toBe(true);
    expect(box.value).toBe(" 3,50");
    expect(box.inputMode).toBe("decimal");
  });

  it("leave as NFC text, or as nothing", () => {
    expect(textValues("e\u0301te\u0301")).toEqual(["été"]);
    expect(textValues("  \n ")).toEqual([]);
  });

  it("knows French numbers", () => {
    for (const number of ["12", "-3", "−3", "3,5", "3.5", ",5", "12 000", "12\u202f000,25", ""]) expect(isNumber(number, "float")).toBe(true);
    for (const word of ["douze", "3,5,1", "1/2", "12 €"]) expect(isNumber(word, "float")).toBe(false);
    expect(isNumber("3,5", "integer")).toBe(false);
  });
});

describe("a long text", () => {
  it("counts characters as people see them and reports at each input", () => {
    const { all, onChange } = show([["p", {}, "Racontez."], ["extended-text", { response: "r1" }]], [response("r1", { interaction: "extended-text", base: "string" })]);
    const box = all<HTMLTextAreaElement>("textarea")[0]!;
    box.value = "Été 🙂";
    box.dispatchEvent(new Event("input"));
    expect(onChange).toHaveBeenLastCalledWith("r1", ["Été 🙂"]);
    expect(all(".essay__count")[0]?.textContent).toBe("5 caractères");
    expect(box.getAttribute("aria-label")).toBe("Réponse : Racontez.");
  });
});

describe("an item", () => {
  it("gives a response one control, and none to a response that it does not have", () => {
    const { all } = show([["text-entry", { response: "r1" }], ["text-entry", { response: "r1" }], ["text-entry", { response: "r9" }]], [response("r1", { interaction: "text-entry" })]);
    expect(all("input")).toHaveLength(1);
  });

  it("reports nothing once it is destroyed, and focuses its first answer before", () => {
    const { all, view, onChange } = show([["text-entry", { response: "r1" }]], [response("r1", { interaction: "text-entry" })]);
    view.focus();
    expect(document.activeElement).toBe(all("input")[0]);
    view.destroy();
    all("input")[0]!.dispatchEvent(new Event("input"));
    expect(onChange).not.toHaveBeenCalled();
  });

  it("can be looked at with nothing to press", () => {
    const { item } = show([["p", {}, "Texte ", ["text-entry", { response: "r1" }]], ["choice", { response: "r2" }, ...options("c1")]], []);
    const preview = renderPreview(item, { language: "fr", assetUrl: async () => "blob:x" });
    expect(preview.querySelector("input, button, select, textarea")).toBeNull();
    expect(preview.textContent).toContain("texte c1");
  });

  it("speaks English where the page does", () => {
    document.documentElement.lang = "en";
    const { all } = show([["choice", { response: "r1" }, ...options("c1")]], [response("r1")]);
    expect(all("legend")[0]?.textContent).toBe("Answer. Possible answers");
  });
});

describe("a text to read", () => {
  const text: Markup = ["div", { class: "qti-stimulus" }, ["p", {}, "Il était une fois."]];
  const question: Markup[] = [["p", {}, "Qui ?"], ["choice", { response: "r1" }, ...options("c1")]];

  it("stands beside its question, in the author's order", () => {
    const { view } = show([text, " ", ...question], [response("r1")]);
    expect(view.element.classList.contains("question--beside")).toBe(true);
    expect(view.element.querySelector(".q-beside p")?.textContent).toBe("Qui\u00a0?");
    expect(view.element.textContent).toMatch(/^\s*Il était une fois\.\s*Qui\s\?/);
  });

  it("stands alone where nothing is asked after it, or where it comes later", () => {
    expect(show([...question, text], [response("r1")]).view.element.classList.contains("question--beside")).toBe(false);
  });
});
