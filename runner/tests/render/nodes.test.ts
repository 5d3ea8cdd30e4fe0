// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { renderNodes } from "../../src/render/nodes";
import { MATH_NAMESPACE } from "../../src/render/vocabulary";
import type { Node as Markup } from "../../src/wire/booklet";

const context = { language: "fr", assetUrl: async (id: string) => `blob:test/${id}` };

function rendered(...nodes: unknown[]): HTMLElement {
  const holder = document.createElement("div");
  holder.append(renderNodes(nodes as Markup[], context));
  return holder;
}

describe("hostile markup", () => {
  it("drops elements that act, with all they hold", () => {
    for (const name of ["script", "style", "iframe", "object", "template", "svg", "link", "base", "form"]) {
      const out = rendered(["p", {}, "avant", [name, { src: "x" }, "alert(1)"], "après"]);
      expect(out.textContent).toBe("avantaprès");
      expect(out.querySelector(name)).toBeNull();
    }
  });

  it("keeps the text of unknown elements", () => {
    expect(rendered(["x-foo", { onclick: "alert(1)" }, ["em", {}, "mot"]]).innerHTML).toBe("<em>mot</em>");
    expect(rendered(["a", { href: "javascript:alert(1)" }, "lien"]).innerHTML).toBe("lien");
  });

  it("drops event handlers, styles, ids, addresses and unknown classes", () => {
    const out = rendered([
      "p",
      { onclick: "x()", onMouseOver: "x()", style: "position:fixed", id: "CORRECT", href: "javascript:x", class: "button qti-align-center", "data-x": "1", slot: "a", is: "x-y" },
      "texte",
    ]);
    expect(out.innerHTML).toBe('<p class="q-center qti-align-center">texte</p>');
  });

  it("never reads text as markup", () => {
    const out = rendered("<img src=x onerror=alert(1)>", ["p", {}, "&lt;b&gt;<b>"]);
    expect(out.querySelector("img, b")).toBeNull();
    expect(out.textContent).toBe("<img src=x onerror=alert(1)>&lt;b&gt;<b>");
  });

  it("never fetches what is not an opened asset", async () => {
    const holder = document.createElement("div");
    const away = { language: "fr", assetUrl: async () => "https://example.org/pixel.png" };
    holder.append(renderNodes([["img", { asset: "a1", alt: "une carte", src: "https://example.org/" }]], away));
    await Promise.resolve();
    await Promise.resolve();
    expect(holder.querySelector("img")).toBeNull();
    expect(holder.textContent).toBe("Image indisponible : une carte");
  });

  it("drops values that are no words, numbers or lengths", () => {
    const out = rendered(["table", {}, ["tr", {}, ["td", { colspan: "99999999" }, "a"], ["td", { colspan: "2" }, "b"]]]);
    expect(out.querySelectorAll("[colspan]")).toHaveLength(1);
    expect(rendered(["math", { width: "expression(alert(1))" }]).innerHTML).not.toContain("expression");
  });

  it("survives malformed and bottomless trees", () => {
    let deep: unknown = "fond";
    for (let level = 0; level < 20_000; level += 1) deep = ["div", {}, deep];
    const out = rendered(null, 3, [], [1, {}], ["p"], ["p", null, "a"], ["p", "b", "c"], ["constructor", {}, "d"], deep);
    expect(out.textContent).toBe("acd");
  });
});

describe("markup", () => {
  it("builds formulas in their own namespace", () => {
    const out = rendered(["math", {}, ["mfrac", {}, ["mn", {}, "1"], ["mn", {}, "2"]]]);
    const fraction = out.querySelector("mfrac");
    expect(fraction?.namespaceURI).toBe(MATH_NAMESPACE);
    expect(fraction?.children).toHaveLength(2);
  });

  it("shows the meaning of a formula once", () => {
    const out = rendered(["math", {}, ["semantics", {}, ["mrow", {}, ["mi", {}, "x"]], ["annotation", {}, "x tex"]]]);
    expect(out.textContent).toBe("x");
  });

  it("draws fences that browsers gave up", () => {
    const out = rendered(["math", {}, ["mfenced", { open: "[" }, ["mi", {}, "x"], ["mi", {}, "y"]]]);
    expect(out.textContent).toBe("[x,y)");
  });

  it("leaves no gap between headings and starts under the page's own", () => {
    const out = rendered(["h2", {}, "a"], ["h5", {}, "b"]);
    expect([...out.children].map((child) => child.tagName)).toEqual(["H2", "H3"]);
  });

  it("keeps captions, scopes and spans of a table", () => {
    const out = rendered(["table", {}, ["caption", {}, "Prix"], ["tr", {}, ["th", { scope: "row", colspan: "2" }, "pain"]]]);
    expect(out.querySelector("caption")?.textContent).toBe("Prix");
    expect(out.querySelector("th")?.getAttribute("scope")).toBe("row");
    expect(out.querySelector("th")?.getAttribute("colspan")).toBe("2");
  });

  it("shows an opened picture with its alternative text, and a button to enlarge it", async () => {
    const out = rendered(["img", { asset: "a1", alt: "une carte", width: "300" }]);
    await Promise.resolve();
    const image = out.querySelector("img");
    expect(image?.src).toBe("blob:test/a1");
    expect(image?.alt).toBe("une carte");
    expect(out.querySelector("button")?.getAttribute("aria-label")).toBe("une carte (agrandir l’image)");
  });

  it("leaves a picture without alternative text out of the way of a screen reader", () => {
    const out = rendered(["img", { asset: "a1", alt: "" }]);
    expect(out.querySelector("button")).toBeNull();
    expect(out.querySelector("img")?.getAttribute("alt")).toBe("");
  });
});
