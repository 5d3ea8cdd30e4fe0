import { describe, expect, test } from "vitest";
import { catalogues, filled, type Phrase } from "../../src/words";

const areas = Object.entries(catalogues);
const gapsOf = (phrase: Phrase): string[] =>
  [...new Set(JSON.stringify(phrase).match(/\{[a-z]+\}/g) ?? [])].sort();

describe.each(areas)("the words of %s", (_area, book) => {
  test("both languages have the same keys", () => {
    expect(Object.keys(book.en).sort()).toEqual(Object.keys(book.fr).sort());
  });

  test("both languages have the same gaps and plural forms", () => {
    for (const [key, french] of Object.entries(book.fr) as [keyof typeof book.fr, Phrase][]) {
      const english = book.en[key] as Phrase;
      expect([key, gapsOf(english)]).toEqual([key, gapsOf(french)]);
      expect([key, typeof english]).toEqual([key, typeof french]);
    }
  });

  test("nothing is empty", () => {
    for (const language of [book.fr, book.en]) {
      for (const phrase of Object.values(language) as Phrase[]) {
        for (const text of typeof phrase === "string" ? [phrase] : Object.values(phrase)) {
          expect(text.trim()).not.toBe("");
        }
      }
    }
  });
});

test("plural forms follow the language: nought is singular in French, plural in English", () => {
  const fr = { one: "{count} réponse", other: "{count} réponses" };
  const en = { one: "{count} answer", other: "{count} answers" };
  expect([0, 1, 2].map((count) => filled(fr, "fr", { count }))).toEqual(["0\u00a0réponse", "1\u00a0réponse", "2\u00a0réponses"]);
  expect([0, 1, 2].map((count) => filled(en, "en", { count }))).toEqual(["0\u00a0answers", "1\u00a0answer", "2\u00a0answers"]);
});

test("a French line never begins with a sign", () => {
  expect(filled("Reste : « fin » ?", "fr", {})).toBe("Reste\u00a0: «\u00a0fin\u00a0»\u00a0?");
});
