import "../../src/style/runner.css";
import { renderItem, renderPreview } from "../../src/render";
import type { ItemView, Shared } from "../../src/render/types";
import type { Item } from "../../src/wire/booklet";
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
