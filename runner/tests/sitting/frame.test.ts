// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";

import type { SavingStatus, SeatSession } from "../../src/session";
import { Frame, standing } from "../../src/sitting/frame";
import { setLanguage } from "../../src/words";

const calm: SavingStatus = { pending: 0, changes: 0, online: true, lastSavedMs: 1, problem: null };

describe("what the bar says of saving", () => {
  it("says saved only when every answer is on delivery's disk", () => {
    setLanguage("fr");
    expect(standing(calm, 0).text).toBe("Enregistré");
    expect(standing({ ...calm, pending: 1 }, 1).look).toBe("saving");
  });

  it("does not say saved while somebody is still typing", () => {
    expect(standing(calm, 1).look).toBe("saving");
  });

  it("counts the answers that wait for the network", () => {
    setLanguage("fr");
    expect(standing({ ...calm, online: false, pending: 1 }, 2).text).toMatch(/2.réponses gardées/);
  });
});

describe("the bar on a small screen", () => {
  it("keeps language and leaving behind one button that Escape closes", () => {
    setLanguage("fr");
    const session = { status: { value: calm }, now: () => 0 } as unknown as SeatSession;
    const { element } = new Frame({ session, unsavedAnswers: () => 0, leave: () => undefined });
    document.body.replaceChildren(element);
    const menu = element.querySelector<HTMLButtonElement>("#bar-menu");
    const open = () => menu?.getAttribute("aria-expanded");
    expect(open()).toBe("false");
    menu?.click();
    expect(open()).toBe("true");
    menu?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(open()).toBe("false");
    menu?.click();
    element.querySelector<HTMLButtonElement>("#language")?.click();
    expect(open()).toBe("false");
    setLanguage("fr");
  });
});
