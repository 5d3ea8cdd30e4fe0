// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { middle } from "../../src/render/figure";
import type { Node as Markup } from "../../src/wire/booklet";
import { show } from "./drawing";

beforeEach(() => (document.documentElement.lang = "fr"));
afterEach(() => document.body.replaceChildren());

const PICTURE = { response: "r1", asset: "a1", width: "300", height: "150", alt: "Une carte" };
const spot = (value: string, shape: string, coords: string, label = "", most = "1"): Markup => [
  "spot", { value, shape, coords, label, most },
];
const SPOTS = [
  spot("s1", "circle", "20,20,10", "Lyon"),
  spot("s2", "rect", "250,100,290,140"),
  spot("s3", "poly", "100,50,200,50,150,100"),
];

describe("areas of a picture", () => {
  const body: Markup[] = [["hotspot", PICTURE, ...SPOTS]];

  it("have a name each: the author's, or where they are", () => {
    const { all } = show(body, { interaction: "hotspot", max_choices: 2 });
    expect(all(".spot").map((group) => group.getAttribute("aria-label"))).toEqual([
      "Lyon", "Zone 2, en bas à droite", "Zone 3, au centre",
    ]);
    expect(all(".spot").map((group) => group.getAttribute("role"))).toEqual(Array(3).fill("checkbox"));
  });

  it("are chosen by key and by press, and reported in their order", () => {
    const { all, key, press, reported } = show(body, { interaction: "hotspot", max_choices: 0 });
    key(all(".spot")[2], " ");
    press(all(".spot")[0]);
    expect(reported()).toEqual(["s1", "s3"]);
    expect(all(".figure__told")[0]?.textContent).toBe("Choisi : Lyon ; Zone 3, au centre");
  });

  it("are one stop of the Tab key where one is asked, arrows walking them", () => {
    const { all, key, reported } = show(body, { interaction: "hotspot", cardinality: "single", max_choices: 1 });
    expect(all(".spot[tabindex='0']")).toHaveLength(1);
    key(all(".spot")[0], "ArrowLeft");
    expect(document.activeElement).toBe(all(".spot")[2]);
    expect(reported()).toBeUndefined();
    key(all(".spot")[2], "Enter");
    expect(reported()).toEqual(["s3"]);
  });

  it("lie over the one that is everywhere", () => {
    const { all } = show([["hotspot", PICTURE, ...SPOTS, spot("s4", "default", "")]], { interaction: "hotspot" });
    expect(all(".figure__layer > .spot")[0]?.querySelector("rect")?.getAttribute("width")).toBe("300");
  });

  it("know their middle", () => {
    const at = (shape: string, coords: number[]) =>
      middle({ value: "", shape, coords, label: "", tree: ["spot", {}] }, { width: 300, height: 150 });
    expect(at("poly", [0, 0, 10, 0, 10, 20, 0, 20])).toEqual([5, 10]);
    expect(at("ellipse", [7, 8, 2, 3])).toEqual([7, 8]);
    expect(at("default", [])).toEqual([150, 75]);
  });
});

describe("labels on a picture", () => {
  const body: Markup[] = [
    ["graphic-gap-match", PICTURE,
      ["bank", {}, ["option", { value: "c1", most: "2" }, "Rhône"], ["option", { value: "c2", most: "1" }, "Loire"]],
      spot("s1", "circle", "20,20,10", "Lyon", "2"), spot("s2", "rect", "250,100,290,140", "Nantes")],
  ];
  const pairs = { interaction: "graphic-gap-match", base: "directed-pair", max_choices: 0 } as const;

  it("are placed, listed in words, and taken back from the list", () => {
    const { all, key, press, named, reported } = show(body, pairs);
    press(all(".chip")[0]);
    key(all(".spot")[0], "Enter");
    expect(reported()).toEqual(["c1 s1"]);
    expect(all(".spot")[0]?.getAttribute("aria-label")).toBe("Lyon : Rhône");
    press(named("Reprendre Rhône (Lyon)"));
    expect(reported()).toEqual([]);
  });

  it("stand two on a spot that holds two, and one gives way where one is held", () => {
    const { all, press, reported } = show(body, pairs, ["c1 s1", "c1 s2"]);
    press(all(".chip")[1]);
    press(all(".spot")[0]);
    expect(reported()).toEqual(["c1 s1", "c2 s1", "c1 s2"]);
    press(all(".chip")[1]);
    press(all(".spot")[1]);
    expect(reported()).toEqual(["c1 s1", "c2 s2"]);
  });
});

describe("a point on a picture", () => {
  const body: Markup[] = [["select-point", PICTURE]];
  const point = { interaction: "select-point", base: "point", cardinality: "single" } as const;

  it("is aimed at with arrows, every step spoken, and marked", () => {
    const { all, key, said, reported } = show(body, point);
    const area = all("[role=application]")[0];
    key(area, "ArrowRight");
    expect(said()).toBe("158 à droite, 75 vers le bas");
    key(area, "ArrowUp", { shiftKey: true });
    expect(reported()).toBeUndefined();
    key(area, "Enter");
    expect(reported()).toEqual(["158 74"]);
  });

  it("never leaves the picture", () => {
    const { all, key, reported } = show(body, point, ["2 149"]);
    const area = all("[role=application]")[0];
    key(area, "ArrowLeft");
    key(area, "ArrowDown");
    key(area, "Enter");
    expect(reported()).toEqual(["0 150"]);
  });

  it("is where it was pressed, in the picture's own pixels", () => {
    const { all, reported } = show(body, point);
    const area = all("[role=application]")[0] as HTMLElement;
    area.getBoundingClientRect = () => ({ left: 10, top: 20, width: 600, height: 300 }) as DOMRect;
    area.dispatchEvent(new MouseEvent("click", { clientX: 210, clientY: 120, bubbles: true }));
    expect(reported()).toEqual(["100 50"]);
  });

  it("moves pixel by pixel, and goes again", () => {
    const { named, press, reported } = show(body, point, ["100 50"]);
    press(named("Vers la gauche"));
    press(named("Vers le bas"));
    expect(reported()).toEqual(["99 51"]);
    press(named("Retirer le point 1"));
    expect(reported()).toEqual([]);
  });
});

