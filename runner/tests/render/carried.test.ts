// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fits } from "../../src/render/inline";
import { renderNodes } from "../../src/render/nodes";
import { renderPreview } from "../../src/render/preview";
import { sentences } from "../../src/render/speech";
import { drawsFormulas } from "../../src/render/spoken";
import { measure } from "../../src/render/vocabulary";
import type { Node as Markup } from "../../src/wire/booklet";
import { options, response, show } from "./drawing";

beforeEach(() => (document.documentElement.lang = "fr"));
afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

const CONTEXT = { language: "fr", assetUrl: async () => "blob:x" };
const draw = (nodes: Markup[], more: object = {}): HTMLElement => {
  const box = document.createElement("div");
  box.append(renderNodes(nodes, { ...CONTEXT, ...more }));
  return box;
};

describe("a shared text", () => {
  it("is drawn where it is asked for, once deep", () => {
    const shared = { stimuli: { s1: { body: [["p", {}, "Il était"], ["stimulus", { ref: "s1" }]] as Markup[], language: "en" } } };
    const box = draw([["stimulus", { ref: "s1" }], ["stimulus", { ref: "s9" }]], { shared });
    expect(box.querySelectorAll(".q-stimulus")).toHaveLength(1);
    expect(box.querySelector<HTMLElement>(".q-stimulus")?.lang).toBe("en");
    expect(box.textContent).toBe("Il était");
  });
});

describe("a catalog", () => {
  const shared = {
    catalogs: { t1: [
      { support: "glossary-on-screen" as const, language: "", content: ["un sens"] as Markup[] },
      { support: "keyword-translation" as const, language: "en", content: ["a word"] as Markup[] },
    ] },
  };
  const word: Markup[] = [["p", {}, ["span", { catalog: "t1" }, "mot"]]];

  it("explains a word behind a button that says what it is", () => {
    const box = draw(word, { shared });
    const button = box.querySelector("button");
    expect(button?.getAttribute("aria-label")).toBe("mot : explication");
    expect(box.querySelector<HTMLElement>(".explain__panel")?.hidden).toBe(true);
    button?.click();
    expect(button?.getAttribute("aria-expanded")).toBe("true");
    expect(box.querySelector(".explain__panel")?.textContent).toContain("un sens");
    expect(box.querySelector("[lang=en]")?.textContent).toBe("a word");
    expect(box.querySelector(".explain__panel")?.textContent).toContain("Traduction (anglais)");
  });

  it("gives only the supports that this pupil is given", () => {
    expect(draw(word, { shared, supports: new Set(["keyword-translation"]) }).textContent).not.toContain("un sens");
    expect(draw(word, { shared, supports: new Set() }).querySelector("button")).toBeNull();
  });

  it("stands beside an option, not in its label", () => {
    const { all } = show([["choice", { response: "r1" }, ["option", { value: "c1" }, ["span", { catalog: "t1" }, "mot"]]]], { max_choices: 0 }, [], { shared });
    expect(all("label button")).toHaveLength(0);
    expect(all("label + .choice-help button").map((button) => button.getAttribute("aria-label"))).toEqual(["mot : explication"]);
    expect(all(".choice-help > span")).toHaveLength(1);
  });
});

describe("reading aloud", () => {
  const speak = (voices: { lang: string; localService: boolean }[]) => {
    const spoken: string[] = [];
    vi.stubGlobal("SpeechSynthesisUtterance", class { constructor(readonly text: string) {} });
    vi.stubGlobal("speechSynthesis", { getVoices: () => voices, cancel: () => undefined, speak: (said: { text: string }) => spoken.push(said.text) });
    return spoken;
  };
  const ask = () => show([["p", {}, "Une phrase."], ["choice", { response: "r1" }, ...options("c1")]], { max_choices: 0 }, [], { readAloud: true });

  it("is not offered where every voice would send the question out", () => {
    speak([{ lang: "fr-FR", localService: false }]);
    expect(ask().all<HTMLElement>(".reader")[0]?.hidden).toBe(true);
  });

  it("reads the text and the answers with a voice of the device", () => {
    const spoken = speak([{ lang: "en-GB", localService: true }, { lang: "fr_FR", localService: true }]);
    const { all, press } = ask();
    expect(all<HTMLElement>(".reader")[0]?.hidden).toBe(false);
    press(all(".reader")[0]);
    expect(spoken.join(" ")).toContain("Une phrase.");
    expect(spoken.join(" ")).toContain("mot c1");
  });

  it("breaks long texts where one would breathe", () => {
    expect(sentences("Un. Deux ! Trois")).toEqual(["Un.", "Deux !", "Trois"]);
    expect(Math.max(...sentences("mot ".repeat(200)).map(({ length }) => length))).toBeLessThanOrEqual(200);
  });
});

