import { vi } from "vitest";
import { renderItem } from "../../src/render/item";
import type { ItemContext } from "../../src/render/types";
import type { Item, Node as Markup } from "../../src/wire/booklet";
import { readResponse, type Response } from "../../src/wire/interactions";

/** An item on a page, and what it says: for tests. */

export function response(given: Partial<Response>): Response {
  return readResponse({ id: "r1", interaction: "choice", cardinality: "multiple", base: "identifier", ...given }, "i1");
}

export const options = (...values: string[]): Markup[] =>
  values.map((value) => ["option", { value }, `mot ${value}`]);

export function show(
  body: Markup[],
  given: Partial<Response>,
  values: string[] = [],
  more: Partial<ItemContext> = {},
) {
  const onChange = vi.fn<(id: string, values: string[]) => void>();
  const item: Item = { id: "i1", label: "1", body, responses: [response(given)] };
  const view = renderItem(item, {
    language: "fr", onChange,
    responses: values.length ? { r1: values } : {},
    order: (_, list) => list,
    assetUrl: async () => "blob:x",
    ...more,
  });
  document.body.replaceChildren(view.element);
  const all = <T extends Element = HTMLElement>(selector: string): T[] => [...view.element.querySelectorAll<T>(selector)];
  const named = (label: string): HTMLElement => {
    const found = all("[aria-label]").find((element) => element.getAttribute("aria-label") === label);
    if (!found) throw new Error(`nothing is named ${label}`);
    return found;
  };
  const press = (element: Element | undefined): void => {
    element?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  };
  const key = (element: Element | undefined, name: string, more: KeyboardEventInit = {}): void => {
    element?.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }));
  };
  const said = (): string => all("[role=status]")[0]?.textContent ?? "";
  const reported = (): string[] | undefined => onChange.mock.calls[onChange.mock.calls.length - 1]?.[1];
  return { view, onChange, all, named, press, key, said, reported };
}
