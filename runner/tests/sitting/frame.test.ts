// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";

import type { SavingStatus } from "../../src/session";
import { standing } from "../../src/sitting/frame";
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