describe("words of a text", () => {
  const body: Markup[] = [
    ["hottext", { response: "r1" }, ["p", {}, "Le ", ["hot", { value: "c1" }, "chat"], " ", ["hot", { value: "c2" }, "dort"], "."]],
  ];

  it("keep their sentence and are chosen in it", () => {
    const { all, key, reported } = show(body, { interaction: "hottext", max_choices: 0 });
    expect(all("p").some((line) => line.textContent === "Le chat dort.")).toBe(true);
    key(all(".hot")[1], "Enter");
    expect(reported()).toEqual(["c2"]);
    expect(all(".hot").map((word) => word.getAttribute("aria-checked"))).toEqual(["false", "true"]);
  });
});

describe("a place on a line", () => {
  const body: Markup[] = [["slider", { response: "r1", min: "0", max: "2", step: "0.5", labels: "true" }]];
  const number = { interaction: "slider", cardinality: "single", base: "float" } as const;

  it("is no answer until it is touched", () => {
    const { all, onChange } = show(body, number);
    const line = all<HTMLInputElement>("input")[0];
    expect(line?.getAttribute("aria-valuetext")).toContain("Pas encore répondu");
    expect(all("output")[0]?.textContent).toBe("–");
    expect(onChange).not.toHaveBeenCalled();
  });

  it("reports the number with a point and shows it with a comma", () => {
    const { all, reported } = show(body, number);
    const line = all<HTMLInputElement>("input")[0]!;
    line.value = "1.5";
    line.dispatchEvent(new Event("input"));
    expect(reported()).toEqual(["1.5"]);
    expect(all("output")[0]?.textContent).toBe("1,5");
    expect(all(".slider__label").map(({ textContent }) => textContent)).toEqual(["0", "0,5", "1", "1,5", "2"]);
  });

  it("counts where it stands when that is kept, and is taken back", () => {
    const { all, press, reported } = show(body, number);
    const [keep, clear] = all("button");
    press(keep);
    expect(reported()).toEqual(["1"]);
    press(clear);
    expect(reported()).toEqual([]);
  });
});

describe("a recording with a limit", () => {
  const body: Markup[] = [
    ["media", { response: "r1", "min-plays": "1", "max-plays": "2" }, ["audio", { asset: "a1" }, ["track", { asset: "a2", srclang: "fr" }]]],
  ];
  const plays = { interaction: "media", cardinality: "single", base: "integer" } as const;
  const happens = (player: HTMLMediaElement | undefined, ...events: string[]): void =>
    events.forEach((event) => player?.dispatchEvent(new Event(event)));

  it("has no controls that could turn it back, and its subtitles are on", () => {
    const { all } = show(body, plays);
    expect(all<HTMLAudioElement>("audio")[0]?.controls).toBe(false);
    expect(all<HTMLTrackElement>("track")[0]?.default).toBe(true);
    expect(all("[aria-pressed=true]")[0]?.textContent).toBe("Sous-titres");
  });

  it("counts a play when it begins, its pauses not again", () => {
    const { all, reported } = show(body, plays);
    const player = all<HTMLAudioElement>("audio")[0];
    happens(player, "play", "pause", "play", "ended");
    expect(reported()).toEqual(["1"]);
    happens(player, "play");
    expect(reported()).toEqual(["2"]);
  });

  it("plays no third time, whatever key asks for it", () => {
    const { all, onChange } = show(body, plays, ["2"]);
    const player = all<HTMLAudioElement>("audio")[0]!;
    const pause = vi.spyOn(player, "pause");
    expect(all(".plays__button")[0]?.getAttribute("aria-disabled")).toBe("true");
    happens(player, "play");
    expect(pause).toHaveBeenCalled();
    expect(onChange).not.toHaveBeenCalled();
  });

  it("leaves the browser's controls where there is none", () => {
    const film: Markup[] = [["media", { response: "r1" }, ["video", { asset: "a1", poster: "a2" }]]];
    const { all } = show(film, plays);
    expect(all<HTMLVideoElement>("video")[0]?.controls).toBe(true);
    expect(all(".plays__button")).toHaveLength(0);
  });
});

describe("a button of the author's", () => {
  it("is pressed, and taken back", () => {
    const { all, press, reported } = show([["p", {}, ["end-attempt", { response: "r1", title: "Aide" }]]], { interaction: "end-attempt", cardinality: "single", base: "boolean" });
    const button = all("button")[0];
    expect(button?.textContent).toBe("Aide");
    press(button);
    expect(reported()).toEqual(["true"]);
    expect(button?.getAttribute("aria-pressed")).toBe("true");
    press(button);
    expect(reported()).toEqual([]);
  });
});
