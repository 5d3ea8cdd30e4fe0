import "../../src/style/runner.css";
import { renderItem, renderPreview } from "../../src/render";
import type { ItemView, Shared } from "../../src/render/types";
import type { LiveSession } from "../../src/seat/live";
import { observable } from "./stub";
import { startSitting } from "../../src/sitting/sitting";
import type { Booklet, Item } from "../../src/wire/booklet";
import { readResponse } from "../../src/wire/interactions";

/**
 * A page with one question and nothing else, for the tests that answer it in a real browser:
 * `draw` puts an item there, `answers` is what it has reported since.
 */

interface Asset {
  media_type: string;
  base64: string;
}

interface Drawing {
  item: Item;
  shared?: Shared;
  assets?: Record<string, Asset>;
  responses?: Record<string, string[]>;
  language?: string;
  readAloud?: boolean;
  preview?: boolean;
}

declare global {
  interface Window {
    draw(drawing: Drawing): void;
    /** A pupil's whole sitting of a booklet, with nobody to send answers to. */
    sit(booklet: Booklet, assets: Record<string, Asset>): void;
    answers: Record<string, string[]>;
    /** How often each response was reported. */
    reports: Record<string, number>;
  }
}

let view: ItemView | null = null;

function blob({ media_type, base64 }: Asset): string {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: media_type }));
}

window.answers = {};
window.reports = {};
window.draw = ({ item, shared = {}, assets = {}, responses = {}, language = "fr", readAloud = false, preview = false }) => {
  view?.destroy();
  document.documentElement.lang = language;
  window.answers = { ...responses };
  window.reports = {};
  const context = {
    language: "fr",
    shared,
    assetUrl: async (id: string): Promise<string> => {
      const asset = assets[id];
      if (asset === undefined) throw new Error(`no asset ${id}`);
      return blob(asset);
    },
  };
  const checked = { ...item, responses: item.responses.map((response) => readResponse(response, item.id)) };
  let element: HTMLElement;
  if (preview) element = renderPreview(checked, context);
  else {
    view = renderItem(checked, {
      ...context,
      responses,
      readAloud,
      order: (_, options) => options,
      onChange: (id, values) => {
        window.answers[id] = values;
        window.reports[id] = (window.reports[id] ?? 0) + 1;
      },
    });
    element = view.element;
  }
  const title = document.createElement("h1");
  title.textContent = "Question";
  const panel = document.createElement("div");
  panel.className = "panel sitting-question";
  panel.append(element);
  const page = document.createElement("main");
  page.className = "page sitting";
  page.append(title, panel);
  document.body.replaceChildren(page);
};

window.sit = (booklet, assets) => {
  const part = { id: booklet.part, writer: "pupil", minutes: 0, grace_s: 0, booklet: "", opened_ms: 1, deadline_ms: null, version: 0 };
  const state = {
    campaign: booklet.campaign, number: "866668325", role: "pupil", group: "", state: "open",
    opens_ms: 0, closes_ms: Date.now() + 3_600_000, parts: [part],
  };
  const status = { pending: 0, changes: 0, online: true, lastSavedMs: null, problem: null };
  const session = {
    state, changes: observable(state), status: observable(status), superseded: observable(false),
    saved: observable(null), reloaded: observable(null),
    now: () => Date.now(),
    refresh: async () => undefined,
    booklet: async () => booklet,
    assetUrl: async (_: string, id: string) => {
      const asset = assets[id];
      if (asset === undefined) throw new Error(`no asset ${id}`);
      return blob(asset);
    },
    order: async (_part: string, _item: string, _response: string, options: string[]) => options,
    loadSheet: async () => null,
    keep: async () => undefined,
    flush: async () => undefined,
  };
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  startSitting(root, session as unknown as LiveSession, () => undefined);
};
