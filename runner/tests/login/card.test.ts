import { describe, expect, test } from "vitest";
import vectors from "../../../tests/vectors/seal.json";
import { groupedCode, groupedNumber, readFragment, readPasted } from "../../src/login/card";

const number = vectors.numbers[0]?.number ?? "";
const shownNumber = vectors.numbers[0]?.shown ?? "";
const code = vectors.codes[0]?.code ?? "";
const shownCode = vectors.codes[0]?.shown ?? "";
const nothing = { campaign: null, number: null, code: null };

describe("the address", () => {
  test("a card's link holds campaign, number and code", () => {
    expect(readFragment(`#sixieme-2026/${number}/${code}`)).toEqual({ campaign: "sixieme-2026", number, code });
  });

  test("hyphens and lower case in it do no harm", () => {
    expect(readFragment(`#sixieme-2026/${shownNumber}/${shownCode.toLowerCase()}`)).toMatchObject({ number, code });
  });

  test("a campaign alone is enough; a wrong code is dropped, not passed on", () => {
    expect(readFragment("#sixieme-2026")).toEqual({ ...nothing, campaign: "sixieme-2026" });
    expect(readFragment(`#sixieme-2026/${number}/AAAA`)).toEqual({ campaign: "sixieme-2026", number, code: null });
  });

  test.each(["", "#", "#%E0%A4%A", "#../..", "#<b>/1/2", `#${"a".repeat(80)}`])("%s is nothing", (fragment) => {
    expect(readFragment(fragment)).toEqual(nothing);
  });
});

describe("pasting a whole card", () => {
  test.each([
    `Numéro ${shownNumber}\nCode ${shownCode}`,
    `${number} ${code}`,
    `${code}\t${number}`,
    `Évaluation 6e A — n° ${shownNumber.replace(/-/g, " ")}, code ${shownCode.toLowerCase()}.`,
  ])("%j", (text) => {
    expect(readPasted(text)).toMatchObject({ number, code });
  });

  test("its link brings the campaign too", () => {
    expect(readPasted(`https://exemple.fr/#sixieme-2026/${number}/${code}`)).toEqual({ campaign: "sixieme-2026", number, code });
  });

  test("half a card is pasted as it is", () => {
    expect(readPasted(shownNumber)).toBeNull();
    expect(readPasted(shownCode)).toBeNull();
  });
});

test("groups appear while somebody types", () => {
  expect(["1", "1234", "12345678", "123456789"].map(groupedNumber)).toEqual(["1", "123-4", "123-456-78", "123-456-789"]);
  expect(["ab", "ab1c2", "ab1c2d3e4f5g"].map(groupedCode)).toEqual(["AB", "AB1C-2", "AB1C-2D3E-4F5G"]);
  expect(groupedNumber("12a")).toBe("12a");
});