describe("formulas", () => {
  it("are read out in one line where the browser cannot draw them", () => {
    expect(drawsFormulas("Mozilla/5.0 Chrome/80.0.3987 Safari/537.36")).toBe(false);
    expect(drawsFormulas("Mozilla/5.0 Chrome/109.0 Safari/537.36")).toBe(true);
    expect(drawsFormulas("Mozilla/5.0 (X11) Gecko/20100101 Firefox/115.0")).toBe(true);
    vi.stubGlobal("navigator", { userAgent: "Chrome/80.0" });
    const box = draw([["math", {}, ["mfrac", {}, ["mn", {}, "1"], ["mn", {}, "2"]]]]);
    expect(box.textContent).toBe("1/2");
    expect(box.querySelector("math")).toBeNull();
  });

  it("carry the author's own words for them", () => {
    expect(draw([["math", { alttext: "un demi" }, ["mn", {}, "½"]]]).querySelector("math")?.getAttribute("aria-label")).toBe("un demi");
  });
});

describe("a form that is asked of a text", () => {
  it("is a hint, and never takes long", () => {
    expect(fits("12-34", "[0-9]{2}-[0-9]{2}")).toBe(true);
    expect(fits("12-3", "[0-9]{2}-[0-9]{2}")).toBe(false);
    expect(fits("x", "(")).toBe(true);
    expect(fits("a".repeat(40) + "!", "(a+)+")).toBe(true);
    expect(fits("", "a")).toBe(true);
  });

  it("is told in the author's words, the text kept all the same", () => {
    const { all, reported } = show([["p", {}, "Code ", ["text-entry", { response: "r1", class: "qti-input-width-6" }]]], {
      interaction: "text-entry", cardinality: "single", base: "string", pattern: "[A-Z]{2}", pattern_message: "Deux majuscules.",
    });
    const box = all<HTMLInputElement>("input")[0]!;
    expect(box.size).toBe(6);
    box.value = "abc";
    box.dispatchEvent(new Event("input"));
    box.dispatchEvent(new Event("change"));
    expect(reported()).toEqual(["abc"]);
    expect(all<HTMLElement>(".blank-note")[0]?.textContent).toBe("Deux majuscules.");
  });
});

describe("the shared vocabulary", () => {
  it("has numbers only where they are sane", () => {
    expect(measure("x qti-input-width-20", "qti-input-width")).toBe(20);
    expect(measure("qti-input-width-9999", "qti-input-width")).toBeNull();
    expect(measure(undefined, "qti-input-width")).toBeNull();
  });

  it("letters options and sets them side by side", () => {
    const { all } = show([["choice", { response: "r1", class: "qti-labels-upper-alpha qti-choices-stacking-2" }, ...options("c1")]], { max_choices: 0 });
    expect(all(".choices__list")[0]?.className).toBe("choices__list q-labels-upper q-stack-2");
  });
});

describe("every interaction looked at", () => {
  it.each([
    [["order", { response: "r1" }, ...options("c1")], "mot c1"],
    [["match", { response: "r1" }, ["set", {}, ...options("c1")], ["set", {}, ...options("d1")]], "mot c1mot d1"],
    [["gap-match", { response: "r1" }, ["bank", {}, ...options("c1")], ["p", {}, "Le ", ["gap", { value: "g1" }]]], "mot c1Le …"],
    [["hottext", { response: "r1" }, ["p", {}, "Le ", ["hot", { value: "c1" }, "chat"]]], "Le chat"],
    [["slider", { response: "r1", min: "1", max: "9" }], "1 – 9"],
    [["end-attempt", { response: "r1", title: "Aide" }], "Aide"],
  ] as [Markup, string][])("%j shows its words and nothing to press", (tree, text) => {
    const item = { id: "i1", label: "1", body: [tree], responses: [response({})] };
    const preview = renderPreview(item, CONTEXT);
    expect(preview.textContent).toBe(text);
    expect(preview.querySelector("button, input, [tabindex], [role]")).toBeNull();
  });
});

describe("a French text", () => {
  it("keeps its signs on the line of their word", () => {
    expect(draw([["p", {}, "« Quoi ? »"]]).textContent).toBe("«\u00a0Quoi\u00a0?\u00a0»");
    expect(draw([["p", {}, "What ?"]], { language: "en" }).textContent).toBe("What ?");
  });
});
